//! Where a message begins in bytes that begin with something else: the rest of a body, behind missing
//! bytes or where the capture begins.

use super::probe::{
    Looks, MAX_LINE, MAX_METHOD, METHODS, STANDARD, is_first_line, is_status_line, probe,
};
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// What is sought inside segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sought {
    /// Nothing: nothing is missing before them, and they have not been HTTP so far.
    Nothing,
    /// Messages of either kind: it is not known which of them this side sends.
    Any,
    /// Requests.
    Requests,
    /// Responses.
    Responses,
}

impl Sought {
    fn requests(self) -> bool {
        matches!(self, Self::Any | Self::Requests)
    }

    fn responses(self) -> bool {
        matches!(self, Self::Any | Self::Responses)
    }

    fn has(self, looks: Looks) -> bool {
        match looks {
            Looks::Request => self.requests(),
            Looks::Response => self.responses(),
            Looks::Maybe | Looks::Neither => false,
        }
    }
}

/// What is looked for in all that is passed over.
static VERSION: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(b"HTTP/1."));
static BLANK: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(b"\n\r\n"));

/// Where behind the first byte a message may begin in bytes that are not understood: at a first line
/// that names its version, or behind a blank line.
pub(super) fn next_start(bytes: &[u8], sought: Sought) -> Option<usize> {
    let rest = bytes.get(1..).filter(|_| sought != Sought::Nothing)?;
    // Where one of both is missing, all that follows is not searched for it.
    let mut len = NEAR.min(rest.len());
    loop {
        let found = start_within(bytes, &rest[..len], sought);
        if found.is_some() || len == rest.len() {
            return found;
        }
        len = (4 * len).min(rest.len());
    }
}

/// Bytes that are looked through first.
const NEAR: usize = 4096;

/// The same, where what shows it lies in the beginning of all but the first byte.
fn start_within(bytes: &[u8], rest: &[u8], sought: Sought) -> Option<usize> {
    let named = VERSION.find_iter(rest).find_map(|at| {
        let at = at + 1;
        let is_response = sought.responses() && is_status_line(&bytes[at..]);
        let request = || request_before(bytes, at).filter(|at| *at > 0 && sought.requests());
        if is_response { Some(at) } else { request() }
    });
    let behind_blank =
        BLANK.find_iter(rest).map(|at| at + 4).find(|at| sought.has(probe(&bytes[*at..])));
    named.into_iter().chain(behind_blank).min()
}

/// Where the request line begins that has its version at `at`, if more of a head follows.
fn request_before(bytes: &[u8], at: usize) -> Option<usize> {
    let [b'0' | b'1', rest @ ..] = bytes.get(at + b"HTTP/1.".len()..)? else { return None };
    let next = rest.strip_prefix(b"\r").unwrap_or(rest).strip_prefix(b"\n")?;
    let name =
        next.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    if !matches!(next.get(name), None | Some(b':' | b'\r' | b'\n')) {
        return None;
    }
    let from = at.saturating_sub(MAX_LINE);
    let line = bytes[from..at].strip_suffix(b" ")?;
    Some(from + method_before_target(line)?)
}

/// Where the method begins in a line that ends with a target.
fn method_before_target(line: &[u8]) -> Option<usize> {
    let start = line_start(line);
    let space = memchr::memrchr(b' ', &line[start..])? + start;
    let target = &line[space + 1..];
    if !(matches!(target, [b'/', ..] | b"*") || target.starts_with(b"http")) {
        return None;
    }
    let words = &line[start..space];
    let is_whole = (2..=MAX_METHOD).contains(&words.len()) && is_capital(words);
    if is_whole { Some(start) } else { Some(space - method_at_end(words)?) }
}

/// Where behind the first byte a first line begins that may go on behind the end of the bytes.
pub(super) fn begun_at_end(bytes: &[u8], sought: Sought) -> Option<usize> {
    let request = request_begun_at_end(bytes).filter(|_| sought.requests());
    let response = response_begun_at_end(bytes).filter(|_| sought.responses());
    request.into_iter().chain(response).filter(|at| *at > 0).min()
}

fn request_begun_at_end(bytes: &[u8]) -> Option<usize> {
    let from = bytes.len().saturating_sub(MAX_LINE);
    let from = from + line_start(&bytes[from..]);
    let line = &bytes[from..];
    let words = memchr::memrchr(b' ', line).map_or(line, |space| {
        let is_version = |version: &[u8]| version.starts_with(&line[space + 1..]);
        let is_behind_target = is_version(b"HTTP/1.1\r") || is_version(b"HTTP/1.0\r");
        if is_behind_target { &line[..space] } else { line }
    });
    if let Some(at) = method_before_target(words) {
        return Some(from + at);
    }
    let method = method_at_end(words).or_else(|| method_begun_at_end(line));
    Some(from + words.len() - method?)
}

fn response_begun_at_end(bytes: &[u8]) -> Option<usize> {
    const LINE: &[u8] = b"HTTP/1.";
    let is_begun = |line: &[u8]| {
        let rest = line.get(LINE.len()..).unwrap_or_default();
        let is_usual = |(at, byte): (usize, &u8)| match at {
            0 => matches!(byte, b'0' | b'1'),
            1 => *byte == b' ',
            2 => matches!(byte, b'1'..=b'5'),
            _ => byte.is_ascii_digit(),
        };
        (LINE.starts_with(line) || line.starts_with(LINE)) && rest.iter().enumerate().all(is_usual)
    };
    let from = bytes.len().saturating_sub(b"HTTP/1.1 200".len());
    (from..bytes.len()).find(|at| is_begun(&bytes[*at..]))
}

