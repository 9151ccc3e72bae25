//! Why a capture cannot be read at all.

use super::unpack::damage;
use std::borrow::Cow;
use std::io;
use std::path::PathBuf;

/// Why a capture file cannot be opened. Past the file's header nothing is an error any more: damage
/// ends the file with a note.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("cannot open {}: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        reason: io::Error,
    },
    /// Reading failed before the first record was reached.
    #[error("cannot read {}: {}", path.display(), words(reason))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system or the decompressor says.
        reason: io::Error,
    },
    /// A directory, named as one file among others or without any capture in it.
    #[error("{} is a directory without capture files (pcap or pcapng) in it", path.display())]
    NoCaptures {
        /// The directory.
        path: PathBuf,
    },
    /// A directory with files that seem to be captures, none of which can be read.
    #[error("nothing can be read in {}: {first}{}", path.display(), and_more(*more))]
    Unreadable {
        /// The directory.
        path: PathBuf,
        /// What is said of the first of them.
        first: String,
        /// How many others there are.
        more: usize,
    },
    /// Standard input was asked for, and is a terminal.
    #[error("standard input is a terminal: pipe a capture into it, or name a file")]
    Terminal,
    /// Standard input is named more than once, and can be read only once.
    #[error("standard input (-) is named twice: it can be read only once")]
    Repeated,
    /// There is nothing in the file.
    #[error("{} is empty: no packet was ever written to it", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file ends before its header does.
    #[error("{} is cut off inside its file header: it holds no packets", path.display())]
    Cut {
        /// The file.
        path: PathBuf,
    },
    /// It is compressed, and what comes out is compressed again, and so on.
    #[error(
        "{} is compressed more than {times} times over: unpack it first, and pipe it in or name \
         what comes out",
        path.display()
    )]
    Nested {
        /// The file.
        path: PathBuf,
        /// How many compressions are undone.
        times: usize,
    },
    /// It is to be followed while it is written, and that is not possible.
    #[error("{} cannot be followed: it is {what}", path.display())]
    NotToFollow {
        /// The file.
        path: PathBuf,
        /// What it is, with its article, and what can be done.
        what: &'static str,
    },
    /// A capture, but of a kind that is not read.
    #[error(
        "{} is {what}, which is not read here: `editcap` or `tshark -r … -w …` can convert it",
        path.display()
    )]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it is, with its article.
        what: String,
    },
    /// A pcapng file of a version that does not exist yet.
    #[error("{} is a pcapng file of version {major}.{minor}, which is not read here", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The major version that it states.
        major: u16,
        /// The minor one.
        minor: u16,
    },
    /// Not a capture.
    #[error(
        "{} is not a capture file (pcap or pcapng): it looks like {what} and begins with \"{first}\"",
        path.display()
    )]
    NotACapture {
        /// The file.
        path: PathBuf,
        /// What it looks like, with its article.
        what: &'static str,
        /// Its first bytes, escaped.
        first: String,
    },
}

fn and_more(more: usize) -> String {
    if more > 0 { format!(" (and {more} more)") } else { String::new() }
}

/// A decoder's words in those of the house, and the system's own.
fn words(error: &io::Error) -> Cow<'static, str> {
    damage(error).unwrap_or_else(|| error.to_string().into())
}
