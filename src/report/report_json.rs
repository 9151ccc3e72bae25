//! The report as JSON: `cookietrail/report/1` in docs/json.md.

use super::browsers;
use super::chain_json::ChainJson;
use super::exchange_json::{Display, NoteJson};
use super::text::{self, Text};
use crate::note::Note;
use crate::pipeline::Counts;
use crate::session::{Reading, SignatureState};
use crate::time::Timestamp;
use crate::trail::diff::{Change, ChangeKind};
use crate::trail::{CookieEvent, CookieLife, SessionLife, SessionState, Story, Turn};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::IpAddr;

/// The name and version of this format.
pub const SCHEMA: &str = "cookietrail/report/1";

/// What is known about the capture beside the story.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The files, as they were named.
    pub files: &'a [String],
    /// What was read.
    pub counts: &'a Counts,
    /// What was odd about the files.
    pub notes: &'a [Note],
}

/// Writes the whole report as one document.
///
/// # Errors
/// Those of the writer.
pub fn write(story: &Story, about: About<'_>, out: impl Write) -> io::Result<()> {
    text::write_json(&Report::of(story, about), out)
}

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    capture: CaptureJson<'a>,
    browsers: Vec<BrowserJson<'a>>,
    navigations: Vec<NavigationJson<'a>>,
    cookies: Vec<CookieJson<'a>>,
    sessions: Vec<SessionJson<'a>>,
    findings: Vec<FindingJson<'a>>,
    conclusions: Vec<ConclusionJson<'a>>,
}

impl<'a> Report<'a> {
    fn of(story: &'a Story, about: About<'a>) -> Self {
        let navigations = story.navigations.iter().map(|step| NavigationJson {
            browser: &story.browsers[step.browser].id,
            exchanges: ids(story, &step.hops),
            parts: ids(story, &step.parts),
            kind: step.kind.word(),
            title: &step.title,
            chain: step.chain.as_ref().map(|chain| ChainJson::of(chain, story)),
        });
        let conclusions = story.conclusions.iter().map(|conclusion| ConclusionJson {
            kind: conclusion.kind.word(),
            text: &conclusion.text,
            exchanges: ids(story, &conclusion.visits),
        });
        Self {
            schema: SCHEMA,
            capture: CaptureJson::of(story, about),
            browsers: story
                .browsers
                .iter()
                .map(|browser| BrowserJson::of(browser, story))
                .collect(),
            navigations: navigations.collect(),
            cookies: story.cookies.iter().map(|life| CookieJson::of(life, story)).collect(),
            sessions: story
                .sessions
                .iter()
                .map(|session| SessionJson::of(session, story))
                .collect(),
            findings: story
                .findings
                .iter()
                .map(|finding| FindingJson::of(finding, story))
                .collect(),
            conclusions: conclusions.collect(),
        }
    }
}

fn ids(story: &Story, visits: &[usize]) -> Vec<u64> {
    visits.iter().map(|visit| story.visits[*visit].id).collect()
}

#[derive(Serialize)]
struct CaptureJson<'a> {
    files: &'a [String],
    packets: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    connections: u64,
    protocols: BTreeMap<&'static str, u64>,
    exchanges: usize,
    skipped: BTreeMap<&'static str, u64>,
    notes: Vec<NoteJson<'a>>,
}

