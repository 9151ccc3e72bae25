//! Bodies: counted always, kept only where somebody asked for them.

use super::headers::Headers;

/// A message body, with the chunked coding undone and no other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// Bytes seen.
    pub length: u64,
    /// Whether all of it was captured.
    pub complete: bool,
    /// The first bytes of it, where bodies are kept.
    pub kept: Vec<u8>,
}

impl Body {
    /// Whether all its bytes were kept.
    pub fn is_whole(&self) -> bool {
        self.complete && self.kept.len() as u64 == self.length
    }

    /// Counts bytes, and keeps them up to `cap`.
    pub(super) fn add(&mut self, bytes: &[u8], cap: usize) {
        // Bytes behind a hole are not kept: they would pass for the ones in front of it.
        if self.kept.len() as u64 == self.length {
            let room = cap.saturating_sub(self.kept.len()).min(bytes.len());
            self.kept.extend_from_slice(&bytes[..room]);
        }
        self.length += bytes.len() as u64;
    }
}

/// Which bodies are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeepBodies {
    /// None: they are skipped where they lie.
    #[default]
    None,
    /// Those that a person can read: forms, HTML, JSON, plain text.
    Readable,
}

impl KeepBodies {
    /// Whether the body of a message with these headers is kept.
    pub(super) fn wants(self, headers: &Headers) -> bool {
        self == Self::Readable && headers.media_type().is_some_and(is_readable)
    }
}

fn is_readable(media_type: &[u8]) -> bool {
    const READABLE: [&[u8]; 6] = [
        b"application/x-www-form-urlencoded",
        b"multipart/form-data",
        b"application/json",
        b"application/xhtml+xml",
        b"text/html",
        b"text/plain",
    ];
    READABLE.iter().any(|readable| media_type.eq_ignore_ascii_case(readable))
}
