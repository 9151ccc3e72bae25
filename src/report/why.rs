//! The life of one cookie up to an exchange, and the verdict there.

use super::layout::{Span, wrap};
use super::text::plain;
use super::timeline::{Selection, Timelines};
use super::words::{first_few, lossy};
use crate::time::Timestamp;
use crate::trail::{CookieEvent, CookieLife, EventKind, Story, Visit};
use anstyle::Style;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Answers that people are given of those for many browsers; JSON has them all.
const MAX_ANSWERS: usize = 20;

/// Cookies that are named where none is of the name asked about.
const NAMED: usize = 20;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// The cookie's name.
    pub cookie: String,
    /// The browsers' letters; empty for all.
    pub browsers: Vec<String>,
    /// The exchange; the last one that tells something, if it is not given.
    pub exchange: Option<u64>,
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The exchange is not in the capture.
    #[error("there is no exchange {0} in this capture")]
    NoExchange(u64),
    /// The cookie is not in the capture.
    #[error("no cookie of this name is in this capture; there are: {0}")]
    NoCookie(String),
}

/// One browser's answer: its cookie, the life up to the exchange, and the verdict in words.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The browser's letter.
    pub browser: &'a str,
    /// The cookies of that name that the browser has or had by then, by their places in the story.
    pub lives: Vec<usize>,
    /// The exchange that the verdict is about.
    pub exchange: Option<u64>,
    /// The packet with which its response begins: what comes later is not asked about.
    until: Option<u64>,
    /// The events that decide.
    pub deciding: Vec<&'a CookieEvent>,
    /// In plain words. It may hold captured text.
    pub text: String,
}

/// Answers for every browser that the question may mean.
///
/// # Errors
/// A question about something that is not in the capture.
pub fn answers<'a>(story: &'a Story, question: &Question) -> Result<Vec<Answer<'a>>, NoAnswer> {
    let visit = match question.exchange {
        Some(id) => Some(
            story.visits.iter().position(|visit| visit.id == id).ok_or(NoAnswer::NoExchange(id))?,
        ),
        None => None,
    };
    let mut meant: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, life) in story.cookies.iter().enumerate() {
        if life.name == question.cookie.as_bytes() {
            meant.entry(life.browser).or_default().push(place);
        }
    }
    if meant.is_empty() {
        let mut names: Vec<String> =
            story.cookies.iter().map(|life| plain(&life.name).into_owned()).collect();
        names.sort();
        names.dedup();
        return Err(NoAnswer::NoCookie(first_few(names.into_iter(), NAMED)));
    }
    let mut answers = Vec::new();
    for (index, browser) in story.browsers.iter().enumerate() {
        let asked = question.browsers.is_empty() || question.browsers.contains(&browser.id);
        let present = visit.is_none_or(|visit| browser.visits.contains(&visit));
        let lives = meant.remove(&index).unwrap_or_default();
        if asked && present && (visit.is_some() || !lives.is_empty()) {
            answers.push(answer(story, &browser.id, lives, visit));
        }
    }
    Ok(answers)
}

fn answer<'a>(
    story: &'a Story,
    browser: &'a str,
    lives: Vec<usize>,
    visit: Option<usize>,
) -> Answer<'a> {
    let cookies: Vec<&CookieLife> = lives.iter().map(|life| &story.cookies[*life]).collect();
    let events = || cookies.iter().flat_map(|life| life.events.iter());
    let visit = visit.or_else(|| telling(story, &cookies));
    let deciding: Vec<&CookieEvent> =
        events().filter(|event| visit.is_some() && event.visit == visit).collect();
    let id = visit.map(|visit| story.visits[visit].id);
    let text = if deciding.is_empty() {
        absent(story, browser, &cookies, visit)
    } else {
        words(story, browser, &deciding)
    };
    let until = visit.and_then(|visit| last_packet(&story.visits[visit]));
    Answer { browser, lives, exchange: id, until, deciding, text }
}

/// The packet with which the answer begins, or the request where there is none.
fn last_packet(visit: &Visit) -> Option<u64> {
    let answered = visit.answered.as_deref().map(|answered| answered.packet);
    answered.or(visit.asked.as_deref().map(|asked| asked.packet))
}

/// The exchange of the last event that says why a cookie did not come back; else of the last one.
fn telling(story: &Story, lives: &[&CookieLife]) -> Option<usize> {
    let events = || lives.iter().flat_map(|life| life.events.iter());
    let refusals = [EventKind::Refused, EventKind::Missing, EventKind::Expired, EventKind::Deleted];
    let last = |kinds: &[EventKind]| {
        events()
            .filter(|event| kinds.contains(&event.kind))
            .max_by_key(|event| story.order_of(event))
    };
    last(&refusals).or_else(|| events().max_by_key(|event| story.order_of(event)))?.visit
}

