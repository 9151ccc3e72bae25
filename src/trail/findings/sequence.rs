//! What only a sequence shows: ids that stay over a login, sessions used by others or after their
//! end, logouts that miss, logins that go round.

use super::super::steps::StepKind;
use super::super::story::{CookieEvent, CookieLife, EventKind, Navigation, Story};
use super::{Case, quoted};
use crate::cookie::Reason;
use crate::session::Kind;
use std::collections::BTreeMap;

/// How often one URL may be asked for in one chain of redirects.
const LOOP: usize = 3;

/// Steps that lose a login, one after the other, that make a loop.
const LOST_IN_A_ROW: usize = 3;

fn has_reason(event: &CookieEvent, reason: Reason) -> bool {
    event.verdict.is_some_and(|verdict| verdict.reason == reason)
}

fn visits(events: &[&CookieEvent]) -> Vec<usize> {
    events.iter().filter_map(|event| event.visit).collect()
}

/// A session that one browser was given and another sends.
pub(super) fn used_by_another(story: &Story) -> Vec<Case> {
    let sessions = story.cookies.iter().enumerate().filter(|(_, life)| life.is_session());
    sessions
        .filter_map(|(index, life)| {
            let events: Vec<&CookieEvent> = life
                .events
                .iter()
                .filter(|event| has_reason(event, Reason::GivenToAnother))
                .collect();
            let value = &life.versions[events.first()?.version?].value;
            let owner = owner(story, life, value)?;
            let (thief, victim) = (&story.browsers[life.browser], &story.browsers[owner]);
            let text = format!(
                "Browser {} ({}) sends the session {} that browser {} ({}) was given.",
                thief.id,
                from(thief),
                quoted(&life.name),
                victim.id,
                from(victim)
            );
            Some(Case { visits: visits(&events), cookie: Some(index), text })
        })
        .collect()
}

fn from(browser: &super::super::story::Browser) -> String {
    let addresses: Vec<String> = browser.addresses.iter().map(ToString::to_string).collect();
    format!("{}, {}", browser.label, addresses.join(", "))
}

/// The browser that a server gave this value of the cookie.
fn owner(story: &Story, life: &CookieLife, value: &[u8]) -> Option<usize> {
    let gave = |other: &&CookieLife| {
        other.name == life.name
            && other.browser != life.browser
            && other.events.iter().any(|event| {
                event.kind.is_from_server()
                    && event.version.is_some_and(|version| other.versions[version].value == value)
            })
    };
    story.cookies.iter().find(gave).map(|other| other.browser)
}

/// A session value that was deleted, is sent again, and is answered as if nothing had happened.
pub(super) fn used_after_logout(story: &Story) -> Vec<Case> {
    let suspects: Vec<(usize, &CookieEvent)> = story
        .cookies
        .iter()
        .enumerate()
        .flat_map(|(index, life)| life.events.iter().map(move |event| (index, event)))
        .filter(|(_, event)| {
            has_reason(event, Reason::SentAfterEnd) || has_reason(event, Reason::GivenToAnother)
        })
        .collect();
    if suspects.is_empty() {
        return Vec::new();
    }
    let mut cases = Vec::new();
    for life in story.cookies.iter().filter(|life| life.is_session()) {
        for deleted in life.events.iter().filter(|event| event.kind == EventKind::Deleted) {
            let before =
                |event: &&CookieEvent| event.packet < deleted.packet && event.version.is_some();
            let Some(last) = life.events.iter().rfind(before) else { continue };
            if let Some(version) = last.version {
                let value = &life.versions[version].value;
                cases.extend(reused(story, &suspects, life, value, deleted));
            }
        }
    }
    cases
}

fn reused(
    story: &Story,
    suspects: &[(usize, &CookieEvent)],
    life: &CookieLife,
    value: &[u8],
    deleted: &CookieEvent,
) -> Option<Case> {
    let is_value = |cookie: usize, event: &CookieEvent| {
        let other = &story.cookies[cookie];
        other.name == life.name
            && event.version.is_some_and(|version| other.versions[version].value == value)
    };
    let again: Vec<&(usize, &CookieEvent)> = suspects
        .iter()
        .filter(|(cookie, event)| event.packet > deleted.packet && is_value(*cookie, event))
        .filter(|(_, event)| event.visit.is_some_and(|visit| is_let_in(story, visit, life, value)))
        .collect();
    let (cookie, _) = again.first()?;
    let text = format!(
        "The session {} still works after its logout, sent by browser {}.",
        quoted(&life.name),
        story.browsers[story.cookies[*cookie].browser].id
    );
    let shown = deleted.visit.into_iter().chain(again.iter().filter_map(|(_, event)| event.visit));
    Some(Case { visits: shown.collect(), cookie: Some(*cookie), text })
}

