//! `JSESSIONID`: ids of servlet containers, which may name the node that made them.

use serde_json::json;

use crate::session::encoding::split_first;
use crate::session::format::Format;
use crate::session::reading::{Confidence, Kind, Reading};
use crate::session::{Context, Cookie};

/// A reading by name, with the node after the dot where there is one.
fn reading(format: &'static str, route: Option<&[u8]>, why: &'static str) -> Reading {
    let route = route.and_then(|route| std::str::from_utf8(route).ok());
    Reading {
        payload: route.map(|route| json!({ "jvm_route": route })),
        ..Reading::new(format, Confidence::ByName, Kind::OpaqueId, why)
    }
}

/// The id and the route after the first dot.
fn parts<'a>(cookie: &Cookie<'a>) -> (&'a [u8], Option<&'a [u8]>) {
    match split_first(cookie.value, b'.') {
        Some((id, route)) => (id, Some(route)),
        None => (cookie.value, None),
    }
}

/// Apache Tomcat: 16 bytes in upper-case hexadecimal.
pub struct Tomcat;

impl Format for Tomcat {
    fn name(&self) -> &'static str {
        "jsessionid-tomcat"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let (id, route) = parts(cookie);
        let hex = id.len() == 32 && id.iter().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'));
        let why = "the name JSESSIONID, and 32 upper-case hexadecimal digits";
        (cookie.name == b"JSESSIONID" && hex).then(|| reading(self.name(), route, why))
    }
}

/// Eclipse Jetty: its node, a random number in base 36, a counter.
pub struct Jetty;

impl Format for Jetty {
    fn name(&self) -> &'static str {
        "jsessionid-jetty"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let (id, route) = parts(cookie);
        let why = "the name JSESSIONID, and an id that begins with its node";
        let node = route.unwrap_or(b"node0");
        let fits =
            id.starts_with(node) && id.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        (cookie.may_be(b"JSESSIONID") && fits).then(|| reading(self.name(), route, why))
    }
}

/// Shortest id that is taken as one for its name alone: old Jetty wrote 64 bits in base 36.
const SHORTEST: usize = 11;

/// Whether a value is an id of Oracle `WebLogic`, whose cookie applications often rename: the id, then
/// the hashes of the primary and the secondary server, then a time, as far as each is known.
fn is_weblogic(value: &[u8]) -> bool {
    const ID: usize = 28;
    let mut parts = value.split(|byte| *byte == b'!');
    let is_id = parts.next().is_some_and(|id| {
        id.len() >= ID && id.iter().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(b))
    });
    let numbers: Vec<&[u8]> = parts.collect();
    let is_number = |text: &&[u8]| {
        let digits = text.strip_prefix(b"-").unwrap_or(text);
        (5..=13).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
    };
    is_id && (1..=3).contains(&numbers.len()) && numbers.iter().all(is_number)
}

/// Any other container.
pub struct Other;

impl Format for Other {
    fn name(&self) -> &'static str {
        "jsessionid"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let is_id = |b: &u8| b.is_ascii_alphanumeric() || b"!-_.:+/=~".contains(b);
        let named = cookie.name == b"JSESSIONID" && cookie.value.len() >= SHORTEST;
        if is_weblogic(cookie.value) {
            let why = "an id and the numbers of WebLogic servers, joined by exclamation marks";
            let confidence = Confidence::Medium;
            return Some(Reading::new(self.name(), confidence, Kind::OpaqueId, why));
        }
        (named && cookie.value.iter().all(is_id))
            .then(|| reading(self.name(), None, "the name JSESSIONID"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_by_their_name_or_by_weblogics_numbers() {
        let read = |name: &str, value: &str| {
            let cookie = Cookie::new(name.as_bytes(), value.as_bytes());
            Other.recognise(&cookie, &Context::default()).map(|reading| reading.confidence)
        };
        assert_eq!(read("JSESSIONID", "1s6ylq2znjyi5"), Some(Confidence::ByName));
        assert_eq!(read("JSESSIONID", "no id at all"), None);
        let weblogic = "KyEZ7J11JNKUJ8wiDneu0PpV0AWRmtmG!-1422444667!-1560152703";
        assert_eq!(read("H3GID", weblogic), Some(Confidence::Medium));
        assert_eq!(read("H3GID", "KyEZ7J11JNKUJ8wiDneu0PpV0AWRmtmG"), None);
        assert_eq!(read("H3GID", "KyEZ7J11JNKUJ8wiDneu0PpV0AWRmtmG!word"), None);
    }
}
