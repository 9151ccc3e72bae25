//! Many candidates side by side: one key derivation, the HMACs of everything that is signed with
//! that key, and the comparison.
//!
//! The steps of several candidates are taken in turn, so that the processor works on independent
//! compressions at once instead of waiting for one chain. Everything that does not depend on the
//! candidate is prepared in advance, and nothing is allocated for one.

use crate::session::crack::hash::{Begun, Hash, blocks_after_key};
use crate::session::way::{Check, Key, Way};

/// Candidates that are worked on side by side. Two already fill the processor's window; more give
/// the written blocks time to reach the cache before they are read.
pub const LANES: usize = 8;

/// A candidate that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Which of the candidates.
    pub candidate: usize,
    /// Whose signature it makes.
    pub target: usize,
}

/// Ways that share digest and key derivation.
pub(super) trait Group: Send + Sync {
    /// Adds a way for a target.
    fn add(&mut self, way: &Way, target: usize);

    /// Tries at most [`LANES`] candidates.
    fn try_lanes(&self, candidates: &[&[u8]], hits: &mut Vec<Hit>);
}

/// A group for a way's digest and key, with nothing in it yet.
pub(super) struct Ways<H: Hash> {
    rule: Rule<H>,
    macs: Vec<Signed<H>>,
    keys: Vec<KeyCheck>,
}

enum Rule<H: Hash> {
    Plain(Vec<u8>, Begun<H>),
    Hash(Begun<H>),
    Hmac { long: Begun<H>, salt: Vec<H::Block> },
}

struct Signed<H: Hash> {
    message: Vec<H::Block>,
    mac: H::Block,
    head: u32,
    target: usize,
}

struct KeyCheck {
    mac: Vec<u8>,
    target: usize,
}

/// The chaining values of an HMAC after the key: inner and outer.
#[derive(Clone, Copy)]
struct Pads<S> {
    inner: S,
    outer: S,
}

impl<H: Hash> Ways<H> {
    pub(super) fn new(key: &Key) -> Self {
        let rule = match key {
            Key::Plain(prefix) => Rule::Plain(prefix.clone(), Begun::new(prefix)),
            Key::Hash(prefix) => Rule::Hash(Begun::new(prefix)),
            Key::Hmac(salt) => {
                Rule::Hmac { long: Begun::new(b""), salt: blocks_after_key::<H>(salt) }
            }
        };
        Self { rule, macs: Vec::new(), keys: Vec::new() }
    }

    /// The keys of the candidates, each as a block with zeros behind it.
    fn keys(&self, candidates: &[&[u8]], keys: &mut [H::Block]) {
        match &self.rule {
            Rule::Plain(prefix, long) => plain_keys(prefix, long, candidates, keys),
            Rule::Hash(begun) => {
                for (key, candidate) in keys.iter_mut().zip(candidates) {
                    H::write(&begun.hash(candidate), key);
                }
            }
            Rule::Hmac { long, salt } => {
                plain_keys(b"", long, candidates, keys);
                let pads = pads::<H>(keys);
                let mut states = [H::START; LANES];
                hmac::<H>(&pads[..keys.len()], salt, &mut states);
                for (key, state) in keys.iter_mut().zip(&states) {
                    *key = H::EMPTY;
                    H::write(state, key);
                }
            }
        }
    }
}

/// The secrets as they are, with `prefix` before them; the hash of those that fill more than a
/// block (RFC 2104 section 2).
fn plain_keys<H: Hash>(
    prefix: &[u8],
    long: &Begun<H>,
    candidates: &[&[u8]],
    keys: &mut [H::Block],
) {
    for (key, candidate) in keys.iter_mut().zip(candidates) {
        if prefix.len() + candidate.len() > H::BLOCK {
            H::write(&long.hash(candidate), key);
        } else {
            let (head, tail) = key.as_mut().split_at_mut(prefix.len());
            head.copy_from_slice(prefix);
            tail[..candidate.len()].copy_from_slice(candidate);
        }
    }
}

fn pads<H: Hash>(keys: &[H::Block]) -> [Pads<H::State>; LANES] {
    let mut pads = [Pads { inner: H::START, outer: H::START }; LANES];
    let xor = |key: &H::Block, with: u8| {
        let mut block = *key;
        block.as_mut().iter_mut().for_each(|byte| *byte ^= with);
        block
    };
    for (pad, key) in pads.iter_mut().zip(keys) {
        H::compress(&mut pad.inner, &xor(key, 0x36));
        H::compress(&mut pad.outer, &xor(key, 0x5c));
    }
    pads
}

/// The HMACs of one message under several keys.
fn hmac<H: Hash>(pads: &[Pads<H::State>], message: &[H::Block], states: &mut [H::State; LANES]) {
    for (state, pad) in states.iter_mut().zip(pads) {
        *state = pad.inner;
    }
    for block in message {
        for state in &mut states[..pads.len()] {
            H::compress(state, block);
        }
    }
    let mut outer = H::EMPTY;
    outer.as_mut()[H::OUTPUT] = 0x80;
    H::put_length(&mut outer, (H::BLOCK + H::OUTPUT) as u64);
    let mut blocks = [outer; LANES];
    for (block, state) in blocks.iter_mut().zip(states.iter()) {
        H::write(state, block);
    }
    for ((state, pad), block) in states.iter_mut().zip(pads).zip(&blocks) {
        *state = pad.outer;
        H::compress(state, block);
    }
}

impl<H: Hash> Group for Ways<H> {
    fn add(&mut self, way: &Way, target: usize) {
        if way.mac().len() != H::OUTPUT {
            return;
        }
        match &way.check {
            Check::Key(mac) => self.keys.push(KeyCheck { mac: mac.clone(), target }),
            Check::Hmac { message, mac } => {
                let mut expected = H::EMPTY;
                expected.as_mut()[..H::OUTPUT].copy_from_slice(mac);
                let head = u32::from_be_bytes([mac[0], mac[1], mac[2], mac[3]]);
                let message = blocks_after_key::<H>(message);
                self.macs.push(Signed { message, mac: expected, head, target });
            }
        }
    }

    fn try_lanes(&self, candidates: &[&[u8]], hits: &mut Vec<Hit>) {
        let mut keys = [H::EMPTY; LANES];
        let keys = &mut keys[..candidates.len().min(LANES)];
        self.keys(candidates, keys);
        for check in &self.keys {
            let made = |key: &H::Block| key.as_ref()[..H::OUTPUT] == *check.mac;
            let fitting = keys.iter().enumerate().filter(|(_, key)| made(key));
            hits.extend(fitting.map(|(candidate, _)| Hit { candidate, target: check.target }));
        }
        if self.macs.is_empty() {
            return;
        }
        let pads = pads::<H>(keys);
        let pads = &pads[..keys.len()];
        let mut states = [H::START; LANES];
        for check in &self.macs {
            hmac::<H>(pads, &check.message, &mut states);
            for (candidate, state) in states[..keys.len()].iter().enumerate() {
                if H::head(state) == check.head && check.is(state) {
                    hits.push(Hit { candidate, target: check.target });
                }
            }
        }
    }
}

impl<H: Hash> Signed<H> {
    #[cold]
    fn is(&self, state: &H::State) -> bool {
        let mut made = H::EMPTY;
        H::write(state, &mut made);
        made.as_ref() == self.mac.as_ref()
    }
}
