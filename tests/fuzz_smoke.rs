//! The fuzz targets over a small corpus: the shipped captures, whole and cut and with bytes turned
//! over, and every input that once broke something. `make fuzz` looks for new ones.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test stops where it fails, and reads its corpus"
)]

#[path = "fuzz/targets.rs"]
mod targets;

use std::fs;
use std::path::Path;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 6] = [
    ("capture_file", targets::capture_file),
    ("packets", targets::packets),
    ("segments", targets::segments),
    ("conversation", targets::conversation),
    ("content", targets::content),
    ("street", targets::street),
];

/// Numbers that look random and are the same in every run (Marsaglia's xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end.max(1) as u64).unwrap()
    }
}

/// Some bytes turned over, a piece taken out, doubled or put elsewhere, the end cut off.
fn damaged(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len());
        let piece = bytes[at..(at + dice.below(200)).min(bytes.len())].to_vec();
        match dice.below(5) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..at + piece.len())),
            2 => {
                let to = dice.below(bytes.len());
                bytes.splice(to..to, piece);
            }
            3 if !bytes.is_empty() => bytes[at] = [0, 1, 0x7f, 0xff][dice.below(4)],
            _ if !bytes.is_empty() => bytes[at] ^= 1 << dice.below(8),
            _ => {}
        }
    }
    bytes
}

fn folder(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().filter(|path| path.is_file()).map(|path| fs::read(path).unwrap()).collect()
}

/// The shipped captures, each no longer than a debug build reads quickly.
fn captures() -> Vec<Vec<u8>> {
    let all = folder("captures").into_iter();
    let is_capture = |bytes: &Vec<u8>| {
        bytes.starts_with(b"\xd4\xc3\xb2\xa1") || bytes.starts_with(b"\x0a\x0d\x0d\x0a")
    };
    let mut found: Vec<_> = all.filter(is_capture).collect();
    assert!(found.len() >= 4, "the shipped captures were not found");
    for bytes in &mut found {
        bytes.truncate(20_000);
    }
    found
}

/// A dialogue as the target of conversations takes it.
const DIALOGUE: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\x01HTTP/1.1 200 OK\r\n\
    Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel\x03lo\r\n0\r\n\r\n\
    \x01POST /p HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe\x02\x01l\x01HTTP/1.0 200 OK\r\n\r\nall\x04";

fn seeds(target: &str) -> Vec<Vec<u8>> {
    match target {
        "capture_file" | "street" => captures(),
        "conversation" => vec![DIALOGUE.to_vec()],
        "content" => vec![b"gzip, deflate\nnone of that".to_vec()],
        _ => captures().into_iter().map(|bytes| bytes[..2_000].to_vec()).collect(),
    }
}

/// Runs a target over its corpus, whole and damaged.
fn smoke(name: &str, rounds: usize) {
    let (_, target) = TARGETS.iter().find(|(target, _)| *target == name).unwrap();
    let seeds = seeds(name);
    for bytes in folder(&format!("tests/fuzz/kept/{name}")).iter().chain(&seeds) {
        target(bytes);
    }
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    for round in 0..rounds {
        target(&damaged(&seeds[round % seeds.len()], &mut dice));
    }
}

#[test]
fn capture_files_are_borne_whatever_is_in_them() {
    smoke("capture_file", 400);
}

#[test]
fn packets_are_borne_whatever_is_in_them() {
    smoke("packets", 2_000);
}

#[test]
fn every_byte_of_a_stream_is_delivered_once_and_in_its_place() {
    smoke("segments", 1_000);
}

#[test]
fn conversations_are_borne_whatever_is_said() {
    smoke("conversation", 5_000);
}

#[test]
fn content_is_borne_whatever_is_in_it() {
    smoke("content", 2_000);
}

#[test]
fn the_whole_street_bears_whatever_is_in_a_file() {
    smoke("street", 60);
}
