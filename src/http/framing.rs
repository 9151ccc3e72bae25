//! How long a body is: RFC 9112 section 6.3, with a note for each shape that different programs
//! read differently, since that is what request smuggling is made of.

use super::exchange::Version;
use super::head::StatusLine;
use super::headers::{Headers, members};

/// How the end of a body is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is no body.
    Empty,
    /// So many bytes.
    Length(u64),
    /// Chunks (RFC 9112 section 7.1).
    Chunked,
    /// Whatever comes until the connection closes.
    UntilClose,
}

/// A framing, and what was doubtful about it.
pub(super) type Judged = (Framing, Vec<&'static str>);

/// The framing of a request body. A second `Host`, too, is read differently by different programs
/// (RFC 9112 section 3.2), and so is chunked coding before HTTP/1.1 (section 6.1).
pub(super) fn of_request(version: Version, headers: &Headers) -> Judged {
    let stated = Stated::of(headers);
    let other = "the request has a Transfer-Encoding that does not end in chunked";
    let (framing, mut doubts) = stated.framing(Framing::Empty, other);
    let hosts =
        (stated.hosts > 1).then_some("there are several Host fields; the first was believed");
    doubts.extend(early(framing, version).into_iter().chain(hosts));
    (framing, doubts)
}

/// The framing of a response body. `method` is that of the request, where it is known.
pub(super) fn of_response(method: Option<&[u8]>, start: &StatusLine, headers: &Headers) -> Judged {
    let StatusLine { status, version, .. } = *start;
    let is_head = method.is_some_and(|method| method.eq_ignore_ascii_case(b"HEAD"));
    let is_connect = method == Some(b"CONNECT") && (200..300).contains(&status);
    if is_head || is_connect || matches!(status, 100..=199 | 204 | 304) {
        return (Framing::Empty, Vec::new());
    }
    let other = "the response has a Transfer-Encoding that does not end in chunked";
    let (framing, mut doubts) = Stated::of(headers).framing(Framing::UntilClose, other);
    doubts.extend(early(framing, version));
    (framing, doubts)
}

/// What is to be said of chunked coding where it does not belong (RFC 9112 section 6.1).
fn early(framing: Framing, version: Version) -> Option<&'static str> {
    let is_early = framing == Framing::Chunked && version.major == 1 && version.minor == 0;
    is_early.then_some("chunked coding is used in HTTP/1.0, which has none")
}

const BAD_LENGTH: &str = "the Content-Length cannot be read";

const NO_CODING: &str = "Transfer-Encoding names no coding";

#[derive(PartialEq, Eq)]
enum Coding {
    None,
    Chunked,
    Other,
}

#[derive(Default)]
enum Length {
    #[default]
    None,
    /// And whether others disagree.
    Of(u64, bool),
    Unreadable,
}

const HOST: &[u8] = b"host";
const LENGTH: &[u8] = b"content-length";
const CODING: &[u8] = b"transfer-encoding";

/// What the header fields state of the body, found in one walk.
#[derive(Default)]
struct Stated<'a> {
    /// The last member of the Transfer-Encoding fields.
    last_coding: Option<&'a [u8]>,
    /// How often they name chunked.
    chunked: usize,
    has_coding: bool,
    /// One of them names none.
    has_empty_coding: bool,
    has_length: bool,
    /// How many `Host` fields there are.
    hosts: usize,
    length: Length,
}

impl<'a> Stated<'a> {
    fn of(headers: &'a Headers) -> Self {
        let mut stated = Self::default();
        // Most names have another length, which is all that is looked at then.
        for (name, value) in headers.of_lengths([HOST.len(), LENGTH.len(), CODING.len()]) {
            if name.eq_ignore_ascii_case(LENGTH) {
                stated.has_length = true;
                if value.is_empty() {
                    stated.add_length(value);
                }
                members(value).for_each(|member| stated.add_length(member));
            } else if name.eq_ignore_ascii_case(CODING) {
                stated.has_coding = true;
                let before = stated.last_coding.take();
                for member in members(value) {
                    stated.chunked += usize::from(member.eq_ignore_ascii_case(b"chunked"));
                    stated.last_coding = Some(member);
                }
                let named = stated.last_coding;
                stated.has_empty_coding |= named.is_none();
                stated.last_coding = named.or(before);
            } else if name.eq_ignore_ascii_case(HOST) {
                stated.hosts += 1;
            }
        }
        stated
    }