fn words(story: &Story, browser: &str, deciding: &[&CookieEvent]) -> String {
    let mut sentences = Vec::new();
    for event in deciding {
        let exchange = event.visit.map(|visit| story.visits[visit].id).unwrap_or_default();
        let packet = event.packet.map(|packet| format!(" (packet {packet})")).unwrap_or_default();
        let what = match event.kind {
            EventKind::Set => "The server sets it",
            EventKind::Replaced => "The server gives it another value",
            EventKind::Refreshed => "The server sets it again",
            EventKind::Deleted => "The server deletes it",
            EventKind::Expired => "Its time was over before",
            EventKind::Sent => "It was sent",
            EventKind::SentUnknown => "It was sent, though this browser was not given it",
            EventKind::Refused => "The server sets it, and the browser does not keep it",
            EventKind::Withheld => "The browser holds it, and rightly does not send it",
            EventKind::Missing => "The browser holds it, and does not send it",
        };
        let why = event.text.as_deref().map(|text| format!(" {text}")).unwrap_or_default();
        let grade = event
            .verdict
            .map(|verdict| format!(" [{}, {}]", verdict.reason.word(), verdict.grade.word()));
        sentences.push(format!(
            "{what} in exchange {exchange} of browser {browser}{packet}.{why}{}",
            grade.unwrap_or_default()
        ));
    }
    sentences.join(" ")
}

/// What to compare with events to know which came before a visit.
fn begun(story: &Story, visit: usize) -> Option<(Timestamp, u64)> {
    let (packet, time) = story.visits[visit].begun()?;
    Some(story.order_at(Some(visit), Some(packet), time))
}

/// Nothing happened to it there: what came before tells why.
fn absent(story: &Story, browser: &str, lives: &[&CookieLife], visit: Option<usize>) -> String {
    let Some(at) = visit else { return format!("Browser {browser} was never given this cookie.") };
    let begun = begun(story, at);
    let before = lives.iter().flat_map(|life| life.events.iter());
    let before = before.filter(|event| Some(story.order_of(event)) < begun);
    let id = story.visits[at].id;
    let Some(last) = before.max_by_key(|event| story.order_of(event)) else {
        return format!(
            "Browser {browser} had not been given this cookie before exchange {id}, so it could not send it."
        );
    };
    let number = last.visit.map(|visit| story.visits[visit].id).unwrap_or_default();
    let rest = match last.kind {
        EventKind::Deleted => format!("the server had deleted it in exchange {number}"),
        EventKind::Expired => "its time was over".to_owned(),
        EventKind::Refused => format!(
            "the browser had not kept it in exchange {number}. {}",
            last.text.as_deref().unwrap_or_default()
        ),
        _ => "it belongs to another host".to_owned(),
    };
    format!("It was not sent in exchange {id} of browser {browser}: {rest}")
}

/// Writes the life and the verdict for people.
///
/// # Errors
/// Those of the writer.
pub fn write(
    story: &Story,
    start: Option<Timestamp>,
    question: &Question,
    answers: &[Answer<'_>],
    width: usize,
    mut out: impl Write,
) -> io::Result<()> {
    let timelines = Timelines::of(story, start, width);
    let (told, rest) = told(answers);
    for (index, answer) in told.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let selection = Selection { withheld: true, until: answer.until, ..Selection::default() };
        timelines.write(&answer.lives, &selection, &mut out)?;
        let bold = Style::new().bold();
        let text = wrap("", "", &[Span::new(bold, plain(answer.text.as_bytes()))], width.min(110));
        write!(out, "\n{text}")?;
    }
    if !rest.is_empty() {
        let text = wrap("", "", &[Span::plain(counted(&rest))], width.min(110));
        write!(out, "\n{text}")?;
    }
    if answers.is_empty() {
        let cookie = plain(lossy(question.cookie.as_bytes()).as_bytes()).into_owned();
        match question.exchange {
            Some(id) => writeln!(out, "Exchange {id} was not made by the browser asked about.")?,
            None => writeln!(out, "No browser that was asked about ever had {cookie}.")?,
        }
    }
    Ok(())
}

/// The answers that are told, in their order, and the rest. Of many, those are told that say why the
/// cookie did not come back.
fn told<'a, 'b>(answers: &'b [Answer<'a>]) -> (Vec<&'b Answer<'a>>, Vec<&'b Answer<'a>>) {
    let is_telling = |answer: &Answer<'_>| {
        let tells = |kind| matches!(kind, EventKind::Refused | EventKind::Missing);
        answer.deciding.iter().any(|event| tells(event.kind) || event.verdict.is_some())
    };
    let mut places: Vec<usize> = (0..answers.len()).collect();
    places.sort_by_key(|place| !is_telling(&answers[*place]));
    let (told, rest) = places.split_at_mut(answers.len().min(MAX_ANSWERS));
    told.sort_unstable();
    rest.sort_unstable();
    let at = |places: &[usize]| places.iter().map(|place| &answers[*place]).collect();
    (at(told), at(rest))
}

/// `and 7 browsers more: 4 sent, 3 deleted`.
fn counted(rest: &[&Answer<'_>]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for answer in rest {
        let last = answer.deciding.last().map_or("none", |event| event.kind.word());
        *counts.entry(last).or_default() += 1;
    }
    let counts: Vec<String> =
        counts.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let browsers = super::summary::count(rest.len() as u64, "browser");
    format!(
        "and {browsers} more, of which the last that tells something is: {}. --browser asks about \
         one, and --format json has them all.",
        counts.join(", ")
    )
}
