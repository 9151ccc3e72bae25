//! Each cookie's flow in time: who sent which value to whom, one line an event.
//!
//! ```text
//!     +1.5 s  A  #4   ◀── sets       ①  {"username": "alice"}
//!     +1.6 s  A  #5   ──▶ sends      ①
//! ```

use super::layout::{Span, shorten, wrap};
use super::lives::is_everyday;
use super::teller::attributes;
use super::text::plain;
use super::words::{circled, clock, compact_json, first_few, judged, lossy, what};
use crate::session::Reading;
use crate::time::Timestamp;
use crate::trail::{Certainty, CookieEvent, CookieLife, EventKind, Story, Turn};
use anstyle::{AnsiColor, Style};
use std::collections::BTreeMap;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// Which part of the story is shown. Empty lists mean everything.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Names of cookies.
    pub cookies: Vec<String>,
    /// Letters of browsers.
    pub browsers: Vec<String>,
    /// Hosts or domains.
    pub hosts: Vec<String>,
    /// Also the cookies that were in reach and rightly not sent.
    pub withheld: bool,
    /// Nothing after this packet.
    pub until: Option<u64>,
}

impl Selection {
    /// Whether a cookie is shown.
    pub fn takes(&self, life: &CookieLife, story: &Story) -> bool {
        let any = |wanted: &[String], test: &dyn Fn(&String) -> bool| {
            wanted.is_empty() || wanted.iter().any(test)
        };
        any(&self.cookies, &|name| name.as_bytes() == life.name)
            && any(&self.browsers, &|id| id.eq_ignore_ascii_case(&story.browsers[life.browser].id))
            && any(&self.hosts, &|host| {
                let host = host.trim_start_matches('.').to_ascii_lowercase();
                host == life.domain || host.ends_with(&format!(".{}", life.domain))
            })
    }

    fn shows(&self, event: &CookieEvent) -> bool {
        let in_time =
            self.until.is_none_or(|until| event.packet.is_none_or(|packet| packet <= until));
        in_time && (self.withheld || event.kind != EventKind::Withheld)
    }
}

/// Cookies and browsers that are named where a selection took nothing.
const NAMED: usize = 20;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Writes the timeline of every cookie selected, `width` columns wide.
///
/// # Errors
/// Those of the writer.
pub fn write(
    story: &Story,
    start: Option<Timestamp>,
    selection: &Selection,
    width: usize,
    mut out: impl Write,
) -> io::Result<()> {
    let lives: Vec<usize> = (0..story.cookies.len())
        .filter(|life| selection.takes(&story.cookies[*life], story))
        .collect();
    if lives.is_empty() {
        return out.write_all(nothing_fits(story).as_bytes());
    }
    Timelines::of(story, start, width).write(&lives, selection, &mut out)
}

/// The timelines of a story.
pub(super) struct Timelines<'a> {
    story: &'a Story,
    start: Option<Timestamp>,
    width: usize,
    /// What became of the session that a cookie carries, by the cookie's place in the story.
    turns: Vec<&'a [Turn]>,
}

impl<'a> Timelines<'a> {
    /// Those of a story whose capture began at `start`, `width` columns wide.
    pub fn of(story: &'a Story, start: Option<Timestamp>, width: usize) -> Self {
        let mut turns: Vec<&[Turn]> = vec![&[]; story.cookies.len()];
        for session in &story.sessions {
            turns[session.cookie] = &session.turns;
        }
        Self { story, start, width, turns }
    }

    /// Writes those of these cookies, by their places in the story, as far as the selection shows
    /// what happened to them.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(
        &self,
        lives: &[usize],
        selection: &Selection,
        mut out: impl Write,
    ) -> io::Result<()> {
        for (place, lives) in self.groups(lives).iter().enumerate() {
            if place > 0 {
                out.write_all(b"\n")?;
            }
            Group { timelines: self, selection, lives }.write(&mut out)?;
        }
        Ok(())
    }

    /// Cookies of one name and domain together, in the order in which they appear.
    fn groups(&self, lives: &[usize]) -> Vec<Vec<usize>> {
        let mut places: BTreeMap<(&[u8], &str), usize> = BTreeMap::new();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for life in lives {
            let cookie = &self.story.cookies[*life];
            let place = *places.entry((&*cookie.name, &*cookie.domain)).or_insert(groups.len());
            groups.resize_with(groups.len().max(place + 1), Vec::new);
            groups[place].push(*life);
        }
        groups
    }
}

