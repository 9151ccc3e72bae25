//! Values signed with `django.core.signing`: the signed-cookie session, messages, signed cookies
//! and tokens. All are `value ":" base62 time ":" signature`; they differ in salt, key and in what
//! the value is.

use serde_json::Value;

use crate::session::encoding::{base64, lower_hex, split_last, to_base64url};
use crate::session::format::{Format, VerifyOptions};
use crate::session::itsdangerous::Body;
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::{Key, Way};
use crate::session::{Context, Cookie, encoding, epoch, json, pickle};
use crate::time::Timestamp;

/// What is put before the secret for cookies that are signed one by one.
const COOKIE_KEY_PREFIX: &[u8] = b"django.http.cookies";

const SESSION_SALT: &[u8] = b"django.contrib.sessions.backends.signed_cookies";
const MESSAGES_SALT: &[u8] = b"django.contrib.messages";
const SIGNING_SALT: &[u8] = b"django.core.signing";

/// Characters of a time: six from 1999 until 2055.
const TIME_LENGTH: usize = 6;

/// A value taken apart.
struct Signed<'a> {
    value: &'a [u8],
    time: Timestamp,
    /// As written; empty where it was cut away.
    signature: &'a [u8],
    problem: Option<String>,
}

impl<'a> Signed<'a> {
    fn split(cookie: &'a [u8]) -> Option<Self> {
        let (rest, last) = split_last(cookie, b':')?;
        // A value that lost its signature ends in its time.
        let whole = split_last(rest, b':').and_then(|(value, time)| Some((value, base62(time)?)));
        let ((value, time), signature) = match whole {
            Some(found) if encoding::is_base64url(last) => (found, last),
            _ => ((rest, base62(last)?), &b""[..]),
        };
        let problem = match signature.len() {
            27 | 43 | 64 | 86 => None,
            0 => Some("the signature is missing".into()),
            length => Some(format!("a signature of {length} characters: cut or changed")),
        };
        Some(Self { value, time, signature, problem })
    }

    /// The value as `signing.dumps` wrote it: JSON, or a pickle in old projects.
    fn document(&self) -> Option<(Value, bool)> {
        let body = Body::read(self.value);
        let value = json::parse(&body.bytes)
            .or_else(|| pickle::read(&body.bytes).filter(|_| body.bytes.starts_with(&[0x80])))?;
        Some((value, body.compressed))
    }

    fn reading(&self, format: &'static str, sure: bool, kind: Kind, why: &'static str) -> Reading {
        let confidence = match (&self.problem, sure) {
            (None, true) => Confidence::Certain,
            (Some(_), true) => Confidence::Medium,
            (_, false) => Confidence::Low,
        };
        Reading {
            signed_at: Some(self.time),
            signature: match self.signature {
                b"" => SignatureState::None,
                _ => SignatureState::Unverified,
            },
            problem: self.problem.clone(),
            ..Reading::new(format, confidence, kind, why)
        }
    }
}

/// A time in base 62 with digits before upper-case before lower-case letters.
fn base62(text: &[u8]) -> Option<Timestamp> {
    if text.len() != TIME_LENGTH {
        return None;
    }
    let seconds = text.iter().try_fold(0i64, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            b'a'..=b'z' => byte - b'a' + 36,
            _ => return None,
        };
        Some(number * 62 + i64::from(digit))
    })?;
    let time = Timestamp::from_seconds(seconds);
    // A changed first digit moves the time by decades; a value that is no date at all is refused.
    epoch::is_plausible(time, &Context::default()).then_some(time)
}

/// The ways in which a secret may have signed the cookie, under any of `salts`, with `prefix` before
/// the secret. Django compares signatures as text. The digest is SHA-256 since 3.1, SHA-1 before.
fn ways(
    cookie: &[u8],
    salts: &[&[u8]],
    prefix: &[u8],
    options: &VerifyOptions<'_>,
) -> Option<Vec<Way>> {
    let (signed, signature) = split_last(cookie, b':')?;
    let mac = base64(signature).filter(|mac| to_base64url(mac).as_bytes() == signature);
    let Some(mac) = mac else { return Some(Vec::new()) };
    let Some(digest) = options.digest.or(Digest::of_length(mac.len())) else {
        return Some(Vec::new());
    };
    let way = |salt: &&[u8]| {
        let key = Key::Hash([salt, &b"signer"[..], prefix].concat());
        Way::hmac(digest, key, &[signed], mac.clone())
    };
    Some(salts.iter().map(way).collect())
}

/// `django.contrib.sessions.backends.signed_cookies`: the whole session in the cookie.
pub struct SignedSession;

