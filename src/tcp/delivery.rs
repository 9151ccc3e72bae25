//! What a connection delivers, and when: bytes whose turn has come, ends, and holes that are given up.

use super::connection::{Connection, End, Event, Mark, What};
use super::half::Half;
use super::side::Side;
use crate::limits::TcpLimits;
use std::borrow::Cow;

impl Connection {
    /// The next event that can be delivered, if there is one.
    pub fn pop(&mut self, limits: &TcpLimits) -> Option<Event<'static>> {
        if !self.finished && self.halves.iter().all(Half::is_quiet) {
            return None;
        }
        Side::BOTH
            .into_iter()
            .find_map(|side| self.pop_ready(side))
            .or_else(|| self.break_tie())
            .or_else(|| Side::BOTH.into_iter().find_map(|side| self.pop_end(side)))
            .or_else(|| self.hopeless(limits).and_then(|side| self.give_up(side, limits)))
    }

    /// The same for a connection of which nothing has come for long. Bytes that its receivers have, and
    /// the capture has not, are not waited for, be they the last that was said.
    pub fn pop_idle(&mut self, limits: &TcpLimits) -> Option<Event<'static>> {
        self.pop(limits).or_else(|| {
            let side =
                Side::BOTH.into_iter().find(|side| self.halves[side.index()].is_missing())?;
            self.give_up(self.culprit(side), limits)
        })
    }

    fn pop_ready(&mut self, side: Side) -> Option<Event<'static>> {
        let offset = self.half_mut(side).next();
        let skipped = self.half_mut(side).skip_cut();
        if skipped > 0 {
            return Some(Event { side, what: What::Cut(skipped), offset, mark: self.last.mark() });
        }
        let mark = self.halves[side.index()].ready_mark()?;
        self.in_step(side, mark.acked).then(|| self.deliver(side, mark))?
    }

    /// The end of a direction. Bytes of the other one that can be delivered come first.
    fn pop_end(&mut self, side: Side) -> Option<Event<'static>> {
        let offset = self.half_mut(side).next();
        let how = self.end_of(side)?;
        self.half_mut(side).end();
        Some(Event { side, what: What::End(how), offset, mark: self.last.mark() })
    }

    fn deliver(&mut self, side: Side, mark: Mark) -> Option<Event<'static>> {
        let chunk = self.half_mut(side).assembler.pop()?;
        let what = What::Data(Cow::Owned(chunk.bytes));
        Some(Event { side, what, offset: chunk.offset, mark })
    }

    /// Both sides may seem to wait for each other, when a copy sent again acknowledges more than
    /// the lost first one did. Then the older packet goes first.
    fn break_tie(&mut self) -> Option<Event<'static>> {
        let [originator, responder] = [self.halves[0].ready_mark()?, self.halves[1].ready_mark()?];
        if originator.packet <= responder.packet {
            self.deliver(Side::Originator, originator)
        } else {
            self.deliver(Side::Responder, responder)
        }
    }

    /// How `side` has ended, if nothing stands before its end.
    fn end_of(&self, side: Side) -> Option<End> {
        let half = &self.halves[side.index()];
        if half.ended || half.is_holding() {
            return None;
        }
        if let Some(fin) = half.fin {
            return (half.next() >= fin).then_some(End::Closed);
        }
        match half.acked.checked_sub(half.next()) {
            _ if !self.finished || self.halves[side.other().index()].is_holding() => None,
            Some(1) => Some(End::Closed),
            Some(2..) => None,
            _ if self.reset.is_some() => Some(End::Reset),
            _ => Some(End::Unknown),
        }
    }

    /// The side whose missing bytes are no longer waited for, if there is one. As long as nothing
    /// is held back because of them, waiting costs nothing until the connection falls silent.
    fn hopeless(&self, limits: &TcpLimits) -> Option<Side> {
        let holding = self.halves.iter().any(Half::is_holding);
        let stuck = Side::BOTH.into_iter().filter(|side| {
            let half = &self.halves[side.index()];
            half.is_out_of_patience() && (holding || half.lacks_only_fin())
                || half.is_full(limits)
                || (self.finished && !half.ended)
        });
        let stuck = stuck.min_by_key(|side| !self.halves[side.index()].is_holding())?;
        Some(self.culprit(stuck))
    }

    /// If `side` waits for its own earlier bytes it is the one to blame; if it only waits for what
    /// it acknowledges, the other side is.
    fn culprit(&self, side: Side) -> Side {
        if self.halves[side.index()].ready_mark().is_some() { side.other() } else { side }
    }

    /// Gives up the missing bytes of `side`; if none are missing, it has no more to give. Where
    /// it has not been seen, or has not begun, that is what is not waited for from now on.
    fn give_up(&mut self, side: Side, limits: &TcpLimits) -> Option<Event<'static>> {
        let half = self.half_mut(side);
        if half.is_awaited() || half.is_settling() {
            half.do_without();
            return self.pop(limits);
        }
        let last = self.last.mark();
        let half = self.half_mut(side);
        let offset = half.next();
        if half.drop_stray() {
            return self.pop(limits);
        }
        let how = if half.lacks_only_fin() { End::Closed } else { End::Unknown };
        let missing = if how == End::Closed { 0 } else { half.skip_missing() };
        if missing > 0 {
            let mark = half.ready_mark().unwrap_or(last);
            return Some(Event { side, what: What::Gap(missing), offset, mark });
        }
        if half.ended {
            return None;
        }
        half.end();
        Some(Event { side, what: What::End(how), offset, mark: last })
    }
}
