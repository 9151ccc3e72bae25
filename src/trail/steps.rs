//! What a step was for, told from what it did: a login is where a session begins to say who the
//! user is, a logout where it ends, whatever the paths are called.

use super::address::Address;
use super::attempt::{self, Outcome, is_login_url, is_logout, path_of, tries_login, user_in};
use super::chain::{self, ChainEnd};
use super::lives::EventAt;
use super::story::{ByVisit, CookieEvent, CookieLife, EventKind, Navigation};
use super::visit::{Asked, Purpose, Visit};
use crate::session::Reading;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a step was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// The first page of a site.
    Visit,
    /// A login form.
    LoginForm,
    /// A login.
    Login,
    /// A login after which the browser has no session all the same.
    LoginLost,
    /// An attempt to log in that the server did not accept.
    LoginFailed,
    /// A logout.
    Logout,
    /// The same page once more.
    Reload,
    /// A form sent.
    Submit,
    /// Any other page.
    Page,
    /// A call made by a script, or part of a page whose page is not known.
    Part,
}

impl StepKind {
    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::LoginForm => "login-form",
            Self::Login => "login",
            Self::LoginLost => "login-lost",
            Self::LoginFailed => "login-failed",
            Self::Logout => "logout",
            Self::Reload => "reload",
            Self::Submit => "submit",
            Self::Page => "page",
            Self::Part => "part",
        }
    }
}

/// What the trail knows when it names steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub by_visit: &'a ByVisit,
    pub visits: &'a [Visit],
    pub cookies: &'a [CookieLife],
}

/// Names the steps of one browser, in order.
pub(super) fn name_steps(steps: &mut [Navigation], known: Known<'_>) {
    let mut held = LoggedIn::default();
    let mut hosts = BTreeSet::new();
    let mut last_url = None;
    for step in steps {
        let deeds = Deeds::of(step, known, &held);
        let before = held.identity();
        held.apply(&deeds);
        let mut page = InContext { step, known, is_first_of_host: false, last_url };
        let target = page.first().and_then(|asked| asked.target.as_deref());
        page.is_first_of_host = hosts.insert(target.map(|target| &target.host));
        let (kind, title) = page.name(&deeds, before.as_deref(), held.identity().as_deref());
        last_url = page.last_url();
        (step.kind, step.title) = (kind, title);
    }
}

/// Gives each step of one browser its chain of redirects; one that goes round says so in its title.
/// `last` is the last visit of the browser.
pub(super) fn add_chains(steps: &mut [Navigation], last: Option<usize>, known: Known<'_>) {
    for step in steps {
        let chain = chain::chain(known, step, last == step.hops.last().copied());
        if chain.as_ref().is_some_and(|chain| chain.end == ChainEnd::Circle) {
            let title = step.title.split(", and is sent on to").next().unwrap_or_default();
            step.title = format!("{title}, and is redirected in a circle");
        }
        step.chain = chain.map(Box::new);
    }
}

/// Who each of a browser's session cookies says is logged in.
#[derive(Debug, Default)]
struct LoggedIn(BTreeMap<usize, Option<Arc<str>>>);

impl LoggedIn {
    fn identity(&self) -> Option<Arc<str>> {
        self.0.values().flatten().next().cloned()
    }

    fn apply(&mut self, deeds: &Deeds) {
        for (cookie, identity) in &deeds.given {
            self.0.insert(*cookie, identity.clone());
        }
        for cookie in &deeds.taken {
            self.0.remove(cookie);
        }
    }
}

/// What a step did to session cookies.
#[derive(Debug, Default)]
struct Deeds {
    /// Sessions set, replaced, or sent though never seen set, with who they name.
    given: BTreeMap<usize, Option<Arc<str>>>,
    /// Sessions that were held, and deleted.
    taken: BTreeSet<usize>,
    /// A server set or replaced one.
    changed: bool,
    /// A server set one, and the browser did not keep it.
    refused: bool,
}

