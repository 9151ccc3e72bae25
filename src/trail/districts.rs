//! A capture in districts: addresses, and names at them, between which no client moves. What happens in
//! one says nothing of who is who in another, so that each can be followed alone, on any thread, with
//! all that it needs at hand.
//!
//! What districts do know of each other is told here: how many responses [made](Made) a value, and
//! which connections [were spare](super::spare).

use super::groups::Groups;
use super::links::{NamedClient, named_client};
use super::made::{self, Made};
use super::spare;
use super::visit::{Asked, Visit};
use crate::cookie::CookiePair;
use crate::threads;
use foldhash::fast::RandomState;
use foldhash::quality::FixedState;
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::num::NonZero;

/// Visits that are looked through together.
const STRETCH: usize = 2048;

/// Visits that no other district's clients have made.
#[derive(Debug, Default)]
pub(super) struct District {
    /// Its visits, in order: those whose request was captured.
    pub visits: Vec<usize>,
    /// Pairs of visits of which the first may have come on a spare connection of the second's client,
    /// by their place among the visits.
    pub spares: Vec<(usize, usize)>,
}

/// All districts, in the order of their first visits, and what they know of each other.
pub(super) fn districts(visits: &[Visit], threads: NonZero<usize>) -> (Vec<District>, Made) {
    let asked: Vec<usize> = (0..visits.len()).filter(|at| visits[*at].asked.is_some()).collect();
    let (homes, count) = homes(visits, &asked);
    let stretches: Vec<&[usize]> = asked.chunks(STRETCH).collect();
    let look = |stretch: &&[usize]| Seen::of(stretch, visits, &homes);
    let seen = threads::map(&stretches, threads, look);
    let made = Made::of(seen.iter().flat_map(|seen| seen.made.iter().copied()));
    let mut carried: Vec<(u64, usize)> =
        asked.iter().map(|visit| (visits[*visit].connection, *visit)).collect();
    carried.sort_unstable();
    let mut groups = Groups::of(count);
    tie_moves(&mut groups, seen);
    for pair in carried.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        groups.unite(homes[pair[0].1], homes[pair[1].1]);
    }
    let mut districts: Vec<District> = Vec::new();
    // By group; there are no more of them than homes.
    let mut places: Vec<Option<usize>> = vec![None; count];
    let groups = groups.into_all();
    for visit in asked {
        let place = *places[groups[homes[visit]]].get_or_insert_with(|| {
            districts.push(District::default());
            districts.len() - 1
        });
        districts[place].visits.push(visit);
    }
    for (before, visit) in spare::pairs(visits, &carried) {
        if let Some(place) = places[groups[homes[visit]]] {
            let District { visits, spares } = &mut districts[place];
            // Both are there: a pair has one home.
            let found = visits.binary_search(&before).ok().zip(visits.binary_search(&visit).ok());
            spares.extend(found);
        }
    }
    (districts, made)
}

/// The client's home, which is its address and its name, of each of these visits, by a number; and how many
/// there are.
fn homes(visits: &[Visit], asked: &[usize]) -> (Vec<usize>, usize) {
    let mut numbers: HashMap<Option<NamedClient<'_>>, usize, RandomState> = HashMap::default();
    let mut all = vec![0; visits.len()];
    for visit in asked {
        let next = numbers.len();
        all[*visit] = *numbers.entry(named_client(&visits[*visit])).or_insert(next);
    }
    (all, numbers.len())
}

/// What a stretch of visits shows.
struct Seen {
    /// The values that were made, by their hashes.
    made: Vec<u64>,
    /// Cookies that were given or sent, in order, each once.
    held: Vec<Holding>,
}

/// A cookie at a home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Holding {
    /// A hash of its name and value, and of the client's `User-Agent`.
    cookie: u64,
    /// The number of the home.
    home: usize,
    is_sent: bool,
}

impl Seen {
    fn of(stretch: &[usize], visits: &[Visit], homes: &[usize]) -> Self {
        let mut seen = Self { made: Vec::new(), held: Vec::new() };
        let mut text = Vec::new();
        for &index in stretch {
            let (visit, home) = (&visits[index], homes[index]);
            let Some(asked) = visit.asked.as_deref() else { continue };
            if let Some(pair) = telling(asked) {
                let cookie = held(asked, &pair.name, &pair.value, &mut text);
                seen.held.push(Holding { cookie, home, is_sent: true });
            }
            for line in visit.answered.iter().flat_map(|answered| &answered.set_cookies) {
                let pair = line.split(|byte| *byte == b';').next().unwrap_or_default();
                let equals = memchr::memchr(b'=', pair).unwrap_or(0);
                let (name, value) = pair.split_at(equals);
                let cookie =
                    held(asked, name, value.strip_prefix(b"=").unwrap_or(value), &mut text);
                seen.held.push(Holding { cookie, home, is_sent: false });
            }
            seen.made.extend(made::values(visit).map(|(_, valued)| made::hash(valued)));
        }
        seen.held.sort_unstable();
        seen.held.dedup();
        seen
    }
}

/// Of the cookies that a request carries the one that tells most of whose it is: the longest.
fn telling(asked: &Asked) -> Option<&CookiePair> {
    asked.cookies.pairs.iter().rev().max_by_key(|pair| pair.value.len())
}

/// What a cookie of a client of this name is known by. Clients do not agree on which part of a line without
/// `=` is the name: so that sign does not count.
fn held(asked: &Asked, name: &[u8], value: &[u8], text: &mut Vec<u8>) -> u64 {
    text.clear();
    text.extend_from_slice(name.trim_ascii());
    text.extend_from_slice(value.trim_ascii());
    FixedState::default().hash_one((&*asked.user_agent, &**text))
}

/// A client may have [moved](super::who) to where all its cookies are sent, under the same name: so
/// where the most telling of them was given, and where it is sent, are one district.
fn tie_moves(groups: &mut Groups, seen: Vec<Seen>) {
    let mut held: Vec<Holding> = seen.into_iter().flat_map(|seen| seen.held).collect();
    // Stretches are in order already, which this kind of sorting makes use of.
    held.sort();
    for same in held.chunk_by(|a, b| a.cookie == b.cookie).filter(|same| same.len() > 1) {
        if same.iter().any(|held| held.is_sent) {
            same.windows(2).for_each(|pair| groups.unite(pair[0].home, pair[1].home));
        }
    }
}
