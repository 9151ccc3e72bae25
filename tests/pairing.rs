//! Which response is told with which request where the capture lost some of them, or where some
//! cannot be read: exactly, or with a note that it is a guess. And requests that are easily missed.

mod support;

use cookietrail::http::{Exchange, Reading, Scheme};
use cookietrail::pipeline::{Numbered, Pipeline};
use cookietrail::trail::Trail;
use support::wire::{CLIENT, Frame, Odd, SERVER, Wire, exchanges, notes, only, packets, told};

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a.example\r\n\r\n")
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Bodies of 1 to 40 bytes, each asked for after the one before was read.
fn forty_more(mut wire: Wire) -> Wire {
    for count in 1..=40 {
        wire = wire.c(get(&format!("/{count}"))).ack(SERVER).s(ok(&"x".repeat(count)));
    }
    wire.close()
}

fn forty_told() -> Vec<String> {
    (1..=40).map(|count| format!("GET /{count} > 200 {count}")).collect()
}

#[test]
fn a_loss_before_anything_was_read_shifts_no_later_response() {
    let [begin, rest] = ["GET /a HTTP/1.1\r\nHost: a.example\r\nCookie: x=", "y\r\n\r\n"];
    let wire = Wire::open().c(begin).lost(CLIENT, rest).lost(SERVER, ok("first"));
    let told = told(&forty_more(wire).frames());
    assert_eq!(told[0], "GET /a 0.. > -");
    assert_eq!(told[1..], forty_told());
}

#[test]
fn a_response_that_may_be_anothers_is_told_so() {
    let prior = Wire::open().c(get("/prior")).s(ok("12345"));
    let wire = prior.c("GET /a HTTP/1.1\r\nA: ").lost(CLIENT, "b\r\n\r\n");
    let wire = wire.lost(SERVER, ok("of a")).lost(CLIENT, get("/b")).s(ok("of b"));
    let frames = forty_more(wire).frames();
    let told = told(&frames);
    assert_eq!(told[2..], forty_told());
    let doubtful =
        exchanges(&frames)[1].notes.iter().any(|note| note.kind.word() == "doubtful-pairing");
    assert!(doubtful, "{told:?}");
}

#[test]
fn of_pipelined_requests_that_were_lost_nobody_knows_how_many() {
    let requests = get("/b") + &get("/c") + &get("/d");
    let wire = Wire::open().c(get("/a")).lost(CLIENT, requests).c(get("/e"));
    let wire = wire.s(ok("1") + &ok("22") + &ok("333") + &ok("4444") + &ok("55555"));
    let found = exchanges(&wire.clone().frames());
    let is_doubtful = |exchange: &Exchange| {
        exchange.notes.iter().any(|note| note.kind.word() == "doubtful-pairing")
    };
    let wrong = found.iter().filter(|exchange| {
        let target = exchange.request.as_ref().map(|request| &*request.start.target);
        let length = exchange.response.as_ref().map_or(0, |response| response.body.length);
        target == Some(b"/e") && length != 5 && !is_doubtful(exchange)
    });
    assert_eq!(wrong.count(), 0);
    assert!(!is_doubtful(&found[0]));
    let after = told(&forty_more(wire.ack(CLIENT)).frames());
    assert_eq!(after[after.len() - 40..], forty_told());
}

#[test]
fn a_response_that_cannot_be_read_leaves_the_others_where_they_are() {
    for odd in ["http/1.1 200 OK", "HTTP/1.1 20 OK", "ICE 200 OK"] {
        let wire = Wire::open().c(get("/odd")).s(format!("{odd}\r\nContent-Length: 0\r\n\r\n"));
        let told = told(&forty_more(wire).frames());
        assert_eq!(told[0], "GET /odd > -", "{odd}");
        assert_eq!(told[1..], forty_told(), "{odd}");
    }
}

#[test]
fn a_request_goes_on_after_its_server_has_refused_it_and_closed() {
    let post = "POST /up HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc";
    let wire = Wire::open().c(post).s("HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n").fin(SERVER);
    let whole = wire.clone().c("defghi").fin(CLIENT);
    assert_eq!(told(&whole.frames()), ["POST /up 9 > 413"]);
    let cut = wire.c("def").rst(SERVER).frames();
    assert_eq!(told(&cut), ["POST /up 6.. > 413"]);
    assert_eq!(notes(&cut), ["incomplete"]);
}

