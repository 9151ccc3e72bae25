//! One direction of a connection: where messages begin and end in it.
//!
//! A [`Reader`] cuts the stream into heads and bodies. It does not know what a head means, so its
//! owner tells it how the body is framed. Where it lost its way (after a hole, or when the capture
//! began midway) it seeks the next message, at the start of a segment or inside; see `seek`.

mod coding;
mod seeking;

use super::chunked::Chunked;
use super::framing::Framing;
use super::head::{Head, head_end};
use super::probe::{Looks, begins_first_line, probe};
use super::scan::Scanned;
use super::seek::{Sought, begins_anew};
use super::step::{Ended, Hole, Origin, Step};
use crate::limits::HttpLimits;
use crate::tcp::End;
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

/// Cuts one direction of a connection into messages.
#[derive(Debug)]
pub(super) struct Reader {
    state: State,
    /// A head that is not whole yet, or bytes too few to tell what they are.
    carry: Vec<u8>,
    origin: Option<Origin>,
    sought: Sought,
    /// What follows the message that is being read is no HTTP.
    is_last: bool,
}

impl Default for Reader {
    fn default() -> Self {
        let state = State::Between { lost: true };
        Self { state, carry: Vec::new(), origin: None, sought: Sought::Any, is_last: false }
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
                self.seek(bytes, at, lost, limits)
            }
            State::Head(looks) => {
                let looks = *looks;
                self.read_head(looks, bytes, limits)
            }
            State::Length(left) => {
                let take = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
                *left -= take as u64;
                (take, Step::Body(&bytes[..take]))
            }
            State::Chunked(Chunked::Trailer(0))
                if !self.carry.is_empty() || begins_first_line(bytes) =>
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
        self.state = match framing {
            Framing::Empty => State::Between { lost: false },
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Chunked(Chunked::new()),
            Framing::UntilClose => State::UntilClose,
        };
        self.ends_here()
    }

    /// Whether a body of known length has come to its end. Asked after each piece of it.
    pub fn ends_here(&mut self) -> bool {
        if self.state == State::Length(0) {
            self.state = State::Between { lost: false };
        }
        matches!(self.state, State::Between { .. })
    }

    /// The stream is there from its first byte: if it is HTTP it begins with a message, and as long as
    /// nothing is missing none begins inside a segment.
    pub fn begin(&mut self) {
        self.sought = Sought::Nothing;
    }

    /// The connection speaks HTTP, and this side sends such messages: from here on they are sought
    /// inside segments too.
    pub fn be_thorough(&mut self, sought: Sought) {
        self.sought = sought;
    }

    /// Whether a body is being read that ends with the connection.
    pub fn is_until_close(&self) -> bool {
        self.state == State::UntilClose
    }

    /// The body that was being read is over: a message follows.
    pub fn end_body(&mut self) {
        self.state = State::Between { lost: false };
    }

    /// Whatever it is in, if not in a head, was no message: the next one is sought.
    pub fn leave_body(&mut self) {
        if !matches!(self.state, State::Head(_) | State::Between { .. }) {
            self.carry.clear();
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
        if self.carry.is_empty() || self.state != State::Head(Looks::Request) {
            return None;
        }
        let path = self.carry.strip_suffix(b"\n")?.strip_prefix(b"GET ")?.trim_ascii();
        if path.is_empty() || !path.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let origin = self.origin.take()?;
        self.state = State::Between { lost: false };
        Some((std::mem::take(&mut self.carry), origin))
    }

    /// The request head that it is in, as far as it has come, and where it began. It has at least
    /// its first line.
    pub fn unfinished_request(&self) -> Option<(&[u8], Origin)> {
        let is_begun = self.state == State::Head(Looks::Request) && self.carry.contains(&b'\n');
        Some((&self.carry, self.origin.filter(|_| is_begun)?))
    }

    /// Bytes that were not captured.
    pub fn skip(&mut self, missing: u64) -> Hole {
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
        let carry = std::mem::take(&mut self.carry);
        match (before, self.origin.take()) {
            (State::Length(_) | State::Chunked(_), _) => Hole::EndsBody(beyond),
            (State::Head(_), Some(origin)) => Hole::InHead(carry, origin),
            _ => Hole::Outside(beyond),
        }
    }

    /// The direction has ended, and with it what was being read.
    pub fn end(&mut self, how: End) -> Ended {
        let before = std::mem::replace(&mut self.state, State::Between { lost: true });
        let carry = std::mem::take(&mut self.carry);
        let head = self.origin.take().filter(|_| matches!(before, State::Head(_)));
        Ended {
            complete: before == State::UntilClose && how == End::Closed,
            head: head.map(|origin| (carry, origin)),
        }
    }

    /// Bytes that are kept of a head that is not whole.
    pub fn carried(&self) -> usize {
        self.carry.capacity()
    }

    /// Forgets a head that is not whole, and looks for the next one.
    pub fn drop_carry(&mut self) {
        if !std::mem::take(&mut self.carry).is_empty() {
            self.origin = None;
            self.go_seeking();
        }
    }

    /// The packet with the first byte of a head that is not whole yet.
    #[inline]
    pub fn unfinished_head(&self) -> Option<u64> {
        self.origin.filter(|_| !self.carry.is_empty()).map(|origin| origin.mark.packet)
    }

    fn read_head<'a>(
        &mut self,
        looks: Looks,
        bytes: &'a [u8],
        limits: &HttpLimits,
    ) -> (usize, Step<'a>) {
        self.state = State::Head(looks);
        if self.carry.is_empty() {
            if let Some(scanned) = Scanned::of(bytes) {
                return self.finish_head(looks, scanned.len(), Head::Scanned(scanned));
            }
            let Some(end) = head_end(bytes, 0) else { return self.keep(bytes) };
            return self.finish_head(looks, end, Head::Raw(Cow::Borrowed(&bytes[..end])));
        }
        // What only began like a first line was none.
        if begins_anew(&self.carry, bytes) {
            return self.reject(0, false);
        }
        let before = self.carry.len();
        self.carry.extend_from_slice(bytes);
        if looks == Looks::Request && self.is_other_line(before) {
            return self.reject(0, false);
        }
        match head_end(&self.carry, before) {
            Some(end) => {
                self.carry.truncate(end);
                let head = Head::Raw(Cow::Owned(std::mem::take(&mut self.carry)));
                self.finish_head(looks, end - before, head)
            }
            None if self.carry.len() <= limits.head_bytes => (bytes.len(), Step::Nothing),
            None => {
                self.state = State::Between { lost: true };
                let head = std::mem::take(&mut self.carry);
                let step =
                    self.origin.take().map_or(Step::Junk(None), |at| Step::LongHead(head, at));
                (bytes.len(), step)
            }
        }
    }

    /// Whether the first line is of another protocol after all, where it has come to its end within
    /// the bytes behind `before`: many have methods of the same names.
    fn is_other_line(&self, before: usize) -> bool {
        let has_end = |bytes| memchr::memchr(b'\n', bytes).is_some();
        let (old, new) = self.carry.split_at(before);
        has_end(new) && !has_end(old) && probe(&self.carry) != Looks::Request
    }

    fn finish_head<'a>(&mut self, looks: Looks, used: usize, head: Head<'a>) -> (usize, Step<'a>) {
        self.state = State::Between { lost: false };
        match self.origin.take() {
            Some(origin) => (used, Step::Head(looks, head, origin)),
            None => (used, Step::Junk(None)),
        }
    }
}
