//! What a conversation takes of memory, and what it gives back when that runs short.

use super::Conversation;
use crate::http::open::Open;
use crate::http::reader::Reader;
use crate::note::NoteKind;

/// What a conversation gives up when memory runs short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sacrifice {
    /// What was kept of bodies.
    Bodies,
    /// That too, and open exchanges: they are finished as they stand, and the head of a response
    /// that is not whole goes with its request.
    Exchanges,
    /// All that, and the head of a request that is not whole.
    Heads,
}

impl Sacrifice {
    /// From the least to the greatest.
    pub const ALL: [Self; 3] = [Self::Bodies, Self::Exchanges, Self::Heads];
}

impl Conversation {
    /// About how many bytes its open exchanges take, and the heads that are not whole.
    pub fn weight(&self) -> usize {
        self.weight + self.first.weight() + self.readers.iter().map(Reader::carried).sum::<usize>()
    }

    /// Weighs an open exchange after something was added to it.
    pub(super) fn weigh(&mut self, index: usize) {
        if let Some(open) = self.open.get_mut(index) {
            let (now, before) = open.weigh();
            self.weight = (self.weight + now).saturating_sub(before);
        }
    }

    /// Memory has run short, says `packet`.
    pub fn relieve(&mut self, packet: u64, sacrifice: Sacrifice) {
        self.settle();
        for index in 0..self.open.len() {
            let Some(open) = self.open.get_mut(index) else { break };
            if open.drop_bodies() {
                open.note(NoteKind::Limit, packet, "memory ran short: the body was not kept");
            }
            if sacrifice != Sacrifice::Bodies {
                let text = "memory ran short: the exchange was not followed to its end";
                open.note(NoteKind::Limit, packet, text);
            }
            self.weigh(index);
        }
        if sacrifice != Sacrifice::Bodies {
            self.open.iter_mut().for_each(Open::abandon);
            self.close_done();
            if let Some(client) = self.client {
                self.readers[client.other().index()].drop_carry();
            }
        }
        if sacrifice == Sacrifice::Heads {
            self.readers.iter_mut().for_each(Reader::drop_carry);
        }
    }

    /// Bytes were given up before their time, since memory has run short.
    pub fn note_hurry(&mut self, packet: u64) {
        if let Some(open) = self.open.back_mut() {
            let text = "memory ran short: missing bytes were not waited for any longer";
            open.note(NoteKind::Limit, packet, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Exchange, Peers, Reading};
    use crate::tcp::{Event, Mark, Side, What};
    use crate::time::Timestamp;

    /// What becomes of a dialogue in which memory runs short after so many of its pieces.
    fn told(pieces: &[(Side, &str)], before: usize, sacrifice: Sacrifice) -> Vec<Exchange> {
        let since = Timestamp::from_seconds(1);
        let ends = [([10, 0, 0, 1], 40_000), ([10, 0, 0, 2], 80)].map(Into::into);
        let peers = Peers { connection: 1, ends, since };
        let mut talk = Conversation::new(peers, Reading::default());
        let mut offsets = [0; 2];
        for (at, (side, text)) in (1..).zip(pieces) {
            let mark = Mark { packet: at, time: since, acked: None };
            let offset = &mut offsets[side.index()];
            let what = What::Data(text.as_bytes().into());
            talk.push(&Event { side: *side, what, offset: *offset, mark });
            *offset += text.len() as u64;
            if at == before as u64 {
                talk.relieve(at, sacrifice);
            }
        }
        talk.finish();
        std::iter::from_fn(|| talk.pop()).map(|exchange| *exchange).collect()
    }

    #[test]
    fn the_head_of_a_request_is_given_up_last() {
        let (client, server) = (Side::Originator, Side::Responder);
        let pieces = [
            (client, "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\nHo"),
            (client, "st: b\r\n\r\n"),
            (server, "HTTP/1.1 204 No\r\n\r\n"),
        ];
        let names = |sacrifice| {
            let told = told(&pieces, 1, sacrifice);
            let requests = told.iter().filter_map(|exchange| exchange.request.as_ref());
            requests.map(|request| request.start.target.to_vec()).collect::<Vec<_>>()
        };
        assert_eq!(names(Sacrifice::Exchanges), [b"/a", b"/b"]);
        assert_eq!(names(Sacrifice::Heads), [b"/a"]);
    }

    #[test]
    fn the_head_of_a_response_goes_with_its_request() {
        let (client, server) = (Side::Originator, Side::Responder);
        let pieces = [
            (client, "GET /a HTTP/1.1\r\n\r\n"),
            (server, "HTTP/1.1 200 OK\r\nContent-"),
            (server, "Length: 0\r\n\r\n"),
        ];
        let told = told(&pieces, 2, Sacrifice::Exchanges);
        assert_eq!(told.len(), 1);
        assert!(told[0].request.is_some() && told[0].response.is_none());
        assert!(told[0].notes.iter().any(|note| note.text.contains("memory ran short")));
    }
}
