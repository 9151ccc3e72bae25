//! How long bytes that do not come are waited for, and what is done then.

use super::{Half, PLAUSIBLE_ACK, Presence};
use crate::limits::TcpLimits;
use crate::tcp::rare::Waiting;
use crate::time::Timestamp;

impl Half {
    /// Keeps count of how long bytes that the receiver has are missing here.
    pub fn count_patience(&mut self, now: Timestamp, limits: &TcpLimits) {
        let at = self.next();
        if self.acked <= at || self.ended || !(self.is_settled() || self.is_awaited()) {
            if let Some(rare) = &mut self.rare {
                rare.waiting = None;
            }
            return;
        }
        match &mut self.rare().waiting {
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
        let waiting = self.rare.as_ref().and_then(|rare| rare.waiting);
        waiting.is_some_and(|waiting| waiting.segments_left == 0 && waiting.at == self.next())
    }

    /// Whether the receiver has bytes of it that have not been seen, or its end. One alone before anything
    /// was delivered is none: what was first seen may have been a keep-alive probe (RFC 9293 section
    /// 3.8.4).
    #[inline]
    pub fn is_missing(&self) -> bool {
        self.acked > self.next()
            && self.presence == Presence::Seen
            && self.is_settled()
            && !self.ended
            && (self.has_delivered() || !self.lacks_only_fin())
    }

    /// Gives up what is missing before the next stored chunk, or else before the known end.
    pub fn skip_missing(&mut self) -> u64 {
        let known_end = self.fin.unwrap_or(self.acked).max(self.acked);
        let stop = self.assembler.first_stored().map_or(known_end, |(offset, _)| offset);
        self.assembler.skip_to(stop)
    }

    /// Lets go of a lone piece that lies further ahead than anybody is believed to be, and of an end behind
    /// it. Whoever goes on behind such a hole has sent more by the time it is given up.
    pub fn drop_stray(&mut self) -> bool {
        let Some((offset, _)) = self.assembler.first_stored() else { return false };
        let is_stray = self.assembler.stored_chunks() == 1 && offset > self.next() + PLAUSIBLE_ACK;
        if is_stray {
            self.assembler.drop_stored();
            self.fin = self.fin.filter(|fin| *fin < offset);
        }
        is_stray
    }

    /// Remembers since which packet something is held back, for [`Half::held_since`].
    pub fn note_held(&mut self, packet: u64) {
        if self.is_holding() {
            self.rare().held_since.get_or_insert(packet);
        } else if let Some(rare) = &mut self.rare {
            rare.held_since = None;
        }
    }

    /// A packet no later than the oldest whose bytes are held back.
    pub fn held_since(&self) -> Option<u64> {
        self.rare.as_ref()?.held_since.filter(|_| self.is_holding())
    }
}
