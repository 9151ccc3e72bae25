//! JSON documents over several lines, indented by two spaces, and with what could drive a terminal or
//! reorder text written as `\u` escapes, which mean the same.
//!
//! The layout is that of `serde_json`. A report has hundreds of thousands of lines, nearly all of
//! plain text: that is copied as it stands, a line with its key in one piece, and only the rest
//! goes to `serde_json`.

use super::json_line::is_plain;
use super::text::json;
use serde::ser::{self, Serialize, Serializer};
use std::fmt::Display;
use std::io::{self, Write};

/// How much of a document is written at a time.
const BUFFER: usize = 64 << 10;

/// Why a document is not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unwritten {
    /// The output refuses it.
    #[error(transparent)]
    Output(#[from] io::Error),
    /// A part of it cannot be.
    #[error("{0}")]
    Document(String),
}

impl ser::Error for Unwritten {
    fn custom<T: Display>(message: T) -> Self {
        Self::Document(message.to_string())
    }
}

impl From<Unwritten> for io::Error {
    fn from(unwritten: Unwritten) -> Self {
        match unwritten {
            Unwritten::Output(error) => error,
            Unwritten::Document(message) => Self::other(message),
        }
    }
}

/// A document on its way out.
#[derive(Debug)]
pub(super) struct Pretty<W> {
    out: Vec<u8>,
    to: W,
    /// A line end, and as many spaces as the next line begins with.
    line: Vec<u8>,
}

type Done = Result<(), Unwritten>;

impl<W: Write> Pretty<W> {
    pub fn new(to: W) -> Self {
        Self { out: Vec::with_capacity(BUFFER), to, line: vec![b'\n'] }
    }

    /// Ends the last line.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.push(b'\n');
        self.to.write_all(&self.out)?;
        self.to.flush()
    }

    /// A line, after a comma but for the first of its kind.
    fn begin_line(&mut self, is_first: bool) -> io::Result<()> {
        if self.out.len() >= BUFFER {
            self.to.write_all(&self.out)?;
            self.out.clear();
        }
        if !is_first {
            self.out.push(b',');
        }
        self.out.extend_from_slice(&self.line);
        Ok(())
    }

    /// A key of this program's own, which needs no escape.
    fn key(&mut self, key: &'static str, is_first: bool) -> io::Result<()> {
        self.begin_line(is_first)?;
        self.plain(key);
        self.out.extend_from_slice(b": ");
        Ok(())
    }

    fn plain(&mut self, text: &str) {
        self.out.reserve(text.len() + 2);
        self.out.push(b'"');
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(b'"');
    }

    fn string(&mut self, text: &str) {
        if is_plain(text.as_bytes()) {
            self.plain(text);
        } else if let Ok(text) = serde_json::to_string(text) {
            self.out.extend_from_slice(json(&text).as_bytes());
        }
    }

    fn number(&mut self, number: impl itoa::Integer) {
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    fn float(&mut self, number: &impl Serialize) -> Done {
        let text = serde_json::to_string(number);
        let text = text.map_err(|error| Unwritten::Document(error.to_string()))?;
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn open(&mut self, bracket: u8, close: u8) -> Level<'_, W> {
        self.out.push(bracket);
        self.line.extend_from_slice(b"  ");
        Level { document: self, close, is_empty: true }
    }
}

/// A list or an object whose members are being written.
#[derive(Debug)]
pub(super) struct Level<'a, W> {
    document: &'a mut Pretty<W>,
    close: u8,
    is_empty: bool,
}

impl<W: Write> Level<'_, W> {
    fn member(&mut self, key: &'static str, value: &(impl Serialize + ?Sized)) -> Done {
        self.document.key(key, std::mem::take(&mut self.is_empty))?;
        value.serialize(&mut *self.document)
    }

    fn item(&mut self, value: &(impl Serialize + ?Sized)) -> Done {
        self.document.begin_line(std::mem::take(&mut self.is_empty))?;
        value.serialize(&mut *self.document)
    }

    fn close(self) -> Done {
        let line = &mut self.document.line;
        line.truncate(line.len() - "  ".len());
        if !self.is_empty {
            self.document.begin_line(true)?;
        }
        self.document.out.push(self.close);
        Ok(())
    }
}

