//! Heads that break the grammar, read as the more forgiving clients and servers do. Each leniency
//! has a name, which becomes a note.

use super::exchange::Version;
use super::head::{Parsed, RequestLine, StatusLine, word};
use super::headers::{Headers, trim_blanks};

const BLANKS: &str = "white space other than one space stands in the first line";
const BARE_RETURN: &str = "a carriage return stands inside a line (a shape of request smuggling)";

/// What is said besides of what lets two readers of a request see different ones.
pub(super) const SMUGGLING: &str = " (a shape of request smuggling)";

/// The same of a response, where it smuggles no request.
pub(super) fn of_response(text: &'static str) -> &'static str {
    text.strip_suffix(SMUGGLING).unwrap_or(text)
}

/// How many header fields a head may have before the rest is left out.
const MAX_FIELDS: usize = 10_000;

/// Reads a request head whose first line has at least a method and a target.
pub(super) fn request(bytes: &[u8]) -> Option<Parsed<RequestLine>> {
    let (line, rest) = split_line(bytes);
    let mut leniencies = Vec::new();
    let line = trimmed(line, &mut leniencies);
    let (start, version) = match memchr::memmem::rfind(line, b" HTTP/") {
        // What stands right behind the method is the target, whatever it says.
        Some(at) if line[..at].trim_ascii_end().contains(&b' ') => {
            let version = version(&line[at + 1..], &mut leniencies).unwrap_or_else(|| {
                leniencies.push("the version cannot be read");
                Version { major: 1, minor: 0 }
            });
            (line[..at].trim_ascii_end(), version)
        }
        _ => {
            leniencies.push("the request line names no version");
            (line, Version { major: 0, minor: 9 })
        }
    };
    let method_end = start.iter().position(u8::is_ascii_whitespace)?;
    let (method, target) = (&start[..method_end], start[method_end..].trim_ascii());
    if target.iter().any(u8::is_ascii_whitespace) {
        leniencies.push("the request target holds white space");
    }
    leniencies.extend(beyond_ascii(target));
    let headers = fields(rest, &mut leniencies);
    add_oddities(bytes, &headers, version, is_token(method), &mut leniencies);
    let start = RequestLine { method: word(method), target: target.into(), version };
    Some(Parsed { start, headers, leniencies })
}

/// Reads a response head whose first line has a version and a status code.
pub(super) fn response(bytes: &[u8]) -> Option<Parsed<StatusLine>> {
    let (line, rest) = split_line(bytes);
    let mut leniencies = Vec::new();
    let mut words = line.splitn(2, |byte| matches!(byte, b' ' | b'\t'));
    // HTTP/0.9 has no status line.
    let version = match words.next()? {
        b"ICY" => {
            leniencies.push("the status line begins with ICY, as of SHOUTcast");
            Version { major: 1, minor: 0 }
        }
        text => version(text, &mut leniencies).filter(|version| version.major > 0)?,
    };
    let rest_of_line = words.next()?.trim_ascii_start();
    let digits = rest_of_line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // No reader takes a code that has not three digits (RFC 9112 section 4).
    let code = rest_of_line.get(..digits).filter(|code| code.len() == 3)?;
    let status = std::str::from_utf8(code).ok()?.parse().ok()?;
    let reason = &rest_of_line[digits..];
    if reason.first().is_some_and(|first| *first != b' ') {
        leniencies.push("no space stands behind the status code");
    }
    let reason = reason.trim_ascii();
    let headers = fields(rest, &mut leniencies);
    add_oddities(bytes, &headers, version, true, &mut leniencies);
    Some(Parsed {
        start: StatusLine { status, reason: word(reason), version },
        headers,
        leniencies,
    })
}

/// A first line without white space around it.
fn trimmed<'a>(line: &'a [u8], leniencies: &mut Vec<&'static str>) -> &'a [u8] {
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
    if [line.first(), line.last()].iter().flatten().any(is_blank) {
        leniencies.push(BLANKS);
    }
    line.trim_ascii()
}

/// `HTTP/1.1` and the like.
fn version(text: &[u8], leniencies: &mut Vec<&'static str>) -> Option<Version> {
    let digits = text.strip_prefix(b"HTTP/")?;
    if digits.ends_with(b"\r") {
        return None;
    }
    let number =
        |byte: Option<&u8>| byte.filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0');
    let major = number(digits.first())?;
    let minor = if digits.get(1) == Some(&b'.') { number(digits.get(2))? } else { 0 };
    if !matches!(digits, [_, b'.', _]) {
        leniencies.push("the version is not one digit, a dot, and one digit");
    }
    Some(Version { major, minor })
}

/// Adds what is odd about a head beside what was found on the way; nothing if it only has many fields, or a
/// reason phrase of other letters than those of ASCII, which are allowed (RFC 9112 section 4).
fn add_oddities(
    head: &[u8],
    headers: &Headers,
    version: Version,
    has_method: bool,
    leniencies: &mut Vec<&'static str>,
) {
    let is_control = |byte: &u8| byte.is_ascii_control() && !b"\t\r\n".contains(byte);
    let line = split_line(head).0;
    let is_bare_return = |at: usize| head.get(at + 1) != Some(&b'\n');
    let has_bare_return = memchr::memchr_iter(b'\r', head).any(is_bare_return);
    let has_other_signs = head.iter().any(is_control)
        || !has_method
        || !headers.iter().all(|(name, _)| is_token(name));
    let is_other_version =
        version.major > 0 && !matches!(version, Version { major: 1, minor: 0 | 1 });
    let has_blanks = line.windows(2).any(|pair| pair == b"  ") || line.contains(&b'\t');
    for (is_so, text) in [
        (has_bare_return, BARE_RETURN),
        (has_other_signs, "the head holds characters that HTTP does not allow"),
        (is_other_version, "the version is neither HTTP/1.0 nor HTTP/1.1"),
        (has_blanks, BLANKS),
    ] {
        if is_so && !leniencies.contains(&text) {
            leniencies.push(text);
        }
    }
    leniencies.extend(bare_feed(head));
}

/// Whether a line of a head ends without a carriage return, which is allowed to be read so (RFC 9112
/// section 2.2).
pub(super) fn bare_feed(head: &[u8]) -> Option<&'static str> {
    let is_bare = |at: usize| at.checked_sub(1).is_none_or(|before| head[before] != b'\r');
    let has_one = memchr::memchr_iter(b'\n', head).any(is_bare);
    has_one.then_some("a line ends without a carriage return")
}

