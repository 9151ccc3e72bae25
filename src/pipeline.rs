//! The whole order: packets to segments, segments to streams, streams to exchanges. Offline and
//! live drive this same [`Pipeline`]; no other file knows the street from end to end.
//!
//! ```text
//! packet -> decode -> Table -> Connection -> Conversation -> Exchange, numbered in capture order
//! ```

#![expect(clippy::vec_box, reason = "an exchange is boxed once, when it begins")]

mod order;
mod relief;

use crate::capture::Packet;
use crate::http::{Conversation, Exchange, Peers, Reading};
use crate::layer::{Protocol, recognise};
use crate::limits::{Budget, TcpLimits};
use crate::note::{Note, NoteKind};
use crate::packet::{Decoder, Segment, Skip};
use crate::tcp::{Entry, Event, Side, Table, What};
use crate::time::Timestamp;
use order::Order;
use relief::Memory;
use std::collections::{BTreeMap, VecDeque};

/// What was read, and what was not.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Packets read.
    pub packets: u64,
    /// Packets cut by the capture's snap length.
    pub cut_packets: u64,
    /// The time of the first packet and of the last.
    pub span: Option<(Timestamp, Timestamp)>,
    /// TCP connections seen.
    pub connections: u64,
    /// Connections by the protocol spoken on them.
    pub protocols: BTreeMap<Protocol, u64>,
    /// Packets that gave no TCP segment, by reason.
    pub skipped: BTreeMap<Skip, u64>,
    /// Segments and IP fragments whose bytes disagreed with an earlier copy.
    pub conflicts: u64,
}

impl Counts {
    /// Counts a packet, whatever is in it.
    fn add(&mut self, packet: &Packet<'_>) {
        self.packets += 1;
        self.cut_packets += u64::from(packet.wire_len as usize > packet.data.len());
        let (first, last) = self.span.unwrap_or((packet.time, packet.time));
        self.span = Some((first.min(packet.time), last.max(packet.time)));
    }
}

/// An exchange with its number.
#[derive(Debug, Clone)]
pub struct Numbered {
    /// From 1, in the order of the exchanges' first packets.
    pub id: u64,
    /// The exchange.
    pub exchange: Box<Exchange>,
}

/// Packets in, exchanges out.
#[derive(Debug)]
pub struct Pipeline {
    decoder: Decoder,
    flows: Flows,
}

/// What becomes of segments.
#[derive(Debug)]
struct Flows {
    reading: Reading,
    tcp_limits: TcpLimits,
    memory: Memory,
    table: Table<Talk>,
    counts: Counts,
    order: Order,
    completed: VecDeque<(u64, u64)>,
    watched: bool,
}

/// What the pipeline keeps with a connection.
#[derive(Debug, Default)]
struct Talk {
    protocol: Protocol,
    /// Made with the first payload, so that connections without any cost nothing.
    conversation: Option<Box<Conversation>>,
    /// The first bytes of the originator have been seen.
    begun: bool,
    /// An exchange has been handed on.
    told: bool,
    /// What [`Order`] was last told of it.
    pending: Option<u64>,
    /// What [`Memory`] was last told of it.
    weight: usize,
}

impl Talk {
    /// Takes the next event of the connection.
    fn push(&mut self, event: &Event<'_>, peers: Peers, reading: Reading) {
        if let What::Data(bytes) = &event.what {
            if event.side == Side::Originator && !std::mem::replace(&mut self.begun, true) {
                self.protocol = recognise(bytes);
                if !self.protocol.is_readable() {
                    self.conversation = None;
                }
            }
            if self.protocol.is_readable() && self.conversation.is_none() {
                self.conversation = Some(Box::new(Conversation::new(peers, reading)));
            }
        }
        if let Some(conversation) = &mut self.conversation {
            conversation.push(event);
            if conversation.is_http() {
                self.protocol = Protocol::Http1;
            } else if conversation.is_http2() {
                self.protocol = Protocol::Http2;
            }
        }
    }
}

