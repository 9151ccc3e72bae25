//! Words in columns: styled text wrapped to a width, by the width that characters have on a
//! terminal.

use anstyle::Style;
use std::borrow::Cow;
use std::fmt::Write as _;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// A piece of text in one style. The text is safe for a terminal.
#[derive(Debug, Clone)]
pub(super) struct Span<'a> {
    pub style: Style,
    pub text: Cow<'a, str>,
}

impl<'a> Span<'a> {
    pub fn new(style: Style, text: impl Into<Cow<'a, str>>) -> Self {
        Self { style, text: text.into() }
    }

    pub fn plain(text: impl Into<Cow<'a, str>>) -> Self {
        Self::new(Style::new(), text)
    }
}

/// Lays spans out as lines of at most `width` columns. The first line begins with `first`, the
/// others with `rest`; both count towards the width. A word that is too long for a line is cut. Words
/// with a no-break space between them stay together, and are written with a common space.
pub(super) fn wrap(first: &str, rest: &str, spans: &[Span<'_>], width: usize) -> String {
    let mut out = String::new();
    wrap_onto(&mut out, first, rest, spans, width);
    out
}

/// The same, onto the end of a text.
pub(super) fn wrap_onto(
    out: &mut String,
    first: &str,
    rest: &str,
    spans: &[Span<'_>],
    width: usize,
) {
    let style = Style::new();
    let mut lines = Lines { out, column: 0, rest, width, at_start: true, style };
    lines.raw(first, columns(first));
    for span in spans {
        if span.text.is_ascii() {
            lines.ascii(&span.text, span.style);
        } else {
            lines.text(&span.text, span.style);
        }
    }
    lines.end_line();
}

/// How many columns a text takes on a terminal. It holds no control characters.
pub(super) fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

struct Lines<'a> {
    out: &'a mut String,
    column: usize,
    rest: &'a str,
    width: usize,
    at_start: bool,
    /// The style that is switched on.
    style: Style,
}

impl Lines<'_> {
    /// Text as it is, which takes so many columns.
    fn raw(&mut self, text: &str, columns: usize) {
        self.out.push_str(text);
        self.column += columns;
    }

    fn text(&mut self, text: &str, style: Style) {
        for (index, word) in text.split(' ').enumerate() {
            if index > 0 && !self.at_start {
                self.raw(" ", 1);
            }
            self.word(word, style);
        }
    }

    /// The same for text that is ASCII: a byte is a column, so that as many words as fit into the line
    /// are added at once.
    fn ascii(&mut self, mut text: &str, style: Style) {
        loop {
            let words = text.trim_start_matches(' ');
            let (spaces, _) = text.split_at(text.len() - words.len());
            if !self.at_start {
                self.raw(spaces, spaces.len());
            }
            let room = self.width.saturating_sub(self.column);
            let fitting = match words.as_bytes().get(..=room) {
                None => words.len(),
                Some(near) => memchr::memrchr(b' ', near).unwrap_or(0),
            };
            let (now, later) = words.split_at(fitting);
            text = later;
            if !now.is_empty() {
                self.styled(now, now.len(), style);
                self.at_start = false;
            } else if words.is_empty() {
                return;
            } else if self.at_start {
                let (word, later) = words.split_at(words.find(' ').unwrap_or(words.len()));
                self.word(word, style);
                text = later;
            } else {
                self.break_line();
            }
        }
    }

    fn word(&mut self, word: &str, style: Style) {
        if word.is_empty() {
            return;
        }
        let (mut rest, mut left) = (word, columns(word));
        if self.column + left > self.width && !self.at_start {
            self.break_line();
        }
        while self.column + left > self.width {
            let room = self.width.saturating_sub(self.column).max(1);
            let (head, tail) = split_at_width(rest, room);
            if tail.is_empty() {
                break;
            }
            self.styled(head, columns(head), style);
            self.break_line();
            (rest, left) = (tail, columns(tail));
        }
        self.styled(rest, left, style);
        self.at_start = false;
    }

    fn break_line(&mut self) {
        self.end_line();
        self.column = 0;
        let rest = self.rest;
        self.raw(rest, columns(rest));
        self.at_start = true;
    }

    /// Ends a line without spaces at its end, and with its style switched off.
    fn end_line(&mut self) {
        let kept = self.out.trim_end_matches(' ').len();
        self.out.truncate(kept);
        self.switch(Style::new());
        self.out.push('\n');
    }

    fn styled(&mut self, text: &str, columns: usize, style: Style) {
        self.switch(style);
        if text.is_ascii() {
            self.raw(text, columns);
        } else {
            self.raw(&text.replace('\u{a0}', " "), columns);
        }
    }

    fn switch(&mut self, style: Style) {
        if self.style != style {
            // Writing to a string does not fail.
            let _ = write!(self.out, "{:#}{style}", self.style);
            self.style = style;
        }
    }
}

