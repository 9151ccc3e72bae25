//! What a conversation takes of memory, and what it gives back when that runs short.

use super::Conversation;
use crate::http::open::Open;
use crate::http::reader::Reader;
use crate::note::NoteKind;

/// What a conversation gives up when memory runs short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sacrifice {
    /// What was kept of bodies.
    Bodies,
    /// That too, and open exchanges: they are finished as they stand.
    Exchanges,
    /// All that, and a head that is not whole.
    Heads,
}

impl Sacrifice {
    /// From the least to the greatest.
    pub const ALL: [Self; 3] = [Self::Bodies, Self::Exchanges, Self::Heads];
}

impl Conversation {
    /// About how many bytes its open exchanges take, and the heads that are not whole.
    pub fn weight(&self) -> usize {
        self.weight + self.readers.iter().map(Reader::carried).sum::<usize>()
    }

    /// Weighs an open exchange after something was added to it.
    pub(super) fn weigh(&mut self, index: usize) {
        if let Some(open) = self.open.get_mut(index) {
            let (now, before) = open.weigh();
            self.weight = (self.weight + now).saturating_sub(before);
        }
    }

    /// Memory has run short, says `packet`.
    pub fn relieve(&mut self, packet: u64, sacrifice: Sacrifice) {
        for index in 0..self.open.len() {
            let Some(open) = self.open.get_mut(index) else { break };
            if open.drop_bodies() {
                open.note(NoteKind::Limit, packet, "memory ran short: the body was not kept");
            }
            if sacrifice != Sacrifice::Bodies {
                let text = "memory ran short: the exchange was not followed to its end";
                open.note(NoteKind::Limit, packet, text);
            }
            self.weigh(index);
        }
        if sacrifice != Sacrifice::Bodies {
            self.open.iter_mut().for_each(Open::abandon);
            self.close_done();
        }
        if sacrifice == Sacrifice::Heads {
            self.readers.iter_mut().for_each(Reader::drop_carry);
        }
    }

    /// Bytes were given up before their time, since memory has run short.
    pub fn note_hurry(&mut self, packet: u64) {
        if let Some(open) = self.open.back_mut() {
            let text = "memory ran short: missing bytes were not waited for any longer";
            open.note(NoteKind::Limit, packet, text);
        }
    }
}
