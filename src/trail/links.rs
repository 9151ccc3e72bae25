//! Exchanges that belong together, whoever made them: what the whole capture shows, before anybody
//! is told apart.
//!
//! A cookie value that one response made and that comes back later ties both exchanges to one jar;
//! so does a connection. Such a group has one owner, and two groups that hold different values of
//! the same cookie at the same time have two. This is how a first visit without any cookie finds its
//! browser among twenty equal ones: by what comes back later.
//!
//! Only exchanges of one address and one `User-Agent` are tied; a value that turns up elsewhere was
//! moved or copied, and that is for [`super::who`] to judge.

use super::groups::Groups;
use super::holdings::{Holdings, Named, Span};
use super::made::{self, Made, Times, Valued};
use super::visit::Visit;
use crate::session;
use foldhash::fast::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

/// Shorter values tie nothing: many browsers have a `lang=en`.
pub(super) const SHORTEST_TIE: usize = 8;

/// What ties an exchange to an earlier one of its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tie {
    /// A cookie that the one was given, or sends, and the other sends.
    Cookie,
    /// One connection.
    Connection,
    /// A spare connection that was opened together with the one before.
    Spare,
}

/// The groups of a [district](super::districts). Its visits are known by their place in it.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Each visit's group, named by its first visit.
    group: Vec<usize>,
    /// By group. Its order, which hashing makes, is never looked at.
    holdings: HashMap<usize, Arc<Holdings>, RandomState>,
    /// By visit.
    ties: Vec<Option<Tie>>,
    /// `Set-Cookie` lines, by visit and place, whose cookies come back.
    pub returned: BTreeSet<(usize, usize)>,
}

impl Links {
    /// Looks through the visits of a district, with those pairs of them that may be tied by a
    /// [spare connection](super::spare).
    pub fn of(visits: &[&Visit], spares: &[(usize, usize)], made: &Made) -> Self {
        let mut gathered = Gathered::default();
        for (place, visit) in visits.iter().enumerate() {
            gathered.add(place, visit);
        }
        gathered.link(visits, spares, made)
    }

    /// The group of a visit, which its first visit names; `None` where nothing was looked through.
    pub fn group(&self, visit: usize) -> Option<usize> {
        self.group.get(visit).copied()
    }

    /// What the owner of a group holds.
    pub fn holdings(&self, group: usize) -> Option<&Arc<Holdings>> {
        self.holdings.get(&group)
    }

    /// What ties a visit to its group.
    pub fn tie(&self, visit: usize) -> Option<Tie> {
        self.ties.get(visit).copied().flatten()
    }
}

/// Who makes requests, as far as one request shows.
pub(super) type NamedClient<'v> = (IpAddr, &'v [u8]);

/// Who made a visit; `None` where its request was not captured.
pub(super) fn named_client(visit: &Visit) -> Option<NamedClient<'_>> {
    Some((visit.client.ip(), &visit.asked.as_deref()?.user_agent))
}

/// A value: where it was made and where it was sent.
#[derive(Debug, Default)]
struct Value {
    /// Visits whose response made it, with the place of the line and the packet.
    made: Vec<(usize, usize, u64)>,
    /// Visits whose request carried it, with the packet.
    sent: Vec<(usize, u64)>,
}

/// A visit by its connection and the name of its client.
type Carried<'v> = (u64, &'v [u8], usize);

#[derive(Debug, Default)]
struct Gathered<'v> {
    /// In the order in which they were first seen.
    values: Vec<(Valued<'v>, Value)>,
    /// Where each lies. It is only asked, and never walked through.
    places: HashMap<Valued<'v>, usize, RandomState>,
    /// Of each visit its connection and the name of its client; those of one together, once all are
    /// known.
    connections: Vec<Carried<'v>>,
    relayed: BTreeSet<u64>,
}

impl<'v> Gathered<'v> {
    fn add(&mut self, index: usize, visit: &'v Visit) {
        let Some(asked) = &visit.asked else { return };
        let Some(target) = &asked.target else { return };
        self.connections.push((visit.connection, &asked.user_agent, index));
        if asked.is_relayed {
            self.relayed.insert(visit.connection);
        }
        let site = target.host.site();
        for pair in asked.cookies.pairs.iter().filter(|pair| pair.value.len() >= SHORTEST_TIE) {
            let key = (&*pair.value, &*pair.name, site);
            self.value(key).sent.push((index, asked.turn));
        }
        let Some(answered) = &visit.answered else { return };
        for (place, valued) in made::values(visit) {
            self.value(valued).made.push((index, place, answered.turn));
        }
    }

