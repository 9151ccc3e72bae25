//! A reader between messages, and where it lost its way.

use super::{Carry, Reader, State};
use crate::http::probe::{Looks, probe, probe_next, proxy_header};
use crate::http::seek::{Sought, begins_anew, begun_at_end, is_cut, method_behind, next_start};
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
        let judge = self.prober(lost);
        let Some(carry) = self.carry.as_deref_mut().map(|carry| &mut carry.bytes) else {
            return self.seek_anew(bytes, at, lost, limits);
        };
        let may_be_none = lost || probe(carry) == Looks::Neither;
        if may_be_none && begins_anew(carry, bytes) {
            return self.reject(0, lost, at);
        }
        let before = carry.len();
        carry.extend_from_slice(bytes);
        match judge(carry) {
            Looks::Maybe => (bytes.len(), Step::Nothing),
            // Only what came before is known to be no message.
            Looks::Neither => self.reject(0, lost, at),
            Looks::Request if lost && is_cut(carry) => self.reject(0, lost, at),
            looks => {
                carry.truncate(before);
                self.read_head(looks, bytes, at, limits)
            }
        }
    }

    /// What judges the first bytes of a message. Where nothing is missing before, a client may have sent any
    /// method.
    fn prober(&self, lost: bool) -> fn(&[u8]) -> Looks {
        if lost || self.sought == Sought::Responses { probe } else { probe_next }
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
            return (blank, Step::Nothing);
        }
        let next = || next_start(bytes, self.sought);
        match self.prober(lost)(bytes) {
            // What surely begins in these bytes is more than what may go on behind them.
            Looks::Maybe => match if lost { next() } else { None } {
                Some(next) => self.reject(next, lost, at),
                None => self.keep(bytes, at),
            },
            Looks::Request if lost => match self.doubted_start(bytes) {
                0 => self.read_head(Looks::Request, bytes, at, limits),
                start => self.reject(start, lost, at),
            },
            Looks::Neither => {
                let next = next().or_else(|| begun_at_end(bytes, self.sought));
                self.reject(next.unwrap_or(bytes.len()), lost, at)
            }
            looks => self.read_head(looks, bytes, at, limits),
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

    pub(super) fn keep<'a>(&mut self, bytes: &[u8], at: Origin) -> (usize, Step<'a>) {
        self.carry = Some(Box::new(Carry { bytes: bytes.to_vec(), origin: at }));
        (bytes.len(), Step::Nothing)
    }

    /// So many bytes from `at` on, and what was carried over, begin no message and are passed over.
    pub(super) fn reject<'a>(&mut self, len: usize, lost: bool, at: Origin) -> (usize, Step<'a>) {
        let origin = self.carry.take().map_or(at, |carry| carry.origin);
        self.state = State::Between { lost: true };
        (len, if lost { Step::PassedOver } else { Step::Junk(origin) })
    }
}
