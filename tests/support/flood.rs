//! Hostile captures, made quickly: raw IPv4 packets in a pcap file, and the program's memory while
//! it reads them.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    clippy::missing_panics_doc,
    clippy::print_stderr,
    reason = "a test stops where it fails"
)]

use serde_json::Value;
use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const ACK: u8 = 16;
const SERVER: [u8; 4] = [10, 9, 9, 9];

/// One end of a connection to port 80 of the same server.
#[derive(Debug, Clone, Copy)]
pub struct Client(pub u32, pub u16);

/// A capture in the making.
pub struct Flood {
    bytes: Vec<u8>,
    micros: u64,
    /// Between packets.
    pub step: u64,
}

impl Flood {
    pub fn new() -> Self {
        let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend([0, 0, 4, 0, 101, 0, 0, 0]);
        Self { bytes, micros: 1_700_000_000_000_000, step: 10 }
    }

    fn ip(&mut self, from: [u8; 4], to: [u8; 4], protocol: u8, id: [u8; 4], body: &[&[u8]]) {
        self.micros += self.step;
        let len = 20 + body.iter().map(|part| part.len()).sum::<usize>();
        for number in [self.micros / 1_000_000, self.micros % 1_000_000, len as u64, len as u64] {
            self.bytes.extend((number as u32).to_le_bytes());
        }
        self.bytes.extend([0x45, 0]);
        self.bytes.extend((len as u16).to_be_bytes());
        self.bytes.extend(id);
        self.bytes.extend([64, protocol, 0, 0]);
        self.bytes.extend(from);
        self.bytes.extend(to);
        for part in body {
            self.bytes.extend(*part);
        }
    }

    /// A segment from the client, or to it.
    pub fn tcp(&mut self, client: Client, up: bool, at: [u32; 2], flags: u8, payload: &[u8]) {
        let host = client.0.to_be_bytes();
        let (from, to) = if up { (host, SERVER) } else { (SERVER, host) };
        let ports = if up { [client.1, 80] } else { [80, client.1] };
        let mut head = [0; 20];
        head[..2].copy_from_slice(&ports[0].to_be_bytes());
        head[2..4].copy_from_slice(&ports[1].to_be_bytes());
        head[4..8].copy_from_slice(&at[0].to_be_bytes());
        head[8..12].copy_from_slice(&at[1].to_be_bytes());
        head[12..16].copy_from_slice(&[0x50, flags, 0xff, 0xff]);
        self.ip(from, to, 6, [0, 0, 0x40, 0], &[&head, payload]);
    }

    /// The first fragment of a datagram whose rest never comes.
    pub fn fragment(&mut self, id: u16, payload: &[u8]) {
        let [high, low] = id.to_be_bytes();
        self.ip([10, 0, 0, 1], SERVER, 6, [high, low, 0x20, 0], &[payload]);
    }

    pub fn syn(&mut self, client: Client) {
        self.tcp(client, true, [0, 0], SYN, b"");
    }

    /// A connection with its handshake, on which both ends then speak once.
    pub fn talk(&mut self, client: Client, up: &[u8], down: &[u8]) {
        self.open(client);
        self.send(client, true, [1, 1], up);
        let acked = 1u32.wrapping_add(up.len() as u32);
        self.send(client, false, [1, acked], down);
    }

    pub fn open(&mut self, client: Client) {
        self.syn(client);
        self.tcp(client, false, [0, 1], SYN | ACK, b"");
        self.tcp(client, true, [1, 1], ACK, b"");
    }

    /// Data in segments of 1400 bytes.
    pub fn send(&mut self, client: Client, up: bool, at: [u32; 2], data: &[u8]) {
        for (index, part) in data.chunks(1400).enumerate() {
            let seq = at[0].wrapping_add(index as u32 * 1400);
            self.tcp(client, up, [seq, at[1]], ACK, part);
        }
    }

    /// What the program makes of it: `exchanges`, with further options.
    pub fn exchanges(&self, options: &[&str]) -> Seen {
        self.run("exchanges", options)
    }

    pub fn run(&self, command: &str, options: &[&str]) -> Seen {
        self.run_from(false, command, options)
    }

    /// Runs a subcommand on it, as a file or as standard input.
    pub fn run_from(&self, is_stdin: bool, command: &str, options: &[&str]) -> Seen {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hostile.pcap");
        std::fs::write(&file, &self.bytes).unwrap();
        let mut program = super::program();
        program.arg(command).args(options);
        if is_stdin {
            program.arg("-").stdin(std::fs::File::open(&file).unwrap());
        } else {
            program.arg(&file);
        }
        let begun = Instant::now();
        let mut child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let status = format!("/proc/{}/status", child.id());
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            out.read_to_string(&mut text).unwrap();
            text
        });
        let mut peak = 0;
        let code = loop {
            peak =
                std::fs::read_to_string(&status).ok().and_then(|s| high_water(&s)).unwrap_or(peak);
            if let Some(code) = child.try_wait().unwrap() {
                break code.code();
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        let mut said = String::new();
        err.read_to_string(&mut said).unwrap();
        let text = reader.join().unwrap();
        eprintln!(
            "{command} {options:?}: {} KiB of capture, peak {peak} KiB, {:?}",
            self.bytes.len() >> 10,
            begun.elapsed()
        );
        Seen { code, text, said, peak }
    }
}

/// The most memory that a process has had, in KiB.
fn high_water(status: &str) -> Option<usize> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// What the program did.
pub struct Seen {
    pub code: Option<i32>,
    pub text: String,
    pub said: String,
    /// Its peak memory in KiB; 0 where the system does not tell.
    pub peak: usize,
}

impl Seen {
    /// The exchanges, if the program ended well and took no more than so many MiB.
    pub fn within(&self, mebibytes: usize) -> Vec<Value> {
        self.holds(mebibytes);
        self.text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Seen {
    /// The program ended well and took no more than so many MiB.
    pub fn holds(&self, mebibytes: usize) {
        assert!(self.peak <= mebibytes << 10, "{} KiB are more than {mebibytes} MiB", self.peak);
        assert_eq!(self.code, Some(0), "{}", self.said);
    }
}

/// The targets of requests.
pub fn targets(exchanges: &[Value]) -> Vec<&str> {
    exchanges.iter().map(|found| found["request"]["target"].as_str().unwrap_or("-")).collect()
}

/// How many have this status.
pub fn answered(exchanges: &[Value], status: u64) -> usize {
    exchanges.iter().filter(|found| found["response"]["status"] == status).count()
}

/// Whether a note of this kind is among them.
pub fn is_noted(exchanges: &[Value], kind: &str) -> bool {
    let notes = exchanges.iter().filter_map(|found| found["notes"].as_array()).flatten();
    notes.into_iter().any(|note| note["kind"] == kind)
}
