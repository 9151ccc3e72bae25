//! Starlette's `SessionMiddleware` (`FastAPI` uses it): JSON in standard base64, time and signature.
//!
//! It differs from Flask in its alphabet, its padding, the spaces that Python's JSON writes by
//! default, and its key derivation. It is never compressed.

use serde_json::Value;

use crate::session::encoding::{base64, base64_prefix};
use crate::session::format::{Format, VerifyOptions};
use crate::session::itsdangerous::{Derivation, Fields, Scheme, signature_problem};
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::Way;
use crate::session::{Context, Cookie, epoch, json};

const SCHEME: Scheme =
    Scheme { salt: b"itsdangerous.Signer", derivation: Derivation::DjangoConcat };

/// Starlette's session cookie.
pub struct Starlette;

impl Format for Starlette {
    fn name(&self) -> &'static str {
        "starlette"
    }

    fn recognise(&self, cookie: &Cookie<'_>, context: &Context) -> Option<Reading> {
        let fields = Fields::split(cookie.value).filter(|f| !f.payload.starts_with(b"."))?;
        let Some(field) = fields.timestamp else { return cut(self, cookie) };
        let text = base64(fields.payload)?;
        if !json::is_spaced(&text) && !fields.payload.ends_with(b"=") {
            return None;
        }
        let payload = json::parse(&text).filter(Value::is_object)?;
        let signed_at = epoch::read(field)?;
        let problem = signature_problem(fields.signature);
        let sound = problem.is_none() && epoch::is_plausible(signed_at, context);
        Some(Reading {
            payload: Some(payload),
            signed_at: Some(signed_at),
            signature: fields
                .signature
                .map_or(SignatureState::None, |_| SignatureState::Unverified),
            problem,
            ..Reading::new(
                self.name(),
                if sound { Confidence::Certain } else { Confidence::Medium },
                Kind::SignedReadable,
                "spaced JSON object in standard base64, time and signature, joined by dots",
            )
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        SCHEME.ways(cookie.value, options)
    }
}

/// The beginning of a value of which not even the timestamp is left.
fn cut(format: &Starlette, cookie: &Cookie<'_>) -> Option<Reading> {
    let text = base64_prefix(cookie.value);
    if !cookie.may_be(b"session") || !text.starts_with(b"{\"") || !json::is_spaced(&text) {
        return None;
    }
    Some(Reading {
        payload: json::parse(&text),
        plain: json::cut_text(&text).filter(|_| json::parse(&text).is_none()),
        problem: Some("the timestamp and the signature are missing".into()),
        ..Reading::new(
            format.name(),
            Confidence::Low,
            Kind::SignedReadable,
            "begins like a Starlette session",
        )
    })
}
