//! Absolute URLs that a parser would leave as they are, taken apart without one.
//!
//! Nearly every `Referer`, and nearly every URL that a request makes, is of this kind, and the URL
//! standard's parser takes ten times as long for it. Whatever is not surely of this kind is not
//! taken: that is for the parser.

use super::target::Scheme;
use std::net::Ipv4Addr;

/// A URL in its final form: `http` or `https`, a host in lower case, perhaps a port that is not the
/// scheme's own, a path without dot segments, perhaps a query. No user, no fragment, no escapes in
/// the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlainUrl<'a> {
    /// The scheme.
    pub scheme: Scheme,
    /// The host.
    pub host: &'a str,
    /// The host, where it is an address.
    pub address: Option<Ipv4Addr>,
    /// The port, where one is written.
    pub port: Option<u16>,
    /// The path; empty where none is written, for which a parser puts `/`.
    pub path: &'a str,
    /// The query, without its question mark.
    pub query: Option<&'a str>,
}

impl<'a> PlainUrl<'a> {
    /// Takes a URL apart; `None` where a parser is needed.
    pub fn read(url: &'a str) -> Option<Self> {
        let (scheme, rest) = if let Some(rest) = url.strip_prefix("http://") {
            (Scheme::Http, rest)
        } else {
            (Scheme::Https, url.strip_prefix("https://")?)
        };
        let (host, rest) = split_where(rest, |byte| !is(byte, HOST))?;
        let address = address_of(host)?;
        let (port, rest) = read_port(rest, scheme)?;
        let (path, rest) = split_where(rest, |byte| !is(byte, PATH))?;
        let query = if rest.is_empty() { None } else { Some(rest.strip_prefix('?')?) };
        let is_query = |query: &str| query.bytes().all(|byte| is(byte, QUERY));
        let is_whole = query.is_none_or(|query| !path.is_empty() && is_query(query));
        let fits = (path.is_empty() || path.starts_with('/')) && !has_dot_segment(path);
        (is_whole && fits).then_some(Self { scheme, host, address, port, path, query })
    }
}

/// A byte that may stand in a host.
const HOST: u8 = 1;
/// A byte that stands in a path as it is.
const PATH: u8 = 2;
/// A byte that stands in a query as it is.
const QUERY: u8 = 4;

/// What each byte may stand in, by the percent-encode sets of the URL standard (section 1.3), and
/// somewhat narrower.
static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte: u8 = 0;
    while byte < 0x7f {
        classes[byte as usize] = match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => HOST | PATH | QUERY,
            b'A'..=b'Z'
            | b'~'
            | b'!'
            | b'$'
            | b'&'
            | b'('..=b','
            | b';'
            | b'='
            | b':'
            | b'@'
            | b'/' => PATH | QUERY,
            b'%' | b'?' | b'[' | b']' => QUERY,
            _ => 0,
        };
        byte += 1;
    }
    classes
}

