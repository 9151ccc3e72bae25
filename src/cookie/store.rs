//! Storing: what becomes of the `Set-Cookie` lines of a response (RFC 6265bis section 5.7).

use super::agent::Agent;
use super::domain::{Host, canonical_name, is_below, is_public_suffix};
use super::jar::{Cookie, Jar};
use super::path::{default_path, path_matches};
use super::reason::{Grade, Reason, Verdict};
use super::set_cookie::{SameSite, SetCookie};
use super::site::Site;
use super::target::{Scheme, Target};
use crate::few;
use crate::time::Timestamp;

/// No cookie lives longer (RFC 6265bis section 5.5).
const LONGEST_LIFE_SECONDS: i64 = 400 * 24 * 60 * 60;

/// What surrounds a `Set-Cookie` line.
#[derive(Debug, Clone, Copy)]
pub struct Response<'a> {
    /// Where the request went that this answers.
    pub target: &'a Target,
    /// From where that request was made.
    pub site: &'a Site,
    /// When the response arrived.
    pub now: Timestamp,
    /// The response's `Date`, against which some clients read `Expires`.
    pub date: Option<Timestamp>,
    /// Whether the client is known to have kept these cookies, since it sent them later.
    pub kept: bool,
    /// What the stored cookies shall carry for the caller.
    pub tag: u64,
}

/// What became of a cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// It was not there before.
    New {
        /// Cookies that had to go to make room.
        evicted: Vec<Cookie>,
    },
    /// It took the place of one with another value or other attributes.
    Replaced {
        /// The one before.
        previous: Box<Cookie>,
    },
    /// It was there and says the same; only its end may have moved.
    Refreshed {
        /// The one before.
        previous: Box<Cookie>,
    },
    /// The server deleted it, by an end in the past.
    Deleted {
        /// The one that was there.
        previous: Box<Cookie>,
    },
    /// The server meant to delete a cookie that is not there.
    DeletedNothing {
        /// Cookies of the same name whose domain or path differ: what it may have meant.
        similar: Vec<Cookie>,
    },
    /// The client does not keep it.
    Refused(Verdict),
}

/// A `Set-Cookie` line and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The line taken apart as the client does it.
    pub cookie: SetCookie,
    /// What became of it.
    pub stored: Stored,
}

impl Jar {
    /// Takes in every `Set-Cookie` line of one response, in order.
    pub fn receive(&mut self, lines: &[&[u8]], response: &Response<'_>) -> Vec<Received> {
        let is_dropped = self.drops(lines);
        let lines = lines.iter().enumerate();
        lines.map(|(place, line)| self.receive_line(line, place, is_dropped, response)).collect()
    }

    /// Whether the client drops a response with these lines as a whole.
    pub fn drops(&self, lines: &[impl AsRef<[u8]>]) -> bool {
        self.agent.drops_response_with_nul() && lines.iter().any(|line| line.as_ref().contains(&0))
    }

    /// Takes in one `Set-Cookie` line, the `place`th of its response (from 0), for a caller that has
    /// something to say of each. `is_dropped` is what [`Self::drops`] said of all its lines.
    pub fn receive_line(
        &mut self,
        line: &[u8],
        place: usize,
        is_dropped: bool,
        response: &Response<'_>,
    ) -> Received {
        let (cookie, fault) = match SetCookie::parse_for(line, self.agent) {
            Ok(cookie) => (cookie, None),
            Err(refusal) => (*refusal.cookie, Some(refusal.reason)),
        };
        let fault = if is_dropped {
            Some(Reason::NulInResponse)
        } else if place >= self.agent.lines_per_response() {
            Some(Reason::TooManyInResponse)
        } else {
            fault
        };
        let stored = match fault {
            Some(reason) => Stored::Refused(self.weigh(reason)),
            None => self.store(&cookie, response),
        };
        Received { cookie, stored }
    }

    /// Stores one cookie, or tells why the client does not.
    pub fn store(&mut self, set: &SetCookie, response: &Response<'_>) -> Stored {
        match self.accept(set, response) {
            Err(verdict) => Stored::Refused(verdict),
            Ok(cookie) if cookie.is_expired(response.now) => self.delete(&cookie, response),
            Ok(cookie) => self.put(cookie, response),
        }
    }

