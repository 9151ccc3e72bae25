//! From a captured packet to a TCP segment: link layer, tags, IP, fragments, tunnels, the TCP
//! header.
//!
//! One header is read at a time; each reader says what lies behind it (`layer::Layer`), and
//! [`Decoder`] goes on there until it stands before TCP. A tunnel is just another header.
//!
//! Reading is lax: a packet that was cut short, or whose lengths a network card was still to fill
//! in, gives what it has. What cannot be a TCP segment is a [`Skip`], counted and never an error.
//! Bad checksums are accepted: on the machine that sends, offloading makes them normal. Only where
//! it is open which fragments belong together are they asked.
//!
//! A segment has the addresses of the innermost IP header. Two tunnels that carry the same private
//! addresses and ports at the same time are therefore not told apart; one connection that is seen
//! inside and outside its tunnel is, rightly, one.

mod checksum;
mod ethernet;
mod fragments;
mod gre;
mod gtp;
mod ip;
mod juniper;
mod layer;
mod legacy;
mod link;
mod llc;
mod mpls;
mod pair;
mod ppp;
mod pseudo;
#[cfg(test)]
mod samples;
mod segment;
mod shortcut;
mod tunnel;
mod udp;
mod view;
mod wifi;

pub use pair::SocketPair;
pub use segment::{Flags, Segment};
pub use shortcut::usual;

use crate::capture::Packet;
use crate::limits::{FragmentLimits, NESTED_DATAGRAMS, NESTED_HEADERS};
use etherparse::{IpNumber, TcpSlice};
use fragments::Fragments;
use layer::{Ends, Layer};
use std::net::SocketAddr;
use view::View;

/// Why a packet gave no TCP segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    /// The link type is not one this program reads.
    UnknownLinkType,
    /// The packet is no IP (ARP, LLDP, …).
    NotIp,
    /// The IP packet carries no TCP.
    NotTcp,
    /// A fragment of an IP packet that is not whole yet, or one that was cut short; the first of these
    /// is read alone.
    Fragment,
    /// What it carries is enciphered below TCP (Wi-Fi, `IPsec`, `MACsec`).
    Encrypted,
    /// A header contradicts itself, the packet ends inside one, or there are too many.
    BadHeader,
}

impl Skip {
    /// Every reason, in the order in which they are reported.
    pub const ALL: [Self; 6] = [
        Self::UnknownLinkType,
        Self::NotIp,
        Self::NotTcp,
        Self::Fragment,
        Self::Encrypted,
        Self::BadHeader,
    ];

    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::UnknownLinkType => "unknown-link-type",
            Self::NotIp => "not-ip",
            Self::NotTcp => "not-tcp",
            Self::Fragment => "ip-fragment",
            Self::Encrypted => "encrypted",
            Self::BadHeader => "bad-header",
        }
    }
}

/// Reads packets down to their TCP segments; remembers fragments, and nothing else.
#[derive(Debug, Default)]
pub struct Decoder {
    fragments: Fragments,
    /// The datagrams that the last packet completed, outermost first.
    whole: [Vec<u8>; NESTED_DATAGRAMS],
}

impl Decoder {
    /// A decoder that has seen nothing.
    pub fn new(limits: FragmentLimits) -> Self {
        Self { fragments: Fragments::new(limits), whole: Default::default() }
    }

    /// Reads one packet. The segment's payload lies in the packet; or, if the packet was the last
    /// missing fragment of a datagram, in the decoder.
    ///
    /// # Errors
    /// The reason why the packet has no segment to offer.
    #[inline]
    pub fn decode<'a>(&'a mut self, packet: &Packet<'a>) -> Result<Segment<'a>, Skip> {
        match shortcut::usual(packet) {
            Some(segment) => Ok(segment),
            None => self.decode_any(packet),
        }
    }

    /// The same, header by header.
    fn decode_any<'a>(&'a mut self, packet: &Packet<'a>) -> Result<Segment<'a>, Skip> {
        let start = (Layer::Link(packet.link), View::of(packet));
        descend(packet, start, &mut self.fragments, &mut self.whole)
    }

    /// Whether [`Self::take_joined`] or [`Self::take_conflicts`] have something to tell.
    pub fn has_news(&self) -> bool {
        self.fragments.has_news()
    }

