//! Express: `express-session`'s id and the signed and JSON cookies of `cookie-parser`.
//!
//! All are percent-encoded. `s:` marks a value with a signature after its last dot, `j:` marks JSON.
//! The signature is compared as text (`cookie-signature`).

use std::borrow::Cow;

use serde_json::Value;

use crate::session::encoding::{base64, is_base64url, is_uuid, percent, split_last, to_base64};
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::{Key, Way};
use crate::session::{Context, Cookie, json};

/// Characters of an unpadded HMAC-SHA256 in base64.
const SIGNATURE_LENGTH: usize = 43;

/// The parts of a value marked with `s:`.
struct Signed {
    value: Vec<u8>,
    signature: Vec<u8>,
}

impl Signed {
    fn split(cookie: &Cookie<'_>) -> Option<Self> {
        let text: Cow<'_, [u8]> = percent(cookie.value);
        let (value, signature) = split_last(text.strip_prefix(b"s:")?, b'.')?;
        let base64 = signature.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b));
        (base64 && signature.len() <= SIGNATURE_LENGTH)
            .then(|| Self { value: value.to_vec(), signature: signature.to_vec() })
    }

    fn ways(cookie: &Cookie<'_>) -> Option<Vec<Way>> {
        let Self { value, signature } = Self::split(cookie)?;
        let mac = base64(&signature);
        let mac = mac.filter(|mac| to_base64(mac).trim_end_matches('=').as_bytes() == signature);
        let way = |mac| Way::hmac(Digest::Sha256, Key::SECRET, &[&value], mac);
        Some(mac.map(way).into_iter().collect())
    }

    fn reading(&self, format: &'static str, sure: bool, kind: Kind, why: &'static str) -> Reading {
        let whole = self.signature.len() == SIGNATURE_LENGTH;
        let confidence = match (sure, whole) {
            (true, true) => Confidence::Certain,
            (true, false) => Confidence::Medium,
            (false, _) => Confidence::Low,
        };
        Reading {
            signature: SignatureState::Unverified,
            problem: (!whole).then(|| "the signature is cut".into()),
            ..Reading::new(format, confidence, kind, why)
        }
    }

    /// Whether the value has a shape that session ids have: `uid-safe`'s 24 bytes, or a UUID.
    fn is_session_id(&self, name: &[u8]) -> bool {
        name == b"connect.sid"
            || is_uuid(&self.value)
            || (self.value.len() == 32 && is_base64url(&self.value))
    }
}

/// The id of a server-side session, `connect.sid` by default.
pub struct Session;

impl Format for Session {
    fn name(&self) -> &'static str {
        "express-session"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let signed = Signed::split(cookie)?;
        let why = "s: and a session id with an HMAC-SHA256 after it";
        signed.is_session_id(cookie.name).then(|| Reading {
            payload: Some(json::text(&signed.value)),
            ..signed.reading(self.name(), true, Kind::OpaqueId, why)
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, _: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        Signed::ways(cookie)
    }
}

/// Any other signed cookie (`res.cookie` with `signed`).
pub struct SignedCookie;

impl Format for SignedCookie {
    fn name(&self) -> &'static str {
        "express-signed"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let signed = Signed::split(cookie)?;
        let payload = match signed.value.strip_prefix(b"j:") {
            Some(text) => json::parse(text)?,
            None => json::text(&signed.value),
        };
        let sure = !signed.is_session_id(cookie.name);
        let why = "s: and a value with an HMAC-SHA256 after it";
        Some(Reading {
            payload: Some(payload),
            ..signed.reading(self.name(), sure, Kind::SignedReadable, why)
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, _: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        Signed::ways(cookie)
    }
}

/// An unsigned JSON cookie.
pub struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "express-json"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let text = percent(cookie.value);
        let payload: Value = json::parse(text.strip_prefix(b"j:")?)?;
        // `res.cookie` writes whatever it is given so: a list of what was looked at is no session,
        // nor is what comes without the name that would call it one.
        let named = !cookie.name.is_empty() && cookie.may_be_a_session();
        let is_filled = payload.as_object().is_some_and(|members| !members.is_empty());
        let kind = if named && is_filled { Kind::EncodedOnly } else { Kind::Unknown };
        Some(Reading {
            payload: Some(payload),
            ..Reading::new(self.name(), Confidence::Certain, kind, "j: and JSON")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsigned_json_is_a_session_only_by_its_name_and_members() {
        let kind = |name: &str, value: &str| {
            let cookie = Cookie::new(name.as_bytes(), value.as_bytes());
            Json.recognise(&cookie, &Context::default()).map(|reading| reading.kind)
        };
        let user = "j%3A%7B%22user%22%3A%22alice%22%7D";
        assert_eq!(kind("session", user), Some(Kind::EncodedOnly));
        assert_eq!(kind("app.sess", r#"j:{"user":"alice"}"#), Some(Kind::EncodedOnly));
        for name in ["", "prefs", "user", "basket"] {
            assert_eq!(kind(name, user), Some(Kind::Unknown), "{name}");
        }
        for value in ["j:{}", "j:[]", "j:[1,2]", r#"j:"en""#, "j:null", "j:3"] {
            assert_eq!(kind("session", value), Some(Kind::Unknown), "{value}");
        }
        assert_eq!(kind("session", "j:alice"), None);
    }
}
