//! From where a request was made, as far as the request itself shows it (RFC 6265bis section 5.2).
//!
//! A browser knows the page, the frame and the click; a packet only has hints. Fetch metadata
//! (`Sec-Fetch-*`) says it outright, but browsers send it only to trustworthy hosts; `Origin` and
//! `Referer` tell the initiator's site; `Upgrade-Insecure-Requests` marks a navigation.

use super::domain::Host;
use super::target::Target;
use std::sync::Arc;

/// How the initiator's site relates to the target's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Relation {
    /// The user typed, reloaded or used a bookmark.
    UserStarted,
    /// The same site.
    SameSite,
    /// Another site.
    CrossSite,
    /// Nothing in the request tells.
    #[default]
    Unknown,
}

/// What is being loaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Load {
    /// A page in the address bar.
    TopLevel,
    /// A page in a frame.
    Frame,
    /// An image, a script, a fetch: anything that is no page.
    Subresource,
    /// Nothing in the request tells.
    #[default]
    Unknown,
}

/// Where a request was made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a sign of its own")]
pub struct Site {
    /// Whether the method is safe (RFC 9110 section 9.2.1).
    pub safe_method: bool,
    /// The initiator's site against the target's.
    pub relation: Relation,
    /// What is loaded.
    pub load: Load,
    /// Whether fetch metadata said so; if not, relation and load are readings of weaker signs.
    pub fetch_metadata: bool,
    /// Whether an earlier hop of this redirect chain was on another site. Only the caller, who
    /// knows the chain, can set it.
    pub redirected_across_sites: bool,
    /// Whether the browser may have used https to somebody between it and the server. Only the
    /// caller can set it.
    pub scheme_in_doubt: bool,
    /// The site in the address bar, where the request tells: the key of partitioned storage.
    pub top_level: Option<Arc<str>>,
    /// The request says that it has no access to the ordinary jar (`Sec-Fetch-Storage-Access: none`),
    /// which browsers send for third parties.
    pub without_storage: bool,
}

/// The request headers that tell where a request was made from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clues<'a> {
    /// The method.
    pub method: &'a [u8],
    /// `Sec-Fetch-Site`.
    pub fetch_site: Option<&'a [u8]>,
    /// `Sec-Fetch-Mode`.
    pub fetch_mode: Option<&'a [u8]>,
    /// `Sec-Fetch-Dest`.
    pub fetch_dest: Option<&'a [u8]>,
    /// `Origin`.
    pub origin: Option<&'a [u8]>,
    /// `Referer`.
    pub referer: Option<&'a [u8]>,
    /// `Sec-Fetch-Storage-Access` (the Storage Access API's headers).
    pub storage_access: Option<&'a [u8]>,
    /// Whether `Upgrade-Insecure-Requests` is there.
    pub upgrade_insecure_requests: bool,
}

impl Site {
    /// Reads the clues of a request for `target`.
    pub fn of_request(clues: &Clues<'_>, target: &Target) -> Self {
        Self::with(clues, target, |url| Target::from_url(url).map(Arc::new))
    }