/// What documents are made of; bytes and enums with content are not among it.
impl<'a, W: Write> Serializer for &'a mut Pretty<W> {
    type Ok = ();
    type Error = Unwritten;
    type SerializeSeq = Level<'a, W>;
    type SerializeTuple = Level<'a, W>;
    type SerializeTupleStruct = Level<'a, W>;
    type SerializeTupleVariant = ser::Impossible<(), Unwritten>;
    type SerializeMap = Level<'a, W>;
    type SerializeStruct = Level<'a, W>;
    type SerializeStructVariant = ser::Impossible<(), Unwritten>;

    fn serialize_bool(self, value: bool) -> Done {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Done {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Done {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Done {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Done {
        self.number(value);
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Done {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Done {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Done {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Done {
        self.number(value);
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Done {
        self.float(&value)
    }

    fn serialize_f64(self, value: f64) -> Done {
        self.float(&value)
    }

    fn serialize_char(self, value: char) -> Done {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Done {
        self.string(value);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Done {
        Err(ser::Error::custom("bytes are written as text"))
    }

    fn serialize_none(self) -> Done {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Done {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Done {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Done {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        let mut level = self.open(b'{', b'}');
        level.member(variant, value)?;
        level.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Level<'a, W>, Unwritten> {
        Ok(self.open(b'[', b']'))
    }

    fn serialize_tuple(self, _: usize) -> Result<Level<'a, W>, Unwritten> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Level<'a, W>, Unwritten> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unwritten> {
        Err(ser::Error::custom("an enum has no content"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Level<'a, W>, Unwritten> {
        Ok(self.open(b'{', b'}'))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Level<'a, W>, Unwritten> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unwritten> {
        Err(ser::Error::custom("an enum has no content"))
    }
}

impl<W: Write> ser::SerializeSeq for Level<'_, W> {
    type Ok = ();
    type Error = Unwritten;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.item(value)
    }

    fn end(self) -> Done {
        self.close()
    }
}

impl<W: Write> ser::SerializeTuple for Level<'_, W> {
    type Ok = ();
    type Error = Unwritten;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.item(value)
    }

    fn end(self) -> Done {
        self.close()
    }
}

impl<W: Write> ser::SerializeTupleStruct for Level<'_, W> {
    type Ok = ();
    type Error = Unwritten;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.item(value)
    }

    fn end(self) -> Done {
        self.close()
    }
}

impl<W: Write> ser::SerializeMap for Level<'_, W> {
    type Ok = ();
    type Error = Unwritten;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        self.document.begin_line(std::mem::take(&mut self.is_empty))?;
        let at = self.document.out.len();
        key.serialize(&mut *self.document)?;
        if self.document.out.get(at) != Some(&b'"') {
            return Err(ser::Error::custom("a key is text"));
        }
        self.document.out.extend_from_slice(b": ");
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        value.serialize(&mut *self.document)
    }

    fn end(self) -> Done {
        self.close()
    }
}

impl<W: Write> ser::SerializeStruct for Level<'_, W> {
    type Ok = ();
    type Error = Unwritten;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Done {
        self.member(key, value)
    }

    fn end(self) -> Done {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn pretty(value: &impl Serialize) -> String {
        let mut out = Vec::new();
        let mut document = Pretty::new(&mut out);
        value.serialize(&mut document).unwrap();
        document.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_could_drive_a_terminal_is_escaped_in_keys_too() {
        let shown = pretty(&json!({"a\u{202e}": ["\u{1b}\u{7f}é\"\\\u{feff}"]}));
        let expected = "{\n  \"a\\u202e\": [\n    \"\\u001b\\u007fé\\\"\\\\\\ufeff\"\n  ]\n}\n";
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_key_that_is_no_text_is_refused() {
        let numbers = std::collections::BTreeMap::from([(1, 2)]);
        let refused = numbers.serialize(&mut Pretty::new(Vec::new())).unwrap_err();
        assert_eq!(refused.to_string(), "a key is text");
    }

    fn any_document() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,40}".prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(40, 60, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                proptest::collection::vec((any::<String>(), inner), 0..3)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_layout_is_that_of_the_usual_printer(document in any_document()) {
            let usual = serde_json::to_string_pretty(&document).unwrap();
            prop_assert_eq!(pretty(&document), format!("{}\n", json(&usual)));
        }
    }
}
