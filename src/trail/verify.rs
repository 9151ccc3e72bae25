//! Signatures judged with secrets: which of the keys that were given signed each value.

use super::beside::Beside;
use super::story::CookieLife;
use crate::session::{self, Context, Reading, SignatureState, VerifyOptions};

/// A secret and where it applies. Reports name it by its number, never by what it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// The secret.
    pub secret: Vec<u8>,
    /// The cookies it is for.
    pub scope: Scope,
}

/// Which cookies a key is for; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The host or domain that the cookie belongs to, or a host below its domain; in lower case.
    pub host: Option<String>,
    /// The cookie's name.
    pub cookie: Option<Vec<u8>>,
}

/// Without the secret, so that it cannot get into a log.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl Scope {
    /// Whether a cookie of this name and domain is meant.
    pub fn has(&self, name: &[u8], domain: &str) -> bool {
        let below = |host: &str| {
            host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
        };
        self.cookie.as_ref().is_none_or(|cookie| cookie == name)
            && self.host.as_deref().is_none_or(below)
    }
}

/// The secrets that were given, and the salts to try beside each framework's own.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// The secrets; their place here, from 1, is what reports call them by.
    pub keys: Vec<Key>,
    /// Salts of applications that chose one of their own.
    pub salts: Vec<Vec<u8>>,
}

/// Judges every value of every cookie: each reading then says valid or invalid, and the version
/// which key (by its place in `keys`, from 1) signed it. Encrypted values that a key opens show
/// their content. Each key is tried with the framework's own salt and with each of the others.
///
/// Values that no key is meant for stay unverified.
pub(super) fn verify(cookies: &mut [CookieLife], keys: &Keys) {
    if keys.keys.is_empty() {
        return;
    }
    let beside = Beside::of(cookies);
    let mut judged = Vec::new();
    for (index, life) in cookies.iter().enumerate() {
        for (version, shown) in beside.shown(cookies, index).iter().enumerate() {
            let own = life.versions[version].reading.as_deref();
            let judgement = own.and_then(|own| keys.judge(life, version, own, &shown.companions));
            judged.extend(judgement.map(|judgement| (index, version, judgement)));
        }
    }
    for (life, version, (reading, key)) in judged {
        let version = &mut cookies[life].versions[version];
        (version.reading, version.key) = (Some(Box::new(reading)), key);
    }
}

impl Keys {
    /// The reading `own` of one value as the keys judge it, with the number of the key that signed it.
    /// `None` where no key is meant for it, or nothing about it can be judged.
    pub(super) fn judge(
        &self,
        life: &CookieLife,
        version: usize,
        own: &Reading,
        companions: &[(&[u8], &[u8])],
    ) -> Option<(Reading, Option<usize>)> {
        let is_meant = |key: &Key| key.scope.has(&life.name, &life.domain);
        let keys: Vec<(usize, &Key)> =
            (1..).zip(&self.keys).filter(|(_, key)| is_meant(key)).collect();
        let value = &life.versions[version].value;
        let cookie = session::Cookie { name: &life.name, value, companions };
        judge(&cookie, own, &keys, &self.salts)
    }
}

/// The same for the keys that are meant for it.
fn judge(
    cookie: &session::Cookie<'_>,
    own: &Reading,
    keys: &[(usize, &Key)],
    salts: &[Vec<u8>],
) -> Option<(Reading, Option<usize>)> {
    let mut readings = vec![own.clone()];
    let others = session::candidates(cookie, &Context::default());
    readings.extend(others.into_iter().filter(|other| other.format != own.format));
    let salts: Vec<Option<&[u8]>> =
        std::iter::once(None).chain(salts.iter().map(|salt| Some(&**salt))).collect();
    let mut is_judged = false;
    for (number, key) in keys {
        for salt in &salts {
            let options = VerifyOptions { salt: *salt, ..VerifyOptions::default() };
            for reading in &readings {
                match session::verify(reading.format, cookie, &key.secret, &options) {
                    Some(true) => {
                        let opened =
                            || session::open(reading.format, cookie, &key.secret, &options);
                        let payload = reading.payload.clone().or_else(opened);
                        let signature = SignatureState::Valid;
                        let reading = Reading { payload, signature, ..reading.clone() };
                        return Some((reading, Some(*number)));
                    }
                    Some(false) => is_judged |= reading.format == own.format,
                    None => {}
                }
            }
        }
    }
    is_judged.then(|| (Reading { signature: SignatureState::Invalid, ..own.clone() }, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_names_hosts_and_the_hosts_below_a_domain() {
        let scope = |host: &str, cookie: Option<&[u8]>| Scope {
            host: Some(host.to_owned()),
            cookie: cookie.map(<[u8]>::to_vec),
        };
        for (scope, expected) in [
            (Scope::default(), true),
            (scope("shop.example", None), true),
            (scope("www.shop.example", None), true),
            (scope("notshop.example", None), false),
            (scope("example", None), false),
            (scope("shop.example", Some(b"session")), true),
            (scope("shop.example", Some(b"sid")), false),
        ] {
            assert_eq!(scope.has(b"session", "shop.example"), expected, "{scope:?}");
        }
    }

    #[test]
    fn a_key_does_not_show_its_secret() {
        let key = Key { secret: b"keyboard cat".to_vec(), scope: Scope::default() };
        assert!(!format!("{key:?}").contains("107"));
    }
}
