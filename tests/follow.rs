//! `--follow`: a capture that is still being written, by a writer that drips, stops in the middle of
//! a record, rotates, begins anew, or is a pipe; and what ends it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test stops where it fails, waits by the clock, and makes its own files"
)]

#[allow(dead_code, reason = "the tests of `sniff` use more of it")]
#[path = "sniff/running.rs"]
mod running;
mod support;

use running::Running;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use support::{program, run};
use tempfile::TempDir;

const REDIRECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/redirects.pcap");
const WALKTHROUGH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/walkthrough.pcapng");

/// Starts the program and waits until it follows.
fn follow(words: &[&str], path: &Path) -> Running {
    let mut running = Running::start(program().args(words).arg("--follow").arg(path));
    running.err.wait_for("cookietrail: following");
    running
}

fn append(path: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(path).unwrap()
}

/// Writes bytes in pieces that respect no record.
fn drip(file: &mut File, bytes: &[u8]) {
    for piece in bytes.chunks(3_331) {
        file.write_all(piece).unwrap();
        file.flush().unwrap();
    }
}

fn lines(words: &[&str]) -> Vec<String> {
    String::from_utf8(run(words).stdout).unwrap().lines().map(str::to_owned).collect()
}

/// How many bytes of a classic pcap its first records take, header included.
fn bytes_of(capture: &[u8], records: usize) -> usize {
    (0..records).fold(24, |at, _| {
        at + 16 + u32::from_le_bytes(capture[at + 8..at + 12].try_into().unwrap()) as usize
    })
}

#[test]
fn exchanges_come_while_the_file_is_written_and_a_signal_ends_it() {
    for (capture, signal) in [(REDIRECTS, "INT"), (WALKTHROUGH, "TERM")] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("growing");
        let (bytes, whole) = (fs::read(capture).unwrap(), lines(&["exchanges", capture]));
        let mut file = append(&path);
        // Not even the file header is whole when it begins.
        file.write_all(&bytes[..11]).unwrap();
        let mut running = follow(&["exchanges"], &path);
        let mut out = running.out_lines();
        let half = bytes.len() / 2;
        drip(&mut file, &bytes[11..half]);
        assert_eq!(out.wait_for("schema"), whole[0]);
        assert_eq!(out.wait_for("\"id\":3,"), whole[3]);
        drip(&mut file, &bytes[half..]);
        out.wait_for(&format!("\"id\":{},", whole.len() - 1));
        running.signal(signal);
        let (code, said) = running.finish();
        assert_eq!((code, said.len()), (Some(0), 1), "{said:?}");
        assert_eq!(out.all(), whole, "{capture}");
    }
}

#[test]
fn a_record_that_is_half_written_at_the_end_is_no_damage() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("growing");
    let bytes = fs::read(REDIRECTS).unwrap();
    let cut = bytes_of(&bytes, 150);
    fs::write(&path, &bytes[..cut + 20]).unwrap();
    let running = follow(&["timeline"], &path);
    // Reading has begun when it says that it follows; an idle moment later it has seen everything.
    std::thread::sleep(std::time::Duration::from_millis(1500));
    running.signal("INT");
    let mut running = running;
    let out = running.out_lines();
    let (code, said) = running.finish();
    assert_eq!((code, said.len()), (Some(0), 1), "{said:?}");
    fs::write(&path, &bytes[..cut]).unwrap();
    assert_eq!(out.all(), lines(&["timeline", path.to_str().unwrap()]));
}

#[test]
fn the_report_is_told_live_and_ends_as_that_of_the_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("growing.pcapng");
    let bytes = fs::read(WALKTHROUGH).unwrap();
    let mut file = append(&path);
    let mut running = follow(&["analyze", "--width", "80"], &path);
    let mut out = running.out_lines();
    drip(&mut file, &bytes[..bytes.len() / 2]);
    assert!(out.wait_for("POST /login").contains(" A "));
    out.wait_for("← sets session①");
    drip(&mut file, &bytes[bytes.len() / 2..]);
    out.wait_for("GET /logout");
    out.wait_for("GET /");
    std::thread::sleep(std::time::Duration::from_millis(500));
    running.signal("INT");
    let (code, _) = running.finish();
    assert_eq!(code, Some(0));
    let told = out.all();
    let report = lines(&["analyze", "--width", "80", path.to_str().unwrap()]);
    assert!(told.ends_with(&report), "{told:#?}");
    assert!(told.len() > report.len() + 20);
}

