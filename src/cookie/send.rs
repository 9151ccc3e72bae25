//! Sending: which cookies a request carries, and why the others stay at home (RFC 6265bis section
//! 5.8.3).

use super::agent::Agent;
use super::domain::{Host, is_below};
use super::jar::{Cookie, Jar};
use super::path::path_matches;
use super::reason::{Grade, Reason, Verdict};
use super::set_cookie::SameSite;
use super::site::{Load, Site};
use super::target::Target;
use crate::time::Timestamp;
use std::cmp::Reverse;
use std::time::Duration;

/// How long a cookie with defaulted Lax goes along with cross-site POST navigations (RFC 6265bis
/// section 5.6.7.2 and Chromium's "Lax+POST").
const LAX_ALLOWS_UNSAFE: Duration = Duration::from_secs(120);

/// A cookie that a request might carry, and whether it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Considered<'a> {
    /// The cookie.
    pub cookie: &'a Cookie,
    /// Sent, or why not.
    pub sent: Result<(), Verdict>,
}

/// The `Cookie` value that the sent ones make: `a=1; b=2`. Empty where none is sent.
pub fn header_value(considered: &[Considered<'_>]) -> Vec<u8> {
    let sent = considered.iter().filter(|considered| considered.sent.is_ok());
    let written: Vec<Vec<u8>> = sent.map(|considered| considered.cookie.written()).collect();
    written.join(&b"; "[..])
}

impl Jar {
    /// Every cookie that a naive reading would send to `target`, in the order in which the client
    /// sends them, each with the verdict.
    ///
    /// "Naive" means: set by any host of the same site, or, where the target is this machine, by
    /// any of its names.
    pub fn for_request(&self, target: &Target, site: &Site, now: Timestamp) -> Vec<Considered<'_>> {
        let mut considered: Vec<Considered<'_>> = self
            .in_reach(&target.host)
            .map(|cookie| Considered { cookie, sent: self.check(cookie, target, site, now) })
            .collect();
        // curl counts as it looks through its list, before it sorts what it found.
        for extra in sent(&mut considered).skip(self.agent.sent_limit()) {
            extra.sent = Err(Verdict::of(Reason::CookieHeaderFull));
        }
        considered.sort_by(|a, b| self.compare(a.cookie, b.cookie));
        self.cut_to_header_limit(&mut considered);
        considered
    }

    /// Why a cookie that the model would send may not have been: what a browser's settings do to
    /// third parties. `None` where the request gives no such explanation.
    pub fn explain_missing(&self, site: &Site) -> Option<Verdict> {
        let is_likely = self.agent.is_browser() && site.is_third_party();
        is_likely.then_some(Verdict::of(Reason::ThirdPartyBlocked))
    }

    fn in_reach<'a>(&'a self, host: &Host) -> impl Iterator<Item = &'a Cookie> {
        let own = host.site();
        // A name below localhost is a site of its own, and nobody's other name.
        let is_machine = host.is_loopback() && !own.ends_with(".localhost");
        let names = if is_machine { Some(self.sites.iter()) } else { None };
        let other_names = names.into_iter().flatten().filter(move |(site, _)| {
            let is_sub_name = site.ends_with(".localhost");
            site.as_str() != own && !is_sub_name && Host::from_canonical(site).is_loopback()
        });
        let near = other_names.map(|(_, cookies)| cookies);
        self.sites.get(own).into_iter().chain(near).flatten()
    }

    fn check(
        &self,
        cookie: &Cookie,
        target: &Target,
        site: &Site,
        now: Timestamp,
    ) -> Result<(), Verdict> {
        let trusted = self.trusts(target);
        let reason = if cookie.is_expired(now) {
            Reason::Expired
        } else if !cookie.covers(&target.host, self.agent) {
            Reason::DomainMismatch
        } else if !path_matches(&target.path, &cookie.path) {
            Reason::PathMismatch
        } else if cookie.secure && !trusted {
            // That a Secure cookie stays off http is inferred: the response may be in another file.
            return Err(Verdict { reason: Reason::SecureOverHttp, grade: Grade::Inferred });
        } else {
            return self.check_site(cookie, target, site, now);
        };
        Err(Verdict::of(reason))
    }

    fn check_site(
        &self,
        cookie: &Cookie,
        target: &Target,
        site: &Site,
        now: Timestamp,
    ) -> Result<(), Verdict> {
        if !self.enforces_same_site() {
            return Ok(());
        }
        let is_redirected = site.redirected_across_sites && self.agent.redirects_make_cross_site();
        if (site.is_cross_site() || is_redirected)
            && let Some(reason) = self.same_site_reason(cookie.same_site)
            && !Self::is_lax_enough(cookie, site, now)
        {
            return Err(Self::weigh_context(reason, site));
        }
        if let Some(verdict) = self.no_storage(cookie.partition.is_some(), site) {
            return Err(verdict);
        }
        self.check_partition(cookie, target, site)
    }

    /// What keeps a cookie of this kind from cross-site requests, if anything does.
    pub(super) fn same_site_reason(&self, same_site: SameSite) -> Option<Reason> {
        match same_site {
            SameSite::Strict => Some(Reason::SameSiteStrict),
            SameSite::Lax => Some(Reason::SameSiteLax),
            SameSite::Unspecified if self.unset_same_site_is_none() => None,
            SameSite::Unspecified => Some(Reason::SameSiteDefault),
            SameSite::None => None,
        }
    }

    /// Fetch metadata makes the model's inference firm; without it only the browser knows.
    pub(super) const fn weigh_context(reason: Reason, site: &Site) -> Verdict {
        let grade = if site.fetch_metadata { Grade::Inferred } else { Grade::NeedsBrowserContext };
        Verdict { reason, grade }
    }

    /// Whether a cross-site request is a navigation that Lax, or defaulted Lax, lets through.
    fn is_lax_enough(cookie: &Cookie, site: &Site, now: Timestamp) -> bool {
        let is_young = now.since(cookie.created) <= LAX_ALLOWS_UNSAFE;
        let is_navigation = site.load == Load::TopLevel;
        match cookie.same_site {
            SameSite::Lax => is_navigation && site.safe_method,
            SameSite::Unspecified => is_navigation && (site.safe_method || is_young),
            SameSite::Strict | SameSite::None => false,
        }
    }

    /// Why a third party without access to the ordinary jar neither gets nor sets this cookie.
    /// Browsers that partition give it another jar instead.
    pub(super) fn no_storage(&self, is_partitioned: bool, site: &Site) -> Option<Verdict> {
        let is_shut_out = site.without_storage
            && !is_partitioned
            && self.agent.is_browser()
            && !self.agent.partitions_third_parties();
        let (reason, grade) = (Reason::ThirdPartyBlocked, Grade::Inferred);
        is_shut_out.then_some(Verdict { reason, grade })
    }

    fn check_partition(
        &self,
        cookie: &Cookie,
        target: &Target,
        site: &Site,
    ) -> Result<(), Verdict> {
        let is_foreign = site.is_third_party() && self.partitions_third_parties();
        let fits = match &cookie.partition {
            None => !is_foreign,
            // An unknown page may be the right one.
            Some(own) => site.partition(&target.host).is_none_or(|asked| asked == *own),
        };
        if fits { Ok(()) } else { Err(Verdict::of(Reason::PartitionMismatch)) }
    }

    fn compare(&self, a: &Cookie, b: &Cookie) -> std::cmp::Ordering {
        if self.agent.orders_by_lengths() {
            let lengths = |c: &Cookie| (c.path.len(), c.domain.len(), c.name.len(), c.order);
            return lengths(b).cmp(&lengths(a));
        }
        let place = |c: &Cookie| (Reverse(c.path.len()), c.order);
        place(a).cmp(&place(b))
    }

    /// Withholds what does not fit into one header line of this client.
    fn cut_to_header_limit(&self, considered: &mut [Considered<'_>]) {
        let mut length = b"Cookie: ".len();
        let mut is_full = false;
        for (index, entry) in sent(considered).enumerate() {
            let pair = entry.cookie.name.len() + b"=".len() + entry.cookie.value.len();
            is_full = is_full || length.saturating_add(pair) >= self.agent.header_limit();
            if is_full {
                entry.sent = Err(Verdict::of(Reason::CookieHeaderFull));
            }
            length += pair + if index > 0 { b"; ".len() } else { 0 };
        }
    }
}

