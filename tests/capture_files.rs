//! Every capture at hand opens and gives as many packets as tshark counts in it.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops where it fails, and says what it skips"
)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cookietrail::capture::{Files, Reader};

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared");

/// The shared folder of that name, or `None`, said aloud.
fn shared(name: &str) -> Option<PathBuf> {
    let folder = Path::new(SHARED).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: ../shared is not here");
    None
}

/// Files that tshark's count does not fit: the end of the path, how many packets are read, and what
/// must be said about it.
const EXCEPTIONS: &[(&str, u64, &str)] = &[
    // Cut in the middle of a record; tshark counts the same packets and complains too.
    ("pgsql-5000-query-results/input.pcap", 785, "it ends inside a record"),
    // A big-endian file whose version is little-endian; tshark refuses it too.
    ("PcapNg/http.bigendian.ntar", 0, "a pcapng file of version 256.0"),
    // tshark stops at a Bluetooth packet it finds too short, libpcap at the two packets of an
    // interface that is not described; the blocks before and after are sound.
    ("BT_USB_LinCooked_Eth_80211_RT.ntar.gz", 27_226, "packets that cannot be read: 2"),
    // Formats of other tools.
    ("ERF/erf-ethernet-example.erf", 0, "is not a capture file"),
    ("SampleCaptures/BitTorrent.Transfer1.cap", 0, "a Network Monitor 2 capture"),
    ("SampleCaptures/Manolito2.cap", 0, "a Network Monitor 2 capture"),
];

/// How many packets a file gives, and what is said about it: the notes, or why it is refused.
fn count(path: &Path) -> (u64, String) {
    let mut files = match Files::open([path]) {
        Ok(files) => files,
        Err(error) => return (0, error.to_string()),
    };
    let mut last = 0;
    while let Some(packet) = files.next_packet() {
        assert_eq!(packet.number, last + 1);
        assert!(packet.data.len() <= packet.wire_len as usize, "{}", path.display());
        last = packet.number;
    }
    let progress = files.progress();
    assert!(progress.read <= progress.total.unwrap());
    let notes: Vec<&str> = files.notes().iter().map(|note| note.text.as_ref()).collect();
    (last, notes.join("; "))
}

#[test]
fn public_captures_give_the_reference_number_of_packets() {
    let Some(folder) = shared("captures-public") else {
        return;
    };
    let reference = folder.join("reference.jsonl");
    let file = std::fs::OpenOptions::new().read(true).open(reference).unwrap();
    let (mut seen, mut exceptions) = (0, 0);
    for line in BufReader::new(file).lines() {
        let row: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        let name = row["file"].as_str().unwrap();
        let (packets, said) = count(&folder.join(name));
        if let Some((_, expected, words)) = EXCEPTIONS.iter().find(|row| name.ends_with(row.0)) {
            assert!(packets == *expected && said.contains(words), "{name}: {packets}, {said}");
            exceptions += 1;
        } else {
            assert_eq!((Some(packets), said.as_str()), (row["packets"].as_u64(), ""), "{name}");
        }
        seen += 1;
    }
    assert!(seen > 0);
    assert_eq!(exceptions, EXCEPTIONS.len());
}

#[test]
fn recorded_captures_are_read_to_their_end_and_agree_with_tshark() {
    let Some(folder) = shared("captures") else {
        return;
    };
    let mut seen = 0;
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if !path.extension().is_some_and(|end| end == "pcap" || end == "pcapng") {
            continue;
        }
        let (packets, notes) = count(&path);
        assert!(packets > 0 && notes.is_empty(), "{}: {notes}", path.display());
        if let Some(times) = tshark_times(&path) {
            assert_eq!(our_times(&path), times, "{}", path.display());
        }
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn secrets_in_a_capture_are_collected() {
    let Some(folder) = shared("captures") else {
        return;
    };
    let mut reader = Reader::open(&folder.join("d-tls13-http1-dsb.pcapng")).unwrap();
    while reader.advance() {}
    let text = String::from_utf8(reader.key_log().to_vec()).unwrap();
    assert!(text.contains("CLIENT_TRAFFIC_SECRET_0 "));
}

/// Seconds of each packet, with the capture's own digits, and its length.
fn our_times(path: &Path) -> Vec<(i64, u32)> {
    let mut files = Files::open([path]).unwrap();
    let mut times = Vec::new();
    while let Some(packet) = files.next_packet() {
        times.push((packet.time.nanos(), packet.wire_len));
    }
    times
}

/// The same by tshark; `None`, said aloud, where it is not installed.
fn tshark_times(path: &Path) -> Option<Vec<(i64, u32)>> {
    let mut command = Command::new("tshark");
    command.args(["-n", "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-r"]);
    let Ok(output) = command.arg(path).stderr(Stdio::null()).output() else {
        eprintln!("SKIPPED: tshark is not here");
        return None;
    };
    let parse = |line: &str| {
        let (time, len) = line.split_once('\t').unwrap();
        let (seconds, nanos) = time.split_once('.').unwrap();
        let seconds: i64 = seconds.parse().unwrap();
        let nanos: i64 = format!("{nanos:0<9}")[..9].parse().unwrap();
        (seconds * 1_000_000_000 + nanos, len.parse().unwrap())
    };
    Some(String::from_utf8(output.stdout).unwrap().lines().map(parse).collect())
}
