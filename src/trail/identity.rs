//! Which cookie is which: the life that an event belongs to, and the value that it shows.

use super::lives::Lives;
use super::story::{CookieLife, Version};
use super::texts::Text;
use crate::cookie::{self, Received, Target};
use crate::few;
use crate::session;
use crate::threads;
use crate::time::Timestamp;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::num::NonZero;

/// One of a browser's cookies (RFC 6265bis section 5.7: name, domain, host-only, path). Of one that
/// no line was seen to set, the last two are not known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identity<'a> {
    pub browser: usize,
    pub name: &'a [u8],
    pub domain: &'a str,
    pub host_only: Option<bool>,
    pub path: Option<&'a [u8]>,
}

impl<'a> Identity<'a> {
    /// That of a cookie that a browser's jar holds or held.
    pub fn of(browser: usize, cookie: &'a cookie::Cookie) -> Self {
        let (name, domain) = (&*cookie.name, &*cookie.domain);
        let (host_only, path) = (Some(cookie.host_only), Some(&*cookie.path));
        Self { browser, name, domain, host_only, path }
    }

    /// That of one which a browser sends to a host, and nothing else is known of.
    pub const fn unseen(browser: usize, name: &'a [u8], host: &'a str) -> Self {
        Self { browser, name, domain: host, host_only: None, path: None }
    }
}

/// Browser, name and domain.
type Named = (usize, Text, Text);

/// Where the lives of cookies are found. Nothing here is ever walked through, so that the order,
/// which hashing makes, shows nowhere.
#[derive(Debug, Default)]
pub(super) struct Index {
    lives: HashMap<(Named, Option<bool>, Option<Text>), usize, RandomState>,
    /// The same without what tells cookies of one name and domain apart.
    by_name: HashMap<Named, Vec<usize>, RandomState>,
    /// Lives by their browser and each name and value they had, with the place of the value.
    by_value: HashMap<(usize, Text, Text), Vec<Had>, RandomState>,
    /// Lives of cookies that a server set, by their browser, or whoever has them, and each name and
    /// value they had; in the order in which they had it.
    given: HashMap<(Option<usize>, Text, Text), Vec<Holder>, RandomState>,
    /// How often a cookie was found to have a new value.
    values: usize,
}

/// A value that nobody has read yet: its life, its place in it, and when it was first seen.
pub(super) type Unread = (usize, usize, Timestamp);

/// Where a value stands among all that were found, and the life that had it.
type Holder = (usize, usize);

/// A value that a cookie had.
#[derive(Debug, Clone, Copy)]
struct Had {
    life: usize,
    /// Where it stands among the values of its cookie.
    place: usize,
    /// Where it stands among the values of all cookies.
    order: usize,
}

impl Index {
    /// Adds a life, and where its value stands among all, to those of these browsers.
    fn give(&mut self, whose: Whose, (name, value): (Text, Text), one: Holder) {
        for whose in whose.into_iter().flatten() {
            let given = self.given.entry((whose, name, value)).or_default();
            let at = given.partition_point(|other| *other < one);
            few::insert(given, at, one);
        }
    }
}

/// So many values of a cookie are looked through; where there are more, the index is asked.
const FEW: usize = 16;

impl Lives {
    /// The life of a cookie that the jar holds or held.
    pub(super) fn of_cookie(&mut self, browser: usize, cookie: &cookie::Cookie) -> usize {
        self.find(Identity::of(browser, cookie))
    }

    /// The life of a cookie that the jar did not take in, as its line has it.
    pub(super) fn of_line(
        &mut self,
        browser: usize,
        received: &Received,
        target: &Target,
    ) -> usize {
        let set = &received.cookie;
        let domain = set.domain.as_deref().and_then(cookie::domain::canonical_name);
        let domain = domain.as_deref().filter(|domain| !domain.is_empty());
        let path = set.path.as_deref().filter(|path| path.starts_with(b"/"));
        let identity = Identity {
            browser,
            name: &set.name,
            domain: domain.unwrap_or(target.host.as_str()),
            host_only: Some(domain.is_none()),
            path: Some(path.unwrap_or_else(|| cookie::path::default_path(&target.path))),
        };
        self.of_new(identity, target.host.as_str())
    }

    /// The life of a cookie whose scope has just been shown; one known only from requests to
    /// `host` has now found it.
    pub(super) fn of_new(&mut self, identity: Identity<'_>, host: &str) -> usize {
        let key = self.key(identity);
        if let Some(known) = self.index.lives.get(&key) {
            return *known;
        }
        let unseen = self.key(Identity::unseen(identity.browser, identity.name, host));
        let Some(life) = self.index.lives.remove(&unseen) else { return self.find(identity) };
        if let Some(lives) = self.index.by_name.get_mut(&unseen.0) {
            lives.retain(|other| *other != life);
        }
        let known = &mut self.all[life];
        identity.domain.clone_into(&mut known.domain);
        (known.host_only, known.path) = (identity.host_only, identity.path.map(<[u8]>::to_vec));
        self.index.lives.insert(key, life);
        few::push(self.index.by_name.entry(key.0).or_default(), life);
        life
    }

    /// A refused cookie: with those of its name, if there are any.
    pub(super) fn of_refused(
        &mut self,
        browser: usize,
        received: &Received,
        target: &Target,
    ) -> usize {
        let (name, _, _) =
            self.key(Identity::unseen(browser, &received.cookie.name, target.host.as_str()));
        let same = self.index.by_name.get(&name).and_then(|lives| lives.iter().min().copied());
        same.unwrap_or_else(|| self.of_line(browser, received, target))
    }

