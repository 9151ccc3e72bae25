//! The finished report in the format asked for: the end of `analyze` and of `sniff`.

use super::args::{Format, ReportOptions};
use super::{browsers, output};
use crate::report::report_json::{self, About};
use crate::report::terminal::{self, Look};
use crate::report::walkthrough::{Show, Walkthrough, Whose};
use crate::report::{html, markdown};
use crate::trail::{Severity, Story};
use std::io::{self, Write};
use std::num::NonZero;

/// Leaves out the findings that are to be ignored; whether one of the others is as grave as the
/// options ask about.
pub fn judge(story: &mut Story, options: &ReportOptions) -> bool {
    story.findings.retain(|finding| !options.ignore.iter().any(|rule| rule == finding.rule));
    let least = options.fail_on.map(Severity::from);
    least.is_some_and(|least| story.findings.iter().any(|finding| finding.severity >= least))
}

/// The letters of the browsers whose stories are asked for.
///
/// # Errors
/// A browser that is not there.
pub fn letters(story: &Story, options: &ReportOptions) -> anyhow::Result<Vec<String>> {
    browsers::meant_in(story, &options.whom.browser)
}

/// Writes the report, made on so many threads, to where the options say.
///
/// # Errors
/// Those of the output, and a browser that is asked for and not there.
pub fn write(
    story: &Story,
    about: About<'_>,
    options: &ReportOptions,
    threads: NonZero<usize>,
) -> anyhow::Result<()> {
    let letters = letters(story, options)?;
    let file = options.output.as_deref();
    let (mut out, is_styled) = (output::raw(file)?, output::is_styled(file, options.color));
    Ok(render(story, about, options, &letters, threads, is_styled, &mut out)?)
}

/// Writes the report to an output that is open already, on so many threads, and with styles if that
/// is wanted there. If there are letters, it tells of these browsers.
///
/// # Errors
/// Those of the output.
pub fn render(
    story: &Story,
    about: About<'_>,
    options: &ReportOptions,
    letters: &[String],
    threads: NonZero<usize>,
    is_styled: bool,
    mut out: impl Write,
) -> io::Result<()> {
    let show = Show {
        lessons: options.explain,
        secrets: options.show_secrets,
        browsers: options.explain_browsers,
        whose: match letters {
            _ if options.whom.all => Whose::All,
            [] => Whose::Telling,
            letters => Whose::Named(letters),
        },
    };
    let walkthrough = || Walkthrough::of(story, about, show);
    match options.format {
        Format::Json => report_json::write(story, about, threads, &mut out)?,
        Format::Markdown => markdown::write(&walkthrough(), threads, &mut out)?,
        Format::Html => html::write(&walkthrough(), threads, &mut out)?,
        Format::Terminal => {
            let look = Look { width: output::width(options.width), is_styled };
            terminal::write(&walkthrough(), look, threads, &mut out)?;
        }
    }
    out.flush()
}
