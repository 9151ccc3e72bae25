//! Bytes that are in the capture and are no message, or no whole one: what is told beside them, and that
//! nothing is said to be missing that is there.
mod support;

use proptest::prelude::*;
use support::wire::{CLIENT, Odd, SERVER, Wire, exchanges, notes, told};

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
    assert_eq!(notes(&frames), ["junk", "doubtful-pairing", "doubtful-pairing", "junk"]);
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

/// Segments of so many bytes; the last one leaves what a host wrote at once in one piece.
const CUTS: [usize; 9] = [1, 2, 3, 4, 5, 7, 11, 16, 1460];

#[test]
fn what_is_too_much_behind_a_response_hides_no_other_however_it_is_cut() {
    for tail in ["XX", "END", "--", "A", "H", "HTTP", "x", "OK", "GET", "end", "}"] {
        for mss in CUTS {
            let wire = Wire::open().mss(mss).c(get("/")).s(ok("22") + tail).ack(CLIENT);
            let frames = wire.c(get("/next")).s(ok("333")).close().frames();
            assert_eq!(told(&frames), ["GET / > 200 2", "GET /next > 200 3"], "{tail} {mss}");
            assert_eq!(notes(&frames), ["junk"], "{tail} {mss}");
        }
    }
}

#[test]
fn what_is_too_much_behind_a_request_is_no_part_of_the_next_method_unless_it_may_be() {
    let long = format!("/{}", "x".repeat(2000));
    for (tail, method) in [
        ("ab", "GET"),
        ("end", "GET"),
        ("x", "GET"),
        ("}", "GET"),
        ("AB", "ABGET"),
        ("GE", "GEGET"),
    ] {
        let post = format!("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc{tail}");
        for (mss, target) in CUTS.into_iter().zip([&long, "/short"].into_iter().cycle()) {
            let wire = Wire::open().mss(mss).c(&post).s(ok("22")).ack(CLIENT);
            let frames = wire.c(get(target)).s(ok("333")).close().frames();
            let second = format!("{method} {target} > 200 3");
            assert_eq!(told(&frames), ["POST / 3 > 200 2", &second], "{tail} {mss}");
            assert_eq!(notes(&frames).contains(&"junk"), method == "GET", "{tail} {mss}");
        }
    }
}

#[test]
fn what_can_be_read_of_an_odd_request_line_does_not_hang_on_how_it_is_cut() {
    let long = format!("{} /a", "A".repeat(40));
    for (line, is_read) in [("GET /a\0b", true), (&long, false), ("Fr!ob /a", false)] {
        let request = format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n");
        for mss in 1..request.len() {
            let wire = Wire::open().mss(mss).c(&request).s(BAD).ack(CLIENT).c(get("/next"));
            let frames = wire.s(ok("22")).close().frames();
            let first = if is_read { "GET /a\0b > 400" } else { "- > 400" };
            assert_eq!(told(&frames), [first, "GET /next > 200 2"], "{line} {mss}");
        }
    }
}

#[test]
fn a_response_of_which_only_the_beginning_was_captured_is_said_to_be_missing() {
    let line = "HTTP/1.1 200 OK\r\n";
    for captured in 1..line.len() {
        let wire = Wire::open().c(get("/")).s(ok("1")).ack(CLIENT).c(get("/last"));
        let wire = wire.s(&line[..captured]);
        let frames =
            wire.lost(SERVER, "the rest of the head and a body").ack(CLIENT).close().frames();
        assert_eq!(told(&frames), ["GET / > 200 1", "GET /last > -"], "{captured}");
        assert_eq!(notes(&frames), ["gap"], "{captured}");
    }
}

#[test]
fn a_response_without_a_length_that_another_one_follows_says_so() {
    let endless = "HTTP/1.1 200 OK\r\n\r\nall of it";
    let wire = Wire::open().c(get("/")).s(endless).ack(CLIENT).c(get("/next")).s(ok("22"));
    let frames = wire.close().frames();
    assert_eq!(told(&frames), ["GET / > 200 9", "GET /next > 200 2"]);
    assert_eq!(notes(&frames), ["framing"]);
}

/// What a client sends in one turn, and what it gets, with something too much behind either.
fn turn() -> impl Strategy<Value = (String, String)> {
    let request = prop_oneof![
        Just("GET /a HTTP/1.1\r\nHost: a\r\n\r\n".to_owned()),
        Just("POST /b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc".to_owned()),
        Just("brew /c HTTP/1.1\r\nHost: a\r\n\r\n".to_owned()),
        Just(
            "POST /d HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
                .to_owned()
        ),
    ];
    let response = prop_oneof![
        Just(ok("22")),
        Just("HTTP/1.1 204 No Content\r\n\r\n".to_owned()),
        Just(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".to_owned()
        ),
    ];
    let tail = || {
        prop_oneof![
            6 => Just(String::new()),
            1 => "[A-Z]{1,5}",
            1 => "[a-zA-Z/. ]{1,6}",
            1 => "[ -~\\r\\n]{1,8}",
        ]
    };
    (request, tail(), response, tail())
        .prop_map(|(request, more, response, rest)| (request + &more, response + &rest))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_is_told_does_not_hang_on_how_a_stream_is_cut(
        turns in proptest::collection::vec(turn(), 1..5), mss in 1..40_usize,
    ) {
        let told = |mss: usize| {
            let mut wire = Wire::open().mss(mss);
            for (request, response) in &turns {
                wire = wire.c(request).s(response).ack(CLIENT);
            }
            told(&wire.close().frames())
        };
        prop_assert_eq!(told(mss), told(1460));
    }
}