impl Deeds {
    fn of(step: &Navigation, known: Known<'_>, held: &LoggedIn) -> Self {
        let mut deeds = Self::default();
        let visits = step.hops.iter().chain(&step.parts);
        let events = visits.flat_map(|visit| known.by_visit.get(*visit));
        let counts = |(life, place): &&EventAt| {
            let life = &known.cookies[*life];
            life.is_session() && Self::counts(life.events[*place].kind)
        };
        let mut events: Vec<&EventAt> = events.filter(counts).collect();
        events.sort_unstable();
        for &(index, place) in events {
            let event = &known.cookies[index].events[place];
            let is_held = held.0.contains_key(&index) || deeds.given.contains_key(&index);
            if is_held || event.kind != EventKind::Deleted {
                deeds.add(index, event.kind, || known.identity(index, event.version));
            }
        }
        deeds
    }

    /// Whether such an event of a session is one.
    const fn counts(kind: EventKind) -> bool {
        !matches!(
            kind,
            EventKind::Refreshed | EventKind::Sent | EventKind::Withheld | EventKind::Missing
        )
    }

    fn add(&mut self, cookie: usize, kind: EventKind, identity: impl FnOnce() -> Option<Arc<str>>) {
        match kind {
            EventKind::Set | EventKind::Replaced | EventKind::SentUnknown => {
                self.changed |= kind != EventKind::SentUnknown;
                self.taken.remove(&cookie);
                self.given.insert(cookie, identity());
            }
            EventKind::Deleted | EventKind::Expired => {
                self.given.remove(&cookie);
                self.taken.insert(cookie);
            }
            EventKind::Refused => self.refused = true,
            _ => {}
        }
    }
}

impl<'a> Known<'a> {
    /// The cookie events of a visit, by cookie and in order.
    pub fn events_of(self, visit: usize) -> impl Iterator<Item = (usize, &'a CookieEvent)> {
        let found = self.by_visit.get(visit).iter();
        found.map(move |(life, event)| (*life, &self.cookies[*life].events[*event]))
    }

    fn identity(&self, cookie: usize, version: Option<usize>) -> Option<Arc<str>> {
        let reading = self.cookies[cookie].versions.get(version?)?.reading.as_deref();
        reading.and_then(Reading::shown).and_then(super::sessions::identity).map(Arc::from)
    }
}

/// A step and what surrounds it.
struct InContext<'s, 'a> {
    step: &'s Navigation,
    known: Known<'a>,
    is_first_of_host: bool,
    last_url: Option<&'a Arc<Address>>,
}

