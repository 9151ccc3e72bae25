//! Laravel's encrypted cookies: base64 of a JSON object with `iv`, `value`, `mac` and, since
//! version 8, `tag`. The application key serves for encryption and for the HMAC.

use serde_json::Value;

use crate::session::encoding::{base64, percent, to_hex};
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::{Context, Cookie, cipher, json};

/// Any cookie of a Laravel application, `XSRF-TOKEN` included.
pub struct Laravel;

/// The members of the object.
struct Sealed {
    iv: String,
    value: String,
    mac: String,
    tag: String,
}

impl Sealed {
    fn read(cookie: &Cookie<'_>) -> Option<Self> {
        let object = json::parse_base64_object(&percent(cookie.value))?;
        let text = |member: &str| object[member].as_str().map(str::to_owned);
        Some(Self {
            iv: text("iv")?,
            value: text("value")?,
            mac: text("mac")?,
            tag: text("tag").unwrap_or_default(),
        })
    }

    fn decrypt(&self, key: &[u8]) -> Option<Vec<u8>> {
        let iv = base64(self.iv.as_bytes())?;
        let text = base64(self.value.as_bytes())?;
        if self.tag.is_empty() {
            cipher::aes_cbc(key, &iv, &text)
        } else {
            cipher::aes_gcm(key, &iv, b"", &text, &base64(self.tag.as_bytes())?)
        }
    }
}

impl Format for Laravel {
    fn name(&self) -> &'static str {
        "laravel"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        Sealed::read(cookie)?;
        let csrf = cookie.name == b"XSRF-TOKEN";
        Some(Reading {
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                Confidence::Certain,
                if csrf { Kind::Csrf } else { Kind::Encrypted },
                "a JSON object with iv, value and mac in base64",
            )
        })
    }

    fn verify(&self, cookie: &Cookie<'_>, secret: &[u8], _: &VerifyOptions<'_>) -> Option<bool> {
        let sealed = Sealed::read(cookie)?;
        if sealed.mac.is_empty() {
            return Some(sealed.decrypt(secret).is_some());
        }
        let mac = Digest::Sha256.hmac(secret, &[sealed.iv.as_bytes(), sealed.value.as_bytes()]);
        Some(to_hex(&mac) == sealed.mac)
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
        Some(json::text(&Sealed::read(cookie)?.decrypt(secret)?))
    }
}
