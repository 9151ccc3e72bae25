//! A whole capture followed: each [district](super::districts) alone, on some thread, and what came of
//! it put together in the order of the capture.

use super::districts::{District, districts};
use super::follow::{Follower, Message, messages};
use super::given;
use super::identity::Unread;
use super::links::Links;
use super::lives::{EventAt, Lives};
use super::made::Made;
use super::merge::merge;
use super::story::CookieLife;
use super::visit::Visit;
use super::who::{Apart, Profile};
use crate::threads;
use crate::time::Timestamp;
use std::num::NonZero;

/// The values of cookies are read where they were followed, if that is in a district of no more visits:
/// they are at hand then. Those of larger ones are read on all threads.
const SMALL: usize = 4096;

/// What came of a capture.
#[derive(Debug)]
pub(super) struct Whole<C> {
    /// Each client, in the order in which they appeared.
    pub clients: Vec<Client<C>>,
    /// The lives of their cookies, in the same order.
    pub lives: Vec<CookieLife>,
    /// The values of cookies that nobody has read yet.
    pub unread: Vec<Unread>,
}

/// A client, as far as is wanted.
#[derive(Debug)]
pub(super) struct Client<C> {
    /// What was made of it.
    pub kept: C,
    /// Which other one it is not, and why.
    pub told_apart: Option<Apart>,
}

/// Follows all visits as far as `goes_on` says, on so many threads. `keep` makes of each client what is
/// wanted of it.
pub(super) fn follow<C: Send>(
    visits: &[Visit],
    threads: NonZero<usize>,
    goes_on: impl Fn(u64, Timestamp) -> bool,
    keep: impl Fn(Profile) -> C + Sync,
) -> Whole<C> {
    let (districts, made) = districts(visits, threads);
    let end = end(visits, goes_on);
    let told =
        threads::map(&districts, threads, |district| Told::of(district, &made, visits, end, &keep));
    join(told, visits)
}

/// The first message that is wanted no more.
fn end(visits: &[Visit], goes_on: impl Fn(u64, Timestamp) -> bool) -> Option<Message> {
    let all = visits
        .iter()
        .enumerate()
        .flat_map(|(index, visit)| messages(index, visit).map(move |message| (message, visit)));
    let is_over = |((turn, is_response, _), visit): &(Message, &Visit)| {
        let asked = visit.asked.as_deref().filter(|_| !is_response).map(|one| one.time);
        let time = asked.or(visit.answered.as_deref().map(|one| one.time));
        !time.is_some_and(|time| goes_on(*turn, time))
    };
    all.filter(is_over).map(|(message, _)| message).min()
}

/// What came of one district. Clients are numbered by their place in it, visits as in the capture.
struct Told<C> {
    /// With the message that first showed each.
    clients: Vec<(Message, Client<C>)>,
    lives: Vec<(Message, CookieLife)>,
    unread: Vec<Unread>,
    unowned: Vec<EventAt>,
}

impl<C> Told<C> {
    fn of(
        district: &District,
        made: &Made,
        visits: &[Visit],
        end: Option<Message>,
        keep: impl Fn(Profile) -> C,
    ) -> Self {
        let index = |place: usize| district.visits[place];
        let own: Vec<&Visit> = district.visits.iter().map(|visit| &visits[*visit]).collect();
        let links = Links::of(&own, &district.spares, made);
        let is_end = end
            .map(|end| move |(turn, is_response, place)| (turn, is_response, index(place)) >= end);
        let Follower { roster, mut lives, .. } = Follower::knowing(&own, links, is_end.as_ref());
        if own.len() <= SMALL {
            lives.read();
        }
        let Lives { all, unread, unowned, .. } = lives;
        let client = |mut profile: Profile| {
            profile.evidence.iter_mut().for_each(|one| one.visit = index(one.visit));
            let first = profile.evidence.first().map_or(0, |one| one.visit);
            let turn = visits[first].asked.as_deref().map_or(0, |asked| asked.turn);
            let told_apart = profile.told_apart.take();
            ((turn, false, first), Client { kept: keep(profile), told_apart })
        };
        let life = |mut life: CookieLife| {
            for event in &mut life.events {
                event.visit = event.visit.map(index);
            }
            let first = life.events.first().and_then(|event| given::message(event, visits));
            (first.unwrap_or_default(), life)
        };
        Self {
            clients: roster.profiles.into_iter().map(client).collect(),
            lives: all.into_iter().map(life).collect(),
            unread,
            unowned,
        }
    }
}

/// Puts districts together.
fn join<C>(districts: Vec<Told<C>>, visits: &[Visit]) -> Whole<C> {
    let (mut clients, mut lives) = (Vec::new(), Vec::new());
    let (mut unread, mut unowned) = (Vec::new(), Vec::new());
    let (mut first_client, mut first_life) = (0, 0);
    for mut district in districts {
        for (_, client) in &mut district.clients {
            client.told_apart.iter_mut().for_each(|(other, _)| *other += first_client);
        }
        for (_, life) in &mut district.lives {
            life.browser += first_client;
        }
        let later = district.unread.into_iter();
        unread.extend(later.map(|(life, place, now)| (first_life + life, place, now)));
        let later = district.unowned.into_iter();
        unowned.extend(later.map(|(life, place)| (first_life + life, place)));
        first_client += district.clients.len();
        first_life += district.lives.len();
        clients.push(district.clients);
        lives.push(district.lives);
    }
    let (mut clients, place_of_client) = merge(clients);
    let apart = clients.iter_mut().filter_map(|client: &mut Client<C>| client.told_apart.as_mut());
    apart.for_each(|(other, _)| *other = place_of_client[*other]);
    let (mut lives, place_of_life) = merge(lives);
    for life in &mut lives {
        life.browser = place_of_client[life.browser];
    }
    for (life, ..) in &mut unread {
        *life = place_of_life[*life];
    }
    for (life, _) in &mut unowned {
        *life = place_of_life[*life];
    }
    given::explain_all(&mut lives, &unowned, visits);
    Whole { clients, lives, unread }
}
