//! The walkthrough as Markdown, as GitHub shows it: headings for sites and browsers, numbered
//! steps, exchanges as list items with their redirects nested. It reads well unrendered too.

use super::layout::shorten;
use super::phrase::{Phrase, Piece};
use super::text::{markdown, markdown_cell, markdown_code};
use super::walkthrough::{
    BrowserPart, Compared, ExchangeView, FindingView, LIVES, LifeView, Line, Mark, Part, Role,
    Step, View, Walkthrough,
};
use crate::threads;
use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::num::NonZero;

/// Columns of a cookie's value that are shown; JSON has it whole.
const VALUE: usize = 100;

/// Columns of any other captured text that are shown.
const CAPTURED: usize = 600;

/// Columns of a cell of the comparison.
const CELL: usize = 120;

/// Writes the walkthrough, which is made on so many threads.
///
/// # Errors
/// Those of the writer.
pub fn write(
    walkthrough: &Walkthrough<'_>,
    threads: NonZero<usize>,
    mut out: impl Write,
) -> io::Result<()> {
    let mut write = |text: String| out.write_all(text.as_bytes());
    write(set(|out| head(walkthrough, out)))?;
    let parts = |parts: &[Part]| {
        set(|out| parts.iter().try_for_each(|one| part(walkthrough.view(one), out)))
    };
    threads::in_order(&walkthrough.parts, threads, parts, &mut write)?;
    write(set(|out| summing_up(walkthrough, out)))
}

fn set(each: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = each(&mut text);
    text
}

fn head(walkthrough: &Walkthrough<'_>, out: &mut String) -> fmt::Result {
    writeln!(out, "# Cookie trail of {}\n", code(&walkthrough.title, CAPTURED))?;
    writeln!(out, "{}", walkthrough.summary.join(" · "))?;
    if !walkthrough.warnings.is_empty() {
        writeln!(out)?;
    }
    walkthrough
        .warnings
        .iter()
        .try_for_each(|warning| writeln!(out, "> - **Warning:** {}", words(warning)))
}

fn part(part: View<'_>, out: &mut String) -> fmt::Result {
    match part {
        View::Site(origin) => writeln!(out, "\n## {}", code(origin, CAPTURED)),
        View::Browser(part) => browser(&part, out),
        View::Step(part) => step(&part, out),
        View::BrowserEnd(Some(more)) => writeln!(out, "\n{more}"),
        View::BrowserEnd(None) | View::SiteEnd => Ok(()),
    }
}

fn summing_up(walkthrough: &Walkthrough<'_>, out: &mut String) -> fmt::Result {
    if !walkthrough.comparison.is_empty() {
        comparison(&walkthrough.comparison, out)?;
    }
    if let Some(more) = walkthrough.more_compared() {
        writeln!(out, "\n{more}")?;
    }
    if !walkthrough.lives.is_empty() {
        writeln!(out, "\n## {LIVES}")?;
    }
    walkthrough.lives.iter().try_for_each(|part| life(part, out))?;
    if !walkthrough.findings.is_empty() {
        writeln!(out, "\n## What should be mended\n")?;
    }
    walkthrough.findings.iter().try_for_each(|part| finding(part, out))?;
    if !walkthrough.conclusions.is_empty() {
        writeln!(out, "\n## What this capture shows\n")?;
    }
    for conclusion in &walkthrough.conclusions {
        writeln!(out, "- {}", words(&conclusion.text))?;
    }
    Ok(())
}

fn browser(part: &BrowserPart, out: &mut String) -> fmt::Result {
    let label = words(&part.label);
    writeln!(out, "\n### Browser {}: {label} ({})", part.id, part.addresses)?;
    if let Some(reason) = &part.told_apart {
        writeln!(out, "\nTold apart because {}.", words(reason))?;
    }
    if !part.evidence.is_empty() {
        writeln!(out)?;
    }
    part.evidence.iter().try_for_each(|line| writeln!(out, "- {}", words(line)))
}

fn step(step: &Step, out: &mut String) -> fmt::Result {
    let number = format!("{}. ", step.number);
    let indent = " ".repeat(number.len());
    writeln!(out, "\n{number}**{}** ({})\n", words(&step.title), step.at)?;
    if let Some(lesson) = step.lesson {
        writeln!(out, "{indent}> {lesson}\n")?;
    }
    for exchange in &step.exchanges {
        self::exchange(exchange, &indent, out)?;
    }
    match &step.parts {
        Some(parts) => writeln!(out, "{indent}- loads {}", code(parts, CAPTURED)),
        None => Ok(()),
    }
}