fn line_start(bytes: &[u8]) -> usize {
    memchr::memrchr(b'\n', bytes).map_or(0, |end| end + 1)
}

/// The length of the longest beginning of a method that bytes end with.
fn method_begun_at_end(bytes: &[u8]) -> Option<usize> {
    bytes.last().filter(|byte| byte.is_ascii_uppercase())?;
    let begun = METHODS[..STANDARD].iter().filter_map(|method| {
        let mut lengths = (1..method.len()).rev();
        lengths.find(|len| bytes.ends_with(&method.as_bytes()[..*len]))
    });
    begun.max()
}

/// The length of the longest method that bytes end with.
fn method_at_end(bytes: &[u8]) -> Option<usize> {
    bytes.last().filter(|byte| byte.is_ascii_uppercase())?;
    let known = METHODS.iter().filter(|method| bytes.ends_with(method.as_bytes()));
    known.map(|method| method.len()).max()
}

fn is_capital(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_uppercase)
        && word.iter().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'-' | b'_'))
}

/// Where a method begins that the end of something else stands right before, as in `endGET /`. What
/// can be a method as it stands is one: `CCM_POST`, `BMOVE`.
pub(super) fn method_behind(bytes: &[u8]) -> Option<usize> {
    let word = first_word(bytes);
    if word.len() == bytes.len() || is_capital(word) {
        return None;
    }
    Some(word.len() - method_at_end(word)?)
}

/// Whether a message begins with `bytes`, and what came `before` only looked like the beginning of a
/// first line. A method may have been split between them.
pub(super) fn begins_anew(before: &[u8], bytes: &[u8]) -> bool {
    if memchr::memchr(b'\n', before).is_some() || !is_first_line(bytes) {
        return false;
    }
    let is_split = || is_method(&[before, first_word(bytes)].concat());
    is_status_line(bytes) || (is_method(first_word(bytes)) && !is_split())
}

/// Whether a request line begins with the rest of a method whose beginning is missing: `ET /`.
pub(super) fn is_cut(bytes: &[u8]) -> bool {
    let word = first_word(bytes);
    !is_method(word) && METHODS.iter().any(|whole| whole.as_bytes().ends_with(word))
}

pub(super) fn is_method(word: &[u8]) -> bool {
    METHODS.iter().any(|method| method.as_bytes() == word)
}

/// Whether a method that is known begins with this.
pub(super) fn begins_method(word: &[u8]) -> bool {
    METHODS.iter().any(|method| method.as_bytes().starts_with(word))
}

pub(super) fn first_word(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == b' ').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_without_their_beginning_are_known() {
        for (line, cut) in [("ET /", true), ("OST /", true), ("T /", true), ("GET /", false)] {
            assert_eq!(is_cut(line.as_bytes()), cut, "{line}");
        }
        assert!(is_cut(b"IND /") && !is_cut(b"LOCK /") && !is_cut(b"X /"));
        for (line, at) in [("endGET /", Some(3)), ("GET /", None), ("xOPTIONS *", Some(1))] {
            assert_eq!(method_behind(line.as_bytes()), at, "{line}");
        }
        for method in ["X", "VERSION-CONTROL", "CCM_POST", "BMOVE", "SSTP_DUPLEX_POST"] {
            assert_eq!(method_behind(format!("{method} /").as_bytes()), None, "{method}");
        }
        assert_eq!(method_behind(b"--GET /"), Some(2));
    }

    #[test]
    fn the_next_message_is_found_inside_a_segment() {
        for (bytes, next) in [
            (&b"rest of a bodyHTTP/1.1 200 OK\r\n"[..], Some(14)),
            (b"-length: 0\r\n\r\nGET / HTTP/1.1\r\n", Some(14)),
            (b"HTTP/1.1 200 OK\r\nHTTP/1.1 404 No\r\n", Some(17)),
            (b"speaking of HTTP/1.1 and HTTP/1.0\r\n\r\nmore text", None),
            (b"x", None),
            (b"", None),
            // What begins at the first byte is not behind it, and hides nothing.
            (b"ET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: b\r\n", Some(31)),
        ] {
            assert_eq!(next_start(bytes, Sought::Any), next, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn the_next_message_is_found_however_far_away() {
        for len in [NEAR - 12, NEAR - 8, NEAR - 2, NEAR, NEAR + 1, 4 * NEAR, 5 * NEAR] {
            for message in [
                "HTTP/1.1 200 OK\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\n",
                "\r\n\r\nPUT / HTTP/1.1\r\n",
            ] {
                let bytes = format!("{}{message}HTTP/1.1 200 OK\r\n", "x".repeat(len));
                let next = len + message.len() - message.trim_start().len();
                assert_eq!(
                    next_start(bytes.as_bytes(), Sought::Any),
                    Some(next),
                    "{len} {message}"
                );
            }
        }
    }
}
