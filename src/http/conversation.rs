//! One HTTP/1 connection: two readers, and the exchanges that their messages make up.
//!
//! Which end is the client is decided by who sends a request line or a status line; see `roles`.
//! Responses answer requests in order (RFC 9112 section 9.3.2), with two corrections for captures that are
//! not whole. A response cannot answer a request that its server had not received, which the
//! acknowledgment number of its segment tells. And after a hole in the responses, the next one
//! answers the request that was sent when everything before that response had been read; see
//! `pairing`.

mod closing;
mod first;
mod heads;
mod losses;
mod overlaps;
mod passing;
mod refused;
mod relief;
mod roles;
mod simple;
mod switch;
mod turns;
mod unasked;

use super::body::KeepBodies;
use super::exchange::Exchange;
use super::framing::Framing;
use super::lenient;
use super::open::Open;
use super::pairing::Loss;
use super::reader::Reader;
use super::step::{Origin, Step};
use crate::limits::HttpLimits;
use crate::note::{Note, NoteKind};
use crate::tcp::{Event, Mark, Side, What};
use crate::time::Timestamp;
use first::First;
use losses::Before;
use overlaps::Overlap;
use roles::{Odd, Votes};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use turns::Turns;
use unasked::Heard;

pub use relief::Sacrifice;

/// Whose conversation it is.
#[derive(Debug, Clone, Copy)]
pub struct Peers {
    /// The number of the connection.
    pub connection: u64,
    /// The addresses of its originator and of its responder.
    pub ends: [SocketAddr; 2],
    /// The time of its first packet.
    pub since: Timestamp,
}

/// How a conversation is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading {
    /// The caps.
    pub limits: HttpLimits,
    /// Which bodies are kept.
    pub keep: KeepBodies,
}

/// How far back from the newest exchange the request that is still being sent is looked for. Only
/// responses that answer none can stand in between.
const BEHIND: usize = 64;

/// What a conversation turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Becomes {
    /// HTTP/1, as far as is known.
    Http,
    /// HTTP/2, from its beginning on.
    Http2,
    /// A tunnel, since a CONNECT was granted.
    Tunnel,
}

/// One HTTP/1 connection.
#[derive(Debug)]
pub struct Conversation {
    peers: Peers,
    /// Shared, since it is the same for all.
    reading: Arc<Reading>,
    client: Option<Side>,
    readers: [Reader; 2],
    /// Exchanges in the order of their requests.
    open: VecDeque<Open>,
    /// Which of them the response reader is in.
    answering: Option<usize>,
    /// What has been lost of the responses since one was last read.
    loss: Loss,
    /// Where in its stream the last response began that was told without a request.
    orphan: Option<u64>,
    /// The stream offsets, the first and the last, at which requests may have been lost, nobody knows
    /// how many, until a response to a later one begins just where that says.
    requests_lost: Option<[u64; 2]>,
    /// What each side has lost before it was known who the client is, if anything.
    before: Option<Box<[Before; 2]>>,
    turns: Turns,
    heard: Heard,
    /// The response being read has no known request, so that it may answer a HEAD and have no body.
    bodiless: bool,
    done: VecDeque<Box<Exchange>>,
    /// No packet of an exchange that is open, or held, is before this one; `None` if none is.
    oldest: Option<u64>,
    /// Exchanges that were closed since `oldest` was looked for.
    closed: usize,
    becomes: Becomes,
    /// A request in HTTP/0.9 waits for its response, which has no head.
    simple: bool,
    votes: Votes,
    first: First,
    /// What speaks against the next head of a side, and in which packet.
    odd: Option<(Side, u64, Odd)>,
    /// Bytes that were no message while no exchange was open: in which packet, and whose.
    stray: Option<Box<(u64, &'static str)>>,
    /// Where copies of bytes disagreed that are still to come.
    overlaps: Vec<Overlap>,
    /// What the open exchanges take together.
    weight: usize,
}

impl Conversation {
    /// A conversation of which nothing has been seen.
    pub fn new(peers: Peers, reading: impl Into<Arc<Reading>>) -> Self {
        Self {
            peers,
            reading: reading.into(),
            client: None,
            readers: Default::default(),
            open: VecDeque::new(),
            answering: None,
            loss: Loss::None,
            orphan: None,
            requests_lost: None,
            before: None,
            turns: Turns::default(),
            heard: Heard::default(),
            bodiless: false,
            done: VecDeque::new(),
            oldest: None,
            closed: 0,
            becomes: Becomes::Http,
            simple: false,
            votes: Votes::default(),
            first: First::default(),
            odd: None,
            stray: None,
            overlaps: Vec::new(),
            weight: 0,
        }
    }

