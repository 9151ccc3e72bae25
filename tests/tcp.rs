//! Dialogues on the wire, and the streams they make.
mod support;

use cookietrail::limits::TcpLimits;
use proptest::prelude::*;
use support::wire::{CLIENT, Odd, SERVER, Wire, streams, streams_within};

/// The hosts speak, and nothing is odd.
#[test]
fn a_whole_connection_is_told_as_it_was() {
    let wire = Wire::open().c("ping").s("pong").close();
    assert_eq!(streams(&wire.frames()), ["c 'ping'", "s 'pong'", "c closed", "s closed"]);
}

#[test]
fn sequence_numbers_wrap_around() {
    let wire = Wire::joined().starting_at(u32::MAX - 2, u32::MAX).handshake().mss(2);
    let wire = wire.c("hello").s("world").close();
    assert_eq!(streams(&wire.frames()), ["c 'hello'", "s 'world'", "c closed", "s closed"]);
}

#[test]
fn copies_and_overlaps_are_told_once() {
    let copy = |seq, payload| Odd { seq, ack: Some(0), payload, ..Odd::default() };
    let wire = Wire::open().c("abc").c("def");
    let wire = wire.odd(CLIENT, copy(-6, b"abc")).odd(CLIENT, copy(-4, b"cdefgh"));
    let wire = wire.odd(CLIENT, copy(0, b"ghi")).odd(CLIENT, copy(-6, b"abcdefghijkl"));
    assert_eq!(streams(&wire.frames()), ["c 'abcdefghijkl'", "c open", "s open"]);
    let mut frames = Wire::open().c("abc").s("def").close().frames();
    frames = frames.iter().flat_map(|frame| [frame.clone(), frame.clone()]).collect();
    assert_eq!(streams(&frames), ["c 'abc'", "s 'def'", "c closed", "s closed"]);
}

#[test]
fn probes_add_nothing() {
    let probe = |seq, payload| Odd { seq, ack: Some(0), payload, ..Odd::default() };
    let keep_alive = Wire::open().c("abc").odd(CLIENT, probe(-1, b"\0")).ack(SERVER).c("def");
    assert_eq!(streams(&keep_alive.frames())[0], "c 'abcdef'");
    let zero_window = Wire::open().c("abc").odd(CLIENT, probe(0, b"d")).ack(SERVER).c("def");
    assert_eq!(streams(&zero_window.frames())[0], "c 'abcdef'");
    let after_fin = Wire::open().c("abc").fin(CLIENT).odd(CLIENT, probe(-1, b"\0")).s("x");
    assert_eq!(streams(&after_fin.frames()), ["c 'abc'", "c closed", "s 'x'", "s open"]);
}

#[test]
fn a_lone_piece_from_far_away_is_let_go() {
    let far = |payload| Odd { seq: 1_000_000_000, ack: Some(0), payload, ..Odd::default() };
    let wire = Wire::open().c("ping").odd(SERVER, far(b"xx")).s("pong").close();
    assert_eq!(streams(&wire.frames()), ["c 'ping'", "s 'pong'", "c closed", "s closed"]);
    let wire = Wire::open().c("ping").s("pong").odd(SERVER, far(b"xx")).close();
    assert_eq!(streams(&wire.frames()), ["c 'ping'", "s 'pong'", "c closed", "s closed"]);
}

#[test]
fn what_was_captured_too_early_waits_for_what_it_acknowledges() {
    let mut frames = Wire::open().c("request").s("response").ack(CLIENT).frames();
    frames.swap(3, 4);
    assert_eq!(streams(&frames)[..2], ["c 'request'", "s 'response'"]);
    let mut frames = Wire::open().c("request").s("response").ack(CLIENT).frames();
    frames.swap(3, 5);
    assert_eq!(streams(&frames)[..2], ["c 'request'", "s 'response'"]);
}

#[test]
fn the_beginning_may_be_out_of_order() {
    for order in [[3, 4, 0, 1, 2], [4, 3, 0, 1, 2], [4, 0, 3, 1, 2], [4, 0, 1, 3, 2]] {
        let frames = Wire::open().mss(3).c("abcdef").frames();
        let frames: Vec<_> = order.iter().map(|at| frames[*at].clone()).collect();
        assert_eq!(streams(&frames), ["c 'abcdef'", "c open", "s open"], "{order:?}");
    }
}

#[test]
fn a_connection_is_joined_midway() {
    let wire = Wire::joined().c("ping").s("pong").c("ping");
    assert_eq!(streams(&wire.frames()), ["c 'ping'", "s 'pong'", "c 'ping'", "c open", "s open"]);
    let mut frames = Wire::joined().mss(2).c("ping").s("pong").frames();
    frames.swap(0, 1);
    frames.swap(2, 3);
    assert_eq!(streams(&frames)[..2], ["c 'ping'", "s 'pong'"]);
    // What comes first lacks its beginning, says the receiver; it comes when it is sent again.
    let again = Odd { seq: -8, ack: Some(0), payload: b"head", ..Odd::default() };
    let wanted = Odd { ack: Some(-8), ..Odd::default() };
    let wire = Wire::joined().lost(SERVER, "head").s("body").odd(CLIENT, wanted);
    let wire = wire.odd(CLIENT, wanted).odd(CLIENT, wanted).odd(SERVER, again);
    assert_eq!(streams(&wire.frames())[0], "c 'headbody'");
}

