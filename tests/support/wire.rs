//! Captures made by hand: a [`Wire`] keeps the sequence numbers of one TCP connection and yields
//! its packets; the functions below disturb them, and tell what the program makes of them.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::missing_panics_doc,
    reason = "each test file uses what it needs; a test stops where it fails"
)]

use cookietrail::capture::{LinkType, Packet};
use cookietrail::http::{Body, Exchange, Reading};
use cookietrail::limits::{TableLimits, TcpLimits};
use cookietrail::packet::Decoder;
use cookietrail::pipeline::Pipeline;
use cookietrail::tcp::{End, Event, Side, Table, What};
use cookietrail::time::Timestamp;
use etherparse::PacketBuilder;

pub const CLIENT: Side = Side::Originator;
pub const SERVER: Side = Side::Responder;

/// One captured packet.
#[derive(Debug, Clone)]
pub struct Frame {
    pub micros: i64,
    pub bytes: Vec<u8>,
    pub wire_len: usize,
}

impl Frame {
    /// Whether it is IPv4, without options, and [`SERVER`] sent it.
    pub fn is_from_server(&self) -> bool {
        const SOURCE: std::ops::Range<usize> = 26..30;
        self.bytes[SOURCE] == [10, 0, 0, 2]
    }
}

/// A segment that is not the next of its side.
#[derive(Debug, Clone, Copy, Default)]
pub struct Odd<'a> {
    /// Sequence number, counted from the next byte of its side.
    pub seq: i64,
    /// Acknowledgment number, counted from the next byte of the other side; `None` clears the flag.
    pub ack: Option<i64>,
    /// Any of `S`, `F`, `R`.
    pub flags: &'a str,
    pub payload: &'a [u8],
}

/// One connection as its packets are captured, each a millisecond after the one before.
#[derive(Debug, Clone)]
pub struct Wire {
    client: [u8; 4],
    port: u16,
    server_port: u16,
    next: [u32; 2],
    mss: usize,
    micros: i64,
    frames: Vec<Frame>,
}

impl Wire {
    /// A connection that is open already when the capture begins.
    pub fn joined() -> Self {
        Self {
            client: [10, 0, 0, 1],
            port: 40_000,
            server_port: 80,
            next: [1_000, 5_000_000],
            mss: 1460,
            micros: 0,
            frames: Vec::new(),
        }
    }

    /// A connection with its handshake.
    pub fn open() -> Self {
        Self::joined().handshake()
    }

    /// The next sequence number of each side.
    #[must_use]
    pub fn starting_at(mut self, client: u32, server: u32) -> Self {
        self.next = [client, server];
        self
    }

    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    #[must_use]
    pub fn client(mut self, address: [u8; 4]) -> Self {
        self.client = address;
        self
    }

    #[must_use]
    pub fn server_port(mut self, port: u16) -> Self {
        self.server_port = port;
        self
    }

    /// Payload bytes a segment from here on.
    #[must_use]
    pub fn mss(mut self, mss: usize) -> Self {
        self.mss = mss;
        self
    }

    #[must_use]
    pub fn handshake(self) -> Self {
        self.syn().syn_ack().ack(CLIENT)
    }

    #[must_use]
    pub fn syn(mut self) -> Self {
        self.put(CLIENT, Odd { flags: "S", ..Odd::default() });
        self.advance(CLIENT, 1)
    }

    #[must_use]
    pub fn syn_ack(mut self) -> Self {
        self.put(SERVER, Odd { flags: "S", ack: Some(0), ..Odd::default() });
        self.advance(SERVER, 1)
    }

    /// Sends data in segments.
    #[must_use]
    pub fn send(mut self, side: Side, data: impl AsRef<[u8]>) -> Self {
        for payload in data.as_ref().chunks(self.mss) {
            self.put(side, Odd { ack: Some(0), payload, ..Odd::default() });
            self = self.advance(side, payload.len());
        }
        self
    }

    /// Data from the client.
    #[must_use]
    pub fn c(self, data: impl AsRef<[u8]>) -> Self {
        self.send(CLIENT, data)
    }

    /// Data from the server.
    #[must_use]
    pub fn s(self, data: impl AsRef<[u8]>) -> Self {
        self.send(SERVER, data)
    }

    /// Data that is sent, and received, but not captured.
    #[must_use]
    pub fn lost(self, side: Side, data: impl AsRef<[u8]>) -> Self {
        self.advance(side, data.as_ref().len())
    }

    #[must_use]
    pub fn ack(mut self, side: Side) -> Self {
        self.put(side, Odd { ack: Some(0), ..Odd::default() });
        self
    }

    #[must_use]
    pub fn fin(mut self, side: Side) -> Self {
        self.put(side, Odd { flags: "F", ack: Some(0), ..Odd::default() });
        self.advance(side, 1)
    }