/// Those that are still to be sent.
fn sent<'m, 'a>(
    considered: &'m mut [Considered<'a>],
) -> impl Iterator<Item = &'m mut Considered<'a>> {
    considered.iter_mut().filter(|entry| entry.sent.is_ok())
}

impl Cookie {
    /// The cookie as it stands in a `Cookie` header.
    pub fn written(&self) -> Vec<u8> {
        if self.name.is_empty() {
            self.value.clone()
        } else {
            [self.name.as_slice(), b"=", self.value.as_slice()].concat()
        }
    }

    /// Whether domain and path reach the target.
    pub fn reaches(&self, target: &Target, agent: Agent) -> bool {
        self.covers(&target.host, agent) && path_matches(&target.path, &self.path)
    }

    fn covers(&self, host: &Host, agent: Agent) -> bool {
        let own = host.as_str();
        if agent.matches_domain_by_ending() {
            return own == self.domain || is_below(own, &self.domain);
        }
        own == self.domain || (!self.host_only && host.matches_domain(&self.domain))
    }
}

#[cfg(test)]
mod tests {
    use super::super::dialogue::Client;
    use super::super::site::{Clues, Relation};
    use super::*;
    use Agent::{Chromium, Curl, Firefox, Other, PythonRequests};

    const SHOP: &str = "http://shop.test/";

