//! Packets from a network interface, by libpcap.
//!
//! This is the one place where wall time enters: a silent interface yields [`Event::Idle`] several
//! times a second, so that whoever listens can look at signals and show what it has.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use pcap::{Active, Capture, Device, Savefile};

use super::{LinkType, Packet};
use crate::time::Timestamp;

/// How long libpcap may gather packets before it hands them over, unless in immediate mode; and how
/// long an interface is silent before that is told.
const READ_TIMEOUT: Duration = Duration::from_millis(100);

/// How often a silent interface is looked at. Linux does not end a blocking read of a silent
/// interface by its timeout, nor by a signal, so reads never block and this pause stands in.
const PAUSE: Duration = Duration::from_millis(5);

/// What to capture, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveOptions {
    /// Name of an interface or its number in [`interfaces`]; `None` is the first one listed.
    pub interface: Option<String>,
    /// Bytes kept of each packet.
    pub snaplen: u32,
    /// Whether to ask for packets that are not for this machine.
    pub promiscuous: bool,
    /// A filter expression, applied by the kernel.
    pub filter: Option<String>,
    /// Size of the kernel's buffer in bytes; `None` leaves it to libpcap.
    pub buffer_size: Option<u32>,
    /// Whether to hand over each packet at once; costs more per packet.
    pub immediate: bool,
    /// Where to save every packet as captured, as a pcap file; `-` is standard output.
    pub write_to: Option<PathBuf>,
}

impl Default for LiveOptions {
    /// tcpdump's: whole packets, promiscuous.
    fn default() -> Self {
        Self {
            interface: None,
            snaplen: 262_144,
            promiscuous: true,
            filter: None,
            buffer_size: None,
            immediate: false,
            write_to: None,
        }
    }
}

/// A network interface that packets can be captured on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its number in the listing, from 1.
    pub number: usize,
    /// The system's name for it.
    pub name: String,
    /// What it is, where the system says.
    pub description: Option<String>,
    /// Its IP addresses.
    pub addresses: Vec<IpAddr>,
    /// Whether it is up.
    pub up: bool,
    /// Whether it is the loopback interface.
    pub loopback: bool,
}

/// Why live capture cannot begin or go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LiveError {
    /// The system does not let this user capture.
    #[error(
        "no permission to capture on {interface}: run with sudo, or once \
         `sudo setcap cap_net_raw,cap_net_admin=eip $(command -v cookietrail)`"
    )]
    Permission {
        /// The interface that was asked for.
        interface: String,
    },
    /// There is no such interface.
    #[error("there is no interface {interface}: choose one of {}", existing.join(", "))]
    UnknownInterface {
        /// The name or number that was asked for.
        interface: String,
        /// Names of those that exist, in the order of the listing.
        existing: Vec<String>,
    },
    /// There is nothing to capture on.
    #[error("no network interface can be captured on here")]
    NoInterface,
    /// The listing of interfaces failed.
    #[error("cannot list the network interfaces: {reason}")]
    List {
        /// What libpcap says.
        reason: String,
    },
    /// The interface is there and cannot be opened.
    #[error("cannot capture on {interface}: {reason}")]
    Open {
        /// The interface.
        interface: String,
        /// What libpcap says.
        reason: String,
    },
    /// The filter expression cannot be used.
    #[error(transparent)]
    Filter(#[from] super::FilterError),
    /// The packets cannot be saved.
    #[error("cannot write packets to {}: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What libpcap says.
        reason: String,
    },
    /// The packets were written to a pipe that nobody reads any more.
    #[error("whoever read the packets has gone away")]
    ClosedPipe,
    /// The capture broke off.
    #[error("the capture on {interface} broke off: {reason}")]
    Read {
        /// The interface.
        interface: String,
        /// What libpcap says.
        reason: String,
    },
}

/// What a live capture has to say.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A packet.
    Packet(Packet<'a>),
    /// Nothing came for about a tenth of a second.
    Idle,
    /// There will be no more packets.
    Ended,
}

/// libpcap's counts since the capture began. Some systems keep only some of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Packets that passed the filter.
    pub received: u32,
    /// Packets lost because the kernel's buffer was full.
    pub dropped_by_kernel: u32,
    /// Packets lost by the interface or its driver.
    pub dropped_by_interface: u32,
}

/// A running capture on one interface.
pub struct Live {
    capture: Capture<Active>,
    interface: String,
    link: LinkType,
    number: u64,
    /// The current packet: what libpcap lends does not outlive the wait for it.
    data: Vec<u8>,
    time: Timestamp,
    wire_len: u32,
    save: Option<(Savefile, PathBuf)>,
}

