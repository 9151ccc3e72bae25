//! From streams to exchanges: HTTP/1 heads, framing, bodies, and which response answers which
//! request (RFC 9110, RFC 9112).
//!
//! [`Conversation`] takes the ordered events of one connection and gives [`Exchange`]s. Header
//! names and values stay the bytes they were, in their order and with duplicates; this module
//! does not know what a cookie is.

mod body;
mod chunked;
mod content;
mod conversation;
mod exchange;
mod framing;
mod head;
mod headers;
mod lenient;
mod open;
mod pairing;
mod probe;
mod reader;
#[cfg(test)]
pub(crate) mod samples;
mod scan;
mod seek;
mod step;
mod url;

pub use self::url::{RequestUrl, Scheme};
pub use body::{Body, KeepBodies};
pub use content::{Decoded, Problem, codings, decode_content};
pub use conversation::{Conversation, Peers, Reading, Sacrifice};
pub use exchange::{Exchange, Message, Position, Request, Response, Version};
pub use head::{RequestLine, StatusLine};
pub use headers::{Headers, Look};
pub use probe::{Looks, probe};
