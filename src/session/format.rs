//! The formats, as one static table that is read from top to bottom.
//!
//! A format is a stateless row. Formats with distinctive marks stand before formats that are told
//! by a cookie's name alone; the order decides between readings of equal confidence.

use std::net::Ipv4Addr;

use serde_json::Value;

use crate::session::itsdangerous::Derivation;
use crate::session::mac::Digest;
use crate::session::reading::{Confidence, Reading};
use crate::session::way::Way;
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
    /// The client's address, which `auth_tkt` may have signed.
    pub client: Option<Ipv4Addr>,
}

/// One session-cookie format. Values are given without surrounding double quotes.
pub trait Format: Sync {
    /// The format's name, as used in every output.
    fn name(&self) -> &'static str;

    /// Reads the cookie as this format; `None` if it does not look like it.
    fn recognise(&self, cookie: &Cookie<'_>, context: &Context) -> Option<Reading>;

    /// No reading that [`Self::recognise`] gives is surer than this. Where one that is as sure has
    /// been found before, this format need not be tried.
    fn surest(&self) -> Confidence {
        Confidence::Certain
    }

    /// The ways in which a secret may have signed this cookie, the framework's own first; empty
    /// where its signature is such that no secret makes it. `None` where there is nothing to check,
    /// or where the format checks by code of its own.
    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        let _ = (cookie, options);
        None
    }

    /// Whether [`Self::verify`] also tries other spellings of a secret that is not ASCII, beside what
    /// [`Self::ways`] says.
    fn respells(&self) -> bool {
        false
    }

    /// Whether `secret` made this cookie's signature; `None` where there is nothing to check.
    fn verify(
        &self,
        cookie: &Cookie<'_>,
        secret: &[u8],
        options: &VerifyOptions<'_>,
    ) -> Option<bool> {
        let ways = self.ways(cookie, options)?;
        Some(ways.iter().any(|way| way.is_made_by(secret)))
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
    &super::starlette::Starlette,
    &super::django::SignedSession,
    &super::django::Messages,
    &super::django::Signing,
    &super::django::SignedCookie,
    &super::play::PlayJwt,
    &super::jwt::Jwt,
    &super::nextauth::NextAuth,
    &super::nextauth::AuthJs,
    &super::nextauth::Csrf,
    &super::jwt::Jwe,
    &super::express::Session,
    &super::express::SignedCookie,
    &super::express::Json,
    &super::cookie_session::KoaSession,
    &super::cookie_session::CookieSession,
    &super::laravel::Laravel,
    &super::symfony::RememberMe,
    &super::codeigniter::CodeIgniter2,
    &super::rails::EncryptedGcm,
    &super::rails::EncryptedCbc,
    &super::rails::SignedCookie,
    &super::rack::RackSession,
    &super::rack::RackEncrypted,
    &super::tornado::V2,
    &super::tornado::V1,
    &super::pyramid::Pyramid,
    &super::auth_tkt::AuthTkt,
    &super::werkzeug::Pickled,
    &super::werkzeug::Json,
    &super::bottle::Bottle,
    &super::aiohttp::Fernet,
    &super::aiohttp::Simple,
    &super::beaker::Beaker,
    &super::web2py::Web2py,
    &super::iron::IronSession,
    &super::iron::Iron,
    &super::phoenix::Signed,
    &super::phoenix::Encrypted,
    &super::gorilla::Gorilla,
    &super::play::PlayLegacy,
    &super::shiro::RememberMe,
    &super::wordpress::LoggedIn,
    &super::spring::RememberMe,
    &super::aspnet::DataProtection,
    &super::flask_session::Signed,
    &super::flask_login::Remember,
    &super::itsdangerous::Timed,
    &super::infrastructure::Infrastructure,
    &super::bigip::BigIp,
    &super::opaque::PHP,
    &super::django_cookies::SessionId,
    &super::django_cookies::Csrf,
    &super::java::Tomcat,
    &super::java::Jetty,
    &super::java::Other,
    &super::opaque::SPRING,
    &super::opaque::ASPNET,
    &super::opaque::ASPNET_FORMS,
    &super::opaque::CODEIGNITER,
    &super::opaque::CHERRYPY,
    &super::flask_session::Id,
    &super::opaque::GO_SCS,
    &super::opaque::CSRF,
    &super::plain_json::Bare,
    &super::plain_json::Base64,
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
