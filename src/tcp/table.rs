//! The connection table: which connection a segment belongs to.
//!
//! Each connection carries what its consumer needs (`T`), so that one look-up serves both. A
//! connection that is over stays until its port pair is used again, so that late copies of its
//! segments do not pass for a new one; idle ones go only when the table is crowded.

use super::connection::{Connection, Side};
use super::seq::Seq;
use crate::limits::TableLimits;
use crate::packet::Segment;
use crate::time::Timestamp;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::net::SocketAddr;

/// Both ends of a connection, in an order that does not depend on who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct FlowKey {
    low: SocketAddr,
    high: SocketAddr,
}

impl FlowKey {
    fn of(segment: &Segment<'_>) -> Self {
        let (low, high) = (segment.source, segment.destination);
        if low <= high { Self { low, high } } else { Self { low: high, high: low } }
    }
}

/// One connection and what its consumer keeps with it.
#[derive(Debug)]
pub struct Entry<T> {
    /// Its number, from 1, in the order in which connections were first seen.
    pub id: u64,
    /// The addresses of the originator and of the responder.
    pub ends: [SocketAddr; 2],
    /// Whether its opening handshake was seen.
    pub opened: bool,
    /// The streams.
    pub tcp: Connection,
    /// What the consumer keeps.
    pub app: T,
}

impl<T> Entry<T> {
    /// Which side sent a segment of this connection.
    pub fn side_of(&self, segment: &Segment<'_>) -> Side {
        if segment.source == self.ends[0] { Side::Originator } else { Side::Responder }
    }

    /// Whether a SYN opens another connection on the same port pair, rather than being a copy of
    /// the one that opened this.
    fn is_reopened_by(&self, segment: &Segment<'_>) -> bool {
        segment.flags.syn
            && !segment.flags.ack
            && self.tcp.first_seq(self.side_of(segment)) != Some(Seq(segment.seq).plus(1))
    }
}

/// All connections.
#[derive(Debug)]
pub struct Table<T> {
    entries: HashMap<FlowKey, Entry<T>, RandomState>,
    limits: TableLimits,
    count: u64,
    next_sweep: usize,
}

impl<T: Default> Table<T> {
    /// An empty table.
    pub fn new(limits: TableLimits) -> Self {
        Self { entries: HashMap::default(), next_sweep: limits.crowded, limits, count: 0 }
    }

    /// How many connections have been seen so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The connection of a segment, made new where it is the first. A connection that the segment
    /// replaces, because its port pair is used again, is given back to be finished.
    pub fn entry(&mut self, segment: &Segment<'_>) -> (&mut Entry<T>, Option<Entry<T>>) {
        let key = FlowKey::of(segment);
        let stale = self.entries.get(&key).is_some_and(|entry| entry.is_reopened_by(segment));
        let replaced = if stale { self.entries.remove(&key) } else { None };
        let count = &mut self.count;
        let entry = self.entries.entry(key).or_insert_with(|| {
            *count += 1;
            new_entry(*count, segment)
        });
        (entry, replaced)
    }

    /// When the table is crowded, takes out the connections that have been idle for long, in the
    /// order of their numbers.
    pub fn take_idle(&mut self, now: Timestamp) -> Vec<Entry<T>> {
        if self.entries.len() < self.next_sweep {
            return Vec::new();
        }
        let idle = self.limits.idle_seconds;
        let keys = self
            .entries
            .iter()
            .filter(|(_, entry)| now.since(entry.tcp.last_seen()).as_secs() >= idle);
        let keys: Vec<FlowKey> = keys.map(|(key, _)| *key).collect();
        let mut taken: Vec<_> = keys.iter().filter_map(|key| self.entries.remove(key)).collect();
        taken.sort_unstable_by_key(|entry| entry.id);
        // Sweeping again only after the table has grown by a quarter keeps the cost per segment flat.
        self.next_sweep = (self.entries.len() + self.entries.len() / 4).max(self.limits.crowded);
        taken
    }

    /// Takes out all connections, in the order of their numbers.
    pub fn take_all(&mut self) -> Vec<Entry<T>> {
        let mut all: Vec<_> = self.entries.drain().map(|(_, entry)| entry).collect();
        all.sort_unstable_by_key(|entry| entry.id);
        all
    }
}

fn new_entry<T: Default>(id: u64, segment: &Segment<'_>) -> Entry<T> {
    // A SYN-ACK seen first was sent by the responder.
    let answer = segment.flags.syn && segment.flags.ack;
    let (from, to) = (segment.source, segment.destination);
    let ends = if answer { [to, from] } else { [from, to] };
    let tcp = Connection::new(segment);
    Entry { id, ends, opened: segment.flags.syn, tcp, app: T::default() }
}
