//! The `cookietrail` command.

fn main() {}
