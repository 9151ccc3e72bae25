//! cookietrail: follow every cookie from the Set-Cookie that made it to the request that lost it.

pub mod capture;
pub mod cli;
pub mod cookie;
mod few;
pub mod http;
pub mod layer;
pub mod limits;
pub mod note;
pub mod packet;
pub mod pipeline;
pub mod report;
pub mod session;
pub mod tcp;
pub mod threads;
pub mod time;
pub mod trail;
