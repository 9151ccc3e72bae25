//! Which reader a link type has.

use super::layer::{Layer, Next};
use super::pseudo::Cooked;
use super::view::View;
use super::{Skip, ethernet, juniper, legacy, ppp, pseudo, wifi};
use crate::capture::LinkType;

/// Reads a link-layer header.
pub(super) fn open(link: LinkType, view: View<'_>) -> Next<'_> {
    match link {
        LinkType::ETHERNET => ethernet::frame(view),
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 => Ok((Layer::Ip, view)),
        LinkType::LINUX_SLL => pseudo::cooked(view, Cooked::FIRST),
        LinkType::LINUX_SLL2 => pseudo::cooked(view, Cooked::SECOND),
        LinkType::NULL | LinkType::LOOP => pseudo::loopback(view),
        LinkType::IEEE802_11 => wifi::frame(view),
        LinkType::IEEE802_11_RADIOTAP => wifi::radiotap(view),
        LinkType::IEEE802_11_PRISM => wifi::prism(view),
        LinkType::IEEE802_11_AVS => wifi::avs(view),
        LinkType::PPP => ppp::frame(view),
        LinkType::PPP_HDLC => ppp::hdlc(view),
        LinkType::PPP_ETHER => ppp::session(view),
        LinkType::PPP_PPPD => ppp::pppd(view),
        LinkType::PPP_WITH_DIR => ppp::frame(view.skip(1)?),
        LinkType::C_HDLC => ppp::cisco_hdlc(view),
        LinkType::C_HDLC_WITH_DIR => ppp::cisco_hdlc(view.skip(1)?),
        LinkType::MPLS => Ok((Layer::MPLS, view)),
        LinkType::NFLOG => pseudo::netfilter_log(view),
        LinkType::PFLOG => pseudo::filter_log(view),
        LinkType::ENC => pseudo::enc(view),
        LinkType::PPI => pseudo::per_packet_information(view),
        LinkType::PKTAP => pseudo::packet_tap(view),
        LinkType::USER_2 if pseudo::is_packet_tap(view) => pseudo::packet_tap(view),
        LinkType::ERF => pseudo::endace(view),
        LinkType::JUNIPER_ETHER => juniper::open(LinkType::ETHERNET, view),
        LinkType::JUNIPER_PPP => juniper::open(LinkType::PPP, view),
        LinkType::JUNIPER_FRELAY => juniper::open(LinkType::FRELAY, view),
        LinkType::JUNIPER_CHDLC => juniper::open(LinkType::C_HDLC, view),
        LinkType::IEEE802_5 => legacy::token_ring(view),
        LinkType::FDDI => legacy::fddi(view),
        LinkType::ARCNET_BSD => legacy::arcnet(view, 2),
        LinkType::ARCNET_LINUX => legacy::arcnet(view, 4),
        LinkType::ATM_RFC1483 => legacy::atm(view),
        LinkType::FRELAY => legacy::frame_relay(view),
        LinkType::FRELAY_WITH_DIR => legacy::frame_relay(view.skip(1)?),
        LinkType::IP_OVER_IEEE1394 => legacy::typed(view, 16, 18),
        LinkType::IP_OVER_INFINIBAND => legacy::typed(view, 40, 44),
        _ => Err(Skip::UnknownLinkType),
    }
}
