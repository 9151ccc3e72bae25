//! Of a capture of very many browsers, a report for people tells some stories: those that matter, and
//! as many as a person reads. Whoever wants others asks for them, and JSON has all.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

mod support;

use std::fs;
use support::wire::{Frame, Wire, pcap};

const BROWSERS: u16 = 130;

/// Only this one logs in.
const LATE: u16 = 120;

const HEAD: &str = "HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: Mozilla/5.0 Firefox/153.0\r\n";

fn client(number: u16) -> Wire {
    let [high, low] = number.to_be_bytes();
    Wire::joined().client([10, 1, high, low]).handshake()
}

/// A visitor of one page; the late one is given a session there, and sends it back.
fn visitor(number: u16) -> Vec<Frame> {
    const SESSION: &str = "session=eyJ1c2VybmFtZSI6ImFsaWNlIn0.awOrOA.LHENYVJNfFubwZvuCS2BiIL_pIo";
    let wire = client(number).c(format!("GET /page-{number}- {HEAD}\r\n"));
    if number != LATE {
        return wire.s("HTTP/1.1 204 No Content\r\n\r\n").close().frames();
    }
    let wire = wire.s(format!("HTTP/1.1 204 No Content\r\nSet-Cookie: {SESSION}; Path=/\r\n\r\n"));
    let wire = wire.c(format!("GET /again {HEAD}Cookie: {SESSION}\r\n\r\n"));
    wire.s("HTTP/1.1 204 No Content\r\n\r\n").close().frames()
}

/// What `analyze` says of these packets, with line ends taken for spaces.
fn analyze(frames: &[Frame], options: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.pcap");
    fs::write(&file, pcap(frames, 0)).unwrap();
    let run = support::run(&[&["analyze", file.to_str().unwrap()], options].concat());
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    let text = String::from_utf8(run.stdout).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn visitors() -> Vec<Frame> {
    (0..BROWSERS).flat_map(visitor).collect()
}

/// Whether the walkthrough tells of the visitor.
fn tells(report: &str, number: u16) -> bool {
    report.contains(&format!("GET /page-{number}-"))
}

#[test]
fn of_many_browsers_those_with_findings_and_the_first_are_told() {
    let frames = visitors();
    for format in ["terminal", "markdown", "html"] {
        let report = analyze(&frames, &["--format", format]);
        assert!(report.contains("The stories of 100 of 130 browsers are told"), "{format}");
        let told: Vec<u16> = (0..BROWSERS).filter(|number| tells(&report, *number)).collect();
        let expected: Vec<u16> = (0..99).chain([LATE]).collect();
        assert_eq!(told, expected, "{format}");
        assert!(report.contains("session-cookie-over-http"), "{format}");
        let all = analyze(&frames, &["--all", "--format", format]);
        assert!((0..BROWSERS).all(|number| tells(&all, number)), "{format}");
        assert!(!all.contains("The stories of"), "{format}");
    }
    let json = analyze(&frames, &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["browsers"].as_array().unwrap().len(), usize::from(BROWSERS));
}

#[test]
fn one_browser_alone_is_told_by_its_letter_with_its_findings() {
    let frames = visitors();
    let report = analyze(&frames, &["--browser", "b"]);
    let told: Vec<u16> = (0..BROWSERS).filter(|number| tells(&report, *number)).collect();
    assert_eq!(told, [1]);
    assert!(!report.contains("session-cookie-over-http"), "{report}");
    assert!(report.contains("told, as was asked for, with 0 of 3 findings"), "{report}");
    let report = analyze(&frames, &["--browser", "DQ", "--browser", "a"]);
    assert!(tells(&report, LATE) && tells(&report, 0) && !tells(&report, 1), "{report}");
    assert!(report.contains("session-cookie-over-http"), "{report}");
}

#[test]
fn a_browser_is_named_by_its_address_or_by_an_exchange_as_well() {
    let frames = visitors();
    for (name, number) in [("10.1.0.5", 5), ("#121", LATE)] {
        let report = analyze(&frames, &["--browser", name]);
        let told: Vec<u16> = (0..BROWSERS).filter(|number| tells(&report, *number)).collect();
        assert_eq!(told, [number], "{name}");
    }
}

#[test]
fn every_command_says_which_browser_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.pcap");
    fs::write(&file, pcap(&visitors(), 0)).unwrap();
    let file = file.to_str().unwrap();
    for command in [&["analyze"][..], &["timeline"], &["jar"], &["why", "--cookie", "session"]] {
        let run = support::run(&[command, &["--browser", "ZZZ", file]].concat());
        assert_eq!(run.status.code(), Some(2), "{command:?}");
        let error = String::from_utf8_lossy(&run.stderr).into_owned();
        let expected =
            "there is no browser \"ZZZ\" in this capture; there are 130 browsers, A to DZ";
        assert!(error.contains(expected), "{error}");
        assert!(run.stdout.is_empty(), "{command:?}");
    }
}

