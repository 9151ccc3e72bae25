//! What only a sequence shows: ids that stay over a login, sessions used by others, logins that go
//! round.

use super::super::chain::ChainEnd;
use super::super::stage::{Evidence, Turn, TurnKind};
use super::super::steps::StepKind;
use super::super::story::{CookieEvent, CookieLife, EventKind, Navigation, SessionLife, Story};
use super::values::{TELLING_LENGTH, Values};
use super::{Case, quoted};
use crate::cookie::Reason;
use crate::session::Kind;
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

/// Steps that lose a login, one after the other, that make a loop.
const LOST_IN_A_ROW: usize = 3;

pub(super) fn has_reason(event: &CookieEvent, reason: Reason) -> bool {
    event.verdict.is_some_and(|verdict| verdict.reason == reason)
}

pub(super) fn visits(events: &[&CookieEvent]) -> Vec<usize> {
    events.iter().filter_map(|event| event.visit).collect()
}

/// A session that one browser was given, or brought along, and another sends.
pub(super) fn used_by_another(story: &Story) -> Vec<Case> {
    let sessions = story.cookies.iter().enumerate().filter(|(_, life)| life.is_session());
    let mut cases = given_to_another(story);
    let mut told: BTreeSet<usize> = cases.iter().filter_map(|case| case.cookie).collect();
    let mut brought: BTreeMap<(&[u8], &str, &[u8]), usize> = BTreeMap::new();
    for (index, life) in sessions {
        for event in life.events.iter().filter(|event| has_reason(event, Reason::NeverSet)) {
            let Some(version) = event.version else { continue };
            let value = &*life.versions[version].value;
            if value.len() < TELLING_LENGTH {
                continue;
            }
            let first = *brought.entry((&life.name, &life.domain, value)).or_insert(index);
            let (owner, user) = (story.cookies[first].browser, life.browser);
            // One browser at two addresses is another finding.
            let differ = story.browsers[owner].user_agent != story.browsers[user].user_agent;
            if owner != user && differ && told.insert(index) {
                cases.push(shared(story, (first, owner), (index, user), event));
            }
        }
    }
    cases
}

fn shared(
    story: &Story,
    (first, owner): (usize, usize),
    (index, user): (usize, usize),
    event: &CookieEvent,
) -> Case {
    let (owner, user) = (&story.browsers[owner], &story.browsers[user]);
    let text = format!(
        "Browser {} ({}) sends the session {} that browser {} ({}) also sends.",
        user.id,
        from(user),
        quoted(&story.cookies[index].name),
        owner.id,
        from(owner)
    );
    let before = story.cookies[first].events.first().and_then(|event| event.visit);
    Case { visits: before.into_iter().chain(event.visit).collect(), cookie: Some(index), text }
}

fn given_to_another(story: &Story) -> Vec<Case> {
    let owners = LazyCell::new(|| Owners::of(story));
    let sessions = story.cookies.iter().enumerate().filter(|(_, life)| life.is_session());
    sessions
        .filter_map(|(index, life)| {
            let events: Vec<&CookieEvent> = life
                .events
                .iter()
                .filter(|event| has_reason(event, Reason::GivenToAnother))
                .collect();
            let value = &life.versions[events.first()?.version?].value;
            let (owner, given) = owners.first_but(life, value)?;
            let (thief, victim) = (&story.browsers[life.browser], &story.browsers[owner]);
            let text = format!(
                "Browser {} ({}) sends the session {} that browser {} ({}) was given.",
                thief.id,
                from(thief),
                quoted(&life.name),
                victim.id,
                from(victim)
            );
            let visits = given.into_iter().chain(visits(&events)).collect();
            Some(Case { visits, cookie: Some(index), text })
        })
        .collect()
}

fn from(browser: &super::super::story::Browser) -> String {
    let addresses: Vec<String> = browser.addresses.iter().map(ToString::to_string).collect();
    format!("{}, {}", browser.label, addresses.join(", "))
}

/// Which browsers a server gave each value of a cookie, by its name and the value, and the visit in
/// which it did: by the order of their cookies.
struct Owners<'a>(BTreeMap<(&'a [u8], &'a [u8]), Vec<Owner>>);

/// A browser, and a visit.
type Owner = (usize, Option<usize>);

