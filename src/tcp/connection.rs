//! One TCP connection: two directions put in order, and each kept in step with the other.
//!
//! A segment is delivered when the bytes before it have been delivered, and also the bytes of the
//! other direction that it acknowledges. So whatever order the capture has, a consumer sees a
//! response after the request it answers.
//!
//! A connection that the capture joins midway begins a few segments late, since the first ones may
//! be out of order. A reset proves little (anyone can forge one, and bytes may be in flight), so it
//! is only remembered: who owns the connection decides when to [`Connection::finish`] it.
//!
//! Bytes that never come are given up when they are known to be lost to the capture: the receiver
//! acknowledged them, and [`TcpLimits`] has run out of patience, or the connection has fallen silent,
//! which its owner knows; or a cap is reached; or the connection ends. They are then a [`What::Gap`],
//! an event like any other.

use super::half::{Half, Presence};
use super::reuse::Early;
use super::seq::Seq;
use super::side::Side;
use super::straight::Straight;
use crate::limits::TcpLimits;
use crate::packet::Segment;
use crate::time::Timestamp;
use std::borrow::Cow;

/// Where bytes come from: the segment that first carried them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The packet.
    pub packet: u64,
    /// Its time.
    pub time: Timestamp,
    /// How far the sender had read the other direction: the stream offset it acknowledged.
    pub acked: Option<u64>,
}

/// Why a direction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Its sender closed it (FIN).
    Closed,
    /// Either side aborted the connection (RST).
    Reset,
    /// Nothing more is known: the capture ended, or the connection was given up as idle.
    Unknown,
}

/// What happened in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What<'a> {
    /// The next bytes of the stream.
    Data(Cow<'a, [u8]>),
    /// This many bytes of the stream are not in the capture.
    Gap(u64),
    /// The same: the packet that carried them was captured, but only its beginning.
    Cut(u64),
    /// The direction has ended.
    End(End),
}

/// One event of one direction, in the order of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// Who sent it.
    pub side: Side,
    /// What it is.
    pub what: What<'a>,
    /// The stream offset where it begins.
    pub offset: u64,
    /// The segment that showed it.
    pub mark: Mark,
}

/// The last segment of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Last {
    pub packet: u64,
    pub time: Timestamp,
}

impl Last {
    /// What it shows, of which it carries nothing.
    pub fn mark(self) -> Mark {
        Mark { packet: self.packet, time: self.time, acked: None }
    }
}

/// One TCP connection.
#[derive(Debug)]
pub struct Connection {
    pub(super) halves: [Half; 2],
    pub(super) last: Last,
    /// How many more segments may show where a direction begins that has no SYN.
    pub(super) young: u8,
    /// Who aborted the connection, if nothing speaks against it.
    pub(super) reset: Option<Side>,
    pub(super) finished: bool,
    opened: bool,
    /// A SYN was seen before anything else.
    is_in_order: bool,
}

/// How many segments of a connection are awaited before a direction without SYN begins.
const YOUNG: u8 = 4;

impl Connection {
    /// A connection whose first segment is about to be pushed.
    pub fn new(first: &Segment<'_>) -> Self {
        let last = Last { packet: first.packet, time: first.time };
        Self {
            halves: Default::default(),
            last,
            young: YOUNG,
            reset: None,
            finished: false,
            opened: false,
            is_in_order: first.flags.syn,
        }
    }

    /// Whether both directions have delivered all they ever will.
    #[inline]
    pub fn is_over(&self) -> bool {
        self.halves.iter().all(|half| half.ended)
    }

    /// The two directions, the originator's first.
    pub(super) fn halves(&self) -> [&Half; 2] {
        self.halves.each_ref()
    }

    /// The time of the last segment.
    pub fn last_seen(&self) -> Timestamp {
        self.last.time
    }

    /// Whether a SYN of `side` that is followed by `first` can be this connection's own: what is known
    /// of its beginning agrees, or nothing is. Behind an end nothing begins.
    pub fn may_begin_with(&self, side: Side, first: Seq) -> bool {
        let half = &self.halves[side.index()];
        if half.is_settled() || !half.is_holding() {
            return !half.is_settled() || half.begins_with(first);
        }
        let has_end = self.reset.is_some() || self.halves.iter().any(|half| half.fin.is_some());
        !has_end && half.place_of(first).is_some()
    }

    /// Its SYN was seen before its first segment: the stream of `side` begins with `first`.
    pub fn announce(&mut self, side: Side, first: Seq) {
        (self.opened, self.is_in_order) = (true, true);
        let half = self.half_mut(side);
        half.open(first);
        half.presence = Presence::Seen;
    }

