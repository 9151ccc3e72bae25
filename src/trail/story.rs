//! The report model: everything that a report can say, and nothing about how it looks.
//!
//! Things refer to each other by their index in the lists of [`Story`]; the numbers that people
//! see (exchange numbers, packet numbers, browser letters) are kept beside.

use super::chain::Chain;
use super::conclusions::Conclusion;
use super::evidence::{Attribution, Confidence};
use super::findings::Finding;
use super::lives::EventAt;
use super::stage::Turn;
use super::steps::StepKind;
use super::visit::Visit;
use crate::cookie::{Agent, Attribute, Reason, Verdict};
use crate::session::{Kind, Reading};
use crate::time::Timestamp;
use std::net::IpAddr;

/// The whole trail of a capture.
#[derive(Debug, Default)]
pub struct Story {
    /// Every exchange, in capture order.
    pub visits: Vec<Visit>,
    /// Every client told apart, in the order in which they appeared.
    pub browsers: Vec<Browser>,
    /// Every step of every browser, in the order in which they began.
    pub navigations: Vec<Navigation>,
    /// Every cookie of every browser, in the order in which they appeared.
    pub cookies: Vec<CookieLife>,
    /// Every session cookie's states.
    pub sessions: Vec<SessionLife>,
    /// What somebody should mend, the gravest first.
    pub findings: Vec<Finding>,
    /// What this capture shows.
    pub conclusions: Vec<Conclusion>,
    /// Where to find the cookie events of each visit.
    pub(super) by_visit: ByVisit,
    /// Some messages count as another packet than they are, so that times say little of what came
    /// first.
    pub(super) is_out_of_step: bool,
}

/// The cookie events of each visit, by life and place in it: those of one visit after those of the
/// other, and where each begins.
#[derive(Debug, Clone, Default)]
pub(super) struct ByVisit {
    begin: Vec<usize>,
    events: Vec<EventAt>,
}

impl ByVisit {
    /// The events of these cookies among so many visits.
    pub fn of(visits: usize, cookies: &[CookieLife]) -> Self {
        let all = || {
            let lives = cookies.iter().enumerate();
            let events = lives.flat_map(|(cookie, life)| {
                let events = life.events.iter().enumerate();
                events.map(move |(place, event)| (event.visit, (cookie, place)))
            });
            events.filter_map(|(visit, at)| Some((visit.filter(|visit| *visit < visits)?, at)))
        };
        let mut begin = vec![0; visits + 1];
        all().for_each(|(visit, _)| begin[visit + 1] += 1);
        for visit in 0..visits {
            begin[visit + 1] += begin[visit];
        }
        let mut events = vec![(0, 0); begin[visits]];
        let mut next = begin.clone();
        for (visit, at) in all() {
            events[next[visit]] = at;
            next[visit] += 1;
        }
        Self { begin, events }
    }

    /// Those of one visit, by cookie and in order.
    pub fn get(&self, visit: usize) -> &[EventAt] {
        let range = self.begin.get(visit).zip(self.begin.get(visit + 1));
        range.map_or(&[], |(from, to)| &self.events[*from..*to])
    }
}

/// A client: one cookie jar, as far as can be told.
#[derive(Debug, Clone)]
pub struct Browser {
    /// `A`, `B`, …
    pub id: String,
    /// A short name: "Chrome 156 on Linux".
    pub label: String,
    /// The `User-Agent`; empty if there was none.
    pub user_agent: Vec<u8>,
    /// The family whose rules its jar follows.
    pub agent: Agent,
    /// Where it was seen.
    pub addresses: Vec<IpAddr>,
    /// Its exchanges.
    pub visits: Vec<usize>,
    /// How sure it is that this is one client.
    pub confidence: Confidence,
    /// Why it was told apart from an earlier one of the same name and address, in a sentence.
    pub told_apart: Option<String>,
    /// What ties each of its exchanges to it, in order.
    pub evidence: Vec<Attribution>,
}

/// One step of a browser: a page asked for, the redirects that followed, and the parts of the page.
#[derive(Debug, Clone)]
pub struct Navigation {
    /// Whose step it is.
    pub browser: usize,
    /// The page and its redirects, in order.
    pub hops: Vec<usize>,
    /// Images, style sheets and the like that belong to it.
    pub parts: Vec<usize>,
    /// What it was for.
    pub kind: StepKind,
    /// In words: "Logs in as alice".
    pub title: String,
    /// Its redirects, if there are any.
    pub chain: Option<Box<Chain>>,
}

/// What can happen to a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A server set it, and it was not there before.
    Set,
    /// A server set another value or other attributes.
    Replaced,
    /// A server set it again as it was.
    Refreshed,
    /// A server deleted it.
    Deleted,
    /// Its time was over.
    Expired,
    /// A browser sent it; with a reason, where its domain or path does not reach.
    Sent,
    /// A browser sent a value that no response in this capture had set.
    SentUnknown,
    /// A server set it, and the browser did not keep it.
    Refused,
    /// It was there and in reach, and rightly not sent.
    Withheld,
    /// It should have been sent, and was not.
    Missing,
}

