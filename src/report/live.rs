//! Exchanges as they happen: one line each, and under it one for what became of each cookie.
//!
//! ```text
//! 12:03:04.512  A  POST /login → 302 /                                             127.0.0.1:5000
//!                  ← sets session① {"username": "alice"}  HttpOnly; Path=/
//! ```
//!
//! Lines are never longer than the width asked for: what is too long is shortened, but for reasons,
//! which go on in the next line. Cookies that are sent as expected share a line. Styles are always written; the stream they go to takes them out
//! where they are not wanted. Times are UTC, as everywhere.

use super::layout::{Span, shorten, wrap};
use super::text::plain;
use super::words::{self, circled, compact_json};
use crate::cookie::Reason;
use crate::time::Timestamp;
use crate::trail::{CookieNews, EventKind, Happening, Version, Visit};
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

const NONE: Style = Style::new();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const BLUE: Style = AnsiColor::Blue.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default().bold();

/// Lines are not set wider than this, however wide the terminal: the server would stand too far
/// from what it was asked.
const WIDEST: usize = 110;

/// Columns before what a line says: the time, the browser.
const INDENT: usize = "12:03:04.512  A  ".len();

/// Where a line has room for both, its less important part gets no more than this share of it.
const SHARE: usize = 2;

/// Writes one exchange, in lines of at most `width` columns.
///
/// # Errors
/// Those of the writer.
pub fn write(happening: &Happening, width: usize, mut out: impl Write) -> io::Result<()> {
    let room = width.min(WIDEST).saturating_sub(INDENT);
    let mut text = head(happening, room);
    for line in cookie_lines(&happening.cookies) {
        text += &line.laid_out(room);
    }
    out.write_all(text.as_bytes())
}

fn head(happening: &Happening, room: usize) -> String {
    let visit = &happening.visit;
    let browser = happening.browser.as_deref().unwrap_or("-");
    let server = visit.server.to_string();
    let room = room.saturating_sub(server.width() + 2);
    let said = said(visit, room);
    let gap = " ".repeat(room.saturating_sub(said.width()) + 2);
    let status = visit.answered.as_deref().map_or(0, |answered| answered.status);
    let style = if status >= 400 { RED } else { NONE };
    format!(
        "{DIM}{}{DIM:#}  {BOLD}{browser:<2}{BOLD:#} {style}{said}{style:#}{gap}{DIM}{server}{DIM:#}\n",
        visit.time().map_or_else(|| " ".repeat(12), clock)
    )
}

/// `POST /login → 302 /`, the path shortened first.
fn said(visit: &Visit, room: usize) -> String {
    let answer = visit.answered.as_deref().map_or("no response".to_owned(), |answered| {
        let location = answered.location.as_deref().filter(|_| answered.is_redirect());
        let location =
            location.map(|location| shorten(&plain(location), room / SHARE).into_owned());
        [Some(answered.status.to_string()), location]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
    });
    let Some(asked) = &visit.asked else {
        return shorten(&format!("a request that was not captured → {answer}"), room).into_owned();
    };
    let question = format!("{} {}", plain(&asked.method), plain(&asked.path));
    let question = shorten(&question, room.saturating_sub(answer.width() + 3));
    shorten(&format!("{question} → {answer}"), room).into_owned()
}

/// `12:03:04.512`
fn clock(time: Timestamp) -> String {
    let millis = time.nanos().div_euclid(1_000_000).rem_euclid(24 * 60 * 60 * 1000);
    let seconds = millis / 1000;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{:03}", seconds % 60, millis % 1000)
}

/// A line about a cookie.
struct Line {
    style: Style,
    mark: char,
    /// What happened.
    what: String,
    rest: Rest,
}

/// What a line says after what happened.
enum Rest {
    Nothing,
    /// What the value says, and what is to be known of it; shortened.
    Value(String, String),
    /// Why it happened. It is never shortened: it is what people came for.
    Reason(String),
}

