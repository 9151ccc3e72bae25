//! An exchange that is still going on.

use super::body::Body;
use super::content;
use super::conversation::Peers;
use super::exchange::{Exchange, Message};
use super::headers::Headers;
use crate::note::{Note, NoteKind};
use crate::tcp::{Mark, Side};

/// How many notes an exchange gets. A capture with a short snap length has a hole in every packet.
const MAX_NOTES: usize = 32;

/// How far the response has come.
#[derive(Debug)]
pub(super) enum Answer {
    /// None yet.
    Waiting,
    /// Its body is being read.
    Reading,
    /// It is over, or will not come.
    Done,
}

/// An exchange that is still going on.
#[derive(Debug)]
pub(super) struct Open {
    /// What is known of it so far. Boxed once, so that it need not move again on its long way.
    pub exchange: Box<Exchange>,
    /// The stream offset at which the request begins.
    pub request_start: u64,
    /// How far the client had read the responses when it sent the request.
    pub request_acked: Option<u64>,
    pub request_done: bool,
    /// The request may be part of the body of another one.
    pub may_be_quoted: bool,
    pub answer: Answer,
    /// Bytes of each body that are kept: the request's, the response's.
    pub keep: [usize; 2],
    /// Whether bytes of each body are missing.
    pub holes: [bool; 2],
    /// What it was last weighed to take.
    pub weight: usize,
}

impl Open {
    /// An exchange of which nothing is known but whose it is.
    pub fn new(peers: &Peers, client: Side) -> Self {
        let exchange = Exchange {
            connection: peers.connection,
            connected: peers.since,
            client: peers.ends[client.index()],
            server: peers.ends[client.other().index()],
            request: None,
            response: None,
            interim: Vec::new(),
            notes: Vec::new(),
        };
        Self {
            exchange: Box::new(exchange),
            request_start: 0,
            request_acked: None,
            request_done: false,
            may_be_quoted: false,
            answer: Answer::Waiting,
            keep: [0; 2],
            holes: [false; 2],
            weight: 0,
        }
    }

    /// The method of its request, if that was captured.
    pub fn method(&self) -> Option<&[u8]> {
        self.exchange.request.as_ref().map(|request| &*request.start.method)
    }

    /// Weighs it again: what it takes now, and what it took before.
    pub fn weigh(&mut self) -> (usize, usize) {
        let now = size_of::<Self>() + self.exchange.weight();
        (now, std::mem::replace(&mut self.weight, now))
    }

    /// Forgets what was kept of the bodies, and keeps no more. Whether there was any.
    pub fn drop_bodies(&mut self) -> bool {
        self.keep = [0; 2];
        let exchange = &mut self.exchange;
        let request = exchange.request.as_mut().map(|message| &mut message.body);
        let response = exchange.response.as_mut().map(|message| &mut message.body);
        let bodies = request.into_iter().chain(response);
        bodies
            .map(|body| std::mem::take(&mut body.kept))
            .fold(false, |any, kept| any | !kept.is_empty())
    }

    /// Whether nothing of it was captured.
    pub fn is_nothing(&self) -> bool {
        self.exchange.is_empty()
    }

    /// Whether nothing more can be added.
    pub fn is_done(&self) -> bool {
        self.request_done && matches!(self.answer, Answer::Done)
    }

    pub fn is_waiting(&self) -> bool {
        matches!(self.answer, Answer::Waiting)
    }

    /// Whether its client had read the responses up to just this stream offset when it asked.
    pub fn is_asked_at(&self, offset: u64) -> bool {
        self.request_acked == Some(offset)
    }

    /// Whether a response that begins at this stream offset is surely its own, if one comes.
    pub fn awaits(&self, offset: u64) -> bool {
        self.is_waiting() && self.is_asked_at(offset)
    }

    /// The packet it begins with, if anything of it was captured.
    pub fn first_packet(&self) -> Option<u64> {
        (!self.is_nothing()).then(|| self.exchange.first_packet())
    }

    pub fn note(
        &mut self,
        kind: NoteKind,
        packet: u64,
        text: impl Into<std::borrow::Cow<'static, str>>,
    ) {
        let notes = &mut self.exchange.notes;
        if notes.len() < MAX_NOTES {
            notes.push(Note::at(kind, packet, text));
        } else if notes.len() == MAX_NOTES {
            let text = "more was odd about this exchange than is told";
            notes.push(Note::at(NoteKind::Limit, packet, text));
        }
    }

    /// A note that is made once, however often there is a reason.
    pub fn note_once(&mut self, kind: NoteKind, packet: u64, text: &'static str) {
        if !self.exchange.notes.iter().any(|note| note.kind == kind && note.text == text) {
            self.note(kind, packet, text);
        }
    }

    /// Whether there is a note of this kind.
    pub fn has_note(&self, kind: NoteKind) -> bool {
        self.exchange.notes.iter().any(|note| note.kind == kind)
    }

    /// Says so if the headers name a content coding that is not undone here.
    pub fn note_content(&mut self, headers: &Headers, packet: u64) {
        if let Some(problem) = content::unreadable(headers) {
            self.note(NoteKind::ContentCoding, packet, problem.text());
        }
    }

    /// Adds bytes to the request's body, or to the response's.
    pub fn add_body(&mut self, of_request: bool, bytes: &[u8], mark: Mark) {
        let keep = self.keep[usize::from(!of_request)];
        if of_request {
            add(self.exchange.request.as_mut(), bytes, keep, mark);
        } else {
            add(self.exchange.response.as_mut(), bytes, keep, mark);
        }
    }

    /// What was taken for the body of the response is none of it.
    pub fn forget_body(&mut self) {
        if let Some(response) = &mut self.exchange.response {
            response.body = Body::default();
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
            set_complete(self.exchange.request.as_mut(), complete);
        } else {
            self.answer = Answer::Done;
            set_complete(self.exchange.response.as_mut(), complete);
        }
    }

    /// Nothing more will come.
    pub fn abandon(&mut self) {
        self.request_done = true;
        self.answer = Answer::Done;
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
