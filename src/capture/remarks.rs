//! What is to be said of a file beside its packets, once it has been read.

use super::open::Format;
use crate::note::{Note, NoteKind};

impl Format {
    /// What could not be read of a file that is called `path`, although the file around it could.
    pub(crate) fn remarks(&self, path: &str) -> Vec<Note> {
        let Self::Pcapng(pcapng) = self else { return Vec::new() };
        let note = |kind, text: String| Note { kind, packet: None, text: text.into() };
        let passed_over = pcapng.passed_over().map(|passed_over| {
            let (packets, reason) = (passed_over.packets, &passed_over.reason);
            let text = format!("{path}: packets that cannot be read: {packets} ({reason})");
            note(NoteKind::DamagedFile, text)
        });
        let limit = pcapng.key_log_full().then(|| {
            note(NoteKind::Limit, format!("{path} carries more TLS key log text than is kept"))
        });
        let untimed = (pcapng.untimed() > 0).then(|| {
            let text = format!(
                "{path} has packets without a time of their own: {} (simple packet blocks); each was \
                 given that of the one before, or 1970",
                pcapng.untimed()
            );
            note(NoteKind::Untimed, text)
        });
        [passed_over, limit, untimed].into_iter().flatten().collect()
    }
}
