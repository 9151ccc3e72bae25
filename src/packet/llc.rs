//! IEEE 802.2 logical link control, with SNAP: what 802.3 length frames, Wi-Fi, token ring, FDDI
//! and ATM have in place of an `EtherType`. Also the network-layer protocol numbers of ISO 9577,
//! which stand in the same place on ATM and frame relay (RFC 2427, RFC 2684).

use super::Skip;
use super::layer::{Layer, Next};
use super::view::View;
use etherparse::EtherType;

/// An LLC header, unnumbered information: two service access points and a control byte.
pub(super) fn open(view: View<'_>) -> Next<'_> {
    const UNNUMBERED: u8 = 0x03;
    let (points, control, rest) = (view.be16(0)?, view.u8(2)?, view.skip(3)?);
    match (points, control) {
        (0xaaaa, UNNUMBERED) => snap(rest),
        (0x0606, UNNUMBERED) => Ok((Layer::Ip, rest)),
        (0xfefe, UNNUMBERED) => network_layer(rest),
        _ => Err(Skip::NotIp),
    }
}

/// What a network-layer protocol number announces.
pub(super) fn network_layer(view: View<'_>) -> Next<'_> {
    let rest = view.skip(1)?;
    match view.u8(0)? {
        0xcc | 0x8e => Ok((Layer::Ip, rest)),
        0xcf => Ok((Layer::PPP, rest)),
        0x80 => snap(rest),
        _ => Err(Skip::NotIp),
    }
}

/// SNAP: an organisation and its protocol number.
fn snap(view: View<'_>) -> Next<'_> {
    let organisation = view.be32(0)? >> 8;
    let protocol = view.be16(3)?;
    match (organisation, protocol) {
        // Plain encapsulation (RFC 1042), and the bridge-tunnel variant of 802.1H.
        (0x00_0000 | 0x00_00f8, kind) => Ok((Layer::EtherType(EtherType(kind)), view.skip(5)?)),
        // Bridged Ethernet over ATM, with or without its checksum; two bytes align it.
        (0x00_80c2, 0x0001 | 0x0007) => Ok((Layer::ETHERNET, view.skip(7)?)),
        _ => Err(Skip::NotIp),
    }
}
