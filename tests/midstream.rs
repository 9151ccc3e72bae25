//! Connections of which the capture has no beginning: what is wholly in it is told all the same, and
//! what is a guess is told as one.

mod support;

use cookietrail::http::{Exchange, Reading};
use cookietrail::pipeline::Pipeline;
use support::wire::{CLIENT, Frame, SERVER, Wire, exchanges, packets, told};

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
        let wire = Wire::joined().c(rest.to_owned() + &get("/a")).s(ok("22") + &ok("1"));
        let frames = wire.frames();
        assert_eq!(told(&frames), ["GET /a > 200 1", "- > 200 2"], "{rest:?}");
        assert_eq!(doubted(&frames, "junk"), [true, false], "{rest:?}");
    }
}

#[test]
fn such_a_head_may_go_on_in_the_next_segment() {
    for (rest, at) in RESTS.into_iter().flat_map(|rest| (1..40).map(move |at| (rest, at))) {
        let request = rest.to_owned() + &get("/a");
        let (begin, end) = request.split_at(rest.len() + at.min(get("/a").len() - 1));
        let frames = Wire::joined().c(begin).c(end).s(ok("22") + &ok("1")).frames();
        assert_eq!(told(&frames), ["GET /a > 200 1", "- > 200 2"], "{begin:?}");
        let response = rest.to_owned() + &ok("1");
        let (begin, end) = response.split_at(rest.len() + at.min(37));
        let frames = Wire::joined().s(begin).s(end).c(get("/b")).s(ok("22")).frames();
        assert_eq!(told(&frames), ["- > 200 1", "GET /b > 200 2"], "{begin:?}");
    }
}

#[test]
fn a_head_is_found_behind_a_hole_at_the_beginning_too() {
    let wire = Wire::open().lost(CLIENT, "POST /up HTTP/1.1\r\n").c("tail".to_owned() + &get("/a"));
    // The response may be to either.
    assert_eq!(told(&wire.s(ok("1")).frames()), ["GET /a > -", "- > 200 1"]);
    // Of what begins with something else nothing is missing: it is another protocol.
    let wire = Wire::open().c("HELO\r\n").s("tail".to_owned() + &ok("1"));
    assert!(told(&wire.frames()).is_empty());
}

