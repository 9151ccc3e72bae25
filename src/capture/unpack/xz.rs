//! xz, stream after stream.

use std::io::{self, BufRead, Read};

use lzma_rust2::{Action, Status, XzStream};

use super::super::blocks::Blocks;

/// Unpacks a file of streams. The decoder is driven by hand: its own reader forgets what it has
/// unpacked when the file turns out to be cut or damaged.
pub(super) struct Xz {
    packed: Blocks,
    streams: XzStream,
    failed: Option<io::Error>,
}

impl Xz {
    /// At most `memory` bytes are used to look back.
    pub(super) fn new(packed: Blocks, memory: usize) -> Self {
        // What else the decoder needs is far below a MiB.
        let limit = u32::try_from((memory >> 10) + 1024).unwrap_or(u32::MAX);
        Self { packed, streams: XzStream::new_mem_limit(true, limit), failed: None }
    }
}

impl Read for Xz {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        loop {
            let input = self.packed.fill_buf()?;
            let action = if input.is_empty() { Action::Finish } else { Action::Run };
            let before = self.streams.total_out();
            let step = match self.streams.process(input, out, action) {
                Ok(step) => step,
                Err(error) => {
                    let unpacked = usize::try_from(self.streams.total_out() - before).unwrap_or(0);
                    self.failed = Some(error);
                    return if unpacked > 0 { Ok(unpacked) } else { self.read(out) };
                }
            };
            self.packed.consume(step.bytes_consumed);
            if step.bytes_produced > 0 || step.status == Status::StreamEnd {
                return Ok(step.bytes_produced);
            }
            if step.bytes_consumed == 0 && action == Action::Finish {
                return Err(super::cut());
            }
        }
    }
}
