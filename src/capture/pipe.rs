//! An input that may be silent for long, such as a pipe or a terminal, and that is not to keep
//! whoever reads it from looking around.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// After so long without a byte, a reader is told that there is nothing for now.
pub(super) const SILENCE: Duration = Duration::from_millis(100);

/// How much is read at a time, and how many such pieces may wait to be taken.
const PIECE: usize = 64 << 10;
const WAITING: usize = 4;

/// An input that is read on a thread of its own, since a read of it cannot be given up once it has
/// begun. Where nothing comes for a tenth of a second, reading fails with
/// [`io::ErrorKind::WouldBlock`] ([`is_silence`]) and may be tried again.
#[derive(Debug)]
pub struct Pipe {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: io::Cursor<Vec<u8>>,
}

impl Pipe {
    /// Reads what `open` opens. That happens on the thread too: opening a named pipe waits until
    /// somebody writes to it. Where it fails, the first read does.
    pub fn new<R: Read>(open: impl FnOnce() -> io::Result<R> + Send + 'static) -> Self {
        let (send, pieces) = sync_channel(WAITING);
        // It ends with the input, or with the program.
        thread::spawn(move || {
            if let Err(error) = open().and_then(|input| pass_on(input, &send)) {
                // Where nobody listens any more, nobody asks.
                let _ = send.send(Err(error));
            }
        });
        Self { pieces, piece: io::Cursor::default() }
    }
}

/// Reads to the end, or until nobody listens any more.
fn pass_on(mut input: impl Read, send: &SyncSender<io::Result<Vec<u8>>>) -> io::Result<()> {
    loop {
        let mut piece = vec![0; PIECE];
        match input.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                piece.truncate(count);
                if send.send(Ok(piece)).is_err() {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.piece.read(out)?;
        if count > 0 || out.is_empty() {
            return Ok(count);
        }
        match self.pieces.recv_timeout(SILENCE) {
            Ok(piece) => self.piece = io::Cursor::new(piece?),
            Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::WouldBlock.into()),
            Err(RecvTimeoutError::Disconnected) => return Ok(0),
        }
        self.piece.read(out)
    }
}

/// Whether reading failed only because nothing has come for a while, and something may come yet.
pub fn is_silence(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    /// An input that gives what a test sends it, and then an error if it was told to.
    struct Slow(Receiver<io::Result<&'static [u8]>>);

    impl Read for Slow {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.0.recv().map_or(Ok(0), |piece| piece?.read(out))
        }
    }

    /// The next read that is not silent.
    fn next(pipe: &mut Pipe) -> io::Result<String> {
        let mut out = [0; 4];
        loop {
            match pipe.read(&mut out) {
                Err(error) if is_silence(&error) => {}
                other => return other.map(|n| String::from_utf8_lossy(&out[..n]).into_owned()),
            }
        }
    }

    #[test]
    fn silence_is_told_and_what_comes_after_it_is_read() {
        let (send, coming) = channel();
        let mut pipe = Pipe::new(|| Ok(Slow(coming)));
        assert!(is_silence(&pipe.read(&mut [0]).unwrap_err()));
        send.send(Ok(&b"abcdef"[..])).unwrap();
        assert_eq!(next(&mut pipe).unwrap(), "abcd");
        assert_eq!(next(&mut pipe).unwrap(), "ef");
        assert!(is_silence(&pipe.read(&mut [0]).unwrap_err()));
        send.send(Err(io::ErrorKind::Interrupted.into())).unwrap();
        send.send(Ok(&b"gh"[..])).unwrap();
        assert_eq!(next(&mut pipe).unwrap(), "gh");
        drop(send);
        assert_eq!(next(&mut pipe).unwrap(), "");
        assert_eq!(next(&mut pipe).unwrap(), "");
    }

    #[test]
    fn an_error_comes_after_what_was_read_before_it() {
        let (send, coming) = channel();
        send.send(Ok(&b"ab"[..])).unwrap();
        send.send(Err(io::ErrorKind::BrokenPipe.into())).unwrap();
        let mut pipe = Pipe::new(|| Ok(Slow(coming)));
        assert_eq!(next(&mut pipe).unwrap(), "ab");
        assert_eq!(next(&mut pipe).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(next(&mut pipe).unwrap(), "");
    }

    #[test]
    fn what_cannot_be_opened_fails_when_it_is_read() {
        let mut pipe = Pipe::new(|| Err::<io::Empty, _>(io::ErrorKind::NotFound.into()));
        assert_eq!(next(&mut pipe).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
