//! MPLS label stacks (RFC 3032).
//!
//! Nothing in a stack says what it carries. As every router does, the first four bits behind it are
//! asked: 4 and 6 are IP, 0 is the control word of a pseudowire (RFC 4385). What is neither is
//! taken as Ethernet if its type is one we know.

use super::layer::{Layer, Next};
use super::view::View;
use super::{Skip, ethernet};

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
        4 | 6 => Ok((Layer::Ip, view)),
        // A hardware address may also begin with a zero, where no control word is used.
        0 if ethernet::is_plausible(behind_control_word) => {
            Ok((Layer::ETHERNET, behind_control_word))
        }
        _ if ethernet::is_plausible(view) => Ok((Layer::ETHERNET, view)),
        _ => Err(Skip::NotIp),
    }
}
