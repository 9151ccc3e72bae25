//! The `Set-Cookie` response header (RFC 6265bis section 5.6).
//!
//! A line is always taken apart; whether it makes a cookie is a second question, and the answer
//! "no" still carries everything that was understood.

use super::agent::Agent;
use super::bytes::{split_once, starts_with_ignore_case, trim};
use super::date::parse_cookie_date;
use super::reason::Reason;
use crate::time::Timestamp;

/// One attribute as it was written: its name and, where an `=` followed, its value.
pub type Attribute = (Vec<u8>, Option<Vec<u8>>);

/// To which cross-site requests a cookie may go (RFC 6265bis section 5.6.7).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SameSite {
    /// To none.
    Strict,
    /// To top-level navigations with a safe method.
    Lax,
    /// To all.
    None,
    /// The attribute is missing or its value is unknown; each client has its default.
    #[default]
    Unspecified,
}

impl SameSite {
    /// The attribute's value; `None` where it was not set.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Strict => Some("Strict"),
            Self::Lax => Some("Lax"),
            Self::None => Some("None"),
            Self::Unspecified => None,
        }
    }

    fn parse(value: &[u8]) -> Self {
        [Self::Strict, Self::Lax, Self::None]
            .into_iter()
            .find(|kind| kind.word().is_some_and(|w| value.eq_ignore_ascii_case(w.as_bytes())))
            .unwrap_or_default()
    }
}

/// A `Set-Cookie` line taken apart: what was written, and what it means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetCookie {
    /// The name; empty for a nameless cookie.
    pub name: Vec<u8>,
    /// The value, quotes included.
    pub value: Vec<u8>,
    /// Every attribute in order, unknown ones and duplicates too.
    pub attributes: Vec<Attribute>,
    /// `Domain` without its leading dot and in ASCII lower case. `None` where it is missing or
    /// empty, which makes the cookie host-only.
    pub domain: Option<Vec<u8>>,
    /// `Path`, where it begins with `/`. `None` leaves the default path of the request.
    pub path: Option<Vec<u8>>,
    /// `Secure`.
    pub secure: bool,
    /// `HttpOnly`.
    pub http_only: bool,
    /// `SameSite`.
    pub same_site: SameSite,
    /// `Partitioned`.
    pub partitioned: bool,
    /// `Max-Age` in seconds, where it is a number. It wins over `Expires`.
    pub max_age: Option<i64>,
    /// `Expires`, where it is a date.
    pub expires: Option<Timestamp>,
}

/// A line that makes no cookie, and what was understood of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the Set-Cookie line makes no cookie: {}", .reason.word())]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// The line all the same.
    pub cookie: Box<SetCookie>,
}

impl SetCookie {
    /// Takes apart the value of a `Set-Cookie` header as RFC 6265bis does.
    ///
    /// # Errors
    /// Where the RFC says to ignore the line: control characters, too long, neither name nor value.
    pub fn parse(line: &[u8]) -> Result<Self, Refusal> {
        Self::parse_for(line, Agent::Other)
    }

    /// The same as a given client does it.
    ///
    /// # Errors
    /// Where that client ignores the line whatever response it came in.
    pub fn parse_for(line: &[u8], agent: Agent) -> Result<Self, Refusal> {
        let cookie = Self::read(line, agent);
        let fault = if line.len() > agent.line_limit() {
            Some(Reason::NameValueTooLong)
        } else {
            cookie.fault(agent)
        };
        match fault {
            None => Ok(cookie),
            Some(reason) => Err(Refusal { reason, cookie: Box::new(cookie) }),
        }
    }

    /// The name and the value of a line that [`Self::parse`] takes, without its attributes.
    pub fn pair(line: &[u8]) -> Option<(&[u8], &[u8])> {
        let pair = line.split(|&b| b == b';').next().map(trim)?;
        let (name, value) = split_once(pair, b'=')
            .map_or((&pair[..0], pair), |(name, value)| (trim(name), trim(value)));
        let agent = Agent::Other;
        let is_refused = |b: &u8| *b != b'\t' && b.is_ascii_control();
        let is_fine = !line.iter().any(is_refused)
            && name.len() + value.len() <= agent.name_value_limit()
            && !(name.is_empty() && value.is_empty());
        is_fine.then_some((name, value))
    }

