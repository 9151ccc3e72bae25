//! The lives of cookies: every Set-Cookie and every Cookie header, told as events of one cookie.

use super::given;
use super::happening::{Shown, difference, event, explain, nothing_deleted};
use super::hindsight::{Hindsight, Line, Refused};
use super::identity::{Identity, Index, Unread};
use super::story::{CookieEvent, CookieLife, EventKind};
use super::texts::{Text, Texts};
use super::unsent::Unsent;
use super::visit::{Answered, Asked};
use super::who::Profile;
use crate::cookie::{self, Case, CookiePair, Reason, Received, Response, Stored, Target, Verdict};
use crate::few;
use std::collections::BTreeSet;

/// A browser and what it holds.
pub(super) struct Who<'a> {
    pub browser: usize,
    pub profile: &'a mut Profile,
}

/// An event, by life and place in it.
pub type EventAt = (usize, usize);

/// All cookie lives of a capture.
#[derive(Debug, Default)]
pub(super) struct Lives {
    pub all: Vec<CookieLife>,
    pub(super) texts: Texts,
    pub(super) index: Index,
    /// What happened since that was last asked, where anybody asks.
    happened: Vec<EventAt>,
    /// How many browsers came before, and are forgotten: others have their letters behind theirs.
    pub(super) forgotten: usize,
    /// The whole capture is known, so that nobody asks what happened last.
    pub(super) is_whole: bool,
    pub(super) unread: Vec<Unread>,
    /// The mark of the last cookie given to a jar.
    serial: u64,
    pub(super) refused: Refused,
    unsent: Unsent,
    /// What an earlier walk through the capture has taught.
    known: Hindsight,
    /// Lines that were refused, and whose cookies were sent all the same.
    pub kept: BTreeSet<Line>,
    /// Where browsers sent what no server had given this one, if the capture is known as a whole: it
    /// is for [`given`] to say whether another browser was given it.
    pub unowned: Vec<EventAt>,
}

impl Lives {
    /// Lives that are told by the light of what an earlier walk has taught.
    pub fn knowing(known: Hindsight) -> Self {
        Self { known, is_whole: true, ..Self::default() }
    }

    /// The events since this was last asked, in order.
    pub fn take_happened(&mut self) -> Vec<EventAt> {
        std::mem::take(&mut self.happened)
    }

    /// A request: what was sent, what has expired, what was left out.
    pub fn request(&mut self, browser: usize, profile: &mut Profile, visit: usize, asked: &Asked) {
        let shown = Shown { visit, packet: asked.packet, time: asked.time };
        self.expire(browser, profile, shown);
        let Some(target) = &asked.target else { return };
        let considered = profile.jar.for_request(target, &asked.site, asked.time);
        let told = considered.iter().filter(|one| !self.is_told_no_more(browser, one, asked));
        let considered: Vec<(cookie::Cookie, Result<(), Verdict>)> =
            told.map(|one| (one.cookie.clone(), one.sent)).collect();
        let mut returned = vec![false; considered.len()];
        for pair in &asked.cookies.pairs {
            let found = considered.iter().enumerate().position(|(index, (cookie, sent))| {
                !returned[index] && sent.is_ok() && names(cookie, pair)
            });
            // What the model holds back, and the browser sends all the same, is sent.
            let found = found.or_else(|| {
                considered.iter().enumerate().position(|(index, (cookie, sent))| {
                    let reaches = sent.is_err_and(|verdict| verdict.reason.is_of_context());
                    !returned[index] && reaches && names(cookie, pair) && cookie.value == pair.value
                })
            });
            let who = &mut Who { browser, profile: &mut *profile };
            if let Some(index) = found {
                returned[index] = true;
                self.sent(who, shown, &considered[index].0, pair, target);
            } else {
                self.sent_unknown(who, shown, pair, target);
            }
        }
        for ((cookie, sent), returned) in considered.iter().zip(returned) {
            let named = |pair: &CookiePair| names(cookie, pair) && pair.value == cookie.value;
            let who = &mut Who { browser, profile: &mut *profile };
            match sent {
                Ok(()) if !returned => self.missing(who, shown, cookie, asked, target),
                Err(verdict) if !asked.cookies.pairs.iter().any(named) => {
                    self.withheld(browser, shown, cookie, *verdict, target);
                }
                _ => {}
            }
        }
    }

