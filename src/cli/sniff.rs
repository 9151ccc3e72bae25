//! `cookietrail sniff`: a network interface, told while it happens, and the report at the end.

use super::session::{self, Session};
use super::signals::Signals;
use super::{Outcome, args, interfaces, output};
use crate::capture::{Event, Live, LiveError, LiveOptions, Packet, Stats, is_same_file};
use crate::pipeline::Counts;
use crate::time::Timestamp;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Instant;

/// Times that nothing must come after the end, before all that came before it has been handed over:
/// the kernel may gather packets for as long as one such time.
const IDLE_AT_END: u32 = 2;

/// Runs the subcommand.
///
/// # Errors
/// A capture that cannot begin, or an output that cannot be written.
pub fn run(arguments: &args::Sniff) -> anyhow::Result<Outcome> {
    if arguments.list_interfaces {
        return interfaces::list();
    }
    if is_stdout(arguments.write.as_deref()) && io::stdout().is_terminal() {
        anyhow::bail!("packets are no text for a terminal: send them to a pipe or a file");
    }
    let keys = arguments.secrets.all()?;
    let signals = Signals::watch()?;
    let mut live = Live::open(&options(arguments))?;
    let packets = is_stdout(arguments.write.as_deref());
    refuse_twice(arguments.write.as_deref(), arguments.report.output.as_deref())?;
    let (mut report_to, lines_to) = session::outputs(&arguments.report, packets, arguments.quiet)?;
    output::say(&listening(arguments, live.interface()));
    let (width, budget) = (output::width(arguments.report.width), arguments.memory.budget());
    let mut session = Session::new(lines_to, width, keys, budget);
    let ending = Ending::new(arguments, &signals);
    let broken = listen(&mut session, &mut live, ending)?;
    signals.end_at_once();
    if broken == Some(LiveError::ClosedPipe) {
        return Ok(Outcome::Fine);
    }
    output::say(&format!("cookietrail: {}", counted(live.stats().ok(), &session.counts())));
    let file = arguments.write.as_deref().filter(|path| !is_stdout(Some(path)));
    let name = file.map_or(live.interface().to_owned(), |path| path.display().to_string());
    let outcome =
        session.report(&arguments.report, &name, &[], args::all_cores(), &mut report_to)?;
    match broken {
        None => Ok(outcome),
        Some(error) => {
            output::say(&format!("cookietrail: {error}"));
            Ok(Outcome::Damaged)
        }
    }
}

/// Refuses one file for packets, which is there by now, and report.
fn refuse_twice(packets: Option<&Path>, report: Option<&Path>) -> anyhow::Result<()> {
    let both = packets.filter(|path| !is_stdout(Some(path))).zip(report);
    match both.filter(|(packets, report)| report.is_file() && is_same_file(packets, report)) {
        Some((packets, _)) => {
            anyhow::bail!(
                "{} is written to already: the report needs another file",
                packets.display()
            )
        }
        None => Ok(()),
    }
}

fn is_stdout(path: Option<&Path>) -> bool {
    path.is_some_and(|path| path.as_os_str() == "-")
}

fn options(arguments: &args::Sniff) -> LiveOptions {
    let default = LiveOptions::default();
    LiveOptions {
        interface: arguments.interface.clone(),
        snaplen: if arguments.snaplen == 0 { default.snaplen } else { arguments.snaplen },
        promiscuous: !arguments.no_promiscuous,
        filter: arguments.expression(),
        write_to: arguments.write.clone(),
        ..default
    }
}

fn listening(arguments: &args::Sniff, interface: &str) -> String {
    let filter = arguments.expression().map_or(String::new(), |filter| format!(" for `{filter}`"));
    let until = match (arguments.count, arguments.lasting) {
        (None, None) => "; Ctrl-C ends it and prints the report",
        _ => "",
    };
    format!("cookietrail: listening on {interface}{filter}{until}")
}

/// What was captured, lost and not read, in one line.
fn counted(stats: Option<Stats>, counts: &Counts) -> String {
    let packets = if counts.packets == 1 { "packet" } else { "packets" };
    let mut parts = vec![format!("{} {packets} captured", counts.packets)];
    if let Some(stats) = stats {
        parts.push(format!("{} dropped by the kernel", stats.dropped_by_kernel));
        parts.extend(
            (stats.dropped_by_interface > 0)
                .then(|| format!("{} dropped by the interface", stats.dropped_by_interface)),
        );
    }
    let reasons: Vec<String> =
        counts.skipped.iter().map(|(skip, count)| format!("{} {count}", skip.word())).collect();
    let skipped: u64 = counts.skipped.values().sum();
    let reasons = if skipped > 0 { format!(" ({})", reasons.join(", ")) } else { String::new() };
    parts.push(format!("{skipped} skipped{reasons}"));
    parts.join(", ")
}

/// When a capture ends.
struct Ending<'a> {
    signals: &'a Signals,
    packets: u64,
    deadline: Option<Instant>,
    /// Since when it only hands over what came before.
    since: Option<Timestamp>,
    idle: u32,
}

impl<'a> Ending<'a> {
    fn new(arguments: &args::Sniff, signals: &'a Signals) -> Self {
        // A deadline beyond what the clock can tell is none.
        let deadline = arguments.lasting.and_then(|lasting| now_ticking().checked_add(lasting));
        let packets = arguments.count.unwrap_or(u64::MAX);
        Self { signals, packets, deadline, since: None, idle: 0 }
    }

    /// Looks whether a signal or the time says that it ends.
    fn look(&mut self) {
        let is_over = |deadline: Instant| now_ticking() >= deadline;
        if self.since.is_none() && (self.signals.is_end() || self.deadline.is_some_and(is_over)) {
            self.since = Some(now());
        }
    }

    /// Whether this packet is the last one.
    fn is_last(&self, packet: &Packet<'_>) -> bool {
        packet.number >= self.packets || self.since.is_some_and(|since| packet.time > since)
    }

    /// Whether nothing more can come after this silence.
    fn is_silent(&mut self) -> bool {
        self.idle += u32::from(self.since.is_some());
        self.idle >= IDLE_AT_END
    }
}

/// Listens until it ends. What breaks the capture off is given back: what came before it is still
/// worth a report.
fn listen(
    session: &mut Session,
    live: &mut Live,
    mut ending: Ending<'_>,
) -> anyhow::Result<Option<LiveError>> {
    loop {
        if ending.signals.take_counts() {
            let counts = counted(live.stats().ok(), &session.counts());
            output::say(&format!("cookietrail: {counts}"));
        }
        ending.look();
        match live.next_event() {
            Ok(Event::Packet(packet)) => {
                session.take(&packet)?;
                if ending.is_last(&packet) {
                    break;
                }
            }
            Ok(Event::Idle) => {
                session.show_all()?;
                if ending.is_silent() {
                    break;
                }
            }
            Ok(Event::Ended) => break,
            Err(error) => return Ok(Some(error)),
        }
    }
    Ok(live.flush().err())
}

#[expect(clippy::disallowed_methods, reason = "how long to listen is a matter of wall time")]
fn now_ticking() -> Instant {
    Instant::now()
}

/// The time on the clock that packets are stamped by.
#[expect(clippy::disallowed_methods, reason = "the end of a live capture is a moment of wall time")]
fn now() -> Timestamp {
    let now = jiff::Timestamp::now().as_nanosecond();
    Timestamp::from_nanos(i64::try_from(now).unwrap_or(i64::MAX), 9)
}
