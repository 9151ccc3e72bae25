//! Secrets as people write them on a command line or in a word list.

use crate::session::encoding;

/// The bytes that a written secret stands for.
///
/// `hex:…`, `base64:…` and Python's `b'…'` give binary keys; one that does not decode is taken as
/// plain text, as is everything else. Laravel writes its `APP_KEY` with the `base64:` prefix, and
/// people paste what `os.urandom` printed.
pub fn parse(text: &[u8]) -> Vec<u8> {
    // A secret in plain quotes may well have quotes.
    let is_quoted = matches!(text, [b'\'' | b'"', ..]);
    decoded(text).filter(|_| !is_quoted).unwrap_or_else(|| text.to_vec())
}

/// What an entry of a word list encodes, where it is written like an encoded one: `hex:…`,
/// `base64:…`, or a string or bytes as Python prints them. The entry itself may be meant as well.
pub fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    match text {
        [b'h', b'e', b'x', b':', digits @ ..] => encoding::hex(digits),
        [b'b', b'a', b's', b'e', b'6', b'4', b':', encoded @ ..] => encoding::base64(encoded),
        [b'b', b'\'' | b'"', ..] => encoding::python_quoted(&text[1..]),
        [b'\'' | b'"', _, ..] => encoding::python_quoted(text),
        _ => None,
    }
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

    #[test]
    fn entries_of_word_lists_are_decoded_where_they_look_encoded() {
        for (text, expected) in [
            (&b"hex:00ff"[..], Some(&b"\x00\xff"[..])),
            (b"'quoted'", Some(b"quoted")),
            (br#""a\"b""#, Some(b"a\"b")),
            (b"b''", Some(b"")),
            (b"'", None),
            (b"b'", None),
            (b"'open", None),
            (b"plain", None),
        ] {
            assert_eq!(decoded(text).as_deref(), expected);
        }
    }
}
