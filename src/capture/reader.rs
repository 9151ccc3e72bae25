//! One capture file, read packet by packet.

use std::borrow::Cow;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::batch::Batch;
use super::blocks::Blocks;
use super::error::Error;
use super::open::{Format, Meter, Opened, identify, open};
use super::record::{Record, Step};
use super::unpack;
use super::{Packet, Progress};
use crate::note::Note;
use crate::time::Timestamp;

/// A capture file. [`Reader::advance`] steps to the next packet, [`Reader::packet`] lends it.
///
/// A damaged file simply ends early, and [`Reader::damage`] then says where and why.
pub struct Reader {
    path: PathBuf,
    blocks: Blocks,
    format: Format,
    meter: Meter,
    current: Option<Record>,
    /// The record behind those that were drained, which was found and not yet stepped to.
    ahead: Option<Record>,
    count: u64,
    ended: bool,
    damage: Option<Damage>,
}

/// Why a file was not read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where the record begins that could not be read, in bytes from the start of the (unpacked)
    /// file.
    pub offset: u64,
    /// How many packets of this file came before it.
    pub packets: u64,
    /// What is wrong, as a clause without a full stop.
    pub reason: Cow<'static, str>,
}

impl Reader {
    /// Opens a file (`-` is standard input), whatever its name. What is compressed is unpacked on
    /// the way.
    ///
    /// # Errors
    ///
    /// [`Error`] if it cannot be opened or is no capture.
    pub fn open(path: &Path) -> Result<Self, Error> {
        open(path).map(Self::new)
    }

    /// Reads a capture from any source of bytes. `name` stands for it in messages.
    ///
    /// # Errors
    ///
    /// [`Error`] if it cannot be read or is no capture.
    pub fn from_source(name: &Path, source: impl Read + Send + 'static) -> Result<Self, Error> {
        identify(name, source, None).map(Self::new)
    }

    fn new(opened: Opened) -> Self {
        let Opened { path, blocks, format, meter } = opened;
        let (current, ahead, damage) = (None, None, None);
        Self { path, blocks, format, meter, current, ahead, count: 0, ended: false, damage }
    }

    /// Steps to the next packet. False at the end of what can be read.
    pub fn advance(&mut self) -> bool {
        if let Some(record) = self.current.take() {
            self.blocks.consume(record.len);
        }
        if let Some(record) = self.ahead.take() {
            return self.follow(Step::Record(record));
        }
        while !self.ended {
            let step = self.format.step(self.blocks.buffered());
            if self.follow(step) {
                return true;
            }
        }
        false
    }

    /// Adds the current packet and those that lie complete behind it in the window to `batch`, and
    /// steps beyond them, up to one whose time is not `wanted`. Nothing more is read for
    /// packets, so that a slow pipe holds up none; only what is no packet is passed over.
    pub(super) fn drain(&mut self, batch: &mut Batch, wanted: impl Fn(Timestamp) -> bool) {
        let Some(first) = self.current.take() else { return };
        let before = batch.len() as u64 + 1;
        let window = self.blocks.buffered();
        let (at, step) = match &mut self.format {
            Format::Pcap(pcap) => {
                let (usual, any) =
                    (|bytes: &[u8]| pcap.record(bytes), |bytes: &[u8]| pcap.step(bytes));
                place(batch, window, first, usual, any, wanted)
            }
            Format::Pcapng(pcapng) => {
                place(batch, window, first, |_| None, |bytes| pcapng.step(bytes), wanted)
            }
        };
        self.count += batch.len() as u64 - before;
        batch.take(|bytes| self.blocks.exchange(at, bytes));
        // What a format reader has said once, it must not be asked again.
        match step {
            Step::Record(record) => self.ahead = Some(record),
            Step::Need(_) => {}
            step => {
                self.follow(step);
            }
        }
    }

    /// Does what the format reader says. True if that is a packet.
    fn follow(&mut self, step: Step) -> bool {
        match step {
            Step::Record(record) => {
                self.count += 1;
                self.current = Some(record);
                return true;
            }
            Step::Need(wanted) => self.need(wanted),
            Step::Skip(len) => self.skip(len),
            Step::Damaged(reason) => self.end_damaged(self.blocks.position(), reason),
        }
        false
    }

