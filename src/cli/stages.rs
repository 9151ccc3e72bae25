//! The street on several threads: some follow the connections, each its own, and the caller's does
//! what it is there for. Whoever of them comes for more reads the next packets first, if nobody does,
//! and sorts them by connection, for all: so one reads while others follow, cores hardly wait while
//! there is work, and half of what is read need not go to another one. The answer does not depend on
//! how many there are: see [`Lane`].
//!
//! What passes from thread to thread passes in batches, through channels that hold a few: one that
//! is faster waits for the slower ones and takes no memory meanwhile.

use super::input::Filter;
use super::progress::Reading;
use crate::capture::Files;
use crate::http::Exchange;
use crate::pipeline::{Lane, Load, Order, Ready, Sorter, Worked};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread;

/// Loads that are passed on together: waking a thread for each takes longer than some loads do.
const GROUP: usize = 3;

/// A load of fewer bytes is passed on alone: packets come slowly then, and those that are there are
/// not to wait for more.
const FEW: usize = 128 << 10;

/// Groups that may wait for the next stage: enough for a thread to get ahead of the others where its
/// connections have less in them.
const WAITING: usize = 2;

/// Groups that are read ahead while there are others to follow.
const AHEAD: usize = 2;

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

/// The lanes on so many threads, and `each` on the caller's. Every thread that follows connections has
/// a `make` of its own; one that runs out of loads reads the next.
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
    let is_ready = source.files.progress().total.is_some();
    let (outlets, coming): (Vec<_>, Vec<_>) = lanes.chunks(share).map(|_| outlet()).unzip();
    let reading = Mutex::new(Reader { source, outlets, is_ready, outcome: Ok(()) });
    let (homes, spares): (Vec<_>, Vec<_>) = coming.iter().map(|_| channel()).unzip();
    thread::scope(|scope| {
        let mut results = Vec::new();
        let followers = lanes.chunks_mut(share).zip(coming).zip(homes.into_iter().zip(spares));
        for ((lanes, (coming, waiting)), (home, spares)) in followers {
            let (result, worked) = sync_channel(WAITING);
            let listener = Listener { reading: &reading, coming, waiting, home, spares };
            let make = maker();
            scope.spawn(move || follow(lanes, make, listener, &result));
            results.push(worked);
        }
        // An error leaves this closure, and with it `results`; the other threads then end too.
        while let Some(group) = next_of_all(&results) {
            for worked in group {
                order.take(worked);
                std::iter::from_fn(|| order.pop()).try_for_each(&mut *each)?;
            }
        }
        anyhow::Ok(())
    })?;
    reading.into_inner().map_or(Ok(()), |reading| reading.outcome)
}

/// Where groups are given out, and where they come.
fn outlet() -> (Outlet, (Receiver<Arc<Loads>>, Arc<AtomicUsize>)) {
    let (sender, coming) = sync_channel(WAITING);
    let waiting = Arc::new(AtomicUsize::new(0));
    (Outlet { sender, waiting: Arc::clone(&waiting) }, (coming, waiting))
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

/// Loads that are passed on together.
struct Loads {
    loads: Vec<Load>,
    /// To whom their memory goes back. It is in the caches of whoever read into it: what another core
    /// reads into it next takes longer.
    home: Sender<Vec<Load>>,
}

/// One who is given what is read.
struct Outlet {
    sender: SyncSender<Arc<Loads>>,
    /// How many groups wait there.
    waiting: Arc<AtomicUsize>,
}

/// Reads, and gives what it reads to all who listen.
struct Reader<'a> {
    source: Source<'a>,
    /// None once all is read.
    outlets: Vec<Outlet>,
    /// More is there at once, so that reading holds nobody up.
    is_ready: bool,
    outcome: anyhow::Result<()>,
}

