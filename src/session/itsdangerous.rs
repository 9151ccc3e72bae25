//! itsdangerous: the signing library under Flask, Quart, Starlette and Flask-WTF; Django's signer
//! is its model and derives keys the same way.
//!
//! A timed value is `payload "." timestamp "." signature`, all URL-safe base64 without padding. The
//! payload has a leading dot where it is compressed, so fields are counted from the right. What
//! differs between users is named in a [`Scheme`]; the code is the same.

use crate::session::encoding::{base64_prefix, inflate, python_base64};
use crate::session::epoch;
use crate::session::format::{Format, VerifyOptions};
use crate::session::json;
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::{Key, Way};
use crate::session::{Context, Cookie};

/// How the signing key is made from the secret and the salt (itsdangerous `Signer.derive_key`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Derivation {
    /// HMAC of the salt with the secret.
    Hmac,
    /// Hash of salt and secret.
    Concat,
    /// Hash of salt, the word `signer`, and secret: the library's own default.
    DjangoConcat,
    /// The secret itself.
    None,
}

impl Derivation {
    /// Every derivation, the ones that are met most first.
    pub const ALL: [Self; 4] = [Self::Hmac, Self::DjangoConcat, Self::Concat, Self::None];

    /// The derivation of this name, as itsdangerous writes it.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "hmac" => Self::Hmac,
            "concat" => Self::Concat,
            "django-concat" => Self::DjangoConcat,
            "none" => Self::None,
            _ => return None,
        })
    }

    /// How the signing key is made.
    pub fn key(self, salt: &[u8]) -> Key {
        match self {
            Self::Hmac => Key::Hmac(salt.to_vec()),
            Self::Concat => Key::Hash(salt.to_vec()),
            Self::DjangoConcat => Key::Hash([salt, b"signer"].concat()),
            Self::None => Key::SECRET,
        }
    }
}

/// What a user of the library chose.
pub struct Scheme {
    /// The salt that tells this use of the secret from others.
    pub salt: &'static [u8],
    /// The key derivation by default.
    pub derivation: Derivation,
}

/// The library's defaults.
const DEFAULT: Scheme = Scheme { salt: b"itsdangerous", derivation: Derivation::DjangoConcat };

impl Scheme {
    /// The ways in which a secret may have signed `value`: everything before the last dot, by what
    /// follows it.
    ///
    /// Where the options name no derivation there is a way for each, the scheme's own first, since
    /// nothing in the value tells. Signatures are compared as decoded bytes, so the sloppy base64
    /// that Python takes is taken here too.
    pub fn ways(&self, value: &[u8], options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        let (signed, signature) = super::encoding::split_last(value, b'.')?;
        let Some(mac) = python_base64(signature) else { return Some(Vec::new()) };
        let Some(digest) = options.digest.or(Digest::of_length(mac.len())) else {
            return Some(Vec::new());
        };
        let salt = options.salt.unwrap_or(self.salt);
        let own = options.derivation.unwrap_or(self.derivation);
        let others = Derivation::ALL.into_iter().filter(|other| *other != own);
        let others = others.filter(|_| options.derivation.is_none());
        let way = |derivation: Derivation| Way {
            is_usual: derivation == own,
            ..Way::hmac(digest, derivation.key(salt), &[signed], mac.clone())
        };
        Some(std::iter::once(own).chain(others).map(way).collect())
    }
}

/// The fields of a timed value. Those that a cut value lost are `None`.
pub struct Fields<'a> {
    /// The payload, with the leading dot of a compressed one.
    pub payload: &'a [u8],
    /// The timestamp.
    pub timestamp: Option<&'a [u8]>,
    /// The signature.
    pub signature: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    /// Splits a value that has at most three fields, none of them empty.
    pub fn split(value: &'a [u8]) -> Option<Self> {
        let skip = usize::from(value.first() == Some(&b'.'));
        let mut parts = value.get(skip..)?.split(|byte| *byte == b'.');
        let payload = parts.next()?;
        let fields = Self {
            payload: &value[..skip + payload.len()],
            timestamp: parts.next(),
            signature: parts.next(),
        };
        (parts.next().is_none() && !payload.is_empty()).then_some(fields)
    }
}

