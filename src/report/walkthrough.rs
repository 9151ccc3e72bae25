//! The walkthrough, ready to be laid out: sites, browsers, numbered steps, and the lines under
//! each. Every text format renders this same view, so that they all say the same.
//!
//! Strings may hold captured text; a renderer escapes them for its kind of output.

use super::lessons::lesson;
use super::report_json::About;
use super::words::{circled, clock, compact_json, lossy, signed};
use crate::session::Reading;
use crate::time::Timestamp;
use crate::trail::{
    CookieEvent, EventKind, Navigation, SessionState, Severity, StepKind, Story, Visit,
};

/// What a walkthrough may show.
#[derive(Debug, Clone, Copy, Default)]
pub struct Show {
    /// The lesson behind each step.
    pub lessons: bool,
    /// Form fields that look like secrets.
    pub secrets: bool,
}

/// The whole report in words.
#[derive(Debug, Clone)]
pub struct Walkthrough {
    /// What was read.
    pub title: String,
    /// Its measure: packets, time, connections, exchanges.
    pub summary: String,
    /// What a reader must know before trusting it: damage, what was not read.
    pub warnings: Vec<String>,
    /// Each site with its browsers.
    pub sites: Vec<Site>,
    /// The browsers side by side, where there are several with a session.
    pub comparison: Vec<Compared>,
    /// What somebody should mend, the gravest first.
    pub findings: Vec<FindingView>,
    /// What this capture shows.
    pub conclusions: Vec<String>,
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
    /// What to do.
    pub advice: &'static str,
}

/// A site: scheme, host and port.
#[derive(Debug, Clone)]
pub struct Site {
    /// `http://127.0.0.1:5000`.
    pub origin: String,
    /// Who visited it.
    pub browsers: Vec<BrowserPart>,
}

/// What one browser did on one site.
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
    /// Its steps.
    pub steps: Vec<Step>,
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
    /// The lesson behind it, if wanted.
    pub lesson: Option<&'static str>,
    /// The exchanges, redirect hops after the first.
    pub exchanges: Vec<ExchangeView>,
    /// Images and the like that are not told further.
    pub parts: Option<String>,
}

/// One exchange of a step.
#[derive(Debug, Clone)]
pub struct ExchangeView {
    /// Its number.
    pub id: u64,
    /// Whether a redirect led here.
    pub is_hop: bool,
    /// `POST /login`.
    pub request: String,
    /// `302 Found`.
    pub response: String,
    /// Whether the response reports an error.
    pub is_error: bool,
    /// Where it redirects to.
    pub location: Option<String>,
    /// The first words of the page.
    pub words: Option<String>,
    /// What is told under it.
    pub lines: Vec<Line>,
    /// `packets 41-44`.
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
    pub text: String,
    /// Less important words after it.
    pub aside: Option<String>,
}

/// One row of the comparison.
#[derive(Debug, Clone)]
pub struct Compared {
    /// `A  Chrome 156 on Linux`.
    pub browser: String,
    /// `session①`.
    pub cookie: String,
    /// The value, shortened by the renderer.
    pub value: String,
    /// What it says.
    pub content: String,
    /// The last page that it brought.
    pub page: String,
}

impl Walkthrough {
    /// The walkthrough of a story.
    pub fn of(story: &Story, about: About<'_>, show: Show) -> Self {
        let teller = Teller { story, show, start: about.counts.span.map(|(first, _)| first) };
        Self {
            title: about.files.join(", "),
            summary: super::summary::summary(story, about.counts),
            warnings: super::summary::warnings(story, about),
            sites: teller.sites(),
            comparison: super::summary::comparison(story),
            findings: super::summary::findings(story),
            conclusions: story
                .conclusions
                .iter()
                .map(|conclusion| conclusion.text.clone())
                .collect(),
        }
    }
}

struct Teller<'a> {
    story: &'a Story,
    show: Show,
    start: Option<Timestamp>,
}

