//! What each browser held, in four formats: a table, JSON (`cookietrail/jar/1` in docs/json.md),
//! a Netscape cookie file, and the bare `Cookie` header.

use super::layout::{Span, shorten, wrap};
use super::text::{self, Text, plain};
use super::words::lossy;
use crate::cookie::{Case, Considered, Cookie, SameSite, Site, Target, header_value};
use crate::time::Timestamp;
use crate::trail::Held;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use serde::Serialize;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// The name and version of the JSON format.
pub const SCHEMA: &str = "cookietrail/jar/1";

/// From this width on, domain and path of a cookie have columns of their own.
const SIX_COLUMNS: usize = 80;

/// Columns that a value may take in the table; JSON has it whole.
const VALUE: usize = 40;

/// A cookie in a jar, and what would become of it on the way to the URL that was asked about.
struct Kept<'a> {
    cookie: &'a Cookie,
    /// Sent, or the reason word and the sentence; `None` if no URL was asked about.
    sent: Option<Result<(), (&'static str, String)>>,
}

/// The cookies of one browser. With a target, those that could be meant by it, in the order in
/// which they are sent; else all.
fn kept<'a>(held: &'a Held, target: Option<&Target>) -> Vec<Kept<'a>> {
    match (target, held.now) {
        (Some(target), Some(now)) => held
            .jar
            .for_request(target, &typed(), now)
            .into_iter()
            .map(|Considered { cookie, sent }| {
                let why = |verdict: crate::cookie::Verdict| {
                    (verdict.reason.word(), verdict.reason.sentence(&Case::sending(cookie, target)))
                };
                Kept { cookie, sent: Some(sent.map_err(why)) }
            })
            .collect(),
        _ => held.jar.iter().map(|cookie| Kept { cookie, sent: None }).collect(),
    }
}

/// An address that the user types: every cookie that fits goes along.
fn typed() -> Site {
    Site {
        safe_method: true,
        relation: crate::cookie::site::Relation::UserStarted,
        load: crate::cookie::site::Load::TopLevel,
        ..Site::default()
    }
}

fn header(held: &Held, target: &Target) -> Option<Vec<u8>> {
    Some(header_value(&held.jar.for_request(target, &typed(), held.now?)))
}

/// Writes a table for each browser, not wider than `width`.
///
/// # Errors
/// Those of the writer.
pub fn table(
    jars: &[Held],
    target: Option<&Target>,
    width: usize,
    mut out: impl Write,
) -> io::Result<()> {
    for (index, held) in jars.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let addresses: Vec<String> = held.addresses.iter().map(ToString::to_string).collect();
        let addresses = Span::plain(format!(" {}", addresses.join(", ")));
        let label = Span::plain(format!("  {} ", held.label).replace(' ', "\u{a0}"));
        let head = [Span::plain(format!("Browser {}", held.browser)), label, addresses];
        out.write_all(wrap("", "  ", &head, width).as_bytes())?;
        let cookies = kept(held, target);
        if cookies.is_empty() {
            let which = if target.is_some() { " for this URL" } else { "" };
            writeln!(out, "  holds no cookie{which}")?;
            continue;
        }
        let last = if target.is_some() { "Sent?" } else { "Expires" };
        if width < SIX_COLUMNS {
            let header = ["Name", "Value", "Attributes", last];
            let narrow = |one| {
                let [name, value, domain, path, attributes, last] = row(one);
                let scope = format!("{domain}; Path={path}");
                let all = std::iter::once(&*scope).chain(attributes.split_whitespace());
                [name, value, all.collect::<Vec<_>>().join("; "), last]
            };
            let rows: Vec<_> = cookies.iter().map(narrow).collect();
            writeln!(out, "{}", drawn(header, &rows, width))?;
        } else {
            let header = ["Name", "Value", "Domain", "Path", "Attributes", last];
            let rows: Vec<_> = cookies.iter().map(row).collect();
            writeln!(out, "{}", drawn(header, &rows, width))?;
        }
    }
    Ok(())
}