impl Line {
    fn laid_out(&self, room: usize) -> String {
        let Self { style, mark, what, rest } = self;
        let indent = " ".repeat(INDENT);
        if let Rest::Reason(why) = rest {
            let spans = [Span::new(*style, format!("{mark} {what}")), Span::plain(why)];
            return wrap(&indent, &format!("{indent}  "), &spans, INDENT + room);
        }
        let what = shorten(what, room.saturating_sub(2));
        let room = room.saturating_sub(2 + what.width());
        let (content, aside) = match rest {
            Rest::Value(content, aside) => (content.as_str(), aside.as_str()),
            _ => ("", ""),
        };
        let aside = after("  ", aside, room / SHARE);
        let content = after(" ", content, room.saturating_sub(aside.width()));
        format!("{indent}{style}{mark} {what}{style:#}{content}{DIM}{aside}{DIM:#}\n")
    }
}

/// Text after a gap, shortened; nothing where there is no room to say anything.
fn after(gap: &str, text: &str, room: usize) -> String {
    const LEAST: usize = 8;
    if text.is_empty() || room < LEAST {
        return String::new();
    }
    format!("{gap}{}", shorten(text, room - gap.len()))
}

/// The lines in order of what happened; cookies sent as expected come together in one.
fn cookie_lines(cookies: &[CookieNews]) -> Vec<Line> {
    let as_expected =
        |news: &&CookieNews| news.event.kind == EventKind::Sent && !news.event.strayed();
    let sent: Vec<String> = cookies.iter().filter(as_expected).map(label).collect();
    let sent = (!sent.is_empty()).then(|| {
        let what = format!("sends {}", sent.join(", "));
        Line { style: BLUE, mark: '→', what, rest: Rest::Nothing }
    });
    sent.into_iter().chain(cookies.iter().filter_map(line)).collect()
}

fn line(news: &CookieNews) -> Option<Line> {
    let label = label(news);
    let value = |aside: String| {
        let judged = news.value.as_ref().and_then(words::judged);
        let asides = judged.into_iter().chain((!aside.is_empty()).then_some(aside));
        let aside = asides.collect::<Vec<_>>().join("; ");
        Rest::Value(news.value.as_ref().map(content).unwrap_or_default(), aside)
    };
    let (style, mark, what, rest) = match news.event.kind {
        EventKind::Sent if news.event.strayed() => (BLUE, '→', format!("sends {label}"), why(news)),
        EventKind::Sent => return None,
        EventKind::Withheld if !news.is_session => return None,
        EventKind::Set => (GREEN, '←', format!("sets {label}"), value(attributes(news))),
        EventKind::Replaced => (GREEN, '←', format!("changes {label}"), value(attributes(news))),
        EventKind::Refreshed => (GREEN, '←', format!("sets {label} again"), Rest::Nothing),
        EventKind::Deleted => (YELLOW, '←', format!("deletes {label}"), why(news)),
        EventKind::Refused => (RED, '✗', format!("browser does not keep {label}"), why(news)),
        EventKind::SentUnknown if is_copy(news) => (RED, '→', format!("sends {label}"), why(news)),
        EventKind::SentUnknown => {
            (BLUE, '→', format!("sends {label}"), value("not seen set".to_owned()))
        }
        EventKind::Withheld => (YELLOW, '✗', format!("browser does not send {label}"), why(news)),
        EventKind::Missing => (RED, '✗', format!("browser does not send {label}"), why(news)),
        EventKind::Expired => (YELLOW, '✗', format!("{label} has expired"), Rest::Nothing),
    };
    Some(Line { style, mark, what, rest })
}

/// Why it happened, where that is known: a sentence with a verdict, a clause without.
fn why(news: &CookieNews) -> Rest {
    let gap = if news.event.verdict.is_some() { '.' } else { ':' };
    match &news.event.text {
        Some(text) => Rest::Reason(format!("{gap} {}", plain(text.as_bytes()))),
        None => Rest::Nothing,
    }
}

