//! However the same packets are split, moved, repeated and mixed, the exchanges are the same; and
//! whatever is lost, what is whole is found.
mod support;

use proptest::prelude::*;
use support::wire::{CLIENT, Frame, SERVER, Wire, interleave, reorder, told};

/// One request and its response.
#[derive(Debug, Clone)]
struct Talk {
    target: String,
    request_body: usize,
    framing: usize,
    body: usize,
}

impl Talk {
    fn request(&self) -> String {
        let body = "q".repeat(self.request_body);
        let (target, len) = (&self.target, body.len());
        if len == 0 {
            return format!("GET {target} HTTP/1.1\r\nHost: a\r\nCookie: n={target}\r\n\r\n");
        }
        format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {len}\r\n\r\n{body}")
    }

    fn response(&self) -> String {
        let body = "r".repeat(self.body);
        let (target, len) = (&self.target, body.len());
        let head = format!("HTTP/1.1 200 OK\r\nSet-Cookie: n={target}\r\n");
        match self.framing {
            0 => format!("{head}Content-Length: {len}\r\n\r\n{body}"),
            1 if len > 0 => {
                format!("{head}Transfer-Encoding: chunked\r\n\r\n{len:x}\r\n{body}\r\n0\r\n\r\n")
            }
            1 => format!("{head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            _ => format!("HTTP/1.1 304 Not Modified\r\nETag: \"{target}\"\r\n\r\n"),
        }
    }
}

fn talks() -> impl Strategy<Value = Vec<Talk>> {
    let talk = (0usize..60, 0usize..3, prop_oneof![0usize..40, 100usize..3000]);
    prop::collection::vec(talk, 1..6).prop_map(|talks| {
        let number = |(at, (request_body, framing, body)): (usize, _)| Talk {
            target: format!("/{at}"),
            request_body: if request_body < 40 { 0 } else { request_body },
            framing,
            body,
        };
        talks.into_iter().enumerate().map(number).collect()
    })
}

/// How a conversation is put on the wire.
#[derive(Debug, Clone)]
struct Manner {
    mss: usize,
    pipelined: bool,
    isn: (u32, u32),
    closed: bool,
}

fn manner() -> impl Strategy<Value = Manner> {
    (20usize..1500, any::<bool>(), any::<(u32, u32)>(), any::<bool>())
        .prop_map(|(mss, pipelined, isn, closed)| Manner { mss, pipelined, isn, closed })
}

fn wire(port: u16, talks: &[Talk], manner: &Manner) -> Vec<Frame> {
    let wire = Wire::joined().port(port).starting_at(manner.isn.0, manner.isn.1).mss(manner.mss);
    let mut wire = wire.handshake();
    if manner.pipelined {
        let requests: String = talks.iter().map(Talk::request).collect();
        let responses: String = talks.iter().map(Talk::response).collect();
        wire = wire.c(requests).ack(SERVER).s(responses).ack(CLIENT);
    } else {
        for talk in talks {
            wire = wire.c(talk.request()).s(talk.response()).ack(CLIENT);
        }
    }
    if manner.closed { wire.close().frames() } else { wire.frames() }
}

/// Exchanges of several connections, those of each in their order.
fn sorted(frames: &[Frame]) -> Vec<String> {
    let mut told = told(frames);
    told.sort();
    told
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn the_way_on_the_wire_does_not_change_what_was_said(
        talks in talks(),
        plain in manner(),
        other in manner(),
        delays in prop::collection::vec(0usize..4, 1..40),
        copies in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let expected = sorted(&wire(40_000, &talks, &plain));
        prop_assert_eq!(expected.len(), talks.len());
        let mut frames = wire(40_000, &talks, &other);
        for copy in copies {
            let at = copy.index(frames.len());
            let to = (at + 3).min(frames.len());
            frames.insert(to, frames[at].clone());
        }
        reorder(&mut frames, &delays);
        // Pipelined requests may swap places: their order is that of their first packets.
        prop_assert_eq!(sorted(&frames), expected);
    }

    #[test]
    fn connections_do_not_disturb_each_other(
        one in talks(),
        two in talks(),
        manners in (manner(), manner()),
        turns in prop::collection::vec(0usize..2, 0..60),
    ) {
        let (one, two) = (wire(40_001, &one, &manners.0), wire(40_002, &two, &manners.1));
        let mut expected = told(&one);
        expected.extend(told(&two));
        expected.sort();
        prop_assert_eq!(sorted(&interleave(vec![one, two], &turns)), expected);
    }

    /// Each direction by a capture card of its own, with a clock of its own: any of the two may come
    /// first, even all of it, with or without the beginning of the connection.
    #[test]
    fn the_directions_may_be_out_of_step(
        talks in talks(),
        manner in manner(),
        opened in any::<bool>(),
        turns in prop::collection::vec(0usize..2, 0..60),
    ) {
        // No more segments than are waited for.
        let manner = Manner { mss: 1460, ..manner };
        let mut frames = wire(40_000, &talks, &manner);
        let expected = sorted(&frames);
        if !opened {
            frames.drain(..3);
        }
        let (server, client) = frames.into_iter().partition(Frame::is_from_server);
        let frames = interleave(vec![server, client], &turns);
        prop_assert_eq!(sorted(&frames), expected);
    }

    /// One packet of data is missing. What was in the others is found, and paired as before.
    #[test]
    fn what_is_whole_is_found_beside_a_loss(
        talks in talks(),
        manner in manner(),
        lost in any::<prop::sample::Index>(),
    ) {
        let manner = Manner { mss: 1460, pipelined: false, ..manner };
        let frames = wire(40_000, &talks, &manner);
        let expected = told(&frames);
        let mut damaged = frames;
        damaged.remove(lost.index(damaged.len()));
        let found = told(&damaged);
        // A lost segment touches one exchange, and the pairing of all others stays.
        let whole = expected.iter().filter(|told| found.contains(told)).count();
        prop_assert!(whole + 1 >= expected.len(), "{found:?}");
        prop_assert!(found.len() <= expected.len());
        prop_assert!(found.len() + 1 >= expected.len());
    }

    /// Bytes that are no HTTP, or HTTP that is damaged, never loop or panic.
    #[test]
    fn any_bytes_are_borne(
        pieces in prop::collection::vec((any::<bool>(), prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            "(GET|POST|HEAD|CONNECT) /[a-z]{0,3} HTTP/1\\.[01]\r\n((Content-Length: [0-9]{1,2}|Transfer-Encoding: chunked|A:b)\r\n){0,2}(\r\n)?".prop_map(String::into_bytes),
            "HTTP/1\\.1 (100|101|200|204|304) OK\r\n((Content-Length: [0-9]{1,2}|Transfer-Encoding: chunked|A:b)\r\n){0,2}(\r\n)?".prop_map(String::into_bytes),
            "[0-9a-f]{1,2}\r\n[a-z]{0,20}(\r\n)?".prop_map(String::into_bytes),
        ], any::<bool>()), 0..30),
        mss in 1usize..100,
    ) {
        let mut wire = Wire::open().mss(mss);
        let mut lines = 0;
        for (client, bytes, lost) in pieces {
            let side = if client { CLIENT } else { SERVER };
            lines += bytes.split(|byte| *byte == b'\n').count();
            wire = if lost && bytes.len() > 20 { wire.lost(side, bytes) } else { wire.send(side, bytes) };
        }
        prop_assert!(told(&wire.close().frames()).len() <= lines);
    }
}
