//! IP datagrams that were split into fragments, put together again (RFC 791 section 3.2, RFC 8200
//! section 4.5).
//!
//! Fragments may come in any order and more than once. Where they overlap, the bytes seen first
//! stay, and a copy that disagrees is counted. What never becomes whole is forgotten, when it is
//! old and its number is used again, or when room is needed.
//!
//! A number soon comes round: a sender that is busy uses all 65 536 within a second. What waits for
//! a lost fragment must not be filled up with another datagram's. So a part that has been waiting
//! for longer than fragments do gives way to a fragment that says otherwise, and is joined with one
//! that would fit only if the checksum of the whole is right.

use super::Skip;
use super::checksum;
use super::layer::Ends;
use crate::limits::FragmentLimits;
use crate::time::Timestamp;
use etherparse::IpNumber;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Offsets count units of this many bytes.
const UNIT: usize = 8;

/// The most bytes a datagram can have: its length is told by 16 bits. Both versions count some of
/// their headers in it; that is too little to matter here.
const MAX_DATAGRAM: usize = 65_535;

/// A fragment, but for its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fragment<'a> {
    /// Between whom.
    pub ends: Ends<'a>,
    /// What the datagram carries, as this fragment says.
    pub number: IpNumber,
    /// Which datagram it is a part of.
    pub id: u32,
    /// Where in the datagram it belongs, in bytes; always a whole number of units.
    pub offset: u16,
    /// Whether others belong behind it.
    pub more: bool,
}

impl Fragment<'_> {
    fn key(&self) -> Key {
        let number = matches!(self.ends, Ends::V4(..)).then_some(self.number);
        (self.ends.addresses(), number, self.id)
    }
}

/// A datagram that is whole again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Whole {
    /// What it carries.
    pub number: IpNumber,
    pub bytes: Vec<u8>,
}

/// What the fragments of one datagram have in common. In IPv6 that is not what it carries: each may
/// name something else, and the first one counts (RFC 8200 section 4.5).
type Key = ([IpAddr; 2], Option<IpNumber>, u32);

/// When a fragment came: by the clock, and counted in fragments.
#[derive(Debug, Clone, Copy)]
struct Moment {
    time: Timestamp,
    serial: u64,
}

/// Datagrams that are not whole yet, and those that were whole last.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    limits: FragmentLimits,
    open: BTreeMap<Key, Datagram>,
    taken: u64,
    joined: u64,
    conflicts: u64,
}

