//! The whole order: packets to segments, segments to streams, streams to exchanges. No other file
//! knows the street from end to end.
//!
//! ```text
//! packet -> decode -> Table -> Connection -> Conversation -> Exchange, numbered in capture order
//! ```
//!
//! [`Pipeline`] takes packet after packet, for those who watch what comes. Whole files are read in
//! parts that several threads may share: a [`Sorter`] gives each connection to one of a few
//! [`Lane`]s, each lane follows its own, and [`Order`] puts what they finish in capture order.

mod counts;
mod flows;
mod lane;
mod load;
mod numbers;
mod order;
mod relief;
mod sorter;

pub use counts::Counts;
pub use lane::{Lane, lanes};
pub use load::Load;
pub use order::{Order, Ready, Worked};
pub use sorter::Sorter;

use crate::capture::Packet;
use crate::http::{Exchange, Reading};
use crate::limits::Budget;
use crate::note::Note;
use crate::time::Timestamp;
use flows::Flows;
use order::{Finished, Turn};
use relief::Memory;
use sorter::Unpacking;
use std::collections::VecDeque;

/// An exchange with its number.
#[derive(Debug, Clone)]
pub struct Numbered {
    /// From 1, in the order of the exchanges' first packets.
    pub id: u64,
    /// The exchange.
    pub exchange: Box<Exchange>,
}

impl From<Ready<Box<Exchange>>> for Numbered {
    fn from(ready: Ready<Box<Exchange>>) -> Self {
        let mut exchange = ready.item;
        exchange.connection = ready.connection;
        Self { id: ready.id, exchange }
    }
}

/// Packets in, exchanges out.
#[derive(Debug)]
pub struct Pipeline {
    unpacking: Unpacking,
    flows: Flows,
    order: Order<Box<Exchange>>,
    completed: VecDeque<Turn>,
    watched: bool,
}

impl Pipeline {
    /// A pipeline that has seen nothing.
    pub fn new(reading: Reading) -> Self {
        Self::within(reading, Budget::default())
    }

    /// The same with a budget for what it may hold.
    pub fn within(reading: Reading, budget: Budget) -> Self {
        Self {
            unpacking: Unpacking::new(budget.fragments),
            flows: Flows::new(reading, &budget),
            order: Order::within(budget.finished_bytes),
            completed: VecDeque::new(),
            watched: false,
        }
    }

    /// What has been read so far.
    pub fn counts(&self) -> Counts {
        let mut counts = self.unpacking.counts().clone();
        counts.add_flows(self.flows.counts());
        counts
    }

    /// Takes the next packet.
    pub fn push(&mut self, packet: &Packet<'_>) {
        if let Some(segment) = self.unpacking.open(packet) {
            self.flows.segment(&segment);
            self.put_in_order();
        }
        self.unpacking.settle();
    }

    /// Nothing comes for now, where packets are read as they are captured.
    pub fn rest(&mut self) {
        self.flows.rest();
        self.put_in_order();
    }

    /// Nothing has come until now, by the clock of the packets: what waited for time to pass has waited.
    pub fn wait_until(&mut self, now: Timestamp) {
        self.flows.wait_until(now);
        self.put_in_order();
    }

    /// Nothing more will come: what is unfinished is finished as it stands.
    pub fn finish(&mut self) {
        self.flows.finish();
        self.put_in_order();
    }

    fn put_in_order(&mut self) {
        self.order.learn(self.flows.take_begun(), self.flows.pending.oldest());
        for exchange in self.flows.finished.drain(..) {
            let connection = self.order.number(exchange.connection);
            let numbered = |mut exchange: Box<Exchange>| {
                exchange.connection = connection;
                exchange
            };
            let turn = self.order.hold(Finished::of(exchange, numbered));
            if self.watched {
                self.completed.push_back(turn);
            }
        }
    }

    /// The next exchange in capture order, once it and all before it are finished.
    pub fn pop(&mut self) -> Option<Numbered> {
        self.order.pop().map(Numbered::from)
    }

    /// An exchange that has just been finished, in whatever order they finish: what a live view
    /// shows. It must be asked before [`Pipeline::pop`], where the same exchange comes out later.
    pub fn peek_finished(&mut self) -> Option<&Exchange> {
        let turn = self.completed.pop_front()?;
        self.order.get(turn).map(Box::as_ref)
    }

    /// Remembers what finishes, for [`Pipeline::peek_finished`].
    pub fn watch_finished(&mut self) {
        self.watched = true;
    }

    /// What was given up to stay within the budget, if anything was.
    pub fn note(&self) -> Option<Note> {
        Memory::note(std::iter::once(&self.flows.memory))
    }

    /// The oldest packet whose exchange has not finished yet: no exchange that begins before it
    /// can still come. `None` if nothing is unfinished.
    pub fn oldest_open(&self) -> Option<u64> {
        self.order.oldest_open()
    }
}