    fn value(&mut self, valued: Valued<'v>) -> &mut Value {
        let next = self.values.len();
        let place = *self.places.entry(valued).or_insert(next);
        if place == next {
            self.values.push((valued, Value::default()));
        }
        &mut self.values[place].1
    }

    fn link(mut self, visits: &[&Visit], spares: &[(usize, usize)], made: &Made) -> Links {
        self.connections.sort_unstable();
        let mut tied = Tied {
            groups: Groups::of(visits.len()),
            ties: vec![None; visits.len()],
            returned: BTreeSet::new(),
        };
        let mut shared = Names::default();
        let mut spans: Vec<(usize, Named, Span)> = Vec::new();
        let mut numbers: HashMap<&[u8], usize, RandomState> = HashMap::default();
        for (valued, seen) in &self.values {
            if seen.sent.is_empty() || !is_one_owners(*valued, made) {
                continue;
            }
            let (value, name, site) = valued;
            let next = numbers.len();
            let number = *numbers.entry(value).or_insert(next);
            let named = shared.of(site, name);
            for of_key in seen.by_client(visits).chunk_by(|a, b| a.0 == b.0) {
                if let Some((owner, span)) = tied.tie(of_key, number) {
                    spans.push((owner, named.clone(), span));
                }
            }
        }
        let mut holdings = HeldBy::default();
        for (visit, named, span) in spans {
            holdings.entry(tied.groups.find(visit)).or_default().add(&named, span);
        }
        self.link_connections(&mut tied, &mut holdings);
        tied.link_spares(spares, &mut holdings);
        let holdings = holdings.into_iter().map(|(group, held)| (group, held.into())).collect();
        let Tied { groups, ties, returned } = tied;
        Links { group: groups.into_all(), holdings, ties, returned }
    }

    /// A connection is one client's, unless it carries what two hold at the same time: then a proxy
    /// stands before them.
    fn link_connections(&self, tied: &mut Tied, holdings: &mut HeldBy) {
        for of_one in self.connections.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            if of_one.len() < 2 || self.relayed.contains(&of_one[0].0) {
                continue;
            }
            let visits = || of_one.iter().map(|(.., visit)| *visit);
            let groups: BTreeSet<usize> = visits().map(|visit| tied.groups.find(visit)).collect();
            let others = if groups.len() > 1 { Some(&groups) } else { None };
            let held = others.into_iter().flatten().filter_map(|group| holdings.get(group));
            let Some(all) = Holdings::of_one(held) else { continue };
            for (one, next) in visits().zip(visits().skip(1)) {
                tied.groups.unite(one, next);
                tied.ties[next].get_or_insert(Tie::Connection);
                tied.ties[one].get_or_insert(Tie::Connection);
            }
            if groups.len() > 1 {
                let held = groups.iter().filter_map(|group| holdings.remove(group)).count();
                if held > 0 {
                    holdings.insert(tied.groups.find(of_one[0].2), all);
                }
            }
        }
    }
}

/// What the owner of each group holds. Its order, which hashing makes, is never looked at.
type HeldBy = HashMap<usize, Holdings, RandomState>;

/// The names of cookies, each kept once.
#[derive(Debug, Default)]
struct Names<'v>(BTreeMap<(&'v str, &'v [u8]), Named>);

impl<'v> Names<'v> {
    fn of(&mut self, site: &'v str, name: &'v [u8]) -> Named {
        self.0.entry((site, name)).or_insert_with(|| (site.into(), name.into())).clone()
    }
}

impl Value {
    /// The visits that show it, those of one address and name of the client together, the maker's
    /// before those that send.
    fn by_client<'a>(&self, visits: &[&'a Visit]) -> Vec<(NamedClient<'a>, Show)> {
        let made = self.made.iter().map(|(visit, place, packet)| (*visit, Some(*place), *packet));
        let sent = self.sent.iter().map(|(visit, packet)| (*visit, None, *packet));
        let all = made.chain(sent).filter_map(|show| Some((named_client(visits[show.0])?, show)));
        let mut all: Vec<(NamedClient<'_>, Show)> = all.collect();
        all.sort_by_key(|(client, _)| *client);
        all
    }
}

/// Whether only one jar can have a value: one response made it, or, where none did, it looks like
/// nothing that two would have.
fn is_one_owners(valued: Valued<'_>, made: &Made) -> bool {
    let (value, name, _) = valued;
    match made.times(valued) {
        Times::Never => is_session(name, value) || looks_random(value),
        Times::Once => true,
        Times::Often => false,
    }
}

