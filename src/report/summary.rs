//! The head of the report, its warnings, and the comparison of browsers.

use super::phrase::Piece;
use super::report_json::About;
use super::teller::shown;
use super::told::Told;
use super::walkthrough::{Compared, FindingView};
use super::words::{first_few, lossy};
use crate::layer::Protocol;
use crate::packet::Skip;
use crate::pipeline::Counts;
use crate::trail::{CookieEvent, CookieLife, EventKind, Story};
use std::collections::{BTreeMap, BTreeSet};

/// `236 packets in 25.1 s`, `from 2026-11-23 02:55:50 UTC`, `20 connections`, and so on.
pub(super) fn summary(story: &Story, counts: &Counts) -> Vec<String> {
    let packets = count(counts.packets, "packet");
    let mut measures = match counts.span {
        Some((first, last)) => {
            let seconds = last.since(first).as_secs_f64();
            let start = first.to_string();
            let start = start.split(['.', 'Z']).next().unwrap_or_default().replace('T', " ");
            vec![format!("{packets} in {seconds:.1} s"), format!("from {start} UTC")]
        }
        None => vec![packets],
    };
    measures.extend([
        count(counts.connections, "connection"),
        count(story.visits.len() as u64, "exchange"),
        count(story.browsers.len() as u64, "browser"),
        count(story.cookies.len() as u64, "cookie"),
    ]);
    measures
}

/// What a reader must know before trusting the report.
pub(super) fn warnings(story: &Story, about: About<'_>) -> Vec<String> {
    let notes = about.notes.iter().map(|note| note.text.to_string());
    let mut warnings: Vec<String> = notes.chain(unread(about.counts)).collect();
    if story.visits.is_empty() {
        warnings.push(NOTHING.to_owned());
    }
    warnings
}

/// What is said where there is not one exchange.
pub const NOTHING: &str = "No HTTP was found in this capture.";

/// What was captured and could not be read, or not in full.
pub fn unread(counts: &Counts) -> Vec<String> {
    let mut warnings = Vec::new();
    let tls = counts.protocols.get(&Protocol::Tls).copied().unwrap_or(0);
    let http2 = counts.protocols.get(&Protocol::Http2).copied().unwrap_or(0);
    if tls > 0 {
        warnings.push(format!("{} encrypted (TLS) and not read.", are(tls, "connection")));
    }
    if http2 > 0 {
        warnings.push(format!("{} HTTP/2, which is not read yet.", are(http2, "connection")));
    }
    if counts.cut_packets > 0 {
        warnings.push(format!(
            "{} cut short by the capture's snap length: capture with -s 0 to see everything.",
            were(counts.cut_packets, "packet")
        ));
    }
    if counts.conflicts > 0 {
        warnings.push(format!(
            "{} sent again with other bytes; what was seen first was kept.",
            were(counts.conflicts, "segment")
        ));
    }
    warnings.extend(unknown_links(counts));
    let others = counts.skipped.iter().filter(|(skip, _)| **skip != Skip::UnknownLinkType);
    let list: Vec<String> =
        others.map(|(skip, count)| format!("{} {count}", skip.word())).collect();
    if !list.is_empty() {
        warnings.push(format!("Packets passed over: {}.", list.join(", ")));
    }
    warnings
}

/// What is said of packets whose link type is not known: they may be all that somebody looks for.
pub fn unknown_links(counts: &Counts) -> impl Iterator<Item = String> {
    counts.unknown_links.iter().map(|(link, packets)| {
        format!("{} of link type {}, which is not read.", are(*packets, "packet"), link.0)
    })
}

pub(super) fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn are(number: u64, what: &str) -> String {
    format!("{} {}", count(number, what), if number == 1 { "is" } else { "are" })
}

fn were(number: u64, what: &str) -> String {
    format!("{} {}", count(number, what), if number == 1 { "was" } else { "were" })
}

/// Exchanges of one finding, and of one conclusion, that are named.
pub(super) const NAMED_EXCHANGES: usize = 8;

/// Findings of one rule that are told, unless all are asked for; JSON has them all.
const MAX_OF_RULE: usize = 20;

