//! Beaker: the id of a server-side session with its HMAC-SHA1 before it, without a separator.

use crate::session::encoding::{is_hex, lower_hex};
use crate::session::format::{Format, VerifyOptions};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::{Key, Way};
use crate::session::{Context, Cookie, json};

/// The cookie's name unless the application changes it.
const NAME: &[u8] = b"beaker.session.id";

/// Hexadecimal digits of the HMAC, and of the id.
const MAC: usize = 40;
const ID: usize = 32;

/// Beaker's session cookie.
pub struct Beaker;

impl Format for Beaker {
    fn name(&self) -> &'static str {
        "beaker"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let signed = is_hex(cookie.value, MAC + ID);
        let confidence = match (cookie.may_be(NAME), signed) {
            (true, true) => Confidence::Certain,
            // Under another name such a value is more often a firewall's or a tracker's.
            (false, true) if cookie.may_be_a_session() => Confidence::Low,
            (true, false) if cookie.name == NAME && is_hex(cookie.value, ID) => Confidence::ByName,
            _ => return None,
        };
        let id = &cookie.value[cookie.value.len() - ID..];
        Some(Reading {
            payload: Some(json::text(id)),
            signature: if signed { SignatureState::Unverified } else { SignatureState::None },
            ..Reading::new(
                self.name(),
                confidence,
                Kind::OpaqueId,
                "a hexadecimal HMAC-SHA1 and a session id without anything between",
            )
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, _: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        if !is_hex(cookie.value, MAC + ID) {
            return None;
        }
        let (mac, id) = cookie.value.split_at(MAC);
        Some(vec![Way::hmac(Digest::Sha1, Key::SECRET, &[id], lower_hex(mac)?)])
    }
}
