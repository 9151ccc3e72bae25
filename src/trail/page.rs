//! The few words of a page by which a person would know it again.

use crate::http::Headers;

/// How many characters are shown of a page.
const EXCERPT: usize = 60;

/// Visible text of this length, half of it words, has all that is shown and more, even if each
/// character is written as a reference.
const ENOUGH: usize = 32 * EXCERPT;

/// How much of a page is looked through for words.
const LOOKED_AT: usize = 16 << 10;

/// The first visible words of an HTML or text page; its title, where nothing else is visible.
/// `None` for other content, and where there is none. The content is that after its codings have
/// been undone.
pub fn excerpt(headers: &Headers, content: &[u8]) -> Option<String> {
    let media_type = headers.media_type()?;
    let is_html = matches!(&*media_type, b"text/html" | b"application/xhtml+xml");
    if content.is_empty() || !(is_html || media_type == b"text/plain") {
        return None;
    }
    let bytes = &content[..content.len().min(LOOKED_AT)];
    let (text, _, _) = encoding(headers).decode(bytes);
    let words = if is_html { visible(&text) } else { text.into_owned() };
    shorten(&words)
}

/// Where a page sends its reader by itself: the `Refresh` header, or `<meta http-equiv=refresh>`
/// (HTML standard, "shared declarative refresh steps"). `None` if it only reloads itself.
pub fn refresh(headers: &Headers, content: &[u8]) -> Option<String> {
    if let Some(header) = headers.first("refresh") {
        return refresh_target(&String::from_utf8_lossy(header));
    }
    if headers.media_type().as_deref() != Some(b"text/html") {
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

/// `5; url=/next`
fn refresh_target(content: &str) -> Option<String> {
    let (_, rest) = content.split_once([';', ','])?;
    let rest = rest.trim();
    let url = rest
        .get(..3)
        .filter(|word| word.eq_ignore_ascii_case("url"))
        .map_or(rest, |_| rest[3..].trim_start().strip_prefix('=').unwrap_or(rest).trim());
    let url = url.trim_matches(['"', '\'']);
    (!url.is_empty()).then(|| unescape(url))
}

/// Whether a page has a field for a password (HTML standard, `input type=password`).
pub fn asks_password(content: &[u8]) -> bool {
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

/// Whether a word occurs, in whatever case. Few pages have these words, so most end here.
fn mentions(content: &[u8], word: &[u8]) -> bool {
    // The last letters of the words are the rarer ones.
    let Some((last, before)) = word.split_last() else { return true };
    memchr::memchr2_iter(last.to_ascii_lowercase(), last.to_ascii_uppercase(), content)
        .filter_map(|at| content.get(at.checked_sub(before.len())?..at))
        .any(|text| text.eq_ignore_ascii_case(before))
}

fn encoding(headers: &Headers) -> &'static encoding_rs::Encoding {
    let value = headers.first("content-type").unwrap_or_default();
    let label = memchr::memmem::find(value, b"charset=").map(|at| &value[at + 8..]);
    let label = label.map(|label| label.split(|byte| *byte == b';').next().unwrap_or_default());
    let label = label.map(|label| label.trim_ascii().trim_ascii_start());
    label.and_then(encoding_rs::Encoding::for_label).unwrap_or(encoding_rs::UTF_8)
}

/// Text outside tags, scripts, styles and the head; the title, if there is no other.
fn visible(html: &str) -> String {
    const HIDDEN: [&str; 5] = ["script", "style", "head", "template", "noscript"];
    let mut out = String::new();
    let mut title = String::new();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        if out.len() > ENOUGH && out.split_whitespace().map(str::len).sum::<usize>() > ENOUGH / 2 {
            return unescape(&out);
        }
        let tag = &rest[open + 1..];
        let name: String = tag
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        rest = after(tag, ">");
        out.push(' ');
        if tag.starts_with("!--") {
            rest = after(tag, "-->");
        } else if HIDDEN.contains(&name.as_str()) {
            if name == "head" {
                title = within(rest, "<title>", "</title>");
            }
            rest = after(rest, &format!("</{name}>"));
        } else if name == "title" {
            title = within(&format!("<title>{rest}"), "<title>", "</title>");
            rest = after(rest, "</title>");
        }
    }
    out.push_str(rest);
    let text = if out.trim().is_empty() { title } else { out };
    unescape(&text)
}

/// What follows the first `end`; nothing, if it does not occur.
fn after<'a>(text: &'a str, end: &str) -> &'a str {
    text.find(end).map_or("", |at| &text[at + end.len()..])
}

fn within(text: &str, start: &str, end: &str) -> String {
    let inner = after(text, start);
    inner[..inner.find(end).unwrap_or(0)].to_owned()
}

/// The character references that make up nearly all of those met.
fn unescape(text: &str) -> String {
    let pairs = [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#34;", "\""),
    ];
    if !text.contains('&') {
        return text.to_owned();
    }
    let text = pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace("&amp;", "&")
}

fn shorten(text: &str) -> Option<String> {
    let mut words = String::new();
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words += word;
        if words.chars().count() > EXCERPT {
            return Some(words.chars().take(EXCERPT - 1).chain(['…']).collect());
        }
    }
    (!words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(media_type: &str, text: &str) -> Option<String> {
        let headers = Headers::from_pairs(&[("Content-Type", media_type)]);
        excerpt(&headers, text.as_bytes())
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
        let of = |html: &str| {
            let headers = Headers::from_pairs(&[("Content-Type", "text/html")]);
            refresh(&headers, html.as_bytes())
        };
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
        let headers = Headers::from_pairs(&[("Refresh", "1;url=/x")]);
        assert_eq!(refresh(&headers, b"").as_deref(), Some("/x"));
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
        let headers = Headers::from_pairs(&[("Content-Type", "text/html; charset=iso-8859-1")]);
        assert_eq!(excerpt(&headers, b"Gr\xfc\xdfe").unwrap(), "Grüße");
    }
}
