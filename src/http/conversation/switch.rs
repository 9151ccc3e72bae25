//! What a connection becomes after `101 Switching Protocols`, or a CONNECT that was granted.

use super::{Becomes, Conversation};
use crate::http::Headers;
use crate::http::open::Open;
use crate::http::reader::Reader;
use crate::note::NoteKind;
use crate::tcp::Side;

/// Protocols to which connections are upgraded (the IANA registry of upgrade tokens).
const KNOWN: [(&str, &str); 4] = [
    ("websocket", "the connection goes on as a WebSocket, which is not read"),
    ("h2c", "the connection goes on in HTTP/2, which is not read"),
    ("tls", "the connection goes on in TLS, which is not read"),
    ("connect-udp", "the connection goes on as a tunnel for UDP, which is not read"),
];

/// What a response makes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Switch {
    /// A tunnel (CONNECT, RFC 9110 section 9.3.6).
    Tunnel,
    /// Another protocol (section 15.2.2).
    Protocol,
    /// Another protocol, so it says; but nobody spoke of one, or it may be part of a body.
    Doubted,
}

impl Switch {
    /// What the response of an exchange makes of it, if that is anything.
    pub fn of(open: &Open, status: u16, headers: &Headers) -> Option<Self> {
        let names = |headers: &Headers| headers.first("upgrade").is_some();
        match &open.exchange.request {
            _ if is_tunnel(open.method(), status) => Some(Self::Tunnel),
            _ if status != 101 => None,
            Some(request)
                if (names(&request.headers) || names(headers))
                    && !open.has_note(NoteKind::DoubtfulPairing) =>
            {
                Some(Self::Protocol)
            }
            _ => Some(Self::Doubted),
        }
    }

    /// What is said of it.
    pub fn told(self, headers: &Headers) -> &'static str {
        match self {
            Self::Tunnel => "a tunnel begins: HTTP/1 in it is read, anything else is passed over",
            Self::Doubted => {
                "another protocol is said to follow, for which nobody is known to have asked: HTTP/1 \
                 is looked for all the same"
            }
            Self::Protocol => {
                let first = headers.list("upgrade").next().unwrap_or_default();
                let name = first.split(|byte| *byte == b'/').next().unwrap_or_default();
                let known =
                    KNOWN.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
                known.map_or(
                    "the connection goes on in another protocol, which is not read",
                    |(_, text)| text,
                )
            }
        }
    }
}

/// Whether a response grants a tunnel.
fn is_tunnel(method: Option<&[u8]>, status: u16) -> bool {
    method == Some(b"CONNECT") && (200..300).contains(&status)
}

impl Conversation {
    /// What follows is something else; of the client, once the request is whole: its body may still be on
    /// its way (RFC 9110 section 7.8).
    pub(super) fn switch(&mut self, server: Side, to: Switch) {
        if to == Switch::Tunnel {
            self.becomes = Becomes::Tunnel;
        }
        if to != Switch::Protocol {
            self.readers.iter_mut().for_each(Reader::go_seeking);
            return;
        }
        self.readers[server.index()].go_blind();
        let client = server.other();
        let is_whole = self.current(client).is_none();
        let reader = &mut self.readers[client.index()];
        if is_whole { reader.go_blind() } else { reader.go_blind_next() }
    }
}
