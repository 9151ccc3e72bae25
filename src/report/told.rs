//! Whose stories a report for people tells: of ten thousand browsers, nobody reads each one.

use super::summary::NAMED_EXCHANGES;
use crate::trail::{Finding, Navigation, Story};
use std::collections::{BTreeMap, BTreeSet};

/// Browsers whose stories are told if nobody asks for others; JSON has every one.
const MAX_TOLD: usize = 100;

/// Steps of a browser on one site that are told if nobody asks for all; JSON has every one.
const MAX_STEPS: usize = 500;

/// Whose stories are to be told.
#[derive(Debug, Clone, Copy, Default)]
pub enum Whose<'a> {
    /// Those that tell most: of browsers that findings name, and then of those that came first.
    #[default]
    Telling,
    /// Everybody's.
    All,
    /// Those of the browsers with these letters.
    Named(&'a [String]),
}

/// What is told of a story.
#[derive(Debug)]
pub(super) struct Told<'a> {
    whose: Whose<'a>,
    /// Whether each browser is, by its place in the story.
    has: Vec<bool>,
    /// The place of each visit's browser, by the visit's.
    browser_of: Vec<Option<usize>>,
    /// The visits that findings and conclusions name.
    named: BTreeSet<usize>,
}

impl<'a> Told<'a> {
    /// Those of a story that are wanted.
    pub fn of(story: &Story, whose: Whose<'a>) -> Self {
        let browser_of = story.browsers_of_visits();
        let named = named(story);
        let count = story.browsers.len();
        let is_told = match whose {
            Whose::Telling if count > MAX_TOLD => {
                telling(count, named.iter().filter_map(|visit| *browser_of.get(*visit)?))
            }
            Whose::Telling | Whose::All => vec![true; count],
            Whose::Named(letters) => {
                let is_named =
                    |id: &str| letters.iter().any(|named| named.eq_ignore_ascii_case(id));
                story.browsers.iter().map(|browser| is_named(&browser.id)).collect()
            }
        };
        Self { whose, has: is_told, browser_of, named: named.into_iter().collect() }
    }

    /// Whether a browser, by its place in the story, is told of.
    pub fn has(&self, browser: usize) -> bool {
        self.has.get(browser).copied().unwrap_or(false)
    }

    /// Whether the browser of a visit is told of.
    pub fn has_visit(&self, visit: usize) -> bool {
        let browser = self.browser_of.get(visit).copied().flatten();
        browser.is_some_and(|browser| self.has(browser))
    }

    /// Whether nothing is left out for being too much.
    pub fn is_all(&self) -> bool {
        matches!(self.whose, Whose::All)
    }

    /// The steps that are told of those of a browser on one site, with their numbers: the first ones,
    /// and those that findings and conclusions name.
    pub fn steps(&self, story: &Story, steps: &[usize]) -> Vec<(usize, usize)> {
        let numbered = (1..).zip(steps.iter().copied());
        if !matches!(self.whose, Whose::Telling) || steps.len() <= MAX_STEPS {
            return numbered.collect();
        }
        let is_named = |step: &Navigation| {
            step.hops.iter().chain(&step.parts).any(|visit| self.named.contains(visit))
        };
        let is_told = |(number, step): &(usize, usize)| {
            *number <= MAX_STEPS || is_named(&story.navigations[*step])
        };
        numbered.filter(is_told).collect()
    }

    /// The findings that are told, with their visits: where browsers were named, the findings about
    /// them, and what they did before what others did.
    pub fn findings(&self, story: &'a Story) -> Vec<(&'a Finding, Vec<usize>)> {
        let are_chosen = matches!(self.whose, Whose::Named(_));
        let told = story.findings.iter().filter_map(|finding| {
            let mut visits = finding.visits.clone();
            if are_chosen {
                visits.sort_by_key(|visit| !self.has_visit(*visit));
            }
            let is_told = !are_chosen || visits.first().is_some_and(|visit| self.has_visit(*visit));
            is_told.then_some((finding, visits))
        });
        told.collect()
    }

    /// What a reader must know of who is left out, and why.
    pub fn warnings(&self, story: &Story) -> Vec<String> {
        let told = self.has.iter().filter(|has| **has).count();
        let count = story.browsers.len();
        let findings = super::summary::count(story.findings.len() as u64, "finding");
        match self.whose {
            Whose::Telling if told < count => vec![format!(
                "The stories of {told} of {count} browsers are told: of those that findings name, \
                 and of those that came first. The report ends with {findings}. --browser tells \
                 another story, --all tells every one, and --format json has them all."
            )],
            Whose::Named(_) if told < count => vec![format!(
                "The stories of {told} of {count} browsers are told, as was asked for, with {} of \
                 {findings}.",
                self.findings(story).len()
            )],
            Whose::All | Whose::Telling | Whose::Named(_) => Vec::new(),
        }
    }
}

