//! The pcapng format: sections of blocks, each with its own length at both ends.
//!
//! Layout: draft-ietf-opsawg-pcapng. Read are section headers, interface descriptions, the three
//! kinds of packet block, and decryption secrets; every other block is passed over. Blocks of other
//! tools that Wireshark also counts as frames (system journal, sysdig) are not packets here.

use std::borrow::Cow;

use super::pcap;
use super::record::{Endian, MAX_RECORD, Record, Step};
use crate::time::Timestamp;

mod interface;

use interface::Interface;

/// The block type of a section header: the same bytes in both byte orders.
pub(crate) const SECTION_HEADER: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

const INTERFACE_DESCRIPTION: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
const DECRYPTION_SECRETS: u32 = 10;

/// Secrets type of a TLS key log, as `SSLKEYLOGFILE` writes it.
const TLS_KEY_LOG: u32 = 0x544c_534b;

/// Type and length before a block's body, and the length again after it.
const HEAD: usize = 8;
const TAIL: usize = 4;

/// The largest block that is looked into: a packet of the largest size with its header, and options
/// of which each can have 64 KiB. A larger block of an unknown kind is passed over all the same.
const MAX_BLOCK: usize = super::blocks::LARGEST;

/// Interfaces described in one section; each is a few bytes here but costs the file only 20. The
/// obsolete packet block has 16 bits for their number.
const MAX_INTERFACES: usize = 65_536;

/// TLS key log text kept from one file. A line is about 200 bytes, so this is a hundred thousand
/// connections.
const MAX_KEY_LOG: usize = 32 * 1024 * 1024;

/// A pcapng file, at some point of it.
#[derive(Debug, Clone)]
pub(crate) struct Pcapng {
    endian: Endian,
    interfaces: Vec<Interface>,
    last_time: Timestamp,
    key_log: Vec<u8>,
    key_log_full: bool,
    passed_over: Option<PassedOver>,
    untimed: u64,
}

/// Packets that the file holds and that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// How many.
    pub packets: u64,
    /// Why the first of them cannot be read, as a clause without a full stop.
    pub reason: Cow<'static, str>,
}

type Reason = Cow<'static, str>;

const TOO_SHORT: Reason = Cow::Borrowed("the block is too short for its packet");

/// Why a file that begins like pcapng cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The file ends inside its first section header.
    Cut,
    /// The byte-order magic is neither of the two, so this is no pcapng after all.
    NotPcapng,
    /// A version that is not read.
    Version(u16, u16),
}

impl Pcapng {
    /// Checks the first section header. [`Self::step`] begins with that block again.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it is incomplete, no section header, or of a version that is not read.
    pub(crate) fn new(bytes: &[u8]) -> Result<Self, Refusal> {
        let endian = section_endian(bytes)?;
        Ok(Self {
            endian,
            interfaces: Vec::new(),
            last_time: Timestamp::from_nanos(0, 0),
            key_log: Vec::new(),
            key_log_full: false,
            passed_over: None,
            untimed: 0,
        })
    }

    /// The TLS key log text of all secrets blocks passed so far, one block's lines after another's.
    pub(crate) fn key_log(&self) -> &[u8] {
        &self.key_log
    }

    /// Whether key log text was left out because there was too much of it.
    pub(crate) const fn key_log_full(&self) -> bool {
        self.key_log_full
    }

    /// The packets that could not be read, if any.
    pub(crate) const fn passed_over(&self) -> Option<&PassedOver> {
        self.passed_over.as_ref()
    }

    /// How many packets have no time of their own.
    pub(crate) const fn untimed(&self) -> u64 {
        self.untimed
    }

    /// The next block at the front of `bytes`.
    pub(crate) fn step(&mut self, bytes: &[u8]) -> Step {
        self.block(bytes).unwrap_or_else(Step::Damaged)
    }

