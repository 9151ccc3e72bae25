//! Content codings (RFC 9110 section 8.4) undone, and transfer codings other than chunked (RFC 9112
//! section 7), never beyond a cap: a few bytes of gzip can hold gigabytes.

use super::headers::{Headers, members};
use brotli_decompressor::Decompressor;
use flate2::bufread::GzDecoder;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::borrow::Cow;
use std::io::Read;

/// How many codings in a row are undone.
const MAX_CODINGS: usize = 4;

/// How far zstd content may look back, as a power of two: 8 MiB, as RFC 9659 section 3 sets it.
const ZSTD_WINDOW_LOG: u32 = 23;

/// Bytes that the brotli decoder reads at a time.
const BLOCK: usize = 4096;

/// A body after its content codings were undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// What was understood.
    pub bytes: Cow<'a, [u8]>,
    /// Why it is not all, if it is not.
    pub problem: Option<Problem>,
}

/// Why a content coding could not be undone, or only in part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// More codings in a row than are undone.
    TooMany,
    /// One that nobody here knows.
    Unknown,
    /// The content ends early, or is not in that coding.
    Damaged,
    /// What comes out is more than is kept.
    Large,
}

impl Problem {
    /// The same in words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::TooMany => "the content is in more codings than are undone",
            Self::Unknown => "the content coding is not known",
            Self::Damaged => "the compressed content ends early or is damaged",
            Self::Large => "the content is larger than is unpacked",
        }
    }
}

/// The codings that can be undone. Names are compared without regard to case; `x-gzip` is an old
/// name that recipients should know (RFC 9110 section 8.4.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Identity,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    fn named(name: &[u8]) -> Option<Self> {
        const NAMES: [(&str, Coding); 6] = [
            ("gzip", Coding::Gzip),
            ("br", Coding::Brotli),
            ("zstd", Coding::Zstd),
            ("deflate", Coding::Deflate),
            ("identity", Coding::Identity),
            ("x-gzip", Coding::Gzip),
        ];
        let known = NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
        known.map(|(_, coding)| *coding)
    }
}

/// What the headers alone tell: whether the content cannot be read.
pub(super) fn unreadable(headers: &Headers) -> Option<Problem> {
    let codings = codings(headers);
    if codings.iter().any(|name| Coding::named(name).is_none()) {
        return Some(Problem::Unknown);
    }
    (codings.len() > MAX_CODINGS).then_some(Problem::TooMany)
}

/// The names of the codings in the order in which they were applied: those of the content, then those
/// of the transfer but for chunked, which is undone as the message is read. Where chunked is not the
/// last of those, it is doubtful whether the others are meant; then only known ones are believed.
pub fn codings(headers: &Headers) -> Vec<&[u8]> {
    const CONTENT: &str = "content-encoding";
    const TRANSFER: &str = "transfer-encoding";
    let (mut content, mut transfer, mut is_clear) = (Vec::new(), Vec::new(), false);
    for (name, value) in headers.of_lengths([CONTENT.len(), TRANSFER.len()]) {
        if name.eq_ignore_ascii_case(CONTENT.as_bytes()) {
            content.extend(members(value));
        } else if name.eq_ignore_ascii_case(TRANSFER.as_bytes()) {
            for coding in members(value) {
                is_clear = coding.eq_ignore_ascii_case(b"chunked");
                transfer.extend((!is_clear).then_some(coding));
            }
        }
    }
    transfer.retain(|name| is_clear || Coding::named(name).is_some());
    content.append(&mut transfer);
    content
}

/// Undoes the codings that `headers` name, giving at most `cap` bytes.
pub fn decode_content<'a>(headers: &Headers, body: &'a [u8], cap: usize) -> Decoded<'a> {
    let codings = codings(headers);
    let mut decoded = Decoded { bytes: Cow::Borrowed(body), problem: None };
    if codings.len() > MAX_CODINGS {
        decoded.problem = Some(Problem::TooMany);
        return decoded;
    }
    // They were applied in the order listed.
    for name in codings.iter().rev() {
        let Some(coding) = Coding::named(name) else {
            decoded.problem = Some(Problem::Unknown);
            break;
        };
        if coding != Coding::Identity {
            let (bytes, problem) = undo(coding, &decoded.bytes, cap);
            decoded = Decoded { bytes: Cow::Owned(bytes), problem: decoded.problem.or(problem) };
        }
    }
    decoded
}

