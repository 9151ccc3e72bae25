//! The public cookie suites as traffic: each case is written into a capture file as one client's
//! two exchanges, one that sets the cookies and one that sends them back, and the program is run on
//! the file. What it says the client holds must be what the suite expects, and sending just that
//! must be no surprise to it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test harness: it reads files, prints a summary, and stops at surprises"
)]

mod support;

use base64::Engine as _;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use support::wire::{Frame, Wire, pcap};
use support::{run_json, text};

/// One case of a suite.
struct Case {
    id: String,
    request_url: String,
    lines: Vec<Vec<u8>>,
    observe_url: String,
    expected: Vec<u8>,
    now: i64,
}

fn cases(suite: &str) -> Option<Vec<Value>> {
    let file = support::shared()?.join("conformance").join(format!("{suite}.jsonl"));
    let text = std::fs::read_to_string(file).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn unhex(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digit).collect()
}

fn seconds(rfc3339: &Value) -> i64 {
    text(rfc3339).parse::<jiff::Timestamp>().unwrap().as_second()
}

fn lines(case: &Value) -> Vec<Vec<u8>> {
    if let Some(lines) = case["set_cookie_hex"].as_array() {
        return lines.iter().map(|line| unhex(line.as_str().unwrap())).collect();
    }
    let lines = case["set_cookie"].as_array().unwrap();
    lines.iter().map(|line| text(line).into_bytes()).collect()
}

/// Scheme, authority and path of a URL, as a client would send them. The query is dropped, so that
/// many cases ask one question.
fn parts(url: &str) -> (&str, &str, &str) {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, path) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
    (scheme, authority, path.split(['?', '#']).next().unwrap())
}

fn plain(url: &str) -> String {
    let (scheme, authority, path) = parts(url);
    format!("{scheme}://{authority}{path}")
}

/// The head of a request. TLS cannot be seen: a case of https is the way behind a proxy that took
/// it off and says so.
fn request(url: &str, cookie: &[u8]) -> Vec<u8> {
    let (scheme, authority, path) = parts(url);
    let proxy = if scheme == "https" { "X-Forwarded-Proto: https\r\n" } else { "" };
    let mut head = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\n{proxy}").into_bytes();
    if !cookie.is_empty() {
        head.extend([b"Cookie: ", cookie, b"\r\n"].concat());
    }
    head.extend(b"\r\n");
    head
}

fn response(lines: &[Vec<u8>]) -> Vec<u8> {
    let mut head = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n".to_vec();
    for line in lines {
        head.extend([b"Set-Cookie: ", line.as_slice(), b"\r\n"].concat());
    }
    head.extend(b"\r\n");
    head
}

/// The client of a case, by its place.
fn address(at: usize) -> [u8; 4] {
    [10, 1, u8::try_from(at / 250).unwrap(), u8::try_from(at % 250 + 1).unwrap()]
}

fn exchange(at: usize, url: &str, port: u16, cookie: &[u8], lines: &[Vec<u8>]) -> Vec<Frame> {
    let (_, authority, _) = parts(url);
    let server = authority.rsplit_once(':').map_or(80, |(_, port)| port.parse().unwrap());
    let wire = Wire::joined().client(address(at)).port(port).server_port(server);
    wire.handshake().c(request(url, cookie)).s(response(lines)).close().frames()
}

fn frames(cases: &[Case]) -> Vec<Frame> {
    let mut frames = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        frames.extend(exchange(at, &case.request_url, 4001, b"", &case.lines));
        let later = exchange(at, &case.observe_url, 4002, &case.expected, &[]);
        frames.extend(later.into_iter().map(|f| Frame { micros: f.micros + 100_000, ..f }));
    }
    frames.sort_by_key(|frame| frame.micros);
    frames
}

/// Bytes as the contract has them: text, or base64 where they are no text.
fn bytes(value: &Value) -> Vec<u8> {
    match value["base64"].as_str() {
        Some(encoded) => base64::engine::general_purpose::STANDARD.decode(encoded).unwrap(),
        None => text(value).into_bytes(),
    }
}

fn by_address(document: &Value) -> BTreeMap<String, Value> {
    let browsers = document["browsers"].as_array().unwrap();
    browsers.iter().map(|browser| (text(&browser["addresses"][0]), browser.clone())).collect()
}

