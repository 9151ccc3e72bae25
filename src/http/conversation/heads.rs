//! What a conversation makes of the head of a request, and of a response.

use super::Conversation;
use super::roles::{self, Odd};
use super::switch::Switch;
use crate::few;
use crate::http::Headers;
use crate::http::body::Body;
use crate::http::exchange::{Message, Response};
use crate::http::framing::{self, Framing};
use crate::http::head::{self, Head, Parsed, StatusLine};
use crate::http::lenient;
use crate::http::open::{Answer, Open};
use crate::http::pairing::{self, Loss};
use crate::http::step::Origin;
use crate::note::{Note, NoteKind};
use crate::tcp::{Mark, Side};
use std::borrow::Cow;

/// Interim responses of one request that are kept. A server that has hints to give sends one or two.
const MAX_INTERIM: usize = 64;

const BLANKS: &str = "white space stands before the first line";

const NO_REQUEST: &str = "the request was not captured";

impl Conversation {
    /// Reads a request head; `None` if it cannot be read at all.
    pub(super) fn request(
        &mut self,
        head: Head<'_>,
        origin: Origin,
        last: Mark,
        cut: Option<Note>,
    ) -> Option<()> {
        let parsed = head::request(head)?;
        if self.open.len() >= self.reading.limits.open_exchanges {
            self.drop_oldest(last);
        }
        let client = self.client?;
        let is_behind_another = !self.first.is_settled() && self.ask_first(client, origin);
        let is_whole = is_whole(cut.as_ref());
        let mut open = Open::new(&self.peers, client);
        open.request_start = origin.offset;
        open.request_acked = origin.mark.acked;
        open.may_be_quoted = is_behind_another;
        if let Some((packet, text)) = self.stray.take().map(|stray| *stray) {
            open.note(NoteKind::Junk, packet, text);
        }
        open.exchange.notes.extend(cut);
        if let Some(odd) = self.odd {
            open.may_be_quoted |= self.odd_of(client) == Some(Odd::Inside);
            open.exchange.notes.extend(roles::told(odd, client));
        }
        let (framing, doubts) = framing::of_request(parsed.start.version, &parsed.headers);
        let doubts = doubts.into_iter().map(|text| [text, lenient::SMUGGLING].concat().into());
        if self.readers[client.index()].take_blanks() {
            open.note(NoteKind::LenientHead, origin.mark.packet, BLANKS);
        }
        note_head(&mut open, parsed.leniencies.into_iter(), doubts, origin);
        if framing != Framing::Empty {
            open.note_content(&parsed.headers, origin.mark.packet);
        }
        open.keep[0] = self.kept_bytes(&parsed.headers);
        if is_relative(&parsed.start.target) {
            let text = "the request target is neither a path nor a whole URL";
            open.note(NoteKind::LenientHead, origin.mark.packet, text);
        }
        let turn = self.turns.of_request(origin);
        if self.turns.first_time(origin, turn) {
            let text = "the request was captured before a response that its client had read";
            open.note(NoteKind::OutOfStep, origin.mark.packet, text);
        }
        let mut request = message(parsed.start, parsed.headers, origin, last);
        request.at.turn = turn;
        open.exchange.request = Some(request);
        few::push_back(&mut self.open, open);
        self.weigh(self.open.len() - 1);
        self.begun_by(origin);
        if is_whole {
            self.begin_body(client, framing);
        }
        Some(())
    }

    /// Reads a response head, finds the request that it answers, and says what follows.
    pub(super) fn response(
        &mut self,
        head: Head<'_>,
        origin: Origin,
        last: Mark,
        cut: Option<Note>,
    ) -> Option<()> {
        if self.is_quoted(origin) {
            return None;
        }
        let mut parsed = head::response(head)?;
        let status = parsed.start.status;
        self.end_head_before(status, origin);
        let index = self.answered_by(status, origin);
        let server = self.client?.other();
        let is_whole = is_whole(cut.as_ref());
        let keep = self.kept_bytes(&parsed.headers);
        self.begun_by(origin);
        let odd = self.odd.and_then(|odd| roles::told(odd, server));
        let has_blanks = self.readers[server.index()].take_blanks();
        let open = &mut self.open[index];
        open.exchange.notes.extend(cut.into_iter().chain(odd));
        if has_blanks {
            open.note(NoteKind::LenientHead, origin.mark.packet, BLANKS);
        }
        open.keep[1] = keep;
        let switch = Switch::of(open, status, &parsed.headers);
        let framing = note_response(open, &mut parsed, switch, origin);
        let response = message(parsed.start, parsed.headers, origin, last);
        let response = self.in_step(index, response, origin);
        if is_interim(status) {
            keep_interim(&mut self.open[index], response);
            self.weigh(index);
            self.begin_interim(server);
            return Some(());
        }
        let open = &mut self.open[index];
        open.exchange.response = Some(response);
        open.answer = Answer::Reading;
        // Where the pairing is not settled, its request may be another one.
        self.bodiless = open.exchange.request.is_none() || !self.first.is_settled();
        self.answering = Some(index);
        self.weigh(index);
        if is_whole {
            self.begin_body(server, framing);
        }
        if let Some(to) = switch {
            self.switch(server, to);
        }
        Some(())
    }

