//! Values to decode, as people have them at hand: bare, as `name=value`, as header lines, or as the
//! lines of a Netscape cookie file.

use crate::cookie::{CookieHeader, SetCookie};
use crate::session::{self, Context, Inside};
use anyhow::Context as _;
use std::io::{BufRead, Read};

/// Longest line that is read from standard input: cookies stop at 4 KiB.
const MAX_LINE: u64 = 1 << 20;

/// Attributes that tell a `Set-Cookie` line from a `Cookie` line.
const ATTRIBUTES: [&[u8]; 8] = [
    b"path",
    b"domain",
    b"expires",
    b"max-age",
    b"httponly",
    b"secure",
    b"samesite",
    b"partitioned",
];

/// One cookie to decode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Its name, where it is known.
    pub name: Option<Vec<u8>>,
    /// Its value.
    pub value: Vec<u8>,
    /// The cookies beside it.
    pub companions: Vec<(Vec<u8>, Vec<u8>)>,
    /// The host or domain it belongs to, where that is known.
    pub host: Option<String>,
}

impl Given {
    fn new(name: Option<&[u8]>, value: &[u8]) -> Self {
        let name = name.map(<[u8]>::to_vec);
        Self { name, value: value.to_vec(), companions: Vec::new(), host: None }
    }
}

/// Reads the values of a command line; `-` stands for the lines of standard input. Cookies that
/// belong together (one header, one host of a cookie file) know each other.
///
/// # Errors
/// Standard input that cannot be read, or what `each` fails with.
pub fn read(
    values: &[String],
    each: &mut dyn FnMut(Given) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut filed = Vec::new();
    for value in values {
        let mut take = |line: &[u8]| match netscape(line) {
            Netscape::Cookie(given) => {
                filed.push(given);
                Ok(())
            }
            Netscape::Comment => Ok(()),
            Netscape::Other => of_line(line).into_iter().try_for_each(&mut *each),
        };
        if value == "-" {
            lines(&mut std::io::stdin().lock(), &mut take)?;
        } else {
            value
                .as_bytes()
                .split(|byte| *byte == b'\n')
                .try_for_each(|line| take(line.trim_ascii()))?;
        }
    }
    introduce(filed).into_iter().try_for_each(each)
}

/// The lines of an input without their ends; blank ones are left out.
fn lines(
    input: &mut dyn BufRead,
    each: &mut dyn FnMut(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = Read::take(&mut *input, MAX_LINE).read_until(b'\n', &mut line);
        if read.context("cannot read standard input")? == 0 {
            return Ok(());
        }
        let text = line.trim_ascii();
        if !text.is_empty() {
            each(text)?;
        }
    }
}

/// What one line holds: a bare value, `name=value`, or a whole header with or without its name.
fn of_line(line: &[u8]) -> Vec<Given> {
    if line.is_empty() {
        return Vec::new();
    }
    if let Some(header) = strip_header(line, b"set-cookie:") {
        return vec![set_cookie(header)];
    }
    if let Some(header) = strip_header(line, b"cookie:") {
        return cookies(header);
    }
    if is_known(&Given::new(None, line)) {
        return vec![Given::new(None, line)];
    }
    if let Some(at) = memchr::memchr(b';', line).filter(|at| line[..*at].contains(&b'=')) {
        return if has_attributes(&line[at + 1..]) {
            vec![set_cookie(line)]
        } else {
            cookies(line)
        };
    }
    let pair = line.iter().position(|byte| *byte == b'=').filter(|at| *at > 0);
    let named = pair.map(|at| Given::new(Some(&line[..at]), &line[at + 1..]));
    let bare = Given::new(None, line);
    match named {
        Some(named) if is_known(&named) || is_pair(&named) => vec![named],
        Some(named) if shows(&named) && !shows(&bare) => vec![named],
        _ => vec![bare],
    }
}

/// Whether a line that no format knows was meant as a name and a value: what stands before the
/// equals sign is a name, and what stands after it is more than the padding of base64.
fn is_pair(named: &Given) -> bool {
    const LONGEST_NAME: usize = 64;
    let name = named.name.as_deref().unwrap_or_default();
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"-_.".contains(b);
    (1..=LONGEST_NAME).contains(&name.len())
        && name.iter().all(is_name)
        && named.value.iter().any(|byte| *byte != b'=')
}

fn strip_header<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = line.split_at_checked(name.len())?;
    head.eq_ignore_ascii_case(name).then(|| rest.trim_ascii())
}

fn has_attributes(rest: &[u8]) -> bool {
    rest.split(|byte| *byte == b';').any(|part| {
        let name = part.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
        ATTRIBUTES.iter().any(|attribute| name.eq_ignore_ascii_case(attribute))
    })
}

fn set_cookie(header: &[u8]) -> Given {
    let cookie = match SetCookie::parse(header) {
        Ok(cookie) => cookie,
        Err(refusal) => *refusal.cookie,
    };
    Given::new(Some(&cookie.name), &cookie.value)
}

