//! Digests, HMAC and PBKDF2 over byte slices, chosen at run time.

use hmac::digest::block_api::EagerHash;
use hmac::{Hmac, KeyInit, Mac};

/// The hash functions that session formats use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Digest {
    /// MD5, 16 bytes.
    Md5,
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-224, 28 bytes.
    Sha224,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-384, 48 bytes.
    Sha384,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl Digest {
    /// The digest whose output is `length` bytes long; the lengths are all different.
    pub const fn of_length(length: usize) -> Option<Self> {
        Some(match length {
            16 => Self::Md5,
            20 => Self::Sha1,
            28 => Self::Sha224,
            32 => Self::Sha256,
            48 => Self::Sha384,
            64 => Self::Sha512,
            _ => return None,
        })
    }

    /// Bytes of its output.
    pub const fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The digest of this name: `sha1`, `sha256` and so on.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "md5" => Self::Md5,
            "sha1" => Self::Sha1,
            "sha224" => Self::Sha224,
            "sha256" => Self::Sha256,
            "sha384" => Self::Sha384,
            "sha512" => Self::Sha512,
            _ => return None,
        })
    }

    /// The hash of `parts`, one after another.
    pub fn hash(self, parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Md5 => hash::<md5::Md5>(parts),
            Self::Sha1 => hash::<sha1::Sha1>(parts),
            Self::Sha224 => hash::<sha2::Sha224>(parts),
            Self::Sha256 => hash::<sha2::Sha256>(parts),
            Self::Sha384 => hash::<sha2::Sha384>(parts),
            Self::Sha512 => hash::<sha2::Sha512>(parts),
        }
    }

    /// The HMAC of `parts`, one after another, with `key` (RFC 2104).
    pub fn hmac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Md5 => hmac::<md5::Md5>(key, parts),
            Self::Sha1 => hmac::<sha1::Sha1>(key, parts),
            Self::Sha224 => hmac::<sha2::Sha224>(key, parts),
            Self::Sha256 => hmac::<sha2::Sha256>(key, parts),
            Self::Sha384 => hmac::<sha2::Sha384>(key, parts),
            Self::Sha512 => hmac::<sha2::Sha512>(key, parts),
        }
    }
}

fn hash<D: sha1::Digest>(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().fold(D::new(), D::chain_update).finalize().to_vec()
}

fn hmac<D: EagerHash>(key: &[u8], parts: &[&[u8]]) -> Vec<u8>
where
    Hmac<D>: KeyInit + Mac,
{
    // HMAC takes keys of every length, so this branch is never left without a result.
    let Ok(mac) = <Hmac<D> as KeyInit>::new_from_slice(key) else { return Vec::new() };
    parts.iter().fold(mac, Mac::chain_update).finalize().into_bytes().to_vec()
}
