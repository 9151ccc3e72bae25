//! Decoded values for people: what it is, what it says, and how far it can be trusted.

use super::decode_json::{DecodedValue, UNKNOWN};
use super::layout::{Span, shorten, wrap};
use super::text::plain;
use super::words::{kind, lossy};
use crate::session::{Reading, SignatureState};
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default().bold();

/// Writes one value, `width` columns wide.
///
/// # Errors
/// Those of the writer.
pub fn write(decoded: &DecodedValue, width: usize, mut out: impl Write) -> io::Result<()> {
    let name =
        decoded.name.as_deref().map(|name| format!("{} = ", lossy(name))).unwrap_or_default();
    let title = shorten(&plain(format!("{name}{}", lossy(&decoded.value)).as_bytes()), width);
    let mut text = wrap("", "", &[Span::new(BOLD, title)], width);
    match decoded.candidates.first() {
        None => text += &row("format", &[Span::plain(format!("unknown: {UNKNOWN}"))], width),
        Some(best) => {
            text += &reading(best, decoded, width);
            text += &others(&decoded.candidates[1..], width);
        }
    }
    out.write_all(text.as_bytes())
}

fn reading(best: &Reading, decoded: &DecodedValue, width: usize) -> String {
    let how_sure = format!("{} ({}: {})", best.format, best.confidence.word(), best.why);
    let mut text = row("format", &[Span::plain(how_sure)], width);
    text += &row("is", &[Span::plain(kind(best.kind))], width);
    if let Some(payload) = best.shown() {
        let pretty = serde_json::to_string_pretty(payload).unwrap_or_default();
        let note = if best.compressed { " (was compressed)" } else { "" };
        text += &row("says", &[Span::new(DIM, note.trim_start())], width);
        for line in pretty.lines() {
            let indent = line.len() - line.trim_start().len();
            let (first, rest) = (" ".repeat(4 + indent), " ".repeat(6 + indent));
            text +=
                &wrap(&first, &rest, &[Span::plain(plain(line.trim_start().as_bytes()))], width);
        }
    }
    for (label, time) in [("signed", best.signed_at), ("expires", best.expires)] {
        if let Some(time) = time {
            text += &row(label, &[Span::plain(time.to_string())], width);
        }
    }
    text += &row("signature", &[signature(best.signature)], width);
    if let Some(secret) = &decoded.secret {
        text += &row("secret", &[Span::new(BOLD, plain(secret))], width);
    }
    if let Some(problem) = &best.problem {
        text += &row("problem", &[Span::new(RED, plain(problem.as_bytes()))], width);
    }
    text
}

fn signature(state: SignatureState) -> Span {
    match state {
        SignatureState::None => Span::plain("none: anyone can change it"),
        SignatureState::Unverified => {
            Span::plain("there, not checked: give --secret or --wordlist to check it")
        }
        SignatureState::Valid => {
            Span::new(GREEN, "valid: made with this secret, not changed since")
        }
        SignatureState::Invalid => {
            Span::new(RED, "INVALID: another secret made it, or it was changed")
        }
    }
}

fn others(readings: &[Reading], width: usize) -> String {
    let names: Vec<&str> = readings.iter().map(|reading| reading.format).collect();
    if names.is_empty() {
        String::new()
    } else {
        row("or else", &[Span::plain(names.join(", "))], width)
    }
}

fn row(label: &str, spans: &[Span], width: usize) -> String {
    wrap(&format!("  {label:<10}"), &" ".repeat(12), spans, width)
}
