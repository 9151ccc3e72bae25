//! The walkthrough as one page of HTML: nothing is fetched and nothing runs, which its content
//! security policy states. Browsers stand side by side where there is room.

use super::layout::shorten;
use super::phrase::{Phrase, Piece};
use super::text::plain_text;
use super::walkthrough::{
    BrowserPart, Compared, Concluded, ExchangeView, FindingView, LIVES, LifeView, Line, Mark, Part,
    Role, Step, View, Walkthrough,
};
use crate::threads;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::borrow::Cow;
use std::io::{self, Write};
use std::num::NonZero;

const STYLE: &str = include_str!("html.css");

/// What the page may do: show itself in its own style.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// A value that has more columns than this is folded.
const LONGEST_VALUE: usize = 96;

/// Attributes that have more columns than this are folded.
const LONGEST_ASIDE: usize = 120;

/// Any other captured text that has more columns than this is folded.
const LONGEST_TEXT: usize = 400;

/// Columns that are seen of a folded text.
const FOLDED: usize = 32;

/// Colours in which the numbers of values alternate.
const COLOURS: usize = 6;

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
    write(page_begins(walkthrough))?;
    let parts = |parts: &[Part]| -> String {
        parts.iter().map(|one| part(walkthrough.view(one)).into_string()).collect()
    };
    threads::in_order(&walkthrough.parts, threads, parts, &mut write)?;
    write(summing_up(walkthrough).into_string())?;
    write("</main></body></html>\n".to_owned())
}

fn page_begins(walkthrough: &Walkthrough<'_>) -> String {
    let title = format!("Cookie trail of {}", safe(&walkthrough.title));
    let page = html! {
        (DOCTYPE)
        (PreEscaped("<html lang=\"en\">"))
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(POLICY);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="referrer" content="no-referrer";
            title { (title) }
            style { (PreEscaped(STYLE)) }
        }
        (PreEscaped("<body>"))
        (head(walkthrough))
        (PreEscaped("<main>"))
    };
    page.into_string()
}

fn head(walkthrough: &Walkthrough<'_>) -> Markup {
    html! {
        header {
            h1 { "Cookie trail of " code { (safe(&walkthrough.title)) } }
            ul.measures.soft role="list" {
                @for measure in &walkthrough.summary { li { (measure) } }
            }
            @if !walkthrough.warnings.is_empty() {
                ul.warnings role="list" {
                    @for warning in &walkthrough.warnings { li { (safe(warning)) } }
                }
            }
            @if !walkthrough.parts.is_empty() { (legend()) }
        }
    }
}

/// What the signs mean.
fn legend() -> Markup {
    let marks = [
        (Mark::Sent, "from the browser to the server"),
        (Mark::Received, "from the server to the browser"),
        (Mark::Gone, "thrown away"),
        (Mark::Refused, "not kept, or not sent"),
    ];
    let example = Piece::Cookie { name: "cookie".to_owned(), version: Some(1) };
    html! {
        ul.legend.soft role="list" aria-label="Signs" {
            @for (mark, meaning) in marks {
                li class=(class(mark)) { span.sign { (sign(mark)) } " " (meaning) }
            }
            li { (piece(&example, LONGEST_TEXT)) " the same number is the same value" }
        }
    }
}

/// A part of the walkthrough. Sites and browsers hold what follows until they end.
fn part(part: View<'_>) -> Markup {
    match part {
        View::Site(origin) => html! {
            (PreEscaped("<section>"))
            h2 { code { (safe(origin)) } }
            (PreEscaped("<div class=\"browsers\">"))
        },
        View::Browser(part) => html! {
            (PreEscaped("<section class=\"browser\">"))
            (browser(&part))
            (PreEscaped("<ol role=\"list\">"))
        },
        View::Step(part) => step(&part),
        View::BrowserEnd(more) => html! {
            (PreEscaped("</ol>"))
            @if let Some(more) = more { p.soft { (more) } }
            (PreEscaped("</section>"))
        },
        View::SiteEnd => PreEscaped("</div></section>".to_owned()),
    }
}