/// A payload with base64 and compression undone.
pub struct Body {
    /// The serialised document, as far as it can be read.
    pub bytes: Vec<u8>,
    /// Whether it was compressed.
    pub compressed: bool,
    /// Why it is not whole.
    pub problem: Option<&'static str>,
}

impl Body {
    /// Undoes what `URLSafeSerializer` and Django's `signing.dumps` do to a document.
    pub fn read(payload: &[u8]) -> Self {
        let (text, compressed) = match payload.strip_prefix(b".") {
            Some(rest) => (rest, true),
            None => (payload, false),
        };
        let (bytes, cut) = match python_base64(text) {
            Some(bytes) => (bytes, None),
            None => (base64_prefix(text), Some("the payload is cut")),
        };
        if !compressed {
            return Self { bytes, compressed, problem: cut };
        }
        let inflated = inflate(&bytes);
        Self { bytes: inflated.bytes, compressed, problem: inflated.problem.or(cut) }
    }
}

/// What is wrong with a signature by its length alone.
pub fn signature_problem(signature: Option<&[u8]>) -> Option<String> {
    let Some(signature) = signature else { return Some("the signature is missing".into()) };
    let length = python_base64(signature).map_or(0, |bytes| bytes.len());
    Digest::of_length(length).is_none().then(|| {
        format!("a signature of {} characters fits no digest: cut or changed", signature.len())
    })
}

/// A timed JSON value of no particular framework (`URLSafeTimedSerializer`).
pub struct Timed;

impl Format for Timed {
    fn name(&self) -> &'static str {
        "itsdangerous"
    }

    fn surest(&self) -> Confidence {
        Confidence::Low
    }

    fn recognise(&self, cookie: &Cookie<'_>, context: &Context) -> Option<Reading> {
        let fields = Fields::split(cookie.value)?;
        let signed_at = epoch::read(fields.timestamp?)?;
        if !epoch::is_plausible(signed_at, context) || signature_problem(fields.signature).is_some()
        {
            return None;
        }
        let body = Body::read(fields.payload);
        Some(Reading {
            payload: Some(json::parse(&body.bytes)?),
            signed_at: Some(signed_at),
            compressed: body.compressed,
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                Confidence::Low,
                Kind::Token,
                "JSON, time and signature in base64, joined by dots",
            )
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        DEFAULT.ways(cookie.value, options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_from_the_right() {
        let split = |value: &'static str| {
            Fields::split(value.as_bytes()).map(|f| (f.payload, f.timestamp, f.signature))
        };
        let whole = (&b".a"[..], Some(&b"b"[..]), Some(&b"c"[..]));
        assert_eq!(split(".a.b.c"), Some(whole));
        assert_eq!(split("a.b"), Some((&b"a"[..], Some(&b"b"[..]), None)));
        assert_eq!(split("a"), Some((&b"a"[..], None, None)));
        assert_eq!(split("a.b.c.d"), None);
        assert_eq!(split("."), None);
        assert_eq!(split(""), None);
    }

    #[test]
    fn a_signature_without_a_digest_of_its_length_is_a_problem() {
        assert_eq!(signature_problem(Some(&[b'a'; 27])), None);
        assert_eq!(signature_problem(Some(&[b'a'; 86])), None);
        assert!(signature_problem(Some(&[b'a'; 20])).is_some());
        assert!(signature_problem(None).is_some());
    }

    #[test]
    fn an_empty_signature_is_never_valid() {
        let options = VerifyOptions::default();
        assert_eq!(DEFAULT.ways(b"a.b.", &options), Some(Vec::new()));
    }
}
