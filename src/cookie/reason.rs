//! Why a cookie was not stored or not sent, and how sure that is.

/// How sure a verdict is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// The packets alone decide it.
    Proved,
    /// It follows from the model of what the client holds.
    Inferred,
    /// It depends on what only the browser knows: the page, the click, the settings.
    NeedsBrowserContext,
}

impl Grade {
    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Inferred => "inferred",
            Self::NeedsBrowserContext => "needs-browser-context",
        }
    }
}

/// A reason and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// Why.
    pub reason: Reason,
    /// How sure.
    pub grade: Grade,
}

impl Verdict {
    /// A verdict with the grade that the reason has when nothing weakens it.
    pub const fn of(reason: Reason) -> Self {
        Self { reason, grade: reason.grade() }
    }
}

/// Every reason for refusing to store a cookie, and for not sending one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A Secure cookie and plain http.
    SecureOverHttp,
    /// `Domain` does not cover the host that sets it.
    InvalidDomain,
    /// `Domain` is a public suffix.
    PublicSuffix,
    /// `Domain` is not ASCII.
    DomainNonAscii,
    /// The name has a prefix whose conditions are not met.
    InvalidPrefix,
    /// `SameSite=None` without `Secure`.
    SameSiteNoneInsecure,
    /// `Partitioned` without `Secure`.
    PartitionedInsecure,
    /// Name and value are too long.
    NameValueTooLong,
    /// A control character.
    DisallowedCharacter,
    /// A NUL, which makes the client throw away the whole response.
    NulInResponse,
    /// Neither name nor value.
    NoCookieContent,
    /// No name, for a client that wants one.
    NamelessCookie,
    /// No name, and a value that would read as another cookie.
    AmbiguousSerialization,
    /// More `Set-Cookie` lines than the client takes from one response.
    TooManyInResponse,
    /// http may not replace a Secure cookie.
    OverwriteSecure,
    /// Strict, in a cross-site context.
    SameSiteStrict,
    /// Lax, in a cross-site context that is no safe top-level navigation.
    SameSiteLax,
    /// No `SameSite`, which this client takes as Lax.
    SameSiteDefault,
    /// The host is outside the cookie's domain.
    DomainMismatch,
    /// The path is outside the cookie's path.
    PathMismatch,
    /// The cookie's time is over.
    Expired,
    /// The cookie lies in the partition of another top-level site.
    PartitionMismatch,
    /// The client's limit for one `Cookie` header was reached.
    CookieHeaderFull,
    /// The client dropped it to make room for others.
    Evicted,
    /// Settings of the browser block third-party cookies.
    ThirdPartyBlocked,
    /// It should have been sent, and nothing in the request says why it was not.
    NotReturned,
    /// No response in the capture set it.
    NeverSet,
    /// No response in the capture set this value of it.
    ValueNotSet,
    /// It was sent after it had been deleted or had expired.
    SentAfterEnd,
    /// It was sent where its domain or path does not reach.
    SentOutOfReach,
    /// It was sent by a client that never got it, and had been given to another.
    GivenToAnother,
    /// A line that deletes a cookie has another domain or path than the cookie.
    DeletionMisses,
}

/// What a reason is called elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChromiumName {
    /// The constant in `net/cookies/cookie_inclusion_status.h`.
    pub net: &'static str,
    /// The name that `DevTools` shows, where it has one.
    pub devtools: Option<&'static str>,
}

impl ChromiumName {
    const fn shown(net: &'static str, devtools: &'static str) -> Self {
        Self { net, devtools: Some(devtools) }
    }

    const fn hidden(net: &'static str) -> Self {
        Self { net, devtools: None }
    }
}

