//! What the tool reads from a capture, held against what the server and the browsers said of
//! themselves: the recordings that ship, and those of `../shared` where it is there.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and reads its own files"
)]

mod support;

use serde_json::Value;
use std::path::Path;
use support::{captures, run_json, run_lines, text};

/// One exchange as both sides can tell it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    port: u64,
    method: String,
    target: String,
    status: u64,
    cookies: String,
    set_cookies: Vec<String>,
}

fn of_server(entry: &Value) -> Told {
    let pairs = entry["cookies"].as_array().unwrap();
    let cookies: Vec<String> =
        pairs.iter().map(|pair| format!("{}={}", text(&pair[0]), text(&pair[1]))).collect();
    Told {
        port: entry["client_port"].as_u64().unwrap(),
        method: text(&entry["method"]),
        target: text(&entry["target"]),
        status: entry["status"].as_u64().unwrap(),
        cookies: cookies.join("; "),
        set_cookies: entry["set_cookie"].as_array().unwrap().iter().map(text).collect(),
    }
}

fn header(message: &Value, name: &str) -> Vec<String> {
    let headers = message["headers"].as_array().into_iter().flatten();
    headers
        .filter(|header| text(&header[0]).eq_ignore_ascii_case(name))
        .map(|header| text(&header[1]))
        .collect()
}

fn of_capture(exchange: &Value) -> Told {
    let client = text(&exchange["client"]);
    let (request, response) = (&exchange["request"], &exchange["response"]);
    Told {
        port: client.rsplit(':').next().unwrap().parse().unwrap(),
        method: text(&request["method"]),
        target: text(&request["target"]),
        status: response["status"].as_u64().unwrap_or(0),
        cookies: header(request, "cookie").join("; "),
        set_cookies: header(response, "set-cookie"),
    }
}

fn ordered(told: impl Iterator<Item = Told>) -> Vec<Told> {
    let mut told: Vec<Told> = told.collect();
    told.sort();
    told
}

/// Captures whose traffic is encrypted: their server log cannot be met without the keys.
fn is_encrypted(truth: &Value) -> bool {
    truth["keylog"].is_string() || truth["class"] == "d"
}

#[test]
fn every_request_of_every_server_log_is_found_with_its_cookies() {
    for (capture, truth) in captures() {
        if is_encrypted(&truth) {
            continue;
        }
        let log = truth["server_log"].as_array().unwrap();
        let lines = run_lines(&["exchanges", capture.to_str().unwrap()]);
        let seen = ordered(lines.iter().map(of_capture));
        let said = ordered(log.iter().map(of_server));
        assert_eq!(seen, said, "{}", capture.display());
    }
}

#[test]
fn exchanges_come_in_the_order_of_their_first_packets_and_count_from_one() {
    for (capture, _) in captures() {
        let lines = run_lines(&["exchanges", capture.to_str().unwrap()]);
        let packet = |line: &Value| {
            line["request"]["packet"].as_u64().or(line["response"]["packet"].as_u64()).unwrap()
        };
        assert!(lines.is_sorted_by_key(packet), "{}", capture.display());
        let ids: Vec<u64> = lines.iter().map(|line| line["id"].as_u64().unwrap()).collect();
        assert!(ids.iter().copied().eq(1..=ids.len() as u64), "{}", capture.display());
    }
}

/// The captures in which each client of the truth is one jar, and each can be told from packets.
const TOLD_APART: [&str; 9] = [
    "cross-site",
    "cross-site-trusted",
    "walkthrough",
    "redirects",
    "secure-over-http",
    "a-walkthrough",
    "b-nginx-gunicorn",
    "e-lossy",
    "c-express-session-saveuninit",
];

