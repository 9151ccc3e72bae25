//! The login cookie of `WordPress`: user, expiry, token and HMAC, joined by bars. The HMAC takes a part of
//! the password's hash besides the site's keys, so a secret alone cannot verify it.

use serde_json::json;

use crate::session::encoding::{decimal, is_hex, percent};
use crate::session::format::Format;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::{Context, Cookie};
use crate::time::Timestamp;

/// `wordpress_logged_in_…`, `wordpress_sec_…` and `wordpress_…`, each with a hash of the site.
pub struct LoggedIn;

impl Format for LoggedIn {
    fn name(&self) -> &'static str {
        "wordpress-logged-in"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let value = percent(cookie.value);
        let fields: Vec<_> = value.split(|byte| *byte == b'|').collect();
        let [user, expires, token, mac] = fields[..] else { return None };
        let expires = Timestamp::from_seconds(decimal(expires)?);
        let shaped = token.len() == 43 && is_hex(mac, 64);
        let named = cookie.name.starts_with(b"wordpress_");
        (shaped || named).then(|| Reading {
            payload: Some(json!({ "user": String::from_utf8_lossy(user) })),
            expires: Some(expires),
            signature: SignatureState::Unverified,
            problem: (!shaped).then(|| "the token or the signature is cut or changed".into()),
            ..Reading::new(
                self.name(),
                if shaped { Confidence::Certain } else { Confidence::Medium },
                Kind::SignedReadable,
                "a user, an expiry, a token and a hexadecimal HMAC, joined by bars",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_and_the_expiry_are_read() {
        let value = format!("alice%7C1708252732%7C{}%7C{}", "t".repeat(43), "a".repeat(64));
        let cookie = Cookie::new(b"wordpress_logged_in_0123", value.as_bytes());
        let reading = LoggedIn.recognise(&cookie, &Context::default()).unwrap();
        assert_eq!(reading.payload, Some(json!({ "user": "alice" })));
        assert_eq!(reading.expires, Some(Timestamp::from_seconds(1_708_252_732)));
        assert_eq!(reading.problem, None);
        let cookie = Cookie::new(b"other", b"a|b|c|d");
        assert_eq!(LoggedIn.recognise(&cookie, &Context::default()), None);
    }
}
