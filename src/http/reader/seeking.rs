//! A reader between messages, and where it lost its way.

use super::{Carry, Reader, State};
use crate::http::probe::{Looks, may_be_response, probe, probe_answer, probe_next, proxy_header};
use crate::http::seek::{
    Sought, begins_anew, begins_method, begun_at_end, first_word, is_cut, is_method, method_behind,
    next_start,
};
use crate::http::step::{Origin, Step};
use crate::limits::HttpLimits;

impl Reader {
    pub(super) fn seek<'a>(
        &mut self,
        bytes: &'a [u8],
        at: Origin,
        lost: bool,
        limits: &HttpLimits,
    ) -> (usize, Step<'a>) {
        let (judge, known) = (self.prober(lost), self.known());
        let Some(carry) = self.carry.as_deref_mut() else {
            return self.seek_anew(bytes, at, lost, limits);
        };
        // Where something may be missing the beginning of a segment says more than what came before.
        if lost && begins_anew(&carry.bytes, bytes) {
            return self.reject(b"", lost, at);
        }
        let before = carry.bytes.len();
        carry.add(bytes, at.mark);
        let (carried, sought) = (&*carry.bytes, self.sought);
        let looks = known.settled(judge(carried), carried);
        if let Some(start) = method_behind(carried).filter(|_| sought != Sought::Responses) {
            return self.part(start, before, bytes, (lost, at));
        }
        match looks {
            Looks::Maybe => (bytes.len(), Step::Nothing),
            Looks::Neither => {
                let start = next_start(carried, sought).or_else(|| begun_at_end(carried, sought));
                match start {
                    Some(start) => self.part(start, before, bytes, (lost, at)),
                    // Only what came before is known to be no message.
                    None => self.reject(b"", lost, at),
                }
            }
            Looks::Request if lost && is_cut(carried) => self.reject(b"", lost, at),
            looks => {
                carry.bytes.truncate(before);
                carry.seams.pop_if(|(start, _)| *start == before);
                self.read_head(looks, bytes, at, limits)
            }
        }
    }

    /// What was carried over, `before` bytes and then these, begins with something that is no message; one
    /// may begin at `start`.
    fn part<'a>(
        &mut self,
        start: usize,
        before: usize,
        bytes: &[u8],
        (lost, at): (bool, Origin),
    ) -> (usize, Step<'a>) {
        let Some(carry) = self.carry.as_deref_mut().filter(|_| start < before) else {
            return self.reject(&bytes[..start - before], lost, at);
        };
        let origin = carry.origin;
        carry.keep(start, before);
        self.before.junk |= !lost;
        self.state = State::Between { lost: true };
        (0, if lost { Step::PassedOver } else { Step::Junk(origin) })
    }

    /// What judges the first bytes of a message. Where nothing is missing before, a client may have sent any
    /// method, and a server nothing that only a request begins with.
    fn prober(&self, lost: bool) -> fn(&[u8]) -> Looks {
        match self.sought {
            _ if lost => probe,
            Sought::Responses => probe_answer,
            _ => probe_next,
        }
    }

    /// The same where no bytes before may belong to the beginning of a message.
    fn seek_anew<'a>(
        &mut self,
        bytes: &'a [u8],
        at: Origin,
        lost: bool,
        limits: &HttpLimits,
    ) -> (usize, Step<'a>) {
        if matches!(self.sought, Sought::Nothing | Sought::Any)
            && let Some(length) = proxy_header(bytes)
        {
            return (length, Step::Nothing);
        }
        // Servers may send line ends before a message (RFC 9112 section 2.2), and clients overlook
        // any white space there.
        let blank = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if blank > 0 {
            self.before.blanks |= bytes[..blank].iter().any(|byte| !matches!(byte, b'\r' | b'\n'));
            return (blank, Step::Nothing);
        }
        let next = || next_start(bytes, self.sought);
        match self.known().settled(self.prober(lost)(bytes), bytes) {
            // What surely begins in these bytes is more than what may go on behind them.
            Looks::Maybe => match if lost { next() } else { None } {
                Some(next) => self.reject(&bytes[..next], lost, at),
                None => self.keep(bytes, at),
            },
            Looks::Request if lost => match self.doubted_start(bytes) {
                0 => self.read_head(Looks::Request, bytes, at, limits),
                start => self.reject(&bytes[..start], lost, at),
            },
            Looks::Neither => {
                let next = next().or_else(|| begun_at_end(bytes, self.sought));
                self.reject(&bytes[..next.unwrap_or(bytes.len())], lost, at)
            }
            Looks::Request => match method_behind(bytes) {
                Some(start) => self.reject(&bytes[..start], lost, at),
                None => self.read_head(Looks::Request, bytes, at, limits),
            },
            looks @ Looks::Response => self.read_head(looks, bytes, at, limits),
        }
    }

    /// Where in what looks like a request the request begins, if something may be missing before: at
    /// the next one if its own beginning is, behind what is left of something else, or where it seemed to.
    fn doubted_start(&self, bytes: &[u8]) -> usize {
        if is_cut(bytes) {
            let next = next_start(bytes, self.sought);
            return next.or_else(|| begun_at_end(bytes, self.sought)).unwrap_or(bytes.len());
        }
        if self.sought == Sought::Nothing { 0 } else { method_behind(bytes).unwrap_or(0) }
    }

    fn known(&self) -> Known {
        Known { sought: self.sought, is_firm: self.is_firm, behind_junk: self.before.junk }
    }

    pub(super) fn keep<'a>(&mut self, bytes: &[u8], at: Origin) -> (usize, Step<'a>) {
        self.carry = Some(Box::new(Carry::new(bytes.to_vec(), at)));
        (bytes.len(), Step::Nothing)
    }

    /// What was carried over, and these bytes from `at` on, begin no message and are passed over.
    pub(super) fn reject<'a>(&mut self, bytes: &[u8], lost: bool, at: Origin) -> (usize, Step<'a>) {
        let origin = self.carry.take().map_or(at, |carry| carry.origin);
        self.before.junk |= !lost;
        self.before.blanks = false;
        self.state = State::Between { lost: true };
        (bytes.len(), if lost { Step::PassedOver } else { Step::Junk(origin) })
    }
}

/// What is known beside the bytes.
#[derive(Debug, Clone, Copy)]
struct Known {
    sought: Sought,
    is_firm: bool,
    behind_junk: bool,
}

impl Known {
    /// What bytes look like by that. A message of the other side's kind is none; and where the bytes before
    /// are no message, and nothing is missing, what may be a request is more of them, unless it begins
    /// with a method that is known.
    #[inline]
    fn settled(self, looks: Looks, bytes: &[u8]) -> Looks {
        let is_none = match (self.sought, looks) {
            (Sought::Responses, Looks::Request) | (Sought::Requests, Looks::Response) => {
                self.is_firm
            }
            (Sought::Responses, Looks::Maybe) if self.is_firm => !may_be_response(bytes),
            (_, Looks::Request | Looks::Maybe) if self.behind_junk => {
                !begins_known_method(bytes) && !may_be_response(bytes)
            }
            _ => false,
        };
        if is_none { Looks::Neither } else { looks }
    }
}

fn begins_known_method(bytes: &[u8]) -> bool {
    let word = first_word(bytes);
    if word.len() < bytes.len() { is_method(word) } else { begins_method(word) }
}
