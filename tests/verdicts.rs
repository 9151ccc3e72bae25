//! The jar, its verdicts and the findings, held against what the browsers said of themselves.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use support::{captures, run, run_json, run_lines, text};

fn stem(capture: &Path) -> String {
    capture.file_stem().unwrap().to_string_lossy().into_owned()
}

/// Which client of the truth each letter is, where one letter is one client.
fn clients(capture: &Path, truth: &Value) -> BTreeMap<String, String> {
    let file = capture.to_str().unwrap();
    let report = run_json(&["analyze", "--format", "json", file]);
    let lines = run_lines(&["exchanges", file]);
    let port =
        |line: &Value| text(&line["client"]).rsplit(':').next().unwrap().parse::<u64>().unwrap();
    let log = truth["server_log"].as_array().unwrap();
    let mut clients = BTreeMap::new();
    for browser in report["browsers"].as_array().unwrap() {
        let owners: BTreeSet<String> = browser["exchanges"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|id| {
                let line = &lines[usize::try_from(id.as_u64().unwrap()).unwrap() - 1];
                let entry = log.iter().find(|entry| entry["client_port"] == port(line))?;
                Some(text(&entry["client"]))
            })
            .collect();
        if owners.len() == 1 {
            clients.insert(text(&browser["id"]), owners.into_iter().next().unwrap());
        }
    }
    clients
}

/// Name and value of each cookie in a client's own store, in whichever form it gave it.
fn own_jar(jar: &Value) -> BTreeSet<(String, String)> {
    let of = |cookie: &Value| match cookie.as_str() {
        // A line of a Netscape cookie file.
        Some(line) => {
            let fields: Vec<&str> = line.split('\t').collect();
            (fields[5].to_owned(), fields[6].to_owned())
        }
        None => (text(&cookie["name"]), text(&cookie["value"])),
    };
    jar.as_array().unwrap().iter().map(of).collect()
}

fn modelled_jar(capture: &Path, letter: &str, at: f64) -> BTreeSet<(String, String)> {
    let time = format!("{at:.6}");
    let (seconds, micros) = time.split_once('.').unwrap();
    let instant =
        jiff::Timestamp::new(seconds.parse().unwrap(), micros.parse::<i32>().unwrap() * 1000)
            .unwrap();
    let at = instant.to_string();
    let jar = run_json(&[
        "jar",
        "--format",
        "json",
        "--browser",
        letter,
        "--at",
        &at,
        capture.to_str().unwrap(),
    ]);
    let browsers = jar["browsers"].as_array().unwrap();
    let cookies = browsers.iter().flat_map(|browser| browser["cookies"].as_array().unwrap());
    cookies.map(|cookie| (text(&cookie["name"]), text(&cookie["value"]))).collect()
}

/// curl 7.88.1 with `-b FILE -c FILE -L` reads its file again after a redirect: a cookie that the
/// first hop deleted comes back (and the next curl sends it).
const REREAD: [(&str, &str); 4] = [
    ("a-walkthrough", "curl"),
    ("b-nginx-gunicorn", "curl"),
    ("c-express-session-saveuninit", "curl"),
    ("e-lossy", "curl"),
];

#[test]
fn the_jar_holds_what_the_browsers_own_store_held_after_every_step() {
    let mut compared = 0;
    for (capture, truth) in captures() {
        // Encrypted captures, and one whose clients lend each other cookies by hand.
        if truth["keylog"].is_string() || ["e-hijack", "two-profiles"].contains(&&*stem(&capture)) {
            continue;
        }
        let mut missed = Vec::new();
        for (letter, client) in clients(&capture, &truth) {
            for step in truth["steps"].as_array().unwrap() {
                let Some(own) = step["jar_after"].get(&client).filter(|jar| jar.is_array()) else {
                    continue;
                };
                compared += 1;
                let model = modelled_jar(&capture, &letter, step["t1"].as_f64().unwrap());
                let came_back = REREAD.contains(&(&stem(&capture), &client)) && model.is_empty();
                if model != own_jar(own) && !came_back {
                    missed.push(format!(
                        "{client} after step {}: {model:?} against {:?}",
                        step["step"],
                        own_jar(own)
                    ));
                }
            }
        }
        assert!(missed.is_empty(), "{}: {missed:#?}", capture.display());
    }
    assert!(compared > 40, "only {compared} jars were compared");
}

#[test]
fn what_the_model_sends_is_what_the_browser_sent() {
    for (capture, truth) in captures() {
        if truth["keylog"].is_string() || stem(&capture) == "e-hijack" {
            continue;
        }
        let report = run_json(&["analyze", "--format", "json", capture.to_str().unwrap()]);
        for cookie in report["cookies"].as_array().unwrap() {
            for event in cookie["events"].as_array().unwrap() {
                let kind = text(&event["kind"]);
                assert!(
                    kind != "missing"
                        && kind != "sent-unknown"
                        && (kind != "sent" || event["reason"].is_null()),
                    "{}: {event}",
                    capture.display()
                );
            }
        }
    }
}

