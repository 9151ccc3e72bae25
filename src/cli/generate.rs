//! `cookietrail generate`: shell completions and the manual page, from the same definitions that
//! read the command line.

use super::{Outcome, args, output};
use clap::CommandFactory;
use std::io::Write;

/// Runs the subcommand.
///
/// # Errors
/// An output that cannot be written.
pub fn run(arguments: &args::Generate) -> anyhow::Result<Outcome> {
    let mut command = args::Arguments::command();
    let mut text = Vec::new();
    match arguments.what {
        args::Generated::Man => manual(&command, &mut text)?,
        args::Generated::Shell(shell) => {
            clap_complete::generate(shell, &mut command, "cookietrail", &mut text);
        }
    }
    let mut out = output::stdout();
    out.write_all(&text)?;
    out.flush()?;
    Ok(Outcome::Fine)
}

/// The manual page, with a section for each subcommand.
fn manual(command: &clap::Command, text: &mut Vec<u8>) -> std::io::Result<()> {
    let page = clap_mangen::Man::new(command.clone());
    page.render_title(text)?;
    page.render_name_section(text)?;
    page.render_synopsis_section(text)?;
    page.render_description_section(text)?;
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        writeln!(text, ".SH \"COOKIETRAIL {}\"", subcommand.get_name().to_uppercase())?;
        let page = clap_mangen::Man::new(subcommand.clone());
        page.render_description_section(text)?;
        page.render_options_section(text)?;
    }
    writeln!(
        text,
        ".SH \"EXIT STATUS\"\n0: fine. 1: it ran, but the capture was damaged, a finding is as grave as \\-\\-fail\\-on asks, or crack found nothing. 2: it could not run."
    )
}
