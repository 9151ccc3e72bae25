//! Exchanges as JSON Lines: `cookietrail/exchanges/1` in docs/json.md.

use super::text::{self, Text};
use crate::http::{Body, Exchange, Headers, Request, Response, Scheme, request_url};
use crate::note::Note;
use crate::pipeline::Numbered;
use crate::time::Timestamp;
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};
use std::io::{self, Write};

/// The name and version of this format.
pub const SCHEMA: &str = "cookietrail/exchanges/1";

/// Writes the header line.
///
/// # Errors
/// Those of the writer.
pub fn write_header(mut out: impl Write) -> io::Result<()> {
    writeln!(out, "{{\"schema\":\"{SCHEMA}\"}}")
}

/// Writes one exchange as one line.
///
/// # Errors
/// Those of the writer.
pub fn write_line(numbered: &Numbered, out: impl Write) -> io::Result<()> {
    text::write_json_line(&Line::of(numbered), out)
}

#[derive(Serialize)]
struct Line<'a> {
    id: u64,
    connection: u64,
    client: Display<std::net::SocketAddr>,
    server: Display<std::net::SocketAddr>,
    scheme: &'static str,
    request: Option<RequestJson<'a>>,
    response: Option<ResponseJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    interim: Vec<ResponseJson<'a>>,
    notes: Vec<NoteJson<'a>>,
}

impl<'a> Line<'a> {
    fn of(numbered: &'a Numbered) -> Self {
        let exchange = &numbered.exchange;
        Self {
            id: numbered.id,
            connection: exchange.connection,
            client: Display(exchange.client),
            server: Display(exchange.server),
            scheme: Scheme::Http.word(),
            request: exchange.request.as_ref().map(|request| RequestJson::of(request, exchange)),
            response: exchange.response.as_ref().map(ResponseJson::of),
            interim: exchange.interim.iter().map(ResponseJson::of).collect(),
            notes: exchange.notes.iter().map(NoteJson::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct RequestJson<'a> {
    packet: u64,
    last_packet: u64,
    time: Timestamp,
    method: Text<'a>,
    target: Text<'a>,
    version: Display<crate::http::Version>,
    url: Option<String>,
    headers: HeadersJson<'a>,
    body: BodyJson,
}

impl<'a> RequestJson<'a> {
    fn of(request: &'a Request, exchange: &Exchange) -> Self {
        Self {
            packet: request.at.packet,
            last_packet: request.at.last_packet,
            time: request.at.time,
            method: Text(&request.start.method),
            target: Text(&request.start.target),
            version: Display(request.start.version),
            url: request_url(request, Scheme::Http, exchange.server),
            headers: HeadersJson(&request.headers),
            body: BodyJson::of(&request.body),
        }
    }
}

#[derive(Serialize)]
struct ResponseJson<'a> {
    packet: u64,
    last_packet: u64,
    time: Timestamp,
    status: u16,
    reason: Text<'a>,
    version: Display<crate::http::Version>,
    headers: HeadersJson<'a>,
    body: BodyJson,
}

impl<'a> ResponseJson<'a> {
    fn of(response: &'a Response) -> Self {
        Self {
            packet: response.at.packet,
            last_packet: response.at.last_packet,
            time: response.at.time,
            status: response.start.status,
            reason: Text(&response.start.reason),
            version: Display(response.start.version),
            headers: HeadersJson(&response.headers),
            body: BodyJson::of(&response.body),
        }
    }
}

#[derive(Serialize)]
struct BodyJson {
    length: u64,
    complete: bool,
}

impl BodyJson {
    fn of(body: &Body) -> Self {
        Self { length: body.length, complete: body.complete }
    }
}

struct HeadersJson<'a>(&'a Headers);

impl Serialize for HeadersJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for (name, value) in self.0.iter() {
            list.serialize_element(&(Text(name), Text(value)))?;
        }
        list.end()
    }
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
