//! How much of a capture its story holds. It grows with every exchange, and memory has an end: where
//! that is reached the story ends too, as if the capture did, and says so.

use super::visit::{Answered, Asked, Visit};
use crate::note::{Note, NoteKind};
use foldhash::fast::RandomState;
use std::collections::HashSet;
use std::hash::{BuildHasher, Hash};

/// Bytes that an exchange takes until its story is told, beside what it carries: itself, its step, and
/// what ties it to its browser. Measured, as the next ones, on captures of one kind of exchange each;
/// mixed ones take less.
const EACH: usize = 1400;

/// The same of a browser.
const BROWSER: usize = 1200;

/// What ties an exchange to its browser, without the exchange.
const ATTRIBUTED: usize = 160;

/// A cookie that is sent: the event. Where its browser has not sent or been given that value lately it takes more,
/// and so many times its length.
const SENT: usize = 330;
const NEW: (usize, usize) = (500, 4);

/// The same of a `Set-Cookie` line: the value, what is read in it, and what changed.
const SET: (usize, usize) = (512, 11);

/// The same of a form field, which is kept as it is, and of a URL, which is kept in its parts as well.
const FIELD: (usize, usize) = (60, 1);
const URL: (usize, usize) = (0, 3);

/// So many browsers and values are remembered; then all are forgotten, and the next ones remembered.
const MOST: usize = 65_536;

/// The room that is left.
#[derive(Debug)]
pub(super) struct Room {
    most: usize,
    left: usize,
    left_out: Option<LeftOut>,
    seen: Seen,
}

/// What found no room.
#[derive(Debug)]
struct LeftOut {
    /// The packet that the first of it began with.
    since: Option<u64>,
    exchanges: u64,
}

/// Browsers and cookies that came lately, by their hashes. It is only asked, and never walked through.
#[derive(Debug, Default)]
struct Seen {
    hashes: HashSet<u64, RandomState>,
    hasher: RandomState,
}

impl Seen {
    /// The hash of this, and whether it has not come lately.
    fn meet(&mut self, it: impl Hash) -> (u64, bool) {
        if self.hashes.len() >= MOST {
            self.hashes.clear();
        }
        let hash = self.hasher.hash_one(it);
        (hash, self.hashes.insert(hash))
    }
}

impl Default for Room {
    fn default() -> Self {
        Self::within(usize::MAX)
    }
}

impl Room {
    /// Room for so many bytes.
    pub fn within(bytes: usize) -> Self {
        Self { most: bytes, left: bytes, left_out: None, seen: Seen::default() }
    }

    /// Whether something found no room. Nothing that comes later does, however small.
    pub const fn is_full(&self) -> bool {
        self.left_out.is_some()
    }

    /// Gives an exchange its room. False if there is none.
    pub fn take(&mut self, visit: &Visit) -> bool {
        if self.is_full() {
            self.leave_out();
            return false;
        }
        if let Some(left) = self.left.checked_sub(weight(visit, &mut self.seen)) {
            self.left = left;
            return true;
        }
        let since = visit.begun().map(|(packet, _)| packet);
        self.left_out = Some(LeftOut { since, exchanges: 1 });
        false
    }

    /// Gives what is remembered of an exchange beyond its own time its room: a browser, and values that
    /// are new. If there is none, that is said once, all room is free again, and the exchange has taken
    /// its own.
    pub fn remember(&mut self, visit: &Visit) -> bool {
        let weight = of_memory(visit, &mut self.seen);
        if let Some(left) = self.left.checked_sub(weight) {
            self.left = left;
            return true;
        }
        self.seen = Seen::default();
        self.left = self.most.saturating_sub(of_memory(visit, &mut self.seen));
        false
    }

    /// Counts an exchange that comes when it is full.
    pub fn leave_out(&mut self) {
        self.left_out.iter_mut().for_each(|left_out| left_out.exchanges += 1);
    }

    /// What is said of what found no room.
    pub fn note(&self) -> Option<Note> {
        let LeftOut { since, exchanges } = self.left_out.as_ref()?;
        let from = since.map_or(String::new(), |packet| format!(" before packet {packet}"));
        let text = format!(
            "the story ends{from}: it would take more memory than it may (--max-memory) with the \
             {exchanges} exchanges that follow, which are only counted"
        );
        Some(Note { kind: NoteKind::Limit, packet: *since, text: text.into() })
    }
}

/// About how many bytes an exchange takes until its story is told.
fn weight(visit: &Visit, seen: &mut Seen) -> usize {
    let (browser, known) = of_browser(visit, seen);
    let asked = visit
        .asked
        .as_deref()
        .map_or(0, |asked| known + of_cookies(browser, asked, seen, SENT) + of_asked(asked));
    let answered = visit.answered.as_deref().map_or(0, |answered| {
        let location = answered.location.as_ref().map_or(0, |location| location.len());
        of_lines(browser, answered, seen) + of(URL, location)
    });
    EACH + asked + answered + visit.notes.len() * size_of::<Note>()
}

/// The same of what is remembered of it by who tells exchanges while they come.
fn of_memory(visit: &Visit, seen: &mut Seen) -> usize {
    let (browser, known) = of_browser(visit, seen);
    let asked =
        visit.asked.as_deref().map_or(0, |asked| known + of_cookies(browser, asked, seen, 0));
    let answered =
        visit.answered.as_deref().map_or(0, |answered| of_lines(browser, answered, seen));
    ATTRIBUTED + asked + answered
}

