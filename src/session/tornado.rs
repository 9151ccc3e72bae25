//! Tornado's secure cookies, in their two versions. The cookie's name is part of what is signed.

use crate::session::encoding::{base64, decimal, is_hex, lower_hex, split_first, split_last};
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reader::Reader;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::{Key, Way};
use crate::session::{Context, Cookie, json};
use crate::time::Timestamp;

/// Since Tornado 3.2: fields with their lengths, HMAC-SHA256.
pub struct V2;

/// The fields of a second-version value.
struct Fields<'a> {
    time: &'a [u8],
    name: &'a [u8],
    value: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Fields may hold bars, so they are read by their lengths.
    fn split(value: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(value.strip_prefix(b"2|")?);
        let mut field = || {
            let length = usize::try_from(decimal(reader.until(b':')?)?).ok()?;
            let field = reader.take(length)?;
            reader.expect(b"|")?;
            Some(field)
        };
        let (_key_version, time, name, value) = (field()?, field()?, field()?, field()?);
        Some(Self { time, name, value, signature: reader.rest() })
    }
}

/// What both versions say.
fn reading(
    format: &'static str,
    confidence: Confidence,
    value: &[u8],
    time: &[u8],
    problem: Option<&str>,
) -> Option<Reading> {
    let content = base64(value)?;
    Some(Reading {
        plain: json::parse(&content).filter(|value| value.is_object() || value.is_array()),
        payload: Some(json::text(&content)),
        signed_at: Some(Timestamp::from_seconds(decimal(time)?)),
        signature: SignatureState::Unverified,
        problem: problem.map(str::to_owned),
        ..Reading::new(
            format,
            confidence,
            Kind::SignedReadable,
            "a value in base64, a time and a hexadecimal HMAC, joined by bars",
        )
    })
}

impl Format for V2 {
    fn name(&self) -> &'static str {
        "tornado-v2"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let fields = Fields::split(cookie.value)?;
        let problem = if !is_hex(fields.signature, 64) {
            Some("the signature is cut or changed")
        } else if !cookie.may_be(fields.name) {
            Some("it was made for a cookie of another name")
        } else {
            None
        };
        let whole = is_hex(fields.signature, 64);
        let confidence = if whole { Confidence::Certain } else { Confidence::High };
        reading(self.name(), confidence, fields.value, fields.time, problem)
    }

    fn ways(&self, cookie: &Cookie<'_>, _: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        let fields = Fields::split(cookie.value)?;
        let signed = &cookie.value[..cookie.value.len() - fields.signature.len()];
        let mac = lower_hex(fields.signature).filter(|_| cookie.may_be(fields.name));
        let way = |mac| Way::hmac(Digest::Sha256, Key::SECRET, &[signed], mac);
        Some(mac.map(way).into_iter().collect())
    }
}

/// Before Tornado 3.2: value, time and HMAC-SHA1.
pub struct V1;

impl V1 {
    /// Value, time and signature.
    fn split(value: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
        let (content, rest) = split_first(value, b'|')?;
        let (time, signature) = split_last(rest, b'|')?;
        (time.len() == 10 && !time.starts_with(b"0")).then_some((content, time, signature))
    }
}

impl Format for V1 {
    fn name(&self) -> &'static str {
        "tornado-v1"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let (value, time, signature) = Self::split(cookie.value)?;
        let whole = is_hex(signature, 40);
        let confidence = if whole { Confidence::High } else { Confidence::Low };
        let problem = (!whole).then_some("the signature is cut or changed");
        if !is_hex(signature, signature.len()) {
            return None;
        }
        reading(self.name(), confidence, value, time, problem)
    }

    fn ways(&self, cookie: &Cookie<'_>, _: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        if cookie.name.is_empty() {
            return None;
        }
        let (value, time, signature) = Self::split(cookie.value)?;
        let message = [cookie.name, value, time];
        let way = |mac| Way::hmac(Digest::Sha1, Key::SECRET, &message, mac);
        Some(lower_hex(signature).map(way).into_iter().collect())
    }
}
