//! The words for a session's life: its stages, the turns between them, and what a turn is told from.

use crate::time::Timestamp;

/// What a session is at some moment, as far as the packets show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// There is none yet.
    None,
    /// There is one, and nobody is logged in.
    Anonymous,
    /// Somebody is logged in.
    LoggedIn,
    /// It was there before the capture, and nothing says whether anybody is logged in.
    Unknown,
    /// Its user has logged out, or the server took it away.
    LoggedOut,
    /// Its time is over.
    Expired,
}

impl Stage {
    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Anonymous => "anonymous",
            Self::LoggedIn => "logged-in",
            Self::Unknown => "unknown",
            Self::LoggedOut => "logged-out",
            Self::Expired => "expired",
        }
    }

    /// Whether the session is over.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::LoggedOut | Self::Expired)
    }
}

/// What happens in a session's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TurnKind {
    /// The server makes a session for somebody it does not know.
    Begin,
    /// A browser sends a session from before the capture, or one that a script made.
    Brought,
    /// A browser sends a session that the server had given to another.
    Taken,
    /// Somebody is logged in from here on.
    Login,
    /// Somebody tried to log in, and was not let in.
    LoginFailed,
    /// A session was made, and the browser did not keep it.
    Lost,
    /// Another user is logged in from here on.
    UserChange,
    /// A remember-me cookie brings the session back, without credentials.
    Revive,
    /// The browser sends it.
    Use,
    /// The server sends it anew with the same content, or with a later end.
    Refresh,
    /// The server puts other content into it.
    Change,
    /// The server gives the same session another id.
    Rotate,
    /// Its user logs out.
    Logout,
    /// A logout that leaves the browser's cookie where it was.
    LogoutMissed,
    /// The server throws away a session in which nobody was logged in.
    Dropped,
    /// Its time is over.
    Expire,
    /// The browser sends it after its end.
    Reuse,
}

impl TurnKind {
    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Brought => "brought",
            Self::Taken => "taken",
            Self::Login => "login",
            Self::LoginFailed => "login-failed",
            Self::Lost => "lost",
            Self::UserChange => "user-change",
            Self::Revive => "revive",
            Self::Use => "use",
            Self::Refresh => "refresh",
            Self::Change => "change",
            Self::Rotate => "rotate",
            Self::Logout => "logout",
            Self::LogoutMissed => "logout-missed",
            Self::Dropped => "dropped",
            Self::Expire => "expire",
            Self::Reuse => "reuse",
        }
    }

    /// Whether the packets show it outright. Of the others, the evidence says how sure they are.
    const fn is_shown(self) -> bool {
        matches!(
            self,
            Self::Begin
                | Self::Brought
                | Self::Taken
                | Self::Lost
                | Self::Use
                | Self::Refresh
                | Self::Change
                | Self::Dropped
                | Self::LogoutMissed
        )
    }

    /// Whether several in a row are told as one.
    pub(super) const fn gathers(self) -> bool {
        matches!(self, Self::Use | Self::Refresh | Self::Change | Self::Lost | Self::Reuse)
    }
}

/// What a turn is told from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// A form or JSON with a password, or a login form with a name, was posted.
    CredentialsPosted,
    /// The browser came back from a login elsewhere, with a code or a ticket in the URL.
    LoginElsewhere,
    /// The redirect led away from the login page.
    LeftLogin,
    /// The login page was shown again, or the answer was an error.
    LoginAgain,
    /// The page that followed names the user.
    PageNamesUser,
    /// The server set the cookie, which was not there before.
    CookieAppeared,
    /// The server gave the cookie another value.
    ValueChanged,
    /// The value stayed the same.
    ValueKept,
    /// The content begins to name a user.
    IdentityAppeared,
    /// The content names another user.
    IdentityChanged,
    /// The content does not name a user any more.
    IdentityGone,
    /// The content is the same as before.
    SameContent,
    /// The content is another.
    OtherContent,
    /// The content cannot be read.
    HiddenContent,
    /// The cookie gets a later end.
    LaterEnd,
    /// The request carried the value before.
    OldValueSent,
    /// The browser sends the cookie.
    CookieSent,
    /// The request lacked the cookie.
    CookieNotSent,
    /// The URL asked for is that of a logout.
    LogoutUrl,
    /// The server deleted the cookie.
    CookieDeleted,
    /// The server asked for all cookies to be cleared.
    SiteDataCleared,
    /// The deletion named another domain or path than the cookie's.
    DeletionMissed,
    /// The browser did not keep the cookie.
    CookieRefused,
    /// The cookie's own end has come.
    CookieTimeOver,
    /// The value says itself that its time is over.
    ValueTimeOver,
    /// A page that was shown before is refused, or led to the login page.
    TurnedAway,
    /// The page is the one that the session showed while it lived, and not that of strangers.
    PageAsBefore,
    /// What came back is not what the session showed while it lived.
    PageDiffers,
    /// A remember-me cookie was sent.
    RememberCookie,
    /// The same value was given to another browser.
    GivenToAnother,
    /// No response in the capture set the value.
    NeverSet,
}

