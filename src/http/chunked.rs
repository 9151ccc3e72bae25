//! The chunked transfer coding (RFC 9112 section 7.1), undone in place: chunk data is handed on
//! where it lies, and only chunk-size lines that are split over pieces are ever copied.

use super::probe::is_first_line;

/// Where in the coding the stream is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chunked {
    /// In a chunk-size line; the part of it seen so far.
    SizeLine(Vec<u8>),
    /// In chunk data, with so many bytes to go.
    Data(u64),
    /// After chunk data, before its line end; whether a carriage return has come of it.
    DataEnd(bool),
    /// In the trailer section.
    Trailer(Line),
}

/// What has been seen of a line of the trailer section.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// Its length, without carriage returns.
    pub len: usize,
    /// Carriage returns, up to two.
    returns: u8,
    /// One of them was not the last byte.
    is_odd: bool,
    /// What is odd about it has been said.
    is_told: bool,
}

impl Line {
    /// One of which these bytes have come.
    pub fn of(bytes: &[u8]) -> Self {
        let mut line = Self::default();
        line.add(bytes);
        line
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\r' {
                self.returns = (self.returns + 1).min(2);
            } else {
                self.is_odd |= self.returns > 0;
                self.len += 1;
            }
        }
    }

    /// What is odd about it, once it has come to its end.
    fn oddity(self) -> Option<&'static str> {
        match self.returns {
            0 => Some(BARE_FEED),
            1 if !self.is_odd => None,
            _ => Some(RETURNS),
        }
    }
}

/// What the next bytes are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Body bytes.
    Data(&'a [u8]),
    /// Part of the coding itself.
    Coding,
    /// The same, written in this way, which others may read otherwise or refuse.
    Odd(&'static str),
    /// The coding ended, trailers included.
    End,
    /// The next message begins where the last line of the coding should.
    Unended,
    /// This is no chunked coding.
    Broken,
}

impl Chunked {
    /// The beginning of a chunked body.
    pub fn new() -> Self {
        Self::SizeLine(Vec::new())
    }

    /// Reads the next piece: how many bytes it took, and what they are.
    pub fn read<'a>(&mut self, bytes: &'a [u8], max_line: usize) -> (usize, Piece<'a>) {
        match self {
            Self::Data(left) => {
                let take = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
                *left -= take as u64;
                if *left == 0 {
                    *self = Self::DataEnd(false);
                }
                (take, Piece::Data(&bytes[..take]))
            }
            Self::DataEnd(has_return) => match (bytes[0], *has_return) {
                (b'\r', is_second) => {
                    *has_return = true;
                    (1, if is_second { Piece::Odd(RETURNS) } else { Piece::Coding })
                }
                (b'\n', has_return) => {
                    *self = Self::new();
                    (1, if has_return { Piece::Coding } else { Piece::Odd(BARE_FEED) })
                }
                _ => (0, Piece::Broken),
            },
            Self::SizeLine(_) => self.read_size_line(bytes, max_line),
            Self::Trailer(_) => self.read_trailer(bytes),
        }
    }

    /// Bytes that were not captured. Whether the coding can still be followed: only a hole inside
    /// one chunk's data leaves its frame intact.
    pub fn skip(&mut self, missing: u64) -> bool {
        match self {
            Self::Data(left) if *left >= missing => {
                *left -= missing;
                if *left == 0 {
                    *self = Self::DataEnd(false);
                }
                true
            }
            _ => false,
        }
    }

    fn read_size_line<'a>(&mut self, bytes: &'a [u8], max_line: usize) -> (usize, Piece<'a>) {
        let Self::SizeLine(line) = self else { return (0, Piece::Broken) };
        let end = memchr::memchr(b'\n', bytes);
        line.extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
        if line.len() > max_line || !line.first().is_none_or(u8::is_ascii_hexdigit) {
            return (0, Piece::Broken);
        }
        let Some(end) = end else { return (bytes.len(), Piece::Coding) };
        let odd = oddity(line);
        match size(line) {
            Some(0) => *self = Self::Trailer(Line::default()),
            Some(size) => *self = Self::Data(size),
            None => return (0, Piece::Broken),
        }
        (end + 1, odd.map_or(Piece::Coding, Piece::Odd))
    }

    /// Trailer fields are passed over: none of them may carry a cookie (RFC 9110 section 6.5.1).
    /// Some servers forget the line end behind them. The first line of the next message is no trailer
    /// field; it is known where a piece has it whole, and at its beginning. Of one that is split its owner
    /// takes care.
    fn read_trailer<'a>(&mut self, bytes: &'a [u8]) -> (usize, Piece<'a>) {
        let Self::Trailer(line) = self else { return (0, Piece::Broken) };
        if line.len == 0 && is_first_line(bytes) {
            return (0, Piece::Unended);
        }
        let end = memchr::memchr(b'\n', bytes);
        line.add(&bytes[..end.unwrap_or(bytes.len())]);
        let Some(end) = end else { return (bytes.len(), Piece::Coding) };
        if let Some(what) = line.oddity().filter(|_| !line.is_told) {
            line.is_told = true;
            return (end, Piece::Odd(what));
        }
        let blank = line.len == 0;
        *line = Line::default();
        (end + 1, if blank { Piece::End } else { Piece::Coding })
    }
}

