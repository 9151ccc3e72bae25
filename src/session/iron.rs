//! hapi's `iron` seals, and `iron-session`, which adds a version after a tilde.
//!
//! Eight fields joined by `*`: version, password id, salt, IV, text, expiry, MAC salt, MAC.

use serde_json::Value;

use crate::session::encoding::{base64, decimal, to_base64url};
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::{Context, Cookie, cipher, json};
use crate::time::Timestamp;

struct Seal<'a> {
    fields: [&'a [u8]; 8],
    /// What was signed: the first six fields.
    signed: &'a [u8],
}

impl<'a> Seal<'a> {
    fn split(value: &'a [u8]) -> Option<Self> {
        let fields: Vec<_> = value.splitn(9, |byte| *byte == b'*').collect();
        let fields: [&[u8]; 8] = fields.try_into().ok()?;
        let tail = fields[6].len() + fields[7].len() + 2;
        (fields[0] == b"Fe26.2").then_some(Self { fields, signed: &value[..value.len() - tail] })
    }

    /// Keys come from the password and the salt's text by one round of PBKDF2.
    fn key(secret: &[u8], salt: &[u8]) -> Option<Vec<u8>> {
        cipher::pbkdf2(Digest::Sha1, secret, salt, 1, 32)
    }

    fn is_made_by(&self, secret: &[u8]) -> Option<bool> {
        let mac = Digest::Sha256.hmac(&Self::key(secret, self.fields[6])?, &[self.signed]);
        Some(to_base64url(&mac).as_bytes() == self.fields[7])
    }

    fn open(&self, secret: &[u8]) -> Option<Value> {
        let [_, _, salt, iv, text, ..] = self.fields;
        let key = Self::key(secret, salt)?;
        json::parse(&cipher::aes_cbc(&key, &base64(iv)?, &base64(text)?)?)
    }

    fn reading(&self, format: &'static str) -> Reading {
        let expires = decimal(self.fields[5]).and_then(|millis| millis.checked_mul(1_000_000));
        Reading {
            expires: expires.map(|nanos| Timestamp::from_nanos(nanos, 3)),
            signature: SignatureState::Unverified,
            ..Reading::new(
                format,
                Confidence::Certain,
                Kind::Encrypted,
                "Fe26.2 and seven more fields, joined by asterisks",
            )
        }
    }
}

/// A bare seal.
pub struct Iron;

/// A seal with `~2` after it.
pub struct IronSession;

/// The seal of an `iron-session` value.
fn unversioned(value: &[u8]) -> Option<&[u8]> {
    value.strip_suffix(b"~2")
}

impl Format for Iron {
    fn name(&self) -> &'static str {
        "iron"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let seal = Seal::split(cookie.value).filter(|seal| !seal.fields[7].contains(&b'~'))?;
        Some(seal.reading(self.name()))
    }

    fn verify(&self, cookie: &Cookie<'_>, secret: &[u8], _: &VerifyOptions<'_>) -> Option<bool> {
        Seal::split(cookie.value)?.is_made_by(secret)
    }

    fn open(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<Value> {
        self.verify(cookie, secret, options).filter(|valid| *valid)?;
        Seal::split(cookie.value)?.open(secret)
    }
}

impl Format for IronSession {
    fn name(&self) -> &'static str {
        "iron-session"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        Some(Seal::split(unversioned(cookie.value)?)?.reading(self.name()))
    }

    fn verify(&self, cookie: &Cookie<'_>, secret: &[u8], _: &VerifyOptions<'_>) -> Option<bool> {
        Seal::split(unversioned(cookie.value)?)?.is_made_by(secret)
    }

    fn open(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<Value> {
        self.verify(cookie, secret, options).filter(|valid| *valid)?;
        Seal::split(unversioned(cookie.value)?)?.open(secret)
    }
}
