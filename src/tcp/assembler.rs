//! One direction of a stream: pieces come in any order, bytes go out in order.
//!
//! It knows offsets and bytes, and nothing of TCP flags, time, or what the bytes mean. The piece
//! that is next in line is never copied: [`Assembler::insert`] hands it straight back. Only what
//! arrives early is stored. Where pieces overlap, the bytes seen first win, and a copy that
//! disagrees is counted.

use foldhash::quality::FixedState;
use std::collections::BTreeMap;
use std::hash::BuildHasher;

/// Bytes that arrived before their turn, with what the caller wants to remember about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk<M> {
    /// Stream offset of the first byte.
    pub offset: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The caller's mark: which segment carried them.
    pub mark: M,
}

impl<M> Chunk<M> {
    fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }
}

/// Puts the pieces of one direction in order.
#[derive(Debug)]
pub struct Assembler<M> {
    next: u64,
    last: Delivered,
    /// What came early. Most streams never need it, so it costs them no more than a pointer.
    store: Option<Box<Store<M>>>,
}

/// What was delivered last, as far as that is remembered: a copy that says something else may still come,
/// as where somebody else has answered first.
#[derive(Debug, Clone, Copy, Default)]
struct Delivered {
    /// Where it begins.
    offset: u64,
    /// Of its first bytes, how many, and their hash.
    len: u8,
    hash: u32,
    /// Copies that differed and have not been asked about.
    conflicts: u8,
}

/// How many of the bytes delivered last are remembered by their hash.
const REMEMBERED: usize = 64;

impl Delivered {
    #[inline]
    fn note(&mut self, offset: u64, bytes: &[u8]) {
        let head = &bytes[..bytes.len().min(REMEMBERED)];
        self.offset = offset;
        self.len = u8::try_from(head.len()).unwrap_or(0);
        self.hash = Self::hash(head);
    }

    /// A piece, of which all or the first bytes have been delivered already, begins at `offset`. A single
    /// byte only asks whether the other side is still there, whatever it is.
    fn compare(&mut self, offset: u64, bytes: &[u8]) {
        let Some(from) = self.offset.checked_sub(offset) else { return };
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let len = usize::from(self.len);
        let copy = bytes.get(from..).and_then(|rest| rest.get(..len));
        if copy.is_some_and(|copy| len > 1 && Self::hash(copy) != self.hash) {
            self.conflicts = self.conflicts.saturating_add(1);
        }
    }

    fn hash(bytes: &[u8]) -> u32 {
        let hash = FixedState::default().hash_one(bytes);
        (hash >> 32) as u32
    }
}

#[derive(Debug)]
struct Store<M> {
    /// Disjoint chunks by offset, each beyond `next` or at it.
    chunks: BTreeMap<u64, Chunk<M>>,
    bytes: usize,
    conflicts: u64,
    /// Where the last of them was.
    conflict_at: Option<u64>,
}

impl<M> Default for Assembler<M> {
    fn default() -> Self {
        Self { next: 0, last: Delivered::default(), store: None }
    }
}

impl<M> Default for Store<M> {
    fn default() -> Self {
        Self { chunks: BTreeMap::new(), bytes: 0, conflicts: 0, conflict_at: None }
    }
}

impl<M: Copy> Assembler<M> {
    /// The offset of the next byte to be delivered.
    pub fn next_offset(&self) -> u64 {
        self.next
    }

