//! One direction of a connection: where messages begin and end in it.
//!
//! A [`Reader`] cuts the stream into heads and bodies. It does not know what a head means, so its
//! owner tells it how the body is framed. Where it lost its way (after a hole, or when the capture
//! began midway) it seeks the next message, at the start of a segment or inside; see `seek`.

mod coding;
mod seeking;

use super::chunked::{Chunked, Line};
use super::framing::Framing;
use super::head::{Head, head_end};
use super::probe::{Looks, begins_first_line, probe};
use super::scan::Scanned;
use super::seek::{Sought, begins_anew};
use super::step::{Ended, Hole, Origin, Step};
use crate::limits::HttpLimits;
use crate::tcp::{End, Mark};
use std::borrow::Cow;

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// Between messages. `lost` means that what comes next may be the middle of something.
    Between { lost: bool },
    /// In a head.
    Head(Looks),
    /// In a body with so many bytes to go.
    Length(u64),
    /// In a chunked body.
    Chunked(Chunked),
    /// In a body that ends with the connection.
    UntilClose,
    /// What follows is no HTTP.
    Blind,
}

/// A head that is not whole yet, or bytes too few to tell what they are: at least one.
#[derive(Debug)]
struct Carry {
    bytes: Vec<u8>,
    origin: Origin,
    /// Where segments began among them, behind the first one.
    seams: Vec<(usize, Mark)>,
}

/// So many of those are remembered: a method has no more letters.
const SEAMS: usize = 32;

impl Carry {
    fn new(bytes: Vec<u8>, origin: Origin) -> Self {
        Self { bytes, origin, seams: Vec::new() }
    }

