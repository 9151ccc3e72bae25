//! What is shown to requests without any session, so that a page that only a session opens is told from
//! one that anybody gets.

use super::address::Address;
use super::story::{EventKind, Story};
use super::visit::Visit;
use foldhash::fast::RandomState;
use std::collections::{BTreeSet, HashMap};

/// What an answer looks like: its status, where it leads, the first words of its page.
pub(super) type Answer<'a> = (u16, Option<&'a [u8]>, Option<&'a str>);

/// Answers to requests without any session, by URL. The order of the URLs, which hashing makes, is
/// never looked at.
pub(super) struct Strangers<'a>(HashMap<&'a str, BTreeSet<Answer<'a>>, RandomState>);

impl<'a> Strangers<'a> {
    /// Looks through all visits.
    pub fn of(story: &'a Story) -> Self {
        let mut carry = vec![false; story.visits.len()];
        for life in story.cookies.iter().filter(|life| life.is_session()) {
            let sent = life
                .events
                .iter()
                .filter(|event| matches!(event.kind, EventKind::Sent | EventKind::SentUnknown));
            sent.filter_map(|event| event.visit).for_each(|visit| carry[visit] = true);
        }
        let mut strangers: HashMap<&str, BTreeSet<Answer<'_>>, RandomState> = HashMap::default();
        for (visit, carries) in story.visits.iter().zip(carry) {
            if let Some((url, answer)) = answer(visit).filter(|_| !carries) {
                strangers.entry(url.as_str()).or_default().insert(answer);
            }
        }
        Self(strangers)
    }

    /// Whether strangers get another answer at the URL of a visit.
    pub fn get_another(&self, visit: &Visit) -> bool {
        answer(visit).is_some_and(|(url, now)| {
            self.0.get(url.as_str()).is_some_and(|seen| !seen.contains(&now))
        })
    }
}

/// The URL of a page, and what was answered.
pub(super) fn answer(visit: &Visit) -> Option<(&Address, Answer<'_>)> {
    let (asked, answered) = (visit.asked.as_deref()?, visit.answered.as_deref()?);
    let is_page = matches!(&*asked.method, b"GET" | b"HEAD");
    let location = answered.location.as_deref();
    let words = answered.page.excerpt.as_deref();
    is_page.then_some((asked.url.as_ref()?, (answered.status, location, words)))
}
