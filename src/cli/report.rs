//! The finished report in the format asked for: the end of `analyze` and of `sniff`.

use super::args::{Format, ReportOptions};
use super::output;
use crate::report::report_json::{self, About};
use crate::report::terminal;
use crate::report::walkthrough::{Show, Walkthrough};
use crate::trail::Story;
use std::io::Write;

/// Writes the report.
///
/// # Errors
/// Those of the output.
pub fn write(story: &Story, about: About<'_>, options: &ReportOptions) -> anyhow::Result<()> {
    let show = Show { lessons: options.explain, secrets: options.show_secrets };
    let mut out = output::open(options.output.as_deref(), options.color)?;
    match options.format {
        Format::Json => report_json::write(story, about, &mut out)?,
        Format::Terminal => {
            terminal::write(
                &Walkthrough::of(story, about, show),
                output::width(options.width),
                &mut out,
            )?;
        }
    }
    Ok(out.flush()?)
}
