//! Captures that were made to break whoever reads them. Each is read by the program itself, whose
//! peak memory is held against what docs/limits.md promises; a time is printed and never judged.
//!
//! The captures are small, so that a test takes a second or two, and the limits are small with
//! them: `--max-memory 64M` is the least there is. `COOKIETRAIL_FULL=1` makes the floods as large
//! as their names say.
#![expect(
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "a test stops where it fails; the environment says how large it is"
)]

mod support;

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use support::flood::{ACK, Client, Flood, RST, answered, is_noted, targets};

const LEAST: [&str; 2] = ["--max-memory", "64M"];
const GET: &[u8] = b"GET /last HTTP/1.1\r\nHost: a\r\n\r\n";
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const LAST: Client = Client(0x0a00_0001, 7);

/// So many, or as many as the name of the test says.
fn scaled(few: u32, all: u32) -> u32 {
    if std::env::var_os("COOKIETRAIL_FULL").is_some() { all } else { few }
}

/// A client of a flood.
fn client(index: u32) -> Client {
    Client(0x0b00_0000 + (index >> 12), 1024 + (index & 0xfff) as u16)
}

#[test]
fn a_million_half_open_connections_do_not_push_out_one_that_speaks() {
    let mut flood = Flood::new();
    flood.open(LAST);
    flood.send(LAST, true, [1, 1], GET);
    (0..scaled(100_000, 1_000_000)).for_each(|index| flood.syn(client(index)));
    flood.send(LAST, false, [1, 1 + GET.len() as u32], OK);
    let found = flood.exchanges(&LEAST).within(64);
    assert_eq!((targets(&found), answered(&found, 200)), (vec!["/last"], 1));
    assert_eq!(flood.exchanges(&[]).within(512).len(), 1);
}

#[test]
fn one_byte_segments_are_put_together() {
    let mut flood = Flood::new();
    flood.open(LAST);
    for (index, byte) in GET.iter().enumerate() {
        flood.tcp(LAST, true, [1 + index as u32, 1], ACK, &[*byte]);
    }
    let body = OK.repeat(100);
    for (index, byte) in body.iter().enumerate().rev() {
        flood.tcp(LAST, false, [1 + index as u32, 1 + GET.len() as u32], ACK, &[*byte]);
    }
    let found = flood.exchanges(&LEAST).within(64);
    assert_eq!(answered(&found, 200), 100);
}

#[test]
fn ten_gigabytes_may_be_missing() {
    let mut flood = Flood::new();
    let length = 10_000_000_000u64;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
    flood.talk(LAST, GET, head.as_bytes());
    let body = 1 + head.len() as u64;
    let acked = 1 + GET.len() as u32;
    // After each gigabyte comes more than is held back while the bytes before are waited for.
    let some = vec![b'x'; 1_200_000];
    for step in 1..=10 {
        let at = body + step * (length / 10) - some.len() as u64;
        flood.send(LAST, false, [at as u32, acked], &some);
    }
    flood.tcp(LAST, true, [acked, (body + length) as u32], ACK, GET);
    flood.tcp(LAST, false, [(body + length) as u32, acked + GET.len() as u32], ACK, OK);
    let found = flood.exchanges(&LEAST).within(64);
    assert_eq!((found.len(), answered(&found, 200)), (2, 2), "{found:?}");
    assert!(is_noted(&found, "gap"));
}

#[test]
fn segments_that_disagree_leave_the_first() {
    let mut flood = Flood::new();
    flood.open(LAST);
    let forged = b"GET /evil HTTP/1.1\r\nHost: a\r\n\r\n";
    flood.tcp(LAST, true, [6, 1], ACK, &GET[5..]);
    flood.tcp(LAST, true, [1, 1], ACK, forged);
    flood.tcp(LAST, true, [1, 1], ACK, GET);
    let found = flood.exchanges(&LEAST).within(64);
    assert_eq!((targets(&found), is_noted(&found, "overlap")), (vec!["/last"], true));
}

#[test]
fn ports_chosen_to_collide_are_all_told_apart() {
    let mut flood = Flood::new();
    let count = scaled(5_000, 60_000);
    for index in 0..count {
        // Equal in their low bits, or mirrored, or a step of a power of two apart.
        let host = 0x0b00_0000 + (index % 16) * 0x0001_0000;
        let port = (index as u16).reverse_bits() ^ (index << 3) as u16;
        flood.tcp(Client(host, port), true, [1, 1], ACK, GET);
    }
    let distinct: std::collections::BTreeSet<_> = (0..count)
        .map(|index| (index % 16, (index as u16).reverse_bits() ^ (index << 3) as u16))
        .collect();
    let found = flood.exchanges(&[]).within(256);
    let connections: std::collections::BTreeSet<_> =
        found.iter().map(|found| found["connection"].as_u64()).collect();
    assert_eq!(connections.len(), distinct.len());
}

