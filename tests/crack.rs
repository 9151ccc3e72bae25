//! `crack`, `decode` with lists, and secrets in reports: the command as it is used.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod support;

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use support::wire::{self, Wire};
use support::{program, run, run_json};

/// Signed with the secret `key`.
const FLASK: &str = "eyJ1c2VybmFtZSI6ImFsaWNlIn0.Gbzbzw.vKkf1aSC_g-5hzLEnCTQC4t1L7k";

/// Signed with the secret `dev`.
fn capture() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("captures/walkthrough.pcapng").display().to_string()
}

struct List {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl List {
    fn of(text: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        fs::write(&path, text).unwrap();
        Self { _folder: folder, path }
    }

    fn gzip(text: &[u8]) -> Self {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        Self::of(&encoder.finish().unwrap())
    }

    fn name(&self) -> &str {
        self.path.to_str().unwrap()
    }
}

/// Thousands of words, with the secret three times: encoded, plain, and plain again.
fn words() -> Vec<u8> {
    let mut text = Vec::new();
    for number in 0..60_000 {
        match number {
            20_000 => text.extend_from_slice(b"hex:646576\r\n"),
            30_000 | 40_000 => text.extend_from_slice(b"dev\n"),
            _ => writeln!(text, "word-{number}").unwrap(),
        }
    }
    text
}

fn found(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn crack(options: &[&str]) -> Output {
    let capture = capture();
    run(&[&["crack", "--format", "json"], options, &[&*capture]].concat())
}

#[test]
fn the_first_line_that_fits_is_told_whatever_the_threads() {
    let (plain, gzip) = (List::of(&words()), List::gzip(&words()));
    let mut outputs = Vec::new();
    for list in [plain.name(), gzip.name()] {
        for threads in ["1", "2", "5"] {
            let output = crack(&["--wordlist", list, "--threads", threads]);
            assert_eq!(output.status.code(), Some(0));
            let mut hits = found(&output);
            assert_eq!(hits.len(), 1);
            hits[0].as_object_mut().unwrap().remove("list");
            outputs.push(hits.remove(0));
        }
    }
    let signed =
        json!([{"host": "127.0.0.1", "cookie": "session", "format": "flask", "values": 3}]);
    let expected =
        json!({"schema": "cookietrail/crack/1", "secret": "dev", "line": 20_001, "signed": signed});
    assert!(outputs.iter().all(|output| *output == expected), "{outputs:?}");
}

#[test]
fn a_search_goes_on_where_it_was_told_to() {
    let list = List::of(&words());
    for (skip, line) in [("20000", 20_001), ("20001", 30_001), ("30001", 40_001)] {
        let output = crack(&["--wordlist", list.name(), "--skip", skip, "--round", "1"]);
        assert_eq!(found(&output)[0]["line"], line);
    }
    assert_eq!(crack(&["--wordlist", list.name(), "--skip", "40001"]).status.code(), Some(0));
    let rest = crack(&["--wordlist", list.name(), "--skip", "40001", "--round", "1"]);
    assert_eq!(rest.status.code(), Some(1));
}

#[test]
fn the_exit_code_says_whether_anything_was_found() {
    let list = List::of(b"nothing\nfits\n");
    assert_eq!(crack(&["--wordlist", list.name()]).status.code(), Some(1));
    assert_eq!(crack(&["--wordlist", "/nowhere/list"]).status.code(), Some(2));
    assert_eq!(crack(&[]).status.code(), Some(0));
    assert_eq!(crack(&["--secret", "dev"]).status.code(), Some(0));
    assert_eq!(crack(&["--secret", "nope"]).status.code(), Some(1));
    let both = run(&["decode", "--wordlist", "-", "-"]);
    assert_eq!(both.status.code(), Some(2));
    assert_eq!(run(&["crack", "--wordlist", "-", "-"]).status.code(), Some(2));
}

#[test]
fn a_secret_that_is_given_is_told_as_one() {
    let hits = found(&crack(&["--secret", "dev"]));
    assert_eq!((&hits[0]["secret"], &hits[0]["line"]), (&json!("dev"), &json!(null)));
}

#[test]
fn an_interrupted_search_says_how_to_go_on() {
    let mut words = Command::new("yes").arg("nothing fits").stdout(Stdio::piped()).spawn().unwrap();
    let child = program()
        .args(["crack", "--wordlist", "-", &capture()])
        .stdin(words.stdout.take().unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    words.kill().unwrap();
    words.wait().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("stopped after") && said.contains("--skip "), "{said}");
}

/// A capture of two sites whose cookies are signed with `first` and `last`.
fn two_sites(folder: &Path) -> String {
    let mut wires = Vec::new();
    for (port, secret) in [(40_001, "first"), (40_002, "last")] {
        let content = r#"{"user":"alice"}"#;
        let output = run(&[
            "sign",
            "--format",
            "flask",
            "--secret",
            secret,
            "--timestamp",
            "1700000000",
            content,
        ]);
        let value = String::from_utf8(output.stdout).unwrap();
        let set = format!("Set-Cookie: session={}; Path=/", value.trim_end());
        let wire = Wire::open()
            .port(port)
            .c(format!("GET / HTTP/1.1\r\nHost: {secret}.test\r\n\r\n"))
            .s(format!("HTTP/1.1 200 OK\r\n{set}\r\nContent-Length: 0\r\n\r\n"));
        wires.push(wire.close().frames());
    }
    let file = folder.join("two.pcap");
    fs::write(&file, wire::pcap(&wire::interleave(wires, &[]), 0)).unwrap();
    file.display().to_string()
}

/// A search that reads words from standard input, with its pipes.
fn listening(capture: &str, options: &[&str]) -> std::process::Child {
    let mut command = program();
    command.args(["crack", "--format", "json", "--wordlist", "-"]).args(options).arg(capture);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_silent_input_can_be_interrupted_and_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let capture = two_sites(folder.path());
    let mut child = listening(&capture, &[]);
    let mut words = child.stdin.take().unwrap();
    words.write_all(b"one\nfirst\nthree\nla").unwrap();
    words.flush().unwrap();
    // What has come is tried although no more comes, and told at once.
    let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
    let hit: Value = serde_json::from_str(&told.next().unwrap().unwrap()).unwrap();
    assert_eq!((&hit["secret"], &hit["line"]), (&json!("first"), &json!(2)));
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    // The pipe is still open: it does not wait for the rest.
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "one was found");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("stopped after 3 lines of standard input; to go on, add: --skip 3"),
        "{said}"
    );
    drop(words);

