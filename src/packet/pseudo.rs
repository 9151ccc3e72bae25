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

/// Linux cooked capture: the protocol lies at `type_at`, the header is `header_len` bytes long.
pub(super) fn cooked(view: View<'_>, type_at: usize, header_len: usize) -> Next<'_> {
    // Linux's own number for "802.2 follows"; the other small ones are no IP.
    const LLC: u16 = 4;
    let (kind, rest) = (view.be16(type_at)?, view.skip(header_len)?);
    Ok(if kind == LLC { (Layer::Llc, rest) } else { (Layer::EtherType(EtherType(kind)), rest) })
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

fn wrapped(view: View<'_>, header_len: usize, link: u32) -> Next<'_> {
    Ok((Layer::Link(LinkType::from_file(link)), view.skip(header_len)?))
}
