//! gorilla/securecookie (gorilla/sessions, gin-contrib and echo use it): time, content and HMAC,
//! joined by bars and encoded once more as a whole. The cookie's name is part of what is signed.

use serde_json::Value;

use crate::session::encoding::{base64, decimal, split_first};
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::{Key, Way};
use crate::session::{Context, Cookie, epoch, gob, json};
use crate::time::Timestamp;

/// A secure cookie.
pub struct Gorilla;

/// Time, content in base64, and the bytes of the HMAC, which may hold bars themselves.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (time, rest) = split_first(bytes, b'|')?;
    let (content, mac) = split_first(rest, b'|')?;
    Some((time, content, mac))
}

impl Format for Gorilla {
    fn name(&self) -> &'static str {
        "gorilla"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        // `M` is how a decimal digit up to 3 begins.
        let bytes = cookie.value.starts_with(b"M").then(|| base64(cookie.value)).flatten()?;
        let (time, content, mac) = split(&bytes)?;
        let signed_at = Timestamp::from_seconds(decimal(time)?);
        if !epoch::is_plausible(signed_at, &Context::default()) {
            return None;
        }
        let content = base64(content)?;
        let session = gob::read(&content);
        let intact = Digest::of_length(mac.len()).is_some();
        let problem = match (intact, &session) {
            (false, _) => Some("the signature is cut or changed"),
            (true, Some(session)) if !session.whole => {
                Some("a value of the application's own type was not read")
            }
            _ => None,
        };
        let payload = session.map(|s| Value::Object(s.members)).or_else(|| json::parse(&content));
        Some(Reading {
            // Content that is neither gob nor JSON was encrypted with a block key.
            kind: if payload.is_some() { Kind::SignedReadable } else { Kind::Encrypted },
            payload,
            signed_at: Some(signed_at),
            signature: SignatureState::Unverified,
            problem: problem.map(str::to_owned),
            ..Reading::new(
                self.name(),
                Confidence::Certain,
                Kind::SignedReadable,
                "a time, content and an HMAC joined by bars, all in base64",
            )
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        if cookie.name.is_empty() {
            return None;
        }
        let bytes = base64(cookie.value)?;
        let (time, content, mac) = split(&bytes)?;
        let digest = options.digest.or(Digest::of_length(mac.len()))?;
        let message = [cookie.name, b"|", time, b"|", content];
        Some(vec![Way::hmac(digest, Key::SECRET, &message, mac.to_vec())])
    }
}