impl Evidence {
    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::CredentialsPosted => "credentials-posted",
            Self::LoginElsewhere => "login-elsewhere",
            Self::LeftLogin => "left-login",
            Self::LoginAgain => "login-again",
            Self::PageNamesUser => "page-names-user",
            Self::CookieAppeared => "cookie-appeared",
            Self::ValueChanged => "value-changed",
            Self::ValueKept => "value-kept",
            Self::IdentityAppeared => "identity-appeared",
            Self::IdentityChanged => "identity-changed",
            Self::IdentityGone => "identity-gone",
            Self::SameContent => "same-content",
            Self::OtherContent => "other-content",
            Self::HiddenContent => "hidden-content",
            Self::LaterEnd => "later-end",
            Self::OldValueSent => "old-value-sent",
            Self::CookieSent => "cookie-sent",
            Self::CookieNotSent => "cookie-not-sent",
            Self::LogoutUrl => "logout-url",
            Self::CookieDeleted => "cookie-deleted",
            Self::SiteDataCleared => "site-data-cleared",
            Self::DeletionMissed => "deletion-missed",
            Self::CookieRefused => "cookie-refused",
            Self::CookieTimeOver => "cookie-time-over",
            Self::ValueTimeOver => "value-time-over",
            Self::TurnedAway => "turned-away",
            Self::PageAsBefore => "page-as-before",
            Self::PageDiffers => "page-differs",
            Self::RememberCookie => "remember-cookie",
            Self::GivenToAnother => "given-to-another",
            Self::NeverSet => "never-set",
        }
    }

    /// The same for a person.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::CredentialsPosted => "credentials were posted",
            Self::LoginElsewhere => "the browser came back from a login elsewhere",
            Self::LeftLogin => "the redirect led away from the login",
            Self::LoginAgain => "the login was asked for again",
            Self::PageNamesUser => "the page names the user",
            Self::CookieAppeared => "the cookie was set",
            Self::ValueChanged => "it got another value",
            Self::ValueKept => "its value stayed the same",
            Self::IdentityAppeared => "its content now names the user",
            Self::IdentityChanged => "its content names another user",
            Self::IdentityGone => "its content names nobody any more",
            Self::SameContent => "same content, signed anew",
            Self::OtherContent => "other content",
            Self::HiddenContent => "its content cannot be read",
            Self::LaterEnd => "its end was put off",
            Self::OldValueSent => "the old value came with the request",
            Self::CookieSent => "the cookie was sent",
            Self::CookieNotSent => "the browser no longer sends it",
            Self::LogoutUrl => "a logout was asked for",
            Self::CookieDeleted => "the server deleted the cookie",
            Self::SiteDataCleared => "the server had all cookies cleared",
            Self::DeletionMissed => "the deletion has another domain or path",
            Self::CookieRefused => "the browser did not keep the cookie",
            Self::CookieTimeOver => "the cookie's time was over",
            Self::ValueTimeOver => "the value's own time was over",
            Self::TurnedAway => "a page shown before is refused now",
            Self::PageAsBefore => "the page is as before its end",
            Self::PageDiffers => "the page is not as before its end",
            Self::RememberCookie => "a remember-me cookie was sent",
            Self::GivenToAnother => "the server had given it to another browser",
            Self::NeverSet => "nothing in this capture set it",
        }
    }

    /// Whether it is enough by itself.
    const fn is_proof(self) -> bool {
        matches!(
            self,
            Self::IdentityAppeared
                | Self::IdentityChanged
                | Self::IdentityGone
                | Self::PageNamesUser
                | Self::CookieDeleted
                | Self::SiteDataCleared
                | Self::ValueTimeOver
                | Self::PageAsBefore
        )
    }
}

