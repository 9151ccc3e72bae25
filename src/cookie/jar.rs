//! The cookie jar: what one client holds, in an order that never depends on hashing.
//!
//! Storing is in `store.rs`, choosing what to send in `send.rs`; this file holds the cookies and
//! everything that happens to them between a response and a request: expiry, clearing, limits.
//!
//! The jar never asks a clock and never fails. It holds at most [`MAX_COOKIES`].

use super::agent::Agent;
use super::era::Era;
use super::set_cookie::SameSite;
use super::target::{Scheme, Target};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// The most cookies in one jar. Chromium keeps 3300 and Firefox 3000; without a limit a capture
/// could make the model grow for ever.
pub const MAX_COOKIES: usize = 3300;

/// A stored cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an attribute of its own")]
pub struct Cookie {
    /// The name; empty for a nameless cookie.
    pub name: Vec<u8>,
    /// The value.
    pub value: Vec<u8>,
    /// The host that set it, or its `Domain`: lower case, without leading dot.
    pub domain: String,
    /// Whether only that very host gets it back.
    pub host_only: bool,
    /// The path below which it is sent.
    pub path: Vec<u8>,
    /// Whether only trustworthy targets get it.
    pub secure: bool,
    /// Whether scripts are kept from it.
    pub http_only: bool,
    /// To which cross-site requests it may go.
    pub same_site: SameSite,
    /// Whether `Partitioned` was set and understood.
    pub partitioned: bool,
    /// The top-level site in whose partition it lies, where it lies in one.
    pub partition: Option<String>,
    /// When it was first stored. Overwriting keeps it, but for Chromium with another value.
    pub created: Timestamp,
    /// When it was last stored.
    pub last_set: Timestamp,
    /// When it was last stored or seen sent.
    pub last_access: Timestamp,
    /// When it ends; `None` for a session cookie.
    pub expires: Option<Timestamp>,
    /// What the caller gave when it was stored: the exchange, a packet, a row.
    pub tag: u64,
    /// Its place among cookies of equal path length.
    pub(super) order: u64,
}

impl Cookie {
    /// Whether its time is over at `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| end <= now)
    }

    /// Whether a new cookie takes this one's place: same name, domain, path and partition.
    pub fn is_same_cookie(&self, other: &Self) -> bool {
        self.name == other.name
            && self.domain == other.domain
            && self.host_only == other.host_only
            && self.path == other.path
            && self.partition == other.partition
    }

    /// Whether a client would notice that `other` replaced it, but for a later end.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.value == other.value
            && self.secure == other.secure
            && self.http_only == other.http_only
            && self.same_site == other.same_site
            && self.expires.is_some() == other.expires.is_some()
    }
}

/// What one client holds.
#[derive(Debug, Clone)]
pub struct Jar {
    pub(super) agent: Agent,
    pub(super) era: Era,
    /// Cookies by the site of the host that set them; within a site in the order of storing.
    pub(super) sites: BTreeMap<String, Vec<Cookie>>,
    /// The next place in the order.
    pub(super) next_order: u64,
    /// No stored cookie ends before this, so that most calls of [`Self::expire`] look at nothing.
    pub(super) earliest_end: Option<Timestamp>,
}

impl Jar {
    /// An empty jar of one client, as clients are today.
    pub const fn new(agent: Agent) -> Self {
        let era = Era::TODAY;
        Self { agent, era, sites: BTreeMap::new(), next_order: 0, earliest_end: None }
    }

    /// An empty jar of the client and the version that a `User-Agent` header claims.
    pub fn for_user_agent(user_agent: &[u8]) -> Self {
        let agent = Agent::from_user_agent(user_agent);
        Self { era: Era::from_user_agent(user_agent, agent), ..Self::new(agent) }
    }

    /// An empty jar of another client of the same name.
    #[must_use]
    pub fn of_another(&self) -> Self {
        Self { era: self.era, ..Self::new(self.agent) }
    }

    /// The client that the jar models.
    pub const fn agent(&self) -> Agent {
        self.agent
    }

    /// How many cookies it holds.
    pub fn len(&self) -> usize {
        self.sites.values().map(Vec::len).sum()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.sites.is_empty()
    }

    /// Every cookie, by site and then by the order of storing.
    pub fn iter(&self) -> impl Iterator<Item = &Cookie> {
        self.sites.values().flatten()
    }

    /// Takes out the cookies whose time is over, in the order in which they ended.
    pub fn expire(&mut self, now: Timestamp) -> Vec<Cookie> {
        if self.earliest_end.is_none_or(|end| now < end) {
            return Vec::new();
        }
        let mut expired = self.take_where(|cookie| cookie.is_expired(now));
        self.earliest_end = self.iter().filter_map(|cookie| cookie.expires).min();
        expired.sort_by_key(|cookie| (cookie.expires, cookie.order));
        expired
    }

