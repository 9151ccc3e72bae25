//! Sessions of real servers on loopback: a client logs in, `sniff` reads the packets, and what it
//! says of each cookie is held against what the server logged for that request. Then the other way
//! round: what `sign` makes is sent to the server, which says what it read.

#![cfg(feature = "live")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test stops where it fails, waits by the clock, and says what it skips"
)]

#[path = "../sniff/running.rs"]
mod running;
mod site;

use serde_json::{Value, json};
use site::{Client, Site, decoded, sent_and_set};
use std::path::Path;
use std::process::{Command, Output};

const SECRET: &str = "a secret with spaces, 密钥 and \"quotes\"";
const WRONG: &str = "not the secret";

/// How a server keeps its sessions, and what our program calls that.
struct Kept {
    /// The script below `tests/setup/sites`, and what it is told beside the secret.
    script: &'static str,
    way: Option<&'static str>,
    /// The Python environment; `None` for Node.
    environment: Option<&'static str>,
    cookie: &'static str,
    /// Our name of the format.
    format: &'static str,
    /// The name by which `sign` makes it, and the cookie's name where that is part of it.
    sign: &'static str,
    /// Whether the cookie is a session for our reports, and not just a token.
    is_session: bool,
}

const FLASK: Kept = Kept {
    script: "flask_site.py",
    way: None,
    environment: Some(".venv"),
    cookie: "session",
    format: "flask",
    sign: "flask",
    is_session: true,
};

fn cookietrail(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cookietrail"));
    command.args(arguments).env_remove("COOKIETRAIL_SECRET").output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap().trim_end().to_owned()
}

#[test]
fn the_newest_flask() {
    round_trip(&FLASK, Client::Curl);
}

#[test]
fn the_newest_flask_with_a_browser() {
    round_trip(&FLASK, Client::Chromium);
}

#[test]
fn an_old_flask() {
    round_trip(&Kept { environment: Some(".venv-old"), ..FLASK }, Client::Curl);
}

#[test]
fn django() {
    let django = Kept {
        script: "django_site.py",
        cookie: "sessionid",
        format: "django-signed-session",
        sign: "django",
        ..FLASK
    };
    round_trip(&django, Client::Curl);
}

#[test]
fn starlette() {
    let starlette =
        Kept { script: "starlette_site.py", format: "starlette", sign: "starlette", ..FLASK };
    round_trip(&starlette, Client::Curl);
}

const EXPRESS: Kept = Kept {
    script: "express_site.js",
    way: Some("cookie-session"),
    environment: None,
    cookie: "session",
    format: "cookie-session",
    sign: "cookie-session",
    is_session: true,
};

#[test]
fn express_with_cookie_session() {
    round_trip(&EXPRESS, Client::Curl);
}

#[test]
fn express_with_express_session() {
    let express = Kept {
        way: Some("express-session"),
        cookie: "connect.sid",
        format: "express-session",
        sign: "express",
        ..EXPRESS
    };
    round_trip(&express, Client::Curl);
}

#[test]
fn express_with_a_token() {
    let express = Kept {
        way: Some("jwt"),
        cookie: "token",
        format: "jwt",
        sign: "jwt",
        is_session: false,
        ..EXPRESS
    };
    round_trip(&express, Client::Curl);
}

fn round_trip(kept: &Kept, client: Client) {
    let Some(mut site) = Site::open(kept, client) else { return };
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved.pcap");
    let mut sniff = site.sniff(&saved);
    let requests = client.walk(&site, folder.path());
    let log = site.log(requests);
    let signed = sign_for(kept, &log);
    let read = site.ask_with(&signed.cookies);
    client.visit(&site, "/logout", folder.path());
    let (report, live) = sniff.stop();

    assert_eq!(read, signed.expected, "the server reads what is made for it");
    as_logged(kept, &log, &saved);
    judged_live(kept, &log, &report, &live);
    refused_with_a_wrong_secret(kept, &saved);
}