    /// The packet that was stepped to, numbered within this file. `None` before the first and after
    /// the last.
    pub fn packet(&self) -> Option<Packet<'_>> {
        let Record { data_at, captured, wire_len, time, link, .. } = self.current?;
        let data = self.blocks.buffered().get(data_at..data_at + captured)?;
        Some(Packet { number: self.count, time, link, data, wire_len })
    }

    /// The time of the packet that was stepped to.
    pub fn time(&self) -> Option<Timestamp> {
        self.current.map(|record| record.time)
    }

    /// What ended the file early, if anything did; known once [`Self::advance`] has said false.
    pub const fn damage(&self) -> Option<&Damage> {
        self.damage.as_ref()
    }

    /// The TLS key log text that the file carries in the part that was read; empty if none.
    pub fn key_log(&self) -> &[u8] {
        match &self.format {
            Format::Pcap(_) => &[],
            Format::Pcapng(pcapng) => pcapng.key_log(),
        }
    }

    /// What is to be said of a file that is called `path`, beside its damage.
    pub(crate) fn remarks(&self, path: &str) -> Vec<Note> {
        self.format.remarks(path)
    }

    /// How much of the file was read.
    pub fn progress(&self) -> Progress {
        Progress { read: self.meter.read(), total: self.meter.total }
    }

    /// The path it was opened by; `standard input` where that was `-`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn need(&mut self, wanted: usize) {
        let start = self.blocks.position();
        match self.blocks.fill(wanted) {
            Ok(bytes) if bytes.len() >= wanted => {}
            Ok([]) => self.ended = true,
            Ok(_) => self.end_damaged(start, "it ends inside a record".into()),
            Err(error) => self.end_damaged(start, failure(&error)),
        }
    }

    fn skip(&mut self, len: u64) {
        let start = self.blocks.position();
        match self.blocks.skip(len) {
            Ok(true) => {}
            Ok(false) => self.end_damaged(start, "it ends inside a block".into()),
            Err(error) => self.end_damaged(start, failure(&error)),
        }
    }

    fn end_damaged(&mut self, offset: u64, reason: Cow<'static, str>) {
        self.ended = true;
        self.damage = Some(Damage { offset, packets: self.count, reason });
    }
}

/// Adds a record at the front of `window`, and those behind it up to one whose time is not wanted.
/// Gives where those end, and what is there. It is made for each format anew, as it is nearly all
/// that reading does; `usual` finds what nearly all records are, and `step` whatever there is.
fn place(
    batch: &mut Batch,
    window: &[u8],
    first: Record,
    usual: impl Fn(&[u8]) -> Option<Record>,
    mut step: impl FnMut(&[u8]) -> Step,
    wanted: impl Fn(Timestamp) -> bool,
) -> (usize, Step) {
    let (mut at, mut record) = (0, first);
    loop {
        batch.place(at, record);
        at += record.len;
        let rest = window.get(at..).unwrap_or_default();
        if let Some(next) = usual(rest)
            && wanted(next.time)
        {
            record = next;
            continue;
        }
        match step(rest) {
            Step::Record(next) if wanted(next.time) => record = next,
            other => return (at, other),
        }
    }
}