#[test]
fn browsers_are_told_apart_as_the_processes_that_owned_the_sockets() {
    for (capture, truth) in captures() {
        if !TOLD_APART.contains(&&*stem(&capture)) {
            continue;
        }
        let report = run_json(&["analyze", "--format", "json", capture.to_str().unwrap()]);
        let lines = run_lines(&["exchanges", capture.to_str().unwrap()]);
        let mut owners: Vec<(String, String)> = Vec::new();
        for browser in report["browsers"].as_array().unwrap() {
            for id in browser["exchanges"].as_array().unwrap() {
                let line = &lines[usize::try_from(id.as_u64().unwrap()).unwrap() - 1];
                let told = of_capture(line);
                let log = truth["server_log"].as_array().unwrap();
                let entry = log.iter().find(|entry| of_server(entry) == told).unwrap();
                owners.push((text(&browser["id"]), text(&entry["client"])));
            }
        }
        owners.sort();
        owners.dedup();
        let letters = report["browsers"].as_array().unwrap().len();
        assert_eq!(owners.len(), letters, "{}: {owners:?}", capture.display());
    }
}

/// Three equal browsers at one address. What was asked before anything differed cannot be told; it
/// is two requests of the second profile.
#[test]
fn equal_profiles_are_told_apart_as_far_as_packets_say() {
    const UNTOLD: [u64; 2] = [3, 4];
    let found = captures().into_iter().find(|(capture, _)| stem(capture) == "two-profiles");
    let (capture, truth) = found.unwrap();
    let report = run_json(&["analyze", "--format", "json", capture.to_str().unwrap()]);
    let lines = run_lines(&["exchanges", capture.to_str().unwrap()]);
    let log = truth["server_log"].as_array().unwrap();
    for browser in report["browsers"].as_array().unwrap() {
        let client = match &*text(&browser["id"]) {
            "A" => "chromium-a",
            "B" => "chromium-b",
            _ => "chromium-private",
        };
        for id in browser["exchanges"].as_array().unwrap().iter().filter_map(Value::as_u64) {
            let told = of_capture(&lines[usize::try_from(id).unwrap() - 1]);
            let entry = log.iter().find(|entry| of_server(entry) == told).unwrap();
            let is_right = entry["client"] == client;
            assert_eq!(is_right, !UNTOLD.contains(&id), "exchange {id}: {}", entry["client"]);
        }
    }
}

#[test]
fn sessions_say_what_the_server_put_into_them() {
    for (capture, truth) in captures() {
        if is_encrypted(&truth) {
            continue;
        }
        let report = run_json(&["analyze", "--format", "json", capture.to_str().unwrap()]);
        let lines = run_lines(&["exchanges", capture.to_str().unwrap()]);
        for session in report["sessions"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|session| session["format"] == "flask")
        {
            for state in session["states"].as_array().unwrap() {
                let line =
                    &lines[usize::try_from(state["exchange"].as_u64().unwrap()).unwrap() - 1];
                let told = of_capture(line);
                let log = truth["server_log"].as_array().unwrap();
                let entry = log.iter().find(|entry| of_server(entry) == told).unwrap();
                if told.set_cookies.iter().any(|line| line.starts_with("session=")) {
                    let said =
                        state["plain"].as_object().map_or(&state["payload"], |_| &state["plain"]);
                    assert_eq!(
                        *said,
                        entry["session_out"],
                        "{} exchange {}",
                        capture.display(),
                        state["exchange"]
                    );
                }
            }
        }
    }
}

/// A Set-Cookie that the browser's own tools say it refused is a `refused` event, and no other is.
#[test]
fn refused_cookies_are_those_that_the_browser_refused() {
    for (capture, truth) in captures() {
        if stem(&capture) != "secure-over-http" {
            continue;
        }
        let report = run_json(&["analyze", "--format", "json", capture.to_str().unwrap()]);
        let events = report["cookies"].as_array().unwrap().iter().flat_map(|cookie| {
            cookie["events"]
                .as_array()
                .unwrap()
                .iter()
                .map(move |event| (text(&cookie["name"]), event.clone()))
        });
        let refused: Vec<(String, Value)> =
            events.filter(|(_, event)| event["kind"] == "refused").collect();
        let set = truth["server_log"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|entry| entry["set_cookie"].as_array().unwrap());
        let secure = set.filter(|line| text(line).contains("; Secure")).count();
        assert_eq!(refused.len(), secure);
        assert!(
            refused
                .iter()
                .all(|(name, event)| name == "session" && event["reason"] == "secure-over-http")
        );
    }
}

fn stem(capture: &Path) -> String {
    capture.file_stem().unwrap().to_string_lossy().into_owned()
}