    /// How many fragments that were skipped as [`Skip::Fragment`] have become part of a whole
    /// datagram since this was last asked.
    pub fn take_joined(&mut self) -> u64 {
        self.fragments.take_joined()
    }

    /// How many fragments overlapped earlier ones with other bytes since this was last asked.
    pub fn take_conflicts(&mut self) -> u64 {
        self.fragments.take_conflicts()
    }
}

/// Goes from header to header. A completed datagram goes into the next free buffer, and the descent
/// goes on in there.
fn descend<'a>(
    packet: &Packet<'a>,
    start: (Layer<'a>, View<'a>),
    fragments: &mut Fragments,
    free: &'a mut [Vec<u8>],
) -> Result<Segment<'a>, Skip> {
    let (mut layer, mut view) = start;
    for _ in 0..NESTED_HEADERS {
        (layer, view) = match layer {
            Layer::Link(link) => link::open(link, view)?,
            Layer::EtherType(kind) => ethernet::by_type(kind, view)?,
            Layer::Llc => llc::open(view)?,
            Layer::Ip => ip::open(view)?,
            Layer::Carried(IpNumber::TCP, ends) => return segment(packet, ends, view),
            Layer::Carried(number, ends) => tunnel::open(number, ends, view)?,
            Layer::Fragment(fragment) if view.cut > 0 => return cut_short(packet, &fragment, view),
            Layer::Fragment(fragment) => {
                let (buffer, free) = free.split_first_mut().ok_or(Skip::BadHeader)?;
                let whole = fragments.push(&fragment, view.bytes, packet.time)?;
                *buffer = whole.bytes;
                let inner = Layer::Carried(whole.number, fragment.ends);
                return descend(packet, (inner, View::whole(buffer)), fragments, free);
            }
        };
    }
    Err(Skip::BadHeader)
}

/// A fragment that was cut short is put together with no others: what was cut off would be a hole in the
/// datagram that nobody can tell. The first one is used alone. Its FIN, if it has one, belongs behind what
/// the others carry.
fn cut_short<'a>(
    packet: &Packet<'_>,
    fragment: &fragments::Fragment<'_>,
    view: View<'a>,
) -> Result<Segment<'a>, Skip> {
    if fragment.offset > 0 || fragment.number != IpNumber::TCP {
        return Err(Skip::Fragment);
    }
    let mut first = segment(packet, fragment.ends, view).map_err(|_| Skip::Fragment)?;
    first.flags.fin = false;
    Ok(first)
}

fn segment<'a>(packet: &Packet<'_>, ends: Ends<'_>, view: View<'a>) -> Result<Segment<'a>, Skip> {
    let tcp = TcpSlice::from_slice(view.bytes).map_err(|_| Skip::BadHeader)?;
    let [source, destination] = ends.addresses();
    Ok(Segment {
        packet: packet.number,
        time: packet.time,
        pair: SocketPair::new(
            SocketAddr::new(source, tcp.source_port()),
            SocketAddr::new(destination, tcp.destination_port()),
        ),
        seq: tcp.sequence_number(),
        ack: tcp.acknowledgment_number(),
        flags: Flags { syn: tcp.syn(), ack: tcp.ack(), fin: tcp.fin(), rst: tcp.rst() },
        payload: tcp.payload(),
        cut: view.cut,
    })
}

#[cfg(test)]
mod tests {
    use super::samples::{self, Sample};
    use super::*;
    use crate::capture::LinkType;
    use crate::time::Timestamp;
    use proptest::prelude::*;