/// What writers do with a file that has become too large.
#[test]
fn a_file_that_is_replaced_or_begun_anew_is_gone_on_with() {
    let bytes = fs::read(REDIRECTS).unwrap();
    let whole = lines(&["exchanges", REDIRECTS]);
    for anew in [false, true] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("capture");
        let cut = bytes_of(&bytes, 150);
        fs::write(&path, &bytes[..cut]).unwrap();
        let mut running = follow(&["exchanges"], &path);
        let mut out = running.out_lines();
        out.wait_for("\"id\":5,");
        std::thread::sleep(std::time::Duration::from_millis(500));
        if anew {
            // Shorter than it was: the way of logrotate's copytruncate.
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            file.set_len(0).unwrap();
        } else {
            fs::rename(&path, folder.path().join("capture.1")).unwrap();
            fs::write(&path, "").unwrap();
        }
        let what = if anew { "was begun anew" } else { "was replaced" };
        let said = running.err.wait_for(what);
        assert!(said.ends_with("packet 151 is its first"), "{said}");
        let mut file = append(&path);
        drip(&mut file, &[&bytes[..24], &bytes[cut..]].concat());
        out.wait_for(&format!("\"id\":{},", whole.len() - 1));
        running.signal("INT");
        let (code, _) = running.finish();
        assert_eq!(code, Some(0));
        assert_eq!(out.all(), whole, "{what}");
    }
}

#[test]
fn a_pipe_is_read_to_its_end_and_a_silent_one_can_be_left() {
    let bytes = fs::read(REDIRECTS).unwrap();
    let start = || {
        let mut command = program();
        command.args(["exchanges", "--follow", "-"]).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut child = start();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, run(&["exchanges", REDIRECTS]).stdout);

    let mut child = start();
    child.stdin.take().unwrap().write_all(&bytes[..30_000]).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("it ends inside a record"));

    let mut running = Running::start(program().args(["exchanges", "--follow", "-"]));
    running.err.wait_for("following standard input");
    running.signal("INT");
    assert_eq!(running.finish().0, Some(0));
}

#[test]
fn what_came_before_is_told_where_no_capture_follows() {
    let bytes = fs::read(REDIRECTS).unwrap();
    let cut = bytes_of(&bytes, 150);
    for (next, hint) in [
        // What a writer that keeps its place leaves behind copytruncate.
        (Some(&[0; 4096][..]), "zero bytes"),
        (Some(b"dear diary, this is no capture"), "is not a capture file"),
        (Some(b"\x1f\x8b\x08\0\0\0\0\0"), "compressed"),
        (None, "a directory"),
    ] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("capture");
        fs::write(&path, &bytes[..cut]).unwrap();
        let whole = lines(&["exchanges", path.to_str().unwrap()]);
        let mut running = follow(&["exchanges"], &path);
        let mut out = running.out_lines();
        out.wait_for("\"id\":5,");
        fs::rename(&path, folder.path().join("capture.1")).unwrap();
        match next {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::create_dir(&path).unwrap(),
        }
        let said = running.err.wait_for(hint);
        assert!(!said.contains("following"), "{said}");
        assert_eq!(running.finish().0, Some(1), "{hint}");
        assert_eq!(out.all(), whole, "{hint}");
    }
}

#[cfg(unix)]
#[test]
fn a_named_pipe_that_nobody_writes_to_can_be_left() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let running = follow(&["exchanges"], &path);
    running.signal("INT");
    assert_eq!(running.finish().0, Some(0));
}

/// A block of a pcapng file in little-endian order.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(12 + body.len()).unwrap().to_le_bytes();
    [&kind.to_le_bytes()[..], &len, body, &len].concat()
}

#[test]
fn what_could_not_be_read_of_a_file_is_said_at_its_end() {
    let section =
        block(0x0a0d_0d0a, &[&[0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0][..], &[0xff; 8]].concat());
    let of_no_interface = block(6, &[&7_u32.to_le_bytes()[..], &[0; 16]].concat());
    let cut = &block(0x0bad, &[0; 40])[..20];
    for (last, expected) in [
        (&of_no_interface[..], "packets that cannot be read: 1 (interface 7 is not described)"),
        (cut, "it ends inside a block"),
    ] {
        let mut child = program()
            .args(["exchanges", "--follow", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&[&section, last].concat()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(expected), "{said}");
        assert_eq!(output.status.code(), Some(1), "{said}");
    }
}

#[test]
fn what_cannot_be_followed_is_refused_in_one_line() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let text = file("notes", b"dear diary, this is no capture");
    let packed = file("packed", b"\x1f\x8b\x08\0\0\0\0\0");
    for (paths, hint) in [
        (vec![folder.path()], "a directory; name the file in it"),
        (vec![&*text], "is not a capture file"),
        (vec![&*packed], "compressed"),
        (vec![&*text, &*packed], "--follow reads one file, and 2 are named"),
        (vec![Path::new("missing.pcap")], "cannot open missing.pcap"),
    ] {
        let output = program().args(["analyze", "--follow"]).args(&paths).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.lines().last().unwrap().contains(hint), "{said}");
        assert!(output.stdout.is_empty());
    }
}
