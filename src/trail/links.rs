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

use super::visit::{Asked, Visit};
use crate::cookie::SetCookie;
use crate::session;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Shorter values tie nothing: many browsers have a `lang=en`.
const SHORTEST_TIE: usize = 8;

/// A cookie of a site: the site and the name.
pub(super) type Named = (String, Vec<u8>);

/// What ties an exchange to an earlier one of its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tie {
    /// A cookie that the one was given, or sends, and the other sends.
    Cookie,
    /// One connection.
    Connection,
}

/// A value of a cookie, from the first packet that shows it to the last.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    named: Named,
    value: Vec<u8>,
    first: u64,
    last: u64,
}

/// What one owner is known to hold, and when.
#[derive(Debug, Clone, Default)]
pub(super) struct Holdings {
    spans: BTreeMap<Named, Vec<Span>>,
}

impl Holdings {
    fn add(&mut self, span: Span) {
        self.spans.entry(span.named.clone()).or_default().push(span);
    }

    /// Takes over what a group holds.
    pub fn take(&mut self, other: &Self) {
        for span in other.spans.values().flatten() {
            self.add(span.clone());
        }
    }

    /// The cookie of which both hold different values at the same time.
    pub fn conflict(&self, other: &Self) -> Option<&Named> {
        other.spans.iter().find_map(|(named, theirs)| {
            let (named, ours) = self.spans.get_key_value(named)?;
            let overlaps =
                |a: &Span, b: &Span| a.value != b.value && a.first < b.last && b.first < a.last;
            let differ = ours.iter().any(|our| theirs.iter().any(|their| overlaps(our, their)));
            differ.then_some(named)
        })
    }
}

/// The groups of a capture.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Each visit's group, named by its first visit.
    group: Vec<usize>,
    holdings: BTreeMap<usize, Holdings>,
    ties: BTreeMap<usize, Tie>,
    /// `Set-Cookie` lines, by visit and place, whose cookies come back.
    pub returned: BTreeSet<(usize, usize)>,
}

impl Links {
    /// Looks through all visits.
    pub fn of(visits: &[Visit]) -> Self {
        let mut gathered = Gathered::default();
        for (index, visit) in visits.iter().enumerate() {
            gathered.add(index, visit);
        }
        gathered.link(visits)
    }

    /// The group of a visit, which its first visit names; `None` where nothing was looked through.
    pub fn group(&self, visit: usize) -> Option<usize> {
        self.group.get(visit).copied()
    }

    /// What the owner of a group holds.
    pub fn holdings(&self, group: usize) -> Option<&Holdings> {
        self.holdings.get(&group)
    }

    /// What ties a visit to its group.
    pub fn tie(&self, visit: usize) -> Option<Tie> {
        self.ties.get(&visit).copied()
    }

    fn find(&mut self, mut visit: usize) -> usize {
        while self.group[visit] != visit {
            self.group[visit] = self.group[self.group[visit]];
            visit = self.group[visit];
        }
        visit
    }

    fn union(&mut self, a: usize, b: usize, tie: Tie) {
        let (a, b) = (self.find(a), self.find(b));
        let (first, second) = (a.min(b), a.max(b));
        self.group[second] = first;
        let _ = tie;
    }
}

/// Who makes requests, as far as one request shows.
type Key = (IpAddr, Vec<u8>);

/// A value: where it was made and where it was sent.
#[derive(Debug, Default)]
struct Value {
    /// Visits whose response made it, with the place of the line and the packet.
    made: Vec<(usize, usize, u64)>,
    /// Visits whose request carried it, with the packet.
    sent: Vec<(usize, u64)>,
}

#[derive(Debug, Default)]
struct Gathered {
    values: BTreeMap<(Named, Vec<u8>), Value>,
    connections: BTreeMap<(u64, Vec<u8>), Vec<usize>>,
    relayed: BTreeSet<u64>,
}

impl Gathered {
    fn add(&mut self, index: usize, visit: &Visit) {
        let Some(asked) = &visit.asked else { return };
        let Some(target) = &asked.target else { return };
        let site = target.host.site();
        let connection = (visit.connection, asked.user_agent.clone());
        self.connections.entry(connection).or_default().push(index);
        if asked.is_relayed {
            self.relayed.insert(visit.connection);
        }
        for pair in asked.cookies.pairs.iter().filter(|pair| pair.value.len() >= SHORTEST_TIE) {
            let key = ((site.to_owned(), pair.name.clone()), pair.value.clone());
            self.values.entry(key).or_default().sent.push((index, asked.packet));
        }
        let Some(answered) = &visit.answered else { return };
        for (place, line) in answered.set_cookies.iter().enumerate() {
            let Ok(set) = SetCookie::parse(line) else { continue };
            let is_new = asked.cookies.first(&set.name) != Some(&*set.value);
            if set.value.len() >= SHORTEST_TIE && is_new {
                let key = ((site.to_owned(), set.name), set.value);
                self.values.entry(key).or_default().made.push((index, place, answered.packet));
            }
        }
    }

