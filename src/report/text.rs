//! Captured text on its way out: escaped once for each kind of output, and nowhere else.

use super::pretty::Pretty;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write as _};

/// How much of a document is written at a time.
const BUFFER: usize = 64 << 10;

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

/// Writes a document as JSON, over several lines.
///
/// # Errors
/// Those of the writer.
pub fn write_json(document: &impl Serialize, out: impl io::Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(BUFFER, out);
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, Pretty::default());
    document.serialize(&mut serializer)?;
    writeln!(out)?;
    out.flush()
}

/// Writes a document as JSON on one line.
///
/// # Errors
/// Those of the writer.
pub fn write_json_line(document: &impl Serialize, mut out: impl io::Write) -> io::Result<()> {
    writeln!(out, "{}", json(&serde_json::to_string(document)?))
}

/// A JSON document in which what could drive a terminal or reorder text is written as `\u` escapes,
/// which mean the same.
pub(super) fn json(document: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = document;
    while let Some(at) = unsafe_place(rest) {
        let (safe, from) = rest.split_at(at);
        out += safe;
        let Some(character) = from.chars().next() else { break };
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a string does not fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
        rest = &from[character.len_utf8()..];
    }
    if out.is_empty() { Cow::Borrowed(document) } else { Cow::Owned(out + rest) }
}

/// Where the first character lies that must not be written as it stands. Text is mostly ASCII, and
/// is passed over in blocks as long as it is.
fn unsafe_place(text: &str) -> Option<usize> {
    const BLOCK: usize = 64;
    // Most that is asked about is short.
    if text.len() < BLOCK && text.bytes().all(|byte| byte < 0x7f) {
        return None;
    }
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let block = &rest.as_bytes()[..rest.len().min(BLOCK)];
        if block.iter().copied().max().is_none_or(|highest| highest < 0x7f) {
            at += block.len();
            continue;
        }
        let plain = block.iter().take_while(|byte| **byte < 0x7f).count();
        let character = rest[plain..].chars().next()?;
        if is_unsafe_in_json(character) {
            return Some(at + plain);
        }
        at += plain + character.len_utf8();
    }
    None
}

/// Of the ASCII control characters, a document has only its own line ends; those of its strings
/// are escaped already, but for DEL.
fn is_unsafe_in_json(character: char) -> bool {
    character >= '\u{7f}' && is_unsafe(character)
}

/// Captured bytes for a terminal or a plain text file: what could move a cursor, change a colour,
/// hide or reorder text is shown as an escape (`\x1b`, `\u{202e}`), and so is what is not UTF-8.
pub fn plain(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| escaped(bytes), plain_text)
}

/// The same for captured bytes that are text already.
pub fn plain_text(text: &str) -> Cow<'_, str> {
    if is_printable(text.as_bytes()) || !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    escaped(text.as_bytes())
}

/// Whether all is printable ASCII, as nearly all text is: that needs nothing.
fn is_printable(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |so_far, byte| so_far & (0x20..0x7f).contains(byte))
}

fn escaped(bytes: &[u8]) -> Cow<'_, str> {
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
    Cow::Owned(out)
}

/// Captured text in a Markdown paragraph: it neither becomes markup nor HTML, on GitHub either. Words
/// that would become links or mentions there become code.
pub fn markdown(text: &str) -> String {
    let safe = plain(text.as_bytes());
    let mut out = String::with_capacity(safe.len());
    for (index, word) in safe.split(' ').enumerate() {
        if index > 0 {
            out.push(' ');
        }
        if would_link(word) {
            out += &markdown_code(word);
        } else {
            let begins_block = out.trim_start().is_empty();
            push_escaped(word, begins_block, &mut out);
        }
    }
    out
}

