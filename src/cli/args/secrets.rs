//! What can be typed about secrets and values: decode, crack, sign.

use super::Input;
use clap::{Args, ColorChoice, ValueEnum};
use std::path::PathBuf;

/// Secrets to check signatures with. `hex:…`, `base64:…` and Python's `b'…'` stand for bytes.
#[derive(Debug, Default, Args)]
pub struct Secrets {
    /// Check signatures with this secret (may be repeated; `hex:` and `base64:` prefixes are
    /// understood). The environment variable keeps it out of the shell's history
    #[arg(long, value_name = "SECRET", env = "COOKIETRAIL_SECRET", hide_env_values = true)]
    pub secret: Vec<String>,
    /// Check signatures with the secret in this file, less the line end after it (may be repeated)
    #[arg(long, value_name = "FILE")]
    pub secret_file: Vec<PathBuf>,
    /// Check only the cookies of a host with this secret; COOKIE@HOST is one cookie of a host, and
    /// COOKIE@ one of every host (may be repeated)
    #[arg(long, num_args = 2, value_names = ["HOST", "SECRET"], action = clap::ArgAction::Append)]
    pub secret_for: Vec<String>,
    /// Also try this salt beside the framework's own (may be repeated)
    #[arg(long, value_name = "SALT")]
    pub salt: Vec<String>,
}

/// A list of candidates and how to try it.
#[derive(Debug, Args)]
pub struct Listed {
    /// Try every line of this file (plain or gzip) as the secret; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub wordlist: Option<PathBuf>,
    /// Try the secrets that tutorials and documentation use
    #[arg(long)]
    pub builtin: bool,
    /// Pass over so many lines of the word list, to go on where a search was stopped
    #[arg(long, value_name = "LINES", default_value_t = 0, requires = "wordlist")]
    pub skip: u64,
    /// Run only one round over the word list: 1 tries the cheapest cookie of each server as its
    /// framework signs it, 2 everything else, 3 what is slow on purpose
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=3))]
    pub round: Option<u8>,
}

/// The formats of a decoded value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DecodeFormat {
    /// For people, content as JSON
    Terminal,
    /// For people, content as a tree
    Tree,
    /// One object a line for programs (docs/json.md)
    Json,
}

#[derive(Debug, Args)]
pub struct Decode {
    /// Values, `name=value` pairs, `Cookie:` and `Set-Cookie:` lines, or the lines of a Netscape
    /// cookie file; `-` reads them from standard input, one a line
    #[arg(value_name = "VALUE", required = true)]
    pub values: Vec<String>,
    #[command(flatten)]
    pub secrets: Secrets,
    #[command(flatten)]
    pub listed: Listed,
    /// Threads to try words with; default: one a core
    #[arg(long, value_name = "N", default_value_t = super::all_cores(), hide_default_value = true)]
    pub threads: std::num::NonZeroUsize,
    /// The output format
    #[arg(long, value_enum, default_value_t = DecodeFormat::Terminal)]
    pub format: DecodeFormat,
    /// Columns to write; default: those of the terminal, or 100
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..))]
    pub width: Option<u16>,
    /// When to use colour
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
}

/// The formats of found secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CrackFormat {
    /// For people
    Terminal,
    /// One object a line for programs (docs/json.md)
    Json,
}

#[derive(Debug, Args)]
pub struct Crack {
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub secrets: Secrets,
    #[command(flatten)]
    pub listed: Listed,
    /// The output format
    #[arg(long, value_enum, default_value_t = CrackFormat::Terminal)]
    pub format: CrackFormat,
}

/// The frameworks whose values can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SignFormat {
    /// Flask's session cookie (Quart's too)
    Flask,
    /// Django's signed-cookie session
    Django,
    /// Starlette's session cookie
    Starlette,
    /// A cookie signed as Express's cookie-parser does; express-session's where it is a string
    Express,
    /// The two cookies of Express's cookie-session
    CookieSession,
    /// A JSON Web Token
    Jwt,
}

#[derive(Debug, Args)]
pub struct Sign {
    /// The content, as JSON; `-` reads it from standard input
    #[arg(value_name = "JSON")]
    pub content: String,
    /// The framework whose value it is to be
    #[arg(long, value_enum)]
    pub format: SignFormat,
    /// The secret to sign with (`hex:` and `base64:` prefixes are understood)
    #[arg(long, value_name = "SECRET", env = "COOKIETRAIL_SECRET", hide_env_values = true)]
    pub secret: Option<String>,
    /// The file with the secret, less the line end after it
    #[arg(long, value_name = "FILE", conflicts_with = "secret")]
    pub secret_file: Option<PathBuf>,
    /// The salt, where the application has one of its own
    #[arg(long)]
    pub salt: Option<String>,
    /// The digest: sha1, sha256, sha384 or sha512; default: the framework's
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<String>,
    /// Print a whole `name=value` pair with this name instead of the bare value
    #[arg(long)]
    pub name: Option<String>,
    /// The time of signing in Unix seconds; default: now
    #[arg(long, value_name = "SECONDS")]
    pub timestamp: Option<i64>,
}
