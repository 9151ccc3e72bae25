//! Lanes: connections, divided among several who follow them.
//!
//! Their number depends on the budget and never on the number of threads, and what a lane does on its
//! own segments alone: so the answer does not depend on who does it, nor when.

use super::counts::FlowCounts;
use super::flows::Flows;
use super::load::Load;
use super::order::{Finished, Worked};
use super::relief::Memory;
use crate::http::{Exchange, Reading};
use crate::limits::Budget;
use crate::note::Note;
use crate::packet::Segment;

/// The lane of a segment among so many: the same for both directions of a connection.
#[inline]
pub(super) fn lane_of(segment: &Segment<'_>, lanes: usize) -> usize {
    let part = u64::from(segment.pair.spread()) * lanes as u64;
    (part >> 32) as usize
}

/// All lanes, which share what the budget allows.
pub fn lanes(reading: Reading, budget: Budget) -> Vec<Lane> {
    let each = budget.of_lane();
    (0..budget.lanes.max(1))
        .map(|index| Lane { index, flows: Flows::new(reading, &each) })
        .collect()
}

/// Follows a part of the connections.
#[derive(Debug)]
pub struct Lane {
    index: usize,
    flows: Flows,
}

impl Lane {
    /// Follows its segments of a load. `make` is given each exchange that this finishes.
    pub fn work<T>(&mut self, load: &Load, mut make: impl FnMut(Box<Exchange>) -> T) -> Worked<T> {
        let mut finished = Vec::new();
        for segment in load.segments(self.index) {
            self.flows.segment(&segment);
        }
        self.make(&mut finished, &mut make);
        self.worked(finished)
    }

    /// Nothing more will come: what is unfinished is finished as it stands.
    pub fn finish<T>(&mut self, mut make: impl FnMut(Box<Exchange>) -> T) -> Worked<T> {
        let mut finished = Vec::new();
        self.flows.finish();
        self.make(&mut finished, &mut make);
        self.worked(finished)
    }

    fn make<T>(
        &mut self,
        finished: &mut Vec<Finished<T>>,
        make: &mut impl FnMut(Box<Exchange>) -> T,
    ) {
        let exchanges = self.flows.finished.drain(..);
        finished.extend(exchanges.map(|exchange| Finished::of(exchange, &mut *make)));
    }

    fn worked<T>(&mut self, finished: Vec<Finished<T>>) -> Worked<T> {
        Worked { finished, begun: self.flows.take_begun(), oldest: self.flows.pending.oldest() }
    }

    pub(super) fn counts(&self) -> &FlowCounts {
        self.flows.counts()
    }

    /// What some lanes gave up to stay within their budget, if they did.
    pub fn note(lanes: &[Self]) -> Option<Note> {
        Memory::note(lanes.iter().map(|lane| &lane.flows.memory))
    }
}
