//! From a captured packet to a TCP segment: link layer, VLAN tags, IP, the TCP header.
//!
//! Reading is lax: a packet that was cut short, or whose lengths a network card was still to fill
//! in, gives what it has. What cannot be a TCP segment is a [`Skip`], counted and never an error.
//! Bad checksums are accepted: on the machine that sends, offloading makes them normal.

mod link;
mod segment;

pub use segment::{Flags, Segment};

use crate::capture::Packet;
use etherparse::{IpNumber, LaxIpSlice, LenSource, TcpSlice};
use std::net::SocketAddr;

/// Why a packet gave no TCP segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    /// The link type is not one this program reads.
    UnknownLinkType,
    /// The packet is no IP (ARP, LLDP, …).
    NotIp,
    /// The IP packet carries no TCP.
    NotTcp,
    /// A fragment of an IP packet.
    Fragment,
    /// A header contradicts itself, or the packet ends inside one.
    BadHeader,
}

impl Skip {
    /// Every reason, in the order in which they are reported.
    pub const ALL: [Self; 5] =
        [Self::UnknownLinkType, Self::NotIp, Self::NotTcp, Self::Fragment, Self::BadHeader];

    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::UnknownLinkType => "unknown-link-type",
            Self::NotIp => "not-ip",
            Self::NotTcp => "not-tcp",
            Self::Fragment => "ip-fragment",
            Self::BadHeader => "bad-header",
        }
    }
}

/// Reads one packet down to its TCP segment.
///
/// # Errors
/// The reason why the packet has no segment to offer.
pub fn decode<'a>(packet: &Packet<'a>) -> Result<Segment<'a>, Skip> {
    let ip_bytes = link::strip(packet.link, packet.data)?;
    let (ip, _) = LaxIpSlice::from_slice(ip_bytes).map_err(|_| Skip::BadHeader)?;
    let carried = ip.payload();
    if carried.fragmented {
        return Err(Skip::Fragment);
    }
    if carried.ip_number != IpNumber::TCP {
        return Err(Skip::NotTcp);
    }
    let tcp = TcpSlice::from_slice(carried.payload).map_err(|_| Skip::BadHeader)?;
    Ok(Segment {
        packet: packet.number,
        time: packet.time,
        source: SocketAddr::new(ip.source_addr(), tcp.source_port()),
        destination: SocketAddr::new(ip.destination_addr(), tcp.destination_port()),
        seq: tcp.sequence_number(),
        ack: tcp.acknowledgment_number(),
        flags: Flags { syn: tcp.syn(), ack: tcp.ack(), fin: tcp.fin(), rst: tcp.rst() },
        payload: tcp.payload(),
        cut: missing_bytes(packet, &ip),
    })
}