    /// Whether there is neither anything stored, nor a disagreement about it to tell.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.store.is_none()
    }

    /// Bytes stored for later.
    pub fn stored_bytes(&self) -> usize {
        self.store.as_ref().map_or(0, |store| store.bytes)
    }

    /// Chunks stored for later.
    pub fn stored_chunks(&self) -> usize {
        self.store.as_ref().map_or(0, |store| store.chunks.len())
    }

    /// Where the last stored byte ends, or what was delivered, if nothing is stored.
    pub fn stored_end(&self) -> u64 {
        let last = self.store.as_ref().and_then(|store| store.chunks.last_key_value());
        last.map_or(self.next, |(_, chunk)| chunk.end())
    }

    /// The first stored chunk: where it begins, and its mark.
    pub fn first_stored(&self) -> Option<(u64, M)> {
        let (offset, chunk) = self.store.as_ref()?.chunks.first_key_value()?;
        Some((*offset, chunk.mark))
    }

    /// How many copies met other bytes, those stored or those delivered last, since this was last asked.
    pub fn take_conflicts(&mut self) -> u64 {
        let delivered = u64::from(std::mem::take(&mut self.last.conflicts));
        let stored = self.store.as_mut().map_or(0, |store| std::mem::take(&mut store.conflicts));
        delivered + stored
    }

    /// Where the last of those copies began that met stored bytes, in the same time.
    pub fn take_conflict_at(&mut self) -> Option<u64> {
        self.store.as_mut()?.conflict_at.take()
    }

    /// Takes a piece that begins at `offset`. If it is next in line, and nothing stored overlaps
    /// it, its new bytes come straight back, still where they lie; they count as delivered.
    /// Otherwise what is new in it is stored.
    #[inline]
    pub fn insert<'a>(&mut self, offset: u64, bytes: &'a [u8], mark: M) -> Option<&'a [u8]> {
        let (offset, bytes) = self.trim_delivered(offset, bytes)?;
        let end = offset + bytes.len() as u64;
        if offset == self.next && self.first_at().is_none_or(|at| at >= end) {
            self.next = end;
            self.last.note(offset, bytes);
            return Some(bytes);
        }
        self.store(offset, bytes, mark);
        None
    }

    /// Stores what is new in a piece, even if it is next in line.
    pub fn store(&mut self, offset: u64, bytes: &[u8], mark: M) {
        let Some((mut offset, mut bytes)) = self.trim_delivered(offset, bytes) else { return };
        let store = self.store.get_or_insert_default();
        while !bytes.is_empty() {
            let (free, taken) = store.free_prefix(offset, bytes.len());
            if free > 0 {
                let chunk = Chunk { offset, bytes: bytes[..free].to_vec(), mark };
                store.bytes += free;
                store.chunks.insert(offset, chunk);
            } else {
                store.compare(offset, &bytes[..taken]);
            }
            let step = if free > 0 { free } else { taken };
            offset += step as u64;
            bytes = &bytes[step..];
        }
    }

    /// Delivers the stored chunk that is next in line, if there is one.
    pub fn pop(&mut self) -> Option<Chunk<M>> {
        let store = self.store.as_mut()?;
        let entry = store.chunks.first_entry().filter(|entry| *entry.key() == self.next)?;
        let chunk = entry.remove();
        store.bytes -= chunk.bytes.len();
        self.next = chunk.end();
        self.last.note(chunk.offset, &chunk.bytes);
        if store.chunks.is_empty() && store.conflicts == 0 {
            self.store = None;
        }
        Some(chunk)
    }

    /// Forgets what is stored.
    pub fn drop_stored(&mut self) {
        if let Some(store) = &mut self.store {
            store.chunks.clear();
            store.bytes = 0;
        }
    }

    /// Gives up the bytes before `offset` that never came, and says how many those were. Stops at
    /// the first stored chunk, since its bytes are there.
    pub fn skip_to(&mut self, offset: u64) -> u64 {
        let stop = self.first_at().map_or(offset, |at| offset.min(at));
        let missing = stop.saturating_sub(self.next);
        self.next += missing;
        missing
    }

    fn trim_delivered<'a>(&mut self, offset: u64, bytes: &'a [u8]) -> Option<(u64, &'a [u8])> {
        let old = usize::try_from(self.next.saturating_sub(offset)).unwrap_or(usize::MAX);
        if old > 0 {
            self.last.compare(offset, bytes);
        }
        let fresh = bytes.get(old..).filter(|fresh| !fresh.is_empty())?;
        Some((offset + old as u64, fresh))
    }

    /// Where the first stored chunk begins.
    fn first_at(&self) -> Option<u64> {
        self.store.as_ref()?.chunks.first_key_value().map(|(at, _)| *at)
    }
}

impl<M: Copy> Store<M> {
    /// From `offset`, how many of `len` bytes are free, or else how many are already stored.
    fn free_prefix(&self, offset: u64, len: usize) -> (usize, usize) {
        let clamp = |count: u64| usize::try_from(count).map_or(len, |count| count.min(len));
        if let Some((_, before)) = self.chunks.range(..=offset).next_back()
            && before.end() > offset
        {
            return (0, clamp(before.end() - offset));
        }
        let after = self.chunks.range(offset..).next();
        (after.map_or(len, |(at, _)| clamp(at - offset)), 0)
    }

