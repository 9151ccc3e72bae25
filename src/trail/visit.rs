//! An exchange as the trail needs it: who asked for what with which cookies, what came back, and
//! the few words of the page that a person would remember. Bodies are left behind.

use super::form::{self, Field};
use super::page;
use super::scheme;
use crate::cookie::site::Load;
use crate::cookie::{Clues, CookieHeader, Host, Scheme, Site, Target};
use crate::http::{Exchange, Headers, Message, Problem, Request, Response, decode_content};
use crate::note::{Note, NoteKind};
use crate::time::Timestamp;
use std::borrow::Cow;
use std::net::SocketAddr;

/// A request, as the trail needs it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The packet of its first byte.
    pub packet: u64,
    /// The time of that packet.
    pub time: Timestamp,
    /// The method, as sent.
    pub method: Vec<u8>,
    /// The request target, as sent.
    pub path: Vec<u8>,
    /// The absolute URL, where it can be told.
    pub url: Option<url::Url>,
    /// Where it went, as far as cookies care; `None` if the host cannot be read.
    pub target: Option<Target>,
    /// From where it was made.
    pub site: Site,
    /// The cookies it carried.
    pub cookies: CookieHeader,
    /// `User-Agent`; empty if there was none.
    pub user_agent: Vec<u8>,
    /// What a client sends with every request beside its name: languages and client hints.
    pub traits: Vec<u8>,
    /// `Referer`.
    pub referer: Option<url::Url>,
    /// The form fields it submitted.
    pub form: Vec<Field>,
    /// Whether it submitted them as JSON.
    pub is_json: bool,
    /// Whether it carried a name and a password in its head (`Authorization: Basic`).
    pub has_basic: bool,
    /// What it says of its own purpose.
    pub purpose: Purpose,
    /// Whether somebody between client and server passed it on, whose connections may be shared.
    pub is_relayed: bool,
}

impl Asked {
    /// Whether it may as well be for a frame in a page of another site: over plain http nothing
    /// tells the two apart, but that a third party often gets no cookies.
    pub(super) fn may_be_frame(&self) -> bool {
        self.site.is_cross_site()
            && !self.site.fetch_metadata
            && self.site.load == Load::TopLevel
            && self.site.safe_method
            && self.cookies.pairs.is_empty()
    }
}

/// What kind of request it is, by its own headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A page for the address bar.
    Page,
    /// A page asked for again on purpose (reload).
    Reload,
    /// An image, a style sheet, a script, a call made by a script, a page in a frame.
    Part,
    /// It does not say: most programs that are no browsers.
    Unsaid,
}

/// A response, as the trail needs it.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts of an answer that do not exclude each other"
)]
pub struct Answered {
    /// The packet of its first byte.
    pub packet: u64,
    /// The time of that packet.
    pub time: Timestamp,
    /// The status code.
    pub status: u16,
    /// The reason phrase; empty if there was none.
    pub reason: Vec<u8>,
    /// `Location`.
    pub location: Option<Vec<u8>>,
    /// Where the page itself sends its reader after a while (`Refresh`, or the meta element).
    pub refresh: Option<String>,
    /// Whether that is said in the header.
    pub has_refresh_header: bool,
    /// Every `Set-Cookie` line, in order.
    pub set_cookies: Vec<Vec<u8>>,
    /// `Date`.
    pub date: Option<Timestamp>,
    /// Whether any cache may keep it and give it to others (RFC 9111 section 3).
    pub is_shared_cacheable: bool,
    /// `Clear-Site-Data`.
    pub clear_site_data: Option<Vec<u8>>,
    /// The first words of the page, or its title.
    pub excerpt: Option<String>,
    /// Whether it is a page (HTML or plain text).
    pub is_page: bool,
    /// Whether it is a page with a field for a password.
    pub asks_password: bool,
}

impl Answered {
    /// Whether it sends the client elsewhere (RFC 9110 section 15.4). With an empty `Location` it
    /// does not: browsers show what came with it.
    pub fn is_redirect(&self) -> bool {
        let leads_on = |location: &Vec<u8>| !location.trim_ascii().is_empty();
        self.has_redirect_status() && self.location.as_ref().is_some_and(leads_on)
    }

    /// Whether its status says that there is a redirect.
    pub fn has_redirect_status(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }
}

/// An exchange, as the trail needs it.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The exchange's number.
    pub id: u64,
    /// Its connection's number.
    pub connection: u64,
    /// The time of the connection's first packet.
    pub connected: Timestamp,
    /// Who asked.
    pub client: SocketAddr,
    /// Who answered.
    pub server: SocketAddr,
    /// The request, if it was captured.
    pub asked: Option<Asked>,
    /// The response, if it was captured.
    pub answered: Option<Answered>,
    /// What was odd.
    pub notes: Vec<Note>,
}

