//! One direction of a connection: its assembler, and what is known of its limits: where it began,
//! how far the receiver has got, where it will end, and which bytes can no longer come.

use super::assembler::Assembler;
use super::connection::Mark;
use super::seq::{Origin, Seq};
use crate::limits::TcpLimits;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// An acknowledgment further ahead than this is taken as forged or broken: believing it would
/// throw away the stream. It is a generous receive window.
const PLAUSIBLE_ACK: u64 = 64 << 20;

/// Holes left by the snap length that are remembered at a time. Those beyond are found like any
/// other hole, only later.
const MAX_CUTS: usize = 4096;

/// One direction of a connection.
#[derive(Debug, Default)]
pub(super) struct Half {
    pub assembler: Assembler<Mark>,
    /// A segment of this direction has been seen.
    pub seen: bool,
    /// Its end has been delivered.
    pub ended: bool,
    /// Where the FIN or the RST lies.
    pub fin: Option<u64>,
    /// How far the receiver is known to have got.
    pub acked: u64,
    origin: Option<Origin>,
    /// Bytes that the snap length cut off: start to end.
    cuts: BTreeMap<u64, u64>,
    waiting: Option<Waiting>,
    /// The packet at which the assembler last began to hold something back.
    held_since: Option<u64>,
}

/// Since when, and at which byte, the stream waits for bytes that the receiver already has.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    at: u64,
    since: Timestamp,
    segments_left: u32,
}

impl Half {
    /// The sequence number of stream offset 0.
    pub fn origin(&self) -> Option<Seq> {
        self.origin.map(|origin| origin.0)
    }

    /// Sets where the stream begins, unless that is known already.
    pub fn begin(&mut self, first: Seq) {
        self.origin.get_or_insert(Origin(first));
    }

    /// The offset of the next byte to be delivered.
    pub fn next(&self) -> u64 {
        self.assembler.next_offset()
    }

    /// The stream offset of a sequence number, `None` before the beginning.
    pub fn offset(&self, seq: Seq) -> Option<u64> {
        self.origin?.offset(seq, self.next())
    }

    /// The receiver says that it has everything before `ack`. Gives the offset, if it is plausible.
    pub fn acknowledge(&mut self, ack: Seq) -> Option<u64> {
        let offset = self.offset(ack)?;
        if offset > self.next() + PLAUSIBLE_ACK {
            return None;
        }
        // A FIN counts as one sequence number, but is no byte.
        let offset = self.fin.map_or(offset, |fin| offset.min(fin));
        self.acked = self.acked.max(offset);
        Some(offset)
    }

    /// Bytes at `start` that were on the wire, but not in the packet.
    pub fn cut(&mut self, start: u64, len: u32) {
        if len > 0 && self.cuts.len() < MAX_CUTS {
            let end = self.cuts.entry(start).or_default();
            *end = (*end).max(start + u64::from(len));
        }
    }

    /// Skips bytes that the snap length cut off, if they are next: how many.
    pub fn skip_cut(&mut self) -> u64 {
        while let Some(cut) =
            self.cuts.first_entry().filter(|cut| *cut.key() <= self.assembler.next_offset())
        {
            let skipped = self.assembler.skip_to(cut.remove());
            if skipped > 0 {
                return skipped;
            }
        }
        0
    }

    /// Whether the first stored chunk is next in line.
    pub fn has_ready(&self) -> Option<Mark> {
        let (offset, mark) = self.assembler.first_stored()?;
        (offset == self.next()).then_some(mark)
    }

    /// Whether more is held back than the limits allow.
    pub fn is_full(&self, limits: &TcpLimits) -> bool {
        self.assembler.stored_bytes() > limits.held_bytes
            || self.assembler.stored_chunks() > limits.held_chunks
    }

    /// Keeps count of how long bytes that the receiver has are missing here.
    pub fn count_patience(&mut self, now: Timestamp, limits: &TcpLimits) {
        let at = self.next();
        if self.acked <= at || self.ended {
            self.waiting = None;
            return;
        }
        match &mut self.waiting {
            Some(waiting) if waiting.at == at => {
                let late = now.since(waiting.since).as_secs() >= limits.patience_seconds;
                let left = waiting.segments_left.saturating_sub(1);
                waiting.segments_left = if late { 0 } else { left };
            }
            other => {
                let segments_left = limits.patience_segments;
                *other = Some(Waiting { at, since: now, segments_left });
            }
        }
    }

    /// Whether the wait for bytes that the receiver has should end.
    pub fn is_out_of_patience(&self) -> bool {
        self.waiting.is_some_and(|waiting| waiting.segments_left == 0 && waiting.at == self.next())
    }

    /// Gives up what is missing before the next stored chunk, or else before the known end.
    pub fn skip_missing(&mut self) -> u64 {
        let known_end = self.fin.unwrap_or(self.acked).max(self.acked);
        let stop = self.assembler.first_stored().map_or(known_end, |(offset, _)| offset);
        self.assembler.skip_to(stop)
    }

    /// Remembers since which packet something is held back, for [`Half::held_since`].
    pub fn note_held(&mut self, packet: u64) {
        if self.assembler.stored_chunks() == 0 {
            self.held_since = None;
        } else {
            self.held_since.get_or_insert(packet);
        }
    }

    /// A packet no later than the oldest whose bytes are held back.
    pub fn held_since(&self) -> Option<u64> {
        self.held_since.filter(|_| self.assembler.stored_chunks() > 0)
    }
}
