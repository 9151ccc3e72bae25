//! What it costs to try one candidate, counted in SHA-1 compressions.
//!
//! Only the order of magnitude matters: it decides what is tried first and how much work is handed
//! out at a time.

use crate::session::mac::Digest;
use crate::session::way::{Check, Key, Way};

/// Costs above this belong to formats that stretch their keys on purpose.
pub const SLOW: u64 = 200;

/// The cost of one way.
pub(super) fn of_way(way: &Way) -> u64 {
    let key = match &way.key {
        Key::Plain(_) => 0,
        Key::Hash(_) => 1,
        Key::Hmac(salt) => 3 + blocks(way.digest, salt.len()),
    };
    let check = match &way.check {
        Check::Hmac { message, .. } => 3 + blocks(way.digest, message.len()),
        Check::Key(_) => 0,
    };
    (key + check) * compression(way.digest)
}

/// The cost of a format that checks by code of its own, from its number of PBKDF2 rounds.
pub(super) fn of_format(name: &str) -> u64 {
    match name {
        "rails-signed" | "rails-encrypted-cbc" => 16_000,
        "rails-encrypted-gcm" => 6_000,
        "phoenix-signed" | "phoenix-encrypted" => 4_000,
        _ => 40,
    }
}

/// Blocks of a padded message.
fn blocks(digest: Digest, length: usize) -> u64 {
    let (block, length_field) = match digest {
        Digest::Sha384 | Digest::Sha512 => (128, 16),
        _ => (64, 8),
    };
    (length + 1 + length_field).div_ceil(block) as u64
}

/// One compression, against one of SHA-1: the wide digests have no instructions of their own.
const fn compression(digest: Digest) -> u64 {
    match digest {
        Digest::Sha384 | Digest::Sha512 => 8,
        Digest::Md5 => 2,
        _ => 1,
    }
}
