//! The TCP segment: what the next stage needs of a packet, and nothing else.

use super::pair::SocketPair;
use crate::time::Timestamp;

/// The TCP flags that matter for reassembly (RFC 9293 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are the four independent bits of a header")]
pub struct Flags {
    /// Synchronise sequence numbers.
    pub syn: bool,
    /// The acknowledgment field is significant.
    pub ack: bool,
    /// No more data from the sender.
    pub fin: bool,
    /// Reset the connection.
    pub rst: bool,
}

/// One TCP segment; its payload is borrowed from the packet.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a> {
    /// The packet that carried it.
    pub packet: u64,
    /// When that packet was captured.
    pub time: Timestamp,
    /// Who sent it, and to whom.
    pub pair: SocketPair,
    /// Sequence number of the first payload byte (of the SYN, where there is one).
    pub seq: u32,
    /// Acknowledgment number; meaningless unless the ACK flag is set.
    pub ack: u32,
    /// The flags.
    pub flags: Flags,
    /// The payload bytes that were captured.
    pub payload: &'a [u8],
    /// How many payload bytes followed on the wire and were not captured.
    pub cut: u32,
}