impl EventKind {
    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Replaced => "replaced",
            Self::Refreshed => "refreshed",
            Self::Deleted => "deleted",
            Self::Expired => "expired",
            Self::Sent => "sent",
            Self::SentUnknown => "sent-unknown",
            Self::Refused => "refused",
            Self::Withheld => "withheld",
            Self::Missing => "missing",
        }
    }

    /// Whether it comes from a `Set-Cookie` line.
    pub const fn is_from_server(self) -> bool {
        matches!(self, Self::Set | Self::Replaced | Self::Refreshed | Self::Deleted | Self::Refused)
    }
}

/// One event in the life of a cookie.
#[derive(Debug, Clone)]
pub struct CookieEvent {
    /// What happened.
    pub kind: EventKind,
    /// The exchange that shows it; of an expiry, the first after it.
    pub visit: Option<usize>,
    /// The packet that shows it; `None` for an expiry, which no packet shows.
    pub packet: Option<u64>,
    /// When.
    pub time: Timestamp,
    /// Which of the cookie's values it is about, by index.
    pub version: Option<usize>,
    /// The attributes of the `Set-Cookie` line, as written.
    pub attributes: Box<[Attribute]>,
    /// Why it was refused, withheld or missing, or what is odd about its being sent.
    pub verdict: Option<Verdict>,
    /// The same in one plain sentence. It may hold captured text.
    pub text: Option<Box<str>>,
}

impl CookieEvent {
    /// Whether the cookie was sent where its domain or path does not reach.
    pub fn strayed(&self) -> bool {
        self.verdict.is_some_and(|verdict| verdict.reason == Reason::SentOutOfReach)
    }
}

/// One cookie of one browser.
#[derive(Debug, Clone)]
pub struct CookieLife {
    /// Whose cookie.
    pub browser: usize,
    /// Its name.
    pub name: Vec<u8>,
    /// The host or domain it belongs to.
    pub domain: String,
    /// Whether only that very host gets it; `None` where no Set-Cookie was seen.
    pub host_only: Option<bool>,
    /// The path it belongs to; `None` where no Set-Cookie was seen.
    pub path: Option<Vec<u8>>,
    /// Its distinct values, in the order in which they appeared.
    pub versions: Vec<Version>,
    /// What happened to it.
    pub events: Vec<CookieEvent>,
    /// Whether it is a session, once its readings are what they will be.
    pub(super) session: Option<bool>,
    /// Whether a `Set-Cookie` line named it.
    pub(super) is_given: bool,
}

impl CookieLife {
    /// Its readings are what they will be: whether it is a session will be asked often.
    pub(super) fn settle(&mut self) {
        self.session = Some(self.is_session());
    }

    /// The reading of its first value that is a known format.
    pub fn reading(&self) -> Option<&Reading> {
        self.versions.iter().find_map(|version| version.reading.as_deref())
    }

    /// Whether it carries or names a session. A token that names a user and comes with every
    /// request is one, whatever its format was made for.
    pub fn is_session(&self) -> bool {
        let is_one = |reading: &Reading| {
            let names_user = || reading.shown().and_then(super::sessions::identity).is_some();
            reading.kind.is_session() || (reading.kind == Kind::Token && names_user())
        };
        self.session.unwrap_or_else(|| self.reading().is_some_and(is_one))
    }
}

/// A value that a cookie had.
#[derive(Debug, Clone)]
pub struct Version {
    /// From 1: the same for the same value in every browser.
    pub number: usize,
    /// The value, as on the wire.
    pub value: Vec<u8>,
    /// What it says, where its format is known.
    pub reading: Option<Box<Reading>>,
    /// The number of the key that signed it, where keys were given and one did.
    pub key: Option<usize>,
}

/// The states of one session cookie.
#[derive(Debug, Clone)]
pub struct SessionLife {
    /// Which cookie.
    pub cookie: usize,
    /// Its format.
    pub format: &'static str,
    /// The states, one for each value that a server set or a browser was first seen to send.
    pub states: Vec<SessionState>,
    /// Its life: how it began, who logged in and out, how it ended.
    pub turns: Vec<Turn>,
}

/// What a session held after one exchange.
#[derive(Debug, Clone)]
pub struct SessionState {
    /// The exchange that showed it.
    pub visit: usize,
    /// The packet that showed it.
    pub packet: Option<u64>,
    /// Which of the cookie's values it is.
    pub version: usize,
    /// Who is logged in, by the keys that name a user.
    pub identity: Option<String>,
    /// Which value it took the place of; `None` for the first one, and after a deletion.
    pub previous: Option<usize>,
    /// Whether it says the same as the state before: the value is new, and nothing in it but times.
    pub is_refresh: bool,
}
