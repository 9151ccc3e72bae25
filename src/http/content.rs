//! Content codings (RFC 9110 section 8.4) undone, never beyond a cap: a few bytes of gzip can hold
//! gigabytes.

use super::headers::Headers;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::borrow::Cow;
use std::io::Read;

/// How many codings in a row are undone.
const MAX_CODINGS: usize = 4;

/// A body after its content codings were undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// What was understood.
    pub bytes: Cow<'a, [u8]>,
    /// Why it is not all, if it is not.
    pub problem: Option<&'static str>,
}

/// Undoes the content codings that `headers` name, giving at most `cap` bytes.
pub fn decode_content<'a>(headers: &Headers, body: &'a [u8], cap: usize) -> Decoded<'a> {
    let codings: Vec<&[u8]> = headers.list("content-encoding").collect();
    let mut decoded = Decoded { bytes: Cow::Borrowed(body), problem: None };
    if codings.len() > MAX_CODINGS {
        decoded.problem = Some("too many content codings");
        return decoded;
    }
    // They were applied in the order listed.
    for coding in codings.iter().rev() {
        match undo(&coding.to_ascii_lowercase(), &decoded.bytes, cap) {
            Some((bytes, problem)) => {
                decoded =
                    Decoded { bytes: Cow::Owned(bytes), problem: decoded.problem.or(problem) };
            }
            None if coding.eq_ignore_ascii_case(b"identity") => {}
            None => {
                decoded.problem = Some("an unknown content coding");
                break;
            }
        }
    }
    decoded
}

fn undo(coding: &[u8], body: &[u8], cap: usize) -> Option<(Vec<u8>, Option<&'static str>)> {
    match coding {
        b"gzip" | b"x-gzip" => Some(read_capped(MultiGzDecoder::new(body), cap)),
        // Many servers send raw deflate where the standard asks for zlib; both are met.
        b"deflate" if is_zlib(body) => Some(read_capped(ZlibDecoder::new(body), cap)),
        b"deflate" => Some(read_capped(DeflateDecoder::new(body), cap)),
        _ => None,
    }
}

/// RFC 1950 section 2.2: method 8, and a header that is a multiple of 31.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [cmf, flg, ..] if cmf & 0x0f == 8 && (u16::from(*cmf) << 8 | u16::from(*flg)) % 31 == 0)
}

fn read_capped(reader: impl Read, cap: usize) -> (Vec<u8>, Option<&'static str>) {
    let mut bytes = Vec::new();
    let room = u64::try_from(cap).unwrap_or(u64::MAX);
    let problem = match reader.take(room).read_to_end(&mut bytes) {
        Err(_) => Some("the compressed content ends early or is damaged"),
        Ok(_) if bytes.len() == cap => Some("the content is larger than is unpacked"),
        Ok(_) => None,
    };
    (bytes, problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use std::io::Write;

    fn coded(coding: &str) -> Headers {
        Headers::from_pairs(&[("Content-Encoding", coding)])
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn each_coding_is_undone_and_several_in_turn() {
        let text = b"You are not logged in";
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(text).unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(text).unwrap();
        for (coding, body) in [
            ("gzip", gzip(text)),
            ("X-GZIP", gzip(text)),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", raw.finish().unwrap()),
            ("gzip, gzip", gzip(&gzip(text))),
            ("identity", text.to_vec()),
        ] {
            let decoded = decode_content(&coded(coding), &body, 1000);
            assert_eq!((&*decoded.bytes, decoded.problem), (&text[..], None), "{coding}");
        }
    }

    #[test]
    fn a_bomb_stops_at_the_cap_and_damage_keeps_what_was_there() {
        let bomb = gzip(&vec![0; 10 << 20]);
        let decoded = decode_content(&coded("gzip"), &bomb, 1000);
        assert_eq!((decoded.bytes.len(), decoded.problem.is_some()), (1000, true));
        let text: Vec<u8> = (0..5000u32).flat_map(u32::to_le_bytes).collect();
        let cut = gzip(&text);
        let decoded = decode_content(&coded("gzip"), &cut[..cut.len() / 2], 1 << 20);
        assert!(!decoded.bytes.is_empty() && text.starts_with(&decoded.bytes));
        assert!(decoded.problem.is_some());
    }
}