    /// The capture has the connection from its SYN on: its streams, the originator's first, begin at
    /// these offsets, surely so if `is_in_order`. Otherwise anything may have been said before.
    #[inline]
    pub fn begin_at(&mut self, starts: [u64; 2], is_in_order: bool) {
        self.first = First::Settled;
        self.heard.begin_at(starts);
        self.readers.iter_mut().for_each(|reader| reader.begin(is_in_order));
    }

    /// Takes the next event of the connection.
    pub fn push(&mut self, event: &Event<'_>) {
        let at = Origin { mark: event.mark, offset: event.offset };
        match &event.what {
            What::Data(bytes) => self.data(event.side, bytes, at),
            What::Gap(missing) => {
                self.gap(event.side, event.offset, *missing, event.mark, NoteKind::Gap);
            }
            What::Cut(missing) => {
                self.gap(event.side, event.offset, *missing, event.mark, NoteKind::CutPacket);
            }
            What::End(how) => self.end(event.side, *how, event.mark),
        }
    }

    /// Whether [`Self::pop`] has something to give.
    pub fn has_finished(&self) -> bool {
        !self.done.is_empty()
    }

    /// The next finished exchange.
    pub fn pop(&mut self) -> Option<Box<Exchange>> {
        self.done.pop_front()
    }

    /// A packet no later than the first of every exchange that is not finished.
    pub fn oldest_open(&self) -> Option<u64> {
        let heads = self.readers.iter().filter_map(Reader::unfinished_head);
        self.oldest.into_iter().chain(heads).min()
    }

    /// Whether it is HTTP/2, which is not read here.
    pub fn is_http2(&self) -> bool {
        self.becomes == Becomes::Http2
    }

    /// Whether any HTTP has been seen.
    pub fn is_http(&self) -> bool {
        self.client.is_some()
    }

    /// Nothing more will come: whatever is open is finished as it stands.
    pub fn finish(&mut self) {
        self.settle();
        self.open.iter_mut().for_each(Open::abandon);
        self.close_done();
    }

    fn data(&mut self, side: Side, mut bytes: &[u8], mut at: Origin) {
        self.heard.bytes(side, at.offset + bytes.len() as u64);
        self.simple_request_before(side);
        while !bytes.is_empty() {
            self.end_body_before(side, bytes, at);
            self.end_request_before(side, bytes, at.mark);
            self.simple_response_before(side, bytes, at);
            let (used, step) = self.readers[side.index()].read(bytes, at, &self.reading.limits);
            match step {
                Step::Nothing => {}
                Step::Head(looks, head, origin) => {
                    self.head(side, looks, head, origin, at.mark, None);
                    if self.odd.is_some() {
                        self.forget_odd(side);
                    }
                    self.tell_overlaps(side, at.offset + used as u64);
                }
                Step::LongHead(head, origin) => {
                    let text = "the head is longer than is read";
                    let cut = Note::at(NoteKind::Limit, at.mark.packet, text);
                    self.cut_head(side, &head, origin, cut);
                }
                Step::Body(body) => {
                    self.tell_overlaps(side, at.offset + used as u64);
                    self.body(side, body, at.mark);
                }
                Step::Unended => {
                    let text = "the last line of the chunked coding is missing";
                    self.note(side, NoteKind::Framing, at.mark, text);
                    self.message_end(side, true);
                }
                Step::Broken(why) => {
                    self.note(side, NoteKind::Framing, at.mark, why);
                    self.message_end(side, false);
                }
                Step::Odd(what) => {
                    self.tell_overlaps(side, at.offset + used as u64);
                    let what = if self.is_client(side) { what } else { lenient::of_response(what) };
                    if let Some(open) = self.current(side) {
                        open.note_once(NoteKind::Framing, at.mark.packet, what);
                    }
                }
                Step::Junk(origin) => self.junk(side, origin),
                Step::PassedOver => self.passed_over(side, at, used, bytes.len()),
            }
            bytes = &bytes[used..];
            at.offset += used as u64;
        }
    }

