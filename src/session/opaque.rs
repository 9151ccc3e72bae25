//! Session ids that say nothing: told by the cookie's name and the shape of the value.

use crate::session::encoding::{base64, is_base64url, is_hex, is_uuid};
use crate::session::format::Format;
use crate::session::reading::{Confidence, Kind, Reading};
use crate::session::{Context, Cookie};

/// One kind of opaque cookie.
pub struct Opaque {
    format: &'static str,
    kind: Kind,
    /// Whether a cookie of this name can be one.
    named: fn(&[u8]) -> bool,
    /// Whether the value has the right shape.
    shaped: fn(&[u8]) -> bool,
    why: &'static str,
}

impl Format for Opaque {
    fn name(&self) -> &'static str {
        self.format
    }

    fn surest(&self) -> Confidence {
        Confidence::ByName
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        ((self.named)(cookie.name) && (self.shaped)(cookie.value))
            .then(|| Reading::new(self.format, Confidence::ByName, self.kind, self.why))
    }
}

/// PHP: 22 to 256 characters, of 4, 5 or 6 bits each.
pub static PHP: Opaque = Opaque {
    format: "php-session",
    kind: Kind::OpaqueId,
    named: |name| name == b"PHPSESSID",
    shaped: |value| {
        (22..=256).contains(&value.len())
            && value.iter().all(|b| b.is_ascii_alphanumeric() || b",-".contains(b))
    },
    why: "the name PHPSESSID, and the alphabet of its ids",
};

/// Spring Session: a UUID in base64.
pub static SPRING: Opaque = Opaque {
    format: "spring-session",
    kind: Kind::OpaqueId,
    named: |name| name.is_empty() || name == b"SESSION",
    shaped: |value| base64(value).is_some_and(|id| is_uuid(&id)),
    why: "the name SESSION, and a UUID in base64",
};

/// ASP.NET on the .NET Framework.
pub static ASPNET: Opaque = Opaque {
    format: "aspnet-session",
    kind: Kind::OpaqueId,
    named: |name| name.eq_ignore_ascii_case(b"ASP.NET_SessionId"),
    shaped: |value| {
        value.len() == 24 && value.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'5'))
    },
    why: "the name ASP.NET_SessionId, and 24 characters a-z and 0-5",
};

/// ASP.NET forms authentication: encrypted with the machine key.
pub static ASPNET_FORMS: Opaque = Opaque {
    format: "aspnet-forms-auth",
    kind: Kind::Encrypted,
    named: |name| name.eq_ignore_ascii_case(b".ASPXAUTH"),
    shaped: |value| value.len() >= 64 && value.iter().all(u8::is_ascii_hexdigit),
    why: "the name .ASPXAUTH, and hexadecimal digits",
};

/// The `scs` package for Go: 32 random bytes.
pub static GO_SCS: Opaque = Opaque {
    format: "go-scs",
    kind: Kind::OpaqueId,
    named: |name| name == b"session",
    shaped: |value| value.len() == 43 && is_base64url(value),
    why: "the name session, and 32 bytes in base64",
};

/// `CodeIgniter` 3 and 4: the session is on the server.
pub static CODEIGNITER: Opaque = Opaque {
    format: "codeigniter-session-id",
    kind: Kind::OpaqueId,
    named: |name| name == b"ci_session",
    shaped: |value| (26..=40).contains(&value.len()) && value.iter().all(u8::is_ascii_alphanumeric),
    why: "the name ci_session, and an id",
};

/// `CherryPy`: 40 hexadecimal digits.
pub static CHERRYPY: Opaque = Opaque {
    format: "cherrypy-session-id",
    kind: Kind::OpaqueId,
    named: |name| name == b"session_id",
    shaped: |value| is_hex(value, 40),
    why: "the name session_id, and 40 hexadecimal digits",
};

/// Tokens against cross-site request forgery whose framework the value does not tell.
pub static CSRF: Opaque = Opaque {
    format: "csrf-token",
    kind: Kind::Csrf,
    named: |name| {
        [&b"csrftoken"[..], b"XSRF-TOKEN", b"_csrf", b"_xsrf", b"csrf_token"].contains(&name)
            || name.starts_with(b"__RequestVerificationToken")
    },
    shaped: |value| value.len() >= 8,
    why: "the name of a CSRF cookie",
};
