//! A capture told while it is still going on: each exchange with its browser and its cookies, soon
//! after it has finished.
//!
//! Exchanges finish in another order than they begin in. Who sent a request, and whether a cookie
//! was left out of it, can only be told once all messages before it are known; so an exchange waits
//! for earlier ones that are still open, but no longer than [`PATIENCE`]. One that is told sooner, or
//! after later ones, is in doubt: cookies that it lacks then prove nothing.
//!
//! Bodies and events are not kept, only what the next exchange is judged by.

use super::awaited::Awaited;
use super::follow::Follower;
use super::lives::EventAt;
use super::room::Room;
use super::shared::Shared;
use super::story::{CookieEvent, EventKind, Version};
use super::verify::Keys;
use super::versions::Numbers;
use super::visit::{Purpose, Visit};
use super::{beside, letter};
use crate::http::Exchange;
use crate::limits::HttpLimits;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// How long a finished exchange waits for earlier ones. A page and its parts finish within it; a
/// response that never ends, such as an event stream, must not hold up the rest.
const PATIENCE: Duration = Duration::from_secs(1);

/// One exchange, told.
#[derive(Debug, Clone)]
pub struct Happening {
    /// `A`, `B`, …; `None` where the request was not captured.
    pub browser: Option<String>,
    /// The exchange. Its number counts finished exchanges, not those of the report.
    pub visit: Visit,
    /// What became of cookies, in the order of the packets.
    pub cookies: Vec<CookieNews>,
}

/// One cookie event, with what it takes to understand it alone.
#[derive(Debug, Clone)]
pub struct CookieNews {
    /// The cookie's name.
    pub name: Vec<u8>,
    /// Whether it carries or names a session.
    pub is_session: bool,
    /// What happened. A value of unknown origin is told as such only once; when the browser sends it
    /// again, that is simply sending it.
    pub event: CookieEvent,
    /// The value that it is about, with its number so far.
    pub value: Option<Version>,
}

/// Follows exchanges as they finish.
#[derive(Debug, Default)]
pub struct Live {
    follower: Follower,
    awaited: Awaited,
    /// Messages to follow: packet, whether it is a response, exchange.
    messages: BTreeSet<(u64, bool, usize)>,
    /// The exchanges they belong to.
    waiting: BTreeMap<usize, Waiting>,
    told: VecDeque<Happening>,
    finished: usize,
    shared: Shared,
    numbers: Numbers,
    keys: Keys,
    /// Values (life and version) that have been read together with the cookies beside them.
    read: BTreeSet<(usize, usize)>,
    /// Values that browsers sent without having been given them: life and version.
    brought: BTreeSet<(usize, usize)>,
    /// The newest response followed that had to do with cookies.
    cookies_changed: u64,
    room: Room,
    has_forgotten: bool,
}

/// An exchange of which not every message has been followed.
#[derive(Debug)]
struct Waiting {
    /// The time of its last packet.
    since: Timestamp,
    happening: Happening,
}

impl Live {
    /// One that judges signatures with these secrets, and remembers about so many bytes of browsers and
    /// their cookies.
    pub fn within(keys: Keys, bytes: usize) -> Self {
        Self { keys, room: Room::within(bytes), ..Self::default() }
    }

    /// Whether all browsers and cookies were forgotten since this was last asked, since there was no more
    /// room. Those that come from then on have letters of their own.
    pub fn take_forgotten(&mut self) -> bool {
        std::mem::take(&mut self.has_forgotten)
    }

    /// Takes an exchange that has just finished.
    pub fn push(&mut self, exchange: &Exchange) {
        let index = self.finished;
        self.finished += 1;
        let cap = HttpLimits::default().decoded_body;
        let mut visit = Visit::of(exchange, cap, &mut self.shared);
        visit.id = self.finished as u64;
        if !self.room.remember(&visit) {
            self.forget();
        }
        self.awaited.mark(&mut visit);
        let asked = visit.asked.as_deref().map(|asked| (asked.turn, false, index));
        let answered = visit.answered.as_deref().map(|answered| (answered.turn, true, index));
        self.messages.extend(asked.into_iter().chain(answered));
        let happening = Happening { browser: None, visit, cookies: Vec::new() };
        let request = exchange.request.as_ref().map(|request| request.at.last_time);
        let response = exchange.response.as_ref().map(|response| response.at.last_time);
        match request.max(response) {
            Some(since) => {
                self.waiting.insert(index, Waiting { since, happening });
            }
            // Interim responses alone.
            None => self.told.push_back(happening),
        }
    }

