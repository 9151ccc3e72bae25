//! One direction of a connection: its assembler, and what is known of its limits: where it began,
//! how far the receiver has got, where it will end, and which bytes can no longer come.

mod patience;

use super::assembler::Assembler;
use super::connection::Mark;
use super::rare::Rare;
use super::seq::{Origin, Seq};
use crate::limits::TcpLimits;

/// An acknowledgment further ahead than this is taken as forged or broken: believing it would
/// throw away the stream. It is a generous receive window. A lone segment further ahead is let go, and one as far behind the end of a past
/// connection is no late copy of it, but the start of a new one.
pub(super) const PLAUSIBLE_ACK: u64 = 64 << 20;

/// The stream offset of the first byte that is heard of. What the capture shows late, from before
/// that byte, still has a place in front of it.
const ROOM_BEFORE: u64 = 1 << 20;

/// Holes left by the snap length that are remembered at a time. Those beyond are found like any
/// other hole, only later.
const MAX_CUTS: usize = 4096;

/// What a chunk that is held back costs beside its bytes, and what a hole left by the snap length
/// does: their places in a tree, and what an allocator rounds up.
const CHUNK: usize = 128;
const CUT: usize = 32;

/// What is known of where a direction begins. Nothing is delivered before it is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Beginning {
    /// Nothing.
    #[default]
    Unknown,
    /// What the other side acknowledged.
    Guessed,
    /// A segment without SYN.
    Joined,
    /// All that will ever be known.
    Settled,
}

/// Whether a direction is in the capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Presence {
    /// Nothing of it has been seen, and it is waited for.
    #[default]
    Awaited,
    /// Nothing of it has been seen, and it is not waited for until something is.
    Absent,
    /// A segment of it has been seen.
    Seen,
}

/// One direction of a connection. There are two for every connection, and each packet goes to one:
/// what most connections never need is kept elsewhere, so that the rest is near together.
#[derive(Debug, Default)]
pub(super) struct Half {
    pub assembler: Assembler<Mark>,
    /// How far the receiver is known to have got.
    pub acked: u64,
    /// Where the FIN lies.
    pub fin: Option<u64>,
    /// The offset where it begins, once that is decided.
    start: u64,
    origin: Option<Origin>,
    beginning: Beginning,
    pub presence: Presence,
    /// Its end has been delivered.
    pub ended: bool,
    /// The same, even if it turned out to go on behind it.
    told_end: bool,
    rare: Option<Box<Rare>>,
}

/// The origin that puts `first` at [`ROOM_BEFORE`].
fn before(first: Seq) -> Origin {
    #[expect(clippy::cast_possible_truncation, reason = "the constant is far below 2^32")]
    Origin(first.minus(ROOM_BEFORE as u32))
}

impl Half {
    /// A SYN says that the stream begins with `first`. As long as nothing has been delivered, it is
    /// believed before all that was concluded from other segments: those may be forged.
    pub fn open(&mut self, first: Seq) {
        // Behind its end, which a consumer has been told of, it does not begin anew.
        if self.has_delivered() || self.told_end {
            return;
        }
        match self.place_of(first) {
            Some(at) if self.is_settled() && at == self.start => {}
            Some(at) if !self.is_settled() => self.settle_at(at),
            _ => {
                *self = Self { origin: Some(before(first)), ..Self::default() };
                self.settle_at(ROOM_BEFORE);
            }
        }
    }

    /// Where the stream would begin if it began with `first`; `None` where what is stored speaks
    /// against that.
    pub fn place_of(&self, first: Seq) -> Option<u64> {
        let stored = self.assembler.first_stored().map(|(at, _)| at);
        let fits = |at: &u64| *at <= 2 * ROOM_BEFORE && stored.is_none_or(|stored| *at <= stored);
        self.offset(first).filter(fits)
    }

    /// A segment without SYN begins with `seq`: the stream was there before.
    pub fn join(&mut self, seq: Seq) {
        if self.told_end || !matches!(self.beginning, Beginning::Unknown | Beginning::Guessed) {
            return;
        }
        if self.offset(seq).is_none_or(|at| at == 0 || at > 2 * ROOM_BEFORE) {
            *self = Self { origin: Some(before(seq)), ..Self::default() };
        }
        self.beginning = Beginning::Joined;
    }

    /// The other side has everything before `ack`: the stream goes on there.
    pub fn guess(&mut self, ack: Seq) {
        if self.beginning == Beginning::Unknown {
            self.origin = Some(before(ack));
            self.beginning = Beginning::Guessed;
        }
    }

    /// Whether nothing of it has been seen, and may still come: captures that are merged from one of
    /// each direction have them out of step.
    pub fn is_awaited(&self) -> bool {
        self.presence == Presence::Awaited
    }

    /// Waits no longer for anything of it to be seen.
    pub fn do_without(&mut self) {
        if self.is_awaited() {
            self.presence = Presence::Absent;
        }
        self.settle();
    }

    /// The stream begins with what is known by now.
    pub fn settle(&mut self) {
        if self.is_awaited() {
            return;
        }
        if self.is_settling() {
            let stored = self.assembler.first_stored().map_or(ROOM_BEFORE, |(at, _)| at);
            self.settle_at(stored.min(ROOM_BEFORE).min(self.wanted().unwrap_or(ROOM_BEFORE)));
        }
    }

    fn settle_at(&mut self, at: u64) {
        self.assembler.skip_to(at);
        self.beginning = Beginning::Settled;
        self.start = at;
        self.fin = self.fin.filter(|fin| *fin >= at);
    }

    /// Whether something is known of where the stream begins, and it is not decided.
    pub fn is_settling(&self) -> bool {
        matches!(self.beginning, Beginning::Guessed | Beginning::Joined)
    }