impl Fragments {
    /// None yet.
    pub fn new(limits: FragmentLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes a fragment. If it was the last one missing, gives the whole datagram.
    ///
    /// # Errors
    /// [`Skip::Fragment`] if more are to come; [`Skip::BadHeader`] if it cannot be a fragment.
    pub fn push(
        &mut self,
        fragment: &Fragment<'_>,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<Whole, Skip> {
        let misaligned = fragment.more && !bytes.len().is_multiple_of(UNIT);
        if bytes.is_empty()
            || misaligned
            || usize::from(fragment.offset) + bytes.len() > MAX_DATAGRAM
        {
            return Err(Skip::BadHeader);
        }
        self.taken += 1;
        let now = Moment { time: now, serial: self.taken };
        let key = fragment.key();
        self.forget_old(&key, now);
        let was_left = self.was_left(&key, now);
        let datagram = self.datagram(key, now);
        if datagram.is_done && datagram.has(fragment, bytes) {
            // A late copy: everything was captured twice, as on a mirrored port.
            datagram.come_again(fragment, bytes.len(), now);
            self.joined += 1;
            return Err(Skip::Fragment);
        }
        datagram.prepare(fragment, bytes, now, was_left);
        let (conflict, whole) = datagram.add(fragment, bytes, now);
        let whole = whole.then(|| (datagram.whole(), datagram.fragments));
        self.conflicts += u64::from(conflict);
        let (whole, fragments) = whole.ok_or(Skip::Fragment)?;
        self.joined += fragments - 1;
        Ok(whole)
    }

    /// Whether there is anything for [`Self::take_joined`] or [`Self::take_conflicts`].
    pub fn has_news(&self) -> bool {
        self.joined > 0 || self.conflicts > 0
    }

    /// How many fragments that had to wait have become part of a whole datagram since this was last
    /// asked, or were copies of such.
    pub fn take_joined(&mut self) -> u64 {
        std::mem::take(&mut self.joined)
    }

    /// How many fragments disagreed with earlier ones since this was last asked.
    pub fn take_conflicts(&mut self) -> u64 {
        std::mem::take(&mut self.conflicts)
    }

    /// Whether nothing has come of a datagram for so long that a fragment with its number is more
    /// likely another's.
    fn was_left(&self, key: &Key, now: Moment) -> bool {
        let Some(open) = self.open.get(key) else { return false };
        now.time.since(open.latest.time).as_secs() >= self.limits.doubt_seconds
            || self.begun_since(open.latest.serial, key.0) >= self.limits.newer_datagrams
    }

    /// How many datagrams between these ends were begun after a fragment. Those that were forgotten
    /// since are not counted; the cap on all is well above the number that is asked for.
    fn begun_since(&self, serial: u64, ends: [IpAddr; 2]) -> usize {
        if self.taken - serial <= self.limits.newer_datagrams as u64 {
            // Each took a fragment at least.
            return 0;
        }
        let all = self.open.iter();
        all.filter(|((others, ..), open)| *others == ends && open.begun.serial > serial).count()
    }

    /// Forgets a datagram that is so old that its number may be another's.
    fn forget_old(&mut self, key: &Key, now: Moment) {
        let age = self.limits.age_seconds;
        let is_old = |open: &Datagram| now.time.since(open.begun.time).as_secs() >= age;
        if self.open.get(key).is_some_and(is_old) {
            self.open.remove(key);
        }
    }

    /// The datagram of a fragment, made new where there is none.
    fn datagram(&mut self, key: Key, now: Moment) -> &mut Datagram {
        if !self.open.contains_key(&key) {
            self.make_room();
        }
        self.open.entry(key).or_insert_with(|| Datagram::new(now))
    }

    /// Gives up a datagram if there are as many as may be: the oldest of those that are done, or else
    /// the oldest.
    fn make_room(&mut self) {
        if self.open.len() < self.limits.open_datagrams {
            return;
        }
        let oldest = self.open.iter().min_by_key(|(_, open)| (!open.is_done, open.begun.serial));
        if let Some(key) = oldest.map(|(key, _)| *key) {
            self.open.remove(&key);
        }
    }
}

/// A datagram of which something is known.
#[derive(Debug)]
struct Datagram {
    begun: Moment,
    /// When the last fragment of it came.
    latest: Moment,
    fragments: u64,
    /// What its first fragment says that it carries.
    number: IpNumber,
    bytes: Vec<u8>,
    /// One bit for each unit of `bytes` that has come.
    known: Vec<u64>,
    /// How long it will be, once its last fragment has been seen.
    len: Option<usize>,
    doubt: Doubt,
    /// It was whole, and has been given out. It stays for a while, to tell late copies of its
    /// fragments from those of another datagram with its number.
    is_done: bool,
    /// What of it has come again since, as in `known` and `len`. If it turns out that these were no
    /// copies, they are of the next datagram.
    again: (Vec<u64>, Option<usize>),
}

/// Whether what is known of a datagram may be of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Doubt {
    /// There is no reason to think so.
    None,
    /// A part of it came twice, with other bytes: if the checksum is wrong, it is of two.
    Contradicted,
    /// A part of it had been waiting for too long: unless the checksum is right, it is of two.
    Late,
}

impl Datagram {
    fn new(begun: Moment) -> Self {
        let (bytes, known, again) = (Vec::new(), Vec::new(), (Vec::new(), None));
        let (fragments, len, doubt, is_done) = (0, None, Doubt::None, false);
        let number = IpNumber::IPV6_NO_NEXT_HEADER;
        Self { begun, latest: begun, fragments, number, bytes, known, len, doubt, is_done, again }
    }

    /// A fragment that it has comes again.
    fn come_again(&mut self, fragment: &Fragment<'_>, len: usize, now: Moment) {
        let start = usize::from(fragment.offset);
        self.latest = now;
        let (known, end) = &mut self.again;
        known.resize(self.known.len(), 0);
        for unit in start / UNIT..(start + len).div_ceil(UNIT) {
            known[unit / 64] |= 1 << (unit % 64);
        }
        if !fragment.more {
            *end = Some(start + len);
        }
        if covers(known, *end) {
            // All of it, so that the next one is another copy.
            self.again = (Vec::new(), None);
        }
    }