    /// Whether an attribute of that name was written, with or without value.
    pub fn has_attribute(&self, name: &str) -> bool {
        self.values_of(name).next().is_some()
    }

    /// The values of every attribute of that name, in order; empty ones for those without.
    pub fn values_of(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let is_named = move |key: &[u8]| key.eq_ignore_ascii_case(name.as_bytes());
        let found = self.attributes.iter().filter(move |(key, _)| is_named(key));
        found.map(|(_, value)| value.as_deref().unwrap_or_default())
    }

    /// Whether the name begins with a prefix that binds attributes, and for nameless cookies
    /// whether the value does, because it would be sent looking like such a name.
    pub(super) fn has_prefix(&self, prefix: &str, agent: Agent) -> bool {
        let text = if self.name.is_empty() { &self.value } else { &self.name };
        if agent.prefixes_have_case() {
            text.starts_with(prefix.as_bytes())
        } else {
            starts_with_ignore_case(text, prefix.as_bytes())
        }
    }

    /// Why `agent` ignores this line, judged by its content alone.
    pub(super) fn fault(&self, agent: Agent) -> Option<Reason> {
        let is_refused_control = |&b: &u8| b != b'\t' && b.is_ascii_control();
        // A NUL is a control character, and nearly no line has any.
        if self.any_text(|text| text.iter().any(is_refused_control)) {
            if agent.drops_response_with_nul() && self.any_text(|text| text.contains(&0)) {
                return Some(Reason::NulInResponse);
            }
            if agent.refuses_controls() {
                return Some(Reason::DisallowedCharacter);
            }
        }
        if agent.refuses_inner_tab() && (self.name.contains(&b'\t') || self.value.contains(&b'\t'))
        {
            return Some(Reason::DisallowedCharacter);
        }
        self.length_fault(agent).or_else(|| self.name_fault(agent))
    }

    fn length_fault(&self, agent: Agent) -> Option<Reason> {
        let (name, value) = (self.name.len(), self.value.len());
        let too_long =
            name + value > agent.name_value_limit() || name.max(value) > agent.part_limit();
        too_long.then_some(Reason::NameValueTooLong)
    }

    fn name_fault(&self, agent: Agent) -> Option<Reason> {
        if !self.name.is_empty() {
            return None;
        }
        if self.value.is_empty() {
            Some(Reason::NoCookieContent)
        } else if agent.refuses_nameless() {
            Some(Reason::NamelessCookie)
        } else if agent.refuses_ambiguous() && self.value.contains(&b'=') {
            Some(Reason::AmbiguousSerialization)
        } else {
            None
        }
    }

    fn any_text(&self, test: impl Fn(&[u8]) -> bool) -> bool {
        let written = |(name, value): &Attribute| test(name) || value.as_deref().is_some_and(&test);
        test(&self.name) || test(&self.value) || self.attributes.iter().any(written)
    }

    fn read(line: &[u8], agent: Agent) -> Self {
        let mut pieces = line.split(|&b| b == b';').map(trim);
        let (name, value) = read_pair(pieces.next().unwrap_or_default(), agent);
        let attributes = pieces.filter(|piece| !piece.is_empty()).map(read_attribute).collect();
        let mut cookie = Self { name, value, attributes, ..Self::default() };
        cookie.understand(agent);
        cookie
    }

    /// Fills the fields that the attributes stand for.
    fn understand(&mut self, agent: Agent) {
        let attributes = std::mem::take(&mut self.attributes);
        let usable = |(_, value): &&Attribute| {
            value.as_ref().is_none_or(|value| value.len() <= agent.attribute_limit())
        };
        if agent.first_attribute_wins() {
            attributes.iter().rev().filter(usable).for_each(|a| self.apply(a, agent));
        } else {
            attributes.iter().filter(usable).for_each(|a| self.apply(a, agent));
        }
        self.attributes = attributes;
    }