    /// Whether a cookie is left out, as it was so often before that it is not told any more.
    fn is_told_no_more(
        &mut self,
        browser: usize,
        one: &cookie::Considered<'_>,
        asked: &Asked,
    ) -> bool {
        if !self.unsent.is_any_over() {
            return false;
        }
        // What should be sent is paired by name, and what is held back by its value too.
        let is_sent = |pair: &CookiePair| {
            names(one.cookie, pair) && (one.sent.is_ok() || pair.value == one.cookie.value)
        };
        if asked.cookies.pairs.iter().any(is_sent) {
            return false;
        }
        let life = self.of_cookie(browser, one.cookie);
        self.unsent.is_over(browser, life, one.sent.err().map(|verdict| verdict.reason))
    }

    fn expire(&mut self, browser: usize, profile: &mut Profile, shown: Shown) {
        for expired in profile.jar.expire(shown.time) {
            let life = self.of_cookie(browser, &expired);
            let time = expired.expires.unwrap_or(shown.time);
            let version = self.version(life, &expired.name, &expired.value, time);
            let verdict = Some(Verdict::of(Reason::Expired));
            let event =
                CookieEvent { packet: None, time, verdict, ..event(EventKind::Expired, shown) };
            self.push(life, CookieEvent { version: Some(version), ..event });
        }
    }

    /// A response: what was set, and what became of it.
    pub fn response(
        &mut self,
        browser: usize,
        profile: &mut Profile,
        visit: usize,
        asked: &Asked,
        answered: &Answered,
    ) {
        let Some(target) = &asked.target else { return };
        let shown = Shown { visit, packet: answered.packet, time: answered.time };
        if let Some(header) = &answered.clear_site_data {
            for cleared in profile.jar.clear_site_data(header, target) {
                let life = self.of_cookie(browser, &cleared);
                let text =
                    Some("the server asked for all cookies to be cleared (Clear-Site-Data)".into());
                self.push(life, CookieEvent { text, ..event(EventKind::Deleted, shown) });
            }
        }
        let is_dropped = profile.jar.drops(&answered.set_cookies);
        for (place, line) in answered.set_cookies.iter().enumerate() {
            self.serial += 1;
            let response = Response {
                target,
                site: &asked.site,
                now: answered.time,
                date: answered.date,
                kept: self.known.kept.contains(&(visit, place)),
                tag: self.serial,
            };
            let received = profile.jar.receive_line(line, place, is_dropped, &response);
            if self.known.returned.contains(&(visit, place)) {
                profile.note_comes_back(self.serial, &mut self.texts);
            }
            if matches!(received.stored, Stored::Refused(_)) {
                let set = &received.cookie;
                self.refused.note(browser, &set.name, &set.value, (visit, place));
            }
            let who = &mut Who { browser, profile: &mut *profile };
            self.received(who, shown, &received, asked, target);
        }
    }

    fn received(
        &mut self,
        who: &mut Who<'_>,
        shown: Shown,
        received: &Received,
        asked: &Asked,
        target: &Target,
    ) {
        let set = &received.cookie;
        let browser = who.browser;
        let mut event = event(EventKind::Set, shown);
        let life = match &received.stored {
            Stored::Refused(verdict) => {
                event.kind = EventKind::Refused;
                event.verdict = Some(*verdict);
                event.text = Some(verdict.reason.sentence(&Case::storing(set, target)).into());
                self.of_refused(browser, received, target)
            }
            Stored::Deleted { previous } => {
                event.kind = EventKind::Deleted;
                self.of_cookie(browser, previous)
            }
            Stored::DeletedNothing { similar } => {
                event.kind = EventKind::Deleted;
                event.text = Some(nothing_deleted(asked, set).into());
                if let Some(other) = similar.first() {
                    explain(&mut event, Reason::DeletionMisses, other, target);
                    let difference = difference(set, other, target);
                    event.text = event.text.map(|text| format!("{text} Here {difference}.").into());
                }
                self.of_line(browser, received, target)
            }
            Stored::New { .. } => self.made(who, received, asked, target, &mut event),
            Stored::Replaced { previous } => {
                event.kind = EventKind::Replaced;
                self.of_cookie(browser, previous)
            }
            Stored::Refreshed { previous } => {
                event.kind = EventKind::Refreshed;
                self.of_cookie(browser, previous)
            }
        };
        if event.kind != EventKind::Deleted {
            event.version = Some(self.version(life, &set.name, &set.value, shown.time));
        }
        if event.kind != EventKind::Refused {
            let known = self.place(target.host.as_str(), &set.name, &set.value);
            who.profile.note_known(known);
        }
        event.attributes = set.attributes.as_slice().into();
        self.push(life, event);
    }

