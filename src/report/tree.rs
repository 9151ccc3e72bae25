//! JSON as a tree of keys and values.

use super::layout::{Span, wrap};
use super::text::plain;
use serde_json::Value;

/// Draws a document, each line behind `margin` and at most `width` columns wide.
pub(super) fn draw(value: &Value, margin: &str, width: usize) -> String {
    let mut text = String::new();
    match value {
        Value::Object(_) | Value::Array(_) if !is_empty(value) => {
            branches(value, margin, width, &mut text);
        }
        leaf => text += &line(margin, margin, &shown(leaf), width),
    }
    text
}

fn branches(value: &Value, margin: &str, width: usize, text: &mut String) {
    let members: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => {
            (0..).zip(items).map(|(n, v): (u32, _)| (n.to_string(), v)).collect()
        }
        _ => Vec::new(),
    };
    let count = members.len();
    for (place, (key, value)) in members.into_iter().enumerate() {
        let is_last = place + 1 == count;
        let (fork, below) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let (first, rest) = (format!("{margin}{fork}"), format!("{margin}{below}"));
        let key = plain(key.as_bytes());
        if matches!(value, Value::Object(_) | Value::Array(_)) && !is_empty(value) {
            *text += &line(&first, &rest, &key, width);
            branches(value, &rest, width, text);
        } else {
            *text +=
                &line(&first, &format!("{rest}  "), &format!("{key}: {}", shown(value)), width);
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    }
}

fn shown(value: &Value) -> String {
    plain(value.to_string().as_bytes()).into_owned()
}

fn line(first: &str, rest: &str, text: &str, width: usize) -> String {
    wrap(first, rest, &[Span::plain(text)], width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_document_is_drawn_with_its_branches() {
        let value = json!({"user": "小明", "cart": [{"id": 1}, {}], "end": null});
        let expected = [
            " ├─ user: \"小明\"",
            " ├─ cart",
            " │  ├─ 0",
            " │  │  └─ id: 1",
            " │  └─ 1: {}",
            " └─ end: null\n",
        ];
        assert_eq!(draw(&value, " ", 80), expected.join("\n"));
        assert_eq!(draw(&json!("text"), " ", 80), " \"text\"\n");
    }
}
