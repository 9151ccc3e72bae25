//! BPF filters on packets from files: libpcap's filter language, as in tcpdump.

use pcap::{BpfProgram, Capture, Linktype};

use super::{LinkType, Packet};

/// A filter expression, compiled once for every link type that it meets.
///
/// The length that an expression such as `greater 1000` sees is that on the wire; on a loopback of BSD,
/// without the address family.
pub struct Filter {
    expression: String,
    /// `None` where the expression makes no sense for that link type.
    programs: Vec<(LinkType, Option<Program>)>,
    /// One of those, until it is asked for.
    refused: Option<LinkType>,
    /// Zeros, in which a packet that was cut is looked at: they stand for what is missing.
    whole: Vec<u8>,
}

/// A compiled expression.
struct Program {
    compiled: BpfProgram,
    asks_length: bool,
}

/// Link types that an expression is tried with: one that makes no sense for any of them is none.
/// Some know words that the others do not (pcap-filter(7)): `wlan` is one of Wi-Fi, `rulenum` of PFLOG.
const TRIED: [LinkType; 5] = [
    LinkType::ETHERNET,
    LinkType::IEEE802_11_RADIOTAP,
    LinkType::LINUX_SLL,
    LinkType::RAW,
    LinkType::PFLOG,
];

/// Why a filter expression cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot use the filter `{expression}`: {reason}")]
pub struct FilterError {
    /// The expression as it was given.
    pub expression: String,
    /// What libpcap says.
    pub reason: String,
}

impl Filter {
    /// Compiles an expression.
    ///
    /// # Errors
    ///
    /// [`FilterError`] if it is no filter expression; what is said of it is what is wrong on Ethernet.
    pub fn compile(expression: &str) -> Result<Self, FilterError> {
        let is_one = |link: &LinkType| program(expression, *link).is_ok();
        if !TRIED.iter().any(is_one) {
            program(expression, TRIED[0])?;
        }
        Ok(Self {
            expression: expression.to_owned(),
            programs: Vec::new(),
            refused: None,
            whole: Vec::new(),
        })
    }

    /// Whether the packet passes. A packet of a link type for which the expression makes no sense
    /// (`ether host` where there is no Ethernet) does not.
    pub fn matches(&mut self, packet: &Packet<'_>) -> bool {
        let known = self.programs.iter().position(|(link, _)| *link == packet.link);
        let index = known.unwrap_or_else(|| {
            let program = program(&self.expression, packet.link).ok();
            self.refused = self.refused.or(program.is_none().then_some(packet.link));
            self.programs.push((packet.link, program));
            self.programs.len() - 1
        });
        let data = if is_loopback(packet.link) {
            packet.data.get(FAMILY..).unwrap_or_default()
        } else {
            packet.data
        };
        let Some(program) = &self.programs[index].1 else { return false };
        let missing = (packet.wire_len as usize).saturating_sub(packet.data.len());
        if !program.asks_length || missing == 0 {
            return program.compiled.filter(data);
        }
        let len = (data.len() + missing).clamp(data.len(), LONGEST.max(data.len()));
        if self.whole.len() < len {
            self.whole.resize(len, 0);
        }
        self.whole[..data.len()].copy_from_slice(data);
        let passes = program.compiled.filter(&self.whole[..len]);
        self.whole[..data.len()].fill(0);
        passes
    }

    /// A link type for which the expression makes no sense, if one was met since this was last asked.
    pub fn take_refused(&mut self) -> Option<LinkType> {
        self.refused.take()
    }
}

/// The longest packet that is filled up to its length on the wire: as much as tcpdump captures.
const LONGEST: usize = 256 << 10;

fn program(expression: &str, link: LinkType) -> Result<Program, FilterError> {
    let failed = |reason| FilterError { expression: expression.to_owned(), reason };
    let number = i32::try_from(libpcap_number(link)).unwrap_or(-1);
    let compiled = Capture::dead(Linktype(number)).and_then(|dead| dead.compile(expression, true));
    let compiled = compiled.map_err(|error| failed(super::live::message(error)))?;
    if instructions(&compiled).any(asks_kernel) {
        let text = "what came in, what went out, and by which interface, is not known of a file";
        return Err(failed(text.to_owned()));
    }
    let asks_length = instructions(&compiled).any(|(code, _)| code == LOAD_LENGTH);
    Ok(Program { compiled, asks_length })
}

