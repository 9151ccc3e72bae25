//! What an interface description block says: link type, snap length, and the meaning of times.

use crate::capture::LinkType;
use crate::capture::record::Endian;
use crate::time::Timestamp;

const OPTION_END: u16 = 0;
const OPTION_TIME_RESOLUTION: u16 = 9;
const OPTION_TIME_OFFSET: u16 = 14;

const NANOS: i128 = 1_000_000_000;

/// One interface of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) link: LinkType,
    /// `None` where the capture was not limited (the file says 0).
    pub(super) snap_len: Option<u32>,
    resolution: Resolution,
    /// `if_tsoffset`, in seconds.
    offset: i64,
}

/// How long one tick of the interface's clock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resolution {
    /// Ten to the minus this.
    Decimal(u8),
    /// Two to the minus this.
    Binary(u8),
}

impl Interface {
    /// Reads the body of a block. `None` if it is too short; options that run over it are ignored.
    pub(super) fn parse(endian: Endian, body: &[u8]) -> Option<Self> {
        let link = LinkType::from_file(u32::from(endian.u16(body, 0)?));
        let snap_len = endian.u32(body, 4).map(|len| (len > 0).then_some(len))?;
        let mut interface = Self { link, snap_len, resolution: Resolution::Decimal(6), offset: 0 };
        let mut options = &body[8..];
        while let Some((code, value, rest)) = option(endian, options) {
            match code {
                OPTION_TIME_RESOLUTION => interface.set_resolution(value),
                OPTION_TIME_OFFSET => interface.offset = endian.i64(value, 0).unwrap_or(0),
                _ => {}
            }
            options = rest;
        }
        Some(interface)
    }

    fn set_resolution(&mut self, option: &[u8]) {
        if let Some(&byte) = option.first() {
            self.resolution = Resolution::of(byte);
        }
    }

    /// The instant that `ticks` stands for; it saturates at the ends of what a timestamp can tell.
    pub(super) fn time(&self, ticks: u64) -> Timestamp {
        let nanos = self.resolution.nanos(ticks) + i128::from(self.offset) * NANOS;
        let end = if nanos < 0 { i64::MIN } else { i64::MAX };
        Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(end), self.resolution.digits())
    }
}

impl Resolution {
    /// As `if_tsresol` has it: the highest bit chooses the base, the others are the exponent.
    const fn of(byte: u8) -> Self {
        if byte & 0x80 == 0 { Self::Decimal(byte) } else { Self::Binary(byte & 0x7f) }
    }

    fn nanos(self, ticks: u64) -> i128 {
        let ticks = i128::from(ticks);
        match self {
            Self::Decimal(digits @ 0..=9) => ticks * 10_i128.pow(9 - u32::from(digits)),
            // Finer than a nanosecond; with 20 digits more, no 64-bit count reaches one.
            Self::Decimal(digits @ 10..=28) => ticks / 10_i128.pow(u32::from(digits) - 9),
            Self::Decimal(_) => 0,
            Self::Binary(bits) => (ticks * NANOS) >> bits,
        }
    }

    /// The decimal digits that the clock fully measured: ten binary places make three.
    fn digits(self) -> u8 {
        match self {
            Self::Decimal(digits) => digits.min(9),
            Self::Binary(bits) => u8::try_from(u32::from(bits) * 301 / 1000).unwrap_or(9).min(9),
        }
    }
}

/// The first option's code and value, and what follows it. `None` at the end, be it marked or not.
fn option(endian: Endian, bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let code = endian.u16(bytes, 0)?;
    let len = usize::from(endian.u16(bytes, 2)?);
    let value = bytes.get(4..4 + len)?;
    let rest = bytes.get(4 + len.next_multiple_of(4)..).unwrap_or_default();
    (code != OPTION_END).then_some((code, value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(options: &[u8]) -> Interface {
        let body = [&[1, 0, 0, 0, 0, 0, 0, 0], options].concat();
        Interface::parse(Endian::Little, &body).unwrap()
    }

    fn resolution(byte: u8) -> Vec<u8> {
        vec![9, 0, 1, 0, byte, 0, 0, 0]
    }

    #[test]
    fn every_resolution_gives_nanoseconds_and_its_own_digits() {
        for (byte, ticks, nanos, digits) in [
            (0, 7, 7_000_000_000, 0),
            (3, 1_500, 1_500_000_000, 3),
            (6, 1_500_000, 1_500_000_000, 6),
            (7, 15_000_000, 1_500_000_000, 7),
            (9, 1_500_000_000, 1_500_000_000, 9),
            (12, 1_500_000_000_999, 1_500_000_000, 9),
            (28, u64::MAX, 1, 9),
            (29, u64::MAX, 0, 9),
            (127, u64::MAX, 0, 9),
            (0x80, 7, 7_000_000_000, 0),
            (0x81, 3, 1_500_000_000, 0),
            (0x8a, 1536, 1_500_000_000, 3),
            (0x94, 3 << 19, 1_500_000_000, 6),
            (0xa0, 3 << 31, 1_500_000_000, 9),
            (0xff, u64::MAX, 0, 9),
            (0, u64::MAX, i64::MAX, 0),
            (0x80, u64::MAX, i64::MAX, 0),
        ] {
            let expected = Timestamp::from_nanos(nanos, digits);
            let time = interface(&resolution(byte)).time(ticks);
            assert_eq!(time.to_string(), expected.to_string(), "{byte:#x}");
            assert_eq!(time, expected, "{byte:#x}");
        }
    }

    #[test]
    fn without_options_ticks_are_microseconds() {
        assert_eq!(interface(&[]).time(1).nanos(), 1000);
        assert_eq!(interface(&[]).time(1).to_string(), "1970-01-01T00:00:00.000001Z");
    }

    #[test]
    fn the_offset_is_added_in_seconds_and_saturates() {
        let offset = |seconds: i64| {
            let mut options = resolution(0);
            options.extend([14, 0, 8, 0]);
            options.extend(seconds.to_le_bytes());
            interface(&options)
        };
        assert_eq!(offset(-5).time(7).seconds(), 2);
        assert_eq!(offset(5).time(7).seconds(), 12);
        assert_eq!(offset(-10_000_000_000).time(10_000_000_001).seconds(), 1);
        assert_eq!(offset(i64::MIN).time(0).nanos(), i64::MIN);
        assert_eq!(offset(i64::MAX).time(u64::MAX).nanos(), i64::MAX);
    }

    #[test]
    fn options_are_bounded_by_the_block_and_by_their_end() {
        let long_comment = [&[1, 0, 5, 0][..], b"abcde\0\0\0", &resolution(9)].concat();
        assert_eq!(interface(&long_comment).resolution, Resolution::Decimal(9));
        let after_the_end = [&[0, 0, 0, 0][..], &resolution(9)].concat();
        assert_eq!(interface(&after_the_end).resolution, Resolution::Decimal(6));
        let over_the_edge = [&[1, 0, 255, 255][..], &resolution(9)].concat();
        assert_eq!(interface(&over_the_edge).resolution, Resolution::Decimal(6));
        assert_eq!(interface(&[9, 0]).resolution, Resolution::Decimal(6));
        assert_eq!(interface(&[9, 0, 0, 0]).resolution, Resolution::Decimal(6));
        assert!(Interface::parse(Endian::Little, &[1, 0, 0, 0, 0, 0, 0]).is_none());
    }
}