    /// The life of this very cookie, which begins now at the latest.
    pub(super) fn find(&mut self, identity: Identity<'_>) -> usize {
        let key = self.key(identity);
        if let Some(life) = self.index.lives.get(&key) {
            return *life;
        }
        let life = self.all.len();
        self.all.push(CookieLife {
            browser: identity.browser,
            name: identity.name.to_vec(),
            domain: identity.domain.to_owned(),
            host_only: identity.host_only,
            path: identity.path.map(<[u8]>::to_vec),
            versions: Vec::new(),
            events: Vec::new(),
            session: None,
            is_given: false,
        });
        self.index.lives.insert(key, life);
        few::push(self.index.by_name.entry(key.0).or_default(), life);
        life
    }

    fn key(&mut self, identity: Identity<'_>) -> (Named, Option<bool>, Option<Text>) {
        let name = self.texts.number(identity.name);
        let domain = self.texts.number(identity.domain.as_bytes());
        let path = identity.path.map(|path| self.texts.number(path));
        ((identity.browser, name, domain), identity.host_only, path)
    }

    /// The number of a value among those of its cookie. A new one waits for [`Lives::read`].
    pub(super) fn version(
        &mut self,
        life: usize,
        name: &[u8],
        value: &[u8],
        now: Timestamp,
    ) -> usize {
        if let Some(known) = self.known_version(life, name, value) {
            return known;
        }
        let versions = &mut self.all[life].versions;
        let place = versions.len();
        let number = place + 1;
        few::push(versions, Version { number, value: value.to_vec(), reading: None, key: None });
        self.unread.push((life, place, now));
        let (name, value) = (self.texts.number(name), self.texts.number(value));
        let CookieLife { browser, is_given, .. } = self.all[life];
        let order = self.index.values;
        self.index.values += 1;
        let had = self.index.by_value.entry((browser, name, value)).or_default();
        few::push(had, Had { life, place, order });
        if is_given {
            self.index.give(whose(browser, self.is_whole), (name, value), (order, life));
        }
        place
    }

    /// Notes that a server set the cookie of this life.
    pub(super) fn note_given(&mut self, life: usize) {
        let Self { all, index, texts, is_whole, .. } = self;
        let known = &mut all[life];
        if std::mem::replace(&mut known.is_given, true) {
            return;
        }
        let name = texts.number(&known.name);
        for version in &known.versions {
            let value = texts.number(&version.value);
            let had = index.by_value.get(&(known.browser, name, value)).into_iter().flatten();
            let own = had.filter(|had| had.life == life).map(|had| (had.order, life));
            let own: Vec<_> = own.collect();
            for one in own {
                index.give(whose(known.browser, *is_whole), (name, value), one);
            }
        }
    }

    /// Reads the values that are new since this was last asked.
    pub(super) fn read(&mut self) {
        let unread = std::mem::take(&mut self.unread);
        read(&mut self.all, unread, NonZero::<usize>::MIN);
    }

    /// The number of a value among those of its cookie, if it has had it.
    pub(super) fn known_version(&self, life: usize, name: &[u8], value: &[u8]) -> Option<usize> {
        let versions = &self.all[life].versions;
        if versions.len() <= FEW {
            return versions.iter().position(|version| version.value == value);
        }
        let own = self.had_by(self.all[life].browser, name, value).iter();
        own.filter(|had| had.life == life).map(|had| had.place).min()
    }

    /// The lives of a browser's cookies that had this value under this name.
    pub(super) fn having<'a>(
        &'a self,
        browser: usize,
        name: &[u8],
        value: &[u8],
    ) -> impl Iterator<Item = usize> + use<'a> {
        self.had_by(browser, name, value).iter().map(|had| had.life)
    }

    /// The lives of a browser's cookies, or of all, that a server set and that had this value under this
    /// name, in the order in which they had it.
    pub(super) fn given<'a>(
        &'a self,
        browser: Option<usize>,
        name: &[u8],
        value: &[u8],
    ) -> impl Iterator<Item = usize> + use<'a> {
        let key = self.texts.find(name).zip(self.texts.find(value));
        let given = key.and_then(|(name, value)| self.index.given.get(&(browser, name, value)));
        given.into_iter().flatten().map(|(_, life)| *life)
    }

    fn had_by(&self, browser: usize, name: &[u8], value: &[u8]) -> &[Had] {
        let key = self.texts.find(name).zip(self.texts.find(value));
        let had = key.and_then(|(name, value)| self.index.by_value.get(&(browser, name, value)));
        had.map_or(&[], Vec::as_slice)
    }
}

/// The browser that a server gave a value to, and whoever else is asked for it.
type Whose = [Option<Option<usize>>; 2];

/// This browser, and any, unless the capture is known as a whole: then [`super::given`] looks for others.
fn whose(browser: usize, is_whole: bool) -> Whose {
    [Some(Some(browser)), (!is_whole).then_some(None)]
}

/// Reads values, on so many threads.
pub(super) fn read(all: &mut [CookieLife], unread: Vec<Unread>, threads: NonZero<usize>) {
    let read = |(life, place, now): &Unread| {
        let life = &all[*life];
        let cookie = session::Cookie::new(&life.name, &life.versions[*place].value);
        session::decode(&cookie, &session::Context { now_hint: Some(*now) }).map(Box::new)
    };
    let readings = threads::map(&unread, threads, read);
    for ((life, place, _), reading) in unread.into_iter().zip(readings) {
        all[life].versions[place].reading = reading;
    }
}
