//! A client as the tests talk to it: one line sets a cookie, one line asks what is sent.

use super::{
    Agent, Case, Clues, Considered, Jar, Reason, Received, Response, Site, Stored, Target,
    header_value,
};
use crate::time::Timestamp;

/// 2026-11-22T10:00:00Z, when every dialogue begins.
pub(super) const START: i64 = 1_795_341_600;

/// A client with a jar and a clock that the test turns.
pub(super) struct Client {
    pub jar: Jar,
    pub now: Timestamp,
    pub site: Site,
    pub date: Option<Timestamp>,
}

pub(super) fn target(url: &str) -> Target {
    Target::from_url(url.as_bytes()).unwrap()
}

impl Client {
    pub fn new(agent: Agent) -> Self {
        let now = Timestamp::from_seconds(START);
        Self { jar: Jar::new(agent), now, site: Site::default(), date: None }
    }

    /// Lets time pass.
    pub fn wait(&mut self, seconds: i64) {
        self.now = self.now.plus_seconds(seconds);
    }

    /// From now on requests are made like this.
    pub fn comes_from(&mut self, clues: &Clues<'_>, url: &str) {
        self.site = Site::of_request(clues, &target(url));
    }

    /// One response with these lines.
    pub fn receives(&mut self, url: &str, lines: &[&[u8]]) -> Vec<Stored> {
        let response = Response {
            target: &target(url),
            site: &self.site,
            now: self.now,
            date: self.date,
            kept: false,
            tag: 7,
        };
        let received = self.jar.receive(lines, &response);
        received.into_iter().map(|Received { stored, .. }| stored).collect()
    }

    /// One response with one line.
    pub fn set(&mut self, url: &str, line: &str) -> Stored {
        self.receives(url, &[line.as_bytes()]).remove(0)
    }

    /// Why that line is refused; `None` where it is kept.
    pub fn refuses(&mut self, url: &str, line: &str) -> Option<Reason> {
        match self.set(url, line) {
            Stored::Refused(verdict) => {
                let set = super::SetCookie::parse_for(line.as_bytes(), self.jar.agent());
                let set = set.unwrap_or_else(|refusal| *refusal.cookie);
                let text = verdict.reason.sentence(&Case::storing(&set, &target(url)));
                assert!(text.ends_with('.'), "{text}");
                Some(verdict.reason)
            }
            _ => None,
        }
    }

    pub fn considers(&self, url: &str) -> Vec<Considered<'_>> {
        self.jar.for_request(&target(url), &self.site, self.now)
    }

    /// The `Cookie` header of a request.
    pub fn sends(&self, url: &str) -> String {
        String::from_utf8_lossy(&header_value(&self.considers(url))).into_owned()
    }

    /// Why the cookie of that name is not sent.
    pub fn withholds(&self, url: &str, name: &str) -> Option<Reason> {
        let considered = self.considers(url);
        let entry = considered.iter().find(|entry| entry.cookie.name == name.as_bytes())?;
        let verdict = entry.sent.err()?;
        let text = verdict.reason.sentence(&Case::sending(entry.cookie, &target(url)));
        assert!(text.ends_with('.'), "{text}");
        Some(verdict.reason)
    }
}
