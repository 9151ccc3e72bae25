//! Clients told apart: by address and User-Agent, and among equals by the cookies they hold.
//!
//! Each client has a [`Jar`]. A request belongs to the client whose jar explains its cookies. A
//! client that has been seen to return a cookie does not leave it out of a page request without
//! cause; a request of the same name and address that lacks it comes from another jar, and so does
//! one with a session that this client was never given.

use super::address::Address;
use super::evidence::{Attribution, Confidence, TiedBy};
use super::holdings::Holdings;
use super::links::{Links, Tie, is_session};
use super::texts::{Text, Texts};
use super::visit::{Asked, Purpose, Visit};
use crate::cookie::{Considered, Cookie, CookiePair, Jar, Target};
use crate::time::Timestamp;
use foldhash::fast::RandomState;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// One client.
#[derive(Debug)]
pub(super) struct Profile {
    /// What it holds.
    pub jar: Jar,
    /// Its `User-Agent`.
    pub user_agent: Vec<u8>,
    /// What it sends with every request beside its name.
    traits: Arc<[u8]>,
    /// Where it was seen.
    pub addresses: Vec<IpAddr>,
    /// Why it was told apart from an earlier one, and which one that is.
    pub told_apart: Option<Apart>,
    /// Cookies that it has returned: name, domain and path.
    returned: BTreeSet<[Text; 3]>,
    /// Values it was ever given or seen to send, by host and name.
    known: BTreeSet<[Text; 3]>,
    /// What its groups of exchanges hold, and when.
    holdings: Arc<Holdings>,
    /// Where its last redirect leads.
    awaited: Option<Arc<Address>>,
    /// The pages that it was given last.
    pages: VecDeque<Arc<Address>>,
    last_seen: Timestamp,
    /// What speaks for each of its exchanges, in order.
    pub evidence: Vec<Attribution>,
}

/// Of the clients of one name, only so many, the latest, may turn up at another address.
const MAX_MOVED: usize = 1024;

/// Of the clients of one name and address, only so many, the latest, are held against a request whose
/// group of exchanges is new.
const MAX_TWINS: usize = 1024;

/// How many of a client's last pages are remembered.
const MAX_PAGES: usize = 8;

/// A request that comes within this time of the response that set a cookie may have been on its way.
const UNDER_WAY: Duration = Duration::from_millis(50);

/// Another client, and why it is not that one.
pub(super) type Apart = (usize, String);

/// How well a request fits a client. Greater is better.
type Fit = (usize, bool, bool, bool, Timestamp, Reverse<usize>);

impl Profile {
    /// Notes that it returned this cookie.
    pub fn note_returned(&mut self, cookie: &Cookie, texts: &mut Texts) {
        self.returned.insert(scope(cookie).map(|text| texts.number(text)));
    }

    /// Notes that it will return the cookie of this mark.
    pub fn note_comes_back(&mut self, tag: u64, texts: &mut Texts) {
        if let Some(cookie) = self.jar.iter().find(|cookie| cookie.tag == tag) {
            self.returned.insert(scope(cookie).map(|text| texts.number(text)));
        }
    }

    fn has_returned(&self, cookie: &Cookie, texts: &Texts) -> bool {
        let [name, domain, path] = scope(cookie).map(|text| texts.find(text));
        let scope = name.zip(domain).zip(path).map(|((name, domain), path)| [name, domain, path]);
        scope.is_some_and(|scope| self.returned.contains(&scope))
    }

    /// Whether it is known, or may be assumed, to keep cookies at all.
    pub fn keeps_cookies(&self) -> bool {
        self.jar.agent().is_browser() || !self.returned.is_empty()
    }

    /// Notes that it was given, or sent, a value: host, name and value.
    pub fn note_known(&mut self, value: [Text; 3]) {
        self.known.insert(value);
    }

    /// Notes what a group of its exchanges holds.
    fn take(&mut self, held: &Arc<Holdings>) {
        if self.holdings.is_empty() {
            self.holdings = Arc::clone(held);
        } else {
            Arc::make_mut(&mut self.holdings).merge(held);
        }
    }

