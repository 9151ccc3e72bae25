//! Packets told while they come, and the report at the end: what `sniff` and `--follow` share.

use super::args::{Format, ReportOptions};
use super::silence::Silence;
use super::{Outcome, output, report};
use crate::capture::Packet;
use crate::http::{KeepBodies, Reading};
use crate::limits::Budget;
use crate::note::Note;
use crate::pipeline::{Counts, Pipeline};
use crate::report::live;
use crate::report::report_json::About;
use crate::report::words::first_few;
use crate::trail::{self, Keys, Story, Trail};
use anstream::AutoStream;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::num::NonZero;

/// An output, with colour where it is wanted.
pub type Output = AutoStream<Box<dyn Write>>;

/// Where the report goes, and where the lines go before it. A document on standard output, or
/// packets (`is_taken`), must stay alone there: what else there is to say then goes to standard
/// error.
///
/// # Errors
/// A file that cannot be made.
pub fn outputs(
    options: &ReportOptions,
    is_taken: bool,
    quiet: bool,
) -> anyhow::Result<(Output, Option<Output>)> {
    let report_to = match &options.output {
        None if is_taken => output::stderr(options.color),
        file => output::open(file.as_deref(), options.color)?,
    };
    let document = options.output.is_none() && options.format != Format::Terminal;
    let lines_to = match (quiet, is_taken || document) {
        (true, _) => None,
        (false, true) => Some(output::stderr(options.color)),
        (false, false) => Some(output::open(None, options.color)?),
    };
    Ok((report_to, lines_to))
}

/// What has been seen so far.
pub struct Session {
    pipeline: Pipeline,
    trail: Trail,
    keys: Keys,
    view: Option<View>,
    silence: Silence,
}

impl Session {
    /// A session that has seen nothing, judges signatures with `keys`, and keeps within `budget`.
    /// Without `lines_to` it says nothing before its report.
    pub fn new(lines_to: Option<Output>, width: usize, keys: Keys, budget: Budget) -> Self {
        let mut pipeline =
            Pipeline::within(Reading { keep: KeepBodies::Readable, ..Reading::default() }, budget);
        if lines_to.is_some() {
            pipeline.watch_finished();
        }
        let view = lines_to.map(|out| View::new(out, width, keys.clone(), budget.story_bytes / 3));
        let trail = Trail::within(budget.story_bytes / 3 * 2);
        Self { pipeline, trail, keys, view, silence: Silence::default() }
    }

    /// What was counted so far.
    pub fn counts(&self) -> Counts {
        self.pipeline.counts()
    }

    /// Takes the next packet, and shows what it finished.
    ///
    /// # Errors
    /// Those of the output.
    pub fn take(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        self.silence.end(packet);
        self.pipeline.push(packet);
        if let Some(view) = &mut self.view {
            view.take_finished(&mut self.pipeline);
            view.live.settle(self.pipeline.oldest_open().unwrap_or(u64::MAX), packet.time);
            view.show(self.trail.is_full())?;
        }
        self.keep();
        Ok(())
    }

    /// Shows what has waited for earlier exchanges, now that nothing comes.
    ///
    /// # Errors
    /// Those of the output.
    pub fn show_all(&mut self) -> io::Result<()> {
        self.silence.tell(&mut self.pipeline);
        if let Some(view) = &mut self.view {
            view.take_finished(&mut self.pipeline);
            view.live.settle_all(self.pipeline.oldest_open().unwrap_or(u64::MAX));
            view.show(self.trail.is_full())?;
        }
        self.keep();
        Ok(())
    }

    fn keep(&mut self) {
        while let Some(numbered) = self.pipeline.pop() {
            self.trail.push(numbered);
        }
    }

