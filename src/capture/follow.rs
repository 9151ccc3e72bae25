//! A capture that is still being written, packet by packet as they come.
//!
//! At the end of what is there, more is waited for; a record of which only a part is written waits
//! with it. A file that is replaced or begun anew, as rotation does, is gone on with from its start.

mod growing;

use std::fs::{File, Metadata};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use super::Packet;
use super::blocks::Blocks;
use super::error::Error;
use super::open::{Format, STDIN, format_of};
use super::pipe::{Pipe, is_silence};
use super::record::{Record, Step};
use super::unpack::is_packed;
use crate::note::{Note, NoteKind};
use growing::{Fate, GrowingFile, fate};

/// A capture that is followed while it is written.
pub struct Follow {
    path: PathBuf,
    /// The file as it was opened; `None` for a pipe.
    opened: Option<Metadata>,
    blocks: Blocks,
    /// Known once the file header has been written.
    format: Option<Format>,
    current: Option<Record>,
    /// Bytes still to be passed over.
    skip: u64,
    number: u64,
    ended: bool,
    /// It has been replaced or begun anew: what came before is still to be told.
    is_next: bool,
    notes: Vec<Note>,
}

/// What came next.
#[derive(Debug)]
pub enum Followed<'a> {
    /// A packet.
    Packet(Packet<'a>),
    /// Nothing, for a tenth of a second.
    Idle,
    /// The file was replaced or begun anew: what is to be said of it. Its packets come next.
    Restarted(String),
    /// No more can come: the pipe was closed, or the file is damaged.
    Ended,
}

/// What a step forward gave.
enum Found {
    Packet(Record),
    Nothing,
    End,
}

