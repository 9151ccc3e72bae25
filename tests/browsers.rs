//! Browsers told apart: many equal ones behind one address, with the truth known.
//!
//! A small model of browsers makes the traffic: jars, keep-alive connections, pages with parts,
//! logins, private windows. It shares nothing with the program but the wire.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a test stops at what it did not expect, and says what it measured"
)]

mod support;

use cookietrail::pipeline::Numbered;
use cookietrail::trail::{Story, Trail};
use std::collections::{BTreeMap, BinaryHeap};
use support::wire::{Frame, Wire, exchanges};

/// Numbers that look random, the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }
}

/// When a site gives its visitors a cookie.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Habit {
    /// With the first answer.
    AtOnce,
    /// After a login.
    AtLogin,
    /// With the first answer, and another value with each that follows.
    Each,
}

/// What a browser does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Page,
    LoginForm,
    Login,
    Part,
}

/// Later deeds come later out of a heap.
type Due = (std::cmp::Reverse<i64>, usize, Deed);

#[derive(Default)]
struct Browser {
    jar: Option<String>,
    /// Idle connections.
    idle: Vec<usize>,
    left: usize,
    has_form: bool,
}

struct Connection {
    wire: Option<Wire>,
    times: Vec<i64>,
}

/// The world: browsers, one server, and the wire between them.
struct World {
    dice: Dice,
    habit: Habit,
    keeps_alive: bool,
    browsers: Vec<Browser>,
    connections: Vec<Connection>,
    due: BinaryHeap<Due>,
    /// Answers that are under way: when, whose, on which connection, the cookie they set.
    answers: BinaryHeap<(std::cmp::Reverse<i64>, usize, usize, Option<String>)>,
}

const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/156.0.0.0 Safari/537.36";

impl World {
    fn new(seed: u64, habit: Habit, browsers: usize, visits: usize, keeps_alive: bool) -> Self {
        let mut dice = Dice(seed);
        let mut due = BinaryHeap::new();
        for browser in 0..browsers {
            // All begin within two seconds, so that first visits overlap.
            due.push((std::cmp::Reverse(dice.below(2_000_000) as i64), browser, Deed::Page));
        }
        let new = |_| Browser { left: visits, ..Browser::default() };
        let browsers = (0..browsers).map(new).collect();
        let (connections, answers) = (Vec::new(), BinaryHeap::new());
        Self { dice, habit, keeps_alive, browsers, connections, due, answers }
    }

    fn run(mut self) -> Vec<Frame> {
        loop {
            let deed = self.due.peek().map(|(at, ..)| at.0);
            let answer = self.answers.peek().map(|(at, ..)| at.0);
            match (deed, answer) {
                (None, None) => break,
                (Some(deed), answer) if answer.is_none_or(|answer| deed <= answer) => {
                    let (at, browser, deed) = self.due.pop().unwrap();
                    self.ask(at.0, browser, deed);
                }
                _ => {
                    let (_, browser, connection, cookie) = self.answers.pop().unwrap();
                    if self.keeps_alive {
                        self.browsers[browser].idle.push(connection);
                    }
                    if cookie.is_some() {
                        self.browsers[browser].jar = cookie;
                    }
                }
            }
        }
        let mut frames = Vec::new();
        for connection in self.connections {
            let told = connection.wire.unwrap().frames().into_iter().zip(connection.times);
            frames.extend(told.map(|(frame, micros)| Frame { micros, ..frame }));
        }
        frames.sort_by_key(|frame| frame.micros);
        frames
    }

    fn open(&mut self, at: i64) -> usize {
        let port = 20_000 + self.connections.len() as u16;
        let times = vec![at - 300, at - 200, at - 100];
        self.connections.push(Connection { wire: Some(Wire::open().port(port)), times });
        self.connections.len() - 1
    }

