//! Points in time as a capture file gives them: nanoseconds since 1970, and how many digits of a
//! second the capture really measured.
//!
//! The core never asks a clock. Every [`Timestamp`] comes from a packet or from a date inside one.

use std::fmt;
use std::time::Duration;

/// A packet's time: nanoseconds since 1970-01-01T00:00:00Z, negative before it.
///
/// Two timestamps compare by their instant alone; the resolution only decides how many digits are
/// printed, because contract and honesty both ask for no more than was measured.
#[derive(Debug, Clone, Copy)]
pub struct Timestamp {
    nanos: i64,
    digits: u8,
}

impl Timestamp {
    /// An instant measured to `digits` decimal places of a second (at most 9).
    pub const fn from_nanos(nanos: i64, digits: u8) -> Self {
        let digits = if digits > 9 { 9 } else { digits };
        Self { nanos, digits }
    }

    /// A whole second, as HTTP dates and signed cookies give it. Saturates beyond the year 2262.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self { nanos: seconds.saturating_mul(1_000_000_000), digits: 0 }
    }

    /// Nanoseconds since 1970.
    pub const fn nanos(self) -> i64 {
        self.nanos
    }

    /// To how many decimal places of a second it was measured.
    pub const fn digits(self) -> u8 {
        self.digits
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn seconds(self) -> i64 {
        self.nanos.div_euclid(1_000_000_000)
    }

    /// How long after `earlier` this is; zero if it is not after it at all.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(u64::try_from(self.nanos.saturating_sub(earlier.nanos)).unwrap_or(0))
    }

    /// This instant moved by whole seconds, saturating at the ends of what can be told.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        let nanos = self.nanos.saturating_add(seconds.saturating_mul(1_000_000_000));
        Self { nanos, digits: self.digits }
    }
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

/// RFC 3339 in UTC with the resolution of the capture: `2026-11-22T10:00:00.123456Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An i64 of nanoseconds always lies inside what jiff can hold (years -9999 to 9999).
        match jiff::Timestamp::from_nanosecond(i128::from(self.nanos)) {
            Ok(time) => write!(f, "{time:.*}", usize::from(self.digits)),
            Err(_) => write!(f, "@{}", self.nanos),
        }
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_with_the_captures_own_resolution() {
        let nanos = 1_795_382_471_592_273_456;
        let shown = |digits| Timestamp::from_nanos(nanos, digits).to_string();
        assert_eq!(shown(6), "2026-11-22T21:21:11.592273Z");
        assert_eq!(shown(9), "2026-11-22T21:21:11.592273456Z");
        assert_eq!(shown(0), "2026-11-22T21:21:11Z");
        assert_eq!(Timestamp::from_seconds(-1).to_string(), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn differences_never_run_backwards() {
        let early = Timestamp::from_seconds(10);
        let late = Timestamp::from_seconds(12);
        assert_eq!(late.since(early), Duration::from_secs(2));
        assert_eq!(early.since(late), Duration::ZERO);
    }

    #[test]
    fn the_extremes_print_without_panic() {
        for nanos in [i64::MIN, i64::MAX] {
            assert!(!Timestamp::from_nanos(nanos, 9).to_string().is_empty());
        }
    }
}