impl Teller<'_> {
    fn sites(&self) -> Vec<Site> {
        let mut sites: Vec<Site> = Vec::new();
        for step in &self.story.navigations {
            let origin = self.origin(step);
            let at = sites.iter().position(|site| site.origin == origin).unwrap_or_else(|| {
                sites.push(Site { origin, browsers: Vec::new() });
                sites.len() - 1
            });
            let part = self.browser_part(&mut sites[at], step.browser);
            let number = part.steps.len() + 1;
            part.steps.push(self.step(step, number));
        }
        for site in &mut sites {
            site.browsers.sort_by(|a, b| (a.id.len(), &a.id).cmp(&(b.id.len(), &b.id)));
        }
        sites
    }

    fn origin(&self, step: &Navigation) -> String {
        let first = step.hops.first().or(step.parts.first());
        let visit = first.map(|first| &self.story.visits[*first]);
        let url = visit.and_then(|visit| visit.asked.as_ref()?.url.as_ref());
        match (url, visit) {
            (Some(url), _) => url.origin().ascii_serialization(),
            (None, Some(visit)) => format!("http://{}", visit.server),
            (None, None) => String::new(),
        }
    }

    fn browser_part<'s>(&self, site: &'s mut Site, browser: usize) -> &'s mut BrowserPart {
        let browser = &self.story.browsers[browser];
        let at = site.browsers.iter().position(|part| part.id == browser.id);
        let at = at.unwrap_or_else(|| {
            let addresses: Vec<String> =
                browser.addresses.iter().map(ToString::to_string).collect();
            site.browsers.push(BrowserPart {
                id: browser.id.clone(),
                label: browser.label.clone(),
                addresses: addresses.join(", "),
                told_apart: browser.told_apart.clone(),
                steps: Vec::new(),
            });
            site.browsers.len() - 1
        });
        &mut site.browsers[at]
    }

    fn step(&self, step: &Navigation, number: usize) -> Step {
        let story = self.story;
        let (told, quiet): (Vec<usize>, Vec<usize>) =
            step.parts.iter().partition(|part| has_news(story, **part));
        let mut exchanges: Vec<ExchangeView> = step
            .hops
            .iter()
            .enumerate()
            .map(|(place, visit)| self.exchange(*visit, place > 0))
            .collect();
        exchanges.extend(told.iter().map(|part| self.exchange(*part, false)));
        let first = step.hops.first().or(step.parts.first()).map(|first| &story.visits[*first]);
        Step {
            number,
            title: step.title.clone(),
            kind: step.kind,
            at: clock(first.and_then(Visit::time), self.start),
            lesson: self.show.lessons.then(|| lesson(step.kind)),
            exchanges,
            parts: parts_line(story, &quiet),
        }
    }

    fn exchange(&self, index: usize, is_hop: bool) -> ExchangeView {
        let visit = &self.story.visits[index];
        let asked = visit.asked.as_ref();
        let answered = visit.answered.as_ref();
        let request = asked.map_or("(the request was not captured)".to_owned(), |asked| {
            format!("{} {}", lossy(&asked.method), lossy(&asked.path))
        });
        let response = answered.map_or("(no response was captured)".to_owned(), |answered| {
            format!("{} {}", answered.status, lossy(&answered.reason)).trim_end().to_owned()
        });
        ExchangeView {
            id: visit.id,
            is_hop,
            request,
            response,
            is_error: answered.is_some_and(|answered| answered.status >= 400),
            location: answered.and_then(|answered| answered.location.as_deref().map(lossy)),
            words: answered
                .and_then(|answered| answered.excerpt.clone())
                .filter(|_| answered.is_some_and(|answered| !answered.is_redirect())),
            lines: self.lines(index, visit),
            packets: packets(visit),
        }
    }

    fn lines(&self, index: usize, visit: &Visit) -> Vec<Line> {
        let mut lines = Vec::new();
        lines.extend(visit.asked.as_ref().and_then(|asked| self.form(&asked.form)));
        let events: Vec<(usize, &CookieEvent)> = self.story.events_of(index).collect();
        lines.extend(self.expired(&events));
        lines.extend(self.sent(&events));
        let is_bare = visit.asked.as_ref().is_some_and(|asked| asked.cookies.pairs.is_empty());
        if is_bare {
            lines.push(line(Mark::Nothing, "browser sends no cookie".to_owned()));
        }
        for (life, event) in events {
            lines.extend(self.event(life, event));
        }
        lines.extend(self.unfollowed(index, visit));
        lines.extend(visit.notes.iter().map(|note| {
            let packet =
                note.packet.map(|packet| format!(" (packet {packet})")).unwrap_or_default();
            line(Mark::Note, format!("{}{packet}", note.text))
        }));
        lines
    }

    /// A redirect whose next hop is not in the capture; a page that sends its reader on.
    fn unfollowed(&self, index: usize, visit: &Visit) -> Option<Line> {
        let answered = visit.answered.as_ref()?;
        let refresh = answered.refresh.as_deref().filter(|_| !answered.is_redirect());
        if let Some(target) = refresh {
            return Some(line(
                Mark::Note,
                format!("the page itself sends its reader on to {target}"),
            ));
        }
        let step = self.story.navigations.iter().find(|step| step.hops.contains(&index))?;
        let is_last = step.hops.last() == Some(&index) && answered.is_redirect();
        is_last.then(|| line(Mark::Note, "the redirect is not followed in this capture".to_owned()))
    }

    fn form(&self, form: &[crate::trail::Field]) -> Option<Line> {
        let fields: Vec<String> = form
            .iter()
            .map(|field| {
                let hide = field.secret && !self.show.secrets;
                format!("{}={}", field.name, if hide { "••••••" } else { &field.value })
            })
            .collect();
        (!fields.is_empty()).then(|| line(Mark::Form, format!("form: {}", fields.join(", "))))
    }

    fn expired(&self, events: &[(usize, &CookieEvent)]) -> Option<Line> {
        let names = self.labels(events, EventKind::Expired);
        (!names.is_empty()).then(|| line(Mark::Gone, format!("{} has expired", names.join(", "))))
    }

    fn sent(&self, events: &[(usize, &CookieEvent)]) -> Option<Line> {
        let names = self.labels(events, EventKind::Sent);
        (!names.is_empty()).then(|| line(Mark::Sent, format!("browser sends {}", names.join(", "))))
    }

    fn labels(&self, events: &[(usize, &CookieEvent)], kind: EventKind) -> Vec<String> {
        let of_kind = events.iter().filter(|(_, event)| event.kind == kind);
        of_kind.map(|(life, event)| self.label(*life, event.version)).collect()
    }

    /// `session②`.
    fn label(&self, life: usize, version: Option<usize>) -> String {
        let name = lossy(&self.story.cookies[life].name);
        let versions = &self.story.cookies[life].versions;
        version
            .map_or(name.clone(), |version| format!("{name}{}", circled(versions[version].number)))
    }

    fn event(&self, life: usize, event: &CookieEvent) -> Vec<Line> {
        let label = self.label(life, event.version);
        let attributes = attributes(event);
        let told = |mark, text: String| vec![Line { mark, text, aside: attributes.clone() }];
        let why = event.text.clone().unwrap_or_default();
        match event.kind {
            EventKind::Set => {
                self.with_content(told(Mark::Received, format!("server sets {label}")), life, event)
            }
            EventKind::Replaced => {
                let text = format!("server replaces it with {label}");
                let text = if label.is_empty() {
                    text
                } else {
                    format!("server sets {label} in its place")
                };
                self.with_content(told(Mark::Received, text), life, event)
            }
            EventKind::Refreshed => {
                told(Mark::Received, format!("server sends {label} again, unchanged"))
            }
            EventKind::Deleted => {
                let text = if why.is_empty() {
                    format!("server deletes {label}")
                } else {
                    format!("server deletes {label}: {why}")
                };
                told(Mark::Gone, text)
            }
            EventKind::Refused => {
                let mut lines = told(Mark::Received, format!("server sets {label}"));
                lines.push(line(Mark::Refused, format!("the browser does not keep it. {why}")));
                lines
            }
            EventKind::SentUnknown => {
                let lines = vec![line(Mark::Sent, format!("browser sends {label}: {why}"))];
                self.with_content(lines, life, event)
            }
            EventKind::Withheld if self.story.cookies[life].is_session() => {
                vec![line(Mark::Refused, format!("browser does not send {label}. {why}"))]
            }
            EventKind::Missing => {
                vec![line(Mark::Refused, format!("browser does not send {label}: {why}"))]
            }
            EventKind::Withheld | EventKind::Sent | EventKind::Expired => Vec::new(),
        }
    }

    /// Adds what the value says and what changed in it.
    fn with_content(&self, mut lines: Vec<Line>, life: usize, event: &CookieEvent) -> Vec<Line> {
        let Some(version) =
            event.version.map(|version| &self.story.cookies[life].versions[version])
        else {
            return lines;
        };
        lines.push(line(Mark::Value, lossy(&version.value)));
        let Some(reading) = version.reading.as_ref() else { return lines };
        let state = self.state(life, event);
        if state.is_none() && event.kind == EventKind::SentUnknown {
            return lines;
        }
        lines.push(content(reading));
        if let Some(changed) = state.and_then(changes) {
            lines.push(changed);
        }
        lines
    }

    fn state(&self, life: usize, event: &CookieEvent) -> Option<&SessionState> {
        let session = self.story.sessions.iter().find(|session| session.cookie == life)?;
        session
            .states
            .iter()
            .find(|state| Some(state.visit) == event.visit && Some(state.version) == event.version)
    }
}