#[test]
fn what_a_proxy_writes_before_a_request_hides_it_not() {
    let second = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\0\0\x01\x0a\0\0\x02\x1c\x40\0\x50";
    for header in ["PROXY TCP4 10.0.0.1 10.0.0.2 40000 80\r\n", second] {
        let together = Wire::open().c(header.to_owned() + &get("/a")).s(ok("1"));
        let apart = Wire::open().c(header).c(get("/a")).s(ok("1"));
        for wire in [together, apart] {
            assert_eq!(told(&wire.close().frames()), ["GET /a > 200 1"], "{header:?}");
        }
    }
}

#[test]
fn methods_that_scripts_wrote_in_small_letters_are_read() {
    for method in ["patch", "get", "X", "foo.bar"] {
        let request = format!("{method} /a HTTP/1.1\r\nHost: a.example\r\n\r\n");
        let wire = Wire::open().c(request).s(ok("1")).close();
        assert_eq!(told(&wire.frames()), [format!("{method} /a > 200 1")]);
    }
}

#[test]
fn a_target_that_is_no_path_is_not_glued_to_the_host() {
    for target in ["x", ".evil.example/", "?a=b", "x?to=http://b.example/"] {
        let frames = Wire::open().c(get(target)).s(ok("1")).close().frames();
        let exchange = &exchanges(&frames)[0];
        let request = exchange.request.as_ref().unwrap();
        assert_eq!(request.url(Scheme::Http, exchange.server), None, "{target}");
        assert!(target.contains(':') || notes(&frames) == ["lenient-head"], "{target}");
    }
}

/// The server's packets so many microseconds later, as from a card with another clock.
fn server_later(frames: Vec<Frame>, micros: i64) -> Vec<Frame> {
    let mut frames = frames;
    for frame in frames.iter_mut().filter(|frame| frame.is_from_server()) {
        frame.micros += micros;
    }
    frames.sort_by_key(|frame| frame.micros);
    frames
}

#[test]
fn clocks_of_the_two_directions_may_differ() {
    let wire = Wire::open().c(get("/a")).s(ok("1")).wait(1).c(get("/b")).s(ok("22"));
    let frames = wire.rst(CLIENT).frames();
    let expected = told(&frames);
    assert_eq!(expected, ["GET /a > 200 1", "GET /b > 200 2"]);
    for micros in [-1_900_000, -500_000, -1_000, 500_000, 1_500_000] {
        let frames = server_later(frames.clone(), micros);
        assert_eq!(told(&frames), expected, "{micros}");
        let expected = if micros.abs() > 1_000 { "out-of-step" } else { "" };
        assert!(notes(&frames).iter().all(|kind| *kind == expected), "{micros}");
    }
}

#[test]
fn what_came_first_does_not_hang_on_the_clocks() {
    let page = "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n";
    let with_cookie = "GET /b HTTP/1.1\r\nHost: a.example\r\nCookie: a=1\r\n\r\n";
    let wire = Wire::open().c(get("/a")).s(page).wait(1).c(with_cookie).s(ok("22"));
    let wire = wire.wait(1).c(with_cookie).s(page.replace("a=1", "a=2"));
    let frames = wire.close().frames();
    for micros in [0, -1_900_000, -500_000, 500_000, 1_900_000] {
        let mut trail = Trail::default();
        for (exchange, id) in exchanges(&server_later(frames.clone(), micros)).into_iter().zip(1..)
        {
            trail.push(Numbered { id, exchange: Box::new(exchange) });
        }
        let story = trail.finish();
        let events = story.cookies.iter().flat_map(|life| &life.events);
        let words: Vec<_> = events.map(|event| event.kind.word()).collect();
        assert_eq!(words, ["set", "sent", "sent", "replaced"], "{micros}");
    }
}

