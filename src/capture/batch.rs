//! Packets that were read together: a block of bytes, and where each packet lies in it.
//!
//! A batch owns its bytes, so it can be handed to another thread while the next one is read. What
//! is read stays where it was read: a reader gives its whole buffer away and takes the batch's in
//! return (see [`super::blocks::Blocks::exchange`]).

use super::Packet;
use super::record::Record;

/// Packets with consecutive numbers. An emptied batch keeps its memory, for the next packets.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    /// `data_at` counts from the start of `bytes`.
    records: Vec<Record>,
    /// The number of the first packet.
    first: u64,
}

impl Batch {
    /// The packets, in capture order.
    pub fn packets(&self) -> impl Iterator<Item = Packet<'_>> {
        (self.first..).zip(&self.records).filter_map(|(number, record)| {
            let Record { data_at, captured, wire_len, time, link, .. } = *record;
            let data = self.bytes.get(data_at..data_at + captured)?;
            Some(Packet { number, time, link, data, wire_len })
        })
    }

    /// The bytes in which the packets lie.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many packets there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Forgets the packets. The next one will have this number.
    pub(crate) fn restart(&mut self, first: u64) {
        self.records.clear();
        self.first = first;
    }

    /// Adds a packet that lies in a reader's window at `at`; the bytes come with [`Self::take`].
    pub(crate) fn place(&mut self, at: usize, record: Record) {
        self.records.push(Record { data_at: at + record.data_at, ..record });
    }

    /// Takes the bytes of the packets that were placed: `exchange` is given the batch's buffer,
    /// leaves another in its stead, and says where in that one the window begins.
    pub(crate) fn take(&mut self, exchange: impl FnOnce(&mut Vec<u8>) -> usize) {
        let start = exchange(&mut self.bytes);
        for record in &mut self.records {
            record.data_at += start;
        }
    }

    /// Adds a copy of a packet.
    pub(crate) fn copy(&mut self, packet: &Packet<'_>) {
        if self.records.is_empty() {
            self.bytes.clear();
        }
        let Packet { time, link, data, wire_len, .. } = *packet;
        let (data_at, captured) = (self.bytes.len(), data.len());
        self.records.push(Record { len: captured, data_at, captured, wire_len, time, link });
        self.bytes.extend_from_slice(data);
    }

    /// How many bytes of memory its packets take.
    pub(crate) fn held(&self) -> usize {
        self.bytes.len() + size_of_val(self.records.as_slice())
    }
}
