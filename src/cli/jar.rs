//! `cookietrail jar`: what each browser held, and what it would send.

use super::args::JarFormat;
use super::{Outcome, args, browsers, input, output};
use crate::cookie::Target;
use crate::http::KeepBodies;
use crate::report::jar;
use crate::trail::At;
use std::io::Write;

/// Runs the subcommand.
///
/// # Errors
/// A capture that cannot be opened, a URL that is none, or an output that cannot be written.
pub fn run(arguments: &args::Jar) -> anyhow::Result<Outcome> {
    let target = arguments.url.as_deref().map(target).transpose()?;
    let (trail, finished) = input::trail(&arguments.input, KeepBodies::None, None)?;
    let mut jars = trail.jars(arguments.at.unwrap_or(At::End), input::threads(&arguments.input));
    let known: Vec<browsers::Known<'_>> =
        jars.iter().map(|held| (held.browser.as_str(), held.addresses.as_slice())).collect();
    let letters = browsers::meant(&arguments.browser, &known, |_| None)?;
    jars.retain(|held| letters.is_empty() || letters.contains(&held.browser));
    let mut out = output::open(None, arguments.color)?;
    match (arguments.format, &target) {
        (JarFormat::Table, target) => {
            jar::table(&jars, target.as_ref(), output::width(arguments.width), &mut out)?;
        }
        (JarFormat::Json, target) => jar::json(&jars, target.as_ref(), &mut out)?,
        (JarFormat::Netscape, _) => jar::netscape(&jars, &mut out)?,
        (JarFormat::Header, Some(target)) => jar::headers(&jars, target, &mut out)?,
        (JarFormat::Header, None) => {
            anyhow::bail!("--format header needs --for URL: which cookies are sent depends on it")
        }
    }
    out.flush()?;
    finished.tell();
    finished.tell_unread(!trail.is_empty());
    Ok(finished.outcome())
}

fn target(url: &str) -> anyhow::Result<Target> {
    Target::from_url(url.as_bytes()).ok_or_else(|| anyhow::anyhow!("{url} is no http or https URL"))
}