fn cookies(header: &[u8]) -> Vec<Given> {
    let pairs = CookieHeader::parse([header]).pairs;
    introduce(pairs.iter().map(|pair| Given::new(Some(&pair.name), &pair.value)).collect())
}

/// Tells the cookies of one host of each other.
fn introduce(mut all: Vec<Given>) -> Vec<Given> {
    let known: Vec<(Option<String>, Vec<u8>, Vec<u8>)> = all
        .iter()
        .map(|one| (one.host.clone(), one.name.clone().unwrap_or_default(), one.value.clone()))
        .collect();
    for given in &mut all {
        let base = given.name.clone().unwrap_or_default();
        let base = base.strip_suffix(b".0").unwrap_or(&base);
        let beside = known.iter().filter(|(host, name, _)| {
            *host == given.host
                && name.strip_prefix(base).is_some_and(|rest| rest.starts_with(b"."))
        });
        given.companions = beside.map(|(_, name, value)| (name.clone(), value.clone())).collect();
    }
    all
}

/// What a line is in a Netscape cookie file.
enum Netscape {
    Cookie(Given),
    Comment,
    Other,
}

/// Seven fields between tabs: domain, whether hosts below it are meant, path, secure, expiry, name,
/// value. curl marks `HttpOnly` cookies by what looks like a comment.
fn netscape(line: &[u8]) -> Netscape {
    let text = line.strip_prefix(b"#HttpOnly_").unwrap_or(line);
    let fields: Vec<&[u8]> = text.splitn(7, |byte| *byte == b'\t').collect();
    let is_word = |field: &[u8]| matches!(field, b"TRUE" | b"FALSE");
    match fields[..] {
        [domain, below, _, secure, expires, name, value]
            if is_word(below) && is_word(secure) && expires.iter().all(u8::is_ascii_digit) =>
        {
            let domain = String::from_utf8_lossy(domain);
            let host = Some(domain.trim_start_matches('.').to_ascii_lowercase());
            Netscape::Cookie(Given { host, ..Given::new(Some(name), value) })
        }
        _ if line.starts_with(b"# ") => Netscape::Comment,
        _ => Netscape::Other,
    }
}

fn is_known(given: &Given) -> bool {
    let name = given.name.as_deref().unwrap_or_default();
    let cookie = session::Cookie::new(name, &given.value);
    session::decode(&cookie, &Context::default()).is_some()
}

/// Whether something makes sense below the value's encodings.
fn shows(given: &Given) -> bool {
    let name = given.name.as_deref().unwrap_or_default();
    let cookie = session::Cookie::new(name, &given.value);
    let peeled = session::peel(&cookie, &Context::default());
    peeled.is_some_and(|peeled| {
        !matches!(peeled.inside, Inside::Text(_)) || !peeled.layers.is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> Vec<(Option<String>, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let given = of_line(line.as_bytes());
        given.iter().map(|one| (one.name.as_deref().map(text), text(&one.value))).collect()
    }

    const FLASK: &str = "eyJ1c2VybmFtZSI6ImFsaWNlIn0.Gbzbzw.vKkf1aSC_g-5hzLEnCTQC4t1L7k";

    #[test]
    fn every_way_to_write_a_cookie_is_understood() {
        let session = (Some("session".to_owned()), FLASK.to_owned());
        for line in [
            format!("session={FLASK}"),
            format!("Cookie: session={FLASK}"),
            format!("set-cookie: session={FLASK}; Path=/; HttpOnly"),
            format!("session={FLASK}; Path=/; HttpOnly"),
        ] {
            assert_eq!(names(&line), std::slice::from_ref(&session), "{line}");
        }
        assert_eq!(names(FLASK), [(None, FLASK.to_owned())]);
        let two = format!("theme=dark; session={FLASK}");
        assert_eq!(names(&two), [(Some("theme".into()), "dark".into()), session]);
        assert_eq!(names("whatever=1"), [(Some("whatever".into()), "1".to_owned())]);
        assert_eq!(names("d2hhdGV2ZXI="), [(None, "d2hhdGV2ZXI=".to_owned())]);
        assert_eq!(names("a b=c"), [(None, "a b=c".to_owned())]);
    }

    #[test]
    fn a_cookie_file_is_read_and_its_cookies_know_each_other() {
        let lines = "# Netscape HTTP Cookie File\n\
                     #HttpOnly_.shop.example\tTRUE\t/\tFALSE\t0\tsession\tabc\n\
                     shop.example\tFALSE\t/\tTRUE\t1800000000\tsession.sig\txyz\n\
                     other.example\tFALSE\t/\tTRUE\t0\tsession.sig\tno";
        let mut found = Vec::new();
        read(&[lines.to_owned()], &mut |given| {
            found.push(given);
            Ok(())
        })
        .unwrap();
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].host.as_deref(), Some("shop.example"));
        assert_eq!(found[0].companions, [(b"session.sig".to_vec(), b"xyz".to_vec())]);
        assert!(found[2].companions.is_empty());
    }
}
