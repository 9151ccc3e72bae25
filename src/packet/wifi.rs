//! IEEE 802.11 data frames, and the headers with which capturing systems precede them.
//!
//! Limits: enciphered frames are not deciphered; of an aggregate (A-MSDU) only the first subframe
//! is read; a frame split over several is read as far as its first part goes.

use super::layer::{Layer, Next};
use super::view::View;
use super::{Skip, llc};

// Frame control, low byte first (IEEE 802.11-2020 section 9.2.4.1).
const TYPE: u16 = 0x000c;
const TYPE_DATA: u16 = 0x0008;
const SUBTYPE_NO_DATA: u16 = 0x0040;
const SUBTYPE_QOS: u16 = 0x0080;
const TO_AND_FROM_DS: u16 = 0x0300;
const PROTECTED: u16 = 0x4000;
const ORDER: u16 = 0x8000;

/// The bit of the quality-of-service field that marks an aggregate.
const AGGREGATE: u16 = 0x0080;
/// The bit of the same field that says, between the stations of a mesh, that its control field is
/// there. Between others it means something else.
const MESH_CONTROL: u16 = 0x0100;
/// The part of the sequence control field that numbers the parts of a split frame.
const PART_NUMBER: u16 = 0x000f;

/// A frame whose header is followed at once by its data.
pub(super) fn frame(view: View<'_>) -> Next<'_> {
    data_frame(view, view.le16(0)?, false)
}

/// The same inside a tunnel from an access point: some makers' have the two bytes of frame control in
/// the other order. Data frames, which alone are read, show which it is.
pub(super) fn tunnelled(view: View<'_>) -> Next<'_> {
    const VERSION: u16 = 0x0003;
    let orders = [view.le16(0)?, view.be16(0)?];
    let is_data = |control: &&u16| **control & (TYPE | VERSION) == TYPE_DATA;
    let control = orders.iter().find(is_data).ok_or(Skip::NotIp)?;
    data_frame(view, *control, false)
}

fn data_frame(view: View<'_>, control: u16, padded: bool) -> Next<'_> {
    if control & TYPE != TYPE_DATA || control & SUBTYPE_NO_DATA != 0 {
        return Err(Skip::NotIp);
    }
    if control & PROTECTED != 0 {
        return Err(Skip::Encrypted);
    }
    if view.le16(22)? & PART_NUMBER != 0 {
        return Err(Skip::NotIp);
    }
    let is_relayed = control & TO_AND_FROM_DS == TO_AND_FROM_DS;
    let mut len = if is_relayed { 30 } else { 24 };
    let (mut aggregate, mut mesh) = (false, false);
    if control & SUBTYPE_QOS != 0 {
        let quality = view.le16(len)?;
        aggregate = quality & AGGREGATE != 0;
        mesh = is_relayed && quality & MESH_CONTROL != 0;
        len += 2;
        // With QoS, this bit says that the high-throughput control field is there.
        len += if control & ORDER != 0 { 4 } else { 0 };
    }
    let len = if padded { len.next_multiple_of(4) } else { len };
    let body = view.skip(len)?;
    let body = if aggregate { subframe(body)? } else { body };
    Ok((Layer::Llc, if mesh { behind_mesh_control(body)? } else { body }))
}

/// What follows the control field of a mesh, if there is one (IEEE 802.11-2020 section 9.2.4.7.3):
/// flags, a time to live, a number, and up to two more addresses.
fn behind_mesh_control(view: View<'_>) -> Result<View<'_>, Skip> {
    const MORE_ADDRESSES: u8 = 0x03;
    if llc::open(view).is_ok() {
        return Ok(view);
    }
    view.skip(6 + 6 * usize::from(view.u8(0)? & MORE_ADDRESSES))
}

/// The first subframe of an aggregate: two addresses and a length.
fn subframe(view: View<'_>) -> Result<View<'_>, Skip> {
    let len = usize::from(view.be16(12)?);
    Ok(view.skip(14)?.limit(len))
}

/// A radiotap header: a length, bit maps of the fields that are present, the fields.
pub(super) fn radiotap(view: View<'_>) -> Next<'_> {
    const PADDED: u8 = 0x20;
    const BAD_CHECKSUM: u8 = 0x40;
    let frame = view.skip(usize::from(view.le16(2)?))?;
    let flags = radiotap_flags(view)?;
    if flags & BAD_CHECKSUM != 0 {
        return Err(Skip::BadHeader);
    }
    data_frame(frame, frame.le16(0)?, flags & PADDED != 0)
}

/// The flags field; 0 where it is absent.
fn radiotap_flags(view: View<'_>) -> Result<u8, Skip> {
    const TIMER: u32 = 1;
    const FLAGS: u32 = 1 << 1;
    const MORE_MAPS: u32 = 1 << 31;
    let present = view.le32(4)?;
    let mut at = 8;
    let mut map = present;
    while map & MORE_MAPS != 0 {
        map = view.le32(at)?;
        at += 4;
    }
    if present & FLAGS == 0 {
        return Ok(0);
    }
    if present & TIMER != 0 {
        at = at.next_multiple_of(8) + 8;
    }
    view.u8(at)
}

/// The Prism header, whose length is in the byte order of the capturing machine; or the AVS header,
/// which files of that type also hold.
pub(super) fn prism(view: View<'_>) -> Next<'_> {
    const AVS_COOKIE: u32 = 0x8021_1000;
    if view.be32(0)? & 0xffff_f000 == AVS_COOKIE {
        return avs(view);
    }
    let (low_first, high_first) = (view.le32(4)?, view.be32(4)?);
    frame(view.skip(low_first.min(high_first) as usize)?)
}

/// The AVS header: a version and a length.
pub(super) fn avs(view: View<'_>) -> Next<'_> {
    frame(view.skip(view.be32(4)? as usize)?)
}
