//! The head that nearly all heads are: lines of printable ASCII that end in CRLF, each with a name, a
//! colon and a value. It is read in one walk, many bytes at a time, from its first byte to its end.
//!
//! It reads nothing that the ordinary way (`head_end`, then `httparse`) does not read alike, and
//! leaves to that whatever is odd. A test holds one against the other.

use super::exchange::Version;
use super::head::{RequestLine, StatusLine, word};
use super::headers::{Field, Headers, Look};
use arrayvec::ArrayVec;
use wide::i8x16;

/// Heads with more fields go the ordinary way.
const MOST_FIELDS: usize = 48;

/// A head that goes on behind that many bytes does so, too.
const WITHIN: usize = 64 << 10;

/// Bytes that are looked at together: one bit of a word for each.
const BLOCK: usize = 64;

/// Bytes of a vector.
const PART: usize = 16;

/// A whole head, of which the first line has not been read yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scanned {
    /// The fields, and the text of the whole head.
    pub headers: Headers,
    /// Where the first line ends.
    line_end: usize,
}

/// What each of some bytes is, a bit each.
struct Kinds {
    feeds: u64,
    returns: u64,
    /// What is neither printable nor ends a line, and what a string cannot hold as it stands:
    /// quotation marks and backslashes.
    special: u64,
}

impl Scanned {
    /// The head that `bytes` begin with, if it is of that kind and whole.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let mut fields = ArrayVec::<Field, MOST_FIELDS>::new();
        let mut line_end = None;
        let (mut start, mut was_return, mut look) = (0, 0, Look::Plain);
        for base in (0..bytes.len().min(WITHIN)).step_by(BLOCK) {
            let kinds = Kinds::of(&bytes[base..]);
            let (mut feeds, mut seen, mut end) = (kinds.feeds, u64::MAX, None);
            while feeds != 0 {
                let bit = feeds.trailing_zeros();
                feeds &= feeds - 1;
                let feed = base + bit as usize;
                match (feed - start, line_end) {
                    (0, _) => return None,
                    (1, _) => {
                        (seen, end) = (u64::MAX >> (63 - bit), Some(feed + 1));
                        break;
                    }
                    (_, None) => line_end = Some(feed - 1),
                    _ => fields.try_push(field(bytes, start, feed - 1)?).ok()?,
                }
                start = feed + 1;
            }
            // Each line feed follows a carriage return, and each carriage return precedes one.
            if ((kinds.returns << 1 | was_return) ^ kinds.feeds) & seen != 0 {
                return None;
            }
            was_return = kinds.returns >> 63;
            let special = kinds.special & seen;
            if special != 0 {
                if !are_printable(&bytes[base..], special) {
                    return None;
                }
                look = Look::Printable;
            }
            if let Some(end) = end {
                let headers = Headers::scanned(&bytes[..end], &fields, look);
                return Some(Self { headers, line_end: line_end? });
            }
        }
        None
    }

    /// The length of the head, its blank line included.
    pub fn len(&self) -> usize {
        self.headers.text().len()
    }

    /// The whole head.
    pub fn bytes(&self) -> &[u8] {
        self.headers.text()
    }

    /// The first line as that of a request: a method, one space, a target, one space, the version.
    pub fn request_line(&self) -> Option<RequestLine> {
        let (start, version) = self.bytes()[..self.line_end].split_last_chunk::<9>()?;
        let version = version_of(version.strip_prefix(b" ")?)?;
        let method_end = name_end(start, 0);
        let (method, target) = start.split_at_checked(method_end)?;
        let target = target.strip_prefix(b" ")?;
        let is_usual = !method.is_empty() && !target.is_empty();
        (is_usual && memchr::memchr(b' ', target).is_none()).then(|| RequestLine {
            method: word(method),
            target: target.into(),
            version,
        })
    }

    /// The first line as that of a response: the version, one space, three digits, one space, words.
    pub fn status_line(&self) -> Option<StatusLine> {
        let (version, rest) = self.bytes()[..self.line_end].split_first_chunk::<8>()?;
        let version = version_of(version)?;
        let ([b' ', digits @ .., b' '], reason) = rest.split_first_chunk::<5>()? else {
            return None;
        };
        let is_usual = digits.iter().all(u8::is_ascii_digit)
            && reason.first().is_some_and(|first| *first != b' ');
        let digit = |index: usize| u16::from(digits[index] - b'0');
        is_usual.then(|| StatusLine {
            status: digit(0) * 100 + digit(1) * 10 + digit(2),
            reason: word(reason),
            version,
        })
    }
}

