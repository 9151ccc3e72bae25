//! What was read, and what was not.

use crate::capture::{LinkType, Packet};
use crate::layer::Protocol;
use crate::packet::Skip;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// What was read, and what was not.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Packets read.
    pub packets: u64,
    /// Packets cut by the capture's snap length.
    pub cut_packets: u64,
    /// The time of the first packet and of the last.
    pub span: Option<(Timestamp, Timestamp)>,
    /// TCP connections seen.
    pub connections: u64,
    /// Connections by the protocol spoken on them.
    pub protocols: BTreeMap<Protocol, u64>,
    /// Packets that gave no TCP segment, by reason.
    pub skipped: BTreeMap<Skip, u64>,
    /// Of those the ones of an unknown link type, by that of the packet.
    pub unknown_links: BTreeMap<LinkType, u64>,
    /// Segments and IP fragments whose bytes disagreed with an earlier copy.
    pub conflicts: u64,
}

impl Counts {
    /// Counts a packet, whatever is in it.
    #[inline]
    pub(super) fn add(&mut self, packet: &Packet<'_>) {
        self.packets += 1;
        self.cut_packets += u64::from(packet.wire_len as usize > packet.data.len());
        let (first, last) = self.span.get_or_insert((packet.time, packet.time));
        if packet.time < *first {
            *first = packet.time;
        } else if packet.time >= *last {
            *last = packet.time;
        }
    }

    /// Counts a packet that gave no segment.
    pub(super) fn skip(&mut self, packet: &Packet<'_>, why: Skip) {
        *self.skipped.entry(why).or_default() += 1;
        if why == Skip::UnknownLinkType {
            *self.unknown_links.entry(packet.link).or_default() += 1;
        }
    }

    /// Counts what was told of some connections.
    pub(super) fn add_flows(&mut self, flows: &FlowCounts) {
        self.connections += flows.connections;
        self.conflicts += flows.conflicts;
        for (protocol, count) in &flows.protocols {
            *self.protocols.entry(*protocol).or_default() += count;
        }
    }
}

/// What is counted of connections: parts of [`Counts`].
#[derive(Debug, Clone, Default)]
pub(super) struct FlowCounts {
    pub connections: u64,
    pub protocols: BTreeMap<Protocol, u64>,
    pub conflicts: u64,
}
