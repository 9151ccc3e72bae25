//! Looking into values of no known format: percent-encoding, hexadecimal, base64 and compression
//! are taken off one by one, until something shows that makes sense.
//!
//! A guess that gives nothing readable is dropped, so that random ids stay what they are. Layers
//! and sizes are capped.

use serde_json::Value;

use crate::session::encoding::{self, MAX_INFLATED, base64, hex, percent};
use crate::session::{Confidence, Context, Cookie, Kind, Reading, candidates, json};
use std::io::Read as _;

/// Most layers that are taken off; nobody wraps a value more often on purpose.
const MAX_LAYERS: usize = 4;

/// Shortest text that is taken as encoded: shorter ones are words and numbers.
const SHORTEST: usize = 8;

/// Most tokens that are looked for in one document.
const MAX_NESTED: usize = 16;

/// What was under the layers.
#[derive(Debug, Clone, PartialEq)]
pub struct Peeled {
    /// The layers in the order in which they were taken off.
    pub layers: Vec<&'static str>,
    /// The bytes below them.
    pub value: Vec<u8>,
    /// What they are.
    pub inside: Inside,
}

/// What the innermost bytes are.
#[derive(Debug, Clone, PartialEq)]
pub enum Inside {
    /// A value of a known format: its readings, the likeliest first.
    Cookie(Vec<Reading>),
    /// A JSON document.
    Json(Value),
    /// Readable text.
    Text(String),
}

/// Looks into a value that no format fits; `None` where there is nothing to see.
pub fn peel(cookie: &Cookie<'_>, context: &Context) -> Option<Peeled> {
    let mut layers = Vec::new();
    let value = encoding::unquote(cookie.value).into_owned();
    look(&Cookie { value: &value, ..*cookie }, context, &mut layers)
}

fn look(cookie: &Cookie<'_>, context: &Context, layers: &mut Vec<&'static str>) -> Option<Peeled> {
    let value = cookie.value;
    let found = |inside, layers: &[_]| {
        Some(Peeled { layers: layers.to_vec(), value: value.to_vec(), inside })
    };
    let mut readings = candidates(cookie, context);
    readings.retain(|reading| {
        reading.kind != Kind::Unknown && reading.confidence >= Confidence::Medium
    });
    if !readings.is_empty() && !layers.is_empty() {
        return found(Inside::Cookie(readings), layers);
    }
    if let Some(document) = json::parse(value).filter(|v| v.is_object() || v.is_array()) {
        return found(Inside::Json(document), layers);
    }
    if layers.len() < MAX_LAYERS {
        for (name, inner) in layers_of(value) {
            layers.push(name);
            let below = look(&Cookie { value: &inner, ..*cookie }, context, layers);
            if below.is_some() {
                return below;
            }
            layers.pop();
        }
    }
    let text = readable(value).filter(|_| !layers.is_empty())?;
    found(Inside::Text(text), layers)
}

/// Every layer that a value may have on, with what is below it.
fn layers_of(value: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut found = Vec::new();
    if value.contains(&b'%') {
        let plain = percent(value).into_owned();
        if plain != value {
            found.push(("percent-encoding", plain));
        }
    }
    // Supabase marks the values that it encodes.
    if let Some(rest) = value.strip_prefix(b"base64-") {
        found.extend(base64(rest).map(|inner| ("base64", inner)));
    }
    if value.len() >= SHORTEST {
        found.extend(hex(value).map(|inner| ("hexadecimal", inner)));
        found.extend(base64(value).map(|inner| ("base64", inner)));
    }
    match value {
        [0x78, 0x01 | 0x9c | 0xda, ..] => {
            let inflated = encoding::inflate(value);
            found.extend(inflated.problem.is_none().then_some(("zlib", inflated.bytes)));
        }
        [0x1f, 0x8b, ..] => {
            let mut bytes = Vec::new();
            let cap = MAX_INFLATED as u64;
            let read = flate2::read::GzDecoder::new(value).take(cap).read_to_end(&mut bytes);
            found.extend(read.is_ok().then_some(("gzip", bytes)));
        }
        _ => {}
    }
    found
}

