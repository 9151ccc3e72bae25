//! The street on several threads: all of them follow connections, each its own. Whoever comes for
//! more reads the next packets first, if nobody does, and sorts them by connection, for all; whoever
//! is the last to have followed them puts what came of it in order, and hands it on. So one reads
//! while others sort or follow, cores hardly wait while there is work, and half of what is read need
//! not go to another one. The answer does not depend on how many there are: see [`Lane`].
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
    pub files: &'a mut Files,
    pub progress: Reading,
}

impl Source<'_> {
    /// The next packets. False if there are no more.
    fn fill(&mut self, load: &mut Load) -> bool {
        let is_more = self.files.fill(&mut load.batch);
        if is_more {
            self.progress.add(load.batch.len(), self.files);
        } else {
            self.progress.clear();
        }
        is_more
    }

    /// Reads the next loads. False if there are no more after these.
    fn read(&mut self, loads: &mut Vec<Load>) -> bool {
        loads.resize_with(GROUP, Load::default);
        for filled in 0..GROUP {
            if !self.fill(&mut loads[filled]) {
                loads.truncate(filled);
                return false;
            }
            if loads[filled].batch.bytes().len() < FEW {
                loads.truncate(filled + 1);
                break;
            }
        }
        true
    }
}

/// Where packets go.
pub struct Sorting<'a> {
    /// What leaves some packets out.
    pub filter: Filter,
    pub sorter: &'a mut Sorter,
}

impl Sorting<'_> {
    fn sort(&mut self, load: &mut Load) {
        self.sorter.sort(load, |packet| self.filter.passes(packet));
    }
}

/// Everything on the caller's thread. `make` makes of each exchange what `each` is given.
pub fn one_by_one<T>(
    mut source: Source<'_>,
    mut sorting: Sorting<'_>,
    lanes: &mut [Lane],
    mut order: Order<T>,
    mut make: impl FnMut(Box<Exchange>) -> T,
    each: Each<'_, T>,
) -> anyhow::Result<()> {
    let mut load = Load::default();
    while source.fill(&mut load) {
        sorting.sort(&mut load);
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
    sorting: Sorting<'_>,
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
        source: Mutex::new(source),
        sorter: Mutex::new(sorting),
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
        if let Some(own) = own {
            own();
        }
    });
    crew.telling.outcome()
}

/// Loads that are passed on together.
struct Loads {
    loads: Vec<Load>,
    /// Who read them, and whose their memory is. It is in the caches of that core: what another one
    /// reads into it next takes longer.
    home: usize,
}

/// All who follow, and what is between them.
struct Crew<'a, T> {
    desk: Desk<Loads>,
    source: Mutex<Source<'a>>,
    sorter: Mutex<Sorting<'a>>,
    /// Memory that each has read into, and that is free again.
    spares: Vec<Mutex<Vec<Vec<Load>>>>,
    telling: Telling<'a, T>,
}

impl<T> Crew<'_, T> {
    /// Follows some lanes until the end, or until nobody listens.
    fn follow(&self, index: usize, lanes: &mut [Lane], mut make: impl FnMut(Box<Exchange>) -> T) {
        let _leaving = Leaving { desk: &self.desk, index };
        loop {
            match self.desk.next(index) {
                Next::Read => self.read(index),
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

    /// Reads what comes next, into memory that was used before, if there is some, and sorts it while
    /// another may read on.
    fn read(&self, index: usize) {
        let mut loads = lock(&self.spares[index]).pop().unwrap_or_default();
        let mut source = lock(&self.source);
        let more = source.read(&mut loads);
        // Before anybody else reads, so that what was read first is sorted first.
        let mut sorter = lock(&self.sorter);
        drop(source);
        self.desk.finish_reading(!more);
        for load in &mut loads {
            sorter.sort(load);
        }
        let group = (!loads.is_empty()).then_some(Loads { loads, home: index });
        self.desk.put(group);
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
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.desk.leave(self.index);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
