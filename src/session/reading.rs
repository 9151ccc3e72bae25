//! What decoding a cookie gives: one [`Reading`] a format that fits.

use serde_json::Value;

use crate::time::Timestamp;

/// How sure a recogniser is, the least sure first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// The cookie's name says it; the value merely does not contradict.
    ByName,
    /// Some of the format's marks are there; others are missing or damaged.
    Low,
    /// The value fits, with something odd about it.
    Medium,
    /// Every mark of the format is there.
    High,
    /// Nothing else looks like this.
    Certain,
}

impl Confidence {
    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ByName => "by-name",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Certain => "certain",
        }
    }
}

/// What a reader of the capture can and cannot do with such a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The session is in the cookie, readable by anyone, protected from change by a signature.
    SignedReadable,
    /// The session is in the cookie, readable and without any protection.
    EncodedOnly,
    /// The session is in the cookie and only the server can read it.
    Encrypted,
    /// A bare identifier; the session is on the server.
    OpaqueId,
    /// Set by a load balancer, a proxy, bot defence, analytics or a consent banner.
    Infrastructure,
    /// A token against cross-site request forgery.
    Csrf,
    /// A signed or encrypted statement that is not necessarily a session.
    Token,
    /// Readable, and nothing tells what it is for: a session or anything else.
    Unknown,
}

impl Kind {
    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SignedReadable => "signed-readable",
            Self::EncodedOnly => "encoded-only",
            Self::Encrypted => "encrypted",
            Self::OpaqueId => "opaque-id",
            Self::Infrastructure => "infrastructure",
            Self::Csrf => "csrf",
            Self::Token => "token",
            Self::Unknown => "unknown",
        }
    }

    /// Whether a cookie of this kind carries or names an application's session.
    pub const fn is_session(self) -> bool {
        matches!(self, Self::SignedReadable | Self::EncodedOnly | Self::Encrypted | Self::OpaqueId)
    }
}

/// What is known about a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureState {
    /// The format has none, or it is missing.
    None,
    /// There is one, and no secret was tried.
    Unverified,
    /// A secret was tried and made it.
    Valid,
    /// A secret was tried and did not make it.
    Invalid,
}

impl SignatureState {
    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unverified => "unverified",
            Self::Valid => "valid",
            Self::Invalid => "invalid",
        }
    }
}

/// One cookie read as one format.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The format's name, as in the table.
    pub format: &'static str,
    /// How sure the recogniser is.
    pub confidence: Confidence,
    /// What such a value is.
    pub kind: Kind,
    /// The content as it stands in the cookie: Flask's type tags are kept.
    pub payload: Option<Value>,
    /// The content as a person would expect it, where that differs: tuples as arrays, dates as
    /// text, tags gone. Of a cut payload, the text as far as it can be read.
    pub plain: Option<Value>,
    /// When it was signed or issued.
    pub signed_at: Option<Timestamp>,
    /// Until when it is good, where the value itself says so.
    pub expires: Option<Timestamp>,
    /// Whether the payload is compressed.
    pub compressed: bool,
    /// What is known about its signature.
    pub signature: SignatureState,
    /// What is wrong with the value, in one plain sentence.
    pub problem: Option<String>,
    /// Why it was recognised, in a few words.
    pub why: &'static str,
}

impl Reading {
    /// A reading of which only the recognition is known so far: no payload, no dates, unsigned.
    pub const fn new(
        format: &'static str,
        confidence: Confidence,
        kind: Kind,
        why: &'static str,
    ) -> Self {
        Self {
            format,
            confidence,
            kind,
            payload: None,
            plain: None,
            signed_at: None,
            expires: None,
            compressed: false,
            signature: SignatureState::None,
            problem: None,
            why,
        }
    }

    /// The content to show to a person: the plain form where it differs from the stored one.
    pub fn shown(&self) -> Option<&Value> {
        self.plain.as_ref().or(self.payload.as_ref())
    }
}
