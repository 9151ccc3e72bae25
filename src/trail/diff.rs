//! What changed between two states of a session: paths of keys, as `user.name` or `cart[2]`, with
//! what stood there before and what stands there now.

use crate::few;
use serde_json::{Map, Value};

/// How deep the comparison looks; what differs below is told as a change of what holds it.
const MAX_DEPTH: usize = 16;

/// Keys by which frameworks note a time or a serial number whenever they write a session, so that
/// it changes though nothing happened: the registered claims of RFC 7519 section 4.1, Beaker's and
/// koa-session's clocks, `CodeIgniter` 2's, Symfony's bag of metadata.
const CLOCKS: [&str; 10] = [
    "iat",
    "exp",
    "nbf",
    "jti",
    "_accessed_time",
    "_expire",
    "last_activity",
    "_last_activity",
    "last_seen",
    "_sf2_meta",
];

/// What became of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// Its value is another.
    Changed,
    /// It holds a token against forged requests, and got a new one.
    Rotated,
    /// It holds the time of writing, or a serial number, and got a new one.
    Renewed,
}

impl ChangeKind {
    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Rotated => "rotated",
            Self::Renewed => "renewed",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What became of it.
    pub kind: ChangeKind,
    /// Where, as `user.name` or `cart[2]`; empty where the whole value is meant.
    pub path: String,
    /// What stood there before.
    pub before: Option<Value>,
    /// What stands there now.
    pub after: Option<Value>,
}

/// Every difference, in the order of the session's keys: of each object first what was there
/// before, then what is new.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes(Vec<Change>);

impl Changes {
    /// Whether both states say the same.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether nothing has changed that the application put there: both say the same, or all that
    /// is new is the time.
    pub fn is_refresh(&self) -> bool {
        self.0.iter().all(|change| change.kind == ChangeKind::Renewed)
    }

    /// The differences.
    pub fn iter(&self) -> std::slice::Iter<'_, Change> {
        self.0.iter()
    }

    /// The differences of one kind.
    pub fn of(&self, kind: ChangeKind) -> impl Iterator<Item = &Change> {
        self.0.iter().filter(move |change| change.kind == kind)
    }

    fn push(
        &mut self,
        kind: ChangeKind,
        path: String,
        before: Option<&Value>,
        after: Option<&Value>,
    ) {
        let (before, after) = (before.cloned(), after.cloned());
        few::push(&mut self.0, Change { kind, path, before, after });
    }
}

impl<'a> IntoIterator for &'a Changes {
    type Item = &'a Change;
    type IntoIter = std::slice::Iter<'a, Change>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Compares two states. A state that is not there counts as empty.
pub fn changes(before: Option<&Value>, after: Option<&Value>) -> Changes {
    let empty = Value::Object(Map::new());
    let mut changes = Changes::default();
    let place = Place { path: String::new(), key: "", depth: 0 };
    compare(&place, before.unwrap_or(&empty), after.unwrap_or(&empty), &mut changes);
    changes
}

/// Where in a session a value stands.
struct Place<'a> {
    path: String,
    /// The key that holds it; of an item of a list, that of the list.
    key: &'a str,
    depth: usize,
}

impl<'a> Place<'a> {
    fn member(&self, key: &'a str) -> Self {
        Self { path: join(&self.path, key), key, depth: self.depth + 1 }
    }

    fn item(&self, index: usize) -> Self {
        Self { path: format!("{}[{index}]", self.path), key: self.key, depth: self.depth + 1 }
    }

    /// What it means that a value here is another one.
    fn change(&self, before: &Value, after: &Value) -> ChangeKind {
        let is_scalar = |value: &Value| !value.is_object() && !value.is_array();
        let is_text = before.is_string() && after.is_string();
        if is_text && is_token(self.key) {
            ChangeKind::Rotated
        } else if self.depth == 1
            && CLOCKS.contains(&self.key)
            && is_scalar(before) == is_scalar(after)
        {
            ChangeKind::Renewed
        } else {
            ChangeKind::Changed
        }
    }
}

/// Whether a key is one by which frameworks keep their token against forged requests: `csrf_token`
/// (Flask-WTF), `_csrf_token` (Rails, Phoenix), `_csrft_` (Pyramid), `csrfSecret` (csurf), `_token`
/// (Laravel), `_csrf/…` (Symfony), and whatever else is called so.
fn is_token(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    lower.contains("csrf")
        || lower.contains("xsrf")
        || matches!(&*lower, "_token" | "authenticity_token")
}

fn compare(place: &Place<'_>, before: &Value, after: &Value, changes: &mut Changes) {
    match (before, after) {
        (Value::Object(old), Value::Object(new))
            if place.depth < MAX_DEPTH && !CLOCKS.contains(&place.key) =>
        {
            members(place, old, new, changes);
        }
        (Value::Array(old), Value::Array(new)) if place.depth < MAX_DEPTH => {
            items(place, old, new, changes);
        }
        _ if before != after => {
            changes.push(
                place.change(before, after),
                place.path.clone(),
                Some(before),
                Some(after),
            );
        }
        _ => {}
    }
}

fn members(
    place: &Place<'_>,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    changes: &mut Changes,
) {
    for (key, value) in old {
        let inner = place.member(key);
        match new.get(key) {
            Some(other) => compare(&inner, value, other, changes),
            None => changes.push(ChangeKind::Removed, inner.path, Some(value), None),
        }
    }
    for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
        changes.push(ChangeKind::Added, place.member(key).path, None, Some(value));
    }
}

