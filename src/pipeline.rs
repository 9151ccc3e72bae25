//! The whole order: packets to segments, segments to streams, streams to exchanges. Offline and
//! live drive this same [`Pipeline`]; no other file knows the street from end to end.
//!
//! ```text
//! packet -> decode -> Table -> Connection -> Conversation -> Exchange, numbered in capture order
//! ```

use crate::capture::Packet;
use crate::http::{Conversation, Exchange, Peers, Reading};
use crate::layer::{Protocol, recognise};
use crate::limits::{HELD_EXCHANGES, TableLimits, TcpLimits};
use crate::packet::{Decoder, Segment, Skip};
use crate::tcp::{Entry, Event, Side, Table, What};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

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

/// An exchange with its number.
#[derive(Debug, Clone)]
pub struct Numbered {
    /// From 1, in the order of the exchanges' first packets.
    pub id: u64,
    /// The exchange.
    pub exchange: Exchange,
}

/// Packets in, exchanges out.
#[derive(Debug)]
pub struct Pipeline {
    reading: Reading,
    decoder: Decoder,
    tcp_limits: TcpLimits,
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
    /// What [`Order`] was last told of it.
    pending: Option<u64>,
}

impl Talk {
    /// Takes the next event of the connection.
    fn push(&mut self, event: &Event<'_>, peers: Peers, reading: Reading) {
        if let What::Data(bytes) = &event.what {
            if event.side == Side::Originator && !std::mem::replace(&mut self.begun, true) {
                self.protocol = recognise(bytes);
            }
            if self.protocol.is_readable() && self.conversation.is_none() {
                self.conversation = Some(Box::new(Conversation::new(peers, reading)));
            }
        }
        if let Some(conversation) = &mut self.conversation {
            conversation.push(event);
            if conversation.is_http() {
                self.protocol = Protocol::Http1;
            }
        }
    }
}

impl Pipeline {
    /// A pipeline that has seen nothing.
    pub fn new(reading: Reading) -> Self {
        Self {
            reading,
            decoder: Decoder::default(),
            tcp_limits: TcpLimits::default(),
            table: Table::new(TableLimits::default()),
            counts: Counts::default(),
            order: Order::default(),
            completed: VecDeque::new(),
            watched: false,
        }
    }

    /// What has been read so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Takes the next packet.
    pub fn push(&mut self, packet: &Packet<'_>) {
        self.counts.packets += 1;
        self.counts.cut_packets += u64::from(packet.wire_len as usize > packet.data.len());
        let first = self.counts.span.map_or(packet.time, |(first, _)| first.min(packet.time));
        let last = self.counts.span.map_or(packet.time, |(_, last)| last.max(packet.time));
        self.counts.span = Some((first, last));
        // Taken out, because the segment may borrow from it.
        let mut decoder = std::mem::take(&mut self.decoder);
        match decoder.decode(packet) {
            Ok(segment) => self.segment(&segment),
            Err(skip) => *self.counts.skipped.entry(skip).or_default() += 1,
        }
        self.decoder = decoder;
        self.count_fragments();
    }

    /// A fragment counts as skipped until its datagram is whole.
    fn count_fragments(&mut self) {
        self.counts.conflicts += self.decoder.take_conflicts();
        let joined = self.decoder.take_joined();
        let waiting = self.counts.skipped.get(&Skip::Fragment).copied().unwrap_or(0);
        if joined > 0 && joined >= waiting {
            self.counts.skipped.remove(&Skip::Fragment);
        } else if joined > 0 {
            self.counts.skipped.insert(Skip::Fragment, waiting - joined);
        }
    }

    /// Nothing more will come: what is unfinished is finished as it stands.
    pub fn finish(&mut self) {
        for entry in self.table.take_all() {
            self.close(entry);
        }
        self.counts.connections = self.table.count();
    }

    /// The next exchange in capture order, once it and all before it are finished.
    pub fn pop(&mut self) -> Option<Numbered> {
        self.order.pop()
    }

    /// An exchange that has just been finished, in whatever order they finish: what a live view
    /// shows. It must be asked before [`Pipeline::pop`], where the same exchange comes out later.
    pub fn peek_finished(&mut self) -> Option<&Exchange> {
        let key = self.completed.pop_front()?;
        self.order.held.get(&key).map(Box::as_ref)
    }

    /// Remembers what finishes, for [`Pipeline::peek_finished`].
    pub fn watch_finished(&mut self) {
        self.watched = true;
    }

    /// The oldest packet whose exchange has not finished yet: no exchange that begins before it
    /// can still come. `None` if nothing is unfinished.
    pub fn oldest_open(&self) -> Option<u64> {
        self.order.oldest_open()
    }

