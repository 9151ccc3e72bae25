//! Word lists: files plain or compressed, standard input, and the list that is built in, cut into
//! blocks of whole lines.

use crate::capture::{Pipe, is_silence};
use crate::session::crack;
use anyhow::Context;
use flate2::bufread::MultiGzDecoder;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Bytes that are read at once.
const READ: usize = 1 << 18;

/// Longest line that is tried as one candidate; what is longer is tried in pieces.
const MAX_LINE: usize = 1 << 20;

/// How a gzip file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Where candidates come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wordlist {
    /// The secrets of tutorials.
    Builtin,
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

impl Wordlist {
    /// What was named on a command line: a file, or `-`.
    pub fn named(path: &Path) -> Self {
        if path.as_os_str() == "-" { Self::Stdin } else { Self::File(path.to_owned()) }
    }

    /// What to call it.
    pub fn name(&self) -> String {
        match self {
            Self::Builtin => "the built-in list".to_owned(),
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "standard input".to_owned(),
        }
    }

    /// Whether it can be read from its beginning again.
    pub fn is_repeatable(&self) -> bool {
        match self {
            Self::Builtin => true,
            Self::Stdin => false,
            Self::File(path) => path.is_file(),
        }
    }

    /// Opens it at its beginning. Raising `interrupted` ends the wait for a beginning.
    ///
    /// # Errors
    /// A file that cannot be opened or read.
    pub fn open(&self, interrupted: &AtomicBool) -> anyhow::Result<Blocks> {
        let unreadable = || format!("cannot read {}", self.name());
        let taken = Arc::new(AtomicU64::new(0));
        let (raw, size) = self.raw().with_context(unreadable)?;
        let counted = Counted { inner: raw, taken: Arc::clone(&taken) };
        let mut buffered = BufReader::with_capacity(READ, counted);
        let is_gzip = loop {
            match buffered.fill_buf() {
                Ok(start) => break start.starts_with(&GZIP),
                Err(error) if !is_silence(&error) => return Err(error).with_context(unreadable),
                Err(_) if interrupted.load(Ordering::Relaxed) => break false,
                Err(_) => {}
            }
        };
        let input: Box<dyn Read + Send> =
            if is_gzip { Box::new(MultiGzDecoder::new(buffered)) } else { Box::new(buffered) };
        Ok(Blocks { input, rest: Vec::new(), ended: false, number: 0, taken, size })
    }