    /// Holds back what the originator sent with its SYN, until its turn.
    pub(super) fn hold_early(&mut self, early: &Early) {
        let half = self.half_mut(Side::Originator);
        half.assembler.store(half.next(), &early.payload, early.mark);
        half.note_held(early.mark.packet);
    }

    /// Whether a segment is just the next one of `side`, and acknowledges what the other has sent.
    pub fn continues_with(&self, side: Side, segment: &Segment<'_>) -> bool {
        let half = &self.halves[side.index()];
        let is_next = half.is_settled() && half.next_seq() == Some(Seq(segment.seq));
        is_next && (!segment.flags.ack || self.has_sent(side.other(), Seq(segment.ack)))
    }

    /// Whether `side` may have sent all before a sequence number, as far as it is known where it began
    /// and how far it has got.
    pub fn has_sent(&self, side: Side, ack: Seq) -> bool {
        let half = &self.halves[side.index()];
        let is_within = |at: u64| (half.start()..=half.top().max(half.next()) + 1).contains(&at);
        !half.is_settled() || half.offset(ack).is_some_and(is_within)
    }

    /// Whether `side` has said that it has no more to send.
    pub fn is_closed(&self, side: Side) -> bool {
        self.halves[side.index()].fin.is_some()
    }

    /// Whether bytes of either side are held back.
    pub fn is_holding(&self) -> bool {
        self.halves.iter().any(Half::is_holding)
    }

    /// Whether it is known where `side` begins.
    pub fn has_begun(&self, side: Side) -> bool {
        self.halves[side.index()].is_settled()
    }

    /// Whether bytes of either side have been delivered.
    pub fn has_delivered(&self) -> bool {
        self.halves.iter().any(Half::has_delivered)
    }

    /// Whether a segment of `side` that begins with `seq` can belong to this connection.
    pub fn reaches(&self, side: Side, seq: Seq) -> bool {
        self.halves[side.index()].reaches(seq)
    }

    /// Whether one side has aborted the connection, as far as is known.
    pub fn is_reset(&self) -> bool {
        self.reset.is_some()
    }

    /// A packet no later than the oldest whose bytes are still held back.
    pub fn held_since(&self) -> Option<u64> {
        self.halves.iter().filter_map(Half::held_since).min()
    }

    /// How many copies of bytes, stored or delivered last, disagreed with them since this was last asked.
    pub fn take_conflicts(&mut self) -> u64 {
        self.halves.iter_mut().map(|half| half.assembler.take_conflicts()).sum()
    }

    /// Whether a SYN has been seen: the capture has the connection from its beginning.
    pub fn is_opened(&self) -> bool {
        self.opened
    }

    /// The stream offsets at which the directions begin, the originator's first, if a SYN has been seen.
    pub fn starts(&self) -> Option<[u64; 2]> {
        self.opened.then(|| self.halves.each_ref().map(Half::start))
    }

    /// Whether a SYN was seen before anything else: where one comes later, it may be another connection's.
    pub fn began_in_order(&self) -> bool {
        self.is_in_order
    }

    /// Where in the stream of `side` a copy of stored bytes disagreed with them, if one did since
    /// this was last asked.
    pub fn take_conflict_at(&mut self, side: Side) -> Option<u64> {
        self.half_mut(side).assembler.take_conflict_at()
    }

