//! The header fields that the trail looks at, all found in one walk through a head.

use crate::cookie::Clues;
use crate::http::Headers;

/// Room for any name that is looked for.
const NAME_ROOM: usize = 32;

/// Of a request: of each name the first field, but for `Cookie`.
#[derive(Debug, Default)]
pub(super) struct Asking<'a> {
    pub accept: Option<&'a [u8]>,
    pub accept_language: Option<&'a [u8]>,
    pub authorization: Option<&'a [u8]>,
    pub content_type: Option<&'a [u8]>,
    /// Of every `Cookie` header.
    pub cookies: Vec<&'a [u8]>,
    pub fetch_dest: Option<&'a [u8]>,
    pub fetch_mode: Option<&'a [u8]>,
    pub fetch_site: Option<&'a [u8]>,
    pub has_cache_control: bool,
    pub host: Option<&'a [u8]>,
    pub origin: Option<&'a [u8]>,
    pub referer: Option<&'a [u8]>,
    pub sec_ch_ua: Option<&'a [u8]>,
    pub storage_access: Option<&'a [u8]>,
    pub upgrade_insecure_requests: bool,
    pub user_agent: Option<&'a [u8]>,
    /// Whether there may be one that a proxy adds.
    pub has_marks: bool,
}

impl<'a> Asking<'a> {
    pub fn of(headers: &'a Headers) -> Self {
        let mut own = Self::default();
        let mut buffer = [0; NAME_ROOM];
        for (name, value) in headers.iter() {
            own.has_marks |= matches!(name, [_, b'-', ..] | [_, _, b'-', ..]);
            let place = match lower(name, &mut buffer) {
                b"accept" => &mut own.accept,
                b"accept-language" => &mut own.accept_language,
                b"authorization" => &mut own.authorization,
                b"content-type" => &mut own.content_type,
                b"host" => &mut own.host,
                b"origin" => &mut own.origin,
                b"referer" => &mut own.referer,
                b"sec-ch-ua" => &mut own.sec_ch_ua,
                b"sec-fetch-dest" => &mut own.fetch_dest,
                b"sec-fetch-mode" => &mut own.fetch_mode,
                b"sec-fetch-site" => &mut own.fetch_site,
                b"sec-fetch-storage-access" => &mut own.storage_access,
                b"user-agent" => &mut own.user_agent,
                other => {
                    match other {
                        b"cookie" => own.cookies.push(value),
                        b"cache-control" => own.has_cache_control = true,
                        b"upgrade-insecure-requests" => own.upgrade_insecure_requests = true,
                        b"via" | b"forwarded" | b"front-end-https" => own.has_marks = true,
                        _ => {}
                    }
                    continue;
                }
            };
            place.get_or_insert(value);
        }
        own
    }

    /// What tells from where the request was made.
    pub fn clues(&self, method: &'a [u8]) -> Clues<'a> {
        Clues {
            method,
            fetch_site: self.fetch_site,
            fetch_mode: self.fetch_mode,
            fetch_dest: self.fetch_dest,
            origin: self.origin,
            referer: self.referer,
            storage_access: self.storage_access,
            upgrade_insecure_requests: self.upgrade_insecure_requests,
        }
    }
}

/// Of a response: of each name the first field, but for `Set-Cookie`.
#[derive(Debug, Default)]
pub(super) struct Answering<'a> {
    pub clear_site_data: Option<&'a [u8]>,
    pub content_type: Option<&'a [u8]>,
    pub date: Option<&'a [u8]>,
    pub has_cache_control: bool,
    pub location: Option<&'a [u8]>,
    pub refresh: Option<&'a [u8]>,
    pub set_cookies: Vec<Vec<u8>>,
}

impl<'a> Answering<'a> {
    pub fn of(headers: &'a Headers) -> Self {
        let mut own = Self::default();
        let mut buffer = [0; NAME_ROOM];
        for (name, value) in headers.iter() {
            let place = match lower(name, &mut buffer) {
                b"clear-site-data" => &mut own.clear_site_data,
                b"content-type" => &mut own.content_type,
                b"date" => &mut own.date,
                b"location" => &mut own.location,
                b"refresh" => &mut own.refresh,
                other => {
                    match other {
                        b"set-cookie" => own.set_cookies.push(value.to_vec()),
                        b"cache-control" => own.has_cache_control = true,
                        _ => {}
                    }
                    continue;
                }
            };
            place.get_or_insert(value);
        }
        own
    }
}

