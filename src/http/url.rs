//! The URL that a request was for (RFC 9112 section 3.3).

use super::exchange::Request;
use std::fmt;
use std::net::SocketAddr;

/// The scheme of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scheme {
    /// In clear.
    #[default]
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// `http` or `https`.
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

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The URL of a request: its target if that is absolute, else the scheme, the Host header (or the
/// server's address, where there is none) and the target. `None` if it is not valid UTF-8, or the
/// target names no resource (`CONNECT`).
pub fn request_url(request: &Request, scheme: Scheme, server: SocketAddr) -> Option<String> {
    let target = std::str::from_utf8(&request.start.target).ok()?;
    if target.contains("://") && !target.starts_with('/') {
        return Some(target.to_owned());
    }
    if &*request.start.method == b"CONNECT" {
        return None;
    }
    let path = if target == "*" { "" } else { target };
    let host = match request.headers.first("host").filter(|host| !host.is_empty()) {
        Some(host) => std::str::from_utf8(host).ok()?.to_owned(),
        None if server.port() == scheme.default_port() => bare(server),
        None => server.to_string(),
    };
    Some(format!("{scheme}://{host}{path}"))
}

/// The address without its port, in brackets where a URL wants them.
fn bare(server: SocketAddr) -> String {
    match server {
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    }
}
