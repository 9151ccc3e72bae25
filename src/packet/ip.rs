//! IP headers of both versions, and the headers that may stand between them and what they carry.

use super::Skip;
use super::fragments::Fragment;
use super::layer::{Ends, Layer, Next};
use super::view::View;
use etherparse::{
    IpAuthHeaderSlice, Ipv4HeaderSlice, Ipv6FragmentHeaderSlice, Ipv6Header, Ipv6HeaderSlice,
    Ipv6RawExtHeaderSlice,
};

/// An IP header, whichever version its first four bits say.
pub(super) fn open(view: View<'_>) -> Next<'_> {
    match view.u8(0)? >> 4 {
        4 => version4(view),
        6 => version6(view),
        _ => Err(Skip::NotIp),
    }
}

fn version4(view: View<'_>) -> Next<'_> {
    let header = Ipv4HeaderSlice::from_slice(view.bytes).map_err(|_| Skip::BadHeader)?;
    let len = header.slice().len();
    let total = usize::from(header.total_len());
    // A length that cannot be one was left for the network card to fill in.
    let view = if total < len { view } else { view.limit(total) };
    let (number, body) = (header.protocol(), view.skip(len)?);
    let ends = Ends::V4(view.field(12)?, view.field(16)?);
    if !header.is_fragmenting_payload() {
        return Ok((Layer::Carried(number, ends), body));
    }
    let fragment = Fragment {
        ends,
        number,
        id: header.identification().into(),
        offset: header.fragments_offset().byte_offset(),
        more: header.more_fragments(),
    };
    Ok((Layer::Fragment(fragment), body))
}

fn version6(view: View<'_>) -> Next<'_> {
    let header = Ipv6HeaderSlice::from_slice(view.bytes).map_err(|_| Skip::BadHeader)?;
    let payload = usize::from(header.payload_length());
    // Zero stands for a jumbogram, or for a length that the network card was to fill in.
    let view = if payload == 0 { view } else { view.limit(Ipv6Header::LEN + payload) };
    let ends = Ends::V6(view.field(8)?, view.field(24)?);
    Ok((Layer::Carried(header.next_header(), ends), view.skip(Ipv6Header::LEN)?))
}

/// An authentication header: it vouches for what follows, and hides nothing.
pub(super) fn authentication<'a>(ends: Ends<'a>, view: View<'a>) -> Next<'a> {
    let header = IpAuthHeaderSlice::from_slice(view.bytes).map_err(|_| Skip::BadHeader)?;
    Ok((Layer::Carried(header.next_header(), ends), view.skip(header.slice().len())?))
}

/// An IPv6 extension header that only has to be stepped over.
pub(super) fn extension<'a>(ends: Ends<'a>, view: View<'a>) -> Next<'a> {
    let header = Ipv6RawExtHeaderSlice::from_slice(view.bytes).map_err(|_| Skip::BadHeader)?;
    Ok((Layer::Carried(header.next_header(), ends), view.skip(header.slice().len())?))
}

/// An IPv6 fragment header; one that splits nothing is stepped over (RFC 6946).
pub(super) fn fragment<'a>(ends: Ends<'a>, view: View<'a>) -> Next<'a> {
    let header = Ipv6FragmentHeaderSlice::from_slice(view.bytes).map_err(|_| Skip::BadHeader)?;
    let (number, body) = (header.next_header(), view.skip(header.slice().len())?);
    if !header.is_fragmenting_payload() {
        return Ok((Layer::Carried(number, ends), body));
    }
    let fragment = Fragment {
        ends,
        number,
        id: header.identification(),
        offset: header.fragment_offset().byte_offset(),
        more: header.more_fragments(),
    };
    Ok((Layer::Fragment(fragment), body))
}

/// Whether these are the bytes of exactly one IP packet. Asked where nothing announces what
/// follows.
pub(super) fn is_exact(view: View<'_>) -> bool {
    let stated = match view.u8(0) {
        Ok(first) if first >> 4 == 4 && first & 0xf >= 5 => view.be16(2).map(usize::from),
        Ok(first) if first >> 4 == 6 => {
            view.be16(4).map(|payload| Ipv6Header::LEN + usize::from(payload))
        }
        _ => return false,
    };
    stated == Ok(view.wire_len())
}
