//! Werkzeug's `SecureCookie`, which Flask used up to 0.9, and its successor, the package
//! `secure-cookie`: a MAC, `?`, and items `key=value` whose values are pickles or JSON in base64.
//!
//! Whoever knows the secret of the pickled kind can run code on the server. Here pickles are read
//! as plain data only.

use serde_json::{Map, Value};

use crate::session::encoding::{base64, form, split_first};
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::{Context, Cookie, json, jwt, pickle};

/// A value taken apart.
struct Items<'a> {
    mac: Vec<u8>,
    fields: Vec<(&'a [u8], &'a [u8])>,
    /// The items as written.
    text: &'a [u8],
}

impl<'a> Items<'a> {
    fn split(value: &'a [u8]) -> Option<Self> {
        let (mac, text) = split_first(value, b'?')?;
        let mac = base64(mac).filter(|mac| Digest::of_length(mac.len()).is_some())?;
        let items = text.split(|byte| *byte == b'&').filter(|item| !item.is_empty());
        let items: Option<Vec<_>> = items.map(|item| split_first(item, b'=')).collect();
        items.map(|fields| Self { mac, fields, text })
    }

    /// The items with their values read by `read`; one that cannot be read fails all.
    fn document(&self, read: fn(&[u8]) -> Option<Value>) -> Option<Map<String, Value>> {
        self.fields
            .iter()
            .map(|(key, value)| Some((json::key(json::text(&form(key))), read(&base64(value)?)?)))
            .collect()
    }

    fn reading(
        &self,
        format: &'static str,
        read: fn(&[u8]) -> Option<Value>,
        why: &'static str,
    ) -> Option<Reading> {
        let mut members = self.document(read)?;
        let expires = members.shift_remove("_expires").as_ref().and_then(jwt::seconds);
        Some(Reading {
            payload: Some(Value::Object(members)),
            expires,
            signature: SignatureState::Unverified,
            ..Reading::new(format, Confidence::Certain, Kind::SignedReadable, why)
        })
    }

    /// The MAC covers each item with a bar before it.
    fn verify(&self, secret: &[u8], options: &VerifyOptions<'_>) -> Option<bool> {
        let digest = options.digest.or(Digest::of_length(self.mac.len()))?;
        let mut parts: Vec<&[u8]> = Vec::with_capacity(2 * self.fields.len());
        for item in self.text.split(|byte| *byte == b'&').filter(|item| !item.is_empty()) {
            parts.extend([&b"|"[..], item]);
        }
        Some(digest.hmac(secret, &parts) == self.mac)
    }
}

/// Values are pickles.
pub struct Pickled;

impl Format for Pickled {
    fn name(&self) -> &'static str {
        "werkzeug-securecookie-pickle"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let why = "a MAC, a question mark, and pickles in base64";
        Items::split(cookie.value)?.reading(self.name(), pickle::read, why)
    }

    fn verify(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<bool> {
        Items::split(cookie.value)?.verify(secret, options)
    }
}

/// Values are JSON.
pub struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "werkzeug-securecookie-json"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let why = "a MAC, a question mark, and JSON in base64";
        Items::split(cookie.value)?.reading(self.name(), json::parse, why)
    }

    fn verify(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<bool> {
        Items::split(cookie.value)?.verify(secret, options)
    }
}
