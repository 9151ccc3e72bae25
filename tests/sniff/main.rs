//! `cookietrail sniff` on the loopback interface, as it is typed: what it prints, what ends it, and
//! that its report is the one `analyze` gives.

#![cfg(feature = "live")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test stops where it fails, waits by the clock, and says what it skips"
)]

mod running;
mod walkthrough;

use running::Running;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

/// The program under test.
fn cookietrail(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cookietrail"));
    command.args(arguments).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

/// What one run gave: exit code, standard output, standard error.
fn ran(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// Whether this user may capture on loopback; said aloud if not.
fn can_capture() -> bool {
    let (code, _, err) = ran(&mut cookietrail(&["sniff", "-i", "lo", "--for", "10ms", "-q"]));
    let skipped = code == Some(2) && err.contains("no permission to capture");
    if skipped {
        eprintln!("SKIPPED: no permission to capture on lo");
    }
    !skipped
}

/// Starts `sniff` on loopback, and waits until it listens.
fn sniff(arguments: &[&str]) -> Running {
    let mut running = Running::start(cookietrail(&["sniff", "-i", "lo"]).args(arguments));
    running.err.wait_for("cookietrail: listening on lo");
    running
}

fn analyzed(file: &Path) -> Value {
    let path = file.to_str().unwrap();
    let (code, out, err) = ran(&mut cookietrail(&["analyze", "--format", "json", path]));
    assert_eq!(code, Some(0), "{err}");
    serde_json::from_str(&out).unwrap()
}

/// A server on loopback that answers every request the same way, each on a connection of its own.
struct Site {
    port: u16,
}

impl Site {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(
                    b"HTTP/1.1 200 OK\r\nSet-Cookie: seen=yes\r\nContent-Length: 2\r\n\r\nok",
                );
            }
        });
        Self { port }
    }

    fn filter(&self) -> String {
        format!("tcp port {}", self.port)
    }

    /// Asks for a page and waits for the answer.
    fn visit(&self, path: &str) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", self.port);
        // In one piece: the server reads but once.
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("ok"));
    }
}

/// Sends packets to a port of loopback where nobody listens; the filter that sees only them.
fn nobody() -> (UdpSocket, String) {
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.connect(("127.0.0.1", port)).unwrap();
    (sender, format!("udp dst port {port}"))
}

#[test]
fn what_cannot_run_says_so_in_one_line() {
    let both = ["-i", "lo", "-f", "tcp", "port", "80"];
    let (code, _, err) = ran(cookietrail(&["sniff"]).args(both));
    assert_eq!(code, Some(2));
    assert!(err.contains("cannot be used with"), "{err}");
    if !can_capture() {
        return;
    }
    for (arguments, words) in [
        (vec!["-i", "no-such-interface"], "there is no interface no-such-interface: choose one of"),
        (vec!["-i", "lo", "-f", "tcp prt 80"], "cannot use the filter `tcp prt 80`: "),
        (vec!["-i", "lo", "tcp", "prt", "80"], "cannot use the filter `tcp prt 80`: "),
        (vec!["-i", "lo", "-w", "/no/such/folder/a.pcap"], "cannot write packets to /no/such"),
        (vec!["-i", "lo", "-o", "/no/such/folder/a.txt"], "cannot write /no/such/folder/a.txt: "),
    ] {
        let (code, out, err) = ran(cookietrail(&["sniff"]).args(&arguments));
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(err.starts_with("cookietrail: ") && err.contains(words), "{err}");
        assert_eq!(err.lines().count(), 1, "{err}");
    }
}

#[test]
fn without_permission_it_says_how_to_get_it() {
    // Root gives its rights away; the program must then lie where nobody can reach it.
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("cookietrail");
    std::fs::copy(env!("CARGO_BIN_EXE_cookietrail"), &copy).unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).unwrap();
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = Command::new("setpriv");
    if is_root {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    }
    let Ok(output) = command.arg(&copy).args(["sniff", "-i", "lo", "--for", "10ms"]).output()
    else {
        eprintln!("SKIPPED: setpriv is not here");
        return;
    };
    let err = String::from_utf8(output.stderr).unwrap();
    if !is_root && output.status.success() {
        eprintln!("SKIPPED: this user may capture");
        return;
    }
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.starts_with("cookietrail: no permission to capture on lo: run with sudo"), "{err}");
    assert!(err.contains("setcap cap_net_raw,cap_net_admin=eip"), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
}

#[test]
fn the_interfaces_are_listed_with_numbers_and_addresses() {
    let (code, out, err) = ran(&mut cookietrail(&["sniff", "-D"]));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    for (index, line) in out.lines().enumerate() {
        let number = line.split_whitespace().next().unwrap();
        assert_eq!(number, (index + 1).to_string());
    }
    let loopback = out.lines().find(|line| line.split_whitespace().nth(1) == Some("lo"));
    assert!(loopback.is_some_and(|line| line.contains("127.0.0.1")), "{out}");
}

