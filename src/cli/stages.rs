//! The street on several threads: one reads, one takes packets to exchanges, and the caller's own
//! does what it is there for. Each stage has one thread, so that the order of everything, and with
//! it the answer, is the same however many threads there are.
//!
//! What passes from stage to stage passes in batches, through channels that hold a few: a stage
//! that is faster waits for the slower ones and takes no memory meanwhile.

use super::input::Street;
use super::progress::Reading;
use crate::capture::{Batch, Files};
use crate::pipeline::Numbered;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// Batches that may wait for the next stage. One evens out little, many leave the cache.
const WAITING: usize = 4;

/// What is done with each exchange.
type Each<'a> = &'a mut dyn FnMut(Numbered) -> anyhow::Result<()>;

/// Everything on the caller's thread.
pub fn one_by_one(
    files: &mut Files,
    street: &mut Street,
    progress: &mut Reading,
    each: Each<'_>,
) -> anyhow::Result<()> {
    let mut batch = Batch::default();
    while files.fill(&mut batch) {
        street.push(&batch)?;
        street.exchanges().try_for_each(&mut *each)?;
        progress.add(batch.len(), files);
    }
    progress.clear();
    street.finish();
    street.exchanges().try_for_each(each)
}

/// Each stage on a thread of its own, the last one on the caller's.
pub fn side_by_side(
    files: &mut Files,
    street: &mut Street,
    progress: &mut Reading,
    each: Each<'_>,
) -> anyhow::Result<()> {
    let (read, batches) = sync_channel(WAITING);
    let (emptied, spares) = channel();
    let (finished, exchanges) = sync_channel::<Vec<Numbered>>(WAITING);
    thread::scope(|scope| {
        scope.spawn(move || read_ahead(files, progress, &read, &spares));
        let parsing = scope.spawn(move || parse(street, &batches, &emptied, &finished));
        // An error leaves this closure, and with it `exchanges`; the other stages then end too.
        exchanges.into_iter().flatten().try_for_each(each)?;
        parsing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Reads until the end, or until nobody listens.
fn read_ahead(
    files: &mut Files,
    progress: &mut Reading,
    read: &SyncSender<Batch>,
    spares: &Receiver<Batch>,
) {
    let mut batch = Batch::default();
    while files.fill(&mut batch) {
        progress.add(batch.len(), files);
        if read.send(batch).is_err() {
            return;
        }
        batch = spares.try_recv().unwrap_or_default();
    }
    progress.clear();
}

fn parse(
    street: &mut Street,
    batches: &Receiver<Batch>,
    emptied: &Sender<Batch>,
    finished: &SyncSender<Vec<Numbered>>,
) -> anyhow::Result<()> {
    for batch in batches {
        street.push(&batch)?;
        // Nobody takes it back once everything is read.
        let _ = emptied.send(batch);
        if !hand_on(street, finished) {
            return Ok(());
        }
    }
    street.finish();
    hand_on(street, finished);
    Ok(())
}

/// Hands on what is ready. False if nobody takes it any more.
fn hand_on(street: &mut Street, finished: &SyncSender<Vec<Numbered>>) -> bool {
    loop {
        let ready = street.handful();
        if ready.is_empty() {
            return true;
        }
        if finished.send(ready).is_err() {
            return false;
        }
    }
}
