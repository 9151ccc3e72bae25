//! What later packets show about earlier ones.
//!
//! A capture is followed in order, and some of what was concluded on the way turns out wrong: a
//! cookie that should have been refused is sent all the same, so it was kept. What was learnt is
//! gathered here, and the capture is followed once more by its light.

use std::collections::{BTreeMap, BTreeSet};

/// A `Set-Cookie` line: the exchange, and its place in the response.
pub(super) type Line = (usize, usize);

/// What a first walk through the capture has taught.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hindsight {
    /// Lines that the model refuses, and whose cookies were sent later.
    pub kept: BTreeSet<Line>,
    /// Lines whose cookies come back, so that a page without one is another browser's.
    pub returned: BTreeSet<Line>,
}

/// Lines that were refused, by browser, name and value, until the browser sends them all the same.
#[derive(Debug, Default)]
pub(super) struct Refused {
    lines: BTreeMap<(usize, Vec<u8>, Vec<u8>), Vec<Line>>,
}

impl Refused {
    /// Notes that a line was refused.
    pub fn note(&mut self, browser: usize, name: &[u8], value: &[u8], line: Line) {
        // An empty value, or one that many sites use, is no evidence of where it comes from.
        if value.len() >= 4 {
            self.lines.entry((browser, name.to_vec(), value.to_vec())).or_default().push(line);
        }
    }

    /// The lines that this browser was sent with this name and value, and must have kept: those that
    /// were not given before. `None` if there never was any.
    pub fn take_sent(&mut self, browser: usize, name: &[u8], value: &[u8]) -> Option<Vec<Line>> {
        if self.lines.is_empty() {
            return None;
        }
        let lines = self.lines.get_mut(&(browser, name.to_vec(), value.to_vec()))?;
        Some(std::mem::take(lines))
    }
}