impl<'a> InContext<'_, 'a> {
    fn first(&self) -> Option<&'a Asked> {
        let first = self.step.hops.first().or(self.step.parts.first())?;
        self.known.visits[*first].asked.as_deref()
    }

    fn last(&self) -> Option<&'a Visit> {
        self.step.hops.last().map(|last| &self.known.visits[*last])
    }

    fn last_url(&self) -> Option<&'a Arc<Address>> {
        self.last()?.asked.as_deref()?.url.as_ref()
    }

    fn name(&self, deeds: &Deeds, before: Option<&str>, after: Option<&str>) -> (StepKind, String) {
        let Some(asked) = self.first() else {
            return (StepKind::Part, "Loads a part of a page".to_owned());
        };
        let (tries_login, is_logout) = (tries_login(asked), is_logout(asked));
        match (before, after) {
            _ if deeds.refused && tries_login => {
                (StepKind::LoginLost, "Logs in, but the session cookie is not kept".to_owned())
            }
            (None, Some(who)) if tries_login => (StepKind::Login, format!("Logs in as {who}")),
            (None, Some(who)) if deeds.changed => {
                (StepKind::Login, format!("Is logged in as {who}"))
            }
            (None, Some(who)) => (
                StepKind::Page,
                format!("Comes as {who}, with a session that nothing here gave it"),
            ),
            (Some(old), Some(who)) if old != who && !deeds.changed => {
                (StepKind::Page, format!("Sends a session that says {who}, no longer {old}"))
            }
            (Some(old), Some(who)) if old != who => {
                (StepKind::Login, format!("Changes from {old} to {who}"))
            }
            (Some(who), None) => (StepKind::Logout, format!("Logs out ({who})")),
            _ if is_logout => (StepKind::Logout, "Logs out".to_owned()),
            _ if !deeds.taken.is_empty() && before.is_none() => {
                (StepKind::Logout, "Loses the session".to_owned())
            }
            _ if tries_login => self.tried_login(asked, deeds),
            _ => self.plain(asked, &path_of(asked)),
        }
    }

    /// A login attempt of which the cookies say nothing: where it led decides.
    fn tried_login(&self, asked: &Asked, deeds: &Deeds) -> (StepKind, String) {
        let who = user_in(asked).map(|user| format!(" as {user}")).unwrap_or_default();
        let first = self.step.hops.first().or(self.step.parts.first()).copied().unwrap_or(0);
        match attempt::outcome(self.step, first, self.known.visits, deeds.changed).0 {
            Outcome::Accepted => (StepKind::Login, format!("Logs in{who}")),
            Outcome::Rejected => {
                (StepKind::LoginFailed, format!("Tries to log in{who}, and is not let in"))
            }
            Outcome::Unclear => {
                (StepKind::Submit, format!("Sends credentials{who} to {}", path_of(asked)))
            }
        }
    }

    fn plain(&self, asked: &Asked, path: &str) -> (StepKind, String) {
        let ends_elsewhere = self.last_url().filter(|url| asked.url.as_ref() != Some(*url));
        let sent_on = ends_elsewhere
            .map(|url| format!(", and is sent on to {}", url.path()))
            .unwrap_or_default();
        let same_page = self.last_url.is_some() && self.last_url == asked.url.as_ref();
        match asked.purpose {
            Purpose::Part => (StepKind::Part, format!("Loads {path}")),
            _ if *asked.method == *b"POST" => {
                (StepKind::Submit, format!("Sends a form to {path}{sent_on}"))
            }
            _ if is_login_url(asked) => (StepKind::LoginForm, "Opens the login form".to_owned()),
            _ if self.is_first_of_host => (StepKind::Visit, format!("Visits the site{sent_on}")),
            Purpose::Reload => (StepKind::Reload, format!("Reloads {path}{sent_on}")),
            _ if same_page => (StepKind::Reload, format!("Asks for {path} again{sent_on}")),
            _ => (StepKind::Page, format!("Opens {path}{sent_on}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session;
    use crate::time::Timestamp;
    use crate::trail::{CookieEvent, Version};

    const FLASK: &[u8] = b"eyJ1c2VybmFtZSI6ImFsaWNlIn0.awOrOA.LHENYVJNfFubwZvuCS2BiIL_pIo";

    /// A session cookie with these events, each in a visit of its own.
    fn life(events: &[EventKind]) -> CookieLife {
        let cookie = session::Cookie::new(b"session", FLASK);
        let reading = session::decode(&cookie, &session::Context::default()).map(Box::new);
        let events = events.iter().enumerate().map(|(visit, kind)| CookieEvent {
            kind: *kind,
            visit: Some(visit),
            packet: None,
            time: Timestamp::from_seconds(0),
            version: (*kind != EventKind::Deleted).then_some(0),
            attributes: Box::default(),
            verdict: None,
            text: None,
        });
        CookieLife {
            browser: 0,
            name: b"session".to_vec(),
            domain: "a.test".to_owned(),
            host_only: Some(true),
            path: None,
            versions: vec![Version { number: 1, value: FLASK.to_vec(), reading, key: None }],
            events: events.collect(),
            session: None,
            is_given: false,
        }
    }

    /// Whether a step of all these events takes a session away.
    fn takes(events: &[EventKind], held: &LoggedIn) -> bool {
        let step = Navigation {
            browser: 0,
            hops: (0..events.len()).collect(),
            parts: Vec::new(),
            kind: StepKind::Page,
            title: String::new(),
            chain: None,
        };
        let cookies = [life(events)];
        let by_visit = ByVisit::of(events.len(), &cookies);
        let known = Known { visits: &[], cookies: &cookies, by_visit: &by_visit };
        !Deeds::of(&step, known, held).taken.is_empty()
    }

    #[test]
    fn only_a_session_that_was_there_is_taken() {
        let nothing = LoggedIn::default();
        let alice = LoggedIn(BTreeMap::from([(0, Some("alice".into()))]));
        for (events, held, taken) in [
            (&[EventKind::Deleted][..], &nothing, false),
            (&[EventKind::Deleted], &alice, true),
            (&[EventKind::SentUnknown, EventKind::Deleted], &nothing, true),
            (&[EventKind::Set, EventKind::Deleted], &nothing, true),
            (&[EventKind::Deleted, EventKind::Set], &alice, false),
        ] {
            assert_eq!(takes(events, held), taken, "{events:?}");
        }
    }
}
