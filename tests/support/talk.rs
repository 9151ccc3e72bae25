//! Conversations between browsers and servers in short lines, for tests of the story:
//!
//! ```text
//! > POST http://shop.test/login ;; sid=1 ;; user=alice&password=x
//! < 302 /home ;; Set-Cookie: sid=2; Path=/
//! +60
//! ```
//!
//! `>` is a page that a browser asks for: method, URL, `Cookie` value, body (JSON if it begins with
//! a brace, else a form); a URL of https is asked for as from a proxy. `f>` is a fetch by a script,
//! `B>` a page of a second browser, `2>` one of the first browser from another address. `<` is the
//! answer: status, `Location`, header lines, and what is no header line is the page. `+60` lets a
//! minute pass.

use super::wire::{Frame, Wire};
use cookietrail::http::{KeepBodies, Reading};
use cookietrail::pipeline::Numbered;
use cookietrail::trail::{Story, Trail};

const AGENTS: [&str; 2] = [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
];

/// The packets of a conversation.
pub fn frames(lines: &[&str]) -> Vec<Frame> {
    let mut wire = Wire::open();
    for line in lines {
        let (sign, rest) = line.split_once(' ').unwrap_or((line, ""));
        wire = match sign {
            ">" | "2>" => wire.c(request(rest, AGENTS[0], false)),
            "f>" => wire.c(request(rest, AGENTS[0], true)),
            "B>" => wire.c(request(rest, AGENTS[1], false)),
            "<" => wire.s(response(rest)),
            _ => wire.wait(sign.trim_start_matches('+').parse().unwrap()),
        };
    }
    wire.frames()
}

/// What the program tells of a conversation.
pub fn story(lines: &[&str]) -> Story {
    let mut trail = Trail::default();
    let reading = Reading { keep: KeepBodies::Readable, ..Reading::default() };
    let exchanges = super::wire::exchanges_with(&frames(lines), reading);
    let signs = lines.iter().filter_map(|line| line.split(' ').next());
    let asked: Vec<&str> = signs.filter(|sign| sign.ends_with('>')).collect();
    for (at, mut exchange) in exchanges.into_iter().enumerate() {
        if asked[at] == "2>" {
            exchange.client.set_ip([10, 0, 0, 9].into());
        }
        trail.push(Numbered { id: at as u64 + 1, exchange: Box::new(exchange) });
    }
    trail.finish()
}

fn request(line: &str, agent: &str, by_script: bool) -> String {
    let mut parts = line.split(" ;; ");
    let (method, url) = parts.next().unwrap().split_once(' ').unwrap();
    let rest = url.trim_start_matches("http://").trim_start_matches("https://");
    let (host, path) = rest.split_once('/').unwrap();
    let target = if url.starts_with("https:") { url.to_owned() } else { format!("/{path}") };
    let mut text = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\n");
    text += if by_script {
        "Accept: */*\r\n"
    } else {
        "Accept: text/html\r\nUpgrade-Insecure-Requests: 1\r\n"
    };
    if by_script {
        text += &format!("Referer: http://{host}/\r\nOrigin: http://{host}\r\n");
    }
    let mut body = "";
    for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
        match part.split_once(": ").filter(|(name, _)| !name.contains(['=', '{'])) {
            Some(_) => text += &format!("{part}\r\n"),
            None if !text.contains("Cookie: ") && is_cookie(method, part, line) => {
                text += &format!("Cookie: {part}\r\n");
            }
            None => body = part,
        }
    }
    if !body.is_empty() {
        let kind = if body.starts_with('{') {
            "application/json"
        } else {
            "application/x-www-form-urlencoded"
        };
        text += &format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
    }
    text + "\r\n" + body
}

/// A part is the body where it is the last of three.
fn is_cookie(_: &str, part: &str, line: &str) -> bool {
    line.split(" ;; ").nth(1).is_some_and(|second| second.trim() == part)
}

fn response(line: &str) -> String {
    let mut parts = line.split(" ;; ");
    let (status, location) = match parts.next().unwrap().split_once(' ') {
        Some((status, location)) => (status, Some(location)),
        None => (line.split(" ;; ").next().unwrap(), None),
    };
    let mut text = format!("HTTP/1.1 {status} Said\r\n");
    if let Some(location) = location {
        text += &format!("Location: {location}\r\n");
    }
    let mut body = "";
    for part in parts {
        let is_header = part
            .split_once(": ")
            .is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-'));
        if is_header {
            text += &format!("{part}\r\n");
        } else {
            body = part;
        }
    }
    if !text.contains("Content-Type: ") {
        text += "Content-Type: text/html\r\n";
    }
    text + &format!("Content-Length: {}\r\n\r\n{body}", body.len())
}