/// Whether a page was shown that was also shown to the session before its logout, at the same URL.
fn is_let_in(story: &Story, visit: usize, life: &CookieLife, value: &[u8]) -> bool {
    let page = |visit: usize| {
        let visit = &story.visits[visit];
        let words =
            visit.answered.as_ref().filter(|answered| answered.status < 300)?.excerpt.clone();
        Some((visit.asked.as_ref()?.url.clone()?, words?))
    };
    let Some(now) = page(visit) else { return false };
    life.events
        .iter()
        .filter(|event| event.kind == EventKind::Sent)
        .filter(|event| event.version.is_some_and(|version| life.versions[version].value == value))
        .any(|event| event.visit.is_some_and(|before| page(before).as_ref() == Some(&now)))
}

/// A bare id that was there before a login and is the same after it.
pub(super) fn fixation(story: &Story) -> Vec<Case> {
    let logins = story.navigations.iter().filter(|step| step.kind == StepKind::Login);
    logins.filter_map(|step| fixed(story, step)).collect()
}

fn fixed(story: &Story, step: &Navigation) -> Option<Case> {
    let login = *step.hops.first()?;
    let is_bare =
        |life: &CookieLife| life.reading().is_some_and(|reading| reading.kind == Kind::OpaqueId);
    let held = story
        .cookies
        .iter()
        .enumerate()
        .filter(|(_, life)| life.browser == step.browser && is_bare(life));
    for (index, life) in held {
        let sent_with_login = life
            .events
            .iter()
            .any(|event| event.kind == EventKind::Sent && event.visit == Some(login));
        let renewed = life.events.iter().any(|event| {
            matches!(event.kind, EventKind::Set | EventKind::Replaced | EventKind::Deleted)
                && event.visit.is_some_and(|visit| step.hops.contains(&visit))
        });
        let after = life
            .events
            .iter()
            .find(|event| event.kind == EventKind::Sent && event.visit > Some(login));
        if let Some(after) = after.filter(|_| sent_with_login && !renewed) {
            let text = format!(
                "The session id {} is the same before and after the login.",
                quoted(&life.name)
            );
            return Some(Case {
                visits: [Some(login), after.visit].into_iter().flatten().collect(),
                cookie: Some(index),
                text,
            });
        }
    }
    None
}

pub(super) fn deletion_misses(story: &Story) -> Vec<Case> {
    let mut cases = Vec::new();
    for (index, life) in story.cookies.iter().enumerate() {
        let events: Vec<&CookieEvent> =
            life.events.iter().filter(|event| has_reason(event, Reason::DeletionMisses)).collect();
        if let Some(first) = events.first() {
            let text = format!(
                "{} is to be deleted and stays. {}",
                quoted(&life.name),
                first.text.as_deref().unwrap_or_default()
            );
            cases.push(Case { visits: visits(&events), cookie: Some(index), text });
        }
    }
    cases
}

/// Redirects that come back to the same URL, or logins that are lost one after the other.
pub(super) fn login_loop(story: &Story) -> Vec<Case> {
    let mut cases: Vec<Case> =
        story.navigations.iter().filter_map(|step| redirect_loop(story, step)).collect();
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

fn redirect_loop(story: &Story, step: &Navigation) -> Option<Case> {
    let url = |visit: &usize| story.visits[*visit].asked.as_ref()?.url.as_ref();
    let repeated = step.hops.iter().find(|hop| {
        url(hop).is_some()
            && step.hops.iter().filter(|other| url(other) == url(hop)).count() >= LOOP
    })?;
    let path = url(repeated).map(|url| url.path().to_owned()).unwrap_or_default();
    let text = format!(
        "Browser {} is redirected in a circle: {} hops, and {path} again and again. {}",
        story.browsers[step.browser].id,
        step.hops.len(),
        cause(story, step.browser)
    );
    Some(Case { visits: step.hops.clone(), cookie: None, text })
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
