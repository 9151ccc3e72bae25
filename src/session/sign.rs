//! Values signed as the frameworks sign them, for testing one's own server.
//!
//! What a framework would not read back is refused. The time is an argument: nothing here has a
//! clock.

use std::fmt::Write as _;
use std::io::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::session::encoding::{to_base64, to_base64url};
use crate::session::itsdangerous::Derivation;
use crate::session::mac::Digest;

/// A framework whose values can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framework {
    /// Flask's session cookie; type tags are written as they stand in the content.
    Flask,
    /// Django's `signed_cookies` session.
    Django,
    /// Starlette's session cookie.
    Starlette,
    /// `cookie-parser`'s signed cookie: text as it is, which is also how `express-session` signs
    /// its ids, anything else as JSON.
    Express,
    /// `cookie-session`'s cookie; its signature is a second cookie, which [`companion`] makes.
    CookieSession,
    /// A JSON Web Token with HMAC; the claims are written as they are.
    Jwt,
}

/// What to sign with.
#[derive(Debug, Clone, Copy)]
pub struct Signing<'a> {
    /// The secret.
    pub secret: &'a [u8],
    /// The salt, where it is not the framework's own.
    pub salt: Option<&'a [u8]>,
    /// The digest, where it is not the framework's own.
    pub digest: Option<Digest>,
    /// The time of signing in Unix seconds.
    pub now: u64,
}

/// Why a value cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// Frameworks refuse to sign with nothing.
    #[error("the secret is empty")]
    NoSecret,
    /// Sessions and claims are objects.
    #[error("the content must be a JSON object")]
    NoObject,
    /// JSON Web Tokens name SHA-256, SHA-384 and SHA-512 only, and Express uses SHA-256.
    #[error("this framework does not sign with that digest")]
    Digest,
}

/// The value of a cookie with `content` in it.
///
/// # Errors
/// Content, a digest or a secret that the framework would not take.
pub fn sign(
    framework: Framework,
    content: &Value,
    signing: &Signing<'_>,
) -> Result<String, SignError> {
    if signing.secret.is_empty() {
        return Err(SignError::NoSecret);
    }
    if framework != Framework::Express && !content.is_object() {
        return Err(SignError::NoObject);
    }
    if framework == Framework::CookieSession && signing.digest.is_some_and(|d| d != Digest::Sha1) {
        return Err(SignError::Digest);
    }
    match framework {
        Framework::Flask => {
            let signed = format!("{}.{}", body(content), timestamp(signing.now));
            Ok(itsdangerous(&signed, Derivation::Hmac, b"cookie-session", signing))
        }
        Framework::Starlette => {
            let signed = format!("{}.{}", to_base64(&spaced(content)), timestamp(signing.now));
            Ok(itsdangerous(&signed, Derivation::DjangoConcat, b"itsdangerous.Signer", signing))
        }
        Framework::Django => {
            let signed = format!("{}:{}", body(content), base62(signing.now));
            let digest = signing.digest.unwrap_or(Digest::Sha256);
            let own = b"django.contrib.sessions.backends.signed_cookies";
            let key = Derivation::DjangoConcat.key(signing.salt.unwrap_or(own));
            let mac = digest.hmac(&key.of(digest, signing.secret), &[signed.as_bytes()]);
            Ok(format!("{signed}:{}", to_base64url(&mac)))
        }
        Framework::Express => express(content, signing),
        Framework::CookieSession => Ok(to_base64(content.to_string().as_bytes())),
        Framework::Jwt => jwt(content, signing),
    }
}

/// The cookie that goes beside one called `name` with this value, for frameworks that sign in a
/// second one: `keygrip`'s HMAC over the name and the value.
pub fn companion(
    framework: Framework,
    name: &str,
    value: &str,
    signing: &Signing<'_>,
) -> Option<(String, String)> {
    if framework != Framework::CookieSession {
        return None;
    }
    let signed = format!("{name}={value}");
    let mac = Digest::Sha1.hmac(signing.secret, &[signed.as_bytes()]);
    Some((format!("{name}.sig"), to_base64url(&mac)))
}

fn itsdangerous(
    signed: &str,
    derivation: Derivation,
    own_salt: &[u8],
    signing: &Signing<'_>,
) -> String {
    let digest = signing.digest.unwrap_or(Digest::Sha1);
    let key = derivation.key(signing.salt.unwrap_or(own_salt));
    let mac = digest.hmac(&key.of(digest, signing.secret), &[signed.as_bytes()]);
    format!("{signed}.{}", to_base64url(&mac))
}

/// Compact JSON in base64, compressed where that is shorter, as Flask and Django write it.
fn body(content: &Value) -> String {
    let text = ascii(&content.to_string());
    match compressed(text.as_bytes()).filter(|packed| packed.len() + 1 < text.len()) {
        Some(packed) => format!(".{}", to_base64url(&packed)),
        None => to_base64url(text.as_bytes()),
    }
}

fn compressed(text: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).ok()?;
    encoder.finish().ok()
}

/// JSON with everything beyond ASCII as `\u` escapes.
fn ascii(json: &str) -> String {
    json.chars().fold(String::new(), |mut text, character| {
        if character.is_ascii() {
            text.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
        text
    })
}

/// JSON with spaces after colons and commas, as Python writes it unless told otherwise.
fn spaced(content: &Value) -> Vec<u8> {
    let text = content.to_string();
    let mut out = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in text.chars() {
        out.push(character);
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => in_string = !in_string,
            ':' | ',' if !in_string => out.push(' '),
            _ => {}
        }
    }
    ascii(&out).into_bytes()
}