    /// As [`Self::step`], with damage as an error.
    fn block(&mut self, bytes: &[u8]) -> Result<Step, Reason> {
        if bytes.starts_with(&SECTION_HEADER) {
            return self.section(bytes);
        }
        let (Some(kind), Some(len)) = (self.endian.u32(bytes, 0), self.endian.u32(bytes, 4)) else {
            return Ok(Step::Need(HEAD + TAIL));
        };
        if pcap::is_pcap(bytes) {
            return self.no_block(bytes);
        }
        let len = padded(len)?;
        match kind {
            INTERFACE_DESCRIPTION
            | OBSOLETE_PACKET
            | SIMPLE_PACKET
            | ENHANCED_PACKET
            | DECRYPTION_SECRETS => self.whole_block(kind, bytes, len),
            _ => Ok(Step::Skip(len)),
        }
    }

    /// What begins like a pcap file is one, or a block that somebody made up.
    fn no_block(&self, bytes: &[u8]) -> Result<Step, Reason> {
        if bytes.len() < pcap::FILE_HEADER {
            return Ok(Step::Need(pcap::FILE_HEADER));
        }
        if pcap::begins_file(bytes) {
            return Err(pcap::ANOTHER.into());
        }
        padded(self.endian.u32(bytes, 4).unwrap_or(0)).map(Step::Skip)
    }

    fn section(&mut self, bytes: &[u8]) -> Result<Step, Reason> {
        self.endian = match section_endian(bytes) {
            Ok(endian) => endian,
            Err(Refusal::Cut) => return Ok(Step::Need(SECTION_START)),
            Err(Refusal::NotPcapng) => return Err("a section header has no byte order".into()),
            Err(Refusal::Version(major, minor)) => {
                return Err(format!("a section has version {major}.{minor}").into());
            }
        };
        self.interfaces.clear();
        padded(self.endian.u32(bytes, 4).unwrap_or(0)).map(Step::Skip)
    }

    fn whole_block(&mut self, kind: u32, bytes: &[u8], len: u64) -> Result<Step, Reason> {
        let Some(len) = usize::try_from(len).ok().filter(|len| *len <= MAX_BLOCK) else {
            return Err(format!("a block of {len} bytes is claimed").into());
        };
        let Some(block) = bytes.get(..len) else {
            return Ok(Step::Need(len));
        };
        if self.endian.u32(block, len - TAIL) != self.endian.u32(block, 4) {
            return Err("a block's two lengths differ".into());
        }
        let body = &block[HEAD..len - TAIL];
        let packet = match kind {
            INTERFACE_DESCRIPTION => return self.interface(body, len),
            DECRYPTION_SECRETS => return Ok(self.secrets(body, len)),
            ENHANCED_PACKET => self.timed_packet(self.endian.u32(body, 0), body, len),
            OBSOLETE_PACKET => {
                self.timed_packet(self.endian.u16(body, 0).map(u32::from), body, len)
            }
            _ => {
                self.untimed += 1;
                self.simple_packet(body, len)
            }
        };
        Ok(self.packet(packet, len))
    }

    fn interface(&mut self, body: &[u8], len: usize) -> Result<Step, Reason> {
        if self.interfaces.len() == MAX_INTERFACES {
            return Err(format!("more than {MAX_INTERFACES} interfaces").into());
        }
        let interface = Interface::parse(self.endian, body);
        self.interfaces.push(interface.ok_or("an interface description is too short")?);
        Ok(Step::Skip(len as u64))
    }

    /// Secrets of other kinds, and those that do not fit, are passed over.
    fn secrets(&mut self, body: &[u8], len: usize) -> Step {
        let header = (self.endian.u32(body, 0), self.endian.u32(body, 4));
        if let (Some(TLS_KEY_LOG), Some(size)) = header {
            let text = &body[8..];
            let text = &text[..text.len().min(size as usize)];
            if self.key_log.len() + text.len() < MAX_KEY_LOG {
                self.key_log.extend_from_slice(text);
                if !text.ends_with(b"\n") {
                    self.key_log.push(b'\n');
                }
            } else {
                self.key_log_full = true;
            }
        }
        Step::Skip(len as u64)
    }

