//! An exchange as the trail needs it: who asked for what with which cookies, what came back, and
//! the few words of the page that a person would remember. Bodies are left behind.

use super::address::Address;
use super::attempt::About;
use super::fields::{Answering, Asking, Media};
use super::form::{self, Field};
use super::page;
use super::pages::Page;
use super::scheme::{self, Spoken};
use super::shared::{Place, Shared};
use crate::cookie::site::Load;
use crate::cookie::{CookieHeader, Scheme, Site, Target};
use crate::http::{Exchange, Headers, Message, Problem, Request, Response, decode_content};
use crate::note::{Note, NoteKind};
use crate::time::Timestamp;
use percent_encoding::AsciiSet;
use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;

/// A request, as the trail needs it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The packet of its first byte.
    pub packet: u64,
    /// The time of that packet.
    pub time: Timestamp,
    /// The packet as which it counts when one asks what came first.
    pub turn: u64,
    /// The method, as sent.
    pub method: Arc<[u8]>,
    /// The request target, as sent.
    pub path: Arc<[u8]>,
    /// The absolute URL, where it can be told.
    pub url: Option<Arc<Address>>,
    /// Where it went, as far as cookies care; `None` if the host cannot be read.
    pub target: Option<Arc<Target>>,
    /// From where it was made.
    pub site: Site,
    /// The cookies it carried.
    pub cookies: Arc<CookieHeader>,
    /// `User-Agent`; empty if there was none.
    pub user_agent: Arc<[u8]>,
    /// What a client sends with every request beside its name: languages and client hints.
    pub traits: Arc<[u8]>,
    /// `Referer`.
    pub referer: Option<Arc<Address>>,
    /// The form fields it submitted.
    pub form: Box<[Field]>,
    /// Whether it submitted them as JSON.
    pub is_json: bool,
    /// Whether it carried a name and a password in its head (`Authorization: Basic`).
    pub has_basic: bool,
    /// What it says of its own purpose.
    pub purpose: Purpose,
    /// Whether somebody between client and server passed it on, whose connections may be shared.
    pub is_relayed: bool,
    /// What it is for.
    pub(super) about: About,
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
pub struct Answered {
    /// The packet of its first byte.
    pub packet: u64,
    /// The time of that packet.
    pub time: Timestamp,
    /// The packet as which it counts when one asks what came first.
    pub turn: u64,
    /// The status code.
    pub status: u16,
    /// The reason phrase; empty if there was none.
    pub reason: Arc<[u8]>,
    /// `Location`.
    pub location: Option<Box<[u8]>>,
    /// Where `Refresh` sends its reader after a while.
    pub refresh_header: Option<Box<str>>,
    /// Whether there is one; then what the page says of it does not count.
    pub has_refresh_header: bool,
    /// Every `Set-Cookie` line, in order.
    pub set_cookies: Box<[Vec<u8>]>,
    /// `Date`, where there are lines that are to be read by it.
    pub date: Option<Timestamp>,
    /// Whether any cache may keep it and give it to others (RFC 9111 section 3).
    pub is_shared_cacheable: bool,
    /// `Clear-Site-Data`.
    pub clear_site_data: Option<Box<[u8]>>,
    /// What its content says.
    pub page: Arc<Page>,
}

impl Answered {
    /// Whether it sends the client elsewhere (RFC 9110 section 15.4). With an empty `Location` it
    /// does not: browsers show what came with it.
    pub fn is_redirect(&self) -> bool {
        let leads_on = |location: &[u8]| !location.trim_ascii().is_empty();
        self.has_redirect_status() && self.location.as_deref().is_some_and(leads_on)
    }

    /// Where it sends its reader after a while (`Refresh`, or the meta element), if not to itself.
    pub fn refresh(&self) -> Option<&str> {
        let refresh =
            if self.has_refresh_header { &self.refresh_header } else { &self.page.refresh };
        refresh.as_deref()
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
    pub asked: Option<Box<Asked>>,
    /// The response, if it was captured.
    pub answered: Option<Box<Answered>>,
    /// Where the answer leads, if it does.
    leads_to: Option<Arc<Address>>,
    /// What was odd.
    pub notes: Vec<Note>,
}

impl Visit {
    /// Takes from an exchange what the trail needs. Its number is for who knows it to fill in.
    pub(super) fn of(exchange: &Exchange, decoded_cap: usize, shared: &mut Shared) -> Self {
        let mut notes = exchange.notes.clone();
        let asked = exchange.request.as_ref().map(|request| {
            Box::new(asked(
                request,
                exchange,
                &content(request, "request", decoded_cap, &mut notes),
                shared,
            ))
        });
        let answered = exchange.response.as_ref().map(|response| {
            let answered = answered(response, decoded_cap, shared);
            note_damage(response, "response", answered.page.is_damaged, &mut notes);
            Box::new(answered)
        });
        let Exchange { connection, connected, client, server, .. } = *exchange;
        let leads_to = leads_to(asked.as_deref(), answered.as_deref()).map(Arc::new);
        Self { id: 0, connection, connected, client, server, asked, answered, leads_to, notes }
    }

