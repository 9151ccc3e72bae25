//! Looking for the secret that signed a cookie, by trying candidates.
//!
//! A [`Target`] is a distinct cookie; [`rounds()`] orders what there is to try; a [`Batch`] holds the
//! targets of one round, grouped so that each candidate's key is derived once for all cookies that
//! share digest, derivation and salt. Formats that sign with an HMAC or a plain hash are tried on
//! prepared message blocks, the others through their own `verify`.
//!
//! Pure: where candidates come from, and on how many threads they are tried, is the caller's
//! business. What a batch finds is certain up to a chance of 2⁻¹²⁸; [`Target::signed_as`] says as
//! which format.

mod batch;
mod cost;
mod hash;
mod lanes;
mod rounds;
mod target;

pub use batch::Batch;
pub use lanes::{Hit, LANES};
pub use rounds::{Round, rounds};
pub use target::Target;

/// Secrets that tutorials, documentation and templates use, one a line.
pub const BUILTIN: &[u8] = include_bytes!("builtin.txt");
