//! Which client a jar models, and where clients differ.
//!
//! [`Agent::Other`] follows RFC 6265bis to the letter. Each method below is one difference; its
//! doc line says what the clients did when they were observed, or which of their sources says so.

use super::bytes::starts_with_ignore_case;

/// The products by whose names families are told.
const PRODUCTS: [&str; 9] =
    ["CriOS", "FxiOS", "EdgiOS", "Chrome", "Chromium", "Firefox", "Gecko", "Safari", "AppleWebKit"];

/// A family of HTTP clients with one way of keeping cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Agent {
    /// Chrome, Edge, Opera, Brave, and every other build of Chromium but those on iOS.
    Chromium,
    /// Firefox and Tor Browser, but not Firefox on iOS.
    Firefox,
    /// Safari, and every browser on iOS.
    Safari,
    /// The curl command and programs on libcurl.
    Curl,
    /// Python's requests, whose jar is the standard library's `http.cookiejar`.
    PythonRequests,
    /// Anything else: a client that does what RFC 6265bis says.
    Other,
}

impl Agent {
    /// Every family, in declaration order.
    pub const ALL: [Self; 6] = [
        Self::Chromium,
        Self::Firefox,
        Self::Safari,
        Self::Curl,
        Self::PythonRequests,
        Self::Other,
    ];

    /// The family that a `User-Agent` header claims.
    pub fn from_user_agent(user_agent: &[u8]) -> Self {
        let products = Self::products(user_agent);
        let names = |word: &str| products.iter().zip(PRODUCTS).any(|(is, own)| *is && own == word);
        let begins = |word: &str| starts_with_ignore_case(user_agent, word.as_bytes());
        if begins("curl/") || begins("libcurl") {
            Self::Curl
        } else if begins("python-requests/") {
            Self::PythonRequests
        } else if names("CriOS") || names("FxiOS") || names("EdgiOS") {
            Self::Safari
        } else if names("Chrome") || names("Chromium") {
            Self::Chromium
        } else if names("Firefox") && names("Gecko") {
            Self::Firefox
        } else if names("Safari") && names("AppleWebKit") {
            Self::Safari
        } else {
            Self::Other
        }
    }

    /// Which of the [`PRODUCTS`] a header names, with a version after a slash.
    fn products(user_agent: &[u8]) -> [bool; PRODUCTS.len()] {
        let mut named = [false; PRODUCTS.len()];
        for slash in memchr::memchr_iter(b'/', user_agent) {
            let before = &user_agent[..slash];
            for (is, product) in named.iter_mut().zip(PRODUCTS) {
                *is |= before.ends_with(product.as_bytes());
            }
        }
        named
    }

    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::Safari => "safari",
            Self::Curl => "curl",
            Self::PythonRequests => "python-requests",
            Self::Other => "other",
        }
    }

    /// What to call the family in a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
            Self::Safari => "Safari",
            Self::Curl => "curl",
            Self::PythonRequests => "python-requests",
            Self::Other => "a client that follows RFC 6265bis",
        }
    }

    /// Whether a person sits before it: pages, frames and scripts exist.
    pub const fn is_browser(self) -> bool {
        matches!(self, Self::Chromium | Self::Firefox | Self::Safari)
    }
}

/// What is kept of a `Set-Cookie` line.
impl Agent {
    /// A NUL anywhere makes Chromium, Firefox and curl throw away the whole response.
    pub const fn drops_response_with_nul(self) -> bool {
        matches!(self, Self::Chromium | Self::Firefox | Self::Curl)
    }

    /// Control characters are refused by all but requests, which keeps them.
    pub const fn refuses_controls(self) -> bool {
        !matches!(self, Self::PythonRequests)
    }

    /// A TAB inside a name or value: Chromium and curl refuse it, Firefox and the RFC keep it.
    pub const fn refuses_inner_tab(self) -> bool {
        matches!(self, Self::Chromium | Self::Curl)
    }

    /// The most bytes that name and value may have together. requests has no limit.
    pub const fn name_value_limit(self) -> usize {
        if matches!(self, Self::PythonRequests) { usize::MAX } else { 4096 }
    }

    /// The most bytes of a name or a value alone. curl drops a value of 4095 bytes.
    pub const fn part_limit(self) -> usize {
        if matches!(self, Self::Curl) { 4094 } else { usize::MAX }
    }

