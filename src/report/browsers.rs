//! Why each browser is one: what ties its exchanges to it, in words and for programs.

use super::words::first_few;
use crate::trail::{Browser, Story, TiedBy};
use serde::Serialize;
use std::collections::BTreeMap;

/// The exchanges of a browser that one kind of evidence ties.
#[derive(Debug, Serialize)]
pub(super) struct Tied {
    by: &'static str,
    text: &'static str,
    exchanges: Vec<u64>,
}

/// The exchanges of a browser by what ties them, the strongest kinds first.
pub(super) fn evidence(browser: &Browser, story: &Story) -> Vec<Tied> {
    let mut by: BTreeMap<TiedBy, Vec<u64>> = BTreeMap::new();
    for one in &browser.evidence {
        by.entry(one.by).or_default().push(story.visits[one.visit].id);
    }
    let tied = |(by, exchanges): (TiedBy, Vec<u64>)| Tied {
        by: by.word(),
        text: by.sentence(),
        exchanges,
    };
    by.into_iter().map(tied).collect()
}

/// The same in lines, after one that says how sure it is.
pub(super) fn lines(browser: &Browser, story: &Story) -> Vec<String> {
    const NAMED: usize = 12;
    let sure = format!("{}: {}", browser.confidence.word(), browser.confidence.sentence());
    let line = |tied: Tied| {
        let exchanges = first_few(tied.exchanges.iter().map(|id| format!("#{id}")), NAMED);
        format!("{exchanges}: {}", tied.text)
    };
    std::iter::once(sure).chain(evidence(browser, story).into_iter().map(line)).collect()
}
