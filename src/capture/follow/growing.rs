//! A file that is still being written: reading it never comes to an end, but fails with
//! `WouldBlock` while there is no more of it.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::thread;

use crate::capture::pipe::SILENCE;

/// A file at whose end more is waited for.
pub(super) struct GrowingFile(pub(super) File);

impl Read for GrowingFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(out)?;
        if count > 0 || out.is_empty() {
            return Ok(count);
        }
        thread::sleep(SILENCE);
        match self.0.read(out)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

/// What may have become of a file while it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing, or it is gone and nothing stands in its place.
    Same,
    /// Another file stands in its place.
    Replaced,
    /// It is shorter than what was read of it.
    Truncated,
}

/// Compares the file that was opened with the one that is there now.
pub(super) fn fate(path: &Path, opened: &Metadata, read: u64) -> Fate {
    match path.metadata() {
        Ok(now) if !is_same(opened, &now) => Fate::Replaced,
        Ok(now) if now.len() < read => Fate::Truncated,
        _ => Fate::Same,
    }
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Where files have no number, a replacement shows only if it is shorter.
#[cfg(not(unix))]
fn is_same(_one: &Metadata, _other: &Metadata) -> bool {
    true
}