#[test]
fn it_captures_from_the_moment_it_says_so_and_ends_after_so_many_packets() {
    if !can_capture() {
        return;
    }
    let (sender, filter) = nobody();
    let mut running = sniff(&["-c", "3", "--format", "json", "-f", &filter]);
    for number in 0..5 {
        // The kernel reports of an earlier one that nobody listens.
        while sender.send(&[number]).is_err() {}
    }
    let report: Value = serde_json::from_reader(running.out()).unwrap();
    assert_eq!(report["capture"]["packets"], 3);
    assert_eq!(report["capture"]["files"], serde_json::json!(["lo"]));
    assert_eq!(report["capture"]["skipped"], serde_json::json!({"not-tcp": 3}));
    let (code, err) = running.finish();
    assert_eq!(code, Some(0));
    let counts = "cookietrail: 3 packets captured, 0 dropped by the kernel, 3 skipped (not-tcp 3)";
    assert_eq!(err.last().unwrap(), counts);
}

#[test]
fn it_ends_after_so_long() {
    if !can_capture() {
        return;
    }
    let (_, filter) = nobody();
    let begun = Instant::now();
    let (code, out, err) =
        ran(cookietrail(&["sniff", "-i", "lo", "--for", "700ms", "-f", &filter]).arg("--quiet"));
    assert_eq!(code, Some(0), "{err}");
    assert!(begun.elapsed() >= Duration::from_millis(700));
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert!(!out.is_empty() && err.ends_with("0 skipped\n"), "{out}{err}");
}

#[test]
fn lines_come_as_it_happens_and_a_signal_ends_it_with_the_report() {
    if !can_capture() {
        return;
    }
    for signal in ["INT", "TERM"] {
        let site = Site::open();
        let folder = tempfile::tempdir().unwrap();
        let saved = folder.path().join("saved.pcap");
        let mut running = sniff(&["-f", &site.filter(), "-w", saved.to_str().unwrap()]);
        let mut out = running.out_lines();
        site.visit("/first");
        let first = out.wait_for("GET /first → 200");
        assert!(first.ends_with(&format!("127.0.0.1:{}", site.port)) && first.contains("  A  "));
        assert_eq!(out.wait_for("seen").trim(), "← sets seen① yes");
        site.visit("/last");
        // What has come before the signal is in the report, shown yet or not.
        running.signal(signal);
        let (code, err) = running.finish();
        assert_eq!(code, Some(0), "{err:?}");
        let out = out.all().join("\n");
        let (path, port) = (saved.to_str().unwrap(), site.port);
        let (_, report) = out.split_once("\n\n").unwrap();
        let (_, analyzed, _) = ran(&mut cookietrail(&["analyze", path]));
        assert_eq!(report, analyzed.trim_end());
        assert!(report.contains("GET /last → 200 OK") && report.contains(&port.to_string()));
    }
}

#[test]
fn sigusr1_prints_counts_and_goes_on() {
    if !can_capture() {
        return;
    }
    let (sender, filter) = nobody();
    let mut running = sniff(&["-q", "-f", &filter]);
    running.signal("USR1");
    running.err.wait_for("cookietrail: 0 packets captured, 0 dropped by the kernel, 0 skipped");
    sender.send(b"one").unwrap();
    thread::sleep(Duration::from_millis(500));
    running.signal("USR1");
    running.err.wait_for("cookietrail: 1 packet captured");
    running.signal("INT");
    assert_eq!(running.finish().0, Some(0));
}

#[test]
fn packets_on_standard_output_stand_alone() {
    if !can_capture() {
        return;
    }
    let site = Site::open();
    let mut running = sniff(&["-w", "-", "-f", &site.filter()]);
    site.visit("/piped");
    running.err.wait_for("GET /piped → 200");
    running.signal("INT");
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("piped.pcap");
    let mut packets = Vec::new();
    running.out().read_to_end(&mut packets).unwrap();
    std::fs::write(&saved, packets).unwrap();
    assert_eq!(analyzed(&saved)["capture"]["exchanges"], 1);
    let (code, err) = running.finish();
    assert_eq!(code, Some(0));
    assert!(err.iter().any(|line| line.contains("GET /piped → 200 OK")), "the report: {err:#?}");
}

#[test]
fn a_document_on_standard_output_stands_alone() {
    if !can_capture() {
        return;
    }
    let site = Site::open();
    let mut running = sniff(&["--format", "json", "-f", &site.filter()]);
    site.visit("/");
    running.err.wait_for("GET / → 200");
    running.signal("INT");
    let report: Value = serde_json::from_reader(running.out()).unwrap();
    assert_eq!(report["cookies"][0]["name"], "seen");
    assert_eq!(running.finish().0, Some(0));
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    if !can_capture() {
        return;
    }
    for arguments in [&["-f"][..], &["-w", "-", "-q", "-f"]] {
        let site = Site::open();
        let mut running = sniff(&[arguments, &[&site.filter()]].concat());
        drop(running.out());
        for path in ["/one", "/two"] {
            site.visit(path);
            thread::sleep(Duration::from_millis(400));
        }
        let (code, err) = running.finish();
        assert_eq!(code, Some(0), "{err:?}");
        assert_eq!(err.len(), 1, "nothing but the greeting: {err:?}");
    }
}