    fn packet(link: LinkType, data: &[u8], wire_len: usize) -> Packet<'_> {
        let wire_len = u32::try_from(wire_len).unwrap();
        Packet { number: 7, time: Timestamp::from_seconds(1), link, data, wire_len }
    }

    /// Payload and cut of a packet that comes alone.
    fn decode(link: LinkType, data: &[u8], wire_len: usize) -> Result<(Vec<u8>, u32), Skip> {
        let mut decoder = Decoder::default();
        let segment = decoder.decode(&packet(link, data, wire_len))?;
        Ok((segment.payload.to_vec(), segment.cut))
    }

    #[test]
    fn a_segment_has_what_its_headers_say() {
        let bytes = samples::ether(0x0800, &samples::ip());
        let mut decoder = Decoder::default();
        let segment = decoder.decode(&packet(LinkType::ETHERNET, &bytes, bytes.len())).unwrap();
        let ends = segment.pair.addresses().map(|end| end.to_string());
        assert_eq!(ends, ["10.0.0.1:40000", "10.0.0.2:80"]);
        assert_eq!((segment.packet, segment.seq, segment.ack, segment.cut), (7, 1000, 555, 0));
        assert!(segment.flags.ack && !segment.flags.syn);
        assert_eq!(segment.payload.as_ptr_range().end, bytes.as_ptr_range().end);
    }

    #[test]
    fn every_link_and_tunnel_leads_to_the_segment_inside() {
        for Sample { name, link, bytes } in samples::all() {
            let mut decoder = Decoder::default();
            let packet = packet(link, &bytes, bytes.len());
            let segment = decoder.decode(&packet).unwrap_or_else(|skip| panic!("{name}: {skip:?}"));
            assert_eq!((segment.payload, segment.cut), (samples::PAYLOAD, 0), "{name}");
            let [from, to] = segment.pair.addresses();
            assert_eq!((from.port(), to.port(), segment.seq), (40000, 80, 1000), "{name}");
            assert!(["10.0.0.1", "2001::1"].contains(&from.ip().to_string().as_str()), "{name}");
        }
    }

    #[test]
    fn what_follows_the_packet_on_its_link_is_no_payload() {
        for Sample { name, link, mut bytes } in samples::all() {
            bytes.extend([0xee; 18]);
            let found = decode(link, &bytes, bytes.len());
            assert_eq!(found, Ok((samples::PAYLOAD.to_vec(), 0)), "{name}");
        }
    }

    #[test]
    fn wherever_a_packet_is_cut_nothing_is_lost_count_of() {
        for Sample { name, link, bytes } in samples::all() {
            let mut found = 0;
            for end in 0..bytes.len() {
                if let Ok((payload, cut)) = decode(link, &bytes[..end], bytes.len()) {
                    found += 1;
                    assert_eq!(
                        payload.len() + cut as usize,
                        samples::PAYLOAD.len(),
                        "{name} {end}"
                    );
                    assert!(samples::PAYLOAD.starts_with(&payload), "{name} {end}");
                }
            }
            assert_eq!(found, samples::PAYLOAD.len(), "{name}");
        }
    }

    #[test]
    fn lengths_left_to_the_network_card_mean_all_that_is_there() {
        let mut four = samples::ip();
        four[2..4].copy_from_slice(&[0, 0]);
        let mut six = samples::ip6();
        six[4..6].copy_from_slice(&[0, 0]);
        for bytes in [four, six] {
            let found = decode(LinkType::RAW, &bytes, bytes.len());
            assert_eq!(found, Ok((samples::PAYLOAD.to_vec(), 0)));
        }
    }

    #[test]
    fn what_is_no_segment_says_why() {
        let ip = samples::ip();
        let tcp = &ip[20..];
        let wifi = |control: u16| [&control.to_le_bytes()[..], &[0; 22], &ip].concat();
        for (link, bytes, why) in [
            (LinkType::ETHERNET, samples::ether(0x0806, &ip), Skip::NotIp),
            (LinkType::ETHERNET, samples::ether(0x88e5, &ip), Skip::Encrypted),
            (LinkType::ETHERNET, samples::ether(0x0800, &samples::ipv4(1, tcp)), Skip::NotTcp),
            (LinkType::ETHERNET, vec![], Skip::BadHeader),
            (LinkType::RAW, samples::ipv4(50, tcp), Skip::Encrypted),
            (LinkType::RAW, samples::ipv4(6, &tcp[..19]), Skip::BadHeader),
            (LinkType::RAW, vec![0x50; 40], Skip::NotIp),
            (LinkType::IEEE802_11, wifi(0x4008), Skip::Encrypted),
            (LinkType::IEEE802_11, wifi(0x0048), Skip::NotIp),
            (LinkType::IEEE802_11, wifi(0x0080), Skip::NotIp),
            (LinkType::PPP, vec![0xc0, 0x21, 1, 1], Skip::NotIp),
            (LinkType::PPP, vec![0, 0xfd, 1, 1], Skip::Encrypted),
            (LinkType::RAW, samples::udp(4500, b"\x12\x34\x56\x78\0\0\0\x01..."), Skip::Encrypted),
            (LinkType::RAW, samples::udp(4500, b"\0\0\0\0a key exchange"), Skip::NotTcp),
            (LinkType::RAW, samples::udp(4500, b"\xff"), Skip::NotTcp),
            (LinkType(189), ip.clone(), Skip::UnknownLinkType),
        ] {
            assert_eq!(decode(link, &bytes, bytes.len()), Err(why), "{link:?} {bytes:02x?}");
        }
    }

    #[test]
    fn a_tunnels_port_is_no_proof_of_a_tunnel() {
        for port in [4789, 8472, 6081, 2152, 1701, 3544, 5072, 6635, 4754, 37008, 53] {
            for body in [&b""[..], b"\x12", &[0xab; 60], &[0; 60]] {
                let bytes = samples::udp(port, body);
                let found = decode(LinkType::RAW, &bytes, bytes.len());
                assert!(matches!(found, Err(Skip::NotTcp | Skip::NotIp)), "{port} {found:?}");
            }
        }
    }

    #[test]
    fn a_nest_of_headers_has_an_end() {
        let tags = [0x81, 0, 0, 1].repeat(1000);
        let tags = samples::ether(0x8100, &[&tags[2..], &[8, 0], &samples::ip()].concat());
        let mut tunnels = samples::ip();
        for _ in 0..NESTED_HEADERS {
            tunnels = samples::ipv4(4, &tunnels);
        }
        for (link, bytes) in [(LinkType::ETHERNET, tags), (LinkType::RAW, tunnels)] {
            assert_eq!(decode(link, &bytes, bytes.len()), Err(Skip::BadHeader));
        }
    }

    /// The fragments of an IPv4 packet, `size` bytes of payload each.
    fn split(ip: &[u8], id: u8, size: usize) -> Vec<Vec<u8>> {
        let pieces = ip[20..].chunks(size).enumerate();
        let piece = |(i, bytes): (usize, &[u8])| {
            let units = u16::try_from(i * size / 8).unwrap();
            let more = u16::from(20 + i * size + bytes.len() < ip.len()) << 13;
            let mut piece = samples::ipv4(ip[9], bytes);
            piece[5] = id;
            piece[6..8].copy_from_slice(&(units | more).to_be_bytes());
            piece
        };
        pieces.map(piece).collect()
    }

    /// The payload that a decoder finds when packets come one after the other.
    fn decode_all(packets: &[Vec<u8>]) -> Vec<Result<Vec<u8>, Skip>> {
        let mut decoder = Decoder::default();
        let decode = |bytes: &Vec<u8>| {
            let packet = packet(LinkType::RAW, bytes, bytes.len());
            decoder.decode(&packet).map(|segment| segment.payload.to_vec())
        };
        packets.iter().map(decode).collect()
    }

    #[test]
    fn fragments_give_their_segment_with_the_last_to_come() {
        let [waits, whole] = [Err(Skip::Fragment), Ok(samples::PAYLOAD.to_vec())];
        let mut pieces = split(&samples::ip(), 1, 8);
        assert_eq!(pieces.len(), 4);
        let expected = [waits.clone(), waits.clone(), waits.clone(), whole.clone()];
        assert_eq!(decode_all(&pieces), expected);
        pieces.rotate_left(1);
        pieces.reverse();
        assert_eq!(decode_all(&pieces), expected);
        let lost = decode_all(&pieces[1..]);
        assert_eq!(lost, expected[..3]);
    }

    #[test]
    fn version_6_fragments_are_put_together_behind_their_options() {
        let tcp = samples::tcp();
        // Destination options lie inside the part that is split.
        let inner = [&[6, 0, 1, 4, 0, 0, 0, 0], &tcp[..]].concat();
        let piece = |offset: u8, more: u8, bytes: &[u8]| {
            samples::ipv6(44, &[&[60, 0, 0, offset | more, 0, 0, 0, 9], bytes].concat())
        };
        let pieces = [piece(16, 0, &inner[16..]), piece(0, 1, &inner[..16])];
        let found = decode_all(&pieces);
        assert_eq!(found, [Err(Skip::Fragment), Ok(samples::PAYLOAD.to_vec())]);
    }

    #[test]
    fn a_tunnel_may_be_split_and_what_is_in_it_too_but_no_deeper() {
        let tunnelled = |packets: Vec<Vec<u8>>, id: u8| -> Vec<Vec<u8>> {
            let wrapped = packets.iter().map(|inner| samples::ipv4(4, inner));
            wrapped.flat_map(|outer| split(&outer, id, 24)).collect()
        };
        // Each level's fragments need numbers of their own.
        let numbered = |packets: Vec<Vec<u8>>| -> Vec<Vec<u8>> {
            let wrapped = packets.iter().enumerate();
            wrapped
                .flat_map(|(i, inner)| {
                    tunnelled(vec![inner.clone()], 10 + u8::try_from(i).unwrap())
                })
                .collect()
        };
        let once = split(&samples::ip(), 1, 16);
        let twice = numbered(once);
        assert_eq!(decode_all(&twice).last().unwrap(), &Ok(samples::PAYLOAD.to_vec()));
        let mut thrice = Vec::new();
        for (i, inner) in twice.iter().enumerate() {
            thrice.extend(tunnelled(vec![inner.clone()], 100 + u8::try_from(i).unwrap()));
        }
        assert_eq!(decode_all(&thrice).last().unwrap(), &Err(Skip::BadHeader));
    }

    /// A packet of which the capture lacks so many bytes at its end.
    fn cut(bytes: &[u8], by: usize) -> Packet<'_> {
        packet(LinkType::RAW, &bytes[..bytes.len() - by], bytes.len())
    }

    #[test]
    fn a_fragment_that_was_cut_is_not_put_together() {
        let pieces = split(&samples::ip(), 1, 16);
        let mut decoder = Decoder::default();
        assert_eq!(decoder.decode(&cut(&pieces[0], 1)).unwrap_err(), Skip::Fragment);
        assert_eq!(decoder.decode(&cut(&pieces[1], 0)).unwrap_err(), Skip::Fragment);
        assert_eq!(decoder.take_joined(), 0);
    }

    #[test]
    fn of_a_datagram_that_was_cut_the_first_fragment_is_used() {
        let pieces = split(&samples::ip(), 1, 24);
        let mut decoder = Decoder::default();
        let segment = decoder.decode(&cut(&pieces[0], 2)).unwrap();
        assert_eq!((segment.payload, segment.cut), (&samples::PAYLOAD[..2], 2));
        assert_eq!(decoder.decode(&cut(&pieces[1], 1)).unwrap_err(), Skip::Fragment);
    }

    #[test]
    fn a_first_fragment_that_was_cut_ends_nothing_and_its_datagram_may_come_again() {
        const FLAGS: usize = 20 + 13;
        const FIN: u8 = 1;
        let pieces = split(&samples::ip(), 1, 24);
        let mut decoder = Decoder::default();
        let mut first = pieces[0].clone();
        first[FLAGS] |= FIN;
        assert!(!decoder.decode(&cut(&first, 2)).unwrap().flags.fin);
        // The rest of it is no segment by itself.
        assert_eq!(decoder.decode(&cut(&pieces[1], 0)).unwrap_err(), Skip::Fragment);
        let whole = cut(&pieces[0], 0);
        let segment = decoder.decode(&whole).unwrap();
        assert_eq!((segment.payload, segment.cut), (samples::PAYLOAD, 0));
    }

    proptest! {
        /// Whatever bytes change, the decoder comes back, and no payload exceeds its packet.
        #[test]
        fn damage_is_survived(
            which in any::<prop::sample::Index>(),
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        ) {
            let mut sample = samples::all().swap_remove(which.index(samples::all().len()));
            for (at, byte) in damage {
                let at = at.index(sample.bytes.len());
                sample.bytes[at] = byte;
            }
            let wire_len = sample.bytes.len() + 10;
            if let Ok((payload, cut)) = decode(sample.link, &sample.bytes, wire_len) {
                prop_assert!(payload.len() + cut as usize <= wire_len);
            }
        }
    }
}
