//! Captured text on its way out: escaped once for each kind of output, and nowhere else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// Captured bytes in JSON: a string where they are valid UTF-8, else `{"base64": "…"}`.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a>(pub &'a [u8]);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Ok(text) = std::str::from_utf8(self.0) {
            return serializer.serialize_str(text);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("base64", &STANDARD.encode(self.0))?;
        map.end()
    }
}

/// Captured bytes for a terminal or a plain text file: what could move a cursor, change a colour,
/// hide or reorder text is shown as an escape (`\x1b`, `\u{202e}`), and so is what is not UTF-8.
pub fn plain(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if is_unsafe(character) {
                out.extend(character.escape_default());
            } else {
                out.push(character);
            }
        }
        out.extend(chunk.invalid().escape_ascii().map(char::from));
    }
    out
}

/// Control characters, and those that change how other characters are shown: bidirectional
/// overrides, zero-width characters, line and paragraph separators, tags.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_drive_a_terminal() {
        for (bytes, shown) in [
            (&b"plain text"[..], "plain text"),
            (b"\x1b[31mred\x1b]0;title\x07", "\\u{1b}[31mred\\u{1b}]0;title\\u{7}"),
            (b"a\r\nb\tc", "a\\r\\nb\\tc"),
            (b"\xff\xfe", "\\xff\\xfe"),
            ("小明 ü".as_bytes(), "小明 ü"),
            ("\u{202e}evil\u{9b}".as_bytes(), "\\u{202e}evil\\u{9b}"),
        ] {
            assert_eq!(plain(bytes), shown);
        }
    }

    #[test]
    fn json_keeps_every_byte() {
        assert_eq!(serde_json::to_string(&Text(b"a\x1b")).unwrap(), r#""a\u001b""#);
        assert_eq!(serde_json::to_string(&Text(b"\xff")).unwrap(), r#"{"base64":"/w=="}"#);
    }
}
