//! Whose stories a report for people tells: of ten thousand browsers, nobody reads each one.

use super::summary::NAMED_OF_FINDING;
use crate::trail::{Finding, Story};
use std::ops::Not;

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

/// The browsers that are told of.
#[derive(Debug)]
pub(super) struct Told<'a> {
    whose: Whose<'a>,
    /// By the browser's place in the story.
    is_told: Vec<bool>,
}

impl<'a> Told<'a> {
    /// Those of a story that are wanted.
    pub fn of(story: &Story, whose: Whose<'a>) -> Self {
        let count = story.browsers.len();
        let is_told = match whose {
            Whose::Telling if count > MAX_TOLD => telling(story),
            Whose::Telling | Whose::All => vec![true; count],
            Whose::Named(letters) => {
                let is_named =
                    |id: &str| letters.iter().any(|named| named.eq_ignore_ascii_case(id));
                story.browsers.iter().map(|browser| is_named(&browser.id)).collect()
            }
        };
        Self { whose, is_told }
    }

    /// Whether a browser, by its place in the story, is told of.
    pub fn has(&self, browser: usize) -> bool {
        self.is_told.get(browser).copied().unwrap_or(false)
    }

    /// How many steps of a browser on one site are told.
    pub fn most_steps(&self) -> usize {
        if matches!(self.whose, Whose::Telling) { MAX_STEPS } else { usize::MAX }
    }

    /// The findings that are told: where browsers were named, those about them.
    pub fn findings(&self, story: &'a Story) -> Vec<&'a Finding> {
        let Whose::Named(_) = self.whose else { return story.findings.iter().collect() };
        let browser_of = browsers_of_visits(story);
        let is_theirs = |visit: &usize| {
            browser_of.get(*visit).is_some_and(|browser| browser.is_some_and(|one| self.has(one)))
        };
        story.findings.iter().filter(|finding| finding.visits.iter().any(is_theirs)).collect()
    }

    /// What a reader must know of who is left out, and why.
    pub fn warnings(&self, story: &Story) -> Vec<String> {
        let (told, count) =
            (self.is_told.iter().filter(|is_told| **is_told).count(), story.browsers.len());
        match self.whose {
            Whose::All => Vec::new(),
            Whose::Telling => (told < count).then(|| narrowed(told, count)).into_iter().collect(),
            Whose::Named(letters) => {
                let is_there = |letter: &str| {
                    story.browsers.iter().any(|browser| browser.id.eq_ignore_ascii_case(letter))
                };
                let missing = letters.iter().filter(|letter| is_there(letter).not());
                missing.map(|letter| format!("There is no browser {letter} here.")).collect()
            }
        }
    }
}

fn narrowed(told: usize, count: usize) -> String {
    format!(
        "The stories of {told} of {count} browsers are told: of those that findings name, and of \
         those that came first. --browser LETTER tells another one, --all tells every one, and \
         --format json has them all."
    )
}

/// The browsers of the exchanges that findings name, the gravest first, and then those that came
/// first, until there are enough.
fn telling(story: &Story) -> Vec<bool> {
    let count = story.browsers.len();
    let browser_of = browsers_of_visits(story);
    let named = story.findings.iter().flat_map(|one| one.visits.iter().take(NAMED_OF_FINDING));
    let of_findings = named.filter_map(|visit| *browser_of.get(*visit)?);
    let mut is_told = vec![false; count];
    let mut left = MAX_TOLD;
    for browser in of_findings.chain(0..count) {
        if left == 0 {
            break;
        }
        left -= usize::from(!is_told[browser]);
        is_told[browser] = true;
    }
    is_told
}

/// The place of each visit's browser, by the visit's.
fn browsers_of_visits(story: &Story) -> Vec<Option<usize>> {
    let all = || {
        let browsers = story.browsers.iter().enumerate();
        browsers
            .flat_map(|(place, browser)| browser.visits.iter().map(move |visit| (*visit, place)))
    };
    let mut browser_of = vec![None; all().map(|(visit, _)| visit + 1).max().unwrap_or(0)];
    all().for_each(|(visit, place)| browser_of[visit] = Some(place));
    browser_of
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
        assert!(all.warnings(&story).is_empty() && all.most_steps() > MAX_STEPS);
    }

    #[test]
    fn who_is_named_is_told_of_alone_and_who_is_not_there_is_said_to_be_missing() {
        let story = story(300, &[250]);
        let letters = ["B7".to_owned(), "zz".to_owned()];
        let one = Told::of(&story, Whose::Named(&letters));
        assert_eq!(told(&one, 300), [7]);
        assert_eq!(one.warnings(&story), ["There is no browser zz here."]);
        assert!(one.findings(&story).is_empty());
        let letters = ["b250".to_owned()];
        assert_eq!(Told::of(&story, Whose::Named(&letters)).findings(&story).len(), 1);
    }
}
