//! Session lives: what each request was for, and the turns that follow from it.

use super::address::Address;
use super::attempt;
use super::inputs::{Answers, Attempt, Context, Moment, Sign, refuses};
use super::machine::Machine;
use super::stage::Turn;
use super::story::{CookieEvent, CookieLife, EventKind, Navigation, Story};
use super::strangers::{Answer, Strangers, answer};
use super::visit::{Asked, Visit};
use crate::cookie::Reason;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of all sessions before the life of one is told.
pub(super) struct Lifetimes<'a> {
    visits: &'a [Visit],
    /// By browser and host, the visits that are about logging in or out, or were turned away.
    telling: BTreeMap<(usize, &'a str), Vec<usize>>,
    /// The step of each visit.
    steps: Vec<Option<&'a Navigation>>,
    /// Whether the response of each visit set a session cookie.
    given: Vec<bool>,
    /// Deletions that missed, by the browser and the name of what they were meant for.
    missed: BTreeMap<(usize, &'a [u8]), Vec<&'a CookieEvent>>,
    strangers: Strangers<'a>,
}

/// Hops of a chain that are looked back over for what it was about. Clients give up after fewer.
const LOOKED_BACK: usize = 32;

/// Something that the machine takes.
enum Input<'a> {
    Event(&'a CookieEvent),
    Sign(Sign<'a>),
}

impl<'a> Lifetimes<'a> {
    pub fn of(story: &'a Story) -> Self {
        let mut steps = vec![None; story.visits.len()];
        for step in &story.navigations {
            step.hops.iter().chain(&step.parts).for_each(|visit| steps[*visit] = Some(step));
        }
        let mut given = vec![false; story.visits.len()];
        for life in story.cookies.iter().filter(|life| life.is_session()) {
            let made =
                |event: &&CookieEvent| matches!(event.kind, EventKind::Set | EventKind::Replaced);
            let made = life.events.iter().filter(made).filter_map(|event| event.visit);
            made.for_each(|visit| given[visit] = true);
        }
        let mut missed: BTreeMap<(usize, &[u8]), Vec<&CookieEvent>> = BTreeMap::new();
        for life in &story.cookies {
            for event in life.events.iter().filter(|event| is_miss(event)) {
                missed.entry((life.browser, &life.name)).or_default().push(event);
            }
        }
        let (telling, strangers) = (BTreeMap::new(), Strangers::of(story));
        let mut own = Self { visits: &story.visits, telling, steps, given, missed, strangers };
        let mut telling: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
        for (index, browser) in story.browsers.iter().enumerate() {
            for visit in browser.visits.iter().copied().filter(|visit| own.is_telling(*visit)) {
                let asked = story.visits[visit].asked.as_deref();
                if let Some(target) = asked.and_then(|asked| asked.target.as_ref()) {
                    telling.entry((index, target.host.as_str())).or_default().push(visit);
                }
            }
        }
        own.telling = telling;
        own
    }

    fn is_telling(&self, visit: usize) -> bool {
        self.visits[visit].asked.as_deref().is_some_and(|asked| {
            attempt::tries_login(asked) || attempt::is_logout(asked) || self.is_turned_away(visit)
        })
    }

    /// Whether a request, other than for the login itself, was answered with the login or an error.
    fn is_turned_away(&self, visit: usize) -> bool {
        let visited = &self.visits[visit];
        let (Some(asked), Some(answered)) = (&visited.asked, &visited.answered) else {
            return false;
        };
        let end = self.visits[self.end_of(visit)].asked.as_deref();
        let to_login = answered.is_redirect() && end.is_some_and(attempt::is_login_url);
        !attempt::is_login_url(asked) && (to_login || refuses(answered))
    }

    /// The life of one session.
    pub fn turns(&'a self, life: &'a CookieLife) -> Vec<Turn> {
        let attempts = self.attempts(life);
        let pages = Seen { all: self, before: BTreeMap::new() };
        let mut machine = Machine::new(life, self.visits, pages);
        for ((_, _, place), input) in self.inputs(life, &attempts) {
            let context = self.context(life, place.visit, &attempts);
            match input {
                Input::Event(event) => machine.event(event, context),
                Input::Sign(sign) => machine.sign(sign, place, context),
            }
        }
        machine.turns
    }

    fn step_of(&self, visit: usize) -> Option<&'a Navigation> {
        self.steps.get(visit).copied().flatten()
    }

    /// Everything that the machine takes, in the order of the packets; of one packet the cookie
    /// events first.
    fn inputs<'l>(
        &'l self,
        life: &'l CookieLife,
        attempts: &'l [Attempt],
    ) -> Vec<((u64, usize, Moment), Input<'l>)> {
        let mut inputs = Vec::new();
        let own = life.events.iter().filter(|event| !is_miss(event));
        let missed = self.missed.get(&(life.browser, &*life.name)).into_iter().flatten().copied();
        let missed = missed.filter(|event| self.is_near(life, event));
        for (order, event) in own.chain(missed).enumerate() {
            let Some(visit) = event.visit else { continue };
            let asked = self.visits[visit].asked.as_deref().map(|asked| asked.turn);
            let shown = event.packet.map(|packet| self.visits[visit].turn_of(packet));
            let at = shown.or(asked).unwrap_or(0);
            let moment = Moment { visit, packet: event.packet, time: event.time };
            inputs.push(((at, order, moment), Input::Event(event)));
        }
        for (visit, sign) in self.signs(life, attempts) {
            let end = match sign {
                Sign::LoggedOut => self.answered_at(life, visit),
                Sign::TurnedAway => self.end_of(visit),
                Sign::Attempted(_) => visit,
            };
            let packet = |visit: usize| self.visits[visit].answered.as_deref().map(|one| one.turn);
            let (Some(at), Some(answered)) = (packet(end), self.visits[visit].answered.as_deref())
            else {
                continue;
            };
            let moment = Moment { visit, packet: Some(answered.packet), time: answered.time };
            inputs.push(((at, usize::MAX, moment), Input::Sign(sign)));
        }
        inputs.sort_by_key(|((at, order, _), _)| (*at, *order));
        inputs
    }

    /// Whether an event comes from a host that gets the cookie.
    fn is_near(&self, life: &CookieLife, event: &CookieEvent) -> bool {
        let asked = event.visit.and_then(|visit| self.visits[visit].asked.as_deref());
        let target = asked.and_then(|asked| asked.target.as_ref());
        target.is_some_and(|target| reaches(target.host.as_str(), life))
    }

    /// The last hop after a visit at which the server did something to the cookie; else itself.
    fn answered_at(&self, life: &CookieLife, visit: usize) -> usize {
        let hops = self.step_of(visit).map_or(&[][..], |step| &step.hops);
        let place = hops.iter().position(|hop| *hop == visit).unwrap_or(hops.len());
        let after = &hops[place..];
        let events = life.events.iter().filter(|event| event.kind.is_from_server());
        let done = events.filter_map(|event| event.visit).filter(|at| after.contains(at));
        done.max().unwrap_or(visit)
    }

    fn end_of(&self, visit: usize) -> usize {
        self.step_of(visit).map_or(visit, |step| attempt::last_of(step, visit))
    }

    /// The telling visits of the cookie's browser to hosts that get the cookie.
    fn in_scope<'s>(&'s self, life: &'s CookieLife) -> impl Iterator<Item = (usize, &'s Asked)> {
        let own = (life.browser, "")..(life.browser + 1, "");
        let near = self.telling.range(own).filter(|((_, host), _)| reaches(host, life));
        let visits = near.flat_map(|(_, visits)| visits);
        visits.filter_map(|visit| Some((*visit, self.visits[*visit].asked.as_deref()?)))
    }

    fn attempts(&self, life: &CookieLife) -> Vec<Attempt> {
        let tried = self.in_scope(life).filter(|(_, asked)| attempt::tries_login(asked));
        let mut attempts: Vec<Attempt> = tried
            .filter_map(|(visit, asked)| {
                let step = self.step_of(visit)?;
                let place = step.hops.iter().position(|hop| *hop == visit);
                let after = place.map_or(&[][..], |place| &step.hops[place..]);
                let changed = self.given[visit] || after.iter().any(|hop| self.given[*hop]);
                let (outcome, signs) = attempt::outcome(step, visit, self.visits, changed);
                let user = attempt::user_in(asked).map(str::to_owned);
                Some(Attempt { visit, user, outcome, signs })
            })
            .collect();
        attempts.sort_by_key(|attempt| attempt.visit);
        attempts
    }

    fn signs<'l>(&self, life: &CookieLife, attempts: &'l [Attempt]) -> Vec<(usize, Sign<'l>)> {
        let mut signs: Vec<(usize, Sign<'_>)> =
            attempts.iter().map(|attempt| (attempt.visit, Sign::Attempted(attempt))).collect();
        for (visit, asked) in self.in_scope(life) {
            let Some(answered) = &self.visits[visit].answered else { continue };
            if attempt::is_logout(asked) {
                signs.extend((answered.status < 400).then_some((visit, Sign::LoggedOut)));
            } else if !attempt::tries_login(asked) && self.is_turned_away(visit) {
                signs.push((visit, Sign::TurnedAway));
            }
        }
        signs
    }

    /// What the step of a visit was about, up to that visit.
    fn context<'l>(&self, life: &CookieLife, visit: usize, attempts: &'l [Attempt]) -> Context<'l> {
        let Some(asked) = &self.visits[visit].asked else { return Context::default() };
        let hops = self.step_of(visit).map_or(&[][..], |step| &step.hops);
        let place = hops.iter().position(|hop| *hop == visit);
        let so_far =
            place.map_or(&[][..], |place| &hops[place.saturating_sub(LOOKED_BACK)..=place]);
        let led_here = |test: &dyn Fn(&Asked) -> bool| {
            let hops = so_far.iter().filter_map(|hop| self.visits[*hop].asked.as_deref());
            test(asked) || hops.into_iter().any(test)
        };
        let at = |visit: &usize| {
            let found = attempts.binary_search_by_key(visit, |attempt| attempt.visit);
            found.ok().map(|at| &attempts[at])
        };
        let attempt = at(&visit).or_else(|| so_far.iter().rev().find_map(at));
        Context {
            attempt,
            returns: led_here(&attempt::is_return_from_login),
            logout: led_here(&attempt::is_logout),
            remembers: asked
                .cookies
                .pairs
                .iter()
                .any(|pair| pair.name != life.name && attempt::is_remember_cookie(&pair.name)),
            sent: asked.cookies.first(&life.name).is_some(),
        }
    }
}

