//! What can be read by whoever is on the way, in a log, or in a cache.

use super::super::address::Address;
use super::super::story::{CookieLife, EventKind, Story};
use super::super::visit::Asked;
use super::attributes::is_same_cookie;
use super::{Case, is_in_clear, quoted};
use crate::cookie::Reason;
use crate::session::{Kind, Reading};
use serde_json::Value;

/// Shorter values are found in URLs by accident.
pub(super) const TELLING_LENGTH: usize = 16;

/// The first exchange of each session cookie that shows it on an open network, browsers with the
/// same cookie taken together.
pub(super) fn session_in_clear(story: &Story) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (index, life) in story.cookies.iter().enumerate().filter(|(_, life)| life.is_session()) {
        let shown = life.events.iter().find_map(|event| {
            let carries = matches!(
                event.kind,
                EventKind::Set | EventKind::Replaced | EventKind::Sent | EventKind::SentUnknown
            );
            event.visit.filter(|visit| carries && is_in_clear(story, *visit))
        });
        let Some(visit) = shown else { continue };
        if let Some(case) = cases.iter_mut().find(|case| is_same_cookie(story, case, life)) {
            case.visits.push(visit);
        } else {
            let text = format!(
                "The session cookie {} of {} crosses the network in clear.",
                quoted(&life.name),
                life.domain
            );
            cases.push(Case { visits: vec![visit], cookie: Some(index), text });
        }
    }
    cases
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
    let sessions = story.cookies.iter().enumerate().filter(|(_, life)| life.is_session());
    sessions.filter_map(|(index, life)| in_url(story, index, life)).collect()
}

fn in_url(story: &Story, index: usize, life: &CookieLife) -> Option<Case> {
    let values: Vec<&[u8]> = life
        .versions
        .iter()
        .map(|version| &*version.value)
        .filter(|value| value.len() >= TELLING_LENGTH)
        .collect();
    let visits: Vec<usize> = story.browsers[life.browser]
        .visits
        .iter()
        .copied()
        .filter(|visit| {
            let Some(asked) = &story.visits[*visit].asked else { return false };
            let referer =
                asked.referer.as_ref().map(|url| url.as_str().as_bytes()).unwrap_or_default();
            let stands_in = |text: &[u8], value: &[u8]| {
                text.len() >= value.len() && memchr::memmem::find(text, value).is_some()
            };
            let mut values = values.iter();
            values.any(|value| stands_in(&asked.path, value) || stands_in(referer, value))
        })
        .collect();
    if visits.is_empty() {
        return None;
    }
    let text = format!("The value of the session cookie {} stands in a URL.", quoted(&life.name));
    Some(Case { visits, cookie: Some(index), text })
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
    let mut cases: Vec<(Vec<u8>, usize, Vec<usize>)> = Vec::new();
    for browser in 0..story.browsers.len() {
        for visit in &story.browsers[browser].visits {
            let Some(asked) = &story.visits[*visit].asked else { continue };
            let pairs = &asked.cookies.pairs;
            for (at, pair) in pairs.iter().enumerate() {
                let is_double =
                    pair.equals && pairs[..at].iter().any(|other| other.name == pair.name);
                if is_double {
                    match cases
                        .iter_mut()
                        .find(|(name, owner, _)| *name == pair.name && *owner == browser)
                    {
                        Some((_, _, visits)) => visits.push(*visit),
                        None => cases.push((pair.name.clone(), browser, vec![*visit])),
                    }
                }
            }
        }
    }
    let case = |(name, browser, visits): (Vec<u8>, usize, Vec<usize>)| {
        let text = format!(
            "Browser {} sends two cookies named {}; most servers read only one of them.",
            story.browsers[browser].id,
            quoted(&name)
        );
        let cookie =
            story.cookies.iter().position(|life| life.browser == browser && life.name == name);
        Case { visits, cookie, text }
    };
    cases.into_iter().map(case).collect()
}

/// Cookies that no browser keeps, because name and value together are too long.
pub(super) fn too_large(story: &Story) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (index, life) in story.cookies.iter().enumerate() {
        let dropped = life.events.iter().filter(|event| {
            event.verdict.is_some_and(|verdict| verdict.reason == Reason::NameValueTooLong)
        });
        let visits: Vec<usize> = dropped.filter_map(|event| event.visit).collect();
        if visits.is_empty() {
            continue;
        }
        if let Some(case) = cases.iter_mut().find(|case| is_same_cookie(story, case, life)) {
            case.visits.extend(visits);
        } else {
            let longest = life.versions.iter().map(|version| version.value.len()).max();
            let text = format!(
                "The cookie {} is dropped: name and value have {} bytes, and 4096 is the most that \
                 browsers keep.",
                quoted(&life.name),
                life.name.len() + longest.unwrap_or(0)
            );
            cases.push(Case { visits, cookie: Some(index), text });
        }
    }
    cases
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
