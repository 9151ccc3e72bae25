//! What comes first of a connection that was joined midway.
//!
//! Requests may have been sent before the capture began whose responses are in it. A client that
//! waits for each response shows that there are none: it sends the first request that is captured
//! when it has read all before. One that does not wait looks the same at first. So the first pairs are
//! held until it sends its next request and has read the responses to all that it sent before: then
//! the last of these answered the last of those. If there comes a response that no request waits for,
//! one of those before it answers an earlier request than it was told with.

use super::Conversation;
use crate::http::exchange::Exchange;
use crate::http::open::Open;
use crate::http::step::Origin;
use crate::note::{Note, NoteKind};
use crate::tcp::{End, Side};
use std::collections::VecDeque;

/// Exchanges that are held. Who sends so many requests without having read the responses to those
/// before sends more.
const MOST_HELD: usize = 64;

/// A status with which servers close connections that are idle, whatever was asked (408).
const WAITED_TOO_LONG: u16 = 408;

/// What is known of the first exchanges.
#[derive(Debug, Default)]
pub(super) enum First {
    /// Nothing: none has been told.
    #[default]
    Unknown,
    /// They are held.
    Held(Box<Held>),
    /// Which request the next response answers, or no more than is known by now.
    Settled,
}

/// The first exchanges.
#[derive(Debug, Default)]
pub(super) struct Held {
    exchanges: VecDeque<Box<Exchange>>,
    weight: usize,
    /// A client that waited for each response would have looked otherwise.
    is_doubtful: bool,
}

impl First {
    /// About how many bytes of memory they take.
    pub fn weight(&self) -> usize {
        if let Self::Held(held) = self { held.weight } else { 0 }
    }

    /// The first packet of what is held, or `open` if that is before it.
    #[cold]
    pub fn first_packet(&self, open: Option<u64>) -> Option<u64> {
        let Self::Held(held) = self else { return open };
        let packets = held.exchanges.iter().map(|exchange| exchange.first_packet());
        packets.chain(open).min()
    }

    /// Whether nothing is held, nor will be.
    #[inline]
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Settled)
    }
}

impl Conversation {
    /// Whether exchanges are held that [`Self::settle`] would hand on.
    #[inline]
    pub fn is_holding(&self) -> bool {
        matches!(self.first, First::Held(_))
    }

    /// No later request is waited for: what is held is told as it stands.
    pub fn settle(&mut self) {
        if self.first.is_settled() {
            return;
        }
        if matches!(&self.first, First::Held(held) if held.is_doubtful) {
            self.doubt_first();
        }
        self.hand_on_first(First::Settled);
        self.close_done();
    }

    /// A request begins at `origin`, and it is not settled what the first ones were. Says whether it
    /// stands behind the rest of another, see [`Self::await_passed`].
    #[cold]
    pub(super) fn ask_first(&mut self, client: Side, origin: Origin) -> bool {
        if self.is_holding() {
            self.settle_before(origin);
        }
        self.await_passed(client, origin)
    }

    /// A request at `origin` shows that all those before have been answered.
    fn settle_before(&mut self, origin: Origin) {
        if self.answering.is_some() {
            return;
        }
        let server = self.client.map(|client| self.heard.end_of(client.other()));
        if server == origin.mark.acked && !self.open.iter().any(Open::is_waiting) {
            self.hand_on_first(First::Settled);
        }
    }

    /// The server has ended. If it answered all that it was asked before it closed, the last response
    /// answered the last request.
    pub(super) fn settle_at_end(&mut self, how: End) {
        if !self.first.is_settled() && how == End::Closed && !self.open.iter().any(Open::is_waiting)
        {
            self.hand_on_first(First::Settled);
        }
        self.settle();
    }

    /// A response that begins at `origin` is taken for that of an open request.
    #[cold]
    pub(super) fn pair_first(&mut self, index: usize, origin: Origin) {
        let open = &self.open[index];
        if open.exchange.request.is_none() || !open.exchange.interim.is_empty() {
            return;
        }
        let together = self.open.iter().filter(|other| other.request_acked == open.request_acked);
        let is_exact = open.is_asked_at(origin.offset) && together.count() == 1;
        if matches!(self.first, First::Unknown) {
            self.first = First::Held(Box::default());
        }
        if let First::Held(held) = &mut self.first {
            held.is_doubtful |= !is_exact;
        }
    }

    /// No request waits for a response, and none was lost: what is said of it. The capture may lack
    /// those from before its beginning.
    pub(super) fn unasked(&mut self, status: u16, packet: u64) -> Note {
        if self.heard.is_from_start || status == WAITED_TOO_LONG {
            let text = "the server sent a response that no request was waiting for";
            return Note::at(NoteKind::Junk, packet, text);
        }
        self.doubt_first();
        if self.is_holding() {
            self.hand_on_first(First::Unknown);
        }
        let text =
            "no request waits for this response: it may answer one that was told with another";
        Note::at(NoteKind::DoubtfulPairing, packet, text)
    }

    /// Takes what is finished and not told yet.
    #[cold]
    pub(super) fn hold(&mut self, exchange: Box<Exchange>) {
        let First::Held(held) = &mut self.first else { return self.done.push_back(exchange) };
        held.weight += exchange.weight();
        held.exchanges.push_back(exchange);
        if held.exchanges.len() > MOST_HELD {
            self.settle();
        }
    }

    fn hand_on_first(&mut self, next: First) {
        if let First::Held(held) = std::mem::replace(&mut self.first, next) {
            self.done.extend(held.exchanges);
            self.closed += 1;
        }
    }

    /// The responses that are told with the first requests may answer earlier ones.
    fn doubt_first(&mut self) {
        let First::Held(held) = &mut self.first else { return };
        let open = self.open.iter_mut().map(|open| &mut open.exchange);
        for exchange in held.exchanges.iter_mut().chain(open) {
            if let (Some(_), Some(response)) = (&exchange.request, &exchange.response) {
                let text =
                    "the response may answer a request that was sent before the capture began";
                let note = Note::at(NoteKind::DoubtfulPairing, response.at.packet, text);
                exchange.notes.push(note);
            }
        }
    }
}