fn reaches(host: &str, life: &CookieLife) -> bool {
    host.strip_suffix(&*life.domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn is_miss(event: &CookieEvent) -> bool {
    event.verdict.is_some_and(|verdict| verdict.reason == Reason::DeletionMisses)
}

/// What one session was shown while it lived, beside what strangers were.
struct Seen<'a> {
    all: &'a Lifetimes<'a>,
    before: BTreeMap<&'a Address, BTreeSet<Answer<'a>>>,
}

impl<'a> Answers for Seen<'a> {
    fn note(&mut self, visit: usize) {
        let all: &'a Lifetimes<'a> = self.all;
        if let Some((url, seen)) = answer(&all.visits[visit]).filter(|(_, seen)| seen.0 < 300) {
            self.before.entry(url).or_default().insert(seen);
        }
    }

    fn is_as_before(&self, visit: usize, who: Option<&str>) -> Option<bool> {
        let (url, now) = answer(&self.all.visits[visit])?;
        let is_same = self.before.get(url)?.contains(&now);
        let is_named = attempt::names_user(who, self.all.visits[visit].answered.as_deref());
        let is_private = self.all.strangers.get_another(&self.all.visits[visit]);
        match (is_same, is_private || is_named) {
            (true, true) => Some(true),
            (true, false) => None,
            (false, _) => Some(false),
        }
    }

    fn was_shown(&self, visit: usize) -> bool {
        let url = answer(&self.all.visits[visit]).map(|(url, _)| url);
        url.is_some_and(|url| self.before.contains_key(url))
    }
}
