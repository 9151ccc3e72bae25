//! Tells the walkthrough: puts the story's steps, exchanges and cookie events into words.

use super::browsers;
use super::changed;
use super::hops;
use super::index::Index;
use super::lessons::lesson;
use super::phrase::{Phrase, Piece};
use super::told::Told;
use super::walkthrough::{BrowserPart, ExchangeView, Line, Mark, Part, Role, Show, Step};
use super::words::{clock, compact_json, first_few, lossy, signed};
use crate::session::{Kind, Reading};
use crate::time::Timestamp;
use crate::trail::{Asked, CookieEvent, EventKind, Field, Navigation, Story, Version, Visit};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Tells one story.
pub(super) struct Teller<'a> {
    story: &'a Story,
    index: Index<'a>,
    has_secrets: bool,
    has_evidence: bool,
    has_lessons: bool,
    start: Option<Timestamp>,
}

impl<'a> Teller<'a> {
    /// A teller of a story whose capture began at `start`.
    pub fn new(
        story: &'a Story,
        told: &Told<'_>,
        show: Show<'_>,
        start: Option<Timestamp>,
    ) -> Self {
        Self {
            story,
            index: Index::of(story, told),
            has_secrets: show.secrets,
            has_evidence: show.browsers,
            has_lessons: show.lessons,
            start,
        }
    }

    /// What there is to tell, in the order in which it is read: the sites as they were first visited,
    /// the browsers of each, and their steps.
    pub fn parts(&self, told: &Told<'_>) -> Vec<Part> {
        let mut sites: BTreeMap<Cow<'_, str>, usize> = BTreeMap::new();
        let mut steps: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        let mut origins = Vec::new();
        let navigations = self.story.navigations.iter().enumerate();
        for (index, step) in navigations.filter(|(_, step)| told.has(step.browser)) {
            let origin = self.origin(step);
            let site = sites.get(&origin).copied().unwrap_or_else(|| {
                origins.push(origin.to_string());
                sites.insert(origin, origins.len() - 1);
                origins.len() - 1
            });
            steps.entry((site, step.browser)).or_default().push(index);
        }
        let mut parts = Vec::new();
        let mut named = BTreeSet::new();
        let mut site = None;
        for ((of_site, browser), steps) in steps {
            if site.replace(of_site) != Some(of_site) {
                parts.extend((of_site > 0).then_some(Part::SiteEnd));
                parts.push(Part::Site(std::mem::take(&mut origins[of_site])));
            }
            parts.push(Part::Browser { browser, is_new: named.insert(browser) });
            let told = told.steps(self.story, &steps);
            let more = steps.len() - told.len();
            parts.extend(told.into_iter().map(|(number, step)| Part::Step { step, number }));
            parts.push(Part::BrowserEnd { more });
        }
        parts.extend(site.map(|_| Part::SiteEnd));
        parts
    }

    /// The steps that bring a lesson: the first of each kind among these parts.
    pub fn lessons(&self, parts: &[Part]) -> BTreeSet<usize> {
        let mut given: Vec<&str> = Vec::new();
        let steps = parts.iter().filter_map(|part| match part {
            Part::Step { step, .. } if self.has_lessons => Some(*step),
            _ => None,
        });
        let mut is_new = |step: &usize| {
            let lesson = lesson(self.story.navigations[*step].kind);
            let is_new = !given.contains(&lesson);
            given.extend(is_new.then_some(lesson));
            is_new
        };
        steps.filter(|step| is_new(step)).collect()
    }

