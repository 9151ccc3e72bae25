//! Why a capture cannot be read at all.

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
    #[error("cannot read {}: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system or the decompressor says.
        reason: io::Error,
    },
    /// The path is a directory.
    #[error("{} is a directory: name the capture files in it", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
    },
    /// Standard input was asked for, and is a terminal.
    #[error("standard input is a terminal: pipe a capture into it, or name a file")]
    Terminal,
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
    /// The file is compressed in a way that this build does not read.
    #[error(
        "{} is compressed with {method}: unpack it first (`{tool} FILE | cookietrail … -`)",
        path.display()
    )]
    Compressed {
        /// The file.
        path: PathBuf,
        /// Name of the compression.
        method: &'static str,
        /// A command that unpacks to standard output.
        tool: &'static str,
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
