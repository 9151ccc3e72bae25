//! The classic pcap format: a file header, then records.
//!
//! Layout: draft-ietf-opsawg-pcap and pcap-savefile(5). Also read are Kuznetzov's "modified" files
//! (longer record headers) and the swapped length fields of file versions before 2.4. Not read are
//! variants that share a magic number with the ordinary format and can only be guessed at
//! (early SUSE kernels, Nokia, AIX).

use super::LinkType;
use super::pcapng;
use super::record::{Endian, MAX_RECORD, Record, Step};
use crate::time::Timestamp;

/// Length of the file header.
pub(crate) const FILE_HEADER: usize = 24;

/// Magic number, as a big-endian writer stores it, and what it stands for.
const MAGICS: &[(u32, Option<Kind>)] = &[
    (0xa1b2_c3d4, Some(Kind { nanos_per_tick: 1000, digits: 6, record_header: 16 })),
    (0xa1b2_3c4d, Some(Kind { nanos_per_tick: 1, digits: 9, record_header: 16 })),
    (0xa1b2_cd34, Some(Kind { nanos_per_tick: 1000, digits: 6, record_header: 24 })),
    // IxVeriWave's lcap, by hardware and by software.
    (0x1c00_01ac, None),
    (0x1c00_01ab, None),
];

/// The link type is the low half of its field; above it are the length of the frame check sequence
/// and bits that readers are told not to interpret.
const LINK_TYPE_BITS: u32 = 0xffff;

/// What a magic number says about the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    nanos_per_tick: u32,
    digits: u8,
    record_header: usize,
}

/// How the two length fields of a record lie. They changed places between file versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lengths {
    /// Captured first, as documented.
    Usual,
    /// Wire length first: before version 2.3, and in files of DG/UX (version 543).
    Swapped,
    /// Either (version 2.3): the smaller is the captured one.
    Either,
}

/// A pcap file, past its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pcap {
    kind: Kind,
    /// The number that the file begins with, as its writer meant it.
    magic: u32,
    endian: Endian,
    lengths: Lengths,
    link: LinkType,
}

/// Why a file that begins like pcap cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The file ends inside its header.
    Cut,
    /// A known relative of the format.
    Variant(String),
}

/// What is said where files were joined that cannot be read as one.
pub(super) const ANOTHER: &str =
    "another capture file begins there, and its header differs: name both files instead";

/// Whether bytes begin with a whole header of a pcap file as nearly all are: it tells no time zone and
/// no accuracy.
pub(super) fn begins_file(bytes: &[u8]) -> bool {
    is_pcap(bytes) && bytes.get(8..16) == Some(&[0; 8])
}

/// Whether a file that begins so is of the pcap family, readable or not.
pub(crate) fn is_pcap(bytes: &[u8]) -> bool {
    magic(bytes).is_some()
}

fn magic(bytes: &[u8]) -> Option<(Endian, Option<Kind>)> {
    [Endian::Big, Endian::Little].into_iter().find_map(|endian| {
        let number = endian.u32(bytes, 0)?;
        MAGICS.iter().find(|(known, _)| *known == number).map(|(_, kind)| (endian, *kind))
    })
}

impl Pcap {
    /// Reads the file header, [`FILE_HEADER`] bytes.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the header is incomplete or of a version or variant that is not read.
    pub(crate) fn new(header: &[u8]) -> Result<Self, Refusal> {
        let (endian, kind) = magic(header).ok_or(Refusal::Cut)?;
        let kind =
            kind.ok_or_else(|| Refusal::Variant("a pcap file by IxVeriWave (lcap)".into()))?;
        let field = |at| endian.u32(header, at).ok_or(Refusal::Cut);
        let version = |at| endian.u16(header, at).ok_or(Refusal::Cut);
        let (major, minor, link) = (version(4)?, version(6)?, field(20)?);
        let lengths = match (major, minor) {
            (2, 0..=2) | (543, _) => Lengths::Swapped,
            (2, 3) => Lengths::Either,
            (2, _) => Lengths::Usual,
            _ => return Err(Refusal::Variant(format!("a pcap file of version {major}.{minor}"))),
        };
        let link = LinkType::from_file(link & LINK_TYPE_BITS);
        Ok(Self { kind, magic: field(0)?, endian, lengths, link })
    }

    /// The record at the front of `bytes`, if it is whole and of a plausible length, and not of the
    /// one second in which it may be the header of another file.
    #[inline]
    pub(crate) fn record(&self, bytes: &[u8]) -> Option<Record> {
        let (seconds, ticks, captured, wire_len) = self.header(bytes)?;
        let (data_at, captured) = (self.kind.record_header, captured as usize);
        let is_usual = captured != 0 && captured <= MAX_RECORD && seconds != self.magic;
        if !is_usual || bytes.len() < data_at + captured {
            return None;
        }
        Some(self.record_at((seconds, ticks), captured, wire_len))
    }

