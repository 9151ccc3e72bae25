//! The signed cookies of a story, as targets of a search for their secrets.

use super::beside::Beside;
use super::story::Story;
use crate::session::crack::Target;
use crate::session::{self, Context, Cookie};
use std::collections::BTreeSet;

/// Every distinct signed value with the host or domain that it belongs to, in the order in which
/// they appeared. Each of `salts` is tried beside the frameworks' own.
pub fn targets(story: &Story, salts: &[Vec<u8>]) -> Vec<(String, Target)> {
    let beside = Beside::of(&story.cookies);
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for (index, life) in story.cookies.iter().enumerate() {
        let shown = beside.shown(&story.cookies, index);
        for (version, shown) in life.versions.iter().zip(&shown) {
            let Some(own) = &version.reading else { continue };
            if !known.insert((&life.domain, &life.name, &version.value)) {
                continue;
            }
            let companions = &*shown.companions;
            let cookie = Cookie { name: &life.name, value: &version.value, companions };
            let mut readings = session::candidates(&cookie, &Context::default());
            readings.sort_by_key(|reading| reading.format != own.format);
            let target = Target::new(&cookie, &readings, salts);
            found.extend(target.map(|target| (life.domain.clone(), target)));
        }
    }
    found
}
