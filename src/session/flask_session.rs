//! Flask-Session: the session is on the server, the cookie holds its id, bare or signed.
//!
//! Ids are UUIDs up to 0.5 and 43 characters of URL-safe base64 since. An unsigned id of the second
//! kind says nothing about its maker: the `scs` library for Go makes the same.

use serde_json::Value;

use crate::session::encoding::{is_base64url, is_uuid, split_last};
use crate::session::format::{Format, VerifyOptions};
use crate::session::itsdangerous::{Derivation, Scheme, signature_problem};
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::Way;
use crate::session::{Context, Cookie};

const SCHEME: Scheme = Scheme { salt: b"flask-session", derivation: Derivation::Hmac };

/// Characters of `secrets.token_urlsafe(32)`, the default.
const TOKEN_LENGTH: usize = 43;

/// Characters of a token of whatever `SESSION_ID_LENGTH` an application may ask for within reason.
const TOKEN_LENGTHS: std::ops::RangeInclusive<usize> = 32..=128;

/// Characters of a SHA-1 signature, the only digest that Flask-Session uses.
const SIGNATURE_LENGTH: usize = 27;

/// An id with a signature after it (`SESSION_USE_SIGNER`).
pub struct Signed;

impl Format for Signed {
    fn name(&self) -> &'static str {
        "flask-session-signed"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let (id, signature) = split_last(cookie.value, b'.')?;
        if !is_id(id) || !is_base64url(signature) || signature.len() > SIGNATURE_LENGTH {
            return None;
        }
        let problem = signature_problem(Some(signature));
        if problem.is_some() && !is_usual(id) {
            return None;
        }
        let confidence = match (&problem, cookie.may_be(b"session")) {
            (None, true) => Confidence::High,
            (Some(_), true) => Confidence::Medium,
            // Trackers join two random texts too.
            (None, false) if cookie.may_be_a_session() => Confidence::Medium,
            (_, false) => return None,
        };
        Some(Reading {
            payload: std::str::from_utf8(id).ok().map(Value::from),
            signature: SignatureState::Unverified,
            problem,
            ..Reading::new(
                self.name(),
                confidence,
                Kind::OpaqueId,
                "a session id and a SHA-1 signature, joined by a dot",
            )
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        SCHEME.ways(cookie.value, options)
    }
}

/// A bare id.
pub struct Id;

impl Format for Id {
    fn name(&self) -> &'static str {
        "flask-session-id"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let named = cookie.name == b"session" && is_id(cookie.value);
        let alone = cookie.name.is_empty() && is_usual(cookie.value);
        if !named && !alone {
            return None;
        }
        let confidence = if is_uuid(cookie.value) { Confidence::Low } else { Confidence::ByName };
        Some(Reading {
            payload: std::str::from_utf8(cookie.value).ok().map(Value::from),
            ..Reading::new(
                self.name(),
                confidence,
                Kind::OpaqueId,
                "the name, and an id of Flask-Session's shape",
            )
        })
    }
}

/// Whether `text` has the shape of an id of default length; asked where other signs are missing.
fn is_usual(text: &[u8]) -> bool {
    is_uuid(text) || (text.len() == TOKEN_LENGTH && is_base64url(text))
}

fn is_id(text: &[u8]) -> bool {
    is_uuid(text) || (TOKEN_LENGTHS.contains(&text.len()) && is_base64url(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_both_generations_are_known() {
        assert!(is_id(b"ada4d674-2555-46f8-96b4-50454092a790"));
        assert!(is_id(b"ZF-MagW2iJ_bxU8NFpvb3wWXPaZ7ZBF7cN5JLOAd74A"));
        assert!(!is_id(b"ada4d674-2555-46f8-96b4-5045409"));
        assert!(is_id(&[b'x'; 86]));
        assert!(!is_id(b"alice"));
    }
}
