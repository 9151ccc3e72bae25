//! Exchanges finish in any order; they are let go in capture order.

use super::Numbered;
use crate::http::Exchange;
use crate::limits::HELD_EXCHANGES;
use std::collections::{BTreeMap, BTreeSet};

/// Puts finished exchanges in capture order: one is let go when no earlier one can still come.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// Finished exchanges by their first packet. Pipelined requests may share one. They are boxed
    /// so that the map does not move them about.
    held: BTreeMap<(u64, u64), Box<Exchange>>,
    serial: u64,
    /// The oldest unfinished packet of each connection that has one.
    pending: BTreeSet<(u64, u64)>,
    released: u64,
    /// Bytes that the finished exchanges take, and how many they may.
    bytes: usize,
    most_bytes: usize,
}

impl Order {
    /// One that holds back no more than so many bytes.
    pub fn within(most_bytes: usize) -> Self {
        Self { most_bytes, ..Self::default() }
    }

    /// Whether exchanges can only be let go out of order.
    fn is_full(&self) -> bool {
        self.held.len() > HELD_EXCHANGES || self.bytes > self.most_bytes
    }

    /// Keeps a finished exchange until its turn, and says under which key.
    pub fn hold(&mut self, exchange: Box<Exchange>) -> (u64, u64) {
        self.serial += 1;
        self.bytes += exchange.weight();
        let key = (exchange.first_packet(), self.serial);
        self.held.insert(key, exchange);
        key
    }

    /// The oldest unfinished packet of a connection has changed.
    pub fn update(&mut self, connection: u64, was: Option<u64>, now: Option<u64>) {
        if was == now {
            return;
        }
        if let Some(was) = was {
            self.pending.remove(&(was, connection));
        }
        if let Some(now) = now {
            self.pending.insert((now, connection));
        }
    }

    pub fn oldest_open(&self) -> Option<u64> {
        self.pending.first().map(|(packet, _)| *packet)
    }

    /// A held exchange.
    pub fn get(&self, key: (u64, u64)) -> Option<&Exchange> {
        self.held.get(&key).map(Box::as_ref)
    }

    /// The first exchange that nothing unfinished can precede.
    pub fn pop(&mut self) -> Option<Numbered> {
        let oldest = self.oldest_open().unwrap_or(u64::MAX);
        let must_wait = self.held.first_key_value()?.0.0 > oldest;
        if must_wait && !self.is_full() {
            return None;
        }
        self.released += 1;
        let (_, exchange) = self.held.pop_first()?;
        self.bytes = self.bytes.saturating_sub(exchange.weight());
        Some(Numbered { id: self.released, exchange })
    }
}
