//! What can be read by whoever is on the way, in a log, or in a cache.

use super::super::address::Address;
use super::super::story::{EventKind, Story};
use super::super::visit::Asked;
use super::attributes::ByCookie;
use super::values::Values;
use super::{Case, is_in_clear, quoted};
use crate::cookie::Reason;
use crate::session::{Kind, Reading};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The first exchange of each session cookie that shows it on an open network, browsers with the
/// same cookie taken together.
pub(super) fn session_in_clear(story: &Story) -> Vec<Case> {
    let mut cases = ByCookie::default();
    for (index, life) in story.cookies.iter().enumerate().filter(|(_, life)| life.is_session()) {
        let shown = life.events.iter().find_map(|event| {
            let carries = matches!(
                event.kind,
                EventKind::Set | EventKind::Replaced | EventKind::Sent | EventKind::SentUnknown
            );
            event.visit.filter(|visit| carries && is_in_clear(story, *visit))
        });
        let Some(visit) = shown else { continue };
        let new = || {
            let text = format!(
                "The session cookie {} of {} crosses the network in clear.",
                quoted(&life.name),
                life.domain
            );
            Case { visits: Vec::new(), cookie: Some(index), text }
        };
        cases.case(life, "", new).0.visits.push(visit);
    }
    cases.into_cases()
}

pub(super) fn password_in_clear(story: &Story) -> Vec<Case> {
    let shows = |asked: &Asked| {
        asked
            .form
            .iter()
            .any(|field| field.secret && field.name.to_ascii_lowercase().contains("pass"))
            || asked.has_basic
    };
    let visits: Vec<usize> = (0..story.visits.len())
        .filter(|visit| is_in_clear(story, *visit))
        .filter(|visit| story.visits[*visit].asked.as_deref().is_some_and(shows))
        .collect();
    if visits.is_empty() {
        return Vec::new();
    }
    let text = "A password crosses the network in clear.".to_owned();
    vec![Case { visits, cookie: None, text }]
}

/// A session's value in the URL of a request, or in its Referer.
pub(super) fn session_in_url(story: &Story) -> Vec<Case> {
    let values = Values::of(story);
    let mut visits: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, browser) in story.browsers.iter().enumerate() {
        if !values.has_any(index) {
            continue;
        }
        for visit in &browser.visits {
            let Some(asked) = &story.visits[*visit].asked else { continue };
            let referer = asked.referer.as_ref().map_or(&b""[..], |url| url.as_str().as_bytes());
            let texts = [&*asked.path, referer].into_iter();
            let found = texts.flat_map(|text| values.standing_in(index, text));
            let lives: BTreeSet<usize> = found.map(|(life, _)| life).collect();
            for life in lives {
                visits.entry(life).or_default().push(*visit);
            }
        }
    }
    let case = |(life, visits): (usize, Vec<usize>)| {
        let name = quoted(&story.cookies[life].name);
        let text = format!("The value of the session cookie {name} stands in a URL.");
        Case { visits, cookie: Some(life), text }
    };
    visits.into_iter().map(case).collect()
}

pub(super) fn credentials_in_query(story: &Story) -> Vec<Case> {
    const NAMES: [&str; 6] = ["password", "passwd", "pass", "pwd", "passphrase", "secret"];
    let shows = |asked: &Asked| {
        let query = asked.url.as_deref().map(Address::query_pairs).into_iter().flatten();
        query.into_iter().any(|(name, value)| {
            !value.is_empty() && NAMES.contains(&name.to_ascii_lowercase().as_str())
        })
    };
    let visits: Vec<usize> = (0..story.visits.len())
        .filter(|visit| story.visits[*visit].asked.as_deref().is_some_and(shows))
        .collect();
    if visits.is_empty() {
        return Vec::new();
    }
    vec![Case { visits, cookie: None, text: "A password stands in the query of a URL.".to_owned() }]
}

