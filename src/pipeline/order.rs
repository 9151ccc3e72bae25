//! Exchanges finish in any order; they are let go in capture order.

use super::numbers::Numbers;
use crate::http::Exchange;
use crate::limits::HELD_EXCHANGES;
use slab::Slab;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// Which connections have something unfinished, and since which packet.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// The oldest unfinished packet of each connection that has one.
    open: BTreeSet<(u64, u64)>,
}

impl Pending {
    /// The oldest unfinished packet of a connection has changed.
    pub fn update(&mut self, connection: u64, was: Option<u64>, now: Option<u64>) {
        if was == now {
            return;
        }
        if let Some(was) = was {
            self.open.remove(&(was, connection));
        }
        if let Some(now) = now {
            self.open.insert((now, connection));
        }
    }

    /// The oldest of all.
    pub fn oldest(&self) -> Option<u64> {
        self.open.first().map(|(packet, _)| *packet)
    }
}

/// What became of some segments: what they finished, and what is still open.
#[derive(Debug)]
pub struct Worked<T> {
    /// What was finished, in the order in which that came about.
    pub(super) finished: Vec<Finished<T>>,
    /// The packets with which connections began.
    pub(super) begun: Vec<u64>,
    /// The oldest packet of anything unfinished.
    pub(super) oldest: Option<u64>,
}

/// A finished exchange, and what was made of it.
#[derive(Debug)]
pub(super) struct Finished<T> {
    /// The exchange's first packet.
    first: u64,
    /// The packet its connection began with.
    connection: u64,
    /// Bytes that it takes, about.
    weight: usize,
    item: T,
}

impl<T> Finished<T> {
    /// An exchange, as `make` has it.
    pub fn of(exchange: Box<Exchange>, make: impl FnOnce(Box<Exchange>) -> T) -> Self {
        let (first, connection) = (exchange.first_packet(), exchange.connection);
        let weight = exchange.weight();
        Self { first, connection, weight, item: make(exchange) }
    }
}

/// An exchange whose turn has come, or what was made of it.
#[derive(Debug)]
pub struct Ready<T> {
    /// From 1, in the order of the exchanges' first packets.
    pub id: u64,
    /// The number of its connection, from 1 in the order in which they were first seen.
    pub connection: u64,
    /// What was made of the exchange.
    pub item: T,
}

/// The turn of an exchange that waits, and where it does: its first packet; its connection and a
/// serial number, since pipelined requests may share a packet; its place.
pub(super) type Turn = (u64, u64, u64, usize);

/// Puts finished exchanges in capture order: one is let go when no earlier one can still come.
#[derive(Debug)]
pub struct Order<T> {
    held: Slab<Finished<T>>,
    turns: BinaryHeap<Reverse<Turn>>,
    serial: u64,
    numbers: Numbers,
    oldest_open: Option<u64>,
    released: u64,
    /// Bytes that the finished exchanges take, and how many they may.
    bytes: usize,
    most_bytes: usize,
}

impl<T> Order<T> {
    /// One that holds back no more than so many bytes.
    pub fn within(most_bytes: usize) -> Self {
        Self {
            held: Slab::new(),
            turns: BinaryHeap::new(),
            serial: 0,
            numbers: Numbers::default(),
            oldest_open: None,
            released: 0,
            bytes: 0,
            most_bytes,
        }
    }

    /// Takes what became of the next packets, from all who followed them.
    pub fn take(&mut self, worked: impl IntoIterator<Item = Worked<T>>) {
        let mut begun = Vec::new();
        self.oldest_open = None;
        for worked in worked {
            self.oldest_open = self.oldest_open.into_iter().chain(worked.oldest).min();
            begun.extend(worked.begun);
            for finished in worked.finished {
                self.hold(finished);
            }
        }
        begun.sort_unstable();
        self.numbers.add(begun);
    }

    /// Keeps a finished exchange until its turn.
    pub(super) fn hold(&mut self, finished: Finished<T>) -> Turn {
        self.serial += 1;
        self.bytes += finished.weight;
        let (first, connection) = (finished.first, finished.connection);
        let turn = (first, connection, self.serial, self.held.insert(finished));
        self.turns.push(Reverse(turn));
        turn
    }

    /// Connections began with these packets, and the oldest that is unfinished is this one.
    pub(super) fn learn(&mut self, begun: Vec<u64>, oldest: Option<u64>) {
        self.numbers.add(begun);
        self.oldest_open = oldest;
    }

    /// The number of the connection that began with a packet.
    pub(super) fn number(&self, connection: u64) -> u64 {
        self.numbers.of(connection)
    }

    /// What waits for its turn.
    pub(super) fn get(&self, turn: Turn) -> Option<&T> {
        self.held.get(turn.3).map(|finished| &finished.item)
    }

    /// The oldest packet of anything unfinished.
    pub(super) fn oldest_open(&self) -> Option<u64> {
        self.oldest_open
    }

    /// The first exchange that nothing unfinished can precede. When too many wait, they can only be
    /// let go out of order.
    pub fn pop(&mut self) -> Option<Ready<T>> {
        let is_full = self.held.len() > HELD_EXCHANGES || self.bytes > self.most_bytes;
        let Reverse((first, _, _, place)) = *self.turns.peek()?;
        if first > self.oldest_open.unwrap_or(u64::MAX) && !is_full {
            return None;
        }
        self.turns.pop();
        let finished = self.held.try_remove(place)?;
        self.released += 1;
        self.bytes = self.bytes.saturating_sub(finished.weight);
        let connection = self.number(finished.connection);
        Some(Ready { id: self.released, connection, item: finished.item })
    }
}
