//! JSON Web Tokens (RFC 7519) in compact form: signed (JWS, three parts) and encrypted (JWE, five).
//!
//! Only the HMAC algorithms can be verified with a secret; the others need a public key and are
//! decoded only. A header that says `none` makes an unsigned token, which is never valid.

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::session::encoding::{base64, base64_prefix};
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::{Key, Way};
use crate::session::{Context, Cookie, encoding, json};
use crate::time::Timestamp;

/// The parts of a token whose header names an algorithm.
pub(super) struct Token<'a> {
    pub header: Value,
    /// The parts as written, header included.
    pub parts: Vec<&'a [u8]>,
}

impl<'a> Token<'a> {
    /// Splits a value with at least two parts whose first is a JSON object with `alg`.
    pub(super) fn split(value: &'a [u8]) -> Option<Self> {
        Self::split_in(2..=5, value)
    }

    /// Splits a value of an encrypted token, which has five parts.
    pub(super) fn split_encrypted(value: &'a [u8]) -> Option<Self> {
        Self::split_in(5..=5, value)
    }

    fn split_in(count: RangeInclusive<usize>, value: &'a [u8]) -> Option<Self> {
        let dots = memchr::memchr_iter(b'.', value).count();
        if !count.contains(&(dots + 1)) {
            return None;
        }
        let parts: Vec<_> = value.split(|byte| *byte == b'.').collect();
        let text = json::base64_object_text(parts[0])?;
        // A value has many readers, and most objects name no algorithm, be it with an escape in it.
        let may_name_one = memchr::memmem::find(&text, b"alg").is_some() || text.contains(&b'\\');
        let header = may_name_one.then(|| json::parse(&text)).flatten()?;
        header.get("alg")?;
        Some(Self { header, parts })
    }

    pub(super) fn algorithm(&self) -> Option<&str> {
        self.header["alg"].as_str()
    }

    /// The claims of a signed token.
    pub(super) fn claims(&self) -> Option<Value> {
        json::parse_base64_object(self.parts.get(1)?)
    }

    fn digest(&self) -> Option<Digest> {
        match self.algorithm()? {
            "HS256" => Some(Digest::Sha256),
            "HS384" => Some(Digest::Sha384),
            "HS512" => Some(Digest::Sha512),
            _ => None,
        }
    }

    fn is_unsigned(&self) -> bool {
        self.algorithm().is_some_and(|name| name.eq_ignore_ascii_case("none"))
    }

    /// What is wrong with the signature by its length alone.
    fn problem(&self) -> Option<String> {
        let signature = *self.parts.get(2)?;
        if self.is_unsigned() {
            return Some("the token is not signed (algorithm none)".into());
        }
        let expected = match self.digest() {
            Some(Digest::Sha256) => 43,
            Some(Digest::Sha384) => 64,
            Some(_) => 86,
            None => return signature.is_empty().then(|| "the signature is missing".into()),
        };
        (signature.len() != expected).then(|| {
            let length = signature.len();
            format!("a signature of {length} characters, not {expected}: cut or changed")
        })
    }
}

/// A signed token.
pub struct Jwt;

impl Format for Jwt {
    fn name(&self) -> &'static str {
        "jwt"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let token = Token::split_in(2..=3, cookie.value)?;
        let Some(claims) = token.claims() else { return cut(self, &token) };
        let signature = match token.parts.get(2) {
            Some(signature) if !signature.is_empty() => SignatureState::Unverified,
            _ => SignatureState::None,
        };
        let whole = token.parts.len() == 3;
        let missing = || Some("the signature is missing".to_owned());
        Some(Reading {
            signed_at: seconds(&claims["iat"]),
            expires: seconds(&claims["exp"]),
            payload: Some(claims),
            signature,
            problem: if whole { token.problem() } else { missing() },
            ..Reading::new(
                self.name(),
                if whole { Confidence::Certain } else { Confidence::Medium },
                Kind::Token,
                "a JSON header that names an algorithm, JSON claims and a signature",
            )
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, _: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        let token = Token::split_in(3..=3, cookie.value)?;
        if token.is_unsigned() {
            return Some(Vec::new());
        }
        let digest = token.digest()?;
        let (signed, signature) = encoding::split_last(cookie.value, b'.')?;
        let way = |mac| Way::hmac(digest, Key::SECRET, &[signed], mac);
        Some(base64(signature).map(way).into_iter().collect())
    }
}

/// A token that was cut in its claims.
fn cut(format: &Jwt, token: &Token<'_>) -> Option<Reading> {
    let text = base64_prefix(token.parts.get(1).filter(|_| token.parts.len() == 2)?);
    text.starts_with(b"{").then(|| Reading {
        plain: json::cut_text(&text),
        problem: Some("the claims are cut".into()),
        ..Reading::new(
            format.name(),
            Confidence::Medium,
            Kind::Token,
            "a JSON header that names an algorithm",
        )
    })
}

/// A `NumericDate`: seconds since 1970, which may have a fraction.
pub(super) fn seconds(value: &Value) -> Option<Timestamp> {
    #[expect(clippy::cast_possible_truncation, reason = "a float beyond i64 saturates")]
    let whole = value.as_i64().or_else(|| value.as_f64().map(|float| float as i64))?;
    Some(Timestamp::from_seconds(whole))
}

/// An encrypted token of no particular maker.
pub struct Jwe;

impl Format for Jwe {
    fn name(&self) -> &'static str {
        "jwe"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let token = Token::split_encrypted(cookie.value)?;
        token.header.get("enc")?;
        Some(Reading::new(
            self.name(),
            Confidence::Medium,
            Kind::Encrypted,
            "a JSON header that names a cipher, and four more parts",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::encoding::to_base64url;

    fn token(header: &str, claims: &str, signature: &str) -> String {
        format!(
            "{}.{}.{signature}",
            to_base64url(header.as_bytes()),
            to_base64url(claims.as_bytes())
        )
    }

    #[test]
    fn dates_may_have_fractions() {
        let value = token(r#"{"alg":"HS256"}"#, r#"{"iat":1708252732.75,"exp":1e400}"#, "x");
        assert_eq!(Jwt.recognise(&Cookie::new(b"t", value.as_bytes()), &Context::default()), None);
        let value = token(r#"{"alg":"HS256"}"#, r#"{"iat":1708252732.75,"exp":1e30}"#, "x");
        let reading = Jwt.recognise(&Cookie::new(b"t", value.as_bytes()), &Context::default());
        assert_eq!(reading.unwrap().signed_at, Some(Timestamp::from_seconds(1_708_252_732)));
    }

    #[test]
    fn an_unsigned_token_is_never_valid() {
        let value = token(r#"{"alg":"None"}"#, r#"{"admin":true}"#, "");
        let cookie = Cookie::new(b"t", value.as_bytes());
        assert_eq!(Jwt.verify(&cookie, b"", &VerifyOptions::default()), Some(false));
        let reading = Jwt.recognise(&cookie, &Context::default()).unwrap();
        assert_eq!(reading.signature, SignatureState::None);
        assert!(reading.problem.unwrap().contains("none"));
    }

    #[test]
    fn an_asymmetric_token_cannot_be_judged_with_a_secret() {
        let value = token(r#"{"alg":"RS256"}"#, r#"{"sub":"x"}"#, "c2ln");
        let cookie = Cookie::new(b"t", value.as_bytes());
        assert_eq!(Jwt.verify(&cookie, b"s", &VerifyOptions::default()), None);
    }
}
