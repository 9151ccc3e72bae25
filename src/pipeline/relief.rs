//! What all connections hold together, and what is given up when that is too much: the oldest
//! doubts first.

use super::flows::{Flows, Talk, drain, note_joined, pending};
use crate::http::Sacrifice;
use crate::limits::TcpLimits;
use crate::note::{Note, NoteKind};
use crate::tcp::Entry;
use std::ops::ControlFlow;

/// Nothing may be waited for.
const NO_PATIENCE: TcpLimits =
    TcpLimits { held_bytes: 0, held_chunks: 0, patience_segments: 0, patience_seconds: 0 };

/// The account of what connections hold: data that waits for earlier data, heads that are not
/// whole, exchanges that are not finished.
#[derive(Debug)]
pub(super) struct Memory {
    bytes: usize,
    most: usize,
    /// How often it ran short, and at which packet first.
    short: u64,
    first: u64,
}

impl Memory {
    /// An account of so many bytes.
    pub fn within(most: usize) -> Self {
        Self { bytes: 0, most, short: 0, first: 0 }
    }

    /// Brings what is known of a connection up to date.
    pub fn weigh(&mut self, entry: &mut Entry<Talk>) {
        let talk = entry.app.conversation.as_ref();
        let now = entry.tcp.weight() + talk.map_or(0, |talk| talk.weight());
        let before = std::mem::replace(&mut entry.app.weight, now);
        self.bytes = (self.bytes + now).saturating_sub(before);
    }

    /// A connection is gone.
    pub fn forget(&mut self, entry: &Entry<Talk>) {
        self.bytes = self.bytes.saturating_sub(entry.app.weight);
    }

    /// Whether more is held than may be.
    pub fn is_short(&self) -> bool {
        self.bytes > self.most
    }

    /// Whether so much is free again that it will last for a while: going through all connections
    /// takes time.
    fn has_room(&self) -> bool {
        self.bytes <= self.most / 4 * 3
    }

    /// What there is to say about some accounts.
    pub fn note<'a>(all: impl Iterator<Item = &'a Self> + Clone) -> Option<Note> {
        let first = all.clone().filter(|one| one.short > 0).map(|one| one.first).min()?;
        let short: u64 = all.map(|one| one.short).sum();
        let times = if short == 1 { "once".to_owned() } else { format!("{short} times") };
        let text = format!("memory ran short {times}: what was open longest was not followed");
        Some(Note::at(NoteKind::Limit, first, text))
    }
}

impl Flows {
    /// Settles doubts until there is room again, the oldest first: holes are given up and bodies
    /// not kept; if that does not do, exchanges are finished as they stand, and in the end heads that
    /// are not whole are given up.
    pub(super) fn relieve(&mut self, packet: u64) {
        if self.memory.short == 0 {
            self.memory.first = packet;
        }
        self.memory.short += 1;
        for sacrifice in Sacrifice::ALL {
            let Self { table, memory, pending: open, reading, finished, .. } = self;
            table.visit(rank, |entry| {
                if memory.has_room() {
                    return ControlFlow::Break(());
                }
                if let Some(talk) =
                    entry.app.conversation.as_mut().filter(|_| entry.tcp.weight() > 0)
                {
                    talk.note_hurry(packet);
                }
                entry.tcp.settle();
                let known = finished.len();
                drain(entry, reading, &NO_PATIENCE, finished);
                if let Some(talk) = &mut entry.app.conversation {
                    talk.relieve(packet, sacrifice);
                    finished.extend(std::iter::from_fn(|| talk.pop()));
                }
                note_joined(entry, &mut finished[known..]);
                memory.weigh(entry);
                let (id, was, now) = (entry.id, entry.app.pending, pending(entry));
                entry.app.pending = now;
                open.update(id, was, now);
                ControlFlow::Continue(())
            });
        }
    }
}

/// Connections that hold something, the one first that has held it longest.
fn rank(entry: &Entry<Talk>) -> Option<u64> {
    (entry.app.weight > 0).then(|| entry.app.pending.unwrap_or(0))
}
