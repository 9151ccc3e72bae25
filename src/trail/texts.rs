//! Texts that are met again and again: each is kept once, and known by its number.

use foldhash::fast::RandomState;
use std::collections::HashMap;

/// A text that has been met. Numbers are given in the order of meeting, and say nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Text(u32);

impl Text {
    /// No number is less.
    pub const FIRST: Self = Self(0);
}

/// Every text met so far. Its order, which hashing makes, is never looked at.
#[derive(Debug, Default)]
pub(super) struct Texts(HashMap<Box<[u8]>, Text, RandomState>);

impl Texts {
    /// The number of a text, which is met now at the latest.
    pub fn number(&mut self, text: &[u8]) -> Text {
        if let Some(known) = self.find(text) {
            return known;
        }
        // As many would not fit into memory.
        let next = Text(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        self.0.insert(text.into(), next);
        next
    }

    /// The number of a text; `None` for one that has not been met.
    pub fn find(&self, text: &[u8]) -> Option<Text> {
        self.0.get(text).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_number() {
        let mut texts = Texts::default();
        let (a, b) = (texts.number(b"a"), texts.number(b""));
        assert!(a != b && texts.number(b"a") == a && texts.number(b"") == b);
        assert_eq!((texts.find(b"a"), texts.find(b"c")), (Some(a), None));
    }
}
