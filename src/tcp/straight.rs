//! The segment that nearly all segments are: the bytes that are next in line, or none, on a
//! connection of which nothing is missing.
//!
//! It does nothing that the ordinary way does not do alike; it only knows beforehand what is left
//! out. A test holds one against the other.

use super::connection::{Connection, Event, Last, Mark, What};
use super::half::Presence;
use super::seq::Seq;
use super::side::Side;
use crate::packet::Segment;
use std::borrow::Cow;

/// What became of a segment that might be of that kind.
#[derive(Debug, PartialEq, Eq)]
pub enum Straight<'a> {
    /// It was taken, with what it carried. Nothing is left for [`Connection::pop`].
    Taken(Option<Event<'a>>),
    /// It is of another kind, and nothing has been done: it is for [`Connection::push_any`].
    Other,
}

impl Connection {
    /// Takes a segment of `side` if it is of that kind: what it acknowledges has been delivered, and
    /// what it carries is next.
    #[inline]
    pub fn go_straight<'a>(&mut self, side: Side, segment: &Segment<'a>) -> Straight<'a> {
        let flags = segment.flags;
        let is_plain = flags.ack && !(flags.syn || flags.fin || flags.rst) && segment.cut == 0;
        if !is_plain || !self.is_steady() {
            return Straight::Other;
        }
        let [originator, responder] = &mut self.halves;
        let (half, other) = match side {
            Side::Originator => (originator, responder),
            Side::Responder => (responder, originator),
        };
        let acked = other.offset(Seq(segment.ack)).filter(|acked| *acked <= other.next());
        let Some(acked) = acked else { return Straight::Other };
        if half.next_seq() != Some(Seq(segment.seq)) || !half.is_steady() || !other.is_steady() {
            return Straight::Other;
        }
        let Segment { packet, time, payload, .. } = *segment;
        self.last = Last { packet, time };
        self.young = self.young.saturating_sub(1);
        other.acked = other.acked.max(acked);
        half.presence = Presence::Seen;
        if payload.is_empty() {
            return Straight::Taken(None);
        }
        let (offset, mark) = (half.next(), Mark { packet, time, acked: Some(acked) });
        let fresh = half.assembler.insert(offset, payload, mark);
        let what = |fresh| What::Data(Cow::Borrowed(fresh));
        Straight::Taken(fresh.map(|fresh| Event { side, what: what(fresh), offset, mark }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::TcpLimits;
    use crate::packet::{Flags, SocketPair};
    use crate::time::Timestamp;
    use proptest::prelude::*;

    /// What is told of a segment: by which side, at which distance from where that side is, with how
    /// many bytes, what it acknowledges, and its flags.
    type Told = (bool, i32, usize, i32, u8);

    /// Some segments, behind a handshake or not.
    fn conversations() -> impl Strategy<Value = Vec<Told>> {
        let handshake = [(false, -1, 0, 0, 9), (true, -1, 0, 0, 1)];
        (0..3_usize, proptest::collection::vec(told(), 1..60))
            .prop_map(move |(opened, told)| [&handshake[..opened], &told[..]].concat())
    }

    fn told() -> impl Strategy<Value = Told> {
        let distance = || prop_oneof![12 => Just(0), 1 => -6..6_i32];
        let flags = prop_oneof![30 => Just(0), 1 => 0..32_u8];
        (any::<bool>(), distance(), 0..4_usize, distance(), flags)
    }

    fn segments(told: &[Told]) -> Vec<(Side, Segment<'static>)> {
        let mut next = [1_000_u32, u32::MAX - 3];
        let ends = [([10, 0, 0, 1], 40_000), ([10, 0, 0, 2], 80)];
        let all = told.iter().zip(1..).map(|(&(is_answer, ahead, len, behind, bits), packet)| {
            let from = usize::from(is_answer);
            let side = Side::BOTH[from];
            let seq = next[from].wrapping_add_signed(ahead);
            let end = Seq(seq).plus(u32::try_from(len).unwrap());
            if end.distance_from(Seq(next[from])) > 0 {
                next[from] = end.0;
            }
            let flags = Flags {
                syn: bits & 1 != 0,
                fin: bits & 2 != 0,
                rst: bits & 4 != 0,
                ack: bits & 8 == 0,
            };
            let segment = Segment {
                packet,
                time: Timestamp::from_seconds(i64::try_from(packet).unwrap()),
                pair: SocketPair::new(ends[from].into(), ends[1 - from].into()),
                seq,
                ack: next[1 - from].wrapping_add_signed(behind),
                flags,
                payload: &b"abcd"[..len],
                cut: u32::from(bits & 16 != 0),
            };
            (side, segment)
        });
        all.collect()
    }

    proptest! {
        #[test]
        fn it_leads_where_the_ordinary_way_leads(told in conversations()) {
            let limits = TcpLimits::default();
            let all = segments(&told);
            let (mut short, mut long) = (Connection::new(&all[0].1), Connection::new(&all[0].1));
            for (side, segment) in &all {
                let events = short.push(*side, segment, &limits);
                prop_assert_eq!(events, long.push_any(*side, segment, &limits));
                prop_assert_eq!(format!("{short:?}"), format!("{long:?}"));
                loop {
                    let event = short.pop(&limits);
                    prop_assert_eq!(&event, &long.pop(&limits));
                    if event.is_none() {
                        break;
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn it_leaves_nothing_to_tell(told in conversations()) {
            let limits = TcpLimits::default();
            let all = segments(&told);
            let (mut short, mut long) = (Connection::new(&all[0].1), Connection::new(&all[0].1));
            for (side, segment) in &all {
                let event = long.push_any(*side, segment, &limits);
                if let Straight::Taken(straight) = short.go_straight(*side, segment) {
                    prop_assert_eq!(event.is_some(), !segment.payload.is_empty());
                    prop_assert_eq!(event, straight);
                    prop_assert_eq!(long.pop(&limits), None);
                    prop_assert_eq!((long.held_since(), long.weight(), long.is_over()), (None, 0, false));
                } else {
                    short.push(*side, segment, &limits);
                }
                while long.pop(&limits).is_some() {}
                while short.pop(&limits).is_some() {}
                prop_assert_eq!(format!("{short:?}"), format!("{long:?}"));
            }
        }
    }

    #[test]
    fn it_is_taken() {
        let told = [(false, 0, 2, 0, 0), (true, 0, 3, 0, 0)].repeat(10);
        let all = segments(&told);
        let mut connection = Connection::new(&all[0].1);
        let taken = all.iter().filter(|(side, segment)| {
            let is_straight = connection.go_straight(*side, segment) != Straight::Other;
            if !is_straight {
                connection.push_any(*side, segment, &TcpLimits::default());
            }
            while connection.pop(&TcpLimits::default()).is_some() {}
            is_straight
        });
        // The first few show where the directions begin.
        assert_eq!(taken.count(), 15);
    }

    #[test]
    fn behind_a_handshake_it_is_taken_at_once() {
        let told = [(false, -1, 0, 0, 9), (true, -1, 0, 0, 1), (false, 0, 0, 0, 0)];
        let [syn, answer, ack] = <[_; 3]>::try_from(segments(&told)).unwrap();
        let mut connection = Connection::new(&syn.1);
        for (side, segment) in [syn, answer] {
            assert_eq!(connection.go_straight(side, &segment), Straight::Other);
            connection.push_any(side, &segment, &TcpLimits::default());
        }
        assert_eq!(connection.go_straight(ack.0, &ack.1), Straight::Taken(None));
    }
}
