//! Where packets come from: capture files, standard input, a live interface.
//!
//! This is the only part of the library that does input. Format readers below it are pure: they
//! look at a block of bytes and say where the next record lies.
//!
//! Limits: compressions other than gzip and capture formats other than pcap and pcapng are
//! recognised and refused by name.

mod blocks;
mod error;
mod files;
#[cfg(feature = "live")]
mod filter;
mod guess;
#[cfg(feature = "live")]
mod live;
mod open;
mod pcap;
mod pcapng;
mod reader;
mod record;
#[cfg(test)]
mod samples;

pub use error::Error;
pub use files::Files;
#[cfg(feature = "live")]
pub use filter::{Filter, FilterError};
#[cfg(feature = "live")]
pub use live::{Event, Interface, Live, LiveError, LiveOptions, Stats, interfaces};
pub use pcapng::PassedOver;
pub use reader::{Damage, Reader};

/// The link-layer header type of a packet, as numbered by the tcpdump group's LINKTYPE list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkType(pub u32);

impl LinkType {
    /// BSD loopback: a 4-byte protocol family in the byte order of the capturing machine.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// Raw IP, version by its first nibble (the file-format number).
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback: a 4-byte protocol family in network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture v1.
    pub const LINUX_SLL: Self = Self(113);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux cooked capture v2.
    pub const LINUX_SLL2: Self = Self(276);

    /// The link type of a number found in a file or told by libpcap. Raw IP also goes by two numbers
    /// that are libpcap's own on some systems (12, and 14 on OpenBSD), and some writers store those.
    pub(crate) const fn from_file(number: u32) -> Self {
        match number {
            12 | 14 => Self::RAW,
            _ => Self(number),
        }
    }
}

/// How much of a capture was read, in bytes as stored (before decompression).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read so far.
    pub read: u64,
    /// Bytes there are; `None` for a pipe.
    pub total: Option<u64>,
}

/// One captured packet; its bytes are borrowed from the reader's block.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    /// Its number in the capture, from 1, as Wireshark counts.
    pub number: u64,
    /// When it was captured.
    pub time: crate::time::Timestamp,
    /// What its first header is.
    pub link: LinkType,
    /// The bytes that were captured.
    pub data: &'a [u8],
    /// How long it was on the wire; more than `data` where a snap length cut it.
    pub wire_len: u32,
}
