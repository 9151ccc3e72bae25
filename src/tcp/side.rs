//! The two ends of a connection.

/// An end of a connection: the one that opened it (or was seen first), and the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The sender of the SYN; of the first segment seen, where the handshake was not captured.
    Originator,
    /// The other end.
    Responder,
}

impl Side {
    /// Both sides, the originator first.
    pub const BOTH: [Self; 2] = [Self::Originator, Self::Responder];

    /// The other side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Originator => Self::Responder,
            Self::Responder => Self::Originator,
        }
    }

    /// 0 or 1, to keep a pair in an array.
    pub const fn index(self) -> usize {
        match self {
            Self::Originator => 0,
            Self::Responder => 1,
        }
    }
}
