//! Chains of redirects: hop by hop, what led on, what became of the method, which borders were
//! crossed, how the chain ends, and why one goes round in a circle.

use super::address::Address;
use super::steps::Known;
use super::story::{CookieEvent, EventKind, Navigation};
use super::visit::{Answered, Asked, Visit};
use crate::cookie::Reason;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How often one URL is asked for in one chain that is a circle.
const CIRCLE: usize = 3;

/// What sends a browser on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SentOn {
    /// A status of the 3xx class and `Location` (RFC 9110 section 15.4).
    Status,
    /// The `Refresh` header.
    RefreshHeader,
    /// `<meta http-equiv=refresh>` in the page.
    MetaRefresh,
}

impl SentOn {
    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::RefreshHeader => "refresh-header",
            Self::MetaRefresh => "meta-refresh",
        }
    }
}

/// A border between one hop and the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Border {
    /// Another host.
    Host,
    /// The same host, another port.
    Port,
    /// From http to https, or back.
    Scheme,
}

impl Border {
    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Port => "port",
            Self::Scheme => "scheme",
        }
    }
}

/// One redirect.
#[derive(Debug, Clone)]
pub struct Redirect {
    /// The visit whose answer sends the browser on.
    pub from: usize,
    /// The visit that follows; `None` where none does.
    pub to: Option<usize>,
    /// What sends it on.
    pub by: SentOn,
    /// Where it is sent; `None` where that is no URL.
    pub target: Option<Arc<Address>>,
    /// The borders between the two.
    pub crosses: Box<[Border]>,
    /// The methods before and after, where they differ.
    pub method_change: Option<Box<[Arc<[u8]>; 2]>>,
    /// The request that follows is not for the URL itself: its https twin lies between, unseen.
    pub is_hidden: bool,
}

/// How a chain of redirects ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChainEnd {
    /// With an answer that leads no further.
    Arrived,
    /// It goes round, and the browser or the capture gives up.
    Circle,
    /// The capture ends before the browser follows.
    Cut,
    /// It goes on over https, where this capture cannot follow.
    Encrypted,
    /// It leads to something other than a web page, or is no URL.
    NoPage,
    /// The browser does not follow, or its cache answers.
    NotFollowed,
}

impl ChainEnd {
    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::Circle => "circle",
            Self::Cut => "cut",
            Self::Encrypted => "encrypted",
            Self::NoPage => "no-page",
            Self::NotFollowed => "not-followed",
        }
    }
}

/// The redirects of one step.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Each redirect, in order.
    pub redirects: Box<[Redirect]>,
    /// How it ends.
    pub end: ChainEnd,
    /// Of a circle: how many hops are one round.
    pub round: Option<usize>,
    /// Of a circle: why, in a sentence. It may hold captured text.
    pub cause: Option<String>,
}

/// The chain of a step; `None` for one without redirects.
pub(super) fn chain(known: Known<'_>, step: &Navigation, is_last: bool) -> Option<Chain> {
    let redirects: Box<[Redirect]> = step
        .hops
        .iter()
        .enumerate()
        .filter_map(|(place, from)| redirect(known.visits, *from, step.hops.get(place + 1)))
        .collect();
    let last = redirects.last()?;
    let round = round(known, step);
    let end = end(last, round, is_last);
    let cause = round.map(|_| cause(known, step));
    Some(Chain { redirects, end, round, cause })
}

fn redirect(visits: &[Visit], from: usize, to: Option<&usize>) -> Option<Redirect> {
    let (asked, answered) = (visits[from].asked.as_deref()?, visits[from].answered.as_deref()?);
    let by = sends_on(answered)?;
    let target = visits[from].redirects_to().cloned();
    let next = to.and_then(|to| visits[*to].asked.as_deref());
    let crosses = match (&asked.url, &target) {
        (Some(before), Some(after)) => borders(before, after),
        _ => Box::default(),
    };
    let method_change = next
        .filter(|next| next.method != asked.method)
        .map(|next| Box::new([&asked.method, &next.method].map(Arc::clone)));
    let is_hidden = next.is_some_and(|next| next.url != target);
    Some(Redirect { from, to: to.copied(), by, target, crosses, method_change, is_hidden })
}

/// What in an answer sends the browser on, if anything does.
fn sends_on(answered: &Answered) -> Option<SentOn> {
    if answered.is_redirect() {
        return Some(SentOn::Status);
    }
    answered.refresh()?;
    Some(if answered.has_refresh_header { SentOn::RefreshHeader } else { SentOn::MetaRefresh })
}

fn borders(before: &Address, after: &Address) -> Box<[Border]> {
    let mut borders = Vec::new();
    if before.host_str() != after.host_str() {
        borders.push(Border::Host);
    } else if before.port_or_known_default() != after.port_or_known_default()
        && before.scheme() == after.scheme()
    {
        borders.push(Border::Port);
    }
    if before.scheme() != after.scheme() {
        borders.push(Border::Scheme);
    }
    borders.into()
}