impl Pipeline {
    /// A pipeline that has seen nothing.
    pub fn new(reading: Reading) -> Self {
        Self::within(reading, Budget::default())
    }

    /// The same with a budget for what it may hold.
    pub fn within(reading: Reading, budget: Budget) -> Self {
        let flows = Flows {
            reading,
            tcp_limits: budget.tcp,
            memory: Memory::within(budget.open_bytes),
            table: Table::new(budget.table),
            counts: Counts::default(),
            order: Order::within(budget.finished_bytes),
            completed: VecDeque::new(),
            watched: false,
        };
        Self { decoder: Decoder::new(budget.fragments), flows }
    }

    /// What has been read so far.
    pub fn counts(&self) -> &Counts {
        &self.flows.counts
    }

    /// Takes the next packet.
    pub fn push(&mut self, packet: &Packet<'_>) {
        self.flows.counts.add(packet);
        match self.decoder.decode(packet) {
            Ok(segment) => self.flows.segment(&segment),
            Err(skip) => *self.flows.counts.skipped.entry(skip).or_default() += 1,
        }
        if self.decoder.has_news() {
            self.count_fragments();
        }
    }

    /// A fragment counts as skipped until its datagram is whole.
    fn count_fragments(&mut self) {
        let counts = &mut self.flows.counts;
        counts.conflicts += self.decoder.take_conflicts();
        let joined = self.decoder.take_joined();
        let waiting = counts.skipped.get(&Skip::Fragment).copied().unwrap_or(0);
        if joined > 0 && joined >= waiting {
            counts.skipped.remove(&Skip::Fragment);
        } else if joined > 0 {
            counts.skipped.insert(Skip::Fragment, waiting - joined);
        }
    }

    /// Nothing more will come: what is unfinished is finished as it stands.
    pub fn finish(&mut self) {
        self.flows.finish();
    }

    /// The next exchange in capture order, once it and all before it are finished.
    pub fn pop(&mut self) -> Option<Numbered> {
        self.flows.order.pop()
    }

    /// An exchange that has just been finished, in whatever order they finish: what a live view
    /// shows. It must be asked before [`Pipeline::pop`], where the same exchange comes out later.
    pub fn peek_finished(&mut self) -> Option<&Exchange> {
        let key = self.flows.completed.pop_front()?;
        self.flows.order.get(key)
    }

    /// Remembers what finishes, for [`Pipeline::peek_finished`].
    pub fn watch_finished(&mut self) {
        self.flows.watched = true;
    }

    /// What was given up to stay within the budget, if anything was.
    pub fn note(&self) -> Option<Note> {
        self.flows.memory.note()
    }

    /// The oldest packet whose exchange has not finished yet: no exchange that begins before it
    /// can still come. `None` if nothing is unfinished.
    pub fn oldest_open(&self) -> Option<u64> {
        self.flows.order.oldest_open()
    }
}

impl Flows {
    fn finish(&mut self) {
        for entry in self.table.take_all() {
            self.close(entry);
        }
        self.counts.connections = self.table.count();
    }

    fn segment(&mut self, segment: &Segment<'_>) {
        let (entry, replaced) = self.table.entry(segment);
        let finished = advance(entry, segment, self.reading, &self.tcp_limits);
        self.counts.conflicts += entry.tcp.take_conflicts();
        let (id, was, now) = (entry.id, entry.app.pending, pending(entry));
        entry.app.pending = now;
        self.memory.weigh(entry);
        if let Some(replaced) = replaced {
            self.close(replaced);
        }
        self.order.update(id, was, now);
        self.accept(finished);
        for idle in self.table.take_idle(segment.time) {
            self.close(idle);
        }
        self.finish_resets(segment.time);
        if self.memory.is_short() {
            self.relieve(segment.packet);
        }
    }

