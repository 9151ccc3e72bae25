//! Which of today's cookie rules a browser of some version already had.
//!
//! Captures are older than their readers: Firefox 3 kept `Secure` cookies that came over http, and
//! Chrome 44 knew no `SameSite`. The versions are those of MDN's compatibility data for
//! `Set-Cookie`, but where a comment names another source.

use super::agent::Agent;
use super::jar::Jar;
use super::reason::Reason;

/// A rule that browsers did not always have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// `Secure` cookies are neither taken from http nor overwritten by it.
    SecureNeedsHttps,
    /// `__Secure-` and `__Host-` are promises.
    Prefixes,
    /// `SameSite` is obeyed.
    SameSite,
    /// No `SameSite` means `Lax`.
    LaxByDefault,
    /// `SameSite=None` wants `Secure`.
    NoneNeedsSecure,
    /// `Partitioned` is understood.
    Partitioned,
    /// Third parties get a jar per top-level site.
    PartitionedThirdParties,
    /// Lines with control characters, without a name, or with a foreign alphabet in `Domain` are
    /// refused, where they were once cut or repaired.
    StrictContent,
}

/// Whether a client has a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Has {
    /// It came later.
    No,
    /// It came at about that time, or only for some.
    Perhaps,
    /// It is there.
    Yes,
}

/// The age of a client, by the version that it claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Era {
    version: Option<u32>,
    /// A page inside an Android app: whether new cookie rules hold is for the app to say.
    is_embedded: bool,
}

impl Era {
    /// A client as clients are now.
    pub const TODAY: Self = Self { version: None, is_embedded: false };

    /// The version that a `User-Agent` header claims. A client without one is taken for a new one.
    pub fn from_user_agent(user_agent: &[u8], agent: Agent) -> Self {
        let mark: &[u8] = match agent {
            Agent::Chromium => b"Chrome/",
            Agent::Firefox => b"Firefox/",
            Agent::Safari => b"Version/",
            Agent::Curl => b"curl/",
            Agent::PythonRequests | Agent::Other => return Self::default(),
        };
        let at = memchr::memmem::find(user_agent, mark).map(|at| at + mark.len());
        let text = at.and_then(|at| user_agent.get(at..)).unwrap_or_default();
        let mut numbers = text.split(|byte| !byte.is_ascii_digit()).map(number);
        let major = numbers.next().flatten();
        // curl's first number says little: 7.88 becomes 7088.
        let version = match (agent, major) {
            (Agent::Curl, Some(major)) => {
                let minor = numbers.next().flatten().unwrap_or(0);
                Some(major.saturating_mul(1000).saturating_add(minor))
            }
            _ => major,
        };
        let is_embedded = memchr::memmem::find(user_agent, b"; wv)").is_some();
        Self { version, is_embedded }
    }

    /// Whether an `agent` of this age has the rule.
    pub const fn has(self, agent: Agent, rule: Rule) -> Has {
        if self.is_embedded && matches!(rule, Rule::LaxByDefault | Rule::NoneNeedsSecure) {
            return Has::Perhaps;
        }
        let Some((first, sure)) = since(agent, rule) else { return Has::Yes };
        match self.version {
            Some(version) if version < first => Has::No,
            Some(version) if version < sure => Has::Perhaps,
            _ => Has::Yes,
        }
    }

