//! What a format reader says about the bytes it is shown.
//!
//! The readers in [`super::pcap`] and [`super::pcapng`] do no input and hold no buffer. They look
//! at the front of the unread bytes and answer with a [`Step`].

use std::borrow::Cow;

use super::LinkType;
use crate::time::Timestamp;

/// The largest packet that is believed, in bytes. libpcap never captures more than 262 144; other
/// writers merge offloaded segments or dump whole USB transfers, so there is room to spare. A
/// length beyond it is damage, and believing it would let 16 bytes of file ask for 4 GiB of memory.
pub(crate) const MAX_RECORD: usize = 16 * 1024 * 1024;

/// The next thing at the front of the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// It cannot be told from fewer than this many bytes.
    Need(usize),
    /// A packet, complete.
    Record(Record),
    /// Something that is no packet, this long. It may reach beyond the bytes that were shown.
    Skip(u64),
    /// Neither; nothing after this can be trusted. One clause, without a full stop.
    Damaged(Cow<'static, str>),
}

/// Where a packet lies in the bytes that were shown, and what its header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    /// Length of the whole record, header and padding included.
    pub(crate) len: usize,
    /// Where the packet's first byte is.
    pub(crate) data_at: usize,
    /// How many bytes of it were captured.
    pub(crate) captured: usize,
    /// How long it was on the wire.
    pub(crate) wire_len: u32,
    /// When it was captured.
    pub(crate) time: Timestamp,
    /// What its first header is.
    pub(crate) link: LinkType,
}

/// The byte order of the machine that wrote the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endian {
    Little,
    Big,
}

impl Endian {
    /// The 16-bit number at `at`, if the bytes reach that far.
    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let raw = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(raw),
            Self::Big => u16::from_be_bytes(raw),
        })
    }

    /// The 32-bit number at `at`, if the bytes reach that far.
    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let raw = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(raw),
            Self::Big => u32::from_be_bytes(raw),
        })
    }

    /// Four 32-bit numbers.
    #[inline]
    pub(crate) fn words(self, bytes: &[u8; 16]) -> [u32; 4] {
        let words = bytes.as_chunks::<4>().0;
        std::array::from_fn(|index| match self {
            Self::Little => u32::from_le_bytes(words[index]),
            Self::Big => u32::from_be_bytes(words[index]),
        })
    }

    /// The 64-bit signed number at `at`, if the bytes reach that far.
    pub(crate) fn i64(self, bytes: &[u8], at: usize) -> Option<i64> {
        let raw = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => i64::from_le_bytes(raw),
            Self::Big => i64::from_be_bytes(raw),
        })
    }
}
