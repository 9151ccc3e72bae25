//! The numbers of connections.

/// Numbers connections from 1 in the order in which they were first seen, whoever follows them. A
/// connection is known by the packet it began with; one bit is kept for each packet, and one word
/// for 64.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// Which packets began a connection, 64 to a word.
    begun: Vec<u64>,
    /// How many connections began before each word.
    before: Vec<u64>,
    count: u64,
}

/// The word of a packet, and its bit in there.
fn place(packet: u64) -> (usize, u64) {
    (usize::try_from(packet / 64).unwrap_or(usize::MAX), 1 << (packet % 64))
}

impl Numbers {
    /// Connections began with these packets. They come in order, and after all that were added
    /// before.
    pub fn add(&mut self, packets: impl IntoIterator<Item = u64>) {
        for packet in packets {
            let (word, bit) = place(packet);
            while self.begun.len() <= word {
                self.begun.push(0);
                self.before.push(self.count);
            }
            self.begun[word] |= bit;
            self.count += 1;
        }
    }

    /// The number of the connection that began with a packet; 0 if none did.
    pub fn of(&self, packet: u64) -> u64 {
        let (word, bit) = place(packet);
        let (Some(begun), Some(before)) = (self.begun.get(word), self.before.get(word)) else {
            return 0;
        };
        if begun & bit == 0 {
            return 0;
        }
        before + u64::from((begun & (bit | (bit - 1))).count_ones())
    }
}

#[cfg(test)]
mod tests {
    use super::Numbers;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn each_connection_has_its_place_in_the_order(
            packets in proptest::collection::btree_set(0_u64..2000, 0..200), other in 0_u64..3000,
        ) {
            let mut numbers = Numbers::default();
            let mut known = BTreeSet::new();
            for (place, packet) in packets.iter().enumerate() {
                numbers.add([*packet]);
                known.insert(*packet);
                prop_assert_eq!(numbers.of(*packet), place as u64 + 1);
            }
            let expected = packets.iter().position(|packet| *packet == other);
            prop_assert_eq!(numbers.of(other), expected.map_or(0, |place| place as u64 + 1));
        }
    }
}