    /// Obeys a `Clear-Site-Data` header, and gives back the cookies that it took away: those of
    /// the whole registrable domain (W3C Clear Site Data, section 4.2.2).
    ///
    /// Browsers obey it from trustworthy targets only; other clients do not know it.
    pub fn clear_site_data(&mut self, header: &[u8], target: &Target) -> Vec<Cookie> {
        let asks = header.split(|&b| b == b',').map(<[u8]>::trim_ascii);
        let asks_for_cookies = asks.into_iter().any(|ask| matches!(ask, b"\"cookies\"" | b"\"*\""));
        if !asks_for_cookies || !self.agent.clears_site_data() || !self.trusts(target) {
            return Vec::new();
        }
        self.sites.remove(target.host.site()).unwrap_or_default()
    }

    /// Notes that a request for `target` carried this pair: the cookie was used at `now`.
    /// Gives back the tag of the cookie that explains it, where the jar has one.
    pub fn touch(
        &mut self,
        name: &[u8],
        value: &[u8],
        target: &Target,
        now: Timestamp,
    ) -> Option<u64> {
        let agent = self.agent;
        let cookies = self.sites.get_mut(target.host.site())?;
        let fits = |cookie: &&mut Cookie| {
            cookie.name == name && cookie.value == value && cookie.reaches(target, agent)
        };
        let cookie = cookies.iter_mut().filter(fits).max_by_key(|cookie| cookie.path.len())?;
        cookie.last_access = cookie.last_access.max(now);
        Some(cookie.tag)
    }

    /// Whether this client stores and sends Secure cookies there.
    pub fn trusts(&self, target: &Target) -> bool {
        let plain = ["localhost", "127.0.0.1", "::1"].contains(&target.host.as_str());
        let is_trusted_here = target.host.is_loopback()
            && self.agent.trusts_loopback()
            && (plain || !self.agent.trusts_plain_loopback_only());
        target.scheme == Scheme::Https || is_trusted_here
    }

    /// Takes out every cookie that `test` picks and forgets sites that become empty.
    fn take_where(&mut self, test: impl Fn(&Cookie) -> bool) -> Vec<Cookie> {
        let mut taken = Vec::new();
        for cookies in self.sites.values_mut() {
            taken.extend(cookies.extract_if(.., |cookie| test(cookie)));
        }
        self.sites.retain(|_, cookies| !cookies.is_empty());
        taken
    }

    /// Drops the least recently used cookies where the client's limit for `site`, or the jar's
    /// own, is passed, and gives them back.
    pub(super) fn evict(&mut self, site: &str) -> Vec<Cookie> {
        let held = self.sites.get(site).map_or(0, Vec::len);
        match self.agent.site_limit() {
            Some((most, left)) if held > most => {
                self.drop_least_recent(held - left, |cookie_site| cookie_site == site)
            }
            _ => self.drop_least_recent(self.len().saturating_sub(MAX_COOKIES), |_| true),
        }
    }

    fn drop_least_recent(&mut self, count: usize, in_site: impl Fn(&str) -> bool) -> Vec<Cookie> {
        if count == 0 {
            return Vec::new();
        }
        let sites = self.sites.iter().filter(|(site, _)| in_site(site));
        let mut ages: Vec<(Timestamp, u64)> = sites
            .flat_map(|(_, cookies)| cookies)
            .map(|cookie| (cookie.last_access, cookie.order))
            .collect();
        if count < ages.len() {
            ages.select_nth_unstable(count);
        }
        ages.truncate(count);
        // Orders are unique in a jar, so they name the cookies.
        let mut orders: Vec<u64> = ages.into_iter().map(|(_, order)| order).collect();
        orders.sort_unstable();
        self.take_where(|cookie| orders.binary_search(&cookie.order).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::super::dialogue::Client;
    use super::*;

    #[test]
    fn cookies_end_in_the_order_of_their_times() {
        let mut client = Client::new(Agent::Firefox);
        for line in ["c=1; Max-Age=30", "a=1; Max-Age=10", "s=1", "b=1; Max-Age=20"] {
            client.set("http://shop.test/", line);
        }
        let mut ended = |seconds| {
            client.wait(seconds);
            let names = client.jar.expire(client.now).into_iter().map(|cookie| cookie.name);
            String::from_utf8(names.collect::<Vec<_>>().concat()).unwrap()
        };
        assert_eq!(ended(9), "");
        assert_eq!(ended(11), "ab");
        assert_eq!(ended(9), "");
        assert_eq!(ended(1), "c");
        assert_eq!(ended(9999), "");
        assert_eq!(client.jar.len(), 1);
    }

    #[test]
    fn an_empty_jar_says_so_after_the_last_cookie_left() {
        let mut client = Client::new(Agent::Chromium);
        client.set("http://shop.test/", "a=1; Max-Age=1");
        assert!(!client.jar.is_empty());
        client.wait(1);
        assert_eq!(client.jar.expire(client.now).len(), 1);
        assert!(client.jar.is_empty());
    }
}