impl Follow {
    /// Begins to follow a file, or standard input where the path is `-`. It may be empty yet.
    ///
    /// # Errors
    ///
    /// [`Error`] if it cannot be opened, or is a directory.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if path.as_os_str() == STDIN {
            let stdin = io::stdin();
            if stdin.is_terminal() {
                return Err(Error::Terminal);
            }
            let pipe = Pipe::new(|| Ok(stdin));
            return Ok(Self::new(Path::new("standard input"), None, Box::new(pipe)));
        }
        let (source, meta) = source(path)?;
        Ok(Self::new(path, meta, source))
    }

    fn new(path: &Path, opened: Option<Metadata>, source: Box<dyn io::Read + Send>) -> Self {
        Self {
            path: path.to_owned(),
            opened,
            blocks: Blocks::new(source),
            format: None,
            current: None,
            skip: 0,
            number: 0,
            ended: false,
            is_next: false,
            notes: Vec::new(),
        }
    }

    /// Waits for what comes next, about a tenth of a second.
    ///
    /// # Errors
    ///
    /// [`Error`] if what was written turns out to be no capture, from its first byte on; what is no capture
    /// in place of one that was followed ends that.
    pub fn next_event(&mut self) -> Result<Followed<'_>, Error> {
        if let Some(record) = self.current.take() {
            self.blocks.consume(record.len);
        }
        if self.ended {
            return Ok(Followed::Ended);
        }
        match self.find()? {
            Found::Packet(record) => {
                self.number += 1;
                self.current = Some(record);
                Ok(self.packet().map_or(Followed::Ended, Followed::Packet))
            }
            Found::Nothing => Ok(self.rest()),
            Found::End => {
                self.ended = true;
                Ok(Followed::Ended)
            }
        }
    }

    /// How many packets came so far.
    pub const fn packets(&self) -> u64 {
        self.number
    }

    /// What was odd about the file.
    pub fn notes(&self) -> Vec<Note> {
        let path = self.path.display().to_string();
        let remarks = self.format.as_ref().map(|format| format.remarks(&path));
        self.notes.iter().cloned().chain(remarks.into_iter().flatten()).collect()
    }

    fn packet(&self) -> Option<Packet<'_>> {
        let Record { data_at, captured, wire_len, time, link, .. } = self.current?;
        let data = self.blocks.buffered().get(data_at..data_at + captured)?;
        Some(Packet { number: self.number, time, link, data, wire_len })
    }

    fn find(&mut self) -> Result<Found, Error> {
        loop {
            if self.skip > 0 && !self.pass_over() {
                return Ok(Found::Nothing);
            }
            let Some(format) = &mut self.format else {
                match self.begin() {
                    Ok(true) => continue,
                    Ok(false) => return Ok(Found::Nothing),
                    Err(error) if self.is_next => return Ok(self.ends_with(error.to_string())),
                    Err(error) => return Err(error),
                }
            };
            match format.step(self.blocks.buffered()) {
                Step::Record(record) => return Ok(Found::Packet(record)),
                Step::Skip(len) => self.skip = len,
                Step::Damaged(reason) => return Ok(self.damaged(&reason)),
                Step::Need(wanted) => match self.blocks.fill(wanted) {
                    Ok(bytes) if bytes.len() >= wanted => {}
                    Ok([]) => return Ok(Found::End),
                    Ok(_) => return Ok(self.damaged("it ends inside a record")),
                    Err(error) if is_silence(&error) => return Ok(Found::Nothing),
                    Err(error) => return Ok(self.damaged(&format!("reading failed: {error}"))),
                },
            }
        }
    }

    /// Passes over what is no packet, as far as it is written. False if more of it is to come.
    fn pass_over(&mut self) -> bool {
        let before = self.blocks.position();
        let skipped = self.blocks.skip(self.skip);
        self.skip -= self.blocks.position() - before;
        match skipped {
            Ok(whole) => {
                if !whole {
                    self.damaged("it ends inside a block");
                    self.ended = true;
                }
                whole
            }
            Err(error) if is_silence(&error) => false,
            Err(error) => {
                self.damaged(&format!("reading failed: {error}"));
                self.ended = true;
                false
            }
        }
    }

    /// Reads the file header. False if it is not written yet.
    fn begin(&mut self) -> Result<bool, Error> {
        let path = &self.path;
        let first = self.blocks.fill(6);
        if first.is_ok_and(is_packed) {
            let what = "compressed, and such a file can only be read when it is whole";
            return Err(Error::NotToFollow { path: path.clone(), what });
        }
        match format_of(path, &mut self.blocks) {
            Ok(format) => {
                self.format = Some(format);
                Ok(true)
            }
            Err(Error::Read { reason, .. }) if is_silence(&reason) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Nothing comes for now. Perhaps that is because the file is no longer the one that is written.
    fn rest(&mut self) -> Followed<'_> {
        let Some(opened_as) = &self.opened else {
            return if self.ended { Followed::Ended } else { Followed::Idle };
        };
        let read = self.blocks.position() + self.blocks.buffered().len() as u64;
        let what = match fate(&self.path, opened_as, read) {
            Fate::Same => return Followed::Idle,
            Fate::Replaced => "was replaced",
            Fate::Truncated => "was begun anew",
        };
        let (number, notes) = (self.number, self.notes());
        match source(&self.path) {
            Ok((source, meta)) => *self = Self::new(&self.path, meta, source),
            // It may be there again the next time.
            Err(Error::Open { .. }) => return Followed::Idle,
            Err(error) => {
                self.ends_with(error.to_string());
                self.ended = true;
                return Followed::Ended;
            }
        }
        (self.number, self.notes, self.is_next) = (number, notes, true);
        let path = self.path.display();
        Followed::Restarted(format!("{path} {what}: packet {} is its first", number + 1))
    }

    fn damaged(&mut self, reason: &str) -> Found {
        let (path, offset, number) = (self.path.display(), self.blocks.position(), self.number);
        let text = format!(
            "{path} is damaged at byte {offset}: {reason}; packet {number} is the last one read"
        );
        self.ends_with(text)
    }

    /// No more can be read, and why.
    fn ends_with(&mut self, text: String) -> Found {
        let packet = (self.number > 0).then_some(self.number);
        self.notes.push(Note { kind: NoteKind::DamagedFile, packet, text: text.into() });
        Found::End
    }
}

/// Opens what is to be followed. A file comes with what is known of it; anything else but a directory is a
/// pipe, and is opened on a thread of its own: that may wait for somebody who writes to it.
fn source(path: &Path) -> Result<(Box<dyn io::Read + Send>, Option<Metadata>), Error> {
    let failed = |reason| Error::Open { path: path.to_owned(), reason };
    let is = path.metadata().map_err(failed)?.file_type();
    if is.is_dir() {
        let what = "a directory; name the file in it that is being written";
        return Err(Error::NotToFollow { path: path.to_owned(), what });
    }
    if !is.is_file() {
        let path = path.to_owned();
        return Ok((Box::new(Pipe::new(move || opened(&path))), None));
    }
    let file = opened(path).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    Ok((Box::new(GrowingFile(file)), Some(meta)))
}

fn opened(path: &Path) -> io::Result<File> {
    #[expect(clippy::disallowed_methods, reason = "this is where a capture is followed")]
    File::open(path)
}
