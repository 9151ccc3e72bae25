//! Long texts written on several threads: each makes every so many-th piece, and the caller's thread
//! writes them in order, so that the text is the same with any number of threads.

use std::io;
use std::num::NonZero;
use std::sync::mpsc::sync_channel;
use std::thread;

/// Parts that are made together: few enough that threads come out even, and enough that passing them
/// on costs little.
const GROUP: usize = 64;

/// Pieces that a thread may be ahead of what is being written.
const WAITING: usize = 4;

/// Makes a piece of text of every group of parts, and gives the pieces to `write` in order.
///
/// # Errors
/// Those of `write`, after which no more is made.
pub(super) fn write_in_order<P: Sync, T: Send>(
    parts: &[P],
    threads: NonZero<usize>,
    make: impl Fn(&[P]) -> T + Sync,
    mut write: impl FnMut(T) -> io::Result<()>,
) -> io::Result<()> {
    let threads = threads.get().min(parts.len().div_ceil(GROUP));
    if threads <= 1 {
        return parts.chunks(GROUP).try_for_each(|group| write(make(group)));
    }
    thread::scope(|scope| {
        let pieces: Vec<_> = (0..threads)
            .map(|first| {
                let (sender, pieces) = sync_channel(WAITING);
                let make = &make;
                scope.spawn(move || {
                    let mut groups = parts.chunks(GROUP).skip(first).step_by(threads);
                    // Nobody listens any more once writing has failed.
                    groups.try_for_each(|group| sender.send(make(group)))
                });
                pieces
            })
            .collect();
        // The first that has no more is the one whose turn comes after the last piece.
        pieces.iter().cycle().map_while(|next| next.recv().ok()).try_for_each(&mut write)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    fn written(parts: &[usize], threads: usize) -> Vec<usize> {
        let mut all = Vec::new();
        let threads = NonZero::new(threads).unwrap();
        let write = |piece: Vec<usize>| {
            all.extend(piece);
            Ok(())
        };
        write_in_order(parts, threads, <[usize]>::to_vec, write).unwrap();
        all
    }

    #[test]
    fn the_text_is_the_same_with_any_number_of_threads() {
        for len in [0, 1, GROUP, GROUP + 1, 3 * GROUP, 20 * GROUP + 7] {
            let parts: Vec<usize> = (0..len).collect();
            for threads in 1..9 {
                assert_eq!(written(&parts, threads), parts, "{len} parts, {threads} threads");
            }
        }
    }

    #[test]
    fn nothing_is_made_for_nobody() {
        let parts: Vec<usize> = (0..1000 * GROUP).collect();
        let threads = NonZero::new(3).unwrap();
        let mut left = 5;
        let outcome = write_in_order(&parts, threads, <[usize]>::len, |_| {
            left -= 1;
            if left == 0 { Err(ErrorKind::BrokenPipe.into()) } else { Ok(()) }
        });
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert_eq!(left, 0);
    }
}
