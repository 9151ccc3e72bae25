//! The type tags in a Flask session (`flask.json.tag.TaggedJSONSerializer`), resolved for people.
//!
//! A value that JSON cannot hold is an object of one member whose key is the tag. Children are
//! resolved first. Tags that an application registered itself, and tagged values that do not have
//! the shape their tag asks for, stay as they are.

use serde_json::{Map, Value};

use crate::session::encoding::{self, base64};
use crate::session::json;

/// The payload with its tags resolved: tuples are arrays, bytes are text or `{"base64": …}`, UUIDs
/// have their hyphens, dates are RFC 3339.
pub fn plain(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(plain).collect()),
        Value::Object(members) => object(members),
        other => other.clone(),
    }
}

fn object(members: &Map<String, Value>) -> Value {
    let resolved = || members.iter().map(|(k, v)| (k.clone(), plain(v))).collect();
    let mut iter = members.iter();
    match (iter.next(), iter.next()) {
        (Some((key, value)), None) => {
            tagged(key, value).unwrap_or_else(|| Value::Object(resolved()))
        }
        _ => Value::Object(resolved()),
    }
}

/// The value behind one tag; `None` if `tag` is none or `value` does not fit it.
fn tagged(tag: &str, value: &Value) -> Option<Value> {
    match tag {
        " t" => value.is_array().then(|| plain(value)),
        " b" => Some(json::text(&base64(value.as_str()?.as_bytes())?)),
        " m" => value.is_string().then(|| value.clone()),
        " u" => uuid(value.as_str()?),
        " d" => date(value.as_str()?),
        " di" => untagged(value.as_object()?),
        _ => None,
    }
}

/// A real object of one member whose key looks like a tag: stored with `__` after the key.
fn untagged(members: &Map<String, Value>) -> Option<Value> {
    let (key, value) = members.iter().next().filter(|_| members.len() == 1)?;
    let key = key.strip_suffix("__")?;
    Some(Value::Object(Map::from_iter([(key.to_owned(), plain(value))])))
}

fn uuid(digits: &str) -> Option<Value> {
    let digits =
        Some(digits.to_ascii_lowercase()).filter(|d| encoding::is_hex(d.as_bytes(), 32))?;
    let (a, rest) = digits.split_at(8);
    Some(Value::from(format!(
        "{a}-{}-{}-{}-{}",
        &rest[..4],
        &rest[4..8],
        &rest[8..12],
        &rest[12..]
    )))
}

fn date(text: &str) -> Option<Value> {
    let zoned = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Value::from(zoned.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_tag_becomes_what_a_person_expects() {
        for (stored, expected) in [
            (json!({ " t": [1, { " t": [2] }] }), json!([1, [2]])),
            (json!({ " b": "aGk=" }), json!("hi")),
            (json!({ " b": "AP8QcmF3" }), json!({ "base64": "AP8QcmF3" })),
            (json!({ " m": "<b>x</b>" }), json!("<b>x</b>")),
            (
                json!({ " u": "0be00ba1240d1ab6ef520a67e6eb0794" }),
                json!("0be00ba1-240d-1ab6-ef52-0a67e6eb0794"),
            ),
            (json!({ " d": "Thu, 04 Mar 2021 05:06:07 GMT" }), json!("2021-03-04T05:06:07Z")),
            (json!({ " di": { " t__": 1 } }), json!({ " t": 1 })),
            (json!({ " di": { " t__": [1, 2] } }), json!({ " t": [1, 2] })),
            (json!({ "in": { " di": { " di__": { "x": 1 } } } }), json!({"in": {" di": {"x": 1}}})),
        ] {
            assert_eq!(plain(&stored), expected, "{stored}");
        }
    }

    #[test]
    fn what_does_not_fit_its_tag_stays() {
        for stored in [
            json!({ " t": "text" }),
            json!({ " u": "short" }),
            json!({ " d": "yesterday" }),
            json!({ " x": 1 }),
            json!({ " t": [1], "second": 2 }),
            json!({ " di": { "no-suffix": 1 } }),
        ] {
            assert_eq!(plain(&stored), stored);
        }
    }
}
