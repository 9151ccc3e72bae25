//! Connections that fall silent while something of them is missing that its receiver has. What was
//! captured is told all the same, once others show that two seconds have passed: not at the end of the
//! capture, which live never comes.

mod support;

use cookietrail::http::Reading;
use cookietrail::pipeline::{Numbered, Pipeline};
use support::wire::{CLIENT, Frame, Odd, SERVER, Wire, exchanges, packets, told};

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a.example\r\n\r\n")
}

/// The head of a response, the rest of which has so many bytes.
fn head(length: usize) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n")
}

fn asked() -> Wire {
    Wire::open().c(get("/1")).ack(SERVER)
}

/// Another connection, so many seconds after the capture began.
fn other(seconds: i64) -> Vec<Frame> {
    Wire::joined().port(40_001).wait(seconds).handshake().frames()
}

/// What is told before the capture ends.
fn told_so_far(frames: &[Frame]) -> Vec<Numbered> {
    let mut pipeline = Pipeline::new(Reading::default());
    packets(frames).for_each(|packet| pipeline.push(&packet));
    std::iter::from_fn(|| pipeline.pop()).collect()
}

#[test]
fn what_nobody_waits_for_any_longer_is_told() {
    let inside = asked().s(head(9) + "abc").lost(SERVER, "def").s("ghi").ack(CLIENT);
    let at_the_end = asked().s(head(9) + "abcdef").lost(SERVER, "ghi").ack(CLIENT);
    let twice = asked().s(head(9) + "a").lost(SERVER, "bc").s("d").lost(SERVER, "ef").s("ghi");
    let endless = asked().s("HTTP/1.1 200 OK\r\n\r\nabc").lost(SERVER, "def").s("ghi");
    for (what, wire) in [
        ("inside", inside.clone()),
        ("inside, and closed", inside.close()),
        ("at the end", at_the_end.clone()),
        ("at the end, and closed", at_the_end.close()),
        ("twice", twice.ack(CLIENT)),
        ("without a length, and closed", endless.close()),
    ] {
        let frames = wire.frames();
        assert!(told_so_far(&frames).is_empty(), "{what}");
        assert!(told_so_far(&[frames.clone(), other(1)].concat()).is_empty(), "{what}");
        let found = told_so_far(&[frames.clone(), other(9)].concat());
        let [one] = &found[..] else { panic!("{what}: {found:?}") };
        let response = one.exchange.response.as_ref().unwrap();
        assert!(!response.body.complete, "{what}");
        let gaps = one.exchange.notes.iter().filter(|note| note.kind.word() == "gap");
        assert!(gaps.count() > 0, "{what}");
        // It is what is told of it in the end.
        assert_eq!(told(&frames), told(&[frames.clone(), other(9)].concat()), "{what}");
    }
}

#[test]
fn where_nothing_comes_at_all_time_passes_too() {
    let wire = asked().s(head(9) + "abcdef").lost(SERVER, "ghi").ack(CLIENT);
    let reset = asked().s("HTTP/1.1 200 OK\r\n\r\nabc").rst(SERVER);
    for frames in [wire.frames(), reset.frames()] {
        let mut pipeline = Pipeline::new(Reading::default());
        packets(&frames).for_each(|packet| pipeline.push(&packet));
        let last = packets(&frames).last().unwrap().time;
        pipeline.rest();
        pipeline.wait_until(last.plus_seconds(1));
        assert!(pipeline.pop().is_none());
        pipeline.wait_until(last.plus_seconds(3));
        assert!(pipeline.pop().is_some());
    }
}

#[test]
fn what_comes_later_is_told_as_ever() {
    let wire = asked().s(head(9) + "abcdef").lost(SERVER, "ghi").ack(CLIENT);
    let silent = wire.clone().frames();
    let goes_on = wire.wait(20).c(get("/2")).ack(SERVER).s(head(2) + "ok").close().frames();
    let frames = [&silent[..], &other(9), &goes_on[silent.len()..]].concat();
    assert_eq!(told(&frames)[1], "GET /2 > 200 2");
    assert_eq!(told(&frames), told(&goes_on));
}

/// One number that was acknowledged and not captured is the end, or the last byte.
#[test]
fn a_last_number_that_is_missing_is_not_waited_for_either() {
    let endless = asked().s("HTTP/1.1 200 OK\r\n\r\nabc").ack(CLIENT);
    let closed = endless.clone().lost(SERVER, "!").ack(CLIENT).frames();
    let found = told_so_far(&[closed.clone(), other(9)].concat());
    assert_eq!(found.len(), 1);
    assert_eq!(told(&closed), told(&[closed.clone(), other(9)].concat()));
    let byte = asked().s(head(3) + "ab").lost(SERVER, "c").ack(CLIENT);
    let silent = byte.clone().frames();
    let goes_on = byte.wait(20).c(get("/2")).ack(SERVER).s(head(2) + "ok").close().frames();
    let frames = [&silent[..], &other(9), &goes_on[silent.len()..]].concat();
    assert_eq!(told(&frames), told(&goes_on));
    assert_eq!(told(&frames)[1], "GET /2 > 200 2");
}

#[test]
fn what_comes_within_two_seconds_is_missing_nowhere() {
    let mut frames = asked().mss(3).s("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc").frames();
    let late = frames.remove(frames.len() - 3);
    frames.extend(
        Wire::open().c(get("/1")).ack(SERVER).s(head(3) + "abc").ack(CLIENT).frames().pop(),
    );
    frames.extend(other(1));
    frames.push(late);
    frames.extend(other(9));
    let found = told_so_far(&frames);
    assert!(found.len() == 1 && found[0].exchange.response.as_ref().unwrap().body.complete);
    assert!(found[0].exchange.notes.is_empty(), "{found:?}");
}

/// A connection that rests is probed with the number before the next byte. Where the capture begins with
/// that, the byte is not missing.
#[test]
fn a_probe_that_is_seen_first_is_no_hole() {
    let probe = |wire: Wire| {
        let probe = Odd { seq: -1, ack: Some(0), ..Odd::default() };
        wire.odd(SERVER, probe).ack(CLIENT).wait(10)
    };
    let wire = probe(probe(Wire::joined())).c(get("/1")).ack(SERVER).s(head(2) + "ok").close();
    let mut frames = [wire.frames(), other(5), other(15)].concat();
    frames.sort_by_key(|frame| frame.micros);
    let found = exchanges(&frames);
    assert_eq!(told(&frames), ["GET /1 > 200 2"]);
    let notes: Vec<_> = found[0].notes.iter().map(|note| note.kind.word()).collect();
    assert_eq!(notes, ["mid-stream"]);
}