    fn ask(&mut self, at: i64, who: usize, deed: Deed) {
        let connection = self.browsers[who].idle.pop().unwrap_or_else(|| self.open(at));
        let (method, path, accept) = match deed {
            Deed::Page => ("GET", "/", "text/html"),
            Deed::LoginForm => ("GET", "/login", "text/html"),
            Deed::Login => ("POST", "/login", "text/html"),
            Deed::Part => ("GET", "/style.css", "text/css,*/*;q=0.1"),
        };
        let cookie = self.browsers[who].jar.clone();
        let cookie_line = cookie.as_ref().map(|value| format!("Cookie: {value}\r\n"));
        let referer = match deed {
            Deed::Part => "Referer: http://site.test/\r\n",
            Deed::Login => "Referer: http://site.test/login\r\n",
            _ => "",
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: site.test\r\nUser-Agent: {CHROME}\r\nAccept: {accept}\
             \r\n{referer}Accept-Language: en\r\nX-Truth: {who}\r\n{}Content-Length: 0\r\n\r\n",
            cookie_line.unwrap_or_default()
        );
        let new = self.given(deed, cookie.as_ref());
        let line = new.as_ref().map(|new| format!("Set-Cookie: {new}; Path=/\r\n"));
        let status = if deed == Deed::Login { "302 Found\r\nLocation: /" } else { "200 OK" };
        let kind = if deed == Deed::Part { "text/css" } else { "text/html" };
        let response = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{}Content-Length: 2\r\n\r\nhi",
            line.unwrap_or_default()
        );
        let until = at + 20_000 + self.dice.below(100_000) as i64;
        let open = &mut self.connections[connection];
        open.wire = open.wire.take().map(|wire| wire.c(request).s(response));
        open.times.extend([at, until]);
        self.answers.push((std::cmp::Reverse(until), who, connection, new));
        self.plan(until, who, deed);
    }

    /// The cookie that the server gives with its answer.
    fn given(&mut self, deed: Deed, cookie: Option<&String>) -> Option<String> {
        let gives = match self.habit {
            Habit::AtOnce => cookie.is_none() && deed != Deed::Part,
            Habit::AtLogin => deed == Deed::Login,
            Habit::Each => deed != Deed::Part,
        };
        gives.then(|| format!("sid={:016x}{:016x}", self.dice.next(), self.dice.next()))
    }

    fn plan(&mut self, until: i64, who: usize, deed: Deed) {
        let later = |world: &mut Self, after: i64, deed| {
            world.due.push((std::cmp::Reverse(until + after), who, deed));
        };
        if deed == Deed::Part {
            return;
        }
        if deed == Deed::LoginForm {
            let after = 500_000 + self.dice.below(2_000_000) as i64;
            return later(self, after, Deed::Login);
        }
        if deed == Deed::Login {
            return later(self, 2_000, Deed::Page);
        }
        for part in 0..self.dice.below(3) as i64 {
            later(self, 3_000 + part * 1_000, Deed::Part);
        }
        if self.browsers[who].left == 0 {
            return;
        }
        self.browsers[who].left -= 1;
        let after = 200_000 + self.dice.below(3_000_000) as i64;
        let logs_in = self.habit == Habit::AtLogin && !self.browsers[who].has_form;
        if logs_in && self.dice.one_in(2) {
            self.browsers[who].has_form = true;
            return later(self, after, Deed::LoginForm);
        }
        later(self, after, Deed::Page);
    }
}

fn story(frames: &[Frame]) -> (Story, Vec<u64>) {
    let (mut trail, mut truth) = (Trail::default(), Vec::new());
    for (at, exchange) in exchanges(frames).into_iter().enumerate() {
        let who = exchange.request.as_ref().unwrap().headers.first("x-truth").unwrap().to_vec();
        truth.push(String::from_utf8(who).unwrap().parse().unwrap());
        trail.push(Numbered { id: at as u64 + 1, exchange });
    }
    (trail.finish(), truth)
}

/// Of all requests, how many are with the browser that has most of theirs, seen from both sides: a
/// letter for each browser and a browser for each letter. Both are 1 where all is right.
fn agreement(story: &Story, truth: &[u64]) -> (f64, f64) {
    let mut pairs: BTreeMap<(usize, u64), usize> = BTreeMap::new();
    for (letter, browser) in story.browsers.iter().enumerate() {
        for visit in &browser.visits {
            *pairs.entry((letter, truth[*visit])).or_default() += 1;
        }
    }
    let (mut letters, mut people) = (BTreeMap::new(), BTreeMap::new());
    for ((letter, who), count) in pairs {
        let most: &mut usize = letters.entry(letter).or_default();
        *most = count.max(*most);
        let most: &mut usize = people.entry(who).or_default();
        *most = count.max(*most);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of a test")]
    let share = |right: usize| right as f64 / truth.len() as f64;
    (share(letters.into_values().sum()), share(people.into_values().sum()))
}

/// Both agreements over several seeds, the worst of them.
fn worst(habit: Habit, browsers: usize, keeps_alive: bool) -> (f64, f64) {
    let mut worst = (1.0_f64, 1.0_f64);
    let mut requests = 0;
    for seed in 1..=8 {
        let frames = World::new(seed, habit, browsers, 8, keeps_alive).run();
        let (story, truth) = story(&frames);
        requests += truth.len();
        let found = agreement(&story, &truth);
        worst = (worst.0.min(found.0), worst.1.min(found.1));
    }
    eprintln!(
        "{browsers} equal browsers, {habit:?}, keep-alive {keeps_alive}: {requests} requests, \
         {:.3} pure, {:.3} whole at worst",
        worst.0, worst.1
    );
    worst
}

#[test]
fn twenty_equal_browsers_behind_one_address_are_told_apart_by_what_comes_back() {
    for keeps_alive in [true, false] {
        for habit in [Habit::AtOnce, Habit::Each] {
            let (pure, whole) = worst(habit, 20, keeps_alive);
            assert!(pure > 0.97 && whole > 0.97, "{habit:?} {keeps_alive}: {pure} {whole}");
        }
    }
}

/// Before a login nothing tells equal visitors apart but their connections.
#[test]
fn visitors_who_log_in_later_are_found_by_their_connections() {
    let (pure, whole) = worst(Habit::AtLogin, 20, true);
    assert!(pure > 0.8 && whole > 0.7, "{pure} {whole}");
    let (pure, whole) = worst(Habit::AtLogin, 20, false);
    assert!(pure > 0.5 && whole > 0.5, "{pure} {whole}");
}

#[test]
fn one_browser_alone_is_one() {
    for habit in [Habit::AtOnce, Habit::AtLogin, Habit::Each] {
        for keeps_alive in [true, false] {
            let (pure, whole) = worst(habit, 1, keeps_alive);
            assert!(pure >= 1.0 && whole >= 1.0, "{habit:?}: {pure} {whole}");
        }
    }
}
