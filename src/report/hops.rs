//! Redirects in words: what changes at a hop, how a chain ends, what is left out of a circle.

use super::phrase::{Phrase, Piece};
use super::walkthrough::{Line, Mark};
use super::words::lossy;
use crate::trail::{Border, Chain, ChainEnd, Navigation, Redirect, SentOn, Story, Visit};

/// Rounds of a circle that are told.
const MAX_ROUNDS: usize = 2;

/// What changes when the answer of a visit leads on: `with GET; to another host`.
pub(super) fn turning(chain: Option<&Chain>, visit: usize) -> Option<String> {
    let redirects = &chain?.redirects;
    // Hops come in the order of the capture, but where directions are out of step.
    let place = redirects.binary_search_by_key(&visit, |redirect| redirect.from).ok();
    let found = place.and_then(|place| redirects.get(place));
    let redirect = found.or_else(|| redirects.iter().find(|redirect| redirect.from == visit))?;
    let mut parts = Vec::new();
    if let Some([_, after]) = redirect.method_change.as_deref() {
        parts.push(format!("with {}", lossy(after)));
    }
    parts.extend(redirect.crosses.iter().map(|border| crossing(*border, redirect)));
    if redirect.is_hidden {
        parts.push("that part is not in this capture".to_owned());
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn crossing(border: Border, redirect: &Redirect) -> String {
    match border {
        Border::Host => "to another host".to_owned(),
        Border::Port => "to another port".to_owned(),
        Border::Scheme => match &redirect.target {
            Some(target) if target.scheme() == "http" => "from https to http".to_owned(),
            Some(target) => format!("from http to {}", target.scheme()),
            None => "to another scheme".to_owned(),
        },
    }
}

/// The hops of a step that are told, and how many are left out: of a circle, all but the first
/// rounds.
pub(super) fn told(step: &Navigation) -> (&[usize], &[usize]) {
    let round = step.chain.as_ref().and_then(|chain| chain.round);
    let told = round.map_or(step.hops.len(), |round| round * MAX_ROUNDS + 1);
    step.hops.split_at(told.min(step.hops.len()))
}

/// What is said under the last hop that is told: what was left out, and how the chain ends.
pub(super) fn ending(story: &Story, step: &Navigation) -> Vec<Line> {
    let note = |text: Phrase| Line { mark: Mark::Note, text, aside: None };
    let mut lines = Vec::new();
    let (_, left_out) = told(step);
    if let (Some(first), Some(last)) = (left_out.first(), left_out.last()) {
        let (first, last) = (story.visits[*first].id, story.visits[*last].id);
        let count = left_out.len();
        let text = format!("and so on, {count} hops more, up to #{last} (from #{first})");
        lines.push(note(Phrase::words(text)));
    }
    let Some(chain) = &step.chain else {
        let last = step.hops.last().map(|last| &story.visits[*last]);
        lines.extend(last.and_then(without_target).map(note));
        return lines;
    };
    if let Some(cause) = &chain.cause {
        let text = Phrase::words(format!("why it goes round: {cause}"));
        lines.push(Line { mark: Mark::Refused, text, aside: None });
    }
    let by_page =
        chain.redirects.last().filter(|last| last.to.is_none() && last.by != SentOn::Status);
    let target = chain.redirects.last().and_then(|last| last.target.as_ref());
    let end = match chain.end {
        ChainEnd::Arrived | ChainEnd::Circle => None,
        _ if by_page.is_some() => {
            let on = Phrase::words("the page itself sends its reader on to ");
            target.map(|target| on.and(Piece::Captured(target.to_string())))
        }
        ChainEnd::Cut => Some(Phrase::words(
            "the capture ends here: whether the browser follows the redirect is not seen",
        )),
        ChainEnd::Encrypted => {
            Some(Phrase::words("the redirect goes on over https, where this capture cannot follow"))
        }
        ChainEnd::NoPage if target.is_none() => {
            Some(Phrase::words("the Location is no URL: browsers show an error"))
        }
        ChainEnd::NoPage => {
            Some(Phrase::words("the redirect leads out of the web, to another program"))
        }
        ChainEnd::NotFollowed => {
            Some(Phrase::words("the redirect is not followed in this capture"))
        }
    };
    lines.extend(end.map(note));
    lines
}

/// A redirect by its status that does not say where to.
fn without_target(visit: &Visit) -> Option<Phrase> {
    let answered = visit.answered.as_deref().filter(|answered| answered.has_redirect_status())?;
    let what = if answered.location.is_some() { "an empty Location" } else { "no Location" };
    Some(Phrase::words(format!("a redirect with {what}: browsers stay and show what came with it")))
}
