//! Hand-built packets for the tests: one for each link layer and tunnel, all with the same TCP
//! segment inside.

mod tunnels;

use crate::capture::LinkType;
use etherparse::PacketBuilder;

/// What the segment in every sample carries.
pub(super) const PAYLOAD: &[u8] = b"hello";

/// A packet, and what it is a sample of.
pub(super) struct Sample {
    pub name: &'static str,
    pub link: LinkType,
    pub bytes: Vec<u8>,
}

/// An IPv4 packet with the segment, from 10.0.0.1 to 10.0.0.2.
pub(super) fn ip() -> Vec<u8> {
    ipv4(6, &tcp())
}

/// The same in IPv6, from `2001::1` to `2001::2`.
pub(super) fn ip6() -> Vec<u8> {
    ipv6(6, &tcp())
}

/// The segment itself, its header on.
pub(super) fn tcp() -> Vec<u8> {
    let mut bytes = Vec::new();
    PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
        .tcp(40000, 80, 1000, 4096)
        .ack(555)
        .write(&mut bytes, PAYLOAD)
        .unwrap();
    bytes.split_off(20)
}

/// An IPv4 packet that carries `body`.
pub(super) fn ipv4(number: u8, body: &[u8]) -> Vec<u8> {
    let total = len16(20 + body.len());
    let head = [&[0x45, 0][..], &total, &[0, 0, 0, 0, 64, number, 0, 0]].concat();
    [&head[..], &[10, 0, 0, 1, 10, 0, 0, 2], body].concat()
}

/// An IPv6 packet that carries `body`.
pub(super) fn ipv6(next: u8, body: &[u8]) -> Vec<u8> {
    let address = |last: u8| [&[0x20, 1][..], &[0; 13], &[last]].concat();
    let head = [&[0x60, 0, 0, 0][..], &len16(body.len()), &[next, 64]].concat();
    [&head[..], &address(1), &address(2), body].concat()
}

/// An IPv4 packet with a datagram to a UDP port.
pub(super) fn udp(port: u16, body: &[u8]) -> Vec<u8> {
    let head = [&[0xc0, 0][..], &port.to_be_bytes(), &len16(8 + body.len()), &[0, 0]].concat();
    ipv4(17, &[&head[..], body].concat())
}

/// An Ethernet frame whose addresses begin with zeros, as most do.
pub(super) fn ether(kind: u16, body: &[u8]) -> Vec<u8> {
    [&[0, 2, 2, 2, 2, 2, 0, 4, 4, 4, 4, 4][..], &kind.to_be_bytes(), body].concat()
}

fn len16(len: usize) -> [u8; 2] {
    u16::try_from(len).unwrap().to_be_bytes()
}

/// One sample of everything that is read.
pub(super) fn all() -> Vec<Sample> {
    let groups = [
        ethernet(),
        plain_links(),
        pseudo_links(),
        wifi(),
        ppp(),
        ip_headers(),
        tunnels::gre(),
        tunnels::over_udp(),
    ];
    groups.into_iter().flatten().collect()
}

type Row = (&'static str, LinkType, Vec<u8>);

fn rows(rows: impl IntoIterator<Item = Row>) -> Vec<Sample> {
    rows.into_iter().map(|(name, link, bytes)| Sample { name, link, bytes }).collect()
}

/// `header` and the IPv4 packet.
fn before_ip(header: &[u8]) -> Vec<u8> {
    [header, &ip()].concat()
}

fn snap() -> Vec<u8> {
    before_ip(&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0])
}