/// Loads of the packet's length (`BPF_LD` and `BPF_LEN`), and of a word, half a word and a byte of the packet.
const LOAD_LENGTH: u32 = 0x80;
const LOADS: [u32; 3] = [0x20, 0x28, 0x30];

/// What lies so far behind in a packet is nothing of it: Linux answers there what only a live capture knows
/// (`SKF_AD_OFF` in its linux/filter.h). In a file all of that would be zero.
const KERNEL: u32 = 0xffff_f000;

fn asks_kernel((code, place): (u32, u32)) -> bool {
    LOADS.contains(&code) && place >= KERNEL
}

/// Code and operand of each instruction, which the crate has only as text: code, two jumps, operand.
fn instructions(program: &BpfProgram) -> impl Iterator<Item = (u32, u32)> {
    program.get_instructions().iter().filter_map(|one| {
        let text = one.to_string();
        let mut numbers = text.split(' ').map(|number| number.parse().ok());
        let code = numbers.next()??;
        Some((code, numbers.nth(2)??))
    })
}

/// The length of the address family ahead of a packet from a loopback of BSD.
const FAMILY: usize = 4;

/// Whether a packet has only its address family before it. libpcap asks for the number that the
/// family has on this machine, in its byte order; that of IPv6 is 10, 24, 28 or 30, and the file may
/// come from anywhere. So the family is passed over, and the version of IP asked.
const fn is_loopback(link: LinkType) -> bool {
    matches!(link, LinkType::NULL | LinkType::LOOP)
}