/// How sure a turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// One sign speaks for it, which may have another cause.
    Guess,
    /// Several signs speak for it.
    Likely,
    /// The packets show it.
    Certain,
}

impl Certainty {
    /// The word used in machine-readable output: the same as those for browsers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Guess => "guess",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }

    /// What this evidence makes of a turn.
    fn of(kind: TurnKind, evidence: &[Evidence]) -> Self {
        if kind.is_shown() || evidence.iter().any(|sign| sign.is_proof()) {
            Self::Certain
        } else if evidence.len() > 1 {
            Self::Likely
        } else {
            Self::Guess
        }
    }
}

/// One turn of a session's life.
#[derive(Debug, Clone)]
pub struct Turn {
    /// What happened.
    pub kind: TurnKind,
    /// What the session is from here on.
    pub stage: Stage,
    /// The exchanges that show it and the packet of each; several where the same happened again
    /// before anything else did.
    pub seen: Vec<(usize, Option<u64>)>,
    /// When it was first seen.
    pub time: Timestamp,
    /// Which of the cookie's values it is about, by index.
    pub version: Option<usize>,
    /// Who is logged in, or was.
    pub identity: Option<String>,
    /// What it is told from.
    pub evidence: Vec<Evidence>,
}

impl Turn {
    /// How sure it is.
    pub fn certainty(&self) -> Certainty {
        Certainty::of(self.kind, &self.evidence)
    }

    /// The turn in a few words: "alice logs in". It may hold captured text.
    pub fn title(&self) -> String {
        let who = self.identity.as_deref();
        let by = |named: &str, unnamed: &str| {
            who.map_or_else(|| unnamed.to_owned(), |who| named.replace("WHO", who))
        };
        let works = self.stage == Stage::LoggedIn;
        match self.kind {
            TurnKind::Begin => "begins, for nobody in particular".to_owned(),
            TurnKind::Brought => by("appears, as WHO", "appears"),
            TurnKind::Taken => by("is sent by a stranger, as WHO", "is sent by a stranger"),
            TurnKind::Login => by("WHO logs in", "somebody logs in"),
            TurnKind::LoginFailed => by("WHO is not let in", "a login fails"),
            TurnKind::Lost => by("WHO logs in, and it is lost", "is lost at once"),
            TurnKind::UserChange => by("WHO takes over", "another user takes over"),
            TurnKind::Revive => by("comes back, as WHO", "comes back"),
            TurnKind::Use => "is used".to_owned(),
            TurnKind::Refresh => "is refreshed".to_owned(),
            TurnKind::Change => "gets other content".to_owned(),
            TurnKind::Rotate => "goes on under another id".to_owned(),
            TurnKind::Logout => by("WHO logs out", "ends by a logout"),
            TurnKind::LogoutMissed => "a logout misses it".to_owned(),
            TurnKind::Dropped => "is thrown away".to_owned(),
            TurnKind::Expire => "is over, by its time".to_owned(),
            TurnKind::Reuse if works => by("still works, as WHO", "still works after its end"),
            TurnKind::Reuse => "is sent after its end".to_owned(),
        }
    }

    /// The first packet that shows it; `None` for an end that no packet shows.
    pub fn packet(&self) -> Option<u64> {
        self.seen.first().and_then(|(_, packet)| *packet)
    }

    /// Title and grounds: "alice logs in: credentials were posted, the cookie was set."
    pub fn sentence(&self) -> String {
        format!("{}: {}.", self.title(), self.grounds())
    }

    /// What it is told from, in one line.
    pub fn grounds(&self) -> String {
        let phrases: Vec<&str> = self.evidence.iter().map(|sign| sign.phrase()).collect();
        phrases.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_proof_is_certain_and_signs_add_up() {
        use Evidence::{CredentialsPosted, IdentityAppeared, LeftLogin, LogoutUrl};
        for (kind, evidence, certainty) in [
            (TurnKind::Login, &[IdentityAppeared][..], Certainty::Certain),
            (TurnKind::Login, &[CredentialsPosted, LeftLogin], Certainty::Likely),
            (TurnKind::Logout, &[LogoutUrl], Certainty::Guess),
            (TurnKind::Use, &[Evidence::CookieSent], Certainty::Certain),
        ] {
            assert_eq!(Certainty::of(kind, evidence), certainty, "{kind:?} {evidence:?}");
        }
    }
}