    fn begin_body(&mut self, side: Side, framing: Framing) {
        if self.readers[side.index()].begin_body(framing) {
            self.message_end(side, true);
        }
    }

    /// An interim response has no body, and the final one is still to come.
    fn begin_interim(&mut self, server: Side) {
        self.readers[server.index()].begin_body(Framing::Empty);
    }

    fn body(&mut self, side: Side, bytes: &[u8], mark: Mark) {
        let of_request = self.is_client(side);
        if let Some(open) = self.current(side) {
            open.add_body(of_request, bytes, mark);
            if open.keep[usize::from(!of_request)] > 0 {
                let (now, before) = open.weigh();
                self.weight = (self.weight + now).saturating_sub(before);
            }
        }
        if self.readers[side.index()].end_if_complete() {
            self.message_end(side, true);
        }
    }

    fn message_end(&mut self, side: Side, complete: bool) {
        let of_request = self.is_client(side);
        self.readers[side.index()].end_message();
        let Some(open) = self.current(side) else { return };
        open.end(of_request, complete);
        if !of_request {
            self.answering = None;
        }
        self.close_done();
    }

    /// The exchange whose message `side` is sending.
    fn current(&mut self, side: Side) -> Option<&mut Open> {
        if self.is_client(side) {
            sending(&mut self.open)
        } else {
            self.answering.and_then(|index| self.open.get_mut(index))
        }
    }

    fn is_client(&self, side: Side) -> bool {
        self.client.is_none_or(|client| client == side)
    }

    /// Bytes between messages are told where an exchange is still open that began before them, or is
    /// still at hand; else with the next one, if there is one. That they are no message may be known only after the next one has begun.
    fn junk(&mut self, side: Side, Origin { mark, offset }: Origin) {
        self.forget_odd(side);
        self.lose_track(side, offset);
        let begins = |open: &Open| open.first_packet().is_some_and(|first| first <= mark.packet);
        let text = if self.client == Some(side) {
            "the client sent bytes that are no message"
        } else {
            "the server sent bytes that are no message"
        };
        if let Some(open) = self.open.iter_mut().rev().find(|open| begins(open)) {
            open.note(NoteKind::Junk, mark.packet, text);
            if open.may_be_quoted && open.is_waiting() && self.client == Some(side) {
                // Where the body goes on, nobody answers what it quotes.
                open.abandon();
                self.close_done();
            }
        } else if let Some(exchange) = self.done.back_mut() {
            // It ended in the same segment.
            exchange.notes.push(Note::at(NoteKind::Junk, mark.packet, text));
        } else if let Some(open) = self.open.front_mut() {
            // What it was became known only after the next one had begun.
            open.note(NoteKind::Junk, mark.packet, text);
        } else {
            self.stray = Some(Box::new((mark.packet, text)));
        }
    }

    fn note(
        &mut self,
        side: Side,
        kind: NoteKind,
        mark: Mark,
        text: impl Into<std::borrow::Cow<'static, str>>,
    ) {
        if let Some(open) = self.current(side) {
            open.note(kind, mark.packet, text);
        }
    }

    fn what(&self, side: Side) -> &'static str {
        if self.is_client(side) { "request" } else { "response" }
    }

    fn kept_bytes(&self, headers: &super::Headers) -> usize {
        if self.reading.keep.wants(headers) { self.reading.limits.kept_body } else { 0 }
    }
}

/// The exchange whose request is being sent. Behind it there may be responses that answer none, of which so
/// many are looked past.
fn sending(open: &mut VecDeque<Open>) -> Option<&mut Open> {
    let has_request = |open: &&mut Open| open.exchange.request.is_some() || !open.request_done;
    let newest = open.iter_mut().rev().take(BEHIND).find(has_request);
    newest.filter(|open| !open.request_done)
}
