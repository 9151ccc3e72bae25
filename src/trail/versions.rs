//! Numbers for values: the same value of the same cookie has the same number in every browser, so
//! that a copied session shows.

use super::story::CookieLife;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// The numbers of values.
type ByValue<'a> = BTreeMap<&'a [u8], usize>;

/// Numbers the values of all cookies of one name and domain from 1, in the order in which they
/// were first seen, whichever browser had them.
pub(super) fn number(lives: &mut [CookieLife]) {
    let mut first_seen = Vec::new();
    for (index, life) in lives.iter().enumerate() {
        let mut firsts: Vec<Option<(Timestamp, Option<u64>)>> = vec![None; life.versions.len()];
        for event in &life.events {
            if let Some(first) = event.version.and_then(|version| firsts.get_mut(version)) {
                let seen = (event.time, event.packet);
                *first = Some(first.map_or(seen, |first| first.min(seen)));
            }
        }
        let firsts = firsts.into_iter().enumerate();
        first_seen.extend(firsts.filter_map(|(version, first)| Some((first?, index, version))));
    }
    first_seen.sort_unstable();
    let mut cookies: BTreeMap<(&[u8], &str), ByValue<'_>> = BTreeMap::new();
    let mut numbers = Vec::with_capacity(first_seen.len());
    for (_, index, version) in first_seen {
        let life = &lives[index];
        let known = cookies.entry((&life.name, &life.domain)).or_default();
        let next = known.len() + 1;
        let number = *known.entry(&life.versions[version].value).or_insert(next);
        numbers.push((index, version, number));
    }
    for (index, version, number) in numbers {
        lives[index].versions[version].number = number;
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
