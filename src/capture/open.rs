//! Opening: a path becomes a stream of uncompressed bytes and a format reader for them.
//!
//! What a file is, is told by its content alone: its name is never looked at, save that `-` is
//! standard input.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::blocks::Blocks;
use super::error::Error;
use super::guess::{Guess, UNKNOWN, guess};
use super::pcap::{self, Pcap};
use super::pcapng::{self, Pcapng};
use super::record::Step;
use super::unpack::{self, MAX_NESTED};

/// The path that means standard input.
pub(crate) const STDIN: &str = "-";

/// How many bytes of a file that is no capture are looked at, and how many of them are shown.
const LOOK: usize = 512;
const SHOW: usize = 16;

/// More than the largest block of bzip2, unpacked.
const BZIP2_BLOCK: usize = 1 << 20;

/// The reader of one of the file formats.
pub(crate) enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

impl Format {
    /// What lies at the front of these bytes.
    pub(crate) fn step(&mut self, bytes: &[u8]) -> Step {
        match self {
            Self::Pcap(pcap) => pcap.step(bytes),
            Self::Pcapng(pcapng) => pcapng.step(bytes),
        }
    }
}

/// A capture file at its first record.
pub(crate) struct Opened {
    /// What to call it in messages.
    pub(crate) path: PathBuf,
    pub(crate) blocks: Blocks,
    pub(crate) format: Format,
    pub(crate) meter: Meter,
}

/// Counts the bytes read from a file, before decompression.
#[derive(Clone, Default)]
pub(crate) struct Meter {
    read: Arc<AtomicU64>,
    /// Size of the file, where it has one.
    pub(crate) total: Option<u64>,
}

