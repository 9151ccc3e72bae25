//! Directories and rotated captures: whatever a capture was split into, it is read as the one that
//! it was.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test stops where it fails, and makes its own files"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::{program, run, run_json};
use tempfile::TempDir;

const REDIRECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/redirects.pcap");

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn exchanges(path: &Path) -> Output {
    run(&["exchanges", path.to_str().unwrap()])
}

/// The file header and the records of a classic pcap in little-endian order.
fn records(capture: &[u8]) -> (&[u8], Vec<&[u8]>) {
    let (header, mut rest) = capture.split_at(24);
    let mut records = Vec::new();
    while rest.len() >= 16 {
        let len = 16 + u32::from_le_bytes(rest[8..12].try_into().unwrap()) as usize;
        records.push(&rest[..len]);
        rest = &rest[len..];
    }
    (header, records)
}

/// Writes records into files in the order of `names`; each record goes into the file that `which`
/// says for its place.
fn split(folder: &Path, names: &[String], which: impl Fn(usize) -> usize) {
    let capture = fs::read(REDIRECTS).unwrap();
    let (header, records) = records(&capture);
    let mut files = vec![header.to_vec(); names.len()];
    for (at, record) in records.iter().enumerate() {
        files[which(at)].extend_from_slice(record);
    }
    for (name, bytes) in names.iter().zip(files) {
        fs::write(folder.join(name), bytes).unwrap();
    }
}

fn count() -> usize {
    records(&fs::read(REDIRECTS).unwrap()).1.len()
}

#[test]
fn a_rotated_capture_is_read_as_the_one_that_it_was() {
    let whole = stdout(&exchanges(Path::new(REDIRECTS)));
    // One packet a file is the hardest: every connection spans many. Names say nothing of the order.
    for size in [1, 2, 7, 100] {
        let folder = TempDir::new().unwrap();
        let files = count().div_ceil(size);
        let names: Vec<String> =
            (0..files).map(|at| format!("{:04}", (at * 7919) % 9973)).collect();
        split(folder.path(), &names, |at| at / size);
        let output = exchanges(folder.path());
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{size}");
        assert_eq!(stdout(&output), whole, "{size}");
        let alone = run(&["exchanges", "--threads", "1", folder.path().to_str().unwrap()]);
        assert_eq!(stdout(&alone), whole, "{size}");
    }
}

#[test]
fn files_that_overlap_are_merged_by_time() {
    let whole = stdout(&exchanges(Path::new(REDIRECTS)));
    let names: Vec<String> = ["a", "b", "c"].map(str::to_owned).into();
    let shares: [fn(usize) -> usize; 3] = [|at| at % 3, |at| at / 50 % 3, |at| 2 - at / 5 % 2];
    for share in shares {
        let folder = TempDir::new().unwrap();
        split(folder.path(), &names, share);
        assert_eq!(stdout(&exchanges(folder.path())), whole);
    }
}

/// Rotation leaves thousands of files; the system allows a thousand open ones as a rule.
#[test]
fn thousands_of_files_need_few_open_ones() {
    let folder = TempDir::new().unwrap();
    let capture = fs::read(REDIRECTS).unwrap();
    let (header, records) = records(&capture);
    for at in 0..3000 {
        // All packets are in the first files, the rest are as short as a file can be.
        let mut bytes = header.to_vec();
        let record = records.get(at).copied().unwrap_or(records[records.len() - 1]);
        bytes.extend_from_slice(record);
        fs::write(folder.path().join(format!("{at:05}.pcap")), bytes).unwrap();
    }
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 40; exec \"$0\" exchanges \"$1\""]);
    let output = command.arg(program().get_program()).arg(folder.path()).output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    assert_eq!(stdout(&output), stdout(&exchanges(Path::new(REDIRECTS))));
}

#[test]
fn what_is_no_capture_is_passed_over_and_told() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::copy(REDIRECTS, path("b.pcap")).unwrap();
    fs::write(path("notes.txt"), "dear diary").unwrap();
    fs::write(path("a.pcap"), "").unwrap();
    fs::copy(REDIRECTS, path(".b.pcap.part")).unwrap();
    fs::create_dir(path("old")).unwrap();
    fs::copy(REDIRECTS, path("old/c.pcap")).unwrap();
    let output = exchanges(folder.path());
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stdout(&output), stdout(&exchanges(Path::new(REDIRECTS))));
    let expected = "passed over .b.pcap.part (hidden), old (a directory), a.pcap (empty), \
                    notes.txt (no capture)";
    assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    let report = run_json(&["analyze", "--format", "json", folder.path().to_str().unwrap()]);
    assert_eq!(report["capture"]["notes"][0]["kind"], "skipped-file");

    for at in 0..9 {
        fs::write(path(&format!("x{at}\x1b[2J")), "no capture at all").unwrap();
    }
    let said = stderr(&exchanges(folder.path()));
    assert!(said.contains("and 8 more") && !said.contains('\x1b'), "{said:?}");
}

#[test]
fn a_file_that_cannot_be_read_is_damage_and_does_not_stop_the_others() {
    let folder = TempDir::new().unwrap();
    fs::copy(REDIRECTS, folder.path().join("b.pcap")).unwrap();
    let header = fs::read(REDIRECTS).unwrap()[..20].to_vec();
    fs::write(folder.path().join("cut.pcap"), header).unwrap();
    let output = exchanges(folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("is cut off inside its file header"), "{}", stderr(&output));
    assert_eq!(stdout(&output), stdout(&exchanges(Path::new(REDIRECTS))));
}

#[test]
fn a_directory_without_captures_is_refused() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("notes.txt"), "dear diary").unwrap();
    let output = exchanges(folder.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("is a directory without capture files"));
}

#[test]
fn why_nothing_of_a_directory_can_be_read_is_told() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a\nb.pcap"), &fs::read(REDIRECTS).unwrap()[..20]).unwrap();
    fs::write(folder.path().join("c.cap"), b"snoop\0\0\0\0\0\0\x02").unwrap();
    let output = exchanges(folder.path());
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("is cut off inside its file header") && said.contains("(and 1 more)"));
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn files_and_directories_can_be_named_together() {
    let folder = TempDir::new().unwrap();
    let names: Vec<String> = ["a", "b"].map(str::to_owned).into();
    split(folder.path(), &names, |at| at % 2);
    let one: PathBuf = folder.path().join("a");
    fs::create_dir(folder.path().join("more")).unwrap();
    fs::rename(folder.path().join("b"), folder.path().join("more/b")).unwrap();
    let more = folder.path().join("more");
    let output = run(&["exchanges", more.to_str().unwrap(), one.to_str().unwrap()]);
    assert_eq!(stdout(&output), stdout(&exchanges(Path::new(REDIRECTS))));
    let twice = run(&["exchanges", one.to_str().unwrap(), folder.path().to_str().unwrap()]);
    assert!(stderr(&twice).contains("is named twice, and read twice"), "{}", stderr(&twice));
}