    fn origin(&self, step: &Navigation) -> Cow<'a, str> {
        let first = step.hops.first().or(step.parts.first());
        let visit = first.map(|first| &self.story.visits[*first]);
        let url = visit.and_then(|visit| visit.asked.as_deref()?.url.as_ref());
        match (url, visit) {
            (Some(url), _) => url.origin(),
            (None, Some(visit)) => format!("http://{}", visit.server).into(),
            (None, None) => Cow::Borrowed(""),
        }
    }

    /// What is told of a browser. What ties its exchanges to it is told where it `is_new`.
    pub fn browser(&self, browser: usize, is_new: bool) -> BrowserPart {
        let browser = &self.story.browsers[browser];
        let addresses: Vec<String> = browser.addresses.iter().map(ToString::to_string).collect();
        let has_evidence = is_new && self.has_evidence;
        BrowserPart {
            id: browser.id.clone(),
            label: browser.label.clone(),
            addresses: addresses.join(", "),
            told_apart: browser.told_apart.clone(),
            evidence: if has_evidence { browsers::lines(browser, self.story) } else { Vec::new() },
        }
    }

    /// What is told of a step.
    pub fn step(&self, step: usize, number: usize, has_lesson: bool) -> Step {
        let story = self.story;
        let step = &story.navigations[step];
        let (told, quiet): (Vec<usize>, Vec<usize>) =
            step.parts.iter().partition(|part| self.has_news(**part));
        let (hops, _) = hops::told(step);
        let mut exchanges: Vec<ExchangeView> = hops
            .iter()
            .enumerate()
            .map(|(place, visit)| {
                let role = if place == 0 { Role::First } else { Role::Hop };
                let turning = hops::turning(step.chain.as_deref(), *visit);
                ExchangeView { turning, ..self.exchange(*visit, role) }
            })
            .collect();
        if let Some(last) = exchanges.last_mut() {
            last.lines.extend(hops::ending(story, step));
        }
        exchanges.extend(told.iter().map(|part| self.exchange(*part, Role::Part)));
        let first = step.hops.first().or(step.parts.first()).map(|first| &story.visits[*first]);
        Step {
            number,
            title: step.title.clone(),
            kind: step.kind,
            at: clock(first.and_then(Visit::time), self.start),
            lesson: has_lesson.then(|| lesson(step.kind)),
            exchanges,
            parts: parts_line(story, &quiet),
        }
    }

    /// Whether a part of a page did something to a cookie.
    fn has_news(&self, visit: usize) -> bool {
        self.story.events_of(visit).any(|(_, event)| event.kind.is_from_server())
    }

    fn exchange(&self, index: usize, role: Role) -> ExchangeView {
        let visit = &self.story.visits[index];
        let asked = visit.asked.as_deref();
        let answered = visit.answered.as_deref();
        let request = asked.map_or("(the request was not captured)".to_owned(), |asked| {
            format!("{} {}", lossy(&asked.method), lossy(&asked.path))
        });
        let response = answered.map_or("(no response was captured)".to_owned(), |answered| {
            format!("{} {}", answered.status, lossy(&answered.reason)).trim_end().to_owned()
        });
        ExchangeView {
            id: visit.id,
            role,
            request,
            response,
            is_error: answered.is_some_and(|answered| answered.status >= 400),
            location: answered.and_then(|answered| answered.location.as_deref().map(lossy)),
            turning: None,
            words: answered
                .and_then(|answered| answered.page.excerpt.as_deref().map(str::to_owned))
                .filter(|_| answered.is_some_and(|answered| !answered.is_redirect())),
            lines: self.lines(index, visit),
            packets: packets(visit),
        }
    }

    fn lines(&self, index: usize, visit: &Visit) -> Vec<Line> {
        let mut lines = Vec::new();
        lines.extend(visit.asked.as_deref().and_then(|asked| self.form(&asked.form)));
        let events: Vec<(usize, &CookieEvent)> = self.story.events_of(index).collect();
        let events = events.as_slice();
        let expired = self.cookies(events, |_, event| event.kind == EventKind::Expired);
        if !expired.is_empty() {
            lines.push(line(Mark::Gone, Phrase::words("expired: ").and_list(expired)));
        }
        let sent = self.cookies(events, |life, event| {
            event.kind == EventKind::Sent && !self.strays_first(life, event)
        });
        if !sent.is_empty() {
            lines.push(line(Mark::Sent, Phrase::words("browser sends ").and_list(sent)));
        }
        if visit.asked.as_deref().is_some_and(sends_no_cookie) {
            lines.push(line(Mark::Nothing, Phrase::words("browser sends no cookie")));
        }
        for (life, event) in events {
            lines.extend(self.event(*life, event));
        }
        lines.extend(visit.notes.iter().map(|note| {
            let packet =
                note.packet.map(|packet| format!(" (packet {packet})")).unwrap_or_default();
            line(Mark::Note, Phrase::words(format!("{}{packet}", note.text)))
        }));
        lines
    }

    fn form(&self, form: &[Field]) -> Option<Line> {
        let fields = form.iter().map(|field| {
            let hide = field.secret && !self.has_secrets;
            let value = if hide { "••••••" } else { &field.value };
            Piece::Captured(format!("{}={value}", field.name))
        });
        let text = Phrase::words("form: ").and_list(fields);
        (!form.is_empty()).then(|| line(Mark::Form, text))
    }

    fn cookies(
        &self,
        events: &[(usize, &CookieEvent)],
        are_meant: impl Fn(usize, &CookieEvent) -> bool,
    ) -> Vec<Piece> {
        let meant = events.iter().filter(|(life, event)| are_meant(*life, event));
        meant.map(|(life, event)| self.cookie(*life, event.version)).collect()
    }

    /// `session②`.
    fn cookie(&self, life: usize, version: Option<usize>) -> Piece {
        let life = &self.story.cookies[life];
        Piece::Cookie {
            name: lossy(&life.name),
            version: version.map(|version| life.versions[version].number),
        }
    }

    fn event(&self, life: usize, event: &CookieEvent) -> Vec<Line> {
        let told = |words: &str| Phrase::words(words).and(self.cookie(life, event.version));
        let received =
            |mark, text| Line { mark, text, aside: attributes(event).map(Piece::Captured) };
        match event.kind {
            EventKind::Set => {
                let first = received(Mark::Received, told("server sets "));
                self.with_content(first, life, event)
            }
            EventKind::Replaced => {
                let text = told("server sets ").and_words(" in its place");
                self.with_content(received(Mark::Received, text), life, event)
            }
            EventKind::Refreshed => {
                let text = told("server sends ").and_words(" again, unchanged");
                vec![received(Mark::Received, text)]
            }
            EventKind::Deleted => {
                let why = event.text.as_ref().map(|why| format!(": {why}"));
                let text = told("server deletes ").and_words(why.unwrap_or_default());
                vec![received(Mark::Gone, text)]
            }
            EventKind::Refused => vec![
                received(Mark::Received, told("server sets ")),
                self.because(Phrase::words("the browser does not keep it"), ". ", life, event),
            ],
            EventKind::SentUnknown => self.sent_unknown(told("browser sends "), life, event),
            EventKind::Withheld if self.story.cookies[life].is_session() => {
                vec![self.because(told("browser does not send "), ". ", life, event)]
            }
            EventKind::Missing => {
                vec![self.because(told("browser does not send "), ": ", life, event)]
            }
            EventKind::Sent if self.strays_first(life, event) => {
                let why = event.text.as_ref().map(|why| format!("; {why}")).unwrap_or_default();
                vec![line(Mark::Sent, told("browser sends ").and_words(why))]
            }
            EventKind::Withheld | EventKind::Sent | EventKind::Expired => Vec::new(),
        }
    }

    /// Whether a cookie is sent where it does not reach, for the first time.
    fn strays_first(&self, life: usize, event: &CookieEvent) -> bool {
        event.strayed() && self.index.said_before(life, event).is_none()
    }

    /// A refusal with its reason; a reason already given for this cookie is only pointed at.
    fn because(&self, text: Phrase, joint: &str, life: usize, event: &CookieEvent) -> Line {
        let before = self.index.said_before(life, event).map(|visit| self.story.visits[visit].id);
        let text = match (before, event.text.as_deref()) {
            (Some(id), _) => text.and_words(format!(", for the same reason as in exchange {id}")),
            (None, Some(why)) => text.and_words(format!("{joint}{why}")),
            (None, None) => text,
        };
        line(Mark::Refused, text)
    }

    /// A cookie that nothing here had set. What it holds is told the first time.
    fn sent_unknown(&self, text: Phrase, life: usize, event: &CookieEvent) -> Vec<Line> {
        if self.index.said_before(life, event).is_some() {
            return vec![line(Mark::Sent, text)];
        }
        let why = event.text.as_ref().map(|why| format!("; {why}")).unwrap_or_default();
        self.with_content(line(Mark::Sent, text.and_words(why)), life, event)
    }

    /// Adds what the value says and what changed in it.
    fn with_content(&self, first: Line, life: usize, event: &CookieEvent) -> Vec<Line> {
        let mut lines = vec![first];
        let cookie = &self.story.cookies[life];
        let version = event.version.map(|version| &cookie.versions[version]);
        let Some(version) = version else { return lines };
        lines.push(line(Mark::Value, Phrase::captured(lossy(&version.value))));
        lines.extend(content(version));
        let state = self.index.state(life, event).filter(|state| state.previous.is_some());
        lines.extend(state.and_then(|state| changed::line(state, cookie)));
        lines
    }
}

