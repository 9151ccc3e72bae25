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
    /// With the first answer; some pages log out, and take it away.
    Out,
}

/// How browsers treat connections.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wires {
    /// Used again.
    Kept,
    /// One for each request.
    Closed,
    /// One for each request, and for every other one that was opened with the one before, as
    /// Chromium does.
    WithSpares,
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
    /// One that was opened together with another and has carried nothing yet.
    spare: Option<usize>,
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
    wires: Wires,
    browsers: Vec<Browser>,
    connections: Vec<Connection>,
    due: BinaryHeap<Due>,
    /// Answers that are under way: when, whose, on which connection, the cookie they set.
    answers: BinaryHeap<(std::cmp::Reverse<i64>, usize, usize, Option<String>)>,
}

const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/156.0.0.0 Safari/537.36";

const GONE: &str = "Set-Cookie: sid=; Max-Age=0; Path=/\r\n";

impl World {
    fn new(seed: u64, habit: Habit, browsers: usize, visits: usize, wires: Wires) -> Self {
        let mut dice = Dice(seed);
        let mut due = BinaryHeap::new();
        for browser in 0..browsers {
            // All begin within two seconds, so that first visits overlap.
            due.push((std::cmp::Reverse(dice.below(2_000_000) as i64), browser, Deed::Page));
        }
        let new = |_| Browser { left: visits, ..Browser::default() };
        let browsers = (0..browsers).map(new).collect();
        let (connections, answers) = (Vec::new(), BinaryHeap::new());
        Self { dice, habit, wires, browsers, connections, due, answers }
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
                    if self.wires == Wires::Kept {
                        self.browsers[browser].idle.push(connection);
                    }
                    if let Some(cookie) = cookie {
                        self.browsers[browser].jar = Some(cookie).filter(|kept| !kept.is_empty());
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
        self.connections
            .push(Connection { wire: Some(Wire::joined().port(port).handshake()), times });
        self.connections.len() - 1
    }

    fn connection(&mut self, at: i64, who: usize) -> usize {
        if let Some(free) = self.browsers[who].idle.pop().or(self.browsers[who].spare.take()) {
            return free;
        }
        let opened = self.open(at);
        if self.wires == Wires::WithSpares {
            self.browsers[who].spare = Some(self.open(at + 10));
        }
        opened
    }

    fn ask(&mut self, at: i64, who: usize, deed: Deed) {
        let connection = self.connection(at, who);
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
        let goes = deed == Deed::Page && cookie.is_some() && self.habit == Habit::Out;
        let goes = goes && self.dice.one_in(6);
        let new = self.given(deed, cookie.as_ref());
        let line = new.as_ref().map(|new| format!("Set-Cookie: {new}; Path=/\r\n"));
        let line = if goes { Some(GONE.to_owned()) } else { line };
        let new = if goes { Some(String::new()) } else { new };
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
            Habit::AtOnce | Habit::Out => cookie.is_none() && deed != Deed::Part,
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
        trail.push(Numbered { id: at as u64 + 1, exchange: Box::new(exchange) });
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
fn worst(habit: Habit, browsers: usize, wires: Wires) -> (f64, f64) {
    let mut worst = (1.0_f64, 1.0_f64);
    let mut requests = 0;
    for seed in 1..=8 {
        let frames = World::new(seed, habit, browsers, 8, wires).run();
        let (story, truth) = story(&frames);
        requests += truth.len();
        let found = agreement(&story, &truth);
        worst = (worst.0.min(found.0), worst.1.min(found.1));
    }
    eprintln!(
        "{browsers} equal browsers, {habit:?}, connections {wires:?}: {requests} requests, \
         {:.3} pure, {:.3} whole at worst",
        worst.0, worst.1
    );
    worst
}

#[test]
fn twenty_equal_browsers_behind_one_address_are_told_apart_by_what_comes_back() {
    for (habit, wires) in [
        (Habit::AtOnce, Wires::Kept),
        (Habit::AtOnce, Wires::Closed),
        (Habit::Each, Wires::Kept),
        (Habit::Each, Wires::Closed),
        (Habit::Out, Wires::Kept),
    ] {
        let (pure, whole) = worst(habit, 20, wires);
        assert!(pure > 0.97 && whole > 0.97, "{habit:?} {wires:?}: {pure} {whole}");
    }
}

/// Before a login nothing tells equal visitors apart but their connections.
#[test]
fn visitors_who_log_in_later_are_found_by_their_connections() {
    for (wires, floor) in [(Wires::Kept, 0.8), (Wires::WithSpares, 0.6), (Wires::Closed, 0.6)] {
        let (pure, whole) = worst(Habit::AtLogin, 20, wires);
        assert!(pure > floor && whole > floor, "{wires:?}: {pure} {whole}");
    }
}

#[test]
fn one_browser_alone_is_one() {
    for habit in [Habit::AtOnce, Habit::AtLogin, Habit::Each, Habit::Out] {
        for wires in [Wires::Kept, Wires::Closed, Wires::WithSpares] {
            let (pure, whole) = worst(habit, 1, wires);
            assert!(pure >= 1.0 && whole >= 1.0, "{habit:?}: {pure} {whole}");
        }
    }
}

/// One exchange on a connection of its own.
struct Scene {
    frames: Vec<Frame>,
    port: u16,
}

impl Scene {
    fn new() -> Self {
        Self { frames: Vec::new(), port: 30_000 }
    }

    /// A request from `client` with these lines, and an answer with those, a second after the last.
    fn then(mut self, client: [u8; 4], agent: &str, asks: &str, answers: &str) -> Self {
        self.port += 1;
        let wire = Wire::joined().client(client).port(self.port).handshake();
        let request = format!(
            "GET / HTTP/1.1\r\nHost: site.test\r\nUser-Agent: {agent}\r\nAccept: text/html\r\n\
             {asks}\r\n"
        );
        let response = format!("HTTP/1.1 200 OK\r\n{answers}Content-Length: 0\r\n\r\n");
        let later = i64::from(self.port) * 1_000_000;
        let frames = wire.c(request).s(response).close().frames().into_iter();
        self.frames.extend(frames.map(|f| Frame { micros: f.micros + later, ..f }));
        self
    }

    fn story(self) -> Story {
        let mut trail = Trail::default();
        for (at, exchange) in exchanges(&self.frames).into_iter().enumerate() {
            trail.push(Numbered { id: at as u64 + 1, exchange: Box::new(exchange) });
        }
        trail.finish()
    }

    /// The browsers as `A1,3 B2`: letters with their exchanges.
    fn told(self) -> String {
        let story = self.story();
        let one = |browser: &cookietrail::trail::Browser| {
            let ids: Vec<String> =
                browser.visits.iter().map(|visit| (visit + 1).to_string()).collect();
            format!("{}{}", browser.id, ids.join(","))
        };
        story.browsers.iter().map(one).collect::<Vec<_>>().join(" ")
    }
}

const HOME: [u8; 4] = [10, 0, 0, 1];
const CAFE: [u8; 4] = [10, 9, 9, 9];
const GIVE: &str = "Set-Cookie: sid=0123456789abcdef0123; Path=/\r\n";
const OTHER: &str = "Set-Cookie: sid=fedcba98765432100000; Path=/\r\n";
const SEND: &str = "Cookie: sid=0123456789abcdef0123\r\n";

#[test]
fn a_private_window_is_another_browser_and_the_first_goes_on() {
    let scene = Scene::new()
        .then(HOME, CHROME, "", GIVE)
        .then(HOME, CHROME, SEND, "")
        .then(HOME, CHROME, "", OTHER)
        .then(HOME, CHROME, SEND, "");
    assert_eq!(scene.told(), "A1,2,4 B3");
}

#[test]
fn a_browser_that_changes_its_address_stays_one_and_a_copy_in_a_script_does_not() {
    let scene = Scene::new()
        .then(HOME, CHROME, "", GIVE)
        .then(HOME, CHROME, SEND, "")
        .then(CAFE, CHROME, SEND, "")
        .then(CAFE, "curl/8.0", SEND, "");
    assert_eq!(scene.told(), "A1,2,3 B4");
}

#[test]
fn other_languages_are_another_browsers() {
    let scene = Scene::new()
        .then(HOME, CHROME, "Accept-Language: en\r\n", "")
        .then(HOME, CHROME, "Accept-Language: de\r\n", "")
        .then(HOME, CHROME, "Accept-Language: en\r\n", "");
    assert_eq!(scene.told(), "A1,3 B2");
}

#[test]
fn a_cookie_that_was_sent_was_kept_whatever_the_model_says() {
    let secure = GIVE.replace("Path=/", "Path=/; Secure");
    let kinds = |story: &Story| -> Vec<&'static str> {
        let events = story.cookies.iter().flat_map(|life| &life.events);
        events.map(|event| event.kind.word()).collect()
    };
    let refused = Scene::new().then(HOME, CHROME, "", &secure).then(HOME, CHROME, "", "").story();
    assert_eq!(kinds(&refused), ["refused"]);
    let kept = Scene::new().then(HOME, CHROME, "", &secure).then(HOME, CHROME, SEND, "").story();
    assert_eq!(kinds(&kept), ["set", "sent"]);
}
