//! What a story tells of each visit, looked up instead of searched for: a capture may have as many
//! events as packets.

use super::told::Told;
use crate::trail::{CookieEvent, CookieLife, EventKind, SessionState, Story};
use std::collections::BTreeMap;

/// What is said of a cookie: its life, the kind of event, the reason, and of a value that nothing
/// had set, which.
type Said<'a> = (usize, &'static str, Option<&'a str>, Option<usize>);

/// What was said first, and the session states, of a story.
pub(super) struct Index<'a> {
    first: BTreeMap<Said<'a>, usize>,
    /// By cookie, visit and version.
    states: BTreeMap<(usize, usize, usize), &'a SessionState>,
}

impl<'a> Index<'a> {
    /// Reads once through what is told of a story.
    pub fn of(story: &'a Story, told: &Told<'_>) -> Self {
        let mut first = BTreeMap::new();
        let is_told = |cookie: &CookieLife| told.has(cookie.browser);
        let cookies = story.cookies.iter().enumerate().filter(|(_, cookie)| is_told(cookie));
        for (life, cookie) in cookies {
            for event in &cookie.events {
                let Some(visit) = event.visit else { continue };
                first.entry(said(life, event)).or_insert(visit);
            }
        }
        let sessions =
            story.sessions.iter().filter(|session| is_told(&story.cookies[session.cookie]));
        let states = sessions.flat_map(|session| {
            let key = |state: &SessionState| (session.cookie, state.visit, state.version);
            session.states.iter().map(move |state| (key(state), state))
        });
        Self { first, states: states.collect() }
    }

    /// The earlier visit in which the same was said of this cookie.
    pub fn said_before(&self, life: usize, event: &CookieEvent) -> Option<usize> {
        let first = self.first.get(&said(life, event)).copied();
        first.filter(|first| Some(*first) != event.visit)
    }

    /// What a session held after an event.
    pub fn state(&self, life: usize, event: &CookieEvent) -> Option<&'a SessionState> {
        self.states.get(&(life, event.visit?, event.version?)).copied()
    }
}

fn said(life: usize, event: &CookieEvent) -> Said<'_> {
    // The sentence names the path of the request; one will do for all of them.
    if event.strayed() {
        return (life, "strayed", None, event.version);
    }
    let version = event.version.filter(|_| event.kind == EventKind::SentUnknown);
    (life, event.kind.word(), event.text.as_deref(), version)
}
