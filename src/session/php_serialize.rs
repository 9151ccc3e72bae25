//! A reader of PHP's `serialize` format. Objects are shown by their members and never built.

use serde_json::{Map, Number, Value};

use crate::session::json;
use crate::session::reader::{MAX_DEPTH, Reader};

/// The JSON form of a serialised value and what follows it; `None` if it is none or is cut.
pub fn read(bytes: &[u8]) -> Option<(Value, &[u8])> {
    let mut reader = Reader::new(bytes);
    let value = value(&mut reader, 0)?;
    Some((value, reader.rest()))
}

fn value(reader: &mut Reader<'_>, depth: usize) -> Option<Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    let kind = reader.byte()?;
    if kind == b'N' {
        reader.expect(b";")?;
        return Some(Value::Null);
    }
    reader.expect(b":")?;
    match kind {
        b'b' => Some(Value::Bool(reader.until(b';')? == b"1")),
        b'i' => text(reader.until(b';')?)?.parse::<i64>().ok().map(Value::from),
        b'd' => {
            let number = text(reader.until(b';')?)?.parse().ok()?;
            Some(Number::from_f64(number).map_or(Value::Null, Value::Number))
        }
        b's' => {
            let value = string(reader)?;
            reader.expect(b";")?;
            Some(json::text(value))
        }
        b'a' => members(reader, depth).map(list_or_object),
        b'O' => {
            let class = json::text(string(reader)?);
            reader.expect(b":")?;
            let mut members = members(reader, depth)?;
            members.insert("__class".to_owned(), class);
            Some(Value::Object(members))
        }
        _ => None,
    }
}

/// A counted string in double quotes.
fn string<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length: usize = text(reader.until(b':')?)?.parse().ok()?;
    reader.expect(b"\"")?;
    let value = reader.take(length)?;
    reader.expect(b"\"")?;
    Some(value)
}

/// A count and as many keys and values in braces.
fn members(reader: &mut Reader<'_>, depth: usize) -> Option<Map<String, Value>> {
    let count: usize = text(reader.until(b':')?)?.parse().ok()?;
    reader.expect(b"{")?;
    let mut members = Map::new();
    for _ in 0..count {
        let key = json::key(value(reader, depth + 1)?);
        members.insert(key, value(reader, depth + 1)?);
    }
    reader.expect(b"}")?;
    Some(members)
}

/// PHP has one array type; keys that count from 0 make a list.
fn list_or_object(members: Map<String, Value>) -> Value {
    let counts = members.keys().enumerate().all(|(index, key)| *key == index.to_string());
    if counts && !members.is_empty() {
        Value::Array(members.into_iter().map(|(_, value)| value).collect())
    } else {
        Value::Object(members)
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_read_and_the_rest_is_given_back() {
        for (source, expected, rest) in [
            ("N;", json!(null), ""),
            ("b:1;x", json!(true), "x"),
            ("i:-7;", json!(-7), ""),
            ("d:1.5;", json!(1.5), ""),
            (r#"s:5:"alice";"#, json!("alice"), ""),
            (r#"s:3:"a"b";"#, json!("a\"b"), ""),
            (r#"a:2:{i:0;s:1:"a";i:1;i:2;}hash"#, json!(["a", 2]), "hash"),
            (r#"a:1:{s:2:"id";i:7;}"#, json!({"id": 7}), ""),
            (r#"O:4:"User":1:{s:1:"n";i:1;}"#, json!({"n": 1, "__class": "User"}), ""),
        ] {
            assert_eq!(read(source.as_bytes()), Some((expected, rest.as_bytes())), "{source}");
        }
    }

    #[test]
    fn what_is_cut_or_lies_about_its_size_is_refused() {
        for source in ["", "i:1", r#"s:99:"a";"#, "a:99999999999:{", "i:x;", "q:1;"] {
            assert_eq!(read(source.as_bytes()), None, "{source}");
        }
        assert_eq!(read("a:1:{i:0;".repeat(500).as_bytes()), None);
    }
}
