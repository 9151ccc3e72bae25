//! Phrases: words of ours with captured text in them, so that every renderer can escape and set
//! each part as it should.

use super::words::circled;
use std::fmt;

/// One part of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words of ours. They may quote captured text.
    Words(String),
    /// Captured text, and nothing else.
    Captured(String),
    /// A cookie, and which of its values.
    Cookie {
        /// Its name, which is captured text.
        name: String,
        /// The number of the value, from 1.
        version: Option<usize>,
    },
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(text) | Self::Captured(text) => f.write_str(text),
            Self::Cookie { name, version: Some(version) } => {
                write!(f, "{name}{}", circled(*version))
            }
            Self::Cookie { name, version: None } => f.write_str(name),
        }
    }
}

/// A phrase. As a string it reads as its parts do, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Phrase(Vec<Piece>);

impl Phrase {
    /// A phrase that begins with these words.
    pub fn words(text: impl Into<String>) -> Self {
        Self::default().and_words(text)
    }

    /// A phrase that is captured text.
    pub fn captured(text: impl Into<String>) -> Self {
        Self::default().and(Piece::Captured(text.into()))
    }

    /// Adds words.
    #[must_use]
    pub fn and_words(self, text: impl Into<String>) -> Self {
        self.and(Piece::Words(text.into()))
    }

    /// Adds a part.
    #[must_use]
    pub fn and(mut self, piece: Piece) -> Self {
        self.0.push(piece);
        self
    }

    /// Adds parts with commas between them.
    #[must_use]
    pub fn and_list(mut self, pieces: impl IntoIterator<Item = Piece>) -> Self {
        for (index, piece) in pieces.into_iter().enumerate() {
            if index > 0 {
                self = self.and_words(", ");
            }
            self = self.and(piece);
        }
        self
    }

    /// Its parts.
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| piece.fmt(f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_reads_as_its_parts() {
        let cookie = |name: &str, version| Piece::Cookie { name: name.to_owned(), version };
        let phrase = Phrase::words("browser sends ")
            .and_list([cookie("a", Some(2)), cookie("b", None)])
            .and_words(".");
        assert_eq!(phrase.to_string(), "browser sends a②, b.");
    }
}
