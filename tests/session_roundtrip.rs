//! What `sign` makes, the real frameworks read; and `decode` agrees with them.
//!
//! Python comes from `.venv` (tests/setup/install.sh) or `COOKIETRAIL_TEST_PYTHON`; Node's packages
//! from `tests/setup/node_modules` (`npm install --prefix tests/setup`) or `NODE_PATH`. What is
//! missing is skipped aloud.

#![expect(clippy::disallowed_methods, reason = "a test finds its tools through the environment")]
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests are tests")]

mod support;

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::run;

const SECRET: &str = "a secret with spaces, 密钥 and \"quotes\"";

/// The exit code by which the scripts say that a library is missing.
const MISSING: i32 = 77;

fn setup() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/setup")
}

fn python() -> Command {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/python");
    let python = std::env::var_os("COOKIETRAIL_TEST_PYTHON").map_or(own, PathBuf::from);
    let mut command = Command::new(python);
    command.arg(setup().join("read_session.py"));
    command
}

fn node() -> Command {
    let mut command = Command::new("node");
    command.arg(setup().join("read_session.js"));
    command
}

fn sign(format: &str, content: &Value) -> String {
    let output = run(&["sign", "--format", format, "--secret", SECRET, &content.to_string()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// What the library reads; `None`, aloud, where it is not installed.
fn read(mut command: Command, format: &str, secret: &str, value: &str) -> Option<Output> {
    let output = command.args([format, secret, value]).output();
    match output {
        Ok(output) if output.status.code() != Some(MISSING) => Some(output),
        Ok(output) => {
            eprintln!("SKIPPED: {format}: {}", String::from_utf8_lossy(&output.stderr).trim());
            None
        }
        Err(error) => {
            eprintln!("SKIPPED: {format}: {error}");
            None
        }
    }
}

fn round_trip(format: &str, reader: fn() -> Command, contents: &[Value]) {
    for content in contents {
        let value = sign(format, content);
        let Some(output) = read(reader(), format, SECRET, &value) else { return };
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{format} refused {value}: {said}");
        let read_back: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(&read_back, content, "{format}");
        let decoded = run(&["decode", "--format", "json", "--secret", SECRET, &value]);
        let decoded: Value = serde_json::from_slice(&decoded.stdout).unwrap();
        assert_eq!((&decoded["signature"], &decoded["key"]), (&json!("valid"), &json!(1)));
        let wrong = read(reader(), format, "wrong", &value).unwrap();
        assert!(!wrong.status.success(), "{format} reads with a wrong secret too");
    }
}

fn contents() -> Vec<Value> {
    vec![
        json!({"username": "小明", "n": [1, 2.5, null, true], "nested": {"a": {"b": "c\"\\"}}}),
        json!({"long": "compressible ".repeat(100), "emoji": "😀"}),
    ]
}

#[test]
fn flask_reads_what_is_signed_for_it() {
    round_trip("flask", python, &contents());
}

#[test]
fn django_reads_what_is_signed_for_it() {
    round_trip("django", python, &contents());
}

#[test]
fn starlette_reads_what_is_signed_for_it() {
    round_trip("starlette", python, &contents());
}

#[test]
fn pyjwt_reads_what_is_signed_for_it() {
    round_trip("jwt", python, &contents());
}

#[test]
fn express_reads_what_is_signed_for_it() {
    let text = json!("ZF-MagW2iJ_bxU8NFpvb3wWXPaZ7ZBF7");
    round_trip("express", node, &[contents().remove(0), text]);
}

#[test]
fn jsonwebtoken_reads_what_is_signed_for_it() {
    round_trip("jwt", node, &contents());
}