    /// A record of that time and these lengths.
    #[inline]
    fn record_at(&self, (seconds, ticks): (u32, u32), captured: usize, wire_len: u32) -> Record {
        let data_at = self.kind.record_header;
        let nanos = i64::from(seconds) * 1_000_000_000
            + i64::from(ticks) * i64::from(self.kind.nanos_per_tick);
        let time = Timestamp::from_nanos(nanos, self.kind.digits);
        Record { len: data_at + captured, data_at, captured, wire_len, time, link: self.link }
    }

    /// The next record at the front of `bytes`.
    pub(crate) fn step(&self, bytes: &[u8]) -> Step {
        if let Some(record) = self.record(bytes) {
            return Step::Record(record);
        }
        let Some((seconds, ticks, captured, wire_len)) = self.header(bytes) else {
            return Step::Need(self.kind.record_header);
        };
        let data_at = self.kind.record_header;
        if let Some(step) = self.no_record(bytes) {
            return step;
        }
        let captured = captured as usize;
        if captured > MAX_RECORD {
            return Step::Damaged(format!("a packet of {captured} bytes is claimed").into());
        }
        if bytes.len() < data_at + captured {
            return Step::Need(data_at + captured);
        }
        Step::Record(self.record_at((seconds, ticks), captured, wire_len))
    }

    /// What stands where a record should, if that is plain. Whoever joins files end to end leaves the
    /// header of the second among the records; a system that crashed leaves zeros where it had yet to
    /// write.
    fn no_record(&self, bytes: &[u8]) -> Option<Step> {
        let head = bytes.get(..self.kind.record_header)?;
        if head.iter().all(|byte| *byte == 0) {
            let text = "zeros stand where a packet should begin";
            return Some(Step::Damaged(text.into()));
        }
        if pcapng::begins_section(head) {
            return Some(Step::Damaged(ANOTHER.into()));
        }
        if !self.is_file_header(head) {
            return None;
        }
        let Some(header) = bytes.get(..FILE_HEADER) else { return Some(Step::Need(FILE_HEADER)) };
        if Self::new(header).as_ref() == Ok(self) {
            return Some(Step::Skip(FILE_HEADER as u64));
        }
        Some(Step::Damaged(ANOTHER.into()))
    }

    /// Whether the header of a record is that of a file. As a record it would be of the year 2055,
    /// and empty; or, where it tells a time zone and an accuracy, have more bytes than there were on
    /// the wire.
    fn is_file_header(&self, head: &[u8]) -> bool {
        if begins_file(head) {
            return true;
        }
        let Some((seconds, _, captured, wire_len)) = self.header(head) else { return false };
        let is_version = matches!(self.endian.u16(head, 4), Some(2 | 543));
        seconds == self.magic && is_version && !(1..=wire_len).contains(&captured)
    }