/// libpcap's own number of a link type, where it differs from the one in files.
const fn libpcap_number(link: LinkType) -> u32 {
    match link {
        _ if is_loopback(link) => libpcap_number(LinkType::RAW),
        LinkType::RAW if cfg!(target_os = "openbsd") => 14,
        LinkType::RAW => 12,
        LinkType::ATM_RFC1483 => 11,
        LinkType(number) => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    /// An IPv4 header and the ports of a TCP header, from port 5000 to 80.
    const TCP: [u8; 40] = {
        let mut bytes = [0; 40];
        bytes[0] = 0x45;
        bytes[3] = 40;
        bytes[8] = 64;
        bytes[9] = 6;
        bytes[12] = 127;
        bytes[16] = 127;
        bytes[20] = 0x13;
        bytes[21] = 0x88;
        bytes[23] = 80;
        bytes[32] = 0x50;
        bytes
    };

    /// An IPv6 header and the same ports.
    fn version_6() -> Vec<u8> {
        let mut header = [0; 40];
        (header[0], header[5], header[6], header[7]) = (0x60, 20, 6, 64);
        [&header[..], &TCP[20..]].concat()
    }

    fn packet(link: LinkType, data: &[u8]) -> Packet<'_> {
        let time = Timestamp::from_seconds(0);
        Packet { number: 1, time, link, data, wire_len: 0 }
    }

    #[test]
    fn one_expression_serves_every_link_type() {
        let ethernet = [&[0; 12][..], &[8, 0], &TCP].concat();
        let null = [&2_u32.to_ne_bytes()[..], &TCP].concat();
        let cooked = [&[0; 14][..], &[8, 0], &TCP].concat();
        let atm = [&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0][..], &TCP].concat();
        let frames = [
            (LinkType::ETHERNET, &ethernet[..]),
            (LinkType::NULL, &null),
            (LinkType::LINUX_SLL, &cooked),
            (LinkType::ATM_RFC1483, &atm),
            (LinkType::RAW, &TCP),
            (LinkType::IPV4, &TCP),
        ];
        for (expression, expected) in [
            ("tcp port 5000", true),
            ("tcp dst port 80", true),
            ("tcp dst port 5000", false),
            ("udp", false),
            ("net 127.0.0.0/8", true),
            ("", true),
        ] {
            let mut filter = Filter::compile(expression).unwrap();
            for (link, data) in frames {
                assert_eq!(filter.matches(&packet(link, data)), expected, "{expression} {link:?}");
            }
            assert_eq!(filter.take_refused(), None);
        }
    }

    #[test]
    fn a_loopback_may_be_of_any_system_and_byte_order() {
        let families = [10_u32, 24, 28, 30].map(|family| (family, version_6(), "ip6"));
        for (family, body, version) in families.into_iter().chain([(2, TCP.to_vec(), "ip")]) {
            for (link, family) in [
                (LinkType::NULL, family.to_le_bytes()),
                (LinkType::NULL, family.to_be_bytes()),
                (LinkType::LOOP, family.to_be_bytes()),
            ] {
                let data = [&family[..], &body].concat();
                for (expression, expected) in [
                    ("tcp port 80".to_owned(), true),
                    (version.to_owned(), true),
                    (format!("not {version}"), false),
                    ("udp".to_owned(), false),
                ] {
                    let mut filter = Filter::compile(&expression).unwrap();
                    let matches = filter.matches(&packet(link, &data));
                    assert_eq!(matches, expected, "{expression} {link:?} {family:?}");
                }
            }
        }
    }

    #[test]
    fn a_bad_expression_is_refused_with_what_libpcap_says() {
        for expression in ["tcp prt 80", "tcp\0port 80"] {
            let error = Filter::compile(expression).err().unwrap();
            assert_eq!(error.expression, expression);
            assert!(!error.reason.is_empty() && !error.reason.contains("libpcap error"));
        }
    }

    #[test]
    fn an_expression_without_sense_for_a_link_type_matches_nothing_of_it() {
        let mut filter = Filter::compile("ether host 0:0:0:0:0:0").unwrap();
        assert!(filter.matches(&packet(LinkType::ETHERNET, &[0; 60])));
        assert_eq!(filter.take_refused(), None);
        for link in [LinkType::RAW, LinkType(9999)] {
            assert!(!filter.matches(&packet(link, &TCP)));
            assert_eq!(filter.take_refused(), Some(link));
            assert!(!filter.matches(&packet(link, &TCP)));
            assert_eq!(filter.take_refused(), None);
        }
        assert!(Filter::compile("wlan type data").is_ok(), "it has sense for Wi-Fi");
        assert!(Filter::compile("rulenum 1").is_ok(), "it has sense for PFLOG");
    }

    #[test]
    fn short_and_empty_packets_are_no_trouble() {
        let mut filter = Filter::compile("tcp port 80").unwrap();
        for len in 0..TCP.len() {
            filter.matches(&packet(LinkType::ETHERNET, &TCP[..len]));
            filter.matches(&packet(LinkType::RAW, &TCP[..len]));
            filter.matches(&packet(LinkType::NULL, &TCP[..len]));
        }
    }

    #[test]
    fn lengths_are_those_on_the_wire() {
        let mut bytes = vec![0; 60];
        bytes[12..14].copy_from_slice(&[8, 0]);
        let cut = Packet { wire_len: 1500, ..packet(LinkType::ETHERNET, &bytes) };
        for (expression, matches) in [
            ("greater 1500", true),
            ("greater 1501", false),
            ("less 60", false),
            ("ip and len == 1500", true),
        ] {
            assert_eq!(Filter::compile(expression).unwrap().matches(&cut), matches, "{expression}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_only_a_live_capture_knows_is_not_asked_of_a_file() {
        let mut filter = Filter::compile("tcp and not outbound").unwrap();
        assert!(!filter.matches(&packet(LinkType::ETHERNET, &[0; 60])));
        assert_eq!(filter.take_refused(), Some(LinkType::ETHERNET));
        // Of cooked captures it is known.
        filter.matches(&packet(LinkType::LINUX_SLL, &[0; 60]));
        assert_eq!(filter.take_refused(), None);
    }
}
