//! The time in an itsdangerous value: a big-endian integer in base64, counted from 1970 or 2011.
//!
//! itsdangerous up to 0.24 counts from 2011-01-01, later releases from 1970. A number below the
//! 2011 offset can only be of the old kind, because Flask signs JSON since 2013 only.

use crate::session::Context;
use crate::session::encoding::python_base64;
use crate::time::Timestamp;

/// 2011-01-01T00:00:00Z in Unix seconds: the old itsdangerous epoch.
const EPOCH_2011: i64 = 1_293_840_000;

/// How far a signing time may lie ahead of the capture's clock: clocks differ, by a day at most.
const TOLERANCE_SECONDS: i64 = 86_400;

/// Latest signing time that is believed where the capture's own time is not known: 2100-01-01.
const LATEST: i64 = 4_102_444_800;

/// Largest count of seconds that a [`Timestamp`] holds, in the year 2262.
const LARGEST: i64 = i64::MAX / 1_000_000_000;

/// The instant in the timestamp field of an itsdangerous value; `None` if it is not a number of at
/// most 8 bytes, which is what itsdangerous 2 unpacks, or lies centuries away.
pub fn read(field: &[u8]) -> Option<Timestamp> {
    let bytes = python_base64(field)?;
    if bytes.is_empty() || bytes.len() > 8 {
        return None;
    }
    let raw = bytes.iter().fold(0u64, |number, byte| (number << 8) | u64::from(*byte));
    let raw = i64::try_from(raw).ok().filter(|raw| *raw <= LARGEST)?;
    let seconds = if raw < EPOCH_2011 { raw + EPOCH_2011 } else { raw };
    Some(Timestamp::from_seconds(seconds))
}

/// Whether a signing time lies between 2011 and the time the cookie was seen.
pub fn is_plausible(time: Timestamp, context: &Context) -> bool {
    let latest = match context.now_hint {
        Some(now) => now.plus_seconds(TOLERANCE_SECONDS),
        None => Timestamp::from_seconds(LATEST),
    };
    time >= Timestamp::from_seconds(EPOCH_2011) && time <= latest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_epochs_are_told_apart() {
        for (field, seconds) in [("Gbzbzw", 1_725_647_439), ("ZeFJ-Q", 1_709_263_353)] {
            assert_eq!(read(field.as_bytes()), Some(Timestamp::from_seconds(seconds)), "{field}");
        }
    }

    #[test]
    fn numbers_too_large_are_no_time() {
        assert_eq!(read(b"kbdMsw4hkS8M"), None);
        assert_eq!(read(b""), None);
        assert_eq!(read(b"__________8"), None);
    }

    #[test]
    fn a_time_after_the_capture_is_not_plausible() {
        let seen = Context { now_hint: Some(Timestamp::from_seconds(1_700_000_000)) };
        let at = |seconds| is_plausible(Timestamp::from_seconds(seconds), &seen);
        assert!(at(1_700_000_000));
        assert!(at(1_700_086_400));
        assert!(!at(1_700_086_401));
        assert!(!at(EPOCH_2011 - 1));
    }
}
