//! The walkthrough for a terminal, or for a file that is read like one. It reads the same without
//! styles.

use super::layout::{Span, columns, shorten, wrap_onto};
use super::text::{plain, plain_text};
use super::walkthrough::{
    BrowserPart, Compared, Concluded, ExchangeView, FindingView, LIVES, LifeView, Line, Mark, Part,
    Role, Step, TurnView, View, Walkthrough,
};
use crate::threads;
use crate::trail::{Severity, TurnKind};
use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};
use std::borrow::Cow;
use std::io::{self, Write};
use std::num::NonZero;

/// Text is not set wider than this, however wide the terminal: lines get hard to follow.
const WIDEST_TEXT: usize = 110;

/// From this width on, the table of browsers side by side shows values too.
const WITH_VALUES: usize = 80;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const BLUE: Style = AnsiColor::Blue.on_default();
const MAGENTA: Style = AnsiColor::Magenta.on_default();
const RED: Style = AnsiColor::Red.on_default().bold();

/// What the marks mean, for who reads such a report for the first time.
const LEGEND: &str = "→ from the browser to the server, ← from the server to the browser, × thrown \
                      away, ✗ not kept or not sent, = the value as it crossed the wire, └▶ where a \
                      redirect led. ①, ② and so on number the values of a cookie: the same number \
                      is the same value, whichever browser has it.";

/// How the walkthrough is to look.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Columns.
    pub width: usize,
    /// Whether there are styles in it: colours, bold, and so on.
    pub is_styled: bool,
}

/// Writes the walkthrough, which is made on so many threads.
///
/// # Errors
/// Those of the writer.
pub fn write(
    walkthrough: &Walkthrough<'_>,
    look: Look,
    threads: NonZero<usize>,
    mut out: impl Write,
) -> io::Result<()> {
    let page = Page { look, text: look.width.min(WIDEST_TEXT) };
    let mut write = |text: String| out.write_all(text.as_bytes());
    write(page.head(walkthrough))?;
    let part = |part: &Part, text: &mut String| page.part(walkthrough.view(part), text);
    threads::in_order(&walkthrough.parts, threads, |parts| set(parts, part), &mut write)?;
    if !walkthrough.comparison.is_empty() {
        write(page.title("Side by side"))?;
        write(page.comparison(&walkthrough.comparison))?;
    }
    if let Some(more) = walkthrough.more_compared() {
        let mut text = String::new();
        page.wrap(&mut text, "  ", "  ", &mut [Span::new(DIM, more)]);
        write(text)?;
    }
    if !walkthrough.lives.is_empty() {
        write(page.title(LIVES))?;
    }
    let life = |life: &LifeView, text: &mut String| page.life(life, text);
    threads::in_order(&walkthrough.lives, threads, |lives| set(lives, life), &mut write)?;
    if !walkthrough.findings.is_empty() {
        write(page.title("What should be mended"))?;
    }
    let finding = |finding: &FindingView, text: &mut String| page.finding(finding, text);
    write(set(&walkthrough.findings, finding))?;
    if !walkthrough.conclusions.is_empty() {
        write(page.title("What this capture shows"))?;
    }
    let conclusion = |conclusion: &Concluded, text: &mut String| {
        text.push('\n');
        page.wrap(text, "  • ", "    ", &mut [safe(Style::new(), &conclusion.text)]);
    };
    write(set(&walkthrough.conclusions, conclusion))
}

/// Sets one thing after the other.
fn set<P>(parts: &[P], each: impl Fn(&P, &mut String)) -> String {
    let mut text = String::new();
    for part in parts {
        each(part, &mut text);
    }
    text
}

/// Captured text, made safe.
fn safe(style: Style, text: &str) -> Span<'_> {
    Span::new(style, plain_text(text))
}

/// Text that is captured in part, made safe.
fn safe_owned<'a>(style: Style, text: String) -> Span<'a> {
    match plain_text(&text) {
        Cow::Borrowed(_) => Span::new(style, text),
        Cow::Owned(safe) => Span::new(style, safe),
    }
}