#[test]
fn a_head_that_never_ends_is_cut() {
    let mut flood = Flood::new();
    flood.open(LAST);
    let head = [&GET[..GET.len() - 2], b"Endless: ", &vec![b'x'; 3 << 20]].concat();
    flood.send(LAST, true, [1, 1], &head);
    let found = flood.exchanges(&LEAST).within(64);
    assert_eq!((targets(&found), is_noted(&found, "limit")), (vec!["/last"], true));
}

#[test]
fn ten_thousand_headers_are_read() {
    let mut head = GET[..GET.len() - 2].to_vec();
    (1..10_000).for_each(|at| head.extend(format!("H{at}: {at}\r\n").bytes()));
    head.extend(b"\r\n");
    let mut flood = Flood::new();
    flood.talk(LAST, &head, OK);
    let found = flood.exchanges(&LEAST).within(64);
    assert_eq!(found[0]["request"]["headers"].as_array().unwrap().len(), 10_000);
}

#[test]
fn a_chunk_of_two_to_the_sixty_fourth_breaks_only_its_message() {
    for size in ["10000000000000000", "ffffffffffffffff", "fffffffffffffffffffffffff"] {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let broken = format!("{head}{size}\r\nabc");
        let mut flood = Flood::new();
        flood.talk(LAST, &GET.repeat(2), broken.as_bytes());
        let at = 1 + broken.len() as u32;
        flood.tcp(LAST, false, [at, 1 + 2 * GET.len() as u32], ACK, OK);
        let found = flood.exchanges(&LEAST).within(64);
        assert_eq!(found.len(), 2, "{size}");
        assert_eq!(found[0]["response"]["body"]["complete"], false, "{size}");
    }
}

#[test]
fn a_gzip_bomb_is_not_unpacked_beyond_its_cap() {
    let pack = |bytes: &[u8]| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let bomb = pack(&vec![b'a'; 40 << 20]);
    for (coding, body) in [("gzip", bomb.clone()), ("gzip, gzip", pack(&bomb))] {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: {coding}\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        let mut flood = Flood::new();
        (0..20).for_each(|index| {
            flood.talk(client(index), GET, &[head.as_bytes(), &body].concat());
        });
        let seen = flood.run("analyze", &["--format", "json", "--max-memory", "64M"]);
        seen.holds(64);
    }
}

#[test]
fn a_story_ends_where_its_memory_does() {
    let cookies: Vec<String> = (0..20).map(|at| format!("c{at}=0123456789abcdef")).collect();
    let cookies = cookies.join("; ");
    // The content of a session, and a signature that is none.
    let session = format!("eyJ1c2VyIjoiYWxpY2UifQ.awOrOA.{}", "x".repeat(200));
    for (name, up, down) in [
        ("a browser each", String::new(), String::new()),
        ("many cookies", format!("Cookie: {cookies}\r\n"), String::new()),
        ("new sessions", String::new(), format!("Set-Cookie: session={session}")),
    ] {
        let mut flood = Flood::new();
        let count = scaled(10_000, 1_000_000);
        for index in 0..count {
            let request = format!("GET /{index} HTTP/1.1\r\nHost: a\r\n{up}\r\n");
            let set = if down.is_empty() { String::new() } else { format!("{down}{index}\r\n") };
            let response = format!("HTTP/1.1 200 OK\r\n{set}Content-Length: 0\r\n\r\n");
            flood.talk(Client(0x0b00_0000 + index, 1024), request.as_bytes(), response.as_bytes());
        }
        for command in [&["analyze", "--format", "json"][..], &["analyze", "--all"], &["timeline"]]
        {
            let seen = flood.run(command[0], &[&command[1..], &LEAST].concat());
            seen.holds(64);
            let said = [&*seen.text, &*seen.said].concat();
            assert!(said.contains("the story ends before packet"), "{name}: {command:?}");
        }
        let seen = flood.run_from(true, "analyze", &[&["--follow"], &LEAST[..]].concat());
        seen.holds(64);
        assert!(seen.said.contains("are forgotten"), "{name}: {}", seen.said);
        assert!(seen.text.contains("the story ends before packet"), "{name}");
    }
}

#[test]
fn ten_thousand_pipelined_requests_are_all_paired() {
    let mut requests = Vec::new();
    (0..10_000).for_each(|at| {
        requests.extend(format!("GET /{at} HTTP/1.1\r\nHost: a\r\n\r\n").bytes());
    });
    let mut flood = Flood::new();
    flood.talk(LAST, &requests, &OK.repeat(10_000));
    let found = flood.exchanges(&[]).within(128);
    assert_eq!((found.len(), answered(&found, 200)), (10_000, 10_000));
    let names: Vec<String> = (0..10_000).map(|at| format!("/{at}")).collect();
    assert_eq!(targets(&found), names);
    // With less memory, all requests are still told, in order.
    let found = flood.exchanges(&LEAST).within(64);
    assert_eq!(found.iter().filter(|found| !found["request"].is_null()).count(), 10_000);
}

