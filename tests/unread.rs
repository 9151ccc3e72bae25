//! Bytes that are in the capture and are no message, or no whole one: what is told beside them, and that
//! nothing is said to be missing that is there.
mod support;

use support::wire::{CLIENT, SERVER, Wire, exchanges, notes, told};

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a.example\r\n\r\n")
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

const LATE: &str = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n";
const BAD: &str = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
const UPLOAD: &str = "POST /up HTTP/1.1\r\nContent-Length: 10\r\n\r\n";

#[test]
fn a_body_goes_on_behind_a_response_that_nobody_asked_for() {
    for unasked in [LATE, "HTTP/1.1 100 Continue\r\n\r\n"] {
        let wire = Wire::open().c(UPLOAD.to_owned() + "01234").s(ok("1")).s(unasked).c("56789");
        let frames = wire.c(get("/next")).s(ok("22")).close().frames();
        let all = told(&frames);
        assert_eq!((&*all[0], &*all[2]), ("POST /up 10 > 200 1", "GET /next > 200 2"));
        assert_eq!(notes(&frames), ["junk"]);
    }
    let wire = Wire::open().c(UPLOAD.to_owned() + "01234").s(ok("1")).s(LATE).close();
    assert_eq!(notes(&wire.frames()), ["incomplete", "junk"]);
}

#[test]
fn the_first_request_of_all_may_be_the_one_that_was_lost() {
    let lost = Wire::open().lost(CLIENT, get("/a"));
    let together = lost.clone().c(get("/b")).s(ok("1") + &ok("22")).close().frames();
    assert_eq!(told(&together), ["GET /b > 200 2", "- > 200 1"]);
    assert_eq!(notes(&together), ["doubtful-pairing", "gap"]);
    let in_turn = lost.s(ok("1")).ack(CLIENT).c(get("/b")).s(ok("22")).close().frames();
    assert_eq!(told(&in_turn), ["- > 200 1", "GET /b > 200 2"]);
    assert_eq!(notes(&in_turn), ["gap"]);
}

#[test]
fn any_method_is_one_however_its_line_is_cut() {
    for method in ["Foo", "X", "brew", "m-x_y.z"] {
        let request = format!("{method} /x HTTP/1.1\r\nHost: a\r\n\r\n");
        for mss in [1, 2, 5, 1460] {
            let wire = Wire::open().mss(mss).c(&request).s(ok("1")).ack(CLIENT).c(get("/y"));
            let wire = wire.s(ok("22")).ack(CLIENT).c(&request).s(ok("333")).close();
            let first = format!("{method} /x > 200 1");
            let last = format!("{method} /x > 200 3");
            let frames = wire.frames();
            assert_eq!(told(&frames), [&*first, "GET /y > 200 2", &*last], "{mss}");
            assert!(notes(&frames).is_empty(), "{method} {mss}");
        }
    }
}

#[test]
fn what_cannot_be_read_as_a_request_may_have_been_answered() {
    let requests = get("/1") + "GET\t/bad\tHTTP/1.1\r\n\r\n" + &get("/next");
    let frames = Wire::open().c(requests).s(ok("1") + BAD + &ok("333")).close().frames();
    assert_eq!(told(&frames), ["GET /1 > 200 1", "GET /next > 400", "- > 200 3"]);
    assert_eq!(notes(&frames), ["junk", "doubtful-pairing", "junk"]);
    let wire = Wire::open().c("GET\t/bad\tHTTP/1.1\r\n\r\n").c(get("/1") + &get("/2"));
    let frames = wire.s(BAD.to_owned() + &ok("1") + &ok("22")).close().frames();
    assert_eq!(told(&frames), ["GET /1 > 400", "GET /2 > 200 1", "- > 200 2"]);
    assert_eq!(notes(&frames), ["doubtful-pairing", "doubtful-pairing", "junk"]);
}