    /// The body of an enhanced or obsolete packet block: they differ only in how they number the
    /// interface.
    fn timed_packet(&self, number: Option<u32>, body: &[u8], len: usize) -> Result<Record, Reason> {
        let interface = self.interface_of(number.ok_or(TOO_SHORT)?)?;
        let field = |at| self.endian.u32(body, at).ok_or(TOO_SHORT);
        let (high, low, captured, wire_len) = (field(4)?, field(8)?, field(12)?, field(16)?);
        let (data_at, captured, link) = (HEAD + 20, captured as usize, interface.link);
        if body.len() - 20 < captured || captured > MAX_RECORD {
            return Err(TOO_SHORT);
        }
        let time = interface.time(u64::from(high) << 32 | u64::from(low));
        Ok(Record { len, data_at, captured, wire_len, time, link })
    }

    /// A simple packet block has no time; it gets that of the packet before it, or 1970 where there
    /// is none. It belongs to the first interface, whose snap length cuts it.
    fn simple_packet(&self, body: &[u8], len: usize) -> Result<Record, Reason> {
        let wire_len = self.endian.u32(body, 0).ok_or(TOO_SHORT)?;
        let interface = self.interface_of(0)?;
        let limit = interface.snap_len.map_or(wire_len, |snap| snap.min(wire_len));
        let captured = (limit as usize).min(body.len() - 4).min(MAX_RECORD);
        let (data_at, time, link) = (HEAD + 4, self.last_time, interface.link);
        Ok(Record { len, data_at, captured, wire_len, time, link })
    }

    fn interface_of(&self, number: u32) -> Result<&Interface, Reason> {
        let interface = self.interfaces.get(number as usize);
        interface.ok_or_else(|| format!("interface {number} is not described").into())
    }

    /// The block's framing is sound, so that what follows can be read even if its packet cannot.
    fn packet(&mut self, packet: Result<Record, Reason>, len: usize) -> Step {
        match packet {
            Ok(record) => {
                self.last_time = record.time;
                Step::Record(record)
            }
            Err(reason) => {
                let passed_over = self.passed_over.get_or_insert(PassedOver { packets: 0, reason });
                passed_over.packets += 1;
                Step::Skip(len as u64)
            }
        }
    }
}

/// Enough of a section header to know its byte order, version and length.
const SECTION_START: usize = 16;

/// Whether bytes begin with a section, of whatever version.
pub(super) fn begins_section(bytes: &[u8]) -> bool {
    bytes.starts_with(&SECTION_HEADER)
        && !matches!(section_endian(bytes), Err(Refusal::NotPcapng | Refusal::Cut))
}

fn section_endian(bytes: &[u8]) -> Result<Endian, Refusal> {
    let endian = match bytes.get(8..12).ok_or(Refusal::Cut)? {
        [0x1a, 0x2b, 0x3c, 0x4d] => Endian::Big,
        [0x4d, 0x3c, 0x2b, 0x1a] => Endian::Little,
        _ => return Err(Refusal::NotPcapng),
    };
    let version = |at| endian.u16(bytes, at).ok_or(Refusal::Cut);
    // 1.2 was written by some tools, and means 1.0.
    match (version(12)?, version(14)?) {
        (1, 0 | 2) => Ok(endian),
        (major, minor) => Err(Refusal::Version(major, minor)),
    }
}

