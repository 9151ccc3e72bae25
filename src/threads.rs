//! Work that several threads share, and whose outcome does not show it: what they make comes in the
//! order of what it is made of, whatever their number.

use std::num::NonZero;
use std::sync::mpsc::sync_channel;
use std::thread;

/// Parts that are dealt with together, at most: few enough that what is made of them is still in the
/// cache when it is taken, and enough that passing it on costs little.
const GROUP: usize = 16;

/// So many groups at least are for each thread, where there are as many parts.
const TURNS: usize = 8;

/// What a thread may be ahead of who takes what it makes.
const WAITING: usize = 4;

/// Makes something of every group of parts, on so many threads, and gives it to `take` in order.
///
/// # Errors
/// The first of `take`, after which little more is made.
pub fn in_order<P: Sync, T: Send, E>(
    parts: &[P],
    threads: NonZero<usize>,
    make: impl Fn(&[P]) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let group = parts.len().div_ceil(threads.get().saturating_mul(TURNS)).clamp(1, GROUP);
    let threads = threads.get().min(parts.len().div_ceil(group));
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

/// Makes something of every part, on so many threads.
pub fn map<P: Sync, T: Send>(
    parts: &[P],
    threads: NonZero<usize>,
    make: impl Fn(&P) -> T + Sync,
) -> Vec<T> {
    let mut all = Vec::with_capacity(parts.len());
    let group = |group: &[P]| group.iter().map(&make).collect::<Vec<T>>();
    // Nothing fails, as the type of the error says.
    let _ = in_order(parts, threads, group, |made| {
        all.extend(made);
        Ok::<(), std::convert::Infallible>(())
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{self, ErrorKind};

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
    fn nothing_is_made_for_nobody() {
        let parts: Vec<usize> = (0..1000 * GROUP).collect();
        let threads = NonZero::new(3).unwrap();
        let mut left = 5;
        let outcome: Result<(), io::Error> = in_order(&parts, threads, <[usize]>::len, |_| {
            left -= 1;
            if left == 0 { Err(ErrorKind::BrokenPipe.into()) } else { Ok(()) }
        });
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert_eq!(left, 0);
    }
}
