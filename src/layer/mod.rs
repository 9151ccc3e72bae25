//! Which protocol speaks on a connection. Ports say nothing; the first bytes do.
//!
//! HTTP/1 is looked for at the start of every segment until it is found, so a stream joined midway,
//! or one that begins with another protocol (a proxy handshake), is still recognised.

use crate::http::{Conversation, Exchange, Peers, Reading};
use crate::tcp::{Event, Side, What};

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
}

/// What is spoken on one connection.
#[derive(Debug, Default)]
pub struct Layer {
    protocol: Protocol,
    /// Made with the first payload, so that connections without any cost nothing.
    conversation: Option<Box<Conversation>>,
}

impl Layer {
    /// The protocol found so far.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Takes the next event of the connection.
    pub fn push(&mut self, event: &Event<'_>, peers: Peers, reading: Reading) {
        if let What::Data(bytes) = &event.what
            && self.protocol == Protocol::Unknown
        {
            self.protocol = recognise(event.side, event.offset, bytes);
        }
        let is_data = matches!(event.what, What::Data(_));
        if matches!(self.protocol, Protocol::Tls | Protocol::Http2)
            || (self.conversation.is_none() && !is_data)
        {
            return;
        }
        let conversation =
            self.conversation.get_or_insert_with(|| Box::new(Conversation::new(peers, reading)));
        conversation.push(event);
        if conversation.is_http() {
            self.protocol = Protocol::Http1;
        }
    }

    /// The next finished exchange.
    pub fn pop(&mut self) -> Option<Exchange> {
        self.conversation.as_mut()?.pop()
    }

    /// A packet no later than the first of every exchange that is not finished.
    pub fn oldest_open(&self) -> Option<u64> {
        self.conversation.as_ref()?.oldest_open()
    }
}

/// Protocols told by the first bytes of a stream: the HTTP/2 preface (RFC 9113 section 3.4), and a
/// TLS handshake record (RFC 8446 section 5.1).
fn recognise(side: Side, offset: u64, bytes: &[u8]) -> Protocol {
    if side != Side::Originator || offset != 0 {
        return Protocol::Unknown;
    }
    match bytes {
        [0x16, 0x03, 0..=4, ..] => Protocol::Tls,
        _ if bytes.starts_with(b"PRI * HTTP/2.0\r\n") => Protocol::Http2,
        _ => Protocol::Unknown,
    }
}
