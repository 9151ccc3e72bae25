//! `cookietrail exchanges`: one line an exchange.

use super::input::{self, Finished, Opened};
use super::{Outcome, args, follow, output};
use crate::http::{Exchange, KeepBodies};
use crate::report::exchange_json::ExchangeLines;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

/// Runs the subcommand.
///
/// # Errors
/// A capture that cannot be opened, or an output that cannot be written.
pub fn run(arguments: &args::Exchanges) -> anyhow::Result<Outcome> {
    let args::ExchangesFormat::Jsonl = arguments.format;
    let file = arguments.output.as_deref();
    let (finished, is_found) = if arguments.follow {
        follow::check(&arguments.input, file)?;
        followed(arguments, begun(file)?)?
    } else {
        // What is not there is told before the output is begun, be it a file that holds something.
        let opened = input::open(&arguments.input, file)?;
        whole(arguments, opened, begun(file)?)?
    };
    finished.tell();
    finished.tell_unread(is_found);
    Ok(finished.outcome())
}

/// The output with its first line.
fn begun(file: Option<&Path>) -> anyhow::Result<Box<dyn Write + Send>> {
    let mut out = output::raw(file)?;
    ExchangeLines::default().write_header(&mut out)?;
    Ok(out)
}

/// Writes the exchanges of a file that is being written, each as soon as its turn has come. Whether there
/// were any.
fn followed(
    arguments: &args::Exchanges,
    mut out: Box<dyn Write + Send>,
) -> anyhow::Result<(Finished, bool)> {
    let (mut lines, mut is_found) = (ExchangeLines::default(), false);
    out.flush()?;
    let finished = follow::read(&arguments.input, KeepBodies::None, |numbered| {
        is_found = true;
        lines.write(&numbered, &mut out)?;
        Ok(out.flush()?)
    })?;
    out.flush()?;
    Ok((finished, is_found))
}

/// Writes the exchanges of whole captures. Whether there were any.
fn whole(
    arguments: &args::Exchanges,
    opened: Opened,
    mut out: Box<dyn Write + Send>,
) -> anyhow::Result<(Finished, bool)> {
    let (mut lines, mut is_found) = (ExchangeLines::default(), false);
    let is_quiet = arguments.output.is_none() && io::stdout().is_terminal();
    let maker = || {
        let mut lines = ExchangeLines::default();
        move |exchange: Box<Exchange>| lines.rest(&exchange)
    };
    let input = &arguments.input;
    let finished = input::read_as(opened, input, KeepBodies::None, is_quiet, maker, |ready| {
        is_found = true;
        Ok(lines.complete(ready.id, ready.connection, &ready.item, &mut out)?)
    })?;
    out.flush()?;
    Ok((finished, is_found))
}