/// What there is, for a selection that took nothing.
fn nothing_fits(story: &Story) -> String {
    if story.cookies.is_empty() {
        return "There is no cookie in this capture.\n".to_owned();
    }
    let mut names: Vec<String> =
        story.cookies.iter().map(|life| plain(&life.name).into_owned()).collect();
    names.sort();
    names.dedup();
    let browsers = story.browsers.iter().map(|browser| browser.id.clone());
    format!(
        "No cookie fits. There are {} in the browsers {}.\n",
        first_few(names.into_iter(), NAMED),
        first_few(browsers, NAMED)
    )
}

/// One cookie, in all browsers that have it.
struct Group<'a> {
    timelines: &'a Timelines<'a>,
    selection: &'a Selection,
    lives: &'a [usize],
}

impl<'a> Group<'a> {
    fn story(&self) -> &'a Story {
        self.timelines.story
    }

    fn write(&self, mut out: impl Write) -> io::Result<()> {
        out.write_all(self.heading().as_bytes())?;
        self.events(out)
    }

    fn heading(&self) -> String {
        let Some(first) = self.lives.first() else { return String::new() };
        let life = &self.story().cookies[*first];
        let format =
            life.reading().map(|reading| format!("  {}: {}", reading.format, what(reading)));
        let spans = [
            Span::new(BOLD, plain(&life.name)),
            Span::new(
                DIM,
                format!(" of {}{}", life.domain, plain(format.unwrap_or_default().as_bytes())),
            ),
        ];
        wrap("", "  ", &spans, self.timelines.width)
    }

    fn events(&self, mut out: impl Write) -> io::Result<()> {
        let lives = self.lives.iter().map(|life| &self.story().cookies[*life]);
        let mut rows: Vec<(&CookieLife, &CookieEvent)> = lives
            .flat_map(|life| life.events.iter().map(move |event| (life, event)))
            .filter(|(_, event)| self.selection.shows(event))
            .collect();
        rows.sort_by_key(|(_, event)| self.story().order_of(event));
        let mut turns = self.turns().into_iter().peekable();
        let number = rows
            .iter()
            .filter_map(|(_, event)| event.visit)
            .map(|visit| self.story().visits[visit].id)
            .max();
        let number_width = number.map_or(1, |number| number.to_string().len()) + 1;
        for (place, (life, event)) in rows.iter().enumerate() {
            out.write_all(self.row(life, event, number_width).as_bytes())?;
            let next = rows.get(place + 1).map(|(_, event)| self.story().order_of(event));
            while let Some((browser, turn)) =
                turns.next_if(|(_, turn)| next.is_none_or(|next| self.order_of(turn) < next))
            {
                out.write_all(self.turn(browser, turn, number_width).as_bytes())?;
            }
        }
        Ok(())
    }

    fn order_of(&self, turn: &Turn) -> (Timestamp, u64) {
        let visit = turn.seen.first().map(|(visit, _)| *visit);
        self.story().order_at(visit, turn.packet(), turn.time)
    }

    /// What became of the sessions that these cookies carry, but for what shows in their events.
    fn turns(&self) -> Vec<(&'a str, &'a Turn)> {
        let story = self.story();
        let of_life = |life: &usize| {
            let id = &*story.browsers[story.cookies[*life].browser].id;
            self.timelines.turns[*life].iter().map(move |turn| (id, turn))
        };
        let mut turns: Vec<(&str, &Turn)> = self
            .lives
            .iter()
            .flat_map(of_life)
            .filter(|(_, turn)| !is_everyday(turn.kind) && self.is_in_time(turn.packet()))
            .collect();
        turns.sort_by_key(|(_, turn)| self.order_of(turn));
        turns
    }

    fn is_in_time(&self, packet: Option<u64>) -> bool {
        self.selection.until.is_none_or(|until| packet.is_none_or(|packet| packet <= until))
    }

    fn turn(&self, browser: &str, turn: &Turn, number_width: usize) -> String {
        let visit = turn.seen.first().map(|(visit, _)| self.story().visits[*visit].id);
        let number = visit.map(|id| format!("#{id}")).unwrap_or_default();
        let time = clock(Some(turn.time), self.timelines.start);
        let left = format!("{time:>10}  {browser:<2} {number:<number_width$} ═══ ");
        let certainty = turn.certainty();
        let doubt = match certainty {
            Certainty::Certain => String::new(),
            Certainty::Likely | Certainty::Guess => format!(" ({})", certainty.word()),
        };
        let rest = format!(": {}{doubt}", turn.grounds());
        let title = plain(turn.title().as_bytes()).into_owned();
        let indent = " ".repeat(left.width());
        wrap(
            &left,
            &indent,
            &[Span::new(BOLD, title), Span::plain(rest)],
            self.timelines.width.max(60),
        )
    }

    fn row(&self, life: &CookieLife, event: &CookieEvent, number_width: usize) -> String {
        let (arrow, verb, style) = arrow(event.kind);
        let browser = &self.story().browsers[life.browser].id;
        let number = event
            .visit
            .map(|visit| format!("#{}", self.story().visits[visit].id))
            .unwrap_or_default();
        let version =
            event.version.map(|version| circled(life.versions[version].number)).unwrap_or_default();
        let time = clock(Some(event.time), self.timelines.start);
        let left = format!("{time:>10}  {browser:<2} {number:<number_width$} ");
        let middle = format!("{arrow} {verb:<12} {version:<2} ");
        let indent = left.width() + middle.width();
        let room = self.timelines.width.saturating_sub(indent).max(20);
        let mut text = format!("{left}{style}{middle}{style:#}");
        let told = self.detail(life, event);
        let told = plain(told.as_bytes());
        // Of a value the beginning is enough; of a reason the mend at its end matters most.
        let is_reason = event.verdict.is_some() && event.kind != EventKind::SentUnknown;
        let detail = if is_reason { told } else { shorten(&told, room * 2) };
        let wrapped = wrap("", "", &[Span::plain(detail)], room);
        for (index, line) in wrapped.lines().enumerate() {
            if index > 0 {
                text.push('\n');
                text.extend(std::iter::repeat_n(' ', indent));
            }
            text += line;
        }
        let kept = text.trim_end().len();
        text.truncate(kept);
        text.push('\n');
        text
    }

    /// What is worth saying beside the arrow.
    fn detail(&self, life: &CookieLife, event: &CookieEvent) -> String {
        let page = event.visit.map(|visit| self.request(visit)).unwrap_or_default();
        let version = event.version.map(|version| &life.versions[version]);
        let content =
            version.map(|version| match version.reading.as_deref().and_then(Reading::shown) {
                Some(payload) => compact_json(payload),
                None => lossy(&version.value),
            });
        let judged = version.and_then(judged).map(|judged| format!("  ({judged})"));
        match event.kind {
            EventKind::Set | EventKind::Replaced | EventKind::SentUnknown => {
                let attributes = attributes(event).map(|attributes| format!("  [{attributes}]"));
                [content, judged, attributes].into_iter().flatten().collect()
            }
            EventKind::Deleted | EventKind::Refreshed | EventKind::Sent | EventKind::Expired => {
                event.text.as_deref().map_or(page, str::to_owned)
            }
            EventKind::Refused | EventKind::Withheld | EventKind::Missing => {
                event.text.as_deref().unwrap_or_default().to_owned()
            }
        }
    }

    fn request(&self, visit: usize) -> String {
        let visit = &self.story().visits[visit];
        let asked = visit
            .asked
            .as_ref()
            .map(|asked| format!("{} {}", lossy(&asked.method), lossy(&asked.path)));
        asked.unwrap_or_default()
    }
}

fn arrow(kind: EventKind) -> (&'static str, &'static str, Style) {
    let green = AnsiColor::Green.on_default();
    let blue = AnsiColor::Blue.on_default();
    let magenta = AnsiColor::Magenta.on_default();
    let red = AnsiColor::Red.on_default().bold();
    match kind {
        EventKind::Set => ("◀──", "set", green),
        EventKind::Replaced => ("◀──", "replaced", green),
        EventKind::Refreshed => ("◀──", "refreshed", green),
        EventKind::Deleted => ("◀─×", "deleted", magenta),
        EventKind::Expired => ("  ×", "expired", magenta),
        EventKind::Sent => ("──▶", "sent", blue),
        EventKind::SentUnknown => ("──▶", "sent-unknown", blue),
        EventKind::Refused => ("◀─✗", "refused", red),
        EventKind::Withheld => ("  ✗", "not sent", Style::new()),
        EventKind::Missing => ("  ✗", "missing", red),
    }
}
