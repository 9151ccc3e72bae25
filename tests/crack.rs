//! `crack`, `decode` with lists, and secrets in reports: the command as it is used.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod support;

use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
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
