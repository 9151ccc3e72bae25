//! The two sockets of a segment, as words: they are compared and hashed for every packet.

use std::hash::{Hash, Hasher};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// A socket pair (RFC 9293 section 3.3.1): the sender's address and port, and the receiver's. Flow
/// labels and zones of IPv6 are no part of an address on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SocketPair {
    /// Each address above the 16 bits of the port.
    V4([u64; 2]),
    /// Two halves of each address, and the port.
    V6([[u64; 3]; 2]),
}

impl SocketPair {
    /// A pair of sockets. If only one is of IPv4, it counts as mapped to IPv6.
    pub fn new(source: SocketAddr, destination: SocketAddr) -> Self {
        match (source, destination) {
            (SocketAddr::V4(from), SocketAddr::V4(to)) => Self::V4([from, to].map(|end| {
                let [a, b, c, d] = end.ip().octets();
                let [high, low] = end.port().to_be_bytes();
                Self::short([a, b, c, d], [high, low])
            })),
            (from, to) => Self::V6([words(from), words(to)]),
        }
    }

    /// The word of an IPv4 socket, from its bytes on the wire.
    #[inline]
    pub(super) fn short(address: [u8; 4], port: [u8; 2]) -> u64 {
        u64::from(u32::from_be_bytes(address)) << 16 | u64::from(u16::from_be_bytes(port))
    }

    /// The same connection's pair in the other direction.
    #[inline]
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::V4([from, to]) => Self::V4([to, from]),
            Self::V6([from, to]) => Self::V6([to, from]),
        }
    }

    /// The lower socket first, whoever sent: the same for both directions of a connection.
    #[inline]
    #[must_use]
    pub fn sorted(self) -> Self {
        if self.is_sorted() { self } else { self.reversed() }
    }

    /// Whether the sender is the lower one.
    #[inline]
    pub fn is_sorted(&self) -> bool {
        match self {
            Self::V4([from, to]) => from <= to,
            Self::V6([from, to]) => from <= to,
        }
    }

    /// Whether both are of one connection.
    #[inline]
    pub fn is_of_one_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::V4([a, b]), Self::V4([c, d])) => (a == c && b == d) || (a == d && b == c),
            (Self::V6([a, b]), Self::V6([c, d])) => (a == c && b == d) || (a == d && b == c),
            _ => false,
        }
    }

    /// Whether both have the same sender.
    #[inline]
    pub fn is_from_sender_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::V4([one, _]), Self::V4([another, _])) => one == another,
            (Self::V6([one, _]), Self::V6([another, _])) => one == another,
            _ => false,
        }
    }

    /// The sockets, the sender's first.
    pub fn addresses(&self) -> [SocketAddr; 2] {
        match self {
            Self::V4(ends) => ends.map(|end| {
                let [.., a, b, c, d, high, low] = end.to_be_bytes();
                (Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])).into()
            }),
            Self::V6(ends) => ends.map(|[upper, lower, port]| {
                let address = Ipv6Addr::from_bits(u128::from(upper) << 64 | u128::from(lower));
                (address, u16::try_from(port).unwrap_or_default()).into()
            }),
        }
    }

    /// A number by which connections can be divided into parts of about the same size, the same for
    /// both directions. It does not change from run to run: whoever wants all connections in one part
    /// can have that, and no more.
    #[inline]
    pub fn spread(&self) -> u32 {
        // The odd number next to 2^64 divided by the golden ratio: every bit acts on the upper ones.
        const MIXER: u64 = 0x9e37_79b9_7f4a_7c15;
        let both = match self {
            Self::V4([from, to]) => from.wrapping_mul(MIXER).wrapping_add(to.wrapping_mul(MIXER)),
            Self::V6(ends) => {
                let mix = |sum: u64, word: &u64| (sum ^ word).wrapping_mul(MIXER).rotate_left(29);
                let [from, to] = ends.map(|end| end.iter().fold(0, mix));
                from.wrapping_add(to)
            }
        };
        (both >> 32) as u32
    }
}

impl Hash for SocketPair {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::V4(ends) => ends.iter().for_each(|word| state.write_u64(*word)),
            Self::V6(ends) => ends.as_flattened().iter().for_each(|word| state.write_u64(*word)),
        }
    }
}

fn words(end: SocketAddr) -> [u64; 3] {
    let bits = match end {
        SocketAddr::V4(v4) => v4.ip().to_ipv6_mapped().to_bits(),
        SocketAddr::V6(v6) => v6.ip().to_bits(),
    };
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
    [(bits >> 64) as u64, bits as u64, end.port().into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn two_pairs_are_alike_only_if_they_are_of_the_same_sockets(
            ends in any::<[SocketAddr; 2]>(), others in any::<[SocketAddr; 2]>(), same in any::<bool>(),
        ) {
            let plain = |end: SocketAddr| SocketAddr::new(end.ip(), end.port());
            let [a, b] = ends.map(plain);
            let [c, d] = if same { [a, b] } else { others.map(plain) };
            let (one, other) = (SocketPair::new(a, b), SocketPair::new(c, d));
            prop_assert_eq!(one.sorted(), SocketPair::new(b, a).sorted());
            prop_assert_eq!(one.reversed(), SocketPair::new(b, a));
            prop_assert_eq!(one == other, [a, b] == [c, d]);
            prop_assert_eq!(one.sorted() == other.sorted(), [a, b] == [c, d] || [a, b] == [d, c]);
            prop_assert_eq!(one.is_of_one_with(&other), one.sorted() == other.sorted());
            if one.is_of_one_with(&other) && a != b {
                prop_assert_eq!(one.is_from_sender_of(&other), one == other);
            }
            prop_assert_eq!(one.spread(), one.reversed().spread());
            if a.is_ipv4() == b.is_ipv4() {
                prop_assert_eq!(one.addresses(), [a, b]);
            }
        }
    }
}