    #[must_use]
    pub fn rst(self, side: Side) -> Self {
        self.odd(side, Odd { flags: "R", ack: Some(0), ..Odd::default() })
    }

    /// Both sides close.
    #[must_use]
    pub fn close(self) -> Self {
        self.fin(CLIENT).fin(SERVER).ack(CLIENT)
    }

    /// A segment out of line; the sequence numbers stay as they are.
    #[must_use]
    pub fn odd(mut self, side: Side, odd: Odd<'_>) -> Self {
        self.put(side, odd);
        self
    }

    /// Time passes.
    #[must_use]
    pub fn wait(mut self, seconds: i64) -> Self {
        self.micros += seconds * 1_000_000;
        self
    }

    /// The snap length cut the last packet, so that so many bytes of it are missing.
    #[must_use]
    pub fn cut(mut self, missing: usize) -> Self {
        let last = self.frames.last_mut().unwrap();
        last.bytes.truncate(last.bytes.len() - missing);
        self
    }

    pub fn frames(self) -> Vec<Frame> {
        self.frames
    }

    fn advance(mut self, side: Side, bytes: usize) -> Self {
        let next = &mut self.next[side.index()];
        *next = next.wrapping_add(bytes as u32);
        self
    }

    fn put(&mut self, side: Side, odd: Odd<'_>) {
        self.micros += 1_000;
        let (from, to) = (side.index(), side.other().index());
        let ends = [(self.client, self.port), ([10, 0, 0, 2], self.server_port)];
        let seq = self.next[from].wrapping_add(odd.seq as u32);
        let mut packet = PacketBuilder::ethernet2([2; 6], [4; 6])
            .ipv4(ends[from].0, ends[to].0, 64)
            .tcp(ends[from].1, ends[to].1, seq, 4096);
        if let Some(ack) = odd.ack {
            packet = packet.ack(self.next[to].wrapping_add(ack as u32));
        }
        for flag in odd.flags.chars() {
            packet = match flag {
                'S' => packet.syn(),
                'F' => packet.fin(),
                _ => packet.rst(),
            };
        }
        let mut bytes = Vec::with_capacity(packet.size(odd.payload.len()));
        packet.write(&mut bytes, odd.payload).unwrap();
        let wire_len = bytes.len();
        self.frames.push(Frame { micros: self.micros, bytes, wire_len });
    }
}

/// The packets of several connections, taken in turn as `turns` says (then one after the other).
pub fn interleave(wires: Vec<Vec<Frame>>, turns: &[usize]) -> Vec<Frame> {
    let mut queues: Vec<_> = wires.into_iter().map(Vec::into_iter).collect();
    let mut frames = Vec::new();
    for turn in turns {
        let count = queues.len();
        frames.extend(queues[turn % count].next());
    }
    frames.extend(queues.into_iter().flatten());
    frames
}

/// Each packet may be overtaken by so many later ones.
pub fn reorder(frames: &mut [Frame], delays: &[usize]) {
    let mut order: Vec<(usize, usize)> = (0..frames.len())
        .map(|at| (at + delays.get(at % delays.len().max(1)).unwrap_or(&0), at))
        .collect();
    order.sort_unstable();
    let sorted: Vec<Frame> = order.iter().map(|(_, at)| frames[*at].clone()).collect();
    frames.clone_from_slice(&sorted);
}

/// The packets of one side alone.
pub fn only(side: Side, frames: &[Frame]) -> Vec<Frame> {
    let is_its_own = |frame: &&Frame| frame.is_from_server() == (side == SERVER);
    frames.iter().filter(is_its_own).cloned().collect()
}

/// The packets as they are read from a file, in the order given.
pub fn packets(frames: &[Frame]) -> impl Iterator<Item = Packet<'_>> {
    frames.iter().enumerate().map(|(at, frame)| Packet {
        number: at as u64 + 1,
        time: Timestamp::from_nanos(frame.micros * 1_000, 6),
        link: LinkType::ETHERNET,
        data: &frame.bytes,
        wire_len: frame.wire_len as u32,
    })
}

/// What the program counts.
pub fn counts(frames: &[Frame]) -> cookietrail::pipeline::Counts {
    let mut pipeline = Pipeline::new(Reading::default());
    packets(frames).for_each(|packet| pipeline.push(&packet));
    pipeline.finish();
    pipeline.counts()
}

/// What the program finds.
pub fn exchanges(frames: &[Frame]) -> Vec<Exchange> {
    exchanges_with(frames, Reading::default())
}