    /// A verdict on a client that may not keep to the RFC at all, or of a version that may not
    /// have had the rule yet, proves nothing.
    fn weigh(&self, reason: Reason) -> Verdict {
        let verdict = Verdict::of(reason);
        let is_sure = self.agent != Agent::Other && self.era.is_sure_of(self.agent, reason);
        match verdict.grade {
            Grade::Proved if !is_sure => Verdict { reason, grade: Grade::Inferred },
            _ => verdict,
        }
    }

    /// A verdict that hangs on the scheme, where it is not sure which one the browser used.
    fn weigh_scheme(&self, reason: Reason, site: &Site) -> Verdict {
        let hangs_on_scheme = matches!(
            reason,
            Reason::SecureOverHttp | Reason::InvalidPrefix | Reason::OverwriteSecure
        );
        if hangs_on_scheme && site.scheme_in_doubt {
            return Verdict { reason, grade: Grade::NeedsBrowserContext };
        }
        self.weigh(reason)
    }

    /// The cookie that `set` makes, or why it makes none.
    fn accept(&self, set: &SetCookie, response: &Response<'_>) -> Result<Cookie, Verdict> {
        let refuse = |reason| Err(self.weigh_scheme(reason, response.site));
        if let Some(reason) = set.fault(self.agent).filter(|_| !response.kept) {
            return refuse(reason);
        }
        let (domain, host_only) = match self.domain_of(set, &response.target.host) {
            Ok(domain) => domain,
            Err(reason) => return refuse(reason),
        };
        let cookie = self.cookie(set, domain, host_only, response);
        if response.kept {
            return Ok(cookie);
        }
        if let Some(reason) = self.attribute_fault(set, &cookie, response.target) {
            return refuse(reason);
        }
        if self.would_overwrite_secure(&cookie, response) {
            return refuse(Reason::OverwriteSecure);
        }
        self.check_context(&cookie, response.site)?;
        Ok(cookie)
    }

    fn cookie(
        &self,
        set: &SetCookie,
        domain: String,
        host_only: bool,
        response: &Response<'_>,
    ) -> Cookie {
        let target = response.target;
        let partitioned = set.partitioned && self.knows_partitioned();
        let is_foreign = response.site.is_third_party() && self.partitions_third_parties();
        let has_partition = partitioned || is_foreign;
        Cookie {
            name: set.name.clone(),
            value: set.value.clone(),
            domain,
            host_only,
            path: set.path.clone().unwrap_or_else(|| default_path(&target.path).to_vec()),
            secure: set.secure,
            http_only: set.http_only,
            same_site: set.same_site,
            partitioned,
            // An unknown page gets a partition that no known page shares.
            partition: has_partition
                .then(|| response.site.partition(&target.host).unwrap_or_default()),
            created: response.now,
            last_set: response.now,
            last_access: response.now,
            expires: self.end_of(set, response),
            tag: response.tag,
            order: self.next_order,
        }
    }

    /// When the cookie ends. A deletion ends where time begins.
    fn end_of(&self, set: &SetCookie, response: &Response<'_>) -> Option<Timestamp> {
        let now = response.now;
        let end = match (set.max_age, set.expires) {
            (Some(seconds), _) if seconds <= 0 => Timestamp::from_seconds(i64::MIN),
            (Some(seconds), _) => now.plus_seconds(seconds),
            (None, Some(end)) => match response.date {
                Some(date) if self.agent.corrects_clock_skew() => {
                    end.plus_seconds(now.seconds().saturating_sub(date.seconds()))
                }
                _ => end,
            },
            (None, None) => return None,
        };
        let latest = now.plus_seconds(LONGEST_LIFE_SECONDS);
        Some(if self.agent.caps_lifetime() { end.min(latest) } else { end })
    }

    /// The domain that the cookie gets, and whether it is host-only.
    fn domain_of(&self, set: &SetCookie, host: &Host) -> Result<(String, bool), Reason> {
        if self.agent.every_domain_counts() {
            for value in set.values_of("Domain").filter(|value| !value.is_empty()) {
                let value = value.strip_prefix(b".").unwrap_or(value);
                self.resolve_domain(&value.to_ascii_lowercase(), host)?;
            }
        }
        match &set.domain {
            None => Ok((host.as_str().to_owned(), true)),
            Some(domain) => self.resolve_domain(domain, host),
        }
    }

