//! Decoded values for people: what it is, what it says, how far it can be trusted, and what would be
//! needed to go on.

use super::crack_text::shown;
use super::decode_json::{DecodedValue, UNKNOWN};
use super::layout::{Span, shorten, wrap};
use super::text::plain;
use super::tree;
use super::words::{compact_json, lossy, what};
use crate::session::{Kind, Reading, SignatureState};
use anstyle::{AnsiColor, Style};
use serde_json::Value;
use std::io::{self, Write};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default().bold();

/// Columns of the labels.
const LABEL: usize = 12;

/// How content is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// As indented JSON.
    Json,
    /// As a tree of keys and values.
    Tree,
}

/// Writes one value, `width` columns wide.
///
/// # Errors
/// Those of the writer.
pub fn write(
    decoded: &DecodedValue,
    content: Content,
    width: usize,
    mut out: impl Write,
) -> io::Result<()> {
    let page = Page { content, width };
    let name =
        decoded.name.as_deref().map(|name| format!("{} = ", lossy(name))).unwrap_or_default();
    let title = format!("{name}{}", lossy(&decoded.value));
    let title = plain(title.as_bytes());
    let title = shorten(&title, width);
    let mut text = wrap("", "", &[Span::new(BOLD, title)], width);
    if let Some(host) = &decoded.host {
        text += &page.row("of", &[Span::plain(plain(host.as_bytes()))]);
    }
    if !decoded.layers.is_empty() {
        text += &page.row("inside", &[Span::plain(decoded.layers.join(", then "))]);
    }
    match decoded.candidates.first() {
        None => text += &page.unknown(decoded),
        Some(best) => {
            text += &page.reading(best, decoded);
            text += &page.others(&decoded.candidates[1..]);
        }
    }
    out.write_all(text.as_bytes())
}

struct Page {
    content: Content,
    width: usize,
}

impl Page {
    fn unknown(&self, decoded: &DecodedValue) -> String {
        let mut text = self.row("format", &[Span::plain(format!("unknown: {UNKNOWN}"))]);
        if let Some(content) = &decoded.content {
            text += &self.content("says", content, "");
            text += &self.nested(decoded);
            text += &self.row("to go on", &[Span::plain(ONLY_ENCODED)]);
        } else {
            let next = "opaque: percent-encoding, hexadecimal and base64 show nothing \
                            readable; if it is an id, what it stands for is on the server";
            text += &self.row("to go on", &[Span::plain(next)]);
        }
        text
    }

    fn reading(&self, best: &Reading, decoded: &DecodedValue) -> String {
        let how_sure = format!("{} ({}: {})", best.format, best.confidence.word(), best.why);
        let mut text = self.row("format", &[Span::plain(how_sure)]);
        text += &self.row("is", &[Span::plain(what(best))]);
        if let Some(payload) = best.shown() {
            let note = if best.compressed { "(was compressed)" } else { "" };
            text += &self.content("says", payload, note);
        }
        text += &self.nested(decoded);
        for (label, time) in [("signed", best.signed_at), ("expires", best.expires)] {
            if let Some(time) = time {
                text += &self.row(label, &[Span::plain(time.to_string())]);
            }
        }
        // Of an id, a banner or a document nobody expects a signature.
        let may_be_signed = !matches!(
            best.kind,
            Kind::OpaqueId | Kind::Infrastructure | Kind::Csrf | Kind::Unknown
        );
        if may_be_signed || best.signature != SignatureState::None {
            text += &self.row("signature", &[signature(best.signature, decoded)]);
        }
        if let Some(secret) = &decoded.secret {
            text += &self.row("secret", &[Span::new(BOLD, shown(secret))]);
        }
        if let Some(problem) = &best.problem {
            text += &self.row("problem", &[Span::new(RED, plain(problem.as_bytes()))]);
        }
        if let Some(next) = to_go_on(best) {
            text += &self.row("to go on", &[Span::plain(next)]);
        }
        text
    }

