//! Which end is the client: the one that sends request lines, or is sent status lines.
//!
//! What is seen first of a connection may be the middle of a body, and quote such a line. So where
//! bytes are missing before, the first line is not the last word: until a request and a response
//! have been told together for sure, each line has its say, and so have the ports.

use super::{Becomes, Conversation, Loss, Turns};
use crate::http::head::Head;
use crate::http::probe::{Looks, is_first_line};
use crate::http::reader::Reader;
use crate::http::seek::Sought;
use crate::http::step::Origin;
use crate::note::{Note, NoteKind};
use crate::tcp::{Mark, Side};
use std::net::SocketAddr;

/// What a head counts for that begins a stream which is there from its first byte: more than all
/// that may speak against it.
const FIRM: u8 = 16;

/// What a head counts for at the beginning of a segment, and inside. All that one side has said counts
/// for no more than [`MOST`]: a long text may quote many.
const AT_START: u8 = 2;
const INSIDE: u8 = 1;
const MOST: u8 = 3;

/// What the ports count for: with one head, more than what a text may quote; less than what both
/// sides say.
const PORTS: u8 = 2;

/// Ports on which HTTP is often served, beside those below 1024.
const SERVED: [u16; 8] = [3000, 3128, 5000, 8000, 8008, 8080, 8081, 8888];

/// Where systems take the ports of clients from (RFC 6335 section 6, and Linux).
const EPHEMERAL: u16 = 32_768;

/// What each side has said that speaks for each side as the client.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Votes([[u8; 2]; 2]);

impl Votes {
    fn add(&mut self, client: Side, speaker: Side, weight: u8) {
        let votes = &mut self.0[client.index()][speaker.index()];
        if weight == FIRM {
            *votes = FIRM;
        } else if *votes < MOST {
            *votes = (*votes + weight).min(MOST);
        }
    }

    #[inline]
    fn are_firm(self, client: Side) -> bool {
        self.0[client.index()].contains(&FIRM)
    }

    fn of(self, client: Side) -> u8 {
        self.0[client.index()].iter().sum()
    }
}

/// What speaks against a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Odd {
    /// It stands behind bytes of its segment that belong to nothing that is known. Pages quote heads,
    /// and batches gather them.
    Inside,
    /// Its sender has the port of the other side.
    Reversed,
}

/// What is said of that, with a head of `side`.
#[cold]
pub(super) fn told((of, packet, odd): (Side, u64, Odd), side: Side) -> Option<Note> {
    let text = match odd {
        Odd::Inside => {
            "the head stands behind bytes that are no message, and may be part of a body"
        }
        Odd::Reversed => "client and server may be the reverse: the head may be part of a body",
    };
    (of == side).then(|| Note::at(NoteKind::Junk, packet, text))
}

impl Conversation {
    /// A head, whole unless `cut` says otherwise.
    pub(super) fn head(
        &mut self,
        side: Side,
        looks: Looks,
        head: Head<'_>,
        origin: Origin,
        last: Mark,
        cut: Option<Note>,
    ) {
        if head.bytes().starts_with(b"PRI * HTTP/2") {
            self.preface(side, origin);
            return;
        }
        let from = if looks == Looks::Request { side } else { side.other() };
        let known = self.client;
        let is_proved =
            known == Some(from) && (self.heard.is_answered || self.votes.are_firm(from));
        if !is_proved && !self.take_client(from, side, &head, origin.mark.packet) {
            // A request line from the server, or the reverse: whatever it is, it is no message.
            self.readers[side.index()].go_seeking();
            return;
        }
        let understood = match looks {
            Looks::Request => self.request(head, origin, last, cut),
            _ => self.response(head, origin, last, cut),
        };
        if understood.is_none() {
            // The rest of a request line, too, begins like a status line.
            self.client = known;
            if known.is_none() {
                // What was lost before may not have been requests of that side.
                self.open.clear();
            }
            self.junk(side, origin);
            self.readers[side.index()].go_seeking();
        } else if known != Some(from) {
            let is_firm = self.votes.are_firm(from);
            self.readers[from.index()].be_thorough(Sought::Requests, is_firm);
            self.readers[from.other().index()].be_thorough(Sought::Responses, is_firm);
        }
    }

