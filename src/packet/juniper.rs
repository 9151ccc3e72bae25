//! What Juniper's routers write ahead of a packet that they capture themselves: a mark, flags, and
//! perhaps more fields; then the link layer that the file's type names.

use super::Skip;
use super::layer::{Layer, Next};
use super::view::View;
use crate::capture::LinkType;

const MARK: &[u8; 3] = b"MGC";
/// The packet has no link-layer header: its family stands in its place.
const NO_LINK: u8 = 0x02;
/// More fields follow, with their length.
const HAS_FIELDS: u8 = 0x80;

/// Such a header, and what follows it.
pub(super) fn open(link: LinkType, view: View<'_>) -> Next<'_> {
    if view.field::<3>(0)? != MARK {
        return Err(Skip::BadHeader);
    }
    let flags = view.u8(3)?;
    let len = if flags & HAS_FIELDS == 0 { 4 } else { 6 + usize::from(view.be16(4)?) };
    let body = view.skip(len)?;
    if flags & NO_LINK == 0 {
        Ok((Layer::Link(link), body))
    } else {
        Ok((Layer::Ip, body.skip(4)?))
    }
}
