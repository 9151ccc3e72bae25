//! Requests that follow a redirect from another site. `SameSite` depends on it for some browsers,
//! and the request alone does not show it: `Referer` and `Origin` keep what they were.

use super::address::Address;
use super::visit::Visit;
use crate::cookie::Target;
use crate::time::Timestamp;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Redirects whose next hop is awaited; a capture may hold any number that nobody follows.
const MAX_AWAITED: usize = 4096;

/// Who follows at once is led there; who comes later has typed it.
const AT_ONCE: Duration = Duration::from_secs(10);

/// A redirect of which the next hop has not been seen.
#[derive(Debug)]
struct Hop {
    client: IpAddr,
    user_agent: Arc<[u8]>,
    answered: Timestamp,
    /// Whether its chain has crossed a border between sites.
    crossed: bool,
}

impl Hop {
    fn is_of(&self, client: IpAddr, user_agent: &[u8]) -> bool {
        self.client == client && *self.user_agent == *user_agent
    }
}

/// Redirects of which the next hop has not been seen, by where they lead. They are only asked, and never
/// walked through.
#[derive(Debug, Default)]
pub(super) struct Awaited {
    hops: HashMap<Arc<Address>, Vec<Hop>, RandomState>,
    count: usize,
}

impl Awaited {
    /// Takes the next visit in the order of the capture, and marks it if a chain of redirects led
    /// there across sites.
    pub fn mark(&mut self, visit: &mut Visit) {
        let Some(asked) = &mut visit.asked else { return };
        let url = asked.url.as_ref();
        let led_here = url.and_then(|url| self.take(url, visit.client.ip(), &asked.user_agent));
        if let Some(hop) = led_here.filter(|hop| hop.crossed)
            && asked.time.since(hop.answered) <= AT_ONCE
        {
            asked.site.redirected_across_sites = true;
        }
        self.expect(visit);
    }

    fn take(&mut self, to: &Address, client: IpAddr, user_agent: &[u8]) -> Option<Hop> {
        let hops = self.hops.get_mut(to)?;
        let at = hops.iter().position(|hop| hop.is_of(client, user_agent))?;
        let hop = hops.swap_remove(at);
        if hops.is_empty() {
            self.hops.remove(to);
        }
        self.count -= 1;
        Some(hop)
    }

    fn expect(&mut self, visit: &Visit) {
        let (Some(asked), Some(answered)) = (&visit.asked, &visit.answered) else { return };
        let Some(to) = visit.redirects_to().filter(|_| answered.is_redirect()) else { return };
        let Some(target) = Target::from_url(to.as_str().as_bytes()) else { return };
        let is_border = asked.target.as_ref().is_some_and(|from| !from.is_same_site(&target));
        let crossed = is_border || asked.site.redirected_across_sites;
        if self.count >= MAX_AWAITED {
            (self.hops, self.count) = (HashMap::default(), 0);
        }
        let client = visit.client.ip();
        self.take(to, client, &asked.user_agent);
        let user_agent = asked.user_agent.clone();
        let hop = Hop { client, user_agent, answered: answered.time, crossed };
        self.hops.entry(to.clone()).or_default().push(hop);
        self.count += 1;
    }
}
