//! The few words of a page by which a person would know it again.

use super::fields::Media;
use std::borrow::Cow;

/// How many characters are shown of a page.
const EXCERPT: usize = 60;

/// How much of a page is looked through for words.
const LOOKED_AT: usize = 16 << 10;

/// The first visible words of an HTML or text page; its title, where nothing else is visible.
/// `None` for other content, and where there is none. The content is that after its codings have
/// been undone.
pub(super) fn excerpt(content_type: Option<&[u8]>, media: Media, content: &[u8]) -> Option<String> {
    if content.is_empty() || !media.is_page() {
        return None;
    }
    let bytes = &content[..content.len().min(LOOKED_AT)];
    let (text, _, _) = encoding(content_type.unwrap_or_default()).decode(bytes);
    let mut words = Words::default();
    if media.is_html() {
        visible(&text, &mut words);
    } else {
        words.add(&text);
    }
    words.told()
}

/// Where a page sends its reader by itself: `<meta http-equiv=refresh>` (HTML standard, "shared
/// declarative refresh steps"). `None` if it only reloads itself.
pub(super) fn refresh(media: Media, content: &[u8]) -> Option<String> {
    if media != Media::Html {
        return None;
    }
    let bytes = &content[..content.len().min(LOOKED_AT)];
    if !mentions(bytes, b"refresh") {
        return None;
    }
    let text = String::from_utf8_lossy(bytes);
    let lower = text.to_ascii_lowercase();
    let tags = lower
        .match_indices("<meta")
        .map(|(at, _)| &text[at..at + lower[at..].find('>').unwrap_or(0)]);
    let tag = tags.into_iter().find(|tag| {
        let tag: String = tag.to_ascii_lowercase().split(['"', '\'', ' ']).collect();
        tag.contains("http-equiv=refresh")
    })?;
    let lower = tag.to_ascii_lowercase();
    let content = &tag[lower.find("content=")? + "content=".len()..];
    let quote = content.chars().next().filter(|first| matches!(first, '"' | '\''));
    let content = match quote {
        Some(quote) => content[1..].split(quote).next()?,
        None => content.split_whitespace().next()?,
    };
    refresh_target(content)
}

/// Where a `Refresh` header sends the reader of a page. `None` if the page only reloads itself.
pub(super) fn refresh_of_header(header: &[u8]) -> Option<String> {
    refresh_target(&String::from_utf8_lossy(header))
}

/// `5; url=/next`
fn refresh_target(content: &str) -> Option<String> {
    let (_, rest) = content.split_once([';', ','])?;
    let rest = rest.trim();
    let url = rest
        .get(..3)
        .filter(|word| word.eq_ignore_ascii_case("url"))
        .map_or(rest, |_| rest[3..].trim_start().strip_prefix('=').unwrap_or(rest).trim());
    let url = url.trim_matches(['"', '\'']);
    (!url.is_empty()).then(|| unescape(url).into_owned())
}

/// Whether a page has a field for a password (HTML standard, `input type=password`).
pub(super) fn asks_password(content: &[u8]) -> bool {
    if !mentions(content, b"password") {
        return false;
    }
    let lower = content.to_ascii_lowercase();
    memchr::memmem::find_iter(&lower, b"<input").any(|at| {
        let tag = &lower[at..];
        let end = memchr::memchr(b'>', tag).unwrap_or(tag.len());
        let bare: Vec<u8> = tag[..end]
            .iter()
            .copied()
            .filter(|byte| !matches!(byte, b'"' | b'\'' | b' '))
            .collect();
        memchr::memmem::find(&bare, b"type=password").is_some()
    })
}