    /// Tells what waits, and forgets all browsers and cookies.
    fn forget(&mut self) {
        self.settle_all(u64::MAX);
        let forgotten = self.follower.lives.forgotten + self.follower.roster.profiles.len();
        self.follower = Follower::default();
        self.follower.lives.forgotten = forgotten;
        (self.awaited, self.shared, self.numbers) = Default::default();
        (self.read, self.brought) = Default::default();
        self.has_forgotten = true;
    }

    /// Follows what it is time for. Every message up to packet `known` is known; it is `now`.
    pub fn settle(&mut self, known: u64, now: Timestamp) {
        while let Some((packet, is_response, index)) = self.messages.first().copied() {
            let waits = self.waiting.get(&index);
            let is_due = waits.is_none_or(|waiting| now.since(waiting.since) > PATIENCE);
            if packet > known && !is_due {
                return;
            }
            self.messages.pop_first();
            self.follow(packet, is_response, index, packet <= known);
        }
    }

    /// Follows everything that has finished, since nothing more comes for now. Every message up to
    /// packet `known` is known.
    pub fn settle_all(&mut self, known: u64) {
        while let Some((packet, is_response, index)) = self.messages.pop_first() {
            self.follow(packet, is_response, index, packet <= known);
        }
    }

    /// The next exchange that is told in full.
    pub fn pop(&mut self) -> Option<Happening> {
        self.told.pop_front()
    }

    fn follow(&mut self, packet: u64, is_response: bool, index: usize, is_known: bool) {
        let Some(mut waiting) = self.waiting.remove(&index) else { return };
        let happening = &mut waiting.happening;
        if is_response {
            self.response(index, packet, &happening.visit);
            happening.cookies.extend(self.take_news());
        } else {
            let in_doubt = !is_known || packet < self.cookies_changed;
            let browser = self.request(index, &happening.visit, in_doubt);
            happening.browser = browser.map(|own| letter(self.follower.lives.forgotten + own));
            let news = self.take_news();
            let news =
                news.into_iter().filter_map(|news| if in_doubt { news.mild() } else { Some(news) });
            happening.cookies.extend(news);
        }
        if !is_response && happening.visit.answered.is_some() {
            self.waiting.insert(index, waiting);
        } else {
            self.follower.browsers.remove(&index);
            self.told.push_back(waiting.happening);
        }
    }

    fn request(&mut self, index: usize, visit: &Visit, in_doubt: bool) -> Option<usize> {
        if !in_doubt {
            return self.follower.request(index, visit);
        }
        // Nobody expects of a part of a page that it carries every cookie.
        let mut mild = visit.clone();
        if let Some(asked) = &mut mild.asked {
            asked.purpose = Purpose::Part;
        }
        self.follower.request(index, &mild)
    }

    fn response(&mut self, index: usize, packet: u64, visit: &Visit) {
        self.follower.response(index, visit);
        let changes = visit.answered.as_deref().is_some_and(|answered| {
            !answered.set_cookies.is_empty() || answered.clear_site_data.is_some()
        });
        if changes {
            self.cookies_changed = self.cookies_changed.max(packet);
        }
    }

    /// Takes the newest events out of their lives. All that stays there is one that shows that a
    /// server set the cookie.
    fn take_news(&mut self) -> Vec<CookieNews> {
        let happened = self.follower.take_happened();
        self.follower.lives.read();
        self.read(&happened);
        let news = happened.iter().map(|(life, at)| self.news(*life, *at)).collect();
        for (life, _) in happened {
            let events = &mut self.follower.lives.all[life].events;
            let shows = events.iter().position(|event| event.kind.is_from_server());
            *events = shows.map(|at| events.swap_remove(at)).into_iter().collect();
        }
        news
    }

    /// Reads the new values among those of one message: with the cookies beside them, and with the
    /// secrets.
    fn read(&mut self, happened: &[EventAt]) {
        let lives = &self.follower.lives.all;
        let mut shown: Vec<(usize, usize)> = happened
            .iter()
            .filter_map(|(life, at)| Some((*life, lives[*life].events[*at].version?)))
            .collect();
        shown.dedup();
        for (life, version) in shown.iter().copied() {
            if !self.read.insert((life, version)) {
                continue;
            }
            let lives = &self.follower.lives.all;
            let companions = beside::companions(lives, life, &shown);
            let mut events = lives[life].events.iter();
            let since = events.find(|event| event.version == Some(version)).map(|event| event.time);
            let reread = beside::read_with(&lives[life], version, &companions, since);
            let own = reread.or_else(|| lives[life].versions[version].reading.as_deref().cloned());
            let Some(own) = own else { continue };
            let judged = self.keys.judge(&lives[life], version, &own, &companions);
            let (reading, key) = judged.unwrap_or((own, None));
            let version = &mut self.follower.lives.all[life].versions[version];
            (version.reading, version.key) = (Some(Box::new(reading)), key);
        }
    }

