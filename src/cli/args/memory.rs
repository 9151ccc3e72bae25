//! How much memory may be taken.

use crate::limits::{Budget, LEAST_MEMORY};
use clap::Args;

/// How much memory may be taken.
#[derive(Debug, Args)]
pub struct Memory {
    /// Follow connections within this much memory, 64M or more; the oldest doubts are given up
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub max_memory: Option<usize>,
}

impl Memory {
    /// How it is divided.
    pub fn budget(&self) -> Budget {
        self.max_memory.map_or_else(Budget::default, Budget::within)
    }
}

/// An amount of memory: `64M`, `1G`, a number of bytes.
fn size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let unit = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err("write it as 64M, 512M or 2G".to_owned()),
    };
    let number: usize = digits.parse().map_err(|_| "write it as 64M, 512M or 2G".to_owned())?;
    let bytes = number.checked_mul(unit).ok_or_else(|| "that is too much".to_owned())?;
    if bytes < LEAST_MEMORY {
        return Err(format!("{}M is the least it can do with", LEAST_MEMORY >> 20));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("64M", Some(64 << 20)),
            ("64 MiB", Some(64 << 20)),
            ("2g", Some(2 << 30)),
            ("100000000", Some(100_000_000)),
            ("131072k", Some(128 << 20)),
            ("63M", None),
            ("1.5G", None),
            ("-1G", None),
            ("G", None),
            ("", None),
            ("99999999999999999999G", None),
            ("64 parsecs", None),
        ] {
            assert_eq!(size(text).ok(), bytes, "{text}");
        }
    }
}