#[test]
fn a_direction_that_is_not_there_is_waited_for_no_longer_than_bytes_are() {
    let wire = Wire::open().c(get("/a")).s(ok("1")).ack(CLIENT).wait(3).s(ok("22"));
    let frames = only(SERVER, &wire.frames());
    assert_eq!(told(&frames), ["- > 200 1", "- > 200 2"]);
    // Another connection shows that the time is over.
    let late = Wire::joined().port(40_001).wait(9).handshake().frames();
    let mut pipeline = Pipeline::new(Reading::default());
    let all: Vec<_> = frames[..2].iter().chain(&late).cloned().collect();
    packets(&all).for_each(|packet| pipeline.push(&packet));
    let first = std::iter::from_fn(|| pipeline.pop()).next();
    let first = first.map(|numbered| numbered.exchange.response.is_some());
    assert_eq!(first, Some(true));
}

#[test]
fn a_port_that_is_used_again_takes_nothing_from_what_waits() {
    let first = Wire::open().c(get("/1")).s(ok("1")).close().frames();
    let again = Wire::joined().starting_at(9_000_000, 70_000_000).handshake();
    let again = again.c(get("/2")).s(ok("22")).close().frames();
    let all = only(SERVER, &[first, again].concat());
    assert_eq!(told(&all), ["- > 200 1", "- > 200 2"]);
}

#[test]
fn a_forged_beginning_takes_nothing_from_what_waits() {
    let server = (SERVER, ["- > 200 1", "- > 200 2"]);
    let client = (CLIENT, ["GET /1 > -", "GET /2 > -"]);
    for ((side, expected), ack) in
        [(server, None), (server, Some(77)), (client, None), (client, Some(77))]
    {
        let odd = Odd { seq: 1_000_000, ack, flags: "S", payload: b"" };
        let wire = Wire::open().c(get("/1")).s(ok("1")).odd(side, odd).c(get("/2")).s(ok("22"));
        assert_eq!(told(&only(side, &wire.close().frames())), expected, "{side:?} {ack:?}");
    }
}

#[test]
fn nobody_waits_for_a_direction_while_nothing_comes() {
    let frames = only(SERVER, &Wire::open().c(get("/1")).s(ok("1")).frames());
    let mut pipeline = Pipeline::new(Reading::default());
    packets(&frames).for_each(|packet| pipeline.push(&packet));
    assert!(pipeline.pop().is_none());
    pipeline.rest();
    assert!(pipeline.pop().is_some());
}

#[test]
fn a_response_that_was_told_alone_makes_later_ones_doubtful() {
    let frames = forty_more(Wire::open()).frames();
    // The requests come so late that the first responses are not held back for them any longer.
    let late = server_later(frames, -10_000);
    let early = late.iter().position(|frame| !frame.is_from_server()).unwrap();
    let mut pipeline = Pipeline::new(Reading::default());
    let mut found = Vec::new();
    for (packet, number) in packets(&late).zip(1..) {
        pipeline.push(&packet);
        if number == early {
            pipeline.rest();
        }
        found.extend(std::iter::from_fn(|| pipeline.pop()));
    }
    pipeline.finish();
    found.extend(std::iter::from_fn(|| pipeline.pop()));
    let alone = found.iter().filter(|one| one.exchange.request.is_none()).count();
    assert!(alone > 1, "{alone}");
    for (number, one) in (1..).zip(found.iter().filter(|one| one.exchange.request.is_some())) {
        let Some(response) = &one.exchange.response else { continue };
        let notes = &one.exchange.notes;
        let is_doubtful = notes.iter().any(|note| note.kind.word() == "doubtful-pairing");
        assert!(response.body.length == number || is_doubtful, "{number}");
    }
}