impl Visit {
    /// Takes from an exchange what the trail needs.
    pub fn of(id: u64, exchange: &Exchange, decoded_cap: usize) -> Self {
        let mut notes = exchange.notes.clone();
        let asked = exchange.request.as_ref().map(|request| {
            asked(request, exchange, &content(request, "request", decoded_cap, &mut notes))
        });
        let answered = exchange.response.as_ref().map(|response| {
            answered(response, &content(response, "response", decoded_cap, &mut notes))
        });
        let Exchange { connection, connected, client, server, .. } = *exchange;
        Self { id, connection, connected, client, server, asked, answered, notes }
    }

    /// When it began.
    pub fn time(&self) -> Option<Timestamp> {
        let asked = self.asked.as_ref().map(|asked| asked.time);
        asked.or(self.answered.as_ref().map(|answered| answered.time))
    }

    /// The packet and the time of each of its messages.
    pub(super) fn moments(&self) -> impl Iterator<Item = (u64, Timestamp)> {
        let asked = self.asked.as_ref().map(|asked| (asked.packet, asked.time));
        let answered = self.answered.as_ref().map(|answered| (answered.packet, answered.time));
        asked.into_iter().chain(answered)
    }

    /// The URL that a redirect leads to, be it by status or by the page itself.
    pub fn redirects_to(&self) -> Option<url::Url> {
        let answered = self.answered.as_ref()?;
        let location = if answered.is_redirect() {
            escaped(answered.location.as_deref()?)
        } else {
            answered.refresh.clone()?
        };
        let mut url = self.asked.as_ref()?.url.as_ref()?.join(&location).ok()?;
        url.set_fragment(None);
        Some(url)
    }
}

/// What was kept of a body, its content codings undone. If that is not possible although all of it
/// is there, a note says so.
fn content<'a, S>(
    message: &'a Message<S>,
    what: &str,
    cap: usize,
    notes: &mut Vec<Note>,
) -> Cow<'a, [u8]> {
    if message.body.kept.is_empty() {
        return Cow::Borrowed(&[]);
    }
    let decoded = decode_content(&message.headers, &message.body.kept, cap);
    if let Some(problem @ Problem::Damaged) = decoded.problem
        && message.body.is_whole()
    {
        let text = format!("{what}: {}", problem.text());
        notes.push(Note::at(NoteKind::ContentCoding, message.at.packet, text));
    }
    decoded.bytes
}

/// A `Location` as a browser reads it: bytes that are not ASCII are escaped, in whatever encoding
/// they are.
fn escaped(location: &[u8]) -> String {
    location.iter().fold(String::new(), |mut text, byte| {
        if byte.is_ascii() {
            text.push(char::from(*byte));
            text
        } else {
            text + &format!("%{byte:02X}")
        }
    })
}

fn asked(request: &Request, exchange: &Exchange, content: &[u8]) -> Asked {
    let headers = &request.headers;
    let spoken = scheme::spoken(request, exchange.server);
    let on_wire = match spoken.scheme {
        Scheme::Http => crate::http::Scheme::Http,
        Scheme::Https => crate::http::Scheme::Https,
    };
    let url = request.url(on_wire, exchange.server);
    let url = url.and_then(|url| url::Url::parse(&url.to_string()).ok());
    let target = target(request, exchange, url.as_ref(), spoken.scheme);
    let header = |name| headers.first(name);
    let clues = Clues {
        method: &request.start.method,
        fetch_site: header("sec-fetch-site"),
        fetch_mode: header("sec-fetch-mode"),
        fetch_dest: header("sec-fetch-dest"),
        origin: header("origin"),
        referer: header("referer"),
        storage_access: header("sec-fetch-storage-access"),
        upgrade_insecure_requests: header("upgrade-insecure-requests").is_some(),
    };
    let site = target.as_ref().map(|target| Site::of_request(&clues, target)).unwrap_or_default();
    let site = Site { scheme_in_doubt: spoken.in_doubt, ..site };
    let referer =
        header("referer").and_then(|url| url::Url::parse(std::str::from_utf8(url).ok()?).ok());
    Asked {
        packet: request.at.packet,
        time: request.at.time,
        method: request.start.method.to_vec(),
        path: request.start.target.to_vec(),
        url,
        target,
        site,
        cookies: CookieHeader::parse(headers.all("cookie")),
        user_agent: header("user-agent").unwrap_or_default().to_vec(),
        traits: [header("accept-language"), header("sec-ch-ua")]
            .map(Option::unwrap_or_default)
            .join(&b'|'),
        referer,
        form: form::fields(headers, content),
        is_json: form::is_json(headers),
        has_basic: header("authorization").is_some_and(|value| {
            value.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic "))
        }),
        purpose: purpose(headers, &clues, &request.start.target),
        is_relayed: spoken.is_forwarded,
    }
}

