//! The command line: what was typed, what it means, and what is done about it. One file a
//! subcommand; the library below does not know that it has a terminal.

mod analyze;
mod args;
mod browsers;
mod crack;
mod decode;
mod exchanges;
mod follow;
mod generate;
mod input;
#[cfg(feature = "live")]
mod interfaces;
mod jar;
mod keys;
mod output;
mod progress;
mod report;
mod search;
mod session;
mod sign;
mod signals;
mod silence;
#[cfg(feature = "live")]
mod sniff;
mod stages;
mod timeline;
mod values;
mod why;
mod wordlist;

use clap::Parser;
use std::process::ExitCode;

/// How a command that ran has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All is well.
    Fine,
    /// It ran, but the capture was damaged.
    Damaged,
    /// It ran, and there is a finding that the user does not accept.
    Found,
    /// It ran and found nothing.
    NothingFound,
}

/// Runs the command line and gives the exit code: 0 fine, 1 the capture was damaged, a finding was
/// grave enough, or what was looked for was not found, 2 it could not run.
pub fn run() -> ExitCode {
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return output::usage(&error),
    };
    match dispatch(arguments) {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Damaged | Outcome::Found | Outcome::NothingFound) => ExitCode::from(1),
        Err(error) if output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => output::failure(&error),
    }
}

fn dispatch(arguments: args::Arguments) -> anyhow::Result<Outcome> {
    match arguments.command {
        args::Command::Analyze(analyze) => analyze::run(&analyze),
        args::Command::Timeline(timeline) => timeline::run(&timeline),
        args::Command::Jar(jar) => jar::run(&jar),
        args::Command::Why(why) => why::run(&why),
        args::Command::Decode(decode) => decode::run(&decode),
        args::Command::Crack(crack) => crack::run(&crack),
        args::Command::Sign(sign) => sign::run(&sign),
        args::Command::Generate(generate) => generate::run(&generate),
        args::Command::Exchanges(exchanges) => exchanges::run(&exchanges),
        #[cfg(feature = "live")]
        args::Command::Sniff(sniff) => sniff::run(&sniff),
        #[cfg(not(feature = "live"))]
        args::Command::Sniff(_) => {
            anyhow::bail!("this build has no live capture: it was made without the feature `live`")
        }
    }
}
