//! What a capture shows. A conclusion stands only with the exchanges that support it.

use super::address::Address;
use super::findings::quoted;
use super::steps::StepKind;
use super::story::{EventKind, Story};
use crate::cookie::Reason;
use crate::session::Kind;
use crate::threads;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;

/// What can be concluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConclusionKind {
    /// The same URL gave different pages, with nothing but the cookie differing.
    Stateless,
    /// Several browsers were served at once, each by its own cookie.
    CookieTellsApart,
    /// A session cookie's content can be read without any key.
    Readable,
    /// A session cookie is a bare identifier: its content is on the server.
    ServerSide,
    /// Logging out only deleted the browser's copy.
    LogoutOnlyDeletes,
    /// A session value was used after it had been deleted.
    UsedAfterDeletion,
    /// A login did not last because its cookie was refused.
    RefusedCookie,
}

impl ConclusionKind {
    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stateless => "http-is-stateless",
            Self::CookieTellsApart => "cookie-tells-browsers-apart",
            Self::Readable => "session-readable",
            Self::ServerSide => "session-on-server",
            Self::LogoutOnlyDeletes => "logout-only-deletes",
            Self::UsedAfterDeletion => "used-after-deletion",
            Self::RefusedCookie => "cookie-refused",
        }
    }
}

/// One thing that the capture shows.
#[derive(Debug, Clone)]
pub struct Conclusion {
    /// Which.
    pub kind: ConclusionKind,
    /// In plain words. It may hold captured text.
    pub text: String,
    /// The exchanges that show it.
    pub visits: Vec<usize>,
}

/// What is looked for, in teaching order.
const KINDS: [fn(&Story) -> Option<Conclusion>; 7] = [
    refused,
    stateless,
    tells_apart,
    readable,
    server_side,
    logout_only_deletes,
    used_after_deletion,
];

/// Everything that this capture supports, in teaching order.
pub(super) fn conclusions(story: &Story, threads: NonZero<usize>) -> Vec<Conclusion> {
    threads::map(&KINDS, threads, |conclude| conclude(story)).into_iter().flatten().collect()
}

/// Browsers that are named in one sentence.
const NAMED: usize = 12;

/// Two pages of one URL that read differently, where one request had a session cookie and the
/// other had none.
fn stateless(story: &Story) -> Option<Conclusion> {
    let page = |index: usize| {
        let visit = &story.visits[index];
        let (asked, answered) = (visit.asked.as_deref()?, visit.answered.as_deref()?);
        let words = answered.page.excerpt.as_deref().filter(|_| answered.status == 200)?;
        Some((asked.url.as_deref()?, words, story.sent_session(index)))
    };
    let mut strangers: BTreeMap<&Address, (usize, &str)> = BTreeMap::new();
    let mut found = None;
    for index in 0..story.visits.len() {
        let Some((url, words, had_session)) = page(index) else { continue };
        if !had_session {
            strangers.entry(url).or_insert((index, words));
        } else if let Some((stranger, other)) = strangers.get(url)
            && *other != words
        {
            found = Some((*stranger, index));
            break;
        }
    }
    let (without, with) = found?;
    let text = format!(
        "HTTP keeps no state. Exchanges {} and {} ask for the same page; all that tells the server \
         who is asking is the cookie that the second one carries.",
        story.visits[without].id, story.visits[with].id
    );
    Some(Conclusion { kind: ConclusionKind::Stateless, text, visits: vec![without, with] })
}

fn tells_apart(story: &Story) -> Option<Conclusion> {
    let mut who: Vec<(usize, &str, usize)> = Vec::new();
    let mut told = BTreeSet::new();
    for session in &story.sessions {
        let life = &story.cookies[session.cookie];
        let browser = life.browser;
        if !life.events.iter().any(|event| event.kind == EventKind::Set) {
            continue;
        }
        let mut states = session.states.iter();
        let named = states.find_map(|state| Some((state.identity.as_deref()?, state.visit)));
        who.extend(
            named.filter(|_| told.insert(browser)).map(|(name, visit)| (browser, name, visit)),
        );
    }
    if who.iter().all(|(_, name, _)| *name == who[0].1) {
        return None;
    }
    let is_shared =
        story.cookies.iter().flat_map(|life| &life.events).any(|event| {
            event.verdict.is_some_and(|verdict| verdict.reason == Reason::GivenToAnother)
        });
    let mut list: Vec<String> = who
        .iter()
        .take(NAMED)
        .map(|(browser, name, _)| format!("browser {} is {name}", story.browsers[*browser].id))
        .collect();
    if let more @ 1.. = who.len().saturating_sub(NAMED) {
        list.push(format!("and so on for {more} more"));
    }
    let text = format!(
        "The cookie tells browsers apart: {}.{}",
        list.join(", "),
        if is_shared { "" } else { " Each sends its own value, and sees its own user." }
    );
    let visits = who.into_iter().map(|(_, _, visit)| visit).collect();
    Some(Conclusion { kind: ConclusionKind::CookieTellsApart, text, visits })
}

