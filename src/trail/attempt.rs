//! Requests that are about logging in and out, and what came of them.

use super::address::Address;
use super::form::{self, Field};
use super::stage::Evidence;
use super::story::Navigation;
use super::visit::{Answered, Asked, Purpose, Visit};
use std::borrow::Cow;

const LOGIN: [&str; 7] = ["login", "log-in", "log_in", "signin", "sign-in", "sign_in", "logon"];
const LOGOUT: [&str; 7] =
    ["logout", "log-out", "log_out", "signout", "sign-out", "sign_out", "logoff"];

/// What a request is for, as far as logging in and out go.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct About {
    is_logout: bool,
    is_login_url: bool,
    tries_login: bool,
}

impl About {
    pub fn of(asked: &Asked) -> Self {
        let is_logout = asks_for_logout(asked);
        let is_login_url = !is_logout && mentions(path_in(asked), &LOGIN);
        let has_both = || form::has_password(&asked.form) && form::has_name(&asked.form);
        let tries_login = changes_something(asked) && !is_logout && (is_login_url || has_both());
        Self { is_logout, is_login_url, tries_login }
    }
}

/// Whether a path has one of the words in it. All of them have a `g`, and few paths do.
fn mentions(path: &[u8], words: &[&str]) -> bool {
    if memchr::memchr2(b'g', b'G', path).is_none() {
        return false;
    }
    let path = path.to_ascii_lowercase();
    words.iter().any(|word| memchr::memmem::find(&path, word.as_bytes()).is_some())
}

/// The path without its query, as sent.
fn path_in(asked: &Asked) -> &[u8] {
    asked.path.split(|byte| *byte == b'?').next().unwrap_or_default()
}

/// The path without its query.
pub(super) fn path_of(asked: &Asked) -> Cow<'_, str> {
    String::from_utf8_lossy(path_in(asked))
}

fn changes_something(asked: &Asked) -> bool {
    matches!(&*asked.method, b"POST" | b"PUT")
}

/// Whether the URL is that of a login.
pub(super) const fn is_login_url(asked: &Asked) -> bool {
    asked.about.is_login_url
}

/// Whether a request submits credentials.
pub(super) const fn tries_login(asked: &Asked) -> bool {
    asked.about.tries_login
}

/// Whether a request asks for a logout: by its path, by an action in its query, or by deleting the
/// session as a resource.
pub(super) const fn is_logout(asked: &Asked) -> bool {
    asked.about.is_logout
}

fn asks_for_logout(asked: &Asked) -> bool {
    // A picture may be called anything.
    if asked.purpose == Purpose::Part && *asked.method == *b"GET" {
        return false;
    }
    let deletes = || {
        let path = path_of(asked);
        let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        matches!(&*last.to_ascii_lowercase(), "session" | "sessions" | "login")
    };
    let action = asked.url.as_ref().is_some_and(|url| {
        url.query_pairs().any(|(name, value)| {
            matches!(&*name, "action" | "do" | "mode" | "op" | "cmd")
                && LOGOUT.contains(&value.to_ascii_lowercase().as_str())
        })
    });
    (*asked.method == *b"DELETE" && deletes()) || action || mentions(path_in(asked), &LOGOUT)
}

/// Whether a request brings an answer from a login on another host: an authorization code (RFC 6749
/// section 4.1.2), a SAML response, a CAS ticket.
pub(super) fn is_return_from_login(asked: &Asked) -> bool {
    let in_query = |wanted: &str| {
        let pairs = asked.url.as_deref().map(Address::query_pairs).into_iter().flatten();
        pairs.into_iter().any(|(name, value)| name == wanted && !value.is_empty())
    };
    let in_form = |wanted: &str| asked.form.iter().any(|field| field.name == wanted);
    let is_cas = asked.url.as_ref().is_some_and(|url| {
        url.query_pairs().any(|(name, value)| name == "ticket" && value.starts_with("ST-"))
    });
    (in_query("code") && in_query("state"))
        || (in_form("code") && in_form("state"))
        || (in_form("id_token") && in_form("state"))
        || in_form("SAMLResponse")
        || is_cas
}

