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

/// Any other container.
pub struct Other;

impl Format for Other {
    fn name(&self) -> &'static str {
        "jsessionid"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let fits = cookie.name == b"JSESSIONID" && cookie.value.len() >= 16;
        fits.then(|| reading(self.name(), None, "the name JSESSIONID"))
    }
}