impl<'a> CaptureJson<'a> {
    fn of(story: &'a Story, about: About<'a>) -> Self {
        let counts = about.counts;
        Self {
            files: about.files,
            packets: counts.packets,
            first: counts.span.map(|(first, _)| first),
            last: counts.span.map(|(_, last)| last),
            connections: counts.connections,
            protocols: counts
                .protocols
                .iter()
                .map(|(protocol, count)| (protocol.word(), *count))
                .collect(),
            exchanges: story.visits.len(),
            skipped: counts.skipped.iter().map(|(skip, count)| (skip.word(), *count)).collect(),
            notes: about.notes.iter().map(NoteJson::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct BrowserJson<'a> {
    id: &'a str,
    label: &'a str,
    user_agent: Option<Text<'a>>,
    addresses: Vec<Display<IpAddr>>,
    exchanges: Vec<u64>,
    confidence: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    told_apart: Option<&'a str>,
    evidence: Vec<browsers::Tied>,
}

impl<'a> BrowserJson<'a> {
    fn of(browser: &'a crate::trail::Browser, story: &Story) -> Self {
        Self {
            id: &browser.id,
            label: &browser.label,
            user_agent: (!browser.user_agent.is_empty()).then_some(Text(&browser.user_agent)),
            addresses: browser.addresses.iter().copied().map(Display).collect(),
            exchanges: ids(story, &browser.visits),
            confidence: browser.confidence.word(),
            told_apart: browser.told_apart.as_deref(),
            evidence: browsers::evidence(browser, story),
        }
    }
}

#[derive(Serialize)]
struct NavigationJson<'a> {
    browser: &'a str,
    exchanges: Vec<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<u64>,
    kind: &'static str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<ChainJson<'a>>,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    rule: &'static str,
    severity: &'static str,
    exchanges: Vec<u64>,
    cookie: Option<Text<'a>>,
    browser: Option<&'a str>,
    text: &'a str,
    advice: &'static str,
}

impl<'a> FindingJson<'a> {
    fn of(finding: &'a crate::trail::Finding, story: &'a Story) -> Self {
        let cookie = finding.cookie.map(|cookie| &story.cookies[cookie]);
        Self {
            rule: finding.rule,
            severity: finding.severity.word(),
            exchanges: ids(story, &finding.visits),
            cookie: cookie.map(|cookie| Text(&cookie.name)),
            browser: cookie.map(|cookie| &*story.browsers[cookie.browser].id),
            text: &finding.text,
            advice: finding.advice,
        }
    }
}

#[derive(Serialize)]
struct ConclusionJson<'a> {
    kind: &'static str,
    text: &'a str,
    exchanges: Vec<u64>,
}

/// One cookie with its events, in every JSON document that has cookies.
#[derive(Serialize)]
pub(super) struct CookieJson<'a> {
    browser: &'a str,
    name: Text<'a>,
    domain: &'a str,
    host_only: Option<bool>,
    path: Option<Text<'a>>,
    format: Option<&'static str>,
    kind: Option<&'static str>,
    events: Vec<EventJson<'a>>,
}

impl<'a> CookieJson<'a> {
    pub(super) fn of(life: &'a CookieLife, story: &'a Story) -> Self {
        let reading = life.reading();
        Self {
            browser: &story.browsers[life.browser].id,
            name: Text(&life.name),
            domain: &life.domain,
            host_only: life.host_only,
            path: life.path.as_deref().map(Text),
            format: reading.map(|reading| reading.format),
            kind: reading.map(|reading| reading.kind.word()),
            events: life.events.iter().map(|event| EventJson::of(event, life, story)).collect(),
        }
    }
}

#[derive(Serialize)]
struct EventJson<'a> {
    kind: &'static str,
    exchange: Option<u64>,
    packet: Option<u64>,
    time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Text<'a>>,
    /// The number of the value: the same for the same value in every browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Vec<(Text<'a>, Option<Text<'a>>)>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grade: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