#[test]
fn a_body_that_the_server_did_not_ask_for_may_not_come() {
    let asks = |body: &str| {
        format!("POST /a HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\n{body}\r\n")
    };
    let refusal = "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n";
    for framing in ["Content-Length: 60\r\n", "Transfer-Encoding: chunked\r\n"] {
        let wire = Wire::open().c(asks(framing)).s(refusal).c(get("/b")).s(ok("1")).close();
        let frames = wire.frames();
        assert_eq!(told(&frames), ["POST /a 0.. > 417", "GET /b > 200 1"], "{framing}");
        assert_eq!(notes(&frames), ["incomplete"], "{framing}");
    }
    // It comes all the same, or was asked for: then it is body, whatever it looks like.
    let length = |body: &str| format!("Content-Length: {}\r\n", body.len());
    let asked_for = "HTTP/1.1 100 Continue\r\n\r\n";
    for (said, body) in [(refusal, "0123456789".to_owned()), (asked_for, get("/c"))] {
        let wire = Wire::open().c(asks(&length(&body))).s(said).c(&body);
        let wire = if said == refusal { wire } else { wire.s(ok("1")) };
        let frames = wire.c(get("/b")).s(ok("22")).close().frames();
        let lengths: Vec<_> = exchanges(&frames).iter().map(body_of_request).collect();
        assert_eq!(lengths, [body.len() as u64, 0], "{said}");
        assert!(notes(&frames).is_empty(), "{said}");
    }
}

fn body_of_request(exchange: &Exchange) -> u64 {
    exchange.request.as_ref().map_or(0, |request| request.body.length)
}

#[test]
fn a_head_that_is_refused_before_it_is_whole_is_what_was_refused() {
    let begun = "GET /a HTTP/1.1\r\nHost: a.example\r\nX-Lo";
    let refusal = "HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n";
    let wire = Wire::open().c(get("/0")).s(ok("1")).ack(CLIENT).c(begun).s(refusal).close();
    assert_eq!(told(&wire.frames()), ["GET /0 > 200 1", "GET /a 0.. > 408"]);
    // A request before it was lost: that one was refused.
    let wire = Wire::open().c(get("/0")).s(ok("1")).ack(CLIENT).lost(CLIENT, get("/1")).c(begun);
    let wire = wire.s(refusal).c("ng: 1\r\n\r\n").s(ok("1"));
    let told = told(&wire.close().frames());
    assert_eq!(told, ["GET /0 > 200 1", "GET /a > 200 1", "- > 408"]);
}

#[test]
fn interim_responses_that_nobody_waits_for_take_no_later_response() {
    let late = "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
    let told = told(&forty_more(Wire::open().c(get("/a")).s(late).ack(CLIENT)).frames());
    assert_eq!(told[0], "GET /a > 401");
    let later: Vec<_> = told[1..].iter().filter(|line| line.starts_with("GET")).collect();
    assert!(later.iter().copied().eq(&forty_told()), "{told:?}");
}

#[test]
fn requests_in_a_row_stay_doubtful_after_a_loss() {
    let all: String = (1..=6).map(|count| get(&format!("/{count}"))).collect();
    let wire = Wire::open().c(all).lost(SERVER, ok("1")).lost(SERVER, ok("22"));
    let rest: String = (3..=6).map(|count| ok(&"x".repeat(count))).collect();
    let wire = wire.s(rest);
    for exchange in exchanges(&forty_more(wire.ack(CLIENT)).frames()) {
        let length = exchange.response.as_ref().map_or(0, |response| response.body.length);
        let target = exchange.request.map(|request| request.start.target);
        let is_right =
            target.as_ref().is_some_and(|target| **target == *format!("/{length}").as_bytes());
        let is_doubtful = exchange.response.is_none()
            || exchange.notes.iter().any(|note| {
                matches!(
                    note.kind.word(),
                    "doubtful-pairing" | "gap" | "no-response" | "incomplete"
                )
            });
        assert!(is_right || is_doubtful, "{length} {target:?} {:?}", exchange.notes);
    }
}

#[test]
fn an_answer_that_is_no_message_is_told() {
    for odd in [&b"\x15\x03\x01\x00\x02\x02\x46"[..], b"who are you?\r\n"] {
        let frames = Wire::open().c(get("/a")).s(odd).close().frames();
        assert_eq!((told(&frames), notes(&frames)), (vec!["GET /a > -".to_owned()], vec!["junk"]));
    }
}

#[test]
fn a_method_in_small_letters_may_have_a_long_target() {
    let target = format!("/{}", "x".repeat(1500));
    let request = format!("patch {target} HTTP/1.1\r\nHost: a.example\r\n\r\n");
    for cut in [2, 5, 6, 8, 700, 1510] {
        let (begin, rest) = request.split_at(cut);
        let frames = Wire::open().c(begin).c(rest).s(ok("1")).close().frames();
        assert_eq!(told(&frames), [format!("patch {target} > 200 1")], "{cut}");
    }
}