/// A name in lower case; nothing for one that is longer than any that is looked for.
fn lower<'b>(name: &[u8], buffer: &'b mut [u8; NAME_ROOM]) -> &'b [u8] {
    let Some(place) = buffer.get_mut(..name.len()) else { return &[] };
    place.copy_from_slice(name);
    // All of it: of a length that is known, it takes two instructions.
    buffer.make_ascii_lowercase();
    &buffer[..name.len()]
}

/// What kind of content a message has, by its `Content-Type` (RFC 9110 section 8.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Html,
    /// HTML written as XML.
    Xhtml,
    PlainText,
    /// A submitted form (URL standard section 5).
    Form,
    Json,
    Other,
}

impl Media {
    pub fn of(content_type: Option<&[u8]>) -> Self {
        let Some(value) = content_type else { return Self::Other };
        let essence = value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let is = |name: &str| essence.eq_ignore_ascii_case(name.as_bytes());
        let ends = |end: &[u8]| {
            essence.len() >= end.len()
                && essence[essence.len() - end.len()..].eq_ignore_ascii_case(end)
        };
        if is("text/html") {
            Self::Html
        } else if is("text/plain") {
            Self::PlainText
        } else if is("application/xhtml+xml") {
            Self::Xhtml
        } else if is("application/x-www-form-urlencoded") {
            Self::Form
        } else if is("application/json") || ends(b"+json") {
            Self::Json
        } else {
            Self::Other
        }
    }

    /// Whether a browser shows it as a page with tags.
    pub const fn is_html(self) -> bool {
        matches!(self, Self::Html | Self::Xhtml)
    }

    /// Whether it is a page that a person reads.
    pub const fn is_page(self) -> bool {
        self.is_html() || matches!(self, Self::PlainText)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_field_of_a_name_counts_whatever_its_case() {
        let headers = Headers::from_pairs(&[
            ("HOST", "a.test"),
            ("host", "b.test"),
            ("Cookie", "a=1"),
            ("cookie", "b=2"),
            ("Upgrade-Insecure-Requests", "1"),
            ("Sec-Fetch-Storage-Access", "none"),
            ("A-Name-That-Is-Longer-Than-Any-That-Is-Looked-For", "x"),
        ]);
        let asking = Asking::of(&headers);
        assert_eq!(asking.host, Some(&b"a.test"[..]));
        assert_eq!(asking.cookies, [b"a=1", b"b=2"]);
        assert!(asking.upgrade_insecure_requests && asking.has_marks);
        assert_eq!(asking.storage_access, Some(&b"none"[..]));
        assert_eq!((asking.referer, asking.has_cache_control), (None, false));
    }

    #[test]
    fn every_set_cookie_line_is_taken() {
        let headers = Headers::from_pairs(&[
            ("Set-Cookie", "a=1"),
            ("Date", "now"),
            ("set-cookie", "b=2"),
            ("date", "then"),
        ]);
        let answering = Answering::of(&headers);
        assert_eq!(answering.set_cookies, [b"a=1", b"b=2"]);
        assert_eq!(answering.date, Some(&b"now"[..]));
    }

    #[test]
    fn only_what_a_proxy_may_have_added_is_a_mark() {
        let has_marks = |name: &str| Asking::of(&Headers::from_pairs(&[(name, "x")])).has_marks;
        for name in ["Via", "X-Real-IP", "CF-Visitor", "forwarded", "Front-End-Https"] {
            assert!(has_marks(name), "{name}");
        }
        for name in ["Host", "Accept-Encoding", "Te", "", "X"] {
            assert!(!has_marks(name), "{name}");
        }
    }

    #[test]
    fn media_types_are_told_without_their_parameters() {
        for (value, media) in [
            ("text/html; charset=utf-8", Media::Html),
            (" Text/HTML ", Media::Html),
            ("application/xhtml+xml", Media::Xhtml),
            ("text/plain;x", Media::PlainText),
            ("application/x-www-form-urlencoded", Media::Form),
            ("application/json", Media::Json),
            ("application/problem+JSON", Media::Json),
            ("json", Media::Other),
            ("", Media::Other),
        ] {
            assert_eq!(Media::of(Some(value.as_bytes())), media, "{value}");
        }
        assert_eq!(Media::of(None), Media::Other);
    }
}
