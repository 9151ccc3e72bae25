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
    let mut numbers: BTreeMap<(Vec<u8>, String), Vec<Vec<u8>>> = BTreeMap::new();
    for (_, _, index, version) in first_seen {
        let life = &mut lives[index];
        let value = &life.versions[version].value;
        let known = numbers.entry((life.name.clone(), life.domain.clone())).or_default();
        let at = known.iter().position(|other| other == value).unwrap_or_else(|| {
            known.push(value.clone());
            known.len() - 1
        });
        life.versions[version].number = at + 1;
    }
}
