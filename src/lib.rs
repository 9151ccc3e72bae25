//! cookietrail: follow every cookie from the Set-Cookie that made it to the request that lost it.

pub mod capture;
pub mod note;
pub mod time;
