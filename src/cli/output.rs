//! Standard output and standard error: the only place that prints.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

/// Bytes gathered before they are written.
const BLOCK: usize = 64 << 10;

/// Standard output, in blocks.
pub fn stdout() -> impl Write {
    BufWriter::with_capacity(BLOCK, io::stdout().lock())
}

/// One line for the user, beside the data.
pub fn say(line: &str) {
    // If even standard error is closed there is nobody to tell.
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Prints what clap has to say: help on standard output, mistakes on standard error.
pub fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Prints why it could not run.
pub fn failure(error: &anyhow::Error) -> ExitCode {
    say(&format!("cookietrail: {error:#}"));
    ExitCode::from(2)
}

/// Whether an error only says that the reader of our output has gone away.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