    fn resolve_domain(&self, domain: &[u8], host: &Host) -> Result<(String, bool), Reason> {
        let own = host.as_str();
        if domain.is_empty() && !self.agent.refuses_dot_domain() {
            return Ok((own.to_owned(), true));
        }
        if !domain.is_ascii() && !self.agent.encodes_domain() {
            return Err(Reason::DomainNonAscii);
        }
        let domain = canonical_name(domain).or_else(|| address_text(domain));
        let domain = domain.ok_or(Reason::InvalidDomain)?;
        if self.agent.matches_domain_by_ending() {
            return resolve_by_ending(domain, own);
        }
        if domain == own {
            let host_only = host.is_address() || is_public_suffix(own);
            return Ok((domain, host_only));
        }
        if !host.matches_domain(&domain) {
            return Err(Reason::InvalidDomain);
        }
        if is_public_suffix(&domain) { Err(Reason::PublicSuffix) } else { Ok((domain, false)) }
    }

    /// What the attributes forbid, in the order in which a reader would mend it.
    fn attribute_fault(&self, set: &SetCookie, cookie: &Cookie, target: &Target) -> Option<Reason> {
        if set.secure && !self.trusts(target) && !self.stores_secure_over_http() {
            Some(Reason::SecureOverHttp)
        } else if self.knows_prefixes() && self.breaks_prefix(set, cookie, target) {
            Some(Reason::InvalidPrefix)
        } else if set.same_site == SameSite::None && !set.secure && self.none_needs_secure() {
            Some(Reason::SameSiteNoneInsecure)
        } else if cookie.partitioned && !set.secure {
            Some(Reason::PartitionedInsecure)
        } else {
            None
        }
    }

    /// Whether the name promises more than the attributes hold (RFC 6265bis section 5.4).
    fn breaks_prefix(&self, set: &SetCookie, cookie: &Cookie, target: &Target) -> bool {
        let has = |prefix| set.has_prefix(prefix, self.agent);
        let is_host = has("__Host-");
        let is_http = self.agent.knows_http_prefixes() && (has("__Http-") || has("__Host-Http-"));
        if !(is_host || is_http || has("__Secure-")) {
            return false;
        }
        let is_trusted = target.scheme == Scheme::Https || !self.agent.prefixes_need_https();
        let names_path = set.has_attribute("Path") || !self.agent.host_prefix_needs_path();
        let is_bound_to_host =
            set.domain.is_none() && cookie.host_only && cookie.path == b"/" && names_path;
        // A nameless cookie must not look as if it had kept such a promise.
        set.name.is_empty()
            || !(set.secure && is_trusted)
            || (is_host && !is_bound_to_host)
            || (is_http && !set.http_only)
    }

    /// Whether http would replace or hide a Secure cookie (RFC 6265bis section 5.7, "leave secure
    /// cookies alone").
    fn would_overwrite_secure(&self, new: &Cookie, response: &Response<'_>) -> bool {
        let target = response.target;
        if new.secure || self.trusts(target) || self.stores_secure_over_http() {
            return false;
        }
        let held = self.sites.get(target.host.site()).into_iter().flatten();
        held.filter(|old| old.secure && old.name == new.name && !old.is_expired(response.now)).any(
            |old| {
                let is_related = old.domain == new.domain
                    || is_below(&old.domain, &new.domain)
                    || is_below(&new.domain, &old.domain);
                is_related && path_matches(&new.path, &old.path)
            },
        )
    }

    /// `SameSite` cookies are not taken from cross-site responses, but for top-level navigations.
    fn check_context(&self, cookie: &Cookie, site: &Site) -> Result<(), Verdict> {
        if !self.enforces_same_site() || !site.is_third_party() {
            return Ok(());
        }
        // Chromium asks its settings first, and names only them.
        if let Some(verdict) = self.no_storage(cookie.partition.is_some(), site) {
            return Err(verdict);
        }
        match self.same_site_reason(cookie.same_site) {
            Some(reason) => Err(Self::weigh_context(reason, site)),
            None => Ok(()),
        }
    }