    let mut child = listening(&capture, &["--skip", "3"]);
    child.stdin.take().unwrap().write_all(b"one\nfirst\nthree\nlast\n").unwrap();
    let rest = found(&child.wait_with_output().unwrap());
    assert_eq!(rest.len(), 1, "what was tried is not tried again");
    assert_eq!((&rest[0]["secret"], &rest[0]["line"]), (&json!("last"), &json!(4)));
}

#[test]
fn nothing_to_read_at_all_can_be_interrupted_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = listening(&two_sites(folder.path()), &[]);
    let words = child.stdin.take().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("stopped after 0 lines"));
    drop(words);
}

#[test]
fn a_search_in_a_file_goes_on_where_a_signal_stopped_it() {
    let folder = tempfile::tempdir().unwrap();
    let capture = two_sites(folder.path());
    let list = folder.path().join("list");
    let mut text = Vec::new();
    for number in 1..=1_200_000 {
        match number {
            5 => text.extend_from_slice(b"first\n"),
            1_200_000 => text.extend_from_slice(b"last\n"),
            _ => writeln!(text, "word-{number}").unwrap(),
        }
    }
    fs::write(&list, text).unwrap();
    let list = list.to_str().unwrap();
    let mut options = vec!["--format".to_owned(), "json".to_owned()];
    options.extend(["--threads", "1", "--wordlist", list].map(str::to_owned));
    let mut hits = Vec::new();
    // However often it is stopped, every line is tried once.
    for _ in 0..100 {
        let mut child = program();
        child.arg("crack").args(&options).arg(&capture);
        let child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(600));
        let id = child.id().to_string();
        // It may have ended by itself.
        let _ = Command::new("kill").args(["-INT", &id]).stderr(Stdio::null()).status();
        let output = child.wait_with_output().unwrap();
        hits.extend(found(&output));
        let said = String::from_utf8(output.stderr).unwrap();
        let Some((_, more)) = said.split_once("to go on, add: ") else { break };
        let more = more.lines().next().unwrap().split(' ').map(str::to_owned);
        options.truncate(6);
        options.extend(more);
    }
    let told: Vec<_> = hits.iter().map(|hit| (&hit["secret"], &hit["line"])).collect();
    assert_eq!(told, [(&json!("first"), &json!(5)), (&json!("last"), &json!(1_200_000))]);
}

