//! A cookie whose secret is looked for.

use crate::session::crack::cost;
use crate::session::way::Way;
use crate::session::{Cookie, Reading, VerifyOptions, encoding, format};

/// One cookie, with every way in which it may have been signed worked out.
#[derive(Debug, Clone)]
pub struct Target {
    name: Vec<u8>,
    value: Vec<u8>,
    companions: Vec<(Vec<u8>, Vec<u8>)>,
    /// What is tried as the salt; `None` is the format's own.
    salts: Vec<Option<Vec<u8>>>,
    formats: Vec<&'static str>,
    jobs: Vec<Job>,
}

/// One thing to try a candidate on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Job {
    /// A way that is known as data.
    Way(Way),
    /// A format that checks by code of its own.
    Format(&'static str),
    /// The same, only for candidates that are not ASCII: others are tried as data already.
    Respelled(&'static str),
}

impl Target {
    /// The target that a cookie is, by its readings, the likeliest first; `None` where no secret
    /// can be looked for: nothing is signed, or the signature is such that no secret makes it.
    ///
    /// Each of `salts` is tried beside the format's own.
    pub fn new(cookie: &Cookie<'_>, readings: &[Reading], salts: &[Vec<u8>]) -> Option<Self> {
        let value = encoding::unquote(cookie.value);
        let companions = cookie.companions.iter();
        let mut target = Self {
            name: cookie.name.to_vec(),
            value: value.to_vec(),
            companions: companions.map(|(name, value)| (name.to_vec(), value.to_vec())).collect(),
            salts: std::iter::once(None).chain(salts.iter().cloned().map(Some)).collect(),
            formats: readings.iter().map(|reading| reading.format).collect(),
            jobs: Vec::new(),
        };
        let mut jobs: Vec<Job> = Vec::new();
        for (place, name) in target.formats.iter().enumerate() {
            for salt in &target.salts {
                for job in target.jobs_of(name, place > 0, salt.as_deref()) {
                    if !jobs.iter().any(|known| known.is_same(&job)) {
                        jobs.push(job);
                    }
                }
            }
        }
        target.jobs = jobs;
        (!target.jobs.is_empty()).then_some(target)
    }

    /// What to try for one format. Only the likeliest format's own ways count as usual.
    fn jobs_of(&self, name: &'static str, is_second: bool, salt: Option<&[u8]>) -> Vec<Job> {
        let Some(format) = format(name) else { return Vec::new() };
        let options = VerifyOptions { salt, ..VerifyOptions::default() };
        self.with_cookie(|cookie| match format.ways(cookie, &options) {
            Some(ways) => {
                let ways = ways.into_iter().filter(|way| way.mac().len() == way.digest.length());
                let usual = |way: Way| Way { is_usual: way.is_usual && !is_second, ..way };
                let jobs = ways.map(|way| Job::Way(usual(way)));
                jobs.chain(format.respells().then_some(Job::Respelled(name))).collect()
            }
            None if format.verify(cookie, PROBE, &options).is_some() => vec![Job::Format(name)],
            None => Vec::new(),
        })
    }

    fn with_cookie<T>(&self, act: impl FnOnce(&Cookie<'_>) -> T) -> T {
        let companions: Vec<(&[u8], &[u8])> =
            self.companions.iter().map(|(name, value)| (&**name, &**value)).collect();
        act(&Cookie { name: &self.name, value: &self.value, companions: &companions })
    }

    /// The format as which `secret` signed the cookie, if it did.
    pub fn signed_as(&self, secret: &[u8]) -> Option<&'static str> {
        self.formats.iter().find(|name| self.is_signed(name, secret)).copied()
    }

    /// Whether `secret` signed the cookie, read as the format called `name`.
    pub(super) fn is_signed(&self, name: &str, secret: &[u8]) -> bool {
        let Some(format) = format(name) else { return false };
        self.with_cookie(|cookie| {
            self.salts.iter().any(|salt| {
                let options = VerifyOptions { salt: salt.as_deref(), ..VerifyOptions::default() };
                format.verify(cookie, secret, &options) == Some(true)
            })
        })
    }

    /// The cookie's name; empty where it is not known.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// The likeliest format.
    pub fn format(&self) -> &'static str {
        self.formats[0]
    }

    pub(super) fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// What a candidate costs with the framework's own choices, in SHA-1 compressions.
    pub fn cost(&self) -> u64 {
        let usual = self.jobs.iter().filter(|job| job.is_usual()).map(Job::cost).sum();
        if usual == 0 { self.jobs.iter().map(Job::cost).sum() } else { usual }
    }
}

/// A secret that nobody uses, to find out whether a format judges secrets at all.
const PROBE: &[u8] = b"\0cookietrail";

impl Job {
    /// Whether it tries the same, however usual that is.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Way(way), Self::Way(other)) => {
                (way.digest, &way.key, &way.check) == (other.digest, &other.key, &other.check)
            }
            _ => self == other,
        }
    }

    pub(super) fn cost(&self) -> u64 {
        match self {
            Self::Way(way) => cost::of_way(way),
            Self::Format(name) => cost::of_format(name),
            Self::Respelled(_) => 0,
        }
    }

    /// Whether it is what the likeliest framework does unless it is told otherwise.
    pub(super) fn is_usual(&self) -> bool {
        match self {
            Self::Way(way) => way.is_usual,
            Self::Format(_) | Self::Respelled(_) => true,
        }
    }
}
