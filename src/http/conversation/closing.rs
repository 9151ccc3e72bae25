//! Exchanges that are over are handed out, and the oldest packet of those that are not is known.

use super::Conversation;
use crate::few;
use crate::http::open::Open;
use crate::http::step::Origin;
use crate::note::NoteKind;
use crate::tcp::Mark;

/// With so few open exchanges the oldest is looked for whenever one is closed; with more, after
/// [`MANY`] have been. Until then an older packet is given than need be, which only delays.
const FEW: usize = 8;
const MANY: usize = 64;

impl Conversation {
    /// The oldest request goes on without a response.
    pub(super) fn drop_oldest(&mut self, mark: Mark) {
        if let Some(oldest) = self.open.front_mut() {
            oldest.note(
                NoteKind::Limit,
                mark.packet,
                "too many requests wait for a response on this connection",
            );
            oldest.abandon();
        }
        self.close_done();
    }

    /// Hands out what is finished, in the order of the requests.
    pub(super) fn close_done(&mut self) {
        while self.open.front().is_some_and(Open::is_done) {
            if let Some(open) = self.open.pop_front() {
                self.weight = self.weight.saturating_sub(open.weight);
                if !open.is_nothing() {
                    if self.is_holding() {
                        self.hold(open.exchange);
                    } else {
                        few::push_back(&mut self.done, open.exchange);
                    }
                }
            }
            self.closed += 1;
            self.answering = self.answering.and_then(|index| index.checked_sub(1));
        }
        if self.closed > 0 && (self.open.len() <= FEW || self.closed >= MANY) {
            self.oldest = self.open.iter().filter_map(Open::first_packet).min();
            self.closed = 0;
            if self.is_holding() {
                self.oldest = self.first.first_packet(self.oldest);
            }
        }
    }

    /// A message begins, perhaps a new exchange.
    pub(super) fn begun_by(&mut self, origin: Origin) {
        let packet = origin.mark.packet;
        self.oldest = Some(self.oldest.map_or(packet, |oldest| oldest.min(packet)));
    }
}