fn ethernet() -> Vec<Sample> {
    let frame = ether(0x0800, &ip());
    let signed_channel = [&[0x88, 0xe5, 0x20, 0, 0, 0, 0, 1][..], &[9; 8], &[8, 0]].concat();
    let tags = |header: &[u8]| [&frame[..12], header, &ip()].concat();
    let over_mpls =
        |word: &[u8]| ether(0x8847, &[&[0, 1, 0, 64, 0, 2, 1, 64], word, &frame].concat());
    let behind = |kind, header: &[u8]| ether(kind, &[header, &frame].concat());
    let length = u16::try_from(snap().len()).unwrap();
    rows(
        [
            ("ethernet", frame.clone()),
            ("version 6", ether(0x86dd, &ip6())),
            ("vlan", tags(&[0x81, 0, 0, 5, 8, 0])),
            ("qinq", tags(&[0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0])),
            ("older outer tags", tags(&[0x92, 0, 0, 5, 0x91, 0, 0, 6, 0x81, 0, 0, 7, 8, 0])),
            ("vn-tag", tags(&[0x89, 0x26, 0, 0, 0, 0, 8, 0])),
            ("e-tag", tags(&[0x89, 0x3f, 0, 0, 0, 0, 0, 0, 8, 0])),
            ("nsh", tags(&[0x89, 0x4f, 0, 2, 1, 1, 0, 0, 0, 0])),
            ("snap", ether(length, &snap())),
            (
                "snap behind a tag",
                tags(&[&[0x81, 0, 0, 5][..], &length.to_be_bytes(), &snap()[..8]].concat()),
            ),
            ("ip on its own access point", ether(length, &before_ip(&[6, 6, 3]))),
            ("backbone bridge", behind(0x88e7, &[0, 0, 0, 9])),
            ("fabric path", behind(0x8903, &[0, 9])),
            ("trill", behind(0x22f3, &[0, 0x80, 0, 1, 0, 2, 9, 9, 9, 9, 9, 9, 9, 9])),
            ("ring", tags(&[0x89, 0x2f, 0, 60, 0, 1, 8, 0])),
            ("security group", tags(&[0x89, 9, 1, 1, 0, 1, 0, 7, 8, 0])),
            ("signed", tags(&[0x88, 0xe5, 0, 0, 0, 0, 0, 1, 8, 0])),
            ("signed, with its channel", tags(&signed_channel)),
            ("large 802.2", ether(0x8870, &snap())),
            ("mpls", ether(0x8847, &before_ip(&[0, 1, 0, 64, 0, 2, 1, 64]))),
            ("mpls in a tag", tags(&[0x81, 0, 0, 5, 0x88, 0x47, 0, 2, 1, 64])),
            ("mpls multicast, version 6", ether(0x8848, &[&[0, 2, 1, 64][..], &ip6()].concat())),
            ("pseudowire with control word", over_mpls(&[0, 0, 0, 0])),
            ("pseudowire without control word", over_mpls(&[])),
            ("pppoe", ether(0x8864, &pppoe())),
        ]
        .map(|(name, bytes)| (name, LinkType::ETHERNET, bytes)),
    )
}

fn plain_links() -> Vec<Sample> {
    let ring = [&[0x10, 0x40, 1, 1, 1, 1, 1, 1][..], &[2; 6]].concat();
    let mut routed = [&ring[..], &[6, 0, 0, 1, 0, 2]].concat();
    routed[8] |= 0x80;
    rows([
        ("raw", LinkType::RAW, ip()),
        ("raw, version 6", LinkType::RAW, ip6()),
        ("ipv4", LinkType::IPV4, ip()),
        ("ipv6", LinkType::IPV6, ip6()),
        ("mpls link", LinkType::MPLS, before_ip(&[0, 2, 1, 64])),
        ("token ring", LinkType::IEEE802_5, [ring, snap()].concat()),
        ("token ring, routed", LinkType::IEEE802_5, [routed, snap()].concat()),
        ("fddi", LinkType::FDDI, [vec![0x50; 13], snap()].concat()),
        ("arcnet", LinkType::ARCNET_LINUX, before_ip(&[1, 2, 0, 0, 212, 0, 0, 1])),
        ("arcnet, rfc 1051", LinkType::ARCNET_LINUX, before_ip(&[1, 2, 0, 0, 240])),
        ("arcnet, bsd", LinkType::ARCNET_BSD, before_ip(&[1, 2, 212, 0, 0, 1])),
        ("atm", LinkType::ATM_RFC1483, snap()),
        ("atm, own circuit", LinkType::ATM_RFC1483, ip()),
        (
            "atm, bridged",
            LinkType::ATM_RFC1483,
            [&[0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7, 0, 0][..], &ether(0x0800, &ip())].concat(),
        ),
        ("atm, ppp", LinkType::ATM_RFC1483, before_ip(&[0xfe, 0xfe, 3, 0xcf, 0, 0x21])),
        ("frame relay", LinkType::FRELAY, before_ip(&[0x18, 0x41, 3, 0xcc])),
        (
            "frame relay, snap",
            LinkType::FRELAY_WITH_DIR,
            before_ip(&[0, 0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0]),
        ),
        ("frame relay, three", LinkType::FRELAY, before_ip(&[0x18, 0x40, 0x01, 3, 0xcc])),
        ("frame relay, cisco", LinkType::FRELAY, before_ip(&[0x18, 0x41, 8, 0])),
        ("ieee 1394", LinkType::IP_OVER_IEEE1394, before_ip(&[&[0; 16][..], &[8, 0]].concat())),
        (
            "infiniband",
            LinkType::IP_OVER_INFINIBAND,
            before_ip(&[&[0; 40][..], &[8, 0, 0, 0]].concat()),
        ),
    ])
}

