//! The checksums of TCP and UDP, where there is a doubt for them to settle.
//!
//! A wrong one proves little: on the machine that sends, a network card was to fill it in. But it
//! tells bytes that belong together from such that hardly can.

use super::layer::Ends;
use etherparse::IpNumber;
use etherparse::checksum::Sum16BitWords;
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
    let len = u32::try_from(bytes.len()).ok()?;
    let sum = ends.addresses().iter().fold(Sum16BitWords::new(), |sum, address| match address {
        IpAddr::V4(four) => sum.add_slice(&four.octets()),
        IpAddr::V6(six) => sum.add_slice(&six.octets()),
    });
    let sum = sum.add_2bytes([0, number.0]).add_slice(&len.to_be_bytes()).add_slice(bytes);
    Some(sum.ones_complement() == 0)
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
