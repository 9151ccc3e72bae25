//! The key of a connection: its two ends, in an order that both directions give.

use crate::packet::Segment;
use std::hash::{Hash, Hasher};
use std::net::SocketAddr;

/// The two ends of a connection, the lower one first. An IPv4 pair takes two words, since it is
/// looked up for every packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowKey {
    /// Address and port of each end.
    V4([u64; 2]),
    /// Two halves of the address and the port of each end.
    V6([[u64; 3]; 2]),
}

impl FlowKey {
    /// The key of a segment's connection.
    pub fn of(segment: &Segment<'_>) -> Self {
        Self::between([segment.source, segment.destination])
    }

    /// The key of the connections between two ends, in whatever order.
    pub fn between([one, other]: [SocketAddr; 2]) -> Self {
        match (one, other) {
            (SocketAddr::V4(from), SocketAddr::V4(to)) => {
                let [from, to] = [from, to]
                    .map(|end| u64::from(end.ip().to_bits()) << 16 | u64::from(end.port()));
                Self::V4([from.min(to), from.max(to)])
            }
            (from, to) => {
                let (from, to) = (words(from), words(to));
                Self::V6([from.min(to), from.max(to)])
            }
        }
    }
}

/// A number by which connections can be divided into parts of about the same size, the same for both
/// directions. It does not change from run to run: whoever wants all connections in one part can have
/// that, and no more.
pub fn spread(segment: &Segment<'_>) -> usize {
    // The odd number next to 2^64 divided by the golden ratio: every bit acts on the upper ones.
    const MIXER: u64 = 0x9e37_79b9_7f4a_7c15;
    let mixed = |end: SocketAddr| {
        let address = match end {
            SocketAddr::V4(v4) => u64::from(v4.ip().to_bits()),
            SocketAddr::V6(_) => words(end)
                .iter()
                .fold(0_u64, |sum, word| (sum ^ word).wrapping_mul(MIXER).rotate_left(29)),
        };
        let sum = address.rotate_left(16) ^ u64::from(end.port());
        sum.wrapping_mul(MIXER)
    };
    let both = mixed(segment.source).wrapping_add(mixed(segment.destination));
    (both >> 32) as usize
}

fn words(end: SocketAddr) -> [u64; 3] {
    let bits = match end {
        SocketAddr::V4(v4) => v4.ip().to_ipv6_mapped().to_bits(),
        SocketAddr::V6(v6) => v6.ip().to_bits(),
    };
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
    [(bits >> 64) as u64, bits as u64, end.port().into()]
}

impl Hash for FlowKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::V4(ends) => ends.iter().for_each(|word| state.write_u64(*word)),
            Self::V6(ends) => ends.as_flattened().iter().for_each(|word| state.write_u64(*word)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Flags;
    use crate::time::Timestamp;
    use proptest::prelude::*;

    fn key(source: SocketAddr, destination: SocketAddr) -> FlowKey {
        FlowKey::of(&Segment {
            packet: 1,
            time: Timestamp::from_seconds(0),
            source,
            destination,
            seq: 0,
            ack: 0,
            flags: Flags::default(),
            payload: b"",
            cut: 0,
        })
    }

    proptest! {
        #[test]
        fn two_pairs_have_one_key_only_if_they_are_the_same_ends(
            ends in any::<[SocketAddr; 2]>(), others in any::<[SocketAddr; 2]>(), same in any::<bool>(),
        ) {
            // Flow labels and zones of IPv6 are no part of an address on the wire.
            let ends = ends.map(|end| SocketAddr::new(end.ip(), end.port()));
            let others = if same { ends } else { others.map(|end| SocketAddr::new(end.ip(), end.port())) };
            let [a, b] = ends;
            prop_assert_eq!(key(a, b), key(b, a));
            let equal = ends == others || [b, a] == others;
            prop_assert_eq!(key(a, b) == key(others[0], others[1]), equal);
        }
    }
}
