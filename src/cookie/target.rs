//! Where a request goes, as far as cookies care.

use super::domain::Host;
use super::path::path_of;
use super::plain_url::PlainUrl;

/// The two schemes that carry cookies. `ws` counts as `http`, `wss` as `https`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// The word before `://`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that need not be named.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Where a request goes, and so where its response comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The scheme.
    pub scheme: Scheme,
    /// The host that the client addressed (`Host`, `:authority`), not the packet's address.
    pub host: Host,
    /// The port. Cookies ignore it; it is kept for whoever shows the target.
    pub port: u16,
    /// The path without query, `/` at least.
    pub path: Vec<u8>,
}

impl Target {
    /// A target from its parts. `request_target` may carry a query, which is dropped.
    pub fn new(scheme: Scheme, host: Host, port: u16, request_target: &[u8]) -> Self {
        Self { scheme, host, port, path: path_of(request_target).to_vec() }
    }

    /// Reads an absolute `http`, `https`, `ws` or `wss` URL.
    pub fn from_url(url: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(url).ok()?;
        if let Some(plain) = PlainUrl::read(text) {
            return Some(Self::of_plain(&plain));
        }
        let url = url::Url::parse(text).ok()?;
        let scheme = match url.scheme() {
            "http" | "ws" => Scheme::Http,
            "https" | "wss" => Scheme::Https,
            _ => return None,
        };
        let host = Host::parse(url.host_str()?.as_bytes())?;
        Some(Self::new(scheme, host, url.port_or_known_default()?, url.path().as_bytes()))
    }

    /// The target of a URL that needed no parser.
    fn of_plain(url: &PlainUrl<'_>) -> Self {
        let port = url.port.unwrap_or(url.scheme.default_port());
        Self::new(url.scheme, Host::of_plain(url), port, url.path.as_bytes())
    }

    /// Whether both belong to one site: same registrable domain and same scheme, as Chromium and
    /// HTML ("schemeful same-site") have it.
    pub fn is_same_site(&self, other: &Self) -> bool {
        self.scheme == other.scheme
            && (self.host == other.host || self.host.site() == other.host.site())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::from_url(url.as_bytes()).unwrap()
    }

    #[test]
    fn urls_become_targets() {
        let read = target("https://Shop.test/app/x?next=/y#z");
        assert_eq!((read.scheme, read.host.as_str(), read.port), (Scheme::Https, "shop.test", 443));
        assert_eq!(read.path, b"/app/x");
        assert_eq!(target("ws://a.test").scheme.word(), "http");
        for wrong in ["null", "about:client", "ftp://a.test/", "//a.test/", ""] {
            assert_eq!(Target::from_url(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn a_site_ignores_port_and_sub_domain_but_not_the_scheme() {
        let shop = target("http://shop.test/");
        assert!(shop.is_same_site(&target("http://www.shop.test:8080/x")));
        assert!(!shop.is_same_site(&target("https://shop.test/")));
        assert!(!shop.is_same_site(&target("http://evil.test/")));
        assert!(!target("http://localhost/").is_same_site(&target("http://127.0.0.1/")));
    }
}