    /// Whether it is decided where the stream begins.
    pub fn is_settled(&self) -> bool {
        self.beginning == Beginning::Settled
    }

    /// Whether bytes have been delivered or given up, or only wait for the other direction.
    pub fn has_delivered(&self) -> bool {
        self.next() > self.start || (self.is_settled() && self.ready_mark().is_some())
    }

    /// Its end is being delivered.
    pub fn end(&mut self) {
        self.ended = true;
        self.told_end = true;
        self.fin = Some(self.next());
    }

    /// Whether the SYN of this direction was followed by `first`.
    pub fn begins_with(&self, first: Seq) -> bool {
        self.is_settled() && self.offset(first) == Some(self.start)
    }

    /// Whether a segment that begins with `seq` can belong to this stream.
    pub fn reaches(&self, seq: Seq) -> bool {
        self.offset(seq).is_some_and(|at| at.abs_diff(self.next()) <= PLAUSIBLE_ACK)
    }

    /// The offset where it begins.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The offset of the next byte to be delivered.
    pub fn next(&self) -> u64 {
        self.assembler.next_offset()
    }

    /// The sequence number of the next byte to be delivered, as far as is known.
    pub fn next_seq(&self) -> Option<Seq> {
        Some(self.origin?.seq(self.next()))
    }

    /// The sequence number of the first byte, as far as is known.
    pub fn first_seq(&self) -> Option<Seq> {
        self.is_settled().then_some(self.origin?.seq(self.start))
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
        if !self.is_settled() {
            let wanted = self.wanted().map_or(offset, |wanted| wanted.min(offset));
            self.rare().wanted = Some(wanted);
        }
        // A FIN counts as one sequence number, but is no byte.
        let offset = self.fin.map_or(offset, |fin| offset.min(fin));
        self.acked = self.acked.max(offset);
        Some(offset)
    }

    /// Its sender says that it ends at `end`. An end before bytes that were delivered is no end.
    pub fn close_at(&mut self, end: u64) {
        if end >= self.next() {
            self.fin = Some(end);
        }
    }

    /// Bytes up to `end` show that a FIN was not the end (it was forged, to mislead an observer).
    /// A single byte does not: a keep-alive probe after a FIN has one. Says whether it was ended.
    pub fn go_on_to(&mut self, end: u64) -> bool {
        let goes_on = self.fin.is_some_and(|fin| end > fin + 1);
        if goes_on {
            self.fin = None;
        }
        goes_on && std::mem::replace(&mut self.ended, false)
    }

    /// Whether all that is missing is one sequence number at the end: a FIN that was not captured.
    pub fn lacks_only_fin(&self) -> bool {
        self.fin.is_none() && self.acked == self.next() + 1 && !self.is_holding()
    }

    /// The end of all bytes that have been seen or acknowledged.
    pub fn top(&self) -> u64 {
        self.assembler.stored_end().max(self.acked)
    }

    /// Bytes at `start` that were on the wire, but not in the packet.
    pub fn cut(&mut self, start: u64, len: u32) {
        if len > 0 && self.rare().cuts.len() < MAX_CUTS {
            let end = self.rare().cuts.entry(start).or_default();
            *end = (*end).max(start + u64::from(len));
        }
    }

    /// Skips bytes that the snap length cut off, if they are next: how many.
    pub fn skip_cut(&mut self) -> u64 {
        let Some(rare) = &mut self.rare else { return 0 };
        let next = self.assembler.next_offset();
        while let Some(cut) = rare.cuts.first_entry().filter(|cut| *cut.key() <= next) {
            let skipped = self.assembler.skip_to(cut.remove());
            if skipped > 0 {
                return skipped;
            }
        }
        0
    }

    /// The mark of the first stored chunk, if that is next in line.
    pub fn ready_mark(&self) -> Option<Mark> {
        let (offset, mark) = self.assembler.first_stored()?;
        (offset == self.next()).then_some(mark)
    }

    /// Whether anything is held back.
    pub fn is_holding(&self) -> bool {
        self.assembler.stored_chunks() > 0
    }

    /// Whether nothing is held back, missing, or about to end, as in nearly all connections nearly
    /// always.
    pub fn is_quiet(&self) -> bool {
        !self.is_holding()
            && self.rare.as_ref().is_none_or(|rare| rare.cuts.is_empty())
            && self.acked <= self.next()
            && (self.fin.is_none() || self.ended)
    }

    /// Whether it has begun and goes on, and nothing of it is held back or missing.
    #[inline]
    pub fn is_steady(&self) -> bool {
        self.is_settled()
            && self.fin.is_none()
            && self.acked <= self.next()
            && ((self.assembler.is_empty() && self.rare.is_none()) || self.is_whole())
    }

    /// Whether nothing is held back or missing by now.
    #[inline(never)]
    fn is_whole(&self) -> bool {
        !self.is_holding() && self.rare.as_ref().is_none_or(|rare| rare.is_nothing())
    }

    /// About how many bytes of memory what is held back takes.
    pub fn weight(&self) -> usize {
        let cuts = self.rare.as_ref().map_or(0, |rare| rare.cuts.len());
        self.assembler.stored_bytes() + self.assembler.stored_chunks() * CHUNK + cuts * CUT
    }

    /// Whether more is held back than the limits allow.
    pub fn is_full(&self, limits: &TcpLimits) -> bool {
        self.assembler.stored_bytes() > limits.held_bytes
            || self.assembler.stored_chunks() > limits.held_chunks
    }

    fn wanted(&self) -> Option<u64> {
        self.rare.as_ref()?.wanted
    }

    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }
}