    /// Makes it ready for a fragment that is no late copy: which is the next datagram's, if this one
    /// is done, or was left unfinished and says otherwise.
    fn prepare(&mut self, fragment: &Fragment<'_>, bytes: &[u8], now: Moment, was_left: bool) {
        if self.is_done && !was_left {
            self.begin_again(now);
        } else if self.is_done || was_left && self.denies(fragment, bytes) {
            *self = Self::new(now);
        } else if was_left {
            self.doubt = Doubt::Late;
        }
    }

    /// Its number is used for another datagram, and what came again is of that one.
    fn begin_again(&mut self, now: Moment) {
        let (known, len) = std::mem::take(&mut self.again);
        let bytes = if known.is_empty() { Vec::new() } else { std::mem::take(&mut self.bytes) };
        *self = Self { number: self.number, bytes, known, len, ..Self::new(now) };
    }

    /// Puts a fragment in its place. Says whether it disagreed with what was known, and whether the
    /// datagram is whole now. One that turns out to be of two is given up, but for this fragment.
    fn add(&mut self, fragment: &Fragment<'_>, bytes: &[u8], now: Moment) -> (bool, bool) {
        if self.is_known(fragment, bytes.len()) && self.denies(fragment, bytes) {
            self.doubt = self.doubt.max(Doubt::Contradicted);
        }
        let conflict = self.insert(fragment, bytes);
        if self.is_whole() && !self.is_believed(fragment) {
            *self = Self::new(now);
            self.insert(fragment, bytes);
        }
        self.latest = now;
        self.fragments += 1;
        self.is_done = self.is_whole();
        (conflict, self.is_done)
    }

    /// Whether it is one datagram, now that it is whole, as far as can be told.
    fn is_believed(&self, last: &Fragment<'_>) -> bool {
        if self.doubt == Doubt::None {
            return true;
        }
        let is_right = checksum::is_right(last.ends, self.number, &self.bytes);
        is_right.unwrap_or(self.doubt != Doubt::Late)
    }

    /// Whether all that a fragment tells of is known already.
    fn is_known(&self, fragment: &Fragment<'_>, len: usize) -> bool {
        let start = usize::from(fragment.offset);
        (start / UNIT..(start + len).div_ceil(UNIT)).all(|unit| self.knows(unit))
    }

    fn knows(&self, unit: usize) -> bool {
        self.known.get(unit / 64).is_some_and(|word| word >> (unit % 64) & 1 == 1)
    }

    /// Whether a fragment says something else than what is known.
    fn denies(&self, fragment: &Fragment<'_>, bytes: &[u8]) -> bool {
        let start = usize::from(fragment.offset);
        let ends_elsewhere =
            !fragment.more && self.len.is_some_and(|len| len != start + bytes.len());
        let mut units = bytes.chunks(UNIT).zip(start / UNIT..);
        let differs = |(fresh, unit): (&[u8], usize)| {
            self.knows(unit) && !self.bytes[unit * UNIT..].starts_with(fresh)
        };
        ends_elsewhere || units.any(differs)
    }

    /// Whether a fragment says nothing that it does not say, once it is whole.
    fn has(&self, fragment: &Fragment<'_>, bytes: &[u8]) -> bool {
        let start = usize::from(fragment.offset);
        let is_last = start + bytes.len() == self.bytes.len();
        self.bytes.get(start..).is_some_and(|own| own.starts_with(bytes))
            && fragment.more != is_last
    }