/// `DevTools`' names for our reasons. The schemeful ones are the same: these captures have no https.
const NAMES: [(&str, &str); 9] = [
    ("secure-over-http", "SecureOnly"),
    ("same-site-none-insecure", "SameSiteNoneInsecure"),
    ("same-site-strict", "SameSiteStrict"),
    ("same-site-lax", "SameSiteLax"),
    ("same-site-default", "SameSiteUnspecifiedTreatedAsLax"),
    ("third-party-blocked", "UserPreferences"),
    ("path-mismatch", "NotOnPath"),
    ("name-value-too-long", "NameValuePairExceedsMaxSize"),
    ("invalid-domain", "InvalidDomain"),
];

/// Target of the request, name of the cookie, reasons: each with how often.
type Blocked = BTreeMap<(String, String), Vec<BTreeSet<String>>>;

fn words(why: &Value) -> BTreeSet<String> {
    let reasons = why.as_array().unwrap().iter();
    reasons.map(|reason| text(reason).replace("Schemeful", "")).collect()
}

/// What Chromium says it did not keep, or did not send, of each request that `DevTools` shows.
fn blocked_by_chromium(log: &[Value]) -> (Blocked, BTreeSet<String>) {
    let mut targets: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut blocked = Blocked::new();
    let mut told: BTreeMap<(String, String), usize> = BTreeMap::new();
    for event in log.iter().filter(|event| event["event"] == "request") {
        let url = text(&event["url"]);
        let path = url.splitn(4, '/').nth(3).unwrap_or_default();
        targets.entry(text(&event["id"])).or_default().push(format!("/{path}"));
    }
    for event in log {
        let kind = text(&event["event"]);
        let Some(list) = event.get("withheld").or(event.get("refused")) else { continue };
        let id = text(&event["id"]);
        // The answers of one chain of redirects share an id, and come in order; of the first that
        // come from the cache there are none.
        let of_this =
            |other: &&Value| other["event"] == event["event"] && other["id"] == event["id"];
        let answers = log.iter().filter(of_this).count();
        let all = targets.get(&id).map_or(&[][..], Vec::as_slice);
        let place = told.entry((kind, id)).or_insert_with(|| all.len().saturating_sub(answers));
        let Some(target) = all.get(*place) else { continue };
        *place += 1;
        for one in list.as_array().unwrap() {
            let line = text(&one["line"]);
            let name = match one["cookie"].get(0) {
                Some(name) => text(name),
                None => line.split('=').next().unwrap().to_owned(),
            };
            blocked.entry((target.clone(), name)).or_default().push(words(&one["why"]));
        }
    }
    let shown = targets.into_values().flatten().collect();
    (blocked, shown)
}

/// The same, as the model has it.
fn blocked_by_the_model(capture: &Path, browser: &str, shown: &BTreeSet<String>) -> Blocked {
    let report = run_json(&["analyze", "--format", "json", capture.to_str().unwrap()]);
    let lines = run_lines(&["exchanges", capture.to_str().unwrap()]);
    let mut blocked = Blocked::new();
    for cookie in report["cookies"].as_array().unwrap() {
        for event in cookie["events"].as_array().unwrap() {
            let Some(reason) = event["reason"].as_str() else { continue };
            let Some((_, name)) = NAMES.iter().find(|(ours, _)| *ours == reason) else { continue };
            let id = usize::try_from(event["exchange"].as_u64().unwrap()).unwrap();
            let target = text(&lines[id - 1]["request"]["target"]);
            if cookie["browser"] == browser && shown.contains(&target) {
                let key = (target, text(&cookie["name"]));
                blocked.entry(key).or_default().push(BTreeSet::from([(*name).to_owned()]));
            }
        }
    }
    blocked
}

/// Each cookie that Chromium says it refused or withheld is refused or withheld here, for one of
/// its reasons, as often; and no other is.
#[test]
fn chromiums_reasons_are_ours() {
    let mut compared = 0;
    for (capture, truth) in captures() {
        let Some(log) = truth["client_log"]["chromium"].as_array() else { continue };
        let is_new = log.iter().any(|event| event.get("withheld").is_some());
        if truth["keylog"].is_string() || !is_new {
            continue;
        }
        let owners = clients(&capture, &truth);
        let mut letters = owners.iter().filter(|(_, client)| *client == "chromium");
        let (letter, _) = letters.next().unwrap();
        let (theirs, shown) = blocked_by_chromium(log);
        let ours = blocked_by_the_model(&capture, letter, &shown);
        let keys: BTreeSet<_> = theirs.keys().chain(ours.keys()).collect();
        for key in keys {
            let none = Vec::new();
            let (theirs, ours) = (theirs.get(key).unwrap_or(&none), ours.get(key).unwrap_or(&none));
            // Of Partitioned cookies over http Chromium names no reason. That its settings block
            // third parties is not on the wire, where SameSite alone would keep the cookie away.
            let is_unnamed = theirs.is_empty() && key.1.ends_with("chips");
            let settings = BTreeSet::from(["UserPreferences".to_owned()]);
            let fits = theirs.len() == ours.len()
                && theirs
                    .iter()
                    .zip(ours)
                    .all(|(theirs, ours)| ours.is_subset(theirs) || *theirs == settings);
            if is_unnamed {
                continue;
            }
            assert!(fits, "{}: {key:?}: {theirs:?} against {ours:?}", capture.display());
            compared += theirs.len();
        }
    }
    assert!(compared > 20, "only {compared} verdicts were compared");
}

