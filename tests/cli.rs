//! The program as a user meets it: wrong files, wrong flags, pipes, and exit codes.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and makes its own files"
)]

mod support;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use support::{program, run};
use tempfile::TempDir;

const WALKTHROUGH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/walkthrough.pcapng");
const REDIRECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/redirects.pcap");

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn file(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// Runs `analyze` on a file, piped.
fn analyze(path: &Path) -> Output {
    run(&["analyze", path.to_str().unwrap()])
}

#[test]
fn what_is_no_capture_is_refused_in_one_helpful_line() {
    let folder = TempDir::new().unwrap();
    for (name, bytes, hint) in [
        ("empty.pcap", &b""[..], "is empty"),
        ("notes.txt", b"dear diary", "looks like text"),
        ("zeros", &[0; 100], "not a capture file"),
    ] {
        let output = analyze(&file(&folder, name, bytes));
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(stderr(&output).contains(hint), "{name}: {}", stderr(&output));
        assert_eq!(stderr(&output).lines().count(), 1, "{name}");
        assert!(output.stdout.is_empty(), "{name}");
    }
    for path in [folder.path().join("missing.pcap"), folder.path().to_owned()] {
        let output = analyze(&path);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(stderr(&output).lines().count(), 1);
    }
}

#[test]
fn a_capture_cut_in_mid_packet_tells_what_came_before_the_damage() {
    let folder = TempDir::new().unwrap();
    let whole = fs::read(REDIRECTS).unwrap();
    let cut = file(&folder, "cut.pcap", &whole[..30_000]);
    let output = analyze(&cut);
    assert_eq!(output.status.code(), Some(1));
    let report = stdout(&output);
    assert!(
        report.contains("is damaged at byte") && report.contains("Logs in as alice"),
        "{report}"
    );
    let output = run(&["exchanges", cut.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).lines().count() > 5);
    assert!(stderr(&output).contains("is damaged at byte"));
}

#[test]
fn a_capture_without_http_says_so() {
    let output = run(&["analyze", "-f", "udp", REDIRECTS]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("No HTTP was found"));
    let output = run(&["exchanges", "-f", "udp", REDIRECTS]);
    assert_eq!(stdout(&output).lines().count(), 1);
    assert!(stderr(&output).contains("No HTTP was found"), "{output:?}");
}

/// A classic pcap with the packets of another one, each cut to `length` bytes.
fn with_snap_length(source: &[u8], length: usize) -> Vec<u8> {
    let mut out = source[..24].to_vec();
    let mut rest = &source[24..];
    while rest.len() >= 16 {
        let captured = u32::from_le_bytes(rest[8..12].try_into().unwrap()) as usize;
        let kept = captured.min(length);
        out.extend_from_slice(&rest[..8]);
        out.extend_from_slice(&u32::try_from(kept).unwrap().to_le_bytes());
        out.extend_from_slice(&rest[12..16 + kept]);
        rest = &rest[16 + captured..];
    }
    out
}

#[test]
fn a_short_snap_length_is_named_with_its_mend() {
    let folder = TempDir::new().unwrap();
    let whole = fs::read(REDIRECTS).unwrap();
    for length in [64, 100, 200] {
        let output = analyze(&file(&folder, "snap.pcap", &with_snap_length(&whole, length)));
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).contains("capture with -s 0"), "{length}: {}", stdout(&output));
    }
}

#[test]
fn compression_and_format_are_told_by_content_and_standard_input_works() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&fs::read(WALKTHROUGH).unwrap()).unwrap();
    let zipped = encoder.finish().unwrap();
    let mut child = program()
        .args(["exchanges", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&zipped).unwrap();
    let piped = child.wait_with_output().unwrap();
    assert_eq!(stdout(&piped), stdout(&run(&["exchanges", WALKTHROUGH])));
}

#[test]
fn several_files_are_one_capture_in_time_order() {
    let one_way = stdout(&run(&["exchanges", WALKTHROUGH, REDIRECTS]));
    let other_way = stdout(&run(&["exchanges", REDIRECTS, WALKTHROUGH]));
    assert_eq!(one_way, other_way);
    assert_eq!(one_way.lines().count(), 1 + 20 + 51);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = program()
        .args(["exchanges", REDIRECTS])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let escape = |arguments: &[&str]| stdout(&run(arguments)).contains('\x1b');
    assert!(!escape(&["analyze", WALKTHROUGH]));
    assert!(escape(&["analyze", "--color", "always", WALKTHROUGH]));
    let forced =
        program().env("CLICOLOR_FORCE", "1").args(["analyze", WALKTHROUGH]).output().unwrap();
    assert!(stdout(&forced).contains('\x1b'));
    let both = program()
        .envs([("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")])
        .args(["analyze", WALKTHROUGH])
        .output()
        .unwrap();
    assert!(!stdout(&both).contains('\x1b'));
}