impl<'a> Owners<'a> {
    fn of(story: &'a Story) -> Self {
        let mut all = Self(BTreeMap::new());
        for life in &story.cookies {
            let mut seen = BTreeSet::new();
            for event in life.events.iter().filter(|event| event.kind.is_from_server()) {
                let Some(version) = event.version else { continue };
                let value = &*life.versions[version].value;
                if seen.insert(value) {
                    let owners = all.0.entry((&life.name, value)).or_default();
                    owners.push((life.browser, event.visit));
                }
            }
        }
        all
    }

    /// The first one that is not the browser of this cookie.
    fn first_but(&self, life: &CookieLife, value: &[u8]) -> Option<Owner> {
        let owners = self.0.get(&(&*life.name, value))?;
        owners.iter().copied().find(|(browser, _)| *browser != life.browser)
    }
}

/// A bare id that was there before a login and is the same after it.
pub(super) fn fixation(story: &Story) -> Vec<Case> {
    let found = story.sessions.iter().filter_map(|session| {
        let at = session.turns.iter().position(|turn| {
            turn.kind == TurnKind::Login && turn.evidence.contains(&Evidence::ValueKept)
        })?;
        let uses = session.turns[at + 1..].iter().find(|turn| turn.kind == TurnKind::Use)?;
        let version = session.turns[at].version;
        let (login, after) = (first_of(&session.turns[at])?, first_of(uses)?);
        let text = format!(
            "The session id {} is the same before and after the login.",
            quoted(&story.cookies[session.cookie].name)
        );
        let visits = vec![login, after];
        (uses.version == version).then_some(Case { visits, cookie: Some(session.cookie), text })
    });
    found.collect()
}

pub(super) fn first_of(turn: &Turn) -> Option<usize> {
    turn.seen.first().map(|(visit, _)| *visit)
}

/// A session id that was not made by the server: it stood in a URL first, or a browser sent it in
/// place of the one that it was given, and the server goes on with it.
pub(super) fn adopted(story: &Story) -> Vec<Case> {
    let in_urls = in_urls(story);
    let adopted = |session| from_url(story, session, &in_urls).or_else(|| foreign(story, session));
    story.sessions.iter().filter_map(adopted).collect()
}

/// The visits of its own browser in whose path each value of a cookie stands.
type InUrls<'a> = BTreeMap<(usize, &'a [u8]), Vec<usize>>;

fn in_urls(story: &Story) -> InUrls<'_> {
    let (values, mut found) = (Values::of(story), InUrls::new());
    for (index, browser) in story.browsers.iter().enumerate() {
        if !values.has_any(index) {
            continue;
        }
        for visit in &browser.visits {
            let Some(asked) = story.visits[*visit].asked.as_deref() else { continue };
            for value in values.standing_in(index, &asked.path) {
                found.entry(value).or_default().push(*visit);
            }
        }
    }
    found
}

fn from_url(story: &Story, session: &SessionLife, in_urls: &InUrls<'_>) -> Option<Case> {
    let life = &story.cookies[session.cookie];
    let is_bare = life.reading().is_some_and(|reading| reading.kind == Kind::OpaqueId);
    if !is_bare || in_urls.range((session.cookie, &b""[..])..).next()?.0.0 != session.cookie {
        return None;
    }
    let mut first_shown: Vec<Option<&CookieEvent>> = vec![None; life.versions.len()];
    for event in &life.events {
        if let Some(first) = event.version.and_then(|version| first_shown.get_mut(version)) {
            first.get_or_insert(event);
        }
    }
    life.versions.iter().zip(first_shown).find_map(|(version, first)| {
        let (value, first) = (&*version.value, first?);
        let begun = story.turn_of(first);
        let is_before = |visit: &usize| {
            story.visits[*visit].asked.as_deref().is_some_and(|asked| {
                Some(asked.turn) < begun && asked.cookies.first(&life.name) != Some(value)
            })
        };
        let visit = in_urls.get(&(session.cookie, value))?.iter().copied().find(is_before)?;
        let text = format!(
            "The session id {} stood in a URL before the browser had it as a cookie: whoever made \
             that link knows it.",
            quoted(&life.name)
        );
        let visits = [Some(visit), first.visit].into_iter().flatten().collect();
        Some(Case { visits, cookie: Some(session.cookie), text })
    })
}