    /// The most bytes of a whole line. curl drops lines over 5000.
    pub const fn line_limit(self) -> usize {
        if matches!(self, Self::Curl) { 5000 } else { usize::MAX }
    }

    /// The most bytes of an attribute's value before the attribute is ignored. curl and requests
    /// do not count.
    pub const fn attribute_limit(self) -> usize {
        if matches!(self, Self::Curl | Self::PythonRequests) { usize::MAX } else { 1024 }
    }

    /// The most `Set-Cookie` lines taken from one response. curl stops after 50.
    pub const fn lines_per_response(self) -> usize {
        if matches!(self, Self::Curl) { 50 } else { usize::MAX }
    }

    /// A line without `=`: Firefox takes it as a name and sends `nameless=`.
    pub const fn lone_word_is_name(self) -> bool {
        matches!(self, Self::Firefox)
    }

    /// Nameless cookies: curl keeps neither `=value` nor `value`.
    pub const fn refuses_nameless(self) -> bool {
        matches!(self, Self::Curl)
    }

    /// A nameless value with `=` in it reads as another cookie when sent: Chromium refuses it.
    pub const fn refuses_ambiguous(self) -> bool {
        matches!(self, Self::Chromium)
    }

    /// Of two equal attributes requests takes the first, all others the last.
    pub const fn first_attribute_wins(self) -> bool {
        matches!(self, Self::PythonRequests)
    }

    /// Each of several `Domain` attributes must be right for curl; for others only the last.
    pub const fn every_domain_counts(self) -> bool {
        matches!(self, Self::Curl)
    }

    /// curl takes a quoted `Path` without its quotes, drops its last slash, and turns a relative
    /// one into `/`.
    pub const fn cleans_path(self) -> bool {
        matches!(self, Self::Curl)
    }

    /// `Domain=.` means host-only in the RFC; Chromium, Firefox and curl refuse it.
    pub const fn refuses_dot_domain(self) -> bool {
        !matches!(self, Self::Other)
    }

    /// Firefox turns an international `Domain` into its ASCII form; the RFC and Chromium refuse it.
    pub const fn encodes_domain(self) -> bool {
        matches!(self, Self::Firefox)
    }

    /// requests asks only that the host ends with the domain: `Domain=0.1` passes on 10.77.0.1, and
    /// host-only cookies go to sub-domains.
    pub const fn matches_domain_by_ending(self) -> bool {
        matches!(self, Self::PythonRequests)
    }
}

/// Security rules.
impl Agent {
    /// requests stores and overwrites `Secure` cookies over http (and still does not send them).
    pub const fn stores_secure_over_http(self) -> bool {
        matches!(self, Self::PythonRequests)
    }

    /// Whether http on this machine is as good as https. Chromium, Firefox and curl were seen to
    /// store and send Secure cookies there; requests was not, and Safari is reported not to.
    pub const fn trusts_loopback(self) -> bool {
        matches!(self, Self::Chromium | Self::Firefox | Self::Curl | Self::Other)
    }

    /// curl trusts `localhost`, 127.0.0.1 and `::1` only, no other loopback name or address.
    pub const fn trusts_plain_loopback_only(self) -> bool {
        matches!(self, Self::Curl)
    }

    /// `__Secure-` and `__Host-` mean nothing to requests.
    pub const fn knows_prefixes(self) -> bool {
        !matches!(self, Self::PythonRequests)
    }

    /// curl compares prefixes with case; browsers refuse `__secure-` and `__HOST-` too.
    pub const fn prefixes_have_case(self) -> bool {
        matches!(self, Self::Curl)
    }

    /// `__Host-` without a written `Path=/` from a page whose default path is `/`: Chromium and
    /// the RFC refuse it, Firefox and curl accept it.
    pub const fn host_prefix_needs_path(self) -> bool {
        matches!(self, Self::Chromium | Self::Safari | Self::Other)
    }

    /// Prefixes need real https in Chromium (`CanonicalCookie::IsCookiePrefixValid`); elsewhere
    /// trusted http on this machine will do.
    pub const fn prefixes_need_https(self) -> bool {
        matches!(self, Self::Chromium)
    }

    /// `__Http-` and `__Host-Http-` demand `HttpOnly` in Chromium since version 140.
    pub const fn knows_http_prefixes(self) -> bool {
        matches!(self, Self::Chromium)
    }

