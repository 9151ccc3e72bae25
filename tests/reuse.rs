//! Ports that are used again although the capture lacks how the first connection ended, or how the
//! next one began; and connections that go on although they seemed to be over.

mod support;

use support::wire::{CLIENT, Frame, Odd, SERVER, Wire, exchanges, only, told};

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Another connection between the same sockets, some time later: its handshake first, 3 packets.
fn again(seconds: i64, (client, server): (u32, u32)) -> Vec<Frame> {
    let wire = Wire::joined().wait(seconds).starting_at(client, server).handshake();
    wire.c(get("/again")).s(ok("again")).ack(CLIENT).frames()
}

const NUMBERS: [(u32, u32); 3] = [(4_000_000_000, 9), (9_000_000, 3_000_000_000), (5, 5)];

/// What is told of a connection and of the next one, for some sequence numbers of that, and without
/// those packets of its handshake.
fn told_with_next(first: &[Frame], seconds: i64, without: &[usize]) -> Vec<Vec<String>> {
    let told_for = |numbers| {
        let mut next = again(seconds, numbers);
        without.iter().rev().for_each(|at| drop(next.remove(*at)));
        told(&[first, &next].concat())
    };
    NUMBERS.map(told_for).to_vec()
}

#[test]
fn a_hole_at_the_beginning_of_both_directions_shifts_no_pair() {
    let wire = Wire::open().lost(CLIENT, get("/0")).lost(SERVER, ok("0")).c(get("/1"));
    let wire = wire.lost(SERVER, ok("1")).c(get("/2")).s(ok("22")).c(get("/3")).s(ok("333"));
    assert_eq!(told(&wire.frames()), ["GET /1 > -", "GET /2 > 200 2", "GET /3 > 200 3"]);
}

#[test]
fn what_waits_behind_a_hole_is_told_when_the_ports_are_used_again() {
    let request = Wire::open().lost(CLIENT, get("/1")).s(ok("1")).c(get("/2")).s(ok("22"));
    let expected = ["- > 200 1", "GET /2 > 200 2", "GET /again > 200 5"];
    for all in told_with_next(&request.close().frames(), 30, &[]) {
        assert_eq!(all, expected);
    }
    let response = Wire::open().c(get("/1")).lost(SERVER, ok("1")).c(get("/2")).s(ok("22"));
    let expected = ["GET /1 > -", "GET /2 > 200 2", "GET /again > 200 5"];
    for all in told_with_next(&response.close().frames(), 30, &[0]) {
        assert_eq!(all, expected);
    }
}

#[test]
fn a_short_rest_of_a_connection_is_told_before_the_next_one_on_its_ports() {
    let rest = Wire::joined().c(get("/1")).s(ok("1"));
    for (first, seconds) in
        [(rest.clone().rst(CLIENT).frames(), 1), (rest.clone().frames(), 1), (rest.frames(), 3600)]
    {
        for all in told_with_next(&first, seconds, &[]) {
            assert_eq!(all, ["GET /1 > 200 1", "GET /again > 200 5"], "{seconds}");
        }
    }
}

#[test]
fn part_of_a_handshake_begins_a_connection_where_another_was_reset_or_agrees() {
    let reset = Wire::open().c(get("/1")).s(ok("1")).rst(CLIENT).frames();
    let alive = Wire::open().c(get("/1")).s(ok("1")).ack(CLIENT).frames();
    for first in [reset, alive] {
        for without in [&[0][..], &[1], &[0, 2]] {
            for all in told_with_next(&first, 1, without) {
                assert_eq!(all, ["GET /1 > 200 1", "GET /again > 200 5"], "{without:?}");
            }
        }
    }
}

#[test]
fn a_connection_whose_syn_was_captured_was_not_joined_midway() {
    let first = Wire::open().c(get("/1")).s(ok("1")).ack(CLIENT).frames();
    let all = exchanges(&[&first[..], &again(1, NUMBERS[0])].concat());
    assert!(all.iter().all(|exchange| exchange.notes.is_empty()), "{all:?}");
    assert_eq!(all.len(), 2);
}

#[test]
fn one_direction_alone_tells_of_each_connection_on_its_ports() {
    let first = Wire::open().c(get("/1")).s(ok("1")).close().frames();
    for numbers in NUMBERS {
        let all = [&first[..], &again(60, numbers)].concat();
        assert_eq!(told(&only(SERVER, &all)), ["- > 200 1", "- > 200 5"], "{numbers:?}");
        assert_eq!(told(&only(CLIENT, &all)), ["GET /1 > -", "GET /again > -"], "{numbers:?}");
    }
}