/// Whether a target holds bytes that no URI may (RFC 3986 section 2).
pub(super) fn beyond_ascii(target: &[u8]) -> Option<&'static str> {
    (!target.is_ascii()).then_some("the request target holds bytes above 127")
}

/// Whether a name is one that a method or a header may have (RFC 9110 section 5.6.2).
fn is_token(name: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(is_allowed)
}

/// The first line without its line end, and what follows it.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match memchr::memchr(b'\n', bytes) {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[][..]),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

fn fields(mut rest: &[u8], leniencies: &mut Vec<&'static str>) -> Headers {
    let mut fields: Vec<(&[u8], Vec<u8>)> = Vec::new();
    let mut note = |text| {
        if !leniencies.contains(&text) {
            leniencies.push(text);
        }
    };
    while !rest.is_empty() {
        let (line, tail) = split_line(rest);
        rest = tail;
        if line.is_empty() {
            continue;
        }
        if fields.len() == MAX_FIELDS {
            note("there are more header fields than are read");
            break;
        }
        match (line[0], memchr::memchr(b':', line), fields.last_mut()) {
            (b' ' | b'\t', _, Some((name, value))) => {
                note("a header value is folded over several lines");
                note_framing(name, &mut note);
                if let Some(colon) = memchr::memchr(b':', line) {
                    note_framing(line[..colon].trim_ascii(), &mut note);
                }
                value.push(b' ');
                value.extend_from_slice(trim_blanks(line));
            }
            (_, Some(colon), _) => {
                let name = line[..colon].trim_ascii();
                if matches!(line[0], b' ' | b'\t') {
                    note("white space stands before the first header field");
                    note_framing(name, &mut note);
                } else if name.len() != colon {
                    note("a header name has white space before its colon");
                    note_framing(name, &mut note);
                }
                if line.contains(&b'\r') {
                    note(BARE_RETURN);
                }
                fields.push((name, trim_blanks(&line[colon + 1..]).to_vec()));
            }
            (_, None, _) => note("a header line has no colon and was left out"),
        }
    }
    Headers::from_pairs(&fields)
}

