//! Sessions in the JSON report: their states, and what changed from one to the next.

use super::text::Text;
use crate::session::{Reading, SignatureState};
use crate::time::Timestamp;
use crate::trail::diff::{Change, ChangeKind, Changes};
use crate::trail::{CookieLife, SessionLife, SessionState, Story, Turn};
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};
use serde_json::Value;

/// One session with its states and its life.
#[derive(Serialize)]
pub(super) struct SessionJson<'a> {
    browser: &'a str,
    cookie: Text<'a>,
    format: &'static str,
    states: States<'a>,
    life: Vec<TurnJson<'a>>,
}

impl<'a> SessionJson<'a> {
    pub fn of(session: &'a SessionLife, story: &'a Story) -> Self {
        let life = &story.cookies[session.cookie];
        Self {
            browser: &story.browsers[life.browser].id,
            cookie: Text(&life.name),
            format: session.format,
            states: States { session, story },
            life: session.turns.iter().map(|turn| TurnJson::of(turn, life, story)).collect(),
        }
    }
}

struct States<'a> {
    session: &'a SessionLife,
    story: &'a Story,
}

impl Serialize for States<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let life = &self.story.cookies[self.session.cookie];
        let mut list = serializer.serialize_seq(Some(self.session.states.len()))?;
        for state in &self.session.states {
            let changes = state.changes(life);
            list.serialize_element(&StateJson::of(state, &changes, life, self.story))?;
        }
        list.end()
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
    fn of(
        state: &'a SessionState,
        changes: &'a Changes,
        life: &'a CookieLife,
        story: &Story,
    ) -> Self {
        let reading: Option<&Reading> = life.versions[state.version].reading.as_deref();
        let none = SignatureState::None;
        let paths = |kind| changes.of(kind).map(|change| change.path.as_str()).collect();
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
            changes: changes.iter().filter(|_| has_before).map(ChangeJson::of).collect(),
        }
    }
}

impl<'a> ChangeJson<'a> {
    fn of(change: &'a Change) -> Self {
        let Change { kind, path, before, after } = change;
        Self { kind: kind.word(), path, before: before.as_ref(), after: after.as_ref() }
    }
}
