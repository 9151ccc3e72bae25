//! What somebody holds: the values of cookies, and from which packet to which.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A cookie of a site: the site and the name.
pub(super) type Named = (Arc<str>, Arc<[u8]>);

/// A value of a cookie, from the first packet that shows it to the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub value: Arc<[u8]>,
    pub first: u64,
    pub last: u64,
}

/// What one owner is known to hold, and when.
#[derive(Debug, Clone, Default)]
pub(super) struct Holdings {
    cookies: BTreeMap<Named, Spans>,
}

/// The values of one cookie in the order in which they begin, each with the last packet that any so
/// far reaches.
#[derive(Debug, Clone, Default)]
struct Spans(Vec<(Span, u64)>);

impl Spans {
    fn add(&mut self, span: Span) {
        let at = self.0.partition_point(|(other, _)| other.first <= span.first);
        let mut reach = at.checked_sub(1).map_or(0, |before| self.0[before].1);
        self.0.insert(at, (span, 0));
        for (span, reached) in &mut self.0[at..] {
            reach = reach.max(span.last);
            *reached = reach;
        }
    }

    /// Whether another value is held while this one is.
    fn differ_from(&self, span: &Span) -> bool {
        let begun = self.0.partition_point(|(other, _)| other.first < span.last);
        let reaching = self.0[..begun].iter().rev().take_while(|(_, reach)| *reach > span.first);
        let mut reaching = reaching.map(|(other, _)| other);
        reaching.any(|other| other.last > span.first && other.value != span.value)
    }
}

impl Holdings {
    /// Adds a value of a cookie.
    pub fn add(&mut self, named: &Named, span: Span) {
        self.cookies.entry(named.clone()).or_default().add(span);
    }

    /// Takes over what a group holds.
    pub fn take(&mut self, other: &Self) {
        if self.cookies.is_empty() {
            self.cookies.clone_from(&other.cookies);
            return;
        }
        for (named, spans) in &other.cookies {
            for (span, _) in &spans.0 {
                self.add(named, span.clone());
            }
        }
    }

    /// Takes over what a group holds that has become part of this one.
    pub fn merge(&mut self, other: Self) {
        if self.cookies.is_empty() {
            *self = other;
            return;
        }
        for (named, spans) in other.cookies {
            let own = self.cookies.entry(named).or_default();
            spans.0.into_iter().for_each(|(span, _)| own.add(span));
        }
    }

    /// The cookie of which both hold different values at the same time.
    pub fn conflict(&self, other: &Self) -> Option<&Named> {
        other.cookies.iter().find_map(|(named, theirs)| {
            let (named, ours) = self.cookies.get_key_value(named)?;
            let differ = theirs.0.iter().any(|(span, _)| ours.differ_from(span));
            differ.then_some(named)
        })
    }
}
