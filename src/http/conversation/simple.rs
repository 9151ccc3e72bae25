//! HTTP/0.9: a request of one line, and a response that is nothing but its content, up to the end of
//! the connection.

use super::{Conversation, KeepBodies};
use crate::http::exchange::{Message, Version};
use crate::http::framing::Framing;
use crate::http::head::{Head, StatusLine};
use crate::http::open::{Answer, Open};
use crate::http::probe::{Looks, may_be_response};
use crate::http::step::Origin;
use crate::http::{Body, Headers};
use crate::note::NoteKind;
use crate::tcp::Side;
use std::borrow::Cow;

impl Conversation {
    /// When a server speaks, or its client has no more to say, and all that came of a request is a
    /// line without a version, then that line is the request.
    pub(super) fn simple_request_before(&mut self, server: Side) {
        let client = server.other();
        let Some((line, origin)) = self.readers[client.index()].take_simple_request() else {
            return;
        };
        let head = [&line[..], b"\r\n"].concat();
        self.head(client, Looks::Request, Head::Raw(head.into()), origin, origin.mark, None);
        self.simple = self.client == Some(client);
    }

    /// Begins the response to such a request, unless it has a head all the same. A blank line may have
    /// ended the request as if there had been a head.
    pub(super) fn simple_response_before(&mut self, side: Side, bytes: &[u8], at: Origin) {
        if self.client == Some(side) || self.answering.is_some() {
            return;
        }
        let mut simple = std::mem::take(&mut self.simple);
        let Some(index) = self.open.iter().position(Open::is_waiting) else { return };
        let open = &self.open[index];
        if open.is_asked_at(at.offset) {
            let request = open.exchange.request.as_ref();
            simple |= request.is_some_and(|request| request.start.version.major == 0);
        }
        if !simple || may_be_response(bytes) {
            return;
        }
        let open = &mut self.open[index];
        let version = Version { major: 0, minor: 9 };
        let start = StatusLine { status: 200, reason: Cow::default(), version };
        let (headers, body) = (Headers::default(), Body::default());
        open.exchange.response = Some(Message { at: at.position(), start, headers, body });
        let text = "the response has no head, as in HTTP/0.9; status 200 was assumed";
        open.note(NoteKind::LenientHead, at.mark.packet, text);
        if self.reading.keep == KeepBodies::Readable {
            open.keep[1] = self.reading.limits.kept_body;
        }
        open.answer = Answer::Reading;
        self.answering = Some(index);
        self.readers[side.index()].begin_body(Framing::UntilClose);
    }
}
