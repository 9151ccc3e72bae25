//! One TCP connection: two directions put in order, and each kept in step with the other.
//!
//! A segment is delivered when the bytes before it have been delivered, and also the bytes of the
//! other direction that it acknowledges. So whatever order the capture has, a consumer sees a
//! response after the request it answers.
//!
//! Bytes that never come are given up when they are known to be lost to the capture: the receiver
//! acknowledged them, and [`TcpLimits`] has run out of patience; or a cap is reached; or the
//! connection ends. They are then a [`What::Gap`], an event like any other.

use super::half::Half;
use super::seq::Seq;
use crate::limits::TcpLimits;
use crate::packet::Segment;
use crate::time::Timestamp;
use std::borrow::Cow;

/// An end of a connection: the one that opened it (or was seen first), and the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The sender of the SYN; of the first segment seen, where the handshake was not captured.
    Originator,
    /// The other end.
    Responder,
}

impl Side {
    /// Both sides, the originator first.
    pub const BOTH: [Self; 2] = [Self::Originator, Self::Responder];

    /// The other side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Originator => Self::Responder,
            Self::Responder => Self::Originator,
        }
    }

    /// 0 or 1, to keep a pair in an array.
    pub const fn index(self) -> usize {
        match self {
            Self::Originator => 0,
            Self::Responder => 1,
        }
    }
}

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

/// One TCP connection.
#[derive(Debug)]
pub struct Connection {
    halves: [Half; 2],
    last: Mark,
    reset: bool,
    finished: bool,
}

impl Connection {
    /// A connection whose first segment is about to be pushed.
    pub fn new(first: &Segment<'_>) -> Self {
        let last = Mark { packet: first.packet, time: first.time, acked: None };
        Self { halves: Default::default(), last, reset: false, finished: false }
    }

    /// Whether both directions have delivered all they ever will.
    pub fn is_over(&self) -> bool {
        self.halves.iter().all(|half| half.ended)
    }

    /// The time of the last segment.
    pub fn last_seen(&self) -> Timestamp {
        self.last.time
    }

    /// The sequence number of the first byte of a side, if it is known.
    pub fn first_seq(&self, side: Side) -> Option<Seq> {
        self.halves[side.index()].origin()
    }

    /// A packet no later than the oldest whose bytes are still held back.
    pub fn held_since(&self) -> Option<u64> {
        self.halves.iter().filter_map(Half::held_since).min()
    }

    /// How many copies of stored bytes disagreed with them since this was last asked.
    pub fn take_conflicts(&mut self) -> u64 {
        self.halves.iter_mut().map(|half| half.assembler.take_conflicts()).sum()
    }

