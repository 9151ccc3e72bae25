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
use std::ops::Range;

/// The length of a second in words: `2026-11-24T10:00:00Z`.
const SECOND: usize = 20;

/// A line in the making. What is pushed is pushed as it stands: punctuation is the caller's.
#[derive(Debug, Default)]
pub(super) struct JsonLine {
    out: Vec<u8>,
    /// The last second that was printed, and how: packets come by the thousand in one second.
    second: Option<(i64, [u8; SECOND])>,
}

impl JsonLine {
    /// What has been pushed.
    pub fn written(&self) -> &[u8] {
        &self.out
    }

    /// Makes room for so many bytes.
    pub fn reserve(&mut self, bytes: usize) {
        self.out.reserve(bytes);
    }

    /// What has been pushed; it begins anew.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
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
            self.plain(&[bytes]);
        } else if std::str::from_utf8(bytes).is_ok() {
            self.string(&[bytes]);
        } else if let Ok(object) = serde_json::to_string(&Text(bytes)) {
            self.raw(&object);
        }
    }

    /// One string of several pieces that need no escape.
    pub fn plain(&mut self, pieces: &[&[u8]]) {
        self.out.push(b'"');
        for piece in pieces {
            self.out.extend_from_slice(piece);
        }
        self.out.push(b'"');
    }

    /// An array of arrays of two strings, parts of a text that need no escape.
    pub fn plain_pairs(
        &mut self,
        text: &[u8],
        pairs: impl Iterator<Item = (Range<usize>, Range<usize>)>,
    ) {
        self.pairs(pairs, |line, part| line.part(text, part));
    }

    /// The same of a text that is printable ASCII but for its line ends.
    pub fn printable_pairs(
        &mut self,
        text: &[u8],
        pairs: impl Iterator<Item = (Range<usize>, Range<usize>)>,
    ) {
        let mut marks = memchr::memchr2_iter(b'"', b'\\', text).peekable();
        let mut part = |line: &mut Self, part: Range<usize>| {
            while marks.next_if(|mark| *mark < part.start).is_some() {}
            if marks.peek().is_some_and(|mark| *mark < part.end) {
                line.escaped(&text[part]);
            } else {
                line.part(text, part);
            }
        };
        self.pairs(pairs, &mut part);
    }

    fn pairs(
        &mut self,
        pairs: impl Iterator<Item = (Range<usize>, Range<usize>)>,
        mut part: impl FnMut(&mut Self, Range<usize>),
    ) {
        let mut before = "[[\"";
        for (first, second) in pairs {
            self.raw(before);
            part(self, first);
            self.raw("\",\"");
            part(self, second);
            before = "\"],[\"";
        }
        self.raw(if before.len() == 3 { "[]" } else { "\"]]" });
    }

    /// A part of a text. Most are short: copying a whole block and cutting off what is too much takes
    /// half the time of copying just what is wanted.
    #[inline]
    fn part(&mut self, text: &[u8], part: Range<usize>) {
        const BLOCK: usize = 32;
        let end = self.out.len() + part.len();
        match text[part.start..].first_chunk::<BLOCK>() {
            Some(block) if part.len() <= BLOCK => {
                self.out.extend_from_slice(block);
                self.out.truncate(end);
            }
            _ => self.long_part(&text[part]),
        }
    }

    /// One that is longer than a block, or lies too near to the end of the text for one.
    #[inline(never)]
    fn long_part(&mut self, part: &[u8]) {
        self.out.extend_from_slice(part);
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
            self.second = text.as_bytes().try_into().ok().map(|text| (second, text));
        }
        match &self.second {
            Some((_, text)) if time.digits() > 0 => {
                let nanos = time.nanos().rem_euclid(1_000_000_000).unsigned_abs();
                let mut whole = [b'"'; 1 + SECOND + 9];
                whole[1..=SECOND].copy_from_slice(text);
                whole[SECOND..].copy_from_slice(&fraction(nanos));
                self.first_of(&whole, 1 + SECOND + usize::from(time.digits()));
                self.raw("Z\"");
            }
            _ => self.display(time),
        }
    }

    /// The first bytes of a few: all are copied, which takes fewer steps, and the rest cut off.
    fn first_of<const N: usize>(&mut self, bytes: &[u8; N], count: usize) {
        let end = self.out.len() + count;
        self.out.extend_from_slice(bytes);
        self.out.truncate(end);
    }

    /// An address and a port.
    pub fn address(&mut self, address: SocketAddr) {
        let SocketAddr::V4(v4) = address else { return self.display(address) };
        // Room for the longest: four octets with what stands before each.
        let (mut text, mut len) = ([b'"'; 17], 0);
        for octet in v4.ip().octets() {
            let digits = OCTETS[usize::from(octet)];
            text[len + 1..len + 4].copy_from_slice(&digits[..3]);
            len += 1 + usize::from(digits[3]);
            text[len] = b'.';
        }
        text[len] = b':';
        self.first_of(&text, len + 1);
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
    // Not `matches!` with its three ranges: this takes fewer steps for many bytes at once.
    byte.wrapping_sub(b' ') <= b'~' - b' ' && byte != b'"' && byte != b'\\'
}

/// Whether all bytes are plain.
fn is_plain(text: &[u8]) -> bool {
    all(text, is_plain_byte)
}

/// Whether all bytes are plain, but for line ends.
pub(super) fn is_plain_in_lines(text: &[u8]) -> bool {
    all(text, |byte| is_plain_byte(byte) || byte == b'\r' || byte == b'\n')
}

/// Whether all bytes are of a kind. Blocks are looked at as a whole, which a compiler does in a few
/// steps; the last one may lie over the one before.
fn all(text: &[u8], of_kind: impl Fn(u8) -> bool + Copy) -> bool {
    const BLOCK: usize = 32;
    let Some(last) = text.last_chunk::<BLOCK>() else {
        return text.iter().all(|byte| of_kind(*byte));
    };
    let mut others = [0; BLOCK];
    for block in text.as_chunks::<BLOCK>().0.iter().chain([last]) {
        for (other, byte) in others.iter_mut().zip(block) {
            *other |= u8::from(!of_kind(*byte));
        }
    }
    others == [0; BLOCK]
}

/// Each octet in decimal digits, and how many those are.
const OCTETS: [[u8; 4]; 256] = {
    let mut all = [[0; 4]; 256];
    let mut octet: u8 = 0;
    loop {
        let [hundreds, tens, ones] = [octet / 100, octet / 10 % 10, octet % 10];
        let [hundreds, tens, ones] = [b'0' + hundreds, b'0' + tens, b'0' + ones];
        all[octet as usize] = match octet {
            0..10 => [ones, 0, 0, 1],
            10..100 => [tens, ones, 0, 2],
            100.. => [hundreds, tens, ones, 3],
        };
        if octet == u8::MAX {
            break all;
        }
        octet += 1;
    }
};

/// A point, and nanoseconds as nine digits.
fn fraction(nanos: u64) -> [u8; 10] {
    let mut text = [b'.'; 10];
    let mut rest = nanos;
    for digit in text[1..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    text
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
