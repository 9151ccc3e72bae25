//! Replays public cookie case sets (IETF http-state, web-platform-tests, curl, tough-cookie, the
//! public suffix list) against the cookie module. The data lies beside the repository; where it is
//! not, the tests say so and pass.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test harness: it reads files, prints a summary, and stops at surprises"
)]

use cookietrail::cookie::date::parse_cookie_date;
use cookietrail::cookie::domain::{canonical_name, registrable_domain};
use cookietrail::cookie::{
    Agent, Clues, Cookie, CookieHeader, Host, Jar, Response, Scheme, Site, Target, header_value,
};
use cookietrail::time::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

/// The cases of one suite, or `None` where the data is not here.
fn cases(suite: &str) -> Option<Vec<Value>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/conformance");
    let Ok(text) = std::fs::read_to_string(format!("{folder}/{suite}.jsonl")) else {
        eprintln!("SKIPPED: ../shared is not here");
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Prints the summary line of a suite and fails with every case that differs.
fn report(suite: &str, total: usize, excepted: usize, failures: &[String]) {
    let passed = total - excepted - failures.len();
    eprintln!("{suite}: {passed} of {total} cases hold, {excepted} are excepted with a reason");
    assert!(failures.is_empty(), "{suite}:\n{}", failures.join("\n"));
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap()
}

fn texts<'a>(case: &'a Value, key: &str) -> Vec<&'a str> {
    case[key].as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

fn bytes<'a>(case: &'a Value, key: &str) -> Vec<&'a [u8]> {
    texts(case, key).into_iter().map(str::as_bytes).collect()
}

fn unhex(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digit).collect()
}

fn time(rfc3339: &str) -> Timestamp {
    Timestamp::from_seconds(rfc3339.parse::<jiff::Timestamp>().unwrap().as_second())
}

/// One client on its own, with a clock that stands still.
struct Client {
    jar: Jar,
    now: Timestamp,
}

impl Client {
    fn new(agent: Agent, now: &str) -> Self {
        Self { jar: Jar::new(agent), now: time(now) }
    }

    fn receive(&mut self, url: &str, lines: &[Vec<u8>]) {
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        let response = Response {
            target: &target(url),
            site: &Site::default(),
            now: self.now,
            date: None,
            kept: false,
            tag: 0,
        };
        self.jar.receive(&lines, &response);
    }

    /// The `Cookie` header of a request; without the cookies that a script cannot see, where a
    /// script looks.
    fn sends(&self, url: &str, is_script: bool) -> Vec<u8> {
        let mut considered = self.jar.for_request(&target(url), &Site::default(), self.now);
        considered.retain(|entry| !(is_script && entry.cookie.http_only));
        header_value(&considered)
    }
}

fn target(url: &str) -> Target {
    let (scheme, rest) = url.split_once("://").unwrap();
    let scheme = if scheme == "https" { Scheme::Https } else { Scheme::Http };
    let (authority, path) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
    let (host, port) = Host::from_authority(authority.as_bytes()).unwrap();
    Target::new(scheme, host, port.unwrap_or(80), path.as_bytes())
}

fn differs(case: &Value, got: &[u8], expected: &[u8]) -> Option<String> {
    let shown = |bytes: &[u8]| bytes.iter().take(200).copied().collect::<Vec<u8>>();
    (got != expected).then(|| {
        let lines = case["set_cookie"].to_string();
        format!(
            "{}: {} gives {:?}, not {:?}",
            case["id"],
            &lines.chars().take(300).collect::<String>(),
            String::from_utf8_lossy(&shown(got)),
            String::from_utf8_lossy(&shown(expected))
        )
    })
}

#[test]
fn http_state_parser_cases_hold() {
    let Some(cases) = cases("http_state_parser") else { return };
    let mut failures = Vec::new();
    for case in &cases {
        let mut client = Client::new(Agent::Other, text(case, "now"));
        let lines: Vec<Vec<u8>> = match case["set_cookie_hex"].as_array() {
            Some(lines) => lines.iter().map(|line| unhex(line.as_str().unwrap())).collect(),
            None => texts(case, "set_cookie").iter().map(|line| line.as_bytes().to_vec()).collect(),
        };
        client.receive(text(case, "request_url"), &lines);
        let expected = match case["rfc6265bis_expected_derived"].as_str() {
            Some(newer) => newer.as_bytes().to_vec(),
            None => match case["expected_cookie_hex"].as_str() {
                Some(hex) => unhex(hex),
                None => text(case, "expected_cookie").as_bytes().to_vec(),
            },
        };
        failures.extend(differs(case, &client.sends(text(case, "next_url"), false), &expected));
    }
    report("http-state parser", cases.len(), 0, &failures);
}