    /// A cookie that the jar did not hold. One from before the capture, which this very request has
    /// sent, is not made by the first line seen, but replaced or refreshed.
    fn made(
        &mut self,
        who: &Who<'_>,
        received: &Received,
        asked: &Asked,
        target: &Target,
        event: &mut CookieEvent,
    ) -> usize {
        let set = &received.cookie;
        let kept = who.profile.jar.iter().find(|cookie| cookie.tag == self.serial);
        let life = match kept.map(|cookie| Identity::of(who.browser, cookie)) {
            Some(scope) => self.of_new(scope, target.host.as_str()),
            None => self.of_line(who.browser, received, target),
        };
        if let Some(value) = asked.cookies.first(&set.name) {
            let is_known = self.known_version(life, &set.name, value).is_some();
            event.kind = match (value == set.value, is_known) {
                (true, _) => EventKind::Refreshed,
                (false, true) => EventKind::Replaced,
                (false, false) => EventKind::Set,
            };
        }
        life
    }

    fn sent(
        &mut self,
        who: &mut Who<'_>,
        shown: Shown,
        cookie: &cookie::Cookie,
        pair: &CookiePair,
        target: &Target,
    ) {
        let life = self.of_cookie(who.browser, cookie);
        let known = self.known_version(life, &pair.name, &pair.value).is_some();
        let version = self.version(life, &pair.name, &pair.value, shown.time);
        who.profile.note_known(self.place(target.host.as_str(), &pair.name, &pair.value));
        who.profile.jar.touch(&pair.name, &pair.value, target, shown.time);
        let mut event = CookieEvent { version: Some(version), ..event(EventKind::Sent, shown) };
        if known {
            who.profile.note_returned(cookie, &mut self.texts);
        } else {
            event.kind = EventKind::SentUnknown;
            explain(&mut event, Reason::ValueNotSet, cookie, target);
        }
        self.push(life, event);
    }

    fn sent_unknown(
        &mut self,
        who: &mut Who<'_>,
        shown: Shown,
        pair: &CookiePair,
        target: &Target,
    ) {
        let host = target.host.as_str();
        if self.was_kept(who, shown, pair, host) || self.strayed(who, shown, pair, target) {
            return;
        }
        let own = self.why_unknown(who, pair, host);
        // Before the value counts as one that this cookie had.
        let is_asked = own.is_none() && !self.is_whole;
        let owner = if is_asked { self.with_value(None, pair, host) } else { None };
        let life = match own {
            // What was deleted and comes back is still the same cookie.
            Some(Reason::SentAfterEnd) => self.with_value(Some(who.browser), pair, host),
            _ => None,
        };
        let unseen = Identity::unseen(who.browser, &pair.name, host);
        let life = life.unwrap_or_else(|| self.find(unseen));
        let version = self.version(life, &pair.name, &pair.value, shown.time);
        who.profile.note_known(self.place(host, &pair.name, &pair.value));
        let mut event =
            CookieEvent { version: Some(version), ..event(EventKind::SentUnknown, shown) };
        let reason = own.unwrap_or(Reason::NeverSet);
        event.verdict = Some(Verdict::of(reason));
        event.text = Some(reason.sentence(&Case::bare(&pair.name, target)).into());
        if own.is_none() && self.is_whole {
            self.unowned.push((life, self.all[life].events.len()));
        }
        if let Some(owner) = owner {
            given::explain(
                &mut event,
                self.forgotten + self.all[owner].browser,
                &pair.name,
                target,
            );
        }
        self.push(life, event);
    }

