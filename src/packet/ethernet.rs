//! Ethernet frames, and what an `EtherType` announces, wherever one stands.

use super::layer::{Layer, Next};
use super::view::View;
use super::{Skip, llc, mpls, ppp};
use etherparse::EtherType;

/// The largest value that is a length and not a type (IEEE 802.3 clause 3.2.6).
const MAX_LENGTH: u16 = 1500;

/// PPP over Ethernet, session stage (RFC 2516).
const PPPOE_SESSION: EtherType = EtherType(0x8864);
/// MPLS unicast and multicast (RFC 5332).
const MPLS: EtherType = EtherType(0x8847);
const MPLS_MULTICAST: EtherType = EtherType(0x8848);
/// A whole Ethernet frame inside a tunnel (RFC 1701).
const BRIDGED: EtherType = EtherType(0x6558);
/// PPP inside GRE (RFC 2637).
const PPP: EtherType = EtherType(0x880b);
/// The service tag of a provider backbone bridge: a whole customer frame follows (802.1ah).
const BACKBONE_SERVICE_TAG: EtherType = EtherType(0x88e7);
/// Cisco `FabricPath`: a tag, then the whole frame as it came in.
const FABRIC_PATH: EtherType = EtherType(0x8903);
/// The port tags between a switch and its extenders: Cisco VN-Tag, and E-Tag (802.1BR).
const VN_TAG: EtherType = EtherType(0x8926);
const E_TAG: EtherType = EtherType(0x893f);
/// The service header that steers traffic through a chain of functions (RFC 8300).
const NSH: EtherType = EtherType(0x894f);

/// Frames between the bridges of a campus (RFC 6325 section 3).
const TRILL: EtherType = EtherType(0x22f3);
/// The tag of redundant rings (IEC 62439-3).
const HSR: EtherType = EtherType(0x892f);
/// A frame of 802.2 too long to say how long it is.
const JUMBO: EtherType = EtherType(0x8870);
/// Cisco's tag of a frame's security group.
const CISCO_METADATA: EtherType = EtherType(0x8909);

