//! From exchanges to a story: who visited, which steps they took, what became of each cookie, what
//! each session held, and what all that shows.
//!
//! [`Trail`] takes exchanges and gives a [`Story`], the report model. It has no clock and no
//! output; every list in the story is in capture order, whatever order things were found in.

mod conclusions;
pub mod diff;
mod follow;
mod form;
mod label;
mod lives;
mod navigation;
mod page;
mod sessions;
mod steps;
mod story;
mod versions;
mod visit;
mod who;

pub use conclusions::{Conclusion, ConclusionKind};
pub use form::Field;
pub use lives::EventAt;
pub use steps::StepKind;
pub use story::{
    Browser, CookieEvent, CookieLife, EventKind, Navigation, SessionLife, SessionState, Story,
    Version,
};
pub use visit::{Answered, Asked, Purpose, Visit};

use crate::limits::HttpLimits;
use crate::pipeline::Numbered;
use follow::Follower;
use steps::Known;

/// Gathers exchanges and tells their story.
#[derive(Debug, Default)]
pub struct Trail {
    visits: Vec<Visit>,
}

impl Trail {
    /// Takes the next exchange, in capture order.
    pub fn push(&mut self, numbered: Numbered) {
        self.visits.push(Visit::of(numbered, HttpLimits::default().decoded_body));
    }

    /// The story of all exchanges.
    pub fn finish(self) -> Story {
        let visits = self.visits;
        let mut follower = Follower::default();
        follower.follow_all(&visits);
        let Follower { roster, lives, browsers: assigned } = follower;
        let mut cookies = lives.lives;
        versions::number(&mut cookies);
        let browsers = browsers(roster, &assigned);
        let sessions: Vec<SessionLife> = cookies
            .iter()
            .enumerate()
            .filter_map(|(index, life)| sessions::session(index, life))
            .collect();
        let known = Known { visits: &visits, cookies: &cookies };
        let mut navigations = Vec::new();
        for (index, browser) in browsers.iter().enumerate() {
            let mut steps = navigation::navigations(index, &browser.visits, &visits);
            steps::name_steps(&mut steps, known);
            navigations.extend(steps);
        }
        navigations.sort_by_key(|step| step.hops.first().or(step.parts.first()).copied());
        let mut story =
            Story { visits, browsers, navigations, cookies, sessions, conclusions: Vec::new() };
        story.conclusions = conclusions::conclusions(&story);
        story
    }
}

fn browsers(
    roster: who::Roster,
    assigned: &std::collections::BTreeMap<usize, usize>,
) -> Vec<Browser> {
    let describe = |(index, profile): (usize, who::Profile)| Browser {
        id: letter(index),
        label: label::label(&profile.user_agent),
        agent: profile.jar.agent(),
        user_agent: profile.user_agent,
        addresses: profile.addresses,
        visits: assigned
            .iter()
            .filter(|(_, browser)| **browser == index)
            .map(|(visit, _)| *visit)
            .collect(),
        told_apart: profile.told_apart,
    };
    roster.profiles.into_iter().enumerate().map(describe).collect()
}

/// `A` to `Z`, then `AA` and so on.
fn letter(mut index: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(b'A' + u8::try_from(index % 26).unwrap_or(0));
        if index < 26 {
            break;
        }
        index = index / 26 - 1;
    }
    letters.reverse();
    String::from_utf8(letters).unwrap_or_default()
}

impl Story {
    /// Whether the request of a visit carried a session cookie.
    pub fn sent_session(&self, visit: usize) -> bool {
        self.cookies.iter().filter(|life| life.is_session()).any(|life| {
            life.events.iter().any(|event| {
                event.visit == Some(visit)
                    && matches!(event.kind, EventKind::Sent | EventKind::SentUnknown)
            })
        })
    }

    /// The cookie events of a visit, in order: life and event.
    pub fn events_of(&self, visit: usize) -> impl Iterator<Item = (usize, &CookieEvent)> {
        self.cookies.iter().enumerate().flat_map(move |(index, life)| {
            life.events
                .iter()
                .filter(move |event| event.visit == Some(visit))
                .map(move |event| (index, event))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::letter;

    #[test]
    fn letters_go_on_after_z() {
        let letters: Vec<_> = [0, 25, 26, 51, 52, 701, 702].into_iter().map(letter).collect();
        assert_eq!(letters, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }
}