impl Meter {
    pub(crate) fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

struct Metered<R> {
    source: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(out)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Opens a file, or standard input where the path is `-`.
pub(crate) fn open(path: &Path) -> Result<Opened, Error> {
    if path.as_os_str() == STDIN {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            return Err(Error::Terminal);
        }
        return identify(Path::new("standard input"), stdin, None);
    }
    let failed = |reason| Error::Open { path: path.to_owned(), reason };
    #[expect(clippy::disallowed_methods, reason = "this is where capture files are opened")]
    let file = File::open(path).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    if meta.is_dir() {
        return Err(Error::NoCaptures { path: path.to_owned() });
    }
    identify(path, file, meta.is_file().then_some(meta.len()))
}

/// Finds out what a stream of bytes is. `path` is for messages, `total` its length where known.
pub(crate) fn identify(
    path: &Path,
    source: impl Read + Send + 'static,
    total: Option<u64>,
) -> Result<Opened, Error> {
    let meter = Meter { read: Arc::default(), total };
    let source = Metered { source, read: Arc::clone(&meter.read) };
    let (mut blocks, undone) = unpack(path, Blocks::new(Box::new(source)))?;
    let format = format_of(path, &mut blocks).or_else(|error| {
        if undone > 0 && matches!(error, Error::NotACapture { what: UNKNOWN, .. }) {
            // A damaged block of bzip2 is unpacked to anything before it is known to be damaged.
            fill(path, &mut blocks, BZIP2_BLOCK)?;
        }
        Err(error)
    })?;
    Ok(Opened { path: path.to_owned(), blocks, format, meter })
}

/// Also how many compressions were undone.
fn unpack(path: &Path, blocks: Blocks) -> Result<(Blocks, usize), Error> {
    match unpack::unpack(blocks) {
        Ok((_, undone)) if undone > MAX_NESTED => {
            Err(Error::Nested { path: path.to_owned(), times: MAX_NESTED })
        }
        Ok(unpacked) => Ok(unpacked),
        Err(reason) => Err(Error::Read { path: path.to_owned(), reason }),
    }
}

/// Reads up to the first record: which format it is. What is needed for that and no more is asked
/// of the window, and taken from it only if it is understood.
pub(super) fn format_of(path: &Path, blocks: &mut Blocks) -> Result<Format, Error> {
    let first = fill(path, blocks, pcap::FILE_HEADER)?;
    if first.is_empty() {
        return Err(Error::Empty { path: path.to_owned() });
    }
    if pcap::is_pcap(first) {
        let pcap = Pcap::new(first).map_err(|refusal| pcap_refused(path, refusal))?;
        blocks.consume(pcap::FILE_HEADER);
        return Ok(Format::Pcap(pcap));
    }
    if first.starts_with(&pcapng::SECTION_HEADER) {
        match Pcapng::new(first) {
            Ok(pcapng) => return Ok(Format::Pcapng(pcapng)),
            Err(pcapng::Refusal::NotPcapng) => {}
            Err(pcapng::Refusal::Cut) => return Err(Error::Cut { path: path.to_owned() }),
            Err(pcapng::Refusal::Version(major, minor)) => {
                return Err(Error::Version { path: path.to_owned(), major, minor });
            }
        }
    }
    // Whatever more there is of it, and be it nothing, it is no capture.
    let _ = fill(path, blocks, LOOK);
    Err(not_a_capture(path.to_owned(), blocks.buffered()))
}

fn pcap_refused(path: &Path, refusal: pcap::Refusal) -> Error {
    let path = path.to_owned();
    match refusal {
        pcap::Refusal::Cut => Error::Cut { path },
        pcap::Refusal::Variant(what) => Error::Unsupported { path, what },
    }
}

fn not_a_capture(path: PathBuf, first: &[u8]) -> Error {
    let look = &first[..first.len().min(LOOK)];
    match guess(look) {
        Guess::OtherCapture(what) => Error::Unsupported { path, what: what.to_owned() },
        Guess::Other(what) => {
            let first = look[..look.len().min(SHOW)].escape_ascii().to_string();
            Error::NotACapture { path, what, first }
        }
    }
}

fn fill<'a>(path: &Path, blocks: &'a mut Blocks, wanted: usize) -> Result<&'a [u8], Error> {
    blocks.fill(wanted).map_err(|reason| Error::Read { path: path.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::samples::Writer;

    fn refusal(bytes: &[u8]) -> String {
        let source = io::Cursor::new(bytes.to_vec());
        identify(Path::new("a.pcap"), source, None).err().expect("it is refused").to_string()
    }

    #[test]
    fn each_refusal_is_one_helpful_line() {
        let little = Writer { big: false };
        let header = little.pcap_header(0xa1b2_c3d4, (2, 4), 1);
        let ixia = little.pcap_header(0x1c00_01ac, (1, 0), 1);
        let mut section = little.section();
        section[12] = 7;
        let not_a_capture = "a.pcap is not a capture file (pcap or pcapng): it looks like";
        let convert = "which is not read here: `editcap` or `tshark -r … -w …` can convert it";
        for (bytes, expected) in [
            (&b""[..], "a.pcap is empty: no packet was ever written to it".to_owned()),
            (&header[..20], "a.pcap is cut off inside its file header: it holds no packets".into()),
            (
                &section[..12],
                "a.pcap is cut off inside its file header: it holds no packets".into(),
            ),
            (&section, "a.pcap is a pcapng file of version 7.0, which is not read here".into()),
            (&ixia, format!("a.pcap is a pcap file by IxVeriWave (lcap), {convert}")),
            (b"snoop\0\0\0\0\0\0\x02", format!("a.pcap is a snoop capture, {convert}")),
            (b"GET /\r\n", format!("{not_a_capture} text and begins with \"GET /\\r\\n\"")),
            (
                b"\x0a\x0d\x0d\x0a and no more of it",
                format!("{not_a_capture} text and begins with \"\\n\\r\\r\\n and no more\""),
            ),
        ] {
            assert_eq!(refusal(bytes), expected);
            assert_eq!(refusal(bytes).lines().count(), 1);
        }
    }

    #[test]
    fn gzip_of_something_else_is_seen_through() {
        let mut packed = flate2::read::GzEncoder::new(&b"<html>"[..], flate2::Compression::fast());
        let mut bytes = Vec::new();
        packed.read_to_end(&mut bytes).unwrap();
        assert!(
            refusal(&bytes).ends_with("it looks like HTML or XML text and begins with \"<html>\"")
        );
        assert_eq!(refusal(&bytes[..12]), "cannot read a.pcap: its compressed data is cut off");
        let damaged = "cannot read a.pcap: its compressed data is damaged (";
        assert!(refusal(b"\x1f\x8b\xff\0\0\0\0\0\0\0").starts_with(damaged));
    }

    #[test]
    fn a_directory_and_a_missing_file_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(open(folder.path()), Err(Error::NoCaptures { .. })));
        assert!(matches!(open(&folder.path().join("none")), Err(Error::Open { .. })));
    }
}
