//! What somebody holds: the values of cookies, and from which packet to which.

use crate::few;
use std::sync::Arc;

/// A cookie of a site: the site and the name.
pub(super) type Named = (Arc<str>, Arc<[u8]>);

/// A value of a cookie, from the first packet that shows it to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// A number that no other value has.
    pub value: usize,
    pub first: u64,
    pub last: u64,
}

/// What one owner is known to hold, and when. There are many of these, and most hold one cookie.
#[derive(Debug, Clone, Default)]
pub(super) struct Holdings {
    /// In order.
    cookies: Vec<(Named, Spans)>,
}

/// The values of one cookie in the order in which they begin, each with the last packet that any so
/// far reaches.
#[derive(Debug, Clone, Default)]
struct Spans(Vec<(Span, u64)>);

impl Spans {
    fn add(&mut self, span: Span) {
        let at = self.0.partition_point(|(other, _)| other.first <= span.first);
        let mut reach = at.checked_sub(1).map_or(0, |before| self.0[before].1);
        few::insert(&mut self.0, at, (span, 0));
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
        self.of(named).add(span);
    }

    /// Takes over what a group holds.
    pub fn merge(&mut self, other: &Self) {
        for (named, spans) in &other.cookies {
            let own = self.of(named);
            spans.0.iter().for_each(|(span, _)| own.add(*span));
        }
    }

    /// All that some groups hold, if they can have one owner: no two hold different values at the same
    /// time.
    pub fn of_one<'a>(mut groups: impl Iterator<Item = &'a Self>) -> Option<Self> {
        groups.try_fold(Self::default(), |mut all, group| {
            let is_one = all.conflict(group).is_none();
            all.merge(group);
            is_one.then_some(all)
        })
    }

    /// Whether it is nothing.
    pub fn is_empty(&self) -> bool {
        self.cookies.is_empty()
    }

    /// The cookie of which both hold different values at the same time.
    pub fn conflict(&self, other: &Self) -> Option<&Named> {
        other.cookies.iter().find_map(|(named, theirs)| {
            let (named, ours) = &self.cookies[self.find(named).ok()?];
            let differ = theirs.0.iter().any(|(span, _)| ours.differ_from(span));
            differ.then_some(named)
        })
    }

    fn find(&self, named: &Named) -> Result<usize, usize> {
        self.cookies.binary_search_by(|(other, _)| other.cmp(named))
    }

    fn of(&mut self, named: &Named) -> &mut Spans {
        let at = self.find(named).unwrap_or_else(|at| {
            few::insert(&mut self.cookies, at, (named.clone(), Spans::default()));
            at
        });
        &mut self.cookies[at].1
    }
}