impl<'a> EventJson<'a> {
    fn of(event: &'a CookieEvent, life: &'a CookieLife, story: &Story) -> Self {
        let attributes = event.attributes.iter();
        let attributes =
            attributes.map(|(name, value)| (Text(name), value.as_deref().map(Text))).collect();
        Self {
            kind: event.kind.word(),
            exchange: event.visit.map(|visit| story.visits[visit].id),
            packet: event.packet,
            time: event.time,
            value: event.version.map(|version| Text(&life.versions[version].value)),
            version: event.version.map(|version| life.versions[version].number),
            attributes: event.kind.is_from_server().then_some(attributes),
            reason: event.verdict.map(|verdict| verdict.reason.word()),
            grade: event.verdict.map(|verdict| verdict.grade.word()),
            text: event.text.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct SessionJson<'a> {
    browser: &'a str,
    cookie: Text<'a>,
    format: &'static str,
    states: Vec<StateJson<'a>>,
    life: Vec<TurnJson<'a>>,
}

impl<'a> SessionJson<'a> {
    fn of(session: &'a SessionLife, story: &'a Story) -> Self {
        let life = &story.cookies[session.cookie];
        Self {
            browser: &story.browsers[life.browser].id,
            cookie: Text(&life.name),
            format: session.format,
            states: session.states.iter().map(|state| StateJson::of(state, life, story)).collect(),
            life: session.turns.iter().map(|turn| TurnJson::of(turn, life, story)).collect(),
        }
    }
}

#[derive(Serialize)]
struct TurnJson<'a> {
    kind: &'static str,
    stage: &'static str,
    exchanges: Vec<u64>,
    packets: Vec<Option<u64>>,
    time: Timestamp,
    version: Option<usize>,
    identity: Option<&'a str>,
    evidence: Vec<&'static str>,
    confidence: &'static str,
    text: String,
}

impl<'a> TurnJson<'a> {
    fn of(turn: &'a Turn, life: &CookieLife, story: &Story) -> Self {
        Self {
            kind: turn.kind.word(),
            stage: turn.stage.word(),
            exchanges: turn.seen.iter().map(|(visit, _)| story.visits[*visit].id).collect(),
            packets: turn.seen.iter().map(|(_, packet)| *packet).collect(),
            time: turn.time,
            version: turn.version.map(|version| life.versions[version].number),
            identity: turn.identity.as_deref(),
            evidence: turn.evidence.iter().map(|sign| sign.word()).collect(),
            confidence: turn.certainty().word(),
            text: turn.sentence(),
        }
    }
}

#[derive(Serialize)]
struct StateJson<'a> {
    exchange: u64,
    packet: Option<u64>,
    version: usize,
    payload: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plain: Option<&'a Value>,
    signed_at: Option<Timestamp>,
    expires: Option<Timestamp>,
    compressed: bool,
    signature: &'static str,
    /// The number of the given secret that made the signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
    identity: Option<&'a str>,
    added: Vec<&'a str>,
    removed: Vec<&'a str>,
    changed: Vec<&'a str>,
    /// Tokens against forged requests that got another value.
    rotated: Vec<&'a str>,
    /// Times and serial numbers that got another value.
    renewed: Vec<&'a str>,
    /// Whether nothing else changed, though the value is another.
    refresh: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<ChangeJson<'a>>,
}

/// One difference between two states, whole.
#[derive(Serialize)]
struct ChangeJson<'a> {
    kind: &'static str,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a Value>,
}

impl<'a> StateJson<'a> {
    fn of(state: &'a SessionState, life: &'a CookieLife, story: &Story) -> Self {
        let reading: Option<&Reading> = life.versions[state.version].reading.as_ref();
        let none = SignatureState::None;
        let paths = |kind| state.changes.of(kind).map(|change| change.path.as_str()).collect();
        // What is new in a first state is the state itself.
        let has_before = state.previous.is_some();
        Self {
            exchange: story.visits[state.visit].id,
            packet: state.packet,
            version: life.versions[state.version].number,
            payload: reading.and_then(|reading| reading.payload.as_ref()),
            plain: reading.and_then(|reading| reading.plain.as_ref()),
            signed_at: reading.and_then(|reading| reading.signed_at),
            expires: reading.and_then(|reading| reading.expires),
            compressed: reading.is_some_and(|reading| reading.compressed),
            signature: reading.map_or(none, |reading| reading.signature).word(),
            key: life.versions[state.version].key,
            problem: reading.and_then(|reading| reading.problem.as_deref()),
            identity: state.identity.as_deref(),
            added: paths(ChangeKind::Added),
            removed: paths(ChangeKind::Removed),
            changed: paths(ChangeKind::Changed),
            rotated: paths(ChangeKind::Rotated),
            renewed: paths(ChangeKind::Renewed),
            refresh: state.is_refresh,
            changes: state.changes.iter().filter(|_| has_before).map(ChangeJson::of).collect(),
        }
    }
}

impl<'a> ChangeJson<'a> {
    fn of(change: &'a Change) -> Self {
        let Change { kind, path, before, after } = change;
        Self { kind: kind.word(), path, before: before.as_ref(), after: after.as_ref() }
    }
}
