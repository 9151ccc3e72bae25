//! What a client does not send, because its server did not ask for it: bodies, and rests of heads.

use super::Conversation;
use crate::http::Request;
use crate::http::open::Open;
use crate::http::pairing::Loss;
use crate::http::probe::{Looks, probe};
use crate::http::seek::{first_word, is_method};
use crate::http::step::Origin;
use crate::note::{Note, NoteKind};
use crate::tcp::{Mark, Side};

impl Conversation {
    /// Ends the request body that is awaited if `bytes` are the next request. A client that waits to
    /// be told to go on, and is answered instead, sends nothing of it (RFC 9110 section 10.1.1), and
    /// some, like curl after a 417, keep the connection. By framing alone, what follows would be body.
    /// A request line of which a segment has less than the method and a space is not known.
    pub(super) fn end_request_before(&mut self, side: Side, bytes: &[u8], mark: Mark) {
        if self.may_be_refused(side) && is_known_request(bytes) {
            let text = "the server answered before it asked for the body, which was not sent";
            self.note(side, NoteKind::Incomplete, mark, text);
            self.readers[side.index()].end_body();
            self.message_end(side, false);
        }
    }

    /// A response that begins at `origin` refuses the head that its client is still sending, where
    /// nothing else was asked and its client had read all before it. The head is then a request as
    /// far as it goes.
    pub(super) fn end_head_before(&mut self, status: u16, origin: Origin) {
        let Some(client) = self.client.filter(|_| status >= 400) else { return };
        if self.requests_lost.is_some()
            || self.loss != Loss::None
            || self.open.iter().any(Open::is_waiting)
        {
            return;
        }
        let Some((head, begun)) = self.readers[client.index()].unfinished_request() else { return };
        let is_received = origin.mark.acked.is_none_or(|acked| begun.offset < acked);
        if is_received && begun.mark.acked == Some(origin.offset) {
            let text = "the server answered before the head was whole";
            let cut = Note::at(NoteKind::Incomplete, begun.mark.packet, text);
            let head = head.to_vec();
            self.readers[client.index()].drop_carry();
            self.cut_head(client, &head, begun, cut);
        }
    }

    /// Whether `side` is about to send a body that the server has not asked for and need not get.
    pub(super) fn may_be_refused(&mut self, side: Side) -> bool {
        self.client == Some(side)
            && self.current(side).is_some_and(|open| {
                let request = open.exchange.request.as_ref();
                open.exchange.response.is_some()
                    && !open.holes[0]
                    && request.is_some_and(|request| request.body.length == 0 && waits(request))
            })
    }
}

/// Whether bytes begin like a request with a method that is known: a body may end right before one, as
/// in `0123GET /`.
fn is_known_request(bytes: &[u8]) -> bool {
    probe(bytes) == Looks::Request && is_method(first_word(bytes))
}

/// Whether a client says that it waits to be asked for the body.
fn waits(request: &Request) -> bool {
    let expected = request.headers.first("expect");
    expected.is_some_and(|value| value.eq_ignore_ascii_case(b"100-continue"))
}