/// What a browser is known by here, which is a hash of its address and its name, and what it takes if it
/// has not come lately. Who only answers has no name, and takes nothing.
fn of_browser(visit: &Visit, seen: &mut Seen) -> (u64, usize) {
    let name: &[u8] = visit.asked.as_deref().map_or(&[], |asked| &asked.user_agent);
    let (browser, is_new) = seen.meet((visit.client.ip(), name));
    (browser, if is_new { BROWSER + name.len() } else { 0 })
}

/// Cookies that are sent, of which each takes `sent` beside what a new one does.
fn of_cookies(browser: u64, asked: &Asked, seen: &mut Seen, sent: usize) -> usize {
    let weights = asked.cookies.pairs.iter().map(|pair| {
        let (_, is_new) = seen.meet((browser, &*pair.name, &*pair.value));
        sent + if is_new { of(NEW, pair.name.len() + pair.value.len()) } else { 0 }
    });
    weights.sum()
}

fn of_lines(browser: u64, answered: &Answered, seen: &mut Seen) -> usize {
    let set = answered.set_cookies.iter().map(|line| {
        let pair = line.split(|byte| *byte == b';').next().unwrap_or_default();
        let (name, value) = pair.split_at(memchr::memchr(b'=', pair).unwrap_or(0));
        seen.meet((browser, name, value.strip_prefix(b"=").unwrap_or(value)));
        of(SET, line.len())
    });
    set.sum()
}

fn of_asked(asked: &Asked) -> usize {
    let fields = asked.form.iter().map(|field| of(FIELD, field.name.len() + field.value.len()));
    let from = asked.referer.as_ref().map_or(0, |referer| referer.as_str().len());
    fields.sum::<usize>() + of(URL, asked.path.len() + from)
}

const fn of((each, times): (usize, usize), length: usize) -> usize {
    each + times * length
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::samples::exchange;
    use crate::pipeline::Numbered;
    use crate::trail::{Shared, Trail, Visit};

    fn numbered(id: u64) -> Numbered {
        let cookies = "x".repeat(usize::try_from(id).unwrap() % 7);
        let request = format!("GET /{id} HTTP/1.1\nHost: a.test\nCookie: sid={cookies}");
        let exchange = exchange([2 * id, 2 * id + 1], &request, "HTTP/1.1 200 OK\nSet-Cookie: a=b");
        Numbered { id, exchange: Box::new(exchange) }
    }

    #[test]
    fn a_story_without_room_is_that_of_a_capture_which_ends_there() {
        let visit = |id| Trail::visit(&numbered(id).exchange, &mut Shared::default());
        let mut seen = Seen::default();
        let room_for_three: usize = (1..4).map(|id| weight(&visit(id), &mut seen)).sum();
        let (mut short, mut all) = (Trail::within(room_for_three), Trail::default());
        (1..=10).for_each(|id| short.push(numbered(id)));
        (1..=3).for_each(|id| all.push(numbered(id)));
        let note = short.note().unwrap();
        assert_eq!(note.packet, Some(8));
        assert!(note.text.starts_with("the story ends before packet 8: "), "{}", note.text);
        assert!(note.text.contains("with the 7 exchanges that follow"), "{}", note.text);
        assert_eq!(all.note().map(|note| note.text), None);
        assert_eq!(format!("{:?}", short.finish()), format!("{:?}", all.finish()));
    }

    /// What an exchange weighs, and what the same weighs behind it.
    fn weigh(request: &str, response: &str) -> [usize; 2] {
        let visit = Visit::of(&exchange([1, 2], request, response), 0, &mut Shared::default());
        let mut seen = Seen::default();
        [(); 2].map(|()| weight(&visit, &mut seen))
    }

    #[test]
    fn what_an_exchange_carries_has_its_weight() {
        let (get, ok) = ("GET / HTTP/1.1\nHost: a.test", "HTTP/1.1 200 OK");
        let [first, again] = weigh(get, ok);
        assert_eq!(first, again + BROWSER);
        let cookies = (0..180).map(|at| format!("c{at}=1")).collect::<Vec<_>>().join("; ");
        let [new, known] = weigh(&format!("{get}\nCookie: {cookies}"), ok);
        assert_eq!(known, again + 180 * SENT);
        assert!(new > known + 180 * NEW.0);
        let long = "x".repeat(4000);
        assert!(weigh(get, &format!("{ok}\nSet-Cookie: a={long}"))[1] > again + 10 * long.len());
        assert!(weigh(&get.replace("/ ", &format!("/{long} ")), ok)[1] > again + 2 * long.len());
    }

    #[test]
    fn what_was_set_is_known_when_it_is_sent() {
        let mut seen = Seen::default();
        let set = "HTTP/1.1 200 OK\nSet-Cookie: a=b; Path=/";
        let (get, with_cookie) =
            ("GET / HTTP/1.1\nHost: a.test", "GET / HTTP/1.1\nHost: a.test\nCookie: a=b");
        let mut weigh = |request, response| {
            let exchange = exchange([1, 2], request, response);
            weight(&Visit::of(&exchange, 0, &mut Shared::default()), &mut seen)
        };
        weigh(get, set);
        let plain = weigh(get, "HTTP/1.1 200 OK");
        assert_eq!(weigh(with_cookie, "HTTP/1.1 200 OK"), plain + SENT);
    }
}
