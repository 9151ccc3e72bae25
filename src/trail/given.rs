//! Values that a browser sends and was never given, and that a server gave to another one: a session
//! that was copied.

use super::follow::Message;
use super::letter;
use super::lives::EventAt;
use super::story::{CookieEvent, CookieLife, EventKind};
use super::visit::Visit;
use crate::cookie::{Case, Reason, Target, Verdict};
use foldhash::fast::RandomState;
use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher;

/// Gives an event the reason that the value was given to another browser, with the words for it.
pub(super) fn explain(event: &mut CookieEvent, owner: usize, name: &[u8], target: &Target) {
    let reason = Reason::GivenToAnother;
    let (owner, sentence) = (letter(owner), reason.sentence(&Case::bare(name, target)));
    event.verdict = Some(Verdict::of(reason));
    event.text = Some(format!("The server gave it to browser {owner}. {sentence}").into());
}

/// A cookie that a server gave a value.
struct Given {
    /// The message that first showed the value.
    shown: Message,
    /// The message from which on it is known that a server gave it; once sorted, that it gave it to this
    /// browser or one before.
    since: Message,
    browser: usize,
}

/// Name, value, and domain of a cookie.
type ValueAt<'a> = (&'a [u8], &'a [u8], &'a str);

/// Says of each of these events, which show values that no server had given the browser, whether
/// another was given it before.
pub(super) fn explain_all(lives: &mut [CookieLife], unowned: &[EventAt], visits: &[Visit]) {
    let owners = owners(lives, unowned, visits);
    for ((life, place), owner) in unowned.iter().zip(owners) {
        let CookieLife { name, events, .. } = &mut lives[*life];
        let event = &mut events[*place];
        if let Some((owner, target)) = owner.zip(target(event, visits)) {
            explain(event, owner, name, target);
        }
    }
}

/// For each event the browser that was given its value first.
fn owners<'a>(
    lives: &'a [CookieLife],
    unowned: &[EventAt],
    visits: &'a [Visit],
) -> Vec<Option<usize>> {
    // Most values are nobody else's; so only a few bytes are kept of each that is looked for.
    let hasher = RandomState::default();
    let hash = |name: &[u8], value: &[u8]| hasher.hash_one((name, value));
    let sent = unowned.iter().filter_map(|(life, place)| {
        let CookieLife { name, versions, events, .. } = &lives[*life];
        Some(hash(name, &versions[events[*place].version?].value))
    });
    let sent: HashSet<u64, RandomState> = sent.collect();
    let mut given: BTreeMap<ValueAt<'_>, Vec<Given>> = BTreeMap::new();
    for life in lives.iter().filter(|_| !sent.is_empty()) {
        let is_sent = |value: &[u8]| sent.contains(&hash(&life.name, value));
        add(&mut given, life, is_sent, visits);
    }
    for all in given.values_mut() {
        all.sort_by_key(|one| one.shown);
        let mut soonest = None;
        for one in all {
            let since = one.since.max(one.shown);
            one.since = *soonest.insert(soonest.map_or(since, |soonest| since.min(soonest)));
        }
    }
    let owner = |at: &EventAt| {
        let now = message(&lives[at.0].events[at.1], visits)?;
        let of_key = |key| {
            let all = given.get(&key)?;
            // What is known the soonest never grows later.
            all.get(all.partition_point(|one| one.since >= now))
        };
        let first = keys(lives, *at, visits).filter_map(of_key).min_by_key(|one| one.shown);
        first.map(|one| one.browser)
    };
    unowned.iter().map(owner).collect()
}

/// Adds those values of a cookie that are looked for, if a server gave it any.
fn add<'a>(
    given: &mut BTreeMap<ValueAt<'a>, Vec<Given>>,
    life: &'a CookieLife,
    is_sent: impl Fn(&[u8]) -> bool,
    visits: &'a [Visit],
) {
    let mut wanted: Vec<bool> =
        life.versions.iter().map(|version| is_sent(&version.value)).collect();
    if !wanted.contains(&true) {
        return;
    }
    let scopes = scopes(life, visits);
    for event in &life.events {
        let Some(version) = event.version else { continue };
        if let Some(shown) = message(event, visits)
            && std::mem::take(&mut wanted[version])
        {
            for (domain, since) in &scopes {
                let key = (&*life.name, &*life.versions[version].value, *domain);
                let one = Given { shown, since: *since, browser: life.browser };
                given.entry(key).or_default().push(one);
            }
        }
    }
}