/// As many browsers as are told, of so many: those that are wanted, and then those that came first.
fn telling(count: usize, wanted: impl Iterator<Item = usize>) -> Vec<bool> {
    let mut is_told = vec![false; count];
    let mut left = MAX_TOLD;
    for browser in wanted.chain(0..count) {
        if left == 0 {
            break;
        }
        left -= usize::from(!std::mem::replace(&mut is_told[browser], true));
    }
    is_told
}

/// The visits that the report names below the walkthrough: those of conclusions, which are few, and
/// of the first finding of each rule, then of each second one, and so on, so that no rule takes the
/// place of all others.
fn named(story: &Story) -> Vec<usize> {
    let mut findings_of: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ranked: Vec<(usize, &Finding)> = Vec::with_capacity(story.findings.len());
    for finding in &story.findings {
        let rank = findings_of.entry(finding.rule).or_default();
        ranked.push((*rank, finding));
        *rank += 1;
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    let of_conclusions =
        story.conclusions.iter().flat_map(|one| one.visits.iter().take(NAMED_EXCHANGES));
    let of_findings =
        ranked.into_iter().flat_map(|(_, one)| one.visits.iter().take(NAMED_EXCHANGES));
    of_conclusions.chain(of_findings).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cookie::Agent;
    use crate::trail::{Browser, Confidence, Severity};

    /// A story of browsers with one visit each, and a finding about the visits named.
    fn story(browsers: usize, found: &[usize]) -> Story {
        let browser = |place: usize| Browser {
            id: format!("b{place}"),
            label: String::new(),
            user_agent: Vec::new(),
            agent: Agent::Other,
            addresses: Vec::new(),
            visits: vec![place],
            confidence: Confidence::Certain,
            told_apart: None,
            evidence: Vec::new(),
        };
        let finding = Finding {
            severity: Severity::High,
            rule: "login-loop",
            text: String::new(),
            visits: found.to_vec(),
            cookie: None,
            advice: "",
        };
        let mut story = Story::default();
        story.browsers = (0..browsers).map(browser).collect();
        story.findings.push(finding);
        story
    }

    fn told(told: &Told<'_>, browsers: usize) -> Vec<usize> {
        (0..browsers).filter(|browser| told.has(*browser)).collect()
    }

    #[test]
    fn a_few_browsers_are_all_told_of() {
        let story = story(MAX_TOLD, &[]);
        let all = Told::of(&story, Whose::Telling);
        assert_eq!(told(&all, MAX_TOLD).len(), MAX_TOLD);
        assert!(all.warnings(&story).is_empty());
    }

    #[test]
    fn of_many_those_with_findings_come_before_those_that_came_first() {
        let story = story(300, &[250, 120, 250]);
        let some = Told::of(&story, Whose::Telling);
        let expected: Vec<usize> = (0..MAX_TOLD - 2).chain([120, 250]).collect();
        assert_eq!(told(&some, 300), expected);
        assert!(some.warnings(&story)[0].starts_with("The stories of 100 of 300 browsers"));
        let all = Told::of(&story, Whose::All);
        assert_eq!(told(&all, 300).len(), 300);
        assert!(all.warnings(&story).is_empty());
    }

    #[test]
    fn no_rule_takes_the_places_of_all_others() {
        let mut story = story(300, &[]);
        let template = story.findings.remove(0);
        let found = |rule, visit| Finding { rule, visits: vec![visit], ..template.clone() };
        story.findings.extend((100..250).map(|visit| found("login-loop", visit)));
        story.findings.push(found("session-fixation", 299));
        let some = Told::of(&story, Whose::Telling);
        assert!(some.has(299) && some.has(100) && !some.has(249));
    }

    #[test]
    fn who_is_named_is_told_of_alone_with_what_was_found() {
        let story = story(300, &[120, 250]);
        let letters = ["B7".to_owned(), "zz".to_owned()];
        let one = Told::of(&story, Whose::Named(&letters));
        assert_eq!(told(&one, 300), [7]);
        assert!(one.warnings(&story)[0].ends_with("as was asked for, with 0 of 1 finding."));
        assert!(one.findings(&story).is_empty());
        let letters = ["b250".to_owned()];
        let one = Told::of(&story, Whose::Named(&letters));
        let (_, visits) = &one.findings(&story)[0];
        assert_eq!(visits[..], [250, 120], "its own exchange comes first");
    }
}
