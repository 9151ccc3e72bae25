//! Capture files built by hand, for the tests of this module.

/// The packets of every sample: the byte to fill with, and how many.
pub(crate) const PACKETS: [(u8, usize); 3] = [(b'a', 3), (b'b', 60), (b'c', 0)];

/// The seconds of the first packet; each later one is a second and a microsecond after the one
/// before it.
pub(crate) const FIRST: u32 = 1_700_000_000;

/// Writes numbers in one byte order.
#[derive(Clone, Copy)]
pub(crate) struct Writer {
    pub(crate) big: bool,
}

impl Writer {
    pub(crate) fn u16(self, number: u16) -> Vec<u8> {
        if self.big { number.to_be_bytes().into() } else { number.to_le_bytes().into() }
    }

    pub(crate) fn u32(self, number: u32) -> Vec<u8> {
        if self.big { number.to_be_bytes().into() } else { number.to_le_bytes().into() }
    }

    fn u32s(self, numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| self.u32(*number)).collect()
    }

    /// A pcap file header.
    pub(crate) fn pcap_header(self, magic: u32, version: (u16, u16), link: u32) -> Vec<u8> {
        let version = [self.u16(version.0), self.u16(version.1)].concat();
        [self.u32(magic), version, self.u32s(&[0, 0, 65_535, link])].concat()
    }

    /// A pcap record with whatever lengths; `extra` bytes of header follow the usual 16.
    pub(crate) fn pcap_record(
        self,
        (seconds, ticks): (u32, u32),
        (first, second): (u32, u32),
        extra: usize,
        data: &[u8],
    ) -> Vec<u8> {
        let head = self.u32s(&[seconds, ticks, first, second]);
        [&head, &vec![0xee; extra], data].concat()
    }

    /// A whole pcap file of [`PACKETS`].
    pub(crate) fn pcap(self, magic: u32, ticks_per_micro: u32, extra: usize) -> Vec<u8> {
        let mut file = self.pcap_header(magic, (2, 4), 1);
        for (index, (byte, len)) in (0..).zip(PACKETS) {
            let time = (FIRST + index, index * ticks_per_micro);
            let captured = u32::try_from(len).unwrap();
            let lengths = (captured, captured + 10);
            file.extend(self.pcap_record(time, lengths, extra, &vec![byte; len]));
        }
        file
    }

    /// A pcapng block around a body, which is padded.
    pub(crate) fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let padding = vec![0; body.len().next_multiple_of(4) - body.len()];
        let len = u32::try_from(12 + body.len() + padding.len()).unwrap();
        [&self.u32s(&[kind, len])[..], body, &padding, &self.u32(len)].concat()
    }

    /// A section header block of unknown section length.
    pub(crate) fn section(self) -> Vec<u8> {
        let version = [self.u16(1), self.u16(0)].concat();
        self.block(0x0a0d_0d0a, &[self.u32(0x1a2b_3c4d), version, vec![0xff; 8]].concat())
    }

    /// An interface description block.
    pub(crate) fn interface(self, link: u16, snaplen: u32, options: &[u8]) -> Vec<u8> {
        let body = [&self.u16(link)[..], &self.u16(0), &self.u32(snaplen), options].concat();
        self.block(1, &body)
    }

    /// An option, padded.
    pub(crate) fn option(self, code: u16, value: &[u8]) -> Vec<u8> {
        let padding = vec![0; value.len().next_multiple_of(4) - value.len()];
        let len = u16::try_from(value.len()).unwrap();
        [&self.u16(code)[..], &self.u16(len), value, &padding].concat()
    }

    /// An enhanced packet block with a comment.
    pub(crate) fn enhanced(self, interface: u32, ticks: u64, data: &[u8]) -> Vec<u8> {
        let len = u32::try_from(data.len()).unwrap();
        let (high, low) = halves(ticks);
        let padding = vec![0; data.len().next_multiple_of(4) - data.len()];
        let head = self.u32s(&[interface, high, low, len, len + 10]);
        let comment = [self.option(1, b"a comment"), self.option(0, b"")].concat();
        self.block(6, &[&head, data, &padding, &comment].concat())
    }

    /// An obsolete packet block.
    pub(crate) fn obsolete(self, interface: u16, ticks: u64, data: &[u8]) -> Vec<u8> {
        let len = u32::try_from(data.len()).unwrap();
        let (high, low) = halves(ticks);
        let head = [self.u16(interface), self.u16(0xffff), self.u32s(&[high, low, len, len + 10])];
        self.block(2, &[&head.concat()[..], data].concat())
    }

    /// A simple packet block of a packet that may have been longer.
    pub(crate) fn simple(self, wire_len: u32, data: &[u8]) -> Vec<u8> {
        self.block(3, &[&self.u32(wire_len), data].concat())
    }

    /// A decryption secrets block.
    pub(crate) fn secrets(self, kind: u32, text: &[u8]) -> Vec<u8> {
        let len = u32::try_from(text.len()).unwrap();
        self.block(10, &[&self.u32s(&[kind, len]), text].concat())
    }

    /// A whole pcapng file of [`PACKETS`], one of each kind of timed packet and much to pass over.
    pub(crate) fn pcapng(self) -> Vec<u8> {
        let micros = |index: u64| (u64::from(FIRST) + index) * 1_000_000 + index;
        let data = |index: usize| vec![PACKETS[index].0; PACKETS[index].1];
        [
            self.section(),
            self.interface(1, 0, &[]),
            self.block(4, b"name resolution!"),
            self.enhanced(0, micros(0), &data(0)),
            self.block(5, &[0; 12]),
            self.secrets(0x544c_534b, b"CLIENT_RANDOM 00 11"),
            self.obsolete(0, micros(1), &data(1)),
            self.block(0x0bad, b"custom"),
            self.block(0x7777_7777, &[]),
            self.enhanced(0, micros(2), &data(2)),
        ]
        .concat()
    }
}

fn halves(ticks: u64) -> (u32, u32) {
    (u32::try_from(ticks >> 32).unwrap(), u32::try_from(ticks & 0xffff_ffff).unwrap())
}
