//! The walkthrough for a terminal, or for a file that is read like one.
//!
//! Styles are always written; the stream they go to takes them out where they are not wanted. It
//! reads the same without them.

use super::layout::{Span, shorten, wrap};
use super::text::plain;
use super::walkthrough::{
    BrowserPart, Compared, ExchangeView, FindingView, LIVES, LifeView, Line, Mark, Role, Step,
    TurnView, Walkthrough,
};
use crate::trail::{Severity, TurnKind};
use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};
use std::io::{self, Write};

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

/// Writes the walkthrough, `width` columns wide.
///
/// # Errors
/// Those of the writer.
pub fn write(walkthrough: &Walkthrough, width: usize, mut out: impl Write) -> io::Result<()> {
    let page = Page { width, text: width.min(WIDEST_TEXT) };
    let mut text = page.head(walkthrough);
    for site in &walkthrough.sites {
        text.push('\n');
        text += &page.heading(&site.origin);
        for browser in &site.browsers {
            text += &page.browser(browser);
        }
    }
    if !walkthrough.comparison.is_empty() {
        text.push('\n');
        text += &page.heading("Side by side");
        text += &page.comparison(&walkthrough.comparison);
    }
    if !walkthrough.lives.is_empty() {
        text.push('\n');
        text += &page.heading(LIVES);
        for life in &walkthrough.lives {
            text += &page.life(life);
        }
    }
    if !walkthrough.findings.is_empty() {
        text.push('\n');
        text += &page.heading("What should be mended");
        for finding in &walkthrough.findings {
            text += &page.finding(finding);
        }
    }
    if !walkthrough.conclusions.is_empty() {
        text.push('\n');
        text += &page.heading("What this capture shows");
        for conclusion in &walkthrough.conclusions {
            text.push('\n');
            text += &wrap("  • ", "    ", &[safe(Style::new(), &conclusion.text)], page.text);
        }
    }
    out.write_all(text.as_bytes())
}

/// Captured text, made safe.
fn safe(style: Style, text: &str) -> Span {
    Span::new(style, plain(text.as_bytes()))
}