/// How many bytes of the segment's payload were on the wire and are not in the capture.
fn missing_bytes(packet: &Packet<'_>, ip: &LaxIpSlice<'_>) -> u32 {
    let carried = ip.payload();
    let not_captured =
        packet.wire_len.saturating_sub(u32::try_from(packet.data.len()).unwrap_or(0));
    if carried.len_source == LenSource::Slice && !carried.incomplete {
        return not_captured;
    }
    if !carried.incomplete {
        return 0;
    }
    // The IP header is the better witness: a link-layer trailer may have been cut off too.
    let declared = match ip {
        LaxIpSlice::Ipv4(v4) => v4.header().payload_len().map_or(0, u32::from),
        LaxIpSlice::Ipv6(v6) => {
            let extensions = u32::try_from(v6.extensions().slice().len()).unwrap_or(0);
            u32::from(v6.header().payload_length()).saturating_sub(extensions)
        }
    };
    declared.saturating_sub(u32::try_from(carried.payload.len()).unwrap_or(0)).min(not_captured)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::LinkType;
    use crate::time::Timestamp;
    use etherparse::PacketBuilder;

    fn packet(link: LinkType, data: &[u8], wire_len: usize) -> Packet<'_> {
        let wire_len = u32::try_from(wire_len).unwrap();
        Packet { number: 7, time: Timestamp::from_seconds(1), link, data, wire_len }
    }

    fn ethernet(payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        PacketBuilder::ethernet2([2; 6], [4; 6])
            .ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
            .tcp(40000, 80, 1000, 4096)
            .ack(555)
            .write(&mut bytes, payload)
            .unwrap();
        bytes
    }

    #[test]
    fn an_ethernet_frame_gives_its_segment() {
        let bytes = ethernet(b"GET / HTTP/1.1\r\n");
        let segment = decode(&packet(LinkType::ETHERNET, &bytes, bytes.len())).unwrap();
        assert_eq!(segment.source.to_string(), "10.0.0.1:40000");
        assert_eq!(segment.destination.to_string(), "10.0.0.2:80");
        assert_eq!((segment.seq, segment.ack, segment.cut), (1000, 555, 0));
        assert_eq!(segment.payload, b"GET / HTTP/1.1\r\n");
        assert!(segment.flags.ack && !segment.flags.syn);
    }

    #[test]
    fn ethernet_padding_is_no_payload() {
        let mut bytes = ethernet(b"");
        bytes.resize(60, 0);
        let segment = decode(&packet(LinkType::ETHERNET, &bytes, 60)).unwrap();
        assert_eq!((segment.payload.len(), segment.cut), (0, 0));
    }

    #[test]
    fn a_snap_length_leaves_a_counted_hole() {
        let bytes = ethernet(&[b'x'; 100]);
        let segment = decode(&packet(LinkType::ETHERNET, &bytes[..64], bytes.len())).unwrap();
        assert_eq!(segment.payload.len() + segment.cut as usize, 100);
        assert_eq!(segment.cut, 90);
    }

    #[test]
    fn a_total_length_of_zero_from_offloading_means_all_that_is_there() {
        let mut bytes = ethernet(&[b'x'; 100]);
        bytes[16..18].copy_from_slice(&[0, 0]);
        let segment = decode(&packet(LinkType::ETHERNET, &bytes, bytes.len())).unwrap();
        assert_eq!((segment.payload.len(), segment.cut), (100, 0));
    }

    #[test]
    fn every_link_type_reaches_the_same_segment() {
        let frame = ethernet(b"hello");
        let ip = &frame[14..];
        let with = |header: &[u8]| [header, ip].concat();
        let sll = [&[0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0][..], &[8, 0]].concat();
        let sll2 = [&[8, 0][..], &[0; 18]].concat();
        let vlan = [&[0; 12][..], &[0x81, 0, 0, 5, 8, 0]].concat();
        let qinq = [&[0; 12][..], &[0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0]].concat();
        for (link, header) in [
            (LinkType::ETHERNET, vlan),
            (LinkType::ETHERNET, qinq),
            (LinkType::LINUX_SLL, sll),
            (LinkType::LINUX_SLL2, sll2),
            (LinkType::NULL, vec![2, 0, 0, 0]),
            (LinkType::NULL, vec![0, 0, 0, 2]),
            (LinkType::LOOP, vec![0, 0, 0, 2]),
            (LinkType::RAW, vec![]),
            (LinkType::IPV4, vec![]),
        ] {
            let bytes = with(&header);
            let segment = decode(&packet(link, &bytes, bytes.len())).unwrap();
            assert_eq!(segment.payload, b"hello", "{link:?} {header:?}");
        }
    }

    #[test]
    fn what_is_no_segment_says_why() {
        let frame = ethernet(b"hello");
        let mut udp = frame.clone();
        udp[23] = 17;
        let mut arp = frame.clone();
        arp[12..14].copy_from_slice(&[8, 6]);
        let mut fragment = frame.clone();
        fragment[20] = 0x20;
        for (link, bytes, why) in [
            (LinkType::ETHERNET, udp, Skip::NotTcp),
            (LinkType::ETHERNET, arp, Skip::NotIp),
            (LinkType::ETHERNET, fragment, Skip::Fragment),
            (LinkType::ETHERNET, vec![], Skip::BadHeader),
            (LinkType(147), frame, Skip::UnknownLinkType),
        ] {
            assert_eq!(decode(&packet(link, &bytes, bytes.len())).unwrap_err(), why);
        }
    }

    #[test]
    fn no_prefix_of_a_packet_panics() {
        let bytes = ethernet(b"hello");
        for end in 0..bytes.len() {
            let _ = decode(&packet(LinkType::ETHERNET, &bytes[..end], bytes.len()));
        }
    }
}
