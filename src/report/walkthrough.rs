//! The walkthrough, ready to be laid out: sites, browsers, numbered steps, and the lines under
//! each. Every text format renders this same view, so that they all say the same.
//!
//! Strings may hold captured text; a renderer escapes them for its kind of output.

use super::phrase::{Phrase, Piece};
use super::report_json::About;
use super::summary::NAMED_EXCHANGES;
use super::teller::Teller;
use super::told::Told;
pub use super::told::Whose;
use crate::trail::{Severity, StepKind, Story, TurnKind};
use std::collections::BTreeSet;

/// What a walkthrough may show.
#[derive(Debug, Clone, Copy, Default)]
pub struct Show<'a> {
    /// The lesson behind each step.
    pub lessons: bool,
    /// Form fields that look like secrets.
    pub secrets: bool,
    /// What ties exchanges to their browser.
    pub browsers: bool,
    /// Whose stories.
    pub whose: Whose<'a>,
}

/// The whole report in words. What is told of each step is made when it is asked for: there may be as
/// many as packets.
pub struct Walkthrough<'a> {
    /// What was read.
    pub title: String,
    /// Its measures: packets, time, connections, exchanges.
    pub summary: Vec<String>,
    /// What a reader must know before trusting it: damage, what was not read.
    pub warnings: Vec<String>,
    /// The sites, with browsers and their steps.
    pub parts: Vec<Part>,
    /// The browsers side by side, where there are several with a session.
    pub comparison: Vec<Compared>,
    /// How many further rows of that are not shown.
    pub more_compared: usize,
    /// The life of each session.
    pub lives: Vec<LifeView>,
    /// What somebody should mend, the gravest first.
    pub findings: Vec<FindingView>,
    /// What this capture shows.
    pub conclusions: Vec<Concluded>,
    teller: Teller<'a>,
    lessons: BTreeSet<usize>,
}

/// A part of the walkthrough, which [`Walkthrough::view`] tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A site begins: scheme, host and port, such as `http://127.0.0.1:5000`.
    Site(String),
    /// A browser begins.
    Browser {
        /// Its place in the story.
        browser: usize,
        /// It has not been told of on another site.
        is_new: bool,
    },
    /// A step of the browser.
    Step {
        /// Its place in the story.
        step: usize,
        /// From 1, within the browser.
        number: usize,
    },
    /// That was all of the browser.
    BrowserEnd {
        /// How many further steps are not told.
        more: usize,
    },
    /// That was all of the site.
    SiteEnd,
}

/// A part in words.
#[derive(Debug, Clone)]
pub enum View<'a> {
    /// See [`Part::Site`].
    Site(&'a str),
    /// See [`Part::Browser`].
    Browser(BrowserPart),
    /// See [`Part::Step`].
    Step(Step),
    /// See [`Part::BrowserEnd`]; what is said of the steps that are not told.
    BrowserEnd(Option<String>),
    /// See [`Part::SiteEnd`].
    SiteEnd,
}

/// One finding.
#[derive(Debug, Clone)]
pub struct FindingView {
    /// How grave it is.
    pub severity: Severity,
    /// The rule, by which it can be silenced.
    pub rule: &'static str,
    /// In words.
    pub text: String,
    /// `exchanges 4, 7`.
    pub exchanges: String,
    /// How many further findings of the rule are not told, at the last one that is.
    pub more: usize,
    /// What to do, at the last finding of the rule.
    pub advice: Option<&'static str>,
}

impl FindingView {
    /// That there are more of its kind, if there are.
    pub(super) fn more(&self) -> Option<String> {
        (self.more > 0).then(|| format!("and {} more like this; --all tells them", self.more))
    }
}

/// What one browser is, above what it did on one site.
#[derive(Debug, Clone)]
pub struct BrowserPart {
    /// `A`.
    pub id: String,
    /// `Chrome 156 on Linux`.
    pub label: String,
    /// Its addresses.
    pub addresses: String,
    /// Why it was told apart from another of the same name.
    pub told_apart: Option<String>,
    /// What ties its exchanges to it, if wanted, where it is named first.
    pub evidence: Vec<String>,
}

/// One numbered step.
#[derive(Debug, Clone)]
pub struct Step {
    /// From 1, within the browser.
    pub number: usize,
    /// In words.
    pub title: String,
    /// What kind of step.
    pub kind: StepKind,
    /// Seconds since the capture began.
    pub at: String,
    /// The lesson behind it, if wanted, at the first step of its kind.
    pub lesson: Option<&'static str>,
    /// The exchanges, redirect hops after the first.
    pub exchanges: Vec<ExchangeView>,
    /// Images and the like that are not told further.
    pub parts: Option<String>,
}

/// The place of an exchange in its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What the browser was told to ask for.
    First,
    /// Where a redirect led.
    Hop,
    /// Something that the page loads.
    Part,
}

/// One exchange of a step.
#[derive(Debug, Clone)]
pub struct ExchangeView {
    /// Its number.
    pub id: u64,
    /// Its place in the step.
    pub role: Role,
    /// `POST /login`.
    pub request: String,
    /// `302 Found`.
    pub response: String,
    /// Whether the response reports an error.
    pub is_error: bool,
    /// Where it redirects to.
    pub location: Option<String>,
    /// What changes with the redirect: the method, the host, the scheme.
    pub turning: Option<String>,
    /// The first words of the page.
    pub words: Option<String>,
    /// What is told under it.
    pub lines: Vec<Line>,
    /// `packets 41, 44`.
    pub packets: String,
}

