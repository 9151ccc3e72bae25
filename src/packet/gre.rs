//! Generic routing encapsulation (RFC 2784, RFC 2890), PPTP's variant of it (RFC 2637), and the
//! mirrored frames of ERSPAN and the Wi-Fi frames of Aruba inside it.

use super::layer::{Layer, Next};
use super::view::View;
use super::{Skip, wifi};
use crate::capture::LinkType;
use etherparse::EtherType;

const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
/// Version 1 only: an acknowledgment number is there.
const ACKNOWLEDGMENT: u16 = 0x0080;
const VERSION: u16 = 0x0007;

/// A GRE header, and what it carries.
pub(super) fn open(view: View<'_>) -> Next<'_> {
    let (flags, kind) = (view.be16(0)?, view.be16(2)?);
    match flags & VERSION {
        0 => version0(flags, kind, view),
        1 => version1(flags, kind, view),
        _ => Err(Skip::NotTcp),
    }
}

fn version0(flags: u16, kind: u16, view: View<'_>) -> Next<'_> {
    // With either flag, checksum and offset are both there.
    let mut body = view.skip(if flags & (CHECKSUM | ROUTING) == 0 { 4 } else { 8 })?;
    body = body.skip(if flags & KEY == 0 { 0 } else { 4 })?;
    body = body.skip(if flags & SEQUENCE == 0 { 0 } else { 4 })?;
    if flags & ROUTING != 0 {
        body = skip_routes(body)?;
    }
    match kind {
        // Of ERSPAN's types I and II, only the latter has a header, and only it is numbered. Some
        // send type III, of version 2, under the same number.
        0x88be if flags & SEQUENCE == 0 => Ok((Layer::ETHERNET, body)),
        0x88be if body.u8(0)? >> 4 == 2 => erspan3(body),
        0x88be => Ok((Layer::ETHERNET, body.skip(8)?)),
        0x8200..=0x82ff => wifi::tunnelled(body),
        0x6559 => Ok((Layer::Link(LinkType::FRELAY), body)),
        0x22eb => erspan3(body),
        0x883e => redirected(body),
        _ => Ok((Layer::EtherType(EtherType(kind)), body)),
    }
}

/// Source routes (RFC 1701): family, offset, length; an empty one of no family ends the list.
fn skip_routes(mut view: View<'_>) -> Result<View<'_>, Skip> {
    loop {
        let (family, len) = (view.be16(0)?, usize::from(view.u8(3)?));
        view = view.skip(4 + len)?;
        if family == 0 && len == 0 {
            return Ok(view);
        }
    }
}

/// ERSPAN type III: twelve bytes, eight more if the last bit says so; an Ethernet frame or IP.
fn erspan3(view: View<'_>) -> Next<'_> {
    const IP: u16 = 2;
    let word = view.be16(10)?;
    let body = view.skip(if word & 1 == 0 { 12 } else { 20 })?;
    let frame_type = word >> 10 & 0x1f;
    Ok(if frame_type == IP { (Layer::Ip, body) } else { (Layer::ETHERNET, body) })
}

/// Traffic sent to a web cache (WCCP): version 2 puts four bytes before the IP header.
fn redirected(view: View<'_>) -> Next<'_> {
    let header = if view.u8(0)? >> 4 == 4 { 0 } else { 4 };
    Ok((Layer::Ip, view.skip(header)?))
}

/// Version 1: the key field states the payload's length.
fn version1(flags: u16, kind: u16, view: View<'_>) -> Next<'_> {
    /// `MikroTik`'s Ethernet over IP, which borrows this header.
    const ETHERNET_OVER_IP: u16 = 0x6400;
    let len = usize::from(view.be16(4)?);
    let mut body = view.skip(8)?;
    body = body.skip(if flags & SEQUENCE == 0 { 0 } else { 4 })?;
    body = body.skip(if flags & ACKNOWLEDGMENT == 0 { 0 } else { 4 })?;
    let layer = match kind {
        ETHERNET_OVER_IP => Layer::ETHERNET,
        _ => Layer::EtherType(EtherType(kind)),
    };
    // A bare acknowledgment carries nothing.
    if len == 0 { Err(Skip::NotTcp) } else { Ok((layer, body.limit(len))) }
}
