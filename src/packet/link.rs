//! Link-layer headers: from the first byte of a packet to its IP header.

use super::Skip;
use crate::capture::LinkType;
use etherparse::{EtherType, Ethernet2HeaderSlice, SingleVlanHeaderSlice};

/// How many VLAN tags are looked behind. Two are in use (802.1ad); more would be a loop of forgery.
const MAX_VLAN_TAGS: usize = 4;

/// The bytes from the IP header on.
pub(super) fn strip(link: LinkType, data: &[u8]) -> Result<&[u8], Skip> {
    match link {
        LinkType::ETHERNET => ethernet(data),
        LinkType::LINUX_SLL => cooked(data, 14, 16),
        LinkType::LINUX_SLL2 => cooked(data, 0, 20),
        LinkType::NULL | LinkType::LOOP => loopback(data),
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 => Ok(data),
        _ => Err(Skip::UnknownLinkType),
    }
}

fn ethernet(data: &[u8]) -> Result<&[u8], Skip> {
    let header = Ethernet2HeaderSlice::from_slice(data).map_err(|_| Skip::BadHeader)?;
    by_ether_type(header.ether_type(), &data[header.slice().len()..])
}

/// Linux cooked capture: the EtherType lies at `type_at`, the header is `header_len` bytes long.
fn cooked(data: &[u8], type_at: usize, header_len: usize) -> Result<&[u8], Skip> {
    let (Some(protocol), Some(rest)) = (data.get(type_at..type_at + 2), data.get(header_len..))
    else {
        return Err(Skip::BadHeader);
    };
    by_ether_type(EtherType(u16::from_be_bytes([protocol[0], protocol[1]])), rest)
}

/// BSD loopback: a 4-byte address family. Its numbers and byte order differ by system, so the IP
/// version nibble behind it decides.
fn loopback(data: &[u8]) -> Result<&[u8], Skip> {
    let rest = data.get(4..).ok_or(Skip::BadHeader)?;
    match rest.first().map(|byte| byte >> 4) {
        Some(4 | 6) => Ok(rest),
        Some(_) => Err(Skip::NotIp),
        None => Err(Skip::BadHeader),
    }
}

fn by_ether_type(mut ether_type: EtherType, mut data: &[u8]) -> Result<&[u8], Skip> {
    for _ in 0..=MAX_VLAN_TAGS {
        match ether_type {
            EtherType::IPV4 | EtherType::IPV6 => return Ok(data),
            EtherType::VLAN_TAGGED_FRAME
            | EtherType::PROVIDER_BRIDGING
            | EtherType::VLAN_DOUBLE_TAGGED_FRAME => {
                let tag = SingleVlanHeaderSlice::from_slice(data).map_err(|_| Skip::BadHeader)?;
                ether_type = tag.ether_type();
                data = &data[tag.slice().len()..];
            }
            _ => return Err(Skip::NotIp),
        }
    }
    Err(Skip::BadHeader)
}
