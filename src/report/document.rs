//! A JSON document that is written member by member, and whose long lists are made on several
//! threads. It reads as if it had been written at once.

use super::pretty::Pretty;
use crate::threads;
use serde::Serialize;
use std::io::{self, BufWriter, Write};
use std::num::NonZero;

/// Items of a shorter list are written one by one: threads would take longer to start.
const FEW: usize = 64;

/// Bytes gathered before they are written.
const BLOCK: usize = 64 << 10;

/// An object that is being written.
pub(super) struct Document<W> {
    out: W,
    threads: NonZero<usize>,
    has_members: bool,
}

impl<W: Write> Document<W> {
    /// Begins an object. Its lists are made on so many threads.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn begin(mut out: W, threads: NonZero<usize>) -> io::Result<Self> {
        out.write_all(b"{")?;
        Ok(Self { out, threads, has_members: false })
    }

    /// Adds a member.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn member(&mut self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.name(name)?;
        let mut text = Vec::new();
        json(value, 1, &mut text)?;
        self.out.write_all(&text)
    }

    /// Adds a member that is a list: what `make` makes of each item.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn list<'a, T: Sync, J: Serialize>(
        &mut self,
        name: &str,
        items: &'a [T],
        make: impl Fn(&'a T) -> J + Sync,
    ) -> io::Result<()> {
        self.name(name)?;
        let out = &mut self.out;
        out.write_all(b"[")?;
        let separator = |place| if place == 0 { &b"\n    "[..] } else { b",\n    " };
        if items.len() < FEW || self.threads.get() == 1 {
            // One of them may be long, and need not be whole before it is written.
            let mut out = BufWriter::with_capacity(BLOCK, out);
            for (place, item) in items.iter().enumerate() {
                out.write_all(separator(place))?;
                json(&make(item), 2, &mut out)?;
            }
            out.write_all(if items.is_empty() { b"]" } else { b"\n  ]" })?;
            return out.flush();
        }
        let set = |places: &[usize]| -> io::Result<Vec<u8>> {
            let mut text = Vec::new();
            for place in places {
                text.extend_from_slice(separator(*place));
                json(&make(&items[*place]), 2, &mut text)?;
            }
            Ok(text)
        };
        let places: Vec<usize> = (0..items.len()).collect();
        threads::in_order(&places, self.threads, set, |text| out.write_all(&text?))?;
        out.write_all(b"\n  ]")
    }

    /// Ends the object, and its last line.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn end(mut self) -> io::Result<()> {
        self.out.write_all(if self.has_members { b"\n}\n" } else { b"}\n" })?;
        self.out.flush()
    }

    fn name(&mut self, name: &str) -> io::Result<()> {
        let comma = if std::mem::replace(&mut self.has_members, true) { "," } else { "" };
        write!(self.out, "{comma}\n  {}: ", serde_json::to_string(name)?)
    }
}

/// Adds a value that stands so many levels deep in a document.
fn json(value: &impl Serialize, depth: usize, out: impl Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(out, Pretty::at(depth));
    Ok(value.serialize(&mut serializer)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn written(count: u32, threads: usize) -> String {
        let item = |n: &u32| json!({"n": n, "deep": [[n], {}, []]});
        let items: Vec<u32> = (0..count).collect();
        let mut out = Vec::new();
        let mut document = Document::begin(&mut out, NonZero::new(threads).unwrap()).unwrap();
        document.member("schema", &"a\u{202e}").unwrap();
        document.member("about", &json!({"of": [1, {}]})).unwrap();
        document.list("items", &items, item).unwrap();
        document.list("none", &items[..0], item).unwrap();
        document.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn it_reads_as_if_it_had_been_written_at_once() {
        for count in [0, 1, 2, 700] {
            let text = written(count, 1);
            let value: Value = serde_json::from_str(&text).unwrap();
            let items: Vec<Value> =
                (0..count).map(|n| json!({"n": n, "deep": [[n], {}, []]})).collect();
            let (schema, about) = ("a\u{202e}", json!({"of": [1, {}]}));
            let expected = json!({"schema": schema, "about": about, "items": items, "none": []});
            assert_eq!(value, expected);
            // The usual printer writes members in this order too, and escapes less.
            let whole =
                serde_json::to_string_pretty(&value).unwrap().replace('\u{202e}', "\\u202e");
            assert_eq!(text, whole + "\n");
            for threads in 2..5 {
                assert_eq!(written(count, threads), text);
            }
        }
    }

    #[test]
    fn an_object_may_be_empty() {
        let mut out = Vec::new();
        Document::begin(&mut out, NonZero::<usize>::MIN).unwrap().end().unwrap();
        assert_eq!(out, b"{}\n");
    }
}
