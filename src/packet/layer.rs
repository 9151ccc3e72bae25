//! What the next header is: the one currency between the readers of this stage. Each reader takes
//! the bytes from its header on, and says what lies behind it.

use super::Skip;
use super::fragments::Fragment;
use super::view::View;
use crate::capture::LinkType;
use etherparse::{EtherType, IpNumber};
use std::net::IpAddr;

/// What the bytes ahead are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer<'a> {
    /// A link-layer header of this type.
    Link(LinkType),
    /// What this `EtherType` announces.
    EtherType(EtherType),
    /// An IEEE 802.2 header.
    Llc,
    /// An IP header; its first four bits say which version.
    Ip,
    /// What this protocol number announces, carried between these ends.
    Carried(IpNumber, Ends<'a>),
    /// A part of a datagram that was split.
    Fragment(Fragment<'a>),
}

/// The addresses of an IP header, source and destination, where they lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends<'a> {
    V4(&'a [u8; 4], &'a [u8; 4]),
    V6(&'a [u8; 16], &'a [u8; 16]),
}

impl Ends<'_> {
    /// Who sent it, and for whom it is.
    pub fn addresses(self) -> [IpAddr; 2] {
        match self {
            Self::V4(source, destination) => [source, destination].map(|&bytes| bytes.into()),
            Self::V6(source, destination) => [source, destination].map(|&bytes| bytes.into()),
        }
    }
}

/// What comes next, and its bytes; or why nothing more can be read.
pub(super) type Next<'a> = Result<(Layer<'a>, View<'a>), Skip>;

impl Layer<'_> {
    /// An Ethernet frame, bare or inside a tunnel.
    pub const ETHERNET: Self = Self::Link(LinkType::ETHERNET);
    /// A PPP frame.
    pub const PPP: Self = Self::Link(LinkType::PPP);
    /// An MPLS label stack.
    pub const MPLS: Self = Self::EtherType(EtherType(0x8847));
}