    /// Seconds, fraction, captured length, wire length.
    #[inline]
    fn header(&self, bytes: &[u8]) -> Option<(u32, u32, u32, u32)> {
        let head = bytes.get(..self.kind.record_header)?;
        let [seconds, ticks, first, second] = self.endian.words(head.first_chunk()?);
        let swap = match self.lengths {
            Lengths::Usual => false,
            Lengths::Swapped => true,
            Lengths::Either => first > second,
        };
        let (captured, wire) = if swap { (second, first) } else { (first, second) };
        Some((seconds, ticks, captured, wire))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::samples::Writer;

    const BIG: Writer = Writer { big: true };

    #[test]
    fn the_length_fields_changed_places_between_versions() {
        for (version, stored, captured, wire_len) in [
            ((2, 4), (3, 10), 3, 10),
            ((2, 3), (3, 10), 3, 10),
            ((2, 3), (10, 3), 3, 10),
            ((2, 2), (10, 3), 3, 10),
            ((543, 0), (10, 3), 3, 10),
            // Odd, and believed: some writers cut the wire length.
            ((2, 4), (3, 2), 3, 2),
        ] {
            let pcap = Pcap::new(&BIG.pcap_header(0xa1b2_c3d4, version, 1)).unwrap();
            let Step::Record(record) = pcap.step(&BIG.pcap_record((0, 0), stored, 0, b"abc"))
            else {
                panic!("{version:?} {stored:?}");
            };
            assert_eq!((record.captured, record.wire_len), (captured, wire_len), "{version:?}");
        }
    }

    #[test]
    fn the_link_type_is_the_low_half_of_its_field() {
        for (stored, link) in [
            (1, LinkType::ETHERNET),
            (276, LinkType::LINUX_SLL2),
            (0x5400_0001, LinkType::ETHERNET),
            (0xffff_0071, LinkType::LINUX_SLL),
            (101, LinkType::RAW),
            (12, LinkType::RAW),
            (14, LinkType::RAW),
        ] {
            let pcap = Pcap::new(&BIG.pcap_header(0xa1b2_c3d4, (2, 4), stored)).unwrap();
            assert_eq!(pcap.link, link, "{stored:#x}");
        }
    }

    #[test]
    fn relatives_of_the_format_are_refused_by_name() {
        for (magic, version, expected) in [
            (0x1c00_01ac, (1, 0), "a pcap file by IxVeriWave (lcap)"),
            (0x1c00_01ab, (1, 0), "a pcap file by IxVeriWave (lcap)"),
            (0xa1b2_c3d4, (3, 0), "a pcap file of version 3.0"),
        ] {
            for big in [false, true] {
                let header = Writer { big }.pcap_header(magic, version, 1);
                assert!(is_pcap(&header));
                assert_eq!(Pcap::new(&header), Err(Refusal::Variant(expected.into())));
            }
        }
        let header = BIG.pcap_header(0xa1b2_c3d4, (2, 4), 1);
        assert_eq!(Pcap::new(&header[..23]), Err(Refusal::Cut));
        assert!(!is_pcap(&header[..3]));
    }

    #[test]
    fn times_reach_beyond_2038_and_odd_fractions_carry_over() {
        let pcap = Pcap::new(&BIG.pcap_header(0xa1b2_c3d4, (2, 4), 1)).unwrap();
        for (stored, expected) in [
            ((u32::MAX, 999_999), "2106-02-07T06:28:15.999999Z"),
            ((0, 1_000_001), "1970-01-01T00:00:01.000001Z"),
            ((u32::MAX, u32::MAX), "2106-02-07T07:39:49.967295Z"),
        ] {
            let Step::Record(record) = pcap.step(&BIG.pcap_record(stored, (0, 0), 0, b"")) else {
                panic!("{stored:?}");
            };
            assert_eq!(record.time.to_string(), expected);
        }
    }

    #[test]
    fn the_header_of_a_file_that_was_joined_to_another_is_passed_over() {
        let header = |link| BIG.pcap_header(0xa1b2_c3d4, (2, 4), link);
        let pcap = Pcap::new(&header(1)).unwrap();
        assert_eq!(pcap.step(&header(1)), Step::Skip(24));
        assert_eq!(pcap.step(&header(1)[..20]), Step::Need(24));
        assert!(matches!(pcap.step(&header(113)), Step::Damaged(_)));
        let other = Writer { big: false }.pcap_header(0xa1b2_c3d4, (2, 4), 1);
        assert!(matches!(pcap.step(&other), Step::Damaged(_)));
        let mut section = Writer { big: false }.section();
        section.resize(64, 0);
        assert_eq!(pcap.step(&section), Step::Damaged(ANOTHER.into()));
        // With a time zone east or west of Greenwich, and how exact the times are.
        for (zone, accuracy) in [(-3600_i32, 6_u32), (3600, 6), (3600, 0), (0, 6)] {
            let mut zoned = [header(1), vec![0; 3600]].concat();
            zoned[8..12].copy_from_slice(&zone.to_be_bytes());
            zoned[12..16].copy_from_slice(&accuracy.to_be_bytes());
            assert_eq!(pcap.step(&zoned), Step::Skip(24), "{zone} {accuracy}");
        }
        // A packet of that second.
        for micros in [0, 0x0002_0004] {
            let packet = BIG.pcap_record((0xa1b2_c3d4, micros), (3, 3), 0, b"abc");
            assert!(matches!(pcap.step(&packet), Step::Record(Record { captured: 3, .. })));
            assert_eq!(pcap.step(&packet[..18]), Step::Need(19));
        }
    }

    #[test]
    fn zeros_are_no_packets() {
        let pcap = Pcap::new(&BIG.pcap_header(0xa1b2_c3d4, (2, 4), 1)).unwrap();
        assert!(matches!(pcap.step(&[0; 16]), Step::Damaged(_)));
        assert!(matches!(pcap.step(&BIG.pcap_record((1, 0), (0, 0), 0, b"")), Step::Record(_)));
    }

    #[test]
    fn the_largest_record_is_believed_and_no_larger_one() {
        let pcap = Pcap::new(&BIG.pcap_header(0xa1b2_c3d4, (2, 4), 1)).unwrap();
        let most = u32::try_from(MAX_RECORD).unwrap();
        let claim = |len| pcap.step(&BIG.pcap_record((0, 0), (len, len), 0, b""));
        assert_eq!(claim(most), Step::Need(16 + MAX_RECORD));
        assert!(matches!(claim(most + 1), Step::Damaged(_)));
    }
}