    /// Puts the cookie in its place.
    fn put(&mut self, mut cookie: Cookie, response: &Response<'_>) -> Stored {
        self.next_order += 1;
        self.earliest_end = [self.earliest_end, cookie.expires].into_iter().flatten().min();
        let site = response.target.host.site().to_owned();
        let cookies = self.sites.entry(site.clone()).or_default();
        let Some(index) = cookies.iter().position(|old| old.is_same_cookie(&cookie)) else {
            // Most clients hold one cookie of a site, and there are many clients.
            few::push(cookies, cookie);
            return Stored::New { evicted: self.evict(&site) };
        };
        if cookies[index].is_expired(response.now) {
            cookies.remove(index);
            cookies.push(cookie);
            return Stored::New { evicted: Vec::new() };
        }
        let has_new_value = cookies[index].value != cookie.value;
        let previous = cookies.remove(index);
        if has_new_value && self.agent.new_value_moves_to_end() {
            cookies.push(cookie.clone());
        } else {
            cookie.created = previous.created;
            cookie.order = previous.order;
            cookies.insert(index, cookie.clone());
        }
        let previous = Box::new(previous);
        if previous.says_the_same(&cookie) {
            Stored::Refreshed { previous }
        } else {
            Stored::Replaced { previous }
        }
    }

    /// Takes the cookie away that a line with an end in the past names.
    fn delete(&mut self, named: &Cookie, response: &Response<'_>) -> Stored {
        let site = response.target.host.site();
        let Some(cookies) = self.sites.get_mut(site) else {
            return Stored::DeletedNothing { similar: Vec::new() };
        };
        if let Some(index) = cookies.iter().position(|old| old.is_same_cookie(named)) {
            let previous = Box::new(cookies.remove(index));
            if cookies.is_empty() {
                self.sites.remove(site);
            }
            return Stored::Deleted { previous };
        }
        let similar = cookies.iter().filter(|old| old.name == named.name);
        Stored::DeletedNothing { similar: similar.cloned().collect() }
    }
}

/// An IPv6 address as `Domain` writes it, with or without brackets.
fn address_text(domain: &[u8]) -> Option<String> {
    Host::parse(domain).filter(Host::is_address).map(|host| host.as_str().to_owned())
}

/// Domain rules of Python's `http.cookiejar`: the host must end with the domain, and the domain
/// needs a dot inside. A dot in front is added, so nothing stays host-only.
fn resolve_by_ending(domain: String, host: &str) -> Result<(String, bool), Reason> {
    let is_within = host == domain || is_below(host, &domain);
    if is_within && domain.contains('.') { Ok((domain, false)) } else { Err(Reason::InvalidDomain) }
}

#[cfg(test)]
mod tests {
    use super::super::dialogue::{Client, START};
    use super::*;
    use Agent::{Chromium, Curl, Firefox, Other, PythonRequests, Safari};

    const SHOP: &str = "http://shop.test:5000/";
    const SECURE_SHOP: &str = "https://shop.test/";

    /// What each client does with one line from one place.
    fn expect(url: &str, line: &str, outcomes: &[(Agent, Option<Reason>)]) {
        for &(agent, reason) in outcomes {
            assert_eq!(Client::new(agent).refuses(url, line), reason, "{agent:?} {url} {line}");
        }
    }

    #[test]
    fn secure_over_http_is_dropped_and_requests_keeps_it_to_itself() {
        let line = "session=x; Secure; HttpOnly; Path=/; SameSite=Lax";
        let refused = Some(Reason::SecureOverHttp);
        let all = [Chromium, Firefox, Safari, Curl, Other].map(|agent| (agent, refused));
        expect(SHOP, line, &all);
        let mut requests = Client::new(PythonRequests);
        assert_eq!(requests.refuses(SHOP, line), None);
        assert_eq!(requests.sends(SHOP), "");
        assert_eq!(requests.withholds(SHOP, "session"), refused);
        assert_eq!(requests.sends(SECURE_SHOP), "session=x");
    }

    #[test]
    fn a_proof_needs_a_client_whose_rules_are_known() {
        let grade = |agent| match Client::new(agent).set(SHOP, "a=b; Secure") {
            Stored::Refused(verdict) => verdict.grade,
            other => panic!("{other:?}"),
        };
        assert_eq!(grade(Chromium), Grade::Proved);
        assert_eq!(grade(Other), Grade::Inferred);
    }

