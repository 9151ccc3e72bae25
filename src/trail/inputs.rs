//! What the machine of a session's life is told beside cookie events.

use super::attempt::Outcome;
use super::stage::Evidence;
use super::visit::Answered;
use crate::time::Timestamp;

/// An attempt to log in, and what came of it.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub visit: usize,
    pub user: Option<String>,
    pub outcome: Outcome,
    pub signs: Vec<Evidence>,
}

/// What the step of an event was about, up to that event.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "facts that do not exclude each other")]
pub(super) struct Context<'a> {
    /// The attempt to log in that led here.
    pub attempt: Option<&'a Attempt>,
    /// The browser has come back from a login elsewhere.
    pub returns: bool,
    /// A logout was asked for.
    pub logout: bool,
    /// The request carried a remember-me cookie other than this one.
    pub remembers: bool,
    /// The request carried this cookie.
    pub sent: bool,
}

/// What a visit shows beside cookie events, all of it in its last packet.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sign<'a> {
    /// An attempt to log in is over.
    Attempted(&'a Attempt),
    /// A logout was asked for, and answered without an error.
    LoggedOut,
    /// The answer sent the browser to the login, or refused the page.
    TurnedAway,
}

/// Where and when something was seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub visit: usize,
    pub packet: Option<u64>,
    pub time: Timestamp,
}

/// What a session was shown while it lived.
pub(super) trait Answers {
    /// The session lived when it was sent in this visit.
    fn note(&mut self, visit: usize);
    /// Whether the answer of a visit is one that this session got before its end, and that
    /// strangers do not get. `None` where that cannot be told. `who` is its user.
    fn is_as_before(&self, visit: usize, who: Option<&str>) -> Option<bool>;
    /// Whether the page was shown to this session before.
    fn was_shown(&self, visit: usize) -> bool;
}

/// Whether an answer keeps a visitor out: an error that says so.
pub(super) fn refuses(answered: &Answered) -> bool {
    matches!(answered.status, 401 | 403 | 419 | 440)
}