#[test]
fn http_state_dates_hold() {
    let Some(cases) = cases("http_state_dates") else { return };
    let mut failures = Vec::new();
    for case in &cases {
        let got = parse_cookie_date(text(case, "input").as_bytes()).map(Timestamp::seconds);
        let expected = case["expected"].as_str().map(rfc_2822);
        if got != expected {
            failures.push(format!("{case}: {got:?}"));
        }
    }
    report("http-state dates", cases.len(), 0, &failures);
}

fn rfc_2822(date: &str) -> i64 {
    jiff::fmt::rfc2822::parse(date).unwrap().timestamp().as_second()
}

#[test]
fn tough_cookie_dates_hold() {
    let Some(cases) = cases("tough_cookie") else { return };
    let mut failures = Vec::new();
    for case in &cases {
        let got = parse_cookie_date(text(case, "input").as_bytes()).map(Timestamp::seconds);
        let holds = match text(case, "expected") {
            "true" => got.is_some(),
            "false" => got.is_none(),
            quoted => got == Some(rfc_2822(quoted.trim_matches('\''))),
        };
        if !holds {
            failures.push(format!("{case}: {got:?}"));
        }
    }
    report("tough-cookie dates", cases.len(), 0, &failures);
}

#[test]
fn public_suffix_cases_hold() {
    let Some(cases) = cases("psl") else { return };
    let mut failures = Vec::new();
    for case in &cases {
        let canonical = |key: &str| canonical_name(case[key].as_str().unwrap_or("").as_bytes());
        let name = canonical("input");
        let got = name.as_deref().and_then(registrable_domain).map(str::to_owned);
        if got != canonical("registrable_domain") {
            failures.push(format!("{case}: {got:?}"));
        }
    }
    report("public suffix list", cases.len(), 0, &failures);
}

#[test]
fn web_platform_cases_hold() {
    let Some(cases) = cases("wpt_cookies") else { return };
    let (mut failures, mut excepted) = (Vec::new(), 0);
    for case in &cases {
        let lines = texts(case, "set_cookie");
        // A script may not set HttpOnly cookies at all; traffic has no scripts.
        let sets_http_only = lines.iter().any(|line| line.to_lowercase().contains("; httponly"));
        if text(case, "set_via") == "document.cookie" && sets_http_only {
            excepted += 1;
            continue;
        }
        let mut client = Client::new(Agent::Other, text(case, "now"));
        let lines: Vec<Vec<u8>> = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
        client.receive(text(case, "request_url"), &lines);
        let is_script = text(case, "observe_via") == "document.cookie";
        let got = client.sends(text(case, "observe_url"), is_script);
        failures.extend(differs(case, &got, text(case, "expected_cookie").as_bytes()));
    }
    report("web-platform-tests", cases.len(), excepted, &failures);
}

/// Cases of curl's own suite that are not about what traffic does to a jar.
const CURL_EXCEPTIONS: [(&str, &str); 6] = [
    ("test1401", "the cookie is given on the command line"),
    ("test2015", "the cookie is given on the command line"),
    ("test898", "the cookie is given on the command line"),
    ("test598", "the cookie is given to the library"),
    ("test676", "the library is given a file and told to forget it"),
    ("test329", "a second cookie file of the case is not in the data"),
];

/// Cookies of a header file have no host, which curl orders by; only which ones are sent counts.
const CURL_WITHOUT_ORDER: [&str; 1] = ["test8"];

#[test]
fn curl_cases_hold() {
    let Some(cases) = cases("curl_cookies") else { return };
    let (mut failures, mut excepted) = (Vec::new(), 0);
    for case in &cases {
        let (id, found) = (text(case, "id"), replay_curl(case));
        if !CURL_EXCEPTIONS.iter().any(|(excepted, _)| *excepted == id) {
            failures.extend(found);
        } else if found.is_empty() {
            failures.push(format!("{id} is excepted, yet holds"));
        } else {
            excepted += 1;
        }
    }
    report("curl", cases.len(), excepted, &failures);
}