    fn content(&self, label: &str, content: &Value, note: &str) -> String {
        let mut text = self.row(label, &[Span::new(DIM, note)]);
        match self.content {
            Content::Tree => text += &tree::draw(content, "    ", self.width),
            Content::Json => {
                let pretty = serde_json::to_string_pretty(content).unwrap_or_default();
                for line in pretty.lines() {
                    let bare = line.trim_start();
                    let indent = line.len() - bare.len();
                    let (first, rest) = (" ".repeat(4 + indent), " ".repeat(6 + indent));
                    let span = Span::plain(plain(bare.as_bytes()));
                    text += &wrap(&first, &rest, &[span], self.width);
                }
            }
        }
        text
    }

    /// Tokens inside the content, one a line.
    fn nested(&self, decoded: &DecodedValue) -> String {
        let shown = |(path, reading): &(String, Reading)| {
            let says = reading.shown().map(compact_json).unwrap_or_default();
            let line = format!("{path} is {}: {says}", reading.format);
            self.row("holds", &[Span::plain(plain(line.as_bytes()))])
        };
        decoded.nested.iter().map(shown).collect()
    }

    /// Other formats that fit, with how sure each is.
    fn others(&self, readings: &[Reading]) -> String {
        let name =
            |reading: &Reading| format!("{} ({})", reading.format, reading.confidence.word());
        let names: Vec<String> = readings.iter().map(name).collect();
        if names.is_empty() {
            return String::new();
        }
        self.row("or else", &[Span::plain(names.join(", "))])
    }

    fn row(&self, label: &str, spans: &[Span]) -> String {
        let width = LABEL - 2;
        wrap(&format!("  {label:<width$}"), &" ".repeat(LABEL), spans, self.width)
    }
}

fn signature(state: SignatureState, decoded: &DecodedValue) -> Span<'static> {
    match state {
        SignatureState::None => Span::plain("none"),
        SignatureState::Unverified => Span::plain("there, not checked"),
        SignatureState::Valid => {
            let number = decoded.key.filter(|_| decoded.secrets > 1);
            let which = number.map_or("this secret".to_owned(), |key| format!("secret {key}"));
            Span::new(GREEN, format!("valid: made with {which}, not changed since"))
        }
        SignatureState::Invalid => {
            Span::new(RED, "INVALID: another secret made it, or it was changed")
        }
    }
}

const ONLY_ENCODED: &str = "nothing is needed: it is only encoded, anyone can read and change it";

const WHOLE: &str = "the whole value: what is missing cannot be checked (browsers and proxies cut near \
                     4,096 bytes)";

/// What can be done with such a value, and what is needed for it.
fn to_go_on(best: &Reading) -> Option<&'static str> {
    Some(match (best.kind, best.signature) {
        (_, SignatureState::Valid) | (Kind::Infrastructure, SignatureState::None) => return None,
        (Kind::Unknown, SignatureState::None) if best.shown().is_none() => return None,
        (Kind::EncodedOnly | Kind::Unknown, _) => ONLY_ENCODED,
        (Kind::Encrypted, SignatureState::Invalid) => {
            "the server's right key; the one given does not open it"
        }
        (Kind::Encrypted, _) => "the server's key: give it with --secret to open it",
        (Kind::OpaqueId, SignatureState::None) => {
            "the server's session store: the value itself says nothing"
        }
        (_, SignatureState::Invalid) => {
            "the right secret, or the value as the server sent it; what is shown above cannot be \
             trusted"
        }
        (_, SignatureState::Unverified)
            if best.problem.as_deref().is_some_and(|problem| problem.contains("cut")) =>
        {
            WHOLE
        }
        (_, SignatureState::Unverified) => {
            "anyone can read it, the secret's holder alone can change it: check it with --secret, \
             or look for the secret with --builtin or --wordlist"
        }
        (_, SignatureState::None)
            if best.problem.as_deref().is_some_and(|problem| problem.contains(".sig")) =>
        {
            "the cookie with its signature: give the whole Cookie: line"
        }
        (_, SignatureState::None) if best.problem.is_some() => WHOLE,
        (_, SignatureState::None) => "nothing is needed: it is not signed, anyone can change it",
    })
}
