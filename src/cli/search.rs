//! The search for secrets on all cores: blocks of the list go to threads, what they find comes back
//! in the order of the list, whatever the threads did.

use super::output;
use super::progress::Progress;
use super::wordlist::{Block, Blocks, Wordlist, line_count};
use crate::capture::is_silence;
use crate::session::crack::{Batch, Hit, LANES, Round, Target, rounds};
use crate::session::secret;
use anyhow::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

/// SHA-1 compressions in a block of work: some hundredths of a second.
const WORK: u64 = 400_000;

/// Bytes of a line of a usual list, for the size of a block.
const USUAL_LINE: u64 = 9;

/// Most bytes in a block.
const MAX_BLOCK: u64 = 1 << 18;

/// How often interruption is looked for and progress is drawn.
const TICK: Duration = Duration::from_millis(100);

/// A search: its targets, and what is solved so far.
pub struct Search<'a, S> {
    /// The targets, each with its server.
    targets: &'a [(S, Target)],
    threads: usize,
    interrupted: &'a AtomicBool,
    solved: BTreeSet<usize>,
}

/// Where in a list to begin.
#[derive(Debug, Clone, Copy, Default)]
pub struct Start {
    /// The only round to run.
    pub round: Option<usize>,
    /// Lines to pass over in the first round that is run.
    pub skip: u64,
}

/// A secret that was found.
pub struct Found {
    /// The secret.
    pub secret: Vec<u8>,
    /// Its line in the list, from 1; `None` of one that was given.
    pub line: Option<u64>,
    /// What it signed: targets and the formats as which.
    pub signed: Vec<(usize, &'static str)>,
}

/// How a search ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ended {
    /// Lines that were tried, over all rounds.
    pub tried: u64,
    /// Where it was interrupted: round, and lines of the list that are done.
    pub stopped: Option<(usize, u64)>,
}

/// What a thread did with a block.
struct Done {
    number: u64,
    lines: u64,
    /// Line in the block, target, secret.
    hits: Vec<(u64, usize, Vec<u8>)>,
}

impl<'a, S: Ord + Sync> Search<'a, S> {
    /// A search that has not begun. Raising `interrupted` ends it soon and in order.
    pub fn new(targets: &'a [(S, Target)], threads: usize, interrupted: &'a AtomicBool) -> Self {
        Self { targets, threads, interrupted, solved: BTreeSet::new() }
    }

    /// Whether every target is solved.
    pub fn is_finished(&self) -> bool {
        self.solved.len() == self.targets.len()
    }

    /// How many targets are solved.
    pub fn solved(&self) -> usize {
        self.solved.len()
    }

