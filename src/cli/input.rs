//! Captures through the pipeline.

use super::Outcome;
use super::args;
use super::progress;
use super::{output, stages};
use crate::capture::{Batch, Files, Packet};
use crate::http::{KeepBodies, Reading};
use crate::note::{Note, NoteKind};
use crate::pipeline::{Counts, Numbered, Pipeline};
use crate::trail::Trail;

/// Bytes of finished exchanges that are handed on together.
const HANDED_ON: usize = 256 << 10;

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
        let is_harmless =
            |note: &Note| matches!(note.kind, NoteKind::SkippedFile | NoteKind::Limit);
        if self.notes.iter().all(is_harmless) { Outcome::Fine } else { Outcome::Damaged }
    }

    /// Says on standard error what was odd, for outputs that do not tell it themselves.
    pub fn tell(&self) {
        for note in &self.notes {
            output::say(&format!("cookietrail: {}", note.text));
        }
    }
}

/// Reads all packets and hands each exchange on in capture order.
///
/// # Errors
/// A file that cannot be opened, a filter that cannot be compiled, or what `each` fails with.
pub fn read(
    input: &args::Input,
    keep: KeepBodies,
    each: impl FnMut(Numbered) -> anyhow::Result<()>,
) -> anyhow::Result<Finished> {
    read_quietly(input, keep, false, each)
}

/// The same. `is_quiet` says that `each` writes to the terminal, where no line about the progress
/// must come in between.
///
/// # Errors
/// A file that cannot be opened, a filter that cannot be compiled, or what `each` fails with.
pub fn read_quietly(
    input: &args::Input,
    keep: KeepBodies,
    is_quiet: bool,
    mut each: impl FnMut(Numbered) -> anyhow::Result<()>,
) -> anyhow::Result<Finished> {
    let mut files = Files::open(&input.files)?;
    for file in files.repeated() {
        output::say(&format!("cookietrail: {} is named twice, and read twice", file.display()));
    }
    let mut street = Street::new(input, keep)?;
    let mut progress = progress::Reading::new(!is_quiet);
    if input.threads.get() == 1 {
        stages::one_by_one(&mut files, &mut street, &mut progress, &mut each)?;
    } else {
        stages::side_by_side(&mut files, &mut street, &mut progress, &mut each)?;
    }
    let notes = files.notes().iter().cloned().chain(street.pipeline.note()).collect();
    Ok(Finished { counts: street.pipeline.counts().clone(), notes })
}

/// From packets to exchanges, past the user's filter.
pub struct Street {
    filter: Filter,
    pipeline: Pipeline,
}

impl Street {
    fn new(input: &args::Input, keep: KeepBodies) -> anyhow::Result<Self> {
        let pipeline =
            Pipeline::within(Reading { keep, ..Reading::default() }, input.memory.budget());
        Ok(Self { filter: Filter::new(input.filter.as_deref())?, pipeline })
    }

    /// Takes the next packets.
    pub fn push(&mut self, batch: &Batch) -> anyhow::Result<()> {
        for packet in batch.packets() {
            if self.filter.passes(&packet)? {
                self.pipeline.push(&packet);
            }
        }
        Ok(())
    }

    /// The exchanges whose turn has come.
    pub fn exchanges(&mut self) -> impl Iterator<Item = Numbered> {
        std::iter::from_fn(|| self.pipeline.pop())
    }

    /// Some of them, no more than may be on the way between two threads.
    pub fn handful(&mut self) -> Vec<Numbered> {
        let mut room = HANDED_ON;
        let mut some = Vec::new();
        while room > 0
            && let Some(numbered) = self.pipeline.pop()
        {
            room = room.saturating_sub(numbered.exchange.weight());
            some.push(numbered);
        }
        some
    }

    /// Nothing more will come.
    pub fn finish(&mut self) {
        self.pipeline.finish();
    }
}

/// Reads all packets into a trail.
///
/// # Errors
/// A file that cannot be opened, or a filter that cannot be compiled.
pub fn trail(input: &args::Input, keep: KeepBodies) -> anyhow::Result<(Trail, Finished)> {
    let mut trail = Trail::default();
    let finished = read(input, keep, |numbered| {
        trail.push(numbered);
        Ok(())
    })?;
    Ok((trail, finished))
}

/// The packets that are read: all, or those that a BPF expression picks.
pub struct Filter {
    #[cfg(feature = "live")]
    expression: Option<String>,
    /// Compiled for the link type of the first packet, so that a mistake in it is told.
    #[cfg(feature = "live")]
    compiled: Option<crate::capture::Filter>,
}

#[cfg(feature = "live")]
impl Filter {
    #[expect(clippy::unnecessary_wraps, reason = "a build without libpcap has no filters")]
    pub fn new(expression: Option<&str>) -> anyhow::Result<Self> {
        Ok(Self { expression: expression.map(str::to_owned), compiled: None })
    }

    pub fn passes(&mut self, packet: &Packet<'_>) -> anyhow::Result<bool> {
        let Some(expression) = &self.expression else { return Ok(true) };
        if self.compiled.is_none() {
            self.compiled = Some(crate::capture::Filter::compile(expression, packet.link)?);
        }
        Ok(self.compiled.as_mut().is_none_or(|filter| filter.matches(packet)))
    }
}

#[cfg(not(feature = "live"))]
impl Filter {
    pub fn new(expression: Option<&str>) -> anyhow::Result<Self> {
        anyhow::ensure!(expression.is_none(), "this build has no libpcap, and so no BPF filters");
        Ok(Self {})
    }

    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "as where filters exist")]
    pub fn passes(&mut self, _packet: &Packet<'_>) -> anyhow::Result<bool> {
        Ok(true)
    }
}
