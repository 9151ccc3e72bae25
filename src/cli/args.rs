//! What can be typed.

mod memory;
mod secrets;
mod sniff;

pub use memory::Memory;
pub use secrets::{Crack, CrackFormat, Decode, DecodeFormat, Listed, Secrets, Sign, SignFormat};
pub use sniff::Sniff;

use crate::time::Timestamp;
use crate::trail::{At, RULES, Severity};
use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};
use std::num::NonZero;
use std::path::PathBuf;

/// What the help of the whole program ends with.
const ENDING: &str = "\
To begin with: cookietrail analyze --explain captures/walkthrough.pcapng
Exit status:   0 fine; 1 the capture is damaged, a finding is as grave as --fail-on asks, or
               crack found nothing; 2 it could not run";

/// Follow every cookie from the Set-Cookie that made it to the request that lost it.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
#[command(after_help = ENDING)]
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
    /// Watch a network interface and tell each exchange as it happens
    #[command(after_long_help = sniff::EXAMPLES)]
    Sniff(Sniff),
    /// Print what each browser held at a point of the capture
    Jar(Jar),
    /// Say what became of a cookie, and why
    Why(Why),
    /// Say what a cookie's value holds
    Decode(Decode),
    /// Look for the secrets that signed the cookies of a capture
    Crack(Crack),
    /// Make a signed session value, for testing one's own server
    Sign(Sign),
    /// Print shell completions or the manual page
    Generate(Generate),
}

/// Captures to read.
#[derive(Debug, Args)]
pub struct Input {
    /// Capture files (pcap or pcapng, compressed or not), or directories of them; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Read only packets that match this BPF filter, as in tcpdump: 'tcp port 5000'
    #[arg(short = 'f', long, value_name = "BPF")]
    pub filter: Option<String>,
    /// Threads to read with: 1 does everything in turn, more read, follow and write side by side
    #[arg(long, value_name = "N", default_value_t = all_cores(), hide_default_value = true)]
    pub threads: NonZero<usize>,
    #[command(flatten)]
    pub memory: Memory,
}

/// As many threads as the machine has cores, or one if it does not say.
pub fn all_cores() -> NonZero<usize> {
    std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

#[derive(Debug, Args)]
pub struct Exchanges {
    #[command(flatten)]
    pub input: Input,
    /// Wait for more at the end of the file, which is still being written; Ctrl-C ends it
    #[arg(long)]
    pub follow: bool,
    /// The output format
    #[arg(long, value_enum, default_value_t = ExchangesFormat::Jsonl)]
    pub format: ExchangesFormat,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// The formats of exchanges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExchangesFormat {
    /// JSON Lines, one exchange a line (docs/json.md)
    Jsonl,
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The walkthrough, for people
    Terminal,
    /// The walkthrough, to paste where Markdown is read
    Markdown,
    /// The walkthrough as one page for a web browser, which fetches nothing
    Html,
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
    /// Say what ties its exchanges to each browser, and how sure that is
    #[arg(long)]
    pub explain_browsers: bool,
    #[command(flatten)]
    pub whom: Whom,
    /// Show the values of form fields that look like passwords, which are masked otherwise
    #[arg(long)]
    pub show_secrets: bool,
    /// Columns to write, 60 or more; default: those of the terminal, or 100
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(60..))]
    pub width: Option<u16>,
    /// Exit with 1 if there is a finding at least this grave
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub fail_on: Option<Grave>,
    /// Leave out the findings of this rule (may be repeated; docs/findings.md lists the rules)
    #[arg(long, value_name = "RULE", value_parser = rule)]
    pub ignore: Vec<String>,
    /// When to use colour
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
}

/// Whose stories a report for people tells.
#[derive(Debug, Args)]
pub struct Whom {
    /// Tell only the story of this browser: its letter, an address, or `#N` for whoever made an
    /// exchange (may be repeated)
    #[arg(long, value_name = "WHO", conflicts_with = "all")]
    pub browser: Vec<String>,
    /// Tell the stories of all browsers, however many there are, with all their steps
    #[arg(long)]
    pub all: bool,
}

/// How grave a finding must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Grave {
    Info,
    Low,
    Medium,
    High,
}

impl From<Grave> for Severity {
    fn from(grave: Grave) -> Self {
        match grave {
            Grave::Info => Self::Info,
            Grave::Low => Self::Low,
            Grave::Medium => Self::Medium,
            Grave::High => Self::High,
        }
    }
}

/// The name of a rule that exists.
fn rule(name: &str) -> Result<String, String> {
    let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    if names.contains(&name) {
        Ok(name.to_owned())
    } else {
        Err(format!("there is no such rule; there are: {}", names.join(", ")))
    }
}

