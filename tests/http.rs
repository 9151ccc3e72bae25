//! Dialogues in HTTP, and the exchanges they make: see `support::tell` for how these are written.
mod support;

use support::wire::{CLIENT, Odd, SERVER, Wire, exchanges, notes, told};

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a.example\r\n\r\n")
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn status(line: &str) -> String {
    format!("HTTP/1.1 {line}\r\n\r\n")
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

#[test]
fn a_connection_is_kept_alive() {
    let wire = Wire::open().c(get("/a")).s(ok("1")).c(get("/b")).s(ok("22")).close();
    assert_eq!(told(&wire.frames()), ["GET /a > 200 1", "GET /b > 200 2"]);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let requests = get("/a") + &get("/b") + &get("/c");
    let responses = ok("1") + &ok("22") + &ok("333");
    for mss in [1, 7, 1460] {
        let wire = Wire::open().mss(mss).c(&requests).s(&responses);
        let expected = ["GET /a > 200 1", "GET /b > 200 2", "GET /c > 200 3"];
        assert_eq!(told(&wire.frames()), expected, "{mss}");
    }
}

#[test]
fn some_responses_have_no_body_whatever_their_headers_say() {
    let empty = |line: &str| format!("HTTP/1.1 {line}\r\nContent-Length: 5\r\n\r\n");
    let head = "HEAD /h HTTP/1.1\r\n\r\n";
    let wire = Wire::open().c(head).s(empty("200 OK")).c(get("/c")).s(empty("304 Not Modified"));
    let wire = wire.c(get("/d")).s(status("204 No Content")).c(get("/e")).s(ok("1"));
    let expected = ["HEAD /h > 200", "GET /c > 304", "GET /d > 204", "GET /e > 200 1"];
    assert_eq!(told(&wire.frames()), expected);
}

#[test]
fn interim_responses_go_before_the_final_one() {
    let post = "POST /p HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    let wire = Wire::open().c(post).s(status("100 Continue")).c("abc");
    let wire = wire.s(status("103 Early Hints") + &ok("1")).c(get("/b")).s(ok(""));
    assert_eq!(told(&wire.frames()), ["POST /p 3 > 100 103 200 1", "GET /b > 200"]);
}

#[test]
fn after_an_upgrade_it_is_no_http_any_more() {
    let switch = |request: &str, response: &str| {
        let wire = Wire::open().c(request).s(response);
        told(&wire.c(get("/not-http")).s(ok("1")).c("\x01\x02").frames())
    };
    let (asks, says) = (get("/ws"), status("101 Switching Protocols"));
    let upgrade = |head: &str| head.replacen("\r\n", "\r\nUpgrade: websocket\r\n", 1);
    assert_eq!(switch(&upgrade(&asks), &says), ["GET /ws > 101"]);
    assert_eq!(switch(&asks, &upgrade(&says)), ["GET /ws > 101"]);
    // Neither speaks of another protocol.
    assert_eq!(switch(&asks, &says), ["GET /ws > 101", "GET /not-http > 200 1"]);
}

#[test]
fn the_body_of_a_request_goes_on_after_an_upgrade() {
    for (fields, body) in [
        ("Content-Length: 9\r\n", ["abc", "defghi"]),
        ("Transfer-Encoding: chunked\r\n", ["3\r\nabc\r\n", "6\r\ndefghi\r\n0\r\n\r\n"]),
    ] {
        let post = format!("POST /a HTTP/1.1\r\nUpgrade: h2c\r\n{fields}\r\n{}", body[0]);
        let wire = Wire::open().c(post).s(status("101 Switching Protocols"));
        let wire = wire.c(body[1].to_owned() + &get("/not-http")).s(ok("1")).c(get("/no"));
        assert_eq!(told(&wire.close().frames()), ["POST /a 9 > 101"], "{fields}");
    }
}

#[test]
fn a_tunnel_may_hold_http_again_or_anything_else() {
    let connect = "CONNECT b.example:80 HTTP/1.1\r\n\r\n";
    let wire = Wire::open().c(connect).s(status("200 OK"));
    let inner = wire.clone().c(get("/in")).s(ok("1"));
    assert_eq!(told(&inner.frames()), ["CONNECT b.example:80 > 200", "GET /in > 200 1"]);
    let http2 = wire.clone().c("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").s("\0\0\0\x04\0\0\0\0\0");
    assert_eq!(told(&http2.frames()), ["CONNECT b.example:80 > 200"]);
    let tls = wire.c("\x16\x03\x01\x02\0").s("\x16\x03\x03\0\x7a");
    assert_eq!(told(&tls.frames()), ["CONNECT b.example:80 > 200"]);
    let refused = Wire::open()
        .c(connect)
        .s(status("403 No").replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\nno"));
    assert_eq!(told(&refused.frames()), ["CONNECT b.example:80 > 403 2"]);
}

#[test]
fn a_body_without_length_ends_with_the_connection() {
    let wire = Wire::open().c(get("/a")).s(status("200 OK") + "abc").s("def");
    assert_eq!(told(&wire.clone().fin(SERVER).frames()), ["GET /a > 200 6"]);
    assert_eq!(told(&wire.clone().frames()), ["GET /a > 200 6.."]);
    assert_eq!(told(&wire.clone().rst(SERVER).frames()), ["GET /a > 200 6.."]);
    // The FIN itself was not captured, but it was acknowledged.
    assert_eq!(told(&wire.lost(SERVER, "F").ack(CLIENT).frames()), ["GET /a > 200 6"]);
}

/// Some servers forget the length of an empty body. A client that sends its next request has
/// understood.
#[test]
fn a_body_without_length_also_ends_with_the_next_response() {
    let wire = Wire::open().c(get("/a")).s(status("200 OK")).c(get("/b")).s(ok("1"));
    assert_eq!(told(&wire.frames()), ["GET /a > 200", "GET /b > 200 1"]);
    let quoted = Wire::open().c(get("/a")).s(status("200 OK")).s(ok("1")).fin(SERVER);
    assert_eq!(told(&quoted.frames()), ["GET /a > 200 39"]);
}

#[test]
fn chunked_bodies_are_joined_and_their_trailers_passed_over() {
    let body = "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n";
    for mss in [1, 3, 1460] {
        let wire = Wire::open().mss(mss).c(get("/a")).s(CHUNKED).s(body);
        let wire = wire.c(get("/b")).s(ok("1"));
        assert_eq!(told(&wire.frames()), ["GET /a > 200 5", "GET /b > 200 1"], "{mss}");
    }
}

#[test]
fn a_chunked_message_ends_with_the_last_line_of_its_coding() {
    let lasts = |side, wire: Wire| {
        let found = exchanges(&wire.frames());
        let (request, response) = (found[0].request.as_ref(), found[0].response.as_ref());
        let at = if side == CLIENT { request.unwrap().at } else { response.unwrap().at };
        (at.last_packet, at.last_time.seconds())
    };
    let begun = Wire::open().c(get("/a")).s(CHUNKED.to_owned() + "3\r\nabc\r\n").wait(5);
    assert_eq!(lasts(SERVER, begun.clone().s("0\r\n\r\n")), (6, 5));
    assert_eq!(lasts(SERVER, begun.clone().s("0\r\nA: b\r\n").s("\r\n")), (7, 5));
    // What has no end yet goes as far as was seen.
    assert_eq!(lasts(SERVER, begun.s("ff\r\n")), (6, 5));
    let post = "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n";
    assert_eq!(lasts(CLIENT, Wire::open().c(post).wait(5).c("0\r\n\r\n").s(ok(""))), (5, 5));
}

#[test]
fn a_chunked_body_without_its_last_line_does_not_take_the_next_message() {
    let body = "3\r\nabc\r\n0\r\n";
    let answer = Wire::open().c(get("/a")).s(CHUNKED.to_owned() + body);
    let post = format!("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
    let apart = answer.clone().c(get("/b")).s(ok("1"));
    assert_eq!(told(&apart.clone().frames()), ["GET /a > 200 3", "GET /b > 200 1"]);
    assert_eq!(notes(&apart.frames()), ["framing"]);
    let together = Wire::open().c(post + &get("/b")).s(ok("22") + &ok("1"));
    assert_eq!(told(&together.clone().frames()), ["POST /a 3 > 200 2", "GET /b > 200 1"]);
    assert_eq!(notes(&together.frames()), ["framing"]);
    let trailer = answer.s("Server: HTTP/1.1\r\n").c(get("/b")).s("\r\n".to_owned() + &ok("1"));
    assert_eq!(told(&trailer.clone().frames()), ["GET /a > 200 3", "GET /b > 200 1"]);
    assert!(notes(&trailer.frames()).is_empty());
}

#[test]
fn chunked_is_believed_before_a_length() {
    let both = "POST /a HTTP/1.1\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n";
    let wire = Wire::open().c(both).c("1\r\nx\r\n0\r\n\r\n").s(ok("")).c(get("/b")).s(ok(""));
    assert_eq!(told(&wire.clone().frames()), ["POST /a 1 > 200", "GET /b > 200"]);
    assert_eq!(notes(&wire.frames()), ["framing"]);
}

#[test]
fn a_response_may_come_before_its_request_is_whole() {
    let post = "POST /p HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc";
    let wire = Wire::open().c(post).s(ok("no")).c("def").c(get("/b")).s(ok("1"));
    assert_eq!(told(&wire.frames()), ["POST /p 6 > 200 2", "GET /b > 200 1"]);
}

#[test]
fn requests_without_response_are_told_too() {
    let wire = Wire::open().c(get("/a")).s(ok("1")).c(get("/b"));
    let expected = ["GET /a > 200 1", "GET /b > -"];
    assert_eq!(told(&wire.clone().frames()), expected);
    assert_eq!(told(&wire.clone().close().frames()), expected);
    assert_eq!(told(&wire.clone().rst(CLIENT).frames()), expected);
    // The server has closed before it was asked.
    let late = Wire::open().s(ok("1")).fin(SERVER).c(get("/late"));
    assert_eq!(told(&late.frames()), ["- > 200 1", "GET /late > -"]);
}

#[test]
fn a_response_cannot_answer_what_its_server_had_not_received() {
    let lost = Wire::open().lost(CLIENT, get("/a")).s(ok("1")).c(get("/b")).s(ok("22"));
    assert_eq!(told(&lost.frames()), ["- > 200 1", "GET /b > 200 2"]);
    let joined = Wire::joined().s(ok("1")).c(get("/b")).s(ok("22"));
    assert_eq!(told(&joined.frames()), ["- > 200 1", "GET /b > 200 2"]);
}

#[test]
fn after_lost_responses_the_next_one_finds_its_request() {
    let wire = |lost: &str| Wire::open().c(get("/a")).lost(SERVER, ok(lost));
    let next = wire("1").c(get("/b")).s(ok("22"));
    assert_eq!(told(&next.frames()), ["GET /a > -", "GET /b > 200 2"]);
    let two = wire("1").c(get("/b")).lost(SERVER, ok("2")).c(get("/c")).s(ok("333"));
    assert_eq!(told(&two.frames()), ["GET /a > -", "GET /b > -", "GET /c > 200 3"]);
    // The request of the next one is lost as well: it must not be taken for that of the first.
    let both = wire("1").lost(CLIENT, get("/b")).s(ok("22")).c(get("/c")).s(ok("333"));
    assert_eq!(told(&both.frames()), ["GET /a > -", "- > 200 2", "GET /c > 200 3"]);
    let all = Wire::open().c(get("/a") + &get("/b")).lost(SERVER, ok("1")).s(ok("22"));
    assert_eq!(told(&all.clone().frames()), ["GET /a > -", "GET /b > 200 2"]);
    assert!(notes(&all.frames()).contains(&"doubtful-pairing"));
}

#[test]
fn a_response_to_an_unknown_head_request_has_no_body() {
    let bodiless = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
    let wire = Wire::open().lost(CLIENT, "HEAD / HTTP/1.1\r\n\r\n").s(bodiless);
    let wire = wire.c(get("/b")).s(ok("1")).c(get("/c")).s(ok("22"));
    assert_eq!(told(&wire.frames()), ["- > 200", "GET /b > 200 1", "GET /c > 200 2"]);
}

#[test]
fn line_ends_behind_a_response_without_body_are_no_body() {
    for length in ["Content-Length: 1000\r\n", ""] {
        let bodiless = format!("HTTP/1.1 200 OK\r\n{length}\r\n");
        let wire = Wire::open().lost(CLIENT, "HEAD / HTTP/1.1\r\n\r\n").s(bodiless);
        let together = wire.clone().s("\r\n".to_owned() + &ok("1"));
        let apart = wire.s("\r").s("\n\r\n").s(ok("1"));
        for wire in [together, apart] {
            let wire = wire.c(get("/b")).s(ok("22"));
            let expected = ["- > 200", "- > 200 1", "GET /b > 200 2"];
            assert_eq!(told(&wire.frames()), expected, "{length}");
        }
    }
}

#[test]
fn a_hole_in_a_body_is_counted_and_leaves_the_frame_whole() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc";
    let wire = Wire::open().c(get("/a")).s(head).lost(SERVER, "def").s("ghi");
    let wire = wire.c(get("/b")).s(ok("1"));
    assert_eq!(told(&wire.clone().frames()), ["GET /a > 200 6..", "GET /b > 200 1"]);
    assert_eq!(notes(&wire.frames()), ["gap"]);
    let post = "POST /a HTTP/1.1\r\nContent-Length: 6\r\n\r\n";
    let wire = Wire::open().c(post).lost(CLIENT, "abc").c("def").s(ok("1"));
    assert_eq!(told(&wire.frames()), ["POST /a 3.. > 200 1"]);
}

#[test]
fn a_hole_that_takes_a_body_s_end_does_not_take_the_next_message() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc";
    let wire = Wire::open().c(get("/a")).s(head).lost(SERVER, "defghi").c(get("/b")).s(ok("1"));
    assert_eq!(told(&wire.frames()), ["GET /a > 200 3..", "GET /b > 200 1"]);
    let wire = Wire::open().c(get("/a") + &get("/b") + &get("/c")).s(head);
    let wire = wire.lost(SERVER, "defghi".to_owned() + &ok("1")).s(ok("22"));
    assert_eq!(told(&wire.frames()), ["GET /a > 200 3..", "GET /b > -", "GET /c > 200 2"]);
}

#[test]
fn a_hole_in_chunked_data_keeps_the_frame_and_one_in_its_coding_breaks_it() {
    let begin = Wire::open().c(get("/a")).s(CHUNKED);
    let data = begin.clone().s("6\r\nab").lost(SERVER, "cd").s("ef\r\n0\r\n\r\n");
    let data = data.c(get("/b")).s(ok("1"));
    assert_eq!(told(&data.frames()), ["GET /a > 200 4..", "GET /b > 200 1"]);
    let coding = begin.s("2\r\nab\r\n").lost(SERVER, "2\r\ncd").s("\r\n0\r\n\r\n");
    let coding = coding.c(get("/b")).s(ok("1"));
    assert_eq!(told(&coding.frames()), ["GET /a > 200 2..", "GET /b > 200 1"]);
}

#[test]
fn a_head_that_lost_its_end_is_read_as_far_as_it_goes() {
    let begin = "HTTP/1.1 302 Found\r\nSet-Cookie: a=1\r\nLoca";
    let wire = Wire::open().c(get("/a")).s(begin).lost(SERVER, "tion: /\r\n\r\n");
    let wire = wire.c(get("/b")).s(ok("1"));
    let frames = wire.frames();
    assert_eq!(told(&frames), ["GET /a > 302 0..", "GET /b > 200 1"]);
    let found = exchanges(&frames);
    let headers = &found[0].response.as_ref().unwrap().headers;
    assert_eq!((headers.len(), headers.first("set-cookie")), (1, Some(&b"a=1"[..])));
    // The same where the connection ends inside.
    let wire = Wire::open().c(get("/a")).s(begin).close();
    assert_eq!(told(&wire.clone().frames()), ["GET /a > 302 0.."]);
    assert_eq!(notes(&wire.frames()), ["incomplete"]);
}

#[test]
fn messages_are_found_again_behind_a_hole_inside_a_segment() {
    let wire = Wire::open().c(get("/a")).s(ok("1")).lost(CLIENT, &get("/b")[..10]);
    let wire = wire.c(get("/b")[10..].to_owned() + &get("/c")).s(ok("22") + &ok("333"));
    // In the order of their first packets.
    assert_eq!(told(&wire.frames())[1..], ["GET /c > 200 3", "- > 200 2"]);
}

#[test]
fn heads_are_read_wherever_they_are_split() {
    let (request, response) = (get("/a"), ok("1"));
    for at in 1..request.len() {
        let wire = Wire::open().c(&request[..at]).c(&request[at..]).s(ok("1"));
        assert_eq!(told(&wire.frames()), ["GET /a > 200 1"], "{at}");
    }
    for at in 1..response.len() {
        let wire = Wire::open().c(&request).s(&response[..at]).s(&response[at..]);
        assert_eq!(told(&wire.frames()), ["GET /a > 200 1"], "{at}");
    }
}

#[test]
fn ten_thousand_header_fields_are_read() {
    let fields: Vec<String> = (0..10_000).map(|at| format!("h{at}: v\r\n")).collect();
    let fields = fields.concat();
    let request = format!("GET /a HTTP/1.1\r\n{fields}\r\n");
    let wire = Wire::open().c(request).s(ok("1")).c(get("/b")).s(ok(""));
    let frames = wire.frames();
    assert_eq!(told(&frames), ["GET /a > 200 1", "GET /b > 200"]);
    assert_eq!(exchanges(&frames)[0].request.as_ref().unwrap().headers.len(), 10_000);
}

#[test]
fn an_endless_head_is_cut_and_told() {
    let line = "X-Filler: ".to_owned() + &"x".repeat(1000) + "\r\n";
    let mut wire = Wire::open().c("GET /a HTTP/1.1\r\n");
    for _ in 0..400 {
        wire = wire.c(&line);
    }
    let frames = wire.c("\r\n").s(ok("1")).c(get("/b")).s(ok("22")).frames();
    assert_eq!(told(&frames), ["GET /a > 200 1", "GET /b > 200 2"]);
    assert_eq!(notes(&frames)[0], "limit");
    let no_line = "GET /".to_owned() + &"x".repeat(400_000);
    let frames = Wire::open().c(no_line).c(get("/b")).s(ok("22")).frames();
    assert_eq!(told(&frames), ["GET /b > 200 2"]);
}

#[test]
fn junk_between_messages_is_told_and_passed_over() {
    let wire = Wire::open().c(get("/a")).s(ok("1") + "surplus").c(get("/b"));
    let frames = wire.s(" \t\r\n\r\n".to_owned() + &ok("22")).c(get("/c")).s("junk").s(ok("333"));
    let frames = frames.frames();
    assert_eq!(told(&frames), ["GET /a > 200 1", "GET /b > 200 2", "GET /c > 200 3"]);
    assert!(notes(&frames).contains(&"junk"));
    let inside = Wire::open().c(get("/a")).s("foobar\r\n".to_owned() + &ok("1"));
    assert_eq!(told(&inside.frames()), ["GET /a > 200 1"]);
}

#[test]
fn junk_is_told_once_and_of_what_began_before_it_if_that_is_open() {
    // One byte too many may be the first of the next response, until that comes.
    let wire = Wire::open().c(get("/a")).s(ok("1") + "H").c(get("/b")).s(ok("22"));
    assert_eq!(told(&wire.clone().frames()), ["GET /a > 200 1", "GET /b > 200 2"]);
    assert_eq!(notes(&wire.frames()), ["junk"]);
    // The same where the exchange before is still open.
    let two = Wire::open().c(get("/a")).c(get("/b")).s(ok("1") + "H").s(ok("22"));
    let junk: Vec<_> = remarks(&two).into_iter().filter(|remark| remark.0 == "junk").collect();
    assert_eq!((junk.len(), junk[0].1), (1, 6));
}

#[test]
fn a_response_that_nobody_asked_for_is_told_as_such() {
    let late = "HTTP/1.1 408 Request Time-out\r\nContent-Length: 0\r\n\r\n";
    let kinds = |wire: &Wire| remarks(wire).into_iter().map(|remark| remark.0).collect::<Vec<_>>();
    let begun = Wire::open().c(get("/a")).s(ok("1")).ack(CLIENT);
    let unasked = begun.clone().s(late).close();
    assert_eq!(told(&unasked.clone().frames()), ["GET /a > 200 1", "- > 408"]);
    assert_eq!(kinds(&unasked), ["junk"]);
    let interim = begun.clone().s(status("100 Continue")).c(get("/b")).s(ok("22"));
    assert_eq!(kinds(&interim)[0], "junk");
    // Its request may have been lost, or have been sent before the capture began.
    let lost = begun.clone().lost(CLIENT, get("/b")).s(late).close();
    let before = begun.lost(CLIENT, get("/b")).c(get("/c")).s(ok("") + &ok("")).s(late);
    let joined = Wire::joined().s(late);
    for wire in [lost, before, joined] {
        assert!(kinds(&wire).contains(&"gap") && !kinds(&wire).contains(&"junk"), "{wire:?}");
    }
}

#[test]
fn first_lines_that_servers_answer_are_requests() {
    for (line, told_as) in [
        ("GET /x", "GET /x"),
        ("GET HTTP/1.1", "GET HTTP/1.1"),
        ("GET / HTTP/1.", "GET /"),
        ("GET / HTTP/1.0.8", "GET /"),
        ("GET /HTTP/1.1", "GET /HTTP/1.1"),
        ("BREW /pot HTTP/1.1", "BREW /pot"),
    ] {
        let wire = Wire::open().c(format!("{line}\r\n\r\n")).s(ok("1"));
        assert_eq!(told(&wire.frames()), [format!("{told_as} > 200 1")], "{line}");
    }
}

#[test]
fn what_is_no_http_gives_nothing() {
    let wire = Wire::open().s("220 mail.example ESMTP\r\n").c("EHLO a\r\n").s("250 ok\r\n");
    assert!(told(&wire.frames()).is_empty());
    let wire = Wire::open().c(b"\x16\x03\x01\x02\0\x01").s(b"\x16\x03\x03\0\x7a\x02");
    assert!(told(&wire.frames()).is_empty());
    // Protocols of lines, however these are split.
    for (line, answer) in [
        (
            "OPTIONS sip:bob@b.example SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n\r\n",
            "SIP/2.0 200 OK\r\n\r\n",
        ),
        ("OPTIONS rtsp://b.example/a RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 200 OK\r\n\r\n"),
        ("OPTIONS icap://b.example/a ICAP/1.0\r\nHost: b\r\n\r\n", "ICAP/1.0 200 OK\r\n\r\n"),
        ("GET key\r\n", "$5\r\nvalue\r\n"),
        ("UPDATE t SET a=1;\r\n\r\n", "OK\r\n"),
    ] {
        for mss in [1, 5, 12, 20, 1460] {
            let wire = Wire::open().mss(mss).c(line).s(answer).c(line).s(answer).close();
            assert!(told(&wire.frames()).is_empty(), "{line} {mss}");
        }
    }
}

#[test]
fn thousands_of_open_requests_are_capped_and_none_is_forgotten() {
    let requests: String = (0..20_000).map(|at| get(&format!("/{at}"))).collect();
    let frames = Wire::open().c(requests).frames();
    assert_eq!(told(&frames).len(), 20_000);
    assert!(notes(&frames).contains(&"limit"));
}

/// Kind and packet of each note, with its text.
fn remarks(wire: &Wire) -> Vec<(&'static str, u64, String)> {
    let notes = exchanges(&wire.clone().frames()).into_iter().flat_map(|exchange| exchange.notes);
    notes.map(|note| (note.kind.word(), note.packet.unwrap_or(0), note.text.into_owned())).collect()
}

#[test]
fn a_connection_that_changes_its_protocol_says_to_which() {
    let switch = |upgrade: &str| {
        let response = format!("HTTP/1.1 101 Go\r\nConnection: upgrade\r\n{upgrade}\r\n");
        let asks = get("/ws").replacen("\r\n", "\r\nUpgrade: any\r\n", 1);
        let wire = Wire::open().c(asks).s(response);
        let junk = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        let wire = wire.c(junk).s("\0\0\0\x04\x01\0\0\0\0HTTP/1.1 200 OK\r\n\r\n");
        assert_eq!(told(&wire.clone().frames()), ["GET /ws > 101"]);
        let remarks = remarks(&wire);
        let mut found = remarks.into_iter().filter(|remark| remark.0 == "switched-protocol");
        let (_, packet, text) = found.next().unwrap();
        assert_eq!((packet, found.next()), (5, None));
        text
    };
    for (upgrade, name) in [
        ("Upgrade: websocket\r\n", "a WebSocket"),
        ("Upgrade: h2c\r\n", "HTTP/2"),
        ("Upgrade: TLS/1.0, HTTP/1.1\r\n", "TLS"),
        ("Upgrade: \x1b[2J\r\n", "another protocol"),
        ("", "another protocol"),
    ] {
        let text = switch(upgrade);
        assert!(text.contains(name), "{upgrade:?}: {text}");
    }
    // A server that does not know h2c answers as if it had not been asked.
    let asked = "GET /a HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n";
    let refused = Wire::open().c(asked).s(ok("1")).c(get("/b")).s(ok("22"));
    assert_eq!(told(&refused.clone().frames()), ["GET /a > 200 1", "GET /b > 200 2"]);
    assert!(remarks(&refused).is_empty());
    let tunnel = Wire::open().c("CONNECT b.example:443 HTTP/1.1\r\n\r\n").s(status("200 OK"));
    assert_eq!(remarks(&tunnel)[0].0, "switched-protocol");
}

#[test]
fn http_2_is_known_by_its_preface_however_it_is_cut() {
    use cookietrail::layer::Protocol;
    for mss in [1, 7, 16, 100] {
        let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        let wire = Wire::open().mss(mss).c(preface).s("\0\0\0\x04\0\0\0\0\0").close();
        let counts = support::wire::counts(&wire.clone().frames());
        assert_eq!(counts.protocols.get(&Protocol::Http2), Some(&1), "{mss}");
        assert!(told(&wire.frames()).is_empty());
    }
}

#[test]
fn http_0_9_is_a_line_and_then_content() {
    let page = "<html>Hello, this has no head</html>";
    for mss in [1, 5, 1460] {
        let wire = Wire::open().mss(mss).c("GET /old\r\n").s(page).s(page).fin(SERVER);
        assert_eq!(told(&wire.clone().frames()), ["GET /old > 200 72"], "{mss}");
        let found = exchanges(&wire.frames());
        let response = found[0].response.as_ref().unwrap();
        assert_eq!(response.start.version.to_string(), "HTTP/0.9");
        assert!(found[0].notes.iter().all(|note| note.kind.word() == "lenient-head"));
    }
    // The way of netcat: its end closes before the answer comes.
    let half_closed = Wire::open().c("GET /old\r\n").fin(CLIENT).s(page).fin(SERVER);
    assert_eq!(told(&half_closed.frames()), ["GET /old > 200 36"]);
    // Servers of today answer such a line with a head, if only to refuse it.
    let refused = status("400 Bad Request").replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\nno");
    let modern = Wire::open().c("GET /old\r\n").s(&refused).fin(SERVER);
    assert_eq!(told(&modern.frames()), ["GET /old > 400 2"]);
    // A head whose first line names no version, and that comes in two parts, is still one head.
    let slow = Wire::open().c("GET /a\r\n").c("Host: a\r\n\r\n").s(ok("1"));
    assert_eq!(told(&slow.frames()), ["GET /a > 200 1"]);
    // Other protocols have a word GET too.
    let other = Wire::open().c("GET key\r\n").s("$5\r\nvalue\r\n");
    assert!(told(&other.frames()).is_empty());
}

#[test]
fn shapes_of_request_smuggling_are_named_as_such() {
    let chunk = "1\r\nx\r\n0\r\n\r\n";
    for (fields, body) in [
        ("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", chunk),
        ("Content-Length: 1\r\nContent-Length: 2\r\n", "x"),
        ("Content-Length: 1, 2\r\n", "x"),
        ("Content-Length: +1\r\n", ""),
        ("Transfer-Encoding: xchunked\r\n", ""),
        ("Transfer-Encoding: chunked, identity\r\n", ""),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunk),
        ("Transfer-Encoding : chunked\r\n", chunk),
        ("Transfer-Encoding:\r\n chunked\r\n", chunk),
        ("Transfer-Encoding: \x0bchunked\r\n", ""),
        ("A: b\rTransfer-Encoding: chunked\r\n", ""),
    ] {
        let request = format!("POST /a HTTP/1.1\r\nHost: a\r\n{fields}\r\n{body}");
        let wire = Wire::open().c(request).s(ok("1")).c(get("/b")).s(ok("22"));
        let told = told(&wire.clone().frames());
        assert_eq!(told.last().unwrap(), "GET /b > 200 2", "{fields:?}: {told:?}");
        let remarks = remarks(&wire);
        let named = remarks.iter().filter(|remark| remark.2.contains("request smuggling"));
        assert_eq!(named.map(|remark| remark.1).collect::<Vec<_>>(), [4], "{fields:?} {remarks:?}");
    }
    let fine = "POST /a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx";
    assert!(remarks(&Wire::open().c(fine).s(ok("1"))).is_empty());
}