    fn missing(
        &mut self,
        who: &mut Who<'_>,
        shown: Shown,
        cookie: &cookie::Cookie,
        asked: &Asked,
        target: &Target,
    ) {
        // A program that has never returned any cookie keeps none.
        if !who.profile.keeps_cookies() {
            return;
        }
        let life = self.of_cookie(who.browser, cookie);
        let known = who.profile.jar.explain_missing(&asked.site).map(|verdict| verdict.reason);
        let mut event = event(EventKind::Missing, shown);
        explain(&mut event, known.unwrap_or(Reason::NotReturned), cookie, target);
        event.text = event.text.map(|text| self.unsent.tell(who.browser, life, None, text));
        self.push(life, event);
    }

    fn withheld(
        &mut self,
        browser: usize,
        shown: Shown,
        cookie: &cookie::Cookie,
        verdict: Verdict,
        target: &Target,
    ) {
        let life = self.of_cookie(browser, cookie);
        let text = verdict.reason.sentence(&Case::sending(cookie, target));
        let text = Some(self.unsent.tell(browser, life, Some(verdict.reason), text.into()));
        let event =
            CookieEvent { verdict: Some(verdict), text, ..event(EventKind::Withheld, shown) };
        self.push(life, event);
    }

    /// A value under a name at a host, by their numbers.
    pub(super) fn place(&mut self, host: &str, name: &[u8], value: &[u8]) -> [Text; 3] {
        [host.as_bytes(), name, value].map(|text| self.texts.number(text))
    }

    pub(super) fn push(&mut self, life: usize, event: CookieEvent) {
        if event.kind.is_from_server() {
            self.note_given(life);
        }
        if !self.is_whole {
            self.happened.push((life, self.all[life].events.len()));
        }
        few::push(&mut self.all[life].events, event);
    }
}

fn names(cookie: &cookie::Cookie, pair: &CookiePair) -> bool {
    cookie.name == pair.name && (pair.equals || cookie.value == pair.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::samples::exchange;
    use crate::pipeline::Numbered;
    use crate::trail::{Story, Trail};

    /// What a client makes of one page with these cookies.
    fn page(client: &str, lines: &[String]) -> Story {
        let request = format!("GET / HTTP/1.1\nHost: shop.test\nUser-Agent: {client}");
        let response = format!("HTTP/1.1 200 OK\nSet-Cookie: {}", lines.join("\nSet-Cookie: "));
        let exchange = exchange([1, 2], &request, &response);
        let mut trail = Trail::default();
        trail.push(Numbered { id: 1, exchange: Box::new(exchange) });
        trail.finish()
    }

    /// What became of each cookie, in the order of their lines, and why.
    fn fates(story: &Story) -> Vec<(EventKind, Option<Reason>)> {
        let events = story.cookies.iter().map(|life| &life.events[..]);
        let fate = |event: &CookieEvent| (event.kind, event.verdict.map(|verdict| verdict.reason));
        events
            .map(|events| match events {
                [event] => fate(event),
                _ => panic!("{events:?}"),
            })
            .collect()
    }

    #[test]
    fn curl_keeps_the_first_fifty_cookies_of_a_response() {
        let lines: Vec<String> = (0..60).map(|number| format!("c{number}=v{number}")).collect();
        let kept = (EventKind::Set, None);
        let refused = (EventKind::Refused, Some(Reason::TooManyInResponse));
        assert_eq!(
            fates(&page("curl/8.5.0", &lines)),
            [vec![kept; 50], vec![refused; 10]].concat()
        );
        assert_eq!(fates(&page("Mozilla/5.0 Gecko/20100101 Firefox/153.0", &lines)), [kept; 60]);
    }

    #[test]
    fn a_nul_in_one_line_costs_some_clients_every_cookie_of_the_response() {
        let lines = ["a=1", "b=2\0", "c=3"].map(str::to_owned);
        let kept = (EventKind::Set, None);
        let refused = |reason| (EventKind::Refused, Some(reason));
        for client in ["curl/8.5.0", "Chrome/156.0.0.0", "Gecko/20100101 Firefox/153.0"] {
            let expected = [refused(Reason::NulInResponse); 3];
            assert_eq!(fates(&page(client, &lines)), expected, "{client}");
        }
        let alone = [kept, refused(Reason::DisallowedCharacter), kept];
        assert_eq!(fates(&page("Wget/1.21", &lines)), alone);
        assert_eq!(fates(&page("python-requests/2.34.0", &lines)), [kept; 3]);
    }
}