    fn finish_resets(&mut self, now: Timestamp) {
        while let Some(entry) = self.table.reset_long_ago(now) {
            let finished = finish(entry, self.reading, &self.tcp_limits);
            self.memory.weigh(entry);
            let (id, was) = (entry.id, entry.app.pending.take());
            self.order.update(id, was, None);
            self.accept(finished);
        }
    }

    fn close(&mut self, mut entry: Box<Entry<Talk>>) {
        let finished = finish(&mut entry, self.reading, &self.tcp_limits);
        self.memory.forget(&entry);
        *self.counts.protocols.entry(entry.app.protocol).or_default() += 1;
        self.order.update(entry.id, entry.app.pending, None);
        self.accept(finished);
    }

    fn accept(&mut self, finished: Vec<Box<Exchange>>) {
        for exchange in finished {
            let key = self.order.hold(exchange);
            if self.watched {
                self.completed.push_back(key);
            }
        }
    }
}

fn peers(entry: &Entry<Talk>) -> Peers {
    Peers { connection: entry.id, ends: entry.ends, since: entry.since }
}

/// One segment through its connection: what it finished.
fn advance(
    entry: &mut Entry<Talk>,
    segment: &Segment<'_>,
    reading: Reading,
    limits: &TcpLimits,
) -> Vec<Box<Exchange>> {
    let side = entry.side_of(segment);
    if let Some(event) = entry.tcp.push(side, segment, limits) {
        let peers = peers(entry);
        entry.app.push(&event, peers, reading);
    }
    for side in Side::BOTH {
        let Some(offset) = entry.tcp.take_conflict_at(side) else { continue };
        if !entry.app.begun && entry.app.conversation.is_none() {
            // The copies may differ in the very first bytes, before anything was delivered.
            entry.app.conversation = Some(Box::new(Conversation::new(peers(entry), reading)));
        }
        if let Some(conversation) = &mut entry.app.conversation {
            conversation.overlap(side, offset, segment.packet);
        }
    }
    let mut finished = drain(entry, reading, limits);
    note_joined(entry, &mut finished);
    finished
}

/// The first exchange of a connection that was joined midway says so.
fn note_joined(entry: &mut Entry<Talk>, finished: &mut [Box<Exchange>]) {
    let Some(first) = finished.first_mut() else { return };
    if !std::mem::replace(&mut entry.app.told, true) && !entry.tcp.is_opened() {
        let text = "the connection was already open when the capture began";
        first.notes.push(Note::at(NoteKind::MidStream, first.first_packet(), text));
    }
}

/// Nothing more comes on a connection: what that finished.
fn finish(entry: &mut Entry<Talk>, reading: Reading, limits: &TcpLimits) -> Vec<Box<Exchange>> {
    entry.tcp.finish();
    let mut finished = drain(entry, reading, limits);
    if let Some(conversation) = &mut entry.app.conversation {
        conversation.finish();
        finished.extend(std::iter::from_fn(|| conversation.pop()));
    }
    note_joined(entry, &mut finished);
    finished
}

fn drain(entry: &mut Entry<Talk>, reading: Reading, limits: &TcpLimits) -> Vec<Box<Exchange>> {
    let peers = peers(entry);
    while let Some(event) = entry.tcp.pop(limits) {
        entry.app.push(&event, peers, reading);
    }
    let Some(conversation) = &mut entry.app.conversation else { return Vec::new() };
    let is_over = entry.tcp.is_over();
    if is_over {
        // A request may have come after its server had closed: it stays without a response.
        conversation.finish();
    }
    let mut finished = Vec::new();
    if conversation.has_finished() {
        finished.extend(std::iter::from_fn(|| conversation.pop()));
    }
    if is_over {
        // The connection stays in the table for a while, in case late copies of its segments come.
        entry.app.conversation = None;
    }
    finished
}

/// A packet no later than the first of any exchange that this connection may still finish.
fn pending(entry: &Entry<Talk>) -> Option<u64> {
    let open = entry.app.conversation.as_ref().and_then(|talk| talk.oldest_open());
    [entry.tcp.held_since(), open].into_iter().flatten().min()
}
