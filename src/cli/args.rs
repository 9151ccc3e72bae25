//! What can be typed.

use clap::{Args, Parser, Subcommand};
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

#[derive(Debug, Args)]
pub struct Analyze {
    #[command(flatten)]
    pub input: Input,
}

impl Input {
    /// The files as they were named.
    pub fn names(&self) -> Vec<String> {
        self.files.iter().map(|file| file.display().to_string()).collect()
    }
}
