//! `cookietrail timeline`: each cookie's flow in time.

use super::{Outcome, args, follow, output};
use crate::http::KeepBodies;
use crate::report::timeline::{self, Selection};
use crate::trail::Trail;
use std::io::Write;

/// Runs the subcommand.
///
/// # Errors
/// A capture that cannot be opened, or an output that cannot be written.
pub fn run(arguments: &args::Timeline) -> anyhow::Result<Outcome> {
    let file = arguments.output.as_deref();
    let keys = arguments.secrets.all()?;
    let (input, keep) = (&arguments.input, KeepBodies::Readable);
    let (trail, finished) = if arguments.follow {
        follow::check(input, file)?;
        let mut trail = Trail::within(input.memory.budget().story_bytes);
        let mut finished = follow::read(input, keep, |numbered| {
            trail.push(numbered);
            Ok(())
        })?;
        finished.notes.extend(trail.note());
        (trail, finished)
    } else {
        super::input::trail(input, keep, file)?
    };
    let story = trail.finish_on(super::input::threads(input), &keys);
    let selection = Selection {
        cookies: arguments.cookie.clone(),
        browsers: super::browsers::meant_in(&story, &arguments.browser)?,
        hosts: arguments.host.clone(),
        withheld: arguments.withheld,
        until: None,
    };
    let start = finished.counts.span.map(|(first, _)| first);
    let mut out = output::open(file, arguments.color)?;
    timeline::write(&story, start, &selection, output::width(arguments.width), &mut out)?;
    out.flush()?;
    finished.tell();
    finished.tell_unread(!story.visits.is_empty());
    Ok(finished.outcome())
}
