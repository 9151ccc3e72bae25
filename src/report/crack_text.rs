//! Secrets that were found: a line for people, or `cookietrail/crack/1` in docs/json.md.

use super::text::{Text, plain};
use super::words::lossy;
use serde::Serialize;
use std::io::{self, Write};

/// The name and version of the JSON format.
pub const SCHEMA: &str = "cookietrail/crack/1";

/// A secret and what it signed.
#[derive(Debug, Clone)]
pub struct Cracked<'a> {
    /// The secret.
    pub secret: &'a [u8],
    /// The list that held it; `None` of one that was given.
    pub list: Option<String>,
    /// Its line there, from 1.
    pub line: Option<u64>,
    /// What it signed.
    pub signed: Vec<Signed<'a>>,
}

/// A cookie whose values a secret signed.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The host or domain it belongs to.
    pub host: &'a str,
    /// Its name.
    pub cookie: &'a [u8],
    /// The format that the secret proves.
    pub format: &'static str,
    /// How many distinct values of it.
    pub values: usize,
}

/// Writes a secret for people: the secret alone on its line, so that it can be copied.
///
/// # Errors
/// Those of the writer.
pub fn write(cracked: &Cracked<'_>, mut out: impl Write) -> io::Result<()> {
    writeln!(out, "{}", shown(cracked.secret))?;
    for signed in &cracked.signed {
        let name = plain(lossy(signed.cookie).as_bytes()).into_owned();
        let values = if signed.values == 1 { "value" } else { "values" };
        writeln!(
            out,
            "    signed {} {values} of {name} ({}) of {}",
            signed.values,
            signed.format,
            plain(signed.host.as_bytes())
        )?;
    }
    match (&cracked.list, cracked.line) {
        (Some(list), Some(line)) => writeln!(out, "    line {line} of {list}"),
        _ => writeln!(out, "    one of the secrets given"),
    }
}

/// A secret as it can be given again: text as it is, other bytes as `hex:…`.
pub(super) fn shown(secret: &[u8]) -> String {
    match std::str::from_utf8(secret) {
        Ok(text) if plain(secret) == text => text.to_owned(),
        _ => secret.iter().fold("hex:".to_owned(), |text, byte| text + &format!("{byte:02x}")),
    }
}

/// Writes a secret as one line of JSON.
///
/// # Errors
/// Those of the writer.
pub fn write_json(cracked: &Cracked<'_>, mut out: impl Write) -> io::Result<()> {
    let signed = cracked.signed.iter().map(|signed| SignedJson {
        host: signed.host,
        cookie: Text(signed.cookie),
        format: signed.format,
        values: signed.values,
    });
    let found = CrackJson {
        schema: SCHEMA,
        secret: Text(cracked.secret),
        list: cracked.list.as_deref(),
        line: cracked.line,
        signed: signed.collect(),
    };
    serde_json::to_writer(&mut out, &found)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct CrackJson<'a> {
    schema: &'static str,
    secret: Text<'a>,
    list: Option<&'a str>,
    line: Option<u64>,
    signed: Vec<SignedJson<'a>>,
}

#[derive(Serialize)]
struct SignedJson<'a> {
    host: &'a str,
    cookie: Text<'a>,
    format: &'static str,
    values: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_secrets_are_shown_as_they_can_be_given() {
        assert_eq!(shown("密钥".as_bytes()), "密钥");
        assert_eq!(shown(b"a\x1b"), "hex:611b");
        assert_eq!(shown(b"\xff"), "hex:ff");
    }
}
