//! Connections that are to be looked at again, once some time has passed.

use crate::packet::SocketPair;
use crate::time::Timestamp;
use std::collections::VecDeque;

/// Why a connection is to be looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It was reset, unless that was forged.
    Reset,
    /// Something waits for a direction of which nothing has been seen.
    Unseen,
    /// Its consumer holds something back.
    Held,
    /// A receiver has something that has not been seen.
    Missing,
}

impl Doubt {
    /// Whether only time settles it, and not that nothing comes for now: what is under way may.
    fn is_for_time(self) -> bool {
        matches!(self, Self::Reset | Self::Missing)
    }
}

/// How many nanoseconds after a reset a connection is still listened to: segments were in flight,
/// and the reset may be forged. A direction of which nothing has been seen is waited for as long, and
/// so is what a receiver has, on a connection that has fallen silent.
pub(super) const GRACE: i64 = 2_000_000_000;

/// Those that are doubted.
#[derive(Debug)]
pub(super) struct Doubts {
    /// The doubts that only time settles, and the others, which need not be waited for where nothing
    /// comes.
    lists: [VecDeque<Doubted>; 2],
    /// Since when the oldest is doubted; the end of time, if there is none.
    since: i64,
    /// How many there are, and how many there have been.
    len: usize,
    count: u64,
}

impl Default for Doubts {
    fn default() -> Self {
        Self { lists: Default::default(), since: i64::MAX, len: 0, count: 0 }
    }
}

/// A connection that is doubted.
#[derive(Debug)]
struct Doubted {
    /// Where it stands among all.
    order: u64,
    since: Timestamp,
    key: SocketPair,
    why: Doubt,
}

impl Doubts {
    /// How many there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Adds one.
    pub fn add(&mut self, key: SocketPair, since: Timestamp, why: Doubt) {
        self.count += 1;
        let doubted = Doubted { order: self.count, since, key, why };
        self.lists[usize::from(!why.is_for_time())].push_back(doubted);
        self.len += 1;
        if self.len == 1 {
            self.since = since.nanos();
        }
    }

    /// Whether the oldest is old enough, or there are more than `most`.
    #[inline]
    pub fn has_old(&self, now: Timestamp, most: usize) -> bool {
        // Times may lie at the end of what can be told, where nothing is added to them.
        now.nanos().saturating_sub(self.since) >= GRACE || self.len > most
    }

    /// Takes out the oldest, if it is old enough, or there are more than `most`; where no time passes
    /// (`None`), the oldest that only waits for what is under way.
    pub fn next(&mut self, now: Option<Timestamp>, most: usize) -> Option<(SocketPair, Doubt)> {
        let list = match now {
            Some(now) if !self.has_old(now, most) => return None,
            Some(_) => self.oldest()?,
            None => 1,
        };
        let doubted = self.lists[list].pop_front()?;
        self.len -= 1;
        let oldest = self.oldest().and_then(|list| self.lists[list].front());
        self.since = oldest.map_or(i64::MAX, |oldest| oldest.since.nanos());
        Some((doubted.key, doubted.why))
    }

    /// In which list the oldest is.
    fn oldest(&self) -> Option<usize> {
        let order = |list: usize| self.lists[list].front().map(|doubted| doubted.order);
        match (order(0), order(1)) {
            (Some(timed), Some(other)) => Some(usize::from(other < timed)),
            (timed, other) => timed.map(|_| 0).or(other.map(|_| 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(port: u16) -> SocketPair {
        SocketPair::new(([10, 0, 0, 1], port).into(), ([10, 0, 0, 2], 80).into())
    }

    #[test]
    fn they_grow_old_where_time_goes_on() {
        for since in [0, i64::MIN, i64::MAX - GRACE, i64::MAX] {
            let at = |later: i64| Timestamp::from_nanos(since.saturating_add(later), 9);
            let mut doubts = Doubts::default();
            doubts.add(pair(1), at(0), Doubt::Reset);
            let is_old = |later| doubts.has_old(at(later), 9);
            assert!(!is_old(GRACE - 1) && !is_old(-1), "{since}");
            // Times may have come to the end of what can be told.
            assert_eq!(is_old(GRACE), since < i64::MAX, "{since}");
        }
    }

    #[test]
    fn they_come_in_their_order_and_without_time_those_that_need_none() {
        let at = |seconds| Timestamp::from_seconds(seconds);
        let doubts = || {
            let mut doubts = Doubts::default();
            let kinds = [Doubt::Reset, Doubt::Held, Doubt::Missing, Doubt::Unseen];
            (1..).zip(kinds).for_each(|(port, why)| doubts.add(pair(port), at(0), why));
            doubts
        };
        let taken = |now: Option<Timestamp>, most| {
            let mut doubts = doubts();
            std::iter::from_fn(|| doubts.next(now, most)).map(|(_, why)| why).collect::<Vec<_>>()
        };
        let all = [Doubt::Reset, Doubt::Held, Doubt::Missing, Doubt::Unseen];
        assert_eq!(taken(Some(at(2)), 9), all);
        assert_eq!(taken(Some(at(1)), 9), []);
        assert_eq!(taken(Some(at(1)), 2), all[..2]);
        assert_eq!(taken(None, 9), [Doubt::Held, Doubt::Unseen]);
    }
}