const BARE_FEED: &str =
    "a line of the chunked coding ends without a carriage return (a shape of request smuggling)";
const RETURNS: &str = "a carriage return stands where none belongs in the chunked coding (a shape of request smuggling)";
const BLANK: &str = "white space stands behind a chunk size";

/// What is odd about a chunk-size line, without its line feed.
fn oddity(line: &[u8]) -> Option<&'static str> {
    let Some(line) = line.strip_suffix(b"\r") else { return Some(BARE_FEED) };
    if line.contains(&b'\r') {
        return Some(RETURNS);
    }
    line.last().is_some_and(u8::is_ascii_whitespace).then_some(BLANK)
}

/// The chunk size, before any extension. Sizes beyond 64 bits are refused.
fn size(line: &[u8]) -> Option<u64> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let rest = line[digits..].trim_ascii();
    if digits == 0 || !(rest.is_empty() || rest[0] == b';') {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(&line[..digits]).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the bytes in pieces of `step`; gives the body and what was left when it ended.
    fn decode(coded: &[u8], step: usize) -> Result<(Vec<u8>, usize), ()> {
        let (mut state, mut body) = (Chunked::new(), Vec::new());
        let mut at = 0;
        while at < coded.len() {
            let piece = &coded[at..coded.len().min(at + step)];
            let (used, what) = state.read(piece, 64);
            at += used;
            match what {
                Piece::Data(bytes) => body.extend_from_slice(bytes),
                Piece::Coding | Piece::Odd(_) => {}
                Piece::End => return Ok((body, coded.len() - at)),
                Piece::Unended | Piece::Broken => return Err(()),
            }
        }
        Err(())
    }

    #[test]
    fn the_first_line_of_the_next_message_is_no_trailer_field() {
        for (line, what) in [
            ("HTTP/1.1 200 OK\r\n", Piece::Unended),
            ("GET /a HTTP/1.1\r\nHost: a\r\n", Piece::Unended),
            ("GET /a HTTP/1.1", Piece::Coding),
            ("Server: HTTP/1.1\r\n", Piece::Coding),
            ("X-Line: GET / HTTP/1.1\r\n", Piece::Coding),
            ("Get-Line : / HTTP/1.1\r\n", Piece::Coding),
        ] {
            let used = if what == Piece::Unended { 0 } else { line.len() };
            assert_eq!(
                Chunked::Trailer(Line::default()).read(line.as_bytes(), 64),
                (used, what),
                "{line}"
            );
        }
        let within = Chunked::Trailer(Line::of(b"X-Lin")).read(b"GET /a HTTP/1.1\r\n", 64);
        assert_eq!(within, (17, Piece::Coding));
    }

    #[test]
    fn the_body_does_not_depend_on_how_the_stream_was_cut() {
        let coded = b"5\r\nhello\r\n6;ext=\"a\"\r\n world\r\n0\r\nTrailer: x\r\n\r\nNEXT";
        for step in 1..=coded.len() {
            assert_eq!(decode(coded, step), Ok((b"hello world".to_vec(), 4)), "step {step}");
        }
        assert_eq!(decode(b"3\nabc\n0\n\n", 2), Ok((b"abc".to_vec(), 0)));
    }

    #[test]
    fn what_is_no_chunk_size_is_refused() {
        for coded in ["hello\r\n", "\r\n", "-1\r\n", "10000000000000000\r\n", "5 5\r\n", "1\r\nab"]
        {
            assert_eq!(decode(coded.as_bytes(), 99), Err(()), "{coded:?}");
        }
        let endless = format!("1;{}", "x".repeat(100));
        assert_eq!(decode(endless.as_bytes(), 1), Err(()));
    }

    #[test]
    fn the_largest_chunk_size_does_not_overflow() {
        let mut state = Chunked::new();
        let (used, _) = state.read(b"ffffffffffffffff\r\n", 64);
        assert_eq!((used, &state), (18, &Chunked::Data(u64::MAX)));
        assert!(state.skip(1 << 40));
    }
}