#[test]
fn a_step_that_a_finding_names_is_told_however_late_it_comes() {
    const LAST: u16 = 600;
    let wire = (0..=LAST).fold(client(1), |wire, number| {
        let query = if number == LAST { "?password=hunter2&username=alice" } else { "" };
        let wire = wire.c(format!("GET /page-{number}-{query} {HEAD}\r\n"));
        wire.s("HTTP/1.1 204 No Content\r\n\r\n")
    });
    let report = analyze(&wire.close().frames(), &[]);
    assert!(report.contains("credentials-in-query; #601"), "{report}");
    assert!(tells(&report, LAST) && !tells(&report, LAST - 1), "{report}");
    assert!(report.contains("and 100 steps more"), "{report}");
}

#[test]
fn of_very_many_findings_of_a_rule_the_first_are_told_and_the_advice_once() {
    let sites = 25;
    let frames = (0..sites).flat_map(|number| {
        let head = HEAD.replace("shop.test", &format!("shop{number}.test"));
        let set =
            "Set-Cookie: session=eyJ1c2VybmFtZSI6ImFsaWNlIn0.awOrOA.LHENYVJNfFubwZvuCS2BiIL_pIo";
        let wire = client(number).c(format!("GET /page-{number}- {head}\r\n"));
        wire.s(format!("HTTP/1.1 204 No Content\r\n{set}\r\n\r\n")).close().frames()
    });
    let frames: Vec<Frame> = frames.collect();
    let advice = "Set HttpOnly, so that no script can read the session.";
    for format in ["terminal", "markdown", "html"] {
        let report = analyze(&frames, &["--format", format]);
        assert_eq!(report.matches(advice).count(), 1, "{format}");
        assert!(report.contains("and 5 more like this; --all tells them"), "{format}");
        let all = analyze(&frames, &["--all", "--format", format]);
        assert_eq!(all.matches(advice).count(), 1, "{format}");
        assert!(!all.contains("more like this") && all.contains("of shop24.test"), "{format}");
    }
}

#[test]
fn of_very_many_steps_the_first_are_told_and_the_rest_counted() {
    let wire = (0..502).fold(client(1), |wire, number| {
        let wire = wire.c(format!("GET /page-{number}- {HEAD}\r\n"));
        wire.s("HTTP/1.1 204 No Content\r\n\r\n")
    });
    let frames = wire.close().frames();
    for format in ["terminal", "markdown", "html"] {
        let report = analyze(&frames, &["--format", format]);
        assert!(tells(&report, 499) && !tells(&report, 500), "{format}");
        assert!(report.contains("and 2 steps more; --all tells them, and so does"), "{format}");
        let all = analyze(&frames, &["--all", "--format", format]);
        assert!(tells(&all, 501) && !all.contains("steps more"), "{format}");
    }
}

#[test]
fn all_and_one_contradict_each_other() {
    let run = support::run(&["analyze", "--all", "--browser", "A", "x.pcap"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&run.stderr).contains("cannot be used with"));
}
