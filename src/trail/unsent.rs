//! Cookies that were in reach and not sent, request after request: each is told of so many times for
//! one reason, and no more. A browser with hundreds of cookies has hundreds of them with every request.

use crate::cookie::Reason;
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// So many times a cookie is told to have been left out for one reason.
const MAX_UNSENT: u32 = 500;

/// So many times all cookies of a browser are, those that should have been sent apart from the others.
const MAX_UNSENT_BY_BROWSER: u32 = 20_000;

/// What is said with the last of them.
const NO_MORE: &str = "That it goes on is not told any more.";

/// How often cookies were left out. Nothing here is ever walked through.
#[derive(Debug, Default)]
pub(super) struct Unsent {
    /// By their life, and why; without a reason where it should have been sent.
    times: HashMap<(usize, Option<Reason>), u32, RandomState>,
    /// By their browser, and whether there was a reason.
    by_browser: HashMap<(usize, bool), u32, RandomState>,
    /// Something is not told any more.
    is_any_over: bool,
}

impl Unsent {
    /// Whether anything is not told any more.
    pub fn is_any_over(&self) -> bool {
        self.is_any_over
    }

    /// Whether that this cookie of a browser is left out is not told any more.
    pub fn is_over(&self, browser: usize, life: usize, why: Option<Reason>) -> bool {
        let of_browser = self.by_browser.get(&(browser, why.is_some()));
        of_browser.is_some_and(|times| *times >= MAX_UNSENT_BY_BROWSER)
            || self.times.get(&(life, why)).is_some_and(|times| *times >= MAX_UNSENT)
    }

    /// Counts one more time, which is told; gives what is to be said of it, given what there is.
    pub fn tell(
        &mut self,
        browser: usize,
        life: usize,
        why: Option<Reason>,
        text: Box<str>,
    ) -> Box<str> {
        *self.by_browser.entry((browser, why.is_some())).or_default() += 1;
        *self.times.entry((life, why)).or_default() += 1;
        if !self.is_over(browser, life, why) {
            return text;
        }
        self.is_any_over = true;
        format!("{text} {NO_MORE}").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::samples::exchange;
    use crate::pipeline::Numbered;
    use crate::trail::{CookieEvent, EventKind, Trail};

    /// What a cookie went through: it is set at /a/x, and then so many other pages are asked for, each
    /// with these cookies.
    fn told(pages: u64, path: &str, cookies: &str) -> Vec<CookieEvent> {
        let mut trail = Trail::default();
        for id in 1..=pages + 1 {
            let (path, answer) = match id {
                1 => ("/a/x", "HTTP/1.1 200 OK\nSet-Cookie: sid=abcdefgh; Path=/a"),
                _ => (path, "HTTP/1.1 200 OK"),
            };
            let request = format!(
                "GET {path} HTTP/1.1\nHost: a.test\nUser-Agent: Mozilla/5.0 Gecko/20100101 \
                 Firefox/153.0\nCookie: {cookies}"
            );
            let exchange = Box::new(exchange([id * 2 - 1, id * 2], &request, answer));
            trail.push(Numbered { id, exchange });
        }
        let mut lives = trail.finish().cookies.into_iter();
        lives.find(|life| life.name == b"sid").unwrap().events
    }

    #[test]
    fn what_is_left_out_again_and_again_is_told_so_often_and_no_more() {
        let most = u64::from(MAX_UNSENT);
        for (pages, told) in [(most - 1, most - 1), (most, most), (most + 99, most)] {
            let events = self::told(pages, "/b", "other=1");
            let withheld = events.iter().filter(|event| event.kind == EventKind::Withheld);
            let texts: Vec<&str> = withheld.filter_map(|event| event.text.as_deref()).collect();
            assert_eq!(texts.len() as u64, told);
            let ends = texts.iter().position(|text| text.ends_with(NO_MORE));
            assert_eq!(ends, (told == most).then_some(texts.len() - 1));
        }
    }

    #[test]
    fn what_is_sent_is_told_always() {
        let pages = u64::from(2 * MAX_UNSENT);
        let events = told(pages, "/a/y", "sid=abcdefgh");
        let sent = events.iter().filter(|event| event.kind == EventKind::Sent);
        assert_eq!(sent.count() as u64, pages);
    }
}