    /// The same, by someone who knows the targets of URLs ([`Target::from_url`]).
    pub fn with(
        clues: &Clues<'_>,
        target: &Target,
        mut target_of: impl FnMut(&[u8]) -> Option<Arc<Target>>,
    ) -> Self {
        let initiator =
            [clues.origin, clues.referer].into_iter().flatten().find_map(&mut target_of);
        let relation = relation(clues, initiator.as_deref(), target);
        // Fetch metadata counts every hop of a redirect chain, the initiator only who began it.
        let began_here = initiator.as_ref().is_some_and(|page| page.is_same_site(target));
        let came_around = relation == Relation::CrossSite && began_here;
        let relation = if came_around { Relation::SameSite } else { relation };
        Self {
            safe_method: matches!(clues.method, b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE"),
            relation,
            load: load(clues),
            fetch_metadata: clues.fetch_site.is_some(),
            redirected_across_sites: came_around,
            scheme_in_doubt: false,
            top_level: initiator.map(|page| page.host.kept_site()),
            without_storage: clues.storage_access == Some(b"none"),
        }
    }

    /// Whether the request was made by another site, as far as is known.
    pub fn is_cross_site(&self) -> bool {
        self.relation == Relation::CrossSite
    }

    /// Whether the target is a third party on somebody else's page.
    pub fn is_third_party(&self) -> bool {
        self.is_cross_site() && self.load != Load::TopLevel
    }

    /// The site whose partition the request uses: the target's own, unless it is a third party.
    /// `None` where the page is not known.
    pub(super) fn partition(&self, host: &Host) -> Option<String> {
        if self.is_third_party() {
            self.top_level.as_deref().map(str::to_owned)
        } else {
            Some(host.site().to_owned())
        }
    }
}

fn relation(clues: &Clues<'_>, initiator: Option<&Target>, target: &Target) -> Relation {
    match (clues.fetch_site, initiator) {
        (Some(b"none"), _) => Relation::UserStarted,
        (Some(b"same-origin" | b"same-site"), _) => Relation::SameSite,
        (Some(b"cross-site"), _) => Relation::CrossSite,
        (_, Some(page)) if page.is_same_site(target) => Relation::SameSite,
        (_, Some(_)) => Relation::CrossSite,
        (_, None) => Relation::Unknown,
    }
}

fn load(clues: &Clues<'_>) -> Load {
    match (clues.fetch_mode, clues.fetch_dest) {
        (Some(b"navigate"), Some(b"document") | None) => Load::TopLevel,
        (Some(b"navigate"), Some(_)) => Load::Frame,
        (Some(_), _) => Load::Subresource,
        (None, _) if clues.upgrade_insecure_requests => Load::TopLevel,
        (None, _) => Load::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(clues: &Clues<'_>) -> Site {
        Site::of_request(clues, &Target::from_url(b"https://shop.test/x").unwrap())
    }

    #[test]
    fn fetch_metadata_decides_where_it_is_sent() {
        let cases = [
            (["none", "navigate", "document"], Relation::UserStarted, Load::TopLevel),
            (["cross-site", "navigate", "iframe"], Relation::CrossSite, Load::Frame),
            (["same-origin", "cors", "empty"], Relation::SameSite, Load::Subresource),
            (["same-site", "no-cors", "image"], Relation::SameSite, Load::Subresource),
        ];
        for ([from, mode, dest], relation, load) in cases {
            let clues = Clues {
                fetch_site: Some(from.as_bytes()),
                fetch_mode: Some(mode.as_bytes()),
                fetch_dest: Some(dest.as_bytes()),
                referer: Some(b"https://evil.test/"),
                ..Clues::default()
            };
            let site = site(&clues);
            assert_eq!((site.relation, site.load), (relation, load));
            assert!(site.fetch_metadata);
        }
    }

    #[test]
    fn without_it_origin_and_referer_tell_the_initiator() {
        let from = |origin: Option<&'static [u8]>, referer: Option<&'static [u8]>| {
            let site = site(&Clues { method: b"POST", origin, referer, ..Clues::default() });
            (site.relation, site.top_level.map(|site| site.to_string()))
        };
        let evil = (Relation::CrossSite, Some("evil.test".to_owned()));
        assert_eq!(from(Some(b"https://evil.test"), None), evil);
        assert_eq!(from(None, Some(b"http://www.evil.test/page?x")), evil);
        let own = (Relation::SameSite, Some("shop.test".to_owned()));
        assert_eq!(from(Some(b"null"), Some(b"https://www.shop.test/")), own);
        assert_eq!(from(None, None), (Relation::Unknown, None));
    }

    #[test]
    fn an_upgrade_request_marks_a_navigation() {
        let clues = Clues { method: b"GET", upgrade_insecure_requests: true, ..Clues::default() };
        assert_eq!(site(&clues).load, Load::TopLevel);
        assert!(site(&clues).safe_method);
        assert_eq!(site(&Clues::default()).load, Load::Unknown);
        assert!(!site(&Clues { method: b"POST", ..Clues::default() }).safe_method);
    }

    #[test]
    fn a_chain_that_began_here_and_came_around_is_told_from_one_that_began_elsewhere() {
        let from = |referer: &'static [u8]| {
            let fetch_site = Some(&b"cross-site"[..]);
            let site = site(&Clues { fetch_site, referer: Some(referer), ..Clues::default() });
            (site.relation, site.redirected_across_sites)
        };
        assert_eq!(from(b"https://shop.test/"), (Relation::SameSite, true));
        assert_eq!(from(b"https://evil.test/"), (Relation::CrossSite, false));
    }
}