    #[test]
    fn secure_on_this_machine_is_stored_and_sent() {
        for url in ["http://localhost:5000/", "http://127.0.0.1:5000/"] {
            for agent in [Chromium, Firefox, Curl] {
                let mut client = Client::new(agent);
                assert_eq!(client.refuses(url, "a=b; Secure"), None, "{agent:?} {url}");
                assert_eq!(client.sends(url), "a=b", "{agent:?} {url}");
            }
            let mut requests = Client::new(PythonRequests);
            assert_eq!(requests.refuses(url, "a=b; Secure"), None);
            assert_eq!(requests.sends(url), "");
        }
    }

    #[test]
    fn same_site_none_needs_secure_in_browsers() {
        let refused = Some(Reason::SameSiteNoneInsecure);
        let outcomes = [
            (Chromium, refused),
            (Firefox, refused),
            (Other, refused),
            (Curl, None),
            (PythonRequests, None),
        ];
        expect(SHOP, "a=b; SameSite=None", &outcomes);
        expect(SECURE_SHOP, "a=b; SameSite=None; Secure", &[(Chromium, None), (Firefox, None)]);
    }

    #[test]
    fn prefixed_names_must_keep_their_promise() {
        let refused = Some(Reason::InvalidPrefix);
        for name in ["__Secure-a", "__Host-a", "__secure-a", "__HOST-a"] {
            let line = format!("{name}=1; Path=/");
            expect(SHOP, &line, &[(Chromium, refused), (Firefox, refused), (PythonRequests, None)]);
            expect(SECURE_SHOP, &line, &[(Chromium, refused), (Firefox, refused)]);
            let line = format!("{name}=1; Path=/; Secure");
            expect(SECURE_SHOP, &line, &[(Chromium, None), (Firefox, None), (Curl, None)]);
            expect(SHOP, &line, &[(Chromium, Some(Reason::SecureOverHttp))]);
        }
        let with_domain = "__Host-a=1; Path=/; Secure; Domain=shop.test";
        expect(SECURE_SHOP, with_domain, &[(Chromium, refused), (Firefox, refused)]);
        let without_path = "__Host-a=1; Secure";
        expect(SECURE_SHOP, without_path, &[(Chromium, refused), (Firefox, None)]);
        let other_path = "__Host-a=1; Secure; Path=/x";
        expect(SECURE_SHOP, other_path, &[(Chromium, refused), (Firefox, refused)]);
        expect(SECURE_SHOP, "=__Host-a; Secure; Path=/", &[(Firefox, refused)]);
        expect(SECURE_SHOP, "__Http-a=1; Secure", &[(Chromium, refused), (Firefox, None)]);
        expect(SECURE_SHOP, "__Http-a=1; Secure; HttpOnly", &[(Chromium, None)]);
        expect(
            "http://localhost/",
            "__Secure-a=1; Secure",
            &[(Chromium, refused), (Firefox, None)],
        );
    }

    #[test]
    fn partitioned_needs_secure_where_it_is_understood() {
        let refused = Some(Reason::PartitionedInsecure);
        expect(
            SHOP,
            "partplain=1; Partitioned; Path=/",
            &[(Chromium, refused), (Firefox, refused), (Curl, None), (PythonRequests, None)],
        );
        expect(SECURE_SHOP, "p=1; Partitioned; Secure", &[(Chromium, None), (Firefox, None)]);
    }

    #[test]
    fn too_long_a_session_never_comes_back() {
        let line = |length: usize| format!("s={}; Path=/", "v".repeat(length - 1));
        let refused = Some(Reason::NameValueTooLong);
        expect(SHOP, &line(4096), &[(Chromium, None), (Firefox, None), (PythonRequests, None)]);
        expect(
            SHOP,
            &line(4097),
            &[(Chromium, refused), (Firefox, refused), (PythonRequests, None)],
        );
        expect(SHOP, &line(4096), &[(Curl, refused)]);
    }

    #[test]
    fn a_path_over_1024_bytes_leaves_the_default_path() {
        for agent in [Chromium, Firefox] {
            let mut client = Client::new(agent);
            let line = format!("a=b; Path=/{}", "p".repeat(1024));
            client.set("http://shop.test/app/set", &line);
            assert_eq!(client.jar.iter().next().unwrap().path, b"/app");
        }
    }

    #[test]
    fn curl_takes_fifty_lines_of_one_response() {
        let lines: Vec<String> = (0..60).map(|n| format!("c{n}=1")).collect();
        let lines: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
        let kept = |agent| {
            let mut client = Client::new(agent);
            client.receives(SHOP, &lines);
            client.jar.len()
        };
        assert_eq!((kept(Curl), kept(Chromium)), (50, 60));
    }

