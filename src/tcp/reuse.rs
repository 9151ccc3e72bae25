//! Ports that are used again: whether a segment belongs to the connection that the table knows, or to
//! another one between the same sockets.
//!
//! A SYN alone ends no connection that is alive, since anyone can send one. It announces a rival, and
//! the next segment must agree with that; until then the connection hears nothing of it.

use super::connection::Mark;
use super::seq::Seq;
use super::side::Side;
use super::table::Entry;
use crate::packet::{Segment, SocketPair};
use crate::time::Timestamp;

/// After a silence of so many seconds, a segment whose numbers are far from a connection's own is
/// another one's.
const SILENCE: i64 = 20;

/// Whether a segment comes so long after the last one of a connection that nothing of that can be
/// under way any more.
pub(super) fn is_after_silence(last: Timestamp, segment: &Segment<'_>) -> bool {
    segment.time > last.plus_seconds(SILENCE)
}

/// Whose a segment is.
#[derive(Debug)]
pub(super) enum Fate {
    /// The connection's own.
    Own,
    /// That of another one, which may be about to begin.
    Rival,
    /// That of another one, which takes its place; as it was announced, if it was.
    Replaces(Option<Box<Rival>>),
}

/// A connection that may be about to begin where another one is.
#[derive(Debug)]
pub(super) struct Rival {
    /// The sockets of its originator and of its responder.
    pair: SocketPair,
    /// Where the stream of each side begins, as far as that was announced.
    first: [Option<Seq>; 2],
    since: Timestamp,
    early: Option<Early>,
}

/// What a SYN carried (TCP Fast Open, RFC 7413).
#[derive(Debug)]
pub(super) struct Early {
    pub mark: Mark,
    pub payload: Box<[u8]>,
}

impl Rival {
    /// The one that a SYN or a SYN-ACK announces.
    fn of(segment: &Segment<'_>) -> Self {
        let (own, since) = (Some(Seq(segment.seq).plus(1)), segment.time);
        if segment.flags.ack {
            let first = [Some(Seq(segment.ack)), own];
            return Self { pair: segment.pair.reversed(), first, since, early: None };
        }
        let mark = Mark { packet: segment.packet, time: since, acked: None };
        let early = || Early { mark, payload: segment.payload.into() };
        let early = (!segment.payload.is_empty()).then(early);
        Self { pair: segment.pair, first: [own, None], since, early }
    }

    /// Whether a segment confirms it: one side goes on, or answers, just behind what was announced.
    fn agrees_with(&self, segment: &Segment<'_>) -> bool {
        let is_opener = segment.pair.is_from_sender_of(&self.pair);
        let len = self.early.as_ref().map_or(0, |early| early.payload.len());
        let ends = [0, u32::try_from(len).unwrap_or(u32::MAX)];
        let is_at = |first: Option<Seq>, seq: u32| {
            first.is_some_and(|first| ends.iter().any(|end| first.plus(*end) == Seq(seq)))
        };
        if segment.flags.syn {
            return segment.flags.ack && !is_opener && is_at(self.first[0], segment.ack);
        }
        is_at(self.first[usize::from(!is_opener)], segment.seq)
    }
}

impl<T> Entry<T> {
    /// Whether [`Self::fate_of`] need be asked.
    #[inline]
    pub(super) fn may_be_replaced_by(&self, segment: &Segment<'_>) -> bool {
        segment.flags.syn
            || self.rival.is_some()
            || self.tcp.is_over()
            || self.tcp.is_reset()
            || segment.time >= self.tcp.last_seen().plus_seconds(SILENCE)
    }

    /// Whether a segment belongs to another connection that uses the same port pair.
    #[inline(never)]
    pub(super) fn fate_of(&mut self, segment: &Segment<'_>) -> Fate {
        let side = self.side_of(segment);
        if segment.flags.rst {
            return Fate::Own;
        }
        let is_confirmed = |rival: &mut Box<Rival>| {
            !is_after_silence(rival.since, segment) && rival.agrees_with(segment)
        };
        if !self.tcp.continues_with(side, segment)
            && let Some(rival) = self.rival.take_if(is_confirmed)
        {
            return Fate::Replaces(Some(rival));
        }
        if segment.flags.syn {
            return self.fate_of_syn(side, segment);
        }
        if self.is_far(side, segment) { Fate::Replaces(None) } else { Fate::Own }
    }

    /// It begins as it was announced.
    pub(super) fn begin_as(&mut self, rival: &Rival) {
        self.pair = rival.pair;
        for (side, first) in Side::BOTH.into_iter().zip(rival.first) {
            if let Some(first) = first {
                self.tcp.announce(side, first);
            }
        }
        if let Some(early) = &rival.early {
            self.tcp.hold_early(early);
        }
    }

    /// Whether the numbers of a segment are too far from the connection's own.
    fn is_far(&self, side: Side, segment: &Segment<'_>) -> bool {
        let has_payload = !segment.payload.is_empty();
        let is_elsewhere = || !self.tcp.reaches(side, Seq(segment.seq));
        if !self.is_silent_at(segment) {
            let may_be_over = self.tcp.is_over() || self.tcp.is_reset();
            return has_payload && may_be_over && is_elsewhere();
        }
        let acks_elsewhere = segment.flags.ack && !self.tcp.reaches(side.other(), Seq(segment.ack));
        // One number alone may be far by accident where nothing is carried.
        is_elsewhere() && (has_payload || acks_elsewhere) || acks_elsewhere && has_payload
    }

    /// Whether nothing of it can be under way any more at this time. Where its end was not captured,
    /// nor how the next one of its ports begins, only the numbers tell the two apart.
    fn is_silent_at(&self, segment: &Segment<'_>) -> bool {
        let is_known = |side: &Side| self.tcp.has_begun(*side);
        is_after_silence(self.tcp.last_seen(), segment) && Side::BOTH.iter().all(is_known)
    }

    fn fate_of_syn(&mut self, side: Side, segment: &Segment<'_>) -> Fate {
        let first = Seq(segment.seq).plus(1);
        // Some hosts begin with the same number again.
        let has_ended = self.tcp.is_over() || self.tcp.is_closed(side);
        let begins_anew = has_ended && is_after_silence(self.tcp.last_seen(), segment);
        if !begins_anew && self.tcp.may_begin_with(side, first) && self.may_answer(side, segment) {
            return Fate::Own;
        }
        if self.tcp.is_over() || self.tcp.is_reset() {
            return Fate::Replaces(None);
        }
        self.rival = Some(Box::new(Rival::of(segment)));
        Fate::Rival
    }

    /// Whether what a SYN-ACK acknowledges has been sent here, as far as is known.
    fn may_answer(&self, side: Side, segment: &Segment<'_>) -> bool {
        !segment.flags.ack || self.tcp.has_sent(side.other(), Seq(segment.ack))
    }
}