fn version_of(text: &[u8]) -> Option<Version> {
    match text {
        b"HTTP/1.1" => Some(Version { major: 1, minor: 1 }),
        b"HTTP/1.0" => Some(Version { major: 1, minor: 0 }),
        _ => None,
    }
}

/// The field of a line from `start` to `end`, without white space around its value.
#[inline]
fn field(bytes: &[u8], start: usize, end: usize) -> Option<Field> {
    let colon = name_end(bytes, start);
    if colon == start || bytes.get(colon) != Some(&b':') {
        return None;
    }
    let value = bytes.get(colon + 1..end)?;
    let place = match value {
        [b' ', text @ ..] if is_trim(text) => (colon + 2, end),
        text if is_trim(text) => (colon + 1, end),
        text => trimmed(text, colon + 1),
    };
    Some(Field::at((start, colon), place))
}

/// Whether a value has no space at its ends, and is not empty.
#[inline]
fn is_trim(text: &[u8]) -> bool {
    text.first().is_some_and(|first| *first != b' ') && text.last() != Some(&b' ')
}

/// Where a value lies that begins at `at`, without the spaces around it.
#[cold]
fn trimmed(text: &[u8], at: usize) -> (usize, usize) {
    let from = at + text.len() - text.trim_ascii_start().len();
    (from, from + text.trim_ascii().len())
}

/// Where the letters, digits, hyphens and underscores end that stand at `start`.
#[inline]
fn name_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(part) = bytes.get(at..).and_then(<[u8]>::first_chunk::<PART>) {
        let other = others_in(part);
        if other != 0 {
            return at + other.trailing_zeros() as usize;
        }
        at += PART;
    }
    let is_usual = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    at + bytes.get(at..).unwrap_or_default().iter().take_while(is_usual).count()
}

/// Which bytes stand in no usual name.
#[inline]
fn others_in(part: &[u8; PART]) -> u32 {
    let bytes = vector(part);
    let lower = bytes | splat(b' ');
    let letters = splat(b'a' - 1).simd_lt(lower) & lower.simd_lt(splat(b'z' + 1));
    let digits = splat(b'0' - 1).simd_lt(bytes) & bytes.simd_lt(splat(b'9' + 1));
    let others = bytes.simd_eq(splat(b'-')) | bytes.simd_eq(splat(b'_'));
    (letters | digits | others).to_bitmask() ^ 0xffff
}

impl Kinds {
    /// Of the first bytes; of as many as there are, if those are fewer than a block.
    #[inline]
    fn of(bytes: &[u8]) -> Self {
        if let Some(block) = bytes.first_chunk::<BLOCK>() {
            return Self::of_block(block);
        }
        let mut block = [b' '; BLOCK];
        block[..bytes.len()].copy_from_slice(bytes);
        Self::of_block(&block)
    }

    #[inline]
    fn of_block(block: &[u8; BLOCK]) -> Self {
        let mut kinds = Self { feeds: 0, returns: 0, special: 0 };
        for (index, part) in block.as_chunks::<PART>().0.iter().enumerate() {
            let bytes = vector(part);
            let feeds = bytes.simd_eq(splat(b'\n'));
            let returns = bytes.simd_eq(splat(b'\r'));
            // Bytes above 127 are below zero.
            let odd = bytes.simd_lt(splat(b' ')) ^ (feeds | returns);
            let marks = bytes.simd_eq(splat(b'"')) | bytes.simd_eq(splat(b'\\'));
            let special = odd | marks | bytes.simd_eq(splat(0x7f));
            let shift = index * PART;
            kinds.feeds |= u64::from(feeds.to_bitmask()) << shift;
            kinds.returns |= u64::from(returns.to_bitmask()) << shift;
            kinds.special |= u64::from(special.to_bitmask()) << shift;
        }
        kinds
    }
}

/// Whether the special ones among these bytes are only quotation marks and backslashes.
fn are_printable(bytes: &[u8], mut special: u64) -> bool {
    while special != 0 {
        if !matches!(bytes.get(special.trailing_zeros() as usize), Some(b'"' | b'\\')) {
            return false;
        }
        special &= special - 1;
    }
    true
}

#[inline]
fn vector(part: &[u8; PART]) -> i8x16 {
    i8x16::new(part.map(u8::cast_signed))
}