/// The length of a block, its padding included. The stored length should include it; some writers
/// forget that, and Wireshark reads their files too.
fn padded(len: u32) -> Result<u64, Reason> {
    if (len as usize) < HEAD + TAIL {
        return Err(format!("a block claims a length of {len} bytes").into());
    }
    Ok(u64::from(len).next_multiple_of(4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::LinkType;
    use crate::capture::samples::Writer;

    const LITTLE: Writer = Writer { big: false };
    const BIG: Writer = Writer { big: true };

    /// Steps through a whole file: packets as text, then what ended it.
    fn walk(file: &[u8]) -> (Vec<String>, Pcapng, Step) {
        let mut pcapng = Pcapng::new(file).unwrap();
        let mut packets = Vec::new();
        let mut at = 0;
        loop {
            match pcapng.step(&file[at..]) {
                Step::Skip(len) => at += usize::try_from(len).unwrap(),
                Step::Record(Record { len, data_at, captured, wire_len, time, link }) => {
                    let data = file[at + data_at..at + data_at + captured].escape_ascii();
                    packets.push(format!("{} {} {data}/{wire_len}", time.nanos(), link.0));
                    at += len;
                }
                end => return (packets, pcapng, end),
            }
        }
    }

    fn end_of(blocks: &[Vec<u8>]) -> Step {
        walk(&[LITTLE.section(), blocks.concat()].concat()).2
    }

    #[test]
    fn sections_have_their_own_byte_order_and_interfaces() {
        let nanos = BIG.option(9, &[9]);
        let file = [
            LITTLE.section(),
            LITTLE.interface(101, 0, &[]),
            LITTLE.interface(1, 0, &LITTLE.option(9, &[3])),
            LITTLE.enhanced(0, 7, b"raw"),
            LITTLE.enhanced(1, 7, b"ethernet"),
            BIG.section(),
            BIG.interface(113, 0, &[BIG.option(2, b"eth0"), nanos].concat()),
            BIG.enhanced(0, 1 << 40, b"cooked"),
            BIG.obsolete(0, 8, b"old"),
        ];
        let (packets, _, end) = walk(&file.concat());
        assert_eq!(
            packets,
            [
                "7000 101 raw/13",
                "7000000 1 ethernet/18",
                "1099511627776 113 cooked/16",
                "8 113 old/13"
            ]
        );
        assert_eq!(end, Step::Need(12));
    }

    #[test]
    fn simple_packets_take_time_link_and_snap_length_from_what_is_known() {
        let file = [
            LITTLE.section(),
            LITTLE.interface(228, 4, &[]),
            LITTLE.interface(1, 0, &[]),
            LITTLE.simple(3, b"abc"),
            LITTLE.enhanced(1, 9, b""),
            LITTLE.simple(100, b"abcd"),
            LITTLE.simple(u32::MAX, b""),
        ];
        let (packets, _, end) = walk(&file.concat());
        assert_eq!(
            packets,
            ["0 228 abc/3", "9000 1 /10", "9000 228 abcd/100", "9000 228 /4294967295"]
        );
        assert_eq!(end, Step::Need(12));
    }

    #[test]
    fn tls_key_logs_are_kept_line_by_line_and_other_secrets_are_not() {
        let file = [
            LITTLE.section(),
            LITTLE.secrets(0x544c_534b, b"CLIENT_RANDOM 01 02\nCLIENT_RANDOM 03 04\n"),
            LITTLE.secrets(0x5747_4b4c, b"wireguard"),
            LITTLE.secrets(0x544c_534b, b"CLIENT_RANDOM 05 06"),
            LITTLE.block(10, b""),
        ];
        let (_, pcapng, _) = walk(&file.concat());
        let expected = "CLIENT_RANDOM 01 02\nCLIENT_RANDOM 03 04\nCLIENT_RANDOM 05 06\n";
        assert_eq!(
            pcapng.key_log().escape_ascii().to_string(),
            expected.escape_default().to_string()
        );
    }

    #[test]
    fn key_logs_beyond_the_cap_are_counted_out() {
        let text = vec![b'x'; 15 << 20];
        let mut file = LITTLE.section();
        for _ in 0..3 {
            file.extend(LITTLE.secrets(0x544c_534b, &text));
        }
        let (_, pcapng, _) = walk(&file);
        assert_eq!(pcapng.key_log().len(), 2 * (text.len() + 1));
        assert!(pcapng.key_log_full());
    }

    #[test]
    fn each_damage_is_named() {
        let cut = |mut block: Vec<u8>, at: usize, value: u8| {
            block[at] = value;
            block
        };
        let interface = LITTLE.interface(1, 0, &[]);
        for (blocks, expected) in [
            (vec![LITTLE.block(1, &[0; 4])], "an interface description is too short"),
            (vec![cut(interface.clone(), 16, 24)], "a block's two lengths differ"),
            (vec![cut(interface.clone(), 4, 17)], "a block's two lengths differ"),
            (vec![cut(interface.clone(), 4, 8)], "a block claims a length of 8 bytes"),
            (vec![cut(interface.clone(), 7, 255)], "a block of 4278190100 bytes is claimed"),
            (vec![cut(LITTLE.section(), 8, 0)], "a section header has no byte order"),
            (vec![cut(LITTLE.section(), 12, 2)], "a section has version 2.0"),
        ] {
            assert_eq!(end_of(&blocks), Step::Damaged(expected.into()));
        }
    }

    #[test]
    fn padding_that_the_length_forgets_is_read_all_the_same() {
        let mut packet = LITTLE.obsolete(0, 1, b"abcde");
        let end = packet.len() - 4;
        packet[4] -= 3;
        packet[end] -= 3;
        let file = [LITTLE.section(), LITTLE.interface(1, 0, &[]), packet.clone(), packet];
        assert_eq!(walk(&file.concat()).0, ["1000 1 abcde/15", "1000 1 abcde/15"]);
    }

    #[test]
    fn a_pcap_file_behind_it_is_another_file() {
        let own = [LITTLE.section(), LITTLE.interface(1, 0, &[]), LITTLE.enhanced(0, 5, b"good")];
        let header = LITTLE.pcap_header(0xa1b2_c3d4, (2, 4), 1);
        let end = end_of(&[&own[..], &[header]].concat());
        assert_eq!(end, Step::Damaged(pcap::ANOTHER.into()));
    }

    #[test]
    fn a_packet_that_cannot_be_read_is_passed_over_and_counted() {
        let interface = LITTLE.interface(1, 0, &[]);
        let good = LITTLE.enhanced(0, 5, b"good");
        let mut too_long = good.clone();
        too_long[20] = 200;
        let undescribed = "interface 1 is not described";
        let too_short = "the block is too short for its packet";
        for (bad, reason) in [
            (LITTLE.enhanced(1, 0, b"abcd"), undescribed),
            (LITTLE.obsolete(1, 0, b"abcd"), undescribed),
            (too_long, too_short),
            (LITTLE.block(6, &[0; 16]), too_short),
            (LITTLE.block(3, b""), too_short),
        ] {
            let file = [LITTLE.section(), interface.clone(), bad.clone(), bad, good.clone()];
            let (packets, pcapng, end) = walk(&file.concat());
            assert_eq!(packets, ["5000 1 good/14"]);
            let expected = PassedOver { packets: 2, reason: reason.into() };
            assert_eq!(pcapng.passed_over(), Some(&expected));
            assert_eq!(end, Step::Need(12));
        }
        let (_, pcapng, _) = walk(&[LITTLE.section(), LITTLE.simple(1, b"a")].concat());
        assert_eq!(pcapng.passed_over().unwrap().reason, "interface 0 is not described");
    }

    #[test]
    fn an_unknown_block_is_passed_over_however_large() {
        let mut block = LITTLE.block(0x8000_1234, b"");
        block[4..8].copy_from_slice(&0xffff_fffc_u32.to_le_bytes());
        let mut pcapng = Pcapng::new(&LITTLE.section()).unwrap();
        assert_eq!(pcapng.step(&block), Step::Skip(0xffff_fffc));
    }

    #[test]
    fn interfaces_are_capped() {
        let mut pcapng = Pcapng::new(&LITTLE.section()).unwrap();
        let block = LITTLE.interface(1, 0, &[]);
        for _ in 0..MAX_INTERFACES {
            assert_eq!(pcapng.step(&block), Step::Skip(20));
        }
        assert!(matches!(pcapng.step(&block), Step::Damaged(_)));
        assert_eq!(pcapng.step(&LITTLE.section()), Step::Skip(28));
        assert_eq!(pcapng.step(&block), Step::Skip(20));
    }

    #[test]
    fn raw_ip_is_known_by_its_other_number() {
        let file = [LITTLE.section(), LITTLE.interface(12, 0, &[])].concat();
        let (_, pcapng, _) = walk(&file);
        assert_eq!(pcapng.interfaces[0].link, LinkType::RAW);
    }

    #[test]
    fn what_begins_like_pcapng_and_is_not_is_refused() {
        let section = LITTLE.section();
        assert_eq!(Pcapng::new(&section[..15]).unwrap_err(), Refusal::Cut);
        let mut other = section.clone();
        other[14] = 3;
        assert_eq!(Pcapng::new(&other).unwrap_err(), Refusal::Version(1, 3));
        other[11] = 0;
        assert_eq!(Pcapng::new(&other).unwrap_err(), Refusal::NotPcapng);
    }
}