#[test]
fn one_direction_alone_is_told() {
    let wire = Wire::joined().c("a").lost(SERVER, "1").c("b").lost(SERVER, "2").c("c").fin(CLIENT);
    assert_eq!(streams(&wire.frames()), ["c 'abc'", "c closed", "s [2]", "s open"]);
}

#[test]
fn bytes_that_never_come_are_a_hole() {
    let request = Wire::open().lost(CLIENT, "request").s("response").ack(CLIENT);
    assert_eq!(streams(&request.frames())[..2], ["c [7]", "s 'response'"]);
    let inside = Wire::open().s("abc").lost(SERVER, "de").s("fgh").ack(CLIENT);
    assert_eq!(streams(&inside.frames())[..3], ["s 'abc'", "s [2]", "s 'fgh'"]);
    let at_the_end = Wire::open().s("abc").lost(SERVER, "de").fin(SERVER);
    assert_eq!(streams(&at_the_end.frames()), ["s 'abc'", "c open", "s [2]", "s closed"]);
}

/// What the peer has acknowledged will not be sent again: 64 segments, or two seconds, are waited.
#[test]
fn patience_with_a_hole_is_limited() {
    let hole = Wire::open().lost(SERVER, "de").s("fgh");
    let mut by_count = hole.clone();
    for _ in 0..80 {
        by_count = by_count.ack(CLIENT);
    }
    let told = streams(&by_count.c("later").frames());
    assert_eq!(told[..3], ["s [2]", "s 'fgh'", "c 'later'"]);
    let by_time = hole.ack(CLIENT).wait(3).ack(CLIENT).c("later");
    assert_eq!(streams(&by_time.frames())[..3], ["s [2]", "s 'fgh'", "c 'later'"]);
}

#[test]
fn the_snap_length_leaves_holes() {
    let wire = Wire::open().c("abcdef").cut(2).c("ghi").s("jkl").cut(3).s("mno");
    let told = ["c 'abcd'", "c [2]", "c 'ghi'", "s [3]", "s 'mno'", "c open", "s open"];
    assert_eq!(streams(&wire.frames()), told);
}

#[test]
fn a_fin_ends_its_direction_only() {
    let with_data = Wire::open()
        .odd(CLIENT, Odd { flags: "F", ack: Some(0), payload: b"bye", ..Odd::default() });
    assert_eq!(streams(&with_data.frames())[..2], ["c 'bye'", "c closed"]);
    let half = Wire::open().c("a").fin(CLIENT).s("b").s("c").fin(SERVER);
    assert_eq!(streams(&half.frames()), ["c 'a'", "c closed", "s 'bc'", "s closed"]);
    let mut early = Wire::open().c("a").fin(CLIENT).frames();
    early.swap(3, 4);
    assert_eq!(streams(&early)[..2], ["c 'a'", "c closed"]);
}

/// The peer acknowledged one number more than there are bytes: that was the FIN.
#[test]
fn a_fin_that_was_not_captured_is_known_by_its_acknowledgment() {
    let wire = Wire::open().s("bye").lost(SERVER, "F").ack(CLIENT).fin(CLIENT);
    let mut told = streams(&wire.frames());
    told.sort();
    assert_eq!(told, ["c closed", "s 'bye'", "s closed"]);
}

#[test]
fn a_reset_is_believed_only_where_it_fits_exactly() {
    let fits = Wire::open().c("a").s("b").rst(CLIENT);
    assert_eq!(streams(&fits.frames())[2..], ["c reset", "s reset"]);
    for seq in [-1, 1, 1000, 1 << 30] {
        let forged = Odd { seq, flags: "R", ..Odd::default() };
        let wire = Wire::open().c("a").odd(CLIENT, forged).c("b").s("c");
        assert_eq!(streams(&wire.frames()), ["c 'ab'", "s 'c'", "c open", "s open"], "{seq}");
    }
    // One that fits, and is forged all the same: its sender goes on.
    let wire = Wire::open().c("a").rst(SERVER).s("b").c("c");
    let told = ["c 'a'", "s 'b'", "c 'c'", "c open", "s open"];
    assert_eq!(streams(&wire.frames()), told);
    let text = Odd { flags: "R", payload: b"go away", ..Odd::default() };
    let wire = Wire::open().c("a").odd(SERVER, text);
    assert_eq!(streams(&wire.frames()), ["c 'a'", "c reset", "s reset"]);
}

