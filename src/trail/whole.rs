//! A whole capture followed: each [district](super::districts) alone, on some thread, and what came of
//! it put together in the order of the capture.

use super::districts::{District, districts};
use super::follow::{Follower, Message, messages};
use super::given;
use super::identity::Unread;
use super::links::Links;
use super::lives::{EventAt, Lives};
use super::made::Made;
use super::merge::merge;
use super::story::CookieLife;
use super::visit::Visit;
use super::who::{Apart, Profile, Roster};
use crate::threads;
use crate::time::Timestamp;
use std::num::NonZero;

/// The values of cookies are read where they were followed, if that is in a district of no more visits:
/// they are at hand then. Those of larger ones are read on all threads.
const SMALL: usize = 4096;

/// What came of a capture.
#[derive(Debug)]
pub(super) struct Whole<C> {
    /// Each client, in the order in which they appeared.
    pub clients: Vec<Client<C>>,
    /// The lives of their cookies, in the same order.
    pub lives: Vec<CookieLife>,
    /// The values of cookies that nobody has read yet.
    pub unread: Vec<Unread>,
}

/// A client, as far as is wanted.
#[derive(Debug)]
pub(super) struct Client<C> {
    /// What was made of it.
    pub kept: C,
    /// Which other one it is not, and why.
    pub told_apart: Option<Apart>,
}

/// Follows all visits as far as `goes_on` says, on so many threads. `keep` makes of each client what is
/// wanted of it.
pub(super) fn follow<C: Send>(
    visits: &[Visit],
    threads: NonZero<usize>,
    goes_on: impl Fn(u64, Timestamp) -> bool,
    keep: impl Fn(Profile) -> C + Sync,
) -> Whole<C> {
    let (districts, made) = districts(visits, threads);
    follow_in(&districts, &made, visits, threads, goes_on, keep)
}

/// The clients alone: what became of each cookie is not told, nor any value read.
pub(super) fn clients<C: Send>(
    visits: &[Visit],
    threads: NonZero<usize>,
    goes_on: impl Fn(u64, Timestamp) -> bool,
    keep: impl Fn(Profile) -> C + Sync,
) -> Vec<Client<C>> {
    let (districts, made) = districts(visits, threads);
    let end = end(visits, goes_on);
    let tell = |district: &District| {
        let (roster, _) = followed(district, &made, visits, end);
        let lives = Lives::default();
        Told::of(district, visits, roster, lives, &keep)
    };
    join(threads::map(&districts, threads, tell), visits).clients
}

fn follow_in<C: Send>(
    districts: &[District],
    made: &Made,
    visits: &[Visit],
    threads: NonZero<usize>,
    goes_on: impl Fn(u64, Timestamp) -> bool,
    keep: impl Fn(Profile) -> C + Sync,
) -> Whole<C> {
    let end = end(visits, goes_on);
    let tell = |district: &District| {
        let (roster, mut lives) = followed(district, made, visits, end);
        if district.visits.len() <= SMALL {
            lives.read();
        }
        Told::of(district, visits, roster, lives, &keep)
    };
    join(threads::map(districts, threads, tell), visits)
}

/// Who is who in a district, and what became of their cookies.
fn followed(
    district: &District,
    made: &Made,
    visits: &[Visit],
    end: Option<Message>,
) -> (Roster, Lives) {
    let own: Vec<&Visit> = district.visits.iter().map(|visit| &visits[*visit]).collect();
    let links = Links::of(&own, &district.spares, made);
    let place = |place: usize| district.visits[place];
    let is_end =
        end.map(|end| move |(turn, is_response, at)| (turn, is_response, place(at)) >= end);
    let Follower { roster, lives, .. } = Follower::knowing(&own, links, is_end.as_ref());
    (roster, lives)
}

/// The first message that is wanted no more.
fn end(visits: &[Visit], goes_on: impl Fn(u64, Timestamp) -> bool) -> Option<Message> {
    let all = visits
        .iter()
        .enumerate()
        .flat_map(|(index, visit)| messages(index, visit).map(move |message| (message, visit)));
    let is_over = |((turn, is_response, _), visit): &(Message, &Visit)| {
        let asked = visit.asked.as_deref().filter(|_| !is_response).map(|one| one.time);
        let time = asked.or(visit.answered.as_deref().map(|one| one.time));
        !time.is_some_and(|time| goes_on(*turn, time))
    };
    all.filter(is_over).map(|(message, _)| message).min()
}

/// What came of one district. Clients are numbered by their place in it, visits as in the capture.
struct Told<C> {
    /// With the message that first showed each.
    clients: Vec<(Message, Client<C>)>,
    lives: Vec<(Message, CookieLife)>,
    unread: Vec<Unread>,
    unowned: Vec<EventAt>,
}