/// One exchange and its lines. A redirect is an item of the exchange that led there.
fn exchange(exchange: &ExchangeView, indent: &str, out: &mut String) -> fmt::Result {
    let (deeper, sign) = match exchange.role {
        Role::First => ("", ""),
        Role::Hop => ("  ", "↪ "),
        Role::Part => ("", "loads "),
    };
    let request = code(&exchange.request, CAPTURED);
    let response = code(&exchange.response, CAPTURED);
    write!(out, "{indent}{deeper}- {sign}{request} → {response}")?;
    if let Some(location) = &exchange.location {
        write!(out, ", go to {}", code(location, CAPTURED))?;
    }
    if let Some(turning) = &exchange.turning {
        write!(out, " ({})", words(turning))?;
    }
    if let Some(page) = &exchange.words {
        write!(out, ", “{}”", words(page))?;
    }
    writeln!(out, " (exchange {}, {})", exchange.id, exchange.packets)?;
    for line in &exchange.lines {
        writeln!(out, "{indent}{deeper}  - {}", told(line))?;
    }
    Ok(())
}

fn told(line: &Line) -> String {
    let sign = match line.mark {
        Mark::Sent | Mark::Nothing => "→ ",
        Mark::Received => "← ",
        Mark::Gone => "× ",
        Mark::Refused => "✗ ",
        Mark::Value => "value ",
        Mark::Note => "**Note:** ",
        Mark::Form | Mark::Content => "",
    };
    let longest = if line.mark == Mark::Value { VALUE } else { CAPTURED };
    let aside = line.aside.as_ref().map(|aside| format!(" ({})", piece(aside, CAPTURED)));
    format!("{sign}{}{}", phrase(&line.text, longest), aside.unwrap_or_default())
}

fn phrase(phrase: &Phrase, longest: usize) -> String {
    phrase.pieces().iter().map(|part| piece(part, longest)).collect()
}

fn piece(piece: &Piece, longest: usize) -> String {
    match piece {
        Piece::Words(text) => words(text),
        Piece::Captured(_) | Piece::Cookie { .. } => code(&piece.to_string(), longest),
    }
}

fn words(text: &str) -> String {
    markdown(&shorten(text, CAPTURED))
}

fn code(text: &str, longest: usize) -> String {
    markdown_code(&shorten(text, longest))
}

fn finding(finding: &FindingView, out: &mut String) -> fmt::Result {
    let FindingView { severity, rule, text, exchanges, advice, .. } = finding;
    let (severity, text) = (severity.word(), words(text));
    writeln!(out, "- **{severity}**: {text} (`{rule}`; {})", code(exchanges, CAPTURED))?;
    finding.more().map_or(Ok(()), |more| writeln!(out, "  - {more}"))?;
    advice.map_or(Ok(()), |advice| writeln!(out, "  - mend: {advice}"))
}

fn life(life: &LifeView, out: &mut String) -> fmt::Result {
    let LifeView { browser, cookie, domain, turns, .. } = life;
    let (cookie, domain) = (code(cookie, CAPTURED), code(domain, CAPTURED));
    writeln!(out, "\nBrowser {browser}, {cookie} of {domain}:\n")?;
    for turn in turns {
        let grounds = if turn.grounds.is_empty() { "" } else { ": " };
        let title = words(&turn.title);
        // A number after its sign would become a link.
        let seen = code(&turn.exchanges, CAPTURED) + &turn.rest();
        writeln!(out, "- **{title}**{grounds}{} ({seen})", turn.grounds)?;
    }
    life.more().map_or(Ok(()), |more| writeln!(out, "- {more}"))
}

fn comparison(rows: &[Compared], out: &mut String) -> fmt::Result {
    writeln!(out, "\n## Side by side\n")?;
    writeln!(out, "| Browser | Cookie | Value | It says | Page seen |")?;
    writeln!(out, "| --- | --- | --- | --- | --- |")?;
    let words = |text: &str| markdown_cell(&shorten(text, CELL), markdown);
    let code = |text: &str, longest| markdown_cell(&shorten(text, longest), markdown_code);
    for row in rows {
        let cells = [
            words(&row.browser),
            code(&row.cookie.to_string(), CELL),
            code(&row.value, 24),
            match &row.content {
                Some(Piece::Words(said)) => words(said),
                Some(said) => code(&said.to_string(), CELL),
                None => String::new(),
            },
            words(&row.page),
        ];
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    Ok(())
}
