//! A reader of Python pickles that hold plain data: numbers, text, lists, tuples, dicts.
//!
//! Nothing is ever executed: an opcode that names a class or calls something ends the reading. The
//! pickle machine is a stack and a memo of values that may be changed after they were memoised, so
//! values live in an arena and become JSON only at the end, against a budget.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use crate::session::encoding::python_quoted;
use crate::session::json;
use crate::session::reader::{MAX_DEPTH, Reader};

/// The JSON form of a pickle of plain data; `None` if it is none, is cut, or holds objects.
pub fn read(bytes: &[u8]) -> Option<Value> {
    let mut machine = Machine { reader: Reader::new(bytes), ..Machine::default() };
    while machine.step()? {}
    let result = machine.pop()?;
    machine.json(result, 0)
}

/// A place in the arena.
type Place = usize;

enum Item {
    Leaf(Value),
    List(Vec<Place>),
    Dict(Vec<(Place, Place)>),
}

struct Machine<'a> {
    reader: Reader<'a>,
    arena: Vec<Item>,
    stack: Vec<Place>,
    /// Stack heights at the marks.
    marks: Vec<usize>,
    memo: BTreeMap<u64, Place>,
}

impl Default for Machine<'_> {
    fn default() -> Self {
        Self {
            reader: Reader::new(&[]),
            arena: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: BTreeMap::new(),
        }
    }
}