    /// Tries one secret on every target that is not solved; `None` where it signed none of them.
    pub fn try_secret(&mut self, secret: &[u8], line: Option<u64>) -> Option<Found> {
        let open = (0..self.targets.len()).filter(|number| !self.solved.contains(number));
        let signed: Vec<(usize, &'static str)> = open
            .filter_map(|number| Some((number, self.targets[number].1.signed_as(secret)?)))
            .collect();
        self.solved.extend(signed.iter().map(|(number, _)| *number));
        (!signed.is_empty()).then(|| Found { secret: secret.to_vec(), line, signed })
    }

    /// Runs every round over a list, and tells of each secret as soon as it is certain.
    ///
    /// # Errors
    /// A list that cannot be read, or what `tell` fails with.
    pub fn run(
        &mut self,
        list: &Wordlist,
        start: Start,
        tell: &mut dyn FnMut(&Found) -> anyhow::Result<()>,
    ) -> anyhow::Result<Ended> {
        let mut all = rounds(self.targets);
        if let Some(number) = start.round {
            all.retain(|round| round.number == number);
        } else if !list.is_repeatable() && !all.is_empty() {
            all = vec![Round::merged(all)];
        }
        let mut ended = Ended::default();
        let mut skip = start.skip;
        for round in all {
            if self.batch(&round).is_empty() {
                continue;
            }
            let lines = self.round(&round, list, skip, tell)?;
            ended.tried += lines;
            if self.interrupted.load(Ordering::Relaxed) && !self.is_finished() {
                ended.stopped = Some((round.number, skip + lines));
                break;
            }
            skip = 0;
        }
        Ok(ended)
    }

    fn batch(&self, round: &Round) -> Batch {
        round.batch(self.targets, |target| self.solved.contains(&target))
    }

    /// One pass over the list; gives the lines that were tried.
    fn round(
        &mut self,
        round: &Round,
        list: &Wordlist,
        skip: u64,
        tell: &mut dyn FnMut(&Found) -> anyhow::Result<()>,
    ) -> anyhow::Result<u64> {
        let unreadable = || format!("cannot read {}", list.name());
        let mut blocks = list.open(self.interrupted)?;
        blocks.skip(skip, self.interrupted).with_context(unreadable)?;
        let mut progress = Progress::new(round.number, blocks.position());
        let (threads, interrupted) = (self.threads, self.interrupted);
        let shared = Shared::new(self.batch(round), blocks);
        let mut on = |event| {
            match event {
                Event::Tick(lines) => progress.draw(lines),
                Event::Hit(_, target, _) if self.solved.contains(&target) => {}
                Event::Hit(line, _, secret) => {
                    if let Some(found) = self.try_secret(&secret, Some(skip + line)) {
                        progress.clear();
                        tell(&found)?;
                        shared.replace(self.batch(round));
                    }
                }
            }
            Ok(())
        };
        let lines = shared.run(threads, interrupted, &mut on);
        progress.clear();
        lines.with_context(unreadable)
    }
}

/// What the threads of a pass share.
struct Shared {
    size: usize,
    blocks: Mutex<Blocks>,
    batch: RwLock<Arc<Batch>>,
    stop: AtomicBool,
}

impl Shared {
    fn new(batch: Batch, blocks: Blocks) -> Self {
        Self {
            size: block_size(batch.cost()),
            blocks: Mutex::new(blocks),
            batch: RwLock::new(Arc::new(batch)),
            stop: AtomicBool::new(false),
        }
    }

    /// Lets so many threads work to the end of the list, or until it is told to stop.
    fn run(
        &self,
        threads: usize,
        interrupted: &AtomicBool,
        on: &mut dyn FnMut(Event) -> anyhow::Result<()>,
    ) -> anyhow::Result<u64> {
        thread::scope(|scope| {
            let (sender, receiver) = channel();
            for _ in 0..threads {
                let sender = sender.clone();
                scope.spawn(move || self.work(&sender));
            }
            drop(sender);
            let lines = collect(&receiver, interrupted, &self.stop, on);
            // Whatever ended it, no thread may go on.
            self.stop.store(true, Ordering::Relaxed);
            lines
        })
    }

    fn replace(&self, batch: Batch) {
        if batch.is_empty() {
            self.stop.store(true, Ordering::Relaxed);
        }
        *self.batch.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(batch);
    }

