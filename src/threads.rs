//! Work that several threads share, and whose outcome does not show it: what they make comes in the
//! order of what it is made of, whatever their number.

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Parts that are dealt with together, at most: few enough that what is made of them is still in the
/// cache when it is taken, and enough that passing it on costs little.
const GROUP: usize = 16;

/// Groups for each thread, where there are enough parts.
const TURNS: usize = 8;

/// Threads that are started at most, whatever is asked for.
const MOST: usize = 64;

/// With fewer parts than this, one thread is quicker than starting others.
const FEW: usize = 64;

/// Results of a thread that may wait to be taken.
const WAITING: usize = 4;

/// Makes a piece of text, or the like, of every group of parts, on so many threads, and gives it to
/// `take` in order.
///
/// # Errors
/// The first of `take`, after which little more is made.
pub fn in_order<P: Sync, T: Send, E>(
    parts: &[P],
    threads: NonZero<usize>,
    make: impl Fn(&[P]) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let threads = if parts.len() < FEW { NonZero::<usize>::MIN } else { threads };
    let group = group(parts.len(), threads);
    let threads = threads.get().min(MOST);
    let threads = threads.min(parts.len().div_ceil(group));
    if threads <= 1 {
        return parts.chunks(group).try_for_each(|group| take(make(group)));
    }
    thread::scope(|scope| {
        let results: Vec<_> = (0..threads)
            .map(|first| {
                let (sender, result) = sync_channel(WAITING);
                let make = &make;
                scope.spawn(move || {
                    let mut groups = parts.chunks(group).skip(first).step_by(threads);
                    // Nobody listens any more after an error.
                    groups.try_for_each(|group| sender.send(make(group)))
                });
                result
            })
            .collect();
        // The first that has no more is the one whose turn comes after the last group.
        results.iter().cycle().map_while(|next| next.recv().ok()).try_for_each(&mut take)
    })
}

/// How many of so many parts are dealt with together.
fn group(parts: usize, threads: NonZero<usize>) -> usize {
    parts.div_ceil(threads.get().min(MOST) * TURNS).clamp(1, GROUP)
}

/// Makes something of every part, on so many threads. Each part may be much work.
pub fn map<P: Sync, T: Send>(
    parts: &[P],
    threads: NonZero<usize>,
    make: impl Fn(&P) -> T + Sync,
) -> Vec<T> {
    let pool = if parts.len() < 2 { None } else { pool(threads) };
    let group = group(parts.len(), threads);
    match pool {
        Some(pool) => pool.install(|| parts.par_iter().with_max_len(group).map(&make).collect()),
        None => parts.iter().map(make).collect(),
    }
}

/// So many threads, which wait for work as long as the program runs: what memory they have used is
/// theirs to use again. `None` where one is enough, or no more can be had.
fn pool(threads: NonZero<usize>) -> Option<Arc<ThreadPool>> {
    static POOLS: Mutex<BTreeMap<usize, Arc<ThreadPool>>> = Mutex::new(BTreeMap::new());
    let threads = threads.get().min(MOST);
    if threads == 1 {
        return None;
    }
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = pools.get(&threads) {
        return Some(Arc::clone(known));
    }
    let new = Arc::new(ThreadPoolBuilder::new().num_threads(threads).build().ok()?);
    pools.insert(threads, Arc::clone(&new));
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{self, ErrorKind};
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn mapped(parts: &[usize], threads: usize) -> Vec<usize> {
        map(parts, NonZero::new(threads).unwrap(), |part| *part)
    }

    #[test]
    fn the_order_is_the_same_with_any_number_of_threads() {
        for len in [0, 1, GROUP, GROUP + 1, 3 * GROUP, 20 * GROUP + 7] {
            let parts: Vec<usize> = (0..len).collect();
            for threads in 1..9 {
                assert_eq!(mapped(&parts, threads), parts, "{len} parts, {threads} threads");
            }
        }
    }

    #[test]
    fn little_is_made_for_nobody() {
        let parts: Vec<usize> = (0..1000 * GROUP).collect();
        let (threads, made) = (3, AtomicUsize::new(0));
        let mut left = 5;
        let outcome: Result<(), io::Error> = in_order(
            &parts,
            NonZero::new(threads).unwrap(),
            |_| made.fetch_add(1, Ordering::Relaxed),
            |_| {
                left -= 1;
                if left == 0 { Err(ErrorKind::BrokenPipe.into()) } else { Ok(()) }
            },
        );
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert_eq!(left, 0);
        assert!(made.into_inner() <= 5 + threads * (WAITING + 2));
    }

    #[test]
    fn any_number_of_threads_may_be_asked_for() {
        let parts: Vec<usize> = (0..10_000).collect();
        assert_eq!(mapped(&parts, usize::MAX), parts);
    }

    #[test]
    #[should_panic(expected = "assertion `left != right` failed")]
    fn a_panic_comes_out() {
        let parts: Vec<usize> = (0..1000).collect();
        map(&parts, NonZero::new(2).unwrap(), |part| assert_ne!(*part, 500));
    }
}