    /// The framing, which is `otherwise` where no length is given that can be read; and the doubts there
    /// are, such as `other` about a coding that is not chunked.
    fn framing(&self, otherwise: Framing, other: &'static str) -> Judged {
        if !self.has_coding {
            // Nearly all messages.
            match self.length {
                Length::None => return (otherwise, Vec::new()),
                Length::Of(length, false) => return (Framing::Length(length), Vec::new()),
                Length::Of(..) | Length::Unreadable => {}
            }
        }
        let coding = self.coding();
        let framing = match (&coding, &self.length) {
            (Coding::Chunked, _) => Framing::Chunked,
            (Coding::None, Length::Of(length, _)) => Framing::Length(*length),
            _ => otherwise,
        };
        let both = match framing {
            Framing::Chunked => {
                "both Transfer-Encoding and Content-Length are given; chunked was believed"
            }
            _ => "both Transfer-Encoding and Content-Length are given; the length was believed",
        };
        let doubts = [
            (coding == Coding::Other, other),
            (self.has_coding && self.has_length && coding != Coding::Other, both),
            (self.has_empty_coding || (self.has_coding && coding == Coding::None), NO_CODING),
            (self.chunked > 1, "Transfer-Encoding names chunked twice; it was undone once"),
            (matches!(self.length, Length::Unreadable), BAD_LENGTH),
            (
                matches!(self.length, Length::Of(_, true)),
                "several Content-Lengths disagree; the first was believed",
            ),
        ];
        let doubts = doubts.into_iter().filter(|(is_so, _)| *is_so).map(|(_, text)| text);
        (framing, doubts.collect())
    }

    /// Of several lengths the first is believed.
    fn add_length(&mut self, member: &[u8]) {
        match (&mut self.length, digits(member)) {
            (length @ Length::None, Some(first)) => *length = Length::Of(first, false),
            (length @ Length::None, None) => *length = Length::Unreadable,
            (Length::Of(first, differ), other) if other != Some(*first) => {
                *differ = true;
            }
            _ => {}
        }
    }

    fn coding(&self) -> Coding {
        match self.last_coding {
            None => Coding::None,
            Some(last) if last.eq_ignore_ascii_case(b"chunked") => Coding::Chunked,
            Some(last) if is_identity(last) && self.chunked == 0 => Coding::None,
            Some(_) => Coding::Other,
        }
    }
}

/// The name of no coding, in an older RFC (2616 section 3.6).
fn is_identity(coding: &[u8]) -> bool {
    coding.eq_ignore_ascii_case(b"identity")
}

