//! What the tests of the whole program share: running it, and finding recordings with their truth.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::format_push_string,
    reason = "each test file uses its own part, and stops at what it did not expect"
)]

pub mod flood;
pub mod talk;
pub mod wire;

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program under test.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cookietrail"));
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env_remove("COOKIETRAIL_SECRET");
    command
}

/// Runs the program.
pub fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

/// Runs the program and reads what it prints as one JSON document.
pub fn run_json(arguments: &[&str]) -> Value {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs the program and reads what it prints as JSON Lines, without the header line.
pub fn run_lines(arguments: &[&str]) -> Vec<Value> {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let header: Value = lines.next().unwrap();
    assert_eq!(header["schema"], "cookietrail/exchanges/1");
    lines.collect()
}

/// The folder of the shared material, said aloud where it is not there.
pub fn shared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: ../shared is not here");
    None
}

/// Every recording with the truth beside it: those that ship, and the shared ones.
pub fn captures() -> Vec<(PathBuf, Value)> {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let folders = [Some(shipped), shared().map(|shared| shared.join("captures"))];
    let mut found = Vec::new();
    for folder in folders.into_iter().flatten() {
        let mut files: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files {
            let is_capture = file.extension().is_some_and(|e| e == "pcap" || e == "pcapng");
            let truth = file.with_extension("truth.json");
            if is_capture && truth.is_file() {
                let truth = serde_json::from_slice(&fs::read(truth).unwrap()).unwrap();
                found.push((file, truth));
            }
        }
    }
    assert!(found.len() >= 4, "the recordings were not found");
    found
}

/// A JSON string, or nothing.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