    /// Whether it is sure that such an `agent` refuses cookies for this reason.
    pub fn is_sure_of(self, agent: Agent, reason: Reason) -> bool {
        let rule = match reason {
            Reason::SecureOverHttp | Reason::OverwriteSecure => Rule::SecureNeedsHttps,
            Reason::InvalidPrefix => Rule::Prefixes,
            Reason::SameSiteNoneInsecure => Rule::NoneNeedsSecure,
            Reason::PartitionedInsecure => Rule::Partitioned,
            Reason::DomainNonAscii
            | Reason::DisallowedCharacter
            | Reason::NulInResponse
            | Reason::NoCookieContent
            | Reason::AmbiguousSerialization => Rule::StrictContent,
            _ => return true,
        };
        self.has(agent, rule) == Has::Yes
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The rules of a client of that age.
impl Jar {
    pub(super) fn stores_secure_over_http(&self) -> bool {
        self.agent.stores_secure_over_http() || !self.has(Rule::SecureNeedsHttps)
    }

    pub(super) fn knows_prefixes(&self) -> bool {
        self.agent.knows_prefixes() && self.has(Rule::Prefixes)
    }

    pub(super) fn knows_partitioned(&self) -> bool {
        self.agent.knows_partitioned() && self.has(Rule::Partitioned)
    }

    pub(super) fn none_needs_secure(&self) -> bool {
        self.agent.none_needs_secure() && self.has(Rule::NoneNeedsSecure)
    }

    pub(super) fn enforces_same_site(&self) -> bool {
        self.agent.enforces_same_site() && self.has(Rule::SameSite)
    }

    pub(super) fn unset_same_site_is_none(&self) -> bool {
        self.agent.unset_same_site_is_none() || !self.has(Rule::LaxByDefault)
    }

    pub(super) fn partitions_third_parties(&self) -> bool {
        self.agent.partitions_third_parties() && self.has(Rule::PartitionedThirdParties)
    }

    fn has(&self, rule: Rule) -> bool {
        self.era.has(self.agent, rule) != Has::No
    }
}

/// The first version that may have a rule, and the first that surely has it; `None` where all
/// versions are alike.
const fn since(agent: Agent, rule: Rule) -> Option<(u32, u32)> {
    Some(match (agent, rule) {
        // MDN's page on Set-Cookie for the storing, chromestatus 4506322921848832 for the rest.
        (Agent::Chromium, Rule::SecureNeedsHttps) => (52, 58),
        (Agent::Firefox, Rule::SecureNeedsHttps) => (52, 52),
        // "Leave secure cookies alone" came with 7.62; seen at work in 7.88.
        (Agent::Curl, Rule::SecureNeedsHttps) => (7_062, 7_088),
        (Agent::Chromium, Rule::Prefixes) => (49, 51),
        (Agent::Firefox, Rule::Prefixes) => (50, 50),
        (Agent::Chromium, Rule::SameSite) => (51, 51),
        (Agent::Firefox, Rule::SameSite) => (60, 60),
        (Agent::Safari, Rule::SameSite) => (12, 13),
        // Switched on for all in the course of 2020.
        (Agent::Chromium, Rule::LaxByDefault | Rule::NoneNeedsSecure) => (80, 85),
        // Behind a preference since 69; seen at work in 153.
        (Agent::Firefox, Rule::NoneNeedsSecure) => (69, 153),
        (Agent::Chromium, Rule::Partitioned) => (114, 118),
        (Agent::Firefox, Rule::Partitioned) => (131, 153),
        // Total Cookie Protection: for some since 86, for all since 103.
        (Agent::Firefox, Rule::PartitionedThirdParties) => (86, 103),
        // Seen at work in Chromium 156 and Firefox 153, and certainly not before the drafts of 2021.
        (Agent::Chromium, Rule::StrictContent) => (96, 120),
        (Agent::Firefox, Rule::StrictContent) => (94, 120),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(user_agent: &str, rule: Rule) -> Has {
        let agent = Agent::from_user_agent(user_agent.as_bytes());
        Era::from_user_agent(user_agent.as_bytes(), agent).has(agent, rule)
    }

    #[test]
    fn old_browsers_lack_the_rules_of_today() {
        let old =
            "Mozilla/5.0 (Windows; U; Windows NT 5.1; rv:1.9.1.5) Gecko/20091102 Firefox/3.5.5";
        let chrome = |version| {
            format!("Mozilla/5.0 AppleWebKit/537.36 (KHTML) Chrome/{version} Safari/537.36")
        };
        assert_eq!(has(old, Rule::SecureNeedsHttps), Has::No);
        assert_eq!(has(old, Rule::PartitionedThirdParties), Has::No);
        assert_eq!(has(&chrome("44.0.2403.155"), Rule::LaxByDefault), Has::No);
        assert_eq!(has(&chrome("80.0"), Rule::LaxByDefault), Has::Perhaps);
        assert_eq!(has(&chrome("156.0.0.0"), Rule::LaxByDefault), Has::Yes);
        for (curl, has_it) in
            [("curl/7.10.3", Has::No), ("curl/7.68.0", Has::Perhaps), ("curl/8.5.0", Has::Yes)]
        {
            assert_eq!(has(curl, Rule::SecureNeedsHttps), has_it, "{curl}");
        }
        let app = "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 Version/4.0 Chrome/156.0";
        assert_eq!(has(app, Rule::NoneNeedsSecure), Has::Perhaps);
        assert_eq!(has(app, Rule::SecureNeedsHttps), Has::Yes);
        assert_eq!(has("Firefox/ Gecko/", Rule::SameSite), Has::Yes, "no version is today's");
    }

    #[test]
    fn only_rules_that_a_version_surely_has_prove_a_refusal() {
        let era = Era { version: Some(55), is_embedded: false };
        assert!(!era.is_sure_of(Agent::Chromium, Reason::SecureOverHttp));
        assert!(era.is_sure_of(Agent::Firefox, Reason::SecureOverHttp));
        assert!(era.is_sure_of(Agent::Chromium, Reason::InvalidDomain));
    }
}
