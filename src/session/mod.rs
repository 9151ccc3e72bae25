//! What a cookie's value says: session-cookie formats recognised, decoded and verified.
//!
//! Each format is one row of the static table in `format.rs` and lives in a file of its own. It
//! sees a cookie's name and value as bytes, never a packet. [`decode`] needs no key: it shows
//! everything that is readable, also of a value that was tampered with or cut, and says what is
//! wrong with it. [`verify`] judges a value with one secret, and [`open`] decrypts what only the
//! secret can open.
//!
//! Limits: payload readers (zlib, pickle, Marshal, PHP, Erlang terms, gob) are capped and never run
//! anything. Pickles with objects of classes and gobs of application types are named, not read.
//! No clock: whether a date lies in the future is judged by the hint in [`Context`].

mod aiohttp;
mod aspnet;
mod auth_tkt;
mod beaker;
mod bigip;
mod bottle;
mod cipher;
mod codeigniter;
mod cookie_session;
pub mod crack;
mod django;
mod django_cookies;
mod encoding;
mod epoch;
mod erlang;
mod express;
mod flask;
mod flask_login;
mod flask_session;
mod flask_tags;
mod flask_wtf;
mod format;
mod gob;
mod gorilla;
mod infrastructure;
mod iron;
mod itsdangerous;
mod java;
mod json;
mod jwt;
mod laravel;
mod mac;
mod marshal;
mod nextauth;
mod opaque;
mod peel;
mod phoenix;
mod php_serialize;
mod pickle;
mod plain_json;
mod play;
mod pyramid;
mod rack;
mod rails;
mod reader;
mod reading;
pub mod secret;
mod shiro;
pub mod sign;
mod spring;
mod starlette;
mod symfony;
mod tornado;
mod way;
mod web2py;
mod werkzeug;
mod wordpress;

use std::borrow::Cow;

use crate::session::format::FORMATS;

pub use crate::session::format::{Format, VerifyOptions, format};
pub use crate::session::itsdangerous::Derivation;
pub use crate::session::mac::Digest;
pub use crate::session::peel::{Inside, Peeled, nested, peel};
pub use crate::session::reading::{Confidence, Kind, Reading, SignatureState};

use crate::time::Timestamp;

/// One cookie as it was sent or set.
#[derive(Debug, Clone, Copy)]
pub struct Cookie<'a> {
    /// Its name; empty where it is not known. Some formats sign it, and it breaks ties.
    pub name: &'a [u8],
    /// Its value as on the wire, with or without surrounding double quotes.
    pub value: &'a [u8],
    /// The cookies beside it (name and value), for formats that keep the signature in another.
    pub companions: &'a [(&'a [u8], &'a [u8])],
}

impl<'a> Cookie<'a> {
    /// A cookie with nothing beside it.
    pub const fn new(name: &'a [u8], value: &'a [u8]) -> Self {
        Self { name, value, companions: &[] }
    }

    /// Whether its name is `name`, or not known.
    fn may_be(&self, name: &[u8]) -> bool {
        self.name.is_empty() || self.name == name
    }

    /// Whether its name has the letters `sess` in it, or is not known.
    fn may_be_a_session(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        name.is_empty() || memchr::memmem::find(&name, b"sess").is_some()
    }

    /// The value of the companion called `name`.
    pub fn companion(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.companions.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)
    }
}

/// What is known around the cookie.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context {
    /// About when the cookie was seen: the packet's time. Signing times far after it are doubted.
    pub now_hint: Option<Timestamp>,
}

/// Every reading of a cookie that makes sense, the most certain first; empty where no format is
/// recognised. Ties keep the order of the table, so the first is the best candidate.
pub fn candidates(cookie: &Cookie<'_>, context: &Context) -> Vec<Reading> {
    let value = encoding::unquote(cookie.value);
    let cookie = Cookie { value: &value, ..*cookie };
    let formats = formats_for(&cookie).iter();
    let mut readings: Vec<_> = formats.filter_map(|f| f.recognise(&cookie, context)).collect();
    readings.sort_by_key(|reading| std::cmp::Reverse(reading.confidence));
    readings
}

/// The best of the [`candidates`]. Formats that could not give a better one are not tried.
pub fn decode(cookie: &Cookie<'_>, context: &Context) -> Option<Reading> {
    let value = encoding::unquote(cookie.value);
    let cookie = Cookie { value: &value, ..*cookie };
    let mut best: Option<Reading> = None;
    for format in formats_for(&cookie) {
        let is_surer_than = |sure: Confidence| best.as_ref().is_none_or(|b| b.confidence < sure);
        if is_surer_than(format.surest())
            && let Some(reading) = format.recognise(&cookie, context)
            && is_surer_than(reading.confidence)
        {
            best = Some(reading);
        }
    }
    best
}

