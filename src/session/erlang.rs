//! A reader of Erlang's External Term Format, as Plug writes sessions. Atoms become text and are
//! never created; functions, references and ports are refused.

use serde_json::{Map, Number, Value};

use crate::session::json;
use crate::session::reader::{MAX_DEPTH, Reader};

/// The JSON form of a term with its version byte; `None` if it is none, is cut, or is of a kind
/// that a session does not hold.
pub fn read(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader::new(bytes.strip_prefix(&[131])?);
    term(&mut reader, 0)
}

fn term(reader: &mut Reader<'_>, depth: usize) -> Option<Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    match reader.byte()? {
        97 => Some(Value::from(reader.byte()?)),
        98 => Some(Value::from(i32::from_be_bytes(reader.array()?))),
        70 => {
            let number = f64::from_be_bytes(reader.array()?);
            Some(Number::from_f64(number).map_or(Value::Null, Value::Number))
        }
        110 => big(reader),
        109 => {
            let length = long(reader)?;
            Some(json::text(reader.take(length)?))
        }
        107 => {
            let length = short(reader)?;
            Some(json::text(reader.take(length)?))
        }
        115 | 119 => {
            let length = usize::from(reader.byte()?);
            Some(atom(reader.take(length)?))
        }
        100 | 118 => {
            let length = short(reader)?;
            Some(atom(reader.take(length)?))
        }
        tag => compound(tag, reader, depth),
    }
}

fn compound(tag: u8, reader: &mut Reader<'_>, depth: usize) -> Option<Value> {
    match tag {
        106 => Some(Value::Array(Vec::new())),
        104 => {
            let count = usize::from(reader.byte()?);
            terms(reader, count, depth)
        }
        105 => {
            let count = long(reader)?;
            terms(reader, count, depth)
        }
        108 => {
            let count = long(reader)?;
            let list = terms(reader, count, depth)?;
            // The tail of a proper list is the empty list; another is left out.
            term(reader, depth + 1)?;
            Some(list)
        }
        116 => {
            let count = long(reader)?;
            let mut members = Map::new();
            for _ in 0..count {
                let key = json::key(term(reader, depth + 1)?);
                members.insert(key, term(reader, depth + 1)?);
            }
            Some(Value::Object(members))
        }
        _ => None,
    }
}

/// Reads one after another, so a count that lies ends with the input and allocates nothing ahead.
fn terms(reader: &mut Reader<'_>, count: usize, depth: usize) -> Option<Value> {
    let mut items = Vec::new();
    for _ in 0..count {
        items.push(term(reader, depth + 1)?);
    }
    Some(Value::Array(items))
}

/// A sign and a little-endian magnitude; beyond 64 bits it is refused.
fn big(reader: &mut Reader<'_>) -> Option<Value> {
    let length = usize::from(reader.byte()?);
    let negative = reader.byte()? == 1;
    let bytes = reader.take(length).filter(|bytes| bytes.len() <= 8)?;
    let magnitude = bytes.iter().rev().fold(0u64, |n, byte| (n << 8) | u64::from(*byte));
    match (negative, i64::try_from(magnitude)) {
        (false, _) => Some(Value::from(magnitude)),
        (true, Ok(number)) => Some(Value::from(-number)),
        (true, Err(_)) => None,
    }
}

fn atom(name: &[u8]) -> Value {
    match name {
        b"true" => Value::Bool(true),
        b"false" => Value::Bool(false),
        b"nil" => Value::Null,
        _ => json::text(name),
    }
}

fn long(reader: &mut Reader<'_>) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(reader.array()?)).ok()
}

fn short(reader: &mut Reader<'_>) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes(reader.array()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn terms_are_read() {
        for (body, expected) in [
            (&b"\x83a\x2a"[..], json!(42)),
            (b"\x83b\xff\xff\xff\xff", json!(-1)),
            (b"\x83m\x00\x00\x00\x02hi", json!("hi")),
            (b"\x83w\x04true", json!(true)),
            (b"\x83d\x00\x03nil", json!(null)),
            (b"\x83h\x02a\x01a\x02", json!([1, 2])),
            (b"\x83l\x00\x00\x00\x01a\x01j", json!([1])),
            (b"\x83t\x00\x00\x00\x01w\x01ka\x01", json!({"k": 1})),
            (b"\x83n\x05\x00\x00\x00\x00\x00\x01", json!(4_294_967_296u64)),
        ] {
            assert_eq!(read(body), Some(expected), "{}", body.escape_ascii());
        }
    }

    #[test]
    fn what_is_cut_or_lies_about_its_size_is_refused() {
        let deep = [&b"\x83"[..], &b"h\x01".repeat(1000)].concat();
        for body in [&b""[..], b"\x83", b"\x83l\xff\xff\xff\xffa", b"\x83p", &deep] {
            assert_eq!(read(body), None);
        }
    }
}
