//! The packet that nearly all packets are: Ethernet, IPv4 without options, TCP, whole.
//!
//! This reads nothing that the ordinary way does not read alike; it only asks all its questions at
//! once. What differs in anything goes the ordinary way.

use super::pair::SocketPair;
use super::segment::{Flags, Segment};
use crate::capture::{LinkType, Packet};

const ETHERNET: usize = 14;
const IPV4: usize = 20;
const TCP: usize = 20;

/// The segment of a packet of the usual kind. `None` says nothing about any other.
#[inline]
pub fn usual<'a>(packet: &Packet<'a>) -> Option<Segment<'a>> {
    if packet.link != LinkType::ETHERNET || packet.wire_len as usize != packet.data.len() {
        return None;
    }
    let (ethernet, rest) = packet.data.split_first_chunk::<ETHERNET>()?;
    let (ip, _) = rest.split_first_chunk::<IPV4>()?;
    let total = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
    // EtherType, version and header length, no fragment, the protocol number.
    let is_usual = ethernet[12..] == [8, 0] && ip[0] == 0x45 && ip[9] == 6;
    let fragment = u16::from_be_bytes([ip[6], ip[7]]) & 0x3fff;
    if !is_usual || fragment != 0 || total < IPV4 {
        return None;
    }
    let segment = rest.get(IPV4..total)?;
    let (tcp, _) = segment.split_first_chunk::<TCP>()?;
    let header = usize::from(tcp[12] >> 4) * 4;
    let payload = segment.get(header.max(TCP)..).filter(|_| header >= TCP)?;
    let source = SocketPair::short([ip[12], ip[13], ip[14], ip[15]], [tcp[0], tcp[1]]);
    let destination = SocketPair::short([ip[16], ip[17], ip[18], ip[19]], [tcp[2], tcp[3]]);
    let bit = |number: u8| tcp[13] & (1 << number) != 0;
    Some(Segment {
        packet: packet.number,
        time: packet.time,
        pair: SocketPair::V4([source, destination]),
        seq: u32::from_be_bytes([tcp[4], tcp[5], tcp[6], tcp[7]]),
        ack: u32::from_be_bytes([tcp[8], tcp[9], tcp[10], tcp[11]]),
        flags: Flags { fin: bit(0), syn: bit(1), rst: bit(2), ack: bit(4) },
        payload,
        cut: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Decoder, samples};
    use super::*;
    use crate::time::Timestamp;
    use proptest::prelude::*;

    fn packet(data: &[u8]) -> Packet<'_> {
        let wire_len = u32::try_from(data.len()).unwrap();
        let time = Timestamp::from_seconds(1);
        Packet { number: 7, time, link: LinkType::ETHERNET, data, wire_len }
    }

    proptest! {
        /// A usual packet with bytes changed, cut or added says by both ways the same, if by the
        /// shorter one anything.
        #[test]
        fn it_leads_where_the_ordinary_way_leads(
            changes in proptest::collection::vec((0..60_usize, any::<u8>()), 0..4),
            len in 0..90_usize,
        ) {
            let mut bytes = samples::ether(0x0800, &samples::ip());
            for (at, byte) in changes {
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
            }
            bytes.resize(len.max(bytes.len() / 2), 0);
            if let Some(short) = usual(&packet(&bytes)) {
                let mut decoder = Decoder::default();
                let packet = packet(&bytes);
                let long = decoder.decode_any(&packet);
                prop_assert_eq!(format!("{:?}", Ok::<_, super::super::Skip>(short)), format!("{long:?}"));
            }
        }
    }

    #[test]
    fn it_is_taken() {
        let bytes = samples::ether(0x0800, &samples::ip());
        assert_eq!(usual(&packet(&bytes)).unwrap().payload, samples::PAYLOAD);
    }
}