/// Walks through one case of curl: files in, requests and replies, files out.
fn replay_curl(case: &Value) -> Vec<String> {
    let mut client = Client::new(Agent::Curl, "2026-11-22T10:00:00Z");
    let id = text(case, "id");
    let command = curl_macros(text(case, "command"), id);
    let files: Vec<(String, String)> = case["input_files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (curl_macros(text(file, "name"), id), curl_macros(text(file, "text"), id)))
        .collect();
    let named = |option: &str, name: &str| command.contains(&format!("{option} {name}"));
    for (_, text) in files.iter().filter(|(name, _)| named("-b", name)) {
        load_netscape(&mut client, text);
    }
    let requests = texts(case, "expect_requests").concat();
    let mut replies = texts(case, "replies").into_iter();
    let mut failures = Vec::new();
    for request in curl_requests(&curl_macros(&requests, id)) {
        let got = String::from_utf8_lossy(&client.sends(&request.url, false)).into_owned();
        if in_order(id, &got) != in_order(id, &request.cookie) {
            failures.push(format!("{id} {}: {got:?}, not {:?}", request.url, request.cookie));
        }
        if let Some(reply) = replies.next() {
            client.receive(&request.url, &set_cookie_lines(&curl_macros(reply, id)));
        }
    }
    for (name, text) in files.iter().filter(|(name, _)| named("-c", name)) {
        let (got, expected) = (netscape_jar(&client.jar), netscape_rows(text));
        if got != expected {
            failures.push(format!("{id} {name}: {got:#?}, not {expected:#?}"));
        }
    }
    failures
}

fn in_order<'a>(id: &str, header: &'a str) -> Vec<&'a str> {
    let mut pairs: Vec<&str> = header.split("; ").collect();
    if CURL_WITHOUT_ORDER.contains(&id) {
        pairs.sort_unstable();
    }
    pairs
}

struct CurlRequest {
    url: String,
    cookie: String,
}

fn curl_requests(text: &str) -> Vec<CurlRequest> {
    let heads = text.split("\n\n").filter(|head| head.contains(" HTTP/1."));
    heads
        .map(|head| {
            let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
            let path = head.split(' ').nth(1).unwrap();
            let url = if path.starts_with('/') {
                format!("http://{}{path}", header("Host: ").unwrap())
            } else {
                path.to_owned()
            };
            CurlRequest { url, cookie: header("Cookie: ").unwrap_or_default().to_owned() }
        })
        .collect()
}

fn set_cookie_lines(reply: &str) -> Vec<Vec<u8>> {
    let headers = reply.lines().filter_map(|line| line.split_once(": "));
    headers
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        .map(|(_, value)| value.trim().as_bytes().to_vec())
        .collect()
}

/// The placeholders of curl's test files.
fn curl_macros(text: &str, id: &str) -> String {
    let number = id.trim_start_matches("test");
    let mut text = text
        .replace("%TESTNUMBER", number)
        .replace("%AMP", "&")
        .replace("%HOST6IP", "[::1]")
        .replace("%HTTP6PORT", "8994");
    while let Some((before, rest)) = text.split_once("%hex[") {
        let (inner, after) = rest.split_once("]hex%").unwrap();
        let decoded = percent_encoding::percent_decode_str(inner).decode_utf8_lossy();
        text = format!("{before}{decoded}{after}");
    }
    text
}

/// Rows of a cookie file as seven columns, host-only and http-only marks included.
fn netscape_rows(text: &str) -> Vec<String> {
    let is_row = |line: &&str| {
        line.contains('\t') && (!line.starts_with('#') || line.starts_with("#HttpOnly_"))
    };
    let mut rows: Vec<String> = text
        .lines()
        .filter(is_row)
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            let domain = columns[0].to_lowercase();
            [&domain, columns[1], columns[2], columns[3], columns[5], columns[6]].join(" ")
        })
        .collect();
    rows.sort();
    rows
}

fn netscape_jar(jar: &Jar) -> Vec<String> {
    let row = |cookie: &Cookie| {
        let mark = if cookie.http_only { "#httponly_" } else { "" };
        let dot = if cookie.host_only { "" } else { "." };
        let flag = |is: bool| if is { "TRUE" } else { "FALSE" };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!(
            "{mark}{dot}{} {} {} {} {} {}",
            cookie.domain,
            flag(!cookie.host_only),
            text(&cookie.path),
            flag(cookie.secure),
            text(&cookie.name),
            text(&cookie.value)
        )
    };
    let mut rows: Vec<String> = jar.iter().map(row).collect();
    rows.sort();
    rows
}

