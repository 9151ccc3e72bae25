//! Django's unsigned cookies: the id of a server-side session, and the CSRF secret.

use serde_json::Value;

use crate::session::format::Format;
use crate::session::reading::{Confidence, Kind, Reading};
use crate::session::{Context, Cookie};

/// `sessionid` with an engine that keeps sessions on the server (the default).
pub struct SessionId;

impl Format for SessionId {
    fn name(&self) -> &'static str {
        "django-session-id"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let fits = cookie.name == b"sessionid"
            && cookie.value.len() == 32
            && cookie.value.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        fits.then(|| {
            Reading::new(
                self.name(),
                Confidence::ByName,
                Kind::OpaqueId,
                "the name, and 32 lower-case letters and digits",
            )
        })
    }
}

/// `csrftoken`: 32 characters since Django 4.1, 64 masked ones before.
pub struct Csrf;

/// The alphabet of the secret; the mask counts positions in it.
const ALPHABET: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

impl Format for Csrf {
    fn name(&self) -> &'static str {
        "django-csrf"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let fits = cookie.name == b"csrftoken"
            && matches!(cookie.value.len(), 32 | 64)
            && cookie.value.iter().all(u8::is_ascii_alphanumeric);
        fits.then(|| Reading {
            plain: unmasked(cookie.value).map(Value::from),
            ..Reading::new(
                self.name(),
                Confidence::ByName,
                Kind::Csrf,
                "the name, and 32 or 64 letters and digits",
            )
        })
    }
}

/// The secret behind a masked token of 64 characters: 32 of mask, 32 of cipher text.
fn unmasked(token: &[u8]) -> Option<String> {
    if token.len() != 64 {
        return None;
    }
    let (mask, cipher) = token.split_at(32);
    let place = |byte: &u8| ALPHABET.iter().position(|letter| letter == byte);
    mask.iter()
        .zip(cipher)
        .map(|(mask, cipher)| {
            let place = (place(cipher)? + ALPHABET.len() - place(mask)?) % ALPHABET.len();
            Some(char::from(ALPHABET[place]))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_token_gives_its_secret() {
        let token = format!("{}{}", "b".repeat(32), "c".repeat(32));
        assert_eq!(unmasked(token.as_bytes()), Some("b".repeat(32)));
        let token = format!("{}{}", "b".repeat(32), "a".repeat(32));
        assert_eq!(unmasked(token.as_bytes()), Some("9".repeat(32)));
        assert_eq!(unmasked(b"short"), None);
    }
}
