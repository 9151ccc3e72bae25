//! What a reason means for one cookie, in a plain sentence: the attribute at fault, what was seen,
//! and the mend.
//!
//! Sentences hold text from the wire (names, hosts, paths). Whoever shows them escapes them.

use super::domain::registrable_domain;
use super::jar::Cookie;
use super::path::path_matches;
use super::reason::Reason;
use super::set_cookie::SetCookie;
use super::target::Target;
use crate::time::Timestamp;
use std::fmt::Write as _;

/// Longer pieces of captured text are cut in a sentence; the whole is shown elsewhere.
const LONGEST_QUOTE: usize = 80;

/// One cookie and the request or response that a verdict is about.
#[derive(Debug, Clone)]
pub struct Case<'a> {
    target: &'a Target,
    name: &'a [u8],
    length: usize,
    domain: &'a [u8],
    path: &'a [u8],
    host_only: bool,
    expires: Option<Timestamp>,
    is_storing: bool,
}

impl<'a> Case<'a> {
    /// A `Set-Cookie` line and where its response came from.
    pub fn storing(set: &'a SetCookie, target: &'a Target) -> Self {
        Self {
            target,
            name: &set.name,
            length: set.name.len() + set.value.len(),
            domain: set.domain.as_deref().unwrap_or_default(),
            path: set.path.as_deref().unwrap_or_default(),
            host_only: set.domain.is_none(),
            expires: set.expires,
            is_storing: true,
        }
    }

    /// A cookie of which only the name is known, and where the request goes.
    pub fn bare(name: &'a [u8], target: &'a Target) -> Self {
        Self {
            target,
            name,
            length: name.len(),
            domain: &[],
            path: &[],
            host_only: false,
            expires: None,
            is_storing: false,
        }
    }

    /// A stored cookie and where the request goes.
    pub fn sending(cookie: &'a Cookie, target: &'a Target) -> Self {
        Self {
            target,
            name: &cookie.name,
            length: cookie.name.len() + cookie.value.len(),
            domain: cookie.domain.as_bytes(),
            path: &cookie.path,
            host_only: cookie.host_only,
            expires: cookie.expires,
            is_storing: false,
        }
    }
}

impl Reason {
    /// The reason as a sentence or three about one cookie.
    pub fn sentence(self, case: &Case<'_>) -> String {
        match self {
            Self::SecureOverHttp => secure_over_http(case),
            Self::InvalidDomain
            | Self::PublicSuffix
            | Self::DomainNonAscii
            | Self::DomainMismatch => domain(self, case),
            Self::InvalidPrefix => prefix(case),
            Self::SameSiteNoneInsecure => {
                "SameSite=None was set without Secure; browsers drop such cookies. Add Secure and \
                 serve over https, or use SameSite=Lax."
                    .into()
            }
            Self::PartitionedInsecure => {
                "Partitioned was set without Secure; browsers drop such cookies. Add Secure and \
                 serve over https, or leave Partitioned out."
                    .into()
            }
            Self::OverwriteSecure => format!(
                "A Secure cookie named {} is already stored, and the response came over http from \
                 {}; http may not replace it. Set it over https, or use another name.",
                quote(case.name),
                case.target.host
            ),
            Self::SameSiteStrict | Self::SameSiteLax | Self::SameSiteDefault => {
                same_site(self, case)
            }
            Self::PathMismatch => format!(
                "The cookie's path is {}, which does not cover {}. Set Path=/ to have it sent \
                 everywhere on the host.",
                quote(case.path),
                quote(&case.target.path)
            ),
            Self::Expired => expired(case),
            Self::SentOutOfReach => out_of_reach(case),
            Self::DeletionMisses => deletion_misses(case),
            Self::NotReturned
            | Self::NeverSet
            | Self::ValueNotSet
            | Self::SentAfterEnd
            | Self::GivenToAnother => unlike_the_jar(self).into(),
            _ => content_or_limit(self, case),
        }
    }
}

fn secure_over_http(case: &Case<'_>) -> String {
    let host = &case.target.host;
    if host.is_loopback() {
        format!(
            "The cookie is Secure, and this client wants https for that even on {host}. Drop \
             Secure in development, or serve over https there too."
        )
    } else if case.is_storing {
        format!(
            "Secure was set, but the response came over http from {host}; browsers keep Secure \
             cookies only from https or localhost. Drop Secure in development or serve over https."
        )
    } else {
        format!(
            "The cookie is Secure, and this request went over http to {host}; Secure cookies are \
             sent only over https or to localhost. Use https throughout, or drop Secure in \
             development."
        )
    }
}

