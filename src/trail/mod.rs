//! From exchanges to a story: who visited, which steps they took, what became of each cookie, what
//! each session held, and what all that shows.
//!
//! [`Trail`] takes exchanges and gives a [`Story`], the report model. It has no clock and no
//! output; every list in the story is in capture order, whatever order things were found in.

mod address;
mod attempt;
mod awaited;
mod beside;
mod chain;
mod conclusions;
pub mod diff;
mod districts;
mod evidence;
mod fields;
mod findings;
mod follow;
mod form;
mod given;
mod groups;
mod happening;
mod hindsight;
mod holdings;
mod identity;
mod inputs;
mod label;
mod lifetime;
mod links;
mod live;
mod lives;
mod machine;
mod made;
mod merge;
mod naming;
mod navigation;
mod origins;
mod page;
mod pages;
mod room;
mod scheme;
mod sessions;
mod shared;
mod spare;
mod stage;
mod steps;
mod story;
mod strangers;
mod targets;
mod texts;
mod unsent;
mod verify;
mod versions;
mod visit;
mod who;
mod whole;

pub use address::Address;
pub use chain::{Border, Chain, ChainEnd, Redirect, SentOn};
pub use conclusions::{Conclusion, ConclusionKind};
pub use evidence::{Attribution, Confidence, TiedBy};
pub use findings::{Finding, RULES, Rule, Severity};
pub use form::Field;
pub use live::{CookieNews, Happening, Live};
pub use lives::EventAt;
pub use pages::Page;
pub use shared::Shared;
pub use stage::{Certainty, Evidence, Stage, Turn, TurnKind};
pub use steps::StepKind;
pub use story::{
    Browser, CookieEvent, CookieLife, EventKind, Navigation, SessionLife, SessionState, Story,
    Version,
};
pub use targets::targets;
pub use verify::{Key, Keys, Scope};
pub use visit::{Answered, Asked, Purpose, Visit};

use crate::cookie::Jar;
use crate::http::Exchange;
use crate::limits::HttpLimits;
use crate::note::Note;
use crate::pipeline::Numbered;
use crate::threads;
use crate::time::Timestamp;
use awaited::Awaited;
use naming::{browser, browsers, letter};
use room::Room;
use std::net::IpAddr;
use std::num::NonZero;
use steps::Known;
use story::ByVisit;

/// A point of the capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Its end.
    End,
    /// After this packet.
    Packet(u64),
    /// At this time.
    Time(Timestamp),
}

impl At {
    fn includes(self, packet: u64, time: Timestamp) -> bool {
        match self {
            Self::End => true,
            Self::Packet(last) => packet <= last,
            Self::Time(last) => time <= last,
        }
    }
}

/// What one browser held.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its letter.
    pub browser: String,
    /// Its short name.
    pub label: String,
    /// Where it was seen.
    pub addresses: Vec<IpAddr>,
    /// Its cookies, without those that had expired.
    pub jar: Jar,
    /// The time it was looked at; `None` if nothing had happened yet.
    pub now: Option<Timestamp>,
}

/// The story of fewer exchanges is told sooner than threads start.
const FEW: usize = 256;

/// Gathers exchanges and tells their story.
#[derive(Debug, Default)]
pub struct Trail {
    visits: Vec<Visit>,
    awaited: Awaited,
    shared: Shared,
    room: Room,
}

impl Trail {
    /// A trail whose story takes about so many bytes at most. It ends with the first exchange for which
    /// there is no more room.
    pub fn within(bytes: usize) -> Self {
        Self { room: Room::within(bytes), ..Self::default() }
    }

    /// Whether there has been no exchange.
    pub const fn is_empty(&self) -> bool {
        self.visits.is_empty()
    }

    /// Whether there is no more room: what comes is only counted.
    pub const fn is_full(&self) -> bool {
        self.room.is_full()
    }

    /// What is said of what found no room, if anything did not.
    pub fn note(&self) -> Option<Note> {
        self.room.note()
    }

