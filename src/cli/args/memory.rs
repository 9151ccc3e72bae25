//! How much memory may be taken.

use crate::limits::{Budget, LEAST_MEMORY};
use clap::Args;

/// How much memory may be taken.
#[derive(Debug, Args)]
pub struct Memory {
    /// Keep within this much memory, 64M or more: the oldest doubts are given up, and a story that takes
    /// more ends early
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub max_memory: Option<usize>,
}

impl Memory {
    /// How it is divided. Where nothing is said, a story may take three quarters of what there is.
    pub fn budget(&self) -> Budget {
        let whole = || {
            let story_bytes = available().map_or(usize::MAX, |bytes| bytes / 4 * 3);
            Budget { story_bytes, ..Budget::default() }
        };
        self.max_memory.map_or_else(whole, Budget::within)
    }
}

/// How much memory the machine has, or the container (cgroup v2) that this runs in; `None` where that is
/// not known.
fn available() -> Option<usize> {
    #[cfg(target_os = "linux")]
    {
        let info = rustix::system::sysinfo();
        let machine = usize::try_from(info.totalram).ok()?.checked_mul(info.mem_unit as usize)?;
        #[expect(clippy::disallowed_methods, reason = "what the system says of itself")]
        let limit = std::fs::read_to_string("/sys/fs/cgroup/memory.max");
        let limit = limit.ok().and_then(|text| text.trim().parse().ok());
        Some(limit.map_or(machine, |limit| machine.min(limit)))
    }
    #[cfg(not(target_os = "linux"))]
    None
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
    use super::{available, size};

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

    #[test]
    #[cfg(target_os = "linux")]
    fn what_there_is_can_be_told() {
        assert!(available().is_some_and(|bytes| bytes > 16 << 20), "{:?}", available());
    }
}
