//! Absolute URLs as the trail keeps them: one text, and where its parts lie.
//!
//! Two addresses are the same if the URL standard writes them the same. Most need no parser
//! ([`PlainUrl`]), and are smaller than what one gives.

use crate::cookie::PlainUrl;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use url::{Position, Url};

/// An absolute URL in its final form.
#[derive(Debug, Clone)]
pub struct Address {
    text: Box<str>,
    host: Option<Part>,
    port: Option<u16>,
    path: Part,
    query: Option<Part>,
}

/// From where to where a part of the text goes.
type Part = (u32, u32);

impl Address {
    /// Reads an absolute URL, whatever its scheme.
    pub fn read(url: &str) -> Option<Self> {
        match PlainUrl::read(url) {
            Some(plain) => Some(Self::of_plain(&plain, url.into())),
            None => Some(Self::of_url(&Url::parse(url).ok()?)),
        }
    }

    fn of_plain(url: &PlainUrl<'_>, mut text: String) -> Self {
        let host = url.scheme.word().len() + "://".len();
        let host = host..host + url.host.len();
        let tail = url.path.len() + url.query.map_or(0, |query| query.len() + 1);
        let path = text.len() - tail;
        let path = path..path + url.path.len();
        let query = url.query.map(|_| part(path.end + 1..text.len()));
        let is_bare = url.path.is_empty();
        if is_bare {
            text.push('/');
        }
        Self {
            port: Some(url.port.unwrap_or(url.scheme.default_port())),
            host: Some(part(host)),
            path: part(path.start..path.end + usize::from(is_bare)),
            query,
            text: text.into_boxed_str(),
        }
    }

    fn of_url(url: &Url) -> Self {
        let at = |position: Position| url[..position].len();
        let host = url.host_str().map(|_| part(at(Position::BeforeHost)..at(Position::AfterHost)));
        let query = url.query().map(|_| part(at(Position::BeforeQuery)..at(Position::AfterQuery)));
        Self {
            host,
            port: url.port_or_known_default(),
            path: part(at(Position::BeforePath)..at(Position::AfterPath)),
            query,
            text: url.as_str().into(),
        }
    }

    /// The address that a reference in a page or a header leads to from here, without its fragment
    /// (RFC 3986 section 5); `None` where it is no URL.
    pub fn join(&self, reference: &str) -> Option<Self> {
        if let Some(plain) = PlainUrl::read(reference) {
            return Some(Self::of_plain(&plain, reference.into()));
        }
        if reference.starts_with('/') && !reference.starts_with("//") {
            let text = [self.before_path(), reference].concat();
            if let Some(plain) = PlainUrl::read(&text) {
                return Some(Self::of_plain(&plain, text.clone()));
            }
        }
        let mut url = Url::parse(&self.text).ok()?.join(reference).ok()?;
        url.set_fragment(None);
        Some(Self::of_url(&url))
    }

    fn before_path(&self) -> &str {
        self.text.get(..self.path.0 as usize).unwrap_or_default()
    }

    fn get(&self, (from, to): Part) -> &str {
        self.text.get(from as usize..to as usize).unwrap_or_default()
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The scheme, in lower case.
    pub fn scheme(&self) -> &str {
        self.text.split(':').next().unwrap_or_default()
    }

    /// The host, where the scheme has hosts.
    pub fn host_str(&self) -> Option<&str> {
        self.host.map(|host| self.get(host))
    }

    /// The port, also where it is the scheme's own and not written.
    pub const fn port_or_known_default(&self) -> Option<u16> {
        self.port
    }

    /// The path, as the URL standard writes it.
    pub fn path(&self) -> &str {
        self.get(self.path)
    }

    /// The query, without its question mark.
    pub fn query(&self) -> Option<&str> {
        self.query.map(|query| self.get(query))
    }

    /// The pairs of the query, decoded.
    pub fn query_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        url::form_urlencoded::parse(self.query().unwrap_or_default().as_bytes())
    }

    /// What browsers take for one site's own: scheme, host and port (HTML standard, "origin").
    pub fn origin(&self) -> Cow<'_, str> {
        let before = self.before_path();
        if matches!(self.scheme(), "http" | "https") && !before.contains('@') {
            return Cow::Borrowed(before);
        }
        let url = Url::parse(&self.text);
        Cow::Owned(url.map(|url| url.origin().ascii_serialization()).unwrap_or_default())
    }
}

fn part(range: Range<usize>) -> Part {
    // Heads are capped far below 4 GiB.
    let position = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    (position(range.start), position(range.end))
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Address {}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const URLS: [&str; 12] = [
        "http://shop.test",
        "http://shop.test/a/b?c=d&e=%20",
        "https://shop.test:8443/a/?",
        "http://shop.test:80/../x#y",
        "HTTP://User:pw@Shop.test/%2e/a?b#c",
        "http://[::1]:5000/a",
        "http://10.77.0.1:5000/",
        "http://0x7f.1/?q#f",
        "about:blank",
        "data:text/plain,hello?x",
        "mailto:a@b.test",
        "custom://host/path?query",
    ];

    fn parts_agree(address: &Address, url: &Url) {
        assert_eq!(address.as_str(), url.as_str());
        assert_eq!(address.scheme(), url.scheme(), "{url}");
        assert_eq!(address.host_str(), url.host_str(), "{url}");
        assert_eq!(address.port_or_known_default(), url.port_or_known_default(), "{url}");
        assert_eq!((address.path(), address.query()), (url.path(), url.query()), "{url}");
        assert_eq!(address.origin(), url.origin().ascii_serialization(), "{url}");
        assert!(address.query_pairs().eq(url.query_pairs()), "{url}");
    }

    #[test]
    fn the_parts_are_those_that_a_parser_finds() {
        for text in URLS {
            parts_agree(&Address::read(text).unwrap(), &Url::parse(text).unwrap());
        }
        assert_eq!(Address::read("/a"), None);
        assert_eq!(Address::read(""), None);
    }

    proptest! {
        #[test]
        fn references_lead_where_a_parser_says(
            base in proptest::sample::select(&URLS[..]),
            reference in prop_oneof![
                proptest::sample::select(&URLS[..]).prop_map(str::to_owned),
                "(/|//|\\?|#|\\.\\./|)[a-z0-9./?#:@ %\\\\=&-]{0,12}",
            ],
        ) {
            let joined = Address::read(base).unwrap().join(&reference);
            let url = Url::parse(base).unwrap().join(&reference).ok().map(|mut url| {
                url.set_fragment(None);
                url
            });
            prop_assert_eq!(joined.is_some(), url.is_some());
            if let (Some(joined), Some(url)) = (joined, url) {
                parts_agree(&joined, &url);
            }
        }
    }
}