/// The interfaces that can be captured on, in libpcap's order: likely ones first.
///
/// # Errors
///
/// [`LiveError::List`] if libpcap cannot tell.
pub fn interfaces() -> Result<Vec<Interface>, LiveError> {
    let devices = Device::list().map_err(|error| LiveError::List { reason: message(error) })?;
    Ok(devices.into_iter().enumerate().map(|(index, device)| described(index, device)).collect())
}

fn described(index: usize, device: Device) -> Interface {
    Interface {
        number: index + 1,
        addresses: device.addresses.iter().map(|address| address.addr).collect(),
        up: device.flags.is_up(),
        loopback: device.flags.is_loopback(),
        name: device.name,
        description: device.desc,
    }
}

impl Live {
    /// Starts capturing.
    ///
    /// # Errors
    ///
    /// Any [`LiveError`] but [`LiveError::Read`].
    pub fn open(options: &LiveOptions) -> Result<Self, LiveError> {
        let listing = interfaces()?;
        let interface = choose(options.interface.as_deref(), &listing)?;
        let mut capture = activate(&interface, options)
            .map_err(|error| cannot_open(&interface, &listing, error))?;
        if let Some(expression) = &options.filter {
            capture.filter(expression, true).map_err(|error| {
                let (expression, reason) = (expression.clone(), message(error));
                super::FilterError { expression, reason }
            })?;
        }
        let save = options.write_to.as_deref().map(|path| save_to(&capture, path)).transpose()?;
        let link = u32::try_from(capture.get_datalink().0).unwrap_or(u32::MAX);
        Ok(Self {
            capture,
            interface,
            link: LinkType::from_file(link),
            number: 0,
            data: Vec::new(),
            time: Timestamp::from_nanos(0, 0),
            wire_len: 0,
            save,
        })
    }

    /// The interface's name.
    pub fn interface(&self) -> &str {
        &self.interface
    }

    /// The link type of all its packets.
    pub const fn link(&self) -> LinkType {
        self.link
    }

    /// Waits for a packet, about a tenth of a second at most. Each packet is saved, where that was
    /// asked for, before it is handed over. An error ends the capture, and takes back nothing that
    /// was handed over before.
    ///
    /// # Errors
    ///
    /// [`LiveError::Read`] if the interface fails; those of [`Live::flush`] if saving does.
    pub fn next_event(&mut self) -> Result<Event<'_>, LiveError> {
        let mut waited = Duration::ZERO;
        loop {
            match self.take_packet() {
                Ok(()) => return Ok(Event::Packet(self.packet())),
                Err(pcap::Error::TimeoutExpired) if waited < READ_TIMEOUT => thread::sleep(PAUSE),
                Err(pcap::Error::TimeoutExpired) => {
                    self.flush()?;
                    return Ok(Event::Idle);
                }
                Err(pcap::Error::NoMorePackets) => {
                    self.flush()?;
                    return Ok(Event::Ended);
                }
                Err(error) => {
                    let (interface, reason) = (self.interface.clone(), message(error));
                    return Err(LiveError::Read { interface, reason });
                }
            }
            waited += PAUSE;
        }
    }

    /// Writes out what was saved so far.
    ///
    /// # Errors
    ///
    /// [`LiveError::Write`] if the file cannot take it, [`LiveError::ClosedPipe`] if it was a pipe.
    pub fn flush(&mut self) -> Result<(), LiveError> {
        let Some((save, path)) = &mut self.save else {
            return Ok(());
        };
        save.flush().map_err(|error| match error {
            pcap::Error::ErrnoError(number) if is_closed_pipe(number.0) => LiveError::ClosedPipe,
            error => LiveError::Write { path: path.clone(), reason: message(error) },
        })
    }

    /// How many packets came and were lost so far.
    ///
    /// # Errors
    ///
    /// [`LiveError::Read`] if libpcap cannot tell.
    pub fn stats(&mut self) -> Result<Stats, LiveError> {
        let stat = self.capture.stats().map_err(|error| LiveError::Read {
            interface: self.interface.clone(),
            reason: message(error),
        })?;
        Ok(Stats {
            received: stat.received,
            dropped_by_kernel: stat.dropped,
            dropped_by_interface: stat.if_dropped,
        })
    }

    fn take_packet(&mut self) -> Result<(), pcap::Error> {
        let packet = self.capture.next_packet()?;
        if let Some((save, _)) = &mut self.save {
            save.write(&packet);
        }
        self.number += 1;
        self.data.clear();
        self.data.extend_from_slice(packet.data);
        self.wire_len = packet.header.len;
        #[expect(clippy::useless_conversion, reason = "the width of these fields varies by system")]
        let (seconds, micros) =
            (i64::from(packet.header.ts.tv_sec), i64::from(packet.header.ts.tv_usec));
        let nanos = seconds.saturating_mul(1_000_000_000).saturating_add(micros * 1000);
        self.time = Timestamp::from_nanos(nanos, 6);
        Ok(())
    }

    fn packet(&self) -> Packet<'_> {
        let Self { number, time, link, wire_len, .. } = *self;
        Packet { number, time, link, data: &self.data, wire_len }
    }
}

