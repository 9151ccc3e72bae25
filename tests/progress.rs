//! The line that says how reading gets on: on a terminal, after a while, and nowhere else.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test stops where it fails, and says what it skips"
)]

mod support;

use std::process::{Command, Stdio};
use support::program;

const REDIRECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/redirects.pcap");

/// The first half of a capture, a second of silence, and the rest.
const SLOWLY: &str = "{ head -c 40000 \"$CAPTURE\"; sleep 1; tail -c +40001 \"$CAPTURE\"; }";

/// What a shell command prints on a terminal of its own. `None`, said aloud, without `script`.
fn on_a_terminal(command: &str) -> Option<String> {
    let mut script = Command::new("script");
    script.args(["-qec", command, "/dev/null"]).stdin(Stdio::null());
    script.env("CAPTURE", REDIRECTS).env("SHELL", "/bin/sh");
    script.env("PROGRAM", program().get_program());
    let Ok(output) = script.output() else {
        eprintln!("SKIPPED: script is not here");
        return None;
    };
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}

const CLEAR: &str = "\r\x1b[2K";

#[test]
fn long_work_is_told_on_a_terminal_and_the_line_goes_away() {
    for threads in ["1", "2"] {
        let command = format!("{SLOWLY} | \"$PROGRAM\" analyze --threads {threads} - >/dev/null");
        let Some(told) = on_a_terminal(&command) else { return };
        assert!(told.starts_with(CLEAR) && told.ends_with(CLEAR), "{told:?}");
        assert!(told.contains("kB, ") && told.contains(" packets, "), "{told:?}");
    }
}

#[test]
fn short_work_pipes_and_lines_on_the_same_terminal_are_not_disturbed() {
    for command in [
        "\"$PROGRAM\" analyze \"$CAPTURE\" >/dev/null".to_owned(),
        format!("{SLOWLY} | \"$PROGRAM\" analyze - 2>&1 >/dev/null | cat"),
    ] {
        let Some(told) = on_a_terminal(&command) else { return };
        assert_eq!(told, "", "{command}");
    }
    let Some(told) = on_a_terminal(&format!("{SLOWLY} | \"$PROGRAM\" exchanges -")) else { return };
    assert!(told.lines().all(|line| line.starts_with("{\"")), "{told}");
    assert_eq!(told.lines().count(), 52);
}
