//! A directory as input: the files in it that may be captures, in the order of their names.

use std::path::{Path, PathBuf};

use super::error::Error;
use crate::note::{Note, NoteKind};

/// How many of the files that were passed over are named.
const NAMED: usize = 5;

/// The candidates of a directory, and what was passed over.
pub(super) struct Folder {
    path: PathBuf,
    /// Files by their names.
    pub(super) files: Vec<PathBuf>,
    passed_over: Vec<String>,
}

impl Folder {
    /// Looks through a directory, and not through those in it: what lies deeper was put there so as
    /// to be apart. Names that begin with a dot are hidden, as for a shell. What is no file (a pipe,
    /// a device) is never opened.
    pub(super) fn list(path: &Path) -> Result<Self, Error> {
        let failed = |reason| Error::Open { path: path.to_owned(), reason };
        let mut entries = Vec::new();
        for entry in path.read_dir().map_err(failed)? {
            entries.push(entry.map_err(failed)?.path());
        }
        entries.sort_unstable();
        let mut folder = Self { path: path.to_owned(), files: Vec::new(), passed_over: Vec::new() };
        for entry in entries {
            let is_hidden = name(&entry).starts_with('.');
            match entry.metadata() {
                _ if is_hidden => folder.pass_over(&entry, "hidden"),
                Ok(meta) if meta.is_file() => folder.files.push(entry),
                Ok(meta) if meta.is_dir() => folder.pass_over(&entry, "a directory"),
                Ok(_) => folder.pass_over(&entry, "no file"),
                Err(_) => folder.pass_over(&entry, "a link that leads nowhere"),
            }
        }
        Ok(folder)
    }

    /// Judges why a file of this directory cannot be opened. What is no capture is passed over;
    /// what may well be one and cannot be read is given back, as the reason.
    pub(super) fn refuse(&mut self, file: &Path, error: &Error) -> Option<String> {
        match error {
            Error::NotACapture { .. } => self.pass_over(file, "no capture"),
            Error::Empty { .. } => self.pass_over(file, "empty"),
            _ => return Some(plain(&error.to_string())),
        }
        None
    }

    /// What is said of the files that were passed over, if there were any.
    pub(super) fn note(&self) -> Option<Note> {
        let count = self.passed_over.len();
        let named = self.passed_over[..count.min(NAMED)].join(", ");
        let more = count.saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let path = plain(&self.path.display().to_string());
        let text = format!("{path}: passed over {named}{more}");
        let note = Note { kind: NoteKind::SkippedFile, packet: None, text: text.into() };
        (count > 0).then_some(note)
    }

    fn pass_over(&mut self, file: &Path, why: &str) {
        self.passed_over.push(format!("{} ({why})", plain(&name(file))));
    }
}

/// What is said of a file that may be a capture and cannot be read, for this reason.
pub(super) fn damage(why: &str) -> Note {
    let text = format!("passed over: {why}");
    Note { kind: NoteKind::DamagedFile, packet: None, text: text.into() }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A name for a message: whoever made the file chose it, and may have put anything into it.
pub(super) fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