    /// Whether it ever had a cookie of this name at this host, and whether with this value.
    fn knows(&self, host: Text, pair: &CookiePair, texts: &Texts) -> (bool, bool) {
        let Some(name) = texts.find(&pair.name) else { return (false, false) };
        let value = texts.find(&pair.value).map(|value| [host, name, value]);
        if value.is_some_and(|value| self.known.contains(&value)) {
            return (true, true);
        }
        let first = self.known.range([host, name, Text::FIRST]..).next();
        (first.is_some_and(|known| known[..2] == [host, name]), false)
    }

    /// Why a request cannot come from this client, or how many of its cookies say that it does.
    fn fit(&self, asked: &Asked, target: &Target, texts: &Texts) -> Result<usize, String> {
        if asked.purpose != Purpose::Part
            && !asked.may_be_frame()
            && !self.returned.is_empty()
            && let considered = self.jar.for_request(target, &asked.site, asked.time)
            && let Some(left_out) =
                considered.iter().find(|one| self.is_left_out(one, asked, texts))
        {
            let name = String::from_utf8_lossy(&left_out.cookie.name);
            return Err(format!("it does not send the cookie “{name}” that it would hold"));
        }
        let Some(host) = texts.find(target.host.as_str().as_bytes()) else { return Ok(0) };
        let mut known = 0;
        for pair in &asked.cookies.pairs {
            let (knows_name, knows_value) = self.knows(host, pair, texts);
            known += usize::from(knows_value);
            // A program sends what it was told to; only a browser's jar cannot hold a session that
            // it was never given.
            let foreign = knows_name && !knows_value && self.jar.agent().is_browser();
            if foreign && is_session(&pair.name, &pair.value) {
                let name = String::from_utf8_lossy(&pair.name);
                return Err(format!("it sends another “{name}” than it would have been given"));
            }
        }
        Ok(known)
    }

    /// The same, also by what the rest of its group of exchanges holds.
    fn fits_all(
        &self,
        asked: &Asked,
        holds: Option<&Holdings>,
        texts: &Texts,
    ) -> Result<usize, String> {
        // Other programs are put together from parts that each have their own.
        if self.jar.agent().is_browser() && differ(&self.traits, &asked.traits) {
            return Err("it would send other languages or client hints".to_owned());
        }
        if let Some((_, name)) = holds.and_then(|holds| self.holdings.conflict(holds)) {
            let name = String::from_utf8_lossy(name);
            return Err(format!("it would hold two values of “{name}” at the same time"));
        }
        asked.target.as_ref().map_or(Ok(0), |target| self.fit(asked, target, texts))
    }

    fn has_page(&self, referer: Option<&Arc<Address>>) -> bool {
        referer.is_some_and(|referer| self.pages.contains(referer))
    }

    /// Whether its jar holds every cookie that is sent, and would send every one of them.
    fn explains(&self, asked: &Asked, target: &Target) -> bool {
        // Most clients hold none of them, which is soon found.
        let is_held = |pair: &CookiePair| {
            self.jar.iter().any(|held| (&held.name, &held.value) == (&pair.name, &pair.value))
        };
        if !asked.cookies.pairs.first().is_some_and(is_held) {
            return false;
        }
        let considered = self.jar.for_request(target, &asked.site, asked.time);
        let mut expected: Vec<(&[u8], &[u8])> = considered
            .iter()
            .filter(|one| one.sent.is_ok())
            .map(|one| (&*one.cookie.name, &*one.cookie.value))
            .collect();
        let mut sent: Vec<(&[u8], &[u8])> =
            asked.cookies.pairs.iter().map(|pair| (&*pair.name, &*pair.value)).collect();
        expected.sort_unstable();
        sent.sort_unstable();
        !sent.is_empty() && sent == expected
    }

    /// How sure it is that this is one client and no other, if no other has its name at its address.
    pub fn confidence(&self) -> Confidence {
        if self.returned.is_empty() { Confidence::Likely } else { Confidence::Certain }
    }