/// Text of ours that stays on one line.
fn glued(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

struct Page {
    look: Look,
    /// Columns of running text.
    text: usize,
}

impl Page {
    /// Adds lines of running text.
    fn wrap(&self, text: &mut String, first: &str, rest: &str, spans: &mut [Span<'_>]) {
        if !self.look.is_styled {
            for span in &mut *spans {
                span.style = Style::new();
            }
        }
        wrap_onto(text, first, rest, spans, self.text);
    }

    fn head(&self, walkthrough: &Walkthrough<'_>) -> String {
        let mut text = String::new();
        self.wrap(&mut text, "", "  ", &mut [safe(BOLD, &walkthrough.title)]);
        let measures: Vec<String> =
            walkthrough.summary.iter().map(|measure| glued(measure)).collect();
        self.wrap(&mut text, "", "  ", &mut [Span::plain(measures.join(" · "))]);
        for warning in &walkthrough.warnings {
            self.wrap(&mut text, "! ", "  ", &mut [safe(Style::new(), warning)]);
        }
        if walkthrough.has_lessons() {
            text.push('\n');
            self.wrap(&mut text, "", "", &mut [Span::new(Style::new().italic(), LEGEND)]);
        }
        text
    }

    /// A heading, below an empty line.
    fn title(&self, title: &str) -> String {
        let mut text = "\n".to_owned();
        self.wrap(&mut text, "", "", &mut [safe(BOLD, title)]);
        let rule = "═".repeat(columns(&plain(title.as_bytes())).min(self.text));
        let dim = if self.look.is_styled { DIM } else { Style::new() };
        text + &format!("{dim}{rule}{dim:#}\n")
    }

    fn part(&self, part: View<'_>, text: &mut String) {
        match part {
            View::Site(origin) => *text += &self.title(origin),
            View::Browser(browser) => self.browser(&browser, text),
            View::Step(step) => self.step(&step, text),
            View::BrowserEnd(Some(more)) => {
                text.push('\n');
                self.wrap(text, "  ", "  ", &mut [Span::new(DIM, more)]);
            }
            View::BrowserEnd(None) | View::SiteEnd => {}
        }
    }

    fn browser(&self, browser: &BrowserPart, text: &mut String) {
        let name = safe_owned(BOLD, format!("Browser {}", browser.id));
        let about = safe_owned(Style::new(), format!("  {}", browser.label));
        let from = safe_owned(DIM, format!("  {}", browser.addresses));
        text.push('\n');
        self.wrap(text, "", "    ", &mut [name, about, from]);
        if let Some(reason) = &browser.told_apart {
            let reason = safe_owned(DIM, format!("told apart because {reason}"));
            self.wrap(text, "    ", "    ", &mut [reason]);
        }
        for line in &browser.evidence {
            self.wrap(text, "    · ", "      ", &mut [safe(DIM, line)]);
        }
    }

    fn step(&self, step: &Step, text: &mut String) {
        let number = format!("{:>3}. ", step.number);
        let title = safe(BOLD, &step.title);
        let at = safe_owned(DIM, format!("   {}", step.at));
        text.push('\n');
        self.wrap(text, &number, "     ", &mut [title, at]);
        if let Some(lesson) = step.lesson {
            self.wrap(text, "     ", "     ", &mut [Span::new(Style::new().italic(), lesson)]);
        }
        for exchange in &step.exchanges {
            self.exchange(exchange, text);
        }
        if let Some(parts) = &step.parts {
            let parts = safe_owned(DIM, format!("and loads {parts}"));
            self.wrap(text, "     ", "       ", &mut [parts]);
        }
    }

    fn exchange(&self, exchange: &ExchangeView, text: &mut String) {
        let (first, rest) = match exchange.role {
            Role::First => ("     ", "     "),
            Role::Hop => ("     └▶ ", "        "),
            Role::Part => ("     and loads ", "     "),
        };
        let status = if exchange.is_error { RED } else { Style::new() };
        let request = shorten(&exchange.request, self.text * 2);
        let mut spans = vec![
            Span::new(DIM, format!("#{} ", exchange.id)),
            safe(BOLD, &request),
            Span::new(DIM, " → "),
            safe(status, &exchange.response),
        ];
        if let Some(location) = &exchange.location {
            let location = shorten(location, self.text * 2);
            spans.push(safe_owned(Style::new(), format!(", go to {location}")));
        }
        if let Some(turning) = &exchange.turning {
            spans.push(safe_owned(Style::new(), format!(" ({turning})")));
        }
        if let Some(words) = &exchange.words {
            spans.push(Span::plain(format!(", “{}”", plain_text(words))));
        }
        spans.push(Span::new(DIM, format!("  ({})", glued(&exchange.packets))));
        self.wrap(text, first, &format!("{rest}   "), &mut spans);
        let indents = [format!("{rest}   "), format!("{rest}     ")];
        for line in &exchange.lines {
            self.line(line, &indents, text);
        }
    }

    fn line(&self, line: &Line, [first, rest]: &[String; 2], text: &mut String) {
        let (mark, style) = match line.mark {
            Mark::Sent => ("→", BLUE),
            Mark::Nothing => ("→", DIM),
            Mark::Received => ("←", GREEN),
            Mark::Gone => ("×", MAGENTA),
            Mark::Refused => ("✗", RED),
            Mark::Value => ("=", DIM),
            Mark::Form | Mark::Content => ("·", Style::new()),
            Mark::Note => ("!", Style::new()),
        };
        let body = if line.mark == Mark::Content { Style::new() } else { style };
        let told = line.text.to_string();
        let shown = self.shortened(line.mark, &told);
        let mut spans = vec![Span::new(style, mark), Span::plain(" "), safe(body, &shown)];
        if let Some(aside) = &line.aside {
            spans.push(safe_owned(DIM, format!("  {aside}")));
        }
        self.wrap(text, first, rest, &mut spans);
    }

    fn finding(&self, finding: &FindingView, text: &mut String) {
        const INDENT: &str = "         ";
        let style = match finding.severity {
            Severity::High => RED,
            Severity::Medium => MAGENTA,
            Severity::Low | Severity::Info => DIM,
        };
        let mut spans = [
            Span::new(style, format!("{:<7}", finding.severity.word())),
            safe(Style::new(), &finding.text),
            safe_owned(DIM, format!(" ({}; {})", finding.rule, finding.exchanges)),
        ];
        text.push('\n');
        self.wrap(text, "  ", "         ", &mut spans);

        if let Some(more) = finding.more() {
            self.wrap(text, INDENT, INDENT, &mut [Span::new(DIM, more)]);
        }
        if let Some(advice) = finding.advice {
            let mut advice = [Span::new(GREEN, "mend: "), Span::plain(advice)];
            self.wrap(text, INDENT, INDENT, &mut advice);
        }
    }

    fn life(&self, life: &LifeView, text: &mut String) {
        let mut spans = [
            safe_owned(BOLD, format!("{}  {}", life.browser, life.cookie)),
            safe_owned(DIM, format!(" of {}", life.domain)),
        ];
        text.push('\n');
        self.wrap(text, "  ", "     ", &mut spans);
        for turn in &life.turns {
            self.turn(turn, text);
        }
        if let Some(more) = life.more() {
            self.wrap(text, "     ", "     ", &mut [Span::new(DIM, more)]);
        }
    }

    fn turn(&self, turn: &TurnView, text: &mut String) {
        let style = match turn.kind {
            TurnKind::Login | TurnKind::UserChange | TurnKind::Revive => GREEN,
            TurnKind::Logout | TurnKind::Expire | TurnKind::Dropped => MAGENTA,
            TurnKind::Taken
            | TurnKind::Lost
            | TurnKind::LoginFailed
            | TurnKind::LogoutMissed
            | TurnKind::Reuse => RED,
            _ => Style::new(),
        };
        let mut spans = vec![safe(style, &turn.title)];
        if !turn.grounds.is_empty() {
            spans.push(safe_owned(Style::new(), format!(": {}", turn.grounds)));
        }
        spans
            .push(Span::new(DIM, format!("  ({}{})", glued(&turn.exchanges), glued(&turn.rest()))));
        self.wrap(text, "     ", "       ", &mut spans);
    }

    /// Long values are shortened here; JSON has them whole.
    fn shortened<'t>(&self, mark: Mark, text: &'t str) -> Cow<'t, str> {
        let room = match mark {
            Mark::Value => self.text.saturating_sub(16),
            _ => self.text * 5,
        };
        shorten(text, room)
    }

    fn comparison(&self, rows: &[Compared]) -> String {
        let mut table = Table::new();
        let width = u16::try_from(self.look.width).unwrap_or(u16::MAX);
        table
            .load_style(presets::UTF8_FULL_CONDENSED)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
        // The value stands above already: where there is little room, the words need it more.
        let has_values = self.look.width >= WITH_VALUES;
        let header = ["Browser", "Cookie", "Value", "It says", "Page seen"];
        table.set_header(header.into_iter().filter(|title| has_values || *title != "Value"));
        for row in rows {
            let said = row.content.as_ref().map(|said| shorten(&said.to_string(), 80).into_owned());
            let mut cells = vec![row.browser.clone(), row.cookie.to_string()];
            cells.extend(has_values.then(|| shorten(&row.value, 24).into_owned()));
            cells.extend([said.unwrap_or_default(), row.page.clone()]);
            table.add_row(cells.iter().map(|cell| plain(cell.as_bytes())));
        }
        format!("{table}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::phrase::Piece;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn the_columns_of_the_table_stand_under_each_other_in_any_script() {
        let scripts = [
            "小明在北京买了三斤茶叶",
            "مرحبا يا عالم",
            "สวัสดีชาวโลก",
            "नमस्ते दुनिया",
            "👨\u{200d}👩\u{200d}👧 ❤\u{fe0f} 🇩🇪",
            "e\u{301}a\u{308}o\u{302}",
        ];
        let row = |text: &&str| Compared {
            browser: "A  Firefox".to_owned(),
            cookie: Piece::Cookie { name: (*text).to_owned(), version: Some(1) },
            value: text.repeat(4),
            content: Some(Piece::Captured(format!("{{\"name\": \"{text}\"}}"))),
            page: text.repeat(3),
        };
        let rows: Vec<Compared> = scripts.iter().map(row).collect();
        for width in [60, 80, 100, 140] {
            let look = Look { width, is_styled: true };
            let page = Page { text: width.min(100), look };
            let table = page.comparison(&rows);
            let widths: Vec<usize> = table.lines().map(UnicodeWidthStr::width).collect();
            assert!(widths.iter().all(|one| *one == widths[0] && *one <= width), "{table}");
        }
    }
}
