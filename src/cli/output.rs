//! Standard output and standard error: the only place that prints.

use crate::report::text::plain_text;
use anstream::AutoStream;
use anyhow::Context;
use clap::ColorChoice;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

/// Bytes gathered before they are written.
const BLOCK: usize = 64 << 10;

/// Standard output, in blocks.
pub fn stdout() -> impl Write {
    let stdout = Named { to: io::stdout(), name: "standard output".to_owned() };
    BufWriter::with_capacity(BLOCK, stdout)
}

/// An output that says its name when it cannot be written to.
struct Named<W> {
    to: W,
    name: String,
}

impl<W> Named<W> {
    fn told<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let text = format!("cannot write {}: {error}", self.name);
            io::Error::new(error.kind(), text)
        })
    }
}

impl<W: Write> Write for Named<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes);
        self.told(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.to.flush();
        self.told(flushed)
    }
}

/// Standard output, or a file, with colour where it is wanted.
///
/// # Errors
/// A file that cannot be made.
pub fn open(file: Option<&Path>, color: ColorChoice) -> anyhow::Result<AutoStream<Box<dyn Write>>> {
    Ok(AutoStream::new(raw(file)?, choice(file, color)))
}

/// Whether colour is wanted on standard output, or in a file.
pub fn is_styled(file: Option<&Path>, color: ColorChoice) -> bool {
    choice(file, color) != anstream::ColorChoice::Never
}

fn choice(file: Option<&Path>, color: ColorChoice) -> anstream::ColorChoice {
    chosen(color, || match file {
        Some(_) => anstream::ColorChoice::Never,
        None => AutoStream::choice(&io::stdout()),
    })
}

/// Standard output, or a file, as it is: for what holds no style, or only where that is wanted.
///
/// # Errors
/// A file that cannot be made.
pub fn raw(file: Option<&Path>) -> anyhow::Result<Box<dyn Write + Send>> {
    Ok(match file {
        None => Box::new(stdout()),
        Some(path) => {
            #[expect(clippy::disallowed_methods, reason = "the user named this file to write to")]
            let file = std::fs::File::create(path)
                .with_context(|| format!("cannot write {}", path.display()))?;
            let file = Named { to: file, name: path.display().to_string() };
            Box::new(BufWriter::with_capacity(BLOCK, file))
        }
    })
}

/// Refuses to write to what is read, as `find` knows: it would be gone before it is. Only a file is
/// emptied by that.
///
/// # Errors
/// A file that is one of the inputs.
pub fn refuse_input<'a>(
    file: Option<&'a Path>,
    find: impl FnOnce(&'a Path) -> Option<&'a Path>,
) -> anyhow::Result<()> {
    match file.filter(|file| file.is_file()).and_then(find) {
        Some(input) => {
            anyhow::bail!("{} is read: it cannot be written to as well", input.display())
        }
        None => Ok(()),
    }
}

/// Standard error, with colour where it is wanted.
pub fn stderr(color: ColorChoice) -> AutoStream<Box<dyn Write>> {
    let wanted = chosen(color, || AutoStream::choice(&io::stderr()));
    AutoStream::new(Box::new(io::stderr()), wanted)
}

/// `automatic` looks at `NO_COLOR`, `CLICOLOR_FORCE`, `TERM`, and whether it is a terminal at all.
fn chosen(
    color: ColorChoice,
    automatic: impl FnOnce() -> anstream::ColorChoice,
) -> anstream::ColorChoice {
    match color {
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
        ColorChoice::Auto => automatic(),
    }
}

/// How many columns to write: those asked for, those of the terminal, or a page's worth.
pub fn width(asked: Option<u16>) -> usize {
    const PAGE: u16 = 100;
    let terminal = || terminal_size::terminal_size().map(|(width, _)| width.0);
    usize::from(asked.or_else(terminal).unwrap_or(PAGE))
}

/// One line for the user, beside the data. What it names, such as the files of a directory, may be called
/// anything: signs that a terminal would obey are written out.
pub fn say(line: &str) {
    for line in line.split('\n') {
        // If even standard error is closed there is nobody to tell.
        let _ = writeln!(anstream::stderr(), "{}", plain_text(line));
    }
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