    /// A cookie that it should send, that it has sent before, and that is not there.
    fn is_left_out(&self, one: &Considered<'_>, asked: &Asked, texts: &Texts) -> bool {
        one.sent.is_ok()
            && asked.time.since(one.cookie.last_set) > UNDER_WAY
            && !asked.cookies.pairs.iter().any(|pair| pair.name == one.cookie.name)
            && self.has_returned(one.cookie, texts)
    }
}

/// What tells a cookie from others in its jar.
fn scope(cookie: &Cookie) -> [&[u8]; 3] {
    [&cookie.name, cookie.domain.as_bytes(), &cookie.path]
}

/// Whether a trait is there in both and not the same. Some requests lack some of them.
fn differ(one: &[u8], other: &[u8]) -> bool {
    let parts = one.split(|byte| *byte == b'|').zip(other.split(|byte| *byte == b'|'));
    parts.into_iter().any(|(a, b)| !a.is_empty() && !b.is_empty() && a != b)
}

const fn tied_by(tie: Option<Tie>) -> TiedBy {
    match tie {
        Some(Tie::Cookie) | None => TiedBy::Cookie,
        Some(Tie::Connection) => TiedBy::Connection,
        Some(Tie::Spare) => TiedBy::Spare,
    }
}

const fn fitted_by(fit: &Fit) -> TiedBy {
    match fit {
        (1.., ..) => TiedBy::Cookie,
        (_, true, ..) => TiedBy::Redirect,
        (_, _, true, ..) => TiedBy::Connection,
        (_, _, _, true, ..) => TiedBy::Referer,
        _ => TiedBy::Nothing,
    }
}

/// Address and `User-Agent`.
type NamedClient = (IpAddr, Text);

/// All clients of a capture.
#[derive(Debug, Default)]
pub(super) struct Roster {
    pub profiles: Vec<Profile>,
    /// These are never walked through, so that their order, which hashing makes, shows nowhere.
    by_group: HashMap<usize, usize, RandomState>,
    by_name: HashMap<NamedClient, Vec<usize>, RandomState>,
    by_connection: HashMap<u64, usize, RandomState>,
    by_agent: HashMap<Text, Vec<usize>, RandomState>,
}

impl Roster {
    /// The client that made a request, a new one where no known one can have.
    pub fn assign(
        &mut self,
        index: usize,
        (visit, asked): (&Visit, &Asked),
        links: &Links,
        texts: &mut Texts,
    ) -> usize {
        let group = links.group(index);
        let tied = group.and_then(|group| self.by_group.get(&group).copied());
        let (chosen, by) = if let Some(owner) = tied {
            (owner, tied_by(links.tie(index)))
        } else {
            let holds = group.and_then(|group| links.holdings(group)).map(|held| &**held);
            let key = (visit.client.ip(), texts.number(&asked.user_agent));
            self.choose(key, (visit, asked), holds, texts)
        };
        // What ties it to its group is more than what made it fit.
        let by = match (by, links.tie(index)) {
            (TiedBy::Nothing | TiedBy::Referer, Some(tie)) => tied_by(Some(tie)),
            _ => by,
        };
        self.by_connection.insert(visit.connection, chosen);
        let profile = &mut self.profiles[chosen];
        if let Some(group) = group.filter(|_| tied.is_none()) {
            self.by_group.insert(group, chosen);
            if let Some(holdings) = links.holdings(group) {
                profile.take(holdings);
            }
        }
        profile.evidence.push(Attribution { visit: index, by });
        profile.last_seen = profile.last_seen.max(asked.time);
        profile.awaited = None;
        chosen
    }

    fn choose(
        &mut self,
        key: NamedClient,
        (visit, asked): (&Visit, &Asked),
        holds: Option<&Holdings>,
        texts: &Texts,
    ) -> (usize, TiedBy) {
        let equals = self.by_name.get(&key).map_or(&[][..], Vec::as_slice);
        let is_first = equals.is_empty();
        let latest = &equals[equals.len().saturating_sub(MAX_TWINS)..];
        // Of very many equals the one on the same connection is known.
        let near = self.by_connection.get(&visit.connection).filter(|near| {
            latest.first().is_some_and(|first| *near < first) && equals.contains(near)
        });
        let candidates: Vec<usize> = near.into_iter().chain(latest).copied().collect();
        let (best, why_not) = self.best(&candidates, (visit, asked), holds, texts);
        if let Some((best, by)) = best {
            return (best, by);
        }
        if let Some(moved) = self.moved(key, visit, asked) {
            return (moved, TiedBy::Moved);
        }
        let by = if is_first { TiedBy::New } else { TiedBy::Apart };
        (self.open(key, visit, asked, why_not), by)
    }

