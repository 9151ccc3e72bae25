//! The same input gives the same bytes, whatever the number of threads and the seeds of hash maps,
//! which are others in every run.

mod support;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fs;
use support::wire::{Wire, pcap};

const REPORTS: [&str; 4] = ["terminal", "markdown", "html", "json"];

/// What a command prints with so many threads.
fn output(command: &[&str], file: &str, threads: &str) -> Vec<u8> {
    support::run(&[command, &[file, "--threads", threads]].concat()).stdout
}

#[test]
fn threads_and_runs_do_not_change_a_byte() {
    for (capture, _) in support::captures() {
        let file = capture.to_str().unwrap();
        for command in ["exchanges", "analyze", "timeline", "jar"] {
            let alone = output(&[command], file, "1");
            assert!(command != "exchanges" || !alone.is_empty(), "{file}");
            for threads in ["1", "2", "5"] {
                let shared = output(&[command], file, threads);
                assert!(shared == alone, "{command} {file}: {threads} threads");
            }
        }
        for format in REPORTS {
            let command = ["analyze", "--explain", "--explain-browsers", "--format", format];
            let alone = output(&command, file, "1");
            assert!(output(&command, file, "3") == alone, "{format} of {file}");
        }
    }
}

/// Clients of one site that log in, each from an address of its own and as somebody else.
fn many_logins(count: u16) -> Vec<u8> {
    let frames = (0..count).flat_map(|number| {
        let [high, low] = number.to_be_bytes();
        let says = URL_SAFE_NO_PAD.encode(format!("{{\"username\":\"user{number}\"}}"));
        let session = format!("session={says}.awOrOA.LHENYVJNfFubwZvuCS2BiIL_pIo");
        let head = "HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: Mozilla/5.0 Firefox/153.0\r\n";
        let page = |set: &str| format!("HTTP/1.1 200 OK\r\n{set}Content-Length: 5\r\n\r\nhello");
        let wire = Wire::joined().client([10, 1, high, low]).handshake();
        let wire = wire.c(format!("POST /login {head}Content-Length: 0\r\n\r\n"));
        let wire = wire.s(page(&format!("Set-Cookie: {session}; Path=/\r\n")));
        wire.c(format!("GET / {head}Cookie: {session}\r\n\r\n")).s(page("")).close().frames()
    });
    pcap(&frames.collect::<Vec<_>>(), 0)
}

#[test]
fn a_report_of_all_of_many_browsers_is_the_same_and_leaves_to_json_what_nobody_reads() {
    const LOGINS: u16 = 620;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.pcap");
    fs::write(&file, many_logins(LOGINS)).unwrap();
    let file = file.to_str().unwrap();
    let reports = REPORTS.map(|format| {
        let command = ["analyze", "--all", "--format", format];
        let alone = output(&command, file, "1");
        for threads in ["2", "7"] {
            assert!(output(&command, file, threads) == alone, "{format}: {threads} threads");
        }
        String::from_utf8(alone).unwrap()
    });
    for report in &reports[..3] {
        let report = report.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(report.contains("and 120 cookies more; JSON has them all"), "{report}");
        assert!(report.contains("and so on for 608 more"), "{report}");
        let last = format!("user{}", LOGINS - 1);
        assert!(report.contains(&last), "every browser is told of: {report}");
    }
    let json: serde_json::Value = serde_json::from_str(&reports[3]).unwrap();
    for list in ["browsers", "cookies", "sessions"] {
        assert_eq!(json[list].as_array().unwrap().len(), usize::from(LOGINS), "{list}");
    }
}
