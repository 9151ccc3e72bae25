//! Packets to segments, and each segment to the lane of its connection.

use super::counts::Counts;
use super::lane::lane_of;
use super::load::{Load, Sorted};
use crate::capture::Packet;
use crate::limits::{Budget, FragmentLimits};
use crate::packet::{self, Decoder, Segment, Skip};

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
        self.decoded(packet)
    }

    fn decoded<'a>(&'a mut self, packet: &Packet<'a>) -> Option<Segment<'a>> {
        match self.decoder.decode(packet) {
            Ok(segment) => Some(segment),
            Err(skip) => {
                self.counts.skip(packet, skip);
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
    pub fn sort(&mut self, load: &mut Load, mut is_wanted: impl FnMut(&Packet<'_>) -> bool) {
        let Load { batch, sorted } = load;
        sorted.begin(self.lanes);
        for packet in batch.packets() {
            if !is_wanted(&packet) {
                continue;
            }
            self.unpacking.counts.add(&packet);
            if let Some(segment) = packet::usual(&packet) {
                sorted.add(lane_of(&segment, self.lanes), &segment, batch.bytes());
                continue;
            }
            self.add_any(&packet, sorted, batch.bytes());
        }
    }

    #[inline(never)]
    fn add_any(&mut self, packet: &Packet<'_>, sorted: &mut Sorted, bytes: &[u8]) {
        if let Some(segment) = self.unpacking.decoded(packet) {
            sorted.add(lane_of(&segment, self.lanes), &segment, bytes);
        }
        self.unpacking.settle();
    }

    /// What has been read so far, with what the lanes found in it.
    pub fn counts<'a>(&self, lanes: impl IntoIterator<Item = &'a super::Lane>) -> Counts {
        let mut counts = self.unpacking.counts().clone();
        lanes.into_iter().for_each(|lane| counts.add_flows(lane.counts()));
        counts
    }
}
