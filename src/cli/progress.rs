//! One line on standard error that says how long work gets on; nothing where that is no terminal.

use super::wordlist::Position;
use crate::capture;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often the line is drawn.
const INTERVAL: Duration = Duration::from_millis(200);

/// How long reading goes on without a word: most captures are read by then.
const SILENCE: Duration = Duration::from_millis(500);

/// A line that is drawn over itself.
struct Line {
    shown: bool,
    is_wanted: bool,
    start: Instant,
    next: Instant,
}

impl Line {
    /// A line that appears after `silence`, if standard error is a terminal.
    #[expect(clippy::disallowed_methods, reason = "the rate for a person to see")]
    fn new(is_wanted: bool, silence: Duration) -> Self {
        let is_wanted = is_wanted && std::io::stderr().is_terminal();
        let start = Instant::now();
        Self { shown: false, is_wanted, start, next: start + silence }
    }

    /// How long the work has gone on, if it is time to draw.
    #[expect(clippy::disallowed_methods, reason = "the rate for a person to see")]
    fn due(&mut self) -> Option<Duration> {
        if !self.is_wanted {
            return None;
        }
        let now = Instant::now();
        (now >= self.next).then(|| {
            self.next = now + INTERVAL;
            now - self.start
        })
    }

    fn draw(&mut self, text: &str) {
        let width = terminal_size::terminal_size_of(std::io::stderr());
        let width = width.map_or(80, |(width, _)| usize::from(width.0));
        let text: String = text.chars().take(width.saturating_sub(1)).collect();
        // If standard error is closed there is nobody to tell.
        let _ = write!(std::io::stderr(), "\r\x1b[2K{text}");
        self.shown = true;
    }

    /// Takes the line away, so that something else can be written.
    fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.clear();
    }
}

/// How the reading of captures gets on.
pub struct Reading {
    line: Line,
    packets: u64,
}

impl Reading {
    /// A line for one reading. It is not wanted where results are written to the same terminal
    /// meanwhile.
    pub fn new(is_wanted: bool) -> Self {
        Self { line: Line::new(is_wanted, SILENCE), packets: 0 }
    }

    /// So many more packets have been read. Meant to be called once for many.
    pub fn add(&mut self, packets: usize, files: &capture::Files) {
        self.packets += packets as u64;
        if let Some(elapsed) = self.line.due() {
            self.line.draw(&reading(self.packets, files.progress(), elapsed));
        }
    }

    /// Everything has been read.
    pub fn clear(&mut self) {
        self.line.clear();
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn reading(packets: u64, progress: capture::Progress, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    let (packets, read) = (packets as f64, progress.read as f64);
    let counted = format!("{} packets, {}/s", short(packets), short(packets / seconds));
    match progress.total.map(|total| total as f64).filter(|total| *total > 0.0 && read > 0.0) {
        Some(total) => {
            let (percent, left) = (100.0 * read / total, seconds * (total - read) / read);
            let (read, total) = (short(read), short(total));
            format!("{percent:.0} %, {read}B of {total}B, {counted}, {} left", clock(left))
        }
        None => format!("{}B, {counted}", short(read)),
    }
}

/// How a search gets on.
pub struct Progress {
    line: Line,
    round: usize,
    position: Position,
}

impl Progress {
    /// A line for one round over a list.
    pub fn new(round: usize, position: Position) -> Self {
        Self { line: Line::new(true, INTERVAL), round, position }
    }

    /// Draws the line, if it is time to.
    pub fn draw(&mut self, lines: u64) {
        if let Some(elapsed) = self.line.due() {
            self.line.draw(&text(self.round, lines, elapsed, self.position.part()));
        }
    }

    /// Takes the line away, so that something else can be written.
    pub fn clear(&mut self) {
        self.line.clear();
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn text(round: usize, lines: u64, elapsed: Duration, part: Option<f64>) -> String {
    let seconds = elapsed.as_secs_f64();
    let rate = short(lines as f64 / seconds);
    let lines = short(lines as f64);
    let left = part.filter(|part| *part > 0.0).map(|part| seconds * (1.0 - part) / part);
    match (part, left) {
        (Some(part), Some(left)) => format!(
            "round {round}: {lines} candidates, {:.0} %, {rate}/s, {} left",
            part * 100.0,
            clock(left)
        ),
        _ => format!("round {round}: {lines} candidates, {rate}/s"),
    }
}

/// A number as people say it: 950, 12.3 k, 4.56 M.
fn short(number: f64) -> String {
    match number {
        ..1e3 => format!("{number:.0}"),
        ..1e6 => format!("{:.1} k", number / 1e3),
        ..1e9 => format!("{:.2} M", number / 1e6),
        _ => format!("{:.2} G", number / 1e9),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded for people")]
fn clock(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{}:{:02} min", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_has_rate_and_time_left() {
        let second = Duration::from_secs(1);
        let shown = text(1, 2_400_000, second, Some(0.25));
        assert_eq!(shown, "round 1: 2.40 M candidates, 25 %, 2.40 M/s, 3 s left");
        assert_eq!(text(2, 900, second, None), "round 2: 900 candidates, 900/s");
        assert_eq!(clock(3725.0), "1:02:05");
    }

    #[test]
    fn reading_has_bytes_packets_and_time_left() {
        let second = Duration::from_secs(2);
        let file = capture::Progress { read: 250_000_000, total: Some(1_000_000_000) };
        assert_eq!(
            reading(3_000_000, file, second),
            "25 %, 250.00 MB of 1.00 GB, 3.00 M packets, 1.50 M/s, 6 s left"
        );
        let pipe = capture::Progress { read: 1_500, total: None };
        assert_eq!(reading(10, pipe, second), "1.5 kB, 10 packets, 5/s");
        let empty = capture::Progress { read: 0, total: Some(0) };
        assert_eq!(reading(0, empty, second), "0B, 0 packets, 0/s");
    }
}
