//! `cookietrail exchanges`: one line an exchange.

use super::{Outcome, args, follow, input, output};
use crate::http::{Exchange, KeepBodies};
use crate::report::exchange_json::ExchangeLines;
use std::io::{self, IsTerminal, Write};

/// Runs the subcommand.
///
/// # Errors
/// A capture that cannot be opened, or an output that cannot be written.
pub fn run(arguments: &args::Exchanges) -> anyhow::Result<Outcome> {
    let args::ExchangesFormat::Jsonl = arguments.format;
    let mut out = output::raw(arguments.output.as_deref())?;
    let mut lines = ExchangeLines::default();
    lines.write_header(&mut out)?;
    let finished = if arguments.follow {
        out.flush()?;
        follow::read(&arguments.input, KeepBodies::None, |numbered| {
            lines.write(&numbered, &mut out)?;
            Ok(out.flush()?)
        })?
    } else {
        let is_quiet = arguments.output.is_none() && io::stdout().is_terminal();
        let maker = || {
            let mut lines = ExchangeLines::default();
            move |exchange: Box<Exchange>| lines.rest(&exchange)
        };
        input::read_as(&arguments.input, KeepBodies::None, is_quiet, maker, |ready| {
            Ok(lines.complete(ready.id, ready.connection, &ready.item, &mut out)?)
        })?
    };
    out.flush()?;
    finished.tell();
    Ok(finished.outcome())
}