    fn news(&mut self, index: usize, at: usize) -> CookieNews {
        let life = &self.follower.lives.all[index];
        let mut event = life.events[at].clone();
        let is_odd = event.kind == EventKind::SentUnknown || event.strayed();
        if let Some(version) = event.version
            && is_odd
            && !self.brought.insert((index, version))
        {
            (event.kind, event.verdict, event.text) = (EventKind::Sent, None, None);
        }
        let value = event.version.map(|version| {
            let version = life.versions[version].clone();
            let number = self.numbers.number(&life.name, &life.domain, &version.value);
            Version { number, ..version }
        });
        CookieNews { name: life.name.clone(), is_session: life.is_session(), event, value }
    }
}

impl CookieNews {
    /// What is left of it in doubt: what the message itself shows, without any reasons.
    fn mild(mut self) -> Option<Self> {
        let shown = !matches!(self.event.kind, EventKind::Missing | EventKind::Withheld);
        (self.event.text, self.event.verdict) = (None, None);
        shown.then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::samples::{exchange, time};

    const OK: &str = "HTTP/1.1 200 OK";
    const LOGIN: &str = "HTTP/1.1 302 Found\nLocation: /\nSet-Cookie: session=1; Path=/";

    /// A page asked for by a browser.
    fn page(packets: [u64; 2], browser: &str, cookies: &str, response: &str) -> Exchange {
        let cookies = if cookies.is_empty() { String::new() } else { format!("Cookie: {cookies}") };
        let request = format!(
            "GET / HTTP/1.1\nHost: a.test\nUser-Agent: {browser}\nAccept: text/html\n{cookies}"
        );
        exchange(packets, request.trim_end(), response)
    }

    /// The next exchange in short: `A sent session, set other`.
    fn next(live: &mut Live) -> Option<String> {
        let told = live.pop()?;
        let mut words = vec![told.browser.unwrap_or_else(|| "nobody".to_owned())];
        for news in &told.cookies {
            let name = String::from_utf8_lossy(&news.name);
            words.push(format!("{} {name}", news.event.kind.word()));
        }
        Some(words.join(", "))
    }

    fn all(live: &mut Live) -> Vec<String> {
        std::iter::from_fn(|| next(live)).collect()
    }

    #[test]
    fn an_exchange_is_told_at_once_when_nothing_before_it_is_open() {
        let mut live = Live::default();
        live.push(&page([1, 2], "Firefox", "", LOGIN));
        live.settle(u64::MAX, time(2));
        assert_eq!(all(&mut live), ["A, set session"]);
        live.push(&page([3, 4], "Firefox", "session=1", OK));
        live.settle(u64::MAX, time(4));
        live.push(&page([5, 6], "curl", "other=1", OK));
        live.settle(u64::MAX, time(6));
        assert_eq!(all(&mut live), ["A, sent session", "B, sent-unknown other"]);
    }

    #[test]
    fn an_exchange_waits_for_earlier_ones_so_that_letters_are_those_of_the_report() {
        let mut live = Live::default();
        live.push(&page([2, 3], "curl", "", OK));
        live.settle(1, time(3));
        assert!(live.pop().is_none());
        live.push(&page([1, 4], "Firefox", "", LOGIN));
        live.settle(u64::MAX, time(4));
        assert_eq!(all(&mut live), ["B", "A, set session"]);
    }

    #[test]
    fn messages_are_followed_in_the_order_of_their_packets() {
        // The request in packet 2 was sent before the cookie came in packet 3.
        let mut live = Live::default();
        live.push(&page([1, 3], "Firefox", "", LOGIN));
        live.settle(2, time(3));
        assert!(live.pop().is_none());
        live.push(&page([2, 4], "Firefox", "", OK));
        live.push(&page([5, 6], "Firefox", "session=1", OK));
        live.settle(u64::MAX, time(6));
        assert_eq!(all(&mut live), ["A, set session", "A", "A, sent session"]);
    }

    #[test]
    fn nothing_waits_longer_than_a_second() {
        let mut live = Live::default();
        live.push(&page([2, 3], "Firefox", "", OK));
        live.settle(1, time(13));
        assert!(live.pop().is_none());
        live.settle(1, time(14));
        assert_eq!(all(&mut live), ["A"]);
    }

    #[test]
    fn what_comes_late_proves_nothing_by_what_it_lacks() {
        let story = |late: bool| {
            let mut live = Live::default();
            let slow = page(if late { [1, 20] } else { [15, 20] }, "Firefox", "", OK);
            live.push(&page([2, 3], "Firefox", "", LOGIN));
            live.push(&page([4, 5], "Firefox", "session=1", OK));
            live.settle_all(if late { 0 } else { 14 });
            live.push(&slow);
            live.settle_all(u64::MAX);
            all(&mut live).pop().unwrap()
        };
        assert_eq!(story(true), "A");
        assert_eq!(story(false), "B", "a page without the cookie is another browser's");
    }

    #[test]
    fn an_old_value_that_comes_late_is_not_told_as_a_replay() {
        let gone = "HTTP/1.1 200 OK\nSet-Cookie: session=; Max-Age=0; Path=/";
        for late in [true, false] {
            let mut live = Live::default();
            live.push(&page([1, 2], "Firefox", "", LOGIN));
            live.push(&page([4, 5], "Firefox", "session=1", gone));
            live.settle_all(u64::MAX);
            live.push(&page(if late { [3, 9] } else { [8, 9] }, "Firefox", "session=1", OK));
            live.settle_all(u64::MAX);
            let told = std::iter::from_fn(|| live.pop()).last().unwrap();
            let event = &told.cookies[0].event;
            assert_eq!(event.kind, EventKind::SentUnknown);
            assert_eq!(event.text.is_none(), late, "{:?}", event.text);
        }
    }

    #[test]
    fn a_value_has_the_same_number_in_every_browser() {
        let mut live = Live::default();
        live.push(&page([1, 2], "Firefox", "", LOGIN));
        live.push(&page([3, 4], "curl", "session=0", OK));
        live.push(&page([5, 6], "wget", "session=1", OK));
        live.settle_all(u64::MAX);
        let numbers: Vec<usize> = std::iter::from_fn(|| live.pop())
            .map(|told| told.cookies[0].value.as_ref().unwrap().number)
            .collect();
        assert_eq!(numbers, [1, 2, 1]);
    }

    #[test]
    fn a_value_of_unknown_origin_is_told_once() {
        let mut live = Live::default();
        live.push(&page([1, 2], "Firefox", "theme=dark", OK));
        live.push(&page([3, 4], "Firefox", "theme=dark", OK));
        live.push(&page([5, 6], "Firefox", "theme=light", OK));
        live.settle_all(u64::MAX);
        assert_eq!(
            all(&mut live),
            ["A, sent-unknown theme", "A, sent theme", "A, sent-unknown theme"]
        );
    }

    #[test]
    fn where_there_is_no_more_room_all_is_forgotten_and_letters_go_on() {
        let mut live = Live::within(Keys::default(), 4000);
        let mut held = String::new();
        for at in 1..5 {
            let cookie = format!("HTTP/1.1 200 OK\nSet-Cookie: session={at}; Path=/");
            live.push(&page([2 * at, 2 * at + 1], "Firefox", &held, &cookie));
            held = format!("session={at}");
        }
        live.settle_all(u64::MAX);
        assert!(live.take_forgotten() && !live.take_forgotten());
        let told = all(&mut live);
        let letters: Vec<&str> = told.iter().map(|told| &told[..1]).collect();
        assert_eq!(letters, ["A", "A", "A", "B"], "{told:?}");
        assert_eq!(told[3], "B, sent-unknown session, replaced session");
    }

    #[test]
    fn events_are_not_kept() {
        let mut live = Live::default();
        live.push(&page([1, 2], "Firefox", "", LOGIN));
        for packet in 2..100 {
            live.push(&page([2 * packet, 2 * packet + 1], "Firefox", "session=1", LOGIN));
        }
        live.settle_all(u64::MAX);
        assert_eq!(all(&mut live).len(), 99);
        assert_eq!(live.follower.lives.all[0].events.len(), 1);
        assert!(live.follower.browsers.is_empty() && live.waiting.is_empty());
    }
}
