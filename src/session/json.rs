//! JSON as frameworks put it into cookies, and how other bytes are shown as JSON.

use serde_json::{Value, json};

use crate::session::encoding::{base64, to_base64};

/// A JSON document, also where Python or JavaScript wrote what the standard does not allow: `NaN`
/// and infinities are read as null, halves of surrogate pairs as U+FFFD. Nesting beyond 128 levels
/// is refused by the parser.
pub fn parse(text: &[u8]) -> Option<Value> {
    serde_json::from_slice(text).ok().or_else(|| serde_json::from_slice(&standard(text)?).ok())
}

/// What stands where the standard allows no number.
const NO_NUMBERS: [&[u8]; 3] = [b"NaN", b"-Infinity", b"Infinity"];

/// The text with everything that [`parse`] tolerates replaced; `None` where there is none of it.
fn standard(text: &[u8]) -> Option<Vec<u8>> {
    // Most text that is no JSON is no document at all, and is not worth a second look.
    if !matches!(text, [b'{' | b'[', ..]) {
        return None;
    }
    let mut output = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut in_string = false;
    let mut changed = false;
    while let Some(&byte) = rest.first() {
        let number = NO_NUMBERS.iter().find(|word| !in_string && rest.starts_with(word));
        let (taken, replacement): (usize, Option<&[u8]>) = match (byte, number) {
            (_, Some(word)) => (word.len(), Some(b"null")),
            (b'\\', None) if in_string => escape(rest),
            _ => (1, None),
        };
        in_string ^= byte == b'"';
        changed |= replacement.is_some();
        let (head, tail) = rest.split_at_checked(taken)?;
        output.extend_from_slice(replacement.unwrap_or(head));
        rest = tail;
    }
    changed.then_some(output)
}

/// The length of the escape that `text` begins with, and what to write instead of half a pair.
fn escape(text: &[u8]) -> (usize, Option<&'static [u8]>) {
    match (unit(text), text.get(6..).and_then(unit)) {
        (None, _) => (2, None),
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, None),
        (Some(0xd800..=0xdfff), _) => (6, Some(b"\\ufffd")),
        (Some(_), _) => (6, None),
    }
}

/// The UTF-16 unit of a `\u` escape.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Bytes as a JSON string where they are UTF-8, else as `{"base64": "…"}`.
pub fn text(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::from(text),
        Err(_) => json!({ "base64": to_base64(bytes) }),
    }
}

/// The readable beginning of a document that was cut, if there is any.
pub fn cut_text(bytes: &[u8]) -> Option<Value> {
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    };
    (!valid.is_empty()).then(|| Value::from(valid))
}

/// A value as the key of an object: text as it is, anything else as its JSON text.
pub fn key(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// The document in base64 text whose first character is that of `{`; other text is not decoded.
pub fn parse_base64_object(text: &[u8]) -> Option<Value> {
    parse(&base64_object_text(text)?).filter(Value::is_object)
}

/// The text of such a document, if it is one.
pub fn base64_object_text(text: &[u8]) -> Option<Vec<u8>> {
    // The first six bits of `{` and the two first of what follows make `e`, then `w` to `_`.
    text.starts_with(b"e").then(|| base64(text)).flatten()
}

/// Whether there is white space between the tokens of a JSON text, as Python's default separators
/// and pretty-printers leave it. Flask and Django write none.
pub fn is_spaced(text: &[u8]) -> bool {
    let mut in_string = false;
    let mut escaped = false;
    for &byte in text {
        if !in_string && byte.is_ascii_whitespace() {
            return true;
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_writes_beyond_the_standard_is_read() {
        for (text, expected) in [
            (r#"{"a":NaN,"b":[-Infinity,Infinity]}"#, json!({"a": null, "b": [null, null]})),
            (r#"{"NaN":"NaN \" NaN","x":NaN}"#, json!({"NaN": "NaN \" NaN", "x": null})),
            (r#"["\ud83d","\ude00","\ud83d\ude00"]"#, json!(["\u{fffd}", "\u{fffd}", "😀"])),
        ] {
            assert_eq!(parse(text.as_bytes()), Some(expected), "{text}");
        }
        for text in ["{\"a\":NaN", "[nan]", "\"\\ud83d", "\"\\"] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn spaces_inside_strings_do_not_count() {
        assert!(is_spaced(br#"{"a": 1}"#));
        assert!(!is_spaced(br#"{"a b":"c \" d"}"#));
    }

    #[test]
    fn bytes_that_are_no_text_become_base64() {
        assert_eq!(text(b"ok"), Value::from("ok"));
        assert_eq!(text(&[0xff]), json!({ "base64": "/w==" }));
    }

    #[test]
    fn a_cut_document_keeps_its_readable_beginning() {
        assert_eq!(cut_text(b"{\"a\xc3"), Some(Value::from("{\"a")));
        assert_eq!(cut_text(b"\xff"), None);
    }
}
