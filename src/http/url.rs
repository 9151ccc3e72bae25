//! The URL that a request was for (RFC 9112 section 3.3).

use super::exchange::Request;
use std::borrow::Cow;
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

/// The URL of a request (RFC 9112 section 3.3), in pieces, so that it can be written without being
/// put together first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestUrl<'a> {
    /// Empty where the target is a whole URL.
    scheme: &'static str,
    host: Cow<'a, str>,
    path: &'a str,
}

impl RequestUrl<'_> {
    /// What the URL consists of, in order.
    pub fn pieces(&self) -> [&str; 4] {
        [self.scheme, if self.scheme.is_empty() { "" } else { "://" }, &self.host, self.path]
    }
}

impl fmt::Display for RequestUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces().iter().try_for_each(|piece| f.write_str(piece))
    }
}

impl Request {
    /// The URL that the request was for: its target if that is absolute, else the scheme, the Host
    /// header (or the server's address, where there is none) and the target. `None` if it is not
    /// valid UTF-8, or the target names no resource (`CONNECT`, or what is no path).
    pub fn url(&self, scheme: Scheme, server: SocketAddr) -> Option<RequestUrl<'_>> {
        let target = std::str::from_utf8(&self.start.target).ok()?;
        if is_absolute(target) {
            return Some(RequestUrl { scheme: "", host: "".into(), path: target });
        }
        if &*self.start.method == b"CONNECT" {
            return None;
        }
        let path = if target == "*" { "" } else { target };
        if !path.is_empty() && !path.starts_with('/') {
            return None;
        }
        let host = match self.headers.first("host").filter(|host| !host.is_empty()) {
            Some(host) => std::str::from_utf8(host).ok()?.into(),
            None if server.port() == scheme.default_port() => bare(server).into(),
            None => server.to_string().into(),
        };
        Some(RequestUrl { scheme: scheme.word(), host, path })
    }
}

/// Whether a target begins with a scheme (RFC 3986 section 3.1) and an authority.
fn is_absolute(target: &str) -> bool {
    if target.starts_with('/') {
        return false;
    }
    let is_of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    target.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(is_of_scheme)
    })
}

/// The address without its port, in brackets where a URL wants them.
fn bare(server: SocketAddr) -> String {
    match server {
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    }
}
