//! Sessions that do not end: used after their logout, or with a cookie that the logout missed.

use super::super::stage::{Stage, TurnKind};
use super::super::story::{CookieEvent, CookieLife, EventKind, SessionLife, Story};
use super::super::strangers::Strangers;
use super::sequence::{first_of, has_reason, visits};
use super::{Case, quoted};
use crate::cookie::Reason;
use std::cell::LazyCell;
use std::collections::BTreeMap;

/// A session that has ended, is sent again, and is answered as if nothing had happened: by the
/// browser that had it, or by another.
pub(super) fn used_after_logout(story: &Story) -> Vec<Case> {
    let mut cases: Vec<Case> =
        story.sessions.iter().filter_map(|session| outlived(story, session)).collect();
    let suspects: Vec<(usize, &CookieEvent)> = story
        .cookies
        .iter()
        .enumerate()
        .flat_map(|(index, life)| life.events.iter().map(move |event| (index, event)))
        .filter(|(_, event)| {
            has_reason(event, Reason::SentAfterEnd) || has_reason(event, Reason::GivenToAnother)
        })
        .collect();
    let suspects = by_value(story, &suspects);
    let strangers = LazyCell::new(|| Strangers::of(story));
    for life in story.cookies.iter().filter(|life| life.is_session()) {
        for deleted in life.events.iter().filter(|event| event.kind == EventKind::Deleted) {
            let end = story.turn_of(deleted);
            let before =
                |event: &&CookieEvent| story.turn_of(event) < end && event.version.is_some();
            let Some(last) = life.events.iter().rfind(before) else { continue };
            if let Some(version) = last.version {
                let value = &life.versions[version].value;
                let Some(suspects) = suspects.get(&(&*life.name, &**value)) else { continue };
                let found = reused(story, &strangers, suspects, life, value, deleted);
                cases.extend(
                    found.filter(|case| cases.iter().all(|other| other.cookie != case.cookie)),
                );
            }
        }
    }
    cases
}

/// A life that goes on after its logout.
fn outlived(story: &Story, session: &SessionLife) -> Option<Case> {
    let out = session.turns.iter().position(|turn| turn.kind == TurnKind::Logout)?;
    let again = session.turns[out..]
        .iter()
        .find(|turn| turn.kind == TurnKind::Reuse && turn.stage == Stage::LoggedIn)?;
    let life = &story.cookies[session.cookie];
    let text = format!(
        "The session {} still works after its logout, sent by browser {}.",
        quoted(&life.name),
        story.browsers[life.browser].id
    );
    let shown = first_of(&session.turns[out]).into_iter();
    let visits = shown.chain(again.seen.iter().map(|(visit, _)| *visit)).collect();
    Some(Case { visits, cookie: Some(session.cookie), text })
}

/// Cookie events by the name of the cookie and the value that they show.
type ByValue<'a> = BTreeMap<(&'a [u8], &'a [u8]), Vec<(usize, &'a CookieEvent)>>;

fn by_value<'a>(story: &'a Story, events: &[(usize, &'a CookieEvent)]) -> ByValue<'a> {
    let mut by_value = ByValue::new();
    for (cookie, event) in events {
        let life = &story.cookies[*cookie];
        if let Some(version) = event.version {
            let key = (&*life.name, &*life.versions[version].value);
            by_value.entry(key).or_default().push((*cookie, event));
        }
    }
    by_value
}

fn reused(
    story: &Story,
    strangers: &Strangers<'_>,
    suspects: &[(usize, &CookieEvent)],
    life: &CookieLife,
    value: &[u8],
    deleted: &CookieEvent,
) -> Option<Case> {
    let again: Vec<&(usize, &CookieEvent)> = suspects
        .iter()
        .filter(|(_, event)| story.turn_of(event) > story.turn_of(deleted))
        .filter(|(_, event)| {
            event.visit.is_some_and(|visit| {
                strangers.get_another(&story.visits[visit]) && is_let_in(story, visit, life, value)
            })
        })
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
            visit.answered.as_deref().filter(|answered| answered.status < 300)?.excerpt.clone();
        Some((visit.asked.as_deref()?.url.clone()?, words?))
    };
    let Some(now) = page(visit) else { return false };
    life.events
        .iter()
        .filter(|event| event.kind == EventKind::Sent)
        .filter(|event| event.version.is_some_and(|version| life.versions[version].value == value))
        .any(|event| event.visit.is_some_and(|before| page(before).as_ref() == Some(&now)))
}

/// A cookie that was to be deleted, with a `Domain` or `Path` that is another cookie's.
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
