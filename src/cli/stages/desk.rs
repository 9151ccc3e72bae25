//! A desk over which all that is read goes to all who follow it, in order. Whoever of them comes for
//! more is sent to read first, if nobody reads and there is room.
//!
//! Waking a thread that sleeps takes longer than many a reading does. So who has to wait looks again
//! for a while before it sleeps.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What may wait for each while it is read ahead: enough for one to get ahead of the others where its
/// connections have less in them.
const AHEAD: usize = 3;

/// How often is looked again before sleeping, some 50 µs in all: other threads run in between, if
/// there are any.
const LOOKS: usize = 100;

/// Hints between two looks.
const PAUSES: usize = 16;

/// What is read, on its way to all who follow it.
pub(super) struct Desk<T> {
    state: Mutex<State<T>>,
    /// Counts what changes; it says to those who wait that looking again is worth while.
    news: AtomicUsize,
    changed: Condvar,
    /// More is there at once, so that reading ahead holds nobody up.
    is_ready: bool,
}

struct State<T> {
    /// What waits for each.
    queues: Vec<VecDeque<Arc<T>>>,
    /// Somebody reads.
    is_read: bool,
    /// What was read, and has not been put here yet.
    coming: usize,
    /// Nothing more will be read.
    is_over: bool,
    sleepers: usize,
}

/// What to do next.
pub(super) enum Next<T> {
    /// To read, to say when that [is done](Desk::finish_reading), and to [`Desk::put`] what was read.
    Read,
    /// To follow this.
    Follow(Arc<T>),
    /// To finish.
    Finish,
}

impl<T> Desk<T> {
    /// A desk for so many.
    pub(super) fn new(followers: usize, is_ready: bool) -> Self {
        let state = State {
            queues: (0..followers).map(|_| VecDeque::new()).collect(),
            is_read: false,
            coming: 0,
            is_over: false,
            sleepers: 0,
        };
        Self {
            state: Mutex::new(state),
            news: AtomicUsize::new(0),
            changed: Condvar::new(),
            is_ready,
        }
    }

    /// What this follower is to do next.
    pub(super) fn next(&self, follower: usize) -> Next<T> {
        let mut state = self.state();
        loop {
            if state.may_be_read(follower, self.is_ready) {
                state.is_read = true;
                return Next::Read;
            }
            if let Some(item) = state.queues[follower].pop_front() {
                self.tell(&state);
                return Next::Follow(item);
            }
            if state.is_over && !state.is_read && state.coming == 0 {
                return Next::Finish;
            }
            state = self.wait(state);
        }
    }

    /// Something was read, and will be [put](Self::put) here; others may read. `is_all` says that
    /// there is nothing more.
    pub(super) fn finish_reading(&self, is_all: bool) {
        let mut state = self.state();
        state.is_read = false;
        state.coming += 1;
        state.is_over |= is_all;
        self.tell(&state);
    }

    /// What was read goes to all, `None` if there was nothing.
    pub(super) fn put(&self, item: Option<T>) {
        let mut state = self.state();
        if let Some(item) = item.map(Arc::new) {
            state.queues.iter_mut().for_each(|queue| queue.push_back(Arc::clone(&item)));
        }
        state.coming = state.coming.saturating_sub(1);
        self.tell(&state);
    }

    /// A follower leaves: nothing more is read, and nobody waits for it.
    pub(super) fn leave(&self, follower: usize) {
        let mut state = self.state();
        state.queues[follower].clear();
        if std::thread::panicking() {
            (state.is_read, state.coming) = (false, 0);
        }
        state.is_over = true;
        self.tell(&state);
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something changed, for those who wait.
    fn tell(&self, state: &State<T>) {
        self.news.fetch_add(1, Ordering::Release);
        if state.sleepers > 0 {
            self.changed.notify_all();
        }
    }

    /// Waits until something changes.
    fn wait<'a>(&'a self, state: MutexGuard<'a, State<T>>) -> MutexGuard<'a, State<T>> {
        let seen = self.news.load(Ordering::Acquire);
        let is_new = || self.news.load(Ordering::Acquire) != seen;
        drop(state);
        for _ in 0..LOOKS {
            if is_new() {
                return self.state();
            }
            (0..PAUSES).for_each(|_| std::hint::spin_loop());
            std::thread::yield_now();
        }
        let mut state = self.state();
        state.sleepers += 1;
        // What changes, changes under the lock.
        while !is_new() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.sleepers -= 1;
        state
    }
}

impl<T> State<T> {
    /// Whether a follower is to read: nobody else does, there is room with all, and it has nothing
    /// to follow or reading holds nobody up.
    fn may_be_read(&self, follower: usize, is_ready: bool) -> bool {
        !self.is_read
            && !self.is_over
            && (is_ready || self.queues[follower].is_empty())
            && self.queues.iter().all(|queue| queue.len() + self.coming < AHEAD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::thread;

    const ITEMS: usize = 60;

    /// What each of some followers was given, of items that are read one after the other. They take
    /// their time as told; one leaves after so many items.
    fn followed(is_ready: bool, paces: &[u64], leaves: Option<(usize, usize)>) -> Vec<Vec<usize>> {
        let desk = Desk::new(paces.len(), is_ready);
        let (read, sorting) = (Mutex::new(0), Mutex::new(()));
        let pause = |length: u64| (0..length * 50).for_each(|_| std::hint::spin_loop());
        let follow = |index: usize| {
            let mut seen = Vec::new();
            loop {
                match desk.next(index) {
                    Next::Read => {
                        // Nobody else reads meanwhile.
                        let mut read = read.try_lock().unwrap();
                        pause(paces[index] % 3);
                        *read += 1;
                        let (item, is_all) = (*read, *read == ITEMS);
                        let _sorting = sorting.lock().unwrap();
                        drop(read);
                        desk.finish_reading(is_all);
                        pause(paces[index] % 5);
                        desk.put(Some(item));
                    }
                    Next::Follow(item) => seen.push(*item),
                    Next::Finish => break,
                }
                pause(paces[index]);
                if leaves.is_some_and(|(who, after)| who == index && seen.len() >= after) {
                    break;
                }
            }
            desk.leave(index);
            seen
        };
        thread::scope(|scope| {
            let all: Vec<_> =
                (0..paces.len()).map(|index| scope.spawn(move || follow(index))).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn all_are_given_all_in_order(
            paces in proptest::collection::vec(0..200_u64, 1..5), is_ready in any::<bool>(),
        ) {
            for seen in followed(is_ready, &paces, None) {
                prop_assert!(seen.into_iter().eq(1..=ITEMS));
            }
        }

        #[test]
        fn nobody_waits_for_one_who_has_left(
            paces in proptest::collection::vec(0..50_u64, 2..5), who in 0..2_usize, after in 0..20_usize,
        ) {
            for seen in followed(true, &paces, Some((who, after))) {
                let count = seen.len();
                prop_assert!(seen.into_iter().eq(1..=count));
            }
        }
    }

    #[test]
    fn nothing_to_read_is_the_end() {
        let desk = Desk::<u8>::new(1, true);
        assert!(matches!(desk.next(0), Next::Read));
        desk.finish_reading(true);
        desk.put(None);
        assert!(matches!(desk.next(0), Next::Finish));
    }
}
