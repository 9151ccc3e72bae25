//! `cookietrail decode`: what a cookie's value says.

use super::{Outcome, args, output};
use crate::cookie::{CookieHeader, SetCookie};
use crate::report::decode_json::{self, DecodedValue};
use crate::report::decode_terminal;
use crate::session::{self, Context, Reading, SignatureState, VerifyOptions};
use anyhow::Context as _;
use std::io::{BufRead, Write};

/// Longest line that is read from standard input or from a word list: cookies stop at 4 KiB.
const MAX_LINE: u64 = 1 << 20;

/// Runs the subcommand.
///
/// # Errors
/// A secret or a word list that cannot be read, or an output that cannot be written.
pub fn run(arguments: &args::Decode) -> anyhow::Result<Outcome> {
    let keys = Keys::of(arguments)?;
    let mut out = output::open(None, arguments.color)?;
    let mut is_first = true;
    for_each_line(&arguments.values, |line| {
        for mut decoded in read(line) {
            keys.judge(&mut decoded);
            match arguments.format {
                args::DecodeFormat::Json => decode_json::write_line(&decoded, &mut out)?,
                args::DecodeFormat::Terminal => {
                    if !std::mem::take(&mut is_first) {
                        writeln!(out)?;
                    }
                    decode_terminal::write(&decoded, output::width(None), &mut out)?;
                }
            }
        }
        Ok(())
    })?;
    out.flush()?;
    Ok(Outcome::Fine)
}

/// Each value given; `-` stands for the lines of standard input.
fn for_each_line(
    values: &[String],
    mut each: impl FnMut(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for value in values {
        if value == "-" {
            lines(&mut std::io::stdin().lock(), &mut each).context("cannot read standard input")?;
        } else {
            each(value.as_bytes())?;
        }
    }
    Ok(())
}

/// The lines of an input without their ends; blank ones are left out.
fn lines(
    input: &mut dyn BufRead,
    each: &mut dyn FnMut(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if std::io::Read::take(&mut *input, MAX_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let text = line.trim_ascii();
        if !text.is_empty() {
            each(text)?;
        }
    }
}

/// What one line holds: a bare value, `name=value`, or a whole header.
fn read(line: &[u8]) -> Vec<DecodedValue> {
    if let Some(header) = strip_header(line, b"set-cookie:") {
        let cookie = match SetCookie::parse(header) {
            Ok(cookie) => cookie,
            Err(refusal) => *refusal.cookie,
        };
        return vec![decode(Some(cookie.name), cookie.value, &[])];
    }
    if let Some(header) = strip_header(line, b"cookie:") {
        let pairs = CookieHeader::parse([header]).pairs;
        let companions: Vec<(&[u8], &[u8])> =
            pairs.iter().map(|pair| (&*pair.name, &*pair.value)).collect();
        return pairs
            .iter()
            .map(|pair| decode(Some(pair.name.clone()), pair.value.clone(), &companions))
            .collect();
    }
    let bare = decode(None, line.to_vec(), &[]);
    let pair = line.iter().position(|byte| *byte == b'=').filter(|at| *at > 0);
    match pair {
        Some(at) if bare.candidates.is_empty() => {
            let named = decode(Some(line[..at].to_vec()), line[at + 1..].to_vec(), &[]);
            vec![if named.candidates.is_empty() { bare } else { named }]
        }
        _ => vec![bare],
    }
}

fn strip_header<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = line.split_at_checked(name.len())?;
    head.eq_ignore_ascii_case(name).then(|| rest.trim_ascii())
}

fn decode(name: Option<Vec<u8>>, value: Vec<u8>, companions: &[(&[u8], &[u8])]) -> DecodedValue {
    let cookie =
        session::Cookie { name: name.as_deref().unwrap_or_default(), value: &value, companions };
    let candidates = session::candidates(&cookie, &Context::default());
    DecodedValue { name, value, candidates, secret: None }
}

/// The secrets to try.
struct Keys {
    given: Vec<Vec<u8>>,
    wordlist: Vec<Vec<u8>>,
    salt: Option<Vec<u8>>,
}

impl Keys {
    fn of(arguments: &args::Decode) -> anyhow::Result<Self> {
        let mut given: Vec<Vec<u8>> = arguments
            .secret
            .iter()
            .map(|secret| session::secret::parse(secret.as_bytes()))
            .collect();
        if let Some(path) = &arguments.secret_file {
            let whole = read_file(path)?;
            given.push(whole.strip_suffix(b"\n").unwrap_or(&whole).to_vec());
        }
        let wordlist = match &arguments.wordlist {
            Some(path) => read_file(path)?
                .split(|byte| *byte == b'\n')
                .map(|line| line.trim_ascii_end().to_vec())
                .collect(),
            None => Vec::new(),
        };
        Ok(Self {
            given,
            wordlist,
            salt: arguments.salt.as_ref().map(|salt| salt.clone().into_bytes()),
        })
    }

    /// Says whether one of the secrets signed the value, whichever of its readings that takes.
    fn judge(&self, decoded: &mut DecodedValue) {
        if self.given.is_empty() && self.wordlist.is_empty() {
            return;
        }
        let listed = self.wordlist.iter().filter(|word| !word.is_empty());
        let keys = self.given.iter().map(|key| (key, false)).chain(listed.map(|key| (key, true)));
        for (key, is_listed) in keys {
            if let Some(at) =
                decoded.candidates.iter().position(|one| self.signs(key, decoded, one))
            {
                let mut reading = decoded.candidates.remove(at);
                reading.signature = SignatureState::Valid;
                decoded.candidates.insert(0, reading);
                decoded.secret = is_listed.then(|| key.clone());
                return;
            }
        }
        // A word list that holds no key proves nothing; a secret that is given does.
        if let Some(best) = decoded.candidates.first_mut()
            && best.signature == SignatureState::Unverified
            && !self.given.is_empty()
        {
            best.signature = SignatureState::Invalid;
        }
    }

    fn signs(&self, key: &[u8], decoded: &DecodedValue, reading: &Reading) -> bool {
        let name = decoded.name.as_deref().unwrap_or_default();
        let cookie = session::Cookie { name, value: &decoded.value, companions: &[] };
        let options = VerifyOptions { salt: self.salt.as_deref(), ..VerifyOptions::default() };
        session::verify(reading.format, &cookie, key, &options) == Some(true)
    }
}

#[expect(clippy::disallowed_methods, reason = "the user named this file to read")]
fn read_file(path: &std::path::Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
