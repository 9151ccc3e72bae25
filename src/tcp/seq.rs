//! TCP sequence numbers: 32 bits that wrap, turned into stream offsets that do not.

/// A sequence number (RFC 9293 section 3.4). It has no order of its own, only a distance from
/// another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seq(pub u32);

impl Seq {
    /// The number `count` bytes further on.
    #[must_use]
    pub const fn plus(self, count: u32) -> Self {
        Self(self.0.wrapping_add(count))
    }

    /// The number `count` bytes before.
    #[must_use]
    pub const fn minus(self, count: u32) -> Self {
        Self(self.0.wrapping_sub(count))
    }

    /// The signed distance from `origin` to here, the shorter way round.
    pub const fn distance_from(self, origin: Self) -> i32 {
        self.0.wrapping_sub(origin.0).cast_signed()
    }
}

/// Ties sequence numbers to stream offsets: the sequence number of offset 0.
#[derive(Debug, Clone, Copy)]
pub struct Origin(pub Seq);

impl Origin {
    /// The sequence number of a stream offset.
    pub fn seq(self, offset: u64) -> Seq {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "sequence numbers are offsets mod 2^32"
        )]
        self.0.plus(offset as u32)
    }

    /// The stream offset of `seq`, taken as the one nearest to offset `near`. `None` if it lies
    /// before the stream began.
    pub fn offset(self, seq: Seq, near: u64) -> Option<u64> {
        let here = self.seq(near);
        near.checked_add_signed(i64::from(seq.distance_from(here)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_takes_the_shorter_way_round() {
        for (from, to, distance) in [
            (0, 0, 0),
            (0, 1, 1),
            (1, 0, -1),
            (u32::MAX, 0, 1),
            (0, u32::MAX, -1),
            (0x7fff_ffff, 0x8000_0000, 1),
            (u32::MAX - 9, 20, 30),
        ] {
            assert_eq!(Seq(to).distance_from(Seq(from)), distance, "{from} -> {to}");
        }
    }

    #[test]
    fn offsets_keep_counting_past_four_gigabytes() {
        let origin = Origin(Seq(u32::MAX - 4));
        assert_eq!(origin.offset(Seq(u32::MAX - 4), 0), Some(0));
        assert_eq!(origin.offset(Seq(5), 3), Some(10));
        let far = 5_000_000_000;
        let low_bits = u32::try_from(far % (1 << 32)).unwrap();
        assert_eq!(origin.offset(origin.0.plus(low_bits).plus(7), far), Some(far + 7));
        assert_eq!(origin.offset(Seq(u32::MAX - 5), 0), None);
    }
}
