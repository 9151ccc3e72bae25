//! Which protocol speaks on a connection. Ports say nothing; the first bytes do.
//!
//! HTTP/1 is not decided here: it is looked for at the start of every segment until it is found
//! (`http::probe`), so that a stream joined midway, or one that begins with another protocol (a
//! proxy's handshake), is still recognised.

/// A protocol, as far as the first bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Protocol {
    /// No payload was seen, or nothing that is known.
    #[default]
    Unknown,
    /// HTTP/1.
    Http1,
    /// HTTP/2 in clear.
    Http2,
    /// TLS.
    Tls,
}

impl Protocol {
    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Http1 => "http1",
            Self::Http2 => "http2",
            Self::Tls => "tls",
        }
    }

    /// Whether its streams can be read here.
    pub const fn is_readable(self) -> bool {
        matches!(self, Self::Unknown | Self::Http1)
    }
}

/// Recognises a protocol by the first bytes that the originator sends: the HTTP/2 preface (RFC 9113
/// section 3.4), or a TLS handshake record (RFC 8446 section 5.1).
pub fn recognise(bytes: &[u8]) -> Protocol {
    match bytes {
        [0x16, 0x03, 0..=4, ..] => Protocol::Tls,
        _ if bytes.starts_with(b"PRI * HTTP/2.0\r\n") => Protocol::Http2,
        _ => Protocol::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_decide() {
        for (bytes, protocol) in [
            (&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], Protocol::Http2),
            (b"\x16\x03\x01\x02\x00\x01", Protocol::Tls),
            (b"GET / HTTP/1.1\r\n", Protocol::Unknown),
            (b"", Protocol::Unknown),
        ] {
            assert_eq!(recognise(bytes), protocol);
        }
    }
}