#[derive(Debug, Args)]
pub struct Analyze {
    #[command(flatten)]
    pub input: Input,
    /// Wait for more at the end of the file, which is still being written; Ctrl-C ends it
    #[arg(long)]
    pub follow: bool,
    #[command(flatten)]
    pub secrets: Secrets,
    #[command(flatten)]
    pub report: ReportOptions,
}

#[derive(Debug, Args)]
pub struct Timeline {
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub secrets: Secrets,
    /// Wait for more at the end of the file, which is still being written; Ctrl-C ends it
    #[arg(long)]
    pub follow: bool,
    /// Only cookies of this name (may be repeated)
    #[arg(long, value_name = "NAME")]
    pub cookie: Vec<String>,
    /// Only cookies of this browser: its letter, an address, or `#N` for whoever made an exchange (may
    /// be repeated)
    #[arg(long, value_name = "WHO")]
    pub browser: Vec<String>,
    /// Only cookies of this host or domain (may be repeated)
    #[arg(long, value_name = "HOST")]
    pub host: Vec<String>,
    /// Also show where a cookie was in reach of a request and rightly not sent, and why
    #[arg(long)]
    pub withheld: bool,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Columns to write, 60 or more; default: those of the terminal, or 100
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(60..))]
    pub width: Option<u16>,
    /// When to use colour
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
}

/// The formats of a jar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum JarFormat {
    /// A table for each browser
    Table,
    /// One document for programs (docs/json.md)
    Json,
    /// A cookie file that curl reads
    Netscape,
    /// The value of the Cookie header, one line a browser
    Header,
}

#[derive(Debug, Args)]
pub struct Jar {
    #[command(flatten)]
    pub input: Input,
    /// Only this browser: its letter or an address (may be repeated)
    #[arg(long, value_name = "WHO")]
    pub browser: Vec<String>,
    /// The point of the capture: after this packet, or at this time (RFC 3339); default: its end
    #[arg(long, value_name = "PACKET|TIME", value_parser = point)]
    pub at: Option<At>,
    /// What would be sent to this URL, typed into the address bar
    #[arg(long = "for", value_name = "URL")]
    pub url: Option<String>,
    /// The output format
    #[arg(long, value_enum, default_value_t = JarFormat::Table)]
    pub format: JarFormat,
    /// Columns to write, 60 or more; default: those of the terminal, or 100
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(60..))]
    pub width: Option<u16>,
    /// When to use colour
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
}

/// A packet number or a time.
fn point(text: &str) -> Result<At, String> {
    if let Ok(packet) = text.parse() {
        return Ok(At::Packet(packet));
    }
    let time: jiff::Timestamp = text.parse().map_err(|_| {
        "expected a packet number or a time such as 2026-11-22T10:00:00Z".to_owned()
    })?;
    let nanos =
        i64::try_from(time.as_nanosecond()).map_err(|_| "the time is too far away".to_owned())?;
    Ok(At::Time(Timestamp::from_nanos(nanos, 9)))
}

/// The formats of a short answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlainFormat {
    /// For people
    Terminal,
    /// One document for programs (docs/json.md)
    Json,
}

#[derive(Debug, Args)]
pub struct Why {
    #[command(flatten)]
    pub input: Input,
    /// The cookie's name
    #[arg(long, value_name = "NAME")]
    pub cookie: String,
    /// The exchange that is asked about; default: where it was lost
    #[arg(long, value_name = "N")]
    pub exchange: Option<u64>,
    /// The browser that is asked about: its letter, an address, or `#N` for whoever made an exchange
    /// (may be repeated)
    #[arg(long, value_name = "WHO")]
    pub browser: Vec<String>,
    /// The output format
    #[arg(long, value_enum, default_value_t = PlainFormat::Terminal)]
    pub format: PlainFormat,
    /// Columns to write, 60 or more; default: those of the terminal, or 100
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(60..))]
    pub width: Option<u16>,
    /// When to use colour
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
}

#[derive(Debug, Args)]
pub struct Generate {
    /// `man`, or a shell: bash, elvish, fish, powershell, zsh
    #[arg(value_name = "WHAT")]
    pub what: Generated,
}

/// What can be generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generated {
    /// The manual page.
    Man,
    /// Completions for a shell.
    Shell(clap_complete::Shell),
}

impl std::str::FromStr for Generated {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        if word == "man" {
            return Ok(Self::Man);
        }
        let shell = <clap_complete::Shell as ValueEnum>::from_str(word, true);
        shell
            .map(Self::Shell)
            .map_err(|_| "expected man, bash, elvish, fish, powershell or zsh".to_owned())
    }
}

impl Input {
    /// The files as they were named.
    pub fn names(&self) -> Vec<String> {
        self.files.iter().map(|file| file.display().to_string()).collect()
    }
}
