//! Generated traffic with ground truth: every request head and every response head that is whole
//! in the file is found, and each is paired with its own.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::panic,
    reason = "a test stops where it fails, and says what it skips"
)]

use cookietrail::capture::Files;
use cookietrail::http::{Exchange, Reading};
use cookietrail::pipeline::Pipeline;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const GENERATOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/bench/gen_corpus.py");

/// Client and server.
type Flow = (String, String);

/// Makes a corpus; `None`, said aloud, where it cannot be made here.
fn generate(folder: &Path, options: &[&str]) -> Option<(Vec<Exchange>, Vec<Value>)> {
    if !Path::new(GENERATOR).is_file() {
        eprintln!("SKIPPED: ../shared is not here");
        return None;
    }
    let (capture, detail) = (folder.join("corpus.pcap"), folder.join("corpus.jsonl"));
    let mut command = Command::new("python3");
    command.arg(GENERATOR).arg("--quiet").args(options);
    command.arg("--out").arg(&capture).arg("--exchanges").arg(&detail);
    let Ok(status) = command.status() else {
        eprintln!("SKIPPED: python3 is not here");
        return None;
    };
    assert!(status.success());
    let mut text = String::new();
    let mut file = std::fs::OpenOptions::new().read(true).open(detail).unwrap();
    std::io::Read::read_to_string(&mut file, &mut text).unwrap();
    let truth = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    Some((exchanges(&capture), truth))
}

fn exchanges(capture: &Path) -> Vec<Exchange> {
    let mut files = Files::open([capture]).unwrap();
    let mut pipeline = Pipeline::new(Reading::default());
    let mut found = Vec::new();
    while let Some(packet) = files.next_packet() {
        pipeline.push(&packet);
        found.extend(std::iter::from_fn(|| pipeline.pop()));
    }
    pipeline.finish();
    found.extend(std::iter::from_fn(|| pipeline.pop()));
    found.into_iter().map(|numbered| *numbered.exchange).collect()
}

/// What can be compared: of a request its method, target and cookies; of a response its status,
/// new cookies and target. `None` where the head is not there, or not whole.
type Heads = (Option<String>, Option<String>);

fn true_heads(truth: &Value) -> Heads {
    let lost =
        |what| truth["lost"].as_array().is_some_and(|lost| lost.contains(&Value::from(what)));
    let word = |key: &str| truth[key].as_str().unwrap_or("").to_owned();
    let request = format!("{} {} {}", word("method"), word("uri"), word("cookie"));
    let cookies: Vec<&str> = truth["set_cookie"]
        .as_array()
        .map(|list| list.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let response = format!("{} {} {}", truth["status"], cookies.join(" "), word("location"));
    ((!lost("request-head")).then_some(request), (!lost("response-head")).then_some(response))
}

fn found_heads(exchange: &Exchange) -> Heads {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let cut = |kind| exchange.notes.iter().any(|note| note.text.contains(kind));
    let request = exchange.request.as_ref().map(|request| {
        let cookie = request.headers.first("cookie").map(text).unwrap_or_default();
        let start = &request.start;
        format!("{} {} {cookie}", text(&start.method), text(&start.target))
    });
    let response = exchange.response.as_ref().map(|response| {
        let cookies: Vec<String> = response.headers.all("set-cookie").map(text).collect();
        let location = response.headers.first("location").map(text).unwrap_or_default();
        format!("{} {} {location}", response.start.status, cookies.join(" "))
    });
    if cut("end of the head") { (None, None) } else { (request, response) }
}

/// Whether all bodies are as long as they should be.
fn bodies_agree(exchange: &Exchange, truth: &Value) -> bool {
    let request = &exchange.request.as_ref().unwrap().body;
    let response = &exchange.response.as_ref().unwrap().body;
    let same = truth["body"] != "length" || truth["resp_wire"] == response.length;
    // That a body without length is whole can only be known from a FIN, or its acknowledgment.
    let whole = response.complete || truth["body"] == "close";
    request.complete && whole && truth["req_body"] == request.length && same
}

fn by_flow<T>(items: Vec<T>, flow: impl Fn(&T) -> Flow) -> BTreeMap<Flow, Vec<T>> {
    let mut flows: BTreeMap<Flow, Vec<T>> = BTreeMap::new();
    for item in items {
        flows.entry(flow(&item)).or_default().push(item);
    }
    flows
}

fn true_flow(truth: &Value) -> Flow {
    let end = |host: &str, port: &str| {
        let (host, port) = (truth[host].as_str().unwrap(), &truth[port]);
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    };
    (end("src", "sport"), end("dst", "dport"))
}

/// Compares one connection: what is known of each exchange must be found, in order, with nothing
/// in between.
fn compare(flow: &Flow, truth: &[Value], found: &[Exchange]) {
    let mut found = found.iter().filter(|exchange| found_heads(exchange) != (None, None));
    for expected in truth.iter().filter(|truth| true_heads(truth) != (None, None)) {
        let heads = true_heads(expected);
        let Some(exchange) = found.next() else { panic!("{flow:?}: not found: {expected}") };
        assert_eq!(found_heads(exchange), heads, "{flow:?}: {expected}");
        if expected["lost"].is_null() {
            assert!(bodies_agree(exchange, expected), "{flow:?}: {expected} {exchange:?}");
        }
    }
    assert!(found.next().is_none(), "{flow:?}: more was found than there is");
}

fn check(options: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let Some((found, truth)) = generate(folder.path(), options) else { return };
    assert!(!truth.is_empty());
    let ends = |exchange: &Exchange| (exchange.client.to_string(), exchange.server.to_string());
    let found = by_flow(found, ends);
    let truth = by_flow(truth, true_flow);
    for (flow, truth) in &truth {
        compare(flow, truth, found.get(flow).map_or(&[][..], Vec::as_slice));
    }
    assert!(found.keys().all(|flow| truth.contains_key(flow)));
}

#[test]
fn nothing_is_missed_in_hostile_traffic() {
    for seed in ["1", "2", "3"] {
        check(&["--preset", "hostile", "--size", "3M", "--seed", seed]);
    }
}

#[test]
fn nothing_is_missed_where_much_is_lost() {
    for (seed, loss) in [("4", "3"), ("5", "10"), ("6", "25")] {
        let size = ["--preset", "hostile", "--size", "2M", "--midstream", "30"];
        check(&[&size[..], &["--seed", seed, "--loss", loss]].concat());
    }
}

#[test]
fn nothing_is_missed_where_much_is_late_or_repeated() {
    let preset = ["--preset", "hostile", "--size", "2M", "--loss", "0"];
    check(&[&preset[..], &["--reorder", "30", "--retransmit", "0", "--seed", "7"]].concat());
    check(&[&preset[..], &["--reorder", "0", "--retransmit", "30", "--seed", "8"]].concat());
    check(&[&preset[..], &["--reorder", "20", "--retransmit", "20", "--seed", "9"]].concat());
}

#[test]
fn nothing_is_missed_in_ordinary_traffic() {
    check(&["--preset", "web", "--size", "3M", "--ipv6", "30", "--mss", "9000"]);
    check(&["--preset", "small-bodies", "--size", "1M", "--format", "pcapng"]);
    check(&["--preset", "many-flows", "--connections", "500"]);
    check(&["--preset", "bulk", "--size", "1M", "--sessions", "1", "--body-dist", "fixed:2M"]);
}
