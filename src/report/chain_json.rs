//! A step's chain of redirects in the JSON report.

use super::text::Text;
use crate::trail::{Address, Chain, EventKind, Redirect, Story};
use serde::Serialize;

/// The redirects of a step.
#[derive(Serialize)]
pub(super) struct ChainJson<'a> {
    end: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    round: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    redirects: Vec<RedirectJson<'a>>,
}

impl<'a> ChainJson<'a> {
    pub fn of(chain: &'a Chain, story: &'a Story) -> Self {
        let redirects = chain.redirects.iter().map(|redirect| RedirectJson::of(redirect, story));
        Self {
            end: chain.end.word(),
            round: chain.round,
            cause: chain.cause.as_deref(),
            redirects: redirects.collect(),
        }
    }
}

#[derive(Serialize)]
struct RedirectJson<'a> {
    from: u64,
    to: Option<u64>,
    by: &'static str,
    status: Option<u16>,
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    crosses: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method_change: Option<(Text<'a>, Text<'a>)>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    hidden: bool,
    cookies: Delta<'a>,
}

impl<'a> RedirectJson<'a> {
    fn of(redirect: &'a Redirect, story: &'a Story) -> Self {
        let change = redirect.method_change.as_deref();
        Self {
            from: story.visits[redirect.from].id,
            to: redirect.to.map(|to| story.visits[to].id),
            by: redirect.by.word(),
            status: story.visits[redirect.from].answered.as_deref().map(|answered| answered.status),
            target: redirect.target.as_deref().map(Address::as_str),
            crosses: redirect.crosses.iter().map(|border| border.word()).collect(),
            method_change: change.map(|[before, after]| (Text(before), Text(after))),
            hidden: redirect.is_hidden,
            cookies: Delta::of(redirect.from, story),
        }
    }
}

/// What happened to cookies at one hop, by name.
#[derive(Default, Serialize)]
struct Delta<'a> {
    sent: Vec<Text<'a>>,
    set: Vec<Text<'a>>,
    deleted: Vec<Text<'a>>,
    refused: Vec<Text<'a>>,
    not_sent: Vec<Text<'a>>,
}

impl<'a> Delta<'a> {
    fn of(visit: usize, story: &'a Story) -> Self {
        let mut delta = Self::default();
        for (cookie, event) in story.events_of(visit) {
            let list = match event.kind {
                EventKind::Sent | EventKind::SentUnknown => &mut delta.sent,
                EventKind::Set | EventKind::Replaced | EventKind::Refreshed => &mut delta.set,
                EventKind::Deleted | EventKind::Expired => &mut delta.deleted,
                EventKind::Refused => &mut delta.refused,
                EventKind::Withheld | EventKind::Missing => &mut delta.not_sent,
            };
            list.push(Text(&story.cookies[cookie].name));
        }
        delta
    }
}