impl Machine<'_> {
    /// Runs one opcode; `Some(false)` at the end, `None` where the reading must stop.
    fn step(&mut self) -> Option<bool> {
        let opcode = self.reader.byte()?;
        if opcode == b'.' {
            return Some(false);
        }
        self.scalar(opcode).or_else(|| self.text(opcode)).or_else(|| self.structure(opcode))?;
        Some(true)
    }

    /// Opcodes that push a number, a truth value or nothing.
    fn scalar(&mut self, opcode: u8) -> Option<()> {
        let value = match opcode {
            b'N' => Value::Null,
            0x88 => Value::Bool(true),
            0x89 => Value::Bool(false),
            b'K' => Value::from(self.reader.byte()?),
            b'M' => Value::from(u16::from_le_bytes(self.reader.array()?)),
            b'J' => Value::from(i32::from_le_bytes(self.reader.array()?)),
            b'G' => float(f64::from_be_bytes(self.reader.array()?)),
            b'F' => float(ascii(self.reader.until(b'\n')?)?.parse().ok()?),
            b'I' => integer_line(self.reader.until(b'\n')?)?,
            b'L' => integer_line(self.reader.until(b'\n')?.strip_suffix(b"L")?)?,
            0x8a => self.long()?,
            _ => return None,
        };
        self.push(Item::Leaf(value));
        Some(())
    }

    /// A little-endian two's complement integer of a counted length. Longer ones than 8 bytes are
    /// no user's id and are refused.
    fn long(&mut self) -> Option<Value> {
        let length = usize::from(self.reader.byte()?);
        let bytes = self.reader.take(length).filter(|bytes| bytes.len() <= 8)?;
        let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut wide = [if negative { 0xff } else { 0 }; 8];
        wide[..length].copy_from_slice(bytes);
        Some(Value::from(i64::from_le_bytes(wide)))
    }

    /// Opcodes that push text or bytes.
    fn text(&mut self, opcode: u8) -> Option<()> {
        let value = match opcode {
            b'V' => Value::from(raw_unicode(self.reader.until(b'\n')?)),
            b'S' => json::text(&python_quoted(self.reader.until(b'\n')?)?),
            b'U' | b'C' | 0x8c => {
                let length = usize::from(self.reader.byte()?);
                json::text(self.reader.take(length)?)
            }
            b'X' | b'T' | b'B' => {
                let length = u32::from_le_bytes(self.reader.array()?);
                json::text(self.reader.take(usize::try_from(length).ok()?)?)
            }
            0x8d | 0x8e => {
                let length = u64::from_le_bytes(self.reader.array()?);
                json::text(self.reader.take(usize::try_from(length).ok()?)?)
            }
            _ => return None,
        };
        self.push(Item::Leaf(value));
        Some(())
    }

    /// Opcodes that build containers, and those that only steer the machine.
    fn structure(&mut self, opcode: u8) -> Option<()> {
        match opcode {
            0x80 => drop(self.reader.byte()?),
            0x95 => drop(self.reader.take(8)?),
            b'(' => self.marks.push(self.stack.len()),
            b']' | b')' => self.push(Item::List(Vec::new())),
            b'}' => self.push(Item::Dict(Vec::new())),
            b'l' | b't' => {
                let items = self.above_mark()?;
                self.push(Item::List(items));
            }
            b'd' => {
                let pairs = pairs(&self.above_mark()?);
                self.push(Item::Dict(pairs));
            }
            0x85..=0x87 => {
                let at = self.stack.len().checked_sub(usize::from(opcode - 0x84))?;
                let items = self.stack.split_off(at);
                self.push(Item::List(items));
            }
            _ => self.mutation(opcode)?,
        }
        Some(())
    }

    /// Opcodes that change a container on the stack, and the memo.
    fn mutation(&mut self, opcode: u8) -> Option<()> {
        match opcode {
            b'a' => {
                let item = self.pop()?;
                self.append(&[item])
            }
            b'e' => {
                let items = self.above_mark()?;
                self.append(&items)
            }
            b's' => {
                let at = self.stack.len().checked_sub(2)?;
                let items = self.stack.split_off(at);
                self.set(&items)
            }
            b'u' => {
                let items = self.above_mark()?;
                self.set(&items)
            }
            0x94 => self.remember(u64::try_from(self.memo.len()).ok()?),
            b'p' => {
                let key = ascii(self.reader.until(b'\n')?)?.parse().ok()?;
                self.remember(key)
            }
            b'q' => {
                let key = u64::from(self.reader.byte()?);
                self.remember(key)
            }
            b'r' => {
                let key = u64::from(u32::from_le_bytes(self.reader.array()?));
                self.remember(key)
            }
            _ => self.recall(opcode),
        }
    }

    fn recall(&mut self, opcode: u8) -> Option<()> {
        let key = match opcode {
            b'g' => ascii(self.reader.until(b'\n')?)?.parse().ok()?,
            b'h' => u64::from(self.reader.byte()?),
            b'j' => u64::from(u32::from_le_bytes(self.reader.array()?)),
            _ => return None,
        };
        self.stack.push(*self.memo.get(&key)?);
        Some(())
    }

    fn remember(&mut self, key: u64) -> Option<()> {
        self.memo.insert(key, *self.stack.last()?);
        Some(())
    }

    fn append(&mut self, items: &[Place]) -> Option<()> {
        match &mut self.arena[*self.stack.last()?] {
            Item::List(list) => list.extend_from_slice(items),
            _ => return None,
        }
        Some(())
    }

    fn set(&mut self, items: &[Place]) -> Option<()> {
        match &mut self.arena[*self.stack.last()?] {
            Item::Dict(dict) => dict.extend(pairs(items)),
            _ => return None,
        }
        Some(())
    }

    fn push(&mut self, item: Item) {
        self.stack.push(self.arena.len());
        self.arena.push(item);
    }

    fn pop(&mut self) -> Option<Place> {
        self.stack.pop()
    }

    /// Everything above the last mark.
    fn above_mark(&mut self) -> Option<Vec<Place>> {
        let height = self.marks.pop().filter(|height| *height <= self.stack.len())?;
        Some(self.stack.split_off(height))
    }

    fn json(&mut self, place: Place, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        match &self.arena[place] {
            Item::Leaf(value) => {
                let value = value.clone();
                self.reader.spend(value.as_str().map_or(0, str::len))?;
                Some(value)
            }
            Item::List(items) => {
                self.reader.spend(items.len())?;
                let items = items.clone();
                items.into_iter().map(|item| self.json(item, depth + 1)).collect()
            }
            Item::Dict(pairs) => {
                self.reader.spend(pairs.len())?;
                let pairs = pairs.clone();
                let members = pairs.into_iter().map(|(key, value)| {
                    Some((json::key(self.json(key, depth + 1)?), self.json(value, depth + 1)?))
                });
                members.collect::<Option<Map<_, _>>>().map(Value::Object)
            }
        }
    }
}

