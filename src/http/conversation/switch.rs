//! What a connection becomes after `101 Switching Protocols`, or a CONNECT that was granted.

use crate::http::Headers;

/// Protocols to which connections are upgraded (the IANA registry of upgrade tokens).
const KNOWN: [(&str, &str); 4] = [
    ("websocket", "the connection goes on as a WebSocket, which is not read"),
    ("h2c", "the connection goes on in HTTP/2, which is not read"),
    ("tls", "the connection goes on in TLS, which is not read"),
    ("connect-udp", "the connection goes on as a tunnel for UDP, which is not read"),
];

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