#[test]
fn a_packet_that_was_cut_is_named_with_its_number() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
    let wire = Wire::open().c(get("/a")).s(head).s("abcdef").cut(4).s("ghi");
    let wire = wire.c(get("/b")).s(ok("1"));
    assert_eq!(told(&wire.clone().frames()), ["GET /a > 200 5..", "GET /b > 200 1"]);
    let text = "4 bytes of the response were not captured".to_owned();
    assert_eq!(remarks(&wire), [("cut-packet", 6, text)]);
    let in_head = Wire::open().c(get("/a")).cut(4).s(ok("1"));
    assert_eq!(remarks(&in_head)[0].0, "cut-packet");
}

#[test]
fn notes_of_one_exchange_do_not_grow_with_its_holes() {
    let mut wire = Wire::open().c(get("/a")).s("HTTP/1.1 200 OK\r\nContent-Length: 6000\r\n\r\n");
    for _ in 0..1000 {
        wire = wire.s("abcdef").cut(4);
    }
    let remarks = remarks(&wire);
    assert_eq!(remarks.len(), 33);
    assert_eq!(remarks.last().unwrap().0, "limit");
}

#[test]
fn copies_that_disagree_are_told_of_the_exchange_whose_bytes_they_are() {
    let (first, second) = (ok("abcdef"), ok("ghijkl"));
    let wire = Wire::open().c(get("/a")).s(&first).c(get("/b"));
    // The second response comes out of order: its body first, a copy of that with other bytes, and
    // then its head.
    let (head, _) = second.split_at(second.len() - 6);
    let late = |payload: &'static [u8]| Odd {
        seq: i64::try_from(head.len()).unwrap(),
        ack: Some(0),
        payload,
        ..Odd::default()
    };
    let wire = wire.odd(SERVER, late(b"ghijkl")).odd(SERVER, late(b"gXijkl")).s(head);
    let found = exchanges(&wire.frames());
    assert!(found[0].notes.is_empty());
    let notes: Vec<_> = found[1].notes.iter().map(|note| (note.kind.word(), note.packet)).collect();
    assert_eq!(notes, [("overlap", Some(8))]);
}

#[test]
fn a_connection_joined_midway_says_so_once() {
    let wire = Wire::joined().c(get("/a")).s(ok("1")).c(get("/b")).s(ok("22"));
    let text = "the connection was already open when the capture began".to_owned();
    assert_eq!(remarks(&wire), [("mid-stream", 1, text)]);
    // A handshake that comes late in the file is a handshake all the same.
    let mut frames = Wire::open().c(get("/a")).s(ok("1")).frames();
    frames.swap(0, 1);
    assert!(notes(&frames).is_empty());
}
