//! What can be typed.

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Follow every cookie from the Set-Cookie that made it to the request that lost it.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tell the whole story of a capture
    Analyze(Analyze),
    /// Print each cookie's flow in time
    Timeline(Timeline),
    /// Print every HTTP exchange as JSON Lines
    Exchanges(Exchanges),
}

/// Captures to read.
#[derive(Debug, Args)]
pub struct Input {
    /// Capture files (pcap or pcapng, gzip or not); `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Read only packets that match this BPF filter
    #[arg(short = 'f', long, value_name = "BPF")]
    pub filter: Option<String>,
}

#[derive(Debug, Args)]
pub struct Exchanges {
    #[command(flatten)]
    pub input: Input,
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The walkthrough, for people
    Terminal,
    /// One document for programs (docs/json.md)
    Json,
}

/// How a report is written.
#[derive(Debug, Args)]
pub struct ReportOptions {
    /// The format of the report
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
    /// Write the report to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Add the short lesson behind each step
    #[arg(long)]
    pub explain: bool,
    /// Show form fields that look like passwords
    #[arg(long)]
    pub show_secrets: bool,
    /// Columns to write; default: those of the terminal, or 100
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..))]
    pub width: Option<u16>,
    /// When to use colour
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
}

#[derive(Debug, Args)]
pub struct Analyze {
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub report: ReportOptions,
}

#[derive(Debug, Args)]
pub struct Timeline {
    #[command(flatten)]
    pub input: Input,
    /// Only cookies of this name (may be repeated)
    #[arg(long, value_name = "NAME")]
    pub cookie: Vec<String>,
    /// Only cookies of this browser, by its letter (may be repeated)
    #[arg(long, value_name = "LETTER")]
    pub browser: Vec<String>,
    /// Only cookies of this host or domain (may be repeated)
    #[arg(long, value_name = "HOST")]
    pub host: Vec<String>,
    /// Also show where a cookie was in reach and rightly not sent
    #[arg(long)]
    pub withheld: bool,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Columns to write; default: those of the terminal, or 100
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..))]
    pub width: Option<u16>,
    /// When to use colour
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
}

impl Input {
    /// The files as they were named.
    pub fn names(&self) -> Vec<String> {
        self.files.iter().map(|file| file.display().to_string()).collect()
    }
}