    #[test]
    fn the_181st_cookie_evicts_the_31_least_recently_used() {
        for agent in [Chromium, Firefox] {
            let mut client = Client::new(agent);
            let names = ["d", "e", "f"].map(String::from).into_iter();
            let mut evicted = 0;
            for name in names.chain((0..190).map(|n| format!("m{n:03}"))) {
                client.wait(1);
                if let Stored::New { evicted: gone } = client.set(SHOP, &format!("{name}=1")) {
                    evicted += gone.len();
                }
            }
            let sent: Vec<String> = (28..190).map(|n| format!("m{n:03}=1")).collect();
            assert_eq!(client.sends(SHOP), sent.join("; "), "{agent:?}");
            assert_eq!(evicted, 31);
        }
    }

    #[test]
    fn a_cookie_in_use_survives_the_eviction() {
        let mut client = Client::new(Chromium);
        for n in 0..180 {
            client.wait(1);
            client.set(SHOP, &format!("m{n:03}=1"));
        }
        client.wait(1);
        let place = super::super::dialogue::target(SHOP);
        assert_eq!(client.jar.touch(b"m000", b"1", &place, client.now), Some(7));
        assert_eq!(client.jar.touch(b"m000", b"2", &place, client.now), None);
        client.set(SHOP, "last=1");
        let sent = client.sends(SHOP);
        assert!(sent.starts_with("m000=1; m032=1;"), "{sent}");
    }

    #[test]
    fn a_jar_never_outgrows_its_cap() {
        use super::super::jar::MAX_COOKIES;
        let mut client = Client::new(PythonRequests);
        for n in 0..MAX_COOKIES + 20 {
            client.set(&format!("http://s{n}.test/"), "a=b");
        }
        assert_eq!(client.jar.len(), MAX_COOKIES);
        assert_eq!(client.sends("http://s0.test/"), "");
        assert_eq!(client.sends("http://s20.test/"), "a=b");
    }

    #[test]
    fn a_domain_must_cover_the_host_and_belong_to_somebody() {
        let own = ["shop.test", ".shop.test", "SHOP.Test", "www.shop.test", ""];
        for domain in own {
            let line = format!("a=b; Domain={domain}");
            expect(
                "http://www.shop.test/",
                &line,
                &[(Chromium, None), (Firefox, None), (Curl, None)],
            );
        }
        let wrong = [
            ("api.shop.test", Reason::InvalidDomain),
            ("a.www.shop.test", Reason::InvalidDomain),
            ("evil.test", Reason::InvalidDomain),
            ("test", Reason::PublicSuffix),
            (".", Reason::InvalidDomain),
            ("..shop.test", Reason::InvalidDomain),
            ("shop.test.", Reason::InvalidDomain),
            ("shop.test:5000", Reason::InvalidDomain),
            ("hop.test", Reason::InvalidDomain),
        ];
        for (domain, reason) in wrong {
            let line = format!("a=b; Domain={domain}");
            let refused = Some(reason);
            expect("http://www.shop.test/", &line, &[(Chromium, refused), (Firefox, refused)]);
        }
    }

    #[test]
    fn addresses_and_single_labels_may_name_themselves() {
        for (url, domain) in [
            ("http://10.77.0.1/", "10.77.0.1"),
            ("http://shop/", "shop"),
            ("http://localhost/", "localhost"),
            ("http://[::1]/", "[::1]"),
        ] {
            for agent in [Chromium, Firefox, Curl, Other] {
                let mut client = Client::new(agent);
                assert_eq!(client.refuses(url, &format!("a=b; Domain={domain}")), None, "{url}");
                assert!(client.jar.iter().all(|cookie| cookie.host_only), "{url}");
            }
        }
        let refused = Some(Reason::InvalidDomain);
        expect("http://10.77.0.1/", "a=b; Domain=0.1", &[(Chromium, refused), (Curl, refused)]);
        let mut requests = Client::new(PythonRequests);
        assert_eq!(requests.refuses("http://10.77.0.1/", "a=b; Domain=0.1"), None);
        assert_eq!(requests.sends("http://10.77.0.1/"), "a=b");
    }

