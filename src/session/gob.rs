//! A reader of the one kind of gob that gorilla/sessions writes: `map[interface{}]interface{}`.
//!
//! Keys and values of Go's basic types are read. The first value of an application's own type ends
//! the reading, because its fields are described in messages between; what came before is kept.

use serde_json::{Map, Number, Value};

use crate::session::json;
use crate::session::reader::Reader;

/// A session as far as it could be read.
pub struct Session {
    /// Its members.
    pub members: Map<String, Value>,
    /// Whether every member was read.
    pub whole: bool,
}

/// Most members that are believed; a cookie has no room for more.
const MAX_MEMBERS: u64 = 4096;

/// Reads a stream of a type definition and one map.
pub fn read(bytes: &[u8]) -> Option<Session> {
    let mut reader = Reader::new(bytes);
    let length = usize::try_from(unsigned(&mut reader)?).ok()?;
    let mut definition = Reader::new(reader.take(length)?);
    // A negative id defines the type of that number.
    let id = signed(&mut definition)?.checked_neg().filter(|id| *id > 0)?;
    let length = usize::try_from(unsigned(&mut reader)?).ok()?;
    let mut body = Reader::new(reader.take(length)?);
    if signed(&mut body)? != id {
        return None;
    }
    body.expect(&[0])?;
    let count = unsigned(&mut body).filter(|count| *count <= MAX_MEMBERS)?;
    let mut members = Map::new();
    for _ in 0..count {
        let Some((key, value)) = member(&mut body) else {
            return Some(Session { members, whole: false });
        };
        members.insert(json::key(key), value);
    }
    Some(Session { members, whole: true })
}

fn member(body: &mut Reader<'_>) -> Option<(Value, Value)> {
    Some((interface(body)?, interface(body)?))
}

/// The name of a concrete type, its number, a length, a zero, and the value.
fn interface(body: &mut Reader<'_>) -> Option<Value> {
    let length = usize::try_from(unsigned(body)?).ok()?;
    if length == 0 {
        return Some(Value::Null);
    }
    body.take(length)?;
    let kind = signed(body)?;
    let length = usize::try_from(unsigned(body)?).ok()?;
    let mut value = Reader::new(body.take(length)?);
    value.expect(&[0])?;
    basic(kind, &mut value)
}

/// A value of one of Go's basic types, by its fixed number.
fn basic(kind: i64, value: &mut Reader<'_>) -> Option<Value> {
    match kind {
        1 => Some(Value::Bool(unsigned(value)? != 0)),
        2 => signed(value).map(Value::from),
        3 => unsigned(value).map(Value::from),
        4 => {
            // The bytes of a float are reversed, so that short ones take little room.
            let number = f64::from_bits(unsigned(value)?.swap_bytes());
            Some(Number::from_f64(number).map_or(Value::Null, Value::Number))
        }
        5 | 6 => {
            let length = usize::try_from(unsigned(value)?).ok()?;
            Some(json::text(value.take(length)?))
        }
        _ => None,
    }
}

/// One byte below 128, else the negated count of the big-endian bytes that follow.
fn unsigned(reader: &mut Reader<'_>) -> Option<u64> {
    let first = reader.byte()?;
    if first < 128 {
        return Some(u64::from(first));
    }
    let count = usize::from(first.wrapping_neg());
    let bytes = reader.take(count).filter(|bytes| bytes.len() <= 8)?;
    Some(bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
}

/// The sign is in the lowest bit.
fn signed(reader: &mut Reader<'_>) -> Option<i64> {
    let bits = unsigned(reader)?;
    let magnitude = (bits >> 1).cast_signed();
    Some(if bits & 1 == 1 { !magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const HEADER: &[u8] = b"\x0e\xff\x81\x04\x01\x02\xff\x82\x00\x01\x10\x01\x10\x00\x00";

    fn stream(body: &[u8]) -> Vec<u8> {
        let length = u8::try_from(body.len()).unwrap();
        [HEADER, &[length], body].concat()
    }

    #[test]
    fn basic_types_are_read() {
        let body = b"\xff\x82\x00\x02\x06string\x0c\x03\x00\x01n\x03int\x04\x02\x00\x54\
                     \x06string\x0c\x03\x00\x01b\x04bool\x02\x02\x00\x01";
        let session = read(&stream(body)).unwrap();
        assert!(session.whole);
        assert_eq!(Value::Object(session.members), json!({"n": 42, "b": true}));
    }

    #[test]
    fn a_foreign_type_ends_the_reading_and_keeps_what_came_before() {
        let body = b"\xff\x82\x00\x02\x06string\x0c\x03\x00\x01n\x03int\x04\x02\x00\x54\
                     \x06string\x0c\x03\x00\x01u\x09main.User\xff\x83\x02\x00\x01";
        let session = read(&stream(body)).unwrap();
        assert!(!session.whole);
        assert_eq!(Value::Object(session.members), json!({"n": 42}));
    }

    #[test]
    fn nonsense_is_refused() {
        for bytes in [&b""[..], b"\xff", b"\x02\x00\x00", HEADER] {
            assert!(read(bytes).is_none());
        }
    }
}
