//! Secrets as people write them on a command line or in a word list.

use crate::session::encoding;

/// The bytes that a written secret stands for.
///
/// `hex:…`, `base64:…` and Python's `b'…'` give binary keys; one that does not decode is taken as
/// plain text, as is everything else. Laravel writes its `APP_KEY` with the `base64:` prefix, and
/// people paste what `os.urandom` printed.
pub fn parse(text: &[u8]) -> Vec<u8> {
    let decoded = if let Some(digits) = text.strip_prefix(b"hex:") {
        encoding::hex(digits)
    } else if let Some(encoded) = text.strip_prefix(b"base64:") {
        encoding::base64(encoded)
    } else {
        text.strip_prefix(b"b").and_then(encoding::python_quoted)
    };
    decoded.unwrap_or_else(|| text.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_give_binary_secrets_and_the_rest_is_text() {
        for (text, expected) in [
            (&b"hex:00ff"[..], &b"\x00\xff"[..]),
            (b"base64:AP8=", b"\x00\xff"),
            (b"hex:zz", b"hex:zz"),
            (b"base64:!", b"base64:!"),
            (br"b'\x00\xff\n\'q'", b"\x00\xff\n'q"),
            (b"b'open", b"b'open"),
            (b"'quoted'", b"'quoted'"),
            (b"plain", b"plain"),
            ("密钥".as_bytes(), "密钥".as_bytes()),
        ] {
            assert_eq!(parse(text), expected);
        }
    }
}
