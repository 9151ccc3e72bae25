//! `cookietrail exchanges`: one line an exchange.

use super::{Outcome, args, follow, input, output};
use crate::http::{Exchange, KeepBodies};
use crate::pipeline::Counts;
use crate::report::exchange_json::ExchangeLines;
use crate::report::summary;
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
    let mut is_found = false;
    let finished = if arguments.follow {
        out.flush()?;
        follow::read(&arguments.input, KeepBodies::None, |numbered| {
            is_found = true;
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
            is_found = true;
            Ok(lines.complete(ready.id, ready.connection, &ready.item, &mut out)?)
        })?
    };
    out.flush()?;
    finished.tell();
    if !is_found {
        say_why(&finished.counts);
    }
    Ok(finished.outcome())
}

/// Says on standard error that there was nothing, and what there was in its place.
fn say_why(counts: &Counts) {
    output::say(&format!("cookietrail: {}", summary::NOTHING));
    for reason in summary::unread(counts) {
        output::say(&format!("cookietrail: {reason}"));
    }
}
