//! The street runs in one direction: a module uses what lies to its left, and the shared leaves.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and reads its own files"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The street, left to right, with the files that stand for themselves.
const STREET: [&str; 12] = [
    "capture", "packet", "tcp", "layer", "http", "cookie", "session", "pipeline", "trail",
    "report", "cli", "main",
];

/// Leaves that every module may use, and that use none.
const LEAVES: [&str; 5] = ["few", "limits", "note", "threads", "time"];

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

/// The module of a file: the first part of its path below `src`.
fn module(file: &Path, root: &Path) -> String {
    let first = file.strip_prefix(root).unwrap().components().next().unwrap();
    first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// Every module that a file names as `crate::module`.
fn uses(text: &str) -> Vec<String> {
    let code: Vec<&str> =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let named = code.split("crate::").skip(1).map(|rest| {
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>()
    });
    named.filter(|name| !name.is_empty()).collect()
}

fn place(module: &str) -> Option<usize> {
    STREET.iter().position(|name| *name == module)
}

#[test]
fn no_module_uses_what_lies_to_its_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut breaches = Vec::new();
    for file in &files {
        let from = module(file, &root);
        for to in uses(&fs::read_to_string(file).unwrap()) {
            let is_leaf = LEAVES.contains(&to.as_str());
            let allowed = match (place(&from), place(&to)) {
                _ if from == to || from == "lib" => true,
                (Some(_), None) => is_leaf,
                (Some(here), Some(there)) => there < here,
                (None, _) => LEAVES.contains(&&*from) && is_leaf,
            };
            if !allowed {
                breaches.push(format!("{} uses crate::{to}", file.display()));
            }
        }
    }
    assert!(files.len() > 40, "the sources were not found");
    assert!(breaches.is_empty(), "{breaches:#?}");
}

#[test]
fn only_capture_and_cli_do_input_and_output() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let banned =
        ["std::fs", "std::net::TcpStream", "std::thread", "std::env", "std::process", "println!"];
    for file in files {
        let module = module(&file, &root);
        if ["capture", "cli", "main"].contains(&&*module) {
            continue;
        }
        // What threads make comes from there in the order of what it is made of.
        let is_theirs = |word: &str| module == "threads" && word == "std::thread";
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in banned.into_iter().filter(|word| !is_theirs(word)) {
            let found = code
                .lines()
                .any(|line| !line.trim_start().starts_with("//") && line.contains(word));
            assert!(!found, "{} uses {word}", file.display());
        }
    }
}
