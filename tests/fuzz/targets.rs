//! What the fuzz targets do with their bytes. `fuzz_targets/` hands these functions to libFuzzer,
//! and `tests/fuzz_smoke.rs` runs them over a corpus in every test run.
//!
//! Each of them holds what it reads against something: the same bytes read in another way, a model,
//! or a rule that every output keeps.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::disallowed_methods,
    reason = "a target stops at what must not be"
)]

use cookietrail::capture::{Batch, Files, LinkType, Packet, Reader};
use cookietrail::cookie::Target;
use cookietrail::http::{
    Conversation, Exchange, Headers, KeepBodies, Peers, Reading, decode_content,
};
use cookietrail::limits::TcpLimits;
use cookietrail::packet::{Decoder, Flags, Segment, SocketPair};
use cookietrail::pipeline::{Numbered, Pipeline};
use cookietrail::report::exchange_json::ExchangeLines;
use cookietrail::report::report_json::{self, About};
use cookietrail::report::terminal::{self, Look};
use cookietrail::report::timeline::{self, Selection};
use cookietrail::report::walkthrough::{Show, Walkthrough};
use cookietrail::report::{html, jar, live, markdown};
use cookietrail::tcp::{Connection, End, Event, Mark, Side, What};
use cookietrail::time::Timestamp;
use cookietrail::trail::{At, Live, Trail};
use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::path::Path;

/// A source that gives a few bytes at a time, as a pipe does.
struct Drip(Cursor<Vec<u8>>, usize);

impl Read for Drip {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let len = out.len().min(self.1);
        self.0.read(&mut out[..len])
    }
}

fn open(data: &[u8], at_a_time: usize) -> Option<Reader> {
    let source = Drip(Cursor::new(data.to_vec()), at_a_time);
    Reader::from_source(Path::new("fuzz"), source).ok()
}

/// What there is to a packet.
type Seen = (u64, Timestamp, LinkType, Vec<u8>, u32);

fn seen(packet: &Packet<'_>) -> Seen {
    (packet.number, packet.time, packet.link, packet.data.to_vec(), packet.wire_len)
}

/// A capture file, compressed or not: read packet by packet from a dripping source and in batches
/// from a full one.
pub fn capture_file(data: &[u8]) {
    let (Some(mut slow), Some(fast)) = (open(data, 1 + data.len() % 61), open(data, usize::MAX))
    else {
        return;
    };
    let mut one_by_one = Vec::new();
    while slow.advance() {
        one_by_one.extend(slow.packet().as_ref().map(seen));
    }
    let mut files = Files::merge(vec![fast]);
    let (mut batch, mut in_batches) = (Batch::default(), Vec::new());
    while files.fill(&mut batch) {
        in_batches.extend(batch.packets().map(|packet| seen(&packet)));
    }
    let mut damage = slow.damage().map(|damage| damage.reason.to_string()).into_iter();
    let mut notes = files.notes().iter().map(|note| note.text.to_string());
    let is_packing = |text: String| text.contains("compressed data");
    if damage.any(is_packing) || notes.any(is_packing) {
        // What was unpacked in the same step as damage was met is lost; the steps differ. One of the
        // two may have met what damage was unpacked to, and say that.
        assert!(one_by_one.starts_with(&in_batches) || in_batches.starts_with(&one_by_one));
    } else {
        assert_eq!(one_by_one, in_batches);
    }
    assert_eq!(slow.damage().is_some(), files.notes().iter().any(|n| n.text.contains("damaged")));
    for (at, (number, _, _, bytes, _)) in in_batches.iter().enumerate() {
        assert_eq!(*number, at as u64 + 1);
        assert!(bytes.len() <= 16 << 20);
    }
}

/// Packets, each as link type (one byte), length (two bytes, little end first) and bytes.
pub fn packets(mut data: &[u8]) {
    let mut decoder = Decoder::default();
    let mut number = 0;
    while let [link, low, high, rest @ ..] = data {
        number += 1;
        let len = usize::from(u16::from_le_bytes([*low, *high])).min(rest.len());
        let packet = Packet {
            number,
            time: Timestamp::from_nanos(i64::try_from(number).unwrap() * 1_000_000, 6),
            link: LinkType(u32::from(*link)),
            data: &rest[..len],
            wire_len: u32::try_from(len).unwrap(),
        };
        if let Ok(segment) = decoder.decode(&packet) {
            assert_eq!(segment.packet, number);
            assert!(segment.payload.len() <= 65_535);
        }
        decoder.has_news();
        decoder.take_joined();
        decoder.take_conflicts();
        data = &rest[len..];
    }
}

