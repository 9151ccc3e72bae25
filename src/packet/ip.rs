//! IP headers of both versions, and the headers that may stand between them and what they carry.

use super::Skip;
use super::fragments::Fragment;
use super::layer::{Ends, Layer, Next};
use super::view::View;
use etherparse::{
    IpAuthHeaderSlice, IpNumber, Ipv4HeaderSlice, Ipv6FragmentHeaderSlice, Ipv6Header,
    Ipv6HeaderSlice, Ipv6RawExtHeaderSlice,
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
    let destination = final_hop(header.options()).map_or(view.field(16), Ok)?;
    let ends = Ends::V4(view.field(12)?, destination);
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

/// The last address of a source route that is not used up (RFC 791 section 3.1): whom the packet is
/// for. The header names the next router until then.
fn final_hop(mut options: &[u8]) -> Option<&[u8; 4]> {
    const END: u8 = 0;
    const NOTHING: u8 = 1;
    const LOOSE: u8 = 131;
    const STRICT: u8 = 137;
    loop {
        match options {
            [] | [END, ..] => return None,
            [NOTHING, rest @ ..] => options = rest,
            [kind, len, ..] => {
                let (option, rest) = options.split_at_checked(usize::from(*len).max(2))?;
                options = rest;
                // The place of the next address is counted from one.
                if matches!(*kind, LOOSE | STRICT) && option.get(2).is_some_and(|at| at < len) {
                    return option.get(3..)?.last_chunk();
                }
            }
            _ => return None,
        }
    }
}

fn version6(view: View<'_>) -> Next<'_> {
    let header = Ipv6HeaderSlice::from_slice(view.bytes).map_err(|_| Skip::BadHeader)?;
    let payload = match header.payload_length() {
        // It stands for a jumbogram, or for a length that the network card was to fill in.
        0 => jumbo_len(header.next_header(), view.skip(Ipv6Header::LEN)?),
        payload => Some(payload.into()),
    };
    let view = payload.map_or(view, |payload| view.limit(Ipv6Header::LEN + payload));
    let ends = Ends::V6(view.field(8)?, view.field(24)?);
    Ok((Layer::Carried(header.next_header(), ends), view.skip(Ipv6Header::LEN)?))
}

/// The length of a jumbogram, which stands among the options for each hop (RFC 2675 section 2).
fn jumbo_len(next: IpNumber, view: View<'_>) -> Option<usize> {
    const PADDING: u8 = 0;
    const JUMBO: u8 = 0xc2;
    if next != IpNumber::IPV6_HEADER_HOP_BY_HOP {
        return None;
    }
    let header = Ipv6RawExtHeaderSlice::from_slice(view.bytes).ok()?;
    let mut options = header.payload();
    loop {
        match options {
            [JUMBO, 4, a, b, c, d, ..] => {
                let len = usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).ok()?;
                return (len > usize::from(u16::MAX)).then_some(len);
            }
            [PADDING, rest @ ..] => options = rest,
            [_, len, rest @ ..] => options = rest.get(usize::from(*len)..)?,
            _ => return None,
        }
    }
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

/// An IPv6 routing header. As long as there are segments left, the packet is on its way to one of
/// them, and for another (RFC 8200 section 8.1).
pub(super) fn routing<'a>(ends: Ends<'a>, view: View<'a>) -> Next<'a> {
    const SOURCE_ROUTE: u8 = 0;
    const MOBILE_HOME: u8 = 2;
    const SEGMENTS: u8 = 4;
    let next = extension(ends, view)?;
    let (Layer::Carried(number, Ends::V6(source, _)), body) = next else { return Ok(next) };
    let header = &view.bytes[..view.bytes.len() - body.bytes.len()];
    let addresses = header.get(8..).unwrap_or_default();
    let destination = match (view.u8(2)?, view.u8(3)? > 0) {
        (SOURCE_ROUTE | MOBILE_HOME, true) => addresses.last_chunk(),
        // They are listed from the last one on, and there may be options behind them.
        (SEGMENTS, true) => addresses.first_chunk(),
        _ => None,
    };
    let ends = destination.map_or(ends, |destination| Ends::V6(source, destination));
    Ok((Layer::Carried(number, ends), body))
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
    stated_len(view) == Some(view.wire_len())
}

/// Whether these are the bytes of one IP packet, with no more behind it than what fills up a short
/// Ethernet frame, and its checksum. Asked where the end of the packet is not known better.
pub(super) fn fits(view: View<'_>) -> bool {
    const FILLING: usize = 46 - 20;
    const CHECKSUM: usize = 4;
    let behind = stated_len(view).and_then(|stated| view.wire_len().checked_sub(stated));
    behind.is_some_and(|behind| behind <= FILLING + CHECKSUM)
}

/// How long a packet says that it is, if it begins like one.
fn stated_len(view: View<'_>) -> Option<usize> {
    match view.u8(0).ok()? {
        first if first >> 4 == 4 && first & 0xf >= 5 => view.be16(2).ok().map(usize::from),
        first if first >> 4 == 6 => {
            view.be16(4).ok().map(|payload| Ipv6Header::LEN + usize::from(payload))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    /// The last byte of the address that a packet is for.
    fn destination((layer, _): (Layer<'_>, View<'_>)) -> u8 {
        match layer {
            Layer::Carried(IpNumber::TCP, Ends::V6(_, destination)) => destination[15],
            Layer::Carried(IpNumber::TCP, Ends::V4(_, destination)) => destination[3],
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_packet_is_for_the_last_address_of_its_route() {
        let (first, last) = ([7; 16], [9; 16]);
        let forward = [first, last].concat();
        let backward = [&last[..], &first, &[5; 8]].concat();
        let ends = Ends::V6(&[1; 16], &[2; 16]);
        for (kind, left, addresses, expected) in [
            (0, 1, &forward, 9),
            (0, 0, &forward, 2),
            (2, 1, &last.to_vec(), 9),
            (4, 2, &backward, 9),
            (4, 0, &backward, 2),
            // One with packed addresses, and one that is too short.
            (3, 1, &forward, 2),
            (0, 1, &vec![], 2),
        ] {
            let units = u8::try_from(addresses.len() / 8).unwrap();
            let header = [&[6, units, kind, left, 0, 0, 0, 0][..], addresses, &[0; 20]].concat();
            let next = routing(ends, View::whole(&header)).unwrap();
            assert_eq!(next.1.bytes.len(), 20);
            assert_eq!(destination(next), expected, "{kind} {left} {addresses:?}");
        }
    }

    #[test]
    fn a_jumbogram_ends_where_its_option_says() {
        let long = vec![7; 70_000];
        let option =
            |len: usize| [&[0xc2, 4][..], &u32::try_from(len).unwrap().to_be_bytes()].concat();
        let body = 8 + long.len();
        for (options, len) in [
            (option(body), body),
            // Behind padding; too small to be one; none at all.
            ([vec![0, 1, 5, 0, 0, 0, 0, 0], option(body + 8)].concat(), body + 8),
            (option(65_535), body + 6),
            (vec![1, 4, 0, 0, 0, 0], body + 6),
        ] {
            let units = u8::try_from((2 + options.len()) / 8 - 1).unwrap();
            let mut packet = samples::ipv6(0, &[&[6, units][..], &options].concat());
            packet[4..6].copy_from_slice(&[0, 0]);
            packet.extend([&long[..], &[0xee; 6]].concat());
            let (_, view) = open(View::whole(&packet)).unwrap();
            assert_eq!(view.bytes.len(), len, "{options:?}");
        }
    }

    #[test]
    fn a_source_route_of_version_4_is_followed_to_its_end() {
        for (options, expected) in [
            (&[131, 11, 4, 1, 1, 1, 7, 1, 1, 1, 9, 0][..], 9),
            (&[1, 137, 11, 8, 1, 1, 1, 7, 1, 1, 1, 9], 9),
            (&[148, 4, 0, 0, 131, 7, 4, 1, 1, 1, 9, 0], 9),
            // It is used up, ends too early, has no address; another option; none behind the end.
            (&[131, 11, 12, 1, 1, 1, 7, 1, 1, 1, 9, 0], 2),
            (&[131, 40, 4, 1, 1, 1, 7, 1], 2),
            (&[131, 3, 0, 0], 2),
            (&[1, 1, 1, 131], 2),
            (&[7, 7, 4, 1, 1, 1, 9, 0], 2),
            (&[0, 131, 7, 4, 1, 1, 1, 9], 2),
        ] {
            let plain = samples::ip();
            let mut packet = [&plain[..20], options, &plain[20..]].concat();
            packet[0] = 0x45 + u8::try_from(options.len() / 4).unwrap();
            packet[3] += u8::try_from(options.len()).unwrap();
            assert_eq!(destination(open(View::whole(&packet)).unwrap()), expected, "{options:?}");
        }
    }
}
