//! What can be typed after `sniff`.

use super::{ReportOptions, Secrets};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// A live capture.
#[derive(Debug, Args)]
pub struct Sniff {
    /// Interface to listen on, by name or by its number in the listing; default: the first listed
    #[arg(short, long, value_name = "IFACE")]
    pub interface: Option<String>,
    /// Capture only packets that match this BPF filter
    #[arg(short = 'f', long, value_name = "BPF", conflicts_with = "words")]
    pub filter: Option<String>,
    /// The same filter as plain words, as in tcpdump: `tcp port 5000`
    #[arg(value_name = "BPF")]
    pub words: Vec<String>,
    /// Save every captured packet to a pcap file; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// End after this many packets
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// End after this long: 30s, 5m, 1h30m
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub lasting: Option<Duration>,
    /// List the interfaces that can be listened on, and end
    #[arg(short = 'D', long)]
    pub list_interfaces: bool,
    /// Bytes to keep of each packet; 0 is as many as there are
    #[arg(short, long, value_name = "BYTES", default_value_t = 0)]
    pub snaplen: u32,
    /// Do not ask for packets that are not for this machine
    #[arg(short = 'p', long)]
    pub no_promiscuous: bool,
    /// Print no lines while listening, only the report at the end
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub secrets: Secrets,
    #[command(flatten)]
    pub memory: super::Memory,
    #[command(flatten)]
    pub report: ReportOptions,
}

/// What the long help ends with.
pub(super) const EXAMPLES: &str = "\
Examples:
  cookietrail sniff -D                             which interfaces there are
  sudo cookietrail sniff -i lo tcp port 5000       watch a local server
  sudo cookietrail sniff -i eth0 -w seen.pcap      watch, and keep the packets
  sudo cookietrail sniff -q --for 30s --format json > report.json";

/// A length of time as people write it: `30s`, `5m`, `1h30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<jiff::SignedDuration>().ok();
    let parsed = parsed.and_then(|parsed| Duration::try_from(parsed).ok());
    let parsed = parsed.filter(|parsed| !parsed.is_zero());
    parsed.ok_or_else(|| "write it as 30s, 5m or 1h30m".to_owned())
}

#[cfg(feature = "live")]
impl Sniff {
    /// The capture filter, in whichever way it was given.
    pub fn expression(&self) -> Option<String> {
        let words = (!self.words.is_empty()).then(|| self.words.join(" "));
        self.filter.clone().or(words)
    }
}

#[cfg(test)]
#[cfg(feature = "live")]
mod tests {
    use super::super::{Arguments, Command};
    use super::*;
    use clap::Parser;

    fn sniff(line: &str) -> Result<Sniff, String> {
        let words = ["cookietrail", "sniff"].into_iter().chain(line.split_whitespace());
        match Arguments::try_parse_from(words) {
            Ok(Arguments { command: Command::Sniff(sniff) }) => Ok(sniff),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_command_line_is_sound() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn a_capture_filter_is_an_option_or_words_but_not_both() {
        for (line, filter) in [
            ("", None),
            ("-i lo", None),
            ("-f tcp", Some("tcp")),
            ("-i lo tcp port 5000", Some("tcp port 5000")),
            ("tcp port 5000 -i lo", Some("tcp port 5000")),
        ] {
            assert_eq!(sniff(line).unwrap().expression().as_deref(), filter, "{line}");
        }
        let both = sniff("-f tcp port 80").unwrap_err();
        assert!(both.contains("--filter") && both.contains("cannot be used with"), "{both}");
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("30s", Some(30)),
            ("5m", Some(300)),
            ("1h", Some(3600)),
            ("1h30m", Some(5400)),
            ("2 minutes", Some(120)),
            ("", None),
            ("30", None),
            ("0s", None),
            ("-5s", None),
            ("5 parsecs", None),
        ] {
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(duration(text).ok(), expected, "{text}");
        }
        assert!(sniff("--for soon").unwrap_err().contains("write it as 30s, 5m or 1h30m"));
        assert!(sniff("-c 0").is_err());
    }
}
