//! What speaks for giving an exchange to a client.

/// The strongest thing that ties an exchange to its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TiedBy {
    /// It is the first of its address and `User-Agent`.
    New,
    /// It cannot be an earlier client's, so it opens another.
    Apart,
    /// A cookie: one that it sends, or was given and that comes back later.
    Cookie,
    /// Its connection, which carries cookies of that client.
    Connection,
    /// A connection that opened just after its own, and later carried cookies of that client.
    Spare,
    /// A redirect led here.
    Redirect,
    /// It names a page that this client had been given.
    Referer,
    /// Just the cookies that a client of the same name held at another address.
    Moved,
    /// Nothing but address and name, and nothing speaks against it.
    Nothing,
}

impl TiedBy {
    /// Every kind, in declaration order.
    pub const ALL: [Self; 9] = [
        Self::New,
        Self::Apart,
        Self::Cookie,
        Self::Connection,
        Self::Spare,
        Self::Redirect,
        Self::Referer,
        Self::Moved,
        Self::Nothing,
    ];

    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Apart => "apart",
            Self::Cookie => "cookie",
            Self::Connection => "connection",
            Self::Spare => "spare",
            Self::Redirect => "redirect",
            Self::Referer => "referer",
            Self::Moved => "moved",
            Self::Nothing => "nothing",
        }
    }

    /// What to say of exchanges that it ties.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::New => "the first from this address with this User-Agent",
            Self::Apart => "cannot be from an earlier browser",
            Self::Cookie => "by a cookie that only this browser had, then or later",
            Self::Connection => "by a connection that this browser uses",
            Self::Spare => "by the spare connection that opened with its own and was used later",
            Self::Redirect => "by the redirect that led there",
            Self::Referer => "by the page that it comes from",
            Self::Moved => "by its cookies, from another address",
            Self::Nothing => "by address and User-Agent alone",
        }
    }
}

/// How sure it is that a client is one, and that it is no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// It looks like others at its address, and has no cookie to tell it by.
    Guess,
    /// Nothing else at its address has its name.
    Likely,
    /// It returned cookies that only it was given.
    Certain,
}

impl Confidence {
    /// The same where others at its address have its name.
    pub(super) fn among_twins(self) -> Self {
        if self == Self::Certain { self } else { Self::Guess }
    }

    /// The word used in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Guess => "guess",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }

    /// What makes it so sure.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Guess => "others at its address have its name, and no cookie tells it apart",
            Self::Likely => "nothing else at its address has its name",
            Self::Certain => "it returned cookies that only it was given",
        }
    }
}

/// Why an exchange is this client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribution {
    /// The exchange.
    pub visit: usize,
    /// What ties it.
    pub by: TiedBy,
}
