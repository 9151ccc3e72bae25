//! A reader of Ruby's Marshal format 4.8 for plain data: numbers, text, symbols, arrays, hashes.
//!
//! Objects are shown by their instance variables and never built. A link to an earlier string or
//! number repeats it; a link to a container is shown as `{"ref": n}`, because following it could
//! grow without bound.

use serde_json::{Map, Number, Value, json};

use crate::session::json;
use crate::session::reader::{MAX_DEPTH, Reader};

/// What every dump begins with: version 4.8.
pub const MAGIC: &[u8] = &[4, 8];

/// The JSON form of a dump; `None` if it is none, is cut, or holds what is not read here.
pub fn read(bytes: &[u8]) -> Option<Value> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let mut dump = Dump { reader: Reader::new(rest), symbols: Vec::new(), objects: Vec::new() };
    dump.value(0)
}

struct Dump<'a> {
    reader: Reader<'a>,
    symbols: Vec<Value>,
    /// Every object in the order of its beginning; leaves are kept for links.
    objects: Vec<Option<Value>>,
}

impl Dump<'_> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.reader.byte()? {
            b'0' => Some(Value::Null),
            b'T' => Some(Value::Bool(true)),
            b'F' => Some(Value::Bool(false)),
            b'i' => self.fixnum().map(Value::from),
            b':' => self.symbol(),
            b';' => self.known_symbol(),
            b'@' => self.link(),
            b'"' => self.leaf(|bytes| Some(json::text(bytes))),
            b'f' => self.leaf(float),
            b'l' => self.bignum(),
            kind => self.container(kind, depth),
        }
    }

    fn container(&mut self, kind: u8, depth: usize) -> Option<Value> {
        match kind {
            // Instance variables of a string only tell its encoding.
            b'I' => {
                let value = self.value(depth + 1)?;
                self.members(depth)?;
                Some(value)
            }
            b'[' => {
                self.register(None);
                let count = self.count()?;
                (0..count).map(|_| self.value(depth + 1)).collect()
            }
            b'{' => {
                self.register(None);
                self.members(depth).map(Value::Object)
            }
            b'}' => {
                self.register(None);
                let members = self.members(depth)?;
                self.value(depth + 1)?;
                Some(Value::Object(members))
            }
            b'o' => self.object(depth),
            // A subclass of a built-in class: the class name, then the value.
            b'C' => {
                self.value(depth + 1)?;
                self.value(depth + 1)
            }
            _ => None,
        }
    }

    /// An object by its instance variables. Rack wraps its session id in one of these.
    fn object(&mut self, depth: usize) -> Option<Value> {
        self.register(None);
        let class = self.value(depth + 1)?;
        let mut members = self.members(depth)?;
        if class == "Rack::Session::SessionId"
            && let Some(id) = members.remove("@public_id")
        {
            return Some(id);
        }
        Some(json!({ "class": class, "members": members }))
    }

    fn members(&mut self, depth: usize) -> Option<Map<String, Value>> {
        let count = self.count()?;
        (0..count)
            .map(|_| Some((json::key(self.value(depth + 1)?), self.value(depth + 1)?)))
            .collect()
    }

    /// A number in one to five bytes.
    fn fixnum(&mut self) -> Option<i64> {
        let first = self.reader.byte()?.cast_signed();
        Some(match first {
            0 => 0,
            5..=127 => i64::from(first) - 5,
            -128..=-5 => i64::from(first) + 5,
            1..=4 => self.little_endian(first.unsigned_abs(), 0)?,
            _ => self.little_endian(first.unsigned_abs(), -1)?,
        })
    }

    /// `count` bytes laid over `start`, which is all zeros or all ones.
    fn little_endian(&mut self, count: u8, start: i64) -> Option<i64> {
        let mut bytes = start.to_le_bytes();
        let taken = self.reader.take(usize::from(count))?;
        bytes[..taken.len()].copy_from_slice(taken);
        Some(i64::from_le_bytes(bytes))
    }

    fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.fixnum()?).ok()?;
        // Every member takes a byte at least, so a larger count is a lie.
        (count <= self.reader.rest().len()).then_some(count)
    }

    fn bytes(&mut self) -> Option<&[u8]> {
        let length = self.count()?;
        self.reader.spend(length)?;
        self.reader.take(length)
    }

    fn symbol(&mut self) -> Option<Value> {
        let symbol = json::text(self.bytes()?);
        self.symbols.push(symbol.clone());
        Some(symbol)
    }

    fn known_symbol(&mut self) -> Option<Value> {
        let index = usize::try_from(self.fixnum()?).ok()?;
        let symbol = self.symbols.get(index)?.clone();
        self.reader.spend(symbol.as_str().map_or(0, str::len))?;
        Some(symbol)
    }

    fn link(&mut self) -> Option<Value> {
        let index = usize::try_from(self.fixnum()?).ok()?;
        let Some(value) = self.objects.get(index)?.clone() else {
            return Some(json!({ "ref": index }));
        };
        self.reader.spend(value.as_str().map_or(0, str::len))?;
        Some(value)
    }

    fn leaf(&mut self, read: fn(&[u8]) -> Option<Value>) -> Option<Value> {
        let value = read(self.bytes()?)?;
        self.register(Some(value.clone()));
        Some(value)
    }

    /// A sign, a length in 16-bit words and the magnitude; beyond 64 bits it is refused.
    fn bignum(&mut self) -> Option<Value> {
        let negative = self.reader.byte()? == b'-';
        let words = self.count()?;
        let bytes = self.reader.take(words.checked_mul(2)?).filter(|bytes| bytes.len() <= 8)?;
        let magnitude = bytes.iter().rev().fold(0u64, |n, byte| (n << 8) | u64::from(*byte));
        let value = match (negative, i64::try_from(magnitude)) {
            (false, _) => Value::from(magnitude),
            (true, Ok(number)) => Value::from(-number),
            (true, Err(_)) => return None,
        };
        self.register(Some(value.clone()));
        Some(value)
    }

    fn register(&mut self, leaf: Option<Value>) {
        self.objects.push(leaf);
    }
}