fn domain(reason: Reason, case: &Case<'_>) -> String {
    let host = &case.target.host;
    let domain = quote(case.domain);
    match reason {
        Reason::PublicSuffix => format!(
            "Domain={domain} is a public suffix, under which strangers own names, so nobody may \
             set a cookie for all of it. Leave Domain out, or use Domain={}.",
            host.site()
        ),
        Reason::DomainNonAscii => format!(
            "Domain={domain} is not ASCII. Write an international name in its xn-- form, or leave \
             Domain out."
        ),
        Reason::InvalidDomain => format!(
            "Domain={domain} does not cover {host}, which set the cookie. Leave Domain out, or \
             name {host} or a parent of it, without port and without a dot at the end."
        ),
        _ => domain_mismatch(case, &domain),
    }
}

fn domain_mismatch(case: &Case<'_>, domain: &str) -> String {
    let host = &case.target.host;
    let mut text = if case.host_only {
        format!("The cookie belongs to {domain} alone, because no Domain was set")
    } else {
        format!("The cookie is for {domain} and the hosts below it")
    };
    let _ = write!(text, ", and this request went to {host}. ");
    match registrable_domain(domain).filter(|site| *site == host.site() && !host.is_address()) {
        Some(site) => {
            let _ = write!(text, "Set Domain={site} to share it with every host of the site.");
        }
        None => text.push_str(
            "To cookies these are different hosts, even where both are the same machine; use one \
             of them throughout.",
        ),
    }
    text
}

fn prefix(case: &Case<'_>) -> String {
    let name = quote(case.name);
    let promise = if case.name.is_empty() {
        return "The cookie has no name, and its value begins like a name with a prefix; browsers \
                drop it. Give the cookie a name."
            .into();
    } else if case.name.to_ascii_lowercase().starts_with(b"__host-") {
        "Secure, Path=/, no Domain, and a response over https"
    } else if case.name.to_ascii_lowercase().starts_with(b"__http-") {
        "Secure, HttpOnly, and a response over https"
    } else {
        "Secure and a response over https"
    };
    format!(
        "The name {name} promises {promise}, and that is not what came. Add what is missing, or \
         choose a name without the prefix."
    )
}

fn same_site(reason: Reason, case: &Case<'_>) -> String {
    let rule = match reason {
        Reason::SameSiteStrict => {
            "SameSite=Strict keeps the cookie from every request that another site starts"
        }
        Reason::SameSiteLax => {
            "SameSite=Lax keeps the cookie from cross-site requests other than links followed in \
             the address bar"
        }
        _ => {
            "Without SameSite the browser assumes Lax, which keeps the cookie from cross-site \
             requests other than links followed in the address bar"
        }
    };
    let (what, host) = if case.is_storing { ("response", "from") } else { ("request", "to") };
    format!(
        "{rule}, and this {what} {host} {} belongs to one. If other sites need the cookie, set \
         SameSite=None and Secure.",
        case.target.host
    )
}

fn expired(case: &Case<'_>) -> String {
    let end = case.expires.map(|end| format!(" at {end}")).unwrap_or_default();
    format!(
        "The cookie's time was over{end}. Set it again before that, or give it a longer Max-Age."
    )
}

/// Told of the cookie that the client holds.
fn out_of_reach(case: &Case<'_>) -> String {
    let (domain, path) = (quote(case.domain), quote(case.path));
    let (host, asked) = (&case.target.host, quote(&case.target.path));
    let bound = if !path_matches(&case.target.path, case.path) {
        format!("The cookie's path is {path}, which does not cover {asked}")
    } else if case.host_only {
        format!("The cookie belongs to {domain} alone, and this request went to {host}")
    } else {
        format!(
            "The cookie is for {domain} and the hosts below it, and this request went to {host}"
        )
    };
    format!(
        "{bound}. It is sent all the same: the client does not keep to domains and paths, or it \
         holds another cookie with this value."
    )
}

/// Told of the cookie that stays.
fn deletion_misses(case: &Case<'_>) -> String {
    let (domain, path) = (quote(case.domain), quote(case.path));
    let domain = match (case.host_only, domain.as_str()) {
        (_, "") => String::new(),
        (true, domain) => format!(" of {domain} without a Domain attribute"),
        (false, domain) => format!(" with Domain={domain}"),
    };
    format!(
        "It deletes nothing: the cookie that is there is another one{domain}, with the path {path}. \
         A cookie is deleted only by its own name, domain and path."
    )
}