/// An Ethernet frame, from its destination address on.
pub(super) fn frame(view: View<'_>) -> Next<'_> {
    Ok(type_or_length(view.be16(12)?, view.skip(14)?))
}

/// What an `EtherType` announces.
pub(super) fn by_type(kind: EtherType, view: View<'_>) -> Next<'_> {
    match kind {
        EtherType::IPV4 | EtherType::IPV6 => Ok((Layer::Ip, view)),
        // The older private numbers for outer tags, 0x9100 and 0x9200, are still met.
        EtherType::VLAN_TAGGED_FRAME
        | EtherType::PROVIDER_BRIDGING
        | EtherType::VLAN_DOUBLE_TAGGED_FRAME
        | EtherType(0x9200) => Ok(type_or_length(view.be16(2)?, view.skip(4)?)),
        MPLS | MPLS_MULTICAST => mpls::stack(view),
        PPPOE_SESSION => ppp::session(view),
        BRIDGED => Ok((Layer::ETHERNET, view)),
        PPP => Ok((Layer::PPP, view)),
        BACKBONE_SERVICE_TAG => Ok((Layer::ETHERNET, view.skip(4)?)),
        FABRIC_PATH => Ok((Layer::ETHERNET, view.skip(2)?)),
        VN_TAG | HSR => Ok(type_or_length(view.be16(4)?, view.skip(6)?)),
        E_TAG => Ok(type_or_length(view.be16(6)?, view.skip(8)?)),
        NSH => service_chain(view),
        JUMBO => Ok((Layer::Llc, view)),
        TRILL => {
            let options = usize::from(view.be16(0)? >> 6 & 0x1f);
            Ok((Layer::ETHERNET, view.skip(6 + 4 * options)?))
        }
        CISCO_METADATA => {
            let end = 2 + 4 * usize::from(view.u8(1)?);
            Ok(type_or_length(view.be16(end)?, view.skip(end + 2)?))
        }
        EtherType::MACSEC => secured(view),
        _ => Err(Skip::NotIp),
    }
}

/// Whether these could be the bytes of an Ethernet frame that leads to IP. Asked where nothing
/// announces what follows.
pub(super) fn is_plausible(view: View<'_>) -> bool {
    let (Ok(field), Ok(rest)) = (view.be16(12), view.skip(14)) else { return false };
    if field > MAX_LENGTH {
        return is_read(EtherType(field));
    }
    usize::from(field) <= rest.wire_len() && llc::open(rest).is_ok()
}

/// The types that [`by_type`] looks behind.
const fn is_read(kind: EtherType) -> bool {
    matches!(
        kind,
        EtherType::IPV4
            | EtherType::IPV6
            | EtherType::VLAN_TAGGED_FRAME
            | EtherType::PROVIDER_BRIDGING
            | EtherType::VLAN_DOUBLE_TAGGED_FRAME
            | EtherType(0x9200)
            | MPLS
            | MPLS_MULTICAST
            | PPPOE_SESSION
            | BRIDGED
            | PPP
            | BACKBONE_SERVICE_TAG
            | FABRIC_PATH
            | VN_TAG
            | HSR
            | E_TAG
            | NSH
            | JUMBO
            | TRILL
            | CISCO_METADATA
            | EtherType::MACSEC
    )
}

/// The field behind the addresses or a tag: a length if it is small enough, then LLC follows.
fn type_or_length(field: u16, view: View<'_>) -> (Layer<'_>, View<'_>) {
    if field > MAX_LENGTH {
        return (Layer::EtherType(EtherType(field)), view);
    }
    (Layer::Llc, view.limit(usize::from(field)))
}

/// The tag of MAC security (IEEE 802.1AE clause 9.3). What is only signed can be read.
fn secured(view: View<'_>) -> Next<'_> {
    const HAS_CHANNEL: u8 = 0x20;
    const ENCRYPTED_OR_CHANGED: u8 = 0x0c;
    let flags = view.u8(0)?;
    if flags & ENCRYPTED_OR_CHANGED != 0 {
        return Err(Skip::Encrypted);
    }
    let len = if flags & HAS_CHANNEL == 0 { 6 } else { 14 };
    Ok(type_or_length(view.be16(len)?, view.skip(len + 2)?))
}

/// NSH: its length in 4-byte words, and its own numbers for what follows.
fn service_chain(view: View<'_>) -> Next<'_> {
    let words = view.be16(0)? & 0x3f;
    let rest = view.skip(usize::from(words) * 4)?;
    service_payload(view.u8(3)?, rest)
}

/// The next-protocol numbers that NSH and VXLAN-GPE share (RFC 8300 section 2.2).
pub(super) fn service_payload(number: u8, view: View<'_>) -> Next<'_> {
    match number {
        1 | 2 => Ok((Layer::Ip, view)),
        3 => Ok((Layer::ETHERNET, view)),
        4 => Ok((Layer::EtherType(NSH), view)),
        5 => Ok((Layer::MPLS, view)),
        _ => Err(Skip::NotIp),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn every_type_that_is_looked_behind_is_plausible() {
        for kind in MAX_LENGTH + 1..=u16::MAX {
            // Too short for any header, but those of which none is needed.
            let is_known = by_type(EtherType(kind), View::whole(&[])) != Err(Skip::NotIp);
            let frame = samples::ether(kind, &[]);
            assert_eq!(is_plausible(View::whole(&frame)), is_known, "{kind:04x}");
        }
    }

    #[test]
    fn a_length_is_plausible_only_before_802_2() {
        let snap = [&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0][..], &samples::ip()].concat();
        let length = u16::try_from(snap.len()).unwrap();
        for (length, body, expected) in
            [(length, &snap, true), (length + 1, &snap, false), (length, &samples::ip(), false)]
        {
            let frame = samples::ether(length, body);
            assert_eq!(is_plausible(View::whole(&frame)), expected, "{length}");
        }
        assert!(!is_plausible(View::whole(&[0; 13])));
    }
}
