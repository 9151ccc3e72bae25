//! The report as JSON: `cookietrail/report/1` in docs/json.md.

use super::browsers;
use super::chain_json::ChainJson;
use super::document::Document;
use super::exchange_json::{Display, NoteJson};
use super::session_json::SessionJson;
use super::text::Text;
use crate::note::Note;
use crate::pipeline::Counts;
use crate::time::Timestamp;
use crate::trail::{Conclusion, CookieEvent, CookieLife, Navigation, Story};
use serde::ser::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::IpAddr;
use std::num::NonZero;

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

/// Writes the whole report as one document, which is made on so many threads.
///
/// # Errors
/// Those of the writer.
pub fn write(
    story: &Story,
    about: About<'_>,
    threads: NonZero<usize>,
    out: impl Write,
) -> io::Result<()> {
    let mut report = Document::begin(out, threads)?;
    report.member("schema", &SCHEMA)?;
    report.member("capture", &CaptureJson::of(story, about))?;
    report.list("browsers", &story.browsers, |browser| BrowserJson::of(browser, story))?;
    report.list("navigations", &story.navigations, |step| NavigationJson::of(step, story))?;
    report.list("cookies", &story.cookies, |life| CookieJson::of(life, story))?;
    report.list("sessions", &story.sessions, |session| SessionJson::of(session, story))?;
    report.list("findings", &story.findings, |finding| FindingJson::of(finding, story))?;
    report.list("conclusions", &story.conclusions, |one| ConclusionJson::of(one, story))?;
    report.end()
}

fn ids(story: &Story, visits: &[usize]) -> Vec<u64> {
    visits.iter().map(|visit| story.visits[*visit].id).collect()
}

#[derive(serde::Serialize)]
struct CaptureJson<'a> {
    files: &'a [String],
    packets: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    connections: u64,
    protocols: BTreeMap<&'static str, u64>,
    exchanges: usize,
    skipped: BTreeMap<&'static str, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    unknown_link_types: BTreeMap<u32, u64>,
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
            unknown_link_types: counts
                .unknown_links
                .iter()
                .map(|(link, count)| (link.0, *count))
                .collect(),
            notes: about.notes.iter().map(NoteJson::of).collect(),
        }
    }
}

#[derive(serde::Serialize)]
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

#[derive(serde::Serialize)]
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

impl<'a> NavigationJson<'a> {
    fn of(step: &'a Navigation, story: &'a Story) -> Self {
        Self {
            browser: &story.browsers[step.browser].id,
            exchanges: ids(story, &step.hops),
            parts: ids(story, &step.parts),
            kind: step.kind.word(),
            title: &step.title,
            chain: step.chain.as_ref().map(|chain| ChainJson::of(chain, story)),
        }
    }
}

#[derive(serde::Serialize)]
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

#[derive(serde::Serialize)]
struct ConclusionJson<'a> {
    kind: &'static str,
    text: &'a str,
    exchanges: Vec<u64>,
}

impl<'a> ConclusionJson<'a> {
    fn of(conclusion: &'a Conclusion, story: &Story) -> Self {
        Self {
            kind: conclusion.kind.word(),
            text: &conclusion.text,
            exchanges: ids(story, &conclusion.visits),
        }
    }
}

/// One cookie with its events, in every JSON document that has cookies.
#[derive(serde::Serialize)]
pub(super) struct CookieJson<'a> {
    browser: &'a str,
    name: Text<'a>,
    domain: &'a str,
    host_only: Option<bool>,
    path: Option<Text<'a>>,
    format: Option<&'static str>,
    kind: Option<&'static str>,
    events: Events<'a>,
}

struct Events<'a> {
    life: &'a CookieLife,
    story: &'a Story,
}

impl Serialize for Events<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let events = self.life.events.iter();
        serializer.collect_seq(events.map(|event| EventJson::of(event, self.life, self.story)))
    }
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
            events: Events { life, story },
        }
    }
}

#[derive(serde::Serialize)]
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
