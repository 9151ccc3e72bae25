//! Several capture files as one capture, merged by time.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::path::Path;

use super::batch::Batch;
use super::blocks::USUAL;
use super::error::Error;
use super::folder::{self, Folder};
use super::identity::Identity;
use super::input::Input;
use super::open::STDIN;
use super::reader::Reader;
use super::{Packet, Progress};
use crate::note::Note;
use crate::time::Timestamp;

/// Capture files, read as one: always the earliest of the files' next packets, and of equally early
/// ones that of the file named first. Packets are numbered from 1 over the whole. In the place of a
/// directory stand the captures in it, in the order of their names.
///
/// Within a file the order of its records is kept, even where their times run backwards. Where there
/// are several, each is looked into for the time of its first packet, and opened again when that is
/// due; so only as many are open at a time as overlap.
pub struct Files {
    inputs: Vec<Input>,
    /// Which file each of them is.
    identities: Vec<Identity>,
    /// The inputs that have a packet ready, other than the current one.
    ready: BinaryHeap<Reverse<(Timestamp, usize)>>,
    current: Option<usize>,
    number: u64,
    notes: Vec<Note>,
}

impl Files {
    /// Opens every file and reads up to its first packet. A `-` among the paths is standard input.
    ///
    /// # Errors
    ///
    /// The first [`Error`] of any path. What cannot be read of a directory is told in
    /// [`Self::notes`], unless it holds no capture at all.
    pub fn open<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, Error> {
        let paths: Vec<P> = paths.into_iter().collect();
        if paths.iter().filter(|path| path.as_ref().as_os_str() == STDIN).count() > 1 {
            return Err(Error::Repeated);
        }
        let mut files = Self::merge(Vec::new());
        for path in &paths {
            let path = path.as_ref();
            if path.as_os_str() != STDIN && path.is_dir() {
                files.add_folder(path)?;
            } else {
                files.add(Reader::open(path)?, Identity::of(path));
                if paths.len() > 1 {
                    files.park_last();
                }
            }
        }
        Ok(files)
    }

    /// Reads several opened files as one. None of them may have been advanced.
    pub fn merge(readers: Vec<Reader>) -> Self {
        let (inputs, identities, notes) = (Vec::new(), Vec::new(), Vec::new());
        let ready = BinaryHeap::new();
        let mut files = Self { inputs, identities, ready, current: None, number: 0, notes };
        for reader in readers {
            let identity = Identity::of(reader.path());
            files.add(reader, identity);
        }
        files
    }

    fn add(&mut self, reader: Reader, identity: Identity) {
        let (input, first) = Input::new(reader);
        self.inputs.push(input);
        self.identities.push(identity);
        self.place(self.inputs.len() - 1, first);
    }

    fn park_last(&mut self) {
        self.inputs.last_mut().into_iter().for_each(Input::park);
    }

    fn add_folder(&mut self, path: &Path) -> Result<(), Error> {
        let mut folder = Folder::list(path)?;
        let before = self.inputs.len();
        let mut refused = Vec::new();
        for file in std::mem::take(&mut folder.files) {
            match Reader::open(&file) {
                Ok(reader) => {
                    self.add(reader, Identity::of(&file));
                    self.park_last();
                }
                Err(error) => refused.extend(folder.refuse(&file, &error)),
            }
        }
        if self.inputs.len() == before {
            return Err(nothing(path, &refused));
        }
        self.notes.extend(refused.iter().map(|why| folder::damage(why)));
        self.notes.extend(folder.note());
        Ok(())
    }

    /// A file whose next packet is at that time waits for its turn, one that has ended is told of.
    fn place(&mut self, index: usize, next: Result<Timestamp, Vec<Note>>) {
        match next {
            Ok(time) => self.ready.push(Reverse((time, index))),
            Err(notes) => self.notes.extend(notes),
        }
    }

    /// Steps to the next packet of the whole. False at the end.
    pub fn advance(&mut self) -> bool {
        if let Some(index) = self.current.take() {
            let next = self.inputs[index].advance();
            self.place(index, next);
        }
        while let Some(Reverse((_, index))) = self.ready.pop() {
            if let Err(notes) = self.inputs[index].unpark() {
                self.notes.extend(notes);
                continue;
            }
            self.number += 1;
            self.inputs[index].last_packet = Some(self.number);
            self.current = Some(index);
            return true;
        }
        false
    }

