//! Events in the making: where they come from, and the words for their reasons.

use super::story::{CookieEvent, EventKind};
use super::visit::Asked;
use crate::cookie::{self, Case, Reason, Target, Verdict};
use crate::time::Timestamp;

/// The message that an event comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    pub visit: usize,
    pub packet: u64,
    pub time: Timestamp,
}

/// An event of this kind, of which nothing more is known yet.
pub(super) fn event(kind: EventKind, shown: Shown) -> CookieEvent {
    CookieEvent {
        kind,
        visit: Some(shown.visit),
        packet: Some(shown.packet),
        time: shown.time,
        version: None,
        attributes: Vec::new(),
        verdict: None,
        text: None,
    }
}

/// Why a line that deletes a cookie found none.
pub(super) fn nothing_deleted(asked: &Asked, set: &cookie::SetCookie) -> String {
    let was_there = asked.cookies.first(&set.name).is_some();
    let text = if was_there {
        "the cookie is from before the capture"
    } else {
        "there was nothing to delete"
    };
    text.to_owned()
}

/// Gives an event its reason, with the words for it.
pub(super) fn explain(
    event: &mut CookieEvent,
    reason: Reason,
    cookie: &cookie::Cookie,
    target: &Target,
) {
    event.verdict = Some(Verdict::of(reason));
    event.text = Some(reason.sentence(&Case::sending(cookie, target)));
}