fn pseudo_links() -> Vec<Sample> {
    let frame = ether(0x0800, &ip());
    let endace = |kind: u8| [&[9; 8][..], &[kind], &[0; 7]].concat();
    let more = [&[0x81][..], &[9; 7], &[1], &[9; 7], &[0, 0]].concat();
    let further = [endace(0x82), more, frame.clone()].concat();
    let cooked = |kind: &[u8]| [&[0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0][..], kind].concat();
    let cooked_from = |hardware: u16, kind: u8| {
        let [high, low] = hardware.to_be_bytes();
        [&[0, 0, high, low][..], &[0; 11], &[kind]].concat()
    };
    let cooked_2_from = |hardware: u16, kind: u8| {
        let [high, low] = hardware.to_be_bytes();
        [&[0, kind, 0, 0, 0, 0, 0, 1, high, low][..], &[0; 10]].concat()
    };
    let in_air = [&data_header(0x0108, 24)[..], &snap()].concat();
    let on_air = [&[0, 0, 8, 0, 0, 0, 0, 0][..], &in_air].concat();
    let ip_field = u16::try_from(4 + ip().len()).unwrap();
    let log = |number: fn(u16) -> [u8; 2]| {
        let first = [&number(8)[..], &number(1), &[8, 0, 0, 1]].concat();
        let odd = [&number(5)[..], &number(10), &[0x41, 0, 0, 0]].concat();
        let header = [&[2, 0, 0, 5][..], &first, &odd, &number(ip_field), &number(9)].concat();
        before_ip(&header)
    };
    let tap = [&[12, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0][..], &frame].concat();
    let long_tap = [&[108, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0][..], &[0; 96], &frame].concat();
    rows([
        ("null", LinkType::NULL, before_ip(&[2, 0, 0, 0])),
        ("null, high byte first", LinkType::NULL, before_ip(&[0, 0, 0, 2])),
        ("null, version 6", LinkType::NULL, [vec![30, 0, 0, 0], ip6()].concat()),
        ("loop", LinkType::LOOP, before_ip(&[0, 0, 0, 2])),
        ("cooked", LinkType::LINUX_SLL, before_ip(&cooked(&[8, 0]))),
        ("cooked, 802.2", LinkType::LINUX_SLL, [cooked(&[0, 4]), snap()].concat()),
        ("cooked, tagged", LinkType::LINUX_SLL, before_ip(&cooked(&[0x81, 0, 0, 5, 8, 0]))),
        (
            "cooked, ppp",
            LinkType::LINUX_SLL,
            before_ip(&[&cooked_from(512, 7)[..], &[0, 0x21]].concat()),
        ),
        (
            "cooked, frame relay",
            LinkType::LINUX_SLL,
            before_ip(&[&cooked_from(770, 0)[..], &[0x18, 0x41, 8, 0]].concat()),
        ),
        ("cooked, radiotap", LinkType::LINUX_SLL, [cooked_from(803, 25), on_air.clone()].concat()),
        ("cooked, Wi-Fi", LinkType::LINUX_SLL, [cooked_from(801, 25), in_air].concat()),
        ("cooked 2", LinkType::LINUX_SLL2, before_ip(&[&[8, 0][..], &[0; 18]].concat())),
        ("cooked 2, radiotap", LinkType::LINUX_SLL2, [cooked_2_from(803, 25), on_air].concat()),
        ("nflog", LinkType::NFLOG, log(u16::to_le_bytes)),
        ("nflog, high byte first", LinkType::NFLOG, log(u16::to_be_bytes)),
        ("pflog", LinkType::PFLOG, before_ip(&[&[61, 2][..], &[0; 62]].concat())),
        ("enc", LinkType::ENC, before_ip(&[2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3])),
        ("ppi", LinkType::PPI, [&[0, 0, 8, 0, 1, 0, 0, 0][..], &frame].concat()),
        ("pktap", LinkType::PKTAP, tap),
        ("pktap, apple's number", LinkType::USER_2, long_tap),
        ("endace", LinkType::ERF, [&endace(2)[..], &[0, 0], &frame].concat()),
        ("endace, further headers", LinkType::ERF, further),
        ("endace, ip", LinkType::ERF, before_ip(&endace(22))),
        ("endace, hdlc", LinkType::ERF, before_ip(&[&endace(1)[..], &[0xff, 3, 0, 0x21]].concat())),
        ("juniper", LinkType::JUNIPER_ETHER, [b"MGC\x81\0\x03abc", &frame[..]].concat()),
        ("juniper, no fields", LinkType::JUNIPER_PPP, before_ip(b"MGC\x01\0\x21")),
        ("juniper, no link", LinkType::JUNIPER_CHDLC, before_ip(b"MGC\x02\x02\0\0\0")),
        ("juniper, relay", LinkType::JUNIPER_FRELAY, before_ip(b"MGC\0\x18\x41\x08\0")),
    ])
}

