//! Rails cookies: signed, and encrypted in the two ways that Rails has had.
//!
//! Keys come from `secret_key_base` by PBKDF2 with a salt that names the use; SHA-1 before Rails 7,
//! SHA-256 by the defaults of 7.0. Both are tried. Since 5.2 the content may be in an envelope that
//! says for which cookie it was made and until when it is good.

use serde_json::Value;

use crate::session::encoding::{base64, percent};
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::rack::{Signed, document};
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::{Context, Cookie, cipher};
use crate::time::Timestamp;

const SIGNED_SALT: &[u8] = b"signed cookie";
const CBC_SALT: &[u8] = b"encrypted cookie";
const CBC_MAC_SALT: &[u8] = b"signed encrypted cookie";
const GCM_SALT: &[u8] = b"authenticated encrypted cookie";

/// Iterations of Rails' key generator.
const ROUNDS: u32 = 1000;

/// The digests of the key generator, old defaults first.
const KEY_DIGESTS: [Digest; 2] = [Digest::Sha1, Digest::Sha256];

/// Length of a key for HMAC, and of one for AES-256.
const MAC_KEY: usize = 64;
const AES_KEY: usize = 32;

fn key(digest: Digest, secret: &[u8], salt: &[u8], length: usize) -> Option<Vec<u8>> {
    cipher::pbkdf2(digest, secret, salt, ROUNDS, length)
}

/// The content of an envelope and its expiry; a value without one is returned as it is.
fn unwrap(value: Value) -> (Value, Option<Timestamp>) {
    let Some(envelope) = value.get("_rails") else { return (value, None) };
    let expires = envelope["exp"]
        .as_str()
        .and_then(|text| text.parse::<jiff::Timestamp>().ok())
        .map(|time| Timestamp::from_seconds(time.as_second()));
    let content = match (envelope.get("data"), envelope["message"].as_str()) {
        (Some(data), _) => Some(data.clone()),
        (None, Some(message)) => base64(message.as_bytes()).and_then(|b| Some(document(&b)?.0)),
        (None, None) => None,
    };
    (content.unwrap_or(value), expires)
}

/// `cookies.signed`, and the sessions of Rails 3.
pub struct SignedCookie;

impl Format for SignedCookie {
    fn name(&self) -> &'static str {
        "rails-signed"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let (payload, compressed) = Signed::split(cookie)?.document()?;
        let certain = payload.get("_rails").is_some();
        let (payload, expires) = unwrap(payload);
        Some(Reading {
            payload: Some(payload),
            expires,
            compressed,
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                if certain { Confidence::Certain } else { Confidence::High },
                Kind::SignedReadable,
                "Marshal or JSON in base64, two dashes and a hexadecimal HMAC",
            )
        })
    }

    /// Rails 3 used the secret itself as the key; that is tried last.
    fn verify(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<bool> {
        let signed = Signed::split(cookie)?;
        let salt = options.salt.unwrap_or(SIGNED_SALT);
        for digest in KEY_DIGESTS {
            if signed.is_made_by(&key(digest, secret, salt, MAC_KEY)?, options)? {
                return Some(true);
            }
        }
        signed.is_made_by(secret, options)
    }
}

/// Whether text is base64 as Ruby's `strict_encode64` writes it: the alphabet with `+` and `/`, and
/// padding. In the other alphabet, two dashes are in many a random text.
fn is_strict(text: &[u8]) -> bool {
    let digits = text.strip_suffix(b"==").or(text.strip_suffix(b"=")).unwrap_or(text);
    text.len().is_multiple_of(4)
        && digits.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
}

/// Sessions of Rails 4.0 to 5.1: AES-256-CBC and an HMAC.
pub struct EncryptedCbc;

impl EncryptedCbc {
    /// The encrypted text and its IV, inside the signed data.
    fn sealed(signed: &Signed) -> Option<(Vec<u8>, Vec<u8>)> {
        let data = base64(&signed.data)?;
        let (text, iv) = super::encoding::split_dashes(&data)?;
        Some((base64(text)?, base64(iv).filter(|iv| iv.len() == 16)?))
    }
}

impl Format for EncryptedCbc {
    fn name(&self) -> &'static str {
        "rails-encrypted-cbc"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        Self::sealed(&Signed::split(cookie)?)?;
        Some(Reading {
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                Confidence::Certain,
                Kind::Encrypted,
                "encrypted text and IV in base64 twice, two dashes and a hexadecimal HMAC",
            )
        })
    }

    fn verify(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<bool> {
        let signed = Signed::split(cookie)?;
        let made = KEY_DIGESTS.iter().map(|digest| {
            signed.is_made_by(&key(*digest, secret, CBC_MAC_SALT, MAC_KEY)?, options)
        });
        Some(made.collect::<Option<Vec<_>>>()?.contains(&true))
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
        let (text, iv) = Self::sealed(&Signed::split(cookie)?)?;
        let salt = options.salt.unwrap_or(CBC_SALT);
        KEY_DIGESTS.iter().find_map(|digest| {
            let key = key(*digest, secret, salt, AES_KEY)?;
            Some(unwrap(document(&cipher::aes_cbc(&key, &iv, &text)?)?.0).0)
        })
    }
}

/// Sessions since Rails 5.2: AES-256-GCM.
pub struct EncryptedGcm;

impl EncryptedGcm {
    /// Text, nonce and tag, told by their lengths.
    fn sealed(cookie: &Cookie<'_>) -> Option<[Vec<u8>; 3]> {
        let value = percent(cookie.value);
        let (rest, tag) = super::encoding::split_dashes(&value)?;
        let (text, nonce) = super::encoding::split_dashes(rest)?;
        let parts = [text, nonce, tag];
        if !parts.iter().all(|part| is_strict(part)) {
            return None;
        }
        let tag = base64(tag).filter(|tag| tag.len() == 16)?;
        let nonce = base64(nonce).filter(|nonce| nonce.len() == 12)?;
        Some([base64(text)?, nonce, tag])
    }
}

impl Format for EncryptedGcm {
    fn name(&self) -> &'static str {
        "rails-encrypted-gcm"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        Self::sealed(cookie)?;
        Some(Reading {
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                Confidence::Certain,
                Kind::Encrypted,
                "text, nonce and tag in base64, joined by two dashes",
            )
        })
    }

    fn verify(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<bool> {
        Self::sealed(cookie)?;
        Some(self.open(cookie, secret, options).is_some())
    }

    fn open(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<Value> {
        let [text, nonce, tag] = Self::sealed(cookie)?;
        let salt = options.salt.unwrap_or(GCM_SALT);
        KEY_DIGESTS.iter().find_map(|digest| {
            let key = key(*digest, secret, salt, AES_KEY)?;
            let plain = cipher::aes_gcm(&key, &nonce, b"", &text, &tag)?;
            Some(unwrap(document(&plain)?.0).0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_dashes_in_a_random_text_are_not_enough() {
        let is_read = |value: &str| {
            let cookie = Cookie::new(b"_shop_session", value.as_bytes());
            EncryptedGcm.recognise(&cookie, &Context::default()).is_some()
        };
        let sealed = "aGVsbG8gd29ybGQhISE=--AQEBAQEBAQEBAQEB--AgICAgICAgICAgICAgICAg==";
        assert!(is_read(sealed));
        assert!(is_read(&sealed.replace('=', "%3D")));
        assert!(!is_read(sealed.trim_end_matches('=')));
        assert!(!is_read("0000000000-0----Aa_0aAa0-A-Aa_0A--AA0A-a___aAA_-aAA-_-aa"));
    }
}