fn drawn<const N: usize>(header: [&str; N], rows: &[[String; N]], width: usize) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(columns(width))
        .set_header(header)
        .add_rows(rows);
    // Beside its content, each cell has a space on either side, and a line before it.
    let least = least_widths(header, rows, width.saturating_sub(3 * N + 1));
    for (column, least) in table.column_iter_mut().zip(least) {
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(columns(least + 2))));
    }
    table
}

fn columns(width: usize) -> u16 {
    u16::try_from(width).unwrap_or(u16::MAX)
}

/// How wide each column must be to break no word. Where that is more than `room` together, only the
/// longest words are broken.
fn least_widths<const N: usize>(
    header: [&str; N],
    rows: &[[String; N]],
    room: usize,
) -> [usize; N] {
    let longest = |text: &str| text.split(' ').map(UnicodeWidthStr::width).max().unwrap_or(0);
    let mut whole = header.map(longest);
    for row in rows {
        for (whole, cell) in whole.iter_mut().zip(row) {
            *whole = longest(cell).max(*whole);
        }
    }
    let cut = |cap: usize| whole.map(|width| width.min(cap));
    let fits = |cap: &usize| cut(*cap).iter().sum::<usize>() <= room;
    cut((1..=room).rev().find(fits).unwrap_or(1))
}

/// Name, value, domain, path, attributes, and the end of the cookie or whether it is sent.
fn row(one: &Kept<'_>) -> [String; 6] {
    let cookie = one.cookie;
    let reach = if cookie.host_only { "only" } else { "and below" };
    let domain = format!("{} {reach}", cookie.domain);
    let last = match &one.sent {
        None => cookie.expires.map_or("with the browser".to_owned(), day_and_time),
        Some(Ok(())) => "yes".to_owned(),
        Some(Err((_, text))) => format!("no: {text}"),
    };
    let value = shorten(&lossy(&cookie.value), VALUE).into_owned();
    [lossy(&cookie.name), value, domain, lossy(&cookie.path), attributes(cookie).join(" "), last]
        .map(|cell| plain(cell.as_bytes()).into_owned())
}

/// To the second, in two words, so that a narrow column can have them on two lines.
fn day_and_time(time: Timestamp) -> String {
    Timestamp::from_seconds(time.seconds()).to_string().replace('T', " ")
}

fn attributes(cookie: &Cookie) -> Vec<&'static str> {
    let same_site = match cookie.same_site {
        SameSite::Strict => Some("SameSite=Strict"),
        SameSite::Lax => Some("SameSite=Lax"),
        SameSite::None => Some("SameSite=None"),
        SameSite::Unspecified => None,
    };
    let flags = [
        (cookie.secure, "Secure"),
        (cookie.http_only, "HttpOnly"),
        (cookie.partitioned, "Partitioned"),
    ];
    flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, word)| word).chain(same_site).collect()
}

/// Writes a cookie file as curl and others read it. A tab or a line end in a name or a value
/// cannot be written there; such cookies are left out with a comment.
///
/// # Errors
/// Those of the writer.
pub fn netscape(jars: &[Held], mut out: impl Write) -> io::Result<()> {
    writeln!(out, "# Netscape HTTP Cookie File")?;
    for held in jars {
        writeln!(out, "# Browser {}: {}", held.browser, held.label)?;
        for cookie in held.jar.iter() {
            let line = netscape_line(cookie);
            let fits = line
                .iter()
                .all(|field| !field.iter().any(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0)));
            if fits {
                out.write_all(&line.join(&b'\t'))?;
                writeln!(out)?;
            } else {
                writeln!(out, "# left out: a cookie that this format cannot hold")?;
            }
        }
    }
    Ok(())
}

