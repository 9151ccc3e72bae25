//! A window over a byte stream: the part of a capture that is in memory.
//!
//! One buffer serves the whole file. Records are looked at where they lie; only the incomplete
//! record at the end of the buffer is moved, to its front, before more is read. The buffer grows to
//! hold one record, up to [`LARGEST`].

use std::io::{self, BufRead, Read};

/// The buffer's size at the start: large enough that system calls vanish beside the work, small
/// enough to stay in a second-level cache.
pub(crate) const USUAL: usize = 256 * 1024;

/// The most that [`Blocks::fill`] can hold at once. It is the largest record a format reader asks
/// for ([`super::record::MAX_RECORD`]) with room for the block around it.
pub(crate) const LARGEST: usize = super::record::MAX_RECORD + 64 * 1024;

/// A buffer that grew past this for one huge record is not used again.
const MOST_KEPT: usize = 4 * USUAL;

/// A byte stream with a window that can be filled to a wanted size and consumed from the front.
///
/// It is also a [`BufRead`], so that a decompressor can sit on one and be read through another.
pub(crate) struct Blocks {
    source: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    position: u64,
}

impl Blocks {
    /// A window at the beginning of `source`. Nothing is read yet.
    pub(crate) fn new(source: Box<dyn Read + Send>) -> Self {
        Self { source, buffer: vec![0; USUAL], start: 0, end: 0, position: 0 }
    }

    /// The bytes in the window.
    pub(crate) fn buffered(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// How many bytes of the stream lie before the window.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    /// Reads until the window holds `wanted` bytes (at most [`LARGEST`]) and returns all of it; it
    /// is shorter only at the end of the stream. A pipe is not waited for beyond what is wanted.
    ///
    /// # Errors
    ///
    /// Whatever the source says; bytes that were read before stay in the window.
    pub(crate) fn fill(&mut self, wanted: usize) -> io::Result<&[u8]> {
        let wanted = wanted.min(LARGEST);
        if self.end - self.start < wanted {
            self.move_to_front();
            while self.end < wanted && self.read_some()? {}
        }
        Ok(self.buffered())
    }

    /// Drops `count` bytes from the front of the window, or all of it if it is smaller.
    pub(crate) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.position += count as u64;
    }

    /// Passes over `count` bytes, reading them if need be. False if the stream ended before.
    ///
    /// # Errors
    ///
    /// Whatever the source says.
    pub(crate) fn skip(&mut self, mut count: u64) -> io::Result<bool> {
        loop {
            let here = usize::try_from(count).unwrap_or(usize::MAX).min(self.end - self.start);
            self.consume(here);
            count -= here as u64;
            if count == 0 {
                return Ok(true);
            }
            if self.fill(1)?.is_empty() {
                return Ok(false);
            }
        }
    }

    /// Gives the buffer away and goes on with `other`, of which only the memory counts. The first
    /// `count` bytes of the window are dropped, the rest moves along. Returns where in the buffer
    /// that was given away the window began.
    pub(crate) fn exchange(&mut self, count: usize, other: &mut Vec<u8>) -> usize {
        let start = self.start;
        let rest = &self.buffer[(start + count).min(self.end)..self.end];
        let len = rest.len();
        if other.capacity() > MOST_KEPT {
            *other = Vec::new();
        }
        other.resize(USUAL.max(len), 0);
        other[..len].copy_from_slice(rest);
        std::mem::swap(&mut self.buffer, other);
        self.position += count as u64;
        (self.start, self.end) = (0, len);
        start
    }

    fn move_to_front(&mut self) {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
    }

    /// Reads once. The buffer only grows when it is full: a length that a damaged file merely claims
    /// costs no memory.
    fn read_some(&mut self) -> io::Result<bool> {
        if self.end == self.buffer.len() {
            self.buffer.resize((2 * self.end).min(LARGEST), 0);
        }
        loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Read for Blocks {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(out)?;
        Blocks::consume(self, count);
        Ok(count)
    }
}

impl BufRead for Blocks {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.fill(1)
    }

    fn consume(&mut self, count: usize) {
        Blocks::consume(self, count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives `chunk` bytes at a read, as a pipe would.
    struct Drip {
        bytes: io::Cursor<Vec<u8>>,
        chunk: usize,
    }

    impl Read for Drip {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let most = out.len().min(self.chunk);
            self.bytes.read(&mut out[..most])
        }
    }

    fn numbers(count: usize, chunk: usize) -> (Vec<u8>, Blocks) {
        let bytes: Vec<u8> = (0..count).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let source = Drip { bytes: io::Cursor::new(bytes.clone()), chunk };
        (bytes, Blocks::new(Box::new(source)))
    }

    #[test]
    fn the_window_walks_the_stream_whatever_the_sizes() {
        let (bytes, mut blocks) = numbers(1_000_000, 7_001);
        let mut at = 0;
        let mut step = 1;
        while at < bytes.len() {
            let window = blocks.fill(step).unwrap();
            let seen = window.len().min(step);
            assert!(seen == step || at + seen == bytes.len());
            assert_eq!(window[..seen], bytes[at..at + seen]);
            blocks.consume(seen);
            at += seen;
            assert_eq!(blocks.position(), at as u64);
            step = (step * 7) % 70_001 + 1;
        }
        assert!(blocks.fill(1).unwrap().is_empty());
    }

    #[test]
    fn a_pipe_is_not_waited_for_beyond_what_is_wanted() {
        let (_, mut blocks) = numbers(1000, 10);
        assert_eq!(blocks.fill(15).unwrap().len(), 20);
        assert_eq!(blocks.fill(20).unwrap().len(), 20);
    }

    #[test]
    fn the_buffer_grows_for_one_large_record_and_no_further_than_the_cap() {
        let (bytes, mut blocks) = numbers(LARGEST + 1000, 1 << 20);
        blocks.fill(3).unwrap();
        blocks.consume(3);
        assert_eq!(blocks.fill(usize::MAX).unwrap().len(), LARGEST);
        assert_eq!(blocks.buffered(), &bytes[3..LARGEST + 3]);
    }

    #[test]
    fn skipping_runs_through_more_than_one_buffer_and_tells_the_end() {
        let (bytes, mut blocks) = numbers(600_000, 100_000);
        assert!(blocks.skip(500_001).unwrap());
        assert_eq!(blocks.fill(1).unwrap()[0], bytes[500_001]);
        assert!(blocks.skip(99_999).unwrap());
        assert!(!blocks.skip(1).unwrap());
        assert_eq!(blocks.position(), 600_000);
    }

    #[test]
    fn an_error_leaves_what_was_read_before_it() {
        struct Broken(bool);
        impl Read for Broken {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                if std::mem::replace(&mut self.0, true) {
                    return Err(io::Error::other("broken"));
                }
                out[..4].copy_from_slice(b"good");
                Ok(4)
            }
        }
        let mut blocks = Blocks::new(Box::new(Broken(false)));
        assert!(blocks.fill(8).is_err());
        assert_eq!(blocks.buffered(), b"good");
    }
}
