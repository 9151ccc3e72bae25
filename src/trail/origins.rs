//! Where a cookie comes from that a browser sends, and that its jar does not explain.

use super::happening::{Shown, event, explain};
use super::lives::{Lives, Who};
use super::story::{CookieEvent, EventKind};
use crate::cookie::{self, CookiePair, Reason, Target};

impl Lives {
    /// A cookie that the model took for refused, and that the browser sends: it was kept.
    pub(super) fn was_kept(
        &mut self,
        who: &mut Who<'_>,
        shown: Shown,
        pair: &CookiePair,
        host: &str,
    ) -> bool {
        let Some(lines) = self.refused.take_sent(who.browser, &pair.name, &pair.value) else {
            return false;
        };
        let Some(life) = self.with_value(Some(who.browser), pair, host) else { return false };
        self.kept.extend(lines);
        let version = self.version(life, &pair.name, &pair.value, shown.time);
        who.profile.note_known(self.place(host, &pair.name, &pair.value));
        let event = CookieEvent { version: Some(version), ..event(EventKind::Sent, shown) };
        self.push(life, event);
        true
    }

    /// A cookie that the browser holds for another path, or for a host above, and sends here.
    pub(super) fn strayed(
        &mut self,
        who: &mut Who<'_>,
        shown: Shown,
        pair: &CookiePair,
        target: &Target,
    ) -> bool {
        let host = target.host.as_str();
        if self.with_value(Some(who.browser), pair, host).is_none() {
            return false;
        }
        let jar = &who.profile.jar;
        let held = jar.iter().find(|held| {
            (&held.name, &held.value) == (&pair.name, &pair.value)
                && is_at_or_below(host, &held.domain)
                && !held.reaches(target, jar.agent())
        });
        let Some(held) = held.filter(|_| !self.has_unseen(who.browser, pair, host)).cloned() else {
            return false;
        };
        let life = self.of_cookie(who.browser, &held);
        let version = self.version(life, &pair.name, &pair.value, shown.time);
        who.profile.note_known(self.place(host, &pair.name, &pair.value));
        let mut event = CookieEvent { version: Some(version), ..event(EventKind::Sent, shown) };
        explain(&mut event, Reason::SentOutOfReach, &held, target);
        self.push(life, event);
        true
    }

    /// Whether the browser has shown that it holds a cookie of this value for the host that no
    /// response here set: by sending it where the one that was set came along too.
    fn has_unseen(&self, browser: usize, pair: &CookiePair, host: &str) -> bool {
        self.having(browser, &pair.name, &pair.value).any(|index| {
            let life = &self.all[index];
            life.domain == host && life.path.is_none()
        })
    }

    /// Why a value was not known; `None` where no server gave it to this browser.
    pub(super) fn why_unknown(
        &self,
        who: &Who<'_>,
        pair: &CookiePair,
        host: &str,
    ) -> Option<Reason> {
        self.with_value(Some(who.browser), pair, host)?;
        let is_held = |held: &cookie::Cookie| held.name == pair.name && held.value == pair.value;
        // One of that value is still there, and came along too: this is another, unseen.
        let is_there = who.profile.jar.iter().any(is_held);
        Some(if is_there { Reason::NeverSet } else { Reason::SentAfterEnd })
    }

    /// The life of a cookie that a server gave this value, to one browser, or to any: that is not known here
    /// where the whole capture is, see [`given`](super::given).
    pub(super) fn with_value(
        &self,
        browser: Option<usize>,
        pair: &CookiePair,
        host: &str,
    ) -> Option<usize> {
        debug_assert!(browser.is_some() || !self.is_whole, "a question for `given`");
        let is_near = |life: &usize| is_at_or_below(host, &self.all[*life].domain);
        self.given(browser, &pair.name, &pair.value).find(is_near)
    }
}

fn is_at_or_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::samples::exchange;
    use crate::pipeline::Numbered;
    use crate::trail::Trail;

    const SET: &str = "HTTP/1.1 200 OK\nSet-Cookie: sid=abcdef; Path=/account";
    const OK: &str = "HTTP/1.1 200 OK";

    /// What happened to each cookie: `sent: sent-out-of-reach`. An exchange is host, path, cookies
    /// with spaces between them, and response.
    fn told(exchanges: &[(&str, &str, &str, &str)]) -> Vec<Vec<String>> {
        let mut trail = Trail::default();
        for (id, (host, path, cookies, response)) in (1..).zip(exchanges) {
            let cookies = cookies.replace(' ', "; ");
            let request = format!(
                "GET {path} HTTP/1.1\nHost: {host}\nUser-Agent: Wget/1.21\nCookie: {cookies}"
            );
            let exchange = exchange([id * 2 - 1, id * 2], &request, response);
            trail.push(Numbered { id, exchange: Box::new(exchange) });
        }
        let word = |event: &CookieEvent| {
            let reason = event.verdict.map(|verdict| format!(": {}", verdict.reason.word()));
            format!("{}{}", event.kind.word(), reason.unwrap_or_default())
        };
        let lives = trail.finish().cookies;
        lives.iter().map(|life| life.events.iter().map(word).collect()).collect()
    }

    #[test]
    fn a_cookie_that_is_sent_outside_its_path_is_the_one_that_was_set() {
        let strays = "sent: sent-out-of-reach";
        assert_eq!(
            told(&[
                ("a.test", "/account/", "", SET),
                ("a.test", "/account/", "sid=abcdef", OK),
                ("a.test", "/basket", "sid=abcdef", OK),
                ("a.test", "/", "sid=abcdef", OK),
            ]),
            [["set", "sent", strays, strays]]
        );
        assert_eq!(
            told(&[("a.test", "/account/", "", SET), ("b.a.test", "/account/", "sid=abcdef", OK)]),
            [["set", strays]]
        );
    }

    #[test]
    fn a_cookie_of_another_host_or_value_does_not_stray() {
        for (host, cookie) in [("b.test", "sid=abcdef"), ("a.test", "sid=other")] {
            assert_eq!(
                told(&[("a.test", "/account/", "", SET), (host, "/", cookie, OK)])[1],
                ["sent-unknown: never-set"]
            );
        }
    }

    #[test]
    fn a_twin_that_came_along_is_the_one_that_is_sent_elsewhere() {
        assert_eq!(
            told(&[
                ("a.test", "/account/", "", SET),
                ("a.test", "/account/", "sid=abcdef sid=abcdef", OK),
                ("a.test", "/", "sid=abcdef", OK),
            ]),
            [["set", "sent"], ["sent-unknown: never-set", "sent-unknown: never-set"]]
        );
    }

    #[test]
    fn what_was_deleted_or_is_over_is_sent_after_its_end_wherever() {
        let gone = "HTTP/1.1 200 OK\nSet-Cookie: sid=; Path=/account; Max-Age=0";
        let lives = told(&[
            ("a.test", "/account/", "", SET),
            ("a.test", "/account/", "sid=abcdef", gone),
            ("a.test", "/", "sid=abcdef", OK),
        ]);
        assert_eq!(lives, [["set", "sent", "deleted", "sent-unknown: sent-after-end"]]);
    }
}