    /// Takes blocks until there are none, or it is told to stop.
    fn work(&self, done: &Sender<io::Result<Done>>) {
        while !self.stop.load(Ordering::Relaxed) {
            let next = self.blocks.lock().unwrap_or_else(PoisonError::into_inner).next(self.size);
            let result = match next {
                Ok(None) => return,
                Ok(Some(block)) => {
                    let batch = self.batch.read().unwrap_or_else(PoisonError::into_inner);
                    let batch = Arc::clone(&batch);
                    Ok(try_block(&batch, &block))
                }
                Err(error) if is_silence(&error) => continue,
                Err(error) => Err(error),
            };
            let failed = result.is_err();
            if done.send(result).is_err() || failed {
                return;
            }
        }
    }
}

/// Something that happens while threads work.
enum Event {
    /// Time has passed: lines done so far.
    Tick(u64),
    /// A candidate fits: its line, whose signature it makes, and the secret.
    Hit(u64, usize, Vec<u8>),
}

/// Puts what the threads did into the order of the list, until they end; gives the lines done.
fn collect(
    receiver: &Receiver<io::Result<Done>>,
    interrupted: &AtomicBool,
    stop: &AtomicBool,
    on: &mut dyn FnMut(Event) -> anyhow::Result<()>,
) -> anyhow::Result<u64> {
    let mut waiting = BTreeMap::new();
    let (mut next, mut lines) = (0, 0);
    loop {
        match receiver.recv_timeout(TICK) {
            Ok(done) => {
                let done = done?;
                waiting.insert(done.number, done);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(lines),
        }
        if interrupted.load(Ordering::Relaxed) {
            stop.store(true, Ordering::Relaxed);
        }
        while let Some(done) = waiting.remove(&next) {
            for (line, target, secret) in done.hits {
                on(Event::Hit(lines + line + 1, target, secret))?;
            }
            lines += done.lines;
            next += 1;
        }
        on(Event::Tick(lines))?;
    }
}

/// Bytes of a block for candidates that cost so much.
fn block_size(cost: u64) -> usize {
    let bytes = WORK / cost.max(1) * USUAL_LINE;
    usize::try_from(bytes.clamp(USUAL_LINE, MAX_BLOCK)).unwrap_or(usize::MAX)
}

/// Tries every line of a block, as it stands and, where it is written like one, as what it encodes.
fn try_block(batch: &Batch, block: &Block) -> Done {
    let mut hits = Vec::new();
    let mut found = Vec::new();
    let mut lanes: [(u64, &[u8]); LANES] = [(0, b""); LANES];
    let mut filled = 0;
    for (number, line) in (0..).zip(block.text.split_inclusive(|byte| *byte == b'\n')) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.is_empty() {
            lanes[filled] = (number, line);
            filled += 1;
            if let Some(secret) = secret::decoded(line) {
                batch.try_candidate(&secret, &mut hits);
                found.extend(hits.drain(..).map(|hit| (number, 1, hit.target, secret.clone())));
            }
        }
        if filled == LANES {
            try_lanes(batch, &lanes, &mut hits, &mut found);
            filled = 0;
        }
    }
    try_lanes(batch, &lanes[..filled], &mut hits, &mut found);
    found.sort();
    let hits = found.into_iter().map(|(line, _, target, secret)| (line, target, secret)).collect();
    Done { number: block.number, lines: line_count(&block.text), hits }
}

/// A hit with what orders it: line, whether it was decoded, target; and the secret.
type Raw = (u64, u8, usize, Vec<u8>);

fn try_lanes(batch: &Batch, lanes: &[(u64, &[u8])], hits: &mut Vec<Hit>, found: &mut Vec<Raw>) {
    let mut candidates: [&[u8]; LANES] = [b""; LANES];
    for (candidate, (_, line)) in candidates.iter_mut().zip(lanes) {
        *candidate = line;
    }
    batch.try_candidates(&candidates[..lanes.len()], hits);
    for hit in hits.drain(..) {
        let (line, secret) = lanes[hit.candidate];
        found.push((line, 0, hit.target, secret.to_vec()));
    }
}

/// A flag that Ctrl-C and SIGTERM raise; a second one ends the program at once.
///
/// # Errors
/// Signals that cannot be caught.
pub fn interruption() -> anyhow::Result<Arc<AtomicBool>> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&flag))?;
        signal_hook::flag::register(signal, Arc::clone(&flag))?;
    }
    Ok(flag)
}

/// Says where a search was stopped and how to go on.
pub fn say_stopped(list: &Wordlist, (round, lines): (usize, u64)) {
    let what = format!("cookietrail: stopped after {lines} lines of {}", list.name());
    if list.is_repeatable() {
        output::say(&format!("{what}; to go on, add: --round {round} --skip {lines}"));
    } else {
        output::say(&format!("{what}; to go on, add: --skip {lines}"));
    }
}
