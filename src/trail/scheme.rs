//! Which scheme the browser spoke. The packets may show a stretch of the way on which TLS has
//! already been taken off: behind a proxy or a load balancer, or in a capture of what one decrypted.

use super::fields::Asking;
use crate::cookie::{Host, Scheme};
use crate::http::{Headers, Request};
use std::net::SocketAddr;

/// A scheme, and whether it may have been the other one at the browser's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spoken {
    pub scheme: Scheme,
    pub in_doubt: bool,
    /// Whether somebody between the two passed the request on.
    pub is_forwarded: bool,
    /// The host that the request names, and the port, where one is written.
    pub host: Option<(Host, Option<u16>)>,
}

/// The scheme that the browser used for a request seen in clear, and asked of `server`; the request
/// names this host and port.
pub(super) fn spoken(
    request: &Request,
    fields: &Asking<'_>,
    host: Option<(Host, Option<u16>)>,
    server: SocketAddr,
) -> Spoken {
    let is_forwarded = is_forwarded(request, fields);
    if request.start.target.starts_with(b"http://") {
        // To a proxy, which is told the whole URL.
        return Spoken { scheme: Scheme::Http, in_doubt: false, is_forwarded, host };
    }
    let said = fields.has_marks.then(|| forwarded_scheme(&request.headers)).flatten();
    let is_here = host.as_ref().is_some_and(|(host, _)| host.is_loopback());
    let port = host.as_ref().and_then(|(_, port)| *port);
    // A browser leaves the port out where it is its scheme's own (RFC 9110 section 7.2), and sends
    // fetch metadata to trustworthy hosts only (W3C Fetch Metadata, section 3).
    let is_https = said == Some(Scheme::Https)
        || (server.port() == 443 && port.is_none() && host.is_some())
        || (fields.fetch_site.is_some() && !is_here);
    let is_relayed = port.unwrap_or(80) != server.port() && host.is_some();
    let from_https = || host.as_ref().is_some_and(|(host, _)| comes_from_https(fields, host));
    let in_doubt = !is_https && said.is_none() && (is_relayed || is_forwarded || from_https());
    let scheme = if is_https { Scheme::Https } else { Scheme::Http };
    Spoken { scheme, in_doubt, is_forwarded, host }
}

/// What a proxy says of the scheme that was spoken to it.
fn forwarded_scheme(headers: &Headers) -> Option<Scheme> {
    let named = ["x-forwarded-proto", "x-forwarded-scheme", "x-url-scheme"];
    let switched = ["x-forwarded-ssl", "front-end-https"];
    let first = |value: &[u8]| {
        let first = value.split(|byte| *byte == b',').next().unwrap_or_default();
        first.trim_ascii().to_ascii_lowercase()
    };
    let is_https = named.iter().any(|name| headers.first(name).map(first) == Some(b"https".into()))
        || switched.iter().any(|name| headers.first(name).map(first) == Some(b"on".into()))
        || headers.first("forwarded").is_some_and(|value| {
            let first = first(value);
            memchr::memmem::find(&first, b"proto=https").is_some()
                || memchr::memmem::find(&first, b"proto=\"https\"").is_some()
        })
        || headers
            .first("cf-visitor")
            .is_some_and(|value| memchr::memmem::find(value, b"\"https\"").is_some());
    let is_http = named.iter().any(|name| headers.first(name).map(first) == Some(b"http".into()));
    match (is_https, is_http) {
        (true, _) => Some(Scheme::Https),
        (false, true) => Some(Scheme::Http),
        (false, false) => None,
    }
}

/// Whether somebody between the browser and the server passed the request on. Browsers speak
/// HTTP/1.1; one that seems to speak 1.0 has a proxy before it (nginx does so by itself).
fn is_forwarded(request: &Request, fields: &Asking<'_>) -> bool {
    const MARKS: [&str; 6] = [
        "via",
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-real-ip",
        "cf-connecting-ip",
    ];
    let has = |name: &&str| request.headers.first(name).is_some();
    let is_old = (request.start.version.major, request.start.version.minor) == (1, 0);
    let is_browser = fields.user_agent.is_some_and(|name| name.starts_with(b"Mozilla/5"));
    (is_old && is_browser) || fields.has_marks && MARKS.iter().any(has)
}

/// Whether a page of the same host that came over https asks. Browsers do not name such a page to
/// http by default (W3C Referrer Policy, section 3), so the request was hardly made over http.
fn comes_from_https(fields: &Asking<'_>, own: &Host) -> bool {
    let pages = [fields.origin, fields.referer].into_iter().flatten();
    let mut others = pages.filter(|page| !page.starts_with(b"http://"));
    others.any(|page| {
        crate::cookie::Target::from_url(page)
            .is_some_and(|page| page.scheme == Scheme::Https && page.host == *own)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::samples::exchange;

    fn of(port: u16, lines: &str) -> (Scheme, bool) {
        let exchange = exchange([1, 2], &format!("GET / HTTP/1.1\n{lines}"), "HTTP/1.1 200 OK");
        let request = exchange.request.unwrap();
        let fields = Asking::of(&request.headers);
        let host = fields.host.and_then(Host::from_authority);
        let spoken = spoken(&request, &fields, host, SocketAddr::from(([10, 0, 0, 2], port)));
        (spoken.scheme, spoken.in_doubt)
    }

    #[test]
    fn http_between_browser_and_server_is_http() {
        for (port, host) in [(80, "a.test"), (80, "a.test:80"), (5000, "a.test:5000")] {
            assert_eq!(of(port, &format!("Host: {host}")), (Scheme::Http, false), "{host}");
        }
        assert_eq!(of(80, "Host: a.test\nReferer: http://a.test/"), (Scheme::Http, false));
        assert_eq!(of(5000, "Host: localhost:5000\nSec-Fetch-Site: none"), (Scheme::Http, false));
    }

    #[test]
    fn what_was_decrypted_or_is_behind_a_proxy_that_says_so_was_https() {
        for (port, lines) in [
            (443, "Host: a.test"),
            (80, "Host: a.test\nSec-Fetch-Site: none"),
            (8000, "Host: a.test\nX-Forwarded-Proto: https"),
            (8000, "Host: a.test\nForwarded: for=10.0.0.9;proto=https;by=10.0.0.1"),
            (8000, "Host: a.test\nFront-End-Https: On"),
        ] {
            assert_eq!(of(port, lines), (Scheme::Https, false), "{lines}");
        }
    }

    #[test]
    fn a_relay_that_says_nothing_leaves_a_doubt() {
        for (port, lines) in [
            (8000, "Host: a.test"),
            (8000, "Host: a.test:80"),
            (80, "Host: a.test\nX-Forwarded-For: 10.0.0.9"),
            (80, "Host: a.test\nVia: 1.1 proxy"),
            (80, "Host: a.test\nReferer: https://a.test/login"),
        ] {
            assert_eq!(of(port, lines), (Scheme::Http, true), "{lines}");
        }
        let old = exchange(
            [1, 2],
            "GET / HTTP/1.0\nHost: a.test\nUser-Agent: Mozilla/5.0 Chrome/156",
            "HTTP/1.1 200 OK",
        );
        let server = SocketAddr::from(([10, 0, 0, 2], 80));
        let old = old.request.unwrap();
        assert!(spoken(&old, &Asking::of(&old.headers), None, server).in_doubt);
        let said = "Host: a.test\nX-Forwarded-Proto: http\nX-Forwarded-For: 10.0.0.9";
        assert_eq!(of(80, said), (Scheme::Http, false));
    }
}