#[test]
fn what_looks_like_the_beginning_of_a_head_takes_none_from_the_next_segment() {
    for end in ["G", "GET /x", "POST ", "HTTP/1.1 2", "H", "text POST /x HTT"] {
        let wire = Wire::joined().c("body ".to_owned() + end).s(ok("22")).ack(CLIENT);
        let frames = wire.c(get("/a")).s(ok("1")).frames();
        assert_eq!(told(&frames), ["- > 200 2", "GET /a > 200 1"], "{end}");
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

fn doubtful(frames: &[Frame]) -> Vec<bool> {
    doubted(frames, "doubtful-pairing")
}

#[test]
fn what_was_asked_before_the_capture_began_is_answered_first() {
    // The client had read nothing since it sent the end of another request.
    for wire in
        [Wire::joined().c("tail".to_owned() + &get("/a")), Wire::joined().c("tail").c(get("/a"))]
    {
        let frames = wire.s(ok("1")).s(ok("22")).ack(CLIENT).c(get("/b")).s(ok("333")).frames();
        let told = told(&frames);
        assert!(told.contains(&"GET /a > 200 2".to_owned()), "{told:?}");
        assert!(told.contains(&"- > 200 1".to_owned()), "{told:?}");
        assert_eq!(doubtful(&frames), [false; 3]);
    }
    // It had read a response in between; or it only asked whether the server is still there.
    let read = Wire::joined().c("tail").s(ok("1")).ack(CLIENT).c(get("/a")).s(ok("22"));
    assert_eq!(told(&read.frames()), ["- > 200 1", "GET /a > 200 2"]);
    let alive = Wire::joined().c("\0").c(get("/a")).s(ok("22"));
    assert_eq!(told(&alive.frames()), ["GET /a > 200 2"]);
}

#[test]
fn responses_to_what_was_asked_before_the_capture_began_are_told_as_doubtful() {
    // Two requests were sent before.
    let wire = Wire::joined().c(get("/c")).s(ok("1") + &ok("22") + &ok("333")).ack(CLIENT);
    let frames = wire.c(get("/d")).s(ok("4444")).ack(CLIENT).c(get("/e")).s(ok("55555")).frames();
    let lines = told(&frames);
    assert_eq!(lines[0], "GET /c > 200 1");
    assert_eq!(lines[3..], ["GET /d > 200 4", "GET /e > 200 5"]);
    assert_eq!(doubtful(&frames), [true, true, true, false, false]);
}

#[test]
fn a_client_that_waits_for_each_response_leaves_no_doubt() {
    let turn =
        |wire: Wire, count| wire.c(get(&format!("/{count}"))).s(ok(&"x".repeat(count))).ack(CLIENT);
    for wire in [Wire::joined(), Wire::joined().s("rest of a page").ack(CLIENT)] {
        let frames = (1..=5).fold(wire, turn).frames();
        assert_eq!(doubtful(&frames), [false; 5]);
        assert_eq!(told(&frames).last().unwrap(), "GET /5 > 200 5");
    }
    let asks = "POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    let wire = Wire::joined().c(asks).s("HTTP/1.1 100 Continue\r\n\r\n").c("ab").s(ok("1"));
    assert_eq!(doubtful(&wire.frames()), [false]);
    // A server that has waited too long says so, whatever was asked.
    let late = "HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n";
    let frames = turn(Wire::joined(), 1).s(late).fin(SERVER).frames();
    assert_eq!(doubtful(&frames), [false, false]);
}

#[test]
fn requests_in_a_row_are_doubtful_until_the_client_has_read_all_responses() {
    let wire = Wire::joined().c(get("/1") + &get("/2")).s(ok("1") + &ok("22")).ack(CLIENT);
    assert_eq!(doubtful(&wire.clone().frames()), [true, true]);
    assert_eq!(doubtful(&wire.clone().close().frames()), [false, false]);
    let wire = wire.c(get("/3")).s(ok("333"));
    assert_eq!(doubtful(&wire.frames()), [false; 3]);
}

#[test]
fn the_first_exchanges_are_not_held_for_long() {
    let begun = Wire::joined().c(get("/1")).s(ok("1")).ack(CLIENT).ack(SERVER).ack(CLIENT);
    let told_after = |frames: &[Frame], rests: bool| {
        let mut pipeline = Pipeline::new(Reading::default());
        packets(frames).for_each(|packet| pipeline.push(&packet));
        if rests {
            pipeline.rest();
        }
        std::iter::from_fn(|| pipeline.pop()).count()
    };
    let frames = begun.clone().frames();
    assert_eq!((told_after(&frames, false), told_after(&frames, true)), (0, 1));
    let asked = begun.c(get("/2")).frames();
    assert_eq!(told_after(&asked, false), 1);
    // Another connection shows that the time is over.
    let other = Wire::joined().port(40_001).wait(9).handshake().frames();
    assert_eq!(told_after(&[frames, other].concat(), false), 1);
}

#[test]
fn a_response_to_an_unknown_head_request_takes_no_other() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
    let wire = Wire::joined().c(get("/b")).s(head).c(get("/c")).s(ok("22")).s(ok("333"));
    let frames = wire.frames();
    assert_eq!(told(&frames), ["GET /b > 200", "GET /c > 200 2", "- > 200 3"]);
    assert_eq!(doubtful(&frames), [true; 3]);
}

#[test]
fn a_text_that_quotes_many_heads_makes_nobody_the_client() {
    let text = || get("/quoted") + "and so on " + &get("/quoted") + "and more";
    let quoting = |wire: Wire| wire.s(text()).ack(CLIENT).s(text()).s(text()).ack(CLIENT);
    let frames = quoting(Wire::joined()).c(get("/a")).s(ok("1")).frames();
    assert_eq!(told(&frames).last().unwrap(), "GET /a > 200 1");
    // Where the ports do not tell, what both sides say does.
    let wire = quoting(Wire::joined().server_port(50_000)).c(get("/a")).s(ok("1")).ack(CLIENT);
    let wire = wire.c(get("/b")).s(ok("22")).ack(CLIENT).c(get("/c")).s(ok("333"));
    assert_eq!(told(&wire.frames()).last().unwrap(), "GET /c > 200 3");
}

#[test]
fn what_a_body_quotes_takes_no_response() {
    let upload = || Wire::joined().c("rest of a body ".to_owned() + &get("/quoted"));
    let read = upload().s(ok("1")).ack(CLIENT).c(get("/a")).s(ok("22")).frames();
    assert!(told(&read).contains(&"GET /a > 200 2".to_owned()), "{:?}", told(&read));
    // Where the body goes on behind it, that is known before.
    let goes_on = upload().c("more of it").s(ok("1")).ack(CLIENT).c(get("/a")).s(ok("22"));
    let lines = told(&goes_on.frames());
    assert!(lines.contains(&"GET /quoted > -".to_owned()), "{lines:?}");
    assert!(lines.contains(&"GET /a > 200 2".to_owned()), "{lines:?}");
}