/// The value as text, where every character of it can be shown and some of it says something.
fn readable(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    let is_shown = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    let says = text.chars().filter(|c| c.is_alphanumeric()).count() * 2 > text.chars().count();
    // Few random bytes are printable often enough, but then they are rarely words.
    let is_word = |c: char| c.is_alphanumeric() || " .,:;=+-_@/".contains(c);
    let long = text.len() >= 12 || (text.len() >= 6 && text.chars().all(is_word));
    (long && says && text.chars().all(is_shown)).then(|| text.to_owned())
}

/// The tokens of known formats among the strings of a document: where each stands, and its reading.
pub fn nested(document: &Value, context: &Context) -> Vec<(String, Reading)> {
    let mut found = Vec::new();
    walk(document, "", context, &mut found);
    found
}

fn walk(value: &Value, path: &str, context: &Context, found: &mut Vec<(String, Reading)>) {
    if found.len() >= MAX_NESTED {
        return;
    }
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                walk(value, &below(key), context, found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                walk(value, &below(&index.to_string()), context, found);
            }
        }
        Value::String(text) if text.len() >= 20 => {
            // A name that no format knows: what counts is the value alone.
            let readings = candidates(&Cookie::new(b"-", text.as_bytes()), context);
            let best = readings.into_iter().next();
            found.extend(best.filter(is_token).map(|reading| (path.to_owned(), reading)));
        }
        _ => {}
    }
}

fn is_token(reading: &Reading) -> bool {
    reading.confidence >= Confidence::High && reading.kind != Kind::OpaqueId
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::encoding::{to_base64, to_hex};
    use serde_json::json;

    fn peeled(value: &str) -> Option<(Vec<&'static str>, Inside)> {
        let cookie = Cookie::new(b"x", value.as_bytes());
        peel(&cookie, &Context::default()).map(|peeled| (peeled.layers, peeled.inside))
    }

    const FLASK: &str = "eyJ1c2VybmFtZSI6ImFsaWNlIn0.Gbzbzw.vKkf1aSC_g-5hzLEnCTQC4t1L7k";

    #[test]
    fn layers_are_taken_off_until_something_shows() {
        let twice = to_base64(to_base64(b"{\"a\":[1]}").as_bytes());
        let document = || Inside::Json(json!({"a": [1]}));
        for (value, layers, inside) in [
            (twice, vec!["base64", "base64"], document()),
            (to_hex(b"{\"a\":[1]}"), vec!["hexadecimal"], document()),
            ("%7B%22a%22%3A%5B1%5D%7D".into(), vec!["percent-encoding"], document()),
            (format!("base64-{}", to_base64(b"{\"a\":[1]}")), vec!["base64"], document()),
            (
                to_base64(b"user:alice smith"),
                vec!["base64"],
                Inside::Text("user:alice smith".into()),
            ),
        ] {
            assert_eq!(peeled(&value), Some((layers, inside)), "{value}");
        }
    }

    #[test]
    fn a_session_inside_another_encoding_is_still_a_session() {
        let (layers, inside) = peeled(&to_base64(FLASK.as_bytes())).unwrap();
        assert_eq!(layers, ["base64"]);
        assert!(matches!(inside, Inside::Cookie(readings) if readings[0].format == "flask"));
    }

    #[test]
    fn random_ids_and_words_stay_as_they_are() {
        for value in [
            "dark",
            "en-GB",
            "1700000000",
            "d41d8cd98f00b204e9800998ecf8427e",
            "ZF-MagW2iJ_bxU8NFpvb3wWXPaZ7ZBF7cN5JLOAd74A",
            "GA1.2.1234567890.1700000000",
            "445a30233660",
        ] {
            assert_eq!(peeled(value), None, "{value}");
        }
    }

    #[test]
    fn tokens_in_documents_are_found_by_their_path() {
        let document = json!({"user": {"tokens": ["no", FLASK]}, "text": "a rather long sentence"});
        let found = nested(&document, &Context::default());
        let shown: Vec<_> = found.iter().map(|(path, one)| (path.as_str(), one.format)).collect();
        assert_eq!(shown, [("user.tokens.1", "flask")]);
    }

    #[test]
    fn a_tower_of_encodings_is_left_alone() {
        let mut value = b"hello world".to_vec();
        for _ in 0..6 {
            value = to_base64(&value).into_bytes();
        }
        let cookie = Cookie::new(b"x", &value);
        let peeled = peel(&cookie, &Context::default());
        assert!(peeled.is_none_or(|peeled| peeled.layers.len() <= MAX_LAYERS));
    }
}