/// The same, read in some way.
pub fn exchanges_with(frames: &[Frame], reading: Reading) -> Vec<Exchange> {
    let mut pipeline = Pipeline::new(reading);
    let mut found = Vec::new();
    for packet in packets(frames) {
        pipeline.push(&packet);
        found.extend(std::iter::from_fn(|| pipeline.pop()));
    }
    pipeline.finish();
    found.extend(std::iter::from_fn(|| pipeline.pop()));
    for (at, numbered) in found.iter().enumerate() {
        assert_eq!(numbered.id, at as u64 + 1);
    }
    found.into_iter().map(|numbered| *numbered.exchange).collect()
}

/// The same in short: `GET /a > 200 5` is a request and a response with a body of 5 bytes; `5..` a
/// body of which that much is there, and not all; `-` a message that was not captured.
pub fn told(frames: &[Frame]) -> Vec<String> {
    exchanges(frames).iter().map(tell).collect()
}

fn tell(exchange: &Exchange) -> String {
    let request = exchange.request.as_ref().map(|request| {
        let start = &request.start;
        let line = format!("{} {}", text(&start.method), text(&start.target));
        line + &length(&request.body)
    });
    let interim = exchange.interim.iter().map(|response| format!("{} ", response.start.status));
    let response = exchange
        .response
        .as_ref()
        .map(|response| format!("{}{}", response.start.status, length(&response.body)));
    let none = || "-".to_owned();
    let interim: String = interim.collect();
    format!("{} > {interim}{}", request.unwrap_or_else(none), response.unwrap_or_else(none))
}

fn length(body: &Body) -> String {
    match (body.length, body.complete) {
        (0, true) => String::new(),
        (length, true) => format!(" {length}"),
        (length, false) => format!(" {length}.."),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The kinds of notes of all exchanges.
pub fn notes(frames: &[Frame]) -> Vec<&'static str> {
    exchanges(frames).iter().flat_map(|found| &found.notes).map(|note| note.kind.word()).collect()
}

/// What the TCP stage makes of the packets: `c data` and `s data`, `c [5]` for a hole of five
/// bytes, `c closed`, `c reset`, `c open` for the three ends. A new connection begins with `--`.
pub fn streams(frames: &[Frame]) -> Vec<String> {
    streams_within(frames, TcpLimits::default())
}

/// The same with other limits.
pub fn streams_within(frames: &[Frame], limits: TcpLimits) -> Vec<String> {
    let mut table: Table<()> = Table::new(TableLimits::default());
    let mut decoder = Decoder::default();
    let mut story = Vec::new();
    let mut id = 1;
    for packet in packets(frames) {
        let segment = decoder.decode(&packet).unwrap();
        let Some((entry, replaced)) = table.entry(&segment) else { continue };
        if let Some(mut replaced) = replaced {
            replaced.tcp.finish();
            while let Some(event) = replaced.tcp.pop(&limits) {
                add(&mut story, &event);
            }
        }
        if entry.id != id {
            id = entry.id;
            story.push("--".to_owned());
        }
        let side = entry.side_of(&segment);
        if let Some(event) = entry.tcp.push(side, &segment, &limits) {
            add(&mut story, &event);
        }
        while let Some(event) = entry.tcp.pop(&limits) {
            add(&mut story, &event);
        }
    }
    for mut entry in table.take_all() {
        entry.tcp.finish();
        while let Some(event) = entry.tcp.pop(&limits) {
            add(&mut story, &event);
        }
    }
    story
}

fn add(story: &mut Vec<String>, event: &Event<'_>) {
    let who = if event.side == CLIENT { 'c' } else { 's' };
    match &event.what {
        What::Data(bytes) => match story.last_mut() {
            Some(last) if last.starts_with(&format!("{who} '")) => {
                last.pop();
                last.push_str(&text(bytes));
                last.push('\'');
            }
            _ => story.push(format!("{who} '{}'", text(bytes))),
        },
        What::Gap(missing) | What::Cut(missing) => story.push(format!("{who} [{missing}]")),
        What::End(End::Closed) => story.push(format!("{who} closed")),
        What::End(End::Reset) => story.push(format!("{who} reset")),
        What::End(End::Unknown) => story.push(format!("{who} open")),
    }
}

/// The packets as a capture file that begins so many seconds after 1970.
pub fn pcap(frames: &[Frame], seconds: i64) -> Vec<u8> {
    let mut file = Vec::new();
    let word = |file: &mut Vec<u8>, value: u32| file.extend(value.to_le_bytes());
    for value in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, 1] {
        word(&mut file, value);
    }
    for frame in frames {
        let (whole, rest) =
            (frame.micros.div_euclid(1_000_000), frame.micros.rem_euclid(1_000_000));
        word(&mut file, (seconds + whole) as u32);
        word(&mut file, rest as u32);
        word(&mut file, frame.bytes.len() as u32);
        word(&mut file, frame.wire_len as u32);
        file.extend(&frame.bytes);
    }
    file
}