    /// The response that begins at `origin` with the packet as which it counts, after what it answers.
    fn in_step(&mut self, index: usize, mut response: Response, origin: Origin) -> Response {
        let open = &mut self.open[index];
        let asked = open.exchange.request.as_ref().map_or(0, |request| request.at.turn);
        response.at.turn = self.turns.of_response(origin, asked);
        if self.turns.first_time(origin, response.at.turn) {
            let text = "the response was captured before its request";
            open.note(NoteKind::OutOfStep, origin.mark.packet, text);
        }
        response
    }

    /// Whether what looks like a response is none: it was found inside a segment behind missing bytes, and
    /// no request waits for one.
    fn is_quoted(&self, origin: Origin) -> bool {
        let has_all = |client| self.heard.has_all(client, origin.mark);
        self.odd.is_some()
            && self.client.is_some_and(|client| {
                self.odd_of(client.other()) == Some(Odd::Inside) && has_all(client)
            })
            && !self.open.iter().any(Open::is_waiting)
    }

    /// Which open exchange a response that begins at `origin` belongs to; one without a request is
    /// opened if there is none.
    fn answered_by(&mut self, status: u16, origin: Origin) -> usize {
        let mark = origin.mark;
        let mut loss = std::mem::take(&mut self.loss);
        if self
            .open
            .iter()
            .find(|open| open.is_waiting())
            .is_some_and(|first| self.is_behind(first))
        {
            loss = loss.max(Loss::Perhaps);
        }
        self.end_interim_before(origin);
        let Some((index, doubtful)) = pairing::answered(&self.open, loss, origin) else {
            self.orphan = Some(origin.offset);
            return self.open_orphan(status, mark);
        };
        let doubtful = doubtful || self.is_shifted(index, origin);
        if doubtful {
            self.loss = Loss::Doubt;
        } else if !self.first.is_settled() {
            self.pair_first(index, origin);
        }
        for open in self.open.iter_mut().take(index).filter(|open| open.is_waiting()) {
            if !open.has_note(NoteKind::Junk) {
                open.note(NoteKind::Gap, mark.packet, "the response was not captured");
            }
            open.abandon();
        }
        let open = &mut self.open[index];
        if open.exchange.request.is_none() && open.exchange.interim.is_empty() {
            open.note(NoteKind::Gap, mark.packet, NO_REQUEST);
        }
        // Said with its interim response, if there was one.
        if doubtful && open.exchange.interim.is_empty() {
            let text = "messages are missing before this one, which may answer another request";
            open.note(NoteKind::DoubtfulPairing, mark.packet, text);
        }
        if !doubtful && open.exchange.request.is_some() {
            self.heard.is_answered = true;
            if self.heard.has_holes() {
                self.fill_holes_before(index, origin);
            }
        }
        let before = self.open.len();
        self.close_done();
        index - (before - self.open.len())
    }

    /// The response that begins at `origin` belongs to an exchange whose request is known, and bytes
    /// are missing somewhere before it.
    #[cold]
    fn fill_holes_before(&mut self, index: usize, origin: Origin) {
        let open = &self.open[index];
        // Of a connection that was joined midway, `first` has doubts of its own.
        if let Some(client) = self.client
            && (open.is_asked_at(origin.offset) || !self.heard.is_from_start)
        {
            self.heard.fill_before(client, open.request_start);
        }
    }

    /// Interim responses without a request are given up where the client read them and then asked for
    /// what begins at `origin`.
    fn end_interim_before(&mut self, origin: Origin) {
        let first = self.open.iter().position(Open::is_waiting);
        let Some(first) = first.filter(|first| self.open[*first].exchange.request.is_none()) else {
            return;
        };
        let is_asked = self.open.iter().any(|open| open.awaits(origin.offset));
        if is_asked && !self.open[first].exchange.interim.is_empty() {
            self.open[first].abandon();
        }
    }

