//! Apache Shiro's remember-me cookie: an encrypted Java object. Whoever knows the key can run code
//! on the server; here the object is never built, only searched for its texts.

use serde_json::Value;

use crate::session::encoding::base64;
use crate::session::format::{Format, VerifyOptions};
use crate::session::reader::Reader;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::{Context, Cookie, cipher, json};

/// What a serialised Java object begins with: magic and version.
const JAVA_MAGIC: &[u8] = &[0xac, 0xed, 0, 5];

/// The tag of a string in a serialised Java object.
const TC_STRING: u8 = 0x74;

/// `rememberMe`.
pub struct RememberMe;

/// Decrypts with AES-CBC up to 1.4.1, AES-GCM since; the key is given in base64 or as bytes.
fn decrypt(value: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
    let bytes = base64(value)?;
    let (iv, text) = bytes.split_at_checked(16)?;
    let keys = [Some(secret.to_vec()), base64(secret)];
    keys.into_iter().flatten().find_map(|key| {
        let plain = cipher::aes_cbc(&key, iv, text);
        plain.filter(|plain| plain.starts_with(JAVA_MAGIC)).or_else(|| gcm(&key, iv, text))
    })
}

/// The tag stands at the end of the text; Shiro's nonce has 16 bytes.
fn gcm(key: &[u8], iv: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let (text, tag) = text.split_at_checked(text.len().checked_sub(16)?)?;
    cipher::aes_gcm(key, iv, b"", text, tag)
}

impl Format for RememberMe {
    fn name(&self) -> &'static str {
        "shiro-rememberme"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        if cookie.name != b"rememberMe" {
            return None;
        }
        base64(cookie.value).filter(|bytes| bytes.len() >= 32).map(|_| Reading {
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                Confidence::High,
                Kind::Encrypted,
                "the name rememberMe, and cipher blocks in base64",
            )
        })
    }

    fn verify(&self, cookie: &Cookie<'_>, secret: &[u8], _: &VerifyOptions<'_>) -> Option<bool> {
        Some(decrypt(cookie.value, secret).is_some())
    }

    /// The principal: the last text in the object that is no class's or field's name.
    fn open(&self, cookie: &Cookie<'_>, secret: &[u8], _: &VerifyOptions<'_>) -> Option<Value> {
        let object = decrypt(cookie.value, secret)?;
        let mut strings = Vec::new();
        let mut reader = Reader::new(&object);
        while reader.until(TC_STRING).is_some() {
            let mut ahead = Reader::new(reader.rest());
            let length = ahead.array().map(u16::from_be_bytes).map(usize::from);
            let text = length.and_then(|length| ahead.take(length));
            let printable = |text: &&[u8]| !text.is_empty() && text.iter().all(|b| *b >= b' ');
            if let Some(text) = text.filter(printable).and_then(|t| std::str::from_utf8(t).ok()) {
                strings.push(text);
            }
        }
        strings.last().map(|text| json::text(text.as_bytes()))
    }
}
