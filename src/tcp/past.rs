//! Connections that are over: what is remembered of them, so that late copies of their segments do
//! not pass for new connections.

use super::half::{Half, PLAUSIBLE_ACK};
use super::reuse::is_after_silence;
use super::seq::Seq;
use crate::limits::PAST_CONNECTIONS;
use crate::packet::Segment;
use crate::time::Timestamp;
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// Where one direction of a connection began and ended; `None` where that was never known.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    first: Option<Seq>,
    next: Option<Seq>,
}

impl Extent {
    fn of(half: &Half) -> Self {
        Self { first: half.first_seq(), next: half.next_seq() }
    }

    /// Whether a segment says nothing that this direction has not said.
    fn has(self, segment: &Segment<'_>) -> bool {
        let (seq, flags) = (Seq(segment.seq), segment.flags);
        if flags.syn && !flags.rst {
            return self.first == Some(seq.plus(1));
        }
        if flags.rst || segment.payload.is_empty() {
            return true;
        }
        let len = u32::try_from(segment.payload.len()).unwrap_or(u32::MAX);
        // A keep-alive probe after a FIN has one byte more.
        self.next.is_some_and(|next| {
            let behind = next.plus(1).0.wrapping_sub(seq.0);
            len <= behind && u64::from(behind) <= PLAUSIBLE_ACK
        })
    }
}

/// A connection that is over.
#[derive(Debug, Clone, Copy)]
struct Over {
    halves: [Extent; 2],
    /// The time of its last segment.
    since: Timestamp,
}

/// The connections that ended last. When the younger half is full, the older one is forgotten.
#[derive(Debug)]
pub(super) struct Past {
    younger: HashMap<u64, Over, RandomState>,
    older: HashMap<u64, Over, RandomState>,
    most: usize,
}

impl Past {
    /// Remembers at least so many connections, and at most twice as many.
    pub fn of(most: usize) -> Self {
        Self {
            younger: HashMap::default(),
            older: HashMap::default(),
            most: most.clamp(1, PAST_CONNECTIONS),
        }
    }

    /// Remembers a connection by the keyed hash of its ends: a wrong one of the same hash would have
    /// to fit the sequence numbers too. The direction of the lower end comes first.
    pub fn add(&mut self, hash: u64, halves: [&Half; 2], since: Timestamp) {
        if self.younger.len() >= self.most {
            self.older = std::mem::take(&mut self.younger);
        }
        self.younger.insert(hash, Over { halves: halves.map(Extent::of), since });
    }

    /// Whether a segment belongs to a connection that is remembered, and has nothing to say. A SYN that
    /// comes long after its end is no copy: some hosts begin with the same number again.
    pub fn has(&self, hash: u64, segment: &Segment<'_>) -> bool {
        if self.younger.is_empty() && self.older.is_empty() {
            return false;
        }
        let Some(over) = self.younger.get(&hash).or_else(|| self.older.get(&hash)) else {
            return false;
        };
        let side = usize::from(!segment.pair.is_sorted());
        let begins_anew = segment.flags.syn && is_after_silence(over.since, segment);
        !begins_anew && over.halves[side].has(segment)
    }
}
