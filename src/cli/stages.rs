//! The street on several threads: one reads and sorts packets by connection, some follow the
//! connections, and the caller's own does what it is there for. The answer does not depend on how
//! many there are: see [`Lane`].
//!
//! What passes from stage to stage passes in batches, through channels that hold a few: a stage
//! that is faster waits for the slower ones and takes no memory meanwhile.

use super::input::Filter;
use super::progress::Reading;
use crate::capture::Files;
use crate::http::Exchange;
use crate::pipeline::{Lane, Load, Order, Ready, Sorter, Worked};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// Loads that are passed on together: waking a thread for each takes longer than some loads do.
const GROUP: usize = 3;

/// Groups that may wait for the next stage. One evens out little, many leave the cache.
const WAITING: usize = 2;

/// What is done with each exchange, or with what was made of it.
pub type Each<'a, T> = &'a mut dyn FnMut(Ready<T>) -> anyhow::Result<()>;

/// Where packets come from.
pub struct Source<'a> {
    /// The files, of which `filter` leaves some packets.
    pub files: &'a mut Files,
    pub filter: Filter,
    pub sorter: &'a mut Sorter,
    pub progress: Reading,
}

impl Source<'_> {
    /// The next packets, sorted. False if there are no more.
    fn fill(&mut self, load: &mut Load) -> anyhow::Result<bool> {
        if !self.files.fill(&mut load.batch) {
            self.progress.clear();
            return Ok(false);
        }
        self.sorter.sort(load, |packet| self.filter.passes(packet))?;
        self.progress.add(load.batch.len(), self.files);
        Ok(true)
    }
}

/// Everything on the caller's thread. `make` makes of each exchange what `each` is given.
pub fn one_by_one<T>(
    mut source: Source<'_>,
    lanes: &mut [Lane],
    mut order: Order<T>,
    mut make: impl FnMut(Box<Exchange>) -> T,
    each: Each<'_, T>,
) -> anyhow::Result<()> {
    let mut load = Load::default();
    while source.fill(&mut load)? {
        order.take(lanes.iter_mut().map(|lane| lane.work(&load, &mut make)));
        std::iter::from_fn(|| order.pop()).try_for_each(&mut *each)?;
    }
    order.take(lanes.iter_mut().map(|lane| lane.finish(&mut make)));
    std::iter::from_fn(|| order.pop()).try_for_each(each)
}

/// The lanes on so many threads, the reading on another, and `each` on the caller's. Every thread
/// that follows connections has a `make` of its own.
pub fn side_by_side<T, M>(
    source: Source<'_>,
    lanes: &mut [Lane],
    threads: usize,
    mut order: Order<T>,
    maker: impl Fn() -> M,
    each: Each<'_, T>,
) -> anyhow::Result<()>
where
    T: Send,
    M: FnMut(Box<Exchange>) -> T + Send,
{
    let share = lanes.len().div_ceil(threads);
    thread::scope(|scope| {
        let (emptied, spares) = channel();
        let (mut loads, mut results) = (Vec::new(), Vec::new());
        for lanes in lanes.chunks_mut(share) {
            let (load, coming) = sync_channel(WAITING);
            let (result, worked) = sync_channel(WAITING);
            let (emptied, make) = (emptied.clone(), maker());
            scope.spawn(move || follow(lanes, make, &coming, &emptied, &result));
            loads.push(load);
            results.push(worked);
        }
        let reading = scope.spawn(move || read_ahead(source, &loads, &spares));
        // An error leaves this closure, and with it `results`; the other stages then end too.
        while let Some(group) = next_of_all(&results) {
            for worked in group {
                order.take(worked);
                std::iter::from_fn(|| order.pop()).try_for_each(&mut *each)?;
            }
        }
        reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// What each lane made of each load of a group.
type Group<T> = Vec<Vec<Worked<T>>>;

/// What all threads made of the next loads; `None` after the last ones.
fn next_of_all<T>(results: &[Receiver<Group<T>>]) -> Option<Group<T>> {
    let mut all = Group::new();
    for result in results {
        let group = result.recv().ok()?;
        all.resize_with(group.len(), Vec::new);
        all.iter_mut().zip(group).for_each(|(all, worked)| all.extend(worked));
    }
    Some(all)
}

/// Reads until the end, or until nobody listens. What was read before an error is followed still.
fn read_ahead(
    mut source: Source<'_>,
    listeners: &[SyncSender<Arc<Vec<Load>>>],
    spares: &Receiver<Vec<Load>>,
) -> anyhow::Result<()> {
    let mut more = Ok(true);
    while matches!(more, Ok(true)) {
        let mut group = spares.try_recv().unwrap_or_default();
        group.resize_with(GROUP, Load::default);
        let mut filled = 0;
        while matches!(more, Ok(true)) && filled < GROUP {
            more = source.fill(&mut group[filled]);
            filled += usize::from(matches!(more, Ok(true)));
        }
        group.truncate(filled);
        let group = Arc::new(group);
        if listeners.iter().any(|listener| listener.send(Arc::clone(&group)).is_err()) {
            break;
        }
    }
    more.map(|_| ())
}

/// Follows some lanes until the end, or until nobody listens.
fn follow<T>(
    lanes: &mut [Lane],
    mut make: impl FnMut(Box<Exchange>) -> T,
    coming: &Receiver<Arc<Vec<Load>>>,
    emptied: &Sender<Vec<Load>>,
    result: &SyncSender<Group<T>>,
) {
    for group in coming {
        let mut work =
            |load| lanes.iter_mut().map(|lane| lane.work(load, &mut make)).collect::<Vec<_>>();
        let worked = group.iter().map(&mut work).collect();
        // The last to be done with it gives it back; nobody takes it once everything is read.
        if let Some(group) = Arc::into_inner(group) {
            let _ = emptied.send(group);
        }
        if result.send(worked).is_err() {
            return;
        }
    }
    let worked = lanes.iter_mut().map(|lane| lane.finish(&mut make)).collect();
    // Whoever listens no longer has an error to tell.
    let _ = result.send(vec![worked]);
}