/// A visit that shows a value, the place of the line where it made it, and the packet.
type Show = (usize, Option<usize>, u64);

/// What has been tied so far.
struct Tied {
    groups: Groups,
    ties: Vec<Option<Tie>>,
    returned: BTreeSet<(usize, usize)>,
}

impl Tied {
    /// Ties the visits of one value, which has this number, and says from when to when it is held.
    fn tie(&mut self, shows: &[(NamedClient<'_>, Show)], value: usize) -> Option<(usize, Span)> {
        let shows = || shows.iter().map(|(_, show)| *show);
        shows().find(|(_, place, _)| place.is_none())?;
        let (first, ..) = shows().next()?;
        for (visit, place, _) in shows() {
            self.groups.unite(first, visit);
            self.ties[visit] = Some(Tie::Cookie);
            self.returned.extend(place.map(|place| (visit, place)));
        }
        let packets = || shows().map(|(_, _, packet)| packet);
        let (first_packet, last) = (packets().min()?, packets().max()?);
        Some((first, Span { value, first: first_packet, last }))
    }

    /// Browsers open a spare connection together with one that they need, and use it for a later
    /// request. What was asked first, and has nothing else to tell whose it is, is then theirs.
    fn link_spares(&mut self, spares: &[(usize, usize)], holdings: &mut HeldBy) {
        for (before, visit) in spares {
            let (theirs, ours) = (self.groups.find(*before), self.groups.find(*visit));
            if holdings.contains_key(&ours) && !holdings.contains_key(&theirs) {
                let held = holdings.remove(&ours).unwrap_or_default();
                self.groups.unite(theirs, ours);
                holdings.insert(self.groups.find(ours), held);
                self.ties[*before] = Some(Tie::Spare);
            }
        }
    }
}

/// Whether a value is a session by what it looks like.
pub(super) fn is_session(name: &[u8], value: &[u8]) -> bool {
    let reading = session::decode(&session::Cookie::new(name, value), &session::Context::default());
    reading.is_some_and(|reading| reading.kind.is_session())
}

/// Whether a value is long and mixed enough to be nobody else's.
fn looks_random(value: &[u8]) -> bool {
    let has = |test: fn(&u8) -> bool| value.iter().any(test);
    value.len() >= 2 * SHORTEST_TIE && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holdings(spans: &[(&str, u64, u64)]) -> Holdings {
        let named: Named = ("a.test".into(), b"sid"[..].into());
        let mut holdings = Holdings::default();
        for (value, first, last) in spans {
            let value = value.bytes().fold(0, |number, byte| 256 * number + usize::from(byte));
            holdings.add(&named, Span { value, first: *first, last: *last });
        }
        holdings
    }

    #[test]
    fn two_values_at_one_time_have_two_owners() {
        let ours = holdings(&[("one", 5, 9), ("three", 20, 90), ("two", 9, 20)]);
        for (theirs, conflict) in [
            (("four", 1, 4), false),
            (("four", 1, 6), true),
            (("one", 1, 9), false),
            (("four", 9, 20), true),
            (("three", 30, 40), false),
            (("four", 30, 40), true),
            (("four", 90, 95), false),
        ] {
            assert_eq!(ours.conflict(&holdings(&[theirs])).is_some(), conflict, "{theirs:?}");
        }
    }

    /// A model that knows no order: every pair is looked at.
    #[test]
    fn conflicts_are_those_that_any_pair_shows() {
        let mut seed = 7_u64;
        let mut random = |bound: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
            (seed >> 33) % bound
        };
        let mut spans = || -> Vec<(&str, u64, u64)> {
            (0..random(6))
                .map(|_| {
                    let first = random(40);
                    let value = ["x", "y", "z"][usize::try_from(random(3)).unwrap()];
                    (value, first, first + random(9))
                })
                .collect()
        };
        for _ in 0..300 {
            let (ours, theirs) = (spans(), spans());
            let clash =
                |a: &(&str, u64, u64), b: &(&str, u64, u64)| a.0 != b.0 && a.1 < b.2 && b.1 < a.2;
            let wanted = ours.iter().any(|a| theirs.iter().any(|b| clash(a, b)));
            let found = holdings(&ours).conflict(&holdings(&theirs)).is_some();
            assert_eq!(found, wanted, "{ours:?} {theirs:?}");
        }
    }
}