/// A cookie file, or a file of response headers, read as the responses that would have made it.
fn load_netscape(client: &mut Client, text: &str) {
    if text.starts_with("HTTP/") {
        client.receive("http://127.0.0.1/", &set_cookie_lines(text));
        return;
    }
    for line in text.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [domain, tail, path, secure, expires, name, value] = columns[..] else { continue };
        let (domain, http_only) = match domain.strip_prefix("#HttpOnly_") {
            Some(domain) => (domain, "; HttpOnly"),
            None => (domain, ""),
        };
        let host = domain.trim_start_matches('.');
        let domain = if tail == "TRUE" { format!("; Domain={host}") } else { String::new() };
        let secure = if secure == "TRUE" { "; Secure" } else { "" };
        let age = if expires == "0" { "" } else { "; Max-Age=9999" };
        let line = format!("{name}={value}; Path={path}{domain}{secure}{http_only}{age}");
        client.receive(&format!("https://{host}/"), &[line.into_bytes()]);
    }
}

/// Every request of every recorded browser carries just what the jar model says.
#[test]
fn recorded_clients_send_what_the_jar_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/captures");
    let Ok(entries) = std::fs::read_dir(folder) else {
        eprintln!("SKIPPED: ../shared is not here");
        return;
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(".truth.json"));
    paths.sort();
    let (mut total, mut excepted, mut failures) = (0, 0, Vec::new());
    for path in paths {
        let truth: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let mut jars: BTreeMap<String, Jar> = BTreeMap::new();
        for entry in truth["server_log"].as_array().unwrap() {
            total += 1;
            // She types the stolen cookie into curl's command line; her jar never held it.
            if text(entry, "client") == "curl-mallory" {
                excepted += 1;
                continue;
            }
            let scheme = if text(&truth, "name").contains("tls") { "https" } else { "http" };
            let jar = jars.entry(text(entry, "client").to_owned()).or_insert_with(|| {
                Jar::new(Agent::from_user_agent(text(entry, "user_agent").as_bytes()))
            });
            if let Some(difference) = replay_recorded(jar, entry, scheme) {
                failures.push(format!("{}: {difference}", text(&truth, "name")));
            }
        }
    }
    report("recorded requests", total, excepted, &failures);
}

/// A request header, in those recordings that keep them all.
fn header<'a>(entry: &'a Value, name: &str) -> Option<&'a [u8]> {
    let named = |pair: &&Value| pair[0].as_str().unwrap().eq_ignore_ascii_case(name);
    let pair = entry["request_headers"].as_array()?.iter().find(named)?;
    Some(pair[1].as_str().unwrap().as_bytes())
}

fn replay_recorded(jar: &mut Jar, entry: &Value, scheme: &str) -> Option<String> {
    let clue = |name| header(entry, name);
    let clues = Clues {
        method: text(entry, "method").as_bytes(),
        fetch_site: clue("sec-fetch-site"),
        fetch_mode: clue("sec-fetch-mode"),
        fetch_dest: clue("sec-fetch-dest"),
        origin: clue("origin"),
        referer: clue("referer"),
        storage_access: clue("sec-fetch-storage-access"),
        upgrade_insecure_requests: clue("upgrade-insecure-requests").is_some(),
    };
    let target = target(&format!("{scheme}://{}{}", text(entry, "host"), text(entry, "target")));
    let site = Site::of_request(&clues, &target);
    #[expect(clippy::cast_possible_truncation, reason = "seconds of this century")]
    let now = Timestamp::from_seconds(entry["t"].as_f64().unwrap() as i64);
    let expected = CookieHeader::parse(bytes(entry, "cookie_headers")).joined();
    let considered = jar.for_request(&target, &site, now);
    let got = header_value(&considered);
    let lines = bytes(entry, "set_cookie");
    let response = Response { target: &target, site: &site, now, date: None, kept: false, tag: 0 };
    jar.receive(&lines, &response);
    (got != expected).then(|| {
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!(
            "request {} of {}: {:?}, not {:?}",
            entry["n"],
            entry["client"],
            shown(&got),
            shown(&expected)
        )
    })
}
