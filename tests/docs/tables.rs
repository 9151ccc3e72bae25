//! Tables that are made from the code: the words of an enum, and the reasons.

use crate::pages;
use crate::shell;
use cookietrail::cookie::{Agent, Case, Jar, Reason, Response, SetCookie, Site, Target};
use cookietrail::time::Timestamp;
use std::fmt::Write;

/// The table of `words FILE ENUM`, `reasons`, `sentences`, or `commands`.
pub fn of(what: &str) -> String {
    match what.split(' ').collect::<Vec<_>>()[..] {
        ["words", file, name] => words(file, name),
        ["reasons"] => reasons(),
        ["sentences"] => sentences(),
        ["commands"] => commands(),
        _ => panic!("there is no table of {what}"),
    }
}

/// The subcommands, each with a link to its page.
fn commands() -> String {
    let rows = shell::subcommands().into_iter().map(|command| {
        let about = shell::about(&command);
        format!("| [{command}]({command}.md) | {about} |\n")
    });
    format!("| command | what it does |\n| --- | --- |\n{}", rows.collect::<String>())
}

/// Each word of an enum with the documentation of its variant.
fn words(file: &str, name: &str) -> String {
    let source = pages::source(file);
    let mut table = "| word | meaning |\n| --- | --- |\n".to_owned();
    for (variant, meaning) in variants(&source, name) {
        let word = word(&source, name, &variant);
        writeln!(table, "| `{word}` | {meaning} |").unwrap();
    }
    table
}

/// The lines between `{head} {` and the closing brace in the first column.
fn item<'a>(source: &'a str, head: &str) -> impl Iterator<Item = &'a str> {
    let lines = source.lines().skip_while(move |line| *line != head);
    let mut lines = lines.peekable();
    assert!(lines.peek().is_some(), "no `{head}` in the sources");
    lines.skip(1).take_while(|line| *line != "}").map(str::trim)
}

/// The variants of an enum, each with its documentation as one line.
fn variants(source: &str, name: &str) -> Vec<(String, String)> {
    let mut meaning: Vec<&str> = Vec::new();
    let mut variants = Vec::new();
    for line in item(source, &format!("pub enum {name} {{")) {
        if let Some(text) = line.strip_prefix("///") {
            meaning.push(text.trim());
        } else if let Some(variant) = line.strip_suffix(',') {
            variants.push((variant.to_owned(), std::mem::take(&mut meaning).join(" ")));
        }
    }
    variants
}

fn word(source: &str, name: &str, variant: &str) -> String {
    let arm = format!("Self::{variant} => \"");
    let found = item(source, &format!("impl {name} {{"))
        .find_map(|line| line.strip_prefix(&arm)?.strip_suffix("\","));
    found.unwrap_or_else(|| panic!("{name}::{variant} has no word")).to_owned()
}

fn reasons() -> String {
    let source = pages::source("src/cookie/reason.rs");
    let variants = variants(&source, "Reason");
    assert_eq!(variants.len(), Reason::ALL.len());
    let mut table = "| word | meaning | grade | Chromium | source |\n".to_owned();
    table += "| --- | --- | --- | --- | --- |\n";
    for (reason, (_, meaning)) in Reason::ALL.into_iter().zip(variants) {
        let chromium = reason.chromium().map_or("–".to_owned(), |name| {
            let shown = name.devtools.map(|shown| format!(", `{shown}`")).unwrap_or_default();
            format!("`{}`{shown}", name.net)
        });
        let (word, grade, rfc) = (reason.word(), reason.grade().word(), reason.rfc());
        writeln!(table, "| `{word}` | {meaning} | {grade} | {chromium} | {rfc} |").unwrap();
    }
    table
}

/// What a report says for each reason, of an example.
fn sentences() -> String {
    let told = Reason::ALL.into_iter().map(|reason| {
        // The reasons from this one on are about requests.
        let is_sending = reason >= Reason::SameSiteStrict;
        let sentence = if is_sending { not_sent(reason) } else { not_stored(reason) };
        format!("- `{}`: {sentence}\n", reason.word())
    });
    told.collect()
}

fn not_stored(reason: Reason) -> String {
    let long = format!("session={}", "x".repeat(5000));
    let line = match reason {
        Reason::PublicSuffix => "session=0123; Domain=co.uk",
        Reason::DomainNonAscii => "session=0123; Domain=münchen.example",
        Reason::InvalidPrefix => "__Host-session=0123; Path=/",
        Reason::NameValueTooLong => &long,
        _ => "session=0123; Domain=other.example",
    };
    let cookie = SetCookie::parse(line.as_bytes()).unwrap_or_else(|refusal| *refusal.cookie);
    reason.sentence(&Case::storing(&cookie, &target("http://www.shop.example/login")))
}

fn not_sent(reason: Reason) -> String {
    let login = target("http://shop.example/account/login");
    let response = Response {
        target: &login,
        site: &Site::default(),
        now: Timestamp::from_seconds(1_795_341_600),
        date: None,
        kept: false,
        tag: 0,
    };
    let mut jar = Jar::new(Agent::Other);
    jar.receive(&[b"session=0123; Path=/account; Max-Age=60"], &response);
    let cookie = jar.iter().next().unwrap();
    reason.sentence(&Case::sending(cookie, &target("http://www.shop.example/basket")))
}

fn target(url: &str) -> Target {
    Target::from_url(url.as_bytes()).unwrap()
}
