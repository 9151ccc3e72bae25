//! The `cookietrail` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    cookietrail::cli::run()
}
