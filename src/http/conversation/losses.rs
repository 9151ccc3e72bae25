//! What a conversation makes of holes, of endings, and of bodies whose end cannot be trusted.

use super::Conversation;
use super::roles::Odd;
use crate::few;
use crate::http::head::Head;
use crate::http::open::{Answer, Open};
use crate::http::pairing::Loss;
use crate::http::probe::{Looks, begins_status_line, is_status_line, probe};
use crate::http::step::{Hole, Origin};
use crate::note::{Note, NoteKind};
use crate::tcp::{End, Mark, Side};

/// The fewest bytes that are taken as a lost message, or part of one. Fewer may be line ends
/// between messages.
const PART_OF_MESSAGE: u64 = 5;

/// What a side has lost before it was known who the client is.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// The stream offsets, the first and the last, at which messages may have been lost.
    pub lost: Option<[u64; 2]>,
    /// A message was lost for sure.
    is_message: bool,
    /// How far it had read the other side when it sent the last bytes that were passed over.
    passed: Option<u64>,
}

impl Conversation {
    /// Ends the response body that is being read if `bytes` are the next response: because the
    /// response has none after all (its request, a HEAD, was not captured, and it was told with another
    /// or with none; line ends that came before the next one were then none of it), or because it has no length and the client took it as whole
    /// when it sent its next request.
    pub(super) fn end_body_before(&mut self, side: Side, bytes: &[u8], at: Origin) {
        let reader = &mut self.readers[side.index()];
        if !(self.bodiless || reader.is_until_close()) || self.client == Some(side) {
            return;
        }
        // Line ends may stand between messages; they are not yet the next one.
        let ends = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let line = &bytes[ends..];
        if self.bodiless && line.is_empty() {
            return;
        }
        let bodiless = std::mem::take(&mut self.bodiless);
        let asked = |open: &Open| {
            if bodiless { open.is_waiting() } else { open.awaits(at.offset) }
        };
        let is_orphan = |open: &mut Open| open.exchange.request.is_none();
        let is_next = (is_status_line(line) || begins_status_line(line))
            && (self.open.iter().any(asked)
                || bodiless && self.current(side).is_some_and(is_orphan));
        if is_next {
            self.readers[side.index()].end_body();
            if bodiless && let Some(open) = self.current(side) {
                open.forget_body();
            }
            if !bodiless {
                let text = "the response has no length, and another one follows it";
                self.note(side, NoteKind::Framing, at.mark, text);
            }
            self.message_end(side, true);
        }
    }

    /// Bytes are missing: `kind` says whether the capture lacks a packet, or a part of one.
    pub(super) fn gap(
        &mut self,
        side: Side,
        offset: u64,
        missing: u64,
        mark: Mark,
        kind: NoteKind,
    ) {
        self.heard.gap(side);
        match self.readers[side.index()].skip(missing) {
            Hole::InBody => self.hole_in_body(side, missing, mark, kind),
            Hole::EndsBody(beyond) => {
                self.note_missing(side, missing, mark, kind);
                self.message_end(side, false);
                self.lose(side, offset, beyond);
            }
            Hole::InHead(carry, origin) => {
                let text =
                    format!("{missing} bytes are missing, and with them the end of the head");
                let cut = Note::at(kind, mark.packet, text);
                if self.cut_head(side, &carry, origin, cut) {
                    self.lose(side, offset, 0);
                } else {
                    // Nothing of it can be read, but that it began.
                    self.lose(side, origin.offset, PART_OF_MESSAGE);
                }
            }
            Hole::Outside(beyond) => self.lose(side, offset, beyond),
        }
    }

    fn hole_in_body(&mut self, side: Side, missing: u64, mark: Mark, kind: NoteKind) {
        let of_request = self.is_client(side);
        self.note_missing(side, missing, mark, kind);
        if let Some(open) = self.current(side) {
            open.add_hole(of_request);
        }
        if self.readers[side.index()].end_if_complete() {
            self.message_end(side, true);
        }
    }

    /// Messages may have been lost from `offset` on, surely so if `beyond` bytes of them are known
    /// to be.
    fn lose(&mut self, side: Side, offset: u64, beyond: u64) {
        let surely = beyond >= PART_OF_MESSAGE;
        if self.client.is_none() {
            // It may be the server's side, and then the acknowledgment numbers must tell.
            self.loss = self.loss.max(Loss::Perhaps);
            let before = &mut self.before.get_or_insert_default()[side.index()];
            before.lost = Some([before.lost.map_or(offset, |[first, _]| first), offset]);
            before.is_message |= surely;
            return;
        }
        if !self.is_client(side) {
            // With a request that acknowledged all before the hole, a response begins in it.
            let surely = surely || self.open.iter().any(|open| open.awaits(offset));
            self.loss = self.loss.max(if surely { Loss::Surely } else { Loss::Perhaps });
            return;
        }
        self.requests_lost = Some([self.requests_lost.map_or(offset, |[first, _]| first), offset]);
        if surely {
            self.open_lost(side, offset);
        }
    }

    /// A request of `client` was lost that began at `offset`, or more than one.
    fn open_lost(&mut self, client: Side, offset: u64) {
        if !self.open.back().is_some_and(Open::is_nothing) {
            let mut lost = Open::new(&self.peers, client);
            lost.request_start = offset;
            lost.request_done = true;
            few::push_back(&mut self.open, lost);
        }
    }

