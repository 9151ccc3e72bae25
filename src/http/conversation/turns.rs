//! What came first, where the capture has the two directions of a connection out of step: each by a
//! capture card of its own, or with a clock of its own.
//!
//! A message comes after what its sender had read. So it counts as a later packet than it is, if that
//! was captured later.

use crate::http::step::Origin;

/// What is known of the order of messages.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// The response that began last: where in its stream, and as which packet it counts.
    newest: Option<(u64, u64)>,
    told: bool,
}

impl Turns {
    /// As which packet a request counts: a client that has read of the newest response asks after it.
    pub fn of_request(&self, origin: Origin) -> u64 {
        let has_read = |offset: u64| origin.mark.acked.is_some_and(|acked| acked > offset);
        let after = self.newest.filter(|(offset, _)| has_read(*offset));
        after.map_or(0, |(_, turn)| turn + 1).max(origin.mark.packet)
    }

    /// As which packet a response counts: it comes after its request, which counts as `asked`.
    pub fn of_response(&mut self, origin: Origin, asked: u64) -> u64 {
        let turn = asked.max(origin.mark.packet);
        self.newest = Some((origin.offset, turn));
        turn
    }

    /// Whether a message counts as another packet than it is, and that is the first of the connection.
    pub fn first_time(&mut self, origin: Origin, turn: u64) -> bool {
        turn > origin.mark.packet && !std::mem::replace(&mut self.told, true)
    }
}
