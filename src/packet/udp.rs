//! Tunnels over UDP: found by their well-known port, and, where they leave a clear mark, on any.
//!
//! Ports are no proof. What does not look like the tunnel of its port is no tunnel, and nobody's
//! fault: the packet is then simply not TCP.
//!
//! Limits: L2TP version 3 does not say what it carries and is not read; nor are the samples of
//! packets that sFlow and its like report.

use super::layer::{Layer, Next};
use super::view::View;
use super::{Skip, ethernet, gre, gtp, ip, mpls, wifi};
use crate::capture::LinkType;
use etherparse::EtherType;

type Reader = fn(View<'_>) -> Next<'_>;

/// The readers by port.
const TUNNELS: [(u16, Reader); 14] = [
    (4789, vxlan),
    // What Linux used before a port was assigned.
    (8472, vxlan),
    (4790, vxlan),
    (6081, geneve),
    (2152, gtp::open),
    (1701, l2tp),
    (3544, teredo),
    (5072, ayiya),
    // RFC 7510.
    (6635, mpls::stack),
    // RFC 8086.
    (4754, gre::open),
    (37008, tzsp),
    // The port of CAPWAP's data; the one below has its control messages.
    (5247, capwap),
    (4341, lisp),
    (4500, ipsec),
];

/// A UDP datagram, if there is a tunnel in it.
pub(super) fn open(view: View<'_>) -> Next<'_> {
    let (from, to) = (view.be16(0)?, view.be16(2)?);
    let len = usize::from(view.be16(4)?);
    let view = if len < 8 { view } else { view.limit(len) };
    let body = view.skip(8)?;
    let by_port = TUNNELS.iter().find(|(port, _)| *port == to || *port == from);
    let next = by_port.map_or(Err(Skip::NotTcp), |(_, reader)| reader(body));
    next.or_else(|why| by_content(body).map_err(|_| why)).map_err(|why| match why {
        Skip::Encrypted => why,
        _ => Skip::NotTcp,
    })
}

/// `IPsec` behind an address translator (RFC 3948): enciphered, but for its handshake, which begins with
/// four zeros, and the byte that keeps the translation alive.
fn ipsec(view: View<'_>) -> Next<'_> {
    match view.be32(0)? {
        0 => Err(Skip::NotTcp),
        _ => Err(Skip::Encrypted),
    }
}

/// The tunnels that can be told by their content alone.
fn by_content(view: View<'_>) -> Next<'_> {
    gtp::open_strictly(view).or_else(|_| teredo_peer(view))
}

/// VXLAN (RFC 7348), with its generic extension, which says what follows.
fn vxlan(view: View<'_>) -> Next<'_> {
    const HAS_NETWORK: u8 = 0x08;
    const HAS_PROTOCOL: u8 = 0x04;
    let (flags, body) = (view.u8(0)?, view.skip(8)?);
    match (flags & HAS_NETWORK, flags & HAS_PROTOCOL) {
        (0, _) => Err(Skip::NotTcp),
        (_, 0) => Ok((Layer::ETHERNET, body)),
        _ => ethernet::service_payload(view.u8(3)?, body),
    }
}

/// GENEVE (RFC 8926): options of a stated length, and an `EtherType`.
fn geneve(view: View<'_>) -> Next<'_> {
    let first = view.u8(0)?;
    if first >> 6 != 0 {
        return Err(Skip::NotTcp);
    }
    let options = usize::from(first & 0x3f) * 4;
    Ok((Layer::EtherType(EtherType(view.be16(2)?)), view.skip(8 + options)?))
}

/// L2TP version 2 (RFC 2661 section 3.1), data messages.
fn l2tp(view: View<'_>) -> Next<'_> {
    const CONTROL: u16 = 0x8000;
    const LENGTH: u16 = 0x4000;
    const SEQUENCE: u16 = 0x0800;
    const OFFSET: u16 = 0x0200;
    const VERSION: u16 = 0x000f;
    let flags = view.be16(0)?;
    if flags & CONTROL != 0 || flags & VERSION != 2 {
        return Err(Skip::NotTcp);
    }
    let (view, mut at) =
        if flags & LENGTH == 0 { (view, 6) } else { (view.limit(usize::from(view.be16(2)?)), 8) };
    at += if flags & SEQUENCE == 0 { 0 } else { 4 };
    at += if flags & OFFSET == 0 { 0 } else { 2 + usize::from(view.be16(at)?) };
    Ok((Layer::PPP, view.skip(at)?))
}

/// Teredo (RFC 4380 section 5.1.1): up to two headers with known marks, then IPv6.
fn teredo(mut view: View<'_>) -> Next<'_> {
    const AUTHENTICATION: u16 = 0x0001;
    const ORIGIN: u16 = 0x0000;
    if view.be16(0)? == AUTHENTICATION {
        // The lengths of the client's name and of the proof; a nonce and a confirmation follow.
        let variable = usize::from(view.u8(2)?) + usize::from(view.u8(3)?);
        view = view.skip(4 + variable + 9)?;
    }
    if view.be16(0)? == ORIGIN {
        view = view.skip(8)?;
    }
    if view.u8(0)? >> 4 == 6 { Ok((Layer::Ip, view)) } else { Err(Skip::NotTcp) }
}

/// Teredo between two clients, whose ports may be any: exactly one IPv6 packet, and one of its
/// addresses has Teredo's prefix.
fn teredo_peer(view: View<'_>) -> Next<'_> {
    const PREFIX: u32 = 0x2001_0000;
    let is_teredo = view.be32(8)? == PREFIX || view.be32(24)? == PREFIX;
    if is_teredo && view.u8(0)? >> 4 == 6 && ip::is_exact(view) {
        return Ok((Layer::Ip, view));
    }
    Err(Skip::NotTcp)
}

/// AYIYA: lengths of name and signature in the first two bytes, and the protocol that follows.
fn ayiya(view: View<'_>) -> Next<'_> {
    const FORWARD: u8 = 1;
    let name = 1 << (view.u8(0)? >> 4);
    let signature = usize::from(view.u8(1)? >> 4) * 4;
    let is_ip = matches!(view.u8(3)?, 4 | 41);
    if view.u8(2)? & 0xf != FORWARD || !is_ip {
        return Err(Skip::NotTcp);
    }
    Ok((Layer::Ip, view.skip(8 + name + signature)?))
}

/// The stream that `MikroTik` routers and others send to a sniffer: tagged fields, then a frame.
fn tzsp(view: View<'_>) -> Next<'_> {
    const PADDING: u8 = 0;
    const END: u8 = 1;
    if view.u8(0)? != 1 {
        return Err(Skip::NotTcp);
    }
    let frame = match view.be16(2)? {
        1 => LinkType::ETHERNET,
        18 => LinkType::IEEE802_11,
        119 => LinkType::IEEE802_11_PRISM,
        127 => LinkType::IEEE802_11_AVS,
        _ => return Err(Skip::NotTcp),
    };
    let mut tags = view.skip(4)?;
    loop {
        tags = match tags.u8(0)? {
            END => return Ok((Layer::Link(frame), tags.skip(1)?)),
            PADDING => tags.skip(1)?,
            _ => tags.skip(2 + usize::from(tags.u8(1)?))?,
        };
    }
}

/// CAPWAP (RFC 5415 section 4.3), by which access points pass on their clients' frames: a preamble,
/// the header's length in 4-byte words, and whether the frame is still one of Wi-Fi.
fn capwap(view: View<'_>) -> Next<'_> {
    const PLAIN: u8 = 0;
    const NATIVE: u8 = 0x01;
    const FRAGMENT_OR_KEEP_ALIVE: u8 = 0x88;
    if view.u8(0)? != PLAIN || view.u8(3)? & FRAGMENT_OR_KEEP_ALIVE != 0 {
        return Err(Skip::NotTcp);
    }
    let frame = view.skip(usize::from(view.u8(1)? >> 3) * 4)?;
    match view.u8(2)? & NATIVE {
        0 => Ok((Layer::ETHERNET, frame)),
        _ => wifi::tunnelled(frame),
    }
}

/// LISP data (RFC 9300 section 5): eight bytes, then IP.
fn lisp(view: View<'_>) -> Next<'_> {
    let body = view.skip(8)?;
    if ip::is_exact(body) { Ok((Layer::Ip, body)) } else { Err(Skip::NotTcp) }
}