/// A Wi-Fi data header: frame control, and all but it up to `len` bytes.
fn data_header(control: u16, len: usize) -> Vec<u8> {
    let mut header = vec![0; len];
    header[..2].copy_from_slice(&control.to_le_bytes());
    header
}

fn wifi() -> Vec<Sample> {
    let frame = [data_header(0x0108, 24), snap()].concat();
    let mut aggregate = data_header(0x0288, 26);
    aggregate[24] = 0x80;
    let subframe = [&[0; 12][..], &len16(snap().len()), &snap()].concat();
    let padded = [data_header(0x0288, 26), vec![0; 2], snap()].concat();
    let in_mesh = |control: &[u8], body: &[u8]| {
        let mut header = data_header(0x0388, 32);
        header[31] = 1;
        [&header[..], control, body].concat()
    };
    let meshed = [&[0, 31, 1, 0, 0, 0][..], &snap()].concat();
    let part = [&[0; 12][..], &len16(meshed.len()), &meshed].concat();
    let mut mesh_aggregate = in_mesh(&[], &part);
    mesh_aggregate[30] = 0x80;
    let radiotap = |present: u32, fields: &[u8], frame: &[u8]| {
        let len = u16::try_from(8 + fields.len()).unwrap().to_le_bytes();
        [&[0, 0][..], &len, &present.to_le_bytes(), fields, frame].concat()
    };
    let timed = [&[0; 8][..], &[0x20]].concat();
    let more_maps = [&[0; 4][..], &[0; 4], &timed].concat();
    let prism = [&[0x44, 0, 0, 0, 144, 0, 0, 0][..], &[0; 136], &frame].concat();
    let avs = [&[0x80, 0x21, 0x10, 1, 0, 0, 0, 64][..], &[0; 56], &frame].concat();
    rows([
        ("wi-fi", LinkType::IEEE802_11, frame.clone()),
        ("wi-fi, qos", LinkType::IEEE802_11, [data_header(0x0288, 26), snap()].concat()),
        (
            "wi-fi, high throughput",
            LinkType::IEEE802_11,
            [data_header(0x8288, 30), snap()].concat(),
        ),
        ("wi-fi, four addresses", LinkType::IEEE802_11, [data_header(0x0388, 32), snap()].concat()),
        ("wi-fi, aggregate", LinkType::IEEE802_11, [aggregate, subframe].concat()),
        ("wi-fi, mesh", LinkType::IEEE802_11, in_mesh(&[0, 31, 1, 0, 0, 0], &snap())),
        (
            "wi-fi, mesh, six addresses",
            LinkType::IEEE802_11,
            in_mesh(&[&[2, 31, 1, 0, 0, 0][..], &[7; 12]].concat(), &snap()),
        ),
        ("wi-fi, mesh, aggregate", LinkType::IEEE802_11, mesh_aggregate),
        ("wi-fi, four addresses, another bit", LinkType::IEEE802_11, in_mesh(&[], &snap())),
        ("radiotap", LinkType::IEEE802_11_RADIOTAP, radiotap(0, &[], &frame)),
        ("radiotap, padded", LinkType::IEEE802_11_RADIOTAP, radiotap(3, &timed, &padded)),
        (
            "radiotap, two maps",
            LinkType::IEEE802_11_RADIOTAP,
            radiotap(0x8000_0003, &more_maps, &padded),
        ),
        ("prism", LinkType::IEEE802_11_PRISM, prism),
        ("avs in a prism file", LinkType::IEEE802_11_PRISM, avs.clone()),
        ("avs", LinkType::IEEE802_11_AVS, avs),
    ])
}

