//! Flask-WTF's CSRF token: the `csrf_token` of the session, signed once more for forms and headers.

use crate::session::encoding;
use crate::session::format::{Format, VerifyOptions};
use crate::session::itsdangerous::{Derivation, Scheme, Timed};
use crate::session::reading::{Confidence, Kind, Reading};
use crate::session::way::Way;
use crate::session::{Context, Cookie};

const SCHEME: Scheme = Scheme { salt: b"wtf-csrf-token", derivation: Derivation::DjangoConcat };

/// How long a token is accepted by default (`WTF_CSRF_TIME_LIMIT`).
const LIFETIME_SECONDS: i64 = 3600;

/// A signed string of 40 hexadecimal digits.
pub struct FlaskWtf;

impl Format for FlaskWtf {
    fn name(&self) -> &'static str {
        "flask-wtf"
    }

    fn surest(&self) -> Confidence {
        Confidence::High
    }

    fn recognise(&self, cookie: &Cookie<'_>, context: &Context) -> Option<Reading> {
        let timed = Timed.recognise(cookie, context)?;
        let token = timed.payload.as_ref()?.as_str()?;
        encoding::is_hex(token.as_bytes(), 40).then(|| Reading {
            format: self.name(),
            confidence: Confidence::High,
            kind: Kind::Csrf,
            expires: timed.signed_at.map(|time| time.plus_seconds(LIFETIME_SECONDS)),
            why: "a signed string of 40 hexadecimal digits",
            ..timed
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        SCHEME.ways(cookie.value, options)
    }
}
