//! Message heads: the start line and the header fields.
//!
//! `scan` reads what nearly all traffic has, and `httparse` whatever else is well-formed. What it
//! refuses goes to `lenient`, which reads what a forgiving client or server would, and says so.

use super::exchange::Version;
use super::headers::Headers;
use super::lenient;
use super::scan::Scanned;
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::mem::MaybeUninit;
use std::sync::LazyLock;

/// How many header fields `httparse` is given room for; heads with more are read leniently.
const USUAL_FIELDS: usize = 96;

/// Bytes that most messages have alike: those need no memory of their own.
pub type Word = Cow<'static, [u8]>;

/// A word as sent.
pub(super) fn word(bytes: &[u8]) -> Word {
    Cow::Borrowed(match bytes {
        b"GET" => b"GET",
        b"POST" => b"POST",
        b"HEAD" => b"HEAD",
        b"OK" => b"OK",
        b"Found" => b"Found",
        b"FOUND" => b"FOUND",
        b"Not Found" => b"Not Found",
        b"Not Modified" => b"Not Modified",
        b"" => b"",
        _ => return Cow::Owned(bytes.to_vec()),
    })
}

/// A request line (RFC 9112 section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestLine {
    /// The method, as sent.
    pub method: Word,
    /// The request target, as sent.
    pub target: Box<[u8]>,
    /// The version.
    pub version: Version,
}

/// A status line (RFC 9112 section 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusLine {
    /// The status code.
    pub status: u16,
    /// The reason phrase; empty if there was none.
    pub reason: Word,
    /// The version.
    pub version: Version,
}

/// A head that was read, and in which ways it was not well-formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parsed<S> {
    pub start: S,
    pub headers: Headers,
    pub leniencies: Vec<&'static str>,
}

impl<S> Parsed<S> {
    fn usual(start: S, headers: Headers) -> Self {
        Self { start, headers, leniencies: Vec::new() }
    }
}

/// The length of the head that `bytes` begin with, its blank line included. `scanned` bytes are
/// known to hold no end; searching goes on there.
pub(super) fn head_end(bytes: &[u8], scanned: usize) -> Option<usize> {
    // The blank line may have begun up to three bytes before.
    let from = scanned.saturating_sub(3);
    let rest = bytes.get(from..)?;
    let mut len = LOOK.min(rest.len());
    loop {
        // Where one kind of end is missing, all that follows is not searched for it.
        let near = &rest[..len];
        let usual = USUAL_END.find(near).map(|at| at + 3);
        // A bare one may come before it.
        let before = usual.map_or(near, |end| &near[..end - 1]);
        let bare = BARE_END.find(before).map(|at| at + 2);
        if let Some(end) = bare.or(usual) {
            return Some(from + end);
        }
        if len == rest.len() {
            return None;
        }
        len = (4 * len).min(rest.len());
    }
}

/// Bytes in which the end of a head is looked for first. Nearly all heads are shorter.
const LOOK: usize = 4096;

/// Line feeds may come with or without a carriage return before them; these are the ends of a head.
static USUAL_END: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(b"\n\r\n"));
static BARE_END: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(b"\n\n"));

/// A whole head.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head<'a> {
    /// One that was read on the way to its end, but for its first line.
    Scanned(Scanned),
    /// Any other.
    Raw(Cow<'a, [u8]>),
}

impl Head<'_> {
    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Scanned(scanned) => scanned.bytes(),
            Self::Raw(bytes) => bytes,
        }
    }
}

/// Reads a whole request head.
pub(super) fn request(head: Head<'_>) -> Option<Parsed<RequestLine>> {
    match head {
        Head::Scanned(scanned) => match scanned.request_line() {
            Some(start) => Some(Parsed::usual(start, scanned.headers)),
            None => any_request(scanned.bytes()),
        },
        Head::Raw(bytes) => any_request(&bytes),
    }
}

/// Reads a whole response head.
pub(super) fn response(head: Head<'_>) -> Option<Parsed<StatusLine>> {
    match head {
        Head::Scanned(scanned) => match scanned.status_line() {
            Some(start) => Some(Parsed::usual(start, scanned.headers)),
            None => any_response(scanned.bytes()),
        },
        Head::Raw(bytes) => any_response(&bytes),
    }
}

pub(super) fn any_request(bytes: &[u8]) -> Option<Parsed<RequestLine>> {
    let mut fields = [const { MaybeUninit::uninit() }; USUAL_FIELDS];
    let mut head = httparse::Request::new(&mut []);
    if let (Ok(httparse::Status::Complete(_)), Some(method), Some(target), Some(minor)) =
        (head.parse_with_uninit_headers(bytes, &mut fields), head.method, head.path, head.version)
    {
        let version = Version { major: 1, minor };
        let (method, target) = (word(method.as_bytes()), target.as_bytes().into());
        let start = RequestLine { method, target, version };
        let odd = lenient::beyond_ascii(&start.target).into_iter().chain(lenient::bare_feed(bytes));
        let leniencies = odd.collect();
        return Some(Parsed { start, headers: copy(bytes, head.headers), leniencies });
    }
    lenient::request(bytes)
}

