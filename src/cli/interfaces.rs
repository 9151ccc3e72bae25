//! `cookietrail sniff -D`: the interfaces that can be listened on.

use super::{Outcome, output};
use crate::capture::{Interface, interfaces};
use crate::report::text::plain;
use std::io::Write;
use unicode_width::UnicodeWidthStr;

/// Lists them: number, name, addresses, description.
///
/// # Errors
/// Interfaces cannot be told, or the output cannot be written.
pub fn list() -> anyhow::Result<Outcome> {
    let rows: Vec<[String; 4]> = interfaces()?.iter().map(row).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths = [0, 1, 2].map(width);
    let mut out = output::stdout();
    for row in &rows {
        let padded = row.iter().zip(widths).map(|(cell, width)| {
            let gap = width - cell.width();
            format!("{cell}{:gap$}  ", "")
        });
        let line: String = padded.collect();
        writeln!(out, "{}", format!("{line}{}", row[3]).trim_end())?;
    }
    out.flush()?;
    Ok(Outcome::Fine)
}

fn row(interface: &Interface) -> [String; 4] {
    let addresses: Vec<String> = interface.addresses.iter().map(ToString::to_string).collect();
    let mut about: Vec<String> = Vec::new();
    about.extend(interface.description.as_deref().map(|text| plain(text.as_bytes()).into_owned()));
    about.extend(interface.loopback.then(|| "loopback".to_owned()));
    about.extend((!interface.up).then(|| "down".to_owned()));
    let name = plain(interface.name.as_bytes()).into_owned();
    [interface.number.to_string(), name, addresses.join(", "), about.join(", ")]
}
