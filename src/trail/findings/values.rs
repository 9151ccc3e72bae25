//! The values of sessions, where they stand in other texts.

use super::super::story::Story;
use foldhash::fast::RandomState;
use std::collections::{BTreeSet, HashMap};

/// Shorter values are found in URLs by accident.
pub(super) const TELLING_LENGTH: usize = 16;

/// A value, and before it which cookie's.
type OfCookie<'a> = (usize, &'a [u8]);

/// The values of the sessions of all browsers, by how they begin: a text is looked through once,
/// however many there are. Nothing here is walked through but in its own order.
#[derive(Default)]
pub(super) struct Values<'a> {
    /// By their browser and first bytes.
    by_begin: HashMap<(usize, [u8; TELLING_LENGTH]), Vec<OfCookie<'a>>, RandomState>,
    browsers: BTreeSet<usize>,
    /// Which pairs of bytes a value begins with, so that most places in a text are not looked up.
    begins: Begins,
}

/// A set of pairs of bytes.
struct Begins(Vec<bool>);

impl Default for Begins {
    fn default() -> Self {
        Self(vec![false; usize::from(u16::MAX) + 1])
    }
}

impl Begins {
    fn add(&mut self, value: &[u8; TELLING_LENGTH]) {
        self.0[Self::place(value)] = true;
    }

    fn has(&self, text: &[u8; TELLING_LENGTH]) -> bool {
        self.0[Self::place(text)]
    }

    fn place(text: &[u8; TELLING_LENGTH]) -> usize {
        usize::from(u16::from_le_bytes([text[0], text[1]]))
    }
}

impl<'a> Values<'a> {
    /// Those that are long enough.
    pub fn of(story: &'a Story) -> Self {
        let mut all = Self::default();
        for (index, life) in story.cookies.iter().enumerate().filter(|(_, life)| life.is_session())
        {
            for value in life.versions.iter().map(|version| &*version.value) {
                let Some(first) = value.first_chunk() else { continue };
                all.by_begin.entry((life.browser, *first)).or_default().push((index, value));
                all.browsers.insert(life.browser);
                all.begins.add(first);
            }
        }
        all
    }

    /// Whether a browser has any.
    pub fn has_any(&self, browser: usize) -> bool {
        self.browsers.contains(&browser)
    }

    /// The values of a browser that stand in a text, with their cookies.
    pub fn standing_in(
        &self,
        browser: usize,
        text: &'a [u8],
    ) -> impl Iterator<Item = OfCookie<'a>> {
        let places = 0..(text.len() + 1).saturating_sub(TELLING_LENGTH);
        places.flat_map(move |at| {
            let rest = &text[at..];
            let first = rest.first_chunk().filter(|first| self.begins.has(first));
            let first = first.map(|first| (browser, *first));
            let values = first.and_then(|first| self.by_begin.get(&first)).into_iter().flatten();
            values.copied().filter(move |(_, value)| rest.starts_with(value))
        })
    }
}
