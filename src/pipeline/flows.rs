//! Connections in one place: segments in, exchanges out as they finish.

#![expect(clippy::vec_box, reason = "an exchange is boxed once, when it begins")]

use super::counts::FlowCounts;
use super::order::Pending;
use super::relief::Memory;
use crate::http::{Conversation, Exchange, Peers, Reading};
use crate::layer::{Protocol, recognise};
use crate::limits::{Budget, TcpLimits};
use crate::note::{Note, NoteKind};
use crate::packet::{Segment, SocketPair};
use crate::tcp::{Connection, Doubt, Entry, Event, Side, Straight, Table, What};
use crate::time::Timestamp;
use std::sync::Arc;

/// What becomes of the segments of some connections.
#[derive(Debug)]
pub(super) struct Flows {
    pub reading: Arc<Reading>,
    tcp_limits: TcpLimits,
    pub memory: Memory,
    pub table: Table<Talk>,
    counts: FlowCounts,
    pub pending: Pending,
    /// What has been finished and not yet been asked for.
    pub finished: Vec<Box<Exchange>>,
}

/// What the pipeline keeps with a connection.
#[derive(Debug, Default)]
pub(super) struct Talk {
    protocol: Protocol,
    /// Made with the first payload, so that connections without any cost nothing.
    pub conversation: Option<Box<Conversation>>,
    /// The first bytes of the originator have been seen.
    begun: bool,
    /// An exchange has been handed on.
    told: bool,
    /// Exchanges are held back, and that has been said.
    holds: bool,
    /// What [`Pending`] was last told of it.
    pub pending: Option<u64>,
    /// What [`Memory`] was last told of it.
    pub weight: usize,
}

impl Talk {
    /// Takes the next event of a connection from which nothing more can come then, if it changes
    /// nothing but how much of a body has been seen. False if it may change more.
    fn passes(&mut self, event: Option<&Event<'_>>) -> bool {
        let Some(event) = event else { return true };
        self.conversation.as_mut().is_some_and(|conversation| conversation.pass(event))
    }

    /// Whether nobody waits for anything here, as before the first payload and after the last.
    #[inline]
    fn is_blank(&self) -> bool {
        self.conversation.is_none() && self.pending.is_none() && self.weight == 0
    }

    /// Whether exchanges are held back, the first time that they are.
    fn take_holds(&mut self) -> bool {
        let holds = self.conversation.as_ref().is_some_and(|talk| talk.is_holding());
        !std::mem::replace(&mut self.holds, holds) && holds
    }