    fn compare(&mut self, offset: u64, bytes: &[u8]) {
        // A single byte only asks whether the other side is still there (RFC 9293 section 3.8.4).
        if bytes.len() == 1 {
            return;
        }
        let Some((at, chunk)) = self.chunks.range(..=offset).next_back() else { return };
        let from = usize::try_from(offset - at).unwrap_or(usize::MAX);
        if chunk.bytes.get(from..).is_some_and(|kept| !kept.starts_with(bytes)) {
            self.conflicts += 1;
            self.conflict_at = Some(offset);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drain(assembler: &mut Assembler<u32>) -> Vec<u8> {
        std::iter::from_fn(|| assembler.pop()).flat_map(|chunk| chunk.bytes).collect()
    }

    #[test]
    fn bytes_in_order_are_handed_back_where_they_lie() {
        let mut assembler = Assembler::default();
        let bytes = b"hello".as_slice();
        let out = assembler.insert(0, bytes, 1u32).unwrap();
        assert_eq!(out.as_ptr(), bytes.as_ptr());
        assert_eq!(assembler.insert(5, b" world", 2), Some(&b" world"[..]));
        assert_eq!((assembler.next_offset(), assembler.stored_bytes()), (11, 0));
    }

    #[test]
    fn a_hole_holds_back_what_follows_until_it_is_filled() {
        let mut assembler = Assembler::default();
        assert_eq!(assembler.insert(3, b"def", 1u32), None);
        assert_eq!(drain(&mut assembler), b"");
        assert_eq!(assembler.insert(0, b"abc", 2), Some(&b"abc"[..]));
        assert_eq!(drain(&mut assembler), b"def");
    }

    #[test]
    fn what_was_delivered_is_not_delivered_twice() {
        let mut assembler = Assembler::default();
        assembler.insert(0, b"abcdef", 1u32);
        assert_eq!(assembler.insert(0, b"abcdef", 2), None);
        assert_eq!(assembler.insert(4, b"efgh", 3), Some(&b"gh"[..]));
    }

    #[test]
    fn the_bytes_seen_first_win_and_a_disagreement_is_counted() {
        let mut assembler = Assembler::default();
        assembler.insert(2, b"CD", 1u32);
        assembler.insert(0, b"abcdef", 2);
        assert_eq!(drain(&mut assembler), b"abCDef");
        assert_eq!(assembler.take_conflicts(), 1);
        assert_eq!(assembler.take_conflicts(), 0);
    }

    #[test]
    fn a_copy_of_what_was_delivered_last_that_differs_is_counted() {
        for (offset, copy, count) in [
            (4, &b"302 Found"[..], 0),
            (4, b"200 OK and more", 1),
            (0, b"head302 Found and more", 0),
            (0, b"head200 OK and more", 1),
            // Too short to be compared, or of what was delivered before.
            (4, b"200 OK", 0),
            (0, b"HEAD", 0),
        ] {
            let mut assembler = Assembler::default();
            assembler.insert(0, b"head", 1u32);
            assembler.insert(4, b"302 Found", 2);
            assembler.insert(offset, copy, 3);
            assert_eq!(assembler.take_conflicts(), count, "{copy:?}");
            assert_eq!(assembler.take_conflicts(), 0);
        }
        let mut assembler = Assembler::default();
        assembler.insert(0, b"a", 1u32);
        assembler.insert(0, b"\0", 2);
        assert_eq!(assembler.take_conflicts(), 0, "a probe");
    }

    #[test]
    fn skipping_stops_where_bytes_are_known() {
        let mut assembler = Assembler::default();
        assembler.insert(10, b"xy", 1u32);
        assert_eq!(assembler.skip_to(40), 10);
        assert_eq!(drain(&mut assembler), b"xy");
        assert_eq!(assembler.skip_to(40), 28);
        assert_eq!(assembler.skip_to(40), 0);
    }

    /// The slow, obvious model: one slot a byte, the first write stays.
    fn model(pieces: &[(u8, Vec<u8>)]) -> Vec<u8> {
        let mut slots = vec![None; 600];
        for (offset, bytes) in pieces {
            for (i, byte) in bytes.iter().enumerate() {
                slots[usize::from(*offset) + i].get_or_insert(*byte);
            }
        }
        slots.into_iter().map_while(|slot| slot).collect()
    }

    proptest! {
        #[test]
        fn agrees_with_the_obvious_model(
            pieces in prop::collection::vec(
                (any::<u8>(), prop::collection::vec(any::<u8>(), 0..60)),
                0..40,
            ),
            store_always in any::<bool>(),
        ) {
            let mut assembler = Assembler::default();
            let mut out = Vec::new();
            for (offset, bytes) in &pieces {
                if store_always {
                    assembler.store(u64::from(*offset), bytes, 0u32);
                } else {
                    let ready = assembler.insert(u64::from(*offset), bytes, 0u32);
                    out.extend_from_slice(ready.unwrap_or_default());
                }
                out.extend(drain(&mut assembler));
            }
            prop_assert_eq!(out, model(&pieces));
            let chunks = assembler.store.iter().flat_map(|store| store.chunks.values());
            let stored: usize = chunks.map(|chunk| chunk.bytes.len()).sum();
            prop_assert_eq!(stored, assembler.stored_bytes());
        }
    }
}
