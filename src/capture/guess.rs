//! What a file is that is no pcap or pcapng, for a message that helps.

/// What the first bytes of a file tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guess {
    /// Packets, in a format of another tool. With its article.
    OtherCapture(&'static str),
    /// Something else. With its article.
    Other(&'static str),
}

/// Beginnings of files, and what they mean. The first that fits counts.
const BEGINNINGS: &[(&[u8], Guess)] = &[
    (b"snoop\0\0\0", Guess::OtherCapture("a snoop capture")),
    (b"RTSS", Guess::OtherCapture("a Network Monitor 1 capture")),
    (b"GMBU", Guess::OtherCapture("a Network Monitor 2 capture")),
    (b"TRSNIFF data    \x1a", Guess::OtherCapture("a Sniffer capture")),
    (b"XCP\0", Guess::OtherCapture("a NetXRay capture")),
    (b"iptrace ", Guess::OtherCapture("an AIX iptrace capture")),
    (b"\x54\x52\x00\x64\x00", Guess::OtherCapture("an HP-UX nettl capture")),
    (b"btsnoop\0", Guess::OtherCapture("a btsnoop capture")),
    (b"\x7fver\0", Guess::OtherCapture("a Peek capture")),
    (b"ObserverPktBuffe", Guess::OtherCapture("an Observer capture")),
    (b"\x05VNF", Guess::OtherCapture("a Visual Networks capture")),
    (b"\xaa\xaa\xaa\xaa", Guess::OtherCapture("a 5Views capture")),
    (b"\x01\x10\x4c\0", Guess::OtherCapture("a LANalyzer capture")),
    (b"\0\0\x02\0\x12\x05\0\x10", Guess::OtherCapture("a Tektronix K12 capture")),
    (b"+---------+", Guess::OtherCapture("a Tektronix K12 text")),
    (b"EyeSDN\0", Guess::OtherCapture("an EyeSDN capture")),
    (b"LOGG", Guess::OtherCapture("a Vector BLF log")),
    (b"\x02\x21\x4c\x18", Guess::Other("a file of lz4's legacy format (`lz4 -d` unpacks it)")),
    (b"\x5d\0\0", Guess::Other("an lzma file (`unlzma` unpacks it)")),
    (b"LZIP", Guess::Other("an lzip file (`lzip -d` unpacks it)")),
    (b"\x1f\x9d", Guess::Other("a file of compress (`uncompress` unpacks it)")),
    (b"\x89LZO", Guess::Other("an lzop file (`lzop -d` unpacks it)")),
    (b"PK\x03\x04", Guess::Other("a zip archive")),
    (b"7z\xbc\xaf\x27\x1c", Guess::Other("a 7z archive")),
    (b"Rar!", Guess::Other("a rar archive")),
    (b"\x7fELF", Guess::Other("a program")),
    (b"%PDF", Guess::Other("a PDF document")),
    (b"SQLite format 3\0", Guess::Other("a database")),
    (b"{", Guess::Other("JSON text (a HAR file?)")),
    (b"<", Guess::Other("HTML or XML text")),
    (b"version https://git-lfs", Guess::Other("a Git LFS pointer, not the file itself")),
];

/// Some formats have no mark at the beginning that is only theirs, such as Endace's.
pub(super) const UNKNOWN: &str =
    "binary data of an unknown kind (`editcap` can convert what Wireshark opens)";

/// Says what a file that begins so may be.
pub(crate) fn guess(first: &[u8]) -> Guess {
    if first.get(257..262) == Some(b"ustar") {
        return Guess::Other("a tar archive (`tar -xf` unpacks it)");
    }
    let known = BEGINNINGS.iter().find(|(beginning, _)| first.starts_with(beginning));
    known.map_or_else(|| Guess::Other(plain_guess(first)), |(_, guess)| *guess)
}

fn plain_guess(first: &[u8]) -> &'static str {
    if first.iter().all(|&byte| byte == 0) {
        "a run of zero bytes"
    } else if is_text(first) {
        "text"
    } else {
        UNKNOWN
    }
}

/// Text in UTF-8, of which the last character may be cut.
fn is_text(bytes: &[u8]) -> bool {
    let controls = bytes.iter().any(|&byte| byte < 0x20 && !b"\t\n\r\x0c\x1b".contains(&byte));
    let cut_or_fine = |text: Result<&str, std::str::Utf8Error>| match text {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    !controls && cut_or_fine(std::str::from_utf8(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_known_by_what_stands_in_its_middle() {
        let mut bytes = [0; 512];
        bytes[..6].copy_from_slice(b"a.pcap");
        bytes[257..262].copy_from_slice(b"ustar");
        assert_eq!(guess(&bytes), Guess::Other("a tar archive (`tar -xf` unpacks it)"));
    }

    #[test]
    fn what_is_no_capture_is_named() {
        for (first, expected) in [
            (&b"snoop\0\0\0\0\0\0\x02"[..], Guess::OtherCapture("a snoop capture")),
            (b"\xaa\xaa\xaa\xaa\x20\0", Guess::OtherCapture("a 5Views capture")),
            (b"PK\x03\x04abc", Guess::Other("a zip archive")),
            (b"{\"log\":", Guess::Other("JSON text (a HAR file?)")),
            (b"GET / HTTP/1.1\r\n", Guess::Other("text")),
            ("caf\u{e9} \u{20ac}".as_bytes(), Guess::Other("text")),
            (b"cut char \xe2\x82", Guess::Other("text")),
            (b"bad char \xe2\x82a", Guess::Other(UNKNOWN)),
            (b"\0\0\0\0", Guess::Other("a run of zero bytes")),
            (b"a\0b", Guess::Other(UNKNOWN)),
        ] {
            assert_eq!(guess(first), expected, "{}", first.escape_ascii());
        }
    }
}
