//! Where packets come from: capture files, standard input, a live interface.
//!
//! This is the only part of the library that does input. Format readers below it are pure: they
//! look at a block of bytes and say where the next record lies.
//!
//! Limits: capture formats other than pcap and pcapng are recognised and refused by name.

mod batch;
mod blocks;
mod error;
mod files;
#[cfg(feature = "live")]
mod filter;
mod folder;
mod follow;
mod guess;
mod identity;
mod input;
#[cfg(feature = "live")]
mod live;
mod open;
mod pcap;
mod pcapng;
mod pipe;
mod reader;
mod record;
mod remarks;
#[cfg(test)]
mod samples;
mod unpack;

pub use batch::Batch;
pub use error::Error;
pub use files::Files;
#[cfg(feature = "live")]
pub use filter::{Filter, FilterError};
pub use follow::{Follow, Followed};
pub use identity::is_same_file;
#[cfg(feature = "live")]
pub use live::{Event, Interface, Live, LiveError, LiveOptions, Stats, interfaces};
pub use pipe::{Pipe, is_silence};
pub use reader::{Damage, Reader};

/// The link-layer header type of a packet, as numbered by the tcpdump group's LINKTYPE list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u32);

impl LinkType {
    /// BSD loopback: a 4-byte protocol family in the byte order of the capturing machine.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// Token ring.
    pub const IEEE802_5: Self = Self(6);
    /// ARCNET as BSD gives it.
    pub const ARCNET_BSD: Self = Self(7);
    /// PPP, with or without HDLC framing.
    pub const PPP: Self = Self(9);
    /// FDDI.
    pub const FDDI: Self = Self(10);
    /// PPP in HDLC-like framing, or Cisco HDLC.
    pub const PPP_HDLC: Self = Self(50);
    /// PPP over Ethernet, from the `PPPoE` header on.
    pub const PPP_ETHER: Self = Self(51);
    /// LLC-encapsulated ATM.
    pub const ATM_RFC1483: Self = Self(100);
    /// Raw IP, version by its first nibble (the file-format number).
    pub const RAW: Self = Self(101);
    /// Cisco HDLC.
    pub const C_HDLC: Self = Self(104);
    /// Wi-Fi frames.
    pub const IEEE802_11: Self = Self(105);
    /// Frame relay.
    pub const FRELAY: Self = Self(107);
    /// OpenBSD loopback: a 4-byte protocol family in network byte order.
    pub const LOOP: Self = Self(108);
    /// OpenBSD's view inside IP security.
    pub const ENC: Self = Self(109);
    /// Linux cooked capture v1.
    pub const LINUX_SLL: Self = Self(113);
    /// OpenBSD's packet filter log.
    pub const PFLOG: Self = Self(117);
    /// Wi-Fi frames behind a Prism header.
    pub const IEEE802_11_PRISM: Self = Self(119);
    /// Wi-Fi frames behind a radiotap header.
    pub const IEEE802_11_RADIOTAP: Self = Self(127);
    /// ARCNET as Linux gives it.
    pub const ARCNET_LINUX: Self = Self(129);
    /// IP over IEEE 1394, as macOS gives it.
    pub const IP_OVER_IEEE1394: Self = Self(138);
    /// Wi-Fi frames behind an AVS header.
    pub const IEEE802_11_AVS: Self = Self(163);
    /// A number for users' own; Apple's systems write packet taps with it.
    pub const USER_2: Self = Self(149);
    /// PPP as Linux's pppd gives it, a direction in place of the address.
    pub const PPP_PPPD: Self = Self(166);
    /// Ethernet, PPP, frame relay and Cisco HDLC behind a header of Juniper's.
    pub const JUNIPER_ETHER: Self = Self(178);
    /// See [`Self::JUNIPER_ETHER`].
    pub const JUNIPER_PPP: Self = Self(179);
    /// See [`Self::JUNIPER_ETHER`].
    pub const JUNIPER_FRELAY: Self = Self(180);
    /// See [`Self::JUNIPER_ETHER`].
    pub const JUNIPER_CHDLC: Self = Self(181);
    /// Records of Endace's cards.
    pub const ERF: Self = Self(197);
    /// CACE's per-packet information, which names the link type that follows.
    pub const PPI: Self = Self(192);
    /// PPP behind a direction byte.
    pub const PPP_WITH_DIR: Self = Self(204);
    /// Cisco HDLC behind a direction byte.
    pub const C_HDLC_WITH_DIR: Self = Self(205);
    /// Frame relay behind a direction byte.
    pub const FRELAY_WITH_DIR: Self = Self(206);
    /// An MPLS label stack.
    pub const MPLS: Self = Self(219);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux netfilter log.
    pub const NFLOG: Self = Self(239);
    /// IP over InfiniBand.
    pub const IP_OVER_INFINIBAND: Self = Self(242);
    /// macOS packet tap, which names the link type that follows.
    pub const PKTAP: Self = Self(258);
    /// Linux cooked capture v2.
    pub const LINUX_SLL2: Self = Self(276);

    /// The link type of a number found in a file or told by libpcap. Raw IP also goes by two numbers
    /// that are libpcap's own on some systems (12, and 14 on OpenBSD), and ATM by one (11); some writers
    /// store those.
    pub(crate) const fn from_file(number: u32) -> Self {
        match number {
            11 => Self::ATM_RFC1483,
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