/// The findings that are told, with the numbers of their exchanges, of which only the first are named.
pub(super) fn findings(story: &Story, told: &Told<'_>) -> Vec<FindingView> {
    let all = told.findings(story);
    let most = if told.is_all() { usize::MAX } else { MAX_OF_RULE };
    // Those of one rule stand together.
    let of_rules = all.chunk_by(|(one, _), (other, _)| one.rule == other.rule);
    let views = of_rules.flat_map(|of_rule| {
        let last = of_rule.len().min(most) - 1;
        of_rule.iter().take(most).enumerate().map(move |(place, (finding, visits))| {
            let ids = visits.iter().map(|visit| format!("#{}", story.visits[*visit].id));
            FindingView {
                severity: finding.severity,
                rule: finding.rule,
                text: finding.text.clone(),
                exchanges: first_few(ids, NAMED_EXCHANGES),
                more: if place == last { of_rule.len() - 1 - last } else { 0 },
                advice: (place == last).then_some(finding.advice),
            }
        })
    });
    views.collect()
}

/// Rows of the comparison that are shown; JSON has every cookie.
const MAX_COMPARED: usize = 500;

/// The session cookies of each browser told of with their last values, if several browsers have one;
/// and how many rows there are beyond those that are shown.
pub(super) fn comparison(story: &Story, told: &Told<'_>) -> (Vec<Compared>, usize) {
    let mut sessions: Vec<(&CookieLife, &CookieEvent)> = story
        .cookies
        .iter()
        .filter(|life| told.has(life.browser) && life.is_session())
        .filter_map(|life| Some((life, last_held(life)?)))
        .collect();
    sessions.sort_by_key(|(life, _)| life.browser);
    if sessions.iter().all(|(life, _)| life.browser == sessions[0].0.browser) {
        return (Vec::new(), 0);
    }
    let pages: BTreeSet<usize> =
        story.navigations.iter().flat_map(|step| &step.hops).copied().collect();
    let more = sessions.len().saturating_sub(MAX_COMPARED);
    if more > 0 {
        sessions = first_of_each(&sessions);
    }
    let rows = sessions.iter().filter_map(|(life, last)| compared(story, life, last, &pages));
    (rows.collect(), more)
}

/// As many as are shown, of cookies by browser: the first of each browser, then the second ones, and
/// so on.
fn first_of_each<'a>(
    sessions: &[(&'a CookieLife, &'a CookieEvent)],
) -> Vec<(&'a CookieLife, &'a CookieEvent)> {
    let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
    let ranked = sessions.iter().map(|session| {
        let rank = seen.entry(session.0.browser).or_default();
        *rank += 1;
        (*rank, *session)
    });
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.truncate(MAX_COMPARED);
    ranked.sort_by_key(|(rank, (life, _))| (life.browser, *rank));
    ranked.into_iter().map(|(_, session)| session).collect()
}

/// The event that last shows that a browser held a cookie, and with which value; `None` for one that it
/// never did.
fn last_held(life: &CookieLife) -> Option<&CookieEvent> {
    let keeps = |kind| matches!(kind, EventKind::Set | EventKind::Replaced | EventKind::Refreshed);
    let kept = || life.events.iter().rfind(|event| keeps(event.kind));
    sent(life).next().or_else(kept).filter(|last| last.version.is_some())
}

/// The events with which a browser sent a cookie, the last one first.
fn sent(life: &CookieLife) -> impl Iterator<Item = &CookieEvent> {
    let carries = |kind| matches!(kind, EventKind::Sent | EventKind::SentUnknown);
    life.events.iter().rev().filter(move |event| carries(event.kind))
}

fn compared(
    story: &Story,
    life: &CookieLife,
    last: &CookieEvent,
    pages: &BTreeSet<usize>,
) -> Option<Compared> {
    let browser = &story.browsers[life.browser];
    let with_it = sent(life).filter(|event| event.version == last.version);
    let value = &life.versions[last.version?];
    let page = with_it.filter_map(|event| event.visit).find_map(|visit| {
        let answered = story.visits[visit].answered.as_deref()?;
        let is_page = pages.contains(&visit) && !answered.is_redirect();
        answered.page.excerpt.as_deref().filter(|_| is_page).map(str::to_owned)
    });
    Some(Compared {
        browser: format!("{}  {}", browser.id, browser.label),
        cookie: Piece::Cookie { name: lossy(&life.name), version: Some(value.number) },
        value: lossy(&value.value),
        content: value.reading.as_deref().map(shown),
        page: page.unwrap_or_default(),
    })
}