pub(super) fn any_response(bytes: &[u8]) -> Option<Parsed<StatusLine>> {
    let mut fields = [const { MaybeUninit::uninit() }; USUAL_FIELDS];
    let mut head = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    if let (Ok(httparse::Status::Complete(_)), Some(status), Some(reason), Some(minor)) =
        (config.parse_response_with_uninit_headers(&mut head, bytes, &mut fields), head.code, head.reason, head.version)
        // httparse gives an empty reason for one with bytes above 127; those are wanted too.
        && !(reason.is_empty() && has_reason(bytes))
    {
        let version = Version { major: 1, minor };
        let start = StatusLine { status, reason: word(reason.as_bytes()), version };
        let leniencies = lenient::bare_feed(bytes).into_iter().collect();
        return Some(Parsed { start, headers: copy(bytes, head.headers), leniencies });
    }
    lenient::response(bytes)
}

fn has_reason(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    line.splitn(3, |byte| *byte == b' ').nth(2).is_some_and(|reason| !reason.is_empty())
}

/// `httparse` lets no line end into a name or a value.
fn copy(head: &[u8], fields: &[httparse::Header<'_>]) -> Headers {
    Headers::within(head, fields.iter().map(|field| (field.name.as_bytes(), field.value)))
}

#[cfg(test)]
mod tests {
    use super::super::headers::Look;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_end_of_a_head_is_found_wherever_it_was_split() {
        for head in
            ["GET / HTTP/1.1\r\nA: b\r\n\r\n", "GET / HTTP/1.1\nA: b\n\n", "a\r\n\n", "a\n\r\n"]
        {
            let bytes = head.as_bytes();
            for scanned in 0..bytes.len() {
                assert_eq!(head_end(bytes, scanned), Some(bytes.len()), "{head:?} {scanned}");
                assert_eq!(head_end(&bytes[..scanned], 0), None, "{head:?} {scanned}");
            }
        }
    }

    #[test]
    fn the_first_end_is_found_however_far_away() {
        for len in [0, 1, LOOK - 4, LOOK - 3, LOOK - 2, LOOK - 1, LOOK, 4 * LOOK - 2, 5 * LOOK] {
            for (first, other) in [("\n\r\n", "\n\n"), ("\n\n", "\n\r\n")] {
                let head = format!("{}{first}", "x".repeat(len));
                let bytes = format!("{head}more{other}");
                assert_eq!(head_end(bytes.as_bytes(), 0), Some(head.len()), "{len} {first:?}");
            }
        }
        assert_eq!(head_end(&[b'x'; 3 * LOOK], 0), None);
    }

    #[test]
    fn a_well_formed_head_needs_no_leniency() {
        let parsed =
            any_request(b"POST /login?a=b HTTP/1.1\r\nHost: x\r\nCookie: a=1\r\n\r\n").unwrap();
        assert_eq!(&*parsed.start.method, b"POST");
        assert_eq!(&*parsed.start.target, b"/login?a=b");
        assert_eq!(parsed.headers.first("cookie"), Some(&b"a=1"[..]));
        assert!(parsed.leniencies.is_empty());
    }

    proptest! {
        /// What is printed without a look at each field relies on it.
        #[test]
        fn no_line_end_is_part_of_a_head_that_is_kept_as_it_is(
            pieces in proptest::collection::vec(
                prop_oneof![
                    6 => "[!-~]{1,6}".prop_map(String::into_bytes),
                    3 => prop_oneof![Just("\r\n"), Just(": "), Just(" "), Just("\n"), Just("\r")]
                        .prop_map(|text| text.as_bytes().to_vec()),
                    1 => any::<u8>().prop_map(|byte| vec![byte]),
                ],
                0..12,
            ),
        ) {
            let middle = pieces.concat();
            let lines = [&b"GET /a"[..], &middle, b" HTTP/1.1\r\nA: b\r\n\r\n"].concat();
            let fields = [b"GET / HTTP/1.1\r\n", &middle[..], b"\r\nA: b\r\n\r\n"].concat();
            let answer = [b"HTTP/1.1 200 O", &middle[..], b"\r\nA: b\r\n\r\n"].concat();
            for head in [&lines, &fields] {
                if let Some(Parsed { start, headers, .. }) = any_request(head) {
                    prop_assert!(are_whole_lines(&headers, &[&start.method, &start.target]));
                }
            }
            if let Some(Parsed { start, headers, .. }) = any_response(&answer) {
                prop_assert!(are_whole_lines(&headers, &[&start.reason]));
            }
        }
    }

    fn are_whole_lines(headers: &Headers, start: &[&[u8]]) -> bool {
        let fields = headers.iter().flat_map(|(name, value)| [name, value]);
        let mut parts = fields.chain(start.iter().copied());
        headers.look() == Look::Any
            || parts.all(|part| !part.iter().any(|byte| matches!(byte, b'\r' | b'\n')))
    }

    #[test]
    fn what_httparse_refuses_is_still_read() {
        let many: Vec<String> = (0..200).map(|i| format!("h{i}: v\r\n")).collect();
        let long = format!("HTTP/1.1 200 OK\r\n{}\r\n", many.concat());
        assert_eq!(any_response(long.as_bytes()).unwrap().headers.len(), 200);
        let parsed =
            any_response(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=\x01\r\nSet-Cookie: b=2\r\n\r\n")
                .unwrap();
        let cookies: Vec<_> = parsed.headers.all("set-cookie").collect();
        assert_eq!(cookies, [&b"a=\x01"[..], b"b=2"]);
        let parsed = any_response("HTTP/1.1 404 Não\r\n\r\n".as_bytes()).unwrap();
        assert_eq!(&*parsed.start.reason, "Não".as_bytes());
    }
}