#[test]
fn a_method_without_its_beginning_is_none() {
    let wire = Wire::open().c(get("/a")).s(ok("1")).ack(CLIENT).lost(CLIENT, "G");
    let wire = wire.c("ET /b HTTP/1.1\r\n\r\n").s(ok("22"));
    assert_eq!(told(&wire.close().frames()), ["GET /a > 200 1", "- > 200 2"]);
}

#[test]
fn ports_are_used_again_after_a_silence_in_which_nothing_was_captured() {
    let said = |wire: Wire| {
        (1..=3).fold(wire, |wire, count| {
            wire.c(get(&format!("/{count}"))).s(ok(&"x".repeat(count))).ack(CLIENT)
        })
    };
    let first = said(Wire::open()).frames();
    let expected: Vec<_> = [told(&first), told(&first)].concat();
    for (client, server) in [(4_000_000_000, 9), (9_000_000, 3_000_000_000), (5, 5)] {
        let again = said(Wire::joined().wait(100).starting_at(client, server)).frames();
        let all = [first.clone(), again].concat();
        assert_eq!(told(&all), expected, "{client} {server}");
    }
    // The same connection, after as long.
    let wire = said(Wire::open()).wait(100);
    assert_eq!(told(&said(wire).frames()), expected);
}

#[test]
fn a_request_without_a_version_is_answered_without_a_head() {
    for request in ["GET /a\r\n", "GET /a\r\n\r\n"] {
        let page = "<html>".repeat(400);
        let frames = Wire::open().c(request).s(&page).close().frames();
        assert_eq!(told(&frames), ["GET /a > 200 2400"], "{request:?}");
        let frames = Wire::open().c(request).s(ok("1")).close().frames();
        assert_eq!(told(&frames), ["GET /a > 200 1"], "{request:?}");
    }
}

#[test]
fn what_is_left_of_a_body_is_no_part_of_the_next_method() {
    let upload = "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n20\r\nabcdefgh";
    let wire =
        Wire::open().c(get("/0")).s(ok("1")).ack(CLIENT).c(upload).lost(CLIENT, "x".repeat(60));
    let wire = wire.c(format!("tail{}", get("/b"))).s(ok("22")).s(ok("333"));
    let requests: Vec<_> = exchanges(&wire.close().frames())
        .into_iter()
        .filter_map(|exchange| exchange.request)
        .map(|request| String::from_utf8_lossy(&request.start.method).into_owned())
        .collect();
    assert_eq!(requests, ["GET", "POST", "GET"]);
}

#[test]
fn a_method_that_ends_like_another_is_told_as_it_was_sent() {
    for method in ["CCM_POST", "BMOVE", "SSTP_DUPLEX_POST"] {
        let begun = Wire::open().lost(CLIENT, get("/lost")).s(ok("1")).ack(CLIENT);
        let request = format!("{method} /b HTTP/1.1\r\nHost: a.example\r\n\r\n");
        let told = told(&begun.c(request).s(ok("22")).frames());
        assert_eq!(told.last().unwrap(), &format!("{method} /b > 200 2"));
    }
}

#[test]
fn the_rest_of_a_request_line_makes_nobody_a_server() {
    for rest in [" HTTP/1.1\r\nHost: a.example\r\n\r\n", "HTTP/1.0\r\n\r\n"] {
        let wire = Wire::open().lost(CLIENT, "GET /0").c(rest).s(ok("1")).ack(CLIENT);
        let all = told(&forty_more(wire).frames());
        assert_eq!(all[all.len() - 40..], forty_told(), "{rest:?}");
    }
}

