//! `--follow`: a capture file that is still being written.

use super::input::{Filter, Finished};
use super::session::{self, Session};
use super::signals::Signals;
use super::silence::Silence;
use super::{Outcome, args, output};
use crate::capture::{Follow, Followed, Packet, is_same_file};
use crate::http::{KeepBodies, Reading};
use crate::note::Note;
use crate::pipeline::{Numbered, Pipeline};
use crate::trail::Keys;
use anyhow::Context;
use std::path::Path;

/// Follows a file, tells what happens as `sniff` does, and writes the report once it ends.
///
/// # Errors
/// A file that cannot be followed, or an output that cannot be written.
pub fn report(
    input: &args::Input,
    options: &args::ReportOptions,
    keys: Keys,
) -> anyhow::Result<Outcome> {
    let (mut report_to, lines_to) = session::outputs(options, false, false)?;
    let budget = input.memory.budget();
    let mut session = Session::new(lines_to, output::width(options.width), keys, budget);
    let notes = follow(input, |packet| {
        match packet {
            Some(packet) => session.take(packet)?,
            None => session.show_all()?,
        }
        Ok(())
    })?;
    let name = only(input)?.display().to_string();
    let is_document = options.format == args::Format::Json || options.output.is_some();
    let finished = Finished { counts: session.counts(), notes };
    let threads = super::input::threads(input);
    let outcome = session.report(options, &name, &finished.notes, threads, &mut report_to)?;
    if is_document {
        finished.tell();
    }
    Ok(if outcome == Outcome::Found { outcome } else { finished.outcome() })
}

/// Follows a file and hands each exchange on in capture order, as soon as its turn has come.
///
/// # Errors
/// A file that cannot be followed, a filter that cannot be compiled, or what `each` fails with.
pub fn read(
    input: &args::Input,
    keep: KeepBodies,
    mut each: impl FnMut(Numbered) -> anyhow::Result<()>,
) -> anyhow::Result<Finished> {
    let mut pipeline =
        Pipeline::within(Reading { keep, ..Reading::default() }, input.memory.budget());
    let mut silence = Silence::default();
    let notes = follow(input, |packet| {
        if let Some(packet) = packet {
            silence.end(packet);
            pipeline.push(packet);
        } else {
            silence.tell(&mut pipeline);
        }
        std::iter::from_fn(|| pipeline.pop()).try_for_each(&mut each)
    })?;
    pipeline.finish();
    std::iter::from_fn(|| pipeline.pop()).try_for_each(each)?;
    let notes = notes.into_iter().chain(pipeline.note()).collect();
    Ok(Finished { counts: pipeline.counts(), notes })
}

/// Hands each packet on until SIGINT, SIGTERM, or the end of a pipe; and `None` whenever nothing
/// comes. What is odd about the file is given back.
fn follow(
    input: &args::Input,
    mut each: impl FnMut(Option<&Packet<'_>>) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<Note>> {
    let path = only(input)?;
    let signals = Signals::watch()?;
    let mut filter = Filter::new(input.filter.as_deref())?;
    let mut file = Follow::open(path)?;
    output::say(&format!(
        "cookietrail: following {}; Ctrl-C ends it and finishes what is printed",
        if path.as_os_str() == "-" { "standard input".into() } else { path.display().to_string() }
    ));
    while !signals.is_end() {
        match file.next_event()? {
            Followed::Packet(packet) if !filter.passes(&packet) => {}
            Followed::Packet(packet) => each(Some(&packet))?,
            Followed::Idle => each(None)?,
            Followed::Restarted(what) => output::say(&format!("cookietrail: {what}")),
            Followed::Ended => break,
        }
    }
    signals.end_at_once();
    Ok(file.notes())
}

/// Says what stands against following before anything is done, such as beginning the `output`.
///
/// # Errors
/// More than one file, one that is not there, a filter that cannot be compiled, or an output that is the
/// file.
pub fn check(input: &args::Input, output: Option<&Path>) -> anyhow::Result<()> {
    Filter::new(input.filter.as_deref())?;
    let path = only(input)?;
    output::refuse_input(output, |output| is_same_file(path, output).then_some(path))?;
    if path.as_os_str() != "-" {
        let is = path.metadata().with_context(|| format!("cannot open {}", path.display()))?;
        // What is no file, such as a pipe, may be opened only once.
        if is.is_file() || is.is_dir() {
            Follow::open(path)?;
        }
    }
    Ok(())
}

/// The one file to follow.
fn only(input: &args::Input) -> anyhow::Result<&Path> {
    match &input.files[..] {
        [file] => Ok(file),
        files => anyhow::bail!("--follow reads one file, and {} are named", files.len()),
    }
}
