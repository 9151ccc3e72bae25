//! The connection table: which connection a segment belongs to.
//!
//! Each connection carries what its consumer needs (`T`), so that one look-up serves both. A
//! connection that is over lingers for a while, since its end may have been forged; then only its
//! extent is remembered, so that late copies of its segments do not pass for a new one. Idle ones go
//! only when the table is crowded. A SYN alone does not end a connection that is alive, since anyone
//! can send one: the next segment of the new connection must agree.

use super::connection::Connection;
use super::doubts::{Doubt, Doubts, GRACE};
use super::past::Past;
use super::reuse::{Fate, Rival};
use super::side::Side;
use crate::limits::{LINGERING, TableLimits};
use crate::packet::{Segment, SocketPair};
use crate::time::Timestamp;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::ops::ControlFlow;

/// One connection and what its consumer keeps with it.
#[derive(Debug)]
pub struct Entry<T> {
    /// The packet it was first seen with: no two connections have the same.
    pub id: u64,
    /// The sockets of the originator and of the responder.
    pub pair: SocketPair,
    /// The time of its first packet.
    pub since: Timestamp,
    /// The streams.
    pub tcp: Connection,
    /// What the consumer keeps.
    pub app: T,
    /// Another connection on the same port pair that may be about to begin.
    pub(super) rival: Option<Box<Rival>>,
    lingers: bool,
    awaits: bool,
    misses: bool,
}

impl<T> Entry<T> {
    /// Which side sent a segment of this connection.
    #[inline]
    pub fn side_of(&self, segment: &Segment<'_>) -> Side {
        if segment.pair.is_from_sender_of(&self.pair) { Side::Originator } else { Side::Responder }
    }

    /// Its key, the first time that something of it waits for a direction of which nothing has been
    /// seen.
    pub fn take_awaits(&mut self) -> Option<SocketPair> {
        let is_new = self.tcp.awaits_unseen() && !std::mem::replace(&mut self.awaits, true);
        is_new.then(|| self.key())
    }

    /// Its key, if a receiver has something that has not been seen, and that was not said before, or
    /// looked into since.
    #[inline]
    pub fn take_misses(&mut self) -> Option<SocketPair> {
        let is_new = self.tcp.is_missing() && !std::mem::replace(&mut self.misses, true);
        is_new.then(|| self.key())
    }

    /// Whether nothing of it has come for long. What is missing has been looked into then, and may be
    /// said again.
    pub fn has_fallen_silent(&mut self, now: Timestamp) -> bool {
        self.misses = false;
        now.nanos().saturating_sub(self.tcp.last_seen().nanos()) >= GRACE
    }

    /// Its key, if it is over and does not linger yet.
    pub fn take_over(&mut self) -> Option<SocketPair> {
        let is_new = self.tcp.is_over() && !std::mem::replace(&mut self.lingers, true);
        is_new.then(|| self.key())
    }

    fn is_doubted(&self, why: Doubt) -> bool {
        match why {
            Doubt::Reset => self.tcp.is_reset(),
            Doubt::Unseen => self.tcp.awaits_unseen(),
            Doubt::Held | Doubt::Missing => true,
        }
    }

    /// What it is found by.
    pub fn key(&self) -> SocketPair {
        self.pair.sorted()
    }

    /// Whether a segment goes from one of its ends to the other.
    #[inline]
    fn is_between_ends_of(&self, segment: &Segment<'_>) -> bool {
        segment.pair.is_of_one_with(&self.pair)
    }
}

/// A connection, and the one that it replaces.
pub type Found<'a, T> = (&'a mut Entry<T>, Option<Box<Entry<T>>>);

/// All connections.
#[derive(Debug)]
pub struct Table<T> {
    /// By the hash of their keys, which they know themselves: a place takes a word, and what is read
    /// to find a connection is read again to follow it.
    entries: HashTable<Box<Entry<T>>>,
    hasher: RandomState,
    /// Where the connection of the last segment was found: the next one is often its.
    recent: usize,
    limits: TableLimits,
    /// With which packets connections began since this was last asked.
    begun: Vec<u64>,
    next_sweep: usize,
    doubts: Doubts,
    /// Connections that are over, those first that have been so for longest.
    lingering: VecDeque<SocketPair>,
    past: Past,
}

impl<T: Default> Table<T> {
    /// An empty table.
    pub fn new(limits: TableLimits) -> Self {
        Self {
            entries: HashTable::new(),
            hasher: RandomState::default(),
            recent: 0,
            next_sweep: limits.crowded,
            limits,
            begun: Vec::new(),
            doubts: Doubts::default(),
            lingering: VecDeque::new(),
            past: Past::of(limits.most),
        }
    }