fn summing_up(walkthrough: &Walkthrough<'_>) -> Markup {
    html! {
        @if !walkthrough.comparison.is_empty() { (comparison(walkthrough)) }
        @if !walkthrough.lives.is_empty() { (lives(&walkthrough.lives)) }
        @if !walkthrough.findings.is_empty() { (findings(&walkthrough.findings)) }
        @if !walkthrough.conclusions.is_empty() { (conclusions(&walkthrough.conclusions)) }
    }
}

fn browser(part: &BrowserPart) -> Markup {
    html! {
        header {
            h3 { span.unseen { "Browser " } span.letter { (part.id) } " " (safe(&part.label)) }
            div.soft { (part.addresses) }
            @if let Some(reason) = &part.told_apart {
                div.soft { "Told apart because " (safe(reason)) "." }
            }
            @for line in &part.evidence { div.soft { (safe(line)) } }
        }
    }
}

fn step(step: &Step) -> Markup {
    html! {
        li.step {
            header {
                h4 { span.number { (step.number) "." } " " (safe(&step.title)) }
                span.soft { (step.at) }
            }
            @if let Some(lesson) = step.lesson { p.lesson { (lesson) } }
            ol role="list" { @for part in &step.exchanges { (exchange(part)) } }
            @if let Some(parts) = &step.parts {
                p.soft { "and loads " code { (safe(parts)) } }
            }
        }
    }
}

fn exchange(exchange: &ExchangeView) -> Markup {
    let (class, label) = match exchange.role {
        Role::First => ("exchange", None),
        Role::Hop => ("exchange hop", Some("redirected to")),
        Role::Part => ("exchange", Some("loads")),
    };
    let status = if exchange.is_error { "status error" } else { "status" };
    html! {
        li class=(class) id={ "exchange-" (exchange.id) } {
            div.wire {
                @if let Some(label) = label { span.label { (label) } }
                div.request { (captured(&exchange.request, LONGEST_TEXT)) }
                span aria-hidden="true" { "→" }
                span.unseen { " answered with " }
                div class=(status) { (captured(&exchange.response, LONGEST_TEXT)) }
                @if let Some(location) = &exchange.location {
                    div { "go to " (captured(location, LONGEST_TEXT)) }
                }
                @if let Some(turning) = &exchange.turning { div { (safe(turning)) } }
                @if let Some(words) = &exchange.words { q { (safe(words)) } }
                span.soft { "#" (exchange.id) ", " (exchange.packets) }
            }
            ul.lines role="list" { @for line in &exchange.lines { (told(line)) } }
        }
    }
}

fn told(line: &Line) -> Markup {
    let longest = if line.mark == Mark::Value { LONGEST_VALUE } else { LONGEST_TEXT };
    html! {
        li class=(class(line.mark)) {
            span.sign aria-hidden="true" { (sign(line.mark)) }
            div {
                div.text { (phrase(&line.text, longest)) }
                @if let Some(aside) = &line.aside {
                    " " div.aside { (piece(aside, LONGEST_ASIDE)) }
                }
            }
        }
    }
}

fn phrase(phrase: &Phrase, longest: usize) -> Markup {
    html! { @for part in phrase.pieces() { (piece(part, longest)) } }
}

fn piece(piece: &Piece, longest: usize) -> Markup {
    match piece {
        Piece::Words(text) => html! { (safe(text)) },
        Piece::Captured(text) => captured(text, longest),
        Piece::Cookie { name, version: None } => html! { span.cookie.plain { (safe(name)) } },
        Piece::Cookie { name, version: Some(version) } => html! {
            span class={ "cookie v" (version % COLOURS) } {
                (safe(name)) span.version { span.unseen { " value " } (version) }
            }
        },
    }
}

/// Captured text in code; folded where it is long.
fn captured(text: &str, longest: usize) -> Markup {
    let text = safe(text);
    if shorten(&text, longest) == text {
        return html! { code { (text) } };
    }
    html! {
        details {
            summary {
                code { (shorten(&text, FOLDED)) } " "
                span.soft { (text.chars().count()) " characters" }
            }
            code { (text) }
        }
    }
}

