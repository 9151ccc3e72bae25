//! The head of the report, its warnings, and the comparison of browsers.

use super::report_json::About;
use super::walkthrough::{Compared, FindingView};
use super::words::{circled, compact_json, lossy};
use crate::layer::Protocol;
use crate::pipeline::Counts;
use crate::session::Reading;
use crate::trail::{CookieLife, EventKind, Finding, Story};

/// `236 packets in 25.1 s, 20 connections, 20 exchanges, 2 browsers, 2 cookies`.
pub(super) fn summary(story: &Story, counts: &Counts) -> String {
    let seconds = counts.span.map_or(0.0, |(first, last)| last.since(first).as_secs_f64());
    let start = counts
        .span
        .map(|(first, _)| {
            format!(
                ", from {}",
                first
                    .to_string()
                    .split('.')
                    .next()
                    .unwrap_or_default()
                    .replace('T', " ")
                    .trim_end_matches('Z')
            )
        })
        .unwrap_or_default();
    [
        format!("{} in {seconds:.1} s{start} UTC", count(counts.packets, "packet")),
        count(counts.connections, "connection"),
        count(story.visits.len() as u64, "exchange"),
        count(story.browsers.len() as u64, "browser"),
        count(story.cookies.len() as u64, "cookie"),
    ]
    .join(" · ")
}

/// What a reader must know before trusting the report.
pub(super) fn warnings(story: &Story, about: About<'_>) -> Vec<String> {
    let counts = about.counts;
    let mut warnings: Vec<String> = about.notes.iter().map(|note| note.text.to_string()).collect();
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
    if !counts.skipped.is_empty() {
        let list: Vec<String> =
            counts.skipped.iter().map(|(skip, count)| format!("{} {count}", skip.word())).collect();
        warnings.push(format!("Packets passed over: {}.", list.join(", ")));
    }
    if story.visits.is_empty() {
        warnings.push("No HTTP was found in this capture.".to_owned());
    }
    warnings
}

fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn are(number: u64, what: &str) -> String {
    format!("{} {}", count(number, what), if number == 1 { "is" } else { "are" })
}

fn were(number: u64, what: &str) -> String {
    format!("{} {}", count(number, what), if number == 1 { "was" } else { "were" })
}

/// Every finding with the numbers of its exchanges, of which only the first are named.
pub(super) fn findings(story: &Story) -> Vec<FindingView> {
    const NAMED: usize = 8;
    let view = |finding: &Finding| {
        let ids: Vec<String> =
            finding.visits.iter().map(|visit| format!("#{}", story.visits[*visit].id)).collect();
        let more = ids.len().saturating_sub(NAMED);
        let named = ids[..ids.len().min(NAMED)].join(", ");
        FindingView {
            severity: finding.severity,
            rule: finding.rule,
            text: finding.text.clone(),
            exchanges: if more > 0 { format!("{named} and {more} more") } else { named },
            advice: finding.advice,
        }
    };
    story.findings.iter().map(view).collect()
}

/// Each browser's session cookies with their last values, if several browsers have one.
pub(super) fn comparison(story: &Story) -> Vec<Compared> {
    let sessions =
        story.cookies.iter().filter(|life| life.is_session() && !life.versions.is_empty());
    let rows: Vec<(usize, Compared)> =
        sessions.filter_map(|life| Some((life.browser, compared(story, life)?))).collect();
    let several = rows.iter().any(|(browser, _)| *browser != rows[0].0);
    if several { rows.into_iter().map(|(_, row)| row).collect() } else { Vec::new() }
}

fn compared(story: &Story, life: &CookieLife) -> Option<Compared> {
    let browser = &story.browsers[life.browser];
    let carries = |kind| matches!(kind, EventKind::Sent | EventKind::SentUnknown);
    let last = life.events.iter().rfind(|event| carries(event.kind)).or(life.events.last())?;
    let version = last.version?;
    let value = &life.versions[version];
    let page =
        life.events.iter().rev().filter(|event| carries(event.kind)).find_map(|event| {
            let visit = &story.visits[event.visit?];
            visit.answered.as_ref()?.excerpt.clone().filter(|_| {
                !visit.answered.as_ref().is_some_and(crate::trail::Answered::is_redirect)
            })
        });
    Some(Compared {
        browser: format!("{}  {}", browser.id, browser.label),
        cookie: format!("{}{}", lossy(&life.name), circled(value.number)),
        value: lossy(&value.value),
        content: value
            .reading
            .as_ref()
            .and_then(Reading::shown)
            .map(compact_json)
            .unwrap_or_default(),
        page: page.unwrap_or_default(),
    })
}
