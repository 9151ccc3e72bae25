//! One of several files: open only while packets are read from it, so that a directory of thousands
//! of rotated files needs no more open files than overlap in time.

use std::path::{Path, PathBuf};

use super::Progress;
use super::error::Error;
use super::folder::plain;
use super::reader::Reader;
use crate::note::{Note, NoteKind};
use crate::time::Timestamp;

/// A file, and the number in the whole of the last packet that came from it.
pub(super) struct Input {
    state: State,
    pub(super) last_packet: Option<u64>,
}

enum State {
    /// Looked into for the time of its first packet, and closed again until that is due.
    Parked {
        path: PathBuf,
        size: Option<u64>,
    },
    Open(Box<Reader>),
    /// Read to its end, or not to be opened again.
    Over {
        path: PathBuf,
        key_log: Vec<u8>,
        progress: Progress,
    },
}

impl Input {
    /// A file that was opened and not yet advanced. Gives the time of its first packet too, or what
    /// is to be said if there is none.
    pub(super) fn new(reader: Reader) -> (Self, Result<Timestamp, Vec<Note>>) {
        let mut input = Self { state: State::Open(Box::new(reader)), last_packet: None };
        let first = input.advance();
        (input, first)
    }

    /// Closes it until its first packet is due. What can be read only once stays open.
    pub(super) fn park(&mut self) {
        let State::Open(reader) = &self.state else { return };
        // Only of what is a file and no pipe the size is known.
        let (path, size) = (reader.path().to_owned(), reader.progress().total);
        if size.is_some() {
            self.state = State::Parked { path, size };
        }
    }

    /// Whether it is closed until its first packet is due.
    pub(super) const fn is_parked(&self) -> bool {
        matches!(self.state, State::Parked { .. })
    }

    /// Opens it at its first packet, which was seen before: what is to be said if that is gone.
    pub(super) fn unpark(&mut self) -> Result<(), Vec<Note>> {
        let State::Parked { path, .. } = &self.state else { return Ok(()) };
        match Reader::open(path) {
            Ok(reader) => {
                self.state = State::Open(Box::new(reader));
                self.advance().map(|_| ())
            }
            Err(error) => {
                let notes = vec![vanished(&error)];
                let progress = Progress { read: 0, total: Some(0) };
                let (path, key_log) = (path.clone(), Vec::new());
                self.state = State::Over { path, key_log, progress };
                Err(notes)
            }
        }
    }

    /// Steps to its next packet: the time of that, or at its end what is to be said of it. It is
    /// then closed.
    pub(super) fn advance(&mut self) -> Result<Timestamp, Vec<Note>> {
        let State::Open(reader) = &mut self.state else { return Err(Vec::new()) };
        reader.advance();
        if let Some(time) = reader.time() {
            return Ok(time);
        }
        let notes = end_notes(reader, self.last_packet);
        let (path, key_log) = (reader.path().to_owned(), reader.key_log().to_vec());
        self.state = State::Over { path, key_log, progress: reader.progress() };
        Err(notes)
    }

    /// The reader, while it is open.
    pub(super) fn reader(&self) -> Option<&Reader> {
        if let State::Open(reader) = &self.state { Some(reader) } else { None }
    }

    /// The same, to be advanced.
    pub(super) fn reader_mut(&mut self) -> Option<&mut Reader> {
        if let State::Open(reader) = &mut self.state { Some(reader) } else { None }
    }

    /// The path it was opened by.
    pub(super) fn path(&self) -> &Path {
        match &self.state {
            State::Parked { path, .. } | State::Over { path, .. } => path,
            State::Open(reader) => reader.path(),
        }
    }

    /// The TLS key log text in the part that was read; empty if none.
    pub(super) fn key_log(&self) -> &[u8] {
        match &self.state {
            State::Parked { .. } => &[],
            State::Open(reader) => reader.key_log(),
            State::Over { key_log, .. } => key_log,
        }
    }

    /// How much of it was read.
    pub(super) fn progress(&self) -> Progress {
        match &self.state {
            State::Parked { size, .. } => Progress { read: 0, total: *size },
            State::Open(reader) => reader.progress(),
            State::Over { progress, .. } => *progress,
        }
    }
}

fn vanished(error: &Error) -> Note {
    let text = format!("its packets are missing: {}", plain(&error.to_string()));
    Note { kind: NoteKind::DamagedFile, packet: None, text: text.into() }
}

/// What is to be said of a file once it has ended.
fn end_notes(reader: &Reader, last_packet: Option<u64>) -> Vec<Note> {
    let path = plain(&reader.path().display().to_string());
    let damage = reader.damage().map(|damage| {
        let last = match last_packet {
            Some(number) => format!("packet {number} is the last one read from it"),
            None => "no packet could be read from it".to_owned(),
        };
        let (offset, reason) = (damage.offset, &damage.reason);
        let text = format!("{path} is damaged at byte {offset}: {reason}; {last}");
        Note { kind: NoteKind::DamagedFile, packet: last_packet, text: text.into() }
    });
    reader.remarks(&path).into_iter().chain(damage).collect()
}
