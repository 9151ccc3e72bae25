//! Values that a browser sends and was never given, and that a server gave to another one: a session
//! that was copied.

use super::follow::Message;
use super::letter;
use super::lives::EventAt;
use super::origins::is_at_or_below;
use super::story::{CookieEvent, CookieLife};
use super::visit::Visit;
use crate::cookie::{Case, Reason, Target, Verdict};
use std::collections::BTreeMap;

/// Gives an event the reason that the value was given to another browser, with the words for it.
pub(super) fn explain(event: &mut CookieEvent, owner: usize, name: &[u8], target: &Target) {
    let reason = Reason::GivenToAnother;
    let (owner, sentence) = (letter(owner), reason.sentence(&Case::bare(name, target)));
    event.verdict = Some(Verdict::of(reason));
    event.text = Some(format!("The server gave it to browser {owner}. {sentence}").into());
}

/// A cookie that a server gave a value.
struct Given {
    /// The message that first showed the value.
    shown: Message,
    /// The message from which on it is known that a server gave it.
    since: Message,
    life: usize,
}

/// Name and value.
type Pair<'a> = (&'a [u8], &'a [u8]);

/// Says of each of these events, which show values that no server had given the browser, whether
/// another was given it before.
pub(super) fn explain_all(lives: &mut [CookieLife], unowned: &[EventAt], visits: &[Visit]) {
    let owners = owners(lives, unowned, visits);
    for ((life, place), owner) in unowned.iter().zip(owners) {
        let CookieLife { name, events, .. } = &mut lives[*life];
        let event = &mut events[*place];
        let asked = event.visit.and_then(|visit| visits[visit].asked.as_deref());
        if let Some((owner, target)) = owner.zip(asked.and_then(|asked| asked.target.as_ref())) {
            explain(event, owner, name, target);
        }
    }
}

/// For each event the browser that was given its value first.
fn owners(lives: &[CookieLife], unowned: &[EventAt], visits: &[Visit]) -> Vec<Option<usize>> {
    let mut given: BTreeMap<Pair<'_>, Vec<Given>> = BTreeMap::new();
    let sent = unowned.iter().filter_map(|(life, place)| pair(&lives[*life], *place));
    for pair in sent {
        given.entry(pair).or_default();
    }
    if given.is_empty() {
        return Vec::new();
    }
    lives.iter().enumerate().for_each(|(index, life)| add(&mut given, index, life, visits));
    for all in given.values_mut() {
        all.sort_by_key(|one| one.shown);
    }
    let owner = |(life, place): &EventAt| {
        let event = &lives[*life].events[*place];
        let now = message(event, visits)?;
        let host = visits[now.2].asked.as_deref()?.target.as_ref()?.host.as_str();
        let mut all = given.get(&pair(&lives[*life], *place)?)?.iter();
        let found = all.find(|one| {
            one.since.max(one.shown) < now && is_at_or_below(host, &lives[one.life].domain)
        });
        found.map(|one| lives[one.life].browser)
    };
    unowned.iter().map(owner).collect()
}

/// Adds those values of a cookie that are looked for, if a server gave it any.
fn add<'a>(
    given: &mut BTreeMap<Pair<'a>, Vec<Given>>,
    index: usize,
    life: &'a CookieLife,
    visits: &[Visit],
) {
    let of_server = life.events.iter().find(|event| event.kind.is_from_server());
    let Some(since) = of_server.and_then(|event| message(event, visits)) else { return };
    for (place, version) in life.versions.iter().enumerate() {
        let Some(all) = given.get_mut(&(&*life.name, &*version.value)) else { continue };
        let first = life.events.iter().find(|event| event.version == Some(place));
        if let Some(shown) = first.and_then(|event| message(event, visits)) {
            all.push(Given { shown, since, life: index });
        }
    }
}

fn pair(life: &CookieLife, place: usize) -> Option<Pair<'_>> {
    let version = life.events[place].version?;
    Some((&life.name, &life.versions[version].value))
}

/// The message that an event comes from.
pub(super) fn message(event: &CookieEvent, visits: &[Visit]) -> Option<Message> {
    let visit = event.visit?;
    let is_response = event.kind.is_from_server();
    let turn = if is_response {
        visits[visit].answered.as_deref()?.turn
    } else {
        visits[visit].asked.as_deref()?.turn
    };
    Some((turn, is_response, visit))
}

#[cfg(test)]
mod tests {
    use crate::http::samples::exchange;
    use crate::pipeline::Numbered;
    use crate::trail::{EventKind, Trail};
    use std::fmt::Write;

    /// Why the last of these exchanges sends a value that was not known: the reason, and the words. Each
    /// is one of another address: host, cookie that is sent, line that comes back.
    fn why(exchanges: &[(&str, &str, &str)]) -> (&'static str, String) {
        let mut trail = Trail::default();
        for (id, (host, sent, given)) in (1..).zip(exchanges) {
            let mut request = format!("GET / HTTP/1.1\nHost: {host}\nUser-Agent: Wget/1.21");
            if !sent.is_empty() {
                let _ = write!(request, "\nCookie: {sent}");
            }
            let mut response = "HTTP/1.1 200 OK".to_owned();
            if !given.is_empty() {
                let _ = write!(response, "\nSet-Cookie: {given}");
            }
            let mut exchange = exchange([id * 2 - 1, id * 2], &request, &response);
            exchange.client = ([10, 0, 0, u8::try_from(id).unwrap()], 40_000).into();
            trail.push(Numbered { id, exchange: Box::new(exchange) });
        }
        let story = trail.finish();
        let last = story.cookies.iter().flat_map(|life| &life.events).find(|event| {
            event.visit == Some(exchanges.len() - 1) && event.kind == EventKind::SentUnknown
        });
        let event = last.unwrap();
        let text = event.text.as_deref().unwrap_or_default().to_owned();
        (event.verdict.unwrap().reason.word(), text)
    }

    #[test]
    fn the_first_that_was_given_a_value_is_named() {
        let (reason, text) = why(&[
            ("a.test", "", "sid=other"),
            ("a.test", "", "sid=abcdefgh"),
            ("a.test", "", "sid=abcdefgh"),
            ("a.test", "sid=abcdefgh", ""),
        ]);
        assert_eq!(reason, "given-to-another");
        assert!(text.starts_with("The server gave it to browser B. "), "{text}");
    }

    #[test]
    fn what_was_given_later_or_elsewhere_is_no_explanation() {
        for others in [
            [("a.test", "sid=abcdefgh", ""), ("a.test", "", "")],
            [("b.test", "", "sid=abcdefgh"), ("a.test", "", "")],
            [("a.test", "", "sid=abcdefg"), ("a.test", "", "uid=abcdefgh")],
        ] {
            let last = ("a.test", "sid=abcdefgh", "sid=abcdefgh");
            assert_eq!(why(&[others[0], others[1], last]).0, "never-set", "{others:?}");
        }
    }

    #[test]
    fn what_its_owner_had_before_counts_once_a_server_sets_the_cookie() {
        let again = ("a.test", "sid=abcdefgh", "sid=12345678");
        let last = ("a.test", "sid=abcdefgh", "");
        assert_eq!(why(&[again, last]).0, "given-to-another");
        assert_eq!(why(&[("a.test", "sid=abcdefgh", ""), last]).0, "never-set");
    }
}