    /// Adds bytes of the next segment.
    fn add(&mut self, bytes: &[u8], mark: Mark) {
        if self.seams.len() < SEAMS {
            self.seams.push((self.bytes.len(), mark));
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Keeps the bytes from `start` up to `end`.
    fn keep(&mut self, start: usize, end: usize) {
        self.bytes.truncate(end);
        self.bytes.drain(..start);
        let before = self.seams.iter().take_while(|(at, _)| *at <= start).count();
        if let Some((_, mark)) = self.seams.drain(..before).next_back() {
            self.origin.mark = mark;
        }
        self.origin.offset += start as u64;
        self.seams.retain_mut(|(at, _)| {
            *at = at.saturating_sub(start);
            *at < end - start
        });
    }
}

/// Cuts one direction of a connection into messages.
#[derive(Debug)]
pub(super) struct Reader {
    state: State,
    carry: Option<Box<Carry>>,
    sought: Sought,
    /// This side sends messages of no other kind than those that are sought.
    is_firm: bool,
    /// What follows the message that is being read is no HTTP.
    is_last: bool,
    before: Before,
}

/// What lies before the message that is being read, or awaited.
#[derive(Debug, Clone, Copy)]
struct Before {
    /// Something may be missing.
    doubt: bool,
    /// White space that does not belong there.
    blanks: bool,
    /// Nothing is missing since the last message, but what came then was none.
    junk: bool,
}

impl Default for Reader {
    fn default() -> Self {
        let state = State::Between { lost: true };
        Self {
            state,
            carry: None,
            sought: Sought::Any,
            is_firm: false,
            is_last: false,
            before: Before { doubt: true, blanks: false, junk: false },
        }
    }
}

impl Reader {
    /// Reads the beginning of `bytes`, of which there is at least one: how many it took, and what
    /// they are. `at` is where they lie.
    pub fn read<'a>(
        &mut self,
        bytes: &'a [u8],
        at: Origin,
        limits: &HttpLimits,
    ) -> (usize, Step<'a>) {
        match &mut self.state {
            State::Between { lost } => {
                let lost = *lost;
                self.before.doubt = lost;
                self.seek(bytes, at, lost, limits)
            }
            State::Head(looks) => {
                let looks = *looks;
                self.read_head(looks, bytes, at, limits)
            }
            State::Length(left) => {
                let take = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
                *left -= take as u64;
                (take, Step::Body(&bytes[..take]))
            }
            State::Chunked(Chunked::Trailer(Line { len: 0, .. }))
                if self.carry.is_some() || begins_first_line(bytes) =>
            {
                self.read_doubtful_trailer(bytes, at, limits)
            }
            State::Chunked(_) => self.read_chunked(bytes, limits),
            State::UntilClose => (bytes.len(), Step::Body(bytes)),
            State::Blind => (bytes.len(), Step::Nothing),
        }
    }

    /// Takes so many bytes if they are body and no more than that: neither its end nor part of its
    /// framing. False if they may be more.
    #[inline]
    pub fn pass(&mut self, len: usize) -> bool {
        let (State::Length(left) | State::Chunked(Chunked::Data(left))) = &mut self.state else {
            return false;
        };
        let goes_on = *left > len as u64;
        if goes_on {
            *left -= len as u64;
        }
        goes_on
    }

    /// Says how the body of the head just read is framed. `true` if it is over already.
    pub fn begin_body(&mut self, framing: Framing) -> bool {
        self.before.junk = false;
        self.state = match framing {
            Framing::Empty => State::Between { lost: false },
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Chunked(Chunked::new()),
            Framing::UntilClose => State::UntilClose,
        };
        self.end_if_complete()
    }

    /// Ends a body of known length of which nothing more is to come. Asked after each piece of it; says
    /// whether a message is awaited then.
    pub fn end_if_complete(&mut self) -> bool {
        if matches!(self.state, State::Length(0)) {
            self.state = State::Between { lost: false };
        }
        matches!(self.state, State::Between { .. })
    }

    /// The stream is there from its first byte: if it is HTTP it begins with a message, and as long as
    /// nothing is missing none begins inside a segment. What is missing from there on was a message, if that
    /// is where it begins `surely`.
    pub fn begin(&mut self, surely: bool) {
        self.sought = Sought::Nothing;
        self.state = State::Between { lost: !surely };
    }

    /// The connection speaks HTTP, and this side sends such messages, and surely no others if `is_firm`: from
    /// here on they are sought inside segments too.
    pub fn be_thorough(&mut self, sought: Sought, is_firm: bool) {
        (self.sought, self.is_firm) = (sought, is_firm);
    }

    /// Whether white space that does not belong there came before the head that has just been read.
    pub fn take_blanks(&mut self) -> bool {
        std::mem::take(&mut self.before.blanks)
    }

    /// Whether a body is being read that ends with the connection.
    pub fn is_until_close(&self) -> bool {
        matches!(self.state, State::UntilClose)
    }

    /// The body that was being read is over: a message follows.
    pub fn end_body(&mut self) {
        self.state = State::Between { lost: false };
    }

    /// Whatever it is in, if not in a head, was no message: the next one is sought.
    pub fn leave_body(&mut self) {
        if !matches!(self.state, State::Head(_) | State::Between { .. }) {
            self.carry = None;
            self.go_seeking();
        }
    }

    /// From here on the stream is not HTTP any more.
    pub fn go_blind(&mut self) {
        self.state = State::Blind;
    }

    /// The same behind the message that is being read.
    pub fn go_blind_next(&mut self) {
        self.is_last = true;
    }

    /// The message that was being read is over, however it ended.
    pub fn end_message(&mut self) {
        if self.is_last {
            self.go_blind();
        }
    }

    /// From here on anything may come, another protocol or HTTP once more (a CONNECT tunnel).
    pub fn go_seeking(&mut self) {
        self.state = State::Between { lost: true };
    }

    /// The request of HTTP/0.9 that it holds: a line with GET and a path, and nothing after it. The
    /// line may still be the first of a longer head; that is for the caller to know.
    pub fn take_simple_request(&mut self) -> Option<(Vec<u8>, Origin)> {
        let carry =
            self.carry.as_deref().filter(|_| matches!(self.state, State::Head(Looks::Request)))?;
        let path = carry.bytes.strip_suffix(b"\n")?.strip_prefix(b"GET ")?.trim_ascii();
        if path.is_empty() || !path.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        self.state = State::Between { lost: false };
        self.take_carry()
    }

    /// The request head that it is in, as far as it has come, and where it began. It has at least
    /// its first line.
    pub fn unfinished_request(&self) -> Option<(&[u8], Origin)> {
        let carry =
            self.carry.as_deref().filter(|_| matches!(self.state, State::Head(Looks::Request)))?;
        carry.bytes.contains(&b'\n').then_some((&carry.bytes, carry.origin))
    }

    /// Bytes that were not captured.
    pub fn skip(&mut self, missing: u64) -> Hole {
        self.before.junk = false;
        if self.sought == Sought::Nothing {
            self.sought = Sought::Any;
        }
        if let State::Chunked(chunked) = &mut self.state
            && chunked.skip(missing)
        {
            return Hole::InBody;
        }
        let mut beyond = 0;
        match &mut self.state {
            State::Length(left) if *left >= missing => {
                *left -= missing;
                return Hole::InBody;
            }
            State::Length(left) => beyond = missing - *left,
            State::UntilClose => return Hole::InBody,
            State::Blind => return Hole::Outside(0),
            State::Between { lost: false } => beyond = missing,
            _ => {}
        }
        let before = std::mem::replace(&mut self.state, State::Between { lost: true });
        match (before, self.take_carry()) {
            (State::Length(_) | State::Chunked(_), _) => Hole::EndsBody(beyond),
            (State::Head(_), Some((carry, origin))) => Hole::InHead(carry, origin),
            _ => Hole::Outside(beyond),
        }
    }

    /// The direction has ended, and with it what was being read.
    pub fn end(&mut self, how: End) -> Ended {
        let before = std::mem::replace(&mut self.state, State::Between { lost: true });
        let complete = matches!(before, State::UntilClose) && how == End::Closed;
        match (before, self.take_carry()) {
            (State::Head(_), head) => Ended { complete, head, junk: None },
            (State::Between { lost: false }, Some((_, origin))) => {
                Ended { complete, head: None, junk: Some(origin) }
            }
            _ => Ended { complete, head: None, junk: None },
        }
    }

    /// Bytes that are kept of a head that is not whole.
    pub fn carried(&self) -> usize {
        self.carry.as_ref().map_or(0, |carry| carry.bytes.capacity())
    }

    /// Forgets a head that is not whole, and looks for the next one.
    pub fn drop_carry(&mut self) {
        if self.carry.take().is_some() {
            self.go_seeking();
        }
    }

    /// The packet with the first byte of a head that is not whole yet.
    #[inline]
    pub fn unfinished_head(&self) -> Option<u64> {
        self.carry.as_ref().map(|carry| carry.origin.mark.packet)
    }

    fn take_carry(&mut self) -> Option<(Vec<u8>, Origin)> {
        self.carry.take().map(|carry| (carry.bytes, carry.origin))
    }

    /// Reads on in a head, or one that begins at `at`.
    fn read_head<'a>(
        &mut self,
        looks: Looks,
        bytes: &'a [u8],
        at: Origin,
        limits: &HttpLimits,
    ) -> (usize, Step<'a>) {
        self.state = State::Head(looks);
        let Some(carry) = self.carry.as_deref_mut() else {
            if let Some(scanned) = Scanned::of(bytes) {
                return self.finish_head(looks, scanned.len(), Head::Scanned(scanned), at);
            }
            let Some(end) = head_end(bytes, 0) else { return self.keep(bytes, at) };
            return self.finish_head(looks, end, Head::Raw(Cow::Borrowed(&bytes[..end])), at);
        };
        // What only began like a first line was none.
        if self.before.doubt && begins_anew(&carry.bytes, bytes) {
            return self.reject(b"", self.before.doubt, at);
        }
        let before = carry.bytes.len();
        carry.bytes.extend_from_slice(bytes);
        if looks == Looks::Request && is_other_line(&carry.bytes, before) {
            return self.reject(b"", self.before.doubt, at);
        }
        let end = head_end(&carry.bytes, before);
        if end.is_none() && carry.bytes.len() <= limits.head_bytes {
            return (bytes.len(), Step::Nothing);
        }
        match (end, self.take_carry()) {
            (Some(end), Some((mut head, origin))) => {
                head.truncate(end);
                self.finish_head(looks, end - before, Head::Raw(Cow::Owned(head)), origin)
            }
            (_, carry) => {
                self.state = State::Between { lost: true };
                let step = carry.map_or(Step::Junk(at), |(head, at)| Step::LongHead(head, at));
                (bytes.len(), step)
            }
        }
    }

    fn finish_head<'a>(
        &mut self,
        looks: Looks,
        used: usize,
        head: Head<'a>,
        origin: Origin,
    ) -> (usize, Step<'a>) {
        self.state = State::Between { lost: false };
        (used, Step::Head(looks, head, origin))
    }
}

/// Whether the first line is of another protocol after all, where it has come to its end within the
/// bytes behind `before`: many have methods of the same names.
fn is_other_line(bytes: &[u8], before: usize) -> bool {
    let has_end = |bytes| memchr::memchr(b'\n', bytes).is_some();
    let (old, new) = bytes.split_at(before);
    has_end(new) && !has_end(old) && probe(bytes) != Looks::Request
}
