//! F5 BIG-IP persistence cookies, which give away the address of the server behind it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use crate::session::encoding::{decimal, hex, split_first};
use crate::session::format::Format;
use crate::session::reading::{Confidence, Kind, Reading};
use crate::session::{Context, Cookie};

/// `BIGipServer<pool>`.
pub struct BigIp;

impl Format for BigIp {
    fn name(&self) -> &'static str {
        "bigip"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let payload = plain(cookie.value)
            .or_else(|| route_domain(cookie.value))
            .or_else(|| ipv6(cookie.value));
        let (confidence, why) = if cookie.name.starts_with(b"BIGipServer") {
            (Confidence::Certain, "the name that BIG-IP gives its persistence cookies")
        } else if payload.as_ref().is_some_and(is_inside) {
            (Confidence::High, "an address and a port inside a network, as BIG-IP writes them")
        } else {
            return None;
        };
        Some(Reading {
            payload,
            ..Reading::new(self.name(), confidence, Kind::Infrastructure, why)
        })
    }
}

/// Whether a server is one that a load balancer could have behind it: in a private network (RFC
/// 1918), on a port. Numbers that look like an address by chance rarely are.
fn is_inside(server: &Value) -> bool {
    let ip = server["ip"].as_str().and_then(|ip| ip.parse().ok());
    let is_private = match ip {
        Some(IpAddr::V4(ip)) => ip.is_private(),
        Some(IpAddr::V6(ip)) => ip.is_unique_local(),
        None => false,
    };
    is_private && server["port"] != 0
}

fn server(ip: impl Into<IpAddr>, port: u16) -> Value {
    json!({ "ip": ip.into().to_string(), "port": port })
}

/// A port whose bytes are swapped.
fn swapped(text: &[u8]) -> Option<u16> {
    Some(u16::try_from(decimal(text)?).ok()?.swap_bytes())
}

/// `address.port.0000`, the address as a little-endian number.
fn plain(value: &[u8]) -> Option<Value> {
    let (address, port) = split_first(value.strip_suffix(b".0000")?, b'.')?;
    let address = u32::try_from(decimal(address)?).ok()?.swap_bytes();
    Some(server(Ipv4Addr::from_bits(address), swapped(port)?))
}

/// `rd<domain>o<address>o<port>`, the address as IPv6, which may hold an IPv4 one.
fn route_domain(value: &[u8]) -> Option<Value> {
    let (domain, rest) = split_first(value.strip_prefix(b"rd")?, b'o')?;
    let (address, port) = split_first(rest, b'o')?;
    let address = Ipv6Addr::from(<[u8; 16]>::try_from(hex(address)?).ok()?);
    let address = address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4);
    let mut value = server(address, u16::try_from(decimal(port)?).ok()?);
    value["route_domain"] = Value::from(decimal(domain)?);
    Some(value)
}

/// `vi<address>.<port>`.
fn ipv6(value: &[u8]) -> Option<Value> {
    let (address, port) = split_first(value.strip_prefix(b"vi")?, b'.')?;
    Some(server(Ipv6Addr::from(<[u8; 16]>::try_from(hex(address)?).ok()?), swapped(port)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn under_another_name_only_an_inner_address_is_believed() {
        let read = |name: &str, value: &str| {
            let cookie = Cookie::new(name.as_bytes(), value.as_bytes());
            BigIp.recognise(&cookie, &Context::default()).map(|reading| reading.confidence)
        };
        assert_eq!(read("upload", "2097152010.20480.0000"), Some(Confidence::High));
        assert_eq!(read("upload", "134744072.20480.0000"), None, "8.8.8.8");
        assert_eq!(read("upload", "2097152010.0.0000"), None);
        assert_eq!(read("BIGipServerweb", "!encrypted"), Some(Confidence::Certain));
    }

    #[test]
    fn the_documented_example_decodes() {
        assert_eq!(
            plain(b"375537930.544.0000"),
            Some(json!({ "ip": "10.65.98.22", "port": 8194 }))
        );
        assert_eq!(plain(b"375537930.99999.0000"), None);
        assert_eq!(plain(b"!encrypted"), None);
    }
}