/// Lists are held against each other without what they begin and end with alike, so that an item
/// taken out of the front does not make all others look changed.
fn items(place: &Place<'_>, old: &[Value], new: &[Value], changes: &mut Changes) {
    let alike = |pair: &(&Value, &Value)| pair.0 == pair.1;
    let front = old.iter().zip(new).take_while(alike).count();
    let (old_rest, new_rest) = (&old[front..], &new[front..]);
    let back = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(alike).count();
    let old_rest = &old_rest[..old_rest.len() - back];
    let new_rest = &new_rest[..new_rest.len() - back];
    let both = old_rest.len().min(new_rest.len());
    for (index, (value, other)) in (front..).zip(old_rest.iter().zip(new_rest)) {
        compare(&place.item(index), value, other, changes);
    }
    for (index, value) in (front + both..).zip(&old_rest[both..]) {
        changes.push(ChangeKind::Removed, place.item(index).path, Some(value), None);
    }
    for (index, value) in (front + both..).zip(&new_rest[both..]) {
        changes.push(ChangeKind::Added, place.item(index).path, None, Some(value));
    }
}

/// `path.key`; a key that would not be read back as one stands quoted: `path["a.b"]`.
fn join(path: &str, key: &str) -> String {
    let is_plain = !key.is_empty()
        && !key.contains(|c: char| matches!(c, '.' | '[' | ']' | '"') || c.is_whitespace());
    match (is_plain, path) {
        (false, _) => format!("{path}[{}]", Value::from(key)),
        (true, "") => key.to_owned(),
        (true, _) => format!("{path}.{key}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// `added cart[2]`, in order.
    fn told(before: &Value, after: &Value) -> Vec<String> {
        let changes = changes(Some(before), Some(after));
        changes.iter().map(|change| format!("{} {}", change.kind.word(), change.path)).collect()
    }

    #[test]
    fn nested_paths_are_named_with_what_stood_there() {
        let before = json!({"user": {"name": "alice", "role": "x"}, "cart": [1, 2], "old": 1});
        let after = json!({"user": {"name": "bob", "role": "x"}, "cart": [1, 3, 4], "new": {}});
        let expected =
            ["changed user.name", "changed cart[1]", "added cart[2]", "removed old", "added new"];
        assert_eq!(told(&before, &after), expected);
        let changes = changes(Some(&before), Some(&after));
        let name = changes.of(ChangeKind::Changed).next().unwrap();
        assert_eq!((&name.before, &name.after), (&Some(json!("alice")), &Some(json!("bob"))));
        let old = changes.of(ChangeKind::Removed).next().unwrap();
        assert_eq!((&old.before, &old.after), (&Some(json!(1)), &None));
        assert!(!changes.is_refresh());
    }

    #[test]
    fn nothing_before_means_that_all_is_added() {
        let one = json!({"a": 1});
        let paths: Vec<_> = changes(None, Some(&one)).iter().map(|c| c.path.clone()).collect();
        assert_eq!(paths, ["a"]);
        assert!(changes(Some(&one), Some(&one)).is_empty());
    }

    #[test]
    fn a_list_that_loses_its_first_item_has_not_changed_in_all_others() {
        for (before, after, expected) in [
            (json!([1, 2, 3]), json!([2, 3]), vec!["removed [0]"]),
            (json!([2, 3]), json!([1, 2, 3]), vec!["added [0]"]),
            (json!([1, 2, 3]), json!([1, 9, 3]), vec!["changed [1]"]),
            (json!([1, 1]), json!([1]), vec!["removed [1]"]),
            (json!([]), json!([1, 2]), vec!["added [0]", "added [1]"]),
        ] {
            assert_eq!(told(&before, &after), expected);
        }
    }

    #[test]
    fn a_new_token_against_forged_requests_is_a_rotation() {
        for key in ["csrf_token", "_csrf_token", "_csrft_", "csrfSecret", "XSRF-TOKEN", "_token"] {
            let state = |token: &str| json!({"user": "alice", key: token});
            let path = join("", key);
            assert_eq!(told(&state("a"), &state("b")), [format!("rotated {path}")]);
        }
        assert_eq!(told(&json!({"_csrf": "a"}), &json!({"_csrf": 1})), ["changed _csrf"]);
        assert_eq!(told(&json!({"token": "a"}), &json!({"token": "b"})), ["changed token"]);
        assert_eq!(told(&json!({}), &json!({"csrf_token": "b"})), ["added csrf_token"]);
    }

    #[test]
    fn a_new_time_with_the_same_content_is_a_refresh() {
        let state = |time: u32, user: &str| json!({"sub": user, "iat": time, "exp": time + 60});
        let refreshed = changes(Some(&state(1, "alice")), Some(&state(2, "alice")));
        assert!(refreshed.is_refresh() && !refreshed.is_empty());
        assert!(!changes(Some(&state(1, "alice")), Some(&state(2, "bob"))).is_refresh());
        // Deeper down, such a key is the application's own.
        let deep = |time: u32| json!({"plan": {"exp": time}});
        assert_eq!(told(&deep(1), &deep(2)), ["changed plan.exp"]);
    }

    #[test]
    fn keys_that_hold_dots_are_quoted() {
        let before = json!({"a": {"b": 1}, "a.b": 1, "": {"x": 1}});
        let after = json!({"a": {"b": 2}, "a.b": 2, "": {"x": 2}});
        assert_eq!(told(&before, &after), ["changed a.b", "changed [\"a.b\"]", "changed [\"\"].x"]);
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |leaf: i32| (0..120).fold(json!(leaf), |inner, _| json!({"k": inner}));
        assert_eq!(told(&deep(1), &deep(2)).len(), 1);
    }
}
