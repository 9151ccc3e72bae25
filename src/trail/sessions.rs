//! Session lives: what each session cookie held after each exchange, and what changed.

use super::diff::{self, Changes};
use super::story::{CookieLife, EventKind, SessionLife, SessionState};
use crate::session::Reading;
use serde_json::Value;

/// Keys of a payload that name the user, the most telling first.
const IDENTITY_KEYS: [&str; 16] = [
    "username",
    "user_name",
    "user",
    "login",
    "email",
    "name",
    "preferred_username",
    "_user_id",
    "user_id",
    "userId",
    "uid",
    "account",
    "account_id",
    "sub",
    "_auth_user_id",
    "passport",
];

/// The session that a cookie carried, if it carried one.
pub(super) fn session(index: usize, life: &CookieLife) -> Option<SessionLife> {
    let format = life.reading().filter(|reading| reading.kind.is_session())?.format;
    let mut states: Vec<SessionState> = Vec::new();
    let mut before: Option<&Value> = None;
    for event in &life.events {
        let shows = matches!(
            event.kind,
            EventKind::Set | EventKind::Replaced | EventKind::Refreshed | EventKind::SentUnknown
        );
        let is_known = states.iter().any(|state| Some(state.version) == event.version);
        let (Some(visit), Some(version)) = (event.visit, event.version) else {
            if event.kind == EventKind::Deleted {
                before = None;
            }
            continue;
        };
        if !shows || (event.kind == EventKind::SentUnknown && is_known) {
            continue;
        }
        let payload = life.versions[version].reading.as_ref().and_then(Reading::shown);
        let changes =
            if payload.is_some() { diff::changes(before, payload) } else { Changes::default() };
        let identity = payload.and_then(identity);
        states.push(SessionState { visit, packet: event.packet, version, identity, changes });
        before = payload;
    }
    (!states.is_empty()).then_some(SessionLife { cookie: index, format, states })
}

/// Who a payload says is logged in.
pub(super) fn identity(payload: &Value) -> Option<String> {
    IDENTITY_KEYS.iter().find_map(|key| match payload.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(inner) => inner
            .get("user")
            .or_else(|| inner.get("name"))
            .or_else(|| inner.get("username"))
            .and_then(|inner| match inner {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            }),
        _ => None,
    })
}
