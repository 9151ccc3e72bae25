//! Copies of the same bytes that disagree, told where those bytes turn up.

use super::Conversation;
use crate::note::NoteKind;
use crate::tcp::Side;

/// Disagreements that are remembered until their bytes come.
const MAX_OVERLAPS: usize = 64;

/// A copy of bytes to come that said something else.
#[derive(Debug)]
pub(super) struct Overlap {
    side: Side,
    offset: u64,
    packet: u64,
}

impl Conversation {
    /// A packet brought a copy of bytes that are waiting for their turn, at this offset of the
    /// stream, and it disagrees with them.
    pub fn overlap(&mut self, side: Side, offset: u64, packet: u64) {
        if self.overlaps.len() < MAX_OVERLAPS {
            self.overlaps.push(Overlap { side, offset, packet });
        }
    }

    /// Notes the disagreements about bytes before `end` with the message that is being read.
    pub(super) fn tell_overlaps(&mut self, side: Side, end: u64) {
        if self.overlaps.is_empty() {
            return;
        }
        let is_here = |overlap: &Overlap| overlap.side == side && overlap.offset < end;
        let (here, later) =
            std::mem::take(&mut self.overlaps).into_iter().partition::<Vec<_>, _>(is_here);
        self.overlaps = later;
        let text =
            format!("bytes of the {} came twice and differ; the first were kept", self.what(side));
        for Overlap { packet, .. } in here {
            if let Some(open) = self.newest(side) {
                open.note(NoteKind::Overlap, packet, text.clone());
            }
        }
    }

    /// The exchange whose message `side` is sending, or has sent last: one without a body is over
    /// when its head is.
    fn newest(&mut self, side: Side) -> Option<&mut super::Open> {
        if self.is_client(side) {
            return self.open.back_mut();
        }
        self.answering.and_then(|index| self.open.get_mut(index))
    }
}