    /// Counts an exchange of which nothing was made, since the trail [is full](Self::is_full).
    pub fn pass_over(&mut self) {
        self.room.leave_out();
    }

    /// Takes the next exchange, in capture order.
    pub fn push(&mut self, numbered: Numbered) {
        if self.is_full() {
            return self.pass_over();
        }
        let Numbered { id, exchange } = numbered;
        let visit = Self::visit(&exchange, &mut self.shared);
        self.push_visit(id, exchange.connection, visit);
    }

    /// What [`Trail::push_visit`] takes of an exchange. Nothing else need be known for it, so that any
    /// thread can make it, with what it shares among those that it makes.
    pub fn visit(exchange: &Exchange, shared: &mut Shared) -> Visit {
        Visit::of(exchange, HttpLimits::default().decoded_body, shared)
    }

    /// Takes what has been made of the next exchange, in capture order; its number, and that of its
    /// connection.
    pub fn push_visit(&mut self, id: u64, connection: u64, mut visit: Visit) {
        if self.room.take(&visit) {
            (visit.id, visit.connection) = (id, connection);
            self.awaited.mark(&mut visit);
            self.visits.push(visit);
        }
    }

    /// What each browser held at a point of the capture, as the model has it; found out on so many
    /// threads.
    pub fn jars(&self, at: At, threads: NonZero<usize>) -> Vec<Held> {
        let threads = enough(threads, self.visits.len());
        let goes_on = |packet, time| at.includes(packet, time);
        let clients = whole::clients(&self.visits, threads, goes_on, |profile| profile);
        let seen = self.visits.iter().flat_map(Visit::moments);
        let last =
            seen.filter(|(packet, time)| at.includes(*packet, *time)).map(|(_, time)| time).max();
        let now = if let At::Time(time) = at { Some(time) } else { last };
        let held = |(index, client): (usize, whole::Client<who::Profile>)| {
            let mut profile = client.kept;
            if let Some(now) = now {
                profile.jar.expire(now);
            }
            let label = label::label(&profile.user_agent);
            Held {
                browser: letter(index),
                label,
                addresses: profile.addresses,
                jar: profile.jar,
                now,
            }
        };
        clients.into_iter().enumerate().map(held).collect()
    }

    /// The story of all exchanges.
    pub fn finish(self) -> Story {
        self.finish_on(NonZero::<usize>::MIN, &Keys::default())
    }

    /// The story of all exchanges, told on so many threads, with signatures judged by these secrets,
    /// and by what they open.
    pub fn finish_on(self, threads: NonZero<usize>, keys: &Keys) -> Story {
        let visits = self.visits;
        let threads = enough(threads, visits.len());
        let whole::Whole { clients, lives: mut cookies, unread } =
            whole::follow(&visits, threads, |_, _| true, browser);
        identity::read(&mut cookies, unread, threads);
        beside::reread(&mut cookies);
        versions::number(&mut cookies);
        verify::verify(&mut cookies, keys);
        cookies.iter_mut().for_each(CookieLife::settle);
        let browsers = browsers(clients);
        let lives: Vec<(usize, &CookieLife)> = cookies.iter().enumerate().collect();
        let session = |(index, life): &(usize, &CookieLife)| sessions::session(*index, life);
        let sessions = threads::map(&lives, threads, session).into_iter().flatten().collect();
        let by_visit = ByVisit::of(visits.len(), &cookies);
        let known = Known { visits: &visits, cookies: &cookies, by_visit: &by_visit };
        let navigations = navigations(&browsers, known, threads);
        let is_out_of_step = visits.iter().any(Visit::is_out_of_step);
        let mut story = Story {
            visits,
            browsers,
            navigations,
            cookies,
            sessions,
            findings: Vec::new(),
            conclusions: Vec::new(),
            by_visit,
            is_out_of_step,
        };
        let turns = turns(&story, threads);
        for (session, turns) in story.sessions.iter_mut().zip(turns) {
            session.turns = turns;
        }
        story.findings = findings::findings(&story, threads);
        story.conclusions = conclusions::conclusions(&story, threads);
        story
    }
}