fn netscape_line(cookie: &Cookie) -> [Vec<u8>; 7] {
    let flag = |is_set: bool| if is_set { b"TRUE".to_vec() } else { b"FALSE".to_vec() };
    let http_only = if cookie.http_only { "#HttpOnly_" } else { "" };
    let dot = if cookie.host_only { "" } else { "." };
    let expires = cookie.expires.map_or(0, |time| time.seconds().max(1));
    [
        format!("{http_only}{dot}{}", cookie.domain).into_bytes(),
        flag(!cookie.host_only),
        cookie.path.clone(),
        flag(cookie.secure),
        expires.to_string().into_bytes(),
        cookie.name.clone(),
        cookie.value.clone(),
    ]
}

/// Writes the value of the `Cookie` header that each browser would send, one line a browser.
///
/// # Errors
/// Those of the writer.
pub fn headers(jars: &[Held], target: &Target, mut out: impl Write) -> io::Result<()> {
    for held in jars {
        out.write_all(&header(held, target).unwrap_or_default())?;
        writeln!(out)?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    browsers: Vec<BrowserJson<'a>>,
}

#[derive(Serialize)]
struct BrowserJson<'a> {
    id: &'a str,
    label: &'a str,
    addresses: Vec<String>,
    at: Option<Timestamp>,
    header: Option<HeaderJson>,
    cookies: Vec<CookieJson<'a>>,
}

struct HeaderJson(Vec<u8>);

impl Serialize for HeaderJson {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Text(&self.0).serialize(serializer)
    }
}

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are the attributes of a cookie")]
struct CookieJson<'a> {
    name: Text<'a>,
    value: Text<'a>,
    domain: &'a str,
    host_only: bool,
    path: Text<'a>,
    secure: bool,
    http_only: bool,
    same_site: Option<&'static str>,
    partitioned: bool,
    created: Timestamp,
    last_access: Timestamp,
    expires: Option<Timestamp>,
    sent: Option<bool>,
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl<'a> CookieJson<'a> {
    fn of(kept: Kept<'a>) -> Self {
        let Kept { cookie, sent } = kept;
        let refusal = sent.as_ref().and_then(|sent| sent.as_ref().err().cloned());
        Self {
            name: Text(&cookie.name),
            value: Text(&cookie.value),
            domain: &cookie.domain,
            host_only: cookie.host_only,
            path: Text(&cookie.path),
            secure: cookie.secure,
            http_only: cookie.http_only,
            same_site: match cookie.same_site {
                SameSite::Strict => Some("strict"),
                SameSite::Lax => Some("lax"),
                SameSite::None => Some("none"),
                SameSite::Unspecified => None,
            },
            partitioned: cookie.partitioned,
            created: cookie.created,
            last_access: cookie.last_access,
            expires: cookie.expires,
            sent: sent.as_ref().map(Result::is_ok),
            reason: refusal.as_ref().map(|(word, _)| *word),
            text: refusal.map(|(_, text)| text),
        }
    }
}

/// Writes one document.
///
/// # Errors
/// Those of the writer.
pub fn json(jars: &[Held], target: Option<&Target>, out: impl Write) -> io::Result<()> {
    let browsers = jars
        .iter()
        .map(|held| BrowserJson {
            id: &held.browser,
            label: &held.label,
            addresses: held.addresses.iter().map(ToString::to_string).collect(),
            at: held.now,
            header: target.and_then(|target| header(held, target)).map(HeaderJson),
            cookies: kept(held, target).into_iter().map(CookieJson::of).collect(),
        })
        .collect();
    text::write_json(&Document { schema: SCHEMA, browsers }, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_while_there_is_room_and_the_longest_are_broken_first() {
        let rows = [["aaaa bb", "0123456789"], ["c", "小明"]].map(|row| row.map(str::to_owned));
        for (room, least) in [(99, [4, 10]), (14, [4, 10]), (13, [4, 9]), (9, [4, 5]), (7, [3, 3])]
        {
            assert_eq!(least_widths(["N", "Value"], &rows, room), least, "{room}");
        }
        assert_eq!(least_widths(["N", "Value"], &rows, 0), [1, 1]);
    }
}
