//! `Rack::Session::Cookie` up to Rack 2: data in base64, `--`, a hexadecimal HMAC; and the parts
//! that Rails shares with it.

use serde_json::Value;

use crate::session::encoding::{base64, hex, inflate, lower_hex, percent, split_dashes, to_hex};
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::{Key, Way};
use crate::session::{Context, Cookie, json, marshal};

/// A value taken apart: the text that was signed, and the signature as written.
pub(super) struct Signed {
    pub data: Vec<u8>,
    pub mac: Vec<u8>,
}

impl Signed {
    /// Splits `data--hex`, percent-encoded or not, by the length of the hexadecimal part.
    pub(super) fn split(cookie: &Cookie<'_>) -> Option<Self> {
        // Rails 2 escaped the data, and then the whole cookie.
        let text = percent(cookie.value);
        let text = percent(&text);
        let (data, mac) = split_dashes(&text)?;
        let known = hex(mac).and_then(|bytes| Digest::of_length(bytes.len())).is_some();
        known.then(|| Self { data: data.to_vec(), mac: mac.to_vec() })
    }

    /// Whether `key` made the signature. The framework compares the text.
    pub(super) fn is_made_by(&self, key: &[u8], options: &VerifyOptions<'_>) -> Option<bool> {
        let digest = options.digest.or(Digest::of_length(self.mac.len() / 2))?;
        Some(to_hex(&digest.hmac(key, &[&self.data])).as_bytes() == self.mac)
    }

    /// The session as any of the usual coders wrote it, and whether it was compressed.
    pub(super) fn document(&self) -> Option<(Value, bool)> {
        // Old Ruby versions broke base64 text into lines.
        let text: Vec<u8> = self.data.iter().copied().filter(|byte| *byte != b'\n').collect();
        document(&base64(&text)?)
    }
}

/// Data in Ruby's Marshal format, as JSON, or as compressed JSON; and whether it was compressed.
pub(super) fn document(data: &[u8]) -> Option<(Value, bool)> {
    if data.starts_with(marshal::MAGIC) {
        return marshal::read(data).map(|value| (value, false));
    }
    if let Some(value) = json::parse(data) {
        return Some((value, false));
    }
    // 0x78 begins a zlib stream of the usual window size.
    let inflated = data.starts_with(b"\x78").then(|| inflate(data))?;
    json::parse(&inflated.bytes).map(|value| (value, true))
}

/// Rack's session cookie.
pub struct RackSession;

impl Format for RackSession {
    fn name(&self) -> &'static str {
        "rack-session"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let (payload, compressed) = Signed::split(cookie)?.document()?;
        let named = cookie.name == b"rack.session";
        let confidence = if named || compressed { Confidence::Certain } else { Confidence::Low };
        Some(Reading {
            payload: Some(payload),
            compressed,
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                confidence,
                Kind::SignedReadable,
                "Marshal or JSON in base64, two dashes and a hexadecimal HMAC",
            )
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        let signed = Signed::split(cookie)?;
        let digest = options.digest.or(Digest::of_length(signed.mac.len() / 2))?;
        let way = |mac| Way::hmac(digest, Key::SECRET, &[&signed.data], mac);
        Some(lower_hex(&signed.mac).map(way).into_iter().collect())
    }
}

/// `Rack::Session::Cookie` of the gem `rack-session` 2: encrypted. Told by its name and its version
/// byte; the first form can be verified with the secret.
pub struct RackEncrypted;

/// Bytes of the shortest first-form value: version, salt, IV, one byte and the HMAC.
const SHORTEST_V1: usize = 1 + 32 + 16 + 1 + 32;

impl Format for RackEncrypted {
    fn name(&self) -> &'static str {
        "rack-session-encrypted"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        if cookie.name != b"rack.session" {
            return None;
        }
        let bytes = base64(&percent(cookie.value))?;
        (matches!(bytes.first(), Some(1 | 2)) && bytes.len() >= SHORTEST_V1 - 20).then(|| Reading {
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                Confidence::High,
                Kind::Encrypted,
                "the name rack.session, and a version byte of its encryptor",
            )
        })
    }

    /// The first half of a secret of 64 bytes or more encrypts, the rest signs.
    fn verify(&self, cookie: &Cookie<'_>, secret: &[u8], _: &VerifyOptions<'_>) -> Option<bool> {
        let bytes =
            base64(&percent(cookie.value)).filter(|b| b.len() >= SHORTEST_V1 && b[0] == 1)?;
        let (signed, mac) = bytes.split_at(bytes.len() - 32);
        Some(Digest::Sha256.hmac(secret.get(32..)?, &[signed]) == mac)
    }
}