#[test]
fn what_is_there_and_cannot_be_read_is_not_said_to_be_missing() {
    for odd in
        ["GET\t/\tHTTP/1.1\r\n\r\n", "\u{feff}GET / HTTP/1.1\r\n\r\n", "G@T / HTTP/1.1\r\n\r\n"]
    {
        let frames = Wire::open().c(odd).s(BAD).close().frames();
        assert_eq!((told(&frames), notes(&frames)), (vec!["- > 400".to_owned()], vec!["junk"]));
    }
    for odd in ["http/1.1 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n"] {
        let wire = Wire::open().c(get("/a")).s(odd).ack(CLIENT).c(get("/next")).s(ok("1"));
        let frames = wire.close().frames();
        assert_eq!(told(&frames), ["GET /a > -", "GET /next > 200 1"], "{odd}");
        assert!(!notes(&frames).contains(&"gap"), "{odd}");
    }
}

#[test]
fn a_response_that_is_not_there_is_said_to_be_missing() {
    let wire = Wire::open().c(get("/a")).lost(SERVER, ok("1")).ack(CLIENT).close();
    let frames = wire.frames();
    assert_eq!((told(&frames), notes(&frames)), (vec!["GET /a > -".to_owned()], vec!["gap"]));
    let frames = Wire::open().c(get("/a")).close().frames();
    assert_eq!((told(&frames), notes(&frames)), (vec!["GET /a > -".to_owned()], vec![]));
}

#[test]
fn a_body_that_was_refused_and_is_sent_all_the_same_is_no_method() {
    let request = UPLOAD.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
    let refusal = "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n";
    let wire = Wire::open().c(&request).s(refusal).c("0123456789".to_owned() + &get("/next"));
    let frames = wire.s(ok("1")).close().frames();
    assert_eq!(told(&frames), ["POST /up 10 > 417", "GET /next > 200 1"]);
    let frames = Wire::open().c(request).s(refusal).c(get("/next")).s(ok("1")).close().frames();
    assert_eq!(told(&frames), ["POST /up 0.. > 417", "GET /next > 200 1"]);
}

#[test]
fn bytes_behind_a_response_that_has_no_more_are_told() {
    let length = "Content-Length: 5\r\n\r\nhello";
    for (method, answer) in [
        ("HEAD", format!("HTTP/1.1 200 OK\r\n{length}")),
        ("GET", format!("HTTP/1.1 304 Not Modified\r\n{length}")),
        ("GET", ok("1") + "and more"),
    ] {
        let request = get("/a").replace("GET", method);
        let wire = Wire::open().c(request).s(&answer).ack(CLIENT).c(get("/b")).s(ok("22"));
        assert_eq!(notes(&wire.close().frames()), ["junk"], "{answer}");
    }
}

#[test]
fn interim_responses_that_are_not_kept_leave_room_for_other_notes() {
    let flood = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(200);
    let both =
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let frames = Wire::open().c(get("/a")).s(flood + both).close().frames();
    assert_eq!(notes(&frames), ["limit", "framing"]);
}

#[test]
fn each_leniency_of_the_chunked_coding_is_noted_once() {
    let bare = "3\nabc\n3\ndef\n0\n\n";
    let returns = "3\r\nabc\r\r\n0\r\n\r\n";
    for (coded, count) in [
        (bare, 1),
        (returns, 1),
        ("3 \r\nabc\r\n3 \r\nabc\r\n0\r\n\r\n", 1),
        ("3;a=b\r\nabc\r\n0\r\n\r\n", 0),
    ] {
        for mss in [1, 1460] {
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            let wire = Wire::open().mss(mss).c(get("/a")).s(head.to_owned() + coded).close();
            let found = exchanges(&wire.frames());
            assert_eq!(found[0].notes.len(), count, "{coded:?} {mss}: {:?}", found[0].notes);
            assert!(found[0].response.as_ref().is_some_and(|one| one.body.complete), "{coded:?}");
        }
    }
}
