//! What many requests have alike is kept once, as long as it comes again soon.

use super::address::Address;
use super::pages::Pages;
use crate::cookie::{CookieHeader, Host, Target};
use foldhash::fast::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

/// So many are remembered of each kind; then all are forgotten, and the next ones remembered.
const MOST: usize = 8192;

/// Longer ones are not remembered: they are rare, and would take much.
const LONGEST: usize = 4096;

/// An absolute URL, and where it leads as far as cookies care; `None` where it is no web page.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub address: Arc<Address>,
    pub target: Option<Arc<Target>>,
}

/// A host, and the port, where one is written; `None` where it cannot be read.
type Authority = Option<(Host, Option<u16>)>;

/// What was met lately. It is only asked, and never walked through.
#[derive(Debug, Default)]
pub struct Shared {
    texts: HashSet<Arc<[u8]>, RandomState>,
    /// By themselves, as written: a page is asked for, and then named as where its parts come from.
    places: HashMap<Box<str>, Place, RandomState>,
    /// By the value of a `Host` header.
    hosts: HashMap<Box<[u8]>, Authority, RandomState>,
    /// By the value of a `Cookie` header.
    cookies: HashMap<Box<[u8]>, Arc<CookieHeader>, RandomState>,
    pub(super) pages: Pages,
}

impl Shared {
    /// A text.
    pub(super) fn text(&mut self, text: &[u8]) -> Arc<[u8]> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<[u8]> = text.into();
        if text.len() <= LONGEST {
            if self.texts.len() >= MOST {
                self.texts.clear();
            }
            self.texts.insert(Arc::clone(&new));
        }
        new
    }

    /// An absolute URL; `None` for a text that is none.
    pub(super) fn place(&mut self, text: &str) -> Option<Place> {
        if let Some(known) = self.places.get(text) {
            return Some(known.clone());
        }
        let new = Place {
            address: Arc::new(Address::read(text)?),
            target: Target::from_url(text.as_bytes()).map(Arc::new),
        };
        Some(remember(&mut self.places, text, new))
    }

    /// What a `Host` header says.
    pub(super) fn host(&mut self, text: &[u8]) -> Authority {
        if let Some(known) = self.hosts.get(text) {
            return known.clone();
        }
        remember(&mut self.hosts, text, Host::from_authority(text))
    }

    /// The cookies of a request, by the values of its `Cookie` headers.
    pub(super) fn cookies(&mut self, values: &[&[u8]]) -> Arc<CookieHeader> {
        let value = match values {
            [] => &b""[..],
            [value] => value,
            several => return Arc::new(CookieHeader::parse(several.iter().copied())),
        };
        if let Some(known) = self.cookies.get(value) {
            return Arc::clone(known);
        }
        remember(&mut self.cookies, value, Arc::new(CookieHeader::parse([value])))
    }
}

/// Remembers what was made of a text, unless that is long, and gives it back.
fn remember<K, V: Clone>(known: &mut HashMap<Box<K>, V, RandomState>, text: &K, new: V) -> V
where
    K: AsRef<[u8]> + Eq + Hash + ?Sized,
    for<'a> Box<K>: From<&'a K>,
{
    if text.as_ref().len() <= LONGEST {
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(text.into(), new.clone());
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_is_kept_once() {
        let mut shared = Shared::default();
        let [one, other] = [b"a=1; b=2", b"a=1; b=2"].map(|value| shared.cookies(&[value]));
        assert!(Arc::ptr_eq(&one, &other) && one.pairs.len() == 2);
        assert_eq!(shared.cookies(&[b"a=1", b"b=2"]), one);
        assert!(shared.cookies(&[]).pairs.is_empty());
        assert!(Arc::ptr_eq(&shared.text(b"x"), &shared.text(b"x")));
    }

    #[test]
    fn what_does_not_come_again_is_forgotten() {
        let mut shared = Shared::default();
        for n in 0..3 * MOST {
            let text = n.to_string();
            assert_eq!(*shared.text(text.as_bytes()), *text.as_bytes());
            assert_eq!(shared.cookies(&[text.as_bytes()]).pairs[0].value, text.as_bytes());
        }
        assert!(shared.texts.len() <= MOST && shared.cookies.len() <= MOST);
    }

    #[test]
    fn what_is_long_is_not_remembered() {
        let mut shared = Shared::default();
        let long = "a=1; ".repeat(LONGEST);
        assert_eq!(shared.cookies(&[long.as_bytes()]).pairs.len(), LONGEST);
        assert_eq!(shared.text(long.as_bytes()).len(), long.len());
        assert!(shared.texts.is_empty() && shared.cookies.is_empty());
    }
}