    /// The packet that was stepped to. `None` before the first and after the last.
    pub fn packet(&self) -> Option<Packet<'_>> {
        let packet = self.inputs[self.current?].reader()?.packet()?;
        Some(Packet { number: self.number, ..packet })
    }

    /// Steps to the next packet and lends it, for a `while let` loop.
    pub fn next_packet(&mut self) -> Option<Packet<'_>> {
        if self.advance() { self.packet() } else { None }
    }

    /// Puts the next packets into `batch`, in the place of what it held. False at the end.
    ///
    /// While only one file has packets up to the time at which another begins, its bytes are not
    /// copied. Do not mix with [`Self::packet`].
    pub fn fill(&mut self, batch: &mut Batch) -> bool {
        batch.restart(self.number + 1);
        let Some(index) = self.advance().then_some(self.current).flatten() else { return false };
        let next = self.ready.peek().map(|Reverse(next)| *next);
        if next.is_none_or(|(_, other)| self.inputs[other].is_parked()) {
            let input = &mut self.inputs[index];
            let is_first = |time| next.is_none_or(|next| (time, index) < next);
            input.reader_mut().into_iter().for_each(|reader| reader.drain(batch, is_first));
            self.number = (self.number + batch.len() as u64).saturating_sub(1);
            input.last_packet = Some(self.number);
            return true;
        }
        while let Some(packet) = self.packet() {
            batch.copy(&packet);
            if batch.held() >= USUAL || !self.advance() {
                break;
            }
        }
        true
    }

    /// The files that are read more than once, since they were named more than once, be it by
    /// different names.
    pub fn repeated(&self) -> BTreeSet<&Path> {
        let mut seen = BTreeSet::new();
        let files = self.inputs.iter().zip(&self.identities);
        let again = files.filter(|(_, identity)| !seen.insert(*identity));
        again.map(|(input, _)| input.path()).collect()
    }

    /// The name of the one among them that `path` leads to.
    pub fn find(&self, path: &Path) -> Option<&Path> {
        let wanted = Identity::of(path);
        let at = self.identities.iter().position(|identity| *identity == wanted)?;
        Some(self.inputs[at].path())
    }

    /// Which files ended early, and after which packet. Complete once [`Self::advance`] has said
    /// false.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The TLS key log texts that the files carry in the parts that were read, file by file.
    pub fn key_logs(&self) -> impl Iterator<Item = &[u8]> {
        self.inputs.iter().map(Input::key_log).filter(|text| !text.is_empty())
    }

    /// How much of all files was read; the total is unknown if that of any file is.
    pub fn progress(&self) -> Progress {
        self.inputs.iter().map(Input::progress).fold(
            Progress { read: 0, total: Some(0) },
            |sum, file| Progress {
                read: sum.read + file.read,
                total: sum.total.zip(file.total).map(|(sum, file)| sum + file),
            },
        )
    }
}

