//! Whether a response without a request answers one that was lost, or none: servers say of their own
//! accord that they have waited too long (408).

use crate::tcp::{Mark, Side};

/// What was read of each direction.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// How far, as offsets of the streams.
    to: [u64; 2],
    has_holes: [bool; 2],
    /// Both were read from where they begin.
    pub is_from_start: bool,
    /// A response was told with its request for sure. Before that, the request of any may have been
    /// sent before the capture began, unless the capture has the connection from its beginning.
    pub is_answered: bool,
}

impl Heard {
    /// The streams begin at these offsets, and nothing was said before the capture began.
    pub fn begin_at(&mut self, starts: [u64; 2]) {
        self.to = starts;
        self.is_from_start = true;
    }

    /// Bytes came that end at this offset.
    #[inline]
    pub fn bytes(&mut self, side: Side, end: u64) {
        self.to[side.index()] = end;
    }

    /// Bytes are missing.
    pub fn hole(&mut self, side: Side) {
        self.has_holes[side.index()] = true;
    }

    /// Whether all has been read that this side has sent.
    pub fn is_whole(&self, side: Side) -> bool {
        self.is_from_start && !self.has_holes[side.index()]
    }

    /// Whether all has been read that the other side had received of `client` when it sent `mark`.
    pub fn has_all(&self, client: Side, mark: Mark) -> bool {
        let end = self.to[client.index()];
        (self.is_answered || self.is_from_start)
            && !self.has_holes[client.index()]
            && mark.acked.is_some_and(|acked| acked <= end)
    }
}
