//! gzip, member after member.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// Unpacks a file of members. Zeros behind the last one fill up a block of a tape or a disk, and are
/// passed over, as `gzip` does.
pub(super) struct Gzip<R> {
    /// `None` at the end of the file.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Gzip<R> {
    pub(super) fn new(packed: R) -> Self {
        Self { member: Some(GzDecoder::new(packed)) }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(out)?;
            if count > 0 || out.is_empty() {
                return Ok(count);
            }
            self.member = match self.member.take().map(GzDecoder::into_inner) {
                Some(mut packed) => goes_on(&mut packed)?.then(|| GzDecoder::new(packed)),
                None => None,
            };
        }
        Ok(0)
    }
}

/// Whether more than zeros follows.
fn goes_on(packed: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let ahead = packed.fill_buf()?;
        if ahead.is_empty() {
            return Ok(false);
        }
        let zeros = ahead.iter().take_while(|byte| **byte == 0).count();
        let is_all = zeros == ahead.len();
        packed.consume(zeros);
        if !is_all {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::read::GzEncoder;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        GzEncoder::new(text, Compression::fast()).read_to_end(&mut packed).unwrap();
        packed
    }

    fn unpack(packed: &[u8]) -> (Vec<u8>, Option<io::ErrorKind>) {
        let mut unpacked = Vec::new();
        let outcome = Gzip::new(packed).read_to_end(&mut unpacked);
        (unpacked, outcome.err().map(|error| error.kind()))
    }

    #[test]
    fn zeros_behind_a_member_are_passed_over_and_nothing_else_is() {
        let (one, two) = (packed(b"one, "), packed(b"two"));
        let (zeros, both) = ([0; 3000], b"one, two".to_vec());
        assert_eq!(unpack(&[&one[..], &two].concat()), (both.clone(), None));
        assert_eq!(unpack(&[&one[..], &two, &zeros].concat()), (both.clone(), None));
        assert_eq!(unpack(&[&one[..], &zeros, &two].concat()), (both.clone(), None));
        let invalid = Some(io::ErrorKind::InvalidInput);
        assert_eq!(unpack(&[&one[..], &two, b"\0more of it"].concat()), (both, invalid));
        let cut = Some(io::ErrorKind::UnexpectedEof);
        assert_eq!(unpack(&[&one[..], &two[..5]].concat()), (b"one, ".to_vec(), cut));
    }
}