/// Two cookies of one name in one request: which one the server reads is chance.
pub(super) fn shadowed(story: &Story) -> Vec<Case> {
    let mut cases: Vec<(&[u8], usize, Vec<usize>)> = Vec::new();
    let mut places: BTreeMap<(&[u8], usize), usize> = BTreeMap::new();
    for browser in 0..story.browsers.len() {
        for visit in &story.browsers[browser].visits {
            let Some(asked) = &story.visits[*visit].asked else { continue };
            let pairs = &asked.cookies.pairs;
            for (at, pair) in pairs.iter().enumerate() {
                let is_double =
                    pair.equals && pairs[..at].iter().any(|other| other.name == pair.name);
                if is_double {
                    let place = *places.entry((&pair.name, browser)).or_insert(cases.len());
                    if place == cases.len() {
                        cases.push((&pair.name, browser, Vec::new()));
                    }
                    cases[place].2.push(*visit);
                }
            }
        }
    }
    let case = |(name, browser, visits): (&[u8], usize, Vec<usize>)| {
        let text = format!(
            "Browser {} sends two cookies named {}; most servers read only one of them.",
            story.browsers[browser].id,
            quoted(name)
        );
        let cookie =
            story.cookies.iter().position(|life| life.browser == browser && life.name == name);
        Case { visits, cookie, text }
    };
    cases.into_iter().map(case).collect()
}

/// Cookies that no browser keeps, because name and value together are too long.
pub(super) fn too_large(story: &Story) -> Vec<Case> {
    let mut cases = ByCookie::default();
    for (index, life) in story.cookies.iter().enumerate() {
        let dropped = life.events.iter().filter(|event| {
            event.verdict.is_some_and(|verdict| verdict.reason == Reason::NameValueTooLong)
        });
        let visits: Vec<usize> = dropped.filter_map(|event| event.visit).collect();
        if visits.is_empty() {
            continue;
        }
        let new = || {
            let longest = life.versions.iter().map(|version| version.value.len()).max();
            let text = format!(
                "The cookie {} is dropped: name and value have {} bytes, and 4096 is the most that \
                 browsers keep.",
                quoted(&life.name),
                life.name.len() + longest.unwrap_or(0)
            );
            Case { visits: Vec::new(), cookie: Some(index), text }
        };
        cases.case(life, "", new).0.visits.extend(visits);
    }
    cases.into_cases()
}

/// Readable sessions that hold what should not be read.
pub(super) fn personal_data(story: &Story) -> Vec<Case> {
    let mut cases = Vec::new();
    for session in &story.sessions {
        let life = &story.cookies[session.cookie];
        let readable = |reading: &&Reading| {
            matches!(reading.kind, Kind::SignedReadable | Kind::EncodedOnly | Kind::Token)
        };
        let mut keys: Vec<String> = Vec::new();
        for version in &life.versions {
            if let Some(payload) =
                version.reading.as_deref().filter(readable).and_then(Reading::shown)
            {
                private_keys(payload, 0, &mut keys);
            }
        }
        if !keys.is_empty() {
            let text = format!(
                "The session cookie {} can be read by anyone who holds it, and has {}.",
                quoted(&life.name),
                keys.join(", ")
            );
            let visits = session.states.first().map(|state| state.visit).into_iter().collect();
            cases.push(Case { visits, cookie: Some(session.cookie), text });
        }
    }
    cases
}

/// Keys whose names say that their value is private.
fn private_keys(value: &Value, depth: usize, keys: &mut Vec<String>) {
    const PRIVATE: [&str; 13] = [
        "password",
        "passwd",
        "secret",
        "access_token",
        "refresh_token",
        "api_key",
        "apikey",
        "email",
        "phone",
        "address",
        "birthday",
        "ssn",
        "iban",
    ];
    if depth > 8 {
        return;
    }
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let lower = key.to_ascii_lowercase();
                let is_private = PRIVATE.contains(&lower.as_str())
                    && !value.is_null()
                    && *value != Value::Bool(false);
                if is_private && !keys.contains(key) {
                    keys.push(key.clone());
                }
                private_keys(value, depth + 1, keys);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| private_keys(value, depth + 1, keys)),
        _ => {}
    }
}

pub(super) fn cacheable(story: &Story) -> Vec<Case> {
    let visits: Vec<usize> = (0..story.visits.len())
        .filter(|visit| {
            let answered = story.visits[*visit].answered.as_deref();
            answered.is_some_and(|answered| {
                answered.is_shared_cacheable && !answered.set_cookies.is_empty()
            })
        })
        .collect();
    if visits.is_empty() {
        return Vec::new();
    }
    let text = "A response sets a cookie, and lets shared caches keep it.".to_owned();
    vec![Case { visits, cookie: None, text }]
}
