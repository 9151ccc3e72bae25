//! The `Cookie` request header (RFC 6265bis sections 4.2 and 5.8.1).
//!
//! A request may carry several: HTTP/2 and HTTP/3 clients put each pair into a field of its own
//! (RFC 9113 section 8.2.3), and broken proxies split or repeat HTTP/1 headers. All of them are
//! read as one list, in order.

use super::bytes::{split_once, trim};

/// One cookie as a request carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookiePair {
    /// The name; empty for a nameless cookie.
    pub name: Vec<u8>,
    /// The value, quotes included.
    pub value: Vec<u8>,
    /// Whether an `=` was written. `a=` and `a` are not the same cookie.
    pub equals: bool,
}

/// All cookies of one request, in the order they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CookieHeader {
    /// The pairs, duplicates and all.
    pub pairs: Vec<CookiePair>,
}

impl CookieHeader {
    /// Reads the values of every `Cookie` header of a request, in the order they came.
    ///
    /// Nothing is refused: a request shows what the client really sent.
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut own = Self::default();
        values.into_iter().for_each(|value| own.add(value));
        own
    }

    /// Reads the value of one more `Cookie` header of the same request.
    pub fn add(&mut self, value: &[u8]) {
        // Values are kept by the hundred thousand, so there is no room to spare.
        self.pairs.reserve_exact(memchr::memchr_iter(b';', value).count() + 1);
        let pieces = value.split(|&b| b == b';').map(trim);
        self.pairs.extend(pieces.filter(|piece| !piece.is_empty()).map(CookiePair::parse));
    }

    /// The first value sent under `name`, which is the one most servers use.
    pub fn first(&self, name: &[u8]) -> Option<&[u8]> {
        self.pairs.iter().find(|pair| pair.name == name).map(|pair| pair.value.as_slice())
    }

    /// The pairs as the one header value that HTTP/1 would carry: `a=1; b=2`.
    pub fn joined(&self) -> Vec<u8> {
        let written: Vec<Vec<u8>> = self.pairs.iter().map(CookiePair::written).collect();
        written.join(&b"; "[..])
    }
}

impl CookiePair {
    fn parse(piece: &[u8]) -> Self {
        match split_once(piece, b'=') {
            Some((name, value)) => {
                Self { name: trim(name).to_vec(), value: trim(value).to_vec(), equals: true }
            }
            None => Self { name: Vec::new(), value: piece.to_vec(), equals: false },
        }
    }

    /// The pair as it stands in a header.
    pub fn written(&self) -> Vec<u8> {
        if self.equals {
            [self.name.as_slice(), b"=", self.value.as_slice()].concat()
        } else {
            self.value.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(values: &[&[u8]]) -> Vec<(String, String)> {
        let header = CookieHeader::parse(values.iter().copied());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        header.pairs.iter().map(|pair| (text(&pair.name), text(&pair.value))).collect()
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&(name, value)| (name.into(), value.into())).collect()
    }

    #[test]
    fn pairs_keep_their_order_and_duplicates() {
        assert_eq!(
            pairs(&[b"a=1; b=\"x y\";c = =2=;a=3"]),
            owned(&[("a", "1"), ("b", "\"x y\""), ("c", "=2="), ("a", "3")])
        );
    }

    #[test]
    fn crumbs_and_repeated_headers_are_one_list() {
        assert_eq!(
            pairs(&[b"a=1", b"b=2; c=3", b""]),
            owned(&[("a", "1"), ("b", "2"), ("c", "3")])
        );
    }

    #[test]
    fn a_cookie_without_equals_sign_has_no_name() {
        assert_eq!(pairs(&[b"nameless; novalue="]), owned(&[("", "nameless"), ("novalue", "")]));
    }

    #[test]
    fn joining_writes_what_was_read() {
        let header = CookieHeader::parse([&b"nameless"[..], b"novalue=", b"a=1"]);
        assert_eq!(header.joined(), b"nameless; novalue=; a=1");
        assert_eq!(header.first(b"a"), Some(&b"1"[..]));
        assert_eq!(header.first(b"zz"), None);
    }

    #[test]
    fn empty_pieces_are_no_cookies() {
        assert_eq!(pairs(&[b"; ;;  ;"]), owned(&[]));
    }
}