/// What is lenient about the fields that say where a message ends, others may read otherwise.
fn note_framing(name: &[u8], note: &mut impl FnMut(&'static str)) {
    let frames = [&b"transfer-encoding"[..], b"content-length"];
    if frames.iter().any(|field| name.eq_ignore_ascii_case(field)) {
        note("the length of the body is given in an odd way (a shape of request smuggling)");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: &str =
        "the length of the body is given in an odd way (a shape of request smuggling)";

    #[test]
    fn odd_ways_to_frame_a_body_are_named_as_what_they_are() {
        for (fields, first) in [
            ("Transfer-Encoding : chunked\r\n", "a header name has white space before its colon"),
            ("Transfer-Encoding:\r\n chunked\r\n", "a header value is folded over several lines"),
            ("Content-Length:\r\n\t5\r\n", "a header value is folded over several lines"),
        ] {
            let head = format!("POST / HTTP/1.1\r\n{fields}\r\n");
            assert_eq!(request(head.as_bytes()).unwrap().leniencies, [first, LENGTH]);
        }
        let bare = b"POST / HTTP/1.1\r\nA: b\rTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(
            request(bare).unwrap().leniencies,
            ["a carriage return stands inside a line (a shape of request smuggling)"]
        );
    }

    #[test]
    fn what_is_only_much_or_in_another_language_needs_no_leniency() {
        let many = "A: b\r\n".repeat(200);
        let parsed = request(format!("GET / HTTP/1.1\r\n{many}\r\n").as_bytes()).unwrap();
        assert_eq!((parsed.headers.iter().count(), parsed.leniencies.len()), (200, 0));
        let parsed = response("HTTP/1.1 200 Schön\r\n\r\n".as_bytes()).unwrap();
        assert_eq!((&*parsed.start.reason, parsed.leniencies.len()), ("Schön".as_bytes(), 0));
    }

    #[test]
    fn each_leniency_is_named() {
        for (head, leniency) in [
            ("GET /a b HTTP/1.1\r\n\r\n", "the request target holds white space"),
            ("GET /\r\n\r\n", "the request line names no version"),
            ("GET HTTP/1.1\r\n\r\n", "the request line names no version"),
            ("GET / HTTP/1.\r\n\r\n", "the version cannot be read"),
            ("GET / HTTP/1.1\r\nA : b\r\n\r\n", "a header name has white space before its colon"),
            ("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "a header value is folded over several lines"),
            ("GET / HTTP/1.1\r\nnonsense\r\n\r\n", "a header line has no colon and was left out"),
            ("GET / HTTP/1.2\r\n\r\n", "the version is neither HTTP/1.0 nor HTTP/1.1"),
            (
                "GET  / HTTP/1.1\r\n\r\n",
                "white space other than one space stands in the first line",
            ),
            ("GET / HTTP/1.1 \r\n\r\n", BLANKS),
            ("GET / HTTP/1.10\r\n\r\n", "the version is not one digit, a dot, and one digit"),
            ("GET / HTTP/1.1\r\nA: b\n\r\n", "a line ends without a carriage return"),
            ("GET / HTTP/1.1\r\n A: b\r\n\r\n", "white space stands before the first header field"),
            ("GET /\u{fc} HTTP/1.1\r\n\r\n", "the request target holds bytes above 127"),
            ("GET / HTTP/1.1\r\r\nA: b\r\n\r\n", BARE_RETURN),
            (
                "GET / HTTP/1.1\r\nA@b: c\r\n\r\n",
                "the head holds characters that HTTP does not allow",
            ),
            (
                "GET / HTTP/1.1\r\nA: \x01\r\n\r\n",
                "the head holds characters that HTTP does not allow",
            ),
        ] {
            assert_eq!(request(head.as_bytes()).unwrap().leniencies, [leniency], "{head:?}");
        }
    }

    #[test]
    fn one_leniency_hides_no_other() {
        for (head, leniencies) in [
            (
                "GET / HTTP/1.1\r\nA: b\0\r\n c\r\n\r\n",
                &[
                    "a header value is folded over several lines",
                    "the head holds characters that HTTP does not allow",
                ][..],
            ),
            (
                "GET / HTTP/1.1\r\nA: b\r\n c\rd: e\r\n\r\n",
                &["a header value is folded over several lines", BARE_RETURN],
            ),
            (
                "GET / HTTP/1.1\r\nA: b\r\n Transfer-Encoding: chunked\r\n\r\n",
                &["a header value is folded over several lines", LENGTH],
            ),
        ] {
            assert_eq!(request(head.as_bytes()).unwrap().leniencies, leniencies, "{head:?}");
        }
        let parsed = response(b"HTTP/1.1 200OK\r\n\r\n").unwrap();
        assert_eq!(parsed.leniencies, ["no space stands behind the status code"]);
    }

    #[test]
    fn only_spaces_and_tabs_stand_around_a_value() {
        let parsed = request(b"GET / HTTP/1.1\r\nA: \t\x0cchunked \r\n\r\n").unwrap();
        assert_eq!(parsed.headers.first("a"), Some(&b"\x0cchunked"[..]));
    }

    #[test]
    fn folded_values_are_joined_with_one_space() {
        let parsed = response(b"HTTP/1.0 200\nA: b\n\t c\nD: e\n\n").unwrap();
        assert_eq!(parsed.headers.first("a"), Some(&b"b c"[..]));
        assert_eq!(parsed.headers.first("d"), Some(&b"e"[..]));
        assert_eq!(parsed.start.status, 200);
        assert_eq!(parsed.start.version, Version { major: 1, minor: 0 });
    }

    #[test]
    fn what_is_no_head_is_refused() {
        for head in [
            "",
            "\r\n",
            "HTTP/1.1\r\n\r\n",
            "HTTP/1.1 abc\r\n\r\n",
            "HTTP/1.1 99999999 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1\r 200 OK\r\n\r\n",
            "HTTP/0.9 200 OK\r\n\r\n",
        ] {
            assert_eq!(response(head.as_bytes()), None, "{head:?}");
        }
        assert_eq!(request(b"GET\r\n\r\n"), None);
    }
}