    fn with(agent: Agent, url: &str, lines: &[&str]) -> Client {
        let mut client = Client::new(agent);
        for line in lines {
            client.set(url, line);
        }
        client
    }

    #[test]
    fn cookies_know_no_port_and_no_scheme_unless_secure() {
        let mut client = with(Chromium, "http://shop.test:8080/", &["a=1"]);
        assert_eq!(client.sends(SHOP), "a=1");
        client.set(SHOP, "a=2");
        assert_eq!(client.sends("http://shop.test:8080/"), "a=2");
        client.set("https://shop.test/", "s=1; Secure");
        assert_eq!(client.sends("https://shop.test:8443/"), "a=2; s=1");
        assert_eq!(client.sends(SHOP), "a=2");
        assert_eq!(client.withholds(SHOP, "s"), Some(Reason::SecureOverHttp));
    }

    #[test]
    fn a_path_below_the_login_hides_the_session_from_the_front_page() {
        let client = with(Chromium, "http://shop.test/app/login", &["session=x; Path=/app"]);
        for path in ["app", "app/", "app/deep", "app/home?x=/"] {
            assert_eq!(client.sends(&format!("{SHOP}{path}")), "session=x", "{path}");
        }
        for path in ["", "application", "App", "ap"] {
            let url = format!("{SHOP}{path}");
            assert_eq!(client.withholds(&url, "session"), Some(Reason::PathMismatch), "{path}");
        }
        let client = with(Chromium, SHOP, &["a=1; Path=/app/"]);
        assert_eq!(client.sends("http://shop.test/app"), "");
        assert_eq!(client.sends("http://shop.test/app/"), "a=1");
    }

    #[test]
    fn without_a_usable_path_the_directory_of_the_request_counts() {
        for attribute in ["", "; Path=", "; Path=deep", "; Path=\"/\"", "; Path"] {
            let line = format!("a=1{attribute}");
            let client = with(Firefox, "http://shop.test/app/deep/set", &[&line]);
            assert_eq!(client.sends("http://shop.test/app/deep/x"), "a=1", "{attribute}");
            assert_eq!(client.sends("http://shop.test/app/"), "", "{attribute}");
        }
        let quoted = "a=1; Path=\"/app\"";
        let curl = with(Curl, "http://shop.test/x/y", &[quoted]);
        assert_eq!(curl.sends("http://shop.test/app"), "a=1");
        let twice = "a=1; Path=/one; Path=/two";
        assert_eq!(with(Chromium, SHOP, &[twice]).sends("http://shop.test/two"), "a=1");
        assert_eq!(with(PythonRequests, SHOP, &[twice]).sends("http://shop.test/one"), "a=1");
    }

    #[test]
    fn one_name_on_two_paths_or_domains_is_two_cookies() {
        let lines = ["a=root; Path=/", "a=deep; Path=/app", "a=wide; Domain=shop.test; Path=/"];
        for agent in [Chromium, Firefox, Other] {
            let client = with(agent, SHOP, &lines);
            assert_eq!(client.sends("http://shop.test/app"), "a=deep; a=root; a=wide", "{agent:?}");
        }
    }

    #[test]
    fn a_new_value_moves_a_cookie_to_the_end_in_chromium_only() {
        let lines = ["a=1", "b=1", "c=1", "a=2", "b=1"];
        assert_eq!(with(Chromium, SHOP, &lines).sends(SHOP), "b=1; c=1; a=2");
        for agent in [Firefox, PythonRequests, Other] {
            assert_eq!(with(agent, SHOP, &lines).sends(SHOP), "a=2; b=1; c=1", "{agent:?}");
        }
    }