/// Seen in the wild: an attacker on the path answers before the server does.
#[test]
fn forgeries_before_the_handshake_is_done_do_not_mislead() {
    let forged = |flags| Odd { seq: -5_000_000, ack: Some(0), flags, ..Odd::default() };
    let wire = Wire::joined().syn().odd(SERVER, forged("R")).odd(SERVER, forged("F"));
    let wire = wire.rst(CLIENT).syn_ack().ack(CLIENT).c("GET").s("200").close();
    assert_eq!(streams(&wire.frames()), ["c 'GET'", "s '200'", "c closed", "s closed"]);
}

#[test]
fn a_forged_fin_does_not_end_a_direction_that_goes_on() {
    let forged = Odd { flags: "F", ack: Some(0), ..Odd::default() };
    let wire = Wire::open().c("abc").odd(CLIENT, forged).c("def").s("x");
    let told = ["c 'abc'", "c closed", "c 'def'", "s 'x'", "c open", "s open"];
    assert_eq!(streams(&wire.frames()), told);
}

#[test]
fn a_port_pair_that_is_used_again_is_another_connection() {
    let first = Wire::open().c("a").close();
    let again = first.clone().starting_at(77, 99).handshake().c("b");
    let told = ["c 'a'", "c closed", "s closed", "--", "c 'b'", "c open", "s open"];
    assert_eq!(streams(&again.frames()), told);
    // Even where the handshake of the second was not captured,
    let unopened = first.starting_at(1 << 31, 1 << 30).c("b").s("c").c("d").s("e");
    assert_eq!(streams(&unopened.frames())[3..5], ["--", "c 'b'"]);
    // or the first was never closed.
    let unclosed = Wire::open().c("a").starting_at(77, 99).handshake().c("b");
    let told = ["c 'a'", "c open", "s open", "--", "c 'b'", "c open", "s open"];
    assert_eq!(streams(&unclosed.frames()), told);
}

#[test]
fn a_stray_syn_does_not_end_a_connection() {
    let stray = Odd { seq: 123_456_789, flags: "S", ..Odd::default() };
    let wire = Wire::open().c("a").odd(CLIENT, stray).c("b").s("c").close();
    let told = ["c 'ab'", "s 'c'", "c closed", "s closed"];
    assert_eq!(streams(&wire.frames()), told);
}

#[test]
fn an_acknowledgment_that_cannot_be_is_not_believed() {
    for ack in [1 << 31, (1 << 31) - 1, -1, 1 << 28, 1 << 20] {
        let garbage = Odd { ack: Some(ack), ..Odd::default() };
        let wire = Wire::open().c("a").odd(SERVER, garbage).c("b").s("c").close();
        let told = ["c 'ab'", "s 'c'", "c closed", "s closed"];
        assert_eq!(streams(&wire.frames()), told, "{ack}");
    }
    // Who speaks first counts as the originator here.
    for ack in [1 << 31, -(1 << 30), 1 << 28] {
        let garbage = Odd { ack: Some(ack), ..Odd::default() };
        let wire = Wire::joined().odd(SERVER, garbage).c("a").s("b").c("c");
        assert_eq!(streams(&wire.frames())[..3], ["s 'a'", "c 'b'", "s 'c'"], "{ack}");
    }
}

#[test]
fn what_is_held_back_is_capped() {
    let limits = TcpLimits { held_bytes: 10, held_chunks: 4, ..TcpLimits::default() };
    let bytes = Wire::open().lost(SERVER, "x").s("0123456789").s("a").s("b");
    assert_eq!(streams_within(&bytes.frames(), limits)[..2], ["s [1]", "s '0123456789ab'"]);
    let mut chunks = Wire::open();
    for _ in 0..6 {
        chunks = chunks.lost(SERVER, "x").s("y");
    }
    let told = streams_within(&chunks.frames(), limits);
    assert_eq!(told[..4], ["s [1]", "s 'y'", "s [1]", "s 'y'"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    /// Whatever comes, it ends, and no more is delivered than was sent.
    #[test]
    fn no_segments_loop_or_panic(
        segments in prop::collection::vec(
            (any::<bool>(), any::<i64>(), 0usize..6, any::<Option<i64>>(), 0usize..6, 0usize..40,
             "[SFR]{0,2}"),
            0..60,
        ),
        syn in any::<bool>(),
    ) {
        let near = |value: i64, how: usize| match how {
            0 => value,
            1 => value % 2_000_000_000,
            2 => value % 100_000,
            _ => value % 50,
        };
        let mut wire = if syn { Wire::open() } else { Wire::joined() };
        let mut sent = 0;
        for (client, seq, how, ack, ack_how, len, flags) in &segments {
            let payload = vec![b'x'; *len];
            let side = if *client { CLIENT } else { SERVER };
            let (seq, ack) = (near(*seq, *how), ack.map(|ack| near(ack, *ack_how)));
            wire = wire.odd(side, Odd { seq, ack, flags, payload: &payload });
            sent += len;
        }
        let told = streams(&wire.frames());
        let delivered: usize = told.iter().map(|line| line.matches('x').count()).sum();
        prop_assert!(delivered <= sent);
        prop_assert!(told.len() <= 8 * segments.len() + 8);
    }
}
