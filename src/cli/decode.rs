//! `cookietrail decode`: what a cookie's value says.

use super::search::{self, Search};
use super::values::{self, Given};
use super::wordlist::Wordlist;
use super::{Outcome, args, output};
use crate::report::decode_json::{self, DecodedValue};
use crate::report::decode_terminal::{self, Content};
use crate::session::crack::Target;
use crate::session::{self, Context, Cookie, Inside, SignatureState, VerifyOptions};
use crate::trail::{Key, Scope};
use std::io::Write;

/// Runs the subcommand.
///
/// # Errors
/// A secret or a word list that cannot be read, or an output that cannot be written.
pub fn run(arguments: &args::Decode) -> anyhow::Result<Outcome> {
    // Without a search there is no need to hold anything back.
    let lists = arguments.listed.lists(true);
    let reads_values = arguments.values.iter().any(|value| value == "-");
    anyhow::ensure!(
        !(reads_values && lists.contains(&Wordlist::Stdin)),
        "values and words cannot both come from standard input"
    );
    let keys = Keys { keys: arguments.secrets.keys()?, salts: arguments.secrets.salts() };
    let mut writer = Writer { arguments, is_first: true };
    let mut out = output::open(None, arguments.color)?;
    let mut held = Vec::new();
    let mut is_any = false;
    values::read(&arguments.values, &mut |given| {
        is_any = true;
        let mut decoded = decode(given);
        keys.judge(&mut decoded);
        if lists.is_empty() {
            writer.write(&decoded, &mut out)
        } else {
            held.push(decoded);
            Ok(())
        }
    })?;
    anyhow::ensure!(
        is_any,
        "nothing to decode: give a cookie's value, NAME=VALUE, or a Cookie: line"
    );
    if !lists.is_empty() {
        crack(&mut held, arguments, &lists, &keys.salts)?;
    }
    for decoded in &held {
        writer.write(decoded, &mut out)?;
    }
    out.flush()?;
    Ok(Outcome::Fine)
}

struct Writer<'a> {
    arguments: &'a args::Decode,
    is_first: bool,
}

impl Writer<'_> {
    fn write(&mut self, decoded: &DecodedValue, mut out: impl Write) -> anyhow::Result<()> {
        let content = match self.arguments.format {
            args::DecodeFormat::Json => return Ok(decode_json::write_line(decoded, out)?),
            args::DecodeFormat::Terminal => Content::Json,
            args::DecodeFormat::Tree => Content::Tree,
        };
        if !std::mem::take(&mut self.is_first) {
            writeln!(out)?;
        }
        let width = output::width(self.arguments.width);
        Ok(decode_terminal::write(decoded, content, width, out)?)
    }
}

fn decode(given: Given) -> DecodedValue {
    let Given { name, value, companions, host } = given;
    let beside: Vec<(&[u8], &[u8])> =
        companions.iter().map(|(name, value)| (&**name, &**value)).collect();
    let cookie =
        Cookie { name: name.as_deref().unwrap_or_default(), value: &value, companions: &beside };
    let context = Context::default();
    let mut decoded = DecodedValue {
        candidates: session::candidates(&cookie, &context),
        seen: value.clone(),
        ..DecodedValue::default()
    };
    if decoded.candidates.is_empty()
        && let Some(peeled) = session::peel(&cookie, &context)
    {
        decoded.layers = peeled.layers;
        decoded.seen = peeled.value;
        match peeled.inside {
            Inside::Cookie(readings) => decoded.candidates = readings,
            Inside::Json(document) => decoded.content = Some(document),
            Inside::Text(text) => decoded.content = Some(text.into()),
        }
    }
    let payload = decoded.candidates.first().and_then(|best| best.payload.as_ref());
    if let Some(document) = decoded.content.as_ref().or(payload) {
        decoded.nested = session::nested(document, &context);
    }
    DecodedValue { name, host, value, companions, ..decoded }
}

/// The secrets that were given.
struct Keys {
    keys: Vec<Key>,
    salts: Vec<Vec<u8>>,
}