    /// Puts a fragment in its place, and says whether it disagreed with what was known.
    fn insert(&mut self, fragment: &Fragment<'_>, bytes: &[u8]) -> bool {
        let start = usize::from(fragment.offset);
        let end = start + bytes.len();
        let mut conflict = false;
        if start == 0 && !self.knows(0) {
            self.number = fragment.number;
        }
        if !fragment.more {
            conflict = *self.len.get_or_insert(end) != end;
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        if self.known.len() < end.div_ceil(UNIT).div_ceil(64) {
            self.known.resize(end.div_ceil(UNIT).div_ceil(64), 0);
        }
        let units = bytes.chunks(UNIT).zip(start / UNIT..);
        for (fresh, unit) in units {
            let kept = &mut self.bytes[unit * UNIT..][..fresh.len()];
            let (word, bit) = (&mut self.known[unit / 64], 1 << (unit % 64));
            if *word & bit == 0 {
                kept.copy_from_slice(fresh);
                *word |= bit;
            } else {
                conflict |= kept != fresh;
            }
        }
        conflict
    }

    fn whole(&self) -> Whole {
        Whole { number: self.number, bytes: self.bytes.clone() }
    }

    /// Whether nothing is missing any more. What lies behind the end is dropped then.
    fn is_whole(&mut self) -> bool {
        let is_whole = covers(&self.known, self.len);
        if is_whole {
            self.bytes.truncate(self.len.unwrap_or(0));
        }
        is_whole
    }
}

/// Whether all units of a datagram are known, whose length may be.
fn covers(known: &[u64], len: Option<usize>) -> bool {
    let Some(len) = len else { return false };
    let units = len.div_ceil(UNIT);
    let (full, rest) = (units / 64, units % 64);
    let is_full = known.iter().take(full).all(|word| *word == u64::MAX);
    let tail = (1 << rest) - 1;
    is_full && known.len() >= full && known.get(full).map_or(0, |word| word & tail) == tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fragment(id: u32, offset: usize, more: bool) -> Fragment<'static> {
        let ends = Ends::V4(&[10, 0, 0, 1], &[10, 0, 0, 2]);
        Fragment { ends, number: IpNumber::TCP, id, offset: offset.try_into().unwrap(), more }
    }

    fn push(
        fragments: &mut Fragments,
        (id, offset, more): (u32, usize, bool),
        bytes: &[u8],
        second: i64,
    ) -> Result<Vec<u8>, Skip> {
        let now = Timestamp::from_seconds(second);
        fragments.push(&fragment(id, offset, more), bytes, now).map(|whole| whole.bytes)
    }

    #[test]
    fn the_bytes_seen_first_stay_and_a_disagreement_is_counted() {
        let mut fragments = Fragments::default();
        for (offset, bytes) in [(0, b"aaaaaaaabbbbbbbb"), (8, b"XXXXXXXXcccccccc")] {
            assert_eq!(push(&mut fragments, (1, offset, true), bytes, 0), Err(Skip::Fragment));
        }
        let whole = push(&mut fragments, (1, 24, false), b"dd", 0).unwrap();
        assert_eq!(whole, b"aaaaaaaabbbbbbbbccccccccdd");
        assert_eq!((fragments.take_conflicts(), fragments.take_joined()), (1, 2));
        assert_eq!((fragments.take_conflicts(), fragments.take_joined()), (0, 0));
    }

    #[test]
    fn what_looks_like_a_copy_may_be_of_the_next_datagram() {
        let mut fragments = Fragments::default();
        for (first, last) in [(b"aaaaaaaa", b"bb"), (b"aaaaaaaa", b"cc"), (b"dddddddd", b"cc")] {
            let reverse = last == b"cc" && first == b"dddddddd";
            let mut pieces = [(0, true, &first[..]), (8, false, &last[..])];
            if reverse {
                pieces.reverse();
            }
            let [one, other] = pieces
                .map(|(offset, more, bytes)| push(&mut fragments, (1, offset, more), bytes, 0));
            assert_eq!(one, Err(Skip::Fragment));
            assert_eq!(other.unwrap(), [&first[..], last].concat());
        }
    }

    #[test]
    fn a_number_that_is_used_again_is_another_datagram() {
        let mut fragments = Fragments::default();
        let age = i64::try_from(FragmentLimits::default().age_seconds).unwrap();
        assert!(push(&mut fragments, (1, 0, true), b"old old ", 0).is_err());
        assert!(push(&mut fragments, (1, 8, false), b"new", age).is_err());
        assert_eq!(push(&mut fragments, (1, 0, true), b"new new ", age).unwrap(), b"new new new");
        assert_eq!(fragments.take_joined(), 1);
    }