/// An id that took the place of the server's own, and with which somebody then logged in.
fn foreign(story: &Story, session: &SessionLife) -> Option<Case> {
    let life = &story.cookies[session.cookie];
    let strange = life.events.iter().find(|event| has_reason(event, Reason::ValueNotSet))?;
    let login = session.turns.iter().find(|turn| {
        turn.kind == TurnKind::Login
            && turn.evidence.contains(&Evidence::ValueKept)
            && turn.version == strange.version
    })?;
    let text = format!(
        "The browser sends a session id {} that the server did not give it, and is logged in with \
         it.",
        quoted(&life.name)
    );
    let visits = [strange.visit, first_of(login)].into_iter().flatten().collect();
    Some(Case { visits, cookie: Some(session.cookie), text })
}

/// Redirects that come back to the same URL, or logins that are lost one after the other.
pub(super) fn login_loop(story: &Story) -> Vec<Case> {
    let mut cases = circles(story);
    let mut lost: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for step in story.navigations.iter().filter(|step| step.kind == StepKind::LoginLost) {
        lost.entry(step.browser).or_default().extend(step.hops.first());
    }
    for (browser, lost) in lost {
        if lost.len() >= LOST_IN_A_ROW {
            let text = format!(
                "Browser {} logs in {} times and is never logged in. {}",
                story.browsers[browser].id,
                lost.len(),
                cause(story, browser)
            );
            cases.push(Case { visits: lost, cookie: None, text });
        }
    }
    cases
}

/// Circles by the page that was asked for, all browsers together.
fn circles(story: &Story) -> Vec<Case> {
    let mut by_page: BTreeMap<String, Vec<&Navigation>> = BTreeMap::new();
    for step in &story.navigations {
        let is_circle = step.chain.as_ref().is_some_and(|chain| chain.end == ChainEnd::Circle);
        let first = step.hops.first().filter(|_| is_circle);
        let url = first.and_then(|first| story.visits[*first].asked.as_deref()?.url.as_ref());
        if let Some(url) = url {
            let host = url.host_str().unwrap_or_default();
            by_page.entry(format!("{host}{}", url.path())).or_default().push(step);
        }
    }
    by_page.iter().map(|(page, steps)| circle(story, page, steps)).collect()
}

fn circle(story: &Story, page: &str, steps: &[&Navigation]) -> Case {
    let mut who: Vec<&str> = steps.iter().map(|step| &*story.browsers[step.browser].id).collect();
    who.dedup();
    let (browsers, asks, is) = match &who[..] {
        [_] => ("Browser", "asks", "is"),
        _ => ("Browsers", "ask", "are"),
    };
    let longest = steps.iter().map(|step| step.hops.len()).max().unwrap_or(0);
    let cause = steps.iter().find_map(|step| step.chain.as_ref()?.cause.as_deref());
    let text = format!(
        "{browsers} {} {asks} for {page} and {is} redirected in a circle, {longest} hops long. {}",
        who.join(", "),
        cause.unwrap_or_default()
    );
    let visits = steps.iter().flat_map(|step| step.hops.iter().copied()).collect();
    Case { visits, cookie: None, text }
}

/// The cookie that never came back, and why.
fn cause(story: &Story, browser: usize) -> String {
    let own = story.cookies.iter().filter(|life| life.browser == browser);
    let lost = own.flat_map(|life| life.events.iter().map(move |event| (life, event))).find(
        |(_, event)| {
            matches!(event.kind, EventKind::Refused | EventKind::Missing)
                || (event.kind == EventKind::Withheld && !has_reason(event, Reason::PathMismatch))
        },
    );
    lost.map_or_else(String::new, |(life, event)| {
        format!(
            "The cookie {} does not come back. {}",
            quoted(&life.name),
            event.text.as_deref().unwrap_or_default()
        )
    })
}

/// A browser whose requests come from two addresses in turn.
pub(super) fn two_addresses(story: &Story) -> Vec<Case> {
    let moving = story.browsers.iter().filter(|browser| browser.addresses.len() > 1);
    moving
        .filter_map(|browser| {
            let with_session: Vec<usize> =
                browser.visits.iter().copied().filter(|visit| story.sent_session(*visit)).collect();
            let moves: Vec<usize> = with_session
                .windows(2)
                .filter(|pair| {
                    story.visits[pair[0]].client.ip() != story.visits[pair[1]].client.ip()
                })
                .map(|pair| pair[1])
                .collect();
            // One move is a change of network; going back and forth is not.
            (moves.len() > 1).then(|| Case {
                visits: moves,
                cookie: None,
                text: format!(
                    "Browser {} ({}) sends its session from two addresses in turn.",
                    browser.id,
                    from(browser)
                ),
            })
        })
        .collect()
}