fn target(
    request: &Request,
    exchange: &Exchange,
    url: Option<&url::Url>,
    scheme: Scheme,
) -> Option<Target> {
    if let Some(target) = url.and_then(|url| Target::from_url(url.as_str().as_bytes())) {
        // The path as sent: cookies are matched before any normalisation (RFC 6265bis 5.1.4).
        let as_sent = &request.start.target;
        let path = if as_sent.starts_with(b"/") { &as_sent[..] } else { &target.path[..] };
        return Some(Target::new(target.scheme, target.host.clone(), target.port, path));
    }
    let (host, port) = Host::from_authority(request.headers.first("host")?)?;
    let port = port.unwrap_or(exchange.server.port());
    Some(Target::new(scheme, host, port, &request.start.target))
}

fn purpose(headers: &Headers, clues: &Clues<'_>, path: &[u8]) -> Purpose {
    let page = if is_reload(headers) { Purpose::Reload } else { Purpose::Page };
    if path.starts_with(b"/favicon.ico") {
        return Purpose::Part;
    }
    if let Some(dest) = clues.fetch_dest {
        return if dest == b"document" { page } else { Purpose::Part };
    }
    if clues.upgrade_insecure_requests {
        return page;
    }
    match headers.first("accept") {
        Some(accept) if memchr::memmem::find(accept, b"text/html").is_some() => page,
        Some(b"*/*") | None if headers.first("referer").is_none() => Purpose::Unsaid,
        _ => Purpose::Part,
    }
}

fn is_reload(headers: &Headers) -> bool {
    headers.list("cache-control").any(|directive| matches!(directive, b"max-age=0" | b"no-cache"))
}

/// Only what says so itself counts: what a cache may guess (RFC 9111 section 4.2.2) differs.
fn is_shared_cacheable(headers: &Headers, status: u16) -> bool {
    let has = |wanted: &str| {
        headers.list("cache-control").any(|directive| {
            let name = directive.split(|byte| *byte == b'=').next().unwrap_or_default();
            name.eq_ignore_ascii_case(wanted.as_bytes())
        })
    };
    let forbidden = has("no-store") || has("private") || has("no-cache");
    matches!(status, 200 | 203 | 301 | 308) && !forbidden && (has("public") || has("s-maxage"))
}

fn answered(response: &Response, content: &[u8]) -> Answered {
    let headers = &response.headers;
    let excerpt = page::excerpt(headers, content);
    let is_page = headers.media_type().is_some_and(|media_type| {
        matches!(&*media_type, b"text/html" | b"text/plain" | b"application/xhtml+xml")
    });
    Answered {
        packet: response.at.packet,
        time: response.at.time,
        status: response.start.status,
        reason: response.start.reason.to_vec(),
        location: headers.first("location").map(<[u8]>::to_vec),
        has_refresh_header: headers.first("refresh").is_some(),
        refresh: page::refresh(headers, content),
        set_cookies: headers.all("set-cookie").map(<[u8]>::to_vec).collect(),
        date: headers.first("date").and_then(crate::cookie::date::parse_cookie_date),
        is_shared_cacheable: is_shared_cacheable(headers, response.start.status),
        clear_site_data: headers.first("clear-site-data").map(<[u8]>::to_vec),
        excerpt,
        is_page,
        asks_password: is_page && page::asks_password(content),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::samples;

    const REQUEST: &str = "GET / HTTP/1.1\nHost: a.test";

    fn visit(coding: &str, kept: &[u8], length: u64) -> Visit {
        let head = format!("HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Encoding: {coding}");
        let mut exchange = samples::exchange([1, 2], REQUEST, &head);
        let body = &mut exchange.response.as_mut().unwrap().body;
        (body.kept, body.length) = (kept.to_vec(), length);
        Visit::of(1, &exchange, 1000)
    }

    #[test]
    fn a_page_is_read_through_its_coding_and_a_broken_one_is_noted() {
        let page = zstd::stream::encode_all(&b"<p>You are logged in</p>"[..], 3).unwrap();
        let whole = visit("zstd", &page, page.len() as u64);
        assert_eq!(whole.answered.unwrap().excerpt.unwrap(), "You are logged in");
        assert!(whole.notes.is_empty());
        let broken = visit("zstd", &page[..9], 9);
        let note = Note::at(
            NoteKind::ContentCoding,
            2,
            "response: the compressed content ends early or is damaged",
        );
        assert_eq!(broken.notes, [note]);
        // That not all was kept is no fault of the content.
        assert!(visit("zstd", &page[..9], page.len() as u64).notes.is_empty());
    }
}