    /// The preface of HTTP/2 (RFC 9113 section 3.4): inside a tunnel, or from the start, in pieces. Anywhere
    /// else it is part of something else.
    #[cold]
    fn preface(&mut self, side: Side, origin: Origin) {
        let is_first = self.client.is_none() && self.heard.is_first(side, origin.offset);
        if is_first {
            self.becomes = Becomes::Http2;
        }
        if is_first || (self.becomes == Becomes::Tunnel && self.client == Some(side)) {
            self.readers.iter_mut().for_each(Reader::go_blind);
        } else {
            self.junk(side, origin);
            self.readers[side.index()].go_seeking();
        }
    }

    /// Whether `client` is the client, as a head that `side` sent in this packet makes it.
    #[cold]
    fn take_client(&mut self, client: Side, side: Side, head: &Head<'_>, packet: u64) -> bool {
        let weight = self.weight_of(side, head);
        self.votes.add(client, side, weight);
        match self.client {
            Some(known) if known == client => return true,
            Some(_) if weight == 0 || !self.is_outvoted(client) => return false,
            Some(_) => self.swap_roles(side),
            None => {}
        }
        self.client = Some(client);
        self.requests_lost = None;
        self.take_losses(client);
        if !self.heard.is_from_start
            && likely_client(self.peers.ends) == Some(client.other())
            && self.odd_of(side).is_none()
        {
            self.odd = Some((side, packet, Odd::Reversed));
        }
        true
    }

    /// What speaks against the next head of `side`.
    pub(super) fn odd_of(&self, side: Side) -> Option<Odd> {
        self.odd.filter(|(of, ..)| *of == side).map(|(.., odd)| odd)
    }

    /// The next head of `side` is another one.
    #[cold]
    pub(super) fn forget_odd(&mut self, side: Side) {
        if self.odd.is_some_and(|(of, ..)| of == side) {
            self.odd = None;
        }
    }

    /// What a head of `side` counts for.
    fn weight_of(&self, side: Side, head: &Head<'_>) -> u8 {
        if self.heard.is_answered {
            // Nothing is left to decide.
            0
        } else if self.heard.is_whole(side) {
            FIRM
        } else if !is_first_line(head.bytes()) {
            0
        } else if self.odd_of(side).is_some() {
            INSIDE
        } else {
            AT_START
        }
    }

    /// Whether more speaks for `client` than for the side that is taken for it.
    fn is_outvoted(&self, client: Side) -> bool {
        let likely = likely_client(self.peers.ends);
        let by_ports = |side| if likely == Some(side) { PORTS } else { 0 };
        let votes = |side| self.votes.of(side) + by_ports(side);
        votes(client) > votes(client.other())
    }

    /// Client and server are the reverse of what they were taken for. What was taken for messages was
    /// part of bodies; `side` has just sent one that is none.
    fn swap_roles(&mut self, side: Side) {
        self.open.clear();
        (self.answering, self.orphan) = (None, None);
        (self.weight, self.closed) = (0, 1);
        self.close_done();
        (self.bodiless, self.simple) = (false, false);
        self.loss = Loss::Perhaps;
        self.turns = Turns::default();
        for side in Side::BOTH {
            self.heard.hole(side);
        }
        self.readers[side.other().index()].leave_body();
    }
}

/// Which side the ports make the client, if they tell.
fn likely_client(ends: [SocketAddr; 2]) -> Option<Side> {
    let ports = ends.map(|end| end.port());
    let serves: [fn(u16) -> bool; 3] =
        [|port| port < 1024, |port| SERVED.contains(&port), |port| port < EPHEMERAL];
    serves.into_iter().find_map(|serves| match ports.map(serves) {
        [true, false] => Some(Side::Responder),
        [false, true] => Some(Side::Originator),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_say_who_is_the_client() {
        for (ports, client) in [
            ([40_000, 80], Some(Side::Originator)),
            ([1025, 8080], Some(Side::Originator)),
            ([8080, 80], Some(Side::Originator)),
            ([443, 50_000], Some(Side::Responder)),
            ([40_000, 9000], Some(Side::Originator)),
            ([40_000, 50_000], None),
            ([2000, 2001], None),
        ] {
            let ends = ports.map(|port| ([10, 0, 0, 1], port).into());
            assert_eq!(likely_client(ends), client, "{ports:?}");
        }
    }
}