fn float(text: &[u8]) -> Option<Value> {
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    Some(Number::from_f64(number).map_or(Value::Null, Value::Number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dump(body: &[u8]) -> Option<Value> {
        read(&[MAGIC, body].concat())
    }

    #[test]
    fn plain_data_is_read() {
        for (body, expected) in [
            (&b"i\x00"[..], json!(0)),
            (b"i/", json!(42)),
            (b"i\x02\x00\x01", json!(256)),
            (b"i\xfa", json!(-1)),
            (b"i\xff\x00", json!(-256)),
            (b"f\x081.5", json!(1.5)),
            (b"l+\x07\x00\x00\x00\x40", json!(1_073_741_824)),
            (b"[\x07:\x06aI\"\x06b\x06:\x06ET", json!(["a", "b"])),
            (b"{\x06I\"\x06k\x06:\x06ETi\x06", json!({"k": 1})),
            (b"[\x07\"\x06a@\x06", json!(["a", "a"])),
        ] {
            assert_eq!(dump(body), Some(expected), "{}", body.escape_ascii());
        }
    }

    #[test]
    fn what_is_cut_or_lies_about_its_size_is_refused() {
        for body in [&b""[..], b"[\x04\xff\xff\xff\x7f", b"\"\x0aabc", b"@\x0a", b";\x0a"] {
            assert_eq!(dump(body), None, "{}", body.escape_ascii());
        }
        assert_eq!(dump(&b"[\x06".repeat(1000)), None);
    }

    #[test]
    fn a_link_to_a_container_is_not_followed() {
        assert_eq!(dump(b"[\x06@\x00"), Some(json!([{ "ref": 0 }])));
    }
}