    #[test]
    fn of_two_domains_the_last_counts_but_curl_and_requests_look_at_the_first() {
        let line = "a=b; Domain=evil.test; Domain=shop.test";
        let refused = Some(Reason::InvalidDomain);
        let outcomes =
            [(Chromium, None), (Firefox, None), (Curl, refused), (PythonRequests, refused)];
        expect(SHOP, line, &outcomes);
    }

    #[test]
    fn international_domains_divide_the_browsers() {
        let url = "http://xn--bcher-kva.example/";
        let refused = Some(Reason::DomainNonAscii);
        expect(url, "a=b; Domain=bücher.example", &[(Chromium, refused), (Firefox, None)]);
        expect(url, "a=b; Domain=xn--bcher-kva.example", &[(Chromium, None), (Firefox, None)]);
    }

    #[test]
    fn a_control_character_spoils_one_cookie_and_a_nul_the_response() {
        for agent in [Chromium, Firefox, Curl] {
            let mut client = Client::new(agent);
            client.receives(SHOP, &[b"a=\x01", b"b=\x7f", b"c=3"]);
            assert_eq!(client.sends(SHOP), "c=3", "{agent:?}");
            let nul = Stored::Refused(Verdict::of(Reason::NulInResponse));
            assert_eq!(client.receives(SHOP, &[b"x=\0", b"d=4"]), [nul.clone(), nul]);
            assert_eq!(client.sends(SHOP), "c=3", "{agent:?}");
        }
        let mut requests = Client::new(PythonRequests);
        requests.receives(SHOP, &[b"a=\x01", b"x=\0", b"d=4"]);
        assert_eq!(requests.jar.len(), 3);
    }

    #[test]
    fn odd_bytes_come_back_as_they_were() {
        for agent in [Chromium, Firefox] {
            let mut client = Client::new(agent);
            let lines = ["u=é€", "c=a,b", "q=\"x y\"", "e===", "a b=c", "novalue="];
            for line in lines {
                client.set(SHOP, line);
            }
            assert_eq!(client.sends(SHOP), lines.join("; "), "{agent:?}");
        }
    }

    #[test]
    fn http_cannot_overwrite_a_secure_cookie() {
        let refused = Some(Reason::OverwriteSecure);
        for (agent, reason) in [(Chromium, refused), (Firefox, refused), (PythonRequests, None)] {
            let mut client = Client::new(agent);
            client.set(SECURE_SHOP, "sid=safe; Secure");
            client.set(SECURE_SHOP, "open=1");
            assert_eq!(client.refuses(SHOP, "sid=evil"), reason, "{agent:?}");
            assert_eq!(client.refuses(SHOP, "open=2"), None, "{agent:?}");
        }
        let mut client = Client::new(Chromium);
        client.set("https://shop.test/app/x", "sid=safe; Secure; Path=/app");
        assert_eq!(client.refuses(SHOP, "sid=evil; Path=/app/deep"), refused);
        assert_eq!(client.refuses(SHOP, "sid=evil; Path=/"), None);
    }

    #[test]
    fn max_age_wins_over_expires_in_both_directions() {
        let past = "Thu, 01 Jan 1970 00:00:00 GMT";
        let future = "Sun, 22 Nov 2026 11:00:00 GMT";
        for agent in [Chromium, Firefox, Curl, PythonRequests, Other] {
            let mut client = Client::new(agent);
            client.set(SHOP, &format!("a=1; Max-Age=60; Expires={past}"));
            client.set(SHOP, &format!("b=1; Expires={future}; Max-Age=0"));
            client.set(SHOP, &format!("c=1; Max-Age=-1; Expires={future}"));
            assert_eq!(client.sends(SHOP), "a=1", "{agent:?}");
        }
    }

    #[test]
    fn ends_that_cannot_be_read_leave_a_session_cookie() {
        let attributes =
            ["Max-Age=1h", "Max-Age=\"60\"", "Expires=yesterday", "Expires=0", "Expires="];
        for attribute in attributes {
            let mut client = Client::new(Chromium);
            client.set(SHOP, &format!("a=b; {attribute}"));
            assert_eq!(client.jar.iter().next().unwrap().expires, None, "{attribute}");
        }
    }