/// Seconds as itsdangerous writes them: a big-endian number without leading zeros, in base64.
fn timestamp(seconds: u64) -> String {
    let bytes = seconds.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    to_base64url(&bytes[zeros..])
}

/// Seconds as Django writes them.
fn base62(mut seconds: u64) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = Vec::new();
    while digits.is_empty() || seconds > 0 {
        let digit = usize::try_from(seconds % 62).unwrap_or(0);
        digits.insert(0, char::from(DIGITS[digit]));
        seconds /= 62;
    }
    digits.into_iter().collect()
}

/// What JavaScript's `encodeURIComponent` leaves alone.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

fn express(content: &Value, signing: &Signing<'_>) -> Result<String, SignError> {
    if signing.digest.is_some_and(|digest| digest != Digest::Sha256) {
        return Err(SignError::Digest);
    }
    let value = match content {
        Value::String(text) => text.clone(),
        other => format!("j:{other}"),
    };
    let mac = to_base64(&Digest::Sha256.hmac(signing.secret, &[value.as_bytes()]));
    let signed = format!("s:{value}.{}", mac.trim_end_matches('='));
    Ok(utf8_percent_encode(&signed, COMPONENT).to_string())
}

fn jwt(content: &Value, signing: &Signing<'_>) -> Result<String, SignError> {
    let digest = signing.digest.unwrap_or(Digest::Sha256);
    let algorithm = match digest {
        Digest::Sha256 => "HS256",
        Digest::Sha384 => "HS384",
        Digest::Sha512 => "HS512",
        _ => return Err(SignError::Digest),
    };
    let header = json!({ "alg": algorithm, "typ": "JWT" }).to_string();
    let claims = to_base64url(content.to_string().as_bytes());
    let signed = format!("{}.{claims}", to_base64url(header.as_bytes()));
    let mac = digest.hmac(signing.secret, &[signed.as_bytes()]);
    Ok(format!("{signed}.{}", to_base64url(&mac)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Context, Cookie, SignatureState, VerifyOptions, judge};
    use crate::time::Timestamp;

    fn signing(secret: &[u8]) -> Signing<'_> {
        Signing { secret, salt: None, digest: None, now: 1_700_000_000 }
    }

    #[test]
    fn what_is_signed_is_read_back() {
        let long = "小明 ".repeat(100);
        let contents = [
            json!({"user": "alice", "n": [1, 7.266_666_666_666_667e50, null]}),
            json!({ "text": long }),
        ];
        for (framework, format, has_time) in [
            (Framework::Flask, "flask", true),
            (Framework::Django, "django-signed-session", true),
            (Framework::Starlette, "starlette", true),
            (Framework::Express, "express-signed", false),
            (Framework::Jwt, "jwt", false),
        ] {
            for content in &contents {
                let value = sign(framework, content, &signing(b"key")).unwrap();
                let cookie = Cookie::new(b"session", value.as_bytes());
                let options = VerifyOptions::default();
                let best = judge(&cookie, &Context::default(), b"key", &options).remove(0);
                assert_eq!((best.format, best.signature), (format, SignatureState::Valid));
                assert_eq!(best.payload.as_ref(), Some(content));
                let time = has_time.then(|| Timestamp::from_seconds(1_700_000_000));
                assert_eq!(best.signed_at, time);
            }
        }
    }

    #[test]
    fn a_signature_in_a_second_cookie_is_made_with_the_first() {
        let content = json!({"user": "小明"});
        let value = sign(Framework::CookieSession, &content, &signing(b"key")).unwrap();
        let (name, signature) =
            companion(Framework::CookieSession, "session", &value, &signing(b"key")).unwrap();
        assert_eq!(name, "session.sig");
        let companions = [(name.as_bytes(), signature.as_bytes())];
        let value = value.as_bytes();
        let cookie = Cookie { name: b"session", value, companions: &companions };
        let options = VerifyOptions::default();
        let best = judge(&cookie, &Context::default(), b"key", &options).remove(0);
        assert_eq!((best.format, best.signature), ("cookie-session", SignatureState::Valid));
        assert_eq!(best.payload, Some(content));
    }

    #[test]
    fn what_no_framework_reads_is_refused() {
        let object = json!({});
        assert_eq!(sign(Framework::Flask, &object, &signing(b"")), Err(SignError::NoSecret));
        assert_eq!(sign(Framework::Jwt, &json!([1]), &signing(b"k")), Err(SignError::NoObject));
        let sha1 = Signing { digest: Some(Digest::Sha1), ..signing(b"k") };
        assert_eq!(sign(Framework::Jwt, &object, &sha1), Err(SignError::Digest));
        assert_eq!(sign(Framework::Express, &object, &sha1), Err(SignError::Digest));
        let sha256 = Signing { digest: Some(Digest::Sha256), ..signing(b"k") };
        assert_eq!(sign(Framework::CookieSession, &object, &sha256), Err(SignError::Digest));
    }

    #[test]
    fn json_is_written_as_python_writes_it() {
        let content = json!({"a:b,c\"": [1, "x: y"], "é": "😀"});
        let expected = r#"{"a:b,c\"": [1, "x: y"], "\u00e9": "\ud83d\ude00"}"#;
        assert_eq!(String::from_utf8(spaced(&content)).unwrap(), expected);
    }

    #[test]
    fn times_are_written_as_each_framework_does() {
        assert_eq!(timestamp(1_709_263_353), "ZeFJ-Q");
        assert_eq!(base62(1_709_427_295), "1rga7z");
    }
}