/// TCP Fast Open.
#[test]
fn a_request_in_a_syn_is_told_whatever_was_there_before() {
    let early = get("/early");
    let len = i64::try_from(early.len()).unwrap();
    let syn = Odd { seq: -1 - len, ack: None, flags: "S", payload: early.as_bytes() };
    let answer = Odd { seq: -1, ack: Some(0), flags: "S", payload: b"" };
    let open = Wire::open().c(get("/1")).s(ok("1")).ack(CLIENT);
    for first in [open.clone(), open.clone().fin(CLIENT), open.close()] {
        let next = first.wait(3).starting_at(9_000_000, 3_000_000_000);
        let wire = next.odd(CLIENT, syn).odd(SERVER, answer).s(ok("55555")).c(get("/3"));
        let expected = ["GET /1 > 200 1", "GET /early > 200 5", "GET /3 > 200 3"];
        assert_eq!(told(&wire.s(ok("333")).frames()), expected);
    }
}

#[test]
fn what_was_announced_and_not_confirmed_changes_nothing_later() {
    let first = Wire::open().c(get("/1")).s(ok("1")).ack(CLIENT);
    let syn = Odd { seq: 123_456_789, flags: "S", ..Odd::default() };
    let syn_ack = Odd { ack: Some(987_654), ..syn };
    for odd in [(CLIENT, syn), (SERVER, syn), (SERVER, syn_ack)] {
        let first = first.clone().odd(odd.0, odd.1);
        for (first, without) in [
            (first.clone().frames(), &[][..]),
            (first.clone().rst(CLIENT).frames(), &[0]),
            (first.close().frames(), &[0]),
        ] {
            for all in told_with_next(&first, 5, without) {
                assert_eq!(all, ["GET /1 > 200 1", "GET /again > 200 5"], "{odd:?} {without:?}");
            }
        }
    }
}

#[test]
fn a_beginning_that_is_forged_hides_nothing() {
    for side in [CLIENT, SERVER] {
        for (seq, ack) in [(1_000_000, None), (-1, None), (500, None), (1_000_000, Some(77))] {
            let forged = Odd { seq, ack, flags: "S", payload: b"" };
            for early in [true, false] {
                let wire = if early { Wire::open().odd(side, forged) } else { Wire::open() };
                let wire = wire.c(get("/1")).s(ok("1")).c(get("/2"));
                let wire = if early { wire } else { wire.odd(side, forged) };
                let told = told(&wire.s(ok("22")).c(get("/3")).s(ok("333")).frames());
                let expected = ["GET /1 > 200 1", "GET /2 > 200 2", "GET /3 > 200 3"];
                assert_eq!(told, expected, "{side:?} {seq} {ack:?} {early}");
            }
        }
    }
}

#[test]
fn a_connection_begins_where_another_was_reset_though_its_beginning_is_lost() {
    let first = Wire::open().c(get("/1")).s(ok("1")).ack(CLIENT).rst(CLIENT).wait(1).frames();
    let next = Wire::joined().wait(2).starting_at(4_000_000_000, 2_000_000_000);
    let next = next.s("the rest of something").c(get("/2")).s(ok("22")).c(get("/3")).s(ok("333"));
    let told = told(&[first, next.frames()].concat());
    assert_eq!(told, ["GET /1 > 200 1", "GET /2 > 200 2", "GET /3 > 200 3"]);
}

#[test]
fn pipelined_requests_behind_a_lost_one_are_doubtful() {
    let wire = Wire::open().lost(CLIENT, get("/0")).c(get("/1") + &get("/2"));
    let frames = wire.s(ok("0")).s(ok("11")).s(ok("222")).ack(CLIENT).frames();
    let doubtful = |exchange: &cookietrail::http::Exchange| {
        exchange.request.is_none() || !exchange.notes.is_empty()
    };
    assert!(exchanges(&frames).iter().all(doubtful), "{:?}", told(&frames));
}

#[test]
fn a_connection_goes_on_after_a_reset_that_was_forged() {
    let wire = Wire::open().c(get("/1")).s(ok("1")).ack(CLIENT).rst(SERVER).wait(5);
    let wire = wire.ack(CLIENT).wait(5).c(get("/2")).s(ok("22")).c(get("/3")).s(ok("333"));
    assert_eq!(told(&wire.frames()), ["GET /1 > 200 1", "GET /2 > 200 2", "GET /3 > 200 3"]);
}

#[test]
fn a_connection_with_the_same_numbers_is_another_one_long_after_the_first() {
    let first = Wire::open().c(get("/1")).s(ok("1")).close().frames();
    let again = |seconds: i64| {
        let later =
            |frame: &Frame| Frame { micros: frame.micros + seconds * 1_000_000, ..frame.clone() };
        let later: Vec<Frame> = first.iter().map(later).collect();
        told(&[&first[..], &later].concat()).len()
    };
    assert_eq!((again(1), again(600)), (1, 2));
}

#[test]
fn so_it_is_where_one_direction_alone_was_captured() {
    let first = only(CLIENT, &Wire::open().c(get("/1")).s(ok("1")).close().frames());
    let later =
        first.iter().map(|frame| Frame { micros: frame.micros + 600_000_000, ..frame.clone() });
    let all: Vec<Frame> = first.iter().cloned().chain(later).collect();
    assert_eq!(told(&all), ["GET /1 > -", "GET /1 > -"]);
}
