//! Connections of which the capture has no beginning: what is wholly in it is told all the same, and
//! what is a guess is told as one.

mod support;

use cookietrail::http::Exchange;
use support::wire::{CLIENT, Frame, Wire, exchanges, told};

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a.example\r\n\r\n")
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn has(exchange: &Exchange, kind: &str) -> bool {
    exchange.notes.iter().any(|note| note.kind.word() == kind)
}

fn doubted(frames: &[Frame], kind: &str) -> Vec<bool> {
    exchanges(frames).iter().map(|exchange| has(exchange, kind)).collect()
}

/// What may be left of a body.
const RESTS: [&str; 6] =
    ["tail", "</p>\r\n", "two words ", "a=1&b=2", "\0\u{1}\u{2}", "end\r\n\r\n"];

#[test]
fn a_head_behind_the_rest_of_a_body_is_found() {
    for rest in RESTS {
        let wire = Wire::joined().s(rest.to_owned() + &ok("1")).c(get("/b")).s(ok("22"));
        let frames = wire.frames();
        assert_eq!(told(&frames), ["- > 200 1", "GET /b > 200 2"], "{rest:?}");
        assert_eq!(doubted(&frames, "junk"), [true, false], "{rest:?}");
        let frames = Wire::joined().c(rest.to_owned() + &get("/a")).s(ok("1")).frames();
        assert_eq!(told(&frames), ["GET /a > 200 1"], "{rest:?}");
        assert_eq!(doubted(&frames, "junk"), [true], "{rest:?}");
    }
}

#[test]
fn such_a_head_may_go_on_in_the_next_segment() {
    for (rest, at) in RESTS.into_iter().flat_map(|rest| (1..40).map(move |at| (rest, at))) {
        let request = rest.to_owned() + &get("/a");
        let (begin, end) = request.split_at(rest.len() + at.min(get("/a").len() - 1));
        let frames = Wire::joined().c(begin).c(end).s(ok("1")).frames();
        assert_eq!(told(&frames), ["GET /a > 200 1"], "{begin:?}");
        let response = rest.to_owned() + &ok("1");
        let (begin, end) = response.split_at(rest.len() + at.min(37));
        let frames = Wire::joined().s(begin).s(end).c(get("/b")).s(ok("22")).frames();
        assert_eq!(told(&frames), ["- > 200 1", "GET /b > 200 2"], "{begin:?}");
    }
}

#[test]
fn a_head_is_found_behind_a_hole_at_the_beginning_too() {
    let wire = Wire::open().lost(CLIENT, "POST /up HTTP/1.1\r\n").c("tail".to_owned() + &get("/a"));
    assert_eq!(told(&wire.s(ok("1")).frames()), ["GET /a > 200 1"]);
    // Of what begins with something else nothing is missing: it is another protocol.
    let wire = Wire::open().c("HELO\r\n").s("tail".to_owned() + &ok("1"));
    assert!(told(&wire.frames()).is_empty());
}

#[test]
fn what_looks_like_the_beginning_of_a_head_takes_none_from_the_next_segment() {
    for end in ["G", "GET /x", "POST ", "HTTP/1.1 2", "H", "text POST /x HTT"] {
        let frames = Wire::joined().c("body ".to_owned() + end).c(get("/a")).s(ok("1")).frames();
        assert_eq!(told(&frames), ["GET /a > 200 1"], "{end}");
        let frames = Wire::joined().s("body ".to_owned() + end).c(get("/a")).s(ok("1")).frames();
        assert_eq!(told(&frames), ["GET /a > 200 1"], "{end}");
        assert_eq!(doubted(&frames, "junk"), [false], "{end}");
    }
}

#[test]
fn a_body_that_begins_like_a_head_swaps_nobody() {
    let download = |wire: Wire| wire.s(get("/quoted") + "and so on").ack(CLIENT);
    let upload = |wire: Wire| wire.c(ok("quoted") + "and so on").s(ok("up")).ack(CLIENT);
    let rest =
        |wire: Wire| wire.c(get("/a")).s(ok("1")).ack(CLIENT).c(get("/b")).s(ok("22")).frames();
    let expected = ["GET /a > 200 1", "GET /b > 200 2"];
    assert_eq!(told(&rest(download(Wire::joined()))), expected);
    let frames = rest(upload(Wire::joined()));
    let told_then = told(&frames);
    assert_eq!(told_then[told_then.len() - 2..], expected);
    // What cannot be taken back was told with a note.
    assert!(has(&exchanges(&frames)[0], "junk"), "{told_then:?}");
    // Ports that say nothing: the content of both directions does.
    let unknown = || Wire::joined().server_port(40_001);
    let frames = rest(download(unknown()));
    assert_eq!(told(&frames).last().map(String::as_str), Some(expected[1]));
}

#[test]
fn who_asked_first_stays_the_client() {
    let wire = Wire::joined().c(get("/a")).s("rest of a page").s(get("/quoted"));
    let wire = wire.s(ok("1")).ack(CLIENT).c(get("/b")).s(ok("22"));
    for wire in [wire.clone().frames(), wire.server_port(50_000).frames()] {
        let told = told(&wire);
        assert_eq!(told.last().unwrap(), "GET /b > 200 2", "{told:?}");
        assert!(told.iter().all(|line| !line.contains("quoted")), "{told:?}");
    }
}