/// Why nothing of a directory can be read, where these are the reasons for what may be captures.
fn nothing(path: &Path, refused: &[String]) -> Error {
    let path = path.to_owned();
    match refused {
        [] => Error::NoCaptures { path },
        [first, others @ ..] => {
            Error::Unreadable { path, first: first.clone(), more: others.len() }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::io::Cursor;

    use super::*;
    use crate::capture::samples::Writer;
    use crate::note::NoteKind;

    const LITTLE: Writer = Writer { big: false };

    /// A file with a packet at each of these seconds, filled with the letter.
    fn file(name: &str, letter: u8, seconds: &[u32]) -> Reader {
        let mut bytes = LITTLE.pcap_header(0xa1b2_c3d4, (2, 4), 1);
        for second in seconds {
            bytes.extend(LITTLE.pcap_record((*second, 0), (1, 1), 0, &[letter]));
        }
        named(name, bytes)
    }

    fn named(name: &str, bytes: Vec<u8>) -> Reader {
        Reader::from_source(Path::new(name), Cursor::new(bytes)).unwrap()
    }

    fn merged(files: &mut Files) -> String {
        let mut order = String::new();
        let mut number = 0;
        while let Some(packet) = files.next_packet() {
            number += 1;
            assert_eq!(packet.number, number);
            let letter = char::from(packet.data[0]);
            write!(order, "{letter}{} ", packet.time.seconds()).unwrap();
        }
        assert!(!files.advance() && files.packet().is_none());
        order.trim_end().to_owned()
    }

    #[test]
    fn files_are_merged_by_time_and_then_by_their_order() {
        for (files, expected) in [
            (vec![], ""),
            (vec![file("a", b'a', &[1, 2])], "a1 a2"),
            (vec![file("a", b'a', &[5, 6]), file("b", b'b', &[1, 2])], "b1 b2 a5 a6"),
            (vec![file("a", b'a', &[1, 3, 3]), file("b", b'b', &[1, 2, 3])], "a1 b1 b2 a3 a3 b3"),
            (vec![file("a", b'a', &[]), file("b", b'b', &[1])], "b1"),
            // A file's own order is kept where its clock ran backwards.
            (vec![file("a", b'a', &[4, 1, 5]), file("b", b'b', &[2, 6])], "b2 a4 a1 a5 b6"),
            (
                vec![file("a", b'a', &[1, 4]), file("b", b'b', &[2, 4]), file("c", b'c', &[3, 4])],
                "a1 b2 c3 a4 b4 c4",
            ),
        ] {
            let mut files = Files::merge(files);
            assert_eq!(merged(&mut files), expected);
            assert!(files.notes().is_empty());
        }
    }

    #[test]
    fn a_damaged_file_is_told_with_its_place_in_the_whole() {
        let mut bytes = LITTLE.pcap_header(0xa1b2_c3d4, (2, 4), 1);
        bytes.extend(LITTLE.pcap_record((2, 0), (1, 1), 0, b"x"));
        bytes.extend(LITTLE.pcap_record((9, 0), (5, 5), 0, b"x"));
        let broken_at_once = bytes[..30].to_vec();
        let readers = vec![file("a", b'a', &[1, 3]), named("b", bytes), named("c", broken_at_once)];
        let mut files = Files::merge(readers);
        assert_eq!(merged(&mut files), "a1 x2 a3");
        let notes: Vec<(Option<u64>, &str)> =
            files.notes().iter().map(|note| (note.packet, note.text.as_ref())).collect();
        let c = "c is damaged at byte 24: it ends inside a record; no packet could be read from it";
        let b = "b is damaged at byte 41: it ends inside a record; \
                 packet 2 is the last one read from it";
        assert_eq!(notes, [(None, c), (Some(2), b)]);
        assert!(files.notes().iter().all(|note| note.kind == NoteKind::DamagedFile));
    }

    #[test]
    fn packets_passed_over_are_told() {
        let file = [
            LITTLE.section(),
            LITTLE.interface(1, 0, &[]),
            LITTLE.enhanced(7, 0, b"x"),
            LITTLE.enhanced(0, 4_000_000, b"y"),
        ];
        let mut files = Files::merge(vec![named("a", file.concat())]);
        assert_eq!(merged(&mut files), "y4");
        let expected = "a: packets that cannot be read: 1 (interface 7 is not described)";
        assert_eq!(files.notes()[0].text, expected);
    }

    #[test]
    fn key_logs_of_all_files_are_there_once_read() {
        let secrets = |text| [LITTLE.section(), LITTLE.secrets(0x544c_534b, text)].concat();
        let readers =
            vec![named("a", secrets(b"one\n")), file("b", b'b', &[1]), named("c", secrets(b"two"))];
        let mut files = Files::merge(readers);
        assert_eq!(merged(&mut files), "b1");
        assert_eq!(files.key_logs().collect::<Vec<_>>(), [b"one\n", b"two\n"]);
    }

    #[test]
    fn progress_adds_up_where_the_sizes_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [folder.path().join("a"), folder.path().join("b")];
        let bytes = LITTLE.pcap(0xa1b2_c3d4, 1, 0);
        for path in &paths {
            std::io::Write::write_all(&mut tempfile_at(path), &bytes).unwrap();
        }
        let mut files = Files::open(&paths).unwrap();
        while files.advance() {}
        let whole = 2 * bytes.len() as u64;
        assert_eq!(files.progress(), Progress { read: whole, total: Some(whole) });
        let piped = Files::merge(vec![named("a", bytes)]);
        assert_eq!(piped.progress().total, None);
    }

    fn tempfile_at(path: &Path) -> std::fs::File {
        std::fs::OpenOptions::new().write(true).create_new(true).open(path).unwrap()
    }
}
