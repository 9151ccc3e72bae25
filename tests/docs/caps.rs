//! Every cap of the sources, with its value.

use crate::pages;
use std::path::Path;

/// A number that input cannot pass.
pub struct Cap {
    /// `limits.rs held_bytes`, `trail/diff.rs MAX_DEPTH`.
    pub name: String,
    pub value: u64,
}

impl Cap {
    /// The value as a number, and as KiB or MiB where it is a round one.
    pub fn ways_to_say_it(&self) -> Vec<String> {
        let mut ways = vec![format!("| {} ", self.value), format!("| {} ", grouped(self.value))];
        for (unit, name) in [(1 << 10, "KiB"), (1 << 20, "MiB")] {
            if self.value.is_multiple_of(unit) {
                ways.push(format!("| {} {name}", self.value / unit));
            }
        }
        ways
    }
}

/// `65536` as `65 536`.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap()).collect();
    groups.join(" ")
}

/// The caps of `limits.rs`, and the constants elsewhere whose names say that they are caps.
pub fn all() -> Vec<Cap> {
    let mut caps = Vec::new();
    for file in sources(&pages::root().join("src")) {
        let short = file.strip_prefix("src/").unwrap();
        let text = pages::source(&file);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let found = if short == "limits.rs" { defaults(code) } else { constants(code) };
        caps.extend(
            found.into_iter().map(|(name, value)| Cap { name: format!("{short} {name}"), value }),
        );
    }
    caps
}

fn sources(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path.strip_prefix(pages::root()).unwrap().to_str().unwrap().to_owned());
        }
    }
    files.sort();
    files
}

/// The members of `Self { … }`, and constants.
fn defaults(code: &str) -> Vec<(String, u64)> {
    let mut found = constants(code);
    for braces in code.split("Self {").skip(1) {
        let members = braces.split('}').next().unwrap_or_default().split(',');
        let pairs = members.filter_map(|member| member.split_once(':'));
        found.extend(
            pairs.filter_map(|(name, value)| Some((name.trim().to_owned(), number(value)?))),
        );
    }
    found
}

fn constants(code: &str) -> Vec<(String, u64)> {
    const MARKS: [&str; 6] = ["MAX_", "LARGEST", "LONGEST", "BUDGET", "PLAUSIBLE", "HELD_"];
    let named = code.lines().filter_map(|line| {
        let (_, rest) = line.split_once("const ")?;
        let (name, rest) = rest.split_once(": ")?;
        let (_, value) = rest.split_once(" = ")?;
        let is_cap = MARKS.iter().any(|mark| name.starts_with(mark));
        is_cap.then(|| Some((name.to_owned(), number(value.strip_suffix(';')?)?)))?
    });
    named.collect()
}

/// `4096`, `65_536`, `64 << 10`, `16 * 1024 * 1024`; `None` for what is not spelled out.
fn number(text: &str) -> Option<u64> {
    let plain = |text: &str| text.trim().replace('_', "").parse::<u64>().ok();
    if let Some((left, right)) = text.split_once("<<") {
        return Some(plain(left)? << plain(right)?);
    }
    text.split('*').map(plain).product()
}

#[test]
fn numbers_are_read_as_they_are_written() {
    for (text, value) in
        [("4096", 4096), (" 65_536", 65_536), ("1 << 20", 1 << 20), ("2 * 3 * 4", 24)]
    {
        assert_eq!(number(text), Some(value));
    }
    assert_eq!(number("super::LARGEST"), None);
}
