//! How many responses of the whole capture made a value.

use super::links::SHORTEST_TIE;
use super::visit::Visit;
use crate::cookie::SetCookie;
use foldhash::fast::RandomState;
use foldhash::quality::FixedState;
use std::collections::HashMap;
use std::hash::BuildHasher;

/// A value, the name of its cookie, and the site.
pub(super) type Valued<'v> = (&'v [u8], &'v [u8], &'v str);

/// How many responses made a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    Never,
    Once,
    Often,
}

/// The values that responses made, each by a hash of it: of a million values two have the same one in
/// one capture of thirty million, and then tie nothing. It is the same hash in every run.
#[derive(Debug, Default)]
pub(super) struct Made(HashMap<u64, Times, RandomState>);

impl Made {
    /// Those of which the hashes are these, once for each response.
    pub fn of(hashes: impl Iterator<Item = u64>) -> Self {
        let mut made = HashMap::default();
        for hash in hashes {
            made.entry(hash).and_modify(|times| *times = Times::Often).or_insert(Times::Once);
        }
        Self(made)
    }

    pub fn times(&self, valued: Valued<'_>) -> Times {
        self.0.get(&hash(valued)).copied().unwrap_or(Times::Never)
    }
}

/// The values that the response of a visit made, with their lines' places.
pub(super) fn values(visit: &Visit) -> impl Iterator<Item = (usize, Valued<'_>)> {
    let asked = visit.asked.as_deref();
    let target = asked.and_then(|asked| asked.target.as_deref());
    let answered = visit.answered.as_deref().filter(|answered| !answered.set_cookies.is_empty());
    let made = asked.zip(target).zip(answered).map(|((asked, target), answered)| {
        let site = target.host.site();
        answered.set_cookies.iter().enumerate().filter_map(move |(place, line)| {
            let (name, value) = SetCookie::pair(line)?;
            let is_new = asked.cookies.first(name) != Some(value);
            (value.len() >= SHORTEST_TIE && is_new).then_some((place, (value, name, site)))
        })
    });
    made.into_iter().flatten()
}

/// What [`Made`] knows a value by.
pub(super) fn hash(valued: Valued<'_>) -> u64 {
    FixedState::default().hash_one(valued)
}
