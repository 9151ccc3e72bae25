//! The npm packages `cookie-session` and `koa-session`: JSON in base64, signed by a second cookie.
//!
//! The signature of cookie `NAME` is in `NAME.sig` (package `keygrip`) and covers the name too, so
//! both cookies are needed to verify. Alone, the value is readable all the same.

use serde_json::Value;

use crate::session::encoding::{base64, percent, to_base64url};
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::{Key, Way};
use crate::session::{Context, Cookie, json};
use crate::time::Timestamp;

/// Express's `cookie-session`.
pub struct CookieSession;

impl Format for CookieSession {
    fn name(&self) -> &'static str {
        "cookie-session"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let payload = document(cookie)?;
        let signed = signature(cookie).is_some();
        // The package pads its base64; a text that lacks padding was more likely cut from another.
        let padded = percent(cookie.value).len().is_multiple_of(4);
        let named = cookie.may_be_a_session();
        let confidence = match (signed, named && padded, named) {
            (true, _, _) => Confidence::High,
            (false, true, _) => Confidence::Medium,
            (false, false, true) => Confidence::Low,
            (false, false, false) => return None,
        };
        Some(reading(self.name(), confidence, payload, signed))
    }

    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        ways(cookie, options)
    }
}

/// Koa's `koa-session`, which writes its own expiry into the session.
pub struct KoaSession;

impl Format for KoaSession {
    fn name(&self) -> &'static str {
        "koa-session"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let payload = document(cookie)?;
        let expires = payload.get("_expire").and_then(Value::as_i64)?;
        payload.get("_maxAge")?;
        let signed = signature(cookie).is_some();
        Some(Reading {
            expires: Some(Timestamp::from_nanos(expires.saturating_mul(1_000_000), 3)),
            ..reading(self.name(), Confidence::Certain, payload, signed)
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        ways(cookie, options)
    }
}

fn reading(format: &'static str, confidence: Confidence, payload: Value, signed: bool) -> Reading {
    Reading {
        payload: Some(payload),
        signature: if signed { SignatureState::Unverified } else { SignatureState::None },
        problem: (!signed).then(|| "its signature cookie (.sig) was not seen".into()),
        ..Reading::new(
            format,
            confidence,
            Kind::SignedReadable,
            "a JSON object in base64, signed by a cookie beside it",
        )
    }
}

fn document(cookie: &Cookie<'_>) -> Option<Value> {
    json::parse_base64_object(&percent(cookie.value))
}

fn signature<'a>(cookie: &Cookie<'a>) -> Option<&'a [u8]> {
    cookie.companion(&[cookie.name, b".sig"].concat())
}

/// `keygrip` signs the text `name=value` and compares the signatures as text.
fn ways(cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
    let signature = signature(cookie)?;
    let mac = base64(signature).filter(|mac| to_base64url(mac).as_bytes() == signature);
    let Some(mac) = mac else { return Some(Vec::new()) };
    let digest = options.digest.or(Digest::of_length(mac.len())).unwrap_or(Digest::Sha1);
    Some(vec![Way::hmac(digest, Key::SECRET, &[cookie.name, b"=", cookie.value], mac)])
}
