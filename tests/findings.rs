//! Each rule of the findings: a conversation that breaks it, and one that nearly does.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and reads the guide"
)]

mod support;

use cookietrail::trail::{RULES, Story};
use std::collections::BTreeSet;
use support::talk::story;

const A: &str = "PHPSESSID=0123456789abcdef0123456789";
const B: &str = "PHPSESSID=aaaabbbbccccddddeeeeffff01";
/// `{"username": "alice"}` and `{"username": "alice", "email": "a@b.test"}`, as Flask signs them.
const FLASK: &str = "eyJ1c2VybmFtZSI6ImFsaWNlIn0.awOrOA.LHENYVJNfFubwZvuCS2BiIL_pIo";
const WITH_EMAIL: &str =
    "eyJ1c2VybmFtZSI6ImFsaWNlIiwiZW1haWwiOiJhQGIudGVzdCJ9.awOrOA.LHENYVJNfFubwZvuCS2BiIL_pIo";

/// A rule, what breaks it, and what does not.
struct Pair {
    rule: &'static str,
    breaks: Vec<String>,
    keeps: Vec<String>,
}

fn lines<const N: usize>(lines: [&str; N]) -> Vec<String> {
    let full = |line: &&str| line.replace("{A}", A).replace("{B}", B).replace("{F}", FLASK);
    lines.iter().map(full).collect()
}

fn pair<const N: usize, const M: usize>(
    rule: &'static str,
    breaks: [&str; N],
    keeps: [&str; M],
) -> Pair {
    Pair { rule, breaks: lines(breaks), keeps: lines(keeps) }
}