    /// The packets with which connections began since this was last asked, in their order.
    pub fn take_begun(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.begun)
    }

    /// The connection of a segment, made new where it is the first; `None` if that is over and the
    /// segment has nothing to add, or if it may begin another. A connection that the segment replaces,
    /// because its port pair is used again, is given back to be finished.
    #[inline]
    pub fn entry(&mut self, segment: &Segment<'_>) -> Option<Found<'_, T>> {
        if segment.flags.rst {
            self.doubt(segment.pair.sorted(), segment.time, Doubt::Reset);
        }
        match self.find(segment) {
            Ok(place) => {
                self.recent = place;
                let entry = self.entries.get_bucket_mut(place)?;
                if !entry.may_be_replaced_by(segment) {
                    return Some((entry, None));
                }
                match entry.fate_of(segment) {
                    Fate::Own => Some((entry, None)),
                    Fate::Rival => None,
                    Fate::Replaces(announced) => {
                        self.begun.push(segment.packet);
                        let replaced = std::mem::replace(entry, new_entry(segment));
                        if let Some(announced) = announced {
                            entry.begin_as(&announced);
                        }
                        Some((entry, Some(replaced)))
                    }
                }
            }
            Err(hash) => self.begin(hash, segment).map(|entry| (entry, None)),
        }
    }

    /// A connection that is not in the table, with the first segment that is seen of it.
    #[inline(never)]
    fn begin(&mut self, hash: u64, segment: &Segment<'_>) -> Option<&mut Entry<T>> {
        if self.past.has(hash, segment) {
            return None;
        }
        self.begun.push(segment.packet);
        let hash_of = |entry: &Entry<T>| self.hasher.hash_one(entry.key());
        let new = new_entry(segment);
        let place = self.entries.insert_unique(hash, new, |entry| hash_of(entry));
        self.recent = place.bucket_index();
        Some(place.into_mut())
    }

    /// The connection that [`Self::entry`] last gave.
    pub fn found(&mut self) -> Option<&mut Entry<T>> {
        self.entries.get_bucket_mut(self.recent).map(Box::as_mut)
    }

    /// Where the connection of a segment is; the hash of its key, if there is none.
    #[inline]
    fn find(&self, segment: &Segment<'_>) -> Result<usize, u64> {
        let is_it = |entry: &Entry<T>| entry.is_between_ends_of(segment);
        if self.entries.get_bucket(self.recent).is_some_and(|entry| is_it(entry)) {
            return Ok(self.recent);
        }
        let hash = self.hasher.hash_one(segment.pair.sorted());
        self.entries.find_bucket_index(hash, |entry| is_it(entry)).ok_or(hash)
    }

    /// Makes room once a connection is over, which the caller knows by a segment of it that it has
    /// dealt with: the one that has lingered longest is given back.
    pub fn linger(&mut self, entry: SocketPair) -> Option<Box<Entry<T>>> {
        self.lingering.push_back(entry);
        while self.lingering.len() > LINGERING {
            let key = self.lingering.pop_front()?;
            let hash = self.hasher.hash_one(key);
            let found = self.entries.find_entry(hash, |entry| entry.key() == key);
            let Ok(mut place) = found else { continue };
            let entry = place.get_mut();
            entry.lingers = false;
            if entry.tcp.is_over() {
                let [originator, responder] = entry.tcp.halves();
                let is_lower = entry.pair.is_sorted();
                let halves =
                    if is_lower { [originator, responder] } else { [responder, originator] };
                self.past.add(hash, halves, entry.tcp.last_seen());
                return Some(place.remove().0);
            }
        }
        None
    }

    /// A connection is to be looked at again, and not before some time has passed.
    pub fn doubt(&mut self, entry: SocketPair, now: Timestamp, why: Doubt) {
        self.doubts.add(entry, now, why);
    }

    /// The same of one that was looked at, and still misses something; but not where so many are doubted
    /// that they are looked at before their time.
    pub fn doubt_again(&mut self, entry: SocketPair, now: Timestamp) {
        if self.doubts.len() < self.limits.most {
            self.doubt(entry, now, Doubt::Missing);
        }
    }

    /// Whether [`Self::doubted_long_ago`] may have something to give.
    #[inline]
    pub fn has_old_doubts(&self, now: Timestamp) -> bool {
        self.doubts.has_old(now, self.limits.most)
    }

    /// A connection that was doubted long enough ago, and still is: its reset lies back and has not
    /// turned out to be forged, or nothing of one direction has been seen, or something is held back. For
    /// these nobody waits while nothing comes, which `now` says by being `None`. It stays in the table.
    pub fn doubted_long_ago(&mut self, now: Option<Timestamp>) -> Option<(&mut Entry<T>, Doubt)> {
        while let Some((key, why)) = self.doubts.next(now, self.limits.most) {
            let hash = self.hasher.hash_one(key);
            let is_meant = |entry: &Entry<T>| entry.key() == key && entry.is_doubted(why);
            if self.entries.find(hash, |entry| is_meant(entry)).is_some() {
                let found = self.entries.find_mut(hash, |entry| is_meant(entry));
                return found.map(|entry| (entry.as_mut(), why));
            }
        }
        None
    }

    /// Whether it is time for [`Self::take_idle`].
    pub fn is_crowded(&self) -> bool {
        self.entries.len() >= self.next_sweep
    }

    /// Takes out the connections that have been idle for long, in the order in which they began.
    pub fn take_idle(&mut self, now: Timestamp) -> Vec<Box<Entry<T>>> {
        let mut goners = self.idle_keys(now);
        // Freeing a few would mean to look through all again for the next few.
        if self.entries.len() >= self.limits.most && goners.len() < self.entries.len() / 8 {
            goners = self.least_wanted();
        }
        let mut taken: Vec<_> = goners.iter().filter_map(|key| self.take(key)).collect();
        taken.sort_unstable_by_key(|entry| entry.id);
        // Sweeping again only after the table has grown by a quarter keeps the cost per segment flat.
        let grown = (self.entries.len() + self.entries.len() / 4).min(self.limits.most);
        self.next_sweep = grown.max(self.limits.crowded);
        taken
    }

    fn take(&mut self, key: &SocketPair) -> Option<Box<Entry<T>>> {
        let hash = self.hasher.hash_one(key);
        let place = self.entries.find_entry(hash, |entry| entry.key() == *key).ok()?;
        Some(place.remove().0)
    }

    fn idle_keys(&self, now: Timestamp) -> Vec<SocketPair> {
        let idle = self.limits.idle_seconds;
        let silent = |entry: &Entry<T>| now.since(entry.tcp.last_seen()).as_secs() >= idle;
        self.entries.iter().filter(|entry| silent(entry)).map(|entry| entry.key()).collect()
    }

    /// A quarter of the connections: those that carried nothing first, then those that have been
    /// silent longest.
    fn least_wanted(&self) -> Vec<SocketPair> {
        let worth = |entry: &Entry<T>| (entry.tcp.has_delivered(), entry.tcp.last_seen(), entry.id);
        let mut all: Vec<_> =
            self.entries.iter().map(|entry| (worth(entry), entry.key())).collect();
        all.sort_unstable_by_key(|(worth, _)| *worth);
        all.truncate(all.len() / 4);
        all.into_iter().map(|(_, key)| key).collect()
    }

    /// Lends the connections that have a rank, in its order, until `each` says that it is enough.
    pub fn visit<K: Ord>(
        &mut self,
        rank: impl Fn(&Entry<T>) -> Option<K>,
        mut each: impl FnMut(&mut Entry<T>) -> ControlFlow<()>,
    ) {
        let ranked = |entry: &mut Box<Entry<T>>| Some((rank(entry)?, entry.id));
        let mut ranked: Vec<_> =
            self.entries.iter_mut().filter_map(|entry| Some((ranked(entry)?, entry))).collect();
        ranked.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        // Whether it was enough is for `each` to know.
        let _ = ranked.into_iter().try_for_each(|(_, entry)| each(entry));
    }

    /// Takes out all connections, in the order in which they began.
    pub fn take_all(&mut self) -> Vec<Box<Entry<T>>> {
        let mut all: Vec<_> = self.entries.drain().collect();
        all.sort_unstable_by_key(|entry| entry.id);
        all
    }
}

