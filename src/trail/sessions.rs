//! Session lives: what each session cookie held after each exchange, and what changed.

use super::diff::{self, Changes};
use super::story::{CookieLife, EventKind, SessionLife, SessionState};
use crate::few;
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
    let format = life.reading().filter(|_| life.is_session())?.format;
    let mut states: Vec<SessionState> = Vec::new();
    let mut previous: Option<usize> = None;
    for event in &life.events {
        if event.kind == EventKind::Deleted {
            previous = None;
        }
        let (Some(visit), Some(version)) = (event.visit, event.version) else { continue };
        let is_news = match event.kind {
            EventKind::Set | EventKind::Replaced | EventKind::Refreshed => true,
            EventKind::SentUnknown => states.iter().all(|state| state.version != version),
            _ => false,
        };
        if is_news {
            let payload = shown(life, version);
            let before = previous.and_then(|previous| shown(life, previous));
            let changes = diff::changes(before, payload);
            let is_new_value = previous.is_some_and(|previous| previous != version);
            let is_refresh =
                is_new_value && before.is_some() && payload.is_some() && changes.is_refresh();
            let identity = payload.and_then(identity);
            let packet = event.packet;
            let state = SessionState { visit, packet, version, identity, previous, is_refresh };
            few::push(&mut states, state);
            previous = Some(version);
        }
    }
    let turns = Vec::new();
    (!states.is_empty()).then_some(SessionLife { cookie: index, format, states, turns })
}

impl SessionState {
    /// What changed since the state before.
    pub fn changes(&self, life: &CookieLife) -> Changes {
        let before = self.previous.and_then(|previous| shown(life, previous));
        diff::changes(before, shown(life, self.version))
    }
}

fn shown(life: &CookieLife, version: usize) -> Option<&Value> {
    life.versions[version].reading.as_deref().and_then(Reading::shown)
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