    #[test]
    fn deleting_and_setting_again_moves_to_the_end_everywhere() {
        for agent in [Chromium, Firefox, PythonRequests, Other] {
            let client = with(agent, SHOP, &["a=1", "b=1", "a=; Max-Age=0", "a=1"]);
            assert_eq!(client.sends(SHOP), "b=1; a=1", "{agent:?}");
        }
    }

    #[test]
    fn curl_orders_by_lengths() {
        let lines = ["a=1", "long=1; Path=/", "b=1; Path=/app", "wide=1; Domain=shop.test"];
        let client = with(Curl, "http://www.shop.test/", &lines);
        assert_eq!(client.sends("http://www.shop.test/app"), "b=1; long=1; a=1; wide=1");
    }

    #[test]
    fn a_host_only_cookie_stays_on_its_host() {
        let client = with(Chromium, SHOP, &["own=1", "wide=1; Domain=shop.test"]);
        assert_eq!(client.sends("http://www.shop.test/"), "wide=1");
        assert_eq!(client.withholds("http://www.shop.test/", "own"), Some(Reason::DomainMismatch));
        assert!(client.considers("http://other.test/").is_empty());
        let requests = with(PythonRequests, SHOP, &["own=1"]);
        assert_eq!(requests.sends("http://www.shop.test/"), "own=1");
    }

    #[test]
    fn localhost_and_its_address_are_different_hosts() {
        let client = with(Chromium, "http://localhost:5000/", &["session=x"]);
        let url = "http://127.0.0.1:5000/";
        assert_eq!(client.withholds(url, "session"), Some(Reason::DomainMismatch));
        assert_eq!(client.sends("http://localhost:8000/"), "session=x");
    }

    const KINDS: [&str; 4] = [
        "strict=1; SameSite=Strict",
        "lax=1; SameSite=Lax",
        "unset=1",
        "none=1; SameSite=None; Secure",
    ];

    fn from_elsewhere(agent: Agent, clues: &Clues<'_>, age: i64) -> String {
        let url = "https://shop.test/";
        let mut client = with(agent, url, &KINDS);
        client.wait(age);
        client.comes_from(&Clues { fetch_site: Some(b"cross-site"), ..*clues }, url);
        client.sends(url)
    }

    #[test]
    fn a_link_from_another_site_carries_lax_and_unset_but_not_strict() {
        let link = Clues {
            method: b"GET",
            fetch_mode: Some(b"navigate"),
            fetch_dest: Some(b"document"),
            ..Clues::default()
        };
        for agent in [Chromium, Firefox, Other] {
            assert_eq!(from_elsewhere(agent, &link, 0), "lax=1; unset=1; none=1", "{agent:?}");
        }
        let post = Clues { method: b"POST", ..link };
        for agent in [Chromium, Firefox] {
            assert_eq!(from_elsewhere(agent, &post, 60), "unset=1; none=1", "{agent:?}");
        }
        assert_eq!(from_elsewhere(Chromium, &post, 121), "none=1");
        assert_eq!(from_elsewhere(Firefox, &post, 121), "unset=1; none=1");
        assert_eq!(from_elsewhere(Curl, &post, 121), "strict=1; unset=1; none=1; lax=1");
    }

    #[test]
    fn images_fetches_and_frames_of_other_sites_get_next_to_nothing() {
        let loads: [(&[u8], &[u8]); 3] =
            [(b"no-cors", b"image"), (b"cors", b"empty"), (b"navigate", b"iframe")];
        for (mode, dest) in loads {
            let clues = Clues {
                method: b"GET",
                fetch_mode: Some(mode),
                fetch_dest: Some(dest),
                ..Clues::default()
            };
            assert_eq!(from_elsewhere(Chromium, &clues, 0), "none=1");
            assert_eq!(from_elsewhere(Firefox, &clues, 0), "");
        }
    }

    #[test]
    fn fetch_metadata_raises_the_grade_of_a_same_site_verdict() {
        let url = "https://shop.test/";
        let mut client = with(Chromium, url, &KINDS);
        let grade = |client: &Client| client.considers(url)[0].sent.unwrap_err().grade;
        client.comes_from(&Clues { origin: Some(b"https://evil.test"), ..Clues::default() }, url);
        assert_eq!(grade(&client), Grade::NeedsBrowserContext);
        client.comes_from(&Clues { fetch_site: Some(b"cross-site"), ..Clues::default() }, url);
        assert_eq!(grade(&client), Grade::Inferred);
    }

