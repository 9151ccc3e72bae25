//! One line on standard error that says how a search gets on; nothing where that is no terminal.

use super::wordlist::Position;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often the line is drawn.
const INTERVAL: Duration = Duration::from_millis(200);

/// The line.
pub struct Progress {
    shown: bool,
    is_terminal: bool,
    round: usize,
    start: Instant,
    drawn: Option<Instant>,
    position: Position,
}

impl Progress {
    /// A line for one round over a list.
    #[expect(clippy::disallowed_methods, reason = "the rate for a person to see")]
    pub fn new(round: usize, position: Position) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        Self { shown: false, is_terminal, round, start: Instant::now(), drawn: None, position }
    }

    /// Draws the line, if it is time to.
    #[expect(clippy::disallowed_methods, reason = "the rate for a person to see")]
    pub fn draw(&mut self, lines: u64) {
        let now = Instant::now();
        let is_due = self.drawn.is_none_or(|drawn| now - drawn >= INTERVAL);
        let elapsed = now - self.start;
        if self.is_terminal && is_due && elapsed >= INTERVAL {
            let text = text(self.round, lines, elapsed, self.position.part());
            // If standard error is closed there is nobody to tell.
            let _ = write!(std::io::stderr(), "\r\x1b[2K{text}");
            self.drawn = Some(now);
            self.shown = true;
        }
    }

    /// Takes the line away, so that something else can be written.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
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
}