fn end(last: &Redirect, round: Option<usize>, is_last: bool) -> ChainEnd {
    match (&last.target, last.to) {
        _ if round.is_some() => ChainEnd::Circle,
        (_, Some(_)) => ChainEnd::Arrived,
        (None, None) => ChainEnd::NoPage,
        (Some(target), None) => match target.scheme() {
            "https" => ChainEnd::Encrypted,
            "http" if is_last => ChainEnd::Cut,
            "http" => ChainEnd::NotFollowed,
            _ => ChainEnd::NoPage,
        },
    }
}

/// How many hops apart the same request comes again, if one comes so often that the chain is a
/// circle.
fn round(known: Known<'_>, step: &Navigation) -> Option<usize> {
    if step.hops.len() < CIRCLE {
        return None;
    }
    let mut asked: BTreeMap<(&[u8], &Address), Vec<usize>> = BTreeMap::new();
    for (place, hop) in step.hops.iter().enumerate() {
        if let Some(one) = &known.visits[*hop].asked
            && let Some(url) = &one.url
        {
            asked.entry((&one.method, url)).or_default().push(place);
        }
    }
    let repeated = asked.values().filter(|places| places.len() >= CIRCLE);
    repeated.filter_map(|places| places.first().zip(places.get(1))).map(|(a, b)| b - a).min()
}

/// Why a chain goes round: the cookie that never comes back, if there is one.
fn cause(known: Known<'_>, step: &Navigation) -> String {
    let name = |cookie: usize| super::findings::quoted(&known.cookies[cookie].name);
    let id = |event: &CookieEvent| event.visit.map_or(0, |visit| known.visits[visit].id);
    let events = || step.hops.iter().flat_map(|hop| known.events_of(*hop));
    if let Some((cookie, event)) =
        events().min_by_key(|(cookie, event)| blame(known, *cookie, event))
        && blame(known, cookie, event) < INNOCENT
    {
        let (name, id) = (name(cookie), id(event));
        let why = event.text.as_deref().unwrap_or_default();
        return match event.kind {
            EventKind::Refused => {
                format!("The cookie {name} is set in exchange {id}, and does not come back. {why}")
            }
            EventKind::Deleted => {
                format!("The cookie {name} is deleted again on the way, in exchange {id}.")
            }
            _ => format!("The cookie {name} does not come along in exchange {id}. {why}"),
        };
    }
    let is_set = |kind| matches!(kind, EventKind::Set | EventKind::Replaced | EventKind::Refreshed);
    let given: BTreeSet<usize> =
        events().filter(|(_, event)| is_set(event.kind)).map(|(cookie, _)| cookie).collect();
    let comes_back =
        events().find(|(cookie, event)| event.kind == EventKind::Sent && given.contains(cookie));
    let goes_to_https = step.hops.iter().any(|hop| {
        known.visits[*hop].redirects_to().is_some_and(|target| target.scheme() == "https")
    });
    match comes_back {
        Some((cookie, _)) => format!(
            "The cookie {} is set on the way and does come back: what the server misses is not that \
             cookie.",
            name(cookie)
        ),
        None if goes_to_https => "It goes to https and comes back to http: what stands between \
                                  browser and server does not tell the server that the browser \
                                  came over https."
            .to_owned(),
        None => "No cookie is lost on the way: the servers send the browser back and forth by \
                 themselves."
            .to_owned(),
    }
}

/// Blames from here on are none.
const INNOCENT: u8 = 4;

/// How much an event is to blame for a circle; the least number is the most to blame.
fn blame(known: Known<'_>, cookie: usize, event: &CookieEvent) -> u8 {
    let is_session = known.cookies[cookie].is_session();
    let is_out_of_reach = event.verdict.is_some_and(|verdict| {
        matches!(verdict.reason, Reason::PathMismatch | Reason::DomainMismatch)
    });
    match event.kind {
        EventKind::Refused => u8::from(!is_session),
        EventKind::Missing => 2,
        EventKind::Withheld if is_session || !is_out_of_reach => 2,
        EventKind::Deleted if is_session && event.text.is_none() => 3,
        _ => INNOCENT,
    }
}

/// Whether a visit may be what a redirect led to, its https twin lying between: a request for the
/// very URL in http, which the server behind the twin sent the browser back to.
pub(super) fn is_twin(asked: &Asked, target: &Address) -> bool {
    let Some(url) = &asked.url else { return false };
    target.scheme() == "https"
        && url.scheme() == "http"
        && (url.host_str(), url.path(), url.query())
            == (target.host_str(), target.path(), target.query())
}