/// The domains of a cookie that a server set, each with the message from which on it is known to be.
/// A line that was refused does not show the domain of a cookie that requests had shown before.
fn scopes<'a>(life: &'a CookieLife, visits: &'a [Visit]) -> Vec<(&'a str, Message)> {
    let first = |is_meant: fn(&CookieEvent) -> bool| {
        let found = life.events.iter().find(|event| event.kind.is_from_server() && is_meant(event));
        found.and_then(|event| message(event, visits))
    };
    let (set, any) = (first(|event| event.kind != EventKind::Refused), first(|_| true));
    let shown = life.events.first().filter(|event| !event.kind.is_from_server());
    let host = shown.and_then(|event| target(event, visits)).map(|target| target.host.as_str());
    let Some(host) = host else { return any.map(|any| (&*life.domain, any)).into_iter().collect() };
    let set = set.map(|set| (&*life.domain, set)).filter(|(domain, _)| *domain != host);
    any.map(|any| (host, any)).into_iter().chain(set).collect()
}

/// The cookies that an event may show, by the domains that reach the host it was sent to.
fn keys<'a>(
    lives: &'a [CookieLife],
    (life, place): EventAt,
    visits: &'a [Visit],
) -> impl Iterator<Item = ValueAt<'a>> {
    let CookieLife { name, versions, events, .. } = &lives[life];
    let value = events[place].version.map(|version| &*versions[version].value);
    let host = target(&events[place], visits).map(|target| target.host.as_str());
    let shown = value.zip(host).into_iter();
    shown.flat_map(move |(value, host)| domains(host).map(move |domain| (&**name, value, domain)))
}

/// A host, and all that stands behind each of its dots.
fn domains(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |domain| Some(domain.split_once('.')?.1))
}

/// Where the request of an event went.
fn target<'a>(event: &CookieEvent, visits: &'a [Visit]) -> Option<&'a Target> {
    visits[event.visit?].asked.as_deref()?.target.as_deref()
}

/// The message that an event comes from.
pub(super) fn message(event: &CookieEvent, visits: &[Visit]) -> Option<Message> {
    let visit = event.visit?;
    let is_response = event.kind.is_from_server();
    let turn = if is_response {
        visits[visit].answered.as_deref()?.turn
    } else {
        visits[visit].asked.as_deref()?.turn
    };
    Some((turn, is_response, visit))
}

#[cfg(test)]
mod tests {
    use crate::http::samples::exchange;
    use crate::pipeline::Numbered;
    use crate::trail::{EventKind, Trail};
    use std::fmt::Write;

    /// Why the last of these exchanges sends a value that was not known: the reason, and the words. Each
    /// is one of another address: host, cookie that is sent, line that comes back.
    fn why(exchanges: &[(&str, &str, &str)]) -> (&'static str, String) {
        let mut trail = Trail::default();
        for (id, (host, sent, given)) in (1..).zip(exchanges) {
            let mut request = format!("GET / HTTP/1.1\nHost: {host}\nUser-Agent: Wget/1.21");
            if !sent.is_empty() {
                let _ = write!(request, "\nCookie: {sent}");
            }
            let mut response = "HTTP/1.1 200 OK".to_owned();
            if !given.is_empty() {
                let _ = write!(response, "\nSet-Cookie: {given}");
            }
            let mut exchange = exchange([id * 2 - 1, id * 2], &request, &response);
            exchange.client = ([10, 0, 0, u8::try_from(id).unwrap()], 40_000).into();
            trail.push(Numbered { id, exchange: Box::new(exchange) });
        }
        let story = trail.finish();
        let last = story.cookies.iter().flat_map(|life| &life.events).find(|event| {
            event.visit == Some(exchanges.len() - 1) && event.kind == EventKind::SentUnknown
        });
        let event = last.unwrap();
        let text = event.text.as_deref().unwrap_or_default().to_owned();
        (event.verdict.unwrap().reason.word(), text)
    }

    #[test]
    fn the_first_that_was_given_a_value_is_named() {
        let (reason, text) = why(&[
            ("a.test", "", "sid=other"),
            ("a.test", "", "sid=abcdefgh"),
            ("a.test", "", "sid=abcdefgh"),
            ("a.test", "sid=abcdefgh", ""),
        ]);
        assert_eq!(reason, "given-to-another");
        assert!(text.starts_with("The server gave it to browser B. "), "{text}");
    }

    #[test]
    fn what_was_given_later_or_elsewhere_is_no_explanation() {
        for others in [
            [("a.test", "sid=abcdefgh", ""), ("a.test", "", "")],
            [("b.test", "", "sid=abcdefgh"), ("a.test", "", "")],
            [("a.test", "", "sid=abcdefg"), ("a.test", "", "uid=abcdefgh")],
        ] {
            let last = ("a.test", "sid=abcdefgh", "sid=abcdefgh");
            assert_eq!(why(&[others[0], others[1], last]).0, "never-set", "{others:?}");
        }
    }

    #[test]
    fn what_its_owner_had_before_counts_once_a_server_sets_the_cookie() {
        let again = ("a.test", "sid=abcdefgh", "sid=12345678");
        let last = ("a.test", "sid=abcdefgh", "");
        assert_eq!(why(&[again, last]).0, "given-to-another");
        assert_eq!(why(&[("a.test", "sid=abcdefgh", ""), last]).0, "never-set");
    }
}
