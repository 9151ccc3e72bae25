//! `cookietrail crack`: the secrets behind the signed cookies of a capture.

use super::search::{self, Found, Search, Start};
use super::wordlist::Wordlist;
use super::{Outcome, args, input, output};
use crate::http::KeepBodies;
use crate::report::crack_text::{self, Cracked, Signed};
use crate::session::crack::Target;
use crate::trail::{self, Keys};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Runs the subcommand.
///
/// # Errors
/// A capture or a list that cannot be read, or an output that cannot be written.
pub fn run(arguments: &args::Crack) -> anyhow::Result<Outcome> {
    let lists = arguments.listed.lists(!arguments.secrets.is_empty());
    let is_stdin = |file: &PathBuf| file == Path::new("-");
    anyhow::ensure!(
        !(lists.contains(&Wordlist::Stdin) && arguments.input.files.iter().any(is_stdin)),
        "captures and words cannot both come from standard input"
    );
    let keys = arguments.secrets.keys()?;
    let targets = targets(arguments)?;
    if targets.is_empty() {
        output::say("cookietrail: no cookie of this capture is signed with a secret");
        return Ok(Outcome::NothingFound);
    }
    let interrupted = search::interruption()?;
    let threads = arguments.input.threads.get();
    let mut search = Search::new(&targets, threads, &interrupted);
    let mut teller =
        Teller { out: output::stdout(), format: arguments.format, targets: &targets, secrets: 0 };
    for key in &keys {
        if let Some(found) = search.try_secret(&key.secret, None) {
            teller.tell(&found, None)?;
        }
    }
    let mut tried = keys.len() as u64;
    for list in &lists {
        let mut tell = |found: &Found| teller.tell(found, Some(list));
        let ended = search.run(list, arguments.listed.start(list), &mut tell)?;
        tried += ended.tried;
        if let Some(stopped) = ended.stopped {
            search::say_stopped(list, stopped);
            break;
        }
    }
    let (secrets, solved) = (count(teller.secrets, "secret"), search.solved());
    output::say(&format!(
        "cookietrail: {secrets} found; {solved} of {} signed values explained; {tried} \
         candidates tried",
        targets.len(),
    ));
    Ok(if solved > 0 { Outcome::Fine } else { Outcome::NothingFound })
}

/// The signed cookies of the captures.
fn targets(arguments: &args::Crack) -> anyhow::Result<Vec<(String, Target)>> {
    let (trail, finished) = input::trail(&arguments.input, KeepBodies::None, None)?;
    finished.tell();
    let story = trail.finish_on(input::threads(&arguments.input), &Keys::default());
    Ok(trail::targets(&story, &arguments.secrets.salts()))
}

/// Writes each secret as soon as it is found.
struct Teller<'a, W> {
    out: W,
    format: args::CrackFormat,
    targets: &'a [(String, Target)],
    secrets: usize,
}

impl<W: Write> Teller<'_, W> {
    fn tell(&mut self, found: &Found, list: Option<&Wordlist>) -> anyhow::Result<()> {
        self.secrets += 1;
        let cracked = cracked(found, self.targets, list);
        match self.format {
            args::CrackFormat::Terminal => crack_text::write(&cracked, &mut self.out)?,
            args::CrackFormat::Json => crack_text::write_json(&cracked, &mut self.out)?,
        }
        Ok(self.out.flush()?)
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// What a secret signed, value by value, told cookie by cookie.
fn cracked<'a>(
    found: &'a Found,
    targets: &'a [(String, Target)],
    list: Option<&Wordlist>,
) -> Cracked<'a> {
    let mut cookies: BTreeMap<(&str, &[u8], &'static str), usize> = BTreeMap::new();
    for (number, format) in &found.signed {
        let (host, target) = &targets[*number];
        *cookies.entry((host, target.name(), format)).or_default() += 1;
    }
    let signed = cookies
        .into_iter()
        .map(|((host, cookie, format), values)| Signed { host, cookie, format, values })
        .collect();
    Cracked { secret: &found.secret, list: list.map(Wordlist::name), line: found.line, signed }
}

impl args::Secrets {
    /// Whether no secret was given.
    pub fn is_empty(&self) -> bool {
        self.secret.is_empty() && self.secret_file.is_empty() && self.secret_for.is_empty()
    }
}

impl args::Listed {
    /// The lists to try, the built-in one first; also where nothing at all was asked for.
    pub fn lists(&self, is_something_given: bool) -> Vec<Wordlist> {
        let builtin = self.builtin || (self.wordlist.is_none() && !is_something_given);
        let builtin = builtin.then_some(Wordlist::Builtin);
        builtin.into_iter().chain(self.wordlist.as_deref().map(Wordlist::named)).collect()
    }

    /// Where to begin in a list: only the one that was named can be resumed.
    pub fn start(&self, list: &Wordlist) -> Start {
        match list {
            Wordlist::Builtin => Start::default(),
            _ => Start { round: self.round.map(usize::from), skip: self.skip },
        }
    }
}
