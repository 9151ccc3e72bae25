//! The formats, as one static table that is read from top to bottom.
//!
//! A format is a stateless row. Formats with distinctive marks stand before formats that are told
//! by a cookie's name alone; the order decides between readings of equal confidence.

use serde_json::Value;

use crate::session::itsdangerous::Derivation;
use crate::session::mac::Digest;
use crate::session::reading::Reading;
use crate::session::{Context, Cookie};

/// What an application may have configured away from its framework's defaults.
///
/// What is `None` is found out: the digest from the length of the signature, the rest by trying
/// what the format is known to use.
#[derive(Debug, Clone, Copy, Default)]
pub struct VerifyOptions<'a> {
    /// The salt, in the format's own sense of the word.
    pub salt: Option<&'a [u8]>,
    /// The digest of the signature.
    pub digest: Option<Digest>,
    /// How itsdangerous derives the signing key.
    pub derivation: Option<Derivation>,
}

/// One session-cookie format. Values are given without surrounding double quotes.
pub trait Format: Sync {
    /// The format's name, as used in every output.
    fn name(&self) -> &'static str;

    /// Reads the cookie as this format; `None` if it does not look like it.
    fn recognise(&self, cookie: &Cookie<'_>, context: &Context) -> Option<Reading>;

    /// Whether `secret` made this cookie's signature; `None` where there is nothing to check.
    fn verify(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<bool> {
        let _ = (cookie, secret, options);
        None
    }

    /// The content of an encrypted cookie, opened with `secret`; `None` if that does not open it.
    fn open(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<Value> {
        let _ = (cookie, secret, options);
        None
    }
}

/// The format called `name`.
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}

/// Every format, in the order in which a value is held against them.
pub(super) static FORMATS: &[&dyn Format] = &[
    &super::flask::Flask,
    &super::flask::Quart,
    &super::flask_wtf::FlaskWtf,
    &super::flask_session::Signed,
    &super::flask_session::Id,
    &super::flask_login::Remember,
    &super::itsdangerous::Timed,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for (index, format) in FORMATS.iter().enumerate() {
            assert!(
                FORMATS[..index].iter().all(|f| f.name() != format.name()),
                "{}",
                format.name()
            );
            assert_eq!(super::format(format.name()).map(Format::name), Some(format.name()));
        }
    }
}
