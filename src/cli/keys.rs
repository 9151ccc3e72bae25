//! The secrets that were given, from the command line, the environment and files.

use super::args::Secrets;
use crate::session::secret;
use crate::trail::{Key, Keys, Scope};
use anyhow::Context;
use std::path::Path;

impl Secrets {
    /// The keys in the order of their numbers: `--secret`, `--secret-file`, `--secret-for`.
    ///
    /// # Errors
    /// A file that cannot be read, or a secret that is not encoded as it says.
    pub fn keys(&self) -> anyhow::Result<Vec<Key>> {
        let mut keys = Vec::new();
        for text in self.secret.iter().filter(|text| !text.is_empty()) {
            keys.push(Key { secret: secret::given(text.as_bytes())?, scope: Scope::default() });
        }
        for path in &self.secret_file {
            keys.push(Key { secret: from_file(path)?, scope: Scope::default() });
        }
        for pair in self.secret_for.chunks_exact(2) {
            let secret = secret::given(pair[1].as_bytes())?;
            keys.push(Key { secret, scope: scope(&pair[0]) });
        }
        Ok(keys)
    }

    /// Secrets and salts together.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn all(&self) -> anyhow::Result<Keys> {
        Ok(Keys { keys: self.keys()?, salts: self.salts() })
    }

    /// The salts to try beside each framework's own.
    pub fn salts(&self) -> Vec<Vec<u8>> {
        self.salt.iter().map(|salt| salt.clone().into_bytes()).collect()
    }
}

/// `HOST`, `COOKIE@HOST` or `COOKIE@`.
fn scope(text: &str) -> Scope {
    let (cookie, host) = match text.rsplit_once('@') {
        Some((cookie, host)) => (Some(cookie), host),
        None => (None, text),
    };
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Scope {
        host: given(&host.to_ascii_lowercase()),
        cookie: cookie.and_then(given).map(String::into_bytes),
    }
}

/// The secret in a file: all of it, less one line end.
///
/// # Errors
/// A file that cannot be read.
pub fn from_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    #[expect(clippy::disallowed_methods, reason = "the user named this file to read")]
    let whole = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = whole.strip_suffix(b"\n").unwrap_or(&whole);
    let secret = secret::given(text.strip_suffix(b"\r").unwrap_or(text));
    secret.with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_may_be_for_a_host_a_cookie_or_both() {
        for (text, host, cookie) in [
            ("Shop.example", Some("shop.example"), None),
            ("session@shop.example", Some("shop.example"), Some("session")),
            ("session@", None, Some("session")),
            ("@shop.example", Some("shop.example"), None),
        ] {
            let expected = Scope {
                host: host.map(str::to_owned),
                cookie: cookie.map(|cookie| cookie.as_bytes().to_vec()),
            };
            assert_eq!(scope(text), expected, "{text}");
        }
    }

    #[test]
    fn keys_are_numbered_in_the_order_that_is_documented() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, b"hex:6b\r\n").unwrap();
        let secrets = Secrets {
            secret: vec!["a=b".into(), String::new()],
            secret_file: vec![file.path().to_owned()],
            secret_for: vec!["h".into(), "x=y".into()],
            salt: Vec::new(),
        };
        let keys: Vec<_> = secrets.keys().unwrap().into_iter().map(|key| key.secret).collect();
        assert_eq!(keys, [&b"a=b"[..], b"k", b"x=y"]);
    }
}
