//! JSON objects of no known format, bare or in base64: readable, unsigned, whatever they are.

use serde_json::Value;

use crate::session::encoding::percent;
use crate::session::format::Format;
use crate::session::reading::{Confidence, Kind, Reading};
use crate::session::{Context, Cookie, json};

/// Bare JSON, percent-encoded or not.
pub struct Bare;

impl Format for Bare {
    fn name(&self) -> &'static str {
        "json"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let payload = json::parse(&percent(cookie.value)).filter(Value::is_object)?;
        Some(reading(self.name(), payload, "a JSON object"))
    }
}

/// JSON in base64.
pub struct Base64;

impl Format for Base64 {
    fn name(&self) -> &'static str {
        "base64-json"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let payload = json::parse_base64_object(&percent(cookie.value))?;
        Some(reading(self.name(), payload, "a JSON object in base64"))
    }
}

fn reading(format: &'static str, payload: Value, why: &'static str) -> Reading {
    let new = Reading::new(format, Confidence::Low, Kind::Unknown, why);
    Reading { payload: Some(payload), ..new }
}