/// What a value says, or why it says nothing.
fn content(reading: &Reading) -> Line {
    let says = |value| format!("says {}", compact_json(value));
    let text = reading.shown().map_or_else(|| super::words::kind(reading.kind).to_owned(), says);
    Line { mark: Mark::Content, text, aside: Some(signed(reading)) }
}

/// What changed; nothing for a first state, where all is new.
fn changes(state: &SessionState) -> Option<Line> {
    let changes = &state.changes;
    if state.previous.is_none() || changes.is_empty() {
        return None;
    }
    let list = |sign: &str, paths: &[String]| {
        paths.iter().map(|path| format!("{sign}{path}")).collect::<Vec<_>>()
    };
    let all = [list("+", &changes.added), list("-", &changes.removed), list("~", &changes.changed)]
        .concat();
    Some(line(Mark::Content, format!("changed: {}", all.join(" "))))
}

fn line(mark: Mark, text: String) -> Line {
    Line { mark, text, aside: None }
}

/// The attributes of a `Set-Cookie` line, as written.
pub(super) fn attributes(event: &CookieEvent) -> Option<String> {
    let written = event.attributes.iter().map(|(name, value)| match value {
        Some(value) => format!("{}={}", lossy(name), lossy(value)),
        None => lossy(name),
    });
    let all: Vec<String> = written.collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// Whether a part of a page did something to a cookie.
fn has_news(story: &Story, visit: usize) -> bool {
    story.events_of(visit).any(|(_, event)| event.kind.is_from_server())
}

fn parts_line(story: &Story, parts: &[usize]) -> Option<String> {
    const NAMED: usize = 3;
    let paths: Vec<String> = parts
        .iter()
        .filter_map(|part| story.visits[*part].asked.as_ref())
        .map(|asked| lossy(asked.path.split(|byte| *byte == b'?').next().unwrap_or_default()))
        .collect();
    let (named, more) = paths.split_at(paths.len().min(NAMED));
    match (named.is_empty(), more.len()) {
        (true, _) => None,
        (false, 0) => Some(named.join(", ")),
        (false, count) => Some(format!("{} and {count} more", named.join(", "))),
    }
}

fn packets(visit: &Visit) -> String {
    let asked = visit.asked.as_ref().map(|asked| asked.packet);
    let answered = visit.answered.as_ref().map(|answered| answered.packet);
    match (asked, answered) {
        (Some(asked), Some(answered)) => format!("packets {asked}, {answered}"),
        (Some(packet), None) | (None, Some(packet)) => format!("packet {packet}"),
        (None, None) => String::new(),
    }
}
