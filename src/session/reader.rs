//! A cursor over bytes with a budget, shared by the readers of serialised objects.
//!
//! Formats with references can blow a small input up to any size; what is built from it is paid
//! for from the budget, and an exhausted budget ends the reading.

/// Deepest nesting that is followed. Sessions rarely pass five levels; the cap guards the stack.
pub const MAX_DEPTH: usize = 48;

/// Most units that one object may cost: one a value, one a byte of text.
const BUDGET: usize = 256 * 1024;

/// Bytes still to be read. Every method gives `None` where they end too early.
pub struct Reader<'a> {
    rest: &'a [u8],
    budget: usize,
}

impl<'a> Reader<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, budget: BUDGET }
    }

    /// What has not been read.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// The next byte.
    pub fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    /// The next `N` bytes as an array, for `from_be_bytes` and `from_le_bytes`.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// The bytes up to `end`, which is read too.
    pub fn until(&mut self, end: u8) -> Option<&'a [u8]> {
        let at = memchr::memchr(end, self.rest)?;
        let taken = self.take(at)?;
        self.byte()?;
        Some(taken)
    }

    /// Reads `expected` or nothing.
    pub fn expect(&mut self, expected: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }

    /// Pays for one value with `bytes` of text in it.
    pub fn spend(&mut self, bytes: usize) -> Option<()> {
        self.budget = self.budget.checked_sub(bytes.saturating_add(1))?;
        Some(())
    }
}
