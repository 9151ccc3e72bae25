//! Bytes that are still being written: reading them fails with `WouldBlock` while there are none,
//! and comes to an end only where nobody can write any more.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// How long to wait for more at the end, before saying that there is nothing for now.
const POLL: Duration = Duration::from_millis(100);

/// How much is read from a pipe at a time, and how many such pieces may wait.
const PIECE: usize = 64 << 10;
const WAITING: usize = 4;

/// A file at whose end more is waited for.
pub(super) struct GrowingFile(pub(super) File);

impl Read for GrowingFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(out)?;
        if count > 0 || out.is_empty() {
            return Ok(count);
        }
        thread::sleep(POLL);
        match self.0.read(out)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

/// A pipe, read on a thread of its own: reading one cannot be given up once it has begun.
pub(super) struct Pipe {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: io::Cursor<Vec<u8>>,
}

impl Pipe {
    pub(super) fn new(source: impl Read + Send + 'static) -> Self {
        let (send, pieces) = sync_channel(WAITING);
        // It ends with the pipe, or with the program.
        thread::spawn(move || pump(source, &send));
        Self { pieces, piece: io::Cursor::default() }
    }
}

fn pump(mut source: impl Read, send: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut piece = vec![0; PIECE];
        let read = match source.read(&mut piece) {
            Ok(0) => return,
            Ok(count) => {
                piece.truncate(count);
                Ok(piece)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let failed = read.is_err();
        if send.send(read).is_err() || failed {
            return;
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.piece.read(out)?;
        if count > 0 || out.is_empty() {
            return Ok(count);
        }
        match self.pieces.recv_timeout(POLL) {
            Ok(piece) => self.piece = io::Cursor::new(piece?),
            Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::WouldBlock.into()),
            Err(RecvTimeoutError::Disconnected) => return Ok(0),
        }
        self.piece.read(out)
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
