//! The real thing: Flask's quickstart app, a real Chromium and curl, watched by `sniff` and by
//! tcpdump at once. What `sniff` tells must be what `analyze` finds in either capture, and what the
//! server itself wrote down.

use super::{analyzed, can_capture, cookietrail, ran, running::Running, sniff};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// tcpdump says that it listens a moment before it does.
const SETTLE: Duration = Duration::from_secs(1);

/// Packets that tcpdump has not yet been given when the walk ends.
const TAIL: Duration = Duration::from_millis(500);

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Whether all that takes part is here; said aloud if not.
fn all_here() -> bool {
    let can_start = |program: &str| {
        let tried = Command::new(program).arg("--version").stderr(Stdio::null()).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let python = in_repository(".venv/bin/python");
    for program in ["tcpdump", "chromium", "curl", python.to_str().unwrap()] {
        if !can_start(program) {
            eprintln!("SKIPPED: {program} is not here");
            return false;
        }
    }
    can_capture()
}

/// Starts the site and its visitors, who wait for a word to begin; the port of the site.
fn visitors(truth: &Path) -> (Running, u16) {
    let mut command = Command::new(in_repository(".venv/bin/python"));
    command.arg(in_repository("captures/record/record.py"));
    command.args(["walkthrough", "--no-capture", "--wait", "--port", "0"]);
    command.args(["--browsers", "chromium,curl", "--truth"]).arg(truth);
    let mut walk = Running::start(&mut command);
    let line = walk.out_lines().wait_for("listening on 127.0.0.1:");
    (walk, line.rsplit(':').next().unwrap().parse().unwrap())
}

fn tcpdump(file: &Path, filter: &str) -> Running {
    let mut command = Command::new("tcpdump");
    // As the user who started it, so that it may write where this test does.
    command.args(["-n", "-i", "lo", "-U", "--immediate-mode", "-Z", "root", "-w"]).arg(file);
    let mut running = Running::start(command.arg(filter));
    running.err.wait_for("listening on lo");
    thread::sleep(SETTLE);
    running
}

/// A document without the values of some keys, wherever they are.
fn without(mut document: Value, keys: &[&str]) -> Value {
    match &mut document {
        Value::Object(map) => {
            map.retain(|key, _| !keys.contains(&key.as_str()));
            map.values_mut().for_each(|value| *value = without(value.take(), keys));
        }
        Value::Array(list) => list.iter_mut().for_each(|item| *item = without(item.take(), keys)),
        _ => {}
    }
    document
}

fn exchanges(file: &Path) -> Vec<Value> {
    let (code, out, err) = ran(&mut cookietrail(&["exchanges", file.to_str().unwrap()]));
    assert_eq!(code, Some(0), "{err}");
    out.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Client port, method, target, status, cookies sent, Set-Cookie lines: as captured.
fn captured(exchange: &Value) -> Value {
    let values = |message: &str, name: &str| -> Vec<String> {
        let headers = exchange[message]["headers"].as_array().unwrap().iter();
        let named = headers.filter(|header| text(&header[0]).eq_ignore_ascii_case(name));
        named.map(|header| text(&header[1]).to_owned()).collect()
    };
    let port: u16 = text(&exchange["client"]).rsplit(':').next().unwrap().parse().unwrap();
    let (asked, answered) = (&exchange["request"], &exchange["response"]);
    json!([
        port,
        asked["method"],
        asked["target"],
        answered["status"],
        values("request", "cookie").join("; "),
        values("response", "set-cookie"),
    ])
}

/// The same as the server wrote it down.
fn served(entry: &Value) -> Value {
    let pairs = entry["cookies"].as_array().unwrap().iter();
    let cookies: Vec<String> =
        pairs.map(|pair| format!("{}={}", text(&pair[0]), text(&pair[1]))).collect();
    json!([
        entry["client_port"],
        entry["method"],
        entry["target"],
        entry["status"],
        cookies.join("; "),
        entry["set_cookie"],
    ])
}

fn sorted(mut list: Vec<Value>) -> Vec<Value> {
    list.sort_by_key(ToString::to_string);
    list
}

/// The live lines of exchanges without time and server: `A  POST /login → 302 /`.
fn told(lines: &[String], port: u16) -> Vec<String> {
    let server = format!("127.0.0.1:{port}");
    let exchanges = lines.iter().filter_map(|line| line.strip_suffix(&server));
    exchanges.map(|line| line["12:03:04.512  ".len()..].trim().to_owned()).collect()
}

/// The same lines as the report would have them.
fn reported(report: &Value, exchanges: &[Value]) -> Vec<String> {
    let browsers = report["browsers"].as_array().unwrap();
    let line = |exchange: &Value| {
        let of =
            |browser: &&Value| browser["exchanges"].as_array().unwrap().contains(&exchange["id"]);
        let browser = text(&browsers.iter().find(of).unwrap()["id"]);
        let (asked, answered) = (&exchange["request"], &exchange["response"]);
        let (method, target) = (text(&asked["method"]), text(&asked["target"]));
        let headers = answered["headers"].as_array().unwrap().iter();
        let location = headers.filter(|header| header[0] == "Location").map(|h| text(&h[1])).next();
        let status = &answered["status"];
        let location = location.map_or(String::new(), |location| format!(" {location}"));
        format!("{browser}  {method} {target} → {status}{location}")
    };
    exchanges.iter().map(line).collect()
}

#[test]
fn a_walk_with_real_browsers_is_told_as_it_was() {
    if !all_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let (ours, theirs, truth) = (file("ours.pcap"), file("theirs.pcap"), file("truth.json"));

    let (mut walk, port) = visitors(&truth);
    let filter = format!("tcp port {port}");
    let other = tcpdump(&theirs, &filter);
    let mut running = sniff(&["-w", ours.to_str().unwrap(), "-f", &filter, "--format", "json"]);
    walk.tell("go");
    let (code, said) = walk.finish();
    assert_eq!(code, Some(0), "the walk: {said:#?}");
    running.signal("INT");
    let report: Value = serde_json::from_reader(running.out()).unwrap();
    let (code, lines) = running.finish();
    assert_eq!(code, Some(0), "{lines:#?}");
    thread::sleep(TAIL);
    other.signal("INT");
    assert_eq!(other.finish().0, Some(0));

    assert_eq!(report, analyzed(&ours), "the report is that of the saved packets");
    same_as_tcpdump(&report, &ours, &theirs);
    let seen = exchanges(&ours);
    let truth: Value = serde_json::from_str(&std::fs::read_to_string(&truth).unwrap()).unwrap();
    let log = truth["server_log"].as_array().unwrap();
    assert!(log.len() >= 18, "a walk has that many requests");
    let ours: Vec<Value> = seen.iter().map(captured).collect();
    assert_eq!(sorted(ours), sorted(log.iter().map(served).collect()), "as the server has it");
    told_every_cookie(&report, log);
    let (told, reported) = (told(&lines, port), reported(&report, &seen));
    assert_eq!(sorted_lines(told), sorted_lines(reported), "the lines are those of the report");
}

fn sorted_lines(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_unstable();
    lines
}

fn same_as_tcpdump(report: &Value, ours: &Path, theirs: &Path) {
    let other = analyzed(theirs);
    let packets = |report: &Value| report["capture"]["packets"].as_u64().unwrap();
    eprintln!("packets: {} by sniff, {} by tcpdump", packets(report), packets(&other));
    let mut varies = vec!["files", "time", "first", "last"];
    if packets(report) != packets(&other) {
        varies.extend(["packets", "packet", "last_packet"]);
    }
    assert_eq!(without(report.clone(), &varies), without(other, &varies));
    let exchanges = |file| without(Value::Array(exchanges(file)), &varies);
    assert_eq!(exchanges(ours), exchanges(theirs));
}

/// As many cookies as the server saw, both ways.
fn told_every_cookie(report: &Value, log: &[Value]) {
    let count = |kinds: &[&str]| {
        let cookies = report["cookies"].as_array().unwrap().iter();
        let events = cookies.flat_map(|cookie| cookie["events"].as_array().unwrap());
        events.filter(|event| kinds.contains(&text(&event["kind"]))).count()
    };
    let logged =
        |key: &str| -> usize { log.iter().map(|e| e[key].as_array().unwrap().len()).sum() };
    assert_eq!(count(&["sent"]), logged("cookies"));
    assert_eq!(count(&["set", "replaced", "refreshed", "deleted"]), logged("set_cookie"));
    assert_eq!(count(&["sent-unknown", "missing", "refused", "withheld"]), 0);
}