fn pppoe() -> Vec<u8> {
    before_ip(&[&[0x11, 0, 0, 7][..], &len16(2 + ip().len()), &[0, 0x21]].concat())
}

fn ppp() -> Vec<Sample> {
    let frame = ether(0x0800, &ip());
    rows([
        ("ppp", LinkType::PPP, before_ip(&[0xff, 3, 0, 0x21])),
        ("ppp without address", LinkType::PPP, before_ip(&[0, 0x21])),
        ("ppp, compressed protocol", LinkType::PPP, before_ip(&[0x21])),
        ("ppp, bridged", LinkType::PPP, [&[0, 0x31, 0, 1][..], &frame].concat()),
        ("ppp, bridged lan", LinkType::PPP, [&[0, 0x31, 0x40, 1, 0, 0, 0, 7][..], &frame].concat()),
        ("ppp, version 6", LinkType::PPP, [vec![0, 0x57], ip6()].concat()),
        ("ppp, mpls", LinkType::PPP, before_ip(&[2, 0x81, 0, 2, 1, 64])),
        ("ppp over hdlc", LinkType::PPP_HDLC, before_ip(&[0xff, 3, 0, 0x21])),
        ("cisco under ppp's number", LinkType::PPP_HDLC, before_ip(&[0x0f, 0, 8, 0])),
        ("cisco hdlc", LinkType::C_HDLC, before_ip(&[0x8f, 0, 8, 0])),
        ("cisco hdlc, directed", LinkType::C_HDLC_WITH_DIR, before_ip(&[1, 0x8f, 0, 8, 0])),
        ("pppd", LinkType::PPP_PPPD, before_ip(&[1, 3, 0, 0x21])),
        ("ppp, directed", LinkType::PPP_WITH_DIR, before_ip(&[1, 0xff, 3, 0, 0x21])),
        ("pppoe without ethernet", LinkType::PPP_ETHER, pppoe()),
    ])
}

fn ip_headers() -> Vec<Sample> {
    let mut options = ipv4(6, &[&[1; 8][..], &tcp()].concat());
    options[0] = 0x47;
    let extension = |next: u8| [next, 0, 1, 4, 0, 0, 0, 0];
    let extensions = [extension(43), extension(60), extension(44)].concat();
    let atomic = [51, 0, 0, 0, 0, 0, 0, 9];
    let authentication = [6, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let chain = [&extensions[..], &atomic, &authentication, &tcp()].concat();
    let frame = ether(0x0800, &ip());
    rows(
        [
            ("options", options),
            ("extension headers", ipv6(0, &chain)),
            ("authentication header", ipv4(51, &[&authentication[..], &tcp()].concat())),
            ("4 in 4", ipv4(4, &ip())),
            ("6 in 4", ipv4(41, &ip6())),
            ("4 in 6", ipv6(4, &ip())),
            ("6 in 6", ipv6(41, &ip6())),
            ("etherip", ipv4(97, &[&[0x30, 0][..], &frame].concat())),
            ("ethernet in ip", ipv6(143, &frame)),
            ("mpls in ip", ipv4(137, &before_ip(&[0, 2, 1, 64]))),
        ]
        .map(|(name, bytes)| (name, LinkType::RAW, bytes)),
    )
}
