//! What a page says, read once as long as the same page comes again soon: logins, errors, the answers
//! of redirects, and whatever else a server does not make anew for each client.

use super::fields::Media;
use super::page;
use crate::http::{Problem, Response, codings, decode_content};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::sync::Arc;

/// So many bytes are remembered, contents as sent and what was read of them; then all are forgotten, and
/// the next ones remembered.
const MOST: usize = 4 << 20;

/// What remembering one takes besides its bytes.
const EACH: usize = 256;

/// What the trail needs of a response's content.
#[derive(Debug, Default)]
pub struct Page {
    /// The first words of the page, or its title.
    pub excerpt: Option<Box<str>>,
    /// Where the page itself sends its reader after a while (the meta element).
    pub refresh: Option<Box<str>>,
    /// Whether it is a page (HTML or plain text).
    pub is_shown: bool,
    /// Whether it is a page with a field for a password.
    pub asks_password: bool,
    /// Whether its content codings could not be undone.
    pub(super) is_damaged: bool,
}

impl Page {
    /// Reads a response's content, with at most `cap` bytes of it after its codings are undone.
    fn read(response: &Response, content_type: Option<&[u8]>, cap: usize) -> Self {
        let media = Media::of(content_type);
        let decoded = decode_content(&response.headers, &response.body.kept, cap);
        Self {
            excerpt: page::excerpt(content_type, media, &decoded.bytes).map(Box::from),
            refresh: page::refresh(media, &decoded.bytes).map(Box::from),
            is_shown: media.is_page(),
            asks_password: media.is_page() && page::asks_password(&decoded.bytes),
            is_damaged: decoded.problem == Some(Problem::Damaged),
        }
    }
}

/// Pages that were met lately. They are only asked for, and never walked through.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// By all that they were read from: the codings, the type, and the content as sent.
    known: HashMap<Box<[u8]>, Arc<Page>, RandomState>,
    /// What they take.
    size: usize,
    /// Room to put together what one is read from.
    from: Vec<u8>,
}

impl Pages {
    /// What a response's content says.
    pub fn read(
        &mut self,
        response: &Response,
        content_type: Option<&[u8]>,
        cap: usize,
    ) -> Arc<Page> {
        let kept = &response.body.kept;
        self.from.clear();
        if !kept.is_empty() {
            self.from.extend(codings(&response.headers).join(&b','));
        }
        for part in [content_type.unwrap_or_default(), kept] {
            // There is no line end in what comes before it.
            self.from.push(b'\n');
            self.from.extend_from_slice(part);
        }
        if let Some(known) = self.known.get(&*self.from) {
            return Arc::clone(known);
        }
        let new = Arc::new(Page::read(response, content_type, cap));
        let size = EACH + self.from.len();
        if self.size + size > MOST {
            self.known.clear();
            self.size = 0;
        }
        self.size += size;
        self.known.insert(self.from.as_slice().into(), Arc::clone(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::samples;
    use std::io::Write;

    fn response(lines: &str, kept: &[u8]) -> Response {
        let head = format!("HTTP/1.1 200 OK{lines}");
        let mut response =
            samples::exchange([1, 2], "GET / HTTP/1.1", &head).response.expect("it is there");
        response.body.kept = kept.to_vec();
        response
    }

    fn excerpt(pages: &mut Pages, lines: &str, kept: &[u8]) -> Option<String> {
        let response = response(lines, kept);
        let page = pages.read(&response, response.headers.first("content-type"), 1000);
        page.excerpt.as_deref().map(str::to_owned)
    }

    #[test]
    fn the_same_content_is_another_page_in_another_type_or_coding() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"<p>Hello</p>").unwrap();
        let packed = packed.finish().unwrap();
        let mut pages = Pages::default();
        for _ in 0..2 {
            for (lines, kept, words) in [
                ("\nContent-Type: text/html", &b"<p>Hello</p>"[..], Some("Hello")),
                ("\nContent-Type: text/plain", b"<p>Hello</p>", Some("<p>Hello</p>")),
                ("\nContent-Type: image/png", b"<p>Hello</p>", None),
                ("\nContent-Type: text/html\nContent-Encoding: gzip", &packed, Some("Hello")),
                ("\nContent-Type: text/html\nContent-Encoding: gzip", b"", None),
                ("", b"", None),
            ] {
                assert_eq!(excerpt(&mut pages, lines, kept).as_deref(), words, "{lines}");
            }
        }
        assert_eq!(pages.known.len(), 6);
    }

    #[test]
    fn the_same_page_is_read_once() {
        let mut pages = Pages::default();
        let page = response("\nContent-Type: text/html", b"<p>Hello</p>");
        let [one, other] = [(); 2].map(|()| pages.read(&page, Some(b"text/html"), 1000));
        assert!(Arc::ptr_eq(&one, &other));
    }

    #[test]
    fn pages_that_do_not_come_again_are_forgotten() {
        let mut pages = Pages::default();
        for n in 0..100 {
            let content = format!("{n}{}", " x".repeat(50_000));
            let words = excerpt(&mut pages, "\nContent-Type: text/plain", content.as_bytes());
            assert!(words.unwrap().starts_with(&format!("{n} x")));
            assert!(pages.size <= MOST && pages.known.len() <= pages.size / 100_000);
        }
        // One that is larger than all that is remembered together is remembered alone.
        let large = vec![b'a'; MOST + 1];
        assert!(excerpt(&mut pages, "\nContent-Type: text/plain", &large).is_some());
        assert_eq!(pages.known.len(), 1);
    }
}
