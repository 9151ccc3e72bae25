//! Compressed captures: told by their first bytes, unpacked as they are read.
//!
//! Unpacking is a stream from one window into another, so that what a small file can be unpacked to
//! costs time and no memory. What a decoder holds for itself has a cap, [`MAX_WINDOW`]. Several
//! members or frames behind each other are read as one file, as the tools of these formats do.

mod gzip;
mod lz4;
mod xz;

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use bzip2::bufread::MultiBzDecoder;

use super::blocks::Blocks;

/// How much a decoder may look back, in bytes. It has to hold that much in memory. `zstd` itself
/// refuses more than this unless it is told otherwise, and twice the most that `xz -9` asks for.
const MAX_WINDOW: usize = 128 << 20;

/// The same as zstd wants to hear it: the power of two.
const WINDOW_LOG: u32 = MAX_WINDOW.ilog2();

/// How often a capture may be compressed over and over. Twice happens when a log rotation packs
/// what was packed already; more is a mistake or a trap.
pub(super) const MAX_NESTED: usize = 2;

/// How many bytes of skippable frames (of zstd and lz4) are looked behind. `pzstd` begins its files
/// with one of 12 bytes.
const LOOKED_BEHIND: usize = 4096;

/// What is told of a decoder that wants more than [`MAX_WINDOW`].
const TOO_LARGE: &str = "to unpack it takes more memory than the 128 MiB that are given for it";

/// A compression that is known by its first bytes.
struct Compression {
    magic: &'static [u8],
    decoder: fn(Blocks) -> io::Result<Box<dyn Read + Send>>,
}

const COMPRESSIONS: [Compression; 5] = [
    Compression {
        magic: b"\x1f\x8b",
        decoder: |packed| Ok(told(gzip::Gzip::new(Sips::new(packed)))),
    },
    Compression { magic: b"\x28\xb5\x2f\xfd", decoder: zstd },
    Compression {
        magic: b"\xfd7zXZ\0",
        decoder: |packed| Ok(told(xz::Xz::new(Sips::new(packed), MAX_WINDOW))),
    },
    Compression {
        magic: b"BZh",
        decoder: |packed| Ok(told(MultiBzDecoder::new(Sips::new(packed)))),
    },
    Compression { magic: &lz4::MAGIC, decoder: |packed| Ok(told(lz4::Lz4::new(packed))) },
];

/// The unpacked bytes of a file, and how many compressions were undone. Where that is more than
/// [`MAX_NESTED`], the bytes are still packed.
pub(super) fn unpack(mut blocks: Blocks) -> io::Result<(Blocks, usize)> {
    let mut undone = 0;
    while let Some(compression) = recognise(&mut blocks)? {
        undone += 1;
        if undone > MAX_NESTED {
            break;
        }
        blocks = Blocks::new((compression.decoder)(blocks)?);
    }
    Ok((blocks, undone))
}

/// Whether bytes are the beginning of something compressed.
pub(super) fn is_packed(first: &[u8]) -> bool {
    is_skippable(first) || COMPRESSIONS.iter().any(|known| first.starts_with(known.magic))
}

fn recognise(blocks: &mut Blocks) -> io::Result<Option<&'static Compression>> {
    let first = blocks.fill(6)?;
    if is_skippable(first) {
        let first = blocks.fill(LOOKED_BEHIND)?;
        let behind = behind_skippable(first);
        return Ok(COMPRESSIONS.iter().find(|known| behind.starts_with(known.magic)));
    }
    Ok(COMPRESSIONS.iter().find(|known| first.starts_with(known.magic)))
}