/// The formats that an unquoted value is held against.
fn formats_for(cookie: &Cookie<'_>) -> &'static [&'static dyn Format] {
    let is_readable = !cookie.value.is_empty() && cookie.value.len() <= MAX_VALUE;
    if is_readable { FORMATS } else { &[] }
}

/// The [`candidates`] with each signature judged by one secret and encrypted content opened.
///
/// Readings that the secret proves come first, whatever the recognisers thought.
pub fn judge(
    cookie: &Cookie<'_>,
    context: &Context,
    secret: &[u8],
    options: &VerifyOptions<'_>,
) -> Vec<Reading> {
    let mut readings = candidates(cookie, context);
    for reading in &mut readings {
        reading.signature = match verify(reading.format, cookie, secret, options) {
            Some(true) => SignatureState::Valid,
            Some(false) => SignatureState::Invalid,
            None => reading.signature,
        };
        if reading.payload.is_none() && reading.signature == SignatureState::Valid {
            reading.payload = open(reading.format, cookie, secret, options);
        }
    }
    readings.sort_by_key(|reading| reading.signature != SignatureState::Valid);
    readings
}

/// Whether `secret` made the signature of this cookie, read as the format called `format`.
///
/// `None` where the format has no signature, the value is not of that format, or the signature
/// cannot be checked with a secret alone.
pub fn verify(
    format: &str,
    cookie: &Cookie<'_>,
    secret: &[u8],
    options: &VerifyOptions<'_>,
) -> Option<bool> {
    let value = encoding::unquote(cookie.value);
    self::format(format)?.verify(&Cookie { value: &value, ..*cookie }, secret, options)
}

/// What an encrypted cookie says, opened with its secret. `None` where the secret does not fit or
/// the format is not an encrypted one.
pub fn open(
    format: &str,
    cookie: &Cookie<'_>,
    secret: &[u8],
    options: &VerifyOptions<'_>,
) -> Option<serde_json::Value> {
    let value = encoding::unquote(cookie.value);
    self::format(format)?.open(&Cookie { value: &value, ..*cookie }, secret, options)
}

/// The text that stands for "no session any more" in this value, where it is one: servers that
/// cannot or will not send an empty value send a word.
pub fn deletion(value: &[u8]) -> Option<Deletion> {
    let value: Cow<'_, [u8]> = encoding::unquote(value);
    match &*value {
        b"" => Some(Deletion::Empty),
        b"deleted" => Some(Deletion::Php),
        b"null" => Some(Deletion::Starlette),
        b"deleteMe" => Some(Deletion::Shiro),
        _ => None,
    }
}

/// How a value says that the cookie is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// Nothing, or a pair of double quotes.
    Empty,
    /// `deleted`, which PHP writes for any empty value.
    Php,
    /// `null`, which Starlette's session middleware writes.
    Starlette,
    /// `deleteMe`, which Apache Shiro writes on logout and after a failed login.
    Shiro,
}

/// Longest value that is looked at. Browsers stop near 4,096 bytes; headers rarely pass 16 KiB; the
/// rest is room for values given on the command line.
const MAX_VALUE: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_is_told_from_a_session() {
        for (value, expected) in [
            (&b""[..], Some(Deletion::Empty)),
            (b"\"\"", Some(Deletion::Empty)),
            (b"deleted", Some(Deletion::Php)),
            (b"null", Some(Deletion::Starlette)),
            (b"deleteMe", Some(Deletion::Shiro)),
            (b"nullified", None),
        ] {
            assert_eq!(deletion(value), expected);
        }
    }

    #[test]
    fn an_ordinary_value_is_no_session() {
        for (name, value) in [("theme", "dark"), ("lang", "en-GB"), ("v", "1.2.3"), ("n", "42")] {
            let cookie = Cookie::new(name.as_bytes(), value.as_bytes());
            assert_eq!(decode(&cookie, &Context::default()), None, "{name}={value}");
        }
    }

    #[test]
    fn a_secret_that_fits_decides_between_formats() {
        let value = b"ImNiNGNhN2E5Y2VmZjlhMmU2Yjk1MGYyNDExZGI2ZTE3N2RiYzZlMzAi\
                      .Y5UfuQ.Hsx2FCChggO_C9HHOFGuti3fK6I";
        let cookie = Cookie::new(b"token", value);
        let judged = |secret: &[u8]| {
            let all = judge(&cookie, &Context::default(), secret, &VerifyOptions::default());
            (all[0].format, all[0].signature)
        };
        assert_eq!(judged(b"you-will-never-guess"), ("flask-wtf", SignatureState::Valid));
        assert_eq!(judged(b"wrong"), ("flask-wtf", SignatureState::Invalid));
    }

    #[test]
    fn a_value_beyond_the_cap_is_left_alone() {
        let value = vec![b'a'; MAX_VALUE + 1];
        assert!(candidates(&Cookie::new(b"session", &value), &Context::default()).is_empty());
    }
}
