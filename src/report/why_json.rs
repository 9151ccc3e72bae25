//! The answer to `why` as JSON: `cookietrail/why/1` in docs/json.md.

use super::report_json::CookieJson;
use super::text;
use super::why::Answer;
use crate::trail::Story;
use serde::Serialize;
use std::io::{self, Write};

/// The name and version of this format.
pub const SCHEMA: &str = "cookietrail/why/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    answers: Vec<AnswerJson<'a>>,
}

#[derive(Serialize)]
struct AnswerJson<'a> {
    browser: &'a str,
    exchange: Option<u64>,
    verdicts: Vec<VerdictJson>,
    text: &'a str,
    cookies: Vec<CookieJson<'a>>,
}

#[derive(Serialize)]
struct VerdictJson {
    kind: &'static str,
    reason: Option<&'static str>,
    grade: Option<&'static str>,
    packet: Option<u64>,
}

/// Writes one document.
///
/// # Errors
/// Those of the writer.
pub fn write(story: &Story, answers: &[Answer<'_>], out: impl Write) -> io::Result<()> {
    let answers = answers.iter().map(|answer| AnswerJson {
        browser: answer.browser,
        exchange: answer.exchange,
        verdicts: answer
            .deciding
            .iter()
            .map(|event| VerdictJson {
                kind: event.kind.word(),
                reason: event.verdict.map(|verdict| verdict.reason.word()),
                grade: event.verdict.map(|verdict| verdict.grade.word()),
                packet: event.packet,
            })
            .collect(),
        text: &answer.text,
        cookies: answer
            .lives
            .iter()
            .map(|life| CookieJson::of(&story.cookies[*life], story))
            .collect(),
    });
    let document = Document { schema: SCHEMA, answers: answers.collect() };
    text::write_json(&document, out)
}