    /// When it began.
    pub fn time(&self) -> Option<Timestamp> {
        let asked = self.asked.as_deref().map(|asked| asked.time);
        asked.or(self.answered.as_deref().map(|answered| answered.time))
    }

    /// The packet and the time it began with.
    pub fn begun(&self) -> Option<(u64, Timestamp)> {
        self.moments().next()
    }

    /// The packet and the time of each of its messages.
    pub(super) fn moments(&self) -> impl Iterator<Item = (u64, Timestamp)> {
        let asked = self.asked.as_deref().map(|asked| (asked.packet, asked.time));
        let answered = self.answered.as_deref().map(|answered| (answered.packet, answered.time));
        asked.into_iter().chain(answered)
    }

    /// Whether one of its messages counts as another packet than it is.
    pub(super) fn is_out_of_step(&self) -> bool {
        self.asked.as_deref().is_some_and(|asked| asked.turn != asked.packet)
            || self.answered.as_deref().is_some_and(|answered| answered.turn != answered.packet)
    }

    /// As which packet one of its messages counts when one asks what came first, by its packet.
    pub(super) fn turn_of(&self, packet: u64) -> u64 {
        let asked = self.asked.as_deref().map(|asked| (asked.packet, asked.turn));
        let answered = self.answered.as_deref().map(|answered| (answered.packet, answered.turn));
        let own = [asked, answered].into_iter().flatten().find(|(own, _)| *own == packet);
        own.map_or(packet, |(_, turn)| turn)
    }

    /// The URL that a redirect leads to, be it by status or by the page itself.
    pub fn redirects_to(&self) -> Option<&Arc<Address>> {
        self.leads_to.as_ref()
    }
}

fn leads_to(asked: Option<&Asked>, answered: Option<&Answered>) -> Option<Address> {
    let (url, answered) = (asked?.url.as_ref()?, answered?);
    if answered.is_redirect() {
        url.join(&escaped(answered.location.as_deref()?))
    } else {
        url.join(answered.refresh()?)
    }
}

/// What was kept of a body, its content codings undone.
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
    note_damage(message, what, decoded.problem == Some(Problem::Damaged), notes);
    decoded.bytes
}

/// Notes that content codings could not be undone although all of the body is there.
fn note_damage<S>(message: &Message<S>, what: &str, is_damaged: bool, notes: &mut Vec<Note>) {
    if is_damaged && message.body.is_whole() {
        let text = format!("{what}: {}", Problem::Damaged.text());
        notes.push(Note::at(NoteKind::ContentCoding, message.at.packet, text));
    }
}

/// A `Location` as a browser reads it: bytes that are not ASCII are escaped, in whatever encoding
/// they are.
fn escaped(location: &[u8]) -> Cow<'_, str> {
    percent_encoding::percent_encode(location, &AsciiSet::EMPTY).into()
}

fn asked(request: &Request, exchange: &Exchange, content: &[u8], shared: &mut Shared) -> Asked {
    let fields = Asking::of(&request.headers);
    let media = Media::of(fields.content_type);
    let host = fields.host.and_then(|host| shared.host(host));
    let spoken = scheme::spoken(request, &fields, host, exchange.server);
    let on_wire = match spoken.scheme {
        Scheme::Http => crate::http::Scheme::Http,
        Scheme::Https => crate::http::Scheme::Https,
    };
    let url = request.url(on_wire, exchange.server);
    let place = url.and_then(|url| shared.place(&url.pieces().concat()));
    let (scheme_in_doubt, is_relayed) = (spoken.in_doubt, spoken.is_forwarded);
    let known = place.as_ref().and_then(|place| place.target.as_ref());
    let target = target(request, exchange, known, spoken);
    let referer = fields.referer.and_then(|url| shared.place(std::str::from_utf8(url).ok()?));
    let method = &request.start.method;
    let site = target.as_ref().map(|to| site(method, &fields, to, referer.as_ref(), shared));
    let site = Site { scheme_in_doubt, ..site.unwrap_or_default() };
    let traits = [fields.accept_language, fields.sec_ch_ua].map(Option::unwrap_or_default);
    let mut asked = Asked {
        packet: request.at.packet,
        time: request.at.time,
        turn: request.at.turn,
        method: shared.text(method),
        path: shared.text(&request.start.target),
        url: place.map(|place| place.address),
        target,
        site,
        purpose: purpose(&request.headers, &fields, &request.start.target),
        user_agent: shared.text(fields.user_agent.unwrap_or_default()),
        traits: shared.text(&traits.join(&b'|')),
        referer: referer.map(|place| place.address),
        form: form::fields(media, content).into_boxed_slice(),
        is_json: media == Media::Json,
        has_basic: fields.authorization.is_some_and(|value| {
            value.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic "))
        }),
        is_relayed,
        cookies: shared.cookies(&fields.cookies),
        about: About::default(),
    };
    asked.about = About::of(&asked);
    asked
}

