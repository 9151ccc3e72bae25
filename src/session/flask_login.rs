//! Flask-Login's remember-me cookie: the user's id in clear and its HMAC with the application's
//! secret. It holds no time, so the server never lets it expire.

use crate::session::encoding::{is_hex, split_last};
use crate::session::format::{Format, VerifyOptions};
use crate::session::json;
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::{Key, Way};
use crate::session::{Context, Cookie};

/// Hexadecimal digits of the HMAC-SHA512 of today, and of the HMAC-SHA1 of releases before 0.3.
const LENGTHS: [usize; 2] = [128, 40];

/// The cookie's name unless `REMEMBER_COOKIE_NAME` changes it.
const NAME: &[u8] = b"remember_token";

/// `user_id|hex`.
pub struct Remember;

impl Format for Remember {
    fn name(&self) -> &'static str {
        "flask-login-remember"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let (user, mac) = split_last(cookie.value, b'|')?;
        let whole = LENGTHS.iter().any(|length| is_hex(mac, *length));
        let confidence = match (whole, cookie.name == NAME) {
            (true, true) => Confidence::Certain,
            (true, false) if mac.len() == LENGTHS[0] => Confidence::High,
            (false, true) if is_hex(mac, mac.len()) => Confidence::Medium,
            _ => return None,
        };
        Some(Reading {
            payload: Some(json::text(user)),
            signature: SignatureState::Unverified,
            problem: (!whole).then(|| "the signature is cut".into()),
            ..Reading::new(
                self.name(),
                confidence,
                Kind::SignedReadable,
                "a user id and a hexadecimal HMAC, joined by a bar",
            )
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        let (user, mac) = split_last(cookie.value, b'|')?;
        let Some(mac) = super::encoding::hex(mac) else { return Some(Vec::new()) };
        let digest = options.digest.or(Digest::of_length(mac.len()));
        let way = |digest| Way::hmac(digest, Key::SECRET, &[user], mac.clone());
        Some(digest.map(way).into_iter().collect())
    }
}