#[test]
fn secrets_are_bytes_and_not_text() {
    let secret = b"\xff\xfe caf\xe9";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    fs::write(&file, secret).unwrap();
    let signed =
        run(&["sign", "--format", "flask", "--secret-file", file.to_str().unwrap(), r#"{"a":1}"#]);
    let value = String::from_utf8(signed.stdout).unwrap();
    let list = List::gzip(&[b"caf\xc3\xa9\n", &secret[..], b"\n"].concat());
    let decoded =
        run_json(&["decode", "--format", "json", "--wordlist", list.name(), value.trim_end()]);
    assert_eq!(decoded["signature"], "valid");
    assert_eq!(decoded["secret"], json!({"base64": "//4gY2Fm6Q=="}));
}

#[test]
fn a_list_finds_the_secrets_of_values_of_many_frameworks() {
    let Some(shared) = support::shared() else { return };
    let list = shared.join("wordlist.txt");
    let sign = |format: &str, secret: &str| {
        let output = run(&["sign", "--format", format, "--secret", secret, r#"{"user":"alice"}"#]);
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    };
    let values: Vec<String> =
        ["flask", "django", "starlette", "express", "jwt"].map(|one| sign(one, "changeme")).into();
    let mut arguments = vec!["decode", "--format", "json", "--wordlist", list.to_str().unwrap()];
    arguments.extend(values.iter().map(String::as_str));
    for decoded in found(&run(&arguments)) {
        assert_eq!(
            (&decoded["signature"], &decoded["secret"]),
            (&json!("valid"), &json!("changeme"))
        );
    }
}

#[test]
fn a_secret_from_the_environment_is_checked_and_never_told() {
    let output = program()
        .args(["decode", "--format", "json", FLASK])
        .env("COOKIETRAIL_SECRET", "key")
        .output()
        .unwrap();
    let decoded: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&decoded["signature"], &decoded["key"]), (&json!("valid"), &json!(1)));
    assert_eq!(decoded["secret"], Value::Null);
}

#[test]
fn reports_say_which_key_signed_and_never_what_it_is() {
    let capture = capture();
    let secret = "a-secret-that-must-not-show";
    let keys = ["--secret", secret, "--secret-for", "session@127.0.0.1", "dev"];
    let report = run_json(&[&["analyze", "--format", "json"], &keys[..], &[&*capture]].concat());
    let states: Vec<&Value> = report["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|session| session["states"].as_array().unwrap())
        .collect();
    assert!(!states.is_empty());
    for state in &states {
        assert_eq!((&state["signature"], &state["key"]), (&json!("valid"), &json!(2)));
    }
    assert!(!report.to_string().contains(secret));
    let wrong = run_json(&["analyze", "--format", "json", "--secret", secret, &capture]);
    assert_eq!(wrong["sessions"][0]["states"][0]["signature"], "invalid");
    let elsewhere = ["analyze", "--format", "json", "--secret-for", "other.example", "dev"];
    let unjudged = run_json(&[&elsewhere[..], &[&*capture]].concat());
    assert_eq!(unjudged["sessions"][0]["states"][0]["signature"], "unverified");
    let walkthrough = run(&["analyze", "--secret", "dev", &capture]);
    assert!(String::from_utf8(walkthrough.stdout).unwrap().contains("signature valid"));
}

#[test]
fn decode_takes_cookie_files_and_values_in_other_encodings() {
    let file = format!(
        "# Netscape HTTP Cookie File\n#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\t{FLASK}"
    );
    let decoded = run_json(&["decode", "--format", "json", "--secret", "key", &file]);
    assert_eq!((&decoded["host"], &decoded["signature"]), (&json!("127.0.0.1"), &json!("valid")));
    let tree = run(&["decode", "--format", "tree", FLASK]);
    assert!(String::from_utf8(tree.stdout).unwrap().contains("└─ username: \"alice\""));
    let hidden = run_json(&["decode", "--format", "json", "dXNlcjphbGljZSBzbWl0aA=="]);
    assert_eq!((&hidden["format"], &hidden["payload"]), (&json!(null), &json!("user:alice smith")));
    assert_eq!(hidden["layers"], json!(["base64"]));
}
