//! Requests that follow a redirect from another site. `SameSite` depends on it for some browsers,
//! and the request alone does not show it: `Referer` and `Origin` keep what they were.

use super::visit::Visit;
use crate::cookie::Target;
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// Redirects whose next hop is awaited; a capture may hold any number that nobody follows.
const MAX_AWAITED: usize = 4096;

/// Who follows at once is led there; who comes later has typed it.
const AT_ONCE: Duration = Duration::from_secs(10);

/// Address, User-Agent and URL of a request that is awaited.
type Key = (IpAddr, Vec<u8>, url::Url);

/// Redirects of which the next hop has not been seen.
#[derive(Debug, Default)]
pub(super) struct Awaited {
    /// When the redirect was answered, and whether its chain has crossed a border between sites.
    hops: BTreeMap<Key, (Timestamp, bool)>,
}

impl Awaited {
    /// Takes the next visit in the order of the capture, and marks it if a chain of redirects led
    /// there across sites.
    pub fn mark(&mut self, visit: &mut Visit) {
        let Some(asked) = &mut visit.asked else { return };
        let who = |url: &url::Url| (visit.client.ip(), asked.user_agent.clone(), url.clone());
        let led_here = asked.url.as_ref().and_then(|url| self.hops.remove(&who(url)));
        if let Some((answered, true)) = led_here
            && asked.time.since(answered) <= AT_ONCE
        {
            asked.site.redirected_across_sites = true;
        }
        self.expect(visit);
    }

    fn expect(&mut self, visit: &Visit) {
        let (Some(asked), Some(answered)) = (&visit.asked, &visit.answered) else { return };
        let Some(to) = visit.redirects_to().filter(|_| answered.is_redirect()) else { return };
        let Some(target) = Target::from_url(to.as_str().as_bytes()) else { return };
        let is_border = asked.target.as_ref().is_some_and(|from| !from.is_same_site(&target));
        let crossed = is_border || asked.site.redirected_across_sites;
        if self.hops.len() >= MAX_AWAITED {
            self.hops.clear();
        }
        let key = (visit.client.ip(), asked.user_agent.clone(), to);
        self.hops.insert(key, (answered.time, crossed));
    }
}
