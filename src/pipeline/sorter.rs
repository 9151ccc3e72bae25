//! Packets to segments, and each segment to the lane of its connection.

use super::counts::Counts;
use super::lane::lane_of;
use crate::capture::{Batch, Packet};
use crate::limits::{Budget, FragmentLimits};
use crate::packet::{Decoder, Segment, Skip};

/// From packets to segments, and what is counted on the way.
#[derive(Debug)]
pub(super) struct Unpacking {
    decoder: Decoder,
    counts: Counts,
}

impl Unpacking {
    /// Nothing has been seen yet.
    pub fn new(limits: FragmentLimits) -> Self {
        Self { decoder: Decoder::new(limits), counts: Counts::default() }
    }

    /// What was counted of the packets; nothing of connections.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The segment of the next packet, if it has one. Afterwards comes [`Self::settle`].
    pub fn open<'a>(&'a mut self, packet: &Packet<'a>) -> Option<Segment<'a>> {
        self.counts.add(packet);
        match self.decoder.decode(packet) {
            Ok(segment) => Some(segment),
            Err(skip) => {
                *self.counts.skipped.entry(skip).or_default() += 1;
                None
            }
        }
    }

    /// A fragment counts as skipped until its datagram is whole.
    pub fn settle(&mut self) {
        if !self.decoder.has_news() {
            return;
        }
        let counts = &mut self.counts;
        counts.conflicts += self.decoder.take_conflicts();
        let joined = self.decoder.take_joined();
        let waiting = counts.skipped.get(&Skip::Fragment).copied().unwrap_or(0);
        if joined > 0 && joined >= waiting {
            counts.skipped.remove(&Skip::Fragment);
        } else if joined > 0 {
            counts.skipped.insert(Skip::Fragment, waiting - joined);
        }
    }
}

/// Packets that were read together, with their segments sorted by lane. It owns all its bytes, so
/// that several threads can share it.
#[derive(Debug, Default)]
pub struct Load {
    /// The packets.
    pub batch: Batch,
    /// Payloads that lie in no packet: those of datagrams that were put together from fragments.
    joined: Vec<u8>,
    lanes: Vec<Vec<Placed>>,
}

/// A segment without its payload, and where that lies.
#[derive(Debug, Clone, Copy)]
struct Placed {
    segment: Segment<'static>,
    at: usize,
    len: usize,
    is_joined: bool,
}

impl Load {
    /// The segments of one lane, in capture order.
    pub(super) fn segments(&self, lane: usize) -> impl Iterator<Item = Segment<'_>> {
        let placed = self.lanes.get(lane).map_or(&[][..], Vec::as_slice);
        placed.iter().map(|placed| {
            let bytes = if placed.is_joined { &self.joined[..] } else { self.batch.bytes() };
            let payload = bytes.get(placed.at..placed.at + placed.len).unwrap_or_default();
            Segment { payload, ..placed.segment }
        })
    }
}

/// Where `part` lies in `whole`, if it does.
fn place(part: &[u8], whole: &[u8]) -> Option<usize> {
    let at = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    (at + part.len() <= whole.len()).then_some(at)
}

/// Gives each connection to one of the lanes.
#[derive(Debug)]
pub struct Sorter {
    unpacking: Unpacking,
    lanes: usize,
}

impl Sorter {
    /// One that has seen nothing.
    pub fn new(budget: &Budget) -> Self {
        Self { unpacking: Unpacking::new(budget.fragments), lanes: budget.lanes.max(1) }
    }

    /// Sorts the packets of the load's batch that are wanted.
    ///
    /// # Errors
    /// What `is_wanted` fails with.
    pub fn sort<E>(
        &mut self,
        load: &mut Load,
        mut is_wanted: impl FnMut(&Packet<'_>) -> Result<bool, E>,
    ) -> Result<(), E> {
        let Load { batch, joined, lanes } = load;
        joined.clear();
        lanes.iter_mut().for_each(Vec::clear);
        lanes.resize_with(self.lanes, Vec::new);
        for packet in batch.packets() {
            if !is_wanted(&packet)? {
                continue;
            }
            if let Some(segment) = self.unpacking.open(&packet) {
                let payload = segment.payload;
                let found = place(payload, batch.bytes());
                let at = found.unwrap_or_else(|| {
                    joined.extend_from_slice(payload);
                    joined.len() - payload.len()
                });
                let (len, is_joined) = (payload.len(), found.is_none());
                let segment = Segment { payload: &[], ..segment };
                lanes[lane_of(&segment, self.lanes)].push(Placed { segment, at, len, is_joined });
            }
            self.unpacking.settle();
        }
        Ok(())
    }

    /// What has been read so far, with what the lanes found in it.
    pub fn counts<'a>(&self, lanes: impl IntoIterator<Item = &'a super::Lane>) -> Counts {
        let mut counts = self.unpacking.counts().clone();
        lanes.into_iter().for_each(|lane| counts.add_flows(lane.counts()));
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_part_is_found_where_it_lies_and_nowhere_else() {
        let whole = b"some bytes".to_vec();
        for (from, to) in [(0, 10), (3, 5), (10, 10), (0, 0)] {
            assert_eq!(place(&whole[from..to], &whole), Some(from));
        }
        let other = whole.clone();
        assert_eq!(place(&other[2..4], &whole), None);
        assert_eq!(place(&whole[2..9], &whole[4..]), None);
        assert_eq!(place(&whole[2..9], &whole[..8]), None);
    }
}
