//! PPP in its framings: bare, behind HDLC, Cisco's HDLC, PPP over Ethernet.
//!
//! Limits: compressed headers (Van Jacobson) and multilink fragments are not read, and of bridged
//! frames only those of Ethernet.

use super::Skip;
use super::layer::{Layer, Next};
use super::view::View;
use etherparse::EtherType;

/// A PPP frame (RFC 1661), whether or not it has the address and control bytes of RFC 1662.
pub(super) fn frame(view: View<'_>) -> Next<'_> {
    let view = if view.be16(0)? == 0xff03 { view.skip(2)? } else { view };
    // The last byte of a protocol number is odd, the first even: a lone odd byte is a compressed
    // number whose zero was left out.
    let first = view.u8(0)?;
    let (protocol, len) = if first & 1 == 1 { (first.into(), 1) } else { (view.be16(0)?, 2) };
    let rest = view.skip(len)?;
    match protocol {
        0x0021 | 0x0057 => Ok((Layer::Ip, rest)),
        0x0281 | 0x0283 => Ok((Layer::MPLS, rest)),
        0x0031 => bridged(rest),
        // Enciphered (RFC 1968), and MPPE (RFC 3078) as what it compresses.
        0x0053 | 0x00fd => Err(Skip::Encrypted),
        _ => Err(Skip::NotIp),
    }
}

/// A bridged frame (RFC 3518 section 4.3): flags, what kind it is, and perhaps the number of a LAN.
fn bridged(view: View<'_>) -> Next<'_> {
    const HAS_LAN: u8 = 0x40;
    const ETHERNET: u8 = 1;
    if view.u8(1)? != ETHERNET {
        return Err(Skip::NotIp);
    }
    let len = if view.u8(0)? & HAS_LAN == 0 { 2 } else { 6 };
    Ok((Layer::ETHERNET, view.skip(len)?))
}

/// PPP behind an HDLC address and control byte, or Cisco's HDLC, told apart by the address.
pub(super) fn hdlc(view: View<'_>) -> Next<'_> {
    match view.u8(0)? {
        0x0f | 0x8f => cisco_hdlc(view),
        _ => frame(view),
    }
}

/// Cisco's HDLC: address, control, and an `EtherType`.
pub(super) fn cisco_hdlc(view: View<'_>) -> Next<'_> {
    Ok((Layer::EtherType(EtherType(view.be16(2)?)), view.skip(4)?))
}

/// What Linux's pppd writes: the address byte gives the direction instead.
pub(super) fn pppd(view: View<'_>) -> Next<'_> {
    frame(view.skip(2)?)
}

/// A header of PPP over Ethernet (RFC 2516 section 4), which states how much is not Ethernet padding.
pub(super) fn session(view: View<'_>) -> Next<'_> {
    const SESSION_DATA: u8 = 0;
    if view.u8(1)? != SESSION_DATA {
        return Err(Skip::NotIp);
    }
    let len = usize::from(view.be16(4)?);
    Ok((Layer::PPP, view.skip(6)?.limit(len)))
}
