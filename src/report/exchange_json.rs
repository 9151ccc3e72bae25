//! Exchanges as JSON Lines: `cookietrail/exchanges/1` in docs/json.md.

use super::json_line::{JsonLine, is_plain_in_lines};
use crate::http::{Body, Exchange, Headers, Look, Position, Request, Response, Scheme, Version};
use crate::note::Note;
use crate::pipeline::Numbered;
use serde::Serialize;
use serde::ser::Serializer;
use std::io::{self, Write};

/// The name and version of this output.
pub const SCHEMA: &str = "cookietrail/exchanges/1";

/// Writes exchanges, one line each.
#[derive(Debug, Default)]
pub struct ExchangeLines {
    line: JsonLine,
}

impl ExchangeLines {
    /// The first line: what the others are.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_header(&mut self, mut out: impl Write) -> io::Result<()> {
        writeln!(out, "{{\"schema\":\"{SCHEMA}\"}}")
    }

    /// The line of one exchange.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&mut self, numbered: &Numbered, out: impl Write) -> io::Result<()> {
        let rest = self.rest(&numbered.exchange);
        self.complete(numbered.id, numbered.exchange.connection, &rest, out)
    }

    /// Writes a line whose end [`Self::rest`] has made.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn complete(
        &mut self,
        id: u64,
        connection: u64,
        rest: &[u8],
        mut out: impl Write,
    ) -> io::Result<()> {
        self.line.raw("{\"id\":");
        self.line.number(id);
        self.line.raw(",\"connection\":");
        self.line.number(connection);
        out.write_all(self.line.written())?;
        self.line.clear();
        out.write_all(rest)
    }

    /// The end of an exchange's line: all but the two numbers that are known last.
    pub fn rest(&mut self, exchange: &Exchange) -> Vec<u8> {
        let line = &mut self.line;
        line.reserve(expected_len(exchange));
        line.raw(",\"client\":");
        line.address(exchange.client);
        line.raw(",\"server\":");
        line.address(exchange.server);
        line.raw(",\"scheme\":\"http\",\"request\":");
        optional(line, exchange.request.as_ref(), |line, message| request(line, message, exchange));
        line.raw(",\"response\":");
        optional(line, exchange.response.as_ref(), response);
        if !exchange.interim.is_empty() {
            line.raw(",\"interim\":");
            list(line, &exchange.interim, response);
        }
        line.raw(",\"notes\":");
        list(line, &exchange.notes, note);
        line.raw("}\n");
        line.take()
    }
}

/// About how long the line of an exchange is, rather more than less: its heads, what stands around each
/// of their fields, the target once more in the URL, and the keys.
fn expected_len(exchange: &Exchange) -> usize {
    const KEYS: usize = 496;
    let of = |headers: &Headers| headers.text().len() + 4 * headers.len();
    let request = |request: &Request| of(&request.headers) + request.start.target.len();
    let response = exchange.response.as_ref().map_or(0, |response| of(&response.headers));
    exchange.request.as_ref().map_or(0, request) + response + KEYS
}

/// A value, or null.
fn optional<T>(line: &mut JsonLine, value: Option<T>, write: impl Fn(&mut JsonLine, T)) {
    match value {
        Some(value) => write(line, value),
        None => line.raw("null"),
    }
}

/// An array.
fn list<T>(
    line: &mut JsonLine,
    items: impl IntoIterator<Item = T>,
    write: impl Fn(&mut JsonLine, T),
) {
    line.raw("[");
    for (index, item) in items.into_iter().enumerate() {
        line.raw(if index == 0 { "" } else { "," });
        write(line, item);
    }
    line.raw("]");
}

fn request(line: &mut JsonLine, request: &Request, exchange: &Exchange) {
    let is_plain = is_plain(&request.headers);
    position(line, &request.at);
    line.raw(",\"method\":");
    text(line, &request.start.method, is_plain);
    line.raw(",\"target\":");
    text(line, &request.start.target, is_plain);
    version(line, request.start.version);
    line.raw(",\"url\":");
    let url = request.url(Scheme::Http, exchange.server);
    optional(line, url, |line, url| match url.pieces().map(str::as_bytes) {
        pieces if is_plain => line.plain(&pieces),
        pieces => line.string(&pieces),
    });
    fields(line, &request.headers, is_plain);
    body(line, &request.body);
}

fn response(line: &mut JsonLine, response: &Response) {
    let is_plain = is_plain(&response.headers);
    position(line, &response.at);
    line.raw(",\"status\":");
    line.number(response.start.status);
    line.raw(",\"reason\":");
    text(line, &response.start.reason, is_plain);
    version(line, response.start.version);
    fields(line, &response.headers, is_plain);
    body(line, &response.body);
}

/// Opens the object of a message.
fn position(line: &mut JsonLine, at: &Position) {
    line.raw("{\"packet\":");
    line.number(at.packet);
    line.raw(",\"last_packet\":");
    line.number(at.last_packet);
    line.raw(",\"time\":");
    line.time(at.time);
}

fn version(line: &mut JsonLine, version: Version) {
    line.raw(",\"version\":");
    match version {
        Version { major: 1, minor: 1 } => line.raw("\"HTTP/1.1\""),
        other => line.display(other),
    }
}

/// Whether nothing in the head of a message needs an escape: neither the start line nor a field.
fn is_plain(headers: &Headers) -> bool {
    match headers.look() {
        Look::Plain => true,
        Look::Lines => is_plain_in_lines(headers.text()),
        Look::Printable | Look::Any => false,
    }
}

fn text(line: &mut JsonLine, text: &[u8], is_plain: bool) {
    if is_plain { line.plain(&[text]) } else { line.text(text) }
}

fn fields(line: &mut JsonLine, headers: &Headers, is_plain: bool) {
    line.raw(",\"headers\":");
    if is_plain {
        return line.plain_pairs(headers.text(), headers.places());
    }
    if headers.look() == Look::Printable {
        return line.printable_pairs(headers.text(), headers.places());
    }
    list(line, headers.iter(), |line, (name, value)| {
        line.raw("[");
        line.text(name);
        line.raw(",");
        line.text(value);
        line.raw("]");
    });
}

/// The body, with which the object of a message ends.
fn body(line: &mut JsonLine, body: &Body) {
    line.raw(",\"body\":{\"length\":");
    line.number(body.length);
    line.raw(",\"complete\":");
    line.boolean(body.complete);
    line.raw("}}");
}

fn note(line: &mut JsonLine, note: &Note) {
    line.raw("{\"kind\":");
    line.display(note.kind.word());
    line.raw(",\"packet\":");
    optional(line, note.packet, JsonLine::number);
    line.raw(",\"text\":");
    line.text(note.text.as_bytes());
    line.raw("}");
}

/// A note, in every JSON document that has notes.
#[derive(Serialize)]
pub(super) struct NoteJson<'a> {
    kind: &'static str,
    packet: Option<u64>,
    text: &'a str,
}

impl<'a> NoteJson<'a> {
    pub(super) fn of(note: &'a Note) -> Self {
        Self { kind: note.kind.word(), packet: note.packet, text: &note.text }
    }
}

/// Serialises what can be displayed as a string.
pub(super) struct Display<T>(pub T);

impl<T: std::fmt::Display> Serialize for Display<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
