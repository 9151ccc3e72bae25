//! Link layers that are seldom captured now: token ring, FDDI, ARCNET, ATM, frame relay, IEEE 1394,
//! `InfiniBand`.

use super::layer::{Layer, Next};
use super::view::View;
use super::{Skip, llc};
use etherparse::EtherType;

/// Token ring (IEEE 802.5): a route follows the addresses if the source has its group bit set.
pub(super) fn token_ring(view: View<'_>) -> Next<'_> {
    const ADDRESSES: usize = 14;
    let routed = view.u8(8)? & 0x80 != 0;
    let route = if routed { view.u8(ADDRESSES)? & 0x1f } else { 0 };
    Ok((Layer::Llc, view.skip(ADDRESSES + usize::from(route))?))
}

/// FDDI: frame control and two addresses.
pub(super) fn fddi(view: View<'_>) -> Next<'_> {
    Ok((Layer::Llc, view.skip(13)?))
}

/// ARCNET with the protocol at `type_at`. The protocols of RFC 1201 have three more header bytes
/// than that of RFC 1051; frames that are split are not read.
pub(super) fn arcnet(view: View<'_>, type_at: usize) -> Next<'_> {
    const IP_RFC1051: u8 = 240;
    const IP_RFC1201: u8 = 212;
    const IPV6: u8 = 196;
    match view.u8(type_at)? {
        IP_RFC1051 => Ok((Layer::Ip, view.skip(type_at + 1)?)),
        IP_RFC1201 | IPV6 if view.u8(type_at + 1)? == 0 => Ok((Layer::Ip, view.skip(type_at + 4)?)),
        _ => Err(Skip::NotIp),
    }
}

/// ATM (RFC 2684): LLC, or IP on a circuit of its own.
pub(super) fn atm(view: View<'_>) -> Next<'_> {
    match view.u8(0)? {
        0xaa | 0xfe => Ok((Layer::Llc, view)),
        _ => Ok((Layer::Ip, view)),
    }
}

/// Frame relay: an address that ends at a byte with its low bit set, then RFC 2427, or Cisco's
/// `EtherType`.
pub(super) fn frame_relay(view: View<'_>) -> Next<'_> {
    const UNNUMBERED: u8 = 0x03;
    const PAD: u8 = 0;
    // Two to four bytes (ITU-T Q.922).
    let is_last = |at: &usize| view.u8(*at).is_ok_and(|byte| byte & 1 == 1);
    let len = 1 + (1..4).find(is_last).unwrap_or(3);
    if view.u8(len)? != UNNUMBERED {
        return Ok((Layer::EtherType(EtherType(view.be16(len)?)), view.skip(len + 2)?));
    }
    let padding = usize::from(view.u8(len + 1)? == PAD);
    llc::network_layer(view.skip(len + 1 + padding)?)
}

/// A header of fixed length that ends with an `EtherType` at `type_at`.
pub(super) fn typed(view: View<'_>, type_at: usize, header_len: usize) -> Next<'_> {
    Ok((Layer::EtherType(EtherType(view.be16(type_at)?)), view.skip(header_len)?))
}
