//! Targets that are tried together.

use crate::session::crack::hash::{Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
use crate::session::crack::lanes::{Group, Hit, LANES, Ways};
use crate::session::crack::target::{Job, Target};
use crate::session::mac::Digest;
use crate::session::way::{Key, Way};

/// What is tried on each candidate: every key derivation once, and every signature under it.
#[derive(Default)]
pub struct Batch {
    groups: Vec<(Digest, Key, Box<dyn Group>)>,
    others: Vec<Other>,
    cost: u64,
}

/// A target of a format that checks by code of its own.
struct Other {
    name: &'static str,
    target: Target,
    number: usize,
    /// Whether only candidates that are not ASCII are for it.
    respelled: bool,
}

impl Other {
    fn fits(&self, secret: &[u8]) -> bool {
        !(self.respelled && secret.is_ascii()) && self.target.is_signed(self.name, secret)
    }
}

impl Batch {
    /// Adds everything there is to try for a target; a hit names it by `number`.
    pub fn add(&mut self, target: &Target, number: usize) {
        for job in target.jobs() {
            self.add_job(target, job, number);
        }
    }

    pub(super) fn add_job(&mut self, target: &Target, job: &Job, number: usize) {
        self.cost += job.cost();
        match job {
            Job::Way(way) => self.group(way).add(way, number),
            Job::Format(name) | Job::Respelled(name) => {
                let respelled = matches!(job, Job::Respelled(_));
                self.others.push(Other { name, target: target.clone(), number, respelled });
            }
        }
    }

    fn group(&mut self, way: &Way) -> &mut dyn Group {
        let same = |(digest, key, _): &(Digest, Key, _)| *digest == way.digest && *key == way.key;
        let place = self.groups.iter().position(same).unwrap_or_else(|| {
            self.groups.push((way.digest, way.key.clone(), group(way.digest, &way.key)));
            self.groups.len() - 1
        });
        &mut *self.groups[place].2
    }

    /// Whether there is nothing to try.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.others.is_empty()
    }

    /// About how much one candidate costs, in SHA-1 compressions.
    pub fn cost(&self) -> u64 {
        self.cost
    }

    /// Tries candidates, and adds to `hits` those that fit, in no particular order. Fastest with
    /// [`LANES`] candidates at a time or multiples of it.
    pub fn try_candidates(&self, candidates: &[&[u8]], hits: &mut Vec<Hit>) {
        for (block, lanes) in candidates.chunks(LANES).enumerate() {
            let known = hits.len();
            for (_, _, group) in &self.groups {
                group.try_lanes(lanes, hits);
            }
            for other in &self.others {
                let fitting = lanes.iter().enumerate().filter(|(_, secret)| other.fits(secret));
                hits.extend(fitting.map(|(candidate, _)| Hit { candidate, target: other.number }));
            }
            for hit in &mut hits[known..] {
                hit.candidate += block * LANES;
            }
        }
    }

    /// Tries one candidate.
    pub fn try_candidate(&self, candidate: &[u8], hits: &mut Vec<Hit>) {
        self.try_candidates(&[candidate], hits);
    }
}

fn group(digest: Digest, key: &Key) -> Box<dyn Group> {
    match digest {
        Digest::Md5 => Box::new(Ways::<Md5>::new(key)),
        Digest::Sha1 => Box::new(Ways::<Sha1>::new(key)),
        Digest::Sha224 => Box::new(Ways::<Sha224>::new(key)),
        Digest::Sha256 => Box::new(Ways::<Sha256>::new(key)),
        Digest::Sha384 => Box::new(Ways::<Sha384>::new(key)),
        Digest::Sha512 => Box::new(Ways::<Sha512>::new(key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::way::Check;

    /// Secrets around every length at which something changes: blocks of 64 and 128 bytes, with and
    /// without room for the padding.
    fn secrets() -> Vec<Vec<u8>> {
        let lengths = [0, 1, 5, 19, 20, 40, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 200, 300];
        let byte = |at: usize, length: usize| u8::try_from((at * 7 + length) % 256).unwrap();
        let text = |length| (0..length).map(|at| byte(at, length)).collect();
        lengths.into_iter().map(text).collect()
    }

    #[test]
    fn every_digest_and_derivation_agrees_with_the_plain_computation() {
        let digests = [
            Digest::Md5,
            Digest::Sha1,
            Digest::Sha224,
            Digest::Sha256,
            Digest::Sha384,
            Digest::Sha512,
        ];
        let beginnings = [0, 14, 50, 64, 70, 128, 140].map(|length| vec![b's'; length]);
        let mut tried = 0;
        for digest in digests {
            for beginning in &beginnings {
                for key in [Key::Plain, Key::Hash, Key::Hmac].map(|key| key(beginning.clone())) {
                    for message in [0, 50, 56, 64, 119, 200] {
                        tried += agree(digest, &key, &vec![b'm'; message]);
                    }
                }
            }
        }
        assert_eq!(tried, 6 * 7 * 3 * 6 * secrets().len());
    }

    /// Signs with each secret in turn and looks for it among all: only it may be found.
    fn agree(digest: Digest, key: &Key, message: &[u8]) -> usize {
        let secrets = secrets();
        let candidates: Vec<&[u8]> = secrets.iter().map(Vec::as_slice).collect();
        let mut groups = group(digest, key);
        for (number, secret) in secrets.iter().enumerate() {
            let made = key.of(digest, secret);
            let mac = digest.hmac(&made, &[message]);
            groups.add(&Way::hmac(digest, key.clone(), &[message], mac), number);
            if !matches!(key, Key::Plain(_)) {
                let way = Way { digest, key: key.clone(), check: Check::Key(made), is_usual: true };
                groups.add(&way, number + 1000);
            }
        }
        for (at, lanes) in candidates.chunks(LANES).enumerate() {
            let mut hits = Vec::new();
            groups.try_lanes(lanes, &mut hits);
            let mut found: Vec<_> =
                hits.iter().map(|hit| (hit.target, hit.candidate + at * LANES)).collect();
            found.sort_unstable();
            let numbers = at * LANES..at * LANES + lanes.len();
            let mut expected: Vec<_> = numbers.clone().map(|number| (number, number)).collect();
            if !matches!(key, Key::Plain(_)) {
                expected.extend(numbers.map(|number| (number + 1000, number)));
            }
            assert_eq!(found, expected, "{digest:?} {key:?} {}", message.len());
        }
        secrets.len()
    }
}