    /// `SameSite=None` without `Secure`: Chromium, Firefox and the RFC refuse it; Safari, curl and
    /// requests keep it.
    pub const fn none_needs_secure(self) -> bool {
        matches!(self, Self::Chromium | Self::Firefox | Self::Other)
    }

    /// `Partitioned` is understood by Chromium and Firefox, which then ask for `Secure`.
    pub const fn knows_partitioned(self) -> bool {
        matches!(self, Self::Chromium | Self::Firefox)
    }

    /// Whether `SameSite` is obeyed at all. curl and requests have no sites.
    pub const fn enforces_same_site(self) -> bool {
        !matches!(self, Self::Curl | Self::PythonRequests)
    }

    /// Firefox and Safari treat an unset `SameSite` as `None`; Chromium and the RFC as `Lax`.
    pub const fn unset_same_site_is_none(self) -> bool {
        matches!(self, Self::Firefox | Self::Safari)
    }

    /// A typed address that another site redirects: Firefox withholds Strict cookies, Chromium
    /// sends them.
    pub const fn redirects_make_cross_site(self) -> bool {
        matches!(self, Self::Firefox)
    }

    /// Firefox gives third parties a jar per top-level site, `Partitioned` or not.
    pub const fn partitions_third_parties(self) -> bool {
        matches!(self, Self::Firefox)
    }
}

/// How long and in which order cookies live.
impl Agent {
    /// Expires counts against the response's `Date` in Chromium and Firefox, so a server whose
    /// clock is a year behind still sets cookies.
    pub const fn corrects_clock_skew(self) -> bool {
        matches!(self, Self::Chromium | Self::Firefox)
    }

    /// Lifetimes are capped at 400 days (RFC 6265bis section 5.5) by all but requests.
    pub const fn caps_lifetime(self) -> bool {
        !matches!(self, Self::PythonRequests)
    }

    /// The 181st cookie of one site makes Chromium and Firefox drop the least recently used until
    /// 150 stay: `(most, left)`.
    pub const fn site_limit(self) -> Option<(usize, usize)> {
        match self {
            Self::Chromium | Self::Firefox => Some((180, 150)),
            _ => None,
        }
    }

    /// A cookie that is overwritten with another value goes to the end of the order in Chromium;
    /// Firefox, requests and the RFC leave it in its place.
    pub const fn new_value_moves_to_end(self) -> bool {
        matches!(self, Self::Chromium)
    }

    /// curl orders by length of path, domain and name, and then the newest first.
    pub const fn orders_by_lengths(self) -> bool {
        matches!(self, Self::Curl)
    }

    /// The most cookies in one request. curl sends 150.
    pub const fn sent_limit(self) -> usize {
        if matches!(self, Self::Curl) { 150 } else { usize::MAX }
    }

    /// The most bytes of a `Cookie` header line. curl stops before 8190.
    pub const fn header_limit(self) -> usize {
        if matches!(self, Self::Curl) { 8190 } else { usize::MAX }
    }

    /// `Clear-Site-Data` is a thing of browsers.
    pub const fn clears_site_data(self) -> bool {
        self.is_browser()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_agents_name_their_family() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) ";
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 ";
        let cases = [
            (format!("{chrome}Chrome/156.0.0.0 Safari/537.36"), Agent::Chromium),
            (format!("{chrome}HeadlessChrome/156.0.0.0 Safari/537.36"), Agent::Chromium),
            (format!("{chrome}Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0"), Agent::Chromium),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0".into(),
                Agent::Firefox,
            ),
            (format!("{iphone}Version/18.0 Mobile/15E148 Safari/604.1"), Agent::Safari),
            (format!("{iphone}CriOS/156.0 Mobile/15E148 Safari/604.1"), Agent::Safari),
            (format!("{iphone}FxiOS/153.0 Mobile/15E148 Safari/605.1.15"), Agent::Safari),
            ("curl/7.88.1".into(), Agent::Curl),
            ("python-requests/2.34".into(), Agent::PythonRequests),
            ("Wget/1.21".into(), Agent::Other),
            (String::new(), Agent::Other),
        ];
        for (user_agent, agent) in cases {
            assert_eq!(Agent::from_user_agent(user_agent.as_bytes()), agent, "{user_agent}");
        }
    }
}