/// Digits and nothing else: no sign, no white space (RFC 9110 section 8.6).
fn digits(text: &[u8]) -> Option<u64> {
    let with = |number: u64, byte: &u8| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    };
    text.iter().try_fold(0, with).filter(|_| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(status: u16) -> StatusLine {
        StatusLine { status, reason: b"OK".into(), version: Version { major: 1, minor: 1 } }
    }

    fn response(status: u16, fields: &[(&str, &str)]) -> Judged {
        of_response(Some(b"GET"), &line(status), &Headers::from_pairs(fields))
    }

    #[test]
    fn responses_are_framed_by_the_first_rule_that_fits() {
        let (cl, te) = (("Content-Length", "5"), ("Transfer-Encoding", "chunked"));
        let method = |method: &'static str| {
            of_response(Some(method.as_bytes()), &line(200), &Headers::from_pairs(&[cl])).0
        };
        assert_eq!(method("HEAD"), Framing::Empty);
        assert_eq!(method("CONNECT"), Framing::Empty);
        assert_eq!(response(304, &[cl]).0, Framing::Empty);
        assert_eq!(response(204, &[te]).0, Framing::Empty);
        assert_eq!(response(200, &[cl]), (Framing::Length(5), vec![]));
        assert_eq!(response(200, &[te]), (Framing::Chunked, vec![]));
        assert_eq!(response(200, &[]), (Framing::UntilClose, vec![]));
        assert_eq!(response(200, &[("Transfer-Encoding", "gzip, chunked")]).0, Framing::Chunked);
        assert_eq!(response(200, &[("Transfer-Encoding", "gzip")]).0, Framing::UntilClose);
    }

    #[test]
    fn ambiguous_framing_is_noted() {
        for fields in [
            &[("Content-Length", "5"), ("Transfer-Encoding", "chunked")][..],
            &[("Content-Length", "5"), ("Content-Length", "6")],
            &[("Content-Length", "5, 6")],
            &[("Content-Length", "+5")],
            &[("Content-Length", "")],
            &[("Transfer-Encoding", "xchunked")],
            &[("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "identity")],
            &[("Transfer-Encoding", "chunked, identity")],
            &[("Transfer-Encoding", "chunked, chunked")],
            &[("Transfer-Encoding", "\u{b}chunked")],
            &[("Transfer-Encoding", "\u{c}chunked")],
            &[("Transfer-Encoding", "identity"), ("Content-Length", "5")],
            &[("Transfer-Encoding", ""), ("Content-Length", "5")],
            &[("Transfer-Encoding", "\"chunked\"")],
            &[("Transfer-Encoding", "")],
            &[("Transfer-Encoding", "identity")],
            &[("Transfer-Encoding", ""), ("Transfer-Encoding", "chunked")],
            &[("Content-Length", "99999999999999999999999")],
        ] {
            assert!(!response(200, fields).1.is_empty(), "{fields:?}");
        }
        assert_eq!(response(200, &[("Content-Length", "5, 5")]), (Framing::Length(5), vec![]));
        let old = StatusLine { version: Version { major: 1, minor: 0 }, ..line(200) };
        let chunked = Headers::from_pairs(&[("Transfer-Encoding", "chunked")]);
        assert!(!of_response(Some(b"GET"), &old, &chunked).1.is_empty());
    }

    #[test]
    fn a_request_without_length_has_no_body() {
        assert_eq!(request(1, &[("A", "b")]), (Framing::Empty, vec![]));
        assert_eq!(request(1, &[("Transfer-Encoding", "chunked")]), (Framing::Chunked, vec![]));
    }

    #[test]
    fn what_requests_are_smuggled_with_is_noted() {
        let (cl, te) = (("Content-Length", "5"), ("Transfer-Encoding", "chunked"));
        for (minor, fields) in
            [(1, &[cl, te][..]), (0, &[te]), (1, &[("Host", "a"), ("host", "a")])]
        {
            assert!(!request(minor, fields).1.is_empty(), "{fields:?}");
        }
        assert_eq!(request(0, &[cl, ("Host", "a")]), (Framing::Length(5), vec![]));
    }

    #[test]
    fn one_doubt_hides_no_other() {
        let fields = [
            ("Host", "a"),
            ("Host", "b"),
            ("Content-Length", "5"),
            ("Transfer-Encoding", "chunked"),
        ];
        assert_eq!(request(0, &fields).1.len(), 3);
        assert_eq!(request(1, &fields).1.len(), 2);
        let lengths = [("Content-Length", "5"), ("Content-Length", "6"), fields[3]];
        assert_eq!(request(1, &lengths).1.len(), 2);
    }

    fn request(minor: u8, fields: &[(&str, &str)]) -> Judged {
        of_request(Version { major: 1, minor }, &Headers::from_pairs(fields))
    }
}