fn pairs(items: &[Place]) -> Vec<(Place, Place)> {
    items.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}

fn float(number: f64) -> Value {
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

fn ascii(text: &[u8]) -> Option<&str> {
    std::str::from_utf8(text).ok()
}

/// The argument of `I`: a decimal number, or a truth value written with two digits.
fn integer_line(line: &[u8]) -> Option<Value> {
    match line {
        b"00" => Some(Value::Bool(false)),
        b"01" => Some(Value::Bool(true)),
        _ => ascii(line)?.parse::<i64>().ok().map(Value::from),
    }
}

/// The argument of `V`: Latin-1 text with `\uXXXX` and `\UXXXXXXXX` escapes.
fn raw_unicode(line: &[u8]) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((&byte, tail)) = rest.split_first() {
        let digits = match (byte, tail.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => 0,
        };
        let escaped = tail.get(1..=digits).and_then(ascii);
        let code =
            escaped.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        match code {
            Some(character) if digits > 0 => {
                text.push(character);
                rest = &tail[1 + digits..];
            }
            _ => {
                text.push(char::from(byte));
                rest = tail;
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_data_of_every_protocol_is_read() {
        for (pickle, expected) in [
            (&b"Valice\np1\n."[..], json!("alice")),
            (b"I42\n.", json!(42)),
            (b"I01\n.", json!(true)),
            (b"L-7L\n.", json!(-7)),
            (b"F1.5\n.", json!(1.5)),
            (b"V\\u5f20\\u4f1f\n.", json!("张伟")),
            (b"S'it\\'s\\n'\np0\n.", json!("it's\n")),
            (b"(lp1\nVa\naVb\na.", json!(["a", "b"])),
            (b"(dp1\nVk\nI1\ns.", json!({"k": 1})),
            (
                b"\x80\x02}q\x00(X\x01\x00\x00\x00aK\x01X\x01\x00\x00\x00bM\x00\x01u.",
                json!({"a": 1, "b": 256}),
            ),
            (b"\x80\x04\x95\x03\x00\x00\x00\x00\x00\x00\x00K\x01\x88\x86.", json!([1, true])),
            (b"\x80\x02\x8a\x02\xff\x7f.", json!(32767)),
            (b"\x80\x02\x8a\x01\xff.", json!(-1)),
            (b"}K\x01Ns.", json!({"1": null})),
        ] {
            assert_eq!(read(pickle), Some(expected), "{}", pickle.escape_ascii());
        }
    }

    #[test]
    fn objects_and_nonsense_are_refused() {
        for pickle in [
            &b"cos\nsystem\n(S'id'\ntR."[..],
            b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
            b"",
            b".",
            b"a.",
            b"K\x01a.",
            b"t.",
            b"h\x00.",
            b"X\xff\xff\xff\xffabc",
        ] {
            assert_eq!(read(pickle), None, "{}", pickle.escape_ascii());
        }
    }

    #[test]
    fn a_list_that_contains_itself_and_a_bomb_of_references_end() {
        assert_eq!(read(b"]q\x00h\x00a."), None);
        // Each level holds the level below twice: 2^40 leaves from a few hundred bytes.
        let mut bomb = b"K\x00q\x00".to_vec();
        for level in 0..40u8 {
            bomb.extend_from_slice(&[b'(', b'h', level, b'h', level, b'l', b'q', level + 1]);
        }
        bomb.push(b'.');
        assert_eq!(read(&bomb), None);
    }
}