fn rules(capture: &Path) -> BTreeSet<String> {
    let report = run_json(&["analyze", "--format", "json", capture.to_str().unwrap()]);
    report["findings"].as_array().unwrap().iter().map(|finding| text(&finding["rule"])).collect()
}

#[test]
fn findings_are_those_that_the_recordings_were_made_for() {
    for (capture, _) in captures() {
        let (expected, unexpected): (&[&str], &[&str]) = match &*stem(&capture) {
            "walkthrough" | "a-walkthrough" | "two-profiles" => {
                (&["session-without-samesite"], &["session-used-by-another-client", "login-loop"])
            }
            "secure-over-http" => (&["session-cookie-refused"], &["session-cookie-over-http"]),
            "b-secure-over-http" => (&["session-cookie-refused", "login-loop"], &[]),
            "e-hijack" => (
                &[
                    "session-used-by-another-client",
                    "session-used-after-logout",
                    "session-cookie-over-http",
                ],
                &["session-fixation"],
            ),
            "redirects" | "b-nginx-gunicorn" | "e-lossy" => (
                &[],
                &["session-used-by-another-client", "session-used-after-logout", "login-loop"],
            ),
            _ => continue,
        };
        let found = rules(&capture);
        for rule in expected {
            assert!(found.contains(*rule), "{}: {rule} is not in {found:?}", capture.display());
        }
        for rule in unexpected {
            assert!(!found.contains(*rule), "{}: {rule} is in {found:?}", capture.display());
        }
    }
}

#[test]
fn a_grave_finding_fails_the_run_unless_it_is_ignored() {
    let capture = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/secure-over-http.pcap");
    let code =
        |arguments: &[&str]| run(&[&["analyze"], arguments, &[capture]].concat()).status.code();
    assert_eq!(code(&[]), Some(0));
    assert_eq!(code(&["--fail-on", "high"]), Some(1));
    assert_eq!(code(&["--fail-on", "high", "--ignore", "session-cookie-refused"]), Some(0));
    assert_eq!(code(&["--ignore", "no-such-rule"]), Some(2));
}

#[test]
fn why_names_the_attribute_the_packet_and_the_mend() {
    let capture = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/secure-over-http.pcap");
    let output = run(&["why", "--cookie", "session", "--browser", "A", capture]);
    let answer =
        String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "Secure was set",
        "over http from shop.test",
        "packet 79",
        "serve over https",
        "[secure-over-http, proved]",
    ] {
        assert!(answer.contains(words), "{words} is not in {answer}");
    }
    let json = run_json(&[
        "why",
        "--format",
        "json",
        "--cookie",
        "session",
        "--exchange",
        "5",
        "--browser",
        "A",
        capture,
    ]);
    assert_eq!(json["schema"], "cookietrail/why/1");
    assert!(text(&json["answers"][0]["text"]).contains("had not kept it in exchange 4"));
    for wrong in [
        &["why", "--cookie", "nonsense", capture][..],
        &["why", "--cookie", "session", "--exchange", "999", capture],
    ] {
        assert_eq!(run(wrong).status.code(), Some(2));
    }
}

#[test]
fn a_jar_says_what_it_would_send_and_curl_reads_it() {
    let capture = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/redirects.pcap");
    let header = |url: &str| {
        let output = run(&[
            "jar",
            "--browser",
            "A",
            "--at",
            "60",
            "--for",
            url,
            "--format",
            "header",
            capture,
        ]);
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(
        header("http://127.0.0.1:5000/account/")
            .starts_with("last_seen=today; currency=EUR; session=")
    );
    assert!(header("http://127.0.0.1/basket/").starts_with("currency=EUR; session="));
    assert_eq!(header("http://example.org/"), "\n");
    let netscape =
        String::from_utf8(run(&["jar", "--at", "60", "--format", "netscape", capture]).stdout)
            .unwrap();
    assert!(netscape.starts_with("# Netscape HTTP Cookie File\n"));
    assert!(netscape.contains("127.0.0.1\tFALSE\t/account\tFALSE\t"));
    let without_url = run(&["jar", "--format", "header", capture]);
    assert_eq!(without_url.status.code(), Some(2));
}
