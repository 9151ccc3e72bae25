//! The checksums of TCP and UDP, where there is a doubt for them to settle.
//!
//! A wrong one proves little: on the machine that sends, a network card was to fill it in. But it
//! tells bytes that belong together from such that hardly can.

use super::layer::Ends;
use etherparse::IpNumber;
use std::net::IpAddr;

/// Whether what an IP datagram carries has a right checksum (RFC 9293 section 3.1, RFC 768);
/// `None` where it has none that is known here.
pub(super) fn is_right(ends: Ends<'_>, number: IpNumber, bytes: &[u8]) -> Option<bool> {
    match (number, bytes) {
        (IpNumber::TCP, _) => {}
        // Zero is what a datagram has that was sent without.
        (IpNumber::UDP, [_, _, _, _, _, _, high, low, ..]) if (*high, *low) != (0, 0) => {}
        _ => return None,
    }
    let addresses: u64 = ends.addresses().iter().map(address).sum();
    let mut sum = addresses + u64::from(number.0) + bytes.len() as u64 + words(bytes);
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    Some(sum == 0xffff)
}

fn address(address: &IpAddr) -> u64 {
    match address {
        IpAddr::V4(four) => words(&four.octets()),
        IpAddr::V6(six) => words(&six.octets()),
    }
}

/// The sum of 16-bit words; a last odd byte is the upper half of one.
fn words(bytes: &[u8]) -> u64 {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let last = rest.first().map_or(0, |byte| u64::from(*byte) << 8);
    pairs.iter().map(|pair| u64::from(u16::from_be_bytes(*pair))).sum::<u64>() + last
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use etherparse::PacketBuilder;

    const FOUR: Ends<'_> = Ends::V4(&[10, 0, 0, 1], &[10, 0, 0, 2]);

    #[test]
    fn a_byte_that_changed_is_found_out() {
        let mut bytes = samples::tcp();
        assert_eq!(bytes.len() % 2, 1);
        assert_eq!(is_right(FOUR, IpNumber::TCP, &bytes), Some(true));
        for at in 0..bytes.len() {
            bytes[at] ^= 0x10;
            assert_eq!(is_right(FOUR, IpNumber::TCP, &bytes), Some(false), "{at}");
            bytes[at] ^= 0x10;
        }
    }

    #[test]
    fn what_has_no_checksum_is_neither_right_nor_wrong() {
        let (from, to) = ([0xfd; 16], [0xfe; 16]);
        let mut bytes = Vec::new();
        let datagram = PacketBuilder::ipv6(from, to, 64).udp(1000, 2000);
        datagram.write(&mut bytes, b"hello").unwrap();
        let (ends, udp) = (Ends::V6(&from, &to), bytes.split_off(40));
        assert_eq!(is_right(ends, IpNumber::UDP, &udp), Some(true));
        assert_eq!(is_right(FOUR, IpNumber::UDP, &udp), Some(false));
        let unsigned = [&udp[..6], &[0, 0], &udp[8..]].concat();
        assert_eq!(is_right(ends, IpNumber::UDP, &unsigned), None);
        assert_eq!(is_right(ends, IpNumber::UDP, &udp[..7]), None);
        assert_eq!(is_right(ends, IpNumber::GRE, &udp), None);
    }
}
