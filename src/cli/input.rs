//! Captures through the pipeline.

use super::Outcome;
use super::args;
use super::output;
use crate::capture::Files;
use crate::http::{KeepBodies, Reading};
use crate::pipeline::{Counts, Numbered, Pipeline};

/// What reading a capture gave, beside the exchanges.
pub struct Finished {
    /// What was counted.
    pub counts: Counts,
    /// What was odd about the files.
    pub notes: Vec<crate::note::Note>,
}

impl Finished {
    /// Whether the capture was damaged.
    pub fn outcome(&self) -> Outcome {
        if self.notes.is_empty() { Outcome::Fine } else { Outcome::Damaged }
    }
}

/// Reads all packets and hands each exchange on in capture order.
///
/// # Errors
/// A file that cannot be opened, a filter that cannot be compiled, or what `each` fails with.
pub fn read(
    input: &args::Input,
    keep: KeepBodies,
    mut each: impl FnMut(Numbered) -> anyhow::Result<()>,
) -> anyhow::Result<Finished> {
    let mut files = Files::open(&input.files)?;
    let mut pipeline = Pipeline::new(Reading { keep, ..Reading::default() });
    while let Some(packet) = files.next_packet() {
        pipeline.push(&packet);
        while let Some(numbered) = pipeline.pop() {
            each(numbered)?;
        }
    }
    pipeline.finish();
    while let Some(numbered) = pipeline.pop() {
        each(numbered)?;
    }
    for note in files.notes() {
        output::say(&format!("cookietrail: {}", note.text));
    }
    Ok(Finished { counts: pipeline.counts().clone(), notes: files.notes().to_vec() })
}
