//! Numbers for values: the same value of the same cookie has the same number in every browser, so
//! that a copied session shows.

use super::story::CookieLife;
use std::collections::BTreeMap;

/// Numbers the values of all cookies of one name and domain from 1, in the order in which they
/// were first seen, whichever browser had them.
pub(super) fn number(lives: &mut [CookieLife]) {
    let mut first_seen = Vec::new();
    for (index, life) in lives.iter().enumerate() {
        for event in &life.events {
            first_seen
                .extend(event.version.map(|version| (event.time, event.packet, index, version)));
        }
    }
    first_seen.sort_unstable();
    let mut numbers = Numbers::default();
    for (_, _, index, version) in first_seen {
        let life = &mut lives[index];
        let value = &life.versions[version].value;
        life.versions[version].number = numbers.number(&life.name, &life.domain, value);
    }
}

/// The numbers given so far.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// The number of each value, by name and domain.
    values: BTreeMap<(Vec<u8>, String), BTreeMap<Vec<u8>, usize>>,
}

impl Numbers {
    /// The number of a value: the one that it has, or the next one.
    pub fn number(&mut self, name: &[u8], domain: &str, value: &[u8]) -> usize {
        let known = self.values.entry((name.to_vec(), domain.to_owned())).or_default();
        let next = known.len() + 1;
        *known.entry(value.to_vec()).or_insert(next)
    }
}
