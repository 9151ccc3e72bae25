//! `CodeIgniter` 2: the session as a serialised PHP array with a hash after it.

use crate::session::encoding::{form, hex, lower_hex};
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::{Check, Key, Way};
use crate::session::{Context, Cookie, jwt, php_serialize};

/// `ci_session`.
pub struct CodeIgniter2;

impl Format for CodeIgniter2 {
    fn name(&self) -> &'static str {
        "codeigniter2"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        if !cookie.value.starts_with(b"a:") && !cookie.value.starts_with(b"a%3A") {
            return None;
        }
        let text = form(cookie.value);
        let (payload, hash) = php_serialize::read(&text)?;
        let whole = matches!(hash.len(), 32 | 40) && hex(hash).is_some();
        let named = cookie.name == b"ci_session";
        (whole || named).then(|| Reading {
            signed_at: jwt::seconds(&payload["last_activity"]),
            payload: Some(payload),
            signature: SignatureState::Unverified,
            problem: (!whole).then(|| "the hash at its end is cut or missing".into()),
            ..Reading::new(
                self.name(),
                if whole { Confidence::Certain } else { Confidence::Medium },
                Kind::SignedReadable,
                "a serialised PHP array with a hash after it",
            )
        })
    }

    /// MD5 of array and key up to 2.1, HMAC-SHA1 in 2.2.
    fn ways(&self, cookie: &Cookie<'_>, _: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        let text = form(cookie.value);
        let (_, hash) = php_serialize::read(&text)?;
        let array = &text[..text.len() - hash.len()];
        let way = |mac: Vec<u8>| match mac.len() {
            16 => Way {
                digest: Digest::Md5,
                key: Key::Hash(array.to_vec()),
                check: Check::Key(mac),
                is_usual: true,
            },
            _ => Way::hmac(Digest::Sha1, Key::SECRET, &[array], mac),
        };
        Some(lower_hex(hash).map(way).into_iter().collect())
    }
}