    #[test]
    fn lifetimes_are_capped_at_400_days() {
        let latest = Some(Timestamp::from_seconds(START + 400 * 86_400));
        let ends = [
            "Expires=Tue, 19 Jan 2038 03:14:07 GMT",
            "Expires=Fri, 31 Dec 9999 23:59:59 GMT",
            "Max-Age=99999999999999999999",
        ];
        for end in ends {
            for (agent, is_capped) in [(Chromium, true), (Firefox, true), (PythonRequests, false)] {
                let mut client = Client::new(agent);
                client.set(SHOP, &format!("a=b; {end}"));
                let expires = client.jar.iter().next().unwrap().expires;
                assert_eq!(expires == latest, is_capped, "{agent:?} {end}");
            }
        }
    }

    #[test]
    fn expires_counts_against_the_servers_own_clock() {
        let year = 365 * 86_400;
        for (agent, kept) in [(Chromium, "a=b"), (Firefox, "a=b"), (PythonRequests, "")] {
            let mut client = Client::new(agent);
            client.date = Some(Timestamp::from_seconds(START - year));
            client.set(SHOP, "a=b; Expires=Mon, 22 Dec 2025 10:00:00 GMT");
            assert_eq!(client.sends(SHOP), kept, "{agent:?}");
        }
    }

    #[test]
    fn deleting_needs_the_same_name_domain_and_path() {
        let mut client = Client::new(Chromium);
        client.set(SHOP, "eq=1; Path=/");
        let missed = ["Path=/elsewhere", "Domain=shop.test; Path=/"];
        for attributes in missed {
            match client.set(SHOP, &format!("eq=; Max-Age=0; {attributes}")) {
                Stored::DeletedNothing { similar } => {
                    assert_eq!(similar.len(), 1);
                    assert_eq!(
                        (similar[0].path.as_slice(), similar[0].host_only),
                        (&b"/"[..], true)
                    );
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(client.sends(SHOP), "eq=1");
        let styles = [
            "eq=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0; path=/",
            "eq=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/",
            "eq=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Path=/",
        ];
        for line in styles {
            client.set(SHOP, "eq=1; Path=/");
            match client.set(SHOP, line) {
                Stored::Deleted { previous } => assert_eq!(previous.value, b"1"),
                other => panic!("{line}: {other:?}"),
            }
            assert!(client.jar.is_empty());
        }
        let nothing = Stored::DeletedNothing { similar: Vec::new() };
        assert_eq!(client.set(SHOP, styles[0]), nothing);
    }

    #[test]
    fn setting_again_replaces_or_refreshes() {
        let mut client = Client::new(Firefox);
        assert_eq!(client.set(SHOP, "a=1; Max-Age=60"), Stored::New { evicted: Vec::new() });
        client.wait(30);
        let again = client.set(SHOP, "a=1; Max-Age=60");
        assert!(matches!(again, Stored::Refreshed { ref previous } if previous.value == b"1"));
        for line in ["a=2; Max-Age=60", "a=2", "a=2; HttpOnly"] {
            assert!(matches!(client.set(SHOP, line), Stored::Replaced { .. }), "{line}");
        }
        let cookie = client.jar.iter().next().unwrap();
        assert_eq!(cookie.created, Timestamp::from_seconds(START));
        assert_eq!(cookie.last_access, client.now);
    }

    #[test]
    fn nameless_cookies_come_back_differently() {
        let sent = |agent| {
            let mut client = Client::new(agent);
            client.set(SHOP, "nameless");
            client.set(SHOP, "novalue=");
            client.sends(SHOP)
        };
        assert_eq!(sent(Chromium), "nameless; novalue=");
        assert_eq!(sent(PythonRequests), "nameless; novalue=");
        assert_eq!(sent(Firefox), "nameless=; novalue=");
        assert_eq!(sent(Curl), "novalue=");
        let mut client = Client::new(Chromium);
        client.set(SHOP, "=noname");
        client.set(SHOP, "nameless");
        assert_eq!(client.sends(SHOP), "nameless");
    }

    #[test]
    fn cross_site_responses_set_no_same_site_cookies_but_in_the_address_bar() {
        use super::super::site::Clues;
        let image =
            Clues { method: b"GET", referer: Some(b"http://evil.test/"), ..Clues::default() };
        let page = Clues { upgrade_insecure_requests: true, ..image };
        for (clues, reason) in [(image, Some(Reason::SameSiteLax)), (page, None)] {
            let mut client = Client::new(Chromium);
            client.comes_from(&clues, SHOP);
            assert_eq!(client.refuses(SHOP, "a=b; SameSite=Lax"), reason);
        }
    }
}
