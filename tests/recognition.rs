//! What is taken for a session, and what is not: random values of many shapes, and every cookie of a
//! collection of public captures, as somebody has gone through them by eye (docs/recognition.md).

#![expect(clippy::disallowed_methods, reason = "a test reads captures and the page about them")]
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod support;

use cookietrail::session::{self, Context, Cookie, Kind};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/recognition.md");

/// Fewer cookies mean that the collection, or what reads it, has lost some.
const FLOOR: usize = 600;

/// Names that say nothing about a session.
const NAMES: [&str; 8] = ["uid", "visitor", "_vid", "tracking", "prefs", "ab_test", "id", "k"];

fn strategies() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9a-f]{8,128}",
        "[0-9A-F]{8,128}",
        "[A-Za-z0-9_-]{8,120}",
        "([A-Za-z0-9+/]{4}){3,40}(=|==)?",
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        "[0-9]{1,20}",
        "[0-9]{8,12}\\.[0-9]{8,12}",
        "[A-Za-z0-9_-]{10,30}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27}",
        "[A-Za-z0-9_-]{6,40}(\\.[A-Za-z0-9_-]{6,40}){1,4}",
        "[A-Za-z0-9]{6,40}(\\|[A-Za-z0-9]{1,20}){1,4}",
        // Shorter than Django's signatures: six characters and 27 between colons are its own shape.
        "[A-Za-z0-9]{6,40}(:[A-Za-z0-9_-]{6,20}){1,3}",
        "[a-z]{2}-[A-Z]{2}",
        "v1~[A-Za-z0-9+/]{20,80}~[0-9]{10}",
        "[A-Za-z0-9]{10,40}--[A-Za-z0-9]{5,30}",
        "GA1\\.[1-3]\\.[0-9]{9,10}\\.1[0-9]{9}",
        "[0-9]{10}-[0-9]-[A-Za-z0-9_-]{43}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(4_000)))]

    #[test]
    fn random_values_under_names_that_say_nothing_are_no_sessions(
        name in prop::sample::select(&NAMES[..]),
        value in strategies(),
    ) {
        let cookie = Cookie::new(name.as_bytes(), value.as_bytes());
        let reading = session::decode(&cookie, &Context::default());
        let taken = reading.filter(|reading| reading.kind.is_session());
        prop_assert!(taken.is_none(), "{name}={value}: {taken:?}");
    }
}

/// `cookie | format | confidence | kind`, for every cookie that is recognised.
type Row = [String; 4];

/// Every cookie of one file, name and value.
fn cookies(file: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let output = support::run(&["exchanges", file.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    let mut found = Vec::new();
    for line in text.lines().skip(1) {
        let exchange: serde_json::Value = serde_json::from_str(line).unwrap();
        for (message, name) in [("request", "cookie"), ("response", "set-cookie")] {
            let headers = exchange[message]["headers"].as_array().into_iter().flatten();
            let lines = headers.filter(|header| {
                header[0].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name))
            });
            for value in lines.filter_map(|header| header[1].as_str()) {
                let pairs: Vec<&str> = value.split(';').collect();
                let pairs = if name == "cookie" { &pairs[..] } else { &pairs[..1] };
                let pairs = pairs.iter().filter_map(|pair| pair.trim().split_once('='));
                found.extend(pairs.map(|(n, v)| (n.as_bytes().to_vec(), v.as_bytes().to_vec())));
            }
        }
    }
    found
}

fn row(name: &[u8], value: &[u8]) -> Option<Row> {
    let reading = session::decode(&Cookie::new(name, value), &Context::default())?;
    let name = String::from_utf8_lossy(name).into_owned();
    // Names with a number of the site or of the visit in them stand for all such.
    let name = match name.split_once("_UA-") {
        Some((start, _)) => format!("{start}_UA-…"),
        None if name.starts_with("s_vi_") => "s_vi_…".to_owned(),
        None if name.starts_with("NSC_") => "NSC_…".to_owned(),
        None => name,
    };
    let words = [reading.format, reading.confidence.word(), reading.kind.word()];
    Some([name, words[0].to_owned(), words[1].to_owned(), words[2].to_owned()])
}

/// The rows of the page.
fn reviewed() -> BTreeSet<Row> {
    let page = fs::read_to_string(PAGE).unwrap();
    let rows = page.lines().filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix("| `")?.split('|').map(str::trim).collect();
        let [names, format, confidence, kind] = cells.get(..4)? else { return None };
        let names = names.split(", ").map(|name| name.trim_matches('`').to_owned());
        let row =
            |name| [name, format.trim_matches('`').into(), (*confidence).into(), (*kind).into()];
        Some(names.map(row).collect::<Vec<_>>())
    });
    rows.flatten().collect()
}

#[test]
fn the_cookies_of_public_captures_are_classed_as_somebody_has_found_right() {
    let Some(shared) = support::shared() else { return };
    let mut folders = vec![shared.join("captures-public")];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let into = if entry.file_type().unwrap().is_dir() { &mut folders } else { &mut files };
            into.push(entry.path());
        }
    }
    let all: BTreeSet<(Vec<u8>, Vec<u8>)> = files.iter().flat_map(|file| cookies(file)).collect();
    let found: BTreeSet<Row> = all.iter().filter_map(|(name, value)| row(name, value)).collect();
    let sessions = found.iter().filter(|row| {
        [Kind::SignedReadable, Kind::EncodedOnly, Kind::Encrypted, Kind::OpaqueId]
            .iter()
            .any(|kind| kind.word() == row[3])
    });
    eprintln!(
        "{} cookies in {} files, {} kinds of sessions",
        all.len(),
        files.len(),
        sessions.count()
    );
    assert!(all.len() >= FLOOR, "{}", all.len());
    let reviewed = reviewed();
    let unseen: Vec<&Row> = found.difference(&reviewed).collect();
    let gone: Vec<&Row> = reviewed.difference(&found).collect();
    assert!(
        unseen.is_empty() && gone.is_empty(),
        "not on the page: {unseen:#?}\non the page only: {gone:#?}"
    );
}
