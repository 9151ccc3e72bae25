//! What was odd, and in which packet.
//!
//! A note never stops the work. It is kept beside the thing it is about (a capture, an exchange)
//! and shown where a reader needs it to judge what they see.

use std::borrow::Cow;

/// The kinds of oddity, in the order of the street. The kebab-case word is part of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteKind {
    /// The file ends in the middle of a record, or a record cannot be read.
    DamagedFile,
    /// Files of a directory were passed over, since they are no captures.
    SkippedFile,
    /// Packets have no time of their own.
    Untimed,
    /// A packet was captured shorter than it was on the wire (snap length).
    CutPacket,
    /// Two copies of the same TCP bytes differ; the first seen was kept. It is noted while the first
    /// copy waits for what is missing before it. Of what has been read already only the last segment is
    /// compared, by its first 64 bytes, and counted.
    Overlap,
    /// Bytes of a stream are not in the capture.
    Gap,
    /// The connection was already open when the capture began.
    MidStream,
    /// A limit was reached and something was given up to hold it.
    Limit,
    /// A message head broke the grammar and was read all the same.
    LenientHead,
    /// The framing of a body was ambiguous or broken (RFC 9112 section 6).
    Framing,
    /// Bytes between messages that are no HTTP, a response that no request was waiting for or whose
    /// request cannot be read, or a head that may be part of a body.
    Junk,
    /// The connection goes on in another protocol, or as a tunnel.
    SwitchedProtocol,
    /// A message ended before its body did.
    Incomplete,
    /// A request and a response were paired by inference, and may not belong together.
    DoubtfulPairing,
    /// A message was captured before what its sender had read. Said once a connection.
    OutOfStep,
    /// A body's content coding could not be undone, or only in part.
    ContentCoding,
}

impl NoteKind {
    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::DamagedFile => "damaged-file",
            Self::SkippedFile => "skipped-file",
            Self::Untimed => "untimed",
            Self::CutPacket => "cut-packet",
            Self::Overlap => "overlap",
            Self::Gap => "gap",
            Self::MidStream => "mid-stream",
            Self::Limit => "limit",
            Self::LenientHead => "lenient-head",
            Self::Framing => "framing",
            Self::Junk => "junk",
            Self::SwitchedProtocol => "switched-protocol",
            Self::Incomplete => "incomplete",
            Self::DoubtfulPairing => "doubtful-pairing",
            Self::OutOfStep => "out-of-step",
            Self::ContentCoding => "content-coding",
        }
    }
}

/// One oddity, with the packet that shows it where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What kind of oddity.
    pub kind: NoteKind,
    /// The packet that shows it, counted from 1.
    pub packet: Option<u64>,
    /// One plain sentence. It never holds text from the wire.
    pub text: Cow<'static, str>,
}

impl Note {
    /// A note about one packet.
    pub fn at(kind: NoteKind, packet: u64, text: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, packet: Some(packet), text: text.into() }
    }
}