impl Reader<'_> {
    /// Whether reading now keeps others from waiting later, and makes nobody wait.
    fn may_read_ahead(&self) -> bool {
        let has_room = |outlet: &Outlet| outlet.waiting.load(Ordering::Relaxed) < AHEAD;
        self.is_ready && !self.outlets.is_empty() && self.outlets.iter().all(has_room)
    }

    /// Reads the next loads into memory that has been used before, if there is some. What was read
    /// before an error is followed still.
    fn read(&mut self, spares: &Receiver<Vec<Load>>, home: &Sender<Vec<Load>>) {
        // Should this panic, they are gone, and nobody waits for more.
        let outlets = std::mem::take(&mut self.outlets);
        let mut loads = spares.try_recv().unwrap_or_default();
        loads.resize_with(GROUP, Load::default);
        let (mut filled, mut more) = (0, Ok(true));
        while filled < GROUP {
            more = self.source.fill(&mut loads[filled]);
            if !matches!(more, Ok(true)) {
                break;
            }
            filled += 1;
            if loads[filled - 1].batch.bytes().len() < FEW {
                break;
            }
        }
        loads.truncate(filled);
        let group = Arc::new(Loads { loads, home: home.clone() });
        let is_heard = |outlet: &Outlet| {
            outlet.waiting.fetch_add(1, Ordering::Relaxed);
            outlet.sender.send(Arc::clone(&group)).is_ok()
        };
        let are_there = outlets.iter().all(is_heard);
        match more {
            Ok(true) if are_there => self.outlets = outlets,
            Ok(_) => {}
            Err(error) => self.outcome = Err(error),
        }
    }
}

/// One who listens to what is read, and reads if nobody else does.
struct Listener<'a, 'b> {
    reading: &'a Mutex<Reader<'b>>,
    coming: Receiver<Arc<Loads>>,
    /// How many groups wait there.
    waiting: Arc<AtomicUsize>,
    /// Memory into which was read here, and which is free again.
    spares: Receiver<Vec<Load>>,
    home: Sender<Vec<Load>>,
}

impl Listener<'_, '_> {
    /// The next loads; `None` after the last.
    fn next(&self) -> Option<Arc<Loads>> {
        let group = self.group()?;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        Some(group)
    }

    fn group(&self) -> Option<Arc<Loads>> {
        loop {
            match self.reading.try_lock() {
                // Whoever read just now has sent it before letting go.
                Ok(mut reader) => {
                    if reader.may_read_ahead() {
                        reader.read(&self.spares, &self.home);
                    }
                    match self.coming.try_recv() {
                        Err(TryRecvError::Empty) => reader.read(&self.spares, &self.home),
                        group => return group.ok(),
                    }
                }
                Err(TryLockError::WouldBlock) => return self.coming.recv().ok(),
                Err(TryLockError::Poisoned(_)) => return None,
            }
        }
    }
}

/// Ends the reading when a thread leaves, be it by a panic: others may wait for what it would have
/// read.
struct Leaving<'a, 'b>(&'a Mutex<Reader<'b>>);

impl Drop for Leaving<'_, '_> {
    fn drop(&mut self) {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reading.outlets.clear();
    }
}

/// Follows some lanes until the end, or until nobody listens.
fn follow<T>(
    lanes: &mut [Lane],
    mut make: impl FnMut(Box<Exchange>) -> T,
    listener: Listener<'_, '_>,
    result: &SyncSender<Group<T>>,
) {
    let _leaving = Leaving(listener.reading);
    // Dropped before that: whoever reads may wait for room in it. There is as much room for results,
    // so that a reader cannot be further ahead than that.
    let listener = listener;
    while let Some(group) = listener.next() {
        let mut work =
            |load| lanes.iter_mut().map(|lane| lane.work(load, &mut make)).collect::<Vec<_>>();
        let worked = group.loads.iter().map(&mut work).collect();
        // The last to be done with it gives it back; nobody takes it once everything is read.
        if let Some(Loads { loads, home }) = Arc::into_inner(group) {
            let _ = home.send(loads);
        }
        if result.send(worked).is_err() {
            return;
        }
    }
    let worked = lanes.iter_mut().map(|lane| lane.finish(&mut make)).collect();
    // Whoever listens no longer has an error to tell.
    let _ = result.send(vec![worked]);
}
