//! lz4 in its frame format, frame after frame.
//!
//! The decoder of one frame takes an end of input between two blocks for the end of the frame; so
//! what it reads from is watched.

use std::io::{self, Read};

use lz4_flex::frame::FrameDecoder;

use super::super::blocks::Blocks;
use super::{cut, is_skippable, skippable_len};

/// What a frame begins with.
pub(super) const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];

/// Unpacks a file of frames. Each gets a decoder of its own, since their blocks differ in size.
pub(super) enum Lz4 {
    Between(Watched),
    Frame(FrameDecoder<Watched>),
    Ended,
}

/// The packed bytes, and whether more of them were asked for than there are.
pub(super) struct Watched {
    packed: Blocks,
    ended: bool,
}

impl Read for Watched {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.packed.read(out)?;
        self.ended |= count == 0 && !out.is_empty();
        Ok(count)
    }
}

impl Watched {
    /// Steps to the next frame that holds data. False at the end of the file.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            let first = self.packed.fill(MAGIC.len())?;
            if first.starts_with(&MAGIC) {
                return Ok(true);
            }
            if first.is_empty() {
                return Ok(false);
            }
            if MAGIC.starts_with(first) {
                return Err(cut());
            }
            if !is_skippable(first) {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "no frame follows"));
            }
            let len = skippable_len(self.packed.fill(8)?).ok_or_else(cut)?;
            if !self.packed.skip(len)? {
                return Err(cut());
            }
        }
    }
}

impl Lz4 {
    pub(super) fn new(packed: Blocks) -> Self {
        Self::Between(Watched { packed, ended: false })
    }
}

impl Read for Lz4 {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            *self = match std::mem::replace(self, Self::Ended) {
                Self::Between(mut watched) => {
                    if !watched.next_frame()? {
                        return Ok(0);
                    }
                    Self::Frame(FrameDecoder::new(watched))
                }
                Self::Ended => return Ok(0),
                Self::Frame(mut frame) => {
                    let count = frame.read(out)?;
                    if count > 0 {
                        *self = Self::Frame(frame);
                        return Ok(count);
                    }
                    if frame.get_ref().ended {
                        return Err(cut());
                    }
                    Self::Between(frame.into_inner())
                }
            };
        }
    }
}