#[test]
fn fragments_that_never_complete_are_given_up() {
    let mut flood = Flood::new();
    let part = vec![0; 60_000];
    (0..scaled(600, 6_000)).for_each(|id| flood.fragment(id as u16, &part));
    flood.talk(LAST, GET, OK);
    assert_eq!(answered(&flood.exchanges(&LEAST).within(64), 200), 1);
    assert_eq!(answered(&flood.exchanges(&[]).within(128), 200), 1);
}

#[test]
fn a_million_cookies_of_one_name_are_followed() {
    let mut head = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n".to_vec();
    (0..500).for_each(|at| head.extend(format!("Set-Cookie: s={at}\r\n").bytes()));
    head.extend(b"\r\n");
    let mut flood = Flood::new();
    (0..scaled(20, 2_000)).for_each(|index| flood.talk(client(index), GET, &head));
    assert_eq!(flood.exchanges(&LEAST).within(64).len() as u32, scaled(20, 2_000));
    flood.run("analyze", &["--format", "json"]).holds(2048);
}

#[test]
fn a_million_segments_out_of_order_hold_no_more_than_their_caps() {
    let mut flood = Flood::new();
    flood.talk(LAST, GET, b"HTTP/1.1 200 OK\r\n\r\n");
    let acked = 1 + GET.len() as u32;
    // Every second segment, the last ones first, and their gaps never.
    let count = scaled(50_000, 1_000_000);
    for index in (0..count).rev() {
        flood.tcp(LAST, false, [20 + 400 * index, acked], ACK, &[b'x'; 200]);
    }
    flood.talk(client(1), GET, OK);
    let found = flood.exchanges(&LEAST).within(64);
    assert_eq!((found.len(), answered(&found, 200)), (2, 2));
}

#[test]
fn resets_cost_nothing() {
    let mut flood = Flood::new();
    flood.step = 0;
    (0..scaled(100_000, 1_000_000)).for_each(|index| {
        flood.tcp(client(index), true, [1, 1], RST | ACK, b"");
    });
    flood.talk(LAST, GET, OK);
    assert_eq!(answered(&flood.exchanges(&LEAST).within(64), 200), 1);
}

#[test]
fn one_exchange_that_never_ends_does_not_hold_up_all_others() {
    let filler = "x".repeat(600);
    let request = format!("GET /other HTTP/1.1\r\nHost: a\r\nCookie: {filler}\r\n\r\n");
    let mut flood = Flood::new();
    flood.open(LAST);
    flood.send(LAST, true, [1, 1], GET);
    let count = scaled(20_000, 1_000_000);
    for index in 0..count {
        flood.tcp(client(index), true, [1, 1], ACK, request.as_bytes());
        flood.tcp(client(index), false, [1, 1 + request.len() as u32], ACK, OK);
    }
    let found = flood.exchanges(&LEAST).within(64);
    assert_eq!(found.len() as u32, count + 1);
    assert_eq!(answered(&found, 200) as u32, count);
}

#[test]
fn heads_that_stay_open_on_many_connections_are_given_up() {
    let open = [&GET[..GET.len() - 2], b"Endless: ", &vec![b'x'; 60_000]].concat();
    let open_heads = |count| {
        let mut flood = Flood::new();
        for index in 0..count {
            flood.open(client(index));
            flood.send(client(index), true, [1, 1], &open);
        }
        flood.talk(LAST, GET, OK);
        flood
    };
    let seen = open_heads(scaled(500, 5_000)).exchanges(&LEAST);
    assert!(seen.said.contains("memory ran short"), "{}", seen.said);
    assert_eq!(answered(&seen.within(64), 200), 1);
    let whole = open_heads(500).exchanges(&[]);
    assert!(whole.said.is_empty(), "there is room by default: {}", whole.said);
    assert_eq!(whole.within(256).len(), 501);
    // All five thousand are more than may be open by default too.
    let most = open_heads(scaled(500, 5_000)).exchanges(&[]);
    assert_eq!(answered(&most.within(512), 200), 1);
}

#[test]
fn data_that_waits_on_many_connections_is_let_go_and_told() {
    let mut flood = Flood::new();
    let body = vec![b'x'; 100_000];
    let count = scaled(200, 2_000);
    for index in 0..count {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len() + 1);
        flood.talk(client(index), GET, head.as_bytes());
        // The first byte of the body never comes.
        let at = 2 + head.len() as u32;
        flood.send(client(index), false, [at, 1 + GET.len() as u32], &body);
    }
    let seen = flood.exchanges(&LEAST);
    let found = seen.within(64);
    assert_eq!((found.len() as u32, answered(&found, 200) as u32), (count, count));
    assert!(is_noted(&found, "limit") && is_noted(&found, "gap"));
}
