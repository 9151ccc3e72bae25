//! Cookies beside each other: those of one message, for formats that put the signature, or the rest
//! of a long value, into another cookie.

use super::story::CookieLife;
use crate::session::{self, Context, Reading, SignatureState};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Browser, exchange and packet: one message of one browser.
type Message = (usize, usize, Option<u64>);

/// How a value was shown: since when, and beside which cookies that continue its own.
#[derive(Clone, Default)]
pub(super) struct Shown<'a> {
    pub since: Option<Timestamp>,
    pub companions: Vec<(&'a [u8], &'a [u8])>,
}

/// Which values stood in which message.
pub(super) struct Beside {
    messages: BTreeMap<Message, Vec<(usize, usize)>>,
}

impl Beside {
    pub fn of(lives: &[CookieLife]) -> Self {
        let mut messages: BTreeMap<Message, Vec<(usize, usize)>> = BTreeMap::new();
        for (index, life) in lives.iter().enumerate() {
            for event in &life.events {
                if let (Some(visit), Some(version)) = (event.visit, event.version) {
                    let message = (life.browser, visit, event.packet);
                    messages.entry(message).or_default().push((index, version));
                }
            }
        }
        Self { messages }
    }

    /// For each value of a cookie those whose names continue its own, in the first message that has
    /// any; and when the value was first seen.
    pub fn shown<'a>(&self, lives: &'a [CookieLife], life: usize) -> Vec<Shown<'a>> {
        let own = &lives[life];
        let mut all: Vec<Shown<'_>> = vec![Shown::default(); own.versions.len()];
        for event in &own.events {
            let Some(shown) = event.version.and_then(|version| all.get_mut(version)) else {
                continue;
            };
            shown.since.get_or_insert(event.time);
            if shown.companions.is_empty()
                && let Some(visit) = event.visit
                && let Some(message) = self.messages.get(&(own.browser, visit, event.packet))
            {
                shown.companions = companions(lives, life, message);
            }
        }
        all
    }
}

/// Of the cookies of one message (life and version), those whose names continue that of `life`.
pub(super) fn companions<'a>(
    lives: &'a [CookieLife],
    life: usize,
    message: &[(usize, usize)],
) -> Vec<(&'a [u8], &'a [u8])> {
    let name = &lives[life].name;
    let base = name.strip_suffix(b".0").unwrap_or(name);
    let others = message.iter().filter(|(other, _)| *other != life);
    let others = others.map(|(other, version)| (&lives[*other], *version));
    let continues =
        |name: &[u8]| name.strip_prefix(base).is_some_and(|rest| rest.starts_with(b"."));
    others
        .filter(|(other, _)| continues(&other.name))
        .map(|(other, version)| (&*other.name, &*other.versions[version].value))
        .collect()
}

/// A value read together with its companions, where they tell more than it tells alone.
pub(super) fn read_with(
    own: &CookieLife,
    version: usize,
    companions: &[(&[u8], &[u8])],
    since: Option<Timestamp>,
) -> Option<Reading> {
    if companions.is_empty() {
        return None;
    }
    let value = &own.versions[version].value;
    let cookie = session::Cookie { name: &own.name, value, companions };
    let context = Context { now_hint: since };
    session::decode(&cookie, &context)
        .filter(|reading| reading.signature != SignatureState::None || reading.payload.is_some())
}

/// Whether the name of any cookie continues that of another, whoever has them.
fn any_continues(lives: &[CookieLife]) -> bool {
    let dotted = lives.iter().map(|life| &*life.name).filter(|name| name.contains(&b'.'));
    let dotted: BTreeSet<&[u8]> = dotted.collect();
    let continued: BTreeSet<&[u8]> = dotted
        .into_iter()
        .flat_map(|name| memchr::memchr_iter(b'.', name).map(|dot| &name[..dot]))
        .collect();
    !continued.is_empty()
        && lives.iter().any(|life| {
            let base = life.name.strip_suffix(b".0").unwrap_or(&life.name);
            continued.contains(base)
        })
}

/// Reads again the values that have companions.
pub(super) fn reread(lives: &mut [CookieLife]) {
    if !any_continues(lives) {
        return;
    }
    let beside = Beside::of(lives);
    for life in 0..lives.len() {
        let shown = beside.shown(lives, life);
        let readings = shown.iter().enumerate().map(|(version, Shown { since, companions })| {
            read_with(&lives[life], version, companions, *since).map(Box::new)
        });
        let readings: Vec<_> = readings.collect();
        for (version, reading) in lives[life].versions.iter_mut().zip(readings) {
            version.reading = reading.or_else(|| version.reading.take());
        }
    }
}
