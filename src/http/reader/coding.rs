//! A reader in a chunked body.

use super::{Carry, Reader, State};
use crate::http::chunked::{Chunked, Line, Piece};
use crate::http::probe::{begins_first_line, is_first_line};
use crate::http::step::{Origin, Step};
use crate::limits::HttpLimits;

impl Reader {
    #[inline]
    pub(super) fn read_chunked<'a>(
        &mut self,
        bytes: &'a [u8],
        limits: &HttpLimits,
    ) -> (usize, Step<'a>) {
        let State::Chunked(chunked) = &mut self.state else { return (0, Step::Nothing) };
        match chunked.read(bytes, limits.chunk_line) {
            (used, Piece::Data(data)) => (used, Step::Body(data)),
            (used, Piece::Coding) => {
                // What follows of the body in the same bytes says as much.
                let goes_on = used < bytes.len() && !matches!(chunked, Chunked::Trailer(_));
                (used, if goes_on { Step::Nothing } else { Step::Body(&[]) })
            }
            (used, Piece::Odd(what)) => (used, Step::Odd(what)),
            (used, Piece::End) => {
                self.state = State::Between { lost: false };
                (used, Step::Body(&[]))
            }
            (_, Piece::Unended) => {
                self.state = State::Between { lost: false };
                (0, Step::Unended)
            }
            (_, Piece::Broken) => {
                self.state = State::Between { lost: true };
                (0, Step::Broken("the chunked coding is broken"))
            }
        }
    }

    /// A line where trailers may come that begins like the first one of the next message. It is held
    /// back until it is known which it is: a segment may end inside.
    #[cold]
    pub(super) fn read_doubtful_trailer<'a>(
        &mut self,
        bytes: &'a [u8],
        at: Origin,
        limits: &HttpLimits,
    ) -> (usize, Step<'a>) {
        let new = || Box::new(Carry::new(Vec::new(), at));
        let carry = &mut self.carry.get_or_insert_with(new).bytes;
        let before = carry.len();
        carry.extend_from_slice(bytes);
        if is_first_line(carry) {
            carry.truncate(before);
            self.carry.take_if(|_| before == 0);
            self.state = State::Between { lost: false };
            return (0, Step::Unended);
        }
        let used = if begins_first_line(carry) { bytes.len() } else { 0 };
        if used == 0 || carry.len() > limits.chunk_line {
            let line = Line::of(&carry[..before + used]);
            self.carry = None;
            self.state = State::Chunked(Chunked::Trailer(line));
        }
        (used, if used == 0 { Step::Nothing } else { Step::Body(&[]) })
    }
}