impl Format for SignedSession {
    fn name(&self) -> &'static str {
        "django-signed-session"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let signed = Signed::split(cookie.value)?;
        let (payload, compressed) = signed.document()?;
        let members = payload.as_object()?;
        let sure = cookie.may_be_a_session()
            || members.keys().any(|key| key.starts_with("_auth_user") || key == "_csrftoken");
        let why = "JSON object, base-62 time and signature, joined by colons";
        Some(Reading {
            payload: Some(payload),
            compressed,
            ..signed.reading(self.name(), sure, Kind::SignedReadable, why)
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        ways(cookie.value, &[options.salt.unwrap_or(SESSION_SALT)], b"", options)
    }
}

/// `django.contrib.messages`: flash messages, present even where sessions are on the server.
pub struct Messages;

impl Messages {
    /// The form before Django 3.2: 40 hexadecimal digits, `$`, JSON.
    fn old(cookie: &[u8]) -> Option<(&[u8], &[u8])> {
        let (mac, text) = encoding::split_first(cookie, b'$')?;
        (mac.len() == 40 && encoding::hex(mac).is_some()).then_some((mac, text))
    }
}

impl Format for Messages {
    fn name(&self) -> &'static str {
        "django-messages"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        if let Some((_, text)) = Self::old(cookie.value) {
            return Some(Reading {
                payload: Some(json::parse(text).filter(Value::is_array)?),
                signature: SignatureState::Unverified,
                ..Reading::new(
                    self.name(),
                    Confidence::Certain,
                    Kind::SignedReadable,
                    "hexadecimal HMAC-SHA1 and a JSON array, joined by a dollar sign",
                )
            });
        }
        let signed = Signed::split(cookie.value)?;
        let (payload, compressed) = signed.document()?;
        let first = payload.as_array()?.first();
        let sure =
            cookie.name == b"messages" || first.is_some_and(|entry| entry[0] == "__json_message");
        let why = "JSON array, base-62 time and signature, joined by colons";
        sure.then(|| Reading {
            payload: Some(payload),
            compressed,
            ..signed.reading(self.name(), sure, Kind::SignedReadable, why)
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        let salt = options.salt.unwrap_or(MESSAGES_SALT);
        let Some((mac, text)) = Self::old(cookie.value) else {
            return ways(cookie.value, &[salt], COOKIE_KEY_PREFIX, options);
        };
        let mac = lower_hex(mac);
        let way = |mac| Way::hmac(Digest::Sha1, Key::Hash(salt.to_vec()), &[text], mac);
        Some(mac.map(way).into_iter().collect())
    }
}

/// Any other document signed with `signing.dumps`.
pub struct Signing;

impl Format for Signing {
    fn name(&self) -> &'static str {
        "django-signing"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let signed = Signed::split(cookie.value)?;
        let (payload, compressed) = signed.document()?;
        let why = "JSON, base-62 time and signature, joined by colons";
        Some(Reading {
            payload: Some(payload),
            compressed,
            confidence: if signed.problem.is_none() { Confidence::High } else { Confidence::Low },
            ..signed.reading(self.name(), true, Kind::Token, why)
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        ways(cookie.value, &[options.salt.unwrap_or(SIGNING_SALT)], b"", options)
    }
}

/// `HttpResponse.set_signed_cookie`: plain text, signed.
pub struct SignedCookie;

impl Format for SignedCookie {
    fn name(&self) -> &'static str {
        "django-signed-cookie"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let signed = Signed::split(cookie.value)?;
        let sure = signed.problem.is_none() && signed.document().is_none();
        let why = "text, base-62 time and signature, joined by colons";
        sure.then(|| Reading {
            payload: Some(json::text(signed.value)),
            ..signed.reading(self.name(), true, Kind::SignedReadable, why)
        })
    }

    /// The salt is the one that the application passed, without the cookie's name. Releases differ
    /// in how they join the two; each way is tried.
    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        let salt = options.salt.unwrap_or_default();
        let prefix = format!("django.http.cookies.v2:{}:", salt.len());
        let old = [cookie.name, salt].concat();
        let new = [prefix.as_bytes(), salt, cookie.name].concat();
        ways(cookie.value, &[&old, &new], COOKIE_KEY_PREFIX, options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_base_62_with_digits_first() {
        assert_eq!(base62(b"1rga7z"), Some(Timestamp::from_seconds(1_709_427_295)));
        assert_eq!(base62(b"1rga7"), None);
        assert_eq!(base62(b"zzzzzz"), None);
        assert_eq!(base62(b"1rg-7z"), None);
    }

    #[test]
    fn a_host_and_a_port_are_no_signed_value() {
        for value in ["localhost:5000", "a:b:c", "12:34:56", "::1", ":"] {
            assert!(Signed::split(value.as_bytes()).is_none(), "{value}");
        }
    }
}
