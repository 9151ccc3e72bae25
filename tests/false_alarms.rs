//! No false alarms: every verdict on the public captures is counted, and those graded proved are a
//! list that was held against the packets by hand. Both stand in docs/false-alarms.md; a verdict
//! that is not there fails the test until somebody has looked.
//!
//! `COOKIETRAIL_DOCS=write cargo test --test false_alarms` writes the counts anew, never the list.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and reads its own files"
)]

mod support;

use cookietrail::capture::Files;
use cookietrail::cookie::Grade;
use cookietrail::http::Reading;
use cookietrail::pipeline::Pipeline;
use cookietrail::trail::{EventKind, Story, Trail};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/false-alarms.md");

/// Every file below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The story of a file; `None` for one that is no capture.
fn story(file: &Path) -> Option<Story> {
    let mut packets = Files::open([file]).ok()?;
    let (mut pipeline, mut trail) = (Pipeline::new(Reading::default()), Trail::default());
    while let Some(packet) = packets.next_packet() {
        pipeline.push(&packet);
        while let Some(found) = pipeline.pop() {
            trail.push(found);
        }
    }
    pipeline.finish();
    while let Some(found) = pipeline.pop() {
        trail.push(found);
    }
    Some(trail.finish())
}

/// One verdict: capture, packet, cookie, kind, reason, grade.
struct Said {
    capture: String,
    packet: u64,
    cookie: String,
    kind: EventKind,
    reason: &'static str,
    grade: Grade,
}

fn verdicts(root: &Path, file: &Path, story: &Story) -> Vec<Said> {
    let capture = file.strip_prefix(root).unwrap().to_string_lossy().into_owned();
    let events = story.cookies.iter().flat_map(|life| {
        life.events.iter().filter_map(move |event| Some((life, event, event.verdict?)))
    });
    events
        .map(|(life, event, verdict)| Said {
            capture: capture.clone(),
            packet: event.packet.unwrap_or(0),
            cookie: String::from_utf8_lossy(&life.name).into_owned(),
            kind: event.kind,
            reason: verdict.reason.word(),
            grade: verdict.grade,
        })
        .collect()
}

/// The rows of the table after this mark, without its head.
fn rows<'a>(page: &'a str, mark: &str) -> Vec<Vec<&'a str>> {
    let (_, rest) = page.split_once(mark).unwrap();
    let table = rest.lines().skip_while(|line| !line.starts_with('|'));
    let rows = table.take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

fn short(capture: &str) -> String {
    capture.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Verdicts by capture, kind, reason and grade; those on cookies from before the capture, which
/// every capture has, are left to one line of the page.
fn counted(said: &[Said]) -> String {
    let mut counts: BTreeMap<(String, &str, &str, &str), usize> = BTreeMap::new();
    for one in said.iter().filter(|one| one.reason != "never-set") {
        let key = (short(&one.capture), one.kind.word(), one.reason, one.grade.word());
        *counts.entry(key).or_default() += 1;
    }
    let mut table = "| capture | event | reason | grade | how often |\n\
                     | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for ((capture, kind, reason, grade), count) in counts {
        let _ = writeln!(table, "| {capture} | `{kind}` | `{reason}` | `{grade}` | {count} |");
    }
    table
}

fn said() -> Option<Vec<Said>> {
    let shared = support::shared()?;
    let root = shared.join("captures-public");
    let found = files(&root);
    let (left, right) = found.split_at(found.len() / 2);
    let all = |files: &[PathBuf]| -> Vec<Said> {
        let told = files.iter().filter_map(|file| Some(verdicts(&root, file, &story(file)?)));
        told.flatten().collect()
    };
    let said = std::thread::scope(|scope| {
        let other = scope.spawn(|| all(right));
        let mut said = all(left);
        said.extend(other.join().unwrap());
        said
    });
    assert!(found.len() > 400 && said.len() > 1000, "the public captures were not read");
    Some(said)
}

#[test]
fn what_is_said_of_the_public_captures_has_been_looked_at() {
    let Some(said) = said() else { return };
    let page = std::fs::read_to_string(PAGE).unwrap();
    let row = |one: &Said| {
        (short(&one.capture), one.packet.to_string(), one.cookie.clone(), one.reason.to_owned())
    };
    let proved: BTreeSet<_> =
        said.iter().filter(|one| one.grade == Grade::Proved).map(row).collect();
    let reviewed: BTreeSet<_> = rows(&page, "## The proved ones")
        .into_iter()
        .map(|row| {
            let plain = |at: usize| row[at].trim_matches('`').to_owned();
            assert!(row[4].len() > 40, "why would a person sign {row:?}?");
            (plain(0), plain(1), plain(2), plain(3))
        })
        .collect();
    assert_eq!(proved, reviewed, "proved verdicts that nobody has held against the packets");

    let table = counted(&said);
    let start = page.find("## All others").unwrap();
    let start = start + page[start..].find("\n|").unwrap() + 1;
    let end = start + page[start..].find("\n\n").unwrap() + 1;
    let (before, is, after) = (&page[..start], &page[start..end], &page[end..]);
    if std::env::var("COOKIETRAIL_DOCS").is_ok_and(|mode| mode == "write") {
        std::fs::write(PAGE, format!("{before}{table}{after}")).unwrap();
    } else {
        assert_eq!(is, table, "look at what has changed, then write the page anew");
    }
}
