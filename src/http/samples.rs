//! Exchanges written by hand, for tests further down the street.

use super::exchange::{Exchange, Message, Position};
use super::{Body, head};
use crate::time::Timestamp;

/// An exchange from the packets and the heads of its messages, in lines without their ends. Packets
/// are a tenth of a second apart. Each exchange has a connection of its own to 127.0.0.1:5000.
pub(crate) fn exchange(packets: [u64; 2], request: &str, response: &str) -> Exchange {
    let request = head::any_request(&wired(request)).expect("a request head");
    let response = head::any_response(&wired(response)).expect("a response head");
    Exchange {
        connection: packets[0],
        connected: time(packets[0]),
        client: ([127, 0, 0, 1], 40_000).into(),
        server: ([127, 0, 0, 1], 5000).into(),
        request: Some(message(packets[0], request)),
        response: Some(message(packets[1], response)),
        interim: Vec::new(),
        notes: Vec::new(),
    }
}

/// The time of a packet.
pub(crate) fn time(packet: u64) -> Timestamp {
    Timestamp::from_nanos(i64::try_from(packet).unwrap() * 100_000_000, 6)
}

fn wired(lines: &str) -> Vec<u8> {
    let lines = lines.lines().map(|line| format!("{}\r\n", line.trim()));
    format!("{}\r\n", lines.collect::<String>()).into_bytes()
}

fn message<S>(packet: u64, parsed: head::Parsed<S>) -> Message<S> {
    let time = time(packet);
    Message {
        at: Position { packet, time, last_packet: packet, last_time: time, turn: packet },
        start: parsed.start,
        headers: parsed.headers,
        body: Body { complete: true, ..Body::default() },
    }
}
