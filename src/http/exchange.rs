//! What the engine gives: one request and the response that answers it.

use super::body::Body;
use super::head::{RequestLine, StatusLine};
use super::headers::Headers;
use crate::note::Note;
use crate::time::Timestamp;
use std::fmt;
use std::net::SocketAddr;

/// An HTTP version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// The digit before the dot.
    pub major: u8,
    /// The digit after it.
    pub minor: u8,
}

/// `HTTP/1.1`, and `HTTP/2` for versions that have no minor number.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { major: 2.., minor: 0 } => write!(f, "HTTP/{}", self.major),
            Self { major, minor } => write!(f, "HTTP/{major}.{minor}"),
        }
    }
}

/// Where and when a message begins and ends in the capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The packet that carried its first byte.
    pub packet: u64,
    /// The time of that packet.
    pub time: Timestamp,
    /// The packet that carried its last byte seen.
    pub last_packet: u64,
    /// The time of that packet.
    pub last_time: Timestamp,
    /// The packet as which it counts when one asks what came first: its own, but where the capture has
    /// the two directions out of step, one no earlier than that of what its sender had read.
    pub turn: u64,
}

/// A message: a start line, header fields, a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<S> {
    /// Where it lies in the capture.
    pub at: Position,
    /// The request line or the status line.
    pub start: S,
    /// The header fields.
    pub headers: Headers,
    /// The body.
    pub body: Body,
}

impl<S> Message<S> {
    /// About how many bytes it takes beside itself.
    pub(super) fn weight(&self) -> usize {
        // Start lines are short; an interim response lies in a list.
        size_of::<Self>() + self.headers.weight() + self.body.kept.capacity()
    }
}

/// A request.
pub type Request = Message<RequestLine>;

/// A response.
pub type Response = Message<StatusLine>;

/// A request with its response. At least one of the two was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The connection it took place on, from 1 in capture order.
    pub connection: u64,
    /// The time of the connection's first packet.
    pub connected: Timestamp,
    /// Who asked.
    pub client: SocketAddr,
    /// Who answered.
    pub server: SocketAddr,
    /// The request, if it was captured.
    pub request: Option<Request>,
    /// The final response, if it was captured.
    pub response: Option<Response>,
    /// Interim (1xx) responses before the final one.
    pub interim: Vec<Response>,
    /// What was odd.
    pub notes: Vec<Note>,
}

impl Exchange {
    /// Whether it has no message at all.
    pub(super) fn is_empty(&self) -> bool {
        self.request.is_none() && self.response.is_none() && self.interim.is_empty()
    }

    /// About how many bytes of memory it takes.
    pub fn weight(&self) -> usize {
        let request = self.request.as_ref().map_or(0, Message::weight);
        let response = self.response.as_ref().map_or(0, Message::weight);
        let interim: usize = self.interim.iter().map(Message::weight).sum();
        size_of::<Self>() + request + response + interim
    }

    /// The packet it begins with: that of the request, or of the response where there is none.
    pub fn first_packet(&self) -> u64 {
        let request = self.request.as_ref().map(|request| request.at.packet);
        let response = self.response.as_ref().or(self.interim.first());
        request.or(response.map(|response| response.at.packet)).unwrap_or(0)
    }
}
