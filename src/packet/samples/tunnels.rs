//! Packets inside others that name an address and a port of their own.

use super::{LinkType, Sample, data_header, ether, ip, ip6, ipv4, len16, rows, snap, udp};

/// What GRE carries.
pub(super) fn gre() -> Vec<Sample> {
    let frame = ether(0x0800, &ip());
    let over = |header: &[u8], body: &[u8]| ipv4(47, &[header, body].concat());
    let pptp_len = len16(2 + ip().len());
    let pptp = |flags: [u8; 2], numbers: &[u8]| {
        let header = [&flags[..], &[0x88, 0x0b], &pptp_len, &[0, 1], numbers, &[0, 0x21]].concat();
        over(&header, &ip())
    };
    let eoip = [&[0x20, 1, 0x64, 0][..], &len16(frame.len()), &[1, 0]].concat();
    let all_fields = [&[0xb0, 0, 8, 0][..], &[9; 12]].concat();
    let routes = [&[0x40, 0, 8, 0, 0, 0, 0, 0][..], &[8, 0, 0, 4, 1, 2, 3, 4], &[0; 4]].concat();
    let erspan2 = [&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1][..], &[0x10; 8]].concat();
    let erspan3 = |ending: [u8; 2], more: &[u8]| {
        [&[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1][..], &[0x20; 10], &ending, more].concat()
    };
    let erspan3_as_2 = [&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1][..], &[0x20; 10], &[0, 0]].concat();
    let wifi = [data_header(0x0108, 24), snap()].concat();
    rows(
        [
            ("gre", over(&[0, 0, 8, 0], &ip())),
            ("gre, version 6", over(&[0, 0, 0x86, 0xdd], &ip6())),
            ("gre, all fields", over(&all_fields, &ip())),
            ("gre, routes", over(&routes, &ip())),
            ("gre, ethernet", over(&[0x20, 0, 0x65, 0x58, 0, 0, 0, 7], &frame)),
            ("gre, mpls", over(&[0, 0, 0x88, 0x47, 0, 2, 1, 64], &ip())),
            ("erspan 1", over(&[0, 0, 0x88, 0xbe], &frame)),
            ("erspan 2", over(&erspan2, &frame)),
            ("erspan 3", over(&erspan3([0, 0], &[]), &frame)),
            ("erspan 3 as 2", over(&erspan3_as_2, &frame)),
            ("aruba", over(&[0, 0, 0x82, 0], &wifi)),
            ("gre, frame relay", over(&[0, 0, 0x65, 0x59, 0x18, 0x41, 3, 0xcc], &ip())),
            ("erspan 3, platform header", over(&erspan3([0, 1], &[0; 8]), &frame)),
            ("erspan 3, ip", over(&erspan3([8, 0], &[]), &ip())),
            ("wccp 1", over(&[0, 0, 0x88, 0x3e], &ip())),
            ("wccp 2", over(&[0, 0, 0x88, 0x3e, 0, 0, 0, 0], &ip())),
            ("pptp", pptp([0x30, 1], &[0, 0, 0, 1])),
            ("pptp, acknowledging", pptp([0x30, 0x81], &[0, 0, 0, 1, 0, 0, 0, 2])),
            ("eoip", over(&eoip, &frame)),
        ]
        .map(|(name, bytes)| (name, LinkType::RAW, bytes)),
    )
}

/// What comes in datagrams.
pub(super) fn over_udp() -> Vec<Sample> {
    let frame = ether(0x0800, &ip());
    let to = |port, header: &[u8], body: &[u8]| udp(port, &[header, body].concat());
    let gtp = |flags: u8, fields: &[u8]| {
        [&[flags, 255][..], &len16(fields.len() + ip().len()), &[0, 0, 0, 1], fields].concat()
    };
    let gtp_extended = gtp(0x34, &[0, 0, 0, 0x85, 1, 9, 9, 0xc0, 2, 0, 0, 0, 0, 0, 0, 0]);
    let l2tp =
        [&[0x4a, 2][..], &len16(18 + ip().len()), &[0, 1, 0, 2, 0, 3, 0, 4, 0, 2, 9, 9]].concat();
    let authentication = [&[0, 1, 2, 1][..], &[9; 3], &[9; 9]].concat();
    let origin = [0, 0, 1, 2, 3, 4, 5, 6];
    let ayiya = [&[0x42, 0x52, 0x11, 41, 0, 0, 0, 1][..], &[9; 16], &[9; 20]].concat();
    let gtp_frame = [&[0x30, 255][..], &len16(frame.len()), &[0, 0, 0, 1]].concat();
    let wifi = [data_header(0x0108, 24), snap()].concat();
    let mut swapped = wifi.clone();
    swapped.swap(0, 1);
    let tzsp = [1, 0, 0, 1, 0, 10, 1, 9, 1];
    rows(
        [
            ("vxlan", to(4789, &[8, 0, 0, 0, 0, 0, 7, 0], &frame)),
            ("vxlan, linux's old port", to(8472, &[8, 0, 0, 0, 0, 0, 7, 0], &frame)),
            ("vxlan, generic", to(4790, &[0x0c, 0, 0, 1, 0, 0, 7, 0], &ip())),
            ("geneve", to(6081, &[0, 0, 0x65, 0x58, 0, 0, 7, 0], &frame)),
            (
                "geneve, options",
                to(6081, &[&[2, 0, 8, 0, 0, 0, 7, 0][..], &[9; 8]].concat(), &ip()),
            ),
            ("gtp", to(2152, &gtp(0x30, &[]), &ip())),
            ("gtp, numbered", to(2152, &gtp(0x32, &[0, 1, 0, 0]), &ip())),
            ("gtp, extensions", to(2152, &gtp_extended, &ip())),
            ("gtp on another port", to(9999, &gtp(0x30, &[]), &ip())),
            ("l2tp", to(1701, &[0, 2, 0, 1, 0, 2, 0xff, 3, 0, 0x21], &ip())),
            ("l2tp, all fields", to(1701, &[&l2tp[..], &[0, 0x21]].concat(), &ip())),
            ("teredo", to(3544, &[], &ip6())),
            ("teredo, both headers", to(3544, &[&authentication[..], &origin].concat(), &ip6())),
            ("teredo between clients", to(9999, &[], &ip6())),
            ("ayiya", to(5072, &ayiya, &ip6())),
            ("mpls in udp", to(6635, &[0, 2, 1, 64], &ip())),
            ("gre in udp", to(4754, &[0, 0, 8, 0], &ip())),
            ("gtp, ethernet", to(2152, &gtp_frame, &frame)),
            ("tzsp", to(37008, &tzsp, &frame)),
            ("tzsp, wi-fi", to(37008, &[1, 0, 0, 18, 1], &wifi)),
            ("capwap", to(5247, &[0, 0x10, 0, 0, 0, 0, 0, 0], &frame)),
            ("capwap, wi-fi", to(5247, &[0, 0x10, 3, 0, 0, 0, 0, 0], &wifi)),
            ("capwap, swapped wi-fi", to(5247, &[0, 0x10, 3, 0, 0, 0, 0, 0], &swapped)),
            ("lisp", to(4341, &[0x80, 0, 0, 1, 0, 0, 0, 0], &ip())),
        ]
        .map(|(name, bytes)| (name, LinkType::RAW, bytes)),
    )
}
