//! Connections that are over: late copies of their segments are nothing new, and whoever uses their
//! ports again is somebody new.

mod support;

use support::wire::{Frame, Wire, counts, exchanges, pcap};

/// More connections than linger whole, so that of the first ones only the extent is left.
const MANY: u16 = 1500;

fn visit(port: u16, isn: u32, path: &str) -> Vec<Frame> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    let wire = Wire::joined().port(port).starting_at(isn, !isn).handshake().c(request);
    wire.s("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").close().frames()
}

fn paths(frames: &[Frame]) -> Vec<String> {
    let found = exchanges(frames);
    let target = |found: &cookietrail::http::Exchange| {
        assert!(found.response.is_some(), "{found:?}");
        let request = found.request.as_ref().map(|request| &request.start.target);
        String::from_utf8_lossy(request.map_or(&b""[..], |target| target)).into_owned()
    };
    found.iter().map(target).collect()
}

fn many() -> (Vec<Frame>, Vec<String>) {
    let names: Vec<String> = (0..MANY).map(|at| format!("/{at}")).collect();
    let frames = (0..MANY).zip(&names);
    let frames = frames.flat_map(|(at, name)| visit(2000 + at, 7 + u32::from(at) * 99, name));
    (frames.collect(), names)
}

#[test]
fn late_copies_are_nothing_new() {
    let (mut frames, names) = many();
    let all = frames.len();
    frames.extend_from_within(..all / 2);
    frames.extend_from_within(..40);
    assert_eq!(paths(&frames), names);
    assert_eq!(counts(&frames).connections, u64::from(MANY));
}

#[test]
fn ports_that_are_used_again_are_a_new_connection() {
    let (mut frames, mut names) = many();
    frames.extend(visit(2000, 4_000_000_000, "/again"));
    // Joined in the middle of it: no SYN was captured.
    frames.extend(visit(2001, 3_000_000_000, "/joined").split_off(3));
    names.extend(["/again".to_owned(), "/joined".to_owned()]);
    assert_eq!(paths(&frames), names);
    assert_eq!(counts(&frames).connections, u64::from(MANY) + 2);
}

#[test]
fn lanes_say_what_one_pipeline_says() {
    let (mut frames, names) = many();
    frames.extend_from_within(..40);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.pcap");
    std::fs::write(&file, pcap(&frames, 1_700_000_000)).unwrap();
    for threads in ["1", "2", "3", "20"] {
        let arguments = ["exchanges", file.to_str().unwrap(), "--threads", threads];
        let lines = support::run_lines(&arguments);
        let told: Vec<_> = lines.iter().filter(|line| line.get("id").is_some()).collect();
        assert_eq!(told.len(), names.len());
        for (place, (line, name)) in (1..).zip(told.iter().zip(&names)) {
            assert_eq!(line["id"], place);
            assert_eq!(line["connection"], place);
            assert_eq!(line["request"]["target"], **name);
        }
    }
}
