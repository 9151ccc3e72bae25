//! What changed in a session, in words: `adds basket[1]: "apple"; changes user: "alice" → "bob"`.

use super::layout::shorten;
use super::phrase::{Phrase, Piece};
use super::walkthrough::{Line, Mark};
use super::words::compact_json;
use crate::trail::diff::{Change, ChangeKind, Changes};
use crate::trail::{CookieLife, SessionState};
use serde_json::Value;

/// Columns that a value may take here; JSON has it whole.
const VALUE: usize = 40;

/// Changes that are told one by one; of more, only their number.
const TOLD: usize = 8;

/// What changed since the state before; `None` where that cannot be told.
pub(super) fn line(state: &SessionState, life: &CookieLife) -> Option<Line> {
    told(&state.changes(life), state.is_refresh)
}

fn told(changes: &Changes, is_refresh: bool) -> Option<Line> {
    let mut text = Phrase::default();
    if is_refresh {
        text = text.and_words("a refresh: the same content, written anew");
    }
    let told = changes.iter().filter(|change| !change.path.is_empty());
    let told: Vec<&Change> = told.filter(|change| change.kind != ChangeKind::Renewed).collect();
    let mut last = None;
    for change in told.iter().take(TOLD) {
        let joint = if text.pieces().is_empty() { "" } else { "; " };
        let verb = if last == Some(change.kind) { "" } else { verb(change.kind) };
        let path = Piece::Captured(change.path.clone());
        text = value(text.and_words(format!("{joint}{verb}")).and(path), change);
        last = Some(change.kind);
    }
    if told.len() > TOLD {
        text = text.and_words(format!("; and {} more changes", told.len() - TOLD));
    }
    (!text.pieces().is_empty()).then_some(Line { mark: Mark::Content, text, aside: None })
}

const fn verb(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "adds ",
        ChangeKind::Removed => "removes ",
        ChangeKind::Changed => "changes ",
        ChangeKind::Rotated => "new token against forged requests in ",
        ChangeKind::Renewed => "renews ",
    }
}

/// What is worth showing beside a path: the new value, and of a change the old one too. A token
/// tells nobody anything.
fn value(text: Phrase, change: &Change) -> Phrase {
    let captured = |value: &Value| Piece::Captured(short(value));
    match (change.kind, &change.before, &change.after) {
        (ChangeKind::Added, _, Some(after)) => text.and_words(": ").and(captured(after)),
        (ChangeKind::Changed, Some(before), Some(after)) => {
            text.and_words(": ").and(captured(before)).and_words(" → ").and(captured(after))
        }
        _ => text,
    }
}

/// A value in few columns. Bytes are shown as how many they are.
fn short(value: &Value) -> String {
    match bytes(value) {
        Some(length) => format!("<{length} bytes>"),
        None => shorten(&compact_json(value), VALUE).into_owned(),
    }
}

/// The number of bytes of a value that stands for bytes: `{"base64": "…"}`.
fn bytes(value: &Value) -> Option<usize> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let text = members.get("base64")?.as_str()?;
    let digits = text.trim_end_matches('=').len();
    Some(digits * 3 / 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trail::diff;
    use serde_json::json;

    fn told(before: &Value, after: &Value) -> Option<String> {
        let changes = diff::changes(Some(before), Some(after));
        super::told(&changes, changes.is_refresh()).map(|line| line.text.to_string())
    }

    #[test]
    fn paths_are_told_with_their_values() {
        let before = json!({"user": "alice", "cart": ["pear"], "old": 1});
        let after = json!({"user": "小明", "cart": ["pear", "kiwi"], "n": {"a": true}});
        assert_eq!(
            told(&before, &after).unwrap(),
            "changes user: \"alice\" → \"小明\"; adds cart[1]: \"kiwi\"; removes old; adds n: {\"a\": true}"
        );
    }

    #[test]
    fn a_refresh_and_a_rotation_are_told_as_such() {
        let state = json!({"user": "alice"});
        assert_eq!(told(&state, &state).unwrap(), "a refresh: the same content, written anew");
        let token = |token: &str| json!({"csrf_token": token});
        assert_eq!(
            told(&token("a"), &token("b")).unwrap(),
            "new token against forged requests in csrf_token"
        );
    }

    #[test]
    fn large_values_are_shortened_by_columns_and_bytes_are_counted() {
        let after = json!({"a": "明".repeat(100), "b": {"base64": "/wAAAA=="}});
        let text = told(&json!({}), &after).unwrap();
        assert_eq!(text, format!("adds a: \"{}…; b: <4 bytes>", "明".repeat(19)));
    }

    #[test]
    fn of_many_changes_only_the_first_are_told() {
        let many: Value = (0..20).map(|n| (format!("k{n}"), json!(n))).collect();
        let text = told(&json!({}), &many).unwrap();
        assert!(text.starts_with("adds k0: 0; k1: 1") && text.ends_with("; and 12 more changes"));
    }
}