fn ends() -> [SocketAddr; 2] {
    [40_000, 80].map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

/// The byte that a stream has at a sequence number: whatever is delivered can be told from it.
fn byte_at(side: usize, seq: u32) -> u8 {
    let mixed = (seq ^ (seq >> 9)).wrapping_mul(0x9e37_79b1) >> 11;
    (mixed as u8).wrapping_add(side as u8)
}

/// What was delivered of one direction.
#[derive(Default)]
struct Delivered {
    /// Where the next event must begin.
    next: Option<u64>,
    /// The sequence numbers that its first byte may have. A few bytes may stand in two places; more
    /// of them tell which it was.
    seqs: Option<Vec<u32>>,
}

impl Delivered {
    /// Every byte once, in order, and the right one; every hole of the right size.
    fn check(&mut self, side: usize, event: &Event<'_>, bases: &[u32]) {
        let at = self.next.unwrap_or(event.offset);
        assert_eq!(event.offset, at, "an event begins where the one before it ended");
        let len = match &event.what {
            What::Data(bytes) => {
                assert!(!bytes.is_empty());
                self.narrow(side, bytes, bases);
                bytes.len() as u64
            }
            What::Gap(len) | What::Cut(len) => {
                assert!(*len > 0);
                *len
            }
            // A FIN may be forged: a direction that goes on behind it ends once more.
            What::End(_) => 0,
        };
        self.next = Some(at + len);
        for seq in self.seqs.iter_mut().flatten() {
            *seq = seq.wrapping_add(len as u32);
        }
    }

    /// Keeps the places where the bytes fit; at first those in the range of any segment.
    fn narrow(&mut self, side: usize, bytes: &[u8], bases: &[u32]) {
        let fits = |seq: &u32| {
            let numbers = (0..).map(|step| seq.wrapping_add(step));
            bytes.iter().zip(numbers).all(|(byte, seq)| byte_at(side, seq) == *byte)
        };
        let seqs = self.seqs.get_or_insert_with(|| {
            let ranges = bases.iter().flat_map(|base| (0..600).map(|step| base.wrapping_add(step)));
            ranges.collect()
        });
        seqs.retain(fits);
        assert!(!seqs.is_empty(), "bytes that nobody sent there");
    }
}

/// Segments of one connection: five bytes each, for flags, place, length and acknowledgment. Both
/// sides send the stream of [`byte_at`], so that what is delivered can be told without a second
/// assembler.
pub fn segments(data: &[u8]) {
    let limits = TcpLimits { held_bytes: 4096, held_chunks: 16, ..TcpLimits::default() };
    let starts = [0xffff_ff00u32, 7_000_000];
    let mut top = starts;
    let mut connection: Option<Connection> = None;
    let mut delivered = [Delivered::default(), Delivered::default()];
    let mut bases: [Vec<u32>; 2] = Default::default();
    let mut payload = Vec::new();
    for (at, op) in data.chunks_exact(5).enumerate() {
        let from = usize::from(op[0] & 1);
        let near = i32::from(i16::from_le_bytes([op[1], op[2]])) / 8;
        let base = if op[0] & 0x40 == 0 { top[from] } else { starts[from] };
        let seq = base.wrapping_add_signed(near);
        let flags = Flags {
            syn: op[0] & 2 != 0,
            fin: op[0] & 4 != 0,
            rst: op[0] & 8 != 0,
            ack: op[0] & 16 == 0,
        };
        let first = seq.wrapping_add(u32::from(flags.syn));
        payload.clear();
        payload.extend((0..u32::from(op[3]) * 2).map(|i| byte_at(from, first.wrapping_add(i))));
        if !payload.is_empty() {
            bases[from].push(first);
        }
        let end = first.wrapping_add(u32::try_from(payload.len()).unwrap());
        if end.wrapping_sub(top[from]) < 1 << 20 {
            top[from] = end;
        }
        let ack = top[1 - from].wrapping_add_signed(i32::from(op[4] as i8) * 4);
        let mut segment = Segment {
            packet: at as u64 + 1,
            time: Timestamp::from_nanos(at as i64 * 50_000_000, 6),
            pair: SocketPair::new(ends()[from], ends()[1 - from]),
            seq,
            ack,
            flags,
            payload: &payload,
            cut: 0,
        };
        if op[0] & 0x20 != 0 {
            let cut = payload.len() / 2;
            (segment.payload, segment.cut) = (&payload[..cut], (payload.len() - cut) as u32);
        }
        let tcp = connection.get_or_insert_with(|| Connection::new(&segment));
        let side = if from == 0 { Side::Originator } else { Side::Responder };
        let mut events: Vec<Event<'_>> = tcp.push(side, &segment, &limits).into_iter().collect();
        events.extend(std::iter::from_fn(|| tcp.pop(&limits)));
        for event in &events {
            let side = event.side.index();
            delivered[side].check(side, event, &bases[side]);
        }
    }
    let Some(mut tcp) = connection else { return };
    tcp.finish();
    while let Some(event) = tcp.pop(&limits) {
        let side = event.side.index();
        delivered[side].check(side, &event, &bases[side]);
    }
    assert!(tcp.is_over() && tcp.held_since().is_none());
}

/// The two directions of a connection as text. `\x01` lets the other side speak, `\x02` and a byte
/// are a hole, `\x03` ends a segment, `\x04` a direction.
pub fn conversation(data: &[u8]) {
    let peers = Peers { connection: 1, ends: ends(), since: Timestamp::from_seconds(1) };
    let reading = Reading { keep: KeepBodies::Readable, ..Reading::default() };
    let mut talk = Conversation::new(peers, reading);
    let (mut side, mut offsets, mut rest, mut packet) = (Side::Originator, [0u64; 2], data, 0);
    let mut found: Vec<Box<Exchange>> = Vec::new();
    while !rest.is_empty() {
        packet += 1;
        let len = rest.iter().position(|byte| (1..=4).contains(byte)).unwrap_or(rest.len());
        let (text, more) = rest.split_at(len);
        let time = Timestamp::from_nanos(packet * 1_000_000, 6);
        let packet = u64::try_from(packet).unwrap();
        let mut push = |side: Side, what, offsets: &mut [u64; 2], len: u64| {
            let acked = Some(offsets[side.other().index()]);
            let offset = offsets[side.index()];
            talk.push(&Event { side, what, offset, mark: Mark { packet, time, acked } });
            offsets[side.index()] += len;
        };
        if !text.is_empty() {
            push(side, What::Data(Cow::Borrowed(text)), &mut offsets, len as u64);
        }
        rest = match more {
            [1, rest @ ..] => {
                side = side.other();
                rest
            }
            [2, missing, rest @ ..] => {
                let missing = u64::from(*missing) * u64::from(*missing) + 1;
                push(side, What::Gap(missing), &mut offsets, missing);
                rest
            }
            [4, rest @ ..] => {
                let how = if rest.len() % 2 == 0 { End::Closed } else { End::Reset };
                push(side, What::End(how), &mut offsets, 0);
                rest
            }
            _ => more.get(1..).unwrap_or_default(),
        };
        let open = talk.oldest_open();
        while let Some(exchange) = talk.pop() {
            assert!(exchange.first_packet() > 0);
            found.push(exchange);
        }
        assert!(open.is_none_or(|open| open <= packet));
    }
    talk.finish();
    found.extend(std::iter::from_fn(|| talk.pop()));
    assert!(talk.oldest_open().is_none_or(|open| open > 0));
    let seen: u64 = offsets.iter().sum();
    let read = |exchange: &Exchange| {
        let request = exchange.request.as_ref().map_or(0, |message| message.body.length);
        let response = exchange.response.as_ref().map_or(0, |message| message.body.length);
        request + response
    };
    assert!(found.iter().map(|exchange| read(exchange)).sum::<u64>() <= seen);
    for response in found.iter().filter_map(|exchange| exchange.response.as_ref()) {
        decode_content(&response.headers, &response.body.kept, 4096);
    }
}

/// A body in content codings: the first line names them.
pub fn content(data: &[u8]) {
    let cut = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let headers = Headers::from_pairs(&[(&b"Content-Encoding"[..], &data[..cut])]);
    let body = data.get(cut + 1..).unwrap_or_default();
    let decoded = decode_content(&headers, body, 10_000);
    assert!(decoded.bytes.len() <= 10_000.max(body.len()));
    let again = decode_content(&headers, body, 10_000);
    assert_eq!(decoded, again);
}

/// The whole street, with a decision about memory or threads nowhere in it.
fn follow(data: &[u8]) -> Option<(Pipeline, Vec<Numbered>, Files)> {
    let mut files = Files::merge(vec![open(data, usize::MAX)?]);
    let mut pipeline = Pipeline::new(Reading { keep: KeepBodies::Readable, ..Reading::default() });
    let mut found = Vec::new();
    while let Some(packet) = files.next_packet() {
        pipeline.push(&packet);
        found.extend(std::iter::from_fn(|| pipeline.pop()));
    }
    pipeline.finish();
    found.extend(std::iter::from_fn(|| pipeline.pop()));
    Some((pipeline, found, files))
}

/// Bytes of a file to exchanges, to the story, to everything that can be written of it.
pub fn street(data: &[u8]) {
    let Some((pipeline, found, files)) = follow(data) else { return };
    let (mut lines, mut out) = (ExchangeLines::default(), Vec::new());
    let (mut trail, mut happening) = (Trail::default(), Live::default());
    for (at, numbered) in found.iter().enumerate() {
        assert_eq!(numbered.id, at as u64 + 1);
        out.clear();
        lines.write(numbered, &mut out).unwrap();
        serde_json::from_slice::<serde_json::Value>(&out).expect("a line is JSON");
        happening.push(&numbered.exchange);
        trail.push(numbered.clone());
    }
    happening.settle_all(u64::MAX);
    let mut text = Vec::new();
    while let Some(news) = happening.pop() {
        live::write(&news, 100, &mut text).unwrap();
    }
    let target = Target::from_url(b"http://a.test/x").unwrap();
    let jars = trail.jars(At::End, NonZero::<usize>::MIN);
    jar::table(&jars, Some(&target), 100, &mut text).unwrap();
    jar::netscape(&jars, &mut Vec::new()).unwrap();
    jar::headers(&jars, &target, &mut Vec::new()).unwrap();
    is_json(|out| jar::json(&jars, Some(&target), out));
    let story = trail.finish();
    let names = ["fuzz".to_owned()];
    let counts = pipeline.counts();
    let about = || About { files: &names, counts: &counts, notes: files.notes() };
    let threads = NonZero::<usize>::MIN;
    is_json(|out| report_json::write(&story, about(), threads, out));
    let walkthrough = Walkthrough::of(&story, about(), Show { lessons: true, ..Show::default() });
    let look = Look { width: 80, is_styled: true };
    markdown::write(&walkthrough, threads, &mut text).unwrap();
    html::write(&walkthrough, threads, &mut text).unwrap();
    text.extend(without_colour(|out| terminal::write(&walkthrough, look, threads, out)));
    let start = pipeline.counts().span.map(|(first, _)| first);
    let all = Selection::default();
    text.extend(without_colour(|out| timeline::write(&story, start, &all, 80, out)));
    let text = String::from_utf8(without_colour(|out| out.write_all(&text))).expect("UTF-8");
    let control = text.chars().find(|letter| letter.is_control() && *letter != '\n');
    assert_eq!(control, None, "no capture drives a terminal");
}

fn is_json(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    serde_json::from_slice::<serde_json::Value>(&out).expect("JSON");
}

/// What a renderer writes where there is no colour.
fn without_colour(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    // The styles of the program are `ESC [ … m`; anything else must not be there.
    let mut plain = Vec::with_capacity(out.len());
    let mut rest = out.as_slice();
    while let Some(at) = rest.iter().position(|byte| *byte == 0x1b) {
        plain.extend_from_slice(&rest[..at]);
        let end = rest[at..].iter().position(|byte| *byte == b'm').expect("a style ends");
        let style = &rest[at + 1..at + end];
        assert!(style.iter().all(|byte| b"[;0123456789".contains(byte)), "{style:?}");
        rest = &rest[at + end + 1..];
    }
    plain.extend_from_slice(rest);
    plain
}