    fn link(self, visits: &[Visit]) -> Links {
        let mut links = Links { group: (0..visits.len()).collect(), ..Links::default() };
        let mut spans: Vec<(usize, Span)> = Vec::new();
        for ((named, value), seen) in &self.values {
            if seen.sent.is_empty() || !seen.is_one_owners(&named.1, value) {
                continue;
            }
            for visits_of_key in seen.by_key(visits).into_values() {
                let Some((owner, span)) = tie(&mut links, &visits_of_key, named, value) else {
                    continue;
                };
                spans.push((owner, span));
            }
        }
        self.link_connections(&mut links, &spans);
        for (visit, span) in spans {
            let group = links.find(visit);
            links.holdings.entry(group).or_default().add(span);
        }
        links.group = (0..visits.len()).map(|visit| links.find(visit)).collect();
        links
    }

    /// A connection is one client's, unless it carries what two hold at the same time: then a proxy
    /// stands before them.
    fn link_connections(&self, links: &mut Links, spans: &[(usize, Span)]) {
        let mut holdings: BTreeMap<usize, Holdings> = BTreeMap::new();
        for (visit, span) in spans {
            let group = links.find(*visit);
            holdings.entry(group).or_default().add(span.clone());
        }
        for ((connection, _), visits) in &self.connections {
            let groups: BTreeSet<usize> = visits.iter().map(|visit| links.find(*visit)).collect();
            let held: Vec<&Holdings> =
                groups.iter().filter_map(|group| holdings.get(group)).collect();
            let clashes = held
                .iter()
                .enumerate()
                .any(|(at, one)| held[at + 1..].iter().any(|other| one.conflict(other).is_some()));
            if clashes || self.relayed.contains(connection) {
                continue;
            }
            let mut all = Holdings::default();
            held.iter().for_each(|one| all.take(one));
            for pair in visits.windows(2) {
                links.union(pair[0], pair[1], Tie::Connection);
                links.ties.entry(pair[1]).or_insert(Tie::Connection);
                links.ties.entry(pair[0]).or_insert(Tie::Connection);
            }
            if let Some(first) = visits.first() {
                let group = links.find(*first);
                holdings.insert(group, all);
            }
        }
    }
}

impl Value {
    /// Whether only one jar can have it: one response made it, or, where none did, it looks like
    /// nothing that two would have.
    fn is_one_owners(&self, name: &[u8], value: &[u8]) -> bool {
        match self.made.len() {
            0 => is_session(name, value) || looks_random(value),
            1 => true,
            _ => false,
        }
    }

    /// The visits that show it, by address and name of the client; the maker's with those that send.
    fn by_key<'a>(&self, visits: &'a [Visit]) -> BTreeMap<Key, Shows<'a>> {
        let mut by_key: BTreeMap<Key, Shows<'a>> = BTreeMap::new();
        let mut shows = |visit: usize, place: Option<usize>, packet: u64| {
            if let Some(asked) = &visits[visit].asked {
                let key = (visits[visit].client.ip(), asked.user_agent.clone());
                by_key.entry(key).or_default().push((visit, asked, place, packet));
            }
        };
        self.made.iter().for_each(|(visit, place, packet)| shows(*visit, Some(*place), *packet));
        self.sent.iter().for_each(|(visit, packet)| shows(*visit, None, *packet));
        by_key
    }
}

/// Visits that show a value, with the place of the line where they made it, and the packet.
type Shows<'a> = Vec<(usize, &'a Asked, Option<usize>, u64)>;

/// Ties the visits of one value, and says from when to when it is held.
fn tie(links: &mut Links, shows: &Shows<'_>, named: &Named, value: &[u8]) -> Option<(usize, Span)> {
    shows.iter().find(|(_, _, place, _)| place.is_none())?;
    let first = shows.first()?.0;
    for (visit, _, place, _) in shows {
        links.union(first, *visit, Tie::Cookie);
        links.ties.insert(*visit, Tie::Cookie);
        if let Some(place) = place {
            links.returned.insert((*visit, *place));
        }
    }
    let packets = || shows.iter().map(|(_, _, _, packet)| *packet);
    let (first_packet, last) = (packets().min()?, packets().max()?);
    let (named, value) = (named.clone(), value.to_vec());
    Some((first, Span { named, value, first: first_packet, last }))
}

fn is_session(name: &[u8], value: &[u8]) -> bool {
    let reading = session::decode(&session::Cookie::new(name, value), &session::Context::default());
    reading.is_some_and(|reading| reading.kind.is_session())
}

/// Whether a value is long and mixed enough to be nobody else's.
fn looks_random(value: &[u8]) -> bool {
    let has = |test: fn(&u8) -> bool| value.iter().any(test);
    value.len() >= 2 * SHORTEST_TIE && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
}