fn undo(coding: Coding, body: &[u8], cap: usize) -> (Vec<u8>, Option<Problem>) {
    match coding {
        Coding::Identity => (body.to_vec(), None),
        Coding::Gzip => gunzip(body, cap),
        Coding::Deflate => inflate(body, cap),
        Coding::Brotli => read_capped(cap, body.len(), || Some(Decompressor::new(body, BLOCK))),
        Coding::Zstd => read_capped(cap, body.len(), || unzstd(body)),
    }
}

/// Servers let padding follow: zeros, or the line end of a script. What came before is whole then.
fn gunzip(body: &[u8], cap: usize) -> (Vec<u8>, Option<Problem>) {
    let (bytes, problem) = read_capped(cap, body.len(), || Some(MultiGzDecoder::new(body)));
    let is_whole = problem == Some(Problem::Damaged) && is_padded(body, cap);
    (bytes, problem.filter(|_| !is_whole))
}

/// Whether nothing but padding follows members of gzip that are whole.
fn is_padded(body: &[u8], cap: usize) -> bool {
    let mut rest = body;
    while !rest.is_empty() {
        let mut member = GzDecoder::new(rest);
        let room = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
        if std::io::copy(&mut member.by_ref().take(room), &mut std::io::sink()).is_err() {
            return false;
        }
        rest = member.into_inner();
        if rest.iter().all(|byte| matches!(byte, b'\0' | b'\r' | b'\n')) {
            return true;
        }
    }
    false
}

/// Many servers send raw deflate where the standard asks for zlib; both are met. Raw deflate may
/// begin as zlib does by chance.
fn inflate(body: &[u8], cap: usize) -> (Vec<u8>, Option<Problem>) {
    let raw = || read_capped(cap, body.len(), || Some(DeflateDecoder::new(body)));
    if !is_zlib(body) {
        return raw();
    }
    match read_capped(cap, body.len(), || Some(ZlibDecoder::new(body))) {
        (bytes, Some(Problem::Damaged)) if bytes.is_empty() => raw(),
        read => read,
    }
}

/// RFC 1950 section 2.2: method 8, and a header that is a multiple of 31.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [cmf, flg, ..] if cmf & 0x0f == 8 && (u16::from(*cmf) << 8 | u16::from(*flg)) % 31 == 0)
}

fn unzstd(body: &[u8]) -> Option<impl Read> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(body).ok()?;
    decoder.window_log_max(ZSTD_WINDOW_LOG).ok()?;
    Some(decoder)
}

/// Reads what a decoder gives of so many packed bytes, at most `cap`. A decoder that fails says nothing
/// of what it unpacked in the same call, so that what comes before damage is read in small steps.
fn read_capped<R: Read>(
    cap: usize,
    packed: usize,
    decoder: impl Fn() -> Option<R>,
) -> (Vec<u8>, Option<Problem>) {
    let room = cap.saturating_add(1);
    let whole = decoder().and_then(|decoder| read_at_once(decoder, packed, room));
    let in_steps = || decoder().map_or((Vec::new(), true), |decoder| read_in_steps(decoder, room));
    let (mut bytes, failed) = whole.map_or_else(in_steps, |bytes| (bytes, false));
    let problem = if bytes.len() > cap {
        bytes.truncate(cap);
        Some(Problem::Large)
    } else {
        failed.then_some(Problem::Damaged)
    };
    (bytes, problem)
}

/// All that a decoder gives, at most `room` bytes; `None` if it fails. Decoders copy their window with
/// every step, so that a page is best unpacked in one: into as much as most are found to need.
fn read_at_once(mut decoder: impl Read, packed: usize, room: usize) -> Option<Vec<u8>> {
    const TIMES: usize = 4;
    let mut bytes = vec![0; packed.saturating_mul(TIMES).saturating_add(BLOCK).min(room)];
    let mut filled = 0;
    while filled < room {
        if filled == bytes.len() {
            bytes.resize(filled.saturating_mul(2).min(room), 0);
        }
        match decoder.read(&mut bytes[filled..]).ok()? {
            0 => break,
            read => filled += read,
        }
    }
    bytes.truncate(filled);
    Some(bytes)
}