#[test]
fn a_head_that_a_page_quotes_is_none_behind_a_hole_either() {
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let begin = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let quoted = "<pre>\nHTTP/1.1 302 Found\r\nSet-Cookie: sid=1\r\nLocation: /\r\n\r\n</pre>";
    let wire =
        Wire::open().c(get("/1")).s(ok("1")).c(get("/2")).s(begin.to_owned() + &chunk("<html>"));
    let wire = wire.lost(SERVER, chunk(&"x".repeat(700))).s(chunk(quoted) + "0\r\n\r\n");
    let frames = wire.c(get("/3")).s(ok("333")).frames();
    assert_eq!(told(&frames), ["GET /1 > 200 1", "GET /2 > 200 6..", "GET /3 > 200 3"]);
    // One that answers a request is told, with doubt.
    let wire = Wire::open().c(get("/1")).s(ok("1")).c(get("/2") + &get("/3"));
    let wire = wire.s(begin.to_owned() + &chunk("<html>")).lost(SERVER, chunk(&"x".repeat(700)));
    let frames = wire.s(chunk("y") + "0\r\n\r\n" + &ok("333")).ack(CLIENT).frames();
    assert_eq!(told(&frames).last().map(String::as_str), Some("GET /3 > 200 3"));
    let all = exchanges(&frames);
    let is_doubted = |exchange: &Exchange| {
        exchange.notes.iter().any(|note| note.text.contains("may be part of a body"))
    };
    assert_eq!(all.iter().map(is_doubted).collect::<Vec<_>>(), [false, false, true]);
}

#[test]
fn a_server_that_speaks_first_answers_nothing() {
    for status in ["408 Request Timeout", "400 Bad Request"] {
        let said = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        let frames = Wire::open().wait(5).s(&said).close().frames();
        assert_eq!(notes(&frames), ["junk"], "{status}");
        // Of a request that was not captured nobody knows.
        let lost = Wire::open().lost(CLIENT, get("/a")).s(&said).close().frames();
        assert_eq!(notes(&lost), ["gap"], "{status}");
        let joined = Wire::joined().s(&said).close().frames();
        assert_eq!(notes(&joined), ["gap", "mid-stream"], "{status}");
    }
}

#[test]
fn a_first_line_is_no_trailer_field_wherever_it_was_split() {
    let unended = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n";
    let answer = format!("HTTP/1.1 200 OK\r\n{unended}");
    let post = format!("POST /a HTTP/1.1\r\n{unended}");
    let expected = ["POST /a 3 > 200 3", "GET /b > 200 1"];
    for cut in 1..28 {
        let (request, response) = (get("/b"), ok("1"));
        let ([begin, rest], [first, second]) =
            [request.split_at(cut), response.split_at(cut)].map(<[&str; 2]>::from).into();
        let wire = Wire::open().c(&post).s(&answer).ack(CLIENT).c(begin).c(rest);
        let frames = wire.s(first).s(second).close().frames();
        assert_eq!(told(&frames), expected, "{cut}");
        assert_eq!(notes(&frames), ["framing", "framing"], "{cut}");
    }
    // What goes on as a trailer field is one.
    for field in ["HTTP", "HTTP/1.1 2", "GET", "GET /b HT", "T"] {
        let wire = Wire::open().c(get("/a")).s(&answer).s(field).s("x: y\r\n").s("\r\n");
        let frames = wire.c(get("/b")).s(ok("1")).close().frames();
        assert_eq!(told(&frames), ["GET /a > 200 3", "GET /b > 200 1"], "{field}");
        assert!(notes(&frames).is_empty(), "{field}");
    }
}

#[test]
fn an_answer_without_a_head_may_be_of_capital_letters_alone() {
    for page in ["OK", "HELLO WORLD", "PONG\r\n", "GET /b HTTP/1.1\r\n"] {
        let frames = Wire::open().c("GET /a\r\n").s(page).close().frames();
        assert_eq!(told(&frames), [format!("GET /a > 200 {}", page.len())], "{page:?}");
    }
}

#[test]
fn a_trailer_field_that_begins_like_a_request_may_be_long() {
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n";
    for mss in [700, 9000] {
        let wire = Wire::open().mss(mss).c(get("/a")).s(answer);
        let wire = wire.s("GET /".to_owned() + &"x".repeat(5000)).s("\r\n\r\n");
        let frames = wire.c(get("/b")).s(ok("1")).close().frames();
        assert_eq!(told(&frames), ["GET /a > 200 3", "GET /b > 200 1"], "{mss}");
    }
}
