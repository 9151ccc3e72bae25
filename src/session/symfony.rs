//! Symfony's remember-me cookie since 5.3: class, user, expiry, and an HMAC with a hash of the
//! user's properties after it. The session itself is PHP's.

use serde_json::json;

use crate::session::encoding::{base64, decimal, percent, to_base64};
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::{Key, Way};
use crate::session::{Context, Cookie};
use crate::time::Timestamp;

/// Characters of a SHA-256 in padded base64: the HMAC, then the hash of the properties.
const HASH: usize = 44;

/// `REMEMBERME`.
pub struct RememberMe;

/// Class, user, expiry, HMAC and property hash, percent-decoded but otherwise as written.
fn split(value: &[u8]) -> Option<[&[u8]; 5]> {
    let fields: Vec<_> = value.splitn(5, |byte| *byte == b':').collect();
    let [class, user, expires, value] = fields[..] else { return None };
    let (mac, properties) = value.split_at_checked(HASH)?;
    Some([class, user, expires, mac, properties])
}

/// Base64 in Symfony's alphabet for cookies, in the standard one.
fn standard(text: &[u8]) -> Vec<u8> {
    let letter = |byte: &u8| match byte {
        b'-' => b'+',
        b'_' => b'/',
        b'~' => b'=',
        other => *other,
    };
    text.iter().map(letter).collect()
}

impl Format for RememberMe {
    fn name(&self) -> &'static str {
        "symfony-rememberme"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let value = percent(cookie.value);
        let [class, user, expires, _, properties] = split(&value)?;
        let expires = decimal(expires)?;
        let user = String::from_utf8(base64(&standard(user))?).ok()?;
        let class = String::from_utf8(class.to_vec()).ok()?.replace('.', "\\");
        let whole = properties.len() == HASH;
        Some(Reading {
            payload: Some(json!({ "class": class, "user": user, "expires": expires })),
            expires: Some(Timestamp::from_seconds(expires)),
            signature: SignatureState::Unverified,
            problem: (!whole).then(|| "the hashes at its end are cut or changed".into()),
            ..Reading::new(
                self.name(),
                if whole { Confidence::Certain } else { Confidence::Medium },
                Kind::SignedReadable,
                "a class, a user, an expiry and two hashes, joined by colons",
            )
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, _: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        let value = percent(cookie.value);
        let [_, user, expires, mac, properties] = split(&value)?;
        let user = base64(&standard(user))?;
        let parts = [properties, b":", expires, b":", &user];
        let written = standard(mac);
        let mac = base64(&written).filter(|mac| to_base64(mac).as_bytes() == written);
        let way = |mac| Way::hmac(Digest::Sha256, Key::SECRET, &parts, mac);
        Some(mac.map(way).into_iter().collect())
    }
}
