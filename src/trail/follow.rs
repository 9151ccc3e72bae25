//! Exchanges followed one message at a time, in the order of their packets: who sent it, and what
//! it did to whose cookies.

use super::hindsight::Hindsight;
use super::links::Links;
use super::lives::{EventAt, Lives};
use super::visit::{Asked, Visit};
use super::who::{Profile, Roster};
use crate::cookie::site::Load;
use crate::time::Timestamp;
use foldhash::fast::RandomState;
use std::collections::{BTreeMap, HashMap};

/// Follows browsers and cookies through a capture.
#[derive(Debug, Default)]
pub(super) struct Follower {
    pub roster: Roster,
    pub lives: Lives,
    /// The browser of each visit. Nothing depends on its order, which hashing makes.
    pub browsers: HashMap<usize, usize, RandomState>,
    /// What belongs together; empty while nobody knows what comes later.
    links: Links,
    /// Requests that look like page visits, and are explained only by a frame in another site's
    /// page.
    frames: BTreeMap<usize, Asked>,
}

impl Follower {
    /// Follows all visits as far as `goes_on` says, by the light of what comes later.
    ///
    /// What the model first took for refused and was sent all the same shows only on the way; where
    /// there was such a thing, everything is followed once more.
    pub fn knowing(visits: &[Visit], goes_on: impl Fn(u64, Timestamp) -> bool) -> Self {
        let links = Links::of(visits);
        let known = Hindsight { returned: links.returned.clone(), ..Hindsight::default() };
        let mut first = Self { links, lives: Lives::knowing(known.clone()), ..Self::default() };
        first.follow(visits, |_, _| true);
        let kept = std::mem::take(&mut first.lives.kept);
        if kept.is_empty() && visits_end(visits, &goes_on) {
            return first;
        }
        let lives = Lives::knowing(Hindsight { kept, ..known });
        let mut second = Self { links: first.links, lives, ..Self::default() };
        second.follow(visits, goes_on);
        second
    }

    /// Follows all visits, their requests and responses in the order of the packets, as far as
    /// `goes_on` says.
    pub fn follow(&mut self, visits: &[Visit], goes_on: impl Fn(u64, Timestamp) -> bool) {
        let mut messages: Vec<(u64, bool, u32)> = Vec::with_capacity(2 * visits.len());
        // As many exchanges as a number of 32 bits can tell do not fit into memory.
        for (index, visit) in (0..u32::MAX).zip(visits) {
            messages.extend(visit.asked.as_deref().map(|one| (one.turn, false, index)));
            messages.extend(visit.answered.as_deref().map(|one| (one.turn, true, index)));
        }
        messages.sort_unstable();
        for (packet, is_response, index) in messages {
            let index = index as usize;
            let visit = &visits[index];
            let asked = visit.asked.as_deref().filter(|_| !is_response).map(|one| one.time);
            let time = asked.or(visit.answered.as_deref().map(|one| one.time));
            if !time.is_some_and(|time| goes_on(packet, time)) {
                return;
            }
            if is_response {
                self.response(index, visit);
            } else {
                self.request(index, visit);
            }
        }
    }

    /// Follows one request, and gives the browser that made it.
    pub fn request(&mut self, index: usize, visit: &Visit) -> Option<usize> {
        let asked = visit.asked.as_deref()?;
        let texts = &mut self.lives.texts;
        let browser = self.roster.assign(index, (visit, asked), &self.links, texts);
        self.browsers.insert(index, browser);
        let profile = &mut self.roster.profiles[browser];
        let framed = as_frame(profile, asked);
        self.lives.request(browser, profile, index, framed.as_ref().unwrap_or(asked));
        self.frames.extend(framed.map(|framed| (index, framed)));
        Some(browser)
    }

    /// Follows one response. One whose request was not captured has nobody to keep its cookies.
    pub fn response(&mut self, index: usize, visit: &Visit) {
        let (Some(asked), Some(answered)) = (&visit.asked, &visit.answered) else { return };
        let Some(browser) = self.browsers.get(&index).copied() else { return };
        let profile = &mut self.roster.profiles[browser];
        let framed = self.frames.remove(&index);
        let asked = framed.as_ref().unwrap_or(asked);
        self.lives.response(browser, profile, index, asked, answered);
        self.roster.note_answer(browser, visit);
    }

    /// The cookie events since this was last asked.
    pub fn take_happened(&mut self) -> Vec<EventAt> {
        self.lives.take_happened()
    }
}

/// Whether every message of the visits is wanted.
fn visits_end(visits: &[Visit], goes_on: &impl Fn(u64, Timestamp) -> bool) -> bool {
    visits.iter().flat_map(Visit::moments).all(|(packet, time)| goes_on(packet, time))
}

/// The request as one for a frame, if it lacks cookies that a page visit would have brought along.
fn as_frame(profile: &Profile, asked: &Asked) -> Option<Asked> {
    let target = asked.target.as_ref().filter(|_| asked.may_be_frame())?;
    let is_lacking = profile.jar.agent().is_browser()
        && profile
            .jar
            .for_request(target, &asked.site, asked.time)
            .iter()
            .any(|one| one.sent.is_ok());
    is_lacking.then(|| {
        let mut framed = asked.clone();
        framed.site.load = Load::Frame;
        framed
    })
}
