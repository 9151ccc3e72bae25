//! `auth_tkt`: Apache's `mod_auth_tkt` and Pyramid's `AuthTktAuthenticationPolicy`.
//!
//! A hexadecimal digest, the time in 8 hexadecimal digits, the user, `!`, and tokens and data. The
//! client's address may be part of what is signed, though it is not in the value.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::session::encoding::{percent, split_first, to_hex};
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::{Context, Cookie, epoch};
use crate::time::Timestamp;

/// Digests by the number of their hexadecimal digits, the longest first.
const DIGESTS: [(usize, Digest); 3] =
    [(128, Digest::Sha512), (64, Digest::Sha256), (32, Digest::Md5)];

/// An authentication ticket.
pub struct AuthTkt;

struct Ticket<'a> {
    digest: Digest,
    mac: &'a [u8],
    time: u32,
    user: Vec<u8>,
    tokens: &'a [u8],
    data: &'a [u8],
}

impl<'a> Ticket<'a> {
    fn split(value: &'a [u8]) -> Option<Self> {
        DIGESTS.iter().find_map(|(length, digest)| Self::split_at(value, *length, *digest))
    }

    fn split_at(value: &'a [u8], length: usize, digest: Digest) -> Option<Self> {
        let (mac, rest) = value.split_at_checked(length)?;
        let (time, rest) = rest.split_at_checked(8)?;
        if !mac.iter().chain(time).all(u8::is_ascii_hexdigit) {
            return None;
        }
        let time = u32::from_str_radix(std::str::from_utf8(time).ok()?, 16).ok()?;
        let plausible = Timestamp::from_seconds(i64::from(time));
        if !epoch::is_plausible(plausible, &Context::default()) {
            return None;
        }
        let (user, rest) = split_first(rest, b'!')?;
        let (tokens, data) = split_first(rest, b'!').unwrap_or((b"", rest));
        Some(Self { digest, mac, time, user: percent(user).into_owned(), tokens, data })
    }

    /// A digest over the fields and the secret, and one over that in hexadecimal and the secret.
    fn is_made_by(&self, secret: &[u8], address: Ipv4Addr) -> bool {
        let inner = self.digest.hash(&[
            &address.octets(),
            &self.time.to_be_bytes(),
            secret,
            &self.user,
            b"\0",
            self.tokens,
            b"\0",
            self.data,
        ]);
        let outer = self.digest.hash(&[to_hex(&inner).as_bytes(), secret]);
        to_hex(&outer).as_bytes() == self.mac
    }
}

impl Format for AuthTkt {
    fn name(&self) -> &'static str {
        "auth_tkt"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let ticket = Ticket::split(cookie.value)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let tokens = ticket.tokens.split(|byte| *byte == b',').filter(|token| !token.is_empty());
        let tokens: Vec<Value> = tokens.map(|token| Value::from(text(token))).collect();
        Some(Reading {
            payload: Some(json!({
                "userid": text(&ticket.user),
                "tokens": tokens,
                "user_data": text(ticket.data),
            })),
            signed_at: Some(Timestamp::from_seconds(i64::from(ticket.time))),
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                Confidence::Certain,
                Kind::SignedReadable,
                "a hexadecimal digest and time, a user and an exclamation mark",
            )
        })
    }

    /// Without an address in the options, 0.0.0.0 is used, as servers do by default.
    fn verify(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<bool> {
        let ticket = Ticket::split(cookie.value)?;
        let addresses = [Some(Ipv4Addr::UNSPECIFIED), options.client];
        Some(addresses.into_iter().flatten().any(|address| ticket.is_made_by(secret, address)))
    }
}