const PREFACE: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[test]
fn the_preface_of_http_2_means_nothing_where_another_protocol_cannot_begin() {
    let all = ["GET /a > 200 1", "GET /b > 200 2", "GET /c > 200 3"];
    let last = |wire: Wire| wire.ack(CLIENT).c(get("/c")).s(ok("333")).close().frames();
    // A client that asks on, and a server whose response is too long.
    let asked = Wire::open().c(get("/a") + &get("/b") + PREFACE).s(ok("1") + &ok("22"));
    assert_eq!(told(&last(asked)), all);
    let behind = Wire::open().c(get("/a")).s(ok("1") + PREFACE).ack(CLIENT).c(get("/b"));
    assert_eq!(told(&last(behind.s(ok("22")))), all);
    // A page about it, of which the beginning is missing.
    let page = Wire::joined()
        .s("the end of ".to_owned() + PREFACE)
        .s("more")
        .ack(CLIENT)
        .c(get("/b"))
        .s(ok("22"));
    assert_eq!(told(&last(page)), all[1..]);
    // In pieces, where it belongs.
    let wire = Wire::open().mss(3).c(PREFACE).s("\0\0\0\x04\0\0\0\0\0").c(get("/no"));
    assert!(told(&wire.frames()).is_empty());
}

#[test]
fn what_looks_like_a_message_of_the_other_side_takes_none_from_the_next_segment() {
    let begun = "GET /quoted HTTP/1.1\r\nCoo";
    let wire = Wire::open().c(get("/a")).s(ok("1") + begun).ack(CLIENT).c(get("/b")).s(ok("22"));
    assert_eq!(told(&wire.clone().close().frames()), ["GET /a > 200 1", "GET /b > 200 2"]);
    assert_eq!(notes(&wire.close().frames()), ["junk"]);
    let post = "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 404 No\r\nConte";
    let wire = Wire::open().c(post).s(ok("1")).ack(CLIENT).c(get("/b")).s(ok("22"));
    assert_eq!(told(&wire.clone().close().frames()), ["POST /a 3 > 200 1", "GET /b > 200 2"]);
    assert_eq!(notes(&wire.close().frames()), ["junk"]);
}

#[test]
fn responses_are_in_step_again_once_one_begins_where_its_client_had_read_to() {
    let lost = "POST /up HTTP/1.1\r\nContent-Length: 40\r\n\r\n";
    let wire = Wire::open().c(get("/a")).s(ok("1")).ack(CLIENT).lost(CLIENT, lost);
    let mut wire =
        wire.c("GET /quoted HTTP/1.1\r\nHost: a.example\r\n\r\n").s(ok("22")).ack(CLIENT);
    for n in 3..7 {
        wire = wire.c(get(&format!("/{n}"))).s(ok(&"x".repeat(n))).ack(CLIENT);
    }
    let all = told(&wire.close().frames());
    let ends = ["GET /4 > 200 4", "GET /5 > 200 5", "GET /6 > 200 6"];
    assert_eq!(all[all.len() - 3..], ends, "{all:?}");
}

#[test]
fn another_protocol_that_may_be_quoted_ends_nothing() {
    let quoted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
    let wire = Wire::open().c(get("/a")).s(ok("1") + quoted).ack(CLIENT).c(get("/b")).s(ok("22"));
    let all = told(&wire.close().frames());
    assert_eq!(all, ["GET /a > 200 1", "- > 101", "GET /b > 200 2"]);
}

#[test]
fn what_is_odd_about_the_end_of_a_chunked_body_is_noted() {
    for (end, noted) in [
        ("0\r\n\r\n", 0),
        ("0\r\nA: b\r\n\r\n", 0),
        ("0\r\n\n", 1),
        ("0\r\n\r\r\n", 1),
        ("0\r\nA: b\n\r\n", 1),
        ("0\r\nA: b\rc\r\n\r\n", 1),
    ] {
        let post = format!("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n{end}");
        for mss in CUTS {
            let wire = Wire::open().mss(mss).c(&post).s(ok("1")).ack(CLIENT).c(get("/b"));
            let frames = wire.s(ok("22")).close().frames();
            assert_eq!(told(&frames), ["POST /a 1 > 200 1", "GET /b > 200 2"], "{end:?} {mss}");
            assert_eq!(notes(&frames).len(), noted, "{end:?} {mss}");
        }
    }
}

#[test]
fn white_space_before_a_first_line_and_in_a_target_is_noted() {
    for head in
        [" GET /a HTTP/1.1\r\n\r\n", "\tGET /a HTTP/1.1\r\n\r\n", "patch /a b HTTP/1.1\r\n\r\n"]
    {
        let frames = Wire::open().c(head).s(ok("1")).close().frames();
        assert_eq!((told(&frames).len(), notes(&frames)), (1, vec!["lenient-head"]), "{head:?}");
    }
    // Line ends before a request are none of it (RFC 9112 section 2.2).
    assert!(
        notes(&Wire::open().c("\r\n".to_owned() + &get("/a")).s(ok("1")).close().frames())
            .is_empty()
    );
}

#[test]
fn the_byte_of_a_keep_alive_is_no_copy_that_differs() {
    let probe = Odd { seq: -1, ack: Some(0), payload: b"\0", ..Odd::default() };
    let wire = Wire::joined().c(get("/a")).odd(CLIENT, probe).s(ok("1")).odd(CLIENT, probe);
    assert_eq!(notes(&wire.frames()), ["mid-stream"]);
}
