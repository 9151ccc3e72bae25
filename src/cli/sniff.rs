//! `cookietrail sniff`: a network interface, told while it happens, and the report at the end.

use super::args::{self, Format};
use super::signals::Signals;
use super::{Outcome, interfaces, output, report};
use crate::capture::{Event, Live, LiveError, LiveOptions, Packet, Stats};
use crate::http::{KeepBodies, Reading};
use crate::pipeline::{Counts, Pipeline};
use crate::report::live;
use crate::report::report_json::About;
use crate::time::Timestamp;
use crate::trail::{self, Story, Trail};
use anstream::AutoStream;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Instant;

/// An output, with colour where it is wanted.
type Output = AutoStream<Box<dyn Write>>;

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
    let signals = Signals::watch()?;
    let mut live = Live::open(&options(arguments))?;
    let (mut report_to, lines_to) = outputs(arguments)?;
    output::say(&listening(arguments, live.interface()));
    let mut session = Session::new(lines_to, output::width(arguments.report.width));
    let ending = Ending::new(arguments, &signals);
    let broken = session.listen(&mut live, ending)?;
    signals.end_at_once();
    if broken == Some(LiveError::ClosedPipe) {
        return Ok(Outcome::Fine);
    }
    output::say(&format!("cookietrail: {}", counted(live.stats().ok(), session.pipeline.counts())));
    let outcome = session.report(arguments, live.interface(), &mut report_to)?;
    match broken {
        None => Ok(outcome),
        Some(error) => {
            output::say(&format!("cookietrail: {error}"));
            Ok(Outcome::Damaged)
        }
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

/// Where the report goes, and where the lines go before it. Packets or a document on standard
/// output must stay alone there: what else there is to say then goes to standard error.
fn outputs(arguments: &args::Sniff) -> anyhow::Result<(Output, Option<Output>)> {
    let options = &arguments.report;
    let packets = is_stdout(arguments.write.as_deref());
    let report_to = match &options.output {
        None if packets => output::stderr(options.color),
        file => output::open(file.as_deref(), options.color)?,
    };
    let document = options.output.is_none() && options.format != Format::Terminal;
    let lines_to = match (arguments.quiet, packets || document) {
        (true, _) => None,
        (false, true) => Some(output::stderr(options.color)),
        (false, false) => Some(output::open(None, options.color)?),
    };
    Ok((report_to, lines_to))
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

/// What has been seen so far.
struct Session {
    pipeline: Pipeline,
    trail: Trail,
    view: Option<View>,
}

impl Session {
    fn new(lines_to: Option<Output>, width: usize) -> Self {
        let mut pipeline =
            Pipeline::new(Reading { keep: KeepBodies::Readable, ..Reading::default() });
        if lines_to.is_some() {
            pipeline.watch_finished();
        }
        let view = lines_to.map(|out| View::new(out, width));
        Self { pipeline, trail: Trail::default(), view }
    }

    /// Listens until it ends. What breaks the capture off is given back: what came before it is
    /// still worth a report.
    fn listen(
        &mut self,
        live: &mut Live,
        mut ending: Ending<'_>,
    ) -> anyhow::Result<Option<LiveError>> {
        loop {
            if ending.signals.take_counts() {
                let counts = counted(live.stats().ok(), self.pipeline.counts());
                output::say(&format!("cookietrail: {counts}"));
            }
            ending.look();
            match live.next_event() {
                Ok(Event::Packet(packet)) => {
                    self.take(&packet)?;
                    if ending.is_last(&packet) {
                        break;
                    }
                }
                Ok(Event::Idle) => {
                    self.show_all()?;
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

    fn take(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        self.pipeline.push(packet);
        if let Some(view) = &mut self.view {
            view.take_finished(&mut self.pipeline);
            view.live.settle(self.pipeline.oldest_open().unwrap_or(u64::MAX), packet.time);
            view.show()?;
        }
        self.keep();
        Ok(())
    }

    /// Shows what has waited for earlier exchanges, now that nothing comes.
    fn show_all(&mut self) -> io::Result<()> {
        let Some(view) = &mut self.view else { return Ok(()) };
        view.live.settle_all(self.pipeline.oldest_open().unwrap_or(u64::MAX));
        view.show()
    }

    fn keep(&mut self) {
        while let Some(numbered) = self.pipeline.pop() {
            self.trail.push(numbered);
        }
    }

    /// Finishes what is unfinished, and writes the report. It is that of `analyze` for the same
    /// packets, and names the same file where they were saved.
    fn report(
        mut self,
        arguments: &args::Sniff,
        interface: &str,
        out: &mut Output,
    ) -> anyhow::Result<Outcome> {
        self.pipeline.finish();
        if let Some(view) = &mut self.view {
            view.take_finished(&mut self.pipeline);
        }
        self.show_all()?;
        if let Some(view) = &mut self.view
            && arguments.report.format == Format::Terminal
        {
            writeln!(view.out)?;
            view.out.flush()?;
        }
        self.keep();
        let mut story = self.trail.finish();
        if let Some(corrected) = self.view.and_then(|view| view.corrected(&story)) {
            output::say(&format!("cookietrail: {corrected}"));
        }
        let is_found = report::judge(&mut story, &arguments.report);
        let file = arguments.write.as_deref().filter(|path| !is_stdout(Some(path)));
        let name = file.map_or(interface.to_owned(), |path| path.display().to_string());
        let about = About { files: &[name], counts: self.pipeline.counts(), notes: &[] };
        report::render(&story, about, &arguments.report, out)?;
        Ok(if is_found { Outcome::Found } else { Outcome::Fine })
    }
}

/// The lines that tell what happens.
struct View {
    live: trail::Live,
    out: Output,
    width: usize,
    /// The browser that each request was given to, by its first packet.
    told: BTreeMap<u64, String>,
}

impl View {
    fn new(out: Output, width: usize) -> Self {
        Self { live: trail::Live::default(), out, width, told: BTreeMap::new() }
    }

    /// Which exchanges the report, which knows what came later, gives to another browser than the
    /// lines did.
    fn corrected(&self, story: &Story) -> Option<String> {
        const NAMED: usize = 8;
        let other = |(index, visit): (usize, &trail::Visit)| {
            let told = self.told.get(&visit.asked.as_ref()?.packet)?;
            let browser = story.browser_of(index)?;
            (browser.id != *told).then(|| format!("#{} is {}’s", visit.id, browser.id))
        };
        let others: Vec<String> = story.visits.iter().enumerate().filter_map(other).collect();
        let more = others.len().saturating_sub(NAMED);
        let named = others[..others.len().min(NAMED)].join(", ");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!others.is_empty())
            .then(|| format!("what came later shows whose some exchanges were: {named}{more}"))
    }

    fn take_finished(&mut self, pipeline: &mut Pipeline) {
        while let Some(exchange) = pipeline.peek_finished() {
            self.live.push(exchange);
        }
    }

    fn show(&mut self) -> io::Result<()> {
        while let Some(happening) = self.live.pop() {
            live::write(&happening, self.width, &mut self.out)?;
            if let (Some(asked), Some(browser)) = (&happening.visit.asked, &happening.browser) {
                self.told.insert(asked.packet, browser.clone());
            }
            self.out.flush()?;
        }
        Ok(())
    }
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
