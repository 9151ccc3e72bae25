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
        attributes: Box::default(),
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
    event.text = Some(reason.sentence(&Case::sending(cookie, target)).into());
}

/// Where a deletion and the cookie that it was meant for differ.
pub(super) fn difference(
    set: &cookie::SetCookie,
    there: &cookie::Cookie,
    target: &Target,
) -> String {
    let given = set.path.as_deref().filter(|path| path.starts_with(b"/"));
    let path = given.unwrap_or_else(|| cookie::path::default_path(&target.path));
    let mut parts = Vec::new();
    if path != there.path {
        let how =
            if given.is_some() { "the deletion has" } else { "the deletion, without one, has" };
        parts.push(format!(
            "the cookie has Path={}, {how} Path={}",
            String::from_utf8_lossy(&there.path),
            String::from_utf8_lossy(path)
        ));
    }
    let domain = set.domain.as_deref().and_then(cookie::domain::canonical_name);
    let domain = domain.filter(|domain| !domain.is_empty());
    let own = (!there.host_only).then_some(&there.domain);
    if domain.as_ref() != own {
        let told = |domain: Option<&String>| {
            domain.map_or("no Domain".to_owned(), |domain| format!("Domain={domain}"))
        };
        parts.push(format!(
            "the cookie has {}, the deletion has {}",
            told(own),
            told(domain.as_ref())
        ));
    }
    parts.join("; ")
}