/// A name that is all digits is a number of the listing, unless an interface has that name. A name
/// that is not listed may still be one that libpcap knows how to open.
fn choose(wanted: Option<&str>, listing: &[Interface]) -> Result<String, LiveError> {
    let Some(wanted) = wanted else {
        return listing.first().map(|first| first.name.clone()).ok_or(LiveError::NoInterface);
    };
    let named = listing.iter().any(|interface| interface.name == wanted);
    match wanted.parse::<usize>() {
        Ok(number) if !named => {
            let found = listing.iter().find(|interface| interface.number == number);
            found.map(|found| found.name.clone()).ok_or_else(|| unknown(wanted, listing))
        }
        _ => Ok(wanted.to_owned()),
    }
}

fn activate(interface: &str, options: &LiveOptions) -> Result<Capture<Active>, pcap::Error> {
    let size = |bytes: u32| i32::try_from(bytes).unwrap_or(i32::MAX);
    let mut capture = Capture::from_device(interface)?
        .snaplen(size(options.snaplen))
        .promisc(options.promiscuous)
        .immediate_mode(options.immediate)
        .timeout(i32::try_from(READ_TIMEOUT.as_millis()).unwrap_or(i32::MAX));
    if let Some(bytes) = options.buffer_size {
        capture = capture.buffer_size(size(bytes));
    }
    capture.open()?.setnonblock()
}

/// libpcap tells these apart by codes, of which only the words reach us.
fn cannot_open(interface: &str, listing: &[Interface], error: pcap::Error) -> LiveError {
    let reason = message(error);
    let says = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    let interface = interface.to_owned();
    if says(&["ermission", "not permitted", "CAP_NET_RAW"]) {
        LiveError::Permission { interface }
    } else if listing.iter().any(|known| known.name == interface) {
        LiveError::Open { interface, reason }
    } else {
        unknown(&interface, listing)
    }
}

fn unknown(interface: &str, listing: &[Interface]) -> LiveError {
    let existing = listing.iter().map(|known| known.name.clone()).collect();
    LiveError::UnknownInterface { interface: interface.to_owned(), existing }
}

fn save_to(capture: &Capture<Active>, path: &Path) -> Result<(Savefile, PathBuf), LiveError> {
    let failed = |reason| LiveError::Write { path: path.to_owned(), reason };
    // The pcap crate takes no other paths.
    if path.to_str().is_none() {
        return Err(failed("its name is not valid UTF-8".to_owned()));
    }
    let save = capture.savefile(path).map_err(|error| failed(message(error)))?;
    Ok((save, path.to_owned()))
}

fn is_closed_pipe(number: i32) -> bool {
    io::Error::from_raw_os_error(number).kind() == io::ErrorKind::BrokenPipe
}

