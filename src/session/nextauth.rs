//! NextAuth.js 4 and Auth.js 5: the session as an encrypted token, and the CSRF cookie.
//!
//! Both derive their key from one secret with HKDF. Long values come in chunks, cookies that end in
//! `.0`, `.1` and so on; the first is decoded with the others as its companions.

use std::borrow::Cow;

use serde_json::Value;

use crate::session::encoding::{base64, is_hex, lower_hex, percent, split_first};
use crate::session::format::{Format, VerifyOptions};
use crate::session::jwt::Token;
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::{Check, Key, Way};
use crate::session::{Context, Cookie, cipher, json};

/// Most chunks that are put together. Browsers refuse a host's cookies long before.
const MAX_CHUNKS: usize = 16;

/// NextAuth.js 4: `dir` with `A256GCM`.
pub struct NextAuth;

impl Format for NextAuth {
    fn name(&self) -> &'static str {
        "next-auth"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        recognise(self.name(), cookie, "A256GCM", b"next-auth.session-token")
    }

    fn verify(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<bool> {
        Token::split_encrypted(&whole(cookie).1)?;
        Some(self.open(cookie, secret, options).is_some())
    }

    fn open(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<Value> {
        let (_, value) = whole(cookie);
        let token = Token::split(&value)?;
        let [header, _, iv, text, tag] = token.parts[..] else { return None };
        let info = b"NextAuth.js Generated Encryption Key";
        let key = cipher::hkdf(secret, options.salt.unwrap_or_default(), info, 32)?;
        let (iv, text, tag) = (base64(iv)?, base64(text)?, base64(tag)?);
        json::parse(&cipher::aes_gcm(&key, &iv, header, &text, &tag)?)
    }
}

/// Auth.js 5: `dir` with `A256CBC-HS512`, salted with the cookie's name.
pub struct AuthJs;

impl AuthJs {
    /// The MAC key and the encryption key.
    fn keys(
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<(Vec<u8>, Vec<u8>)> {
        let salt = options.salt.unwrap_or(whole(cookie).0);
        let info = [b"Auth.js Generated Encryption Key (", salt, b")"].concat();
        let mut mac_key = cipher::hkdf(secret, salt, &info, 64)?;
        let key = mac_key.split_off(32);
        Some((mac_key, key))
    }
}

impl Format for AuthJs {
    fn name(&self) -> &'static str {
        "authjs"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        recognise(self.name(), cookie, "A256CBC-HS512", b"authjs.session-token")
    }

    /// RFC 7518 section 5.2.2: half of an HMAC-SHA512 over header, IV, text and header length.
    fn verify(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<bool> {
        let (_, value) = whole(cookie);
        let token = Token::split(&value)?;
        let [header, _, iv, text, tag] = token.parts[..] else { return None };
        let (mac_key, _) = Self::keys(cookie, secret, options)?;
        let bits = (header.len() as u64 * 8).to_be_bytes();
        let mac = Digest::Sha512.hmac(&mac_key, &[header, &base64(iv)?, &base64(text)?, &bits]);
        Some(base64(tag)? == mac[..32])
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
        let (_, value) = whole(cookie);
        let token = Token::split(&value)?;
        let (_, key) = Self::keys(cookie, secret, options)?;
        json::parse(&cipher::aes_cbc(&key, &base64(token.parts[2])?, &base64(token.parts[3])?)?)
    }
}

fn recognise(
    format: &'static str,
    cookie: &Cookie<'_>,
    encryption: &str,
    usual_name: &[u8],
) -> Option<Reading> {
    let (name, value) = whole(cookie);
    let token = Token::split_encrypted(&value)?;
    if token.algorithm() != Some("dir") || token.header["enc"] != encryption {
        return None;
    }
    let confidence = match (name.ends_with(usual_name), name.is_empty()) {
        (true, _) => Confidence::Certain,
        (false, true) => Confidence::High,
        (false, false) => Confidence::Low,
    };
    Some(Reading {
        signature: SignatureState::Unverified,
        ..Reading::new(
            format,
            confidence,
            Kind::Encrypted,
            "an encrypted token whose header names this library's cipher",
        )
    })
}

/// The cookie's name and value with its further chunks, where it is the first of several.
fn whole<'a>(cookie: &Cookie<'a>) -> (&'a [u8], Cow<'a, [u8]>) {
    let Some(base) = cookie.name.strip_suffix(b".0") else {
        return (cookie.name, Cow::Borrowed(cookie.value));
    };
    let mut value = cookie.value.to_vec();
    for number in 1..MAX_CHUNKS {
        let name = [base, format!(".{number}").as_bytes()].concat();
        let Some(chunk) = cookie.companion(&name) else { break };
        value.extend_from_slice(chunk);
    }
    (base, Cow::Owned(value))
}

/// `next-auth.csrf-token`: a random token and the hash of token and secret.
pub struct Csrf;

impl Format for Csrf {
    fn name(&self) -> &'static str {
        "next-auth-csrf"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let value = percent(cookie.value);
        let (token, hash) = split_first(&value, b'|')?;
        let named = cookie.name.is_empty() || cookie.name.ends_with(b"csrf-token");
        (is_hex(token, 64) && is_hex(hash, 64) && named).then(|| Reading {
            payload: Some(json::text(token)),
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                Confidence::Certain,
                Kind::Csrf,
                "the name, and two hexadecimal numbers of 32 bytes joined by a bar",
            )
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, _: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        let value = percent(cookie.value);
        let (token, hash) = split_first(&value, b'|')?;
        let Some(hash) = lower_hex(hash) else { return Some(Vec::new()) };
        Some(vec![Way {
            digest: Digest::Sha256,
            key: Key::Hash(token.to_vec()),
            check: Check::Key(hash),
            is_usual: true,
        }])
    }
}