    /// Takes the next event of the connection; `begin` makes what reads it.
    fn push(&mut self, event: &Event<'_>, begin: impl FnOnce() -> Box<Conversation>) {
        if let What::Data(bytes) = &event.what
            && event.side == Side::Originator
            && !std::mem::replace(&mut self.begun, true)
        {
            self.protocol = recognise(bytes);
            if !self.protocol.is_readable() {
                self.conversation = None;
            }
        }
        // A hole, too, begins it: what is missing then shifts no later pair.
        let is_content = !matches!(event.what, What::End(_));
        if is_content && self.protocol.is_readable() && self.conversation.is_none() {
            self.conversation = Some(begin());
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

impl Flows {
    /// No connection yet.
    pub fn new(reading: Reading, budget: &Budget) -> Self {
        Self {
            reading: Arc::new(reading),
            tcp_limits: budget.tcp,
            memory: Memory::within(budget.open_bytes),
            table: Table::new(budget.table),
            counts: FlowCounts::default(),
            pending: Pending::default(),
            finished: Vec::new(),
        }
    }

    /// What was counted.
    pub fn counts(&self) -> &FlowCounts {
        &self.counts
    }

    /// The packets with which connections began since this was last asked.
    pub fn take_begun(&mut self) -> Vec<u64> {
        let begun = self.table.take_begun();
        self.counts.connections += begun.len() as u64;
        begun
    }

    /// Nothing more will come.
    pub fn finish(&mut self) {
        for entry in self.table.take_all() {
            self.close(entry);
        }
    }

    /// Takes the next segment.
    pub fn segment(&mut self, segment: &Segment<'_>) {
        if self.table.has_old_doubts(segment.time) {
            self.settle_doubts(Some(segment.time));
        }
        let Some((entry, replaced)) = self.table.entry(segment) else { return };
        let straight = entry.tcp.go_straight(entry.side_of(segment), segment);
        let passes = match &straight {
            Straight::Taken(event) => entry.app.passes(event.as_ref()),
            Straight::Other => false,
        };
        if !passes || replaced.is_some() {
            self.change(segment, straight, replaced);
        }
    }

    /// Takes a segment that may change more than how much of a body has been seen. Its connection
    /// is the one that was last found; it may have taken the segment already, as one that was next.
    #[inline(never)]
    fn change(
        &mut self,
        segment: &Segment<'_>,
        straight: Straight<'_>,
        replaced: Option<Box<Entry<Talk>>>,
    ) {
        let Some(entry) = self.table.found() else { return };
        let limits = &self.tcp_limits;
        let side = entry.side_of(segment);
        let event = match straight {
            Straight::Taken(event) => event,
            Straight::Other => entry.tcp.push_any(side, segment, limits),
        };
        if event.is_none() && entry.app.is_blank() && entry.tcp.is_still() && replaced.is_none() {
            return self.sweep(segment.time);
        }
        advance(entry, event.as_ref(), segment.packet, &self.reading, limits, &mut self.finished);
        self.counts.conflicts += entry.tcp.take_conflicts();
        let (id, was, now) = (entry.id, entry.app.pending, pending(entry));
        entry.app.pending = now;
        self.memory.weigh(entry);
        self.pending.update(id, was, now);
        let over = entry.take_over();
        let held = entry.app.take_holds().then(|| entry.key());
        let missing = entry.take_misses();
        if let Some(doubtful) = entry.take_awaits() {
            self.table.doubt(doubtful, segment.time, Doubt::Unseen);
        }
        if let Some(held) = held {
            self.table.doubt(held, segment.time, Doubt::Held);
        }
        if let Some(missing) = missing {
            self.table.doubt(missing, segment.time, Doubt::Missing);
        }
        if let Some(replaced) = replaced {
            self.close(replaced);
        }
        if let Some(past) = over.and_then(|key| self.table.linger(key)) {
            self.close(past);
        }
        self.sweep(segment.time);
        if self.memory.is_short() {
            self.relieve(segment.packet);
        }
    }

    /// Makes room in the table, if it is crowded.
    #[inline]
    fn sweep(&mut self, now: Timestamp) {
        if self.table.is_crowded() {
            for idle in self.table.take_idle(now) {
                self.close(idle);
            }
        }
    }

    /// Nothing comes for now: no direction that has not been seen is waited for any longer.
    pub fn rest(&mut self) {
        self.settle_doubts(None);
    }

    /// Nothing has come until now, by the clock of the packets.
    pub fn wait_until(&mut self, now: Timestamp) {
        if self.table.has_old_doubts(now) {
            self.settle_doubts(Some(now));
        }
    }

    fn settle_doubts(&mut self, now: Option<Timestamp>) {
        while let Some((entry, why)) = self.table.doubted_long_ago(now) {
            settle(entry, why, now, &self.reading, &self.tcp_limits, &mut self.finished);
            self.memory.weigh(entry);
            let open = if why == Doubt::Reset { None } else { pending(entry) };
            let (id, was) = (entry.id, std::mem::replace(&mut entry.app.pending, open));
            self.pending.update(id, was, open);
            let over = entry.take_over();
            if let Some(now) = now
                && let Some(missing) = entry.take_misses()
            {
                self.table.doubt_again(missing, now);
            }
            if let Some(past) = over.and_then(|key| self.table.linger(key)) {
                self.close(past);
            }
        }
    }

    fn close(&mut self, mut entry: Box<Entry<Talk>>) {
        if !entry.tcp.is_over() || entry.app.conversation.is_some() {
            finish(&mut entry, &self.reading, &self.tcp_limits, &mut self.finished);
        }
        self.memory.forget(&entry);
        *self.counts.protocols.entry(entry.app.protocol).or_default() += 1;
        self.pending.update(entry.id, entry.app.pending, None);
    }
}

/// What reads a connection from here on.
#[inline]
fn begin(
    connection: u64,
    pair: &SocketPair,
    since: Timestamp,
    tcp: &Connection,
    reading: &Arc<Reading>,
) -> Box<Conversation> {
    let peers = Peers { connection, ends: pair.addresses(), since };
    let mut conversation = Box::new(Conversation::new(peers, Arc::clone(reading)));
    if let Some(starts) = tcp.starts() {
        conversation.begin_at(starts, tcp.began_in_order());
    }
    conversation
}

/// What a segment, in this packet, did to its connection, and the event that it is itself, if it is
/// one. What that finishes goes into `done`.
fn advance(
    entry: &mut Entry<Talk>,
    event: Option<&Event<'_>>,
    packet: u64,
    reading: &Arc<Reading>,
    limits: &TcpLimits,
    done: &mut Vec<Box<Exchange>>,
) {
    if let Some(event) = event {
        let begin = || begin(entry.id, &entry.pair, entry.since, &entry.tcp, reading);
        entry.app.push(event, begin);
    }
    for side in Side::BOTH {
        let Some(offset) = entry.tcp.take_conflict_at(side) else { continue };
        if !entry.app.begun && entry.app.conversation.is_none() {
            // The copies may differ in the very first bytes, before anything was delivered.
            entry.app.conversation =
                Some(begin(entry.id, &entry.pair, entry.since, &entry.tcp, reading));
        }
        if let Some(conversation) = &mut entry.app.conversation {
            conversation.overlap(side, offset, packet);
        }
    }
    let known = done.len();
    drain(entry, reading, limits, done);
    note_joined(entry, &mut done[known..]);
}

/// The first exchange of a connection that was joined midway says so.
pub(super) fn note_joined(entry: &mut Entry<Talk>, finished: &mut [Box<Exchange>]) {
    let Some(first) = finished.first_mut() else { return };
    if !std::mem::replace(&mut entry.app.told, true) && !entry.tcp.is_opened() {
        let text = "the connection was already open when the capture began";
        first.notes.push(Note::at(NoteKind::MidStream, first.first_packet(), text));
    }
}

/// Nothing more comes on a connection. What that finishes goes into `done`.
fn finish(
    entry: &mut Entry<Talk>,
    reading: &Arc<Reading>,
    limits: &TcpLimits,
    done: &mut Vec<Box<Exchange>>,
) {
    let known = done.len();
    entry.tcp.finish();
    drain(entry, reading, limits, done);
    if let Some(conversation) = &mut entry.app.conversation {
        conversation.finish();
        done.extend(std::iter::from_fn(|| conversation.pop()));
    }
    note_joined(entry, &mut done[known..]);
}

/// A connection was doubted for long enough. What that finishes goes into `done`.
fn settle(
    entry: &mut Entry<Talk>,
    why: Doubt,
    now: Option<Timestamp>,
    reading: &Arc<Reading>,
    limits: &TcpLimits,
    done: &mut Vec<Box<Exchange>>,
) {
    let is_idle = why == Doubt::Missing && now.is_some_and(|now| entry.has_fallen_silent(now));
    match (why, &mut entry.app.conversation) {
        (Doubt::Reset, _) => return finish(entry, reading, limits, done),
        (Doubt::Held, Some(conversation)) => conversation.settle(),
        (Doubt::Unseen, _) => entry.tcp.settle(),
        (Doubt::Held, None) | (Doubt::Missing, _) => {}
    }
    let known = done.len();
    if is_idle {
        drain_by(entry, reading, done, |tcp| tcp.pop_idle(limits));
    } else {
        drain(entry, reading, limits, done);
    }
    note_joined(entry, &mut done[known..]);
}

/// All that a connection has to say. What that finishes goes into `done`.
pub(super) fn drain(
    entry: &mut Entry<Talk>,
    reading: &Arc<Reading>,
    limits: &TcpLimits,
    done: &mut Vec<Box<Exchange>>,
) {
    drain_by(entry, reading, done, |tcp| tcp.pop(limits));
}

fn drain_by(
    entry: &mut Entry<Talk>,
    reading: &Arc<Reading>,
    done: &mut Vec<Box<Exchange>>,
    mut next: impl FnMut(&mut Connection) -> Option<Event<'static>>,
) {
    while let Some(event) = next(&mut entry.tcp) {
        let begin = || begin(entry.id, &entry.pair, entry.since, &entry.tcp, reading);
        entry.app.push(&event, begin);
    }
    let Some(conversation) = &mut entry.app.conversation else { return };
    let is_over = entry.tcp.is_over();
    if is_over {
        // A request may have come after its server had closed: it stays without a response.
        conversation.finish();
    }
    if conversation.has_finished() {
        done.extend(std::iter::from_fn(|| conversation.pop()));
    }
    if is_over {
        // The connection stays in the table for a while, in case late copies of its segments come.
        entry.app.conversation = None;
    }
}

/// A packet no later than the first of any exchange that this connection may still finish.
pub(super) fn pending(entry: &Entry<Talk>) -> Option<u64> {
    let open = entry.app.conversation.as_ref().and_then(|talk| talk.oldest_open());
    [entry.tcp.held_since(), open].into_iter().flatten().min()
}
