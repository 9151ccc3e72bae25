//! What an IP packet carries, where that is not yet TCP: tunnels, and headers between.

use super::layer::{Ends, Layer, Next};
use super::view::View;
use super::{Skip, gre, ip, udp};
use etherparse::IpNumber;

/// MPLS straight in IP (RFC 4023).
const MPLS_IN_IP: IpNumber = IpNumber(137);
/// An Ethernet frame straight in IP (RFC 8986 section 10.1).
const ETHERNET: IpNumber = IpNumber(143);

/// What an IP protocol number announces.
pub(super) fn open<'a>(number: IpNumber, ends: Ends<'a>, view: View<'a>) -> Next<'a> {
    match number {
        IpNumber::UDP => udp::open(view),
        IpNumber::IPV4 | IpNumber::IPV6 => Ok((Layer::Ip, view)),
        IpNumber::GRE => gre::open(view),
        IpNumber::ETHER_IP => Ok((Layer::ETHERNET, view.skip(2)?)),
        ETHERNET => Ok((Layer::ETHERNET, view)),
        MPLS_IN_IP => Ok((Layer::MPLS, view)),
        IpNumber::AUTHENTICATION_HEADER => ip::authentication(ends, view),
        IpNumber::IPV6_ROUTE_HEADER => ip::routing(ends, view),
        IpNumber::IPV6_HEADER_HOP_BY_HOP
        | IpNumber::IPV6_DESTINATION_OPTIONS
        | IpNumber::MOBILITY_HEADER
        | IpNumber::HIP
        | IpNumber::SHIM6 => ip::extension(ends, view),
        IpNumber::IPV6_FRAGMENTATION_HEADER => ip::fragment(ends, view),
        IpNumber::ENCAPSULATING_SECURITY_PAYLOAD => Err(Skip::Encrypted),
        _ => Err(Skip::NotTcp),
    }
}