/// Each cookie of each exchange says what the server logged for it, and is proved by the secret.
fn as_logged(kept: &Kept, log: &[Value], saved: &Path) {
    let exchanges = sent_and_set(saved, kept.cookie);
    assert!(exchanges.len() > log.len());
    let mut proved = 0;
    for (exchange, line) in exchanges.iter().zip(log) {
        assert_eq!(exchange.path, line["path"], "exchanges are in the order of the log");
        let nothing = json!({});
        for (cookies, logged) in [(&exchange.sent, &line["read"]), (&exchange.set, &line["wrote"])]
        {
            let logged = if logged.is_null() { &nothing } else { logged };
            let Some(cookies) = cookies else {
                assert_eq!(logged, &nothing, "{}: no cookie, but {line}", exchange.path);
                continue;
            };
            let right = decoded(cookies, kept.cookie, SECRET);
            assert_eq!(right["format"], kept.format, "{cookies}");
            assert_eq!(&right["payload"], logged, "{cookies}");
            assert_eq!((&right["signature"], &right["key"]), (&json!("valid"), &json!(1)));
            let wrong = decoded(cookies, kept.cookie, WRONG);
            assert_eq!(
                (&wrong["format"], &wrong["signature"]),
                (&right["format"], &json!("invalid"))
            );
            assert_eq!(wrong["payload"], right["payload"], "it can be read all the same");
            proved += 1;
        }
    }
    assert!(proved >= 4, "{proved}");
}

/// What `sniff` said while it happened, and in its report: the second secret is the right one.
fn judged_live(kept: &Kept, log: &[Value], report: &Value, live: &[String]) {
    let lines: Vec<&String> = live.iter().filter(|line| line.contains("with secret 2")).collect();
    assert!(!lines.is_empty(), "{live:#?}");
    if !kept.is_session {
        return;
    }
    let sessions = report["sessions"].as_array().unwrap().iter();
    let states: Vec<&Value> = sessions
        .filter(|session| session["cookie"] == kept.cookie)
        .flat_map(|session| session["states"].as_array().unwrap())
        .collect();
    let wrote = log.iter().filter(|line| !line["wrote"].is_null()).map(|line| &line["wrote"]);
    for wrote in wrote {
        let state = states.iter().find(|state| state["payload"] == *wrote);
        let state = state.unwrap_or_else(|| panic!("no state has {wrote}: {states:#?}"));
        assert_eq!((&state["signature"], &state["key"]), (&json!("valid"), &json!(2)));
    }
}

fn refused_with_a_wrong_secret(kept: &Kept, saved: &Path) {
    let file = saved.to_str().unwrap();
    let output = cookietrail(&["analyze", "--format", "json", "--secret", WRONG, file]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let sessions = report["sessions"].as_array().unwrap().iter();
    let states: Vec<&Value> =
        sessions.flat_map(|session| session["states"].as_array().unwrap()).collect();
    assert!(!kept.is_session || !states.is_empty());
    assert!(states.iter().all(|state| state["signature"] == "invalid"), "{states:#?}");
}

/// A cookie that our program made, and what the server should say that it read.
struct Made {
    cookies: String,
    expected: Value,
}

fn sign_for(kept: &Kept, log: &[Value]) -> Made {
    let content = json!({"username": "made by us 😀", "cart": ["三", 4], "long": "x".repeat(300)});
    // The content of such a session is on the server: what is signed is an id that it knows.
    let (signed, expected) = if kept.format == "express-session" {
        let id = log.iter().find(|line| line["read"].is_string()).unwrap()["read"].clone();
        let cart = json!(["pear", "梨"]);
        (id, json!({"username": "小明", "pair": [1, {"deep": "三"}], "cart": cart}))
    } else {
        (content.clone(), content)
    };
    let content = signed.to_string();
    let output = cookietrail(&[
        "sign",
        "--format",
        kept.sign,
        "--secret",
        SECRET,
        "--name",
        kept.cookie,
        &content,
    ]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Made { cookies: said(&output), expected }
}