    /// Finishes what is unfinished, and writes the report. It is that of `analyze` for the same
    /// packets.
    ///
    /// # Errors
    /// Those of the outputs.
    pub fn report(
        mut self,
        options: &ReportOptions,
        name: &str,
        notes: &[Note],
        threads: NonZero<usize>,
        out: &mut Output,
    ) -> anyhow::Result<Outcome> {
        self.pipeline.finish();
        if let Some(view) = &mut self.view {
            view.take_finished(&mut self.pipeline);
        }
        self.show_all()?;
        if let Some(view) = &mut self.view
            && options.format == Format::Terminal
        {
            writeln!(view.out)?;
            view.out.flush()?;
        }
        self.keep();
        let told: Vec<Note> = self.pipeline.note().into_iter().chain(self.trail.note()).collect();
        let is_document = options.format != Format::Terminal || options.output.is_some();
        for note in told.iter().filter(|_| is_document) {
            output::say(&format!("cookietrail: {}", note.text));
        }
        let notes: Vec<Note> = notes.iter().cloned().chain(told).collect();
        let mut story = self.trail.finish_on(threads, &self.keys);
        if let Some(corrected) = self.view.and_then(|view| view.corrected(&story)) {
            output::say(&format!("cookietrail: {corrected}"));
        }
        let is_found = report::judge(&mut story, options);
        let about =
            About { files: &[name.to_owned()], counts: &self.pipeline.counts(), notes: &notes };
        let is_styled = out.current_choice() != anstream::ColorChoice::Never;
        // Nobody is asked again: what was seen is gone.
        let letters = report::letters(&story, options).unwrap_or_else(|error| {
            output::say(&format!("cookietrail: {error}"));
            Vec::new()
        });
        report::render(&story, about, options, &letters, threads, is_styled, out)?;
        Ok(if is_found { Outcome::Found } else { Outcome::Fine })
    }
}

/// What is said where the lines had to forget.
const FORGOTTEN: &str = "cookietrail: the browsers and cookies that were told of are forgotten, since they \
                         took more memory than they may (--max-memory); whoever comes now has a new letter";

/// The lines that tell what happens.
struct View {
    live: trail::Live,
    out: Output,
    width: usize,
    /// The browser that each request was given to, by its first packet.
    told: BTreeMap<u64, String>,
    /// It knows of no more.
    is_closed: bool,
}

impl View {
    fn new(out: Output, width: usize, keys: Keys, room: usize) -> Self {
        let live = trail::Live::within(keys, room);
        Self { live, out, width, told: BTreeMap::new(), is_closed: false }
    }

    /// Which exchanges the report, which knows what came later, gives to another browser than the
    /// lines did.
    fn corrected(&self, story: &Story) -> Option<String> {
        const NAMED: usize = 8;
        let browsers = story.browsers_of_visits();
        let other = |(index, visit): (usize, &trail::Visit)| {
            let told = self.told.get(&visit.asked.as_ref()?.packet)?;
            let browser = &story.browsers[browsers[index]?];
            (browser.id != *told).then(|| format!("#{} is {}’s", visit.id, browser.id))
        };
        let others: Vec<String> = story.visits.iter().enumerate().filter_map(other).collect();
        (!others.is_empty()).then(|| {
            let named = first_few(others.into_iter(), NAMED);
            format!("what came later shows whose some exchanges were: {named}")
        })
    }

    fn take_finished(&mut self, pipeline: &mut Pipeline) {
        while let Some(exchange) = pipeline.peek_finished() {
            self.live.push(exchange);
        }
    }

    /// Shows what has happened. What the report does not tell of (`is_full`), or calls by other letters,
    /// need not be known at its end.
    fn show(&mut self, is_full: bool) -> io::Result<()> {
        self.is_closed |= is_full;
        while let Some(happening) = self.live.pop() {
            live::write(&happening, self.width, &mut self.out)?;
            if let (Some(asked), Some(browser)) = (&happening.visit.asked, &happening.browser) {
                let told = (!self.is_closed).then(|| (asked.packet, browser.clone()));
                self.told.extend(told);
            }
            self.out.flush()?;
        }
        if self.live.take_forgotten() {
            self.is_closed = true;
            output::say(FORGOTTEN);
        }
        Ok(())
    }
}
