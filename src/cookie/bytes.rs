//! Small helpers on byte strings that several cookie files share.

/// The whitespace of RFC 6265bis: space and tab, nothing else.
const fn is_wsp(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `text` without spaces and tabs at its ends. Line ends stay: they are control characters here.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&b| !is_wsp(b)).unwrap_or(text.len());
    let end = text.iter().rposition(|&b| !is_wsp(b)).map_or(start, |last| last + 1);
    &text[start..end]
}

/// `text` split at the first `separator`, which belongs to neither part.
pub(super) fn split_once(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(separator, text)?;
    Some((&text[..at], &text[at + 1..]))
}

/// Whether `text` begins with `prefix`, ASCII letters compared without case.
pub(super) fn starts_with_ignore_case(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trimming_takes_spaces_and_tabs_only() {
        let cases: [(&[u8], &[u8]); 5] = [
            (b" \ta b\t ", b"a b"),
            (b"", b""),
            (b" \t ", b""),
            (b"a\r\n", b"a\r\n"),
            (b"\x0ca", b"\x0ca"),
        ];
        for (text, trimmed) in cases {
            assert_eq!(trim(text), trimmed);
        }
    }
}
