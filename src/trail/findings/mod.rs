//! What somebody should mend: rules over the whole story, since most of what goes wrong with
//! sessions shows only in a sequence.
//!
//! A rule is a row of [`RULES`]. It says how grave its finding is, and what to do about it.

mod attributes;
mod endings;
mod exposure;
mod sequence;
mod values;

use super::story::Story;
use crate::threads;
use std::num::NonZero;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Info,
    /// A weakness that needs another to do harm.
    Low,
    /// A fault that users or attackers will meet.
    Medium,
    /// Accounts are at risk, or the site does not work.
    High,
}

impl Severity {
    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A rule: its name, its severity, its advice, and the function that finds what breaks it.
pub struct Rule {
    /// A kebab-case word, for machine-readable output and for silencing it.
    pub name: &'static str,
    /// How grave it is where it is broken.
    pub severity: Severity,
    /// What to do.
    pub advice: &'static str,
    find: fn(&Story) -> Vec<Case>,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule")
            .field("name", &self.name)
            .field("severity", &self.severity)
            .finish_non_exhaustive()
    }
}

/// One place where a rule is broken.
#[derive(Debug, Clone)]
struct Case {
    /// The exchanges that show it.
    visits: Vec<usize>,
    /// The cookie, where it is about one.
    cookie: Option<usize>,
    /// In plain words. It may hold captured text.
    text: String,
}

/// One thing that somebody should mend.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule that it breaks.
    pub rule: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// The exchanges that show it.
    pub visits: Vec<usize>,
    /// The cookie, where it is about one.
    pub cookie: Option<usize>,
    /// In plain words. It may hold captured text.
    pub text: String,
    /// What to do.
    pub advice: &'static str,
}

/// Every rule, the gravest first.
pub static RULES: &[Rule] = &[
    Rule {
        name: "session-used-by-another-client",
        severity: Severity::High,
        advice: "If that was not the same person, end the session on the server. Serve over https \
                 and set HttpOnly, so that it cannot be read on the way or by a script.",
        find: sequence::used_by_another,
    },
    Rule {
        name: "session-used-after-logout",
        severity: Severity::High,
        advice: "Keep sessions on the server and delete them there at logout, or keep a list of \
                 revoked sessions until they expire.",
        find: endings::used_after_logout,
    },
    Rule {
        name: "session-fixation",
        severity: Severity::High,
        advice: "Make a new session id at login, and refuse ids that the server did not make.",
        find: sequence::fixation,
    },
    Rule {
        name: "session-id-adopted",
        severity: Severity::High,
        advice: "Take no session id that the server has not made: answer an unknown one with a new \
                 one, and read ids from cookies only.",
        find: sequence::adopted,
    },
    Rule {
        name: "login-loop",
        severity: Severity::High,
        advice: "Mend the cookie that does not come back.",
        find: sequence::login_loop,
    },
    Rule {
        name: "session-cookie-refused",
        severity: Severity::High,
        advice: "Change the attribute at fault: without it the browser has no session.",
        find: attributes::refused,
    },
    Rule {
        name: "session-id-in-url",
        severity: Severity::High,
        advice: "Carry session ids in cookies only: URLs are logged, shared, and sent on as Referer.",
        find: exposure::session_in_url,
    },
    Rule {
        name: "credentials-in-query",
        severity: Severity::High,
        advice: "Send credentials in the body of a POST: queries are logged and kept in histories.",
        find: exposure::credentials_in_query,
    },
    Rule {
        name: "password-over-http",
        severity: Severity::High,
        advice: "Serve the login over https.",
        find: exposure::password_in_clear,
    },
    Rule {
        name: "session-cookie-over-http",
        severity: Severity::High,
        advice: "Serve the whole site over https, and set Secure on the cookie.",
        find: exposure::session_in_clear,
    },
    Rule {
        name: "logout-misses-cookie",
        severity: Severity::Medium,
        advice: "Delete the cookie with the same Domain and Path with which it was set.",
        find: endings::deletion_misses,
    },
    Rule {
        name: "session-from-two-addresses",
        severity: Severity::Medium,
        advice: "One browser rarely has two addresses in turn. If it is not one that speaks both \
                 IPv4 and IPv6, look for a copy of its cookies.",
        find: sequence::two_addresses,
    },
    Rule {
        name: "shadowed-cookie",
        severity: Severity::Medium,
        advice: "Use one name with one domain and one path, and delete the other cookie.",
        find: exposure::shadowed,
    },
    Rule {
        name: "personal-data-in-session",
        severity: Severity::Medium,
        advice: "Keep only an id in the cookie, and the data on the server.",
        find: exposure::personal_data,
    },
    Rule {
        name: "session-without-secure",
        severity: Severity::Medium,
        advice: "Set Secure, so that no request over http gives the session away.",
        find: attributes::without_secure,
    },
    Rule {
        name: "cookie-too-large",
        severity: Severity::Medium,
        advice: "Keep the data on the server, or in several cookies; the server is not told that \
                 the browser drops it.",
        find: exposure::too_large,
    },
    Rule {
        name: "session-without-httponly",
        severity: Severity::Medium,
        advice: "Set HttpOnly, so that no script can read the session.",
        find: attributes::without_http_only,
    },
    Rule {
        name: "set-cookie-cacheable",
        severity: Severity::Medium,
        advice: "Send Cache-Control: no-store or private with every Set-Cookie, or strangers may \
                 be given the same cookie.",
        find: exposure::cacheable,
    },
    Rule {
        name: "session-without-samesite",
        severity: Severity::Low,
        advice: "Set SameSite=Lax or Strict: what browsers assume without it differs.",
        find: attributes::without_same_site,
    },
    Rule {
        name: "session-wide-domain",
        severity: Severity::Low,
        advice: "Leave Domain out, unless the other hosts need the session and are trusted.",
        find: attributes::wide_domain,
    },
    Rule {
        name: "session-long-lived",
        severity: Severity::Low,
        advice: "Let sessions end after days, not months, and renew them while they are used.",
        find: attributes::long_lived,
    },
];

/// Every finding, the gravest first, then in the order of the rules and of the capture.
pub(super) fn findings(story: &Story, threads: NonZero<usize>) -> Vec<Finding> {
    let of_rule = |rule: &Rule| {
        let cases = (rule.find)(story).into_iter();
        let findings = cases.map(|case| Finding {
            rule: rule.name,
            severity: rule.severity,
            visits: case.visits,
            cookie: case.cookie,
            text: case.text,
            advice: rule.advice,
        });
        findings.collect::<Vec<Finding>>()
    };
    let mut all: Vec<Finding> =
        threads::map(RULES, threads, of_rule).into_iter().flatten().collect();
    all.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    all
}

/// The name of a cookie in a sentence: in quotes, since names are words too.
pub(super) fn quoted(name: &[u8]) -> String {
    format!("“{}”", String::from_utf8_lossy(name))
}

/// Whether a visit went over an open network: in clear, and not to this machine.
fn is_in_clear(story: &Story, visit: usize) -> bool {
    let target = story.visits[visit].asked.as_deref().and_then(|asked| asked.target.as_ref());
    target.is_some_and(|target| {
        target.scheme == crate::cookie::Scheme::Http && !target.host.is_loopback()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn rules_have_names_of_their_own_and_stand_gravest_first() {
        let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), RULES.len());
        assert!(RULES.is_sorted_by_key(|rule| std::cmp::Reverse(rule.severity)));
        assert!(RULES.iter().all(|rule| rule.advice.ends_with('.')));
    }
}