/// What the program says of a file with all cases: each that differs.
fn differences(cases: &[Case]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("suite.pcap");
    std::fs::write(&file, pcap(&frames(cases), cases[0].now)).unwrap();
    let file = file.to_str().unwrap();
    let ip = |at: usize| address(at).map(|byte| byte.to_string()).join(".");
    let mut wrong = Vec::new();
    let urls: BTreeSet<String> = cases.iter().map(|case| plain(&case.observe_url)).collect();
    for url in urls {
        let jars = by_address(&run_json(&["jar", "--format", "json", "--for", &url, file]));
        for (at, case) in cases.iter().enumerate().filter(|(_, c)| plain(&c.observe_url) == url) {
            let got = jars.get(&ip(at)).map(|jar| bytes(&jar["header"])).unwrap_or_default();
            if got != case.expected {
                wrong.push(format!(
                    "{}: the jar has {:?}, not {:?}",
                    case.id,
                    String::from_utf8_lossy(&got),
                    String::from_utf8_lossy(&case.expected)
                ));
            }
        }
    }
    let report = run_json(&["analyze", "--format", "json", file]);
    let ids: BTreeMap<String, usize> = by_address(&report)
        .into_iter()
        .filter_map(|(address, browser)| {
            Some((text(&browser["id"]), (0..cases.len()).find(|at| ip(*at) == address)?))
        })
        .collect();
    assert_eq!(report["browsers"].as_array().unwrap().len(), cases.len(), "a client a case");
    for cookie in report["cookies"].as_array().unwrap() {
        for event in cookie["events"].as_array().unwrap() {
            if ["missing", "sent-unknown"].contains(&&*text(&event["kind"])) {
                let case = &cases[ids[&text(&cookie["browser"])]];
                wrong.push(format!("{}: {} {event}", case.id, cookie["name"]));
            }
        }
    }
    wrong
}

/// Holds a suite against the program, all cases of one time in one file.
fn hold(suite: &str, cases: Vec<Case>, excepted: &[String]) {
    let total = cases.len() + excepted.len();
    let mut by_time: BTreeMap<i64, Vec<Case>> = BTreeMap::new();
    for case in cases {
        by_time.entry(case.now).or_default().push(case);
    }
    let wrong: Vec<String> = by_time.values().flat_map(|cases| differences(cases)).collect();
    let held = total - excepted.len() - wrong.len();
    eprintln!("{suite} as captures: {held} of {total} cases hold, {} excepted", excepted.len());
    for reason in excepted {
        eprintln!("  excepted: {reason}");
    }
    assert!(wrong.is_empty(), "{suite}:\n{}", wrong.join("\n"));
}

#[test]
fn http_state_cases_hold_as_captures() {
    let Some(values) = cases("http_state_parser") else { return };
    let case = |value: &Value| Case {
        id: text(&value["id"]),
        request_url: text(&value["request_url"]),
        lines: lines(value),
        observe_url: text(&value["next_url"]),
        expected: match value["rfc6265bis_expected_derived"].as_str() {
            Some(newer) => newer.as_bytes().to_vec(),
            None => match value["expected_cookie_hex"].as_str() {
                Some(hex) => unhex(hex),
                None => text(&value["expected_cookie"]).into_bytes(),
            },
        },
        now: seconds(&value["now"]),
    };
    hold("http-state", values.iter().map(case).collect(), &[]);
}

/// Why traffic cannot express a case of web-platform-tests; `None` where it can.
fn inexpressible(value: &Value) -> Option<&'static str> {
    let lines = lines(value);
    let has = |byte: u8| lines.iter().any(|line| line.contains(&byte));
    let is_script = |key: &str| text(&value[key]) == "document.cookie";
    let is_http_only =
        lines.iter().any(|line| line.to_ascii_lowercase().windows(8).any(|w| w == b"httponly"));
    if has(b'\r') || has(b'\n') {
        Some("a header line cannot hold a line break")
    } else if is_http_only && is_script("set_via") {
        Some("a script may not set HttpOnly, and a response may")
    } else if is_http_only && is_script("observe_via") {
        Some("a script does not see HttpOnly cookies, and a request carries them")
    } else {
        None
    }
}

#[test]
fn web_platform_cases_hold_as_captures() {
    let Some(values) = cases("wpt_cookies") else { return };
    let (mut expressed, mut excepted) = (Vec::new(), Vec::new());
    for value in &values {
        if let Some(reason) = inexpressible(value) {
            excepted.push(format!("{}: {reason}", text(&value["id"])));
            continue;
        }
        expressed.push(Case {
            id: text(&value["id"]),
            request_url: text(&value["request_url"]),
            lines: lines(value),
            observe_url: text(&value["observe_url"]),
            expected: text(&value["expected_cookie"]).into_bytes(),
            now: seconds(&value["now"]),
        });
    }
    assert!(excepted.len() < 30, "{excepted:#?}");
    hold("web-platform-tests", expressed, &excepted);
}