impl Keys {
    /// Says whether one of the secrets signed the value, whichever of its readings that takes.
    fn judge(&self, decoded: &mut DecodedValue) {
        let name = decoded.name.clone().unwrap_or_default();
        let host = decoded.host.clone().unwrap_or_default();
        let mut is_tried = false;
        decoded.secrets = self.keys.len();
        for (number, key) in (1..).zip(&self.keys) {
            let is_meant = is_meant(&key.scope, &name, &host);
            if is_meant {
                is_tried = true;
                if self.try_key(decoded, &key.secret) {
                    decoded.key = Some(number);
                    return;
                }
            }
        }
        if let Some(best) = decoded.candidates.first_mut()
            && best.signature == SignatureState::Unverified
            && is_tried
        {
            best.signature = SignatureState::Invalid;
        }
    }

    fn try_key(&self, decoded: &mut DecodedValue, secret: &[u8]) -> bool {
        let salts = std::iter::once(None).chain(self.salts.iter().map(|salt| Some(&**salt)));
        salts.into_iter().any(|salt| prove(decoded, secret, salt))
    }
}

/// Whether a key is for such a cookie, as far as is known of it.
fn is_meant(scope: &Scope, name: &[u8], host: &str) -> bool {
    let of_host = host.is_empty() || Scope { cookie: None, ..scope.clone() }.has(name, host);
    of_host && (name.is_empty() || scope.cookie.as_ref().is_none_or(|cookie| cookie == name))
}

/// Whether `secret` signed the value; the reading that it proves then comes first, opened where it
/// was encrypted.
fn prove(decoded: &mut DecodedValue, secret: &[u8], salt: Option<&[u8]>) -> bool {
    let name = decoded.name.clone().unwrap_or_default();
    let companions: Vec<(&[u8], &[u8])> =
        decoded.companions.iter().map(|(name, value)| (&**name, &**value)).collect();
    let cookie = Cookie { name: &name, value: &decoded.seen, companions: &companions };
    let options = VerifyOptions { salt, ..VerifyOptions::default() };
    let proved = decoded.candidates.iter().position(|reading| {
        session::verify(reading.format, &cookie, secret, &options) == Some(true)
    });
    let Some(at) = proved else { return false };
    let mut reading = decoded.candidates[at].clone();
    reading.signature = SignatureState::Valid;
    if reading.payload.is_none() {
        reading.payload = session::open(reading.format, &cookie, secret, &options);
    }
    decoded.candidates.remove(at);
    decoded.candidates.insert(0, reading);
    true
}

/// Looks for the secrets of the values that no given secret explains.
fn crack(
    held: &mut [DecodedValue],
    arguments: &args::Decode,
    lists: &[Wordlist],
    salts: &[Vec<u8>],
) -> anyhow::Result<()> {
    let mut targets = Vec::new();
    for (number, decoded) in held.iter().enumerate() {
        let companions: Vec<(&[u8], &[u8])> =
            decoded.companions.iter().map(|(name, value)| (&**name, &**value)).collect();
        let name = decoded.name.as_deref().unwrap_or_default();
        let cookie = Cookie { name, value: &decoded.seen, companions: &companions };
        if decoded.key.is_none() {
            let target = Target::new(&cookie, &decoded.candidates, salts);
            targets.extend(target.map(|target| (number, target)));
        }
    }
    let interrupted = search::interruption()?;
    let threads = arguments.threads.get();
    let mut search = Search::new(&targets, threads, &interrupted);
    for list in lists {
        let ended = search.run(list, arguments.listed.start(list), &mut |found| {
            for (target, _) in &found.signed {
                let decoded = &mut held[targets[*target].0];
                let all = std::iter::once(None).chain(salts.iter().map(|salt| Some(&**salt)));
                if all.into_iter().any(|salt| prove(decoded, &found.secret, salt)) {
                    decoded.secret = Some(found.secret.clone());
                }
            }
            Ok(())
        })?;
        if let Some(stopped) = ended.stopped {
            search::say_stopped(list, stopped);
            break;
        }
    }
    Ok(())
}