/// Text of ours that stays on one line.
fn glued(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

struct Page {
    width: usize,
    text: usize,
}

impl Page {
    fn head(&self, walkthrough: &Walkthrough) -> String {
        let mut text = wrap("", "  ", &[safe(BOLD, &walkthrough.title)], self.text);
        let measures: Vec<String> =
            walkthrough.summary.iter().map(|measure| glued(measure)).collect();
        text += &wrap("", "  ", &[Span::plain(measures.join(" · "))], self.text);
        for warning in &walkthrough.warnings {
            text += &wrap("! ", "  ", &[safe(Style::new(), warning)], self.text);
        }
        if walkthrough.has_lessons() {
            text.push('\n');
            text += &wrap("", "", &[Span::new(Style::new().italic(), LEGEND)], self.text);
        }
        text
    }

    fn heading(&self, title: &str) -> String {
        let line = wrap("", "", &[safe(BOLD, title)], self.text);
        let rule = "═".repeat(
            unicode_width::UnicodeWidthStr::width(plain(title.as_bytes()).as_str()).min(self.text),
        );
        format!("{line}{DIM}{rule}{DIM:#}\n")
    }

    fn browser(&self, browser: &BrowserPart) -> String {
        let name = safe(BOLD, &format!("Browser {}", browser.id));
        let about = safe(Style::new(), &format!("  {}", browser.label));
        let from = safe(DIM, &format!("  {}", browser.addresses));
        let mut text = format!("\n{}", wrap("", "    ", &[name, about, from], self.text));
        if let Some(reason) = &browser.told_apart {
            text += &wrap(
                "    ",
                "    ",
                &[safe(DIM, &format!("told apart because {reason}"))],
                self.text,
            );
        }
        for line in &browser.evidence {
            text += &wrap("    · ", "      ", &[safe(DIM, line)], self.text);
        }
        for step in &browser.steps {
            text += &self.step(step);
        }
        text
    }

    fn step(&self, step: &Step) -> String {
        let number = format!("{:>3}. ", step.number);
        let title = safe(BOLD, &step.title);
        let at = safe(DIM, &format!("   {}", step.at));
        let mut text = format!("\n{}", wrap(&number, "     ", &[title, at], self.text));
        if let Some(lesson) = step.lesson {
            text += &wrap("     ", "     ", &[Span::new(Style::new().italic(), lesson)], self.text);
        }
        for exchange in &step.exchanges {
            text += &self.exchange(exchange);
        }
        if let Some(parts) = &step.parts {
            text +=
                &wrap("     ", "       ", &[safe(DIM, &format!("and loads {parts}"))], self.text);
        }
        text
    }

    fn exchange(&self, exchange: &ExchangeView) -> String {
        let (first, rest) = match exchange.role {
            Role::First => ("     ", "     "),
            Role::Hop => ("     └▶ ", "        "),
            Role::Part => ("     and loads ", "     "),
        };
        let status = if exchange.is_error { RED } else { Style::new() };
        let mut spans = vec![
            Span::new(DIM, format!("#{} ", exchange.id)),
            safe(BOLD, &shorten(&exchange.request, self.text * 2)),
            Span::new(DIM, " → "),
            safe(status, &exchange.response),
        ];
        if let Some(location) = &exchange.location {
            let location = shorten(location, self.text * 2);
            spans.push(safe(Style::new(), &format!(", go to {location}")));
        }
        if let Some(turning) = &exchange.turning {
            spans.push(safe(Style::new(), &format!(" ({turning})")));
        }
        if let Some(words) = &exchange.words {
            spans.push(safe(Style::new(), &format!(", “{words}”")));
        }
        spans.push(Span::new(DIM, format!("  ({})", glued(&exchange.packets))));
        let mut text = wrap(first, &format!("{rest}   "), &spans, self.text);
        for line in &exchange.lines {
            text += &self.line(line, rest);
        }
        text
    }

    fn line(&self, line: &Line, indent: &str) -> String {
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
        let shown = self.shortened(line);
        let mut spans = vec![Span::new(style, mark), Span::plain(" "), safe(body, &shown)];
        if let Some(aside) = &line.aside {
            spans.push(safe(DIM, &format!("  {aside}")));
        }
        wrap(&format!("{indent}   "), &format!("{indent}     "), &spans, self.text)
    }

    fn finding(&self, finding: &FindingView) -> String {
        let style = match finding.severity {
            Severity::High => RED,
            Severity::Medium => MAGENTA,
            Severity::Low | Severity::Info => DIM,
        };
        let spans = [
            Span::new(style, format!("{:<7}", finding.severity.word())),
            safe(Style::new(), &finding.text),
            safe(DIM, &format!(" ({}; {})", finding.rule, finding.exchanges)),
        ];
        let text = wrap("  ", "         ", &spans, self.text);
        let advice = [Span::new(GREEN, "mend: "), Span::plain(finding.advice)];
        format!("\n{text}{}", wrap("         ", "         ", &advice, self.text))
    }

    fn life(&self, life: &LifeView) -> String {
        let spans = [
            safe(BOLD, &format!("{}  {}", life.browser, life.cookie)),
            safe(DIM, &format!(" of {}", life.domain)),
        ];
        let mut text = format!("\n{}", wrap("  ", "     ", &spans, self.text));
        for turn in &life.turns {
            text += &self.turn(turn);
        }
        if let Some(more) = life.more() {
            text += &wrap("     ", "     ", &[Span::new(DIM, more)], self.text);
        }
        text
    }

    fn turn(&self, turn: &TurnView) -> String {
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
            spans.push(safe(Style::new(), &format!(": {}", turn.grounds)));
        }
        spans
            .push(Span::new(DIM, format!("  ({}{})", glued(&turn.exchanges), glued(&turn.rest()))));
        wrap("     ", "       ", &spans, self.text)
    }

    /// Long values are shortened here; JSON has them whole.
    fn shortened(&self, line: &Line) -> String {
        let room = match line.mark {
            Mark::Value => self.text.saturating_sub(16),
            _ => self.text * 5,
        };
        shorten(&line.text.to_string(), room)
    }

    fn comparison(&self, rows: &[Compared]) -> String {
        let mut table = Table::new();
        let width = u16::try_from(self.width).unwrap_or(u16::MAX);
        table
            .load_style(presets::UTF8_FULL_CONDENSED)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
        // The value stands above already: where there is little room, the words need it more.
        let has_values = self.width >= WITH_VALUES;
        let header = ["Browser", "Cookie", "Value", "It says", "Page seen"];
        table.set_header(header.into_iter().filter(|title| has_values || *title != "Value"));
        for row in rows {
            let said = row.content.as_ref().map(|said| shorten(&said.to_string(), 80));
            let mut cells = vec![row.browser.clone(), row.cookie.to_string()];
            cells.extend(has_values.then(|| shorten(&row.value, 24)));
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
            let page = Page { text: width.min(100), width };
            let table = page.comparison(&rows);
            let widths: Vec<usize> = table.lines().map(UnicodeWidthStr::width).collect();
            assert!(widths.iter().all(|one| *one == widths[0] && *one <= width), "{table}");
        }
    }
}
