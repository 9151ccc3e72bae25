//! Sessions that do not end: used after their logout, or with a cookie that the logout missed.

use super::super::address::Address;
use super::super::stage::{Stage, TurnKind};
use super::super::story::{CookieEvent, CookieLife, EventKind, SessionLife, Story};
use super::super::strangers::Strangers;
use super::sequence::{first_of, has_reason, visits};
use super::{Case, quoted};
use crate::cookie::Reason;
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

/// How often a value may end and still be looked for behind its end.
const MOST_ENDS: usize = 16;

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
    let mut told: BTreeSet<Option<usize>> = cases.iter().map(|case| case.cookie).collect();
    for life in story.cookies.iter().filter(|life| life.is_session()) {
        let mut judged: BTreeMap<usize, usize> = BTreeMap::new();
        for (deleted, version) in ends(story, life) {
            let value = &*life.versions[version].value;
            let Some(suspects) = suspects.get(&(&*life.name, value)) else { continue };
            let often = judged.entry(version).or_default();
            *often += 1;
            if *often <= MOST_ENDS {
                let found = reused(story, &strangers, suspects, (life, version), deleted);
                cases.extend(found.filter(|case| told.insert(case.cookie)));
            }
        }
    }
    cases
}

/// Each deletion of a cookie, and the value that it had then.
fn ends<'a>(story: &Story, life: &'a CookieLife) -> Vec<(&'a CookieEvent, usize)> {
    let deleted = life.events.iter().filter(|event| event.kind == EventKind::Deleted);
    let deleted: Vec<&CookieEvent> = deleted.collect();
    if deleted.is_empty() {
        return Vec::new();
    }
    // By turn; of all up to each, the one that stands last among the events.
    let shown = life.events.iter().enumerate();
    let shown = shown.filter_map(|(at, event)| Some((story.turn_of(event), at, event.version?)));
    let mut shown: Vec<(Option<u64>, usize, usize)> = shown.collect();
    shown.sort_unstable();
    let mut last = (0, 0);
    for (_, at, version) in &mut shown {
        last = last.max((*at, *version));
        (*at, *version) = last;
    }
    let value_at = |deleted: &'a CookieEvent| {
        let end = story.turn_of(deleted);
        let before = shown.partition_point(|(turn, ..)| *turn < end);
        Some((deleted, shown.get(before.checked_sub(1)?)?.2))
    };
    deleted.into_iter().filter_map(value_at).collect()
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
    (life, version): (&CookieLife, usize),
    deleted: &CookieEvent,
) -> Option<Case> {
    let pages = LazyCell::new(|| pages(story, life, version));
    let is_let_in = |visit| page(story, visit).is_some_and(|page| pages.contains(&page));
    let again: Vec<&(usize, &CookieEvent)> = suspects
        .iter()
        .filter(|(_, event)| story.turn_of(event) > story.turn_of(deleted))
        .filter(|(_, event)| {
            event.visit.is_some_and(|visit| {
                strangers.get_another(&story.visits[visit]) && is_let_in(visit)
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

/// A page: its address, and the words that a person would remember.
type Answer<'a> = (&'a Address, &'a str);

/// The page that a visit was shown.
fn page(story: &Story, visit: usize) -> Option<Answer<'_>> {
    let visit = &story.visits[visit];
    let answered = visit.answered.as_deref().filter(|answered| answered.status < 300)?;
    Some((visit.asked.as_deref()?.url.as_deref()?, answered.page.excerpt.as_deref()?))
}

/// The pages that were shown where a value of a cookie was sent.
fn pages<'a>(story: &'a Story, life: &CookieLife, version: usize) -> BTreeSet<Answer<'a>> {
    let sent = life.events.iter().filter(|event| event.kind == EventKind::Sent);
    let sent = sent.filter(|event| event.version == Some(version));
    sent.filter_map(|event| page(story, event.visit?)).collect()
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