fn told(conversation: &[String]) -> Story {
    story(&conversation.iter().map(|line| &**line).collect::<Vec<_>>())
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn sequences() -> Vec<Pair> {
    vec![
        pair(
            "session-used-by-another-client",
            [
                "> POST http://shop.test/login ;;  ;; user=alice&password=x",
                "< 302 / ;; Set-Cookie: {A}; Path=/",
                "B> GET http://shop.test/ ;; {A}",
                "< 200 ;; <p>Hello alice</p>",
            ],
            // The same name, and another value.
            [
                "> POST http://shop.test/login ;;  ;; user=alice&password=x",
                "< 302 / ;; Set-Cookie: {A}; Path=/",
                "B> GET http://shop.test/ ;; {B}",
                "< 200 ;; <p>Hello alice</p>",
            ],
        ),
        pair(
            "session-used-after-logout",
            [
                "B> GET http://shop.test/home",
                "< 302 /login",
                "> POST http://shop.test/login ;;  ;; user=alice&password=x",
                "< 302 /home ;; Set-Cookie: {A}; Path=/",
                "> GET http://shop.test/home ;; {A}",
                "< 200 ;; <p>Your orders</p>",
                "> GET http://shop.test/logout ;; {A}",
                "< 200 ;; Set-Cookie: PHPSESSID=; Max-Age=0; Path=/ ;; <p>Goodbye</p>",
                "> GET http://shop.test/home ;; {A}",
                "< 200 ;; <p>Your orders</p>",
            ],
            // The page is the same for strangers.
            [
                "B> GET http://shop.test/home",
                "< 200 ;; <p>Our shop</p>",
                "> POST http://shop.test/login ;;  ;; user=alice&password=x",
                "< 302 /home ;; Set-Cookie: {A}; Path=/",
                "> GET http://shop.test/home ;; {A}",
                "< 200 ;; <p>Our shop</p>",
                "> GET http://shop.test/logout ;; {A}",
                "< 200 ;; Set-Cookie: PHPSESSID=; Max-Age=0; Path=/ ;; <p>Goodbye</p>",
                "> GET http://shop.test/home ;; {A}",
                "< 200 ;; <p>Our shop</p>",
            ],
        ),
        pair(
            "session-fixation",
            [
                "> GET http://shop.test/login",
                "< 200 ;; Set-Cookie: {A}; Path=/ ;; <input type=password>",
                "> POST http://shop.test/login ;; {A} ;; user=alice&password=x",
                "< 302 /home",
                "> GET http://shop.test/home ;; {A}",
                "< 200 ;; <p>Your orders</p>",
            ],
            // The login fails.
            [
                "> GET http://shop.test/login",
                "< 200 ;; Set-Cookie: {A}; Path=/ ;; <input type=password>",
                "> POST http://shop.test/login ;; {A} ;; user=alice&password=x",
                "< 302 /login",
                "> GET http://shop.test/login ;; {A}",
                "< 200 ;; <input type=password>",
                "> GET http://shop.test/ ;; {A}",
                "< 200 ;; <p>Our shop</p>",
            ],
        ),
        pair(
            "session-id-adopted",
            [
                "> GET http://shop.test/?PHPSESSID=0123456789abcdef0123456789",
                "< 200 ;; Set-Cookie: {A}; Path=/ ;; <p>Our shop</p>",
                "> GET http://shop.test/login ;; {A}",
                "< 200 ;; <input type=password>",
            ],
            // The server made it, and put it into a link itself.
            [
                "> GET http://shop.test/",
                "< 200 ;; Set-Cookie: {A}; Path=/ ;; <p>Our shop</p>",
                "> GET http://shop.test/?PHPSESSID=0123456789abcdef0123456789 ;; {A}",
                "< 200 ;; <p>Our shop</p>",
            ],
        ),
        pair(
            "login-loop",
            [
                "> GET http://shop.test/a",
                "< 302 /b ;; Set-Cookie: {A}; Path=/; Secure",
                "> GET http://shop.test/b",
                "< 302 /a",
                "> GET http://shop.test/a",
                "< 302 /b ;; Set-Cookie: {A}; Path=/; Secure",
                "> GET http://shop.test/b",
                "< 302 /a",
                "> GET http://shop.test/a",
                "< 302 /b ;; Set-Cookie: {A}; Path=/; Secure",
            ],
            // Three times by hand, each with an end.
            [
                "> GET http://shop.test/a",
                "< 302 /b",
                "> GET http://shop.test/b",
                "< 200 ;; <p>b</p>",
                "> GET http://shop.test/a",
                "< 302 /b",
                "> GET http://shop.test/b",
                "< 200 ;; <p>b</p>",
                "> GET http://shop.test/a",
                "< 302 /b",
                "> GET http://shop.test/b",
                "< 200 ;; <p>b</p>",
            ],
        ),
        pair(
            "logout-misses-cookie",
            [
                "> POST http://shop.test/app/login ;;  ;; user=alice&password=x",
                "< 302 /app/ ;; Set-Cookie: {A}; Path=/app",
                "> GET http://shop.test/app/logout ;; {A}",
                "< 302 /app/ ;; Set-Cookie: PHPSESSID=; Max-Age=0; Path=/",
            ],
            [
                "> POST http://shop.test/app/login ;;  ;; user=alice&password=x",
                "< 302 /app/ ;; Set-Cookie: {A}; Path=/app",
                "> GET http://shop.test/app/logout ;; {A}",
                "< 302 /app/ ;; Set-Cookie: PHPSESSID=; Max-Age=0; Path=/app",
            ],
        ),
        pair(
            "session-from-two-addresses",
            [
                "> GET http://shop.test/",
                "< 200 ;; Set-Cookie: {A}; Path=/ ;; <p>x</p>",
                "> GET http://shop.test/ ;; {A}",
                "< 200 ;; <p>x</p>",
                "2> GET http://shop.test/ ;; {A}",
                "< 200 ;; <p>x</p>",
                "> GET http://shop.test/ ;; {A}",
                "< 200 ;; <p>x</p>",
            ],
            // One move is a change of network.
            [
                "> GET http://shop.test/",
                "< 200 ;; Set-Cookie: {A}; Path=/ ;; <p>x</p>",
                "> GET http://shop.test/ ;; {A}",
                "< 200 ;; <p>x</p>",
                "2> GET http://shop.test/ ;; {A}",
                "< 200 ;; <p>x</p>",
                "2> GET http://shop.test/ ;; {A}",
                "< 200 ;; <p>x</p>",
            ],
        ),
        pair(
            "shadowed-cookie",
            [
                "> GET http://shop.test/app/",
                "< 200 ;; Set-Cookie: sid=1; Path=/ ;; Set-Cookie: sid=2; Path=/app ;; <p>x</p>",
                "> GET http://shop.test/app/ ;; sid=2; sid=1",
                "< 200 ;; <p>x</p>",
            ],
            // Two, of which each request carries one.
            [
                "> GET http://shop.test/app/",
                "< 200 ;; Set-Cookie: sid=1; Path=/one ;; Set-Cookie: sid=2; Path=/app ;; <p>x</p>",
                "> GET http://shop.test/app/ ;; sid=2",
                "< 200 ;; <p>x</p>",
                "> GET http://shop.test/one ;; sid=1",
                "< 200 ;; <p>x</p>",
            ],
        ),
    ]
}

fn exposures() -> Vec<Pair> {
    vec![
        pair(
            "session-id-in-url",
            [
                "> GET http://shop.test/",
                "< 200 ;; Set-Cookie: {A}; Path=/ ;; <p>x</p>",
                "> GET http://shop.test/a?PHPSESSID=0123456789abcdef0123456789 ;; {A}",
                "< 200 ;; <p>x</p>",
            ],
            // The name without the value.
            [
                "> GET http://shop.test/",
                "< 200 ;; Set-Cookie: {A}; Path=/ ;; <p>x</p>",
                "> GET http://shop.test/a?PHPSESSID=none ;; {A}",
                "< 200 ;; <p>x</p>",
            ],
        ),
        pair(
            "credentials-in-query",
            ["> GET http://shop.test/login?user=alice&password=x", "< 200 ;; <p>x</p>"],
            ["> GET http://shop.test/search?q=password&password=", "< 200 ;; <p>x</p>"],
        ),
        pair(
            "password-over-http",
            ["> POST http://shop.test/login ;;  ;; user=alice&password=x", "< 302 /"],
            ["> POST http://localhost/login ;;  ;; user=alice&password=x", "< 302 /"],
        ),
        pair(
            "password-over-http",
            ["> GET http://shop.test/ ;;  ;; Authorization: Basic YWxpY2U6eA==", "< 200 ;; x"],
            ["> GET http://shop.test/ ;;  ;; Authorization: Digest username=alice", "< 200 ;; x"],
        ),
        pair(
            "session-cookie-over-http",
            ["> GET http://shop.test/", "< 200 ;; Set-Cookie: {A}; Path=/ ;; <p>x</p>"],
            ["> GET http://shop.test/", "< 200 ;; Set-Cookie: theme=dark; Path=/ ;; <p>x</p>"],
        ),
        pair(
            "session-cookie-refused",
            ["> GET http://shop.test/", "< 200 ;; Set-Cookie: {A}; Secure; Path=/ ;; <p>x</p>"],
            ["> GET http://localhost/", "< 200 ;; Set-Cookie: {A}; Secure; Path=/ ;; <p>x</p>"],
        ),
        pair(
            "set-cookie-cacheable",
            [
                "> GET http://shop.test/",
                "< 200 ;; Cache-Control: public, max-age=60 ;; Set-Cookie: {A}; Path=/ ;; x",
            ],
            [
                "> GET http://shop.test/",
                "< 200 ;; Cache-Control: private, max-age=60 ;; Set-Cookie: {A}; Path=/ ;; x",
            ],
        ),
        Pair {
            rule: "personal-data-in-session",
            breaks: vec![
                "> GET http://shop.test/".to_owned(),
                format!("< 200 ;; Set-Cookie: session={WITH_EMAIL}; Path=/ ;; x"),
            ],
            keeps: vec![
                "> GET http://shop.test/".to_owned(),
                format!("< 200 ;; Set-Cookie: session={FLASK}; Path=/ ;; x"),
            ],
        },
        Pair {
            rule: "cookie-too-large",
            breaks: vec![
                "> GET http://shop.test/".to_owned(),
                format!("< 200 ;; Set-Cookie: big={}; Path=/ ;; x", "v".repeat(4094)),
            ],
            keeps: vec![
                "> GET http://shop.test/".to_owned(),
                format!("< 200 ;; Set-Cookie: big={}; Path=/ ;; x", "v".repeat(4093)),
            ],
        },
    ]
}

fn attributes() -> Vec<Pair> {
    let with = |rule, before: &str, after: &str| Pair {
        rule,
        breaks: lines(["> GET https://www.shop.test/", before]),
        keeps: lines(["> GET https://www.shop.test/", after]),
    };
    vec![
        with(
            "session-without-secure",
            "< 200 ;; Set-Cookie: {A}; Path=/; HttpOnly ;; x",
            "< 200 ;; Set-Cookie: {A}; Path=/; secure ;; x",
        ),
        with(
            "session-without-httponly",
            "< 200 ;; Set-Cookie: {A}; Path=/ ;; x",
            // A script must read such a token.
            "< 200 ;; Set-Cookie: {A}; Path=/; HTTPONLY ;; Set-Cookie: csrftoken=0123456789abcdef0123456789abcdef; Path=/ ;; x",
        ),
        with(
            "session-without-samesite",
            "< 200 ;; Set-Cookie: {A}; Path=/ ;; x",
            "< 200 ;; Set-Cookie: {A}; Path=/; SameSite=Lax ;; x",
        ),
        with(
            "session-wide-domain",
            "< 200 ;; Set-Cookie: {A}; Path=/; Domain=shop.test ;; x",
            "< 200 ;; Set-Cookie: {A}; Path=/; Domain=www.shop.test ;; x",
        ),
        with(
            "session-long-lived",
            "< 200 ;; Set-Cookie: {A}; Path=/; Max-Age=3456000 ;; x",
            "< 200 ;; Set-Cookie: {A}; Path=/; Max-Age=2678400 ;; x",
        ),
    ]
}

#[test]
fn every_rule_finds_what_breaks_it_and_spares_what_nearly_does() {
    let pairs: Vec<Pair> = [sequences(), exposures(), attributes()].into_iter().flatten().collect();
    for Pair { rule, breaks, keeps } in &pairs {
        let found = |conversation: &[String]| {
            let findings = told(conversation).findings;
            findings.into_iter().filter(|finding| finding.rule == *rule).collect::<Vec<_>>()
        };
        let cases = found(breaks);
        assert_eq!(cases.len(), 1, "{rule}: {cases:#?}");
        assert!(!cases[0].visits.is_empty() && !cases[0].text.contains("“”"), "{rule}");
        assert!(found(keeps).is_empty(), "{rule}: {:#?}", found(keeps));
    }
    let tested: BTreeSet<&str> = pairs.iter().map(|pair| pair.rule).collect();
    let rules: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(tested, rules);
}

#[test]
fn a_logout_that_misses_names_the_difference() {
    let of = |made: &str, deleted: &str| {
        let lines = [
            "> GET http://shop.test/app/login".to_owned(),
            format!("< 200 ;; Set-Cookie: {A}{made} ;; x"),
            format!("> GET http://shop.test/app/logout ;; {A}"),
            format!("< 200 ;; Set-Cookie: PHPSESSID=; Max-Age=0{deleted} ;; x"),
        ];
        let story = told(&lines);
        let found = story.findings.iter().find(|one| one.rule == "logout-misses-cookie");
        found.map(|found| found.text.clone()).unwrap_or_default()
    };
    let path = of("; Path=/app", "; Path=/");
    assert!(path.contains("the cookie has Path=/app, the deletion has Path=/."), "{path}");
    let domain = of("; Path=/; Domain=shop.test", "; Path=/");
    assert!(
        domain.contains("the cookie has Domain=shop.test, the deletion has no Domain."),
        "{domain}"
    );
    assert_eq!(of("; Path=/app", "; Path=/app"), "");
}

#[test]
fn the_guide_lists_every_rule_with_its_severity_and_advice() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/findings.md"));
    let page = page.unwrap();
    for rule in RULES {
        let row = format!("| `{}` | {} | {} |", rule.name, rule.severity.word(), rule.advice);
        assert!(page.contains(&row), "docs/findings.md lacks the row\n{row}");
    }
    let rows = page.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, RULES.len());
}

#[test]
fn two_clients_that_bring_the_same_session_share_it() {
    let found = |second: &str| {
        let lines = lines([
            "> GET http://shop.test/ ;; {A}",
            "< 200 ;; <p>x</p>",
            second,
            "< 200 ;; <p>x</p>",
        ]);
        let findings = told(&lines).findings;
        findings.iter().any(|finding| finding.rule == "session-used-by-another-client")
    };
    assert!(found("B> GET http://shop.test/ ;; {A}"));
    assert!(!found("B> GET http://shop.test/ ;; {B}"));
    assert!(!found("> GET http://shop.test/ ;; {A}"));
}
