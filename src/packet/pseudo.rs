//! Headers that were never on a wire: what a capturing system tells about a packet, ahead of it.

use super::Skip;
use super::layer::{Layer, Next};
use super::view::View;
use crate::capture::LinkType;
use etherparse::EtherType;

/// BSD loopback: a 4-byte address family. Its numbers and byte order differ by system, so the IP
/// version behind it decides.
pub(super) fn loopback(view: View<'_>) -> Next<'_> {
    Ok((Layer::Ip, view.skip(4)?))
}

/// Where the fields of a Linux cooked header lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cooked {
    /// What kind of hardware the packet came from, by Linux's number (`ARPHRD_…`).
    hardware: usize,
    protocol: usize,
    len: usize,
}

impl Cooked {
    /// The header of `LINKTYPE_LINUX_SLL`.
    pub const FIRST: Self = Self { hardware: 2, protocol: 14, len: 16 };
    /// The header of `LINKTYPE_LINUX_SLL2`.
    pub const SECOND: Self = Self { hardware: 8, protocol: 0, len: 20 };
}

/// Linux cooked capture. What follows is named by an `EtherType`, but for hardware whose packets have
/// a header of their own.
pub(super) fn cooked(view: View<'_>, header: Cooked) -> Next<'_> {
    // Linux's own numbers for "802.2 follows", and PPP; the other small ones are no IP.
    const LLC: u16 = 4;
    const PPP: u16 = 7;
    let (hardware, kind) = (view.be16(header.hardware)?, view.be16(header.protocol)?);
    let layer = match (hardware, kind) {
        (801, _) => Layer::Link(LinkType::IEEE802_11),
        (802, _) => Layer::Link(LinkType::IEEE802_11_PRISM),
        (803, _) => Layer::Link(LinkType::IEEE802_11_RADIOTAP),
        (770, _) => Layer::Link(LinkType::FRELAY),
        (_, PPP) => Layer::Link(LinkType::PPP),
        (_, LLC) => Layer::Llc,
        _ => Layer::EtherType(EtherType(kind)),
    };
    Ok((layer, view.skip(header.len)?))
}

/// Netfilter's log: fields of length, type and value; one of them is the packet. Their byte order
/// is that of the capturing machine.
pub(super) fn netfilter_log(view: View<'_>) -> Next<'_> {
    const PAYLOAD: u16 = 9;
    const FIELD_HEADER: u16 = 4;
    const TYPE: u16 = 0x7fff;
    let mut fields = view.skip(4)?;
    // All types are small, so their high byte is zero but for a flag.
    let low_first = fields.le16(2)? & TYPE < 0x100;
    let number = |view: View<'_>, at| if low_first { view.le16(at) } else { view.be16(at) };
    loop {
        let len = usize::from(number(fields, 0)?.max(FIELD_HEADER));
        if number(fields, 2)? & TYPE == PAYLOAD {
            return Ok((Layer::Ip, fields.limit(len).skip(4)?));
        }
        fields = fields.skip(len.next_multiple_of(4))?;
    }
}

/// OpenBSD's packet filter log: the header begins with its own length, without padding.
pub(super) fn filter_log(view: View<'_>) -> Next<'_> {
    let len = usize::from(view.u8(0)?).next_multiple_of(4);
    Ok((Layer::Ip, view.skip(len)?))
}

/// OpenBSD's view inside IP security: address family, security association, flags.
pub(super) fn enc(view: View<'_>) -> Next<'_> {
    Ok((Layer::Ip, view.skip(12)?))
}

/// CACE's per-packet information: a length, and the link type of what follows.
pub(super) fn per_packet_information(view: View<'_>) -> Next<'_> {
    wrapped(view, usize::from(view.le16(2)?), view.le32(4)?)
}

/// macOS's packet tap: a length, a record type, and the link type of what follows.
pub(super) fn packet_tap(view: View<'_>) -> Next<'_> {
    const PACKET: u32 = 1;
    if view.le32(4)? != PACKET {
        return Err(Skip::NotIp);
    }
    wrapped(view, view.le32(0)? as usize, view.le32(8)?)
}

/// Whether this may be such a header. Apple's own files give it the first number for users' link
/// types.
pub(super) fn is_packet_tap(view: View<'_>) -> bool {
    const USUAL: std::ops::RangeInclusive<u32> = 108..=512;
    view.le32(0).is_ok_and(|len| USUAL.contains(&len)) && view.le32(4) == Ok(1)
}

/// The record header of Endace's cards: time, type, flags and lengths; further headers, as long as
/// their first bit says that more follow; then the frame, of Ethernet behind two bytes of padding.
pub(super) fn endace(view: View<'_>) -> Next<'_> {
    const MORE: u8 = 0x80;
    const HEADER: usize = 16;
    const FURTHER: usize = 8;
    let kind = view.u8(8)?;
    let (mut at, mut more) = (HEADER, kind & MORE != 0);
    while more {
        more = view.u8(at)? & MORE != 0;
        at += FURTHER;
    }
    match kind & !MORE {
        // HDLC, Ethernet plain, coloured, with both and with a hash, IPv4 and IPv6.
        1 => Ok((Layer::Link(LinkType::PPP_HDLC), view.skip(at)?)),
        2 | 11 | 16 | 20 => Ok((Layer::ETHERNET, view.skip(at + 2)?)),
        22 | 23 => Ok((Layer::Ip, view.skip(at)?)),
        _ => Err(Skip::NotIp),
    }
}

fn wrapped(view: View<'_>, header_len: usize, link: u32) -> Next<'_> {
    Ok((Layer::Link(LinkType::from_file(link)), view.skip(header_len)?))
}
