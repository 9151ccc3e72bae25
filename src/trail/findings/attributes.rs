//! What a session cookie's attributes leave open.

use super::super::story::{CookieEvent, CookieLife, EventKind, Story};
use super::{Case, quoted};
use crate::cookie::Scheme;
use crate::session::Kind;
use std::collections::BTreeMap;
use std::time::Duration;

/// Longer than any session that is renewed while it is used: Flask's own default is 31 days.
const LONG: Duration = Duration::from_secs(32 * 24 * 60 * 60);

/// The first event of each session cookie that a rule objects to, browsers with the same cookie
/// taken together. The first of them is put into words.
fn each_session<O>(
    story: &Story,
    objection: impl Fn(&CookieLife, &CookieEvent) -> Option<O>,
    words: impl Fn(&CookieLife, O) -> String,
) -> Vec<Case> {
    let mut cases = ByCookie::default();
    for (index, life) in story.cookies.iter().enumerate().filter(|(_, life)| is_guarded(life)) {
        let made =
            |event: &&CookieEvent| matches!(event.kind, EventKind::Set | EventKind::Replaced);
        let found = life
            .events
            .iter()
            .filter(made)
            .find_map(|event| Some((event, objection(life, event)?)));
        let Some((event, objection)) = found else { continue };
        let new = || Case { visits: Vec::new(), cookie: Some(index), text: words(life, objection) };
        cases.case(life, "", new).0.visits.extend(event.visit);
    }
    cases.into_cases()
}

/// Cases by the cookie that they are about, whichever browsers have it.
#[derive(Default)]
pub(super) struct ByCookie<'a> {
    cases: Vec<Case>,
    places: BTreeMap<(&'a [u8], &'a str, &'a str), usize>,
}

impl<'a> ByCookie<'a> {
    /// The case of a cookie, which is one of `why`; `new` if there is none yet. Says whether it was
    /// there.
    pub fn case(
        &mut self,
        life: &'a CookieLife,
        why: &'a str,
        new: impl FnOnce() -> Case,
    ) -> (&mut Case, bool) {
        let next = self.cases.len();
        let place = *self.places.entry((&life.name, &life.domain, why)).or_insert(next);
        if place == next {
            self.cases.push(new());
        }
        (&mut self.cases[place], place < next)
    }

    /// All of them, in the order in which they came up.
    pub fn into_cases(self) -> Vec<Case> {
        self.cases
    }
}

/// Sessions and what stands for one; tokens that scripts must read are not meant.
fn is_guarded(life: &CookieLife) -> bool {
    life.is_session() && life.reading().is_some_and(|reading| reading.kind != Kind::Csrf)
}

fn has(event: &CookieEvent, name: &str) -> bool {
    event.attributes.iter().any(|(written, _)| written.eq_ignore_ascii_case(name.as_bytes()))
}

/// `“session” of shop.test`.
fn named(life: &CookieLife) -> String {
    format!("{} of {}", quoted(&life.name), life.domain)
}

pub(super) fn without_http_only(story: &Story) -> Vec<Case> {
    let objection = |_: &CookieLife, event: &CookieEvent| (!has(event, "httponly")).then_some(());
    each_session(story, objection, |life, ()| {
        format!("The session cookie {} is set without HttpOnly.", named(life))
    })
}

/// Over http the cookie crosses the network in clear at once, which is a finding of its own.
pub(super) fn without_secure(story: &Story) -> Vec<Case> {
    let objection = |_: &CookieLife, event: &CookieEvent| {
        let target = story.visits[event.visit?].asked.as_deref()?.target.as_ref()?;
        (target.scheme == Scheme::Https && !has(event, "secure")).then_some(())
    };
    each_session(story, objection, |life, ()| {
        format!("The session cookie {} is set over https without Secure.", named(life))
    })
}

pub(super) fn without_same_site(story: &Story) -> Vec<Case> {
    let objection = |_: &CookieLife, event: &CookieEvent| (!has(event, "samesite")).then_some(());
    each_session(story, objection, |life, ()| {
        format!("The session cookie {} is set without SameSite.", named(life))
    })
}

pub(super) fn wide_domain(story: &Story) -> Vec<Case> {
    let objection = |life: &CookieLife, event: &CookieEvent| {
        let host = story.visits[event.visit?].asked.as_deref()?.target.as_ref()?.host.as_str();
        (life.host_only == Some(false) && host != life.domain).then_some(host)
    };
    each_session(story, objection, |life, host| {
        let (name, domain) = (quoted(&life.name), &life.domain);
        format!("The session cookie {name}, set by {host}, is sent to every host of {domain}.")
    })
}

pub(super) fn long_lived(story: &Story) -> Vec<Case> {
    let objection =
        |_: &CookieLife, event: &CookieEvent| lifetime(event).filter(|lifetime| *lifetime > LONG);
    each_session(story, objection, |life, lifetime| {
        let days = lifetime.as_secs() / 86_400;
        format!("The session cookie {} lives for {days} days.", named(life))
    })
}

/// How long the cookie is to be kept, by the attributes as written.
fn lifetime(event: &CookieEvent) -> Option<Duration> {
    let value = |name: &str| {
        let found = event
            .attributes
            .iter()
            .rfind(|(written, _)| written.eq_ignore_ascii_case(name.as_bytes()));
        found.and_then(|(_, value)| value.as_deref())
    };
    if let Some(seconds) =
        value("max-age").and_then(|text| std::str::from_utf8(text).ok()?.trim().parse().ok())
    {
        return Some(Duration::from_secs(seconds));
    }
    let end = crate::cookie::date::parse_cookie_date(value("expires")?)?;
    Some(end.since(event.time))
}

pub(super) fn refused(story: &Story) -> Vec<Case> {
    let mut cases = ByCookie::default();
    for (index, life) in story.cookies.iter().enumerate().filter(|(_, life)| life.is_session()) {
        let refused = life.events.iter().filter(|event| event.kind == EventKind::Refused);
        let events: Vec<&CookieEvent> = refused.collect();
        let Some(first) = events.first() else { continue };
        let visits = events.iter().filter_map(|event| event.visit);
        let why = first.text.as_deref().unwrap_or_default();
        let label = &story.browsers[life.browser].label;
        let new = || {
            let text =
                format!("{label}: the session cookie {} is not kept. {why}", quoted(&life.name));
            Case { visits: Vec::new(), cookie: Some(index), text }
        };
        let (case, is_known) = cases.case(life, why, new);
        case.visits.extend(visits);
        if is_known {
            case.text = format!("{label}, {}", case.text);
        }
    }
    cases.into_cases()
}