    /// Takes a segment sent by `side`. Bytes that are next in line come straight back, borrowed
    /// from the packet; after that, call [`Connection::pop`] until it has no more.
    pub fn push<'a>(
        &mut self,
        side: Side,
        segment: &Segment<'a>,
        limits: &TcpLimits,
    ) -> Option<Event<'a>> {
        match self.go_straight(side, segment) {
            Straight::Taken(event) => event,
            Straight::Other => self.push_any(side, segment, limits),
        }
    }

    /// Whether nothing is awaited but more segments.
    pub(super) fn is_steady(&self) -> bool {
        self.reset.is_none() && !self.finished
    }

    /// The ordinary way of a segment, also for those that [`Self::go_straight`] would take.
    pub fn push_any<'a>(
        &mut self,
        side: Side,
        segment: &Segment<'a>,
        limits: &TcpLimits,
    ) -> Option<Event<'a>> {
        self.last = Last { packet: segment.packet, time: segment.time };
        self.learn_origins(side, segment);
        // The acknowledgment number of a reset is often garbage.
        let acked = (segment.flags.ack && !segment.flags.rst)
            .then(|| self.half_mut(side.other()).acknowledge(Seq(segment.ack)))
            .flatten();
        let mark = Mark { packet: segment.packet, time: segment.time, acked };
        let fresh = self.place(side, segment, mark);
        self.young = self.young.saturating_sub(u8::from(!segment.flags.rst));
        if self.young == 0 {
            self.halves.iter_mut().for_each(Half::settle);
        }
        for half in &mut self.halves {
            half.count_patience(segment.time, limits);
            half.note_held(segment.packet);
        }
        fresh
    }

    /// Whether it holds nothing, and [`Self::pop`] has nothing to give.
    #[inline]
    pub fn is_still(&self) -> bool {
        let is_still = |half: &Half| half.is_quiet() && half.assembler.is_empty();
        !self.finished && self.halves.iter().all(is_still)
    }

    /// About how many bytes of memory its waiting data takes.
    pub fn weight(&self) -> usize {
        self.halves.iter().map(Half::weight).sum()
    }

    /// Waits no longer for where the directions begin.
    pub fn settle(&mut self) {
        self.young = 0;
        self.halves.iter_mut().for_each(Half::do_without);
    }

    /// Whether something is held back only because nothing of the other direction has been seen.
    pub fn awaits_unseen(&self) -> bool {
        self.halves.iter().any(Half::is_awaited) && self.halves.iter().any(Half::is_holding)
    }

    /// Whether a receiver has something that has not been seen.
    #[inline]
    pub fn is_missing(&self) -> bool {
        self.halves.iter().any(Half::is_missing)
    }

    /// Nothing more will come: what is held is delivered by [`Connection::pop`], holes and all.
    pub fn finish(&mut self) {
        self.halves.iter_mut().for_each(Half::do_without);
        self.finished = true;
    }

    pub(super) fn half_mut(&mut self, side: Side) -> &mut Half {
        &mut self.halves[side.index()]
    }

    /// Learns where the two directions begin. The numbers of a reset teach nothing: they are often
    /// made up.
    fn learn_origins(&mut self, side: Side, segment: &Segment<'_>) {
        if segment.flags.rst {
            return;
        }
        self.opened |= segment.flags.syn;
        let half = self.half_mut(side);
        let is_late = half.is_awaited();
        if segment.flags.syn {
            half.open(Seq(segment.seq).plus(1));
        } else {
            half.join(Seq(segment.seq));
        }
        half.presence = Presence::Seen;
        if is_late && !half.is_settled() && self.young == 0 {
            // The first ones of this direction, too, may be out of order.
            self.young = YOUNG;
        }
        if segment.flags.ack {
            self.half_mut(side.other()).guess(Seq(segment.ack));
        }
    }

    /// Puts the payload, the FIN and the RST where they belong in the stream.
    fn place<'a>(&mut self, side: Side, segment: &Segment<'a>, mark: Mark) -> Option<Event<'a>> {
        let in_step = self.in_step(side, mark.acked);
        let half = &mut self.halves[side.index()];
        let offset = half.offset(Seq(segment.seq).plus(u32::from(segment.flags.syn)))?;
        if segment.flags.rst {
            // One that does not fit exactly is not believed (RFC 5961 section 3.2).
            if offset == half.top() {
                self.reset = Some(side);
            }
            return None;
        }
        let end = offset + segment.payload.len() as u64;
        if half.go_on_to(end) {
            // Who goes on after a reset shows that it was forged.
            self.finished = false;
        }
        if segment.flags.fin {
            half.close_at(end + u64::from(segment.cut));
        }
        if half.ended || (segment.payload.is_empty() && segment.cut == 0) {
            return None;
        }
        // Who goes on speaking has not aborted.
        self.reset = self.reset.filter(|aborter| *aborter != side);
        half.cut(end, segment.cut);
        if !in_step {
            half.assembler.store(offset, segment.payload, mark);
            return None;
        }
        let fresh = half.assembler.insert(offset, segment.payload, mark)?;
        let offset = half.next() - fresh.len() as u64;
        Some(Event { side, what: What::Data(Cow::Borrowed(fresh)), offset, mark })
    }

    /// Whether all that a segment of `side` acknowledges has been delivered. A direction of which
    /// nothing was captured is not waited for longer than other bytes are.
    pub(super) fn in_step(&self, side: Side, acked: Option<u64>) -> bool {
        let other = &self.halves[side.other().index()];
        other.presence == Presence::Absent
            || other.ended
            || acked.is_none_or(|acked| acked <= other.next())
    }
}
