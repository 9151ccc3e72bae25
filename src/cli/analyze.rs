//! `cookietrail analyze`: the whole report.

use super::{Outcome, args, follow, input, report};
use crate::http::KeepBodies;
use crate::report::report_json::About;

/// Runs the subcommand.
///
/// # Errors
/// A capture that cannot be opened, or an output that cannot be written.
pub fn run(arguments: &args::Analyze) -> anyhow::Result<Outcome> {
    let output = arguments.report.output.as_deref();
    let keys = arguments.secrets.all()?;
    if arguments.follow {
        follow::check(&arguments.input, output)?;
        return follow::report(&arguments.input, &arguments.report, keys);
    }
    let (trail, finished) = input::trail(&arguments.input, KeepBodies::Readable, output)?;
    let threads = input::threads(&arguments.input);
    let mut story = trail.finish_on(threads, &keys);
    let is_found = report::judge(&mut story, &arguments.report);
    let files = arguments.input.names();
    let about = About { files: &files, counts: &finished.counts, notes: &finished.notes };
    report::write(&story, about, &arguments.report, threads)?;
    // The program ends here, and nobody needs the memory back.
    std::mem::forget(story);
    if arguments.report.format == args::Format::Json || output.is_some() {
        finished.tell();
    }
    Ok(if is_found { Outcome::Found } else { finished.outcome() })
}
