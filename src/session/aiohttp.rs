//! aiohttp-session: an encrypted Fernet token, or plain JSON without any protection.

use serde_json::Value;

use crate::session::encoding::base64;
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::{Context, Cookie, cipher, json, jwt};
use crate::time::Timestamp;

/// The cookie's name unless the application changes it.
const NAME: &[u8] = b"AIOHTTP_SESSION";

/// `EncryptedCookieStorage`. Other Python software uses Fernet tokens too.
pub struct Fernet;

/// The parts of a token (Fernet specification, version 0x80).
struct Token<'a> {
    signed: &'a [u8],
    time: i64,
    iv: &'a [u8],
    text: &'a [u8],
    mac: &'a [u8],
}

impl<'a> Token<'a> {
    fn split(bytes: &'a [u8]) -> Option<Self> {
        let (signed, mac) = bytes.split_at_checked(bytes.len().checked_sub(32)?)?;
        let (head, rest) = signed.strip_prefix(&[0x80])?.split_at_checked(8)?;
        let (iv, text) = rest.split_at_checked(16)?;
        let time = i64::from_be_bytes(head.try_into().ok()?);
        let whole_blocks = !text.is_empty() && text.len().is_multiple_of(16);
        whole_blocks.then_some(Self { signed, time, iv, text, mac })
    }
}

/// The two halves of a key, written in base64 or given as 32 bytes.
fn halves(secret: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut mac_key = match secret.len() {
        32 => secret.to_vec(),
        _ => base64(secret).filter(|key| key.len() == 32)?,
    };
    let key = mac_key.split_off(16);
    Some((mac_key, key))
}

impl Format for Fernet {
    fn name(&self) -> &'static str {
        "aiohttp-fernet"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        if !cookie.value.starts_with(b"gAAAAA") {
            return None;
        }
        let bytes = base64(cookie.value)?;
        let token = Token::split(&bytes)?;
        let named = cookie.may_be(NAME);
        Some(Reading {
            signed_at: Some(Timestamp::from_seconds(token.time)),
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                if named { Confidence::Certain } else { Confidence::High },
                Kind::Encrypted,
                "a Fernet token: version 0x80, a time, whole blocks",
            )
        })
    }

    fn verify(&self, cookie: &Cookie<'_>, secret: &[u8], _: &VerifyOptions<'_>) -> Option<bool> {
        let bytes = base64(cookie.value)?;
        let token = Token::split(&bytes)?;
        let Some((mac_key, _)) = halves(secret) else { return Some(false) };
        Some(Digest::Sha256.hmac(&mac_key, &[token.signed]) == token.mac)
    }

    fn open(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<Value> {
        if self.verify(cookie, secret, options) != Some(true) {
            return None;
        }
        let bytes = base64(cookie.value)?;
        let token = Token::split(&bytes)?;
        let plain = cipher::aes_cbc(&halves(secret)?.1, token.iv, token.text)?;
        Some(json::parse(&plain).unwrap_or_else(|| json::text(&plain)))
    }
}

/// `SimpleCookieStorage`: meant for tests, and seen in the wild.
pub struct Simple;

impl Format for Simple {
    fn name(&self) -> &'static str {
        "aiohttp-simple"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let payload = json::parse(cookie.value)?;
        let session = payload.get("session").filter(|session| session.is_object())?.clone();
        let signed_at = jwt::seconds(payload.get("created")?);
        Some(Reading {
            plain: Some(session),
            payload: Some(payload),
            signed_at,
            ..Reading::new(
                self.name(),
                Confidence::Certain,
                Kind::EncodedOnly,
                "a JSON object with the members created and session",
            )
        })
    }
}
