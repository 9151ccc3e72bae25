//! MPLS label stacks (RFC 3032).
//!
//! Nothing in a stack says what it carries. As every router does, the first four bits behind it are
//! asked: 4 and 6 are IP, 0 is the control word of a pseudowire (RFC 4385). What is neither is
//! taken as Ethernet if its type is one we know; so is what begins like IP and has not its length,
//! since a hardware address may begin with anything.

use super::layer::{Layer, Next};
use super::view::View;
use super::{Skip, ethernet, ip};

/// The bit that marks the last label.
const BOTTOM: u32 = 0x100;

/// A label stack, and a guess at what it carries.
pub(super) fn stack(mut view: View<'_>) -> Next<'_> {
    loop {
        let label = view.be32(0)?;
        view = view.skip(4)?;
        if label & BOTTOM != 0 {
            return carried(view);
        }
    }
}

fn carried(view: View<'_>) -> Next<'_> {
    let behind_control_word = view.skip(4)?;
    match view.u8(0)? >> 4 {
        4 | 6 if ip::fits(view) || !ethernet::is_plausible(view) => Ok((Layer::Ip, view)),
        // A hardware address may also begin with a zero, where no control word is used.
        0 if ethernet::is_plausible(behind_control_word) => {
            Ok((Layer::ETHERNET, behind_control_word))
        }
        _ if ethernet::is_plausible(view) => Ok((Layer::ETHERNET, view)),
        _ => Err(Skip::NotIp),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn behind_label(bytes: &[u8]) -> Result<Layer<'static>, Skip> {
        let labelled = [&[0, 2, 1, 64][..], bytes].concat();
        match stack(View::whole(&labelled))?.0 {
            Layer::Ip => Ok(Layer::Ip),
            Layer::ETHERNET => Ok(Layer::ETHERNET),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_hardware_address_may_begin_like_ip() {
        let mut frame = samples::ether(0x0800, &samples::ip());
        for start in [[0x44, 0], [0x60, 1], [0x4c, 0x12], [0x45, 0], [0x64, 0xff], [0x52, 0x54]] {
            frame[..2].copy_from_slice(&start);
            assert_eq!(behind_label(&frame), Ok(Layer::ETHERNET), "{start:02x?}");
        }
    }

    #[test]
    fn an_address_may_look_like_the_type_of_a_frame() {
        // 8.0.0.1 stands where a frame would say that it carries IP.
        let (mut four, mut six) = (samples::ip(), samples::ip6());
        four[12..14].copy_from_slice(&[8, 0]);
        six[12..14].copy_from_slice(&[8, 0]);
        for trailer in [0, 4, 18] {
            for packet in [&four, &six] {
                let bytes = [packet, &vec![0xee; trailer][..]].concat();
                assert_eq!(behind_label(&bytes), Ok(Layer::Ip), "{trailer}");
            }
        }
    }

    #[test]
    fn behind_a_control_word_there_may_be_any_frame() {
        let snap = [&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0][..], &samples::ip()].concat();
        let length = u16::try_from(snap.len()).unwrap();
        let tagged = |kind| samples::ether(kind, &[&[0, 5, 8, 0][..], &samples::ip()].concat());
        for frame in [tagged(0x9100), tagged(0x9200), samples::ether(length, &snap)] {
            let bytes = [&[0, 0, 0, 7], &frame[..]].concat();
            assert_eq!(behind_label(&bytes), Ok(Layer::ETHERNET));
        }
        assert_eq!(behind_label(&[0; 60]), Err(Skip::NotIp));
    }
}