/// Whether a cookie's name says that it is there to log its owner in again.
pub(super) fn is_remember_cookie(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    ["remember", "autologin", "stay_logged_in", "persistent_login", "keep_login"]
        .iter()
        .any(|word| name.contains(word))
}

/// The name that was typed into a login form.
pub(super) fn user_in(asked: &Asked) -> Option<&str> {
    const NAMES: [&str; 9] =
        ["username", "user", "login", "email", "name", "userid", "uid", "log", "account"];
    let fields = || asked.form.iter().filter(|field| !field.secret && !field.value.is_empty());
    let bare = |field: &Field| bare_name(&field.name);
    NAMES
        .iter()
        .find_map(|name| fields().find(|field| bare(field) == *name).map(|field| &*field.value))
}

/// The last part of a nested name, `email` of `user[email]`, in lower case.
fn bare_name(name: &str) -> String {
    let last = name.trim_end_matches(']').rsplit(['[', '.']).next().unwrap_or_default();
    last.trim_start_matches('_').to_ascii_lowercase()
}

/// What came of an attempt to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The answers look like those to somebody who is let in.
    Accepted,
    /// The login was asked for again, or the answer was an error.
    Rejected,
    /// They may mean either.
    Unclear,
}

/// What came of the attempt that visit `at` made, by where its step led, and the signs of it.
/// `changed`: whether a session cookie was set on the way.
pub(super) fn outcome(
    step: &Navigation,
    at: usize,
    visits: &[Visit],
    changed: bool,
) -> (Outcome, Vec<Evidence>) {
    use Evidence::{CredentialsPosted, LeftLogin, LoginAgain, PageNamesUser};
    let own = visits[at].answered.as_deref();
    let Some(asked) = visits[at].asked.as_deref() else { return (Outcome::Unclear, Vec::new()) };
    let last = last_of(step, at);
    let (end_asked, end) = (visits[last].asked.as_deref(), visits[last].answered.as_deref());
    let mut signs = vec![CredentialsPosted];
    let asks_again = last != at && end_asked.is_some_and(|end| shows_login(end, asked));
    let shows_form = end.is_some_and(|end| end.page.asks_password);
    let is_error = own.is_some_and(|own| own.status >= 400)
        || end.is_some_and(|end| matches!(end.status, 401 | 403));
    if is_error || shows_form || asks_again {
        signs.push(LoginAgain);
        return (Outcome::Rejected, signs);
    }
    if names_user(user_in(asked), end) {
        signs.push(PageNamesUser);
    }
    let redirected = own.is_some_and(Answered::is_redirect);
    if redirected {
        signs.push(LeftLogin);
        return (Outcome::Accepted, signs);
    }
    let accepted = own.is_some_and(|answered| answered.status < 300)
        && (changed || signs.contains(&PageNamesUser));
    // A page that answers the form itself, and sets nothing: the form once more.
    let stays = own.is_some_and(|answered| answered.page.is_shown) && !asked.is_json && !changed;
    match (accepted, stays) {
        (true, _) => (Outcome::Accepted, signs),
        (false, true) => {
            signs.push(LoginAgain);
            (Outcome::Rejected, signs)
        }
        (false, false) => (Outcome::Unclear, signs),
    }
}

/// Whether a redirect led back to the login: to where the attempt was made, or to a page whose own
/// name says so. `/login/success` does not.
fn shows_login(end: &Asked, attempt: &Asked) -> bool {
    let path = path_of(end);
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let is_same = is_login_url(end) && path == path_of(attempt);
    *end.method == *b"GET" && (is_same || mentions(name.as_bytes(), &LOGIN))
}

/// Where the redirects of a visit lead.
pub(super) fn last_of(step: &Navigation, at: usize) -> usize {
    if step.hops.contains(&at) { step.hops.last().copied().unwrap_or(at) } else { at }
}

/// Whether the first words of a page have a name in them.
pub(super) fn names_user(user: Option<&str>, page: Option<&Answered>) -> bool {
    let words = page
        .and_then(|answered| answered.page.excerpt.as_deref())
        .unwrap_or_default()
        .to_lowercase();
    user.map(str::to_lowercase).is_some_and(|user| {
        let is_word = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()) == user;
        user.chars().count() > 1
            && (words.split_whitespace().any(is_word)
                || (user.contains([' ', '@']) && words.contains(&user)))
    })
}
