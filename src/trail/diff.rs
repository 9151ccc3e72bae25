//! What changed between two states of a session: paths of keys, as `user.name` or `cart[2]`.

use serde_json::Value;

/// How deep the comparison looks; what differs below is told as a change of what holds it.
const MAX_DEPTH: usize = 16;

/// Paths of what was added, removed and changed, each in the order of the session's keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Keys that were not there before.
    pub added: Vec<String>,
    /// Keys that are not there any more.
    pub removed: Vec<String>,
    /// Keys whose value is another.
    pub changed: Vec<String>,
}

impl Changes {
    /// Whether both states say the same.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// Compares two states. A state that is not there counts as empty.
pub fn changes(before: Option<&Value>, after: Option<&Value>) -> Changes {
    let empty = Value::Object(serde_json::Map::new());
    let mut changes = Changes::default();
    compare("", before.unwrap_or(&empty), after.unwrap_or(&empty), 0, &mut changes);
    changes
}

fn compare(path: &str, before: &Value, after: &Value, depth: usize, changes: &mut Changes) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) if depth < MAX_DEPTH => {
            for (key, value) in old {
                match new.get(key) {
                    Some(other) => compare(&join(path, key), value, other, depth + 1, changes),
                    None => changes.removed.push(join(path, key)),
                }
            }
            let fresh = new.keys().filter(|key| !old.contains_key(*key));
            changes.added.extend(fresh.map(|key| join(path, key)));
        }
        (Value::Array(old), Value::Array(new)) if depth < MAX_DEPTH => {
            for (index, (value, other)) in old.iter().zip(new).enumerate() {
                compare(&format!("{path}[{index}]"), value, other, depth + 1, changes);
            }
            changes.removed.extend((new.len()..old.len()).map(|index| format!("{path}[{index}]")));
            changes.added.extend((old.len()..new.len()).map(|index| format!("{path}[{index}]")));
        }
        _ if before != after => changes.changed.push(path.to_owned()),
        _ => {}
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_paths_are_named() {
        let before = json!({"user": {"name": "alice", "role": "x"}, "cart": [1, 2], "old": 1});
        let after = json!({"user": {"name": "bob", "role": "x"}, "cart": [1, 3, 4], "new": {}});
        let changes = changes(Some(&before), Some(&after));
        assert_eq!(changes.added, ["cart[2]", "new"]);
        assert_eq!(changes.removed, ["old"]);
        assert_eq!(changes.changed, ["user.name", "cart[1]"]);
    }

    #[test]
    fn nothing_before_means_that_all_is_added() {
        assert_eq!(changes(None, Some(&json!({"a": 1}))).added, ["a"]);
        assert!(changes(Some(&json!({"a": 1})), Some(&json!({"a": 1}))).is_empty());
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |leaf: i32| (0..1000).fold(json!(leaf), |inner, _| json!({"k": inner}));
        assert_eq!(changes(Some(&deep(1)), Some(&deep(2))).changed.len(), 1);
    }
}
