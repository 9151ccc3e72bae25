//! Compressed captures, made by the tools that people make them with: each gives the packets of the
//! plain file, whole or as far as it goes.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test stops where it fails, and says what it skips"
)]

mod support;

use cookietrail::capture::{Damage, Reader};
use std::io::{Cursor, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use support::{program, run};

const CAPTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/walkthrough.pcapng");

/// Ways to compress, by each tool's own switches, and how it unpacks.
const WAYS: [&[&str]; 17] = [
    &["gzip", "-9"],
    &["zstd", "-q"],
    &["zstd", "-q", "-1", "--no-check"],
    &["zstd", "-q", "-19", "--long=27"],
    &["zstd", "-q", "--fast"],
    &["xz"],
    &["xz", "-9e"],
    &["xz", "-0", "--check=sha256"],
    &["xz", "--check=none"],
    &["xz", "-T2", "--block-size=16KiB"],
    &["xz", "--x86", "--lzma2=preset=1"],
    &["bzip2", "-1"],
    &["bzip2", "-9"],
    &["lz4", "-q"],
    &["lz4", "-q", "-9", "-B4", "-BD"],
    &["lz4", "-q", "-BX", "--no-frame-crc"],
    &["lz4", "-q", "--favor-decSpeed", "-12", "-B7"],
];

/// Runs a tool on bytes; `None`, said aloud, where it is not installed. What it gives before it
/// fails counts too.
fn pipe(words: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else {
        eprintln!("SKIPPED: {} is not here", words[0]);
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeding = std::thread::spawn(move || {
        // A tool that has seen enough closes its end.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    feeding.join().unwrap();
    Some(output.stdout)
}

fn pack(way: &[&str], bytes: &[u8]) -> Option<Vec<u8>> {
    pipe(&[way, &["-c"]].concat(), bytes)
}

/// The packets, each with all that is known of it, and the damage; or why it is refused.
type Contents = Result<(Vec<(i64, u32, Vec<u8>, u32)>, Option<Damage>), String>;

fn read(bytes: &[u8]) -> Contents {
    let source = Cursor::new(bytes.to_vec());
    let mut reader = Reader::from_source(Path::new("it"), source).map_err(|e| e.to_string())?;
    let mut packets = Vec::new();
    while reader.advance() {
        let packet = reader.packet().unwrap();
        let (data, link) = (packet.data.to_vec(), packet.link.0);
        packets.push((packet.time.nanos(), link, data, packet.wire_len));
    }
    Ok((packets, reader.damage().cloned()))
}

/// A capture large enough for several blocks of each format: packets of words and of noise.
fn large() -> Vec<u8> {
    let mut seed = 0x2545_f491_u32;
    let mut noise = || {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        seed
    };
    let little = |numbers: &[u32]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<_>>();
    let mut file = little(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 1]);
    for at in 0..900 {
        let words = b"Cookie: session=eyJ1c2VybmFtZSI6ImFsaWNlIn0; ".repeat(5);
        let data = [words, (0..40).flat_map(|_| noise().to_le_bytes()).collect()].concat();
        let len = u32::try_from(data.len()).unwrap();
        file.extend(little(&[1_700_000_000 + at, at, len, len]));
        file.extend(data);
    }
    file
}

#[test]
fn every_way_to_compress_gives_the_packets_of_the_plain_file() {
    let plain = large();
    let expected = read(&plain).unwrap();
    assert!(expected.0.len() == 900 && expected.1.is_none());
    for way in WAYS {
        let Some(packed) = pack(way, &plain) else { continue };
        assert!(packed.len() < plain.len(), "{way:?}");
        assert!(read(&packed).as_ref() == Ok(&expected), "{way:?}");
    }
}

#[test]
fn members_behind_each_other_are_one_file() {
    let plain = large();
    let expected = read(&plain).unwrap();
    let (first, rest) = plain.split_at(200_001);
    let (second, third) = rest.split_at(1);
    for way in WAYS {
        let parts: Option<Vec<Vec<u8>>> =
            [first, second, b"", third].iter().map(|part| pack(way, part)).collect();
        let Some(parts) = parts else { continue };
        assert!(read(&parts.concat()).as_ref() == Ok(&expected), "{way:?}");
        let frames = matches!(way[0], "zstd" | "lz4");
        if frames {
            let skipped = b"\x5e\x2a\x4d\x18\x05\x00\x00\x00words".as_slice();
            let [first, second, _, third] = &parts[..] else { unreachable!() };
            let parts = [skipped, skipped, first, skipped, second, third, skipped];
            assert!(read(&parts.concat()).as_ref() == Ok(&expected), "{way:?}");
        }
    }
}

/// Cuts everywhere near both ends, and at many places between.
fn cuts(len: usize) -> impl Iterator<Item = usize> {
    let near = len.min(30);
    (1..near).chain((near..len).step_by(len / 25 + 1)).chain(len.saturating_sub(20)..len)
}

/// What the tool itself can still unpack of a cut file is the least that must be read.
#[test]
fn a_file_cut_anywhere_gives_what_is_there_and_says_so() {
    let plain = large();
    let (expected, _) = read(&plain).unwrap();
    for way in WAYS {
        let Some(packed) = pack(way, &plain) else { continue };
        for cut in cuts(packed.len()) {
            // Too little for a file header is refused.
            let Ok((packets, damage)) = read(&packed[..cut]) else { continue };
            let damage = damage.unwrap_or_else(|| panic!("{way:?} cut at {cut}: nothing is said"));
            assert_eq!(damage.reason, "its compressed data is cut off", "{way:?} cut at {cut}");
            assert!(expected.starts_with(&packets), "{way:?} cut at {cut}");
        }
        let half = packed.len() / 2;
        let unpacked = pipe(&[way[0], "-dc"], &packed[..half]).unwrap();
        let least = read(&unpacked).map_or(0, |(packets, _)| packets.len());
        let found = read(&packed[..half]).map_or(0, |(packets, _)| packets.len());
        assert!(found >= least, "{way:?}: {found} packets, and {least} by the tool");
        // One block of bzip2, and one of lz4, can be larger than the whole file.
        let blocks = way[0] == "lz4" || way == ["bzip2", "-9"];
        assert!(blocks || found > 100, "{way:?}: {found} packets of half a file");
    }
}

#[test]
fn damage_never_stops_the_program_and_leaves_what_came_before_it() {
    let plain = large();
    let (expected, _) = read(&plain).unwrap();
    for way in WAYS {
        let Some(packed) = pack(way, &plain) else { continue };
        let checked = !way.iter().any(|word| word.contains("no"));
        for at in cuts(packed.len()) {
            let mut damaged = packed.clone();
            damaged[at] ^= 0x10;
            let Ok((packets, damage)) = read(&damaged) else { continue };
            if checked && damage.is_none() {
                // A field that changes nothing, such as a time or a flag that is not used.
                assert!(packets.len() == expected.len(), "{way:?} at {at}");
            }
        }
    }
}

#[test]
fn a_block_of_bzip2_that_is_damaged_is_not_called_something_else() {
    let plain = large();
    let Some(mut packed) = pack(&["bzip2", "-9"], &plain) else { return };
    let half = packed.len() / 2;
    packed[half] ^= 0x10;
    let error = read(&packed).expect_err("its only block is damaged");
    assert!(error.contains("its compressed data is damaged"), "{error}");
}

#[test]
fn what_follows_the_compressed_data_is_told() {
    let plain = std::fs::read(CAPTURE).unwrap();
    let (expected, _) = read(&plain).unwrap();
    for way in [WAYS[1], WAYS[5], WAYS[11], WAYS[13]] {
        let Some(mut packed) = pack(way, &plain) else { continue };
        packed.extend_from_slice(b"and something else, long enough to be looked at");
        let (packets, damage) = read(&packed).unwrap();
        assert!(packets == expected, "{way:?}");
        let reason = damage.unwrap().reason;
        assert!(reason.starts_with("its compressed data is damaged"), "{way:?}: {reason}");
    }
}

#[test]
fn twice_compressed_is_read_and_more_is_refused() {
    let plain = std::fs::read(CAPTURE).unwrap();
    let expected = read(&plain);
    let Some(once) = pack(&["zstd", "-q"], &plain) else { return };
    let Some(twice) = pack(&["gzip"], &once) else { return };
    assert!(read(&twice) == expected);
    let thrice = pack(&["gzip"], &twice).unwrap();
    let refusal = read(&thrice).unwrap_err();
    assert!(refusal.contains("it is compressed more than 2 times over"), "{refusal}");
}

/// A zstd frame of one raw block that claims a window of 2 to this power.
fn zstd_with_window(log: u8, content: &[u8]) -> Vec<u8> {
    let block = u32::try_from(content.len() << 3 | 1).unwrap().to_le_bytes();
    [&b"\x28\xb5\x2f\xfd\x00"[..], &[(log - 10) << 3], &block[..3], content].concat()
}

/// An xz file whose first block claims the largest dictionary there is.
fn xz_with_largest_dictionary(content: &[u8]) -> Option<Vec<u8>> {
    let mut packed = pack(&["xz", "-0"], content)?;
    let end = 12 + (usize::from(packed[12]) + 1) * 4 - 4;
    let at = 12 + packed[12..end].windows(2).position(|pair| pair == [0x21, 0x01]).unwrap() + 2;
    packed[at] = 40;
    let mut crc = flate2::Crc::new();
    crc.update(&packed[12..end]);
    packed[end..end + 4].copy_from_slice(&crc.sum().to_le_bytes());
    Some(packed)
}

#[test]
fn a_decoder_that_wants_too_much_memory_is_refused() {
    let plain = std::fs::read(CAPTURE).unwrap();
    let begin = &plain[..20_000];
    let whole = read(begin).unwrap().0;
    assert!(read(&zstd_with_window(27, begin)).unwrap().0 == whole);
    let more = [Some(zstd_with_window(28, begin)), xz_with_largest_dictionary(begin)];
    for packed in more.into_iter().flatten() {
        let refusal = read(&packed).unwrap_err();
        assert!(refusal.ends_with("takes more memory than the 128 MiB that are given for it"));
    }
    // Not only at the beginning of a file.
    let later = [zstd_with_window(20, begin), zstd_with_window(31, b"")].concat();
    let (packets, damage) = read(&later).unwrap();
    assert!(packets == whole && damage.unwrap().reason.contains("takes more memory"));
}

#[test]
fn a_bomb_costs_no_memory() {
    // An empty section with a block that nobody knows, of a gibibyte of zeros; then a capture.
    let len = 1_u32 << 30;
    let plain = std::fs::read(CAPTURE).unwrap();
    let section = usize::from(plain[4]);
    let head = [0x0bad_0000_u32.to_le_bytes(), len.to_le_bytes()].concat();
    let mut bomb = [&plain[..section], &head[..]].concat();
    bomb.resize(bomb.len() + len as usize - 12, 0);
    bomb.extend_from_slice(&len.to_le_bytes());
    bomb.extend_from_slice(&plain);
    let folder = tempfile::tempdir().unwrap();
    for way in [&["zstd", "-q", "-1"][..], &["lz4", "-q"], &["gzip", "-1"]] {
        let Some(packed) = pack(way, &bomb) else { continue };
        let path = folder.path().join("bomb");
        std::fs::write(&path, &packed).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -v 400000; exec \"$0\" exchanges \"$1\""]);
        let output = command.arg(program().get_program()).arg(&path).output().unwrap();
        assert!(output.status.success(), "{way:?}: {}", String::from_utf8_lossy(&output.stderr));
        let plain = run(&["exchanges", CAPTURE]);
        assert!(output.stdout == plain.stdout, "{way:?}");
    }
}