/// Frames that decoders pass over. zstd took them over from lz4 (RFC 8878 section 3.1.2).
fn is_skippable(bytes: &[u8]) -> bool {
    matches!(bytes, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// The length of the skippable frame that the bytes begin with, header included; `None` if they are
/// too few to tell.
fn skippable_len(bytes: &[u8]) -> Option<u64> {
    let len = bytes.get(4..8)?.first_chunk()?;
    Some(8 + u64::from(u32::from_le_bytes(*len)))
}

fn behind_skippable(mut bytes: &[u8]) -> &[u8] {
    while is_skippable(bytes) {
        let len = skippable_len(bytes).and_then(|len| usize::try_from(len).ok());
        bytes = len.and_then(|len| bytes.get(len..)).unwrap_or_default();
    }
    bytes
}

fn zstd(packed: Blocks) -> io::Result<Box<dyn Read + Send>> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(Sips::new(packed))?;
    decoder.window_log_max(WINDOW_LOG)?;
    Ok(told(decoder))
}

/// At most so many packed bytes are given to a decoder at a time, and at most so many unpacked ones
/// are asked of it.
pub(super) const SIP: usize = 1024;
const HELPING: usize = 64 << 10;

/// How much is given or asked for in one step, after so much. A decoder that meets damage says nothing
/// of what it has unpacked in the same step, so that it is lost: a step must not be long, nor longer
/// than a small part of what came before, since a file that is damaged early has a beginning too. The
/// shortest is less than the header of any capture.
fn step(before: usize, longest: usize) -> usize {
    (before / 8).clamp(16, longest)
}

/// Packed bytes, few at a time, and cut at the same places however they come: what a decoder makes of
/// damage, and what is lost with it, hangs on that.
struct Sips {
    source: Blocks,
    taken: usize,
    /// What the source has said, until what came before is taken.
    error: Option<io::Error>,
}

impl Sips {
    const fn new(source: Blocks) -> Self {
        Self { source, taken: 0, error: None }
    }
}

impl Read for Sips {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Sips {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let most = step(self.taken, SIP);
        if self.error.is_none() {
            self.error = self.source.fill(most).err();
        }
        let bytes = self.source.buffered();
        if bytes.is_empty()
            && let Some(error) = self.error.take()
        {
            return Err(error);
        }
        Ok(&bytes[..bytes.len().min(most)])
    }

    fn consume(&mut self, count: usize) {
        self.taken = self.taken.saturating_add(count);
        Blocks::consume(&mut self.source, count);
    }
}

/// Unpacked bytes, few at a time: a few packed ones may be unpacked to many.
struct Helpings<R> {
    source: R,
    given: usize,
}

impl<R: Read> Read for Helpings<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = step(self.given, HELPING).min(out.len());
        let count = self.source.read(&mut out[..most])?;
        self.given = self.given.saturating_add(count);
        Ok(count)
    }
}

fn told(decoder: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(Told(Helpings { source: decoder, given: 0 }))
}

/// Puts the errors of all decoders in the same terms: cut off (`UnexpectedEof`), damaged
/// (`InvalidData`), or larger than is allowed (`OutOfMemory`). What the system says of the file
/// below stays what it is.
struct Told<R>(R);

impl<R: Read> Read for Told<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out).map_err(|error| match error.kind() {
            io::ErrorKind::OutOfMemory => io::Error::new(io::ErrorKind::OutOfMemory, TOO_LARGE),
            io::ErrorKind::Other if error.to_string().contains("too much memory") => {
                io::Error::new(io::ErrorKind::OutOfMemory, TOO_LARGE)
            }
            io::ErrorKind::Other | io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported => {
                io::Error::new(io::ErrorKind::InvalidData, error.to_string())
            }
            _ => error,
        })
    }
}

/// What a decoder's error says of the file; `None` for one of the system's, which come the same way.
pub(super) fn damage(error: &io::Error) -> Option<Cow<'static, str>> {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Some("its compressed data is cut off".into()),
        io::ErrorKind::OutOfMemory => Some(error.to_string().into()),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            Some(format!("its compressed data is damaged ({error})").into())
        }
        _ => None,
    }
}

/// The error of a stream that ends too early.
fn cut() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}