/// Splits text so that the first part has at most `room` columns, and at least one character as
/// people count them: with its marks, and an emoji with what it is joined of.
fn split_at_width(text: &str, room: usize) -> (&str, &str) {
    if text.is_ascii() {
        return text.split_at(room.max(1).min(text.len()));
    }
    let mut used = 0;
    for (at, character) in text.grapheme_indices(true) {
        used += character.width();
        if used > room && at > 0 {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// Text cut to so many columns, with an ellipsis where something is left out.
pub(super) fn shorten(text: &str, width: usize) -> Cow<'_, str> {
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    let room = width.saturating_sub(1);
    let (head, _) = split_at_width(text, room.max(1));
    let head = if columns(head) > room { "" } else { head };
    Cow::Owned(format!("{head}…"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_wrapped_under_each_other() {
        let spans = [Span::plain("one two three four"), Span::plain(" five")];
        assert_eq!(wrap("* ", "  ", &spans, 11), "* one two\n  three\n  four five\n");
        assert_eq!(wrap("", "", &[Span::plain("one two\u{a0}three")], 9), "one\ntwo three\n");
    }

    #[test]
    fn a_style_is_switched_on_once_and_ends_with_its_line() {
        let bold = Style::new().bold();
        let spans = [Span::new(bold, "one two three"), Span::plain(" four")];
        let shown = wrap("", "", &spans, 8);
        assert_eq!(shown, "\x1b[1mone two\x1b[0m\n\x1b[1mthree\x1b[0m\nfour\n");
    }

    #[test]
    fn a_word_that_is_too_long_is_cut_by_columns_not_characters() {
        assert_eq!(wrap("", "", &[Span::plain("小明小明小")], 4), "小明\n小明\n小\n");
        assert_eq!(wrap("", "", &[Span::plain("abcdefgh")], 3), "abc\ndef\ngh\n");
        assert_eq!(shorten("小明小明", 5), "小明…");
        assert_eq!(shorten("abc", 3), "abc");
    }

    #[test]
    fn characters_stay_whole_and_lines_keep_to_their_width_in_any_script() {
        let family = "👨\u{200d}👩\u{200d}👧";
        let heart = "❤\u{fe0f}";
        assert_eq!(shorten(&heart.repeat(4), 5), format!("{heart}{heart}…"));
        assert_eq!(shorten(&family.repeat(3), 4), format!("{family}…"));
        assert_eq!(shorten("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(
            wrap("", "", &[Span::plain(family.repeat(2))], 3),
            format!("{family}\n{family}\n")
        );
        for text in
            ["小明在北京买茶叶", "مرحبا بالعالم كله", "สวัสดีชาวโลก", family, heart, "नमस्ते दुनिया"]
        {
            for width in 2..30 {
                let lines = wrap("  ", "  ", &[Span::plain(text.repeat(9))], width + 2);
                let widest = lines.lines().map(UnicodeWidthStr::width).max();
                assert!(widest <= Some(width + 2), "{width}: {lines}");
                assert!(shorten(&text.repeat(9), width).width() <= width, "{text} {width}");
            }
        }
    }

    proptest! {
        #[test]
        fn ascii_is_laid_out_like_any_text(
            texts in proptest::collection::vec(("[a-c ]{0,30}|[a-c]{0,9}|( [ab]{1,3}){0,9}", any::<bool>()), 0..4),
            width in 0..24_usize,
        ) {
            let style = |bold: bool| if bold { Style::new().bold() } else { Style::new() };
            let spans: Vec<Span<'_>> =
                texts.iter().map(|(text, bold)| Span::new(style(*bold), text.as_str())).collect();
            let mut out = String::new();
            let (rest, plain) = ("  ", Style::new());
            let mut lines =
                Lines { out: &mut out, column: 0, rest, width, at_start: true, style: plain };
            lines.raw("* ", 2);
            for span in &spans {
                lines.text(&span.text, span.style);
            }
            lines.end_line();
            prop_assert_eq!(wrap("* ", rest, &spans, width), out);
        }
    }

    #[test]
    fn no_width_is_too_small() {
        assert_eq!(wrap("", "", &[Span::plain("小a")], 0), "小\na\n");
    }
}