/// libpcap's own words, without the frame the pcap crate puts around them.
pub(super) fn message(error: pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(text) => text,
        pcap::Error::ErrnoError(number) => number.to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::os::unix::ffi::OsStrExt;

    use super::*;
    use crate::capture::Reader;

    fn listing() -> Vec<Interface> {
        let interface = |number, name: &str| Interface {
            number,
            name: name.to_owned(),
            description: None,
            addresses: Vec::new(),
            up: true,
            loopback: false,
        };
        vec![interface(1, "eth0"), interface(2, "lo"), interface(3, "7")]
    }

    #[test]
    fn an_interface_is_chosen_by_name_or_number_or_is_the_first() {
        for (wanted, expected) in [
            (None, Ok("eth0")),
            (Some("lo"), Ok("lo")),
            (Some("2"), Ok("lo")),
            (Some("7"), Ok("7")),
            (Some("usbmon1"), Ok("usbmon1")),
            (Some("0"), Err("there is no interface 0: choose one of eth0, lo, 7")),
            (Some("4"), Err("there is no interface 4: choose one of eth0, lo, 7")),
        ] {
            let chosen = choose(wanted, &listing()).map_err(|error| error.to_string());
            assert_eq!(chosen.as_deref().map_err(String::as_str), expected);
        }
        assert_eq!(choose(None, &[]), Err(LiveError::NoInterface));
    }

    #[test]
    fn libpcaps_words_become_helpful_errors() {
        let error = |name, text: &str| {
            cannot_open(name, &listing(), pcap::Error::PcapError(text.to_owned()))
        };
        let denied = "Attempt to create packet socket failed - CAP_NET_RAW may be required";
        assert!(matches!(error("lo", denied), LiveError::Permission { .. }));
        let denied = "socket: Operation not permitted";
        assert!(matches!(error("wlan9", denied), LiveError::Permission { .. }));
        assert!(matches!(error("lo", "That device is not up"), LiveError::Open { .. }));
        let unknown = error("wlan9", "No such device exists");
        assert!(matches!(unknown, LiveError::UnknownInterface { .. }));
    }

    /// The options, a sender, and the payload that passes the filter of the options.
    fn on_loopback() -> (LiveOptions, UdpSocket) {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = receiver.local_addr().unwrap().port();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        sender.connect(("127.0.0.1", port)).unwrap();
        let filter = Some(format!("udp dst port {port}"));
        let options =
            LiveOptions { interface: Some("lo".into()), filter, ..LiveOptions::default() };
        // Without a receiver the answer is an ICMP message, which the filter drops.
        drop(receiver);
        (options, sender)
    }

    /// `None`, said aloud, where this user may not capture or there is no `lo`.
    fn open_or_skip(options: &LiveOptions) -> Option<Live> {
        match Live::open(options) {
            Ok(live) => Some(live),
            Err(error @ (LiveError::Permission { .. } | LiveError::UnknownInterface { .. })) => {
                eprintln!("SKIPPED: {error}");
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn packets_on_loopback_are_captured_and_saved() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("saved.pcap");
        for immediate in [false, true] {
            let (mut options, sender) = on_loopback();
            options.write_to = Some(path.clone());
            options.immediate = immediate;
            let Some(mut live) = open_or_skip(&options) else {
                return;
            };
            sender.send(b"first").unwrap();
            let _ = sender.send(b"second");
            let _ = sender.send(b"second");
            let mut seen = Vec::new();
            let mut idle = 0;
            while seen.len() < 2 && idle < 50 {
                match live.next_event().unwrap() {
                    Event::Packet(packet) => {
                        assert_eq!(packet.number, seen.len() as u64 + 1);
                        assert_eq!(packet.wire_len as usize, packet.data.len());
                        assert_eq!(packet.link, LinkType::ETHERNET);
                        seen.push((packet.time, packet.data.to_vec()));
                    }
                    Event::Idle => idle += 1,
                    Event::Ended => panic!("the loopback interface ended"),
                }
            }
            assert!(seen[0].1.ends_with(b"first") && seen[1].1.ends_with(b"second"));
            assert!(live.stats().unwrap().received >= 2);
            drop(live);
            let mut saved = Reader::open(&path).unwrap();
            for (time, data) in seen {
                assert!(saved.advance());
                let packet = saved.packet().unwrap();
                assert_eq!((packet.time, packet.data), (time, &data[..]));
            }
        }
    }

    #[test]
    fn a_silent_interface_is_idle() {
        let (options, _sender) = on_loopback();
        if let Some(mut live) = open_or_skip(&options) {
            assert!(matches!(live.next_event().unwrap(), Event::Idle));
        }
    }

    #[test]
    fn what_cannot_be_opened_is_refused_with_a_reason() {
        let (good, _sender) = on_loopback();
        if open_or_skip(&good).is_none() {
            return;
        }
        let refusal = |options: LiveOptions| Live::open(&options).err().unwrap();
        let interface = Some("no-such-interface".into());
        let error = refusal(LiveOptions { interface, ..good.clone() });
        assert!(
            matches!(&error, LiveError::UnknownInterface { existing, .. } if existing.contains(&"lo".to_owned())),
            "{error}"
        );
        let error = refusal(LiveOptions { filter: Some("tcp prt".into()), ..good.clone() });
        assert!(matches!(error, LiveError::Filter(_)));
        for path in [&b"/no/such/folder/file.pcap"[..], b"not-utf8-\xff.pcap", b"nul\0.pcap"] {
            let write_to = Some(std::ffi::OsStr::from_bytes(path).into());
            let error = refusal(LiveOptions { write_to, ..good.clone() });
            assert!(matches!(error, LiveError::Write { .. }), "{error}");
        }
    }

    #[test]
    fn the_listing_counts_from_one_and_knows_the_loopback() {
        let listing = interfaces().unwrap();
        for (index, interface) in listing.iter().enumerate() {
            assert_eq!(interface.number, index + 1);
        }
        if let Some(lo) = listing.iter().find(|interface| interface.name == "lo") {
            assert!(lo.loopback);
        }
    }
}
