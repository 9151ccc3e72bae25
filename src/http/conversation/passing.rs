//! The event that most events of most captures are: more of a body that nobody keeps.
//!
//! It does nothing that the ordinary way does not do alike; it only knows beforehand what is left
//! out. A test holds one against the other.

use super::{Conversation, sending};
use crate::tcp::{Event, What};

impl Conversation {
    /// Takes an event of that kind. False if it is another, which is for [`Conversation::push`].
    pub fn pass(&mut self, event: &Event<'_>) -> bool {
        let What::Data(bytes) = &event.what else { return false };
        let (here, other) = (event.side.index(), event.side.other().index());
        // What may end a body beforehand, or belongs to what is read now.
        let is_plain = !self.bodiless
            && !self.simple
            && self.overlaps.is_empty()
            && self.readers[other].unfinished_head().is_none();
        if !is_plain || (self.client == Some(event.side) && self.may_be_refused(event.side)) {
            return false;
        }
        let of_request = self.is_client(event.side);
        let mut open = match (of_request, self.answering) {
            (true, _) => sending(&mut self.open),
            (false, index) => index.and_then(|index| self.open.get_mut(index)),
        };
        let is_kept = open.as_ref().is_some_and(|open| open.keep[usize::from(!of_request)] > 0);
        if is_kept || !self.readers[here].pass(bytes.len()) {
            return false;
        }
        self.heard.bytes(event.side, event.offset + bytes.len() as u64);
        if let Some(open) = &mut open {
            open.add_body(of_request, bytes, event.mark);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{KeepBodies, Peers, Reading};
    use crate::tcp::{Mark, Side};
    use crate::time::Timestamp;
    use proptest::prelude::*;

    /// Messages of each side, whole and broken.
    const SAID: [&[&str]; 2] = [
        &[
            "GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
            "HEAD /a HTTP/1.1\r\n\r\n",
            "GET /a\n",
            "POST /a HTTP/1.1\r\nContent-Length: 20\r\n\r\n01234567890123456789",
            "POST /a HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\n012345678",
            "POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 200\r\n\r\n",
            "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n0\r\n\r\n",
            "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n0\r\n",
        ],
        &[
            "HTTP/1.1 204 No\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\nup to the end",
            "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n012345678901234567890123456789",
            "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n012345678",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n01234567890123456789\r\n3\r\nabc\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n0\r\n",
            "012345678901234567890123456789",
        ],
    ];

    /// Who says which of these, in pieces of which length, and whether bytes are missing before it,
    /// or were seen twice.
    type Told = (bool, usize, usize, u8);

    fn told() -> impl Strategy<Value = Told> {
        (any::<bool>(), 0..SAID[1].len(), 1..40_usize, 0..20_u8)
    }

    fn events(told: &[Told]) -> Vec<(Event<'static>, bool)> {
        let mut all = Vec::new();
        let mut offsets = [0_u64; 2];
        for &(is_answer, which, len, odd) in told {
            let side = Side::BOTH[usize::from(is_answer)];
            let said = SAID[side.index()];
            let offset = &mut offsets[side.index()];
            let mut add = |what, len: usize| {
                let packet = all.len() as u64 + 1;
                let time = Timestamp::from_seconds(i64::try_from(packet).unwrap());
                let mark = Mark { packet, time, acked: None };
                all.push((Event { side, what, offset: *offset, mark }, odd == 1));
                *offset += len as u64;
            };
            if odd == 0 {
                add(What::Gap(3), 3);
            }
            for piece in said[which % said.len()].as_bytes().chunks(len) {
                add(What::Data(piece.into()), piece.len());
            }
        }
        all
    }

    proptest! {
        #[test]
        fn it_leads_where_the_ordinary_way_leads(
            told in proptest::collection::vec(told(), 1..12), keeps in any::<bool>(),
        ) {
            let ends = [([10, 0, 0, 1], 40_000), ([10, 0, 0, 2], 80)].map(Into::into);
            let peers = Peers { connection: 1, ends, since: Timestamp::from_seconds(0) };
            let keep = if keeps { KeepBodies::Readable } else { KeepBodies::None };
            let reading = Reading { keep, ..Reading::default() };
            let [mut short, mut long] = [(); 2].map(|()| Conversation::new(peers, reading));
            for (event, is_twice) in &events(&told) {
                if *is_twice {
                    for one in [&mut short, &mut long] {
                        one.overlap(event.side, event.offset + 2, event.mark.packet);
                    }
                }
                let before = (long.oldest_open(), long.weight());
                long.push(event);
                if short.pass(event) {
                    prop_assert_eq!((long.oldest_open(), long.weight()), before);
                } else {
                    short.push(event);
                }
                prop_assert_eq!(format!("{short:?}"), format!("{long:?}"));
            }
        }
    }

    #[test]
    fn it_is_taken() {
        let ends = [([10, 0, 0, 1], 40_000), ([10, 0, 0, 2], 80)].map(Into::into);
        let peers = Peers { connection: 1, ends, since: Timestamp::from_seconds(0) };
        let mut talk = Conversation::new(peers, Reading::default());
        let events = events(&[(false, 3, 10, 9), (true, 2, 10, 9), (true, 5, 10, 9)]);
        let passed = events.iter().filter(|(event, _)| {
            let passes = talk.pass(event);
            if !passes {
                talk.push(event);
            }
            passes
        });
        // Whole pieces of ten bytes: one of 20 bytes, two of 30, one of a chunk of 20.
        assert_eq!(passed.count(), 1 + 2 + 1);
    }
}