    fn segment(&mut self, segment: &Segment<'_>) {
        let (entry, replaced) = self.table.entry(segment);
        let finished = advance(entry, segment, self.reading, &self.tcp_limits);
        self.counts.conflicts += entry.tcp.take_conflicts();
        let (id, was, now) = (entry.id, entry.app.pending, pending(entry));
        entry.app.pending = now;
        if let Some(replaced) = replaced {
            self.close(replaced);
        }
        self.order.update(id, was, now);
        self.accept(finished);
        for idle in self.table.take_idle(segment.time) {
            self.close(idle);
        }
        self.finish_resets(segment.time);
    }

    fn finish_resets(&mut self, now: Timestamp) {
        while let Some(entry) = self.table.reset_long_ago(now) {
            let finished = finish(entry, self.reading, &self.tcp_limits);
            let (id, was) = (entry.id, entry.app.pending.take());
            self.order.update(id, was, None);
            self.accept(finished);
        }
    }

    fn close(&mut self, mut entry: Entry<Talk>) {
        let finished = finish(&mut entry, self.reading, &self.tcp_limits);
        *self.counts.protocols.entry(entry.app.protocol).or_default() += 1;
        self.order.update(entry.id, entry.app.pending, None);
        self.accept(finished);
    }

    fn accept(&mut self, finished: Vec<Exchange>) {
        for exchange in finished {
            let key = self.order.hold(exchange);
            if self.watched {
                self.completed.push_back(key);
            }
        }
    }
}

/// One segment through its connection: what it finished.
fn advance(
    entry: &mut Entry<Talk>,
    segment: &Segment<'_>,
    reading: Reading,
    limits: &TcpLimits,
) -> Vec<Exchange> {
    let side = entry.side_of(segment);
    if let Some(event) = entry.tcp.push(side, segment, limits) {
        let peers = Peers { connection: entry.id, ends: entry.ends };
        entry.app.push(&event, peers, reading);
    }
    drain(entry, reading, limits)
}

/// Nothing more comes on a connection: what that finished.
fn finish(entry: &mut Entry<Talk>, reading: Reading, limits: &TcpLimits) -> Vec<Exchange> {
    entry.tcp.finish();
    let mut finished = drain(entry, reading, limits);
    if let Some(conversation) = &mut entry.app.conversation {
        conversation.finish();
        finished.extend(std::iter::from_fn(|| conversation.pop()));
    }
    finished
}

fn drain(entry: &mut Entry<Talk>, reading: Reading, limits: &TcpLimits) -> Vec<Exchange> {
    let peers = Peers { connection: entry.id, ends: entry.ends };
    while let Some(event) = entry.tcp.pop(limits) {
        entry.app.push(&event, peers, reading);
    }
    let conversation = &mut entry.app.conversation;
    std::iter::from_fn(|| conversation.as_mut()?.pop()).collect()
}

/// A packet no later than the first of any exchange that this connection may still finish.
fn pending(entry: &Entry<Talk>) -> Option<u64> {
    let open = entry.app.conversation.as_ref().and_then(|talk| talk.oldest_open());
    [entry.tcp.held_since(), open].into_iter().flatten().min()
}

/// Puts finished exchanges in capture order: one is let go when no earlier one can still come.
#[derive(Debug, Default)]
struct Order {
    /// Finished exchanges by their first packet. Pipelined requests may share one. They are boxed
    /// since a map moves its values about.
    held: BTreeMap<(u64, u64), Box<Exchange>>,
    serial: u64,
    /// The oldest unfinished packet of each connection that has one.
    pending: BTreeSet<(u64, u64)>,
    released: u64,
}

impl Order {
    /// Keeps a finished exchange until its turn, and says under which key.
    fn hold(&mut self, exchange: Exchange) -> (u64, u64) {
        self.serial += 1;
        let key = (exchange.first_packet(), self.serial);
        self.held.insert(key, Box::new(exchange));
        key
    }

    /// The oldest unfinished packet of a connection has changed.
    fn update(&mut self, connection: u64, was: Option<u64>, now: Option<u64>) {
        if was == now {
            return;
        }
        if let Some(was) = was {
            self.pending.remove(&(was, connection));
        }
        if let Some(now) = now {
            self.pending.insert((now, connection));
        }
    }

    fn oldest_open(&self) -> Option<u64> {
        self.pending.first().map(|(packet, _)| *packet)
    }

    /// The first exchange that nothing unfinished can precede.
    fn pop(&mut self) -> Option<Numbered> {
        let oldest = self.oldest_open().unwrap_or(u64::MAX);
        let entry = self.held.first_entry()?;
        if entry.key().0 > oldest && self.held.len() <= HELD_EXCHANGES {
            return None;
        }
        self.released += 1;
        let (_, exchange) = self.held.pop_first()?;
        Some(Numbered { id: self.released, exchange: *exchange })
    }
}
