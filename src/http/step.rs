//! What a [`Reader`](super::reader::Reader) says of the stream that it cuts into messages.

use super::exchange::Position;
use super::head::Head;
use super::probe::Looks;
use crate::tcp::Mark;

/// Where a message began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    /// The segment with its first byte.
    pub mark: Mark,
    /// The stream offset of its first byte.
    pub offset: u64,
}

impl Origin {
    /// The position of a message of which nothing more has been seen yet.
    pub fn position(&self) -> Position {
        let Mark { packet, time, .. } = self.mark;
        Position { packet, time, last_packet: packet, last_time: time, turn: packet }
    }
}

/// What a stretch of the stream is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// Part of something that is not whole yet, or line ends between messages.
    Nothing,
    /// A whole head, blank line included.
    Head(Looks, Head<'a>, Origin),
    /// A head that runs on past the cap; what has been seen of it.
    LongHead(Vec<u8>, Origin),
    /// Body bytes; none where these are of the coding that the body is in.
    Body(&'a [u8]),
    /// Part of the coding that the body is in, which is lenient in this way.
    Odd(&'static str),
    /// The body is over, since the next message begins; its coding has no end.
    Unended,
    /// The body's framing broke; the message ends here, incomplete.
    Broken(&'static str),
    /// Bytes that belong to no message, and where they began.
    Junk(Origin),
    /// The same where nothing else could be hoped for: after a hole, or at the beginning.
    PassedOver,
}

/// What a hole in the stream did.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Hole {
    /// It lies in a body whose frame goes on.
    InBody,
    /// The body's end was in it, or can no longer be found. So many bytes at the end of the hole
    /// belong to later messages for sure.
    EndsBody(u64),
    /// A head lost its end.
    InHead(Vec<u8>, Origin),
    /// It lies between messages, as far as can be told. So many bytes at the end of the hole belong
    /// to messages for sure.
    Outside(u64),
}

/// What the end of the direction ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ended {
    /// A body that only the end of the connection could end, and that is now complete.
    pub complete: bool,
    /// A head that is not whole.
    pub head: Option<(Vec<u8>, Origin)>,
    /// Where bytes began that might have become one, and are none.
    pub junk: Option<Origin>,
}
