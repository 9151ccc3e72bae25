//! The lives of sessions, as every text format tells them.

use super::told::Told;
use super::walkthrough::{LifeView, TurnView};
use super::words::{first_few, lossy};
use crate::trail::{Certainty, SessionLife, Story, Turn, TurnKind};

/// Turns of one session that are told; JSON has them all.
const MAX_TURNS: usize = 40;

/// Exchanges of one turn that are named.
const NAMED: usize = 3;

/// Every session of those told of in whose life something happened, in the order of the browsers. That one began and
/// was used is seen from the exchanges.
pub(super) fn lives(story: &Story, told: &Told<'_>) -> Vec<LifeView> {
    let is_told = |session: &&SessionLife| {
        told.has(story.cookies[session.cookie].browser)
            && session.turns.iter().any(|turn| !is_everyday(turn.kind))
    };
    let mut sessions: Vec<&SessionLife> = story.sessions.iter().filter(is_told).collect();
    sessions.sort_by_key(|session| story.cookies[session.cookie].browser);
    sessions.into_iter().map(|session| life(session, story)).collect()
}

/// Whether it happens to every session, whoever is logged in.
pub(super) const fn is_everyday(kind: TurnKind) -> bool {
    matches!(
        kind,
        TurnKind::Begin
            | TurnKind::Brought
            | TurnKind::Use
            | TurnKind::Refresh
            | TurnKind::Change
            | TurnKind::Rotate
    )
}

fn life(session: &SessionLife, story: &Story) -> LifeView {
    let cookie = &story.cookies[session.cookie];
    let told = session.turns.iter().take(MAX_TURNS);
    LifeView {
        browser: story.browsers[cookie.browser].id.clone(),
        cookie: lossy(&cookie.name),
        domain: cookie.domain.clone(),
        turns: told.map(|turn| view(turn, story)).collect(),
        more: session.turns.len().saturating_sub(MAX_TURNS),
    }
}

/// Whether the grounds say more than the title does already.
fn adds(turn: &Turn, grounds: &str) -> bool {
    turn.kind != TurnKind::Use && !turn.title().ends_with(grounds)
}

fn view(turn: &Turn, story: &Story) -> TurnView {
    let mut ids: Vec<u64> = turn.seen.iter().map(|(visit, _)| story.visits[*visit].id).collect();
    ids.dedup();
    let certainty = turn.certainty();
    TurnView {
        kind: turn.kind,
        exchanges: first_few(ids.iter().map(|id| format!("#{id}")), NAMED),
        packet: turn.packet().map(|packet| format!("packet {packet}")),
        title: turn.title(),
        grounds: Some(turn.grounds()).filter(|grounds| adds(turn, grounds)).unwrap_or_default(),
        doubt: (certainty != Certainty::Certain).then(|| certainty.word()),
    }
}
