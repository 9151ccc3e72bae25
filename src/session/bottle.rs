//! Bottle's signed cookies: `!`, MAC, `?`, and a pickle of name and value in base64. Whoever knows
//! the secret can run code on the server; here the pickle is read as plain data only.

use crate::session::encoding::{base64, split_first};
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::{Key, Way};
use crate::session::{Context, Cookie, pickle};

/// HMAC-MD5 up to Bottle 0.12, HMAC-SHA256 since.
pub struct Bottle;

/// The MAC and the message as written.
fn split(value: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (mac, message) = split_first(value.strip_prefix(b"!")?, b'?')?;
    Some((base64(mac).filter(|mac| Digest::of_length(mac.len()).is_some())?, message))
}

impl Format for Bottle {
    fn name(&self) -> &'static str {
        "bottle"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let (_, message) = split(cookie.value)?;
        let payload = pickle::read(&base64(message)?);
        let unread = "the pickle holds objects, which are not read, or is damaged";
        Some(Reading {
            problem: payload.is_none().then(|| unread.into()),
            plain: payload.as_ref().and_then(|pair| pair.get(1)).cloned(),
            payload,
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                Confidence::Certain,
                Kind::SignedReadable,
                "an exclamation mark, a MAC, a question mark and a pickle",
            )
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        let (mac, message) = split(cookie.value)?;
        let digest = options.digest.or(Digest::of_length(mac.len()))?;
        Some(vec![Way::hmac(digest, Key::SECRET, &[message], mac)])
    }
}