    /// The candidate that fits best, or why the first of them does not.
    fn best(
        &self,
        candidates: &[usize],
        (visit, asked): (&Visit, &Asked),
        holds: Option<&Holdings>,
        texts: &Texts,
    ) -> (Option<(usize, TiedBy)>, Option<Apart>) {
        let mut best: Option<(Fit, usize)> = None;
        let mut why_not = None;
        for &candidate in candidates {
            let profile = &self.profiles[candidate];
            match profile.fits_all(asked, holds, texts) {
                Ok(known) => {
                    let fit = (
                        known,
                        profile.awaited.is_some() && profile.awaited == asked.url,
                        self.by_connection.get(&visit.connection) == Some(&candidate),
                        profile.has_page(asked.referer.as_ref()),
                        profile.last_seen,
                        Reverse(candidate),
                    );
                    best = best.max(Some((fit, candidate)));
                }
                Err(reason) => why_not = why_not.or(Some((candidate, reason))),
            }
        }
        (best.map(|(fit, candidate)| (candidate, fitted_by(&fit))), why_not)
    }

    /// A client of the same name and traits at another address that holds exactly the cookies that
    /// are sent here: its address has changed.
    fn moved(&mut self, key: NamedClient, visit: &Visit, asked: &Asked) -> Option<usize> {
        let target = asked.target.as_ref().filter(|_| !asked.cookies.pairs.is_empty())?;
        let fits = |candidate: &usize| {
            let profile = &self.profiles[*candidate];
            profile.traits == asked.traits
                && profile.jar.agent().is_browser()
                && profile.explains(asked, target)
        };
        let named = self.by_agent.get(&key.1)?;
        let latest = &named[named.len().saturating_sub(MAX_MOVED)..];
        let found = latest.iter().copied().find(fits)?;
        self.by_name.entry(key).or_default().push(found);
        self.profiles[found].addresses.push(visit.client.ip());
        Some(found)
    }

    /// Notes what a client was answered: where it was sent on to, or which page it now has.
    pub fn note_answer(&mut self, profile: usize, visit: &Visit) {
        let Some(answered) = &visit.answered else { return };
        let profile = &mut self.profiles[profile];
        if answered.is_redirect() {
            profile.awaited = visit.redirects_to().cloned();
        } else if let Some(asked) = visit.asked.as_deref().filter(|_| answered.page.is_shown) {
            profile.pages.extend(asked.url.clone());
            while profile.pages.len() > MAX_PAGES {
                profile.pages.pop_front();
            }
        }
    }

    fn open(
        &mut self,
        key: NamedClient,
        visit: &Visit,
        asked: &Asked,
        told_apart: Option<Apart>,
    ) -> usize {
        let index = self.profiles.len();
        let equal = self.by_agent.get(&key.1).and_then(|equals| equals.first());
        let jar = match equal {
            Some(equal) => self.profiles[*equal].jar.of_another(),
            None => Jar::for_user_agent(&asked.user_agent),
        };
        self.by_agent.entry(key.1).or_default().push(index);
        self.by_name.entry(key).or_default().push(index);
        self.profiles.push(Profile {
            jar,
            user_agent: asked.user_agent.to_vec(),
            traits: asked.traits.clone(),
            addresses: vec![visit.client.ip()],
            told_apart,
            returned: BTreeSet::new(),
            known: BTreeSet::new(),
            holdings: Arc::default(),
            awaited: None,
            pages: VecDeque::new(),
            last_seen: asked.time,
            evidence: Vec::new(),
        });
        index
    }
}