    /// A TCP segment with a right checksum, whose bytes all depend on `seed`.
    fn segment(seed: u8) -> Vec<u8> {
        let mut packet = Vec::new();
        etherparse::PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
            .tcp(u16::from(seed), 80, u32::from_be_bytes([seed; 4]), 4096)
            .write(&mut packet, &[seed; 28])
            .unwrap();
        packet.split_off(20)
    }

    /// Pushes the parts of segments, first (0) or last (1), at these milliseconds; all have one
    /// number. Gives those that became whole.
    fn joined(parts: &[(u8, usize, i64)]) -> Vec<Vec<u8>> {
        let mut fragments = Fragments::default();
        let mut push = |&(seed, part, ms): &(u8, usize, i64)| {
            let segment = segment(seed);
            let (bytes, now) =
                (&segment[24 * part..][..24], Timestamp::from_nanos(ms * 1_000_000, 9));
            fragments
                .push(&fragment(7, 24 * part, part == 0), bytes, now)
                .ok()
                .map(|whole| whole.bytes)
        };
        parts.iter().filter_map(&mut push).collect()
    }

    #[test]
    fn what_waits_for_a_lost_fragment_is_not_filled_up_with_anothers() {
        for lost in [0, 1] {
            let left = (1, 1 - lost, 0);
            assert_eq!(joined(&[left, (2, 0, 1500), (2, 1, 1501)]), [segment(2)], "{lost}");
            assert_eq!(joined(&[left, (2, 1, 1500), (2, 0, 1501)]), [segment(2)], "{lost}");
        }
    }

    #[test]
    fn a_late_fragment_is_joined_where_the_checksum_is_right() {
        assert_eq!(joined(&[(1, 0, 0), (1, 1, 5000)]), [segment(1)]);
    }

    #[test]
    fn without_a_right_checksum_late_fragments_are_not_joined() {
        let mut fragments = Fragments::default();
        assert!(push(&mut fragments, (1, 8, false), b"old", 0).is_err());
        assert!(push(&mut fragments, (1, 0, true), b"new new ", 1).is_err());
        assert_eq!(push(&mut fragments, (1, 8, false), b"new", 1).unwrap(), b"new new new");
        assert_eq!(fragments.take_conflicts(), 0);
    }

    #[test]
    fn a_part_that_came_with_other_bytes_is_believed_where_the_checksum_is_right() {
        assert_eq!(joined(&[(1, 0, 0), (2, 0, 1), (1, 1, 2)]), [segment(1)]);
        assert_eq!(joined(&[(1, 0, 0), (2, 0, 1), (2, 1, 2)]), Vec::<Vec<u8>>::new());
    }

    #[test]
    fn what_came_again_long_ago_is_not_joined_with_the_next_datagram() {
        let parts = [(1, 0, 0), (1, 1, 1), (1, 0, 2), (2, 1, 2000), (2, 0, 2001)];
        assert_eq!(joined(&parts), [segment(1), segment(2)]);
    }

    #[test]
    fn a_number_comes_round_after_many_others_between_the_same_ends() {
        let newer = u32::try_from(FragmentLimits::default().newer_datagrams).unwrap();
        for (others, is_another) in [(newer - 1, false), (newer, true)] {
            let mut fragments = Fragments::default();
            assert!(push(&mut fragments, (0, 8, false), b"old", 0).is_err());
            for id in 1..=others {
                assert!(push(&mut fragments, (id, 0, true), b"others  ", 0).is_err());
            }
            let outcome = push(&mut fragments, (0, 0, true), b"new new ", 0);
            assert_eq!(outcome.is_err(), is_another, "{others}");
        }
    }

    #[test]
    fn what_the_first_fragment_carries_counts_in_version_6() {
        let ends = Ends::V6(&[1; 16], &[2; 16]);
        let first = Fragment { ends, ..fragment(1, 0, true) };
        let last = Fragment { ends, number: IpNumber::UDP, ..fragment(1, 8, false) };
        for pieces in
            [[(&first, &b"12345678"[..]), (&last, b"9")], [(&last, b"9"), (&first, b"12345678")]]
        {
            let mut fragments = Fragments::default();
            let [one, other] = pieces
                .map(|(piece, bytes)| fragments.push(piece, bytes, Timestamp::from_seconds(0)));
            assert_eq!(one, Err(Skip::Fragment));
            let expected = Whole { number: IpNumber::TCP, bytes: b"123456789".to_vec() };
            assert_eq!(other, Ok(expected));
        }
        let mut fragments = Fragments::default();
        let last = Fragment { number: IpNumber::UDP, ..fragment(1, 8, false) };
        for (piece, bytes) in [(&fragment(1, 0, true), &b"12345678"[..]), (&last, b"9")] {
            let outcome = fragments.push(piece, bytes, Timestamp::from_seconds(0));
            assert_eq!(outcome, Err(Skip::Fragment));
        }
    }

