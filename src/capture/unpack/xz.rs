//! xz, stream after stream.

use std::io::{self, BufRead, Read};

use lzma_rust2::{Action, Status, XzStream};

use super::Sips;

/// Unpacks a file of streams. The decoder is driven by hand: its own reader forgets what it has
/// unpacked when the file turns out to be cut or damaged. How much that is depends on how much it was
/// given, and not on how much was asked for.
pub(super) struct Xz {
    packed: Sips,
    streams: XzStream,
    failed: Option<io::Error>,
}

impl Xz {
    /// At most `memory` bytes are used to look back.
    pub(super) fn new(packed: Sips, memory: usize) -> Self {
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

#[cfg(test)]
mod tests {
    use super::super::Blocks;
    use super::*;
    use std::io::Cursor;

    /// The squares of 0 to 59 with spaces between, by `xz --check=none`; the byte at 133 is wrong.
    const DAMAGED: [u8; 160] = [
        0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x00, 0xff, 0x12, 0xd9, 0x41, 0x02, 0x00, 0x21,
        0x01, 0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0xe0, 0x00, 0xfc, 0x00, 0xa0, 0x5d,
        0x00, 0x18, 0x08, 0x02, 0x86, 0x49, 0x2e, 0x68, 0x0e, 0x26, 0xce, 0x2b, 0xf1, 0x92, 0x62,
        0xf9, 0x10, 0xba, 0x62, 0x30, 0xb6, 0x58, 0x4d, 0xea, 0x5f, 0x97, 0x27, 0x41, 0x1f, 0x00,
        0x1d, 0x42, 0x9a, 0xbc, 0x6e, 0xd4, 0x12, 0xca, 0x9f, 0xa9, 0x1a, 0xc9, 0xc0, 0x99, 0x31,
        0x45, 0x8b, 0x52, 0x15, 0xbf, 0x6c, 0x77, 0xe3, 0x00, 0xd1, 0x1e, 0x6f, 0x25, 0x77, 0x5a,
        0xa1, 0x2e, 0x04, 0xe3, 0xe8, 0x3b, 0x80, 0x6a, 0xb4, 0x91, 0x42, 0xcd, 0x15, 0xff, 0xed,
        0xaa, 0x3a, 0x03, 0x8f, 0x39, 0x76, 0x4c, 0x6e, 0x31, 0x2e, 0x94, 0x23, 0x6f, 0x69, 0x71,
        0x7c, 0x20, 0xc4, 0x56, 0xbd, 0x1b, 0x09, 0xf6, 0xf2, 0x0e, 0x9a, 0x73, 0x30, 0xac, 0x99,
        0x1e, 0x51, 0x00, 0xd8, 0xac, 0x2e, 0x31, 0x4f, 0x31, 0x52, 0x22, 0x2d, 0xe7, 0x25, 0xec,
        0xd5, 0x2e, 0x2f, 0x9c, 0x13, 0x2c, 0x3e, 0x75, 0x80, 0x00,
    ];

    #[test]
    fn what_is_unpacked_before_early_damage_is_given() {
        let packed = Sips::new(Blocks::new(Box::new(Cursor::new(DAMAGED))));
        let mut unpacked = Vec::new();
        let error = Xz::new(packed, 1 << 23).read_to_end(&mut unpacked).unwrap_err();
        assert_ne!(error.kind(), io::ErrorKind::UnexpectedEof);
        let squares: Vec<String> = (0..60_u32).map(|n| (n * n).to_string()).collect();
        let sound = unpacked.get(..120).expect("as much is there before the damage");
        assert!(squares.join(" ").as_bytes().starts_with(sound));
    }
}
