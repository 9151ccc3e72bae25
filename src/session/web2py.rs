//! web2py with sessions in cookies: HMAC-MD5, a colon, and an encrypted pickle.

use serde_json::Value;

use crate::session::encoding::{base64, is_hex, split_first, to_hex};
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::{Context, Cookie, cipher, pickle};

/// `session_data_<application>`.
pub struct Web2py;

/// The MAC as written, and the rest.
fn split(value: &[u8]) -> Option<(&[u8], &[u8])> {
    split_first(value, b':').filter(|(mac, _)| is_hex(mac, 32))
}

impl Format for Web2py {
    fn name(&self) -> &'static str {
        "web2py"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let (_, text) = split(cookie.value)?;
        let sealed = base64(text).filter(|b| b.len() >= 32 && b.len().is_multiple_of(16));
        let named = cookie.name.is_empty() || cookie.name.starts_with(b"session_data_");
        sealed.map(|_| Reading {
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                if named { Confidence::Certain } else { Confidence::Low },
                Kind::Encrypted,
                "a hexadecimal HMAC-MD5, a colon, and whole cipher blocks in base64",
            )
        })
    }

    fn verify(&self, cookie: &Cookie<'_>, secret: &[u8], _: &VerifyOptions<'_>) -> Option<bool> {
        let (mac, text) = split(cookie.value)?;
        let key = to_hex(&Digest::Sha1.hash(&[secret]));
        Some(to_hex(&Digest::Md5.hmac(key.as_bytes(), &[text])).as_bytes() == mac)
    }

    /// The key is the secret filled up with spaces to 32 bytes, and so is the pickle to blocks.
    fn open(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<Value> {
        if self.verify(cookie, secret, options) != Some(true) {
            return None;
        }
        let sealed = base64(split(cookie.value)?.1)?;
        let (iv, text) = sealed.split_at_checked(16)?;
        let mut key = secret.to_vec();
        key.resize(32, b' ');
        pickle::read(&cipher::aes_cbc_unpadded(&key, iv, text)?)
    }
}