impl<C> Told<C> {
    fn of(
        district: &District,
        visits: &[Visit],
        roster: Roster,
        lives: Lives,
        keep: impl Fn(Profile) -> C,
    ) -> Self {
        let index = |place: usize| district.visits[place];
        let Lives { all, unread, unowned, .. } = lives;
        let client = |mut profile: Profile| {
            profile.evidence.iter_mut().for_each(|one| one.visit = index(one.visit));
            let first = profile.evidence.first().map_or(0, |one| one.visit);
            let turn = visits[first].asked.as_deref().map_or(0, |asked| asked.turn);
            let told_apart = profile.told_apart.take();
            ((turn, false, first), Client { kept: keep(profile), told_apart })
        };
        let life = |mut life: CookieLife| {
            for event in &mut life.events {
                event.visit = event.visit.map(index);
            }
            let first = life.events.first().and_then(|event| given::message(event, visits));
            (first.unwrap_or_default(), life)
        };
        Self {
            clients: roster.profiles.into_iter().map(client).collect(),
            lives: all.into_iter().map(life).collect(),
            unread,
            unowned,
        }
    }
}

/// Puts districts together.
fn join<C>(districts: Vec<Told<C>>, visits: &[Visit]) -> Whole<C> {
    let (mut clients, mut lives) = (Vec::new(), Vec::new());
    let (mut unread, mut unowned) = (Vec::new(), Vec::new());
    let (mut first_client, mut first_life) = (0, 0);
    for mut district in districts {
        for (_, client) in &mut district.clients {
            client.told_apart.iter_mut().for_each(|(other, _)| *other += first_client);
        }
        for (_, life) in &mut district.lives {
            life.browser += first_client;
        }
        let later = district.unread.into_iter();
        unread.extend(later.map(|(life, place, now)| (first_life + life, place, now)));
        let later = district.unowned.into_iter();
        unowned.extend(later.map(|(life, place)| (first_life + life, place)));
        first_client += district.clients.len();
        first_life += district.lives.len();
        clients.push(district.clients);
        lives.push(district.lives);
    }
    let (mut clients, place_of_client) = merge(clients);
    let apart = clients.iter_mut().filter_map(|client: &mut Client<C>| client.told_apart.as_mut());
    apart.for_each(|(other, _)| *other = place_of_client[*other]);
    let (mut lives, place_of_life) = merge(lives);
    for life in &mut lives {
        life.browser = place_of_client[life.browser];
    }
    for (life, ..) in &mut unread {
        *life = place_of_life[*life];
    }
    for (life, _) in &mut unowned {
        *life = place_of_life[*life];
    }
    given::explain_all(&mut lives, &unowned, visits);
    Whole { clients, lives, unread }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::samples::exchange;
    use crate::trail::{Browser, Shared, Trail, browser};
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::fmt::Write;

    const AGENTS: [&str; 4] = [
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
        "curl/8.5.0",
        "",
    ];

    /// What a request or a response may carry: values that one response makes, values that many do, and
    /// some that no response made.
    const COOKIES: [&str; 13] = [
        "sid=eyJ1c2VyIjoiYWxpY2UifQ.awOrOA.LHENYVJNfFubwZvuCS2BiIL_pIo",
        "sid=eyJ1c2VyIjoiYm9iIn0.awOrOA.YVJNfFubwZvuCS2BiIL_pIoLHEN",
        "sid=7f3d1c9a5b2e4f608192a3b4c5d6e7f8",
        "sid=00112233445566778899aabbccddeeff",
        "token=qwertzuiopasdfghjklyxcvbnm0123456789",
        "theme=dark-mode-of-all",
        "lang=en",
        "cart=abcdefgh12345678",
        "lang=de",
        "nameless-of-one-only",
        "nameless-of-one-only=",
        "=nameless-of-one-only",
        "__Secure-t=411f47f8ad5b268c767fde03a267d03e",
    ];

    const ATTRIBUTES: [&str; 6] =
        ["", "; Path=/a", "; Domain=shop.test", "; Max-Age=0", "; Secure", "; Max-Age=3"];

    /// An exchange: address, name of the client, connection, host, path, cookies that are sent, and the
    /// line that comes back with its attributes. The last is how many packets it takes.
    type Made = ((u8, usize, u64), (usize, usize), Vec<usize>, Option<(usize, usize)>, u64);

    fn made() -> impl Strategy<Value = Made> {
        (
            (0..5_u8, 0..AGENTS.len(), 0..12_u64),
            (0..2_usize, 0..3_usize),
            proptest::collection::vec(0..COOKIES.len(), 0..4),
            proptest::option::of((0..COOKIES.len(), 0..ATTRIBUTES.len())),
            1..9_u64,
        )
    }

    fn visits(made: &[Made]) -> Vec<Visit> {
        let mut shared = Shared::default();
        let visit = |(at, one): (u64, &Made)| {
            let ((address, agent, connection), (host, path), sent, given, length) = one;
            let host = ["shop.test", "www.shop.test"][*host];
            let path = ["/", "/a/b", "/login"][*path];
            let mut request = format!("GET {path} HTTP/1.1\nHost: {host}");
            if !AGENTS[*agent].is_empty() {
                let _ = write!(request, "\nUser-Agent: {}", AGENTS[*agent]);
            }
            if !sent.is_empty() {
                let sent: Vec<&str> = sent.iter().map(|cookie| COOKIES[*cookie]).collect();
                let _ = write!(request, "\nCookie: {}", sent.join("; "));
            }
            let mut response = "HTTP/1.1 200 OK".to_owned();
            if let Some((cookie, attributes)) = given {
                let (cookie, attributes) = (COOKIES[*cookie], ATTRIBUTES[*attributes]);
                let _ = write!(response, "\nSet-Cookie: {cookie}{attributes}");
            }
            let mut exchange = exchange([2 * at, 2 * at + 2 * length + 1], &request, &response);
            // A connection has one client address, mostly.
            let address = if at % 7 == 0 { *address } else { (connection % 5) as u8 };
            exchange.client = ([10, 0, 0, address], 40_000).into();
            let mut visit = Trail::visit(&exchange, &mut shared);
            (visit.id, visit.connection) = (at, *connection);
            visit
        };
        (1..).zip(made).map(visit).collect()
    }

    /// All districts in one.
    fn one_of(districts: &[District]) -> District {
        let mut visits: Vec<usize> =
            districts.iter().flat_map(|district| district.visits.iter().copied()).collect();
        visits.sort_unstable();
        let place = |visit: usize| visits.binary_search(&visit).unwrap();
        let of_one = |district: &District| {
            let at = |own: usize| place(district.visits[own]);
            district.spares.iter().map(|(a, b)| (at(*a), at(*b))).collect::<Vec<_>>()
        };
        let mut spares: Vec<(usize, usize)> = districts.iter().flat_map(of_one).collect();
        spares.sort_unstable();
        District { visits, spares }
    }

    /// All that was told, in words.
    fn told(whole: Whole<Browser>, visits: &[Visit]) -> String {
        let Whole { clients, mut lives, unread } = whole;
        super::super::identity::read(&mut lives, unread, NonZero::<usize>::MIN);
        assert!(lives.iter().all(|life| {
            life.events.iter().all(|event| given::message(event, visits).is_some())
        }));
        format!("{clients:#?}\n{lives:#?}")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn districts_tell_what_the_whole_capture_does(
            made in proptest::collection::vec(made(), 1..40), end in 0..120_u64,
        ) {
            let visits = visits(&made);
            let (districts, made) = districts(&visits, NonZero::<usize>::MIN);
            let one = [one_of(&districts)];
            for end in [end, u64::MAX] {
                let follow = |districts: &[District], threads| {
                    let threads = NonZero::new(threads).unwrap();
                    let goes_on = |packet, _| packet <= end;
                    told(follow_in(districts, &made, &visits, threads, goes_on, browser), &visits)
                };
                let whole = follow(&one, 1);
                prop_assert_eq!(&follow(&districts, 1), &whole);
                prop_assert_eq!(&follow(&districts, 3), &whole);
            }
        }

        #[test]
        fn whose_a_value_was_is_told_as_on_the_way(
            made in proptest::collection::vec(made(), 1..40),
        ) {
            let visits = visits(&made);
            let all: Vec<&Visit> = visits.iter().collect();
            let (districts, made) = districts(&visits, NonZero::<usize>::MIN);
            let one = [one_of(&districts)];
            let links = Links::of(&all, &one[0].spares, &made);
            let mut on_the_way = Follower::on_the_way(&all, links).lives;
            // What was kept against the rules is followed twice.
            prop_assume!(on_the_way.kept.is_empty());
            on_the_way.read();
            let threads = NonZero::<usize>::MIN;
            let whole = follow_in(&one, &made, &visits, threads, |_, _| true, browser);
            prop_assert_eq!(format!("{:#?}", whole.lives), format!("{:#?}", on_the_way.all));
        }

        #[test]
        fn each_visit_is_in_one_district(made in proptest::collection::vec(made(), 0..40)) {
            let visits = visits(&made);
            let (districts, _) = districts(&visits, NonZero::<usize>::MIN);
            let all: Vec<usize> =
                districts.iter().flat_map(|district| district.visits.iter().copied()).collect();
            prop_assert_eq!(all.len(), visits.len());
            prop_assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), visits.len());
        }
    }
}
