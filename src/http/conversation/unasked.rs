//! Whether a response without a request answers one that was lost, or none: servers say of their own
//! accord that they have waited too long (408).

use crate::tcp::{Mark, Side};

/// What was read of each direction.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Where each begins, if the capture has that: none begins far from where numbers do.
    starts: [u32; 2],
    /// How far, as offsets of the streams.
    to: [u64; 2],
    /// Where bytes were last missing, if that may hide what is asked about; 0 if none were.
    holes: [u64; 2],
    /// Whether the capture lacks them; else they are there, and cannot be read.
    is_lacking: [bool; 2],
    /// Both were read from where they begin.
    pub is_from_start: bool,
    /// A response was told with its request for sure. Before that, the request of any may have been
    /// sent before the capture began, unless the capture has the connection from its beginning.
    pub is_answered: bool,
}

impl Heard {
    /// The streams begin at these offsets, and nothing was said before the capture began.
    pub fn begin_at(&mut self, starts: [u64; 2]) {
        self.starts = starts.map(|start| u32::try_from(start).unwrap_or(u32::MAX));
        self.to = starts;
        self.is_from_start = true;
    }

    /// Whether a stream begins at this offset.
    pub fn is_first(&self, side: Side, offset: u64) -> bool {
        self.is_from_start && u64::from(self.starts[side.index()]) == offset
    }

    /// Bytes came that end at this offset.
    #[inline]
    pub fn bytes(&mut self, side: Side, end: u64) {
        self.to[side.index()] = end;
    }

    /// The capture lacks bytes.
    pub fn gap(&mut self, side: Side) {
        self.is_lacking[side.index()] = true;
        self.hole(side);
    }

    /// Bytes are missing, or cannot be read.
    pub fn hole(&mut self, side: Side) {
        self.hole_at(side, self.to[side.index()]);
    }

    /// The same, before this offset.
    pub fn hole_at(&mut self, side: Side, end: u64) {
        self.holes[side.index()] = end.max(1);
    }

    /// How far a side was read.
    pub fn end_of(&self, side: Side) -> u64 {
        self.to[side.index()]
    }

    /// Whether bytes are missing that may hide what is asked about.
    #[inline]
    pub fn has_holes(&self) -> bool {
        self.holes != [0; 2]
    }

    /// A response was told with the request of `client` that begins at `start`: what is missing before
    /// hides no request that is still to be answered.
    pub fn fill_before(&mut self, client: Side, start: u64) {
        let hole = &mut self.holes[client.index()];
        if *hole <= start {
            *hole = 0;
            self.is_lacking[client.index()] = false;
        }
    }

    /// Whether all has been read that this side has sent.
    pub fn is_whole(&self, side: Side) -> bool {
        self.is_from_start && self.holes[side.index()] == 0
    }

    /// Whether the capture has all that this side has sent, be it that not all of it can be read.
    pub fn is_whole_but_unread(&self, side: Side) -> bool {
        self.is_from_start && !self.is_lacking[side.index()]
    }

    /// Whether all has been read that the other side had received of `client` when it sent `mark`.
    pub fn has_all(&self, client: Side, mark: Mark) -> bool {
        self.holes[client.index()] == 0 && self.lacks_nothing(client, mark)
    }

    /// Whether the capture has all of that, be it that not all of it can be read.
    pub fn lacks_nothing(&self, client: Side, mark: Mark) -> bool {
        let end = self.to[client.index()];
        (self.is_answered || self.is_from_start)
            && !self.is_lacking[client.index()]
            && mark.acked.is_some_and(|acked| acked <= end)
    }
}
