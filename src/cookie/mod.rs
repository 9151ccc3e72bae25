//! Cookies as the wire shows them and as a client keeps them: `Set-Cookie` and `Cookie` headers,
//! dates, domains, paths, and the RFC 6265bis jar with a reason for everything it does.
//!
//! Purpose: answer, for each `Set-Cookie` line, whether a client kept it and why not; and for each
//! request, which cookies the client would send and why not the others. Clients differ; each
//! difference is a named method of [`Agent`].
//!
//! Boundary: this module sees bytes, hosts and times, never packets or exchanges. What it stores
//! carries a `tag` that only the caller understands.
//!
//! Limits: what the user or a script did (typed cookies, cleared a profile, blocked third parties)
//! is not on the wire. Verdicts that depend on it are graded [`Grade::NeedsBrowserContext`].
//!
//! "RFC 6265bis" means draft-ietf-httpbis-rfc6265bis-22; section numbers are those of that text.

pub mod agent;
mod bytes;
pub mod cookie_header;
pub mod date;
#[cfg(test)]
mod dialogue;
pub mod domain;
pub mod era;
pub mod jar;
pub mod path;
pub mod plain_url;
pub mod reason;
mod send;
mod sentence;
pub mod set_cookie;
pub mod site;
mod store;
pub mod target;

pub use agent::Agent;
pub use cookie_header::{CookieHeader, CookiePair};
pub use domain::Host;
pub use jar::{Cookie, Jar};
pub use plain_url::PlainUrl;
pub use reason::{Grade, Reason, Verdict};
pub use send::{Considered, header_value};
pub use sentence::Case;
pub use set_cookie::{Attribute, Refusal, SameSite, SetCookie};
pub use site::{Clues, Site};
pub use store::{Received, Response, Stored};
pub use target::{Scheme, Target};
