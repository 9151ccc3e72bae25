//! How a secret may have signed a value, as data: what `verify` judges with one secret and `crack`
//! holds against millions.
//!
//! A format that signs with an HMAC, or with a plain hash over the secret, says so in [`Way`]s; the
//! others judge a value by code of their own. A value may have several ways, where nothing in it
//! tells which of them its maker used.

use crate::session::mac::Digest;

/// One way in which a secret may have signed a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The digest of every step.
    pub digest: Digest,
    /// How the key is made from the secret.
    pub key: Key,
    /// What the key must give.
    pub check: Check,
    /// Whether it is what the framework does unless it is told otherwise.
    pub is_usual: bool,
}

/// How a key is made from a secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// The secret with these bytes before it.
    Plain(Vec<u8>),
    /// The hash of these bytes and the secret.
    Hash(Vec<u8>),
    /// The HMAC of these bytes, keyed with the secret.
    Hmac(Vec<u8>),
}

/// What a key is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// The HMAC of the message is this.
    Hmac {
        /// What was signed.
        message: Vec<u8>,
        /// The signature, as bytes.
        mac: Vec<u8>,
    },
    /// The key itself is this.
    Key(Vec<u8>),
}

impl Key {
    /// The secret as it is.
    pub const SECRET: Self = Self::Plain(Vec::new());

    /// The key that a secret gives.
    pub fn of(&self, digest: Digest, secret: &[u8]) -> Vec<u8> {
        match self {
            Self::Plain(prefix) => [prefix, secret].concat(),
            Self::Hash(prefix) => digest.hash(&[prefix, secret]),
            Self::Hmac(salt) => digest.hmac(secret, &[salt]),
        }
    }
}

impl Way {
    /// A framework's usual way: an HMAC of `message`.
    pub fn hmac(digest: Digest, key: Key, message: &[&[u8]], mac: Vec<u8>) -> Self {
        Self { digest, key, check: Check::Hmac { message: message.concat(), mac }, is_usual: true }
    }

    /// The bytes of the signature.
    pub fn mac(&self) -> &[u8] {
        match &self.check {
            Check::Hmac { mac, .. } | Check::Key(mac) => mac,
        }
    }

    /// Whether `secret` signed the value in this way.
    pub fn is_made_by(&self, secret: &[u8]) -> bool {
        let key = self.key.of(self.digest, secret);
        match &self.check {
            Check::Hmac { message, mac } => self.digest.hmac(&key, &[message]) == *mac,
            Check::Key(mac) => key == *mac,
        }
    }
}