fn new_entry<T: Default>(segment: &Segment<'_>) -> Box<Entry<T>> {
    // A SYN-ACK seen first was sent by the responder.
    let answer = segment.flags.syn && segment.flags.ack;
    let pair = if answer { segment.pair.reversed() } else { segment.pair };
    let tcp = Connection::new(segment);
    Box::new(Entry {
        id: segment.packet,
        pair,
        since: segment.time,
        tcp,
        app: T::default(),
        rival: None,
        lingers: false,
        awaits: false,
        misses: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Flags;

    /// A SYN of a client of its own.
    fn syn(number: u32, millis: i64) -> Segment<'static> {
        let client = (std::net::Ipv4Addr::from(0x0a00_0000 + number), 40_000).into();
        Segment {
            packet: number.into(),
            time: Timestamp::from_nanos(millis * 1_000_000, 9),
            pair: SocketPair::new(client, ([192, 0, 2, 1], 80).into()),
            seq: 7,
            ack: 0,
            flags: Flags { syn: true, ..Flags::default() },
            payload: b"",
            cut: 0,
        }
    }

    #[test]
    fn a_full_table_is_swept_seldom_however_fast_connections_begin() {
        let limits = TableLimits { crowded: 64, idle_seconds: 60, most: 256 };
        for millis in [1, 200, 234, 235, 240, 1000, 10_000] {
            let mut table = Table::<()>::new(limits);
            let (mut looked_at, mut largest) = (0, 0);
            for number in 0..4000 {
                let segment = syn(number, i64::from(number) * millis);
                table.entry(&segment);
                if table.is_crowded() {
                    looked_at += table.entries.len();
                    table.take_idle(segment.time);
                }
                largest = largest.max(table.entries.len());
            }
            assert!(largest <= 256 && looked_at <= 16 * 4000, "{millis}: {looked_at}, {largest}");
        }
    }
}