    /// It is known now who the client is, and what was missing before may have been requests.
    pub(super) fn take_losses(&mut self, client: Side) {
        let Some(before) = &self.before else { return };
        let Before { lost, is_message, .. } = before[client.index()];
        self.requests_lost = lost;
        if self.heard.is_whole(client.other()) {
            // All that was missing were requests.
            self.loss = Loss::None;
        }
        if let Some([first, _]) = lost.filter(|_| is_message) {
            self.open_lost(client, first);
        }
    }

    /// A head that is not whole: its whole lines are read all the same. False if there is none.
    pub(super) fn cut_head(&mut self, side: Side, carry: &[u8], origin: Origin, cut: Note) -> bool {
        let Some(end) = memchr::memrchr(b'\n', carry) else { return false };
        let is_response = probe(carry) == Looks::Response;
        let looks = if is_response { Looks::Response } else { Looks::Request };
        let head = [&carry[..=end], b"\r\n"].concat();
        self.head(side, looks, Head::Raw(head.into()), origin, origin.mark, Some(cut));
        self.message_end(side, false);
        self.readers[side.index()].go_seeking();
        true
    }

    pub(super) fn end(&mut self, side: Side, how: End, mark: Mark) {
        self.simple_request_before(side.other());
        let ended = self.readers[side.index()].end(how);
        if let Some((carry, origin)) = ended.head {
            let text = "the connection ends inside the head";
            let cut = Note::at(NoteKind::Incomplete, mark.packet, text);
            self.cut_head(side, &carry, origin, cut);
        }
        if let Some(origin) = ended.junk {
            self.junk(side, origin);
        }
        if self.current(side).is_some() {
            if !ended.complete {
                let text = format!("the {} ends before its body does", self.what(side));
                self.note(side, NoteKind::Incomplete, mark, text);
            }
            self.message_end(side, ended.complete);
        }
        if !self.is_client(side) {
            self.settle_at_end(how);
            self.tell_lost_responses(mark);
            // No response will come any more; a request may still go on.
            self.open.iter_mut().for_each(|open| open.answer = Answer::Done);
            self.close_done();
        }
    }

    /// Says of the requests that wait that a response was lost, if one was. It is that of the first; nobody
    /// knows how many more there were.
    fn tell_lost_responses(&mut self, mark: Mark) {
        if self.loss != Loss::Surely {
            return;
        }
        let waits = |open: &&mut Open| open.is_waiting() && open.exchange.request.is_some();
        let mut text = "the response was not captured";
        for open in self.open.iter_mut().filter(waits) {
            open.note(NoteKind::Gap, mark.packet, text);
            text = "the response was not captured, if there was one";
        }
    }

    /// So many bytes of a segment of `len` are passed over that are no message; none if those are meant
    /// that were held back from an earlier one. In those of a server there may have been a response,
    /// whose head cannot be read.
    pub(super) fn passed_over(&mut self, side: Side, at: Origin, passed: usize, len: usize) {
        self.forget_odd(side);
        if (1..len).contains(&passed) {
            self.odd = Some((side, at.mark.packet, Odd::Inside));
        }
        if passed > 0
            && !self.is_client(side)
            && let Some(open) = self.open.iter_mut().find(|open| open.awaits(at.offset))
        {
            let text = "the server answered with bytes that are no message";
            open.note(NoteKind::Junk, at.mark.packet, text);
        }
        self.heard.hole_at(side, at.offset + passed as u64);
        self.lose_unread(side, at.offset);
        // A single byte only asks whether the other side is still there (RFC 9293 section 3.8.4).
        let is_probe = passed == len && len == 1;
        if self.client.is_none() && !self.heard.is_from_start && !is_probe {
            let before = &mut self.before.get_or_insert_default()[side.index()];
            before.passed = at.mark.acked;
        }
    }

    /// What was passed over before the first request of `client` was the end of another, if the client
    /// had read nothing in between. Its response comes before that of the request at `origin`, if that
    /// is one: says whether this is so.
    pub(super) fn await_passed(&mut self, client: Side, origin: Origin) -> bool {
        let before = self.before.as_mut().map(|before| &mut before[client.index()]);
        let passed = before.and_then(|before| before.passed.take());
        let is_passed = passed.is_some() && passed == origin.mark.acked;
        if is_passed {
            let mut lost = Open::new(&self.peers, client);
            lost.request_start = origin.offset.saturating_sub(1);
            lost.request_acked = passed;
            lost.request_done = true;
            few::push_back(&mut self.open, lost);
        }
        is_passed
    }

    /// Bytes of one side, from `offset` on, were no message; messages may be lost among them.
    pub(super) fn lose_track(&mut self, side: Side, offset: u64) {
        // What a response without a request answers may have been in it.
        self.heard.hole(side);
        self.lose_unread(side, offset);
    }

    fn lose_unread(&mut self, side: Side, offset: u64) {
        if self.is_client(side) && self.heard.is_whole_but_unread(side) {
            // A server answers what it cannot read, too.
            self.lose(side, offset, 0);
        } else if self.client != Some(side) {
            self.loss = self.loss.max(Loss::Perhaps);
        }
    }

    fn note_missing(&mut self, side: Side, missing: u64, mark: Mark, kind: NoteKind) {
        let text = format!("{missing} bytes of the {} were not captured", self.what(side));
        self.note(side, kind, mark, text);
    }
}
