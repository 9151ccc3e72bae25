//! An exchange that is still going on.

use super::conversation::Peers;
use super::exchange::{Exchange, Message, Request, Response};
use crate::note::{Note, NoteKind};
use crate::tcp::Mark;

/// How far the response has come.
#[derive(Debug, Default)]
pub(super) enum Answer {
    /// None yet.
    #[default]
    Waiting,
    /// Its body is being read.
    Reading,
    /// It is over, or will not come.
    Done,
}

/// An exchange that is still going on.
#[derive(Debug, Default)]
pub(super) struct Open {
    pub request: Option<Request>,
    pub response: Option<Response>,
    pub interim: Vec<Response>,
    pub notes: Vec<Note>,
    /// The stream offset at which the request begins.
    pub request_start: u64,
    /// How far the client had read the responses when it sent the request.
    pub request_acked: Option<u64>,
    pub request_done: bool,
    pub answer: Answer,
    /// Bytes of each body that are kept: the request's, the response's.
    pub keep: [usize; 2],
    /// Whether bytes of each body are missing.
    pub holes: [bool; 2],
}

impl Open {
    /// The place of a request that was not captured.
    pub fn lost(request_start: u64) -> Self {
        Self { request_start, request_done: true, ..Self::default() }
    }

    /// Whether nothing of it was captured.
    pub fn is_nothing(&self) -> bool {
        self.request.is_none() && self.response.is_none() && self.interim.is_empty()
    }

    /// Whether nothing more can be added.
    pub fn is_done(&self) -> bool {
        self.request_done && matches!(self.answer, Answer::Done)
    }

    pub fn is_waiting(&self) -> bool {
        matches!(self.answer, Answer::Waiting)
    }

    /// The packet it begins with.
    pub fn first_packet(&self) -> Option<u64> {
        let request = self.request.as_ref().map(|request| request.at.packet);
        let response = self.response.as_ref().or(self.interim.first());
        request.or(response.map(|response| response.at.packet))
    }

    pub fn note(
        &mut self,
        kind: NoteKind,
        packet: u64,
        text: impl Into<std::borrow::Cow<'static, str>>,
    ) {
        self.notes.push(Note::at(kind, packet, text));
    }

    /// Adds bytes to the request's body, or to the response's.
    pub fn add_body(&mut self, of_request: bool, bytes: &[u8], mark: Mark) {
        let keep = self.keep[usize::from(!of_request)];
        if of_request {
            add(self.request.as_mut(), bytes, keep, mark);
        } else {
            add(self.response.as_mut(), bytes, keep, mark);
        }
    }

    /// Bytes of a body are missing.
    pub fn add_hole(&mut self, of_request: bool) {
        self.holes[usize::from(!of_request)] = true;
    }

    /// The request, or the response, has ended.
    pub fn end(&mut self, of_request: bool, complete: bool) {
        let complete = complete && !self.holes[usize::from(!of_request)];
        if of_request {
            self.request_done = true;
            set_complete(self.request.as_mut(), complete);
        } else {
            self.answer = Answer::Done;
            set_complete(self.response.as_mut(), complete);
        }
    }

    /// Nothing more will come.
    pub fn abandon(&mut self) {
        self.request_done = true;
        self.answer = Answer::Done;
    }

    /// The finished exchange.
    pub fn close(
        self,
        peers: &Peers,
        client: std::net::SocketAddr,
        server: std::net::SocketAddr,
    ) -> Exchange {
        let Self { request, response, interim, notes, .. } = self;
        Exchange { connection: peers.connection, client, server, request, response, interim, notes }
    }
}

fn add<S>(message: Option<&mut Message<S>>, bytes: &[u8], keep: usize, mark: Mark) {
    if let Some(message) = message {
        message.body.add(bytes, keep);
        message.at.last_packet = message.at.last_packet.max(mark.packet);
        message.at.last_time = message.at.last_time.max(mark.time);
    }
}

fn set_complete<S>(message: Option<&mut Message<S>>, complete: bool) {
    if let Some(message) = message {
        message.body.complete = complete;
    }
}