    #[test]
    fn what_never_becomes_whole_stays_within_the_caps() {
        let limits = FragmentLimits { open_datagrams: 3, ..FragmentLimits::default() };
        let mut fragments = Fragments::new(limits);
        for id in 0..100 {
            assert!(push(&mut fragments, (id, 65_520, true), b"12345678", 0).is_err());
            assert!(fragments.open.len() <= 3);
        }
        let ids: Vec<u32> = fragments.open.keys().map(|(_, _, id)| *id).collect();
        assert_eq!(ids, [97, 98, 99]);
    }

    #[test]
    fn what_cannot_be_a_fragment_is_not_kept() {
        let mut fragments = Fragments::default();
        for (offset, more, bytes) in
            [(0, true, &b"odd"[..]), (8, true, b""), (0, false, b""), (65_528, false, b"12345678")]
        {
            assert_eq!(push(&mut fragments, (1, offset, more), bytes, 0), Err(Skip::BadHeader));
        }
        assert!(fragments.open.is_empty());
    }

    #[test]
    fn the_largest_datagram_is_put_together() {
        let mut fragments = Fragments::default();
        assert!(push(&mut fragments, (1, 65_528, false), b"1234567", 0).is_err());
        let whole = push(&mut fragments, (1, 0, true), &vec![0; 65_528], 0).unwrap();
        assert_eq!(whole.len(), MAX_DATAGRAM);
    }

    #[test]
    fn the_number_of_a_datagram_of_one_part_may_be_used_again() {
        let mut fragments = Fragments::default();
        for (bytes, outcome) in
            [(b"a", Ok(b"a".to_vec())), (b"a", Err(Skip::Fragment)), (b"b", Ok(b"b".to_vec()))]
        {
            assert_eq!(push(&mut fragments, (1, 0, false), bytes, 0), outcome);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_order_and_any_copies_give_the_datagram(
            len in 1_usize..3000,
            size in 1_usize..40,
            order in prop::collection::vec(any::<prop::sample::Index>(), 0..200),
        ) {
            let datagram: Vec<u8> = (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect();
            let size = size * UNIT;
            let pieces: Vec<(usize, &[u8])> =
                datagram.chunks(size).enumerate().map(|(i, bytes)| (i * size, bytes)).collect();
            let mut fragments = Fragments::default();
            let any_order = order.iter().map(|index| *index.get(&pieces));
            let mut seen = std::collections::BTreeSet::new();
            for (offset, bytes) in any_order.chain(pieces.iter().copied()) {
                seen.insert(offset);
                let more = offset + bytes.len() < len;
                let outcome = push(&mut fragments, (1, offset, more), bytes, 0);
                if seen.len() < pieces.len() {
                    prop_assert_eq!(outcome, Err(Skip::Fragment));
                } else {
                    prop_assert_eq!(outcome, Ok(datagram.clone()));
                    break;
                }
            }
            for (offset, bytes) in &pieces {
                let more = offset + bytes.len() < len;
                let copy = push(&mut fragments, (1, *offset, more), bytes, 1);
                prop_assert_eq!(copy, Err(Skip::Fragment));
            }
            prop_assert_eq!(fragments.take_conflicts(), 0);
            // The number is used again at once, for other bytes.
            let other: Vec<u8> = datagram.iter().map(|byte| !byte).collect();
            let mut last = Err(Skip::Fragment);
            for (place, bytes) in other.chunks(size).enumerate() {
                let more = place * size + bytes.len() < len;
                last = push(&mut fragments, (1, place * size, more), bytes, 1);
            }
            prop_assert_eq!(last, Ok(other));
        }
    }
}
