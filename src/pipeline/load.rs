//! What is read at a time: packets, and where in them the segments of each lane lie.

use crate::capture::Batch;
use crate::packet::{Flags, Segment, SocketPair};
use crate::time::Timestamp;

/// Packets that were read together, with their segments sorted by lane. It owns all its bytes, so
/// that several threads can share it.
#[derive(Debug, Default)]
pub struct Load {
    /// The packets.
    pub batch: Batch,
    pub(super) sorted: Sorted,
}

impl Load {
    /// The segments of one lane, in capture order.
    pub(super) fn segments(&self, lane: usize) -> impl Iterator<Item = Segment<'_>> {
        let Sorted { joined, long, lanes } = &self.sorted;
        let placed = lanes.get(lane).map_or(&[][..], Vec::as_slice);
        placed.iter().filter_map(move |placed| {
            let bytes = if placed.is_joined { joined } else { self.batch.bytes() };
            placed.segment(bytes, long)
        })
    }
}

/// Segments without their payloads, by lane.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    /// Payloads that lie in no packet: those of datagrams that were put together from fragments.
    joined: Vec<u8>,
    /// Pairs that are not of IPv4.
    long: Vec<SocketPair>,
    lanes: Vec<Vec<Placed>>,
}

impl Sorted {
    /// Forgets the segments before, and takes those of so many lanes.
    pub fn begin(&mut self, lanes: usize) {
        self.joined.clear();
        self.long.clear();
        self.lanes.iter_mut().for_each(Vec::clear);
        self.lanes.resize_with(lanes, Vec::new);
    }

    /// Adds a segment, whose payload lies among `bytes` or is copied.
    #[inline]
    pub fn add(&mut self, lane: usize, segment: &Segment<'_>, bytes: &[u8]) {
        let payload = segment.payload;
        let found = place(payload, bytes);
        let at = found.unwrap_or_else(|| self.join(payload));
        let (ends, is_long) = match segment.pair {
            SocketPair::V4(ends) => (ends, false),
            long @ SocketPair::V6(_) => ([self.keep(long), 0], true),
        };
        self.lanes[lane].push(Placed {
            packet: segment.packet,
            nanos: segment.time.nanos(),
            digits: segment.time.digits(),
            ends,
            seq: segment.seq,
            ack: segment.ack,
            flags: segment.flags,
            cut: segment.cut,
            at: small(at),
            len: small(payload.len()),
            is_joined: found.is_none(),
            is_long,
        });
    }
}

impl Sorted {
    /// Copies a payload; gives its place.
    #[cold]
    fn join(&mut self, payload: &[u8]) -> usize {
        self.joined.extend_from_slice(payload);
        self.joined.len() - payload.len()
    }

    /// Keeps a pair; gives its place.
    #[inline(never)]
    fn keep(&mut self, pair: SocketPair) -> u64 {
        self.long.push(pair);
        self.long.len() as u64 - 1
    }
}

/// A segment without its payload, and where that lies. All of them pass from one core to another, so
/// each is made to fit one line of a cache.
#[derive(Debug, Clone, Copy)]
struct Placed {
    packet: u64,
    nanos: i64,
    digits: u8,
    is_joined: bool,
    is_long: bool,
    flags: Flags,
    /// The words of IPv4 sockets; where others are kept.
    ends: [u64; 2],
    seq: u32,
    ack: u32,
    cut: u32,
    at: u32,
    len: u32,
}

impl Placed {
    fn segment<'a>(&self, bytes: &'a [u8], long: &[SocketPair]) -> Option<Segment<'a>> {
        let (at, len) = (self.at as usize, self.len as usize);
        let pair = if self.is_long {
            *long.get(usize::try_from(self.ends[0]).ok()?)?
        } else {
            SocketPair::V4(self.ends)
        };
        Some(Segment {
            packet: self.packet,
            time: Timestamp::from_nanos(self.nanos, self.digits),
            pair,
            seq: self.seq,
            ack: self.ack,
            flags: self.flags,
            payload: bytes.get(at..at + len)?,
            cut: self.cut,
        })
    }
}

/// A load has far fewer bytes than 2^32.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Where `part` lies in `whole`, if it does.
fn place(part: &[u8], whole: &[u8]) -> Option<usize> {
    let at = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    (at + part.len() <= whole.len()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_fits_a_line_of_a_cache() {
        assert!(size_of::<Placed>() <= 64);
    }

    #[test]
    fn a_segment_comes_back_as_it_was() {
        let bytes = b"some bytes".to_vec();
        let elsewhere = b"others";
        let ends = ["10.0.0.1:40000", "10.0.0.2:80", "[2001::1]:9"].map(|end| end.parse().unwrap());
        let flags = Flags { ack: true, rst: true, ..Flags::default() };
        let segment = |from: usize, payload| Segment {
            packet: u64::MAX,
            time: Timestamp::from_nanos(-7, 9),
            pair: SocketPair::new(ends[from], ends[from + 1]),
            seq: 1,
            ack: u32::MAX,
            flags,
            payload,
            cut: 3,
        };
        let mut load = Load::default();
        load.sorted.begin(2);
        let all = [(0, &elsewhere[..]), (1, &elsewhere[2..]), (1, &b""[..])];
        for (from, payload) in all {
            load.sorted.add(1, &segment(from, payload), &bytes);
        }
        assert_eq!(load.segments(0).count(), 0);
        let back: Vec<_> = load.segments(1).collect();
        for ((from, payload), back) in all.into_iter().zip(back) {
            assert_eq!(format!("{back:?}"), format!("{:?}", segment(from, payload)));
        }
    }

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
