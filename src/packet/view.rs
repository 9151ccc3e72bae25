//! Bytes with a known end: the part of a packet that is still to be read, and how much of it the
//! capture does not have.
//!
//! Each header that states a length narrows the view, so that trailers and padding fall away and
//! what a snap length cut off stays counted through any number of tunnels.

use super::Skip;
use crate::capture::Packet;

/// What is left of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct View<'a> {
    /// The bytes that were captured.
    pub bytes: &'a [u8],
    /// How many bytes followed on the wire and were not captured.
    pub cut: u32,
}

impl<'a> View<'a> {
    /// A whole packet.
    pub fn of(packet: &Packet<'a>) -> Self {
        let captured = u32::try_from(packet.data.len()).unwrap_or(u32::MAX);
        Self { bytes: packet.data, cut: packet.wire_len.saturating_sub(captured) }
    }

    /// Bytes of which nothing is missing.
    pub const fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, cut: 0 }
    }

    /// How many bytes there were on the wire.
    pub fn wire_len(self) -> usize {
        self.bytes.len() + self.cut as usize
    }

    /// What follows the first `count` bytes.
    pub fn skip(self, count: usize) -> Result<Self, Skip> {
        let bytes = self.bytes.get(count..).ok_or(Skip::BadHeader)?;
        Ok(Self { bytes, ..self })
    }

    /// The first `len` bytes, as a header states. If it states more than there was on the wire,
    /// all there was.
    #[must_use]
    pub fn limit(self, len: usize) -> Self {
        if let Some(bytes) = self.bytes.get(..len) {
            return Self::whole(bytes);
        }
        let missing = u32::try_from(len - self.bytes.len()).unwrap_or(u32::MAX);
        Self { cut: self.cut.min(missing), ..self }
    }

    /// The byte at an offset.
    pub fn u8(self, at: usize) -> Result<u8, Skip> {
        self.field(at).map(|&[byte]| byte)
    }

    /// The 16-bit number at an offset, in network byte order.
    pub fn be16(self, at: usize) -> Result<u16, Skip> {
        self.field(at).copied().map(u16::from_be_bytes)
    }

    /// The 32-bit number at an offset, in network byte order.
    pub fn be32(self, at: usize) -> Result<u32, Skip> {
        self.field(at).copied().map(u32::from_be_bytes)
    }

    /// The 16-bit number at an offset, low byte first.
    pub fn le16(self, at: usize) -> Result<u16, Skip> {
        self.field(at).copied().map(u16::from_le_bytes)
    }

    /// The 32-bit number at an offset, low byte first.
    pub fn le32(self, at: usize) -> Result<u32, Skip> {
        self.field(at).copied().map(u32::from_le_bytes)
    }

    /// The `N` bytes at an offset.
    pub fn field<const N: usize>(self, at: usize) -> Result<&'a [u8; N], Skip> {
        self.bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or(Skip::BadHeader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stated_length_settles_what_is_missing() {
        let view = View { bytes: b"abcdef", cut: 10 };
        for (len, captured, cut) in [(0, 0, 0), (4, 4, 0), (6, 6, 0), (9, 6, 3), (16, 6, 10)] {
            let limited = view.limit(len);
            assert_eq!((limited.bytes.len(), limited.cut), (captured, cut), "{len}");
        }
    }

    #[test]
    fn a_length_beyond_the_wire_is_not_believed() {
        assert_eq!(View::whole(b"abc").limit(1000), View::whole(b"abc"));
    }

    #[test]
    fn numbers_are_read_only_where_they_lie_whole() {
        let view = View::whole(&[1, 2, 3, 4, 5]);
        assert_eq!((view.u8(4), view.u8(5)), (Ok(5), Err(Skip::BadHeader)));
        assert_eq!((view.be16(3), view.le16(3)), (Ok(0x0405), Ok(0x0504)));
        assert_eq!((view.be32(1), view.le32(1)), (Ok(0x0203_0405), Ok(0x0504_0302)));
        assert_eq!(view.be32(2), Err(Skip::BadHeader));
        assert_eq!(view.be16(usize::MAX), Err(Skip::BadHeader));
        assert_eq!(view.skip(6), Err(Skip::BadHeader));
    }
}
