//! What a connection becomes after `101 Switching Protocols`, or a CONNECT that was granted.

use super::Conversation;
use crate::http::Headers;
use crate::tcp::Side;

/// Protocols to which connections are upgraded (the IANA registry of upgrade tokens).
const KNOWN: [(&str, &str); 4] = [
    ("websocket", "the connection goes on as a WebSocket, which is not read"),
    ("h2c", "the connection goes on in HTTP/2, which is not read"),
    ("tls", "the connection goes on in TLS, which is not read"),
    ("connect-udp", "the connection goes on as a tunnel for UDP, which is not read"),
];

impl Conversation {
    /// What follows is another protocol; of the client, once the request is whole: its body may still
    /// be on its way (RFC 9110 section 7.8).
    pub(super) fn switch(&mut self, server: Side) {
        self.readers[server.index()].go_blind();
        let client = server.other();
        let is_whole = self.current(client).is_none();
        let reader = &mut self.readers[client.index()];
        if is_whole { reader.go_blind() } else { reader.go_blind_next() }
    }
}

/// What is said of it.
pub(super) fn told(status: u16, headers: &Headers) -> &'static str {
    if status != 101 {
        return "a tunnel begins: HTTP/1 in it is read, anything else is passed over";
    }
    let first = headers.list("upgrade").next().unwrap_or_default();
    let name = first.split(|byte| *byte == b'/').next().unwrap_or_default();
    let known = KNOWN.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
    known.map_or("the connection goes on in another protocol, which is not read", |(_, text)| text)
}
