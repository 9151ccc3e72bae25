//! What came of all that is read, told in order by whoever has just made the next part of it whole.

use super::{Each, lock};
use crate::pipeline::{Order, Worked};
use std::collections::VecDeque;
use std::sync::{Mutex, TryLockError};

/// What one follower made of a group of loads: for each of them, what each of its lanes did.
pub(super) type Group<T> = Vec<Vec<Worked<T>>>;

/// Gathers what the followers make, and hands it on in order.
pub(super) struct Telling<'a, T> {
    followers: usize,
    parts: Mutex<Parts<T>>,
    teller: Mutex<Teller<'a, T>>,
}

/// What has been made, and not told.
struct Parts<T> {
    /// The next groups; how many followers have yet to add to each.
    waiting: VecDeque<(usize, Group<T>)>,
    /// How many groups have been told.
    told: usize,
    /// How many groups each follower has made.
    made: Vec<usize>,
}

struct Teller<'a, T> {
    order: Order<T>,
    each: Each<'a, T>,
    outcome: anyhow::Result<()>,
}

impl<'a, T> Telling<'a, T> {
    /// Nothing has been made yet.
    pub(super) fn new(followers: usize, order: Order<T>, each: Each<'a, T>) -> Self {
        let parts = Parts { waiting: VecDeque::new(), told: 0, made: vec![0; followers] };
        let teller = Teller { order, each, outcome: Ok(()) };
        Self { followers, parts: Mutex::new(parts), teller: Mutex::new(teller) }
    }

    /// Takes what a follower made of its next group, and tells what is whole, unless somebody does.
    /// False if nobody listens any more.
    pub(super) fn take(&self, follower: usize, group: Group<T>) -> bool {
        let mut is_whole = self.add(follower, group);
        while is_whole {
            let mut teller = match self.teller.try_lock() {
                Ok(teller) => teller,
                // Whoever tells looks again after it has let go.
                Err(TryLockError::WouldBlock) => return true,
                Err(TryLockError::Poisoned(_)) => return false,
            };
            while let Some(group) = lock(&self.parts).next_whole() {
                if !teller.tell(group) {
                    return false;
                }
            }
            drop(teller);
            is_whole = lock(&self.parts).is_whole();
        }
        true
    }

    /// What became of it all.
    pub(super) fn outcome(self) -> anyhow::Result<()> {
        self.teller.into_inner().map_or(Ok(()), |teller| teller.outcome)
    }

    /// Adds to a group. Whether the next one is whole.
    fn add(&self, follower: usize, group: Group<T>) -> bool {
        let mut parts = lock(&self.parts);
        let place = parts.made[follower] - parts.told;
        parts.made[follower] += 1;
        if parts.waiting.len() <= place {
            parts.waiting.resize_with(place + 1, || (self.followers, Group::new()));
        }
        let (missing, whole) = &mut parts.waiting[place];
        *missing -= 1;
        whole.resize_with(whole.len().max(group.len()), Vec::new);
        whole.iter_mut().zip(group).for_each(|(whole, part)| whole.extend(part));
        parts.is_whole()
    }
}

impl<T> Parts<T> {
    fn is_whole(&self) -> bool {
        self.waiting.front().is_some_and(|(missing, _)| *missing == 0)
    }

    fn next_whole(&mut self) -> Option<Group<T>> {
        if !self.is_whole() {
            return None;
        }
        self.told += 1;
        self.waiting.pop_front().map(|(_, group)| group)
    }
}

impl<T> Teller<'_, T> {
    /// False if nobody listens any more.
    fn tell(&mut self, group: Group<T>) -> bool {
        for worked in group {
            if self.outcome.is_ok() {
                self.order.take(worked);
                self.outcome =
                    std::iter::from_fn(|| self.order.pop()).try_for_each(&mut *self.each);
            }
        }
        self.outcome.is_ok()
    }
}