    /// The bytes, and how many there are where that is known.
    fn raw(&self) -> io::Result<(Box<dyn Read + Send>, Option<u64>)> {
        Ok(match self {
            Self::Builtin => (Box::new(crack::BUILTIN), Some(crack::BUILTIN.len() as u64)),
            Self::Stdin => (Box::new(Pipe::new(|| Ok(io::stdin()))), None),
            Self::File(path) if path.is_file() => {
                let file = open(path)?;
                let size = file.metadata().ok().map(|about| about.len());
                (Box::new(file), size)
            }
            Self::File(path) => {
                path.metadata()?;
                let path = path.clone();
                (Box::new(Pipe::new(move || open(&path))), None)
            }
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "the user named this file to read")]
fn open(path: &Path) -> io::Result<std::fs::File> {
    std::fs::File::open(path)
}

/// A reader that tells how much was taken from it, so that progress is known of compressed files.
struct Counted {
    inner: Box<dyn Read + Send>,
    taken: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.taken.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// How far a list is read.
#[derive(Debug, Clone)]
pub struct Position {
    taken: Arc<AtomicU64>,
    size: Option<u64>,
}

impl Position {
    /// The part that is read, from 0 to 1, where the size is known.
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    pub fn part(&self) -> Option<f64> {
        let size = self.size.filter(|size| *size > 0)?;
        Some((self.taken.load(Ordering::Relaxed) as f64 / size as f64).min(1.0))
    }
}

/// Whole lines of a list.
pub struct Block {
    /// From 0, in the order of the list.
    pub number: u64,
    /// The lines with the ends between them.
    pub text: Vec<u8>,
}

/// A list that is being read.
pub struct Blocks {
    input: Box<dyn Read + Send>,
    /// What was read beyond the last line end.
    rest: Vec<u8>,
    ended: bool,
    number: u64,
    taken: Arc<AtomicU64>,
    size: Option<u64>,
}

impl Blocks {
    /// Where the reading stands.
    pub fn position(&self) -> Position {
        Position { taken: Arc::clone(&self.taken), size: self.size }
    }

    /// The next block of whole lines, about `size` bytes of them; `None` at the end. What comes
    /// slowly makes smaller blocks.
    ///
    /// # Errors
    /// Those of the file, damaged compression, and silence ([`is_silence`]): ask again.
    pub fn next(&mut self, size: usize) -> io::Result<Option<Block>> {
        let mut text = std::mem::take(&mut self.rest);
        let end = loop {
            if self.ended && text.len() <= size {
                break text.len();
            }
            if text.len() >= size || self.ended {
                let found = memchr::memrchr(b'\n', &text[..text.len().min(size)])
                    .or_else(|| memchr::memchr(b'\n', &text));
                match found {
                    Some(at) => break at + 1,
                    None if self.ended || text.len() >= MAX_LINE => break text.len(),
                    None => {}
                }
            }
            if let Err(error) = self.fill(&mut text) {
                if !is_silence(&error) {
                    return Err(error);
                }
                if let Some(at) = memchr::memrchr(b'\n', &text) {
                    break at + 1;
                }
                self.rest = text;
                return Err(error);
            }
        };
        self.rest = text.split_off(end);
        if text.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(Block { number: self.number - 1, text }))
    }

    fn fill(&mut self, text: &mut Vec<u8>) -> io::Result<()> {
        let known = text.len();
        text.resize(known + READ, 0);
        let count = loop {
            match self.input.read(&mut text[known..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    text.truncate(known);
                    return Err(error);
                }
                Ok(count) => break count,
            }
        };
        text.truncate(known + count);
        self.ended = count == 0;
        Ok(())
    }

    /// Passes over so many lines, until `interrupted` is raised.
    ///
    /// # Errors
    /// As for [`Self::next`], but for silence.
    pub fn skip(&mut self, lines: u64, interrupted: &AtomicBool) -> io::Result<()> {
        let mut left = lines;
        while left > 0 && !interrupted.load(Ordering::Relaxed) {
            let block = match self.next(READ) {
                Err(error) if is_silence(&error) => continue,
                other => other?,
            };
            let Some(block) = block else { return Ok(()) };
            let count = line_count(&block.text);
            if count > left {
                let at = memchr::memchr_iter(b'\n', &block.text)
                    .nth(usize::try_from(left - 1).unwrap_or(usize::MAX));
                let from = at.map_or(block.text.len(), |at| at + 1);
                self.rest = [&block.text[from..], &self.rest].concat();
            }
            left = left.saturating_sub(count);
        }
        self.number = 0;
        Ok(())
    }
}

/// The lines of a block, the last one with or without its end.
pub fn line_count(text: &[u8]) -> u64 {
    let ends = memchr::memchr_iter(b'\n', text).count() as u64;
    ends + u64::from(!text.is_empty() && text.last() != Some(&b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(bytes: &'static [u8]) -> Blocks {
        let taken = Arc::new(AtomicU64::new(0));
        let input = Box::new(bytes);
        Blocks { input, rest: Vec::new(), ended: false, number: 0, taken, size: None }
    }

    fn all(mut blocks: Blocks, size: usize) -> Vec<String> {
        let mut found = Vec::new();
        while let Some(block) = blocks.next(size).unwrap() {
            assert_eq!(block.number, found.len() as u64);
            found.push(String::from_utf8(block.text).unwrap());
        }
        found
    }

    #[test]
    fn blocks_end_where_lines_end() {
        assert_eq!(all(blocks(b"a\nbb\nccc\nd"), 5), ["a\nbb\n", "ccc\n", "d"]);
        assert_eq!(all(blocks(b"a\nbb\nccc\nd"), 10), ["a\nbb\nccc\n", "d"]);
        assert_eq!(all(blocks(b"a\nbb\nccc\nd"), 11), ["a\nbb\nccc\nd"]);
        assert_eq!(all(blocks(b"a\nbb\nccc\nd"), 1), ["a\n", "bb\n", "ccc\n", "d"]);
        assert_eq!(all(blocks(b"a\n"), 100), ["a\n"]);
        assert!(all(blocks(b""), 100).is_empty());
    }

    /// An input that is silent wherever there is no piece.
    struct Slow(std::array::IntoIter<Option<&'static [u8]>, 7>);

    impl Read for Slow {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            match self.0.next() {
                Some(Some(mut piece)) => piece.read(out),
                Some(None) => Err(io::ErrorKind::WouldBlock.into()),
                None => Ok(0),
            }
        }
    }

    #[test]
    fn what_comes_slowly_is_handed_on_as_soon_as_a_line_is_whole() {
        let pieces: [Option<&[u8]>; 7] =
            [None, Some(b"a\nb"), None, Some(b"c"), None, Some(b"\nd\ne"), None];
        let input = Box::new(Slow(pieces.into_iter()));
        let mut list = Blocks { input, ..blocks(b"") };
        for expected in [None, Some("a\n"), None, Some("bc\nd\n"), Some("e")] {
            let text = match list.next(1000) {
                Ok(block) => Some(String::from_utf8(block.unwrap().text).unwrap()),
                Err(error) => {
                    assert!(is_silence(&error));
                    None
                }
            };
            assert_eq!(text.as_deref(), expected);
        }
        assert!(list.next(1000).unwrap().is_none());
    }

    #[test]
    fn lines_are_skipped_one_by_one() {
        for (lines, rest) in [(0, "a\n\nc\nd"), (1, "\nc\nd"), (2, "c\nd"), (3, "d"), (4, "")] {
            let mut list = blocks(b"a\n\nc\nd");
            list.skip(lines, &AtomicBool::new(false)).unwrap();
            assert_eq!(all(list, 100).concat(), rest, "{lines}");
        }
    }

    #[test]
    fn a_last_line_without_an_end_counts() {
        for (text, count) in [("", 0), ("\n", 1), ("a", 1), ("a\n", 1), ("a\nb", 2)] {
            assert_eq!(line_count(text.as_bytes()), count, "{text:?}");
        }
    }
}
