//! Exchanges followed one message at a time, in the order of their packets: who sent it, and what
//! it did to whose cookies.

use super::hindsight::Hindsight;
use super::links::Links;
use super::lives::{EventAt, Lives};
use super::visit::{Asked, Visit};
use super::who::{Profile, Roster};
use crate::cookie::site::Load;
use foldhash::fast::RandomState;
use std::collections::{BTreeMap, HashMap};

/// A message: the packet as which it counts, whether it is a response, and its visit. This is the order
/// in which messages are followed.
pub(super) type Message = (u64, bool, usize);

/// Follows browsers and cookies through a capture, or through a [district](super::districts) of it.
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
    /// Follows the visits of a district by the light of what comes later, up to the first message that
    /// `is_end` says is wanted no more, if there is such a thing.
    ///
    /// What the model first took for refused and was sent all the same shows only on the way; where
    /// there was such a thing, everything is followed once more.
    pub fn knowing(
        visits: &[&Visit],
        links: Links,
        is_end: Option<&impl Fn(Message) -> bool>,
    ) -> Self {
        let known = Hindsight { returned: links.returned.clone(), ..Hindsight::default() };
        let mut first = Self { links, lives: Lives::knowing(known.clone()), ..Self::default() };
        first.follow(visits, |_| false);
        let kept = std::mem::take(&mut first.lives.kept);
        if kept.is_empty() && is_end.is_none() {
            return first;
        }
        let lives = Lives::knowing(Hindsight { kept, ..known });
        let mut second = Self { links: first.links, lives, ..Self::default() };
        second.follow(visits, |message| is_end.is_some_and(|is_end| is_end(message)));
        second
    }

    /// The same, once, with all that is said of other browsers looked up on the way, as where nobody
    /// knows what comes later.
    #[cfg(test)]
    pub fn on_the_way(visits: &[&Visit], links: Links) -> Self {
        let known = Hindsight { returned: links.returned.clone(), ..Hindsight::default() };
        let mut own = Self { links, lives: Lives::knowing(known), ..Self::default() };
        own.lives.is_whole = false;
        own.follow(visits, |_| false);
        own
    }

    fn follow(&mut self, visits: &[&Visit], is_end: impl Fn(Message) -> bool) {
        let mut messages: Vec<Message> =
            visits.iter().enumerate().flat_map(|(index, visit)| messages(index, visit)).collect();
        messages.sort_unstable();
        for message in messages.into_iter().take_while(|message| !is_end(*message)) {
            let (_, is_response, index) = message;
            if is_response {
                self.response(index, visits[index]);
            } else {
                self.request(index, visits[index]);
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

/// The messages of a visit.
pub(super) fn messages(index: usize, visit: &Visit) -> impl Iterator<Item = Message> {
    let asked = visit.asked.as_deref().map(|one| (one.turn, false, index));
    asked.into_iter().chain(visit.answered.as_deref().map(|one| (one.turn, true, index)))
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