impl Reason {
    /// Every reason, in declaration order: first those for not storing, then those for not sending,
    /// last those for sending what the jar does not hold, and for deleting what it does not.
    pub const ALL: [Self; 32] = [
        Self::SecureOverHttp,
        Self::InvalidDomain,
        Self::PublicSuffix,
        Self::DomainNonAscii,
        Self::InvalidPrefix,
        Self::SameSiteNoneInsecure,
        Self::PartitionedInsecure,
        Self::NameValueTooLong,
        Self::DisallowedCharacter,
        Self::NulInResponse,
        Self::NoCookieContent,
        Self::NamelessCookie,
        Self::AmbiguousSerialization,
        Self::TooManyInResponse,
        Self::OverwriteSecure,
        Self::SameSiteStrict,
        Self::SameSiteLax,
        Self::SameSiteDefault,
        Self::DomainMismatch,
        Self::PathMismatch,
        Self::Expired,
        Self::PartitionMismatch,
        Self::CookieHeaderFull,
        Self::Evicted,
        Self::ThirdPartyBlocked,
        Self::NotReturned,
        Self::NeverSet,
        Self::ValueNotSet,
        Self::SentAfterEnd,
        Self::SentOutOfReach,
        Self::GivenToAnother,
        Self::DeletionMisses,
    ];

    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SecureOverHttp => "secure-over-http",
            Self::InvalidDomain => "invalid-domain",
            Self::PublicSuffix => "public-suffix",
            Self::DomainNonAscii => "domain-non-ascii",
            Self::InvalidPrefix => "invalid-prefix",
            Self::SameSiteNoneInsecure => "same-site-none-insecure",
            Self::PartitionedInsecure => "partitioned-insecure",
            Self::NameValueTooLong => "name-value-too-long",
            Self::DisallowedCharacter => "disallowed-character",
            Self::NulInResponse => "nul-in-response",
            Self::NoCookieContent => "no-cookie-content",
            Self::NamelessCookie => "nameless-cookie",
            Self::AmbiguousSerialization => "ambiguous-serialization",
            Self::TooManyInResponse => "too-many-in-response",
            Self::OverwriteSecure => "overwrite-secure",
            Self::SameSiteStrict => "same-site-strict",
            Self::SameSiteLax => "same-site-lax",
            Self::SameSiteDefault => "same-site-default",
            Self::DomainMismatch => "domain-mismatch",
            Self::PathMismatch => "path-mismatch",
            Self::Expired => "expired",
            Self::PartitionMismatch => "partition-mismatch",
            Self::CookieHeaderFull => "cookie-header-full",
            Self::Evicted => "evicted",
            Self::ThirdPartyBlocked => "third-party-blocked",
            Self::NotReturned => "not-returned",
            Self::NeverSet => "never-set",
            Self::ValueNotSet => "value-not-set",
            Self::SentAfterEnd => "sent-after-end",
            Self::SentOutOfReach => "sent-out-of-reach",
            Self::GivenToAnother => "given-to-another",
            Self::DeletionMisses => "deletion-misses",
        }
    }

    /// What Chromium calls the same thing, where it has a name for it.
    pub const fn chromium(self) -> Option<ChromiumName> {
        Some(match self {
            Self::SecureOverHttp => ChromiumName::shown("EXCLUDE_SECURE_ONLY", "SecureOnly"),
            Self::InvalidDomain | Self::PublicSuffix => {
                ChromiumName::shown("EXCLUDE_INVALID_DOMAIN", "InvalidDomain")
            }
            Self::DomainNonAscii => {
                ChromiumName::shown("EXCLUDE_DOMAIN_NON_ASCII", "ExcludeDomainNonASCII")
            }
            Self::InvalidPrefix => ChromiumName::shown("EXCLUDE_INVALID_PREFIX", "InvalidPrefix"),
            Self::SameSiteNoneInsecure => {
                ChromiumName::shown("EXCLUDE_SAMESITE_NONE_INSECURE", "SameSiteNoneInsecure")
            }
            Self::PartitionedInsecure => ChromiumName::hidden("EXCLUDE_INVALID_PARTITIONED"),
            Self::NameValueTooLong => ChromiumName::shown(
                "EXCLUDE_NAME_VALUE_PAIR_EXCEEDS_MAX_SIZE",
                "NameValuePairExceedsMaxSize",
            ),
            Self::DisallowedCharacter => {
                ChromiumName::shown("EXCLUDE_DISALLOWED_CHARACTER", "DisallowedCharacter")
            }
            Self::NoCookieContent => {
                ChromiumName::shown("EXCLUDE_NO_COOKIE_CONTENT", "NoCookieContent")
            }
            Self::AmbiguousSerialization => ChromiumName::hidden("EXCLUDE_AMBIGUOUS_SERIALIZATION"),
            Self::OverwriteSecure => {
                ChromiumName::shown("EXCLUDE_OVERWRITE_SECURE", "OverwriteSecure")
            }
            Self::SameSiteStrict => {
                ChromiumName::shown("EXCLUDE_SAMESITE_STRICT", "SameSiteStrict")
            }
            Self::SameSiteLax => ChromiumName::shown("EXCLUDE_SAMESITE_LAX", "SameSiteLax"),
            Self::SameSiteDefault => ChromiumName::shown(
                "EXCLUDE_SAMESITE_UNSPECIFIED_TREATED_AS_LAX",
                "SameSiteUnspecifiedTreatedAsLax",
            ),
            Self::DomainMismatch => {
                ChromiumName::shown("EXCLUDE_DOMAIN_MISMATCH", "DomainMismatch")
            }
            Self::PathMismatch => ChromiumName::shown("EXCLUDE_NOT_ON_PATH", "NotOnPath"),
            Self::ThirdPartyBlocked => {
                ChromiumName::shown("EXCLUDE_USER_PREFERENCES", "UserPreferences")
            }
            Self::NulInResponse
            | Self::NamelessCookie
            | Self::TooManyInResponse
            | Self::Expired
            | Self::PartitionMismatch
            | Self::CookieHeaderFull
            | Self::Evicted
            | Self::NotReturned
            | Self::NeverSet
            | Self::ValueNotSet
            | Self::SentAfterEnd
            | Self::SentOutOfReach
            | Self::GivenToAnother
            | Self::DeletionMisses => return None,
        })
    }

    /// Whether it is about where a request was made from, not about where it goes.
    pub const fn is_of_context(self) -> bool {
        matches!(
            self,
            Self::SecureOverHttp
                | Self::SameSiteStrict
                | Self::SameSiteLax
                | Self::SameSiteDefault
                | Self::PartitionMismatch
                | Self::ThirdPartyBlocked
                | Self::CookieHeaderFull
        )
    }

    /// Where the rule is written.
    pub const fn rfc(self) -> &'static str {
        match self {
            Self::NameValueTooLong | Self::DisallowedCharacter => "RFC 6265bis 5.6",
            Self::SecureOverHttp
            | Self::InvalidDomain
            | Self::PublicSuffix
            | Self::DomainNonAscii
            | Self::SameSiteNoneInsecure
            | Self::NoCookieContent
            | Self::DeletionMisses
            | Self::OverwriteSecure
            | Self::Expired
            | Self::Evicted => "RFC 6265bis 5.7",
            Self::InvalidPrefix => "RFC 6265bis 5.4",
            Self::SameSiteStrict | Self::SameSiteLax => "RFC 6265bis 5.6.7.1",
            Self::SameSiteDefault => "RFC 6265bis 5.6.7.2",
            Self::DomainMismatch
            | Self::PathMismatch
            | Self::NotReturned
            | Self::NeverSet
            | Self::ValueNotSet
            | Self::SentAfterEnd
            | Self::SentOutOfReach
            | Self::AmbiguousSerialization => "RFC 6265bis 5.8.3",
            Self::GivenToAnother => "RFC 6265bis 8.4",
            Self::TooManyInResponse | Self::CookieHeaderFull => "RFC 6265bis 6.1",
            // The older text wants a name; the newer one does not.
            Self::NamelessCookie => "RFC 6265 5.2",
            Self::NulInResponse => "RFC 9110 5.5",
            Self::PartitionedInsecure | Self::PartitionMismatch => {
                "draft-cutler-httpbis-partitioned-cookies"
            }
            Self::ThirdPartyBlocked => "RFC 6265bis 7.1",
        }
    }

    /// How sure the reason is when nothing weakens it: what a response alone shows is proved, what
    /// the model of the jar adds is inferred.
    pub const fn grade(self) -> Grade {
        match self {
            Self::OverwriteSecure
            | Self::DomainMismatch
            | Self::PathMismatch
            | Self::Expired
            | Self::CookieHeaderFull
            | Self::Evicted
            | Self::SentAfterEnd
            | Self::GivenToAnother
            | Self::DeletionMisses => Grade::Inferred,
            Self::SameSiteStrict
            | Self::SameSiteLax
            | Self::SameSiteDefault
            | Self::PartitionMismatch
            | Self::ThirdPartyBlocked
            | Self::NotReturned
            | Self::NeverSet
            | Self::ValueNotSet
            | Self::SentOutOfReach => Grade::NeedsBrowserContext,
            _ => Grade::Proved,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_reason_has_one_kebab_case_word_of_its_own() {
        let words: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.word()).collect();
        assert_eq!(words.len(), Reason::ALL.len());
        for word in words {
            assert!(word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{word}");
        }
        let in_order: BTreeSet<Reason> = Reason::ALL.into_iter().collect();
        assert!(in_order.into_iter().eq(Reason::ALL));
    }

    #[test]
    fn every_reason_names_its_source() {
        for reason in Reason::ALL {
            assert!(reason.rfc().starts_with("RFC ") || reason.rfc().starts_with("draft-"));
            if let Some(name) = reason.chromium() {
                assert!(name.net.starts_with("EXCLUDE_"), "{reason:?}");
            }
        }
    }
}
