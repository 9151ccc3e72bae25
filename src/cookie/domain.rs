//! Hosts and cookie domains (RFC 6265bis sections 5.1.2 and 5.1.3) and the public suffix list.

use super::bytes::trim;
use super::plain_url::PlainUrl;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// A request's host in canonical form: lower case, international names in their ASCII form, IP
/// addresses as they are usually written (IPv6 without brackets).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host {
    text: Arc<str>,
    address: Option<IpAddr>,
    /// Where in the text its site begins: it is asked for more often than hosts are read.
    site: usize,
}

impl Host {
    /// Reads a host without port. `None` where the bytes cannot name a host.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = trim(text);
        if let Some(inner) = text.strip_prefix(b"[") {
            let inner = std::str::from_utf8(inner.strip_suffix(b"]")?).ok()?;
            return Some(Self::from(IpAddr::V6(inner.parse::<Ipv6Addr>().ok()?)));
        }
        let name = canonical_name(text)?;
        match name.parse::<Ipv4Addr>() {
            Ok(address) => Some(Self::from(IpAddr::V4(address))),
            Err(_) => Some(Self::named(name.into())),
        }
    }

    /// Reads a `Host` header or an authority: a host and, where written, its port.
    pub fn from_authority(text: &[u8]) -> Option<(Self, Option<u16>)> {
        let text = trim(text);
        let bracket = memchr::memrchr(b']', text).unwrap_or(0);
        let Some(colon) = memchr::memrchr(b':', &text[bracket..]) else {
            return Some((Self::parse(text)?, None));
        };
        let (host, port) = text.split_at(bracket + colon);
        let port = std::str::from_utf8(&port[1..]).ok()?;
        let port = if port.is_empty() { None } else { Some(port.parse().ok()?) };
        Some((Self::parse(host)?, port))
    }

    /// The host of a URL that needed no parser.
    pub(super) fn of_plain(url: &PlainUrl<'_>) -> Self {
        let text: Arc<str> = url.host.into();
        match url.address {
            Some(address) => Self { text, address: Some(IpAddr::V4(address)), site: 0 },
            None => Self::named(text),
        }
    }

    /// A host that is no address.
    fn named(text: Arc<str>) -> Self {
        let site = registrable_domain(&text).map_or(0, |site| text.len() - site.len());
        Self { text, address: None, site }
    }

    /// A host from text that is canonical already.
    pub(super) fn from_canonical(text: &str) -> Self {
        match text.parse::<IpAddr>() {
            Ok(address) => Self::from(address),
            Err(_) => Self::named(text.into()),
        }
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the host is an IP address. Addresses have no parents and share nothing.
    pub const fn is_address(&self) -> bool {
        self.address.is_some()
    }

    /// Whether the host is this machine: `localhost`, a name below it, or a loopback address.
    ///
    /// Browsers trust such hosts as if they were reached over TLS (W3C Secure Contexts 3.1).
    pub fn is_loopback(&self) -> bool {
        match self.address {
            Some(address) => address.is_loopback(),
            None => &*self.text == "localhost" || self.text.ends_with(".localhost"),
        }
    }

    /// Whether a cookie for `domain` reaches this host (RFC 6265bis section 5.1.3).
    pub fn matches_domain(&self, domain: &str) -> bool {
        &*self.text == domain || (!self.is_address() && is_below(&self.text, domain))
    }

    /// What "same site" compares: the registrable domain, or the host itself where there is none.
    pub fn site(&self) -> &str {
        &self.text[self.site..]
    }

    /// The same to keep, without a copy where it is the host itself.
    pub(super) fn kept_site(&self) -> Arc<str> {
        let site = self.site();
        if site.len() == self.text.len() { Arc::clone(&self.text) } else { site.into() }
    }
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        Self { text: address.to_string().into(), address: Some(address), site: 0 }
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// A domain name in lower-case ASCII. Names that need no IDNA are only lower-cased, so that odd
/// ones (`_dmarc.test`, `a..b`) survive as they are.
pub fn canonical_name(text: &[u8]) -> Option<String> {
    let label_byte = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    let text = std::str::from_utf8(text).ok()?;
    if !text.is_empty() && text.bytes().all(label_byte) {
        return Some(text.to_ascii_lowercase());
    }
    let text = text.to_lowercase();
    if text.is_empty() {
        None
    } else if text.bytes().all(label_byte) {
        Some(text)
    } else if text.is_ascii() {
        None
    } else {
        match url::Host::parse(&text).ok()? {
            url::Host::Domain(name) => Some(name),
            url::Host::Ipv4(_) | url::Host::Ipv6(_) => None,
        }
    }
}

/// Whether `name` ends with a dot and `parent`.
pub(super) fn is_below(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'))
}

/// Whether nobody can own `name` itself: `com`, `co.uk`, `github.io`, any single label.
pub fn is_public_suffix(name: &str) -> bool {
    psl::suffix_str(name) == Some(name)
}

/// The shortest name at or above `name` that somebody can own (private section included).
pub fn registrable_domain(name: &str) -> Option<&str> {
    if name.starts_with('.') { None } else { psl::domain_str(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        Host::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn hosts_become_canonical() {
        let cases = [
            ("Shop.TEST", "shop.test"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "::1"),
            ("[2001:DB8:0::1]", "2001:db8::1"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
            ("my_host.test", "my_host.test"),
            ("domain..tld", "domain..tld"),
            (" a.test ", "a.test"),
        ];
        for (text, canonical) in cases {
            assert_eq!(host(text).as_str(), canonical, "{text}");
        }
    }

    #[test]
    fn what_cannot_name_a_host_is_none() {
        for text in ["", " ", "a b", "a/b", "a:80", "[::1", "::1", "user@host", "[x]"] {
            assert_eq!(Host::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Host::parse(b"a\xff.test"), None);
    }

    #[test]
    fn an_authority_is_a_host_and_perhaps_a_port() {
        let read = |text: &str| Host::from_authority(text.as_bytes());
        assert_eq!(read("a.test:8080"), Some((host("a.test"), Some(8080))));
        assert_eq!(read("a.test"), Some((host("a.test"), None)));
        assert_eq!(read("a.test:"), Some((host("a.test"), None)));
        assert_eq!(read("[::1]:5000"), Some((host("[::1]"), Some(5000))));
        assert_eq!(read("[::1]"), Some((host("[::1]"), None)));
        for wrong in ["a.test:http", "a.test:70000", ":80", ""] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_domain_reaches_itself_and_its_children_only() {
        let cases = [
            ("shop.test", "shop.test", true),
            ("www.shop.test", "shop.test", true),
            ("a.b.shop.test", "shop.test", true),
            ("myshop.test", "shop.test", false),
            ("shop.test", "www.shop.test", false),
            ("10.77.0.1", "10.77.0.1", true),
            ("10.77.0.1", "0.1", false),
            ("shop.test", "", false),
        ];
        for (name, domain, reaches) in cases {
            assert_eq!(host(name).matches_domain(domain), reaches, "{name} {domain}");
        }
    }

    #[test]
    fn this_machine_has_several_names() {
        for name in ["localhost", "app.localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]"] {
            assert!(host(name).is_loopback(), "{name}");
        }
        for name in ["localhost.test", "notlocalhost", "10.0.0.1", "127.0.0.1.test", "[::2]"] {
            assert!(!host(name).is_loopback(), "{name}");
        }
    }

    #[test]
    fn sites_are_registrable_domains_with_private_suffixes() {
        let cases = [
            ("www.shop.test", "shop.test"),
            ("shop.test", "shop.test"),
            ("a.b.co.uk", "b.co.uk"),
            ("me.github.io", "me.github.io"),
            ("deep.me.github.io", "me.github.io"),
            ("localhost", "localhost"),
            ("10.77.0.1", "10.77.0.1"),
        ];
        for (name, site) in cases {
            assert_eq!(host(name).site(), site, "{name}");
        }
        for suffix in ["com", "co.uk", "github.io", "test", "localhost"] {
            assert!(is_public_suffix(suffix), "{suffix}");
        }
        assert!(!is_public_suffix("shop.test"));
    }
}
