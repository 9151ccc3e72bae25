//! What most directions of connections never need.

use crate::time::Timestamp;
use std::collections::BTreeMap;

/// What is known of a direction that is not whole or not in order.
#[derive(Debug, Default)]
pub(super) struct Rare {
    /// What the receiver still waited for, before it was decided where the stream begins.
    pub wanted: Option<u64>,
    /// Bytes that the snap length cut off: start to end.
    pub cuts: BTreeMap<u64, u64>,
    pub waiting: Option<Waiting>,
    /// The packet at which the assembler last began to hold something back.
    pub held_since: Option<u64>,
}

impl Rare {
    /// Whether a direction that has begun is whole and in order by now.
    pub fn is_nothing(&self) -> bool {
        self.cuts.is_empty() && self.waiting.is_none() && self.held_since.is_none()
    }
}

/// Since when, and at which byte, the stream waits for bytes that the receiver already has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    pub at: u64,
    pub since: Timestamp,
    pub segments_left: u32,
}