/// What a line under an exchange is about; renderers choose its mark and colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A form that was sent.
    Form,
    /// A cookie on its way to the server.
    Sent,
    /// That there was none.
    Nothing,
    /// A cookie from the server.
    Received,
    /// A cookie thrown away, or over.
    Gone,
    /// A cookie that the browser does not keep or send.
    Refused,
    /// The value of a cookie, as on the wire.
    Value,
    /// What a cookie says.
    Content,
    /// Something odd about the packets.
    Note,
}

/// One line under an exchange.
#[derive(Debug, Clone)]
pub struct Line {
    /// What it is about.
    pub mark: Mark,
    /// In words.
    pub text: Phrase,
    /// What is less important: the attributes of a cookie, what is known of a signature.
    pub aside: Option<Piece>,
}

/// One row of the comparison.
#[derive(Debug, Clone)]
pub struct Compared {
    /// `A  Chrome 156 on Linux`.
    pub browser: String,
    /// `session①`.
    pub cookie: Piece,
    /// The value, shortened by the renderer.
    pub value: String,
    /// What it says, shortened by the renderer; `None` for a value of no known format.
    pub content: Option<Piece>,
    /// The last page that this value brought.
    pub page: String,
}

/// The life of one session.
#[derive(Debug, Clone)]
pub struct LifeView {
    /// `A`.
    pub browser: String,
    /// The cookie that carries it.
    pub cookie: String,
    /// The host or domain that the cookie belongs to.
    pub domain: String,
    /// Its turns.
    pub turns: Vec<TurnView>,
    /// How many further turns are not told here.
    pub more: usize,
}

/// The heading above the lives of sessions.
pub(super) const LIVES: &str = "The lives of the sessions";

impl LifeView {
    /// That there is more, if there is.
    pub(super) fn more(&self) -> Option<String> {
        (self.more > 0).then(|| format!("and {} turns more; JSON has them all", self.more))
    }
}

/// One turn of a session's life.
#[derive(Debug, Clone)]
pub struct TurnView {
    /// What happened, which renderers mark.
    pub kind: TurnKind,
    /// `#4`, or `#4, #7 and 12 more`.
    pub exchanges: String,
    /// `packet 44`: the first that shows it.
    pub packet: Option<String>,
    /// `alice logs in`.
    pub title: String,
    /// What it is told from.
    pub grounds: String,
    /// How sure it is, where that is not certain.
    pub doubt: Option<&'static str>,
}

impl TurnView {
    /// What stands behind the exchanges: `, packet 44; likely`.
    pub(super) fn rest(&self) -> String {
        let packet = self.packet.as_ref().map(|packet| format!(", {packet}")).unwrap_or_default();
        let doubt = self.doubt.map(|doubt| format!("; {doubt}")).unwrap_or_default();
        format!("{packet}{doubt}")
    }
}

/// One thing that the capture shows.
#[derive(Debug, Clone)]
pub struct Concluded {
    /// In words.
    pub text: String,
    /// The numbers of the first exchanges that show it, and whether the walkthrough has them.
    pub exchanges: Vec<(u64, bool)>,
    /// How many further exchanges show it.
    pub more: usize,
}

impl<'a> Walkthrough<'a> {
    /// Whether the lesson behind each step is told.
    pub fn has_lessons(&self) -> bool {
        !self.lessons.is_empty()
    }

    /// That the comparison has more rows than are shown, if it has.
    pub(super) fn more_compared(&self) -> Option<String> {
        let more = self.more_compared;
        let cookies = if more == 1 { "cookie" } else { "cookies" };
        (more > 0).then(|| format!("and {more} {cookies} more; JSON has them all"))
    }

    /// A part in words.
    pub fn view<'p>(&self, part: &'p Part) -> View<'p> {
        match part {
            Part::Site(origin) => View::Site(origin),
            Part::Browser { browser, is_new } => {
                View::Browser(self.teller.browser(*browser, *is_new))
            }
            Part::Step { step, number } => {
                View::Step(self.teller.step(*step, *number, self.lessons.contains(step)))
            }
            Part::BrowserEnd { more } => View::BrowserEnd(more_steps(*more)),
            Part::SiteEnd => View::SiteEnd,
        }
    }

    /// The walkthrough of a story.
    pub fn of(story: &'a Story, about: About<'_>, show: Show<'_>) -> Self {
        let start = about.counts.span.map(|(first, _)| first);
        let told = Told::of(story, show.whose);
        let exchange = |visit: &usize| (story.visits[*visit].id, told.has_visit(*visit));
        let conclusions = story.conclusions.iter().map(|conclusion| Concluded {
            text: conclusion.text.clone(),
            exchanges: conclusion.visits.iter().take(NAMED_EXCHANGES).map(exchange).collect(),
            more: conclusion.visits.len().saturating_sub(NAMED_EXCHANGES),
        });
        let conclusions = conclusions.collect();
        let teller = Teller::new(story, &told, show, start);
        let parts = teller.parts(&told);
        let (comparison, more_compared) = super::summary::comparison(story, &told);
        let mut warnings = super::summary::warnings(story, about);
        warnings.extend(told.warnings(story));
        Self {
            title: about.files.join(", "),
            summary: super::summary::summary(story, about.counts),
            warnings,
            lessons: teller.lessons(&parts),
            parts,
            comparison,
            more_compared,
            lives: super::lives::lives(story, &told),
            findings: super::summary::findings(story, &told),
            conclusions,
            teller,
        }
    }
}

/// That a browser took more steps than are told, if it did.
fn more_steps(more: usize) -> Option<String> {
    let steps = if more == 1 { "step" } else { "steps" };
    (more > 0).then(|| {
        format!("and {more} {steps} more; --all tells them, and so does --browser with its letter")
    })
}