/// From where a request was made whose `Referer` is this one.
fn site(
    method: &[u8],
    fields: &Asking<'_>,
    target: &Target,
    referer: Option<&Place>,
    shared: &mut Shared,
) -> Site {
    Site::with(&fields.clues(method), target, |url| {
        if fields.referer == Some(url) {
            return referer?.target.clone();
        }
        shared.place(std::str::from_utf8(url).ok()?)?.target
    })
}

fn target(
    request: &Request,
    exchange: &Exchange,
    of_url: Option<&Arc<Target>>,
    spoken: Spoken,
) -> Option<Arc<Target>> {
    let as_sent = &request.start.target;
    if let Some(target) = of_url {
        // The path as sent: cookies are matched before any normalisation (RFC 6265bis 5.1.4).
        let path = crate::cookie::path::path_of(as_sent);
        if !as_sent.starts_with(b"/") || target.path == path {
            return Some(Arc::clone(target));
        }
        return Some(Arc::new(Target { path: path.to_vec(), ..Target::clone(target) }));
    }
    let (host, port) = spoken.host?;
    let port = port.unwrap_or(exchange.server.port());
    Some(Arc::new(Target::new(spoken.scheme, host, port, as_sent)))
}

fn purpose(headers: &Headers, fields: &Asking<'_>, path: &[u8]) -> Purpose {
    let is_reload = fields.has_cache_control && is_reload(headers);
    let page = if is_reload { Purpose::Reload } else { Purpose::Page };
    if path.starts_with(b"/favicon.ico") {
        return Purpose::Part;
    }
    if let Some(dest) = fields.fetch_dest {
        return if dest == b"document" { page } else { Purpose::Part };
    }
    if fields.upgrade_insecure_requests {
        return page;
    }
    match fields.accept {
        Some(accept) if memchr::memmem::find(accept, b"text/html").is_some() => page,
        Some(b"*/*") | None if fields.referer.is_none() => Purpose::Unsaid,
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
    let is_allowed = matches!(status, 200 | 203 | 301 | 308) && (has("public") || has("s-maxage"));
    is_allowed && !(has("no-store") || has("private") || has("no-cache"))
}

fn answered(response: &Response, decoded_cap: usize, shared: &mut Shared) -> Answered {
    let fields = Answering::of(&response.headers);
    let status = response.start.status;
    let has_lines = !fields.set_cookies.is_empty();
    Answered {
        packet: response.at.packet,
        time: response.at.time,
        turn: response.at.turn,
        status,
        reason: shared.text(&response.start.reason),
        location: fields.location.map(Box::from),
        has_refresh_header: fields.refresh.is_some(),
        refresh_header: fields.refresh.and_then(page::refresh_of_header).map(Box::from),
        date: fields.date.filter(|_| has_lines).and_then(crate::cookie::date::parse_cookie_date),
        set_cookies: fields.set_cookies.into_boxed_slice(),
        is_shared_cacheable: fields.has_cache_control
            && is_shared_cacheable(&response.headers, status),
        clear_site_data: fields.clear_site_data.map(Box::from),
        page: shared.pages.read(response, fields.content_type, decoded_cap),
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
        Visit::of(&exchange, 1000, &mut Shared::default())
    }

    #[test]
    fn a_page_is_read_through_its_coding_and_a_broken_one_is_noted() {
        let page = zstd::stream::encode_all(&b"<p>You are logged in</p>"[..], 3).unwrap();
        let whole = visit("zstd", &page, page.len() as u64);
        assert_eq!(whole.answered.unwrap().page.excerpt.as_deref().unwrap(), "You are logged in");
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