    /// Whether a response that was told without a request may have been the answer to this one: its
    /// client had not read it.
    fn is_behind(&self, open: &Open) -> bool {
        self.orphan.zip(open.request_acked).is_some_and(|(orphan, acked)| acked <= orphan)
    }

    /// Whether requests were lost before this one, and nothing says that the response which begins at
    /// `origin` is its own.
    fn is_shifted(&mut self, index: usize, origin: Origin) -> bool {
        let open = &self.open[index];
        let Some([first, last]) = self.requests_lost else { return false };
        let is_after = open.exchange.request.is_some() && open.request_start > first;
        // Of requests sent together, others may have been lost before the first that is known.
        let together = self.open.iter().filter(|other| other.request_acked == open.request_acked);
        let is_exact = open.is_asked_at(origin.offset) && together.count() == 1;
        if is_after && is_exact {
            self.requests_lost = Some([last; 2]).filter(|_| open.request_start <= last);
        }
        is_after && !is_exact
    }

    /// A response whose request was not captured goes before the requests that came after it.
    fn open_orphan(&mut self, status: u16, mark: Mark) -> usize {
        let index = self.open.iter().position(Open::is_waiting).unwrap_or(self.open.len());
        let client = self.client.unwrap_or(Side::Originator);
        let mut orphan = Open::new(&self.peers, client);
        orphan.request_done = true;
        if self.heard.has_all(client, mark) {
            orphan.exchange.notes.push(self.unasked(status, mark.packet));
        } else if self.heard.lacks_nothing(client, mark) {
            let text = "no request was read that this response may answer";
            orphan.note(NoteKind::Junk, mark.packet, text);
        } else {
            orphan.note(NoteKind::Gap, mark.packet, NO_REQUEST);
        }
        self.open.insert(index, orphan);
        index
    }
}

/// Notes what was lenient about a head, and what is doubtful about the framing that it states.
fn note_head(
    open: &mut Open,
    leniencies: impl Iterator<Item = &'static str>,
    doubts: impl Iterator<Item = Cow<'static, str>>,
    origin: Origin,
) {
    let leniencies = leniencies.map(|text| (NoteKind::LenientHead, text.into()));
    for (kind, text) in leniencies.chain(doubts.map(|text| (NoteKind::Framing, text))) {
        open.note(kind, origin.mark.packet, text);
    }
}

/// Notes what is to be said of the head of a response, and gives how its body is framed.
fn note_response(
    open: &mut Open,
    parsed: &mut Parsed<StatusLine>,
    switch: Option<Switch>,
    origin: Origin,
) -> Framing {
    let status = parsed.start.status;
    let (framing, doubts) = framing::of_response(open.method(), &parsed.start, &parsed.headers);
    let leniencies = std::mem::take(&mut parsed.leniencies).into_iter().map(lenient::of_response);
    note_head(open, leniencies, doubts.into_iter().map(Cow::Borrowed), origin);
    if !(100..600).contains(&status) {
        let text = "the status code is none of those from 100 to 599";
        open.note(NoteKind::LenientHead, origin.mark.packet, text);
    }
    if framing != Framing::Empty {
        open.note_content(&parsed.headers, origin.mark.packet);
    }
    if let Some(to) = switch {
        open.note(NoteKind::SwitchedProtocol, origin.mark.packet, to.told(&parsed.headers));
    }
    framing
}

/// Whether another response follows, which is the answer (RFC 9110 section 15.2). After 101 none does.
const fn is_interim(status: u16) -> bool {
    matches!(status, 100 | 102..=199)
}

fn keep_interim(open: &mut Open, response: Response) {
    if open.exchange.interim.len() < MAX_INTERIM {
        open.exchange.interim.push(response);
    } else {
        let text = "interim responses beyond those kept are passed over";
        open.note_once(NoteKind::Limit, response.at.packet, text);
    }
}

/// Whether a head was captured to its end, so that it says how its body is framed; what runs on past
/// the cap is believed as far as it was read.
fn is_whole(cut: Option<&Note>) -> bool {
    cut.is_none_or(|cut| cut.kind == NoteKind::Limit)
}

/// Whether a target is none of the forms of RFC 9112 section 3.2, and no authority, which has a colon.
fn is_relative(target: &[u8]) -> bool {
    !matches!(target.first(), Some(b'/' | b'*')) && !target.contains(&b':')
}

fn message<S>(start: S, headers: Headers, origin: Origin, last: Mark) -> Message<S> {
    let mut at = origin.position();
    at.last_packet = at.last_packet.max(last.packet);
    at.last_time = at.last_time.max(last.time);
    Message { at, start, headers, body: Body::default() }
}