    fn apply(&mut self, (name, value): &Attribute, agent: Agent) {
        let value = value.as_deref().unwrap_or_default();
        match name.to_ascii_lowercase().as_slice() {
            b"domain" => self.domain = read_domain(value),
            b"path" => self.path = read_path(value, agent),
            b"secure" => self.secure = true,
            b"httponly" => self.http_only = true,
            b"samesite" => self.same_site = SameSite::parse(value),
            b"partitioned" => self.partitioned = true,
            // A Max-Age or Expires that cannot be read is as if it were not there.
            b"max-age" => self.max_age = read_max_age(value).or(self.max_age),
            b"expires" => self.expires = parse_cookie_date(value).or(self.expires),
            _ => {}
        }
    }
}

fn read_pair(piece: &[u8], agent: Agent) -> (Vec<u8>, Vec<u8>) {
    match split_once(piece, b'=') {
        Some((name, value)) => (trim(name).to_vec(), trim(value).to_vec()),
        None if agent.lone_word_is_name() => (piece.to_vec(), Vec::new()),
        None => (Vec::new(), piece.to_vec()),
    }
}

fn read_attribute(piece: &[u8]) -> Attribute {
    match split_once(piece, b'=') {
        Some((name, value)) => (trim(name).to_vec(), Some(trim(value).to_vec())),
        None => (piece.to_vec(), None),
    }
}

fn read_domain(value: &[u8]) -> Option<Vec<u8>> {
    if value.is_empty() {
        return None;
    }
    Some(value.strip_prefix(b".").unwrap_or(value).to_ascii_lowercase())
}

fn read_path(value: &[u8], agent: Agent) -> Option<Vec<u8>> {
    if agent.cleans_path() {
        return read_path_as_curl(value);
    }
    value.starts_with(b"/").then(|| value.to_vec())
}

fn read_path_as_curl(value: &[u8]) -> Option<Vec<u8>> {
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    let value = value.strip_suffix(b"\"").unwrap_or(value);
    match value {
        [] => None,
        [b'/', inner @ .., b'/'] => Some([b"/", inner].concat()),
        [b'/', ..] => Some(value.to_vec()),
        _ => Some(b"/".to_vec()),
    }
}