/// Captured text as a Markdown code span, with a fence longer than any run of backticks in it;
/// nothing for no text.
pub fn markdown_code(text: &str) -> String {
    let safe = plain(text.as_bytes());
    if safe.is_empty() {
        return String::new();
    }
    let longest = safe.split(|other| other != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let is_edgy = |edge: char| matches!(edge, '`' | ' ');
    let pad = if safe.starts_with(is_edgy) || safe.ends_with(is_edgy) { " " } else { "" };
    format!("{fence}{pad}{safe}{pad}{fence}")
}

/// Captured text in a cell of a Markdown table, set with [`markdown`] or [`markdown_code`]. A pipe
/// there would end the cell, in code too.
pub fn markdown_cell(text: &str, set: fn(&str) -> String) -> String {
    // A pipe after a backslash is read differently by different programs; it is shown as an escape.
    let set = set(&text.replace("\\|", "\\\\u{7c}"));
    let mut out = String::with_capacity(set.len());
    for character in set.chars() {
        if character == '|' && !out.ends_with('\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

/// Whether GitHub would make a link, a mention or a reference of it.
fn would_link(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    word.contains("://") || word.contains("www.") || word.contains(['@', '#'])
}

fn push_escaped(word: &str, begins_block: bool, out: &mut String) {
    const MARKUP: &str = "\\`*_[]<>&|~$";
    const BLOCK: &str = "#+-=:!";
    for (at, character) in word.char_indices() {
        let is_block = begins_block
            && match &word.as_bytes()[..at] {
                [] => BLOCK.contains(character),
                digits => matches!(character, '.' | ')') && digits.iter().all(u8::is_ascii_digit),
            };
        if MARKUP.contains(character) || is_block {
            out.push('\\');
        }
        out.push(character);
    }
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
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

    /// What a Markdown reader shows, without spaces, and the kinds of markup that it found.
    fn read(markdown: &str) -> (String, Vec<String>) {
        let options = Options::ENABLE_GFM
            | Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_MATH;
        let (mut shown, mut markup) = (String::new(), Vec::new());
        for event in Parser::new_ext(markdown, options) {
            match event {
                Event::Text(text) | Event::Code(text) => shown.push_str(&text.replace(' ', "")),
                Event::Start(Tag::TableCell) | Event::End(TagEnd::TableCell) => shown.push(' '),
                Event::Start(Tag::Paragraph | Tag::Table(_) | Tag::TableHead | Tag::TableRow)
                | Event::End(_) => {}
                other => markup.push(format!("{other:?}")),
            }
        }
        (shown, markup)
    }

    fn hostile() -> impl Strategy<Value = String> {
        let markup = "`*_[]()<>&|~$#!-+=.:;\\/@^{}'\" 1x".chars().collect::<Vec<_>>();
        let markup = proptest::sample::select(markup);
        let any = proptest::char::any();
        proptest::collection::vec(prop_oneof![8 => markup, 1 => any], 0..40)
            .prop_map(|characters| String::from_iter(characters).trim_start().to_owned())
    }

    proptest! {
        #[test]
        fn nothing_becomes_markup_in_markdown(text in hostile()) {
            let shown = plain(text.as_bytes()).replace(' ', "");
            prop_assert_eq!(read(&markdown(&text)), (shown.clone(), vec![]));
            let code = markdown_code(&text);
            if !shown.is_empty() {
                prop_assert_eq!(read(&code), (shown, vec![]));
            }
        }

        #[test]
        fn nothing_leaves_a_cell_of_a_table(text in hostile()) {
            for set in [markdown, markdown_code] {
                let cell = markdown_cell(&text, set);
                let table = format!("| a | b |\n| - | - |\n| {cell} | end |\n");
                let (shown, markup) = read(&table);
                prop_assert_eq!(markup, Vec::<String>::new());
                prop_assert!(shown.ends_with("  end "), "{} {}", table, shown);
                prop_assert_eq!(shown.matches(' ').count(), 8);
            }
        }
    }

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
    fn markdown_stays_readable_and_makes_no_links() {
        for (text, shown) in [
            ("Logged in as alice, 1.5 s (now).", "Logged in as alice, 1.5 s (now)."),
            ("<script>alert(1)</script>", r"\<script\>alert(1)\</script\>"),
            ("[x](javascript:alert(1))", r"\[x\](javascript:alert(1))"),
            ("see http://evil.test/a_b now", "see `http://evil.test/a_b` now"),
            ("www.evil.test @team a@b.test #12", "`www.evil.test` `@team` `a@b.test` `#12`"),
            ("# *a* _b_ | c", r"`#` \*a\* \_b\_ \| c"),
            ("1. a", r"1\. a"),
            (" - a - b (packet 4)", r" \- a - b (packet 4)"),
            ("a\n\n<b>\u{202e}", r"a\\n\\n\<b\>\\u{202e}"),
        ] {
            assert_eq!(markdown(text), shown);
        }
    }

    #[test]
    fn code_holds_backticks_and_pipes() {
        assert_eq!(markdown_code("a"), "`a`");
        assert_eq!(markdown_code("a``b`c"), "```a``b`c```");
        assert_eq!(markdown_code("`a"), "`` `a ``");
        assert_eq!(markdown_code(""), "");
        assert_eq!(markdown_cell("a|b\\|c", markdown_code), r"`a\|b\\u{7c}c`");
    }

    #[test]
    fn json_keeps_every_byte() {
        assert_eq!(serde_json::to_string(&Text(b"a\x1b")).unwrap(), r#""a\u001b""#);
        assert_eq!(serde_json::to_string(&Text(b"\xff")).unwrap(), r#"{"base64":"/w=="}"#);
    }

    #[test]
    fn json_says_the_same_without_driving_a_terminal() {
        let hostile = "{\"a\": \"小\u{9b}31m\u{202e}\u{7f}\u{e0041}\"\n}";
        let safe = json(hostile);
        assert_eq!(safe, "{\"a\": \"小\\u009b31m\\u202e\\u007f\\udb40\\udc41\"\n}");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&safe), read(hostile));
    }
}