/// Whether the browser sends what it should not have: it was thrown away, or given to another.
fn is_copy(news: &CookieNews) -> bool {
    let reason = news.event.verdict.map(|verdict| verdict.reason);
    matches!(reason, Some(Reason::SentAfterEnd | Reason::GivenToAnother))
}

/// `session②`: the cookie and which of its values.
fn label(news: &CookieNews) -> String {
    let number = news.value.as_ref().map(|value| circled(value.number)).unwrap_or_default();
    format!("{}{number}", plain(&news.name))
}

/// What a value says; the value itself where it says nothing.
fn content(value: &Version) -> String {
    let Some(reading) = &value.reading else { return plain(&value.value).into_owned() };
    match reading.shown() {
        Some(shown) => plain(compact_json(shown).as_bytes()).into_owned(),
        None => format!("{} ({})", shorten(&plain(&value.value), 16), words::what(reading)),
    }
}

fn attributes(news: &CookieNews) -> String {
    let written = news.event.attributes.iter().map(|(name, value)| match value {
        Some(value) => format!("{}={}", plain(name), plain(value)),
        None => plain(name).into_owned(),
    });
    written.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Exchange;
    use crate::http::samples::exchange;
    use crate::trail::Live;

    const ALICE: &str = "eyJ1c2VybmFtZSI6ImFsaWNlIn0.awO08w.XnzHMmDg-l-lbLATIU9-i8EjxBU";

    fn shown(exchanges: &[Exchange], width: usize) -> String {
        let mut live = Live::default();
        for exchange in exchanges {
            live.push(exchange);
        }
        live.settle_all(u64::MAX);
        let mut out = Vec::new();
        while let Some(happening) = live.pop() {
            write(&happening, width, &mut out).unwrap();
        }
        anstream::adapter::strip_bytes(&out).into_vec().try_into().unwrap()
    }

    fn get(packets: [u64; 2], path: &str, headers: &str, response: &str) -> Exchange {
        let request = format!("GET {path} HTTP/1.1\nHost: 127.0.0.1:5000\n{headers}");
        exchange(packets, request.trim_end(), response)
    }

    #[test]
    fn a_login_and_a_logout_read_like_this() {
        let cookie = format!("Cookie: session={ALICE}; theme=dark");
        let gone = "Set-Cookie: session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/";
        let login = format!(
            "HTTP/1.1 302 FOUND\nLocation: /\nSet-Cookie: session={ALICE}; HttpOnly; Path=/"
        );
        let told = shown(
            &[
                get([1, 2], "/login", "", &login),
                get([3, 4], "/", &cookie, "HTTP/1.1 200 OK"),
                get(
                    [5, 6],
                    "/logout",
                    &cookie,
                    &format!("HTTP/1.1 302 FOUND\nLocation: /\n{gone}"),
                ),
                get([7, 8], "/nothing", "", "HTTP/1.1 404 NOT FOUND"),
            ],
            72,
        );
        let expected = "\
00:00:00.100  A  GET /login → 302 /                       127.0.0.1:5000
                 ← sets session① {\"username\": \"alice\"}  HttpOnly; Path=/
00:00:00.300  A  GET / → 200                              127.0.0.1:5000
                 → sends session①
                 → sends theme① dark  not seen set
00:00:00.500  A  GET /logout → 302 /                      127.0.0.1:5000
                 → sends session①, theme①
                 ← deletes session
00:00:00.700  A  GET /nothing → 404                       127.0.0.1:5000
";
        assert_eq!(told, expected);
    }

    #[test]
    fn every_kind_of_event_has_its_line() {
        let set = |value: &str| format!("HTTP/1.1 200 OK\nSet-Cookie: {value}");
        let told = shown(
            &[
                get([1, 2], "/", "", &set("a=1; Max-Age=1; SameSite=Lax")),
                get([3, 4], "/", "Cookie: a=1", &set("a=2; Max-Age=1")),
                get([5, 6], "/", "Cookie: a=2", &set("a=2; Max-Age=1")),
                get([30, 31], "/", "", &set("__Host-b=1")),
                get([32, 33], "/", "", "HTTP/1.1 200 OK"),
            ],
            100,
        );
        let lines: Vec<&str> =
            told.lines().filter(|line| line.starts_with("  ")).map(str::trim).collect();
        assert_eq!(
            lines[..6],
            [
                "← sets a① 1  Max-Age=1; SameSite=Lax",
                "→ sends a①",
                "← changes a② 2  Max-Age=1",
                "→ sends a②",
                "← sets a② again",
                "✗ a② has expired",
            ]
        );
        assert!(
            lines[6].starts_with("✗ browser does not keep __Host-b①. The name __Host-b promises")
        );
        assert!(lines[7..].concat().ends_with('.'), "the reason is told to its end: {lines:?}");
    }

    #[test]
    fn a_cookie_outside_its_path_is_told_with_the_reason_once() {
        let set = "HTTP/1.1 200 OK\nSet-Cookie: a=1; Path=/account";
        let ok = "HTTP/1.1 200 OK";
        let told = shown(
            &[
                get([1, 2], "/account", "", set),
                get([3, 4], "/account", "Cookie: a=1", ok),
                get([5, 6], "/", "Cookie: a=1", ok),
                get([7, 8], "/basket", "Cookie: a=1", ok),
            ],
            200,
        );
        let lines: Vec<&str> = told.lines().filter(|line| line.contains("sends a①")).collect();
        assert_eq!(lines.len(), 3, "{told}");
        assert!(
            lines[1].contains("sends a①. The cookie's path is /account, which does not cover /")
        );
        assert!(lines[0].ends_with("a①") && lines[2].ends_with("a①"), "{told}");
    }

    #[test]
    fn a_value_that_was_thrown_away_or_given_to_another_says_so() {
        let gone = "HTTP/1.1 200 OK\nSet-Cookie: a=; Max-Age=0";
        let told = shown(
            &[
                get([1, 2], "/", "User-Agent: one", "HTTP/1.1 200 OK\nSet-Cookie: a=1"),
                get([3, 4], "/", "User-Agent: two\nCookie: a=1", "HTTP/1.1 200 OK"),
                get([5, 6], "/", "User-Agent: one\nCookie: a=1", gone),
                get([7, 8], "/", "User-Agent: one\nCookie: a=1", "HTTP/1.1 200 OK"),
            ],
            100,
        );
        assert!(told.contains("→ sends a①. The server gave it to browser A."), "{told}");
        assert!(told.contains("→ sends a①. The client had been told to throw it away"), "{told}");
    }

    #[test]
    fn lines_are_no_longer_than_the_width_and_drive_no_terminal() {
        let long = "x".repeat(500);
        let hostile = format!(
            "HTTP/1.1 302 \u{1b}[2J\nLocation: /\u{1b}[31m{long}\nSet-Cookie: n\u{202e}{long}=\u{9b}{long}; {long}"
        );
        for (path, cookies) in [
            (format!("/\u{1b}]0;{long}"), format!("Cookie: a=1; {long}={long}")),
            ("/".into(), String::new()),
        ] {
            for width in [0, 10, 40, 41, 80, 300] {
                let told = shown(&[get([1, 2], &path, &cookies, &hostile)], width);
                for line in told.lines() {
                    assert!(
                        !line.contains(|c: char| c.is_control() || c == '\u{202e}'),
                        "{line:?}"
                    );
                    assert!(width < 40 || line.width() <= width.min(WIDEST), "{width}: {line}");
                }
            }
        }
    }

    #[test]
    fn what_was_not_captured_is_said() {
        let mut alone = get([1, 2], "/", "", "HTTP/1.1 200 OK");
        alone.response = None;
        assert!(shown(&[alone], 72).contains("A  GET / → no response  "));
        let mut answer = get([1, 2], "/", "", "HTTP/1.1 200 OK");
        answer.request = None;
        assert!(shown(&[answer], 72).contains("-  a request that was not capture"));
    }
}
