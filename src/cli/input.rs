//! Captures through the pipeline.

use super::Outcome;
use super::args;
use super::output;
use super::progress;
use super::stages::{self, Sorting, Source};
use crate::capture::{Files, Packet};
use crate::http::{Exchange, KeepBodies, Reading};
use crate::note::{Note, NoteKind};
use crate::pipeline::{self, Counts, Lane, Order, Ready, Sorter};
use crate::report::summary;
use crate::trail::{Shared, Trail};
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// What reading a capture gave, beside the exchanges.
pub struct Finished {
    /// What was counted.
    pub counts: Counts,
    /// What was odd about the files.
    pub notes: Vec<Note>,
}

impl Finished {
    /// Whether the capture was damaged.
    pub fn outcome(&self) -> Outcome {
        let is_harmless = |note: &Note| {
            matches!(note.kind, NoteKind::SkippedFile | NoteKind::Limit | NoteKind::Untimed)
        };
        if self.notes.iter().all(is_harmless) { Outcome::Fine } else { Outcome::Damaged }
    }

    /// Says on standard error what was odd, for outputs that do not tell it themselves.
    pub fn tell(&self) {
        for note in &self.notes {
            output::say(&format!("cookietrail: {}", note.text));
        }
    }

    /// Says on standard error what could not be read: if nothing else `is_found`, all of it, and
    /// otherwise what may well have been more of the same.
    pub fn tell_unread(&self, is_found: bool) {
        let reasons = if is_found {
            summary::unknown_links(&self.counts).collect()
        } else {
            output::say(&format!("cookietrail: {}", summary::NOTHING));
            summary::unread(&self.counts)
        };
        for reason in reasons {
            output::say(&format!("cookietrail: {reason}"));
        }
    }
}

/// Captures that are open, and what picks packets of them.
pub struct Opened {
    files: Files,
    filter: Filter,
}

/// Opens the captures, of which none is to be written to by `output`.
///
/// # Errors
/// A file that cannot be opened, a filter that cannot be compiled, or an output that is one of the files.
pub fn open(input: &args::Input, output: Option<&Path>) -> anyhow::Result<Opened> {
    let filter = Filter::new(input.filter.as_deref())?;
    let files = Files::open(&input.files)?;
    output::refuse_input(output, |output| files.find(output))?;
    for file in files.repeated() {
        output::say(&format!("cookietrail: {} is named twice, and read twice", file.display()));
    }
    Ok(Opened { files, filter })
}

/// Reads all packets of these captures. Whoever follows connections makes something of each exchange at once, and that
/// is handed on in capture order. `is_quiet` says that `each` writes to the terminal, where no line
/// about the progress must come in between.
///
/// # Errors
/// What `each` fails with.
pub fn read_as<T, M>(
    opened: Opened,
    input: &args::Input,
    keep: KeepBodies,
    is_quiet: bool,
    maker: impl Fn() -> M,
    mut each: impl FnMut(Ready<T>) -> anyhow::Result<()> + Send,
) -> anyhow::Result<Finished>
where
    T: Send,
    M: FnMut(Box<Exchange>) -> T + Send,
{
    let budget = input.memory.budget();
    let mut lanes = pipeline::lanes(Reading { keep, ..Reading::default() }, budget);
    let mut sorter = Sorter::new(&budget);
    let Opened { mut files, filter } = opened;
    let sorting = Sorting { filter, sorter: &mut sorter };
    let source = Source { files: &mut files, progress: progress::Reading::new(!is_quiet) };
    let order = Order::within(budget.finished_bytes);
    // One lane leaves little to do side by side, and each thread takes memory, which is short then.
    match input.threads.get().min(lanes.len()) {
        1 => stages::one_by_one(source, sorting, &mut lanes, order, maker(), &mut each)?,
        many => stages::side_by_side(source, sorting, &mut lanes, many, order, maker, &mut each)?,
    }
    let notes = files.notes().iter().cloned().chain(Lane::note(&lanes)).collect();
    Ok(Finished { counts: sorter.counts(&lanes), notes })
}

/// So many threads tell the story: one where memory is short, as with reading.
pub fn threads(input: &args::Input) -> NonZero<usize> {
    if input.memory.budget().lanes > 1 { input.threads } else { NonZero::<usize>::MIN }
}

/// Reads all packets into a trail, of which `output` will tell.
///
/// # Errors
/// Those of [`open`].
pub fn trail(
    input: &args::Input,
    keep: KeepBodies,
    output: Option<&Path>,
) -> anyhow::Result<(Trail, Finished)> {
    let mut trail = Trail::within(input.memory.budget().story_bytes);
    let is_full = AtomicBool::new(false);
    let make = || {
        let (mut shared, is_full) = (Shared::default(), &is_full);
        move |exchange: Box<Exchange>| {
            let is_full = is_full.load(Ordering::Relaxed);
            (!is_full).then(|| Trail::visit(&exchange, &mut shared))
        }
    };
    let mut finished = read_as(open(input, output)?, input, keep, false, make, |ready| {
        match ready.item {
            Some(visit) => trail.push_visit(ready.id, ready.connection, visit),
            None => trail.pass_over(),
        }
        is_full.store(trail.is_full(), Ordering::Relaxed);
        Ok(())
    })?;
    finished.notes.extend(trail.note());
    Ok((trail, finished))
}

/// The packets that are read: all, or those that a BPF expression picks.
pub struct Filter {
    #[cfg(feature = "live")]
    compiled: Option<crate::capture::Filter>,
}

#[cfg(feature = "live")]
impl Filter {
    pub fn new(expression: Option<&str>) -> anyhow::Result<Self> {
        Ok(Self { compiled: expression.map(crate::capture::Filter::compile).transpose()? })
    }

    pub fn passes(&mut self, packet: &Packet<'_>) -> bool {
        let Some(filter) = &mut self.compiled else { return true };
        let passes = filter.matches(packet);
        if let Some(link) = filter.take_refused() {
            output::say(&format!(
                "cookietrail: the filter makes no sense for link type {}: none of its packets passes",
                link.0
            ));
        }
        passes
    }
}

#[cfg(not(feature = "live"))]
impl Filter {
    pub fn new(expression: Option<&str>) -> anyhow::Result<Self> {
        anyhow::ensure!(expression.is_none(), "this build has no libpcap, and so no BPF filters");
        Ok(Self {})
    }

    #[expect(clippy::unused_self, reason = "as where filters exist")]
    pub fn passes(&mut self, _packet: &Packet<'_>) -> bool {
        true
    }
}
