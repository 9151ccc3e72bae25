//! Spring Security's remember-me cookie: user, expiry and a hash, in base64 as a whole. The hash
//! takes the user's password besides the key, so a secret alone cannot verify it.

use serde_json::json;

use crate::session::encoding::{base64, decimal, hex, percent};
use crate::session::format::Format;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::{Context, Cookie};
use crate::time::Timestamp;

/// `remember-me`.
pub struct RememberMe;

impl Format for RememberMe {
    fn name(&self) -> &'static str {
        "spring-remember-me"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let text = base64(&percent(cookie.value))?;
        let fields: Vec<_> = text.split(|byte| *byte == b':').collect();
        // Newer releases name the algorithm before the hash.
        let ([user, expires, hash] | [user, expires, _, hash]) = fields[..] else { return None };
        let nanos = decimal(expires)?.checked_mul(1_000_000)?;
        let shaped = matches!(hash.len(), 32 | 64) && hex(hash).is_some();
        shaped.then(|| Reading {
            payload: Some(json!({ "user": String::from_utf8_lossy(&percent(user)) })),
            expires: Some(Timestamp::from_nanos(nanos, 3)),
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                Confidence::Certain,
                Kind::SignedReadable,
                "a user, an expiry in milliseconds and a hash, joined by colons, in base64",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::encoding::to_base64;

    #[test]
    fn both_forms_are_read() {
        for middle in ["", "SHA256:"] {
            let text = format!("alice:1708252732000:{middle}{}", "a".repeat(64));
            let value = to_base64(text.as_bytes());
            let cookie = Cookie::new(b"remember-me", value.as_bytes());
            let reading = RememberMe.recognise(&cookie, &Context::default()).unwrap();
            assert_eq!(reading.payload, Some(json!({ "user": "alice" })));
            assert_eq!(reading.expires, Some(Timestamp::from_seconds(1_708_252_732)));
        }
    }
}