    #[test]
    fn a_typed_address_that_another_site_redirects_loses_strict_in_firefox() {
        for (agent, sent) in
            [(Chromium, "strict=1; lax=1; unset=1; none=1"), (Firefox, "lax=1; unset=1; none=1")]
        {
            let mut client = with(agent, "https://shop.test/", &KINDS);
            client.site = Site {
                safe_method: true,
                relation: Relation::UserStarted,
                load: Load::TopLevel,
                redirected_across_sites: true,
                ..Site::default()
            };
            assert_eq!(client.sends("https://shop.test/"), sent, "{agent:?}");
            client.site.redirected_across_sites = false;
            let all = "strict=1; lax=1; unset=1; none=1";
            assert_eq!(client.sends("https://shop.test/"), all, "{agent:?}");
        }
    }

    #[test]
    fn what_a_frame_sets_in_firefox_comes_back_only_on_the_same_page() {
        let frame = |referer: &'static [u8]| Clues {
            method: b"GET",
            fetch_site: Some(b"cross-site"),
            fetch_mode: Some(b"navigate"),
            fetch_dest: Some(b"iframe"),
            referer: Some(referer),
            ..Clues::default()
        };
        let url = "https://shop.test/frame";
        let mut client = Client::new(Firefox);
        client.comes_from(&frame(b"https://evil.test/"), url);
        client.set(url, "framed=1");
        assert_eq!(client.sends(url), "framed=1");
        client.comes_from(&frame(b"https://other.test/"), url);
        assert_eq!(client.withholds(url, "framed"), Some(Reason::PartitionMismatch));
        client.comes_from(&Clues::default(), url);
        assert_eq!(client.withholds(url, "framed"), Some(Reason::PartitionMismatch));
    }

    #[test]
    fn a_missing_third_party_cookie_may_be_a_matter_of_settings() {
        let url = "https://shop.test/pixel";
        let clues = Clues {
            fetch_site: Some(b"cross-site"),
            fetch_mode: Some(b"no-cors"),
            ..Clues::default()
        };
        let mut client = Client::new(Chromium);
        client.comes_from(&clues, url);
        let verdict = client.jar.explain_missing(&client.site).unwrap();
        assert_eq!(verdict.reason, Reason::ThirdPartyBlocked);
        assert_eq!(client.jar.explain_missing(&Site::default()), None);
        assert_eq!(Client::new(Curl).jar.explain_missing(&client.site), None);
    }

    #[test]
    fn after_max_age_the_visit_is_anonymous() {
        let mut client = with(Chromium, SHOP, &["session=x; Max-Age=60", "other=1"]);
        client.wait(59);
        assert_eq!(client.sends(SHOP), "session=x; other=1");
        client.wait(1);
        assert_eq!(client.sends(SHOP), "other=1");
        assert_eq!(client.withholds(SHOP, "session"), Some(Reason::Expired));
        let expired = client.jar.expire(client.now);
        assert_eq!(expired.len(), 1);
        assert_eq!(expired[0].name, b"session");
        assert!(client.jar.expire(client.now).is_empty());
        assert_eq!(client.jar.len(), 1);
    }

    #[test]
    fn curl_fills_one_header_and_no_more() {
        let long = "v".repeat(3000);
        let lines: Vec<String> = (0..4).map(|n| format!("n{n}={long}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let client = with(Curl, SHOP, &lines);
        assert_eq!(client.withholds(SHOP, "n1"), Some(Reason::CookieHeaderFull));
        assert_eq!(client.withholds(SHOP, "n2"), None);
        assert_eq!(with(Chromium, SHOP, &lines).withholds(SHOP, "n1"), None);
    }

    #[test]
    fn clear_site_data_empties_the_whole_site_from_trusted_hosts() {
        let url = "https://www.shop.test/";
        let place = super::super::dialogue::target(url);
        let lines = ["a=1", "b=1; Domain=shop.test"];
        let mut client = with(Chromium, url, &lines);
        client.set("https://other.test/", "c=1");
        assert!(client.jar.clear_site_data(b"\"cache\"", &place).is_empty());
        let cleared = client.jar.clear_site_data(b"\"cache\", \"cookies\"", &place);
        assert_eq!((cleared.len(), client.jar.len()), (2, 1));
        let plain = super::super::dialogue::target("http://www.shop.test/");
        let mut client = with(Chromium, url, &lines);
        assert!(client.jar.clear_site_data(b"\"*\"", &plain).is_empty());
        assert_eq!(client.jar.clear_site_data(b"\"*\"", &place).len(), 2);
        let mut curl = with(Curl, url, &lines);
        assert!(curl.jar.clear_site_data(b"\"*\"", &place).is_empty());
    }
}