/// `Max-Age` in seconds; numbers too great to hold stop at the end of what can be held.
fn read_max_age(value: &[u8]) -> Option<i64> {
    let (sign, digits) = match value.strip_prefix(b"-") {
        Some(digits) => (-1, digits),
        None => (1, value),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |sum: i64, digit: &u8| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
    Some(sign * digits.iter().fold(0, add))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::strategy::Strategy as _;

    /// What lines are made of, so that random ones get past the first check.
    const PIECES: [&str; 16] = [
        "a=b",
        ";",
        "=",
        "; Domain=",
        ".shop.test",
        "..",
        "; Path=/",
        "; Expires=",
        "1 Jan 2027",
        " 10:00:00",
        "; Max-Age=",
        "9999999999",
        "-",
        "__Host-",
        "; SameSite=None",
        "; Secure",
    ];

    fn parse(line: &str) -> SetCookie {
        SetCookie::parse(line.as_bytes()).unwrap()
    }

    fn refused(line: &[u8], agent: Agent) -> Option<Reason> {
        SetCookie::parse_for(line, agent).err().map(|refusal| refusal.reason)
    }

    #[test]
    fn a_flask_session_line_is_understood() {
        let cookie = parse("session=eyJ1Ijox.abc.def; Secure; HttpOnly; Path=/; SameSite=Lax");
        assert_eq!(cookie.name, b"session");
        assert_eq!(cookie.value, b"eyJ1Ijox.abc.def");
        assert_eq!(cookie.attributes.len(), 4);
        assert_eq!(cookie.attributes[2], (b"Path".to_vec(), Some(b"/".to_vec())));
        assert_eq!(cookie.attributes[0], (b"Secure".to_vec(), None));
        assert!(cookie.secure && cookie.http_only && !cookie.partitioned);
        assert_eq!(cookie.same_site, SameSite::Lax);
        assert_eq!(cookie.path.as_deref(), Some(&b"/"[..]));
        assert_eq!((cookie.domain, cookie.max_age, cookie.expires), (None, None, None));
    }

    #[test]
    fn names_and_values_are_cut_at_the_first_equals_sign() {
        let cases: [(&str, &str, &str); 8] = [
            ("a=b", "a", "b"),
            ("  A  = BC  ;foo;;;   bar", "A", "BC"),
            ("a=== b", "a", "== b"),
            ("novalue=", "novalue", ""),
            ("=noname", "", "noname"),
            ("nameless", "", "nameless"),
            ("a=\" b \"  ", "a", "\" b \""),
            ("a\t=\tb\t", "a", "b"),
        ];
        for (line, name, value) in cases {
            let cookie = parse(line);
            assert_eq!(
                (cookie.name.as_slice(), cookie.value.as_slice()),
                (name.as_bytes(), value.as_bytes()),
                "{line}"
            );
        }
    }

    #[test]
    fn the_last_attribute_wins_but_for_requests() {
        let line = b"a=b; Path=/one; Domain=one.test; PATH=/two; domain=two.test";
        let view = |agent| {
            let cookie = SetCookie::parse_for(line, agent).unwrap();
            (cookie.path.unwrap(), cookie.domain.unwrap())
        };
        assert_eq!(view(Agent::Chromium), (b"/two".to_vec(), b"two.test".to_vec()));
        assert_eq!(view(Agent::PythonRequests), (b"/one".to_vec(), b"one.test".to_vec()));
    }

    #[test]
    fn attributes_that_mean_nothing_are_kept_and_ignored() {
        let cookie = parse("a=b; \"Secure\"; Priority=High; Max-Age=1h; Expires=0; SameSite=Maybe");
        assert!(!cookie.secure);
        assert_eq!(cookie.attributes.len(), 5);
        assert_eq!(cookie.same_site, SameSite::Unspecified);
        assert_eq!((cookie.max_age, cookie.expires), (None, None));
    }

    #[test]
    fn max_age_is_a_number_or_nothing() {
        let cases = [
            ("60", Some(60)),
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("\"60\"", None),
            ("1h", None),
            ("+5", None),
            ("-", None),
            ("", None),
            ("50,399", None),
            ("99999999999999999999999", Some(i64::MAX)),
            ("-99999999999999999999999", Some(-i64::MAX)),
        ];
        for (text, seconds) in cases {
            assert_eq!(parse(&format!("a=b; Max-Age={text}")).max_age, seconds, "{text}");
        }
        assert_eq!(parse("a=b; Max-Age=5; Max-Age=x").max_age, Some(5));
    }

    #[test]
    fn domains_lose_one_leading_dot_and_their_capitals() {
        let cases = [
            ("Domain=.Shop.TEST", Some("shop.test")),
            ("Domain=..shop.test", Some(".shop.test")),
            ("Domain=.", Some("")),
            ("Domain=", None),
            ("Domain", None),
            ("Domain=shop.test; Domain=", None),
        ];
        for (attributes, domain) in cases {
            let cookie = parse(&format!("a=b; {attributes}"));
            assert_eq!(cookie.domain.as_deref(), domain.map(str::as_bytes), "{attributes}");
        }
    }

    #[test]
    fn curl_cleans_paths_and_others_take_the_default() {
        let cases: [(&str, Option<&str>, Option<&str>); 5] = [
            ("\"/silly/\"", None, Some("/silly")),
            ("/app/", Some("/app/"), Some("/app")),
            ("/", Some("/"), Some("/")),
            ("relative", None, Some("/")),
            ("", None, None),
        ];
        for (text, browsers, curl) in cases {
            let line = format!("a=b; Path={text}");
            let path = |agent| SetCookie::parse_for(line.as_bytes(), agent).unwrap().path;
            assert_eq!(path(Agent::Firefox).as_deref(), browsers.map(str::as_bytes), "{text}");
            assert_eq!(path(Agent::Curl).as_deref(), curl.map(str::as_bytes), "{text}");
        }
    }

    #[test]
    fn a_refused_line_still_shows_what_was_understood() {
        let refusal = SetCookie::parse(b"sid=a\x01b; Path=/x; Secure").unwrap_err();
        assert_eq!(refusal.reason, Reason::DisallowedCharacter);
        assert_eq!(refusal.cookie.name, b"sid");
        assert_eq!(refusal.cookie.value, b"a\x01b");
        assert!(refusal.cookie.secure);
        assert_eq!(
            refusal.to_string(),
            "the Set-Cookie line makes no cookie: disallowed-character"
        );
    }

    #[test]
    fn control_characters_tabs_and_nuls_divide_the_clients() {
        use Agent::{Chromium, Curl, Firefox, Other, PythonRequests};
        let disallowed = Some(Reason::DisallowedCharacter);
        let nul = Some(Reason::NulInResponse);
        let lines: [(&[u8], [Option<Reason>; 5]); 6] = [
            (b"a=\x01", [disallowed, disallowed, disallowed, None, disallowed]),
            (b"a=\x7f", [disallowed, disallowed, disallowed, None, disallowed]),
            (b"a=b; x=\x1f", [disallowed, disallowed, disallowed, None, disallowed]),
            (b"a=b\tc", [disallowed, None, disallowed, None, None]),
            (b"a=\0", [nul, nul, nul, None, disallowed]),
            (b"a=\xc3\xa9, \"x\"=y z", [None; 5]),
        ];
        for (line, reasons) in lines {
            for (agent, reason) in
                [Chromium, Firefox, Curl, PythonRequests, Other].into_iter().zip(reasons)
            {
                assert_eq!(refused(line, agent), reason, "{agent:?} {line:?}");
            }
        }
    }

    #[test]
    fn name_and_value_may_have_4096_bytes_together() {
        let line =
            |length: usize| format!("n={}; Path=/{}", "v".repeat(length - 1), "p".repeat(800));
        let long = Some(Reason::NameValueTooLong);
        assert_eq!(refused(line(4096).as_bytes(), Agent::Chromium), None);
        assert_eq!(refused(line(4097).as_bytes(), Agent::Chromium), long);
        assert_eq!(refused(line(4095).as_bytes(), Agent::Curl), None);
        assert_eq!(refused(line(4096).as_bytes(), Agent::Curl), long);
        assert_eq!(refused(line(9000).as_bytes(), Agent::PythonRequests), None);
    }

    #[test]
    fn an_attribute_over_1024_bytes_is_as_if_it_were_not_there() {
        let path = |length: usize| {
            let line = format!("a=b; Path=/short; Path=/{}", "p".repeat(length - 1));
            parse(&line).path.unwrap().len()
        };
        assert_eq!(path(1024), 1024);
        assert_eq!(path(1025), "/short".len());
    }

    #[test]
    fn nameless_cookies_divide_the_clients() {
        use Agent::{Chromium, Curl, Firefox, Other};
        assert_eq!(refused(b"=", Other), Some(Reason::NoCookieContent));
        assert_eq!(refused(b"", Other), Some(Reason::NoCookieContent));
        assert_eq!(refused(b" ; Path=/", Firefox), Some(Reason::NoCookieContent));
        assert_eq!(refused(b"nameless", Curl), Some(Reason::NamelessCookie));
        assert_eq!(refused(b"=a=b", Chromium), Some(Reason::AmbiguousSerialization));
        assert_eq!(refused(b"=a=b", Other), None);
        let named = SetCookie::parse_for(b"nameless", Firefox).unwrap();
        assert_eq!((named.name.as_slice(), named.value.as_slice()), (&b"nameless"[..], &b""[..]));
    }

    proptest::proptest! {
        #[test]
        fn a_pair_is_what_the_whole_line_gives(
            line in proptest::collection::vec(
                proptest::prop_oneof![
                    proptest::prelude::any::<u8>().prop_map(|byte| vec![byte]),
                    proptest::sample::select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()),
                    proptest::strategy::Just(vec![b'v'; 2040]),
                ],
                0..6,
            ),
        ) {
            let line = line.concat();
            let whole = SetCookie::parse(&line).ok().map(|set| (set.name, set.value));
            let pair = SetCookie::pair(&line).map(|(name, value)| (name.to_vec(), value.to_vec()));
            proptest::prop_assert_eq!(pair, whole);
        }

        #[test]
        fn any_line_is_taken_apart_and_stored_or_refused(
            line in proptest::collection::vec(
                proptest::prop_oneof![
                    proptest::prelude::any::<u8>().prop_map(|byte| vec![byte]),
                    proptest::sample::select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()),
                ],
                0..40,
            ),
        ) {
            let line = line.concat();
            for agent in Agent::ALL {
                let mut client = super::super::dialogue::Client::new(agent);
                client.receives("https://www.shop.test/app/x", &[&line, &line]);
                proptest::prop_assert!(client.jar.len() <= 1);
                client.sends("https://www.shop.test/app/x");
            }
        }
    }
}