fn is(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

fn split_where(text: &str, ends: impl Fn(u8) -> bool) -> Option<(&str, &str)> {
    let end = text.bytes().position(ends).unwrap_or(text.len());
    text.split_at_checked(end)
}

/// The address that a host is, if it is one; `None` where it takes a parser to know.
#[expect(clippy::option_option, reason = "the outer one is that of every step of reading")]
fn address_of(host: &str) -> Option<Option<Ipv4Addr>> {
    let last = host.rsplit('.').next()?;
    if last.starts_with(|first: char| first.is_ascii_lowercase()) {
        // A label in Punycode would have to be checked.
        return (memchr::memmem::find(host.as_bytes(), b"xn--").is_none()).then_some(None);
    }
    // Other numbers are addresses too, and written anew by a parser.
    host.parse().ok().map(Some)
}

/// The port after a host, and what follows it.
fn read_port(rest: &str, scheme: Scheme) -> Option<(Option<u16>, &str)> {
    let Some(rest) = rest.strip_prefix(':') else { return Some((None, rest)) };
    let (digits, rest) = split_where(rest, |byte| !byte.is_ascii_digit())?;
    let port: u16 = digits.parse().ok()?;
    let is_as_written = !digits.starts_with('0') && port != scheme.default_port();
    is_as_written.then_some((Some(port), rest))
}

fn has_dot_segment(path: &str) -> bool {
    memchr::memchr_iter(b'.', path.as_bytes()).any(|at| at > 0 && path.as_bytes()[at - 1] == b'/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the parser makes of the same text.
    fn parsed_agrees(text: &str) -> bool {
        let Some(plain) = PlainUrl::read(text) else { return true };
        let url = url::Url::parse(text).unwrap();
        let (written, path) = match plain.path {
            "" => (format!("{text}/"), "/"),
            path => (text.to_owned(), path),
        };
        let address = match url.host() {
            Some(url::Host::Ipv4(address)) => Some(address),
            _ => None,
        };
        url.as_str() == written
            && url.scheme() == plain.scheme.word()
            && url.host_str() == Some(plain.host)
            && address == plain.address
            && url.port() == plain.port
            && url.path() == path
            && url.query() == plain.query
            && url.fragment().is_none()
    }

    #[test]
    fn usual_urls_are_plain() {
        let read = |text| PlainUrl::read(text).unwrap();
        let url = read("http://www.shop.test:5000/a/b.html?next=/c%20d&e=[1]");
        assert_eq!((url.host, url.port, url.address), ("www.shop.test", Some(5000), None));
        assert_eq!((url.path, url.query), ("/a/b.html", Some("next=/c%20d&e=[1]")));
        let bare = read("https://10.77.0.1");
        assert_eq!((bare.scheme, bare.path, bare.query), (Scheme::Https, "", None));
        assert_eq!(bare.address, Some(Ipv4Addr::new(10, 77, 0, 1)));
    }

    #[test]
    fn what_a_parser_would_write_anew_is_left_to_it() {
        for text in [
            "http://Shop.test/",
            "HTTP://shop.test/",
            "http://shop.test:80/",
            "http://shop.test:080/",
            "http://shop.test:/",
            "http://shop.test/../a",
            "http://shop.test/%2e%2e/a",
            "http://shop.test/a b",
            "http://shop.test/#a",
            "http://shop.test?a",
            "http://user@shop.test/",
            "http://0x7f.1/",
            "http://1.2.3/",
            "http://a.0xf/",
            "http://xn--a.test/",
            "http:///a",
            "http://",
            "ftp://shop.test/",
            "http://shop.test/a?b'c",
            "http://shop.test\\a",
            "//shop.test/",
            "",
        ] {
            assert_eq!(PlainUrl::read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_parser_reads_the_same(
            scheme in proptest::sample::select(&["http://", "https://", "http:/", "ws://"][..]),
            host in proptest::collection::vec(
                proptest::sample::select(
                    &["a", "shop", ".", ".", "test", "xn--", "1", "127.0.0.1", "0", "0x1", "-", "_",
                      "A", "%41", "@", "ü"][..],
                ),
                0..5,
            ),
            port in proptest::sample::select(&["", "", ":", ":80", ":443", ":8080", ":0", ":99999"][..]),
            rest in proptest::collection::vec(
                prop_oneof![
                    any::<char>().prop_map(String::from),
                    (0x20_u8..0x7f).prop_map(|byte| char::from(byte).to_string()),
                    proptest::sample::select(&["/", "/", "/.", "..", "?", "#", "%2e", "\\", "\t"][..])
                        .prop_map(str::to_owned),
                ],
                0..8,
            ),
        ) {
            let text = format!("{scheme}{}{port}{}", host.concat(), rest.concat());
            prop_assert!(parsed_agrees(&text), "{}", text);
            let whole = format!("http://shop.test/{}", rest.concat());
            prop_assert!(parsed_agrees(&whole), "{}", whole);
        }
    }
}
