//! GTP-U version 1: what mobile networks carry their users' packets in (3GPP TS 29.281 section 5).

use super::layer::{Layer, Next};
use super::view::View;
use super::{Skip, ethernet, ip};

/// Version 1, and GTP rather than its charging variant.
const VERSION_MASK: u8 = 0xf0;
const VERSION_1: u8 = 0x30;
/// Any of: extension headers, sequence number, N-PDU number.
const OPTIONAL_FIELDS: u8 = 0x07;
const EXTENSIONS: u8 = 0x04;
/// The message that carries a user's packet.
const USER_PACKET: u8 = 255;

/// A GTP-U header on the port that is GTP's own.
pub(super) fn open(view: View<'_>) -> Next<'_> {
    let first = view.u8(0)?;
    if first & VERSION_MASK != VERSION_1 || view.u8(1)? != USER_PACKET {
        return Err(Skip::NotTcp);
    }
    let view = view.limit(8 + usize::from(view.be16(2)?));
    let mut body = view.skip(8)?;
    if first & OPTIONAL_FIELDS != 0 {
        let next = if first & EXTENSIONS == 0 { 0 } else { body.u8(3)? };
        body = skip_extensions(next, body.skip(4)?)?;
    }
    match body.u8(0)? >> 4 {
        // The network may also be one of Ethernet; its addresses may begin with anything.
        _ if ethernet::is_plausible(body) && !ip::is_exact(body) => Ok((Layer::ETHERNET, body)),
        4 | 6 => Ok((Layer::Ip, body)),
        _ => Err(Skip::NotTcp),
    }
}

/// The same on any port, which asks that both stated lengths fit to the byte.
pub(super) fn open_strictly(view: View<'_>) -> Next<'_> {
    let (layer, body) = open(view)?;
    let fits = 8 + usize::from(view.be16(2)?) == view.wire_len() && ip::is_exact(body);
    if fits { Ok((layer, body)) } else { Err(Skip::NotTcp) }
}

/// Extension headers: each begins with its length in 4-byte words, and ends with what comes next.
fn skip_extensions(mut next: u8, mut view: View<'_>) -> Result<View<'_>, Skip> {
    while next != 0 {
        let len = usize::from(view.u8(0)?) * 4;
        next = view.u8(len.checked_sub(1).ok_or(Skip::BadHeader)?)?;
        view = view.skip(len)?;
    }
    Ok(view)
}
