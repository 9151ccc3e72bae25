//! A JSON document on one line, written piece by piece.
//!
//! `exchanges` prints gigabytes of header fields that hardly ever need an escape. Here a plain run
//! of bytes is copied as it stands; whatever is not plain goes to `serde_json`, which everything
//! else in this program is printed with. `docs/performance.md` has what that brings.

use super::text::{Text, json};
use crate::time::Timestamp;
use std::fmt::Display;
use std::io::Write;
use std::net::SocketAddr;

/// A line in the making. What is pushed is pushed as it stands: punctuation is the caller's.
#[derive(Debug, Default)]
pub(super) struct JsonLine {
    out: Vec<u8>,
    /// The last second that was printed, and how: packets come by the thousand in one second.
    second: Option<(i64, String)>,
}

impl JsonLine {
    /// What has been pushed.
    pub fn written(&self) -> &[u8] {
        &self.out
    }

    /// Begins anew.
    pub fn clear(&mut self) {
        self.out.clear();
    }

    /// Keys and punctuation.
    pub fn raw(&mut self, json: &str) {
        self.out.extend_from_slice(json.as_bytes());
    }

    /// A number.
    pub fn number(&mut self, number: impl itoa::Integer) {
        self.raw(itoa::Buffer::new().format(number));
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    /// A string of this program's own, which needs no escape.
    pub fn display(&mut self, value: impl Display) {
        // Writing to memory does not fail.
        let _ = write!(self.out, "\"{value}\"");
    }

    /// Captured text: a string, or an object if it is not UTF-8 (docs/json.md).
    pub fn text(&mut self, bytes: &[u8]) {
        if is_plain(bytes) {
            self.quoted(bytes);
        } else if std::str::from_utf8(bytes).is_ok() {
            self.string(&[bytes]);
        } else if let Ok(object) = serde_json::to_string(&Text(bytes)) {
            self.raw(&object);
        }
    }

    /// A string that needs no escape.
    fn quoted(&mut self, plain: &[u8]) {
        self.out.reserve(plain.len() + 2);
        self.out.push(b'"');
        self.out.extend_from_slice(plain);
        self.out.push(b'"');
    }

    /// Two strings, with a comma, that need no escape.
    pub fn plain_pair(&mut self, first: &[u8], second: &[u8]) {
        self.out.reserve(first.len() + second.len() + 5);
        self.out.push(b'"');
        self.out.extend_from_slice(first);
        self.out.extend_from_slice(b"\",\"");
        self.out.extend_from_slice(second);
        self.out.push(b'"');
    }

    /// One string of several pieces, each valid UTF-8.
    pub fn string(&mut self, pieces: &[&[u8]]) {
        self.out.push(b'"');
        for piece in pieces {
            self.escaped(piece);
        }
        self.out.push(b'"');
    }

    /// A point in time.
    pub fn time(&mut self, time: Timestamp) {
        let second = time.seconds();
        if self.second.as_ref().is_none_or(|(printed, _)| *printed != second) {
            let text = Timestamp::from_seconds(second).to_string();
            self.second = Some((second, text));
        }
        match &self.second {
            Some((_, text)) if time.digits() > 0 && text.ends_with('Z') => {
                let digits = usize::from(time.digits());
                let nanos = time.nanos().rem_euclid(1_000_000_000);
                self.out.push(b'"');
                self.out.extend_from_slice(&text.as_bytes()[..text.len() - 1]);
                let fraction = nine_digits(nanos.unsigned_abs());
                self.out.push(b'.');
                self.out.extend_from_slice(&fraction[..digits.min(fraction.len())]);
                self.raw("Z\"");
            }
            _ => self.display(time),
        }
    }

    /// An address and a port.
    pub fn address(&mut self, address: SocketAddr) {
        let SocketAddr::V4(v4) = address else { return self.display(address) };
        self.out.push(b'"');
        for (index, octet) in v4.ip().octets().into_iter().enumerate() {
            self.raw(if index == 0 { "" } else { "." });
            self.number(octet);
        }
        self.out.push(b':');
        self.number(v4.port());
        self.out.push(b'"');
    }

    /// The inside of a string.
    fn escaped(&mut self, mut text: &[u8]) {
        while !is_plain(text) {
            let run = text.iter().take_while(|byte| is_plain_byte(**byte)).count();
            let (plain, rest) = text.split_at(run);
            self.out.extend_from_slice(plain);
            match rest {
                [mark @ (b'"' | b'\\'), after @ ..] => {
                    self.out.extend_from_slice(&[b'\\', *mark]);
                    text = after;
                }
                _ => return self.escaped_by_serde(rest),
            }
        }
        self.out.extend_from_slice(text);
    }

    fn escaped_by_serde(&mut self, text: &[u8]) {
        // It was looked at before; what is not UTF-8 does not come here.
        let quoted = serde_json::to_string(&String::from_utf8_lossy(text)).unwrap_or_default();
        let quoted = json(&quoted);
        self.raw(quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(""));
    }
}

/// Whether a string may hold the byte as it stands, whatever reads it. DEL may act on a terminal.
const fn is_plain_byte(byte: u8) -> bool {
    matches!(byte, b' '..=b'!' | b'#'..=b'[' | b']'..=b'~')
}

/// Whether all bytes are plain. The blocks are written so that a compiler looks at many bytes in
/// one step.
pub(super) fn is_plain(text: &[u8]) -> bool {
    let (blocks, rest) = text.as_chunks::<32>();
    let (words, rest) = rest.as_chunks::<8>();
    let (blocks, words) = (blocks.iter().map(unplain), words.iter().map(unplain));
    blocks.chain(words).fold(0, |found, some| found | some) == 0
        && rest.iter().all(|byte| is_plain_byte(*byte))
}

/// Not zero if any of the bytes is not plain.
fn unplain<const N: usize>(block: &[u8; N]) -> u8 {
    block.iter().fold(0, |found, byte| found | u8::from(!is_plain_byte(*byte)))
}

/// Nanoseconds as nine digits.
fn nine_digits(mut nanos: u64) -> [u8; 9] {
    let mut digits = [b'0'; 9];
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789"[(nanos % 10) as usize];
        nanos /= 10;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The line that a writer gives for one value.
    fn line(write: impl Fn(&mut JsonLine)) -> String {
        let mut line = JsonLine::default();
        write(&mut line);
        String::from_utf8(line.written().to_vec()).unwrap()
    }

    fn by_serde(value: &impl serde::Serialize) -> String {
        json(&serde_json::to_string(value).unwrap()).into_owned()
    }

    proptest! {
        #[test]
        fn text_is_what_serde_writes(
            bytes in proptest::collection::vec(prop_oneof![6 => b' '..b'~', 1 => any::<u8>()], 0..80),
            text in any::<String>(),
        ) {
            prop_assert_eq!(line(|line| line.text(&bytes)), by_serde(&Text(&bytes)));
            prop_assert_eq!(line(|line| line.text(text.as_bytes())), by_serde(&text));
        }

        #[test]
        fn times_are_what_their_own_display_gives(
            nanos in any::<i64>(), near in 0_i64..3_000_000_000, digits in 0_u8..12,
        ) {
            let times = [nanos, nanos.saturating_add(near)];
            let times = times.map(|nanos| Timestamp::from_nanos(nanos, digits));
            let both = line(|line| times.iter().for_each(|time| line.time(*time)));
            prop_assert_eq!(both, by_serde(&times[0]) + &by_serde(&times[1]));
        }

        #[test]
        fn addresses_are_what_their_own_display_gives(address in any::<SocketAddr>()) {
            prop_assert_eq!(line(|line| line.address(address)), format!("\"{address}\""));
        }
    }

    #[test]
    fn nothing_that_acts_on_a_terminal_is_written_as_it_stands() {
        assert_eq!(
            line(|line| line.text("a\u{1b}[0m\u{7f}\u{202e}é\"".as_bytes())),
            r#""a\u001b[0m\u007f\u202eé\"""#
        );
    }
}