/// Of so many threads as many as are worth it for so many visits.
fn enough(threads: NonZero<usize>, visits: usize) -> NonZero<usize> {
    if visits < FEW { NonZero::<usize>::MIN } else { threads }
}

/// The steps of all browsers, in the order of the capture.
fn navigations(browsers: &[Browser], known: Known<'_>, threads: NonZero<usize>) -> Vec<Navigation> {
    let browsers: Vec<(usize, &Browser)> = browsers.iter().enumerate().collect();
    let steps = |(index, browser): &(usize, &Browser)| {
        let mut steps = navigation::navigations(*index, &browser.visits, known.visits);
        steps::name_steps(&mut steps, known);
        steps::add_chains(&mut steps, browser.visits.last().copied(), known);
        let first = |step: &Navigation| step.hops.first().or(step.parts.first()).copied();
        steps.into_iter().map(|step| (first(&step), step)).collect()
    };
    merge::merge(threads::map(&browsers, threads, steps)).0
}

/// The turns of each session.
fn turns(story: &Story, threads: NonZero<usize>) -> Vec<Vec<Turn>> {
    let lifetimes = lifetime::Lifetimes::of(story);
    let turns = |session: &SessionLife| lifetimes.turns(&story.cookies[session.cookie]);
    threads::map(&story.sessions, threads, turns)
}

impl Story {
    /// The browser of a visit.
    pub fn browser_of(&self, visit: usize) -> Option<&Browser> {
        self.browsers.iter().find(|browser| browser.visits.binary_search(&visit).is_ok())
    }

    /// The place of each visit's browser among all browsers, by the visit's place.
    pub fn browsers_of_visits(&self) -> Vec<Option<usize>> {
        let mut browser_of = Vec::with_capacity(self.visits.len());
        for (place, browser) in self.browsers.iter().enumerate() {
            for visit in &browser.visits {
                browser_of.resize(browser_of.len().max(visit + 1), None);
                browser_of[*visit] = Some(place);
            }
        }
        browser_of.resize(browser_of.len().max(self.visits.len()), None);
        browser_of
    }

    /// Whether the request of a visit carried a session cookie.
    pub fn sent_session(&self, visit: usize) -> bool {
        self.events_of(visit).any(|(life, event)| {
            matches!(event.kind, EventKind::Sent | EventKind::SentUnknown)
                && self.cookies[life].is_session()
        })
    }

    /// As which packet an event counts when one asks what came first.
    pub(super) fn turn_of(&self, event: &CookieEvent) -> Option<u64> {
        let visit = event.visit.and_then(|visit| self.visits.get(visit));
        event.packet.map(|packet| visit.map_or(packet, |visit| visit.turn_of(packet)))
    }

    /// What to sort events by: their time and packet; where directions are out of step, as which
    /// packet they count.
    pub fn order_of(&self, event: &CookieEvent) -> (Timestamp, u64) {
        self.order_at(event.visit, event.packet, event.time)
    }

    /// The same for anything that a packet of a visit shows; what no packet shows comes before the
    /// visit.
    pub fn order_at(
        &self,
        visit: Option<usize>,
        packet: Option<u64>,
        time: Timestamp,
    ) -> (Timestamp, u64) {
        if !self.is_out_of_step {
            return (time, packet.unwrap_or(0));
        }
        let visit = visit.and_then(|visit| self.visits.get(visit));
        let asked = visit.and_then(|visit| visit.asked.as_deref()).map_or(0, |asked| asked.turn);
        let turn = packet.map(|packet| visit.map_or(packet, |visit| visit.turn_of(packet)));
        (Timestamp::from_seconds(0), turn.unwrap_or(asked.saturating_sub(1)))
    }

    /// The cookie events of a visit, by cookie and in order.
    pub fn events_of(&self, visit: usize) -> impl Iterator<Item = (usize, &CookieEvent)> {
        let Self { by_visit, visits, cookies, .. } = self;
        Known { by_visit, visits, cookies }.events_of(visit)
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
