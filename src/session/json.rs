//! JSON as frameworks put it into cookies, and how other bytes are shown as JSON.

use serde_json::{Value, json};

use crate::session::encoding::to_base64;

/// A JSON document. Nesting beyond 128 levels is refused by the parser.
pub fn parse(text: &[u8]) -> Option<Value> {
    serde_json::from_slice(text).ok()
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
