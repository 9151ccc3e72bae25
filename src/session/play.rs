//! Play Framework: sessions as JSON Web Tokens since 2.6, as signed form fields before.

use serde_json::{Map, Value};

use crate::session::encoding::{form, is_hex, lower_hex, split_first};
use crate::session::format::{Format, VerifyOptions};
use crate::session::jwt::{Jwt, Token};
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::{Key, Way};
use crate::session::{Context, Cookie, json};

/// A token with the session in the claim `data`.
pub struct PlayJwt;

impl Format for PlayJwt {
    fn name(&self) -> &'static str {
        "play-jwt"
    }

    fn recognise(&self, cookie: &Cookie<'_>, context: &Context) -> Option<Reading> {
        let jwt = Jwt.recognise(cookie, context)?;
        let data = jwt.payload.as_ref()?.get("data").filter(|data| data.is_object())?.clone();
        let header = Token::split(cookie.value)?.header;
        let bare = header.as_object().is_some_and(|members| members.len() == 1);
        (bare || cookie.name.starts_with(b"PLAY_")).then(|| Reading {
            format: self.name(),
            kind: Kind::SignedReadable,
            plain: Some(data),
            why: "a token with a bare header and the claim data",
            ..jwt
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        Jwt.ways(cookie, options)
    }
}

/// A hexadecimal HMAC-SHA1, a dash, and form fields.
pub struct PlayLegacy;

/// The MAC and the message as written.
fn split(value: &[u8]) -> Option<(&[u8], &[u8])> {
    split_first(value, b'-').filter(|(mac, _)| is_hex(mac, 40))
}

impl Format for PlayLegacy {
    fn name(&self) -> &'static str {
        "play-legacy"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let (_, message) = split(cookie.value)?;
        let fields = message.split(|byte| *byte == b'&').filter(|field| !field.is_empty());
        let text = |bytes: &[u8]| json::text(&form(bytes));
        let members: Option<Map<String, Value>> = fields
            .map(|field| split_first(field, b'=').map(|(k, v)| (json::key(text(k)), text(v))))
            .collect();
        Some(Reading {
            payload: Some(Value::Object(members?)),
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                Confidence::High,
                Kind::SignedReadable,
                "a hexadecimal HMAC-SHA1, a dash and form fields",
            )
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, _: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        let (mac, message) = split(cookie.value)?;
        Some(vec![Way::hmac(Digest::Sha1, Key::SECRET, &[message], lower_hex(mac)?)])
    }
}