#[inline]
fn splat(byte: u8) -> i8x16 {
    i8x16::splat(byte.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::super::head::{any_request, any_response, head_end};
    use super::*;
    use proptest::prelude::*;

    fn head() -> impl Strategy<Value = Vec<u8>> {
        let line = prop_oneof![
            6 => Just(&b"\r\n"[..]),
            3 => Just(&b"Host: a.example\r\n"[..]),
            2 => Just(&b"X-Very-Long-Name-Of-A-Field: "[..]),
            2 => Just(&b"Cookie: a=b; c=\"d\"\r\n"[..]),
            2 => Just(&b"Accept:  text/html \r\n"[..]),
            1 => Just(&b"\n"[..]),
            1 => Just(&b": "[..]),
            1 => Just(&b"\r"[..]),
            1 => Just(&b"a:b\r\n"[..]),
            1 => Just(&b" folded\r\n"[..]),
            1 => Just(&b"Empty:\r\n"[..]),
        ];
        let piece = prop_oneof![
            12 => line.prop_map(<[u8]>::to_vec),
            6 => "[ -~]{0,40}".prop_map(String::into_bytes),
            1 => any::<u8>().prop_map(|byte| vec![byte]),
        ];
        let first = prop_oneof![
            4 => Just(&b"GET / HTTP/1.1\r\n"[..]),
            4 => Just(&b"HTTP/1.0 404 Not Found\r\n"[..]),
            1 => Just(&b"HTTP/1.1 200\r\n"[..]),
            1 => Just(&b"HTTP/1.1 200 \r\n"[..]),
            2 => Just(&b"GET "[..]),
            2 => Just(&b"HTTP/1.1 200 "[..]),
            1 => Just(&b""[..]),
        ];
        (first, proptest::collection::vec(piece, 0..14))
            .prop_map(|(first, pieces)| [first, &pieces.concat(), b"\r\nA: b\r\n\r\nrest"].concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn it_leads_where_the_ordinary_way_leads(bytes in head()) {
            let Some(scanned) = Scanned::of(&bytes) else { return Ok(()) };
            prop_assert_eq!(Some(scanned.len()), head_end(&bytes, 0));
            prop_assert_eq!(scanned.bytes(), &bytes[..scanned.len()]);
            let text = scanned.bytes();
            prop_assert!(text.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n')));
            let is_plain = !text.iter().any(|byte| b"\"\\".contains(byte));
            prop_assert_eq!(scanned.headers.look() == Look::Plain, is_plain);
            prop_assert_eq!(scanned.headers.look() == Look::Printable, !is_plain);
            if let Some(start) = scanned.request_line() {
                let parsed = any_request(scanned.bytes()).unwrap();
                prop_assert_eq!((&start, &scanned.headers), (&parsed.start, &parsed.headers));
                prop_assert!(parsed.leniencies.is_empty());
            }
            if let Some(start) = scanned.status_line() {
                let parsed = any_response(scanned.bytes()).unwrap();
                prop_assert_eq!((&start, &scanned.headers), (&parsed.start, &parsed.headers));
                prop_assert!(parsed.leniencies.is_empty());
            }
        }
    }

    #[test]
    fn it_is_taken() {
        let many = "X-Field-Of-Some-Length: with a value, too\r\n".repeat(MOST_FIELDS);
        for (head, is_plain) in [
            ("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), true),
            ("GET / HTTP/1.0\r\n\r\n".to_owned(), true),
            (format!("GET / HTTP/1.1\r\n{many}\r\n"), true),
            ("GET / HTTP/1.1\r\nA: \"b\"\r\n\r\n".to_owned(), false),
        ] {
            // Wherever its lines lie in the blocks, and whatever comes behind it.
            for target in 0..BLOCK {
                let bytes = head.replacen('/', &format!("/{}", "a".repeat(target)), 1) + "\0\"\n";
                let scanned = Scanned::of(bytes.as_bytes()).unwrap();
                assert_eq!(
                    (scanned.len(), scanned.headers.look() == Look::Plain),
                    (bytes.len() - 3, is_plain)
                );
                assert!(scanned.request_line().is_some());
            }
        }
        let answer =
            Scanned::of(b"HTTP/1.1 302 FOUND\r\nLocation: /\r\nSet-Cookie: a=b\r\n\r\n").unwrap();
        assert_eq!(answer.status_line().unwrap().status, 302);
        assert_eq!(answer.headers.first("set-cookie"), Some(&b"a=b"[..]));
    }

    #[test]
    fn it_leaves_what_is_odd_or_not_whole() {
        for head in [
            "GET / HTTP/1.1\r\nHost: x\r\n",
            "GET / HTTP/1.1\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\ty\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: é\r\n\r\n",
            "GET / HTTP/1.1\r\n: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r y\r\n\r\n",
            "\r\n\r\n",
            "\n\n",
            "",
        ] {
            assert_eq!(Scanned::of(head.as_bytes()), None, "{head:?}");
        }
    }
}