/// A request that differs from what the jar holds.
const fn unlike_the_jar(reason: Reason) -> &'static str {
    match reason {
        Reason::NotReturned => {
            "The client holds it and should have sent it. It may have been cleared or blocked, or \
             the request was made without credentials."
        }
        Reason::ValueNotSet => {
            "No response in this capture set this value: a script changed it, or the response is \
             missing here."
        }
        Reason::SentAfterEnd => {
            "The client had been told to throw it away, and sends it again: a copy, or a jar that \
             was read again from a file."
        }
        Reason::GivenToAnother => {
            "This client was not given it. The value was copied: by its owner, or by somebody who \
             took it."
        }
        _ => {
            "No response in this capture set it: it is from before the capture, or a script made \
             it."
        }
    }
}

fn content_or_limit(reason: Reason, case: &Case<'_>) -> String {
    match reason {
        Reason::NameValueTooLong => format!(
            "Name and value have {} bytes together, more than the 4096 that clients keep. Store \
             less in the cookie, or keep the data on the server.",
            case.length
        ),
        Reason::DisallowedCharacter => "The line holds a control character; the cookie is \
             dropped. Encode the value, for example in base64."
            .into(),
        Reason::NulInResponse => "A Set-Cookie line of this response holds a NUL byte; the client \
             throws the whole response away, whatever the server logged. Encode the value."
            .into(),
        Reason::NoCookieContent => {
            "The line has neither a name nor a value. Write name=value.".into()
        }
        Reason::NamelessCookie => {
            "The cookie has no name, and this client keeps only named ones. Write name=value."
                .into()
        }
        Reason::AmbiguousSerialization => "The cookie has no name and an = in its value; sent \
             back, it would read as another cookie. Write name=value."
            .into(),
        Reason::TooManyInResponse => {
            "The response sets more cookies than this client takes from one. Set fewer.".into()
        }
        Reason::CookieHeaderFull => "The request already carried as many cookies as this client \
             sends. Set fewer or shorter ones."
            .into(),
        Reason::Evicted => "The site set so many cookies that the client dropped the least \
             recently used. Set fewer."
            .into(),
        Reason::PartitionMismatch => "The cookie is kept apart for each site in the address bar, \
             and this page is another. Ask for storage access, or open the site itself."
            .into(),
        _ => "The browser's settings may block cookies of third parties. Make the site a first \
             party, or set Partitioned and Secure."
            .into(),
    }
}

/// Captured text as far as it fits a sentence.
fn quote(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::from_url(url.as_bytes()).unwrap()
    }

    #[test]
    fn a_sentence_names_the_attribute_the_host_and_the_mend() {
        let app = target("http://app.test:5000/login");
        let cases = [
            (Reason::SecureOverHttp, "a=b; Secure", &["Secure", "http from app.test", "https"][..]),
            (Reason::InvalidDomain, "a=b; Domain=other.test", &["Domain=other.test", "app.test"]),
            (Reason::PublicSuffix, "a=b; Domain=test", &["Domain=test", "Domain=app.test"]),
            (Reason::InvalidPrefix, "__Host-a=b", &["__Host-a", "Path=/", "no Domain"]),
            (Reason::InvalidPrefix, "__Secure-a=b", &["__Secure-a", "Secure and"]),
            (Reason::OverwriteSecure, "sid=b", &["sid", "app.test"]),
            (Reason::SameSiteLax, "a=b; SameSite=Lax", &["SameSite=Lax", "response from app.test"]),
        ];
        for (reason, line, words) in cases {
            let set = SetCookie::parse(line.as_bytes()).unwrap();
            let text = reason.sentence(&Case::storing(&set, &app));
            for word in words {
                assert!(text.contains(word), "{word} is missing in: {text}");
            }
        }
    }

    #[test]
    fn every_reason_has_whole_sentences_of_its_own() {
        let set = SetCookie::parse(b"a=b; Domain=x.test").unwrap();
        let app = target("http://app.test/");
        let mut seen = Vec::new();
        for reason in Reason::ALL {
            let text = reason.sentence(&Case::storing(&set, &app));
            assert!(text.ends_with('.') && !text.contains("  "), "{text}");
            assert!(!seen.contains(&text), "{text}");
            seen.push(text);
        }
    }

    #[test]
    fn long_captured_text_is_cut() {
        let line = format!("a=b; Domain={}.test", "ä".repeat(200));
        let set = SetCookie::parse(line.as_bytes()).unwrap();
        let app = target("http://app.test/");
        let text = Reason::DomainNonAscii.sentence(&Case::storing(&set, &app));
        assert!(text.contains('…') && text.chars().count() < 250, "{text}");
    }
}
