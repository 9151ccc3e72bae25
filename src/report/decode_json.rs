//! Decoded values as JSON: `cookietrail/decode/1` in docs/json.md.

use super::text::{self, Text};
use crate::session::{Reading, SignatureState};
use crate::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};

/// The name and version of this format.
pub const SCHEMA: &str = "cookietrail/decode/1";

/// One value that was to be decoded, and what came of it.
#[derive(Debug, Clone, Default)]
pub struct DecodedValue {
    /// The cookie's name, where it was given.
    pub name: Option<Vec<u8>>,
    /// The host or domain it belongs to, where that was given.
    pub host: Option<String>,
    /// The value, as given.
    pub value: Vec<u8>,
    /// The cookies beside it.
    pub companions: Vec<(Vec<u8>, Vec<u8>)>,
    /// Encodings that had to be taken off a value of no known format, the outermost first.
    pub layers: Vec<&'static str>,
    /// What is below those layers; the value itself where there are none.
    pub seen: Vec<u8>,
    /// What it may be, the likeliest first.
    pub candidates: Vec<Reading>,
    /// What a value of no known format says below its layers.
    pub content: Option<Value>,
    /// Tokens of known formats inside the content, by their path.
    pub nested: Vec<(String, Reading)>,
    /// The number of the given secret that signed it.
    pub key: Option<usize>,
    /// How many secrets were given.
    pub secrets: usize,
    /// The secret that was found to have signed it.
    pub secret: Option<Vec<u8>>,
}

/// Writes one value as one line.
///
/// # Errors
/// Those of the writer.
pub fn write_line(decoded: &DecodedValue, out: impl Write) -> io::Result<()> {
    text::write_json_line(&Line::of(decoded), out)
}

#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    value: Text<'a>,
    format: Option<&'static str>,
    kind: Option<&'static str>,
    confidence: Option<&'static str>,
    candidates: Vec<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    layers: &'a [&'static str],
    payload: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plain: Option<&'a Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nested: Vec<Nested<'a>>,
    signed_at: Option<Timestamp>,
    expires: Option<Timestamp>,
    compressed: bool,
    signature: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<usize>,
    secret: Option<Text<'a>>,
    problem: Option<&'a str>,
}

#[derive(Serialize)]
struct Nested<'a> {
    path: &'a str,
    format: &'static str,
    payload: Option<&'a Value>,
    signed_at: Option<Timestamp>,
    expires: Option<Timestamp>,
}

impl<'a> Nested<'a> {
    fn of((path, reading): &'a (String, Reading)) -> Self {
        Self {
            path,
            format: reading.format,
            payload: reading.payload.as_ref(),
            signed_at: reading.signed_at,
            expires: reading.expires,
        }
    }
}

impl<'a> Line<'a> {
    fn of(decoded: &'a DecodedValue) -> Self {
        let best = decoded.candidates.first();
        let unknown = best.is_none().then_some(UNKNOWN);
        Self {
            schema: SCHEMA,
            name: decoded.name.as_deref().map(Text),
            host: decoded.host.as_deref(),
            value: Text(&decoded.value),
            format: best.map(|best| best.format),
            kind: best.map(|best| best.kind.word()),
            confidence: best.map(|best| best.confidence.word()),
            candidates: decoded.candidates.iter().map(|reading| reading.format).collect(),
            layers: &decoded.layers,
            payload: best.and_then(|best| best.payload.as_ref()).or(decoded.content.as_ref()),
            plain: best.and_then(|best| best.plain.as_ref()),
            nested: decoded.nested.iter().map(Nested::of).collect(),
            signed_at: best.and_then(|best| best.signed_at),
            expires: best.and_then(|best| best.expires),
            compressed: best.is_some_and(|best| best.compressed),
            signature: best.map_or(SignatureState::None, |best| best.signature).word(),
            key: decoded.key,
            secret: decoded.secret.as_deref().map(Text),
            problem: best.and_then(|best| best.problem.as_deref()).or(unknown),
        }
    }
}

/// What is said of a value that no format fits.
pub(super) const UNKNOWN: &str = "no session format that is known here fits this value";