/// What a decoder gives, at most `room` bytes, and whether it fails then.
fn read_in_steps(decoder: impl Read, room: usize) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let room = u64::try_from(room).unwrap_or(u64::MAX);
    let failed = decoder.take(room).read_to_end(&mut bytes).is_err();
    (bytes, failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use proptest::prelude::*;
    use std::io::Write;

    const TEXT: &[u8] = b"You are not logged in";

    fn coded(coding: &str) -> Headers {
        Headers::from_pairs(&[("Content-Encoding", coding)])
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn raw(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn br(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        brotli::CompressorReader::new(bytes, 4096, 5, 22).read_to_end(&mut packed).unwrap();
        packed
    }

    fn zst(bytes: &[u8]) -> Vec<u8> {
        zstd::stream::encode_all(bytes, 3).unwrap()
    }

    #[test]
    fn each_coding_is_undone_and_several_in_turn() {
        for (coding, body) in [
            ("gzip", gzip(TEXT)),
            ("X-GZIP", gzip(TEXT)),
            ("deflate", zlib(TEXT)),
            ("deflate", raw(TEXT)),
            ("br", br(TEXT)),
            ("Zstd", zst(TEXT)),
            ("zstd", [zst(&TEXT[..5]), zst(&TEXT[5..])].concat()),
            ("gzip", [gzip(&TEXT[..5]), gzip(&TEXT[5..])].concat()),
            ("gzip, gzip", gzip(&gzip(TEXT))),
            ("gzip, br", br(&gzip(TEXT))),
            ("deflate,, identity , zstd", zst(&zlib(TEXT))),
            ("zstd, br, gzip, deflate", raw(&gzip(&br(&zst(TEXT))))),
            ("identity", TEXT.to_vec()),
            ("", TEXT.to_vec()),
        ] {
            let decoded = decode_content(&coded(coding), &body, 1000);
            assert_eq!((&*decoded.bytes, decoded.problem), (TEXT, None), "{coding}");
            assert_eq!(unreadable(&coded(coding)), None, "{coding}");
        }
    }

    proptest! {
        #[test]
        fn reading_at_once_leads_where_small_steps_lead(
            words in proptest::collection::vec(("[a-z]{1,9}", 1..200_usize), 0..120),
            which in 0..5_usize,
            keep in 0..1500_usize,
            odd in proptest::option::of((any::<proptest::sample::Index>(), 1..=255_u8)),
            tail in prop_oneof![Just(&b""[..]), Just(&b"\0\0"[..]), Just(&b"more"[..])],
            cap in prop_oneof![0..3_000_usize, Just(1 << 20)],
        ) {
            let text: String = words.iter().map(|(word, times)| word.repeat(*times)).collect();
            let packs: [Pack; 5] = [gzip, zlib, raw, br, zst];
            let mut body = packs[which](text.as_bytes());
            body.truncate(keep.max(9));
            body.extend_from_slice(tail);
            if let Some((at, bits)) = odd {
                let at = at.index(body.len());
                body[at] ^= bits;
            }
            let room = cap + 1;
            let (once, (steps, failed)) = match which {
                0 => both(|| MultiGzDecoder::new(&body[..]), body.len(), room),
                1 => both(|| ZlibDecoder::new(&body[..]), body.len(), room),
                2 => both(|| DeflateDecoder::new(&body[..]), body.len(), room),
                3 => both(|| Decompressor::new(&body[..], BLOCK), body.len(), room),
                _ => both(|| unzstd(&body).unwrap(), body.len(), room),
            };
            // Where it fails, small steps are taken.
            if let Some(once) = once {
                prop_assert_eq!((once, false), (steps, failed));
            }
        }
    }

    type Pack = fn(&[u8]) -> Vec<u8>;
    type BothWays = (Option<Vec<u8>>, (Vec<u8>, bool));

    fn both<R: Read>(decoder: impl Fn() -> R, packed: usize, room: usize) -> BothWays {
        (read_at_once(decoder(), packed, room), read_in_steps(decoder(), room))
    }

    #[test]
    fn what_pads_gzip_is_no_damage() {
        let two = [gzip(&TEXT[..5]), gzip(&TEXT[5..])].concat();
        for padding in [&b"\0"[..], &[0; 600], b"\r\n", b"\n"] {
            for packed in [gzip(TEXT), two.clone()] {
                let padded = [&packed[..], padding].concat();
                let decoded = decode_content(&coded("gzip"), &padded, 1000);
                assert_eq!((&*decoded.bytes, decoded.problem), (TEXT, None), "{padding:?}");
                let mut damaged = padded;
                damaged[packed.len() - 8] ^= 1;
                let decoded = decode_content(&coded("gzip"), &damaged, 1000);
                assert_eq!(decoded.problem, Some(Problem::Damaged), "{padding:?}");
            }
        }
        let other = [gzip(TEXT), b"more".to_vec()].concat();
        let decoded = decode_content(&coded("gzip"), &other, 1000);
        assert_eq!((&*decoded.bytes, decoded.problem), (TEXT, Some(Problem::Damaged)));
    }

    #[test]
    fn codings_of_the_transfer_are_undone_too() {
        let fields = |coding, transfer| {
            Headers::from_pairs(&[("Transfer-Encoding", transfer), ("Content-Encoding", coding)])
        };
        for (coding, transfer, body) in [
            ("", "gzip, chunked", gzip(TEXT)),
            ("br", "deflate, Chunked", zlib(&br(TEXT))),
            ("gzip", "chunked", gzip(TEXT)),
            ("gzip", "identity", gzip(TEXT)),
            ("", "gzip", gzip(TEXT)),
            ("gzip", "xchunked", gzip(TEXT)),
        ] {
            let headers = fields(coding, transfer);
            let decoded = decode_content(&headers, &body, 1000);
            assert_eq!((&*decoded.bytes, decoded.problem), (TEXT, None), "{transfer}");
            assert_eq!(unreadable(&headers), None, "{transfer}");
        }
        assert_eq!(unreadable(&fields("", "compress, chunked")), Some(Problem::Unknown));
    }

    #[test]
    fn a_bomb_stops_at_the_cap() {
        let zeros = vec![0; 10 << 20];
        let exact = vec![b'x'; 1000];
        for (coding, pack) in [
            ("gzip", gzip as fn(&[u8]) -> Vec<u8>),
            ("deflate", zlib),
            ("deflate", raw),
            ("br", br),
            ("zstd", zst),
        ] {
            let decoded = decode_content(&coded(coding), &pack(&zeros), 1000).problem;
            assert_eq!(decoded, Some(Problem::Large), "{coding}");
            let twice = format!("{coding}, {coding}");
            let bomb = pack(&pack(&zeros));
            assert!(decode_content(&coded(&twice), &bomb, 1000).bytes.len() <= 1000, "{coding}");
            let packed = pack(&exact);
            let decoded = decode_content(&coded(coding), &packed, 1000);
            assert_eq!((decoded.bytes.len(), decoded.problem), (1000, None), "{coding}");
        }
    }

    #[test]
    fn damage_keeps_what_was_there() {
        let text: Vec<u8> =
            (0..50_000u32).flat_map(|n| n.wrapping_mul(0x9e37_79b9).to_le_bytes()).collect();
        for (coding, whole) in [
            ("gzip", gzip(&text)),
            ("deflate", zlib(&text)),
            ("deflate", raw(&text)),
            ("br", br(&text)),
            ("zstd", zst(&text)),
        ] {
            let cut = &whole[..whole.len() * 3 / 4];
            let decoded = decode_content(&coded(coding), cut, 1 << 20);
            assert!(!decoded.bytes.is_empty() && text.starts_with(&decoded.bytes), "{coding}");
            assert_eq!(decoded.problem, Some(Problem::Damaged), "{coding}");
            let other = decode_content(&coded(coding), b"<html>It is not packed at all", 1000);
            assert_eq!(other.problem, Some(Problem::Damaged), "{coding}");
        }
    }

    #[test]
    fn what_cannot_be_undone_is_said_by_the_headers_alone() {
        for (coding, problem) in [
            ("compress", Problem::Unknown),
            ("gzip, sdch", Problem::Unknown),
            ("gzip, gzip, gzip, gzip, gzip", Problem::TooMany),
        ] {
            assert_eq!(unreadable(&coded(coding)), Some(problem), "{coding}");
            assert_eq!(decode_content(&coded(coding), TEXT, 99).problem, Some(problem), "{coding}");
        }
        let huge_window = b"\x28\xb5\x2f\xfd\x00\x70\x0d\x00\x00x";
        let decoded = decode_content(&coded("zstd"), huge_window, 1000);
        assert_eq!(decoded.problem, Some(Problem::Damaged), "16 MiB are more than HTTP allows");
    }
}
