//! `cookietrail why`: what became of one cookie, and why.

use super::{Outcome, args, browsers, input, output};
use crate::http::KeepBodies;
use crate::report::why::{self, Question};
use crate::report::why_json;
use crate::trail::Keys;
use std::io::Write;

/// Runs the subcommand.
///
/// # Errors
/// A capture that cannot be opened, a question about what is not in it, or an output that cannot
/// be written.
pub fn run(arguments: &args::Why) -> anyhow::Result<Outcome> {
    let (trail, finished) = input::trail(&arguments.input, KeepBodies::None, None)?;
    let story = trail.finish_on(input::threads(&arguments.input), &Keys::default());
    let question = Question {
        cookie: arguments.cookie.clone(),
        browsers: browsers::meant_in(&story, &arguments.browser)?,
        exchange: arguments.exchange,
    };
    let answers = why::answers(&story, &question)?;
    let mut out = output::open(None, arguments.color)?;
    match arguments.format {
        args::PlainFormat::Json => why_json::write(&story, &answers, &mut out)?,
        args::PlainFormat::Terminal => {
            let start = finished.counts.span.map(|(first, _)| first);
            why::write(
                &story,
                start,
                &question,
                &answers,
                output::width(arguments.width),
                &mut out,
            )?;
        }
    }
    out.flush()?;
    finished.tell();
    finished.tell_unread(!story.visits.is_empty());
    Ok(finished.outcome())
}