/// Whether a word occurs, in whatever case. Few pages have these words, so most end here; the
/// letter that is looked for first is one that few other words have.
fn mentions(content: &[u8], word: &[u8]) -> bool {
    const RARE: &[u8] = b"fw";
    let at = word.iter().position(|letter| RARE.contains(letter)).unwrap_or(0);
    let Some(letter) = word.get(at) else { return true };
    memchr::memchr2_iter(*letter, letter.to_ascii_uppercase(), content)
        .filter_map(|found| content.get(found.checked_sub(at)?..)?.get(..word.len()))
        .any(|text| text.eq_ignore_ascii_case(word))
}

fn encoding(content_type: &[u8]) -> &'static encoding_rs::Encoding {
    let label = memchr::memmem::find(content_type, b"charset=").map(|at| &content_type[at + 8..]);
    let label = label.map(|label| label.split(|byte| *byte == b';').next().unwrap_or_default());
    let label = label.map(|label| label.trim_ascii().trim_ascii_start());
    label.and_then(encoding_rs::Encoding::for_label).unwrap_or(encoding_rs::UTF_8)
}

/// Text outside tags, scripts, styles and the head; the title, if there is no other.
fn visible(html: &str, words: &mut Words) {
    let mut title = "";
    let mut rest = html;
    while let Some(open) = memchr::memchr(b'<', rest.as_bytes()) {
        words.add(&unescape(&rest[..open]));
        if words.is_enough() {
            return;
        }
        let tag = &rest[open + 1..];
        rest = memchr::memchr(b'>', tag.as_bytes()).map_or("", |end| &tag[end + 1..]);
        if tag.starts_with("!--") {
            rest = after(tag, "-->");
        } else if let Some(end) = end_of_hidden(tag) {
            if end == "</head>" {
                title = after_tag(rest, "<title>").map_or("", until_title_ends);
            }
            rest = after_tag(rest, end).unwrap_or_default();
        } else if is_named(tag, "title") {
            title = until_title_ends(rest);
            rest = after_tag(rest, "</title>").unwrap_or_default();
        }
    }
    words.add(&unescape(rest));
    if words.text.is_empty() {
        words.add(&unescape(title));
    }
}

/// The end tag of an element whose content is not shown.
fn end_of_hidden(tag: &str) -> Option<&'static str> {
    const HIDDEN: [(&str, &str); 5] = [
        ("script", "</script>"),
        ("style", "</style>"),
        ("head", "</head>"),
        ("template", "</template>"),
        ("noscript", "</noscript>"),
    ];
    let first = tag.bytes().next()?;
    if !matches!(first.to_ascii_lowercase(), b's' | b'h' | b't' | b'n') {
        return None;
    }
    HIDDEN.iter().find(|(name, _)| is_named(tag, name)).map(|(_, end)| *end)
}

/// Whether a tag, given from its name on, has this name.
fn is_named(tag: &str, name: &str) -> bool {
    let own = tag.as_bytes().get(..name.len());
    own.is_some_and(|own| own.eq_ignore_ascii_case(name.as_bytes()))
        && !tag.as_bytes().get(name.len()).is_some_and(u8::is_ascii_alphanumeric)
}

/// What follows the first `end`; nothing, if it does not occur.
fn after<'a>(text: &'a str, end: &str) -> &'a str {
    text.find(end).map_or("", |at| &text[at + end.len()..])
}

/// What follows a tag.
fn after_tag<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    let mut tags = memchr::memchr_iter(b'<', text.as_bytes()).map(|at| &text[at..]);
    tags.find_map(|text| text.strip_prefix(tag))
}

fn until_title_ends(text: &str) -> &str {
    let mut tags = memchr::memchr_iter(b'<', text.as_bytes());
    tags.find(|at| text[*at..].starts_with("</title>")).map_or("", |end| &text[..end])
}

/// The character references that make up nearly all of those met.
fn unescape(text: &str) -> Cow<'_, str> {
    let pairs = [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#34;", "\""),
    ];
    if memchr::memchr(b'&', text.as_bytes()).is_none() {
        return text.into();
    }
    let text = pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace("&amp;", "&").into()
}

