//! Plug's cookie store, as Phoenix uses it: an Erlang term, signed or encrypted.
//!
//! The key comes from `secret_key_base` and a salt that each application has of its own, so
//! verifying needs both.

use serde_json::Value;

use crate::session::encoding::{base64, split_first, split_last};
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::{Context, Cookie, cipher, erlang};

/// Iterations and length of Plug's key generator.
const ROUNDS: u32 = 1000;
const KEY: usize = 32;

/// The encoded algorithm names that a signed value begins with.
const DIGESTS: [(&[u8], Digest); 3] =
    [(b"SFMyNTY", Digest::Sha256), (b"SFMzODQ", Digest::Sha384), (b"SFM1MTI", Digest::Sha512)];

/// What an encrypted value begins with, and what is authenticated beside it.
const ENCRYPTED: &[u8] = b"XCP.";
const AAD: &[u8] = b"A128GCM";

/// An encrypted value of older Plug versions, whose key is wrapped inside.
const OLD_ENCRYPTED: &[u8] = b"QTEyOEdDTQ.";

fn key(secret: &[u8], salt: &[u8]) -> Option<Vec<u8>> {
    cipher::pbkdf2(Digest::Sha256, secret, salt, ROUNDS, KEY)
}

/// A signed session.
pub struct Signed;

/// The digest and the encoded term.
fn split(value: &[u8]) -> Option<(Digest, &[u8])> {
    let (name, rest) = split_first(value, b'.')?;
    let (_, digest) = DIGESTS.iter().find(|(encoded, _)| *encoded == name)?;
    Some((*digest, split_first(rest, b'.').map_or(rest, |(term, _)| term)))
}

impl Format for Signed {
    fn name(&self) -> &'static str {
        "phoenix-signed"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let (digest, term) = split(cookie.value)?;
        let payload = base64(term).and_then(|term| erlang::read(&term));
        let signature = cookie.value.split(|byte| *byte == b'.').nth(2).unwrap_or_default();
        let length = base64(signature).and_then(|mac| Digest::of_length(mac.len()));
        let problem = match (&payload, length == Some(digest)) {
            (None, _) => Some("the Erlang term is cut, or of a kind that is not read".to_owned()),
            (_, false) => Some("the signature is cut or changed".to_owned()),
            _ => None,
        };
        Some(Reading {
            payload,
            signature: SignatureState::Unverified,
            problem,
            ..Reading::new(
                self.name(),
                Confidence::Certain,
                Kind::SignedReadable,
                "the encoded name of an HMAC, an Erlang term and a signature",
            )
        })
    }

    fn verify(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<bool> {
        let (digest, _) = split(cookie.value)?;
        let (signed, signature) = split_last(cookie.value, b'.')?;
        let mac = digest.hmac(&key(secret, options.salt?)?, &[signed]);
        Some(base64(signature).is_some_and(|signature| signature == mac))
    }
}

/// An encrypted session.
pub struct Encrypted;

impl Format for Encrypted {
    fn name(&self) -> &'static str {
        "phoenix-encrypted"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let marked = [ENCRYPTED, OLD_ENCRYPTED].iter().any(|mark| cookie.value.starts_with(mark));
        marked.then(|| Reading {
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                Confidence::Certain,
                Kind::Encrypted,
                "the mark of Plug's message encryptor",
            )
        })
    }

    fn verify(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<bool> {
        // The salt is the application's; without it nothing can be said.
        options.salt.filter(|_| cookie.value.starts_with(ENCRYPTED))?;
        Some(self.open(cookie, secret, options).is_some())
    }

    fn open(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<Value> {
        let bytes = base64(cookie.value.strip_prefix(ENCRYPTED)?)?;
        let (nonce, rest) = bytes.split_at_checked(24)?;
        let (tag, text) = rest.split_at_checked(16)?;
        erlang::read(&cipher::xchacha(&key(secret, options.salt?)?, nonce, AAD, text, tag)?)
    }
}
