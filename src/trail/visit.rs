//! An exchange as the trail needs it: who asked for what with which cookies, what came back, and
//! the few words of the page that a person would remember. Bodies are left behind.

use super::form::{self, Field};
use super::page;
use crate::cookie::site::Load;
use crate::cookie::{Clues, CookieHeader, Host, Scheme, Site, Target};
use crate::http::{Exchange, Headers, Request, Response};
use crate::note::Note;
use crate::time::Timestamp;
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
        let asked = exchange.request.as_ref().map(|request| asked(request, exchange, decoded_cap));
        let answered = exchange.response.as_ref().map(|response| answered(response, decoded_cap));
        let Exchange { connection, client, server, notes, .. } = exchange;
        let (connection, client, server, notes) = (*connection, *client, *server, notes.clone());
        Self { id, connection, client, server, asked, answered, notes }
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

fn asked(request: &Request, exchange: &Exchange, decoded_cap: usize) -> Asked {
    let headers = &request.headers;
    let url = request.url(crate::http::Scheme::Http, exchange.server);
    let url = url.and_then(|url| url::Url::parse(&url.to_string()).ok());
    let target = target(request, exchange, url.as_ref());
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
        form: form::fields(headers, &request.body, decoded_cap),
        is_json: form::is_json(headers),
        has_basic: header("authorization").is_some_and(|value| {
            value.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic "))
        }),
        purpose: purpose(headers, &clues, &request.start.target),
    }
}

fn target(request: &Request, exchange: &Exchange, url: Option<&url::Url>) -> Option<Target> {
    if let Some(target) = url.and_then(|url| Target::from_url(url.as_str().as_bytes())) {
        // The path as sent: cookies are matched before any normalisation (RFC 6265bis 5.1.4).
        let as_sent = &request.start.target;
        let path = if as_sent.starts_with(b"/") { &as_sent[..] } else { &target.path[..] };
        return Some(Target::new(target.scheme, target.host.clone(), target.port, path));
    }
    let (host, port) = Host::from_authority(request.headers.first("host")?)?;
    let port = port.unwrap_or(exchange.server.port());
    Some(Target::new(Scheme::Http, host, port, &request.start.target))
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

fn answered(response: &Response, decoded_cap: usize) -> Answered {
    let headers = &response.headers;
    let excerpt = page::excerpt(headers, &response.body, decoded_cap);
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
        refresh: page::refresh(headers, &response.body, decoded_cap),
        set_cookies: headers.all("set-cookie").map(<[u8]>::to_vec).collect(),
        date: headers.first("date").and_then(crate::cookie::date::parse_cookie_date),
        is_shared_cacheable: is_shared_cacheable(headers, response.start.status),
        clear_site_data: headers.first("clear-site-data").map(<[u8]>::to_vec),
        excerpt,
        is_page,
        asks_password: is_page && page::asks_password(headers, &response.body, decoded_cap),
    }
}