fn sends_no_cookie(asked: &Asked) -> bool {
    asked.cookies.pairs.is_empty()
}

/// What a value says, or why it says nothing.
fn content(version: &Version) -> Option<Line> {
    let text = match shown(version.reading.as_deref()?) {
        Piece::Captured(says) => Phrase::words("says ").and(Piece::Captured(says)),
        words => Phrase::default().and(words),
    };
    Some(Line { mark: Mark::Content, text, aside: Some(Piece::Words(signed(version))) })
}

/// What can be read in a value; of an id and of what is encrypted, that it is that.
pub(super) fn shown(reading: &Reading) -> Piece {
    match reading.shown().filter(|_| reading.kind != Kind::OpaqueId) {
        Some(value) => Piece::Captured(compact_json(value)),
        None => Piece::Words(super::words::what(reading).to_owned()),
    }
}

fn line(mark: Mark, text: Phrase) -> Line {
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

fn parts_line(story: &Story, parts: &[usize]) -> Option<String> {
    const NAMED: usize = 3;
    let paths: Vec<String> = parts
        .iter()
        .filter_map(|part| story.visits[*part].asked.as_deref())
        .map(|asked| lossy(asked.path.split(|byte| *byte == b'?').next().unwrap_or_default()))
        .collect();
    (!paths.is_empty()).then(|| first_few(paths.into_iter(), NAMED))
}

fn packets(visit: &Visit) -> String {
    let asked = visit.asked.as_deref().map(|asked| asked.packet);
    let answered = visit.answered.as_deref().map(|answered| answered.packet);
    match (asked, answered) {
        (Some(asked), Some(answered)) => format!("packets {asked}, {answered}"),
        (Some(packet), None) | (None, Some(packet)) => format!("packet {packet}"),
        (None, None) => String::new(),
    }
}