/// The first words of a text, with one space between them.
#[derive(Debug, Default)]
struct Words {
    text: String,
    /// Its length in characters.
    length: usize,
}

impl Words {
    fn add(&mut self, text: &str) {
        // Line tabulation is white space for all but ASCII.
        if text.is_ascii() && !text.as_bytes().contains(&0x0b) {
            self.take(text.split_ascii_whitespace(), str::len);
        } else {
            self.take(text.split_whitespace(), |word| word.chars().count());
        }
    }

    fn take<'t>(&mut self, words: impl Iterator<Item = &'t str>, length: fn(&str) -> usize) {
        for word in words {
            if self.is_enough() {
                return;
            }
            if self.text.is_empty() {
                // Mostly all that is shown, in one byte each.
                self.text.reserve(EXCERPT);
            } else {
                self.text.push(' ');
                self.length += 1;
            }
            self.text += word;
            self.length += length(word);
        }
    }

    /// Whether there are more than are shown.
    const fn is_enough(&self) -> bool {
        self.length > EXCERPT
    }

    fn told(mut self) -> Option<String> {
        if self.is_enough()
            && let Some((end, _)) = self.text.char_indices().nth(EXCERPT - 1)
        {
            self.text.truncate(end);
            self.text.push('…');
        }
        self.text.shrink_to_fit();
        (!self.text.is_empty()).then_some(self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(media_type: &str, text: &str) -> Option<String> {
        let content_type = Some(media_type.as_bytes());
        excerpt(content_type, Media::of(content_type), text.as_bytes())
    }

    #[test]
    fn the_first_visible_words_are_found() {
        for (html, words) in [
            ("You are not logged in", "You are not logged in"),
            (
                "<html><head><title>T</title><style>p{}</style></head><body><p>Hi <b>alice</b></p>",
                "Hi alice",
            ),
            ("<head><title>Only a title</title></head><body><script>x()</script>", "Only a title"),
            ("<p>a &lt;b&gt; &amp;lt;</p>", "a <b> &lt;"),
            ("<!-- <p>no</p> -->yes", "yes"),
            ("<p>cut <", "cut"),
            ("<script>never ends", ""),
        ] {
            assert_eq!(of("text/html; charset=utf-8", html).unwrap_or_default(), words, "{html}");
        }
        assert_eq!(of("image/png", "x"), None);
        assert_eq!(of("text/plain", &"word ".repeat(50)).unwrap().chars().count(), EXCERPT);
    }

    #[test]
    fn pages_that_send_their_reader_on_are_understood() {
        let of = |html: &str| refresh(Media::Html, html.as_bytes());
        for (html, target) in [
            (
                r#"<meta http-equiv="refresh" content="0; url=/next?a=1&amp;b=2">"#,
                Some("/next?a=1&b=2"),
            ),
            (
                "<META CONTENT='3;URL=\"http://a.test/\"' HTTP-EQUIV='Refresh'>",
                Some("http://a.test/"),
            ),
            (r"<meta http-equiv=refresh content=5>", None),
            (r#"<meta name="viewport" content="0; url=/no">"#, None),
            ("<meta", None),
        ] {
            assert_eq!(of(html).as_deref(), target, "{html}");
        }
        assert_eq!(refresh_of_header(b"1;url=/x").as_deref(), Some("/x"));
    }

    #[test]
    fn a_field_for_a_password_is_seen() {
        let of = |html: &str| asks_password(html.as_bytes());
        assert!(of(r#"<form><INPUT name=p type = "Password"></form>"#));
        assert!(of("<input type='password'"));
        assert!(!of(r"<input type=text> type=password"));
        assert!(!of("<p>your password</p>"));
    }

    #[test]
    fn the_declared_encoding_is_used() {
        let content_type = Some(&b"text/html; charset=iso-8859-1"[..]);
        assert_eq!(excerpt(content_type, Media::Html, b"Gr\xfc\xdfe").unwrap(), "Grüße");
    }
}
