//! How JSON documents are laid out: over several lines, indented by two spaces, and with what could
//! drive a terminal or reorder text written as `\u` escapes, which mean the same.

use super::text::json;
use serde_json::ser::Formatter;
use std::io::{self, Write};

/// Line ends and indentation for the usual depths.
const INDENT: &str = ",\n                                                                ";

/// The layout of `serde_json`'s own pretty printer, with fewer and larger writes, and safe strings.
#[derive(Debug, Default)]
pub(super) struct Pretty {
    depth: usize,
    has_value: bool,
}

impl Pretty {
    /// The layout of what stands so many levels deep in a document.
    pub const fn at(depth: usize) -> Self {
        Self { depth, has_value: false }
    }

    fn line(&self, comma: bool, writer: &mut (impl ?Sized + Write)) -> io::Result<()> {
        let (start, width) = (usize::from(!comma), 2 * self.depth);
        if let Some(line) = INDENT.get(start..",\n".len() + width) {
            return writer.write_all(line.as_bytes());
        }
        write!(writer, "{}{:width$}", &INDENT[start..",\n".len()], "")
    }

    fn open(&mut self, bracket: u8, writer: &mut (impl ?Sized + Write)) -> io::Result<()> {
        self.depth += 1;
        self.has_value = false;
        writer.write_all(&[bracket])
    }

    fn close(&mut self, bracket: u8, writer: &mut (impl ?Sized + Write)) -> io::Result<()> {
        self.depth -= 1;
        if self.has_value {
            self.line(false, writer)?;
        }
        writer.write_all(&[bracket])
    }
}

impl Formatter for Pretty {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(b'[', writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(b']', writer)
    }

    fn begin_array_value<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.line(!first, writer)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(b'{', writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(b'}', writer)
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.line(!first, writer)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        writer.write_all(json(fragment).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Serialize;
    use serde_json::{Value, json};

    fn pretty(value: &Value) -> String {
        let mut out = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut out, Pretty::default());
        value.serialize(&mut serializer).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_could_drive_a_terminal_is_escaped_in_keys_too() {
        let shown = pretty(&json!({"a\u{202e}": ["\u{1b}\u{7f}é\"\\\u{feff}"]}));
        assert_eq!(shown, "{\n  \"a\\u202e\": [\n    \"\\u001b\\u007fé\\\"\\\\\\ufeff\"\n  ]\n}");
    }

    fn any_document() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            "[ -~]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(40, 60, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                proptest::collection::vec(("[a-z]{0,3}", inner), 0..3)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_layout_is_that_of_the_usual_printer(document in any_document()) {
            prop_assert_eq!(pretty(&document), serde_json::to_string_pretty(&document).unwrap());
        }
    }

    #[test]
    fn deep_documents_are_indented_all_the_way() {
        let deep = (0..80).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(pretty(&deep), serde_json::to_string_pretty(&deep).unwrap());
    }
}
