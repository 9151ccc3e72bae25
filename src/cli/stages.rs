//! The street on several threads: all of them follow connections, each its own. Whoever comes for
//! more reads the next packets first, if nobody does, and sorts them by connection, for all; whoever
//! is the last to have followed them puts what came of it in order, and hands it on. So one reads
//! while others follow, cores hardly wait while there is work, and half of what is read need not go
//! to another one. The answer does not depend on how many there are: see [`Lane`].
//!
//! What passes from thread to thread passes in batches, over a desk with room for a few: one that
//! is faster waits for the slower ones and takes no memory meanwhile.

mod desk;
mod telling;

use super::input::Filter;
use super::progress::Reading;
use crate::capture::Files;
use crate::http::Exchange;
use crate::pipeline::{Lane, Load, Order, Ready, Sorter};
use desk::{Desk, Next};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use telling::Telling;

/// Loads that are passed on together.
const GROUP: usize = 2;

/// A load of fewer bytes is passed on alone: packets come slowly then, and those that are there are
/// not to wait for more.
const FEW: usize = 128 << 10;

/// What is done with each exchange, or with what was made of it.
pub type Each<'a, T> = &'a mut (dyn FnMut(Ready<T>) -> anyhow::Result<()> + Send);

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

/// The lanes on so many threads, the caller's among them. Each has a `make` of its own; `each` is
/// called in order, by whichever thread.
pub fn side_by_side<T, M>(
    source: Source<'_>,
    lanes: &mut [Lane],
    threads: usize,
    order: Order<T>,
    maker: impl Fn() -> M,
    each: Each<'_, T>,
) -> anyhow::Result<()>
where
    T: Send,
    M: FnMut(Box<Exchange>) -> T + Send,
{
    let share = lanes.len().div_ceil(threads);
    let followers = lanes.len().div_ceil(share);
    let is_ready = source.files.progress().total.is_some();
    let crew = Crew {
        desk: Desk::new(followers, is_ready),
        reader: Mutex::new(Reader { source, outcome: Ok(()) }),
        spares: (0..followers).map(|_| Mutex::default()).collect(),
        telling: Telling::new(followers, order, each),
    };
    thread::scope(|scope| {
        let follow = |(index, lanes)| {
            let (crew, make) = (&crew, maker());
            move || crew.follow(index, lanes, make)
        };
        let mut all = lanes.chunks_mut(share).enumerate().map(follow);
        let own = all.next();
        all.for_each(|other| drop(scope.spawn(other)));
        own.into_iter().for_each(|own| own());
    });
    crew.telling.outcome()?;
    crew.reader.into_inner().map_or(Ok(()), |reader| reader.outcome)
}

/// Loads that are passed on together.
struct Loads {
    loads: Vec<Load>,
    /// Who read them, and whose their memory is. It is in the caches of that core: what another one
    /// reads into it next takes longer.
    home: usize,
}

/// Reads, for all.
struct Reader<'a> {
    source: Source<'a>,
    outcome: anyhow::Result<()>,
}

impl Reader<'_> {
    /// Reads the next loads. False if there are no more after these. What was read before an error
    /// is followed still.
    fn read(&mut self, loads: &mut Vec<Load>) -> bool {
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
        more.unwrap_or_else(|error| {
            self.outcome = Err(error);
            false
        })
    }
}

/// All who follow, and what is between them.
struct Crew<'a, T> {
    desk: Desk<Loads>,
    reader: Mutex<Reader<'a>>,
    /// Memory that each has read into, and that is free again.
    spares: Vec<Mutex<Vec<Vec<Load>>>>,
    telling: Telling<'a, T>,
}

impl<T> Crew<'_, T> {
    /// Follows some lanes until the end, or until nobody listens.
    fn follow(&self, index: usize, lanes: &mut [Lane], mut make: impl FnMut(Box<Exchange>) -> T) {
        let mut leaving = Leaving { desk: &self.desk, index, is_reading: false };
        loop {
            match self.desk.next(index) {
                Next::Read => {
                    leaving.is_reading = true;
                    self.read(index);
                    leaving.is_reading = false;
                }
                Next::Follow(group) => {
                    let mut work =
                        |load| lanes.iter_mut().map(|lane| lane.work(load, &mut make)).collect();
                    let worked = group.loads.iter().map(&mut work).collect();
                    self.give_back(group);
                    if !self.telling.take(index, worked) {
                        return;
                    }
                }
                Next::Finish => break,
            }
        }
        let worked = lanes.iter_mut().map(|lane| lane.finish(&mut make)).collect();
        self.telling.take(index, vec![worked]);
    }

    /// Reads what comes next, into memory that was used before, if there is some.
    fn read(&self, index: usize) {
        let mut loads = lock(&self.spares[index]).pop().unwrap_or_default();
        let more = lock(&self.reader).read(&mut loads);
        let group = (!loads.is_empty()).then_some(Loads { loads, home: index });
        self.desk.put(group, !more);
    }

    /// The last to be done with loads gives them back to whoever read them.
    fn give_back(&self, group: Arc<Loads>) {
        if let Some(Loads { loads, home }) = Arc::into_inner(group) {
            lock(&self.spares[home]).push(loads);
        }
    }
}

/// Says that a thread is gone, be it by a panic: others may wait for what it would have done.
struct Leaving<'a> {
    desk: &'a Desk<Loads>,
    index: usize,
    is_reading: bool,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.desk.leave(self.index, self.is_reading);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