/// Captured text without what would hide or reorder it. Markup is escaped by the template.
fn safe(text: &str) -> Cow<'_, str> {
    plain_text(text)
}

const fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Form | Mark::Content => "·",
        Mark::Sent | Mark::Nothing => "→",
        Mark::Received => "←",
        Mark::Gone => "×",
        Mark::Refused => "✗",
        Mark::Value => "=",
        Mark::Note => "!",
    }
}

const fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Form => "form",
        Mark::Sent => "sent",
        Mark::Nothing => "nothing",
        Mark::Received => "received",
        Mark::Gone => "gone",
        Mark::Refused => "refused",
        Mark::Value => "value",
        Mark::Content => "content",
        Mark::Note => "note",
    }
}

fn comparison(walkthrough: &Walkthrough<'_>) -> Markup {
    html! {
        section {
            h2 id="comparison" { "Side by side" }
            div.table role="region" aria-labelledby="comparison" tabindex="0" {
                table {
                    thead {
                        tr {
                            @for name in ["Browser", "Cookie", "Value", "It says", "Page seen"] {
                                th scope="col" { (name) }
                            }
                        }
                    }
                    tbody { @for row in &walkthrough.comparison { (compared(row)) } }
                }
            }
            @if let Some(more) = walkthrough.more_compared() { p.soft { (more) } }
        }
    }
}

fn compared(row: &Compared) -> Markup {
    html! {
        tr {
            th scope="row" { (safe(&row.browser)) }
            td { (piece(&row.cookie, LONGEST_TEXT)) }
            td { code { (shorten(&safe(&row.value), 24)) } }
            td { @if let Some(said) = &row.content { (piece(said, LONGEST_TEXT)) } }
            td { (safe(&row.page)) }
        }
    }
}

fn lives(list: &[LifeView]) -> Markup {
    html! {
        section {
            h2 { (LIVES) }
            @for life in list {
                h3 {
                    span.unseen { "Browser " } span.letter { (life.browser) } " "
                    code { (safe(&life.cookie)) } span.soft { " of " (safe(&life.domain)) }
                }
                ol.conclusions role="list" {
                    @for turn in &life.turns {
                        li {
                            p {
                                span.turn { (safe(&turn.title)) }
                                @if !turn.grounds.is_empty() { ": " (turn.grounds) }
                                " " span.soft { "(" (turn.exchanges) (turn.rest()) ")" }
                            }
                        }
                    }
                    @if let Some(more) = life.more() { li { p.soft { (more) } } }
                }
            }
        }
    }
}

fn findings(list: &[FindingView]) -> Markup {
    html! {
        section {
            h2 { "What should be mended" }
            ul.findings role="list" {
                @for finding in list {
                    li class=(finding.severity.word()) {
                        p {
                            span.severity { (finding.severity.word()) } " " (safe(&finding.text))
                            " " span.soft { code { (finding.rule) } ", " (finding.exchanges) }
                        }
                        @if let Some(more) = finding.more() { p.soft { (more) } }
                        @if let Some(advice) = finding.advice {
                            p { span.received { span.sign { "mend:" } } " " (advice) }
                        }
                    }
                }
            }
        }
    }
}

fn conclusions(list: &[Concluded]) -> Markup {
    html! {
        section {
            h2 { "What this capture shows" }
            ul.conclusions role="list" {
                @for conclusion in list {
                    li {
                        p { (safe(&conclusion.text)) }
                        @if !conclusion.exchanges.is_empty() { (seen_in(conclusion)) }
                    }
                }
            }
        }
    }
}

fn seen_in(conclusion: &Concluded) -> Markup {
    html! {
        p.soft {
            "Seen in exchange"
            @for (id, is_here) in &conclusion.exchanges {
                " "
                @if *is_here { a href={ "#exchange-" (id) } { "#" (id) } } @else { "#" (id) }
            }
            @if conclusion.more > 0 { " and " (conclusion.more) " more" }
        }
    }
}