#[test]
fn no_line_is_wider_than_asked() {
    use unicode_width::UnicodeWidthStr;
    for capture in [WALKTHROUGH, REDIRECTS] {
        for width in ["60", "80", "140"] {
            for command in [
                &["analyze"][..],
                &["timeline"],
                &["jar"],
                &["jar", "--for", "http://127.0.0.1:5000/"],
                &["why", "--cookie", "session"],
            ] {
                let output = stdout(&run(&[command, &["--width", width, capture]].concat()));
                let widest = output.lines().map(UnicodeWidthStr::width).max().unwrap();
                assert!(widest <= width.parse().unwrap(), "{command:?} {width}: {widest}");
            }
        }
    }
}

#[test]
fn the_cells_of_a_jar_break_between_words() {
    for width in ["60", "80", "100"] {
        let table = stdout(&run(&["jar", "--at", "60", "--width", width, REDIRECTS]));
        for word in ["currency", "127.0.0.1", "/account", "SameSite=Lax", "2027-11-23", "02:57:34Z"]
        {
            assert!(table.contains(word), "{word} is broken:\n{table}");
        }
    }
}

#[test]
fn mistakes_on_the_command_line_exit_with_two() {
    for arguments in [
        &["analyze"][..],
        &["analyze", "--nonsense", WALKTHROUGH],
        &["analyze", "--format", "nonsense", WALKTHROUGH],
        &["analyze", "-f", "tcp prot 80", WALKTHROUGH],
        &["analyze", "-o", "/nonexistent/folder/report", WALKTHROUGH],
        &["timeline", "--width", "3", WALKTHROUGH],
        &["decode", "--secret-file", "/nonexistent", "x"],
        &["nonsense"],
        &[],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn the_timeline_shows_what_was_selected() {
    let all = stdout(&run(&["timeline", REDIRECTS]));
    assert!(all.contains("currency of") && all.contains("session of"));
    let one = stdout(&run(&["timeline", "--cookie", "currency", REDIRECTS]));
    assert!(one.contains("currency of") && !one.contains("session of"));
    let browser = stdout(&run(&["timeline", "--browser", "b", REDIRECTS]));
    assert!(browser.contains("  B  #") && !browser.contains("  A  #"));
    let host = stdout(&run(&["timeline", "--host", "example.org", REDIRECTS]));
    assert!(host.starts_with("No cookie fits. There are currency, last_seen, session"), "{host}");
    assert!(stdout(&run(&["timeline", "--withheld", REDIRECTS])).contains("not sent"));
}

#[test]
fn decode_reads_values_pairs_headers_and_lines() {
    let value = "eyJ1c2VybmFtZSI6ImFsaWNlIn0.awOrOA.LHENYVJNfFubwZvuCS2BiIL_pIo";
    let json = |arguments: &[&str]| -> Vec<serde_json::Value> {
        let output = run(&[&["decode", "--format", "json"], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    for given in [
        value.to_owned(),
        format!("session={value}"),
        format!("Cookie: session={value}"),
        format!("Set-Cookie: session={value}; HttpOnly; Path=/"),
    ] {
        let decoded = json(&[&given]);
        assert_eq!(decoded[0]["schema"], "cookietrail/decode/1");
        assert_eq!(decoded[0]["format"], "flask", "{given}");
        assert_eq!(decoded[0]["payload"]["username"], "alice");
        assert_eq!(decoded[0]["signed_at"], "2026-11-23T02:55:52Z");
        assert_eq!(decoded[0]["signature"], "unverified");
    }
    assert_eq!(json(&["--secret", "dev", value])[0]["signature"], "valid");
    assert_eq!(json(&["--secret", "wrong", value])[0]["signature"], "invalid");
    let unknown = &json(&["just words"])[0];
    assert!(unknown["format"].is_null() && unknown["problem"].is_string());
}

#[test]
fn completions_and_manual_come_from_the_program() {
    for (what, mark) in
        [("bash", "_cookietrail"), ("zsh", "#compdef"), ("fish", "complete"), ("man", ".TH")]
    {
        let output = run(&["generate", what]);
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).contains(mark), "{what}");
    }
}

#[test]
fn what_is_read_is_not_written_to() {
    let folder = TempDir::new().unwrap();
    let capture = fs::read(REDIRECTS).unwrap();
    let own = file(&folder, "own.pcap", &capture);
    let roundabout = folder.path().join("link.pcap");
    fs::hard_link(&own, &roundabout).unwrap();
    for command in ["exchanges", "analyze", "timeline"] {
        for output in [Path::new(&own), &roundabout] {
            let output = run(&[command, own.to_str().unwrap(), "-o", output.to_str().unwrap()]);
            assert_eq!(output.status.code(), Some(2), "{command}");
            assert!(stderr(&output).contains("cannot be written to"), "{}", stderr(&output));
            assert_eq!(fs::read(&own).unwrap(), capture, "{command}");
        }
    }
    let kept = file(&folder, "kept", b"something");
    for input in ["not-there", folder.path().join("kept/..").to_str().unwrap(), "/"] {
        for options in [&[][..], &["--follow"]] {
            let arguments = [&["exchanges", input, "-o", kept.to_str().unwrap()], options].concat();
            assert_eq!(run(&arguments).status.code(), Some(2), "{arguments:?}");
            assert_eq!(fs::read(&kept).unwrap(), b"something");
        }
    }
    // One of a directory, and standard input, are inputs too.
    let folder_name = folder.path().to_str().unwrap();
    let output = run(&["exchanges", folder_name, "-o", own.to_str().unwrap()]);
    assert!(stderr(&output).contains("cannot be written to"), "{}", stderr(&output));
    let mut piped = program();
    piped.args(["exchanges", "-", "-o", own.to_str().unwrap()]);
    let output = piped.stdin(fs::File::open(&own).unwrap()).output().unwrap();
    assert!(stderr(&output).contains("cannot be written to"), "{}", stderr(&output));
    assert_eq!(fs::read(&own).unwrap(), capture);
    // What is no input is written over.
    let arguments = ["exchanges", own.to_str().unwrap(), "-o", kept.to_str().unwrap()];
    assert_eq!(run(&arguments).status.code(), Some(0));
    assert_ne!(fs::read(&kept).unwrap(), b"something");
}

#[test]
fn a_file_named_twice_is_told_whatever_it_is_called() {
    let folder = TempDir::new().unwrap();
    let own = file(&folder, "own.pcap", &fs::read(REDIRECTS).unwrap());
    let roundabout = folder.path().join(".").join("own.pcap");
    let output = run(&["exchanges", own.to_str().unwrap(), roundabout.to_str().unwrap()]);
    assert!(stderr(&output).contains("named twice, and read twice"), "{}", stderr(&output));
    let mut piped = program();
    let output = piped.args(["exchanges", "-", "-"]).stdin(fs::File::open(&own).unwrap()).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("it can be read only once"), "{}", stderr(&output));
}

#[test]
fn packets_of_a_link_type_that_is_not_read_are_told_by_its_number() {
    let folder = TempDir::new().unwrap();
    let mut usb = fs::read(REDIRECTS).unwrap();
    usb[20..24].copy_from_slice(&189_u32.to_le_bytes());
    let usb = file(&folder, "usb.pcap", &usb);
    let usb = usb.to_str().unwrap();
    for command in [&["exchanges"][..], &["jar"], &["timeline"], &["analyze", "--width", "100"]] {
        for files in [&[usb][..], &[usb, REDIRECTS]] {
            let output = run(&[command, files].concat());
            let said = stdout(&output) + &stderr(&output);
            assert!(said.contains(" of link type 189, which is not read"), "{command:?}: {said}");
            assert_eq!(said.contains("No HTTP was found"), files.len() == 1, "{command:?}");
        }
    }
    let report = run(&["analyze", "--format", "json", usb]);
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).unwrap();
    let skipped = &report["capture"]["skipped"]["unknown-link-type"];
    assert_eq!(&report["capture"]["unknown_link_types"]["189"], skipped);
}

#[test]
#[cfg(target_os = "linux")]
fn an_output_that_cannot_be_written_is_named() {
    for command in ["exchanges", "analyze", "timeline"] {
        let output = run(&[command, WALKTHROUGH, "-o", "/dev/full"]);
        assert_eq!(output.status.code(), Some(2), "{command}");
        assert!(stderr(&output).contains("cannot write /dev/full"), "{}", stderr(&output));
    }
}

#[test]
fn a_filter_is_judged_before_any_packet_comes() {
    let folder = TempDir::new().unwrap();
    let empty = file(&folder, "empty.pcap", &fs::read(REDIRECTS).unwrap()[..24]);
    let output = run(&["exchanges", "-f", "tcp prt 80", empty.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("tcp prt 80"), "{}", stderr(&output));
    // USB, which libpcap does not filter, and Ethernet: in which order makes no difference.
    let mut usb = fs::read(REDIRECTS).unwrap();
    usb[20..24].copy_from_slice(&189_u32.to_le_bytes());
    let usb = file(&folder, "usb.pcap", &usb);
    let lines = |files: [&str; 2]| {
        let output = run(&["exchanges", "-f", "tcp", files[0], files[1]]);
        assert!(stderr(&output).contains("no sense for link type 189"), "{}", stderr(&output));
        assert_eq!(output.status.code(), Some(0));
        stdout(&output).lines().count()
    };
    let usb = usb.to_str().unwrap();
    assert_eq!(lines([usb, REDIRECTS]), lines([REDIRECTS, usb]));
    assert!(lines([usb, REDIRECTS]) > 5);
}

#[test]
fn what_a_file_is_called_does_not_reach_the_terminal_as_it_is() {
    let folder = TempDir::new().unwrap();
    let mut damaged = fs::read(REDIRECTS).unwrap();
    damaged.truncate(5000);
    file(&folder, "b\u{1b}[31mx.pcap", &damaged);
    for command in ["exchanges", "analyze"] {
        let output = run(&[command, folder.path().to_str().unwrap()]);
        let said = stdout(&output) + &stderr(&output);
        assert!(said.contains("is damaged at byte") && !said.contains('\u{1b}'), "{said:?}");
    }
}