    /// Takes a segment sent by `side`. Bytes that are next in line come straight back, borrowed
    /// from the packet; after that, call [`Connection::pop`] until it has no more.
    pub fn push<'a>(
        &mut self,
        side: Side,
        segment: &Segment<'a>,
        limits: &TcpLimits,
    ) -> Option<Event<'a>> {
        self.last = Mark { packet: segment.packet, time: segment.time, acked: None };
        self.learn_origins(side, segment);
        // The acknowledgment number of a reset is often garbage.
        let acked = (segment.flags.ack && !segment.flags.rst)
            .then(|| self.half_mut(side.other()).acknowledge(Seq(segment.ack)))
            .flatten();
        let mark = Mark { packet: segment.packet, time: segment.time, acked };
        let fresh = self.place(side, segment, mark);
        for half in &mut self.halves {
            half.count_patience(segment.time, limits);
            half.note_held(segment.packet);
        }
        fresh
    }

    /// The next event that can be delivered, if there is one.
    pub fn pop(&mut self, limits: &TcpLimits) -> Option<Event<'static>> {
        Side::BOTH
            .into_iter()
            .find_map(|side| self.pop_ready(side))
            .or_else(|| self.break_tie())
            .or_else(|| self.hopeless(limits).and_then(|side| self.give_up(side)))
    }

    /// Nothing more will come: what is held is delivered by [`Connection::pop`], holes and all.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    fn half_mut(&mut self, side: Side) -> &mut Half {
        &mut self.halves[side.index()]
    }

    fn learn_origins(&mut self, side: Side, segment: &Segment<'_>) {
        let half = self.half_mut(side);
        half.seen = true;
        half.begin(Seq(segment.seq).plus(u32::from(segment.flags.syn)));
        if segment.flags.ack && !segment.flags.rst {
            self.half_mut(side.other()).begin(Seq(segment.ack));
        }
    }

    /// Puts the payload, the FIN and the RST where they belong in the stream.
    fn place<'a>(&mut self, side: Side, segment: &Segment<'a>, mark: Mark) -> Option<Event<'a>> {
        let in_step = self.in_step(side, mark.acked);
        let half = &mut self.halves[side.index()];
        let offset = half.offset(Seq(segment.seq).plus(u32::from(segment.flags.syn)))?;
        let end = offset + segment.payload.len() as u64;
        if segment.flags.fin {
            half.fin.get_or_insert(end + u64::from(segment.cut));
        }
        // A reset from behind the stream is outside the window (RFC 5961): not believed.
        if segment.flags.rst && offset >= half.next() {
            half.fin.get_or_insert(offset);
            self.reset = true;
        }
        if half.ended || (segment.payload.is_empty() && segment.cut == 0) {
            return None;
        }
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
    /// nothing was ever captured is not waited for.
    fn in_step(&self, side: Side, acked: Option<u64>) -> bool {
        let other = &self.halves[side.other().index()];
        !other.seen || other.ended || acked.is_none_or(|acked| acked <= other.next())
    }

    fn pop_ready(&mut self, side: Side) -> Option<Event<'static>> {
        let offset = self.half_mut(side).next();
        let skipped = self.half_mut(side).skip_cut();
        if skipped > 0 {
            return Some(Event { side, what: What::Gap(skipped), offset, mark: self.last });
        }
        if let Some(mark) = self.halves[side.index()].has_ready() {
            return self.in_step(side, mark.acked).then(|| self.deliver(side, mark))?;
        }
        let how = self.end_of(side)?;
        self.half_mut(side).ended = true;
        Some(Event { side, what: What::End(how), offset, mark: self.last })
    }

    fn deliver(&mut self, side: Side, mark: Mark) -> Option<Event<'static>> {
        let chunk = self.half_mut(side).assembler.pop()?;
        let what = What::Data(Cow::Owned(chunk.bytes));
        Some(Event { side, what, offset: chunk.offset, mark })
    }

    /// Both sides may seem to wait for each other, when a copy sent again acknowledges more than
    /// the lost first one did. Then the older packet goes first.
    fn break_tie(&mut self) -> Option<Event<'static>> {
        let [originator, responder] = [self.halves[0].has_ready()?, self.halves[1].has_ready()?];
        if originator.packet <= responder.packet {
            self.deliver(Side::Originator, originator)
        } else {
            self.deliver(Side::Responder, responder)
        }
    }

    /// How `side` has ended, if nothing stands before its end.
    fn end_of(&self, side: Side) -> Option<End> {
        let half = &self.halves[side.index()];
        if half.ended || half.assembler.stored_chunks() > 0 {
            return None;
        }
        let at_fin = half.fin.is_some_and(|fin| half.next() >= fin);
        // Without a FIN, a direction ends with the connection, if no byte of it is missing. The
        // last acknowledgment may count a FIN that was not captured.
        let nothing_missing = half.fin.is_none() && half.acked <= half.next() + 1;
        if at_fin || nothing_missing && self.reset {
            return Some(if self.reset { End::Reset } else { End::Closed });
        }
        (nothing_missing && self.finished).then_some(End::Unknown)
    }

    /// The side whose missing bytes are no longer waited for, if there is one.
    fn hopeless(&self, limits: &TcpLimits) -> Option<Side> {
        let stuck = Side::BOTH.into_iter().find(|side| {
            let half = &self.halves[side.index()];
            half.is_out_of_patience() || half.is_full(limits) || (self.finished && !half.ended)
        })?;
        Some(self.culprit(stuck))
    }

    /// If `side` waits for its own earlier bytes it is the one to blame; if it only waits for what
    /// it acknowledges, the other side is.
    fn culprit(&self, side: Side) -> Side {
        if self.halves[side.index()].has_ready().is_some() { side.other() } else { side }
    }

    /// Gives up the missing bytes of `side`; if none are missing, it has no more to give.
    fn give_up(&mut self, side: Side) -> Option<Event<'static>> {
        let last = self.last;
        let half = self.half_mut(side);
        let offset = half.next();
        let missing = half.skip_missing();
        if missing > 0 {
            let mark = half.has_ready().unwrap_or(last);
            return Some(Event { side, what: What::Gap(missing), offset, mark });
        }
        if half.ended {
            return None;
        }
        half.ended = true;
        Some(Event { side, what: What::End(End::Unknown), offset, mark: last })
    }
}