fn readable(story: &Story) -> Option<Conclusion> {
    let session = story.sessions.iter().find(|session| {
        let reading = story.cookies[session.cookie].reading();
        reading
            .is_some_and(|reading| matches!(reading.kind, Kind::SignedReadable | Kind::EncodedOnly))
    })?;
    let cookie = &story.cookies[session.cookie];
    let signed = cookie.reading().is_some_and(|reading| reading.kind == Kind::SignedReadable);
    let guard = if signed {
        "It is signed, so it cannot be forged without the server's secret, but it is not encrypted: \
         whoever holds it can read it."
    } else {
        "It is neither signed nor encrypted: whoever holds it can read it and change it."
    };
    let such_as = if session.format == "flask" { " (with Flask-Session)" } else { "" };
    let text = format!(
        "The session lives in the cookie {}, on the client. {guard} To keep the content on the \
         server, use server-side sessions{such_as}: the cookie is then a bare id.",
        quoted(&cookie.name)
    );
    let visits = session.states.iter().map(|state| state.visit).take(3).collect();
    Some(Conclusion { kind: ConclusionKind::Readable, text, visits })
}

fn server_side(story: &Story) -> Option<Conclusion> {
    let session = story.sessions.iter().find(|session| {
        story.cookies[session.cookie]
            .reading()
            .is_some_and(|reading| reading.kind == Kind::OpaqueId)
    })?;
    let cookie = &story.cookies[session.cookie];
    let text = format!(
        "The cookie {} is a bare identifier: what it stands for is kept on the server. Whoever \
         sends the same identifier is taken for the same user.",
        quoted(&cookie.name)
    );
    let visits = session.states.iter().map(|state| state.visit).take(1).collect();
    Some(Conclusion { kind: ConclusionKind::ServerSide, text, visits })
}

fn logout_only_deletes(story: &Story) -> Option<Conclusion> {
    let step = story.navigations.iter().find(|step| step.kind == StepKind::Logout)?;
    let deletes = |life: &&super::story::CookieLife| {
        let readable = life.reading().is_some_and(|reading| reading.kind == Kind::SignedReadable);
        readable
            && life.events.iter().any(|event| {
                event.kind == EventKind::Deleted
                    && event.visit.is_some_and(|visit| step.hops.contains(&visit))
            })
    };
    let life = story.cookies.iter().find(deletes)?;
    let text = format!(
        "Logging out asks the browser to throw the cookie {} away. The server keeps no list of \
         sessions, so a copy of the old value made before the logout is still valid until its \
         signature is too old.",
        quoted(&life.name)
    );
    Some(Conclusion { kind: ConclusionKind::LogoutOnlyDeletes, text, visits: step.hops.clone() })
}

/// A session value sent after the server had deleted it, by whichever browser.
fn used_after_deletion(story: &Story) -> Option<Conclusion> {
    let finding =
        story.findings.iter().find(|finding| finding.rule == "session-used-after-logout")?;
    let (deleted, again) = (*finding.visits.first()?, *finding.visits.get(1)?);
    let cookie = &story.cookies[finding.cookie?];
    let text = format!(
        "Deleted is not revoked: after the server had deleted {} in exchange {}, browser {} sends \
         the old value again in exchange {}, and is let in.",
        quoted(&cookie.name),
        story.visits[deleted].id,
        story.browsers[cookie.browser].id,
        story.visits[again].id
    );
    Some(Conclusion { kind: ConclusionKind::UsedAfterDeletion, text, visits: vec![deleted, again] })
}

fn refused(story: &Story) -> Option<Conclusion> {
    let step = story.navigations.iter().find(|step| step.kind == StepKind::LoginLost)?;
    let (life, event) =
        story.cookies.iter().filter(|life| life.browser == step.browser).find_map(|life| {
            let event = life.events.iter().find(|event| {
                event.kind == EventKind::Refused
                    && event.visit.is_some_and(|visit| step.hops.contains(&visit))
            })?;
            Some((life, event))
        })?;
    let text = format!(
        "The login does not last, because the cookie {} never comes back. {}",
        quoted(&life.name),
        event.text.as_deref().unwrap_or_default()
    );
    Some(Conclusion { kind: ConclusionKind::RefusedCookie, text, visits: step.hops.clone() })
}
