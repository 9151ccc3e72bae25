//! Pyramid's `SignedCookieSessionFactory`: HMAC and JSON together in one run of base64.
//!
//! Nothing marks the length of the HMAC; it is found by looking for the JSON array behind it.
//! Pyramid 1 pickled the array, and is not read.

use serde_json::Value;

use crate::session::encoding::base64;
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::{Key, Way};
use crate::session::{Context, Cookie, json, jwt};

const SALT: &[u8] = b"pyramid.session.";

/// Digests in the order of their likelihood: the default first.
const DIGESTS: [(Digest, usize); 4] =
    [(Digest::Sha512, 64), (Digest::Sha256, 32), (Digest::Sha1, 20), (Digest::Sha384, 48)];

/// Pyramid's session cookie.
pub struct Pyramid;

/// The digest, the HMAC and the document: time renewed, time created, state.
fn split(bytes: &[u8]) -> Option<(Digest, &[u8], &[u8], Value)> {
    DIGESTS.into_iter().find_map(|(digest, length)| {
        let (mac, body) = bytes.split_at_checked(length)?;
        let document = json::parse(body)?;
        let [renewed, created, state] = document.as_array()?.as_slice() else { return None };
        let fits = renewed.is_number() && created.is_number() && state.is_object();
        fits.then_some((digest, mac, body, document))
    })
}

impl Format for Pyramid {
    fn name(&self) -> &'static str {
        "pyramid"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let bytes = base64(cookie.value)?;
        let (_, _, _, document) = split(&bytes)?;
        Some(Reading {
            plain: document.get(2).cloned(),
            signed_at: jwt::seconds(&document[0]),
            payload: Some(document),
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                Confidence::Certain,
                Kind::SignedReadable,
                "an HMAC and a JSON array of two times and an object, in one base64 text",
            )
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        let bytes = base64(cookie.value)?;
        let (digest, mac, body, _) = split(&bytes)?;
        let key = Key::Plain(options.salt.unwrap_or(SALT).to_vec());
        Some(vec![Way::hmac(digest, key, &[body], mac.to_vec())])
    }

    fn respells(&self) -> bool {
        true
    }

    fn verify(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<bool> {
        let ways = self.ways(cookie, options)?;
        let made_by = |secret: &[u8]| ways.iter().any(|way| way.is_made_by(secret));
        Some(made_by(secret) || latin1(secret).is_some_and(|secret| made_by(&secret)))
    }
}

/// Text in Latin-1 where it fits: that is how Pyramid encodes its secret.
fn latin1(secret: &[u8]) -> Option<Vec<u8>> {
    std::str::from_utf8(secret).ok()?.chars().map(|letter| u8::try_from(letter).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::crack::{Batch, Target};
    use crate::session::encoding::to_base64url;

    #[test]
    fn a_secret_beyond_ascii_is_found_in_either_encoding() {
        let body = br#"[1700000000, 1700000000.5, {"user": "alice"}]"#;
        for secret in [&b"seekrit"[..], "caf\u{e9}".as_bytes(), b"caf\xe9"] {
            let mac = Digest::Sha512.hmac(&[SALT, secret].concat(), &[body]);
            let value = to_base64url(&[&mac, &body[..]].concat());
            let cookie = Cookie::new(b"session", value.as_bytes());
            let reading = Pyramid.recognise(&cookie, &Context::default()).unwrap();
            let target = Target::new(&cookie, &[reading], &[]).unwrap();
            let mut batch = Batch::default();
            batch.add(&target, 0);
            let fits = |word: &str| {
                let mut hits = Vec::new();
                batch.try_candidate(word.as_bytes(), &mut hits);
                assert_eq!(!hits.is_empty(), target.signed_as(word.as_bytes()).is_some());
                !hits.is_empty()
            };
            assert_eq!(fits("seekrit"), secret == b"seekrit");
            assert_eq!(fits("caf\u{e9}"), secret != b"seekrit");
            assert!(!fits("wrong") && !fits("w\u{e9}"));
        }
    }
}