fn failure(error: &io::Error) -> Cow<'static, str> {
    unpack::damage(error).unwrap_or_else(|| format!("reading failed: {error}").into())
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::super::unpack::SIP;
    use super::*;
    use crate::capture::samples::{PACKETS, Writer};

    fn reader(bytes: Vec<u8>) -> Result<Reader, Error> {
        Reader::from_source(Path::new("test"), Cursor::new(bytes))
    }

    /// A source that gives so many bytes at a time, as a pipe does.
    struct Drip(Cursor<Vec<u8>>, usize);

    impl Read for Drip {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let most = out.len().min(self.1);
            self.0.read(&mut out[..most])
        }
    }

    /// Every packet as text, and the damage.
    fn read(bytes: Vec<u8>) -> Result<(Vec<String>, Option<Damage>), Error> {
        read_from(Cursor::new(bytes))
    }

    fn read_from(
        source: impl Read + Send + 'static,
    ) -> Result<(Vec<String>, Option<Damage>), Error> {
        let mut reader = Reader::from_source(Path::new("test"), source)?;
        let mut packets = Vec::new();
        while reader.advance() {
            let Packet { number, time, link, data, wire_len } = reader.packet().unwrap();
            let (len, byte) = (data.len(), char::from(*data.first().unwrap_or(&b'-')));
            packets.push(format!("{number} {time} {} {len}{byte}/{wire_len}", link.0));
        }
        assert!(!reader.advance());
        assert!(reader.packet().is_none());
        Ok((packets, reader.damage().cloned()))
    }

    fn whole(digits: &str) -> Vec<String> {
        vec![
            format!("1 2023-11-14T22:13:20.000000{digits}Z 1 3a/13"),
            format!("2 2023-11-14T22:13:21.000001{digits}Z 1 60b/70"),
            format!("3 2023-11-14T22:13:22.000002{digits}Z 1 0-/10"),
        ]
    }

    /// Every variant of both formats, with the digits that follow the microseconds.
    fn variants() -> Vec<(String, Vec<u8>, &'static str)> {
        let mut files = Vec::new();
        for big in [false, true] {
            let writer = Writer { big };
            let order = if big { "big" } else { "little" };
            let mut add =
                |name, bytes, digits| files.push((format!("{name} {order}"), bytes, digits));
            add("microseconds", writer.pcap(0xa1b2_c3d4, 1, 0), "");
            add("nanoseconds", writer.pcap(0xa1b2_3c4d, 1000, 0), "000");
            add("modified", writer.pcap(0xa1b2_cd34, 1, 8), "");
            add("pcapng", writer.pcapng(), "");
        }
        files
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_variant_gives_the_same_packets() {
        for (name, bytes, digits) in variants() {
            assert_eq!(read(bytes).unwrap(), (whole(digits), None), "{name}");
        }
    }

    #[test]
    fn a_file_cut_anywhere_gives_the_packets_before_the_cut_and_says_so() {
        for (name, bytes, digits) in variants() {
            let (mut before, mut clean) = (0, 0);
            for cut in 1..bytes.len() {
                let Ok((packets, damage)) = read(bytes[..cut].to_vec()) else {
                    assert!(cut < 24, "{name} cut at {cut}");
                    continue;
                };
                assert_eq!(packets[..], whole(digits)[..packets.len()], "{name} cut at {cut}");
                assert!(packets.len() >= before, "{name} cut at {cut}");
                before = packets.len();
                match damage {
                    Some(damage) => {
                        assert!(damage.offset < cut as u64);
                        assert_eq!(damage.packets, packets.len() as u64);
                    }
                    None => clean += 1,
                }
            }
            assert_eq!(before, PACKETS.len() - 1, "{name}");
            // Between two records nothing shows that there were more.
            assert_eq!(clean, if name.starts_with("pcapng") { 9 } else { 3 }, "{name}");
        }
    }

    #[test]
    fn a_changed_byte_never_panics() {
        for (_, bytes, _) in variants() {
            for at in 0..bytes.len() {
                for value in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                    let mut bytes = bytes.clone();
                    bytes[at] = value;
                    let _ = read(bytes);
                }
            }
        }
    }

    #[test]
    fn gzip_is_unpacked_also_in_several_members() {
        let bytes = Writer { big: false }.pcapng();
        let (first, second) = bytes.split_at(100);
        for packed in [gzip(&bytes), [gzip(first), gzip(second)].concat()] {
            assert_eq!(read(packed).unwrap(), (whole(""), None));
        }
    }

    #[test]
    fn cut_gzip_gives_a_prefix_and_a_reason() {
        let bytes = gzip(&Writer { big: true }.pcap(0xa1b2_c3d4, 1, 0));
        for cut in 1..bytes.len() {
            let Ok((packets, damage)) = read(bytes[..cut].to_vec()) else {
                continue;
            };
            assert_eq!(packets[..], whole("")[..packets.len()]);
            let damage = damage.expect("the trailer is not there");
            assert_eq!(damage.reason, "its compressed data is cut off");
        }
    }

    #[test]
    fn damaged_gzip_is_told_from_a_damaged_capture() {
        let mut bytes = gzip(&Writer { big: true }.pcap(0xa1b2_c3d4, 1, 0));
        let checksum = bytes.len() - 8;
        bytes[checksum] ^= 1;
        let (packets, damage) = read(bytes).unwrap();
        assert_eq!(packets, whole(""));
        assert!(damage.unwrap().reason.starts_with("its compressed data is damaged"));
    }

    #[test]
    fn what_was_unpacked_before_damage_is_read() {
        let writer = Writer { big: false };
        let record = |number| writer.pcap_record((number, 0), (84, 84), 0, &[b'x'; 84]);
        let records: Vec<u8> = (0..2000).flat_map(record).collect();
        let whole = [writer.pcap_header(0xa1b2_c3d4, (2, 4), 1), records].concat();
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        encoder.write_all(&whole).unwrap();
        let mut packed = encoder.finish().unwrap();
        // A block that is only stored says its length twice (RFC 1951 section 3.2.4).
        let length = |at: usize| usize::from(u16::from_le_bytes([packed[at + 1], packed[at + 2]]));
        let second = 10 + 5 + length(10);
        let before = length(10) + length(second);
        let third = second + 5 + length(second);
        packed[third + 3] ^= 1;
        let (read, damage) = read(packed).unwrap();
        assert!(damage.unwrap().reason.starts_with("its compressed data is damaged"));
        let (least, most) = ((before - SIP - 24) / 100, before / 100);
        assert!((least..=most).contains(&read.len()), "{} of {most}", read.len());
    }

    #[test]
    fn damage_is_met_at_the_same_place_however_a_file_comes() {
        let writer = Writer { big: false };
        let record = |number| writer.pcap_record((number, 0), (84, 84), 0, &[b'x'; 84]);
        let records: Vec<u8> = (0..500).flat_map(record).collect();
        let packed = gzip(&[writer.pcap_header(0xa1b2_c3d4, (2, 4), 1), records].concat());
        for twice in [false, true] {
            for at in (100..packed.len()).step_by(37) {
                let mut packed = packed.clone();
                packed[at] ^= 0x55;
                let packed = if twice { gzip(&packed) } else { packed };
                let read = |chunk| read_from(Drip(Cursor::new(packed.clone()), chunk)).unwrap();
                let whole = read(usize::MAX);
                for chunk in [1, 7, 58, 1000] {
                    let dripped = read(chunk);
                    assert_eq!(dripped.0, whole.0, "{at}, {chunk} at a time");
                    assert_eq!(
                        dripped.1.map(|damage| damage.reason),
                        whole.1.as_ref().map(|damage| damage.reason.clone())
                    );
                }
            }
        }
    }

    #[test]
    fn damage_behind_a_header_is_never_fatal_however_well_it_is_packed() {
        let writer = Writer { big: false };
        let record = |number| writer.pcap_record((number, 0), (84, 84), 0, &[b'x'; 84]);
        let records: Vec<u8> = (0..500).flat_map(record).collect();
        let whole = [writer.pcap_header(0xa1b2_c3d4, (2, 4), 1), records].concat();
        let packed = gzip(&whole);
        assert!(packed.len() < SIP * 4, "all of it would be given to the decoder within few steps");
        for at in packed.len() / 4..packed.len() - 8 {
            let mut packed = packed.clone();
            packed[at] ^= 0x55;
            let (read, _) = read(packed).expect("its header is sound");
            assert!(!read.is_empty(), "{at}");
        }
    }

    #[test]
    fn damage_is_located_in_the_unpacked_file() {
        let writer = Writer { big: false };
        let good = writer.pcap(0xa1b2_c3d4, 1, 0);
        let absurd = writer.pcap_record((0, 0), (u32::MAX, 60), 0, b"");
        let expected = Damage {
            offset: good.len() as u64,
            packets: 3,
            reason: "a packet of 4294967295 bytes is claimed".into(),
        };
        let bytes = [good, absurd, vec![0; 100]].concat();
        assert_eq!(read(bytes.clone()).unwrap(), (whole(""), Some(expected.clone())));
        assert_eq!(read(gzip(&bytes)).unwrap(), (whole(""), Some(expected)));
    }

    #[test]
    fn a_record_longer_than_the_snap_length_and_than_the_buffer_is_accepted() {
        let writer = Writer { big: false };
        let large = vec![b'x'; 1_000_000];
        let mut bytes = writer.pcap_header(0xa1b2_c3d4, (2, 4), 1);
        for _ in 0..3 {
            bytes.extend(writer.pcap_record((0, 0), (1_000_000, 1_000_000), 0, &large));
        }
        let (packets, damage) = read(bytes).unwrap();
        assert_eq!(packets.len(), 3);
        assert_eq!(packets[2], "3 1970-01-01T00:00:00.000000Z 1 1000000x/1000000");
        assert_eq!(damage, None);
    }

    #[test]
    fn progress_counts_stored_bytes() {
        let bytes = gzip(&Writer { big: false }.pcap(0xa1b2_c3d4, 1, 0));
        let stored = bytes.len() as u64;
        let mut reader = reader(bytes).unwrap();
        while reader.advance() {}
        assert_eq!(reader.progress(), Progress { read: stored, total: None });
    }
}
