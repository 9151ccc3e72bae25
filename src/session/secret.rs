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

/// The bytes that a secret stands for that was given by hand: as [`parse`] reads it, but what cannot
/// be decoded after a prefix is a mistake. `text:…` is text, whatever it begins with.
///
/// # Errors
/// A prefix with something after it that it does not announce.
pub fn given(text: &[u8]) -> Result<Vec<u8>, BadSecret> {
    if let Some(plain) = text.strip_prefix(b"text:") {
        return Ok(plain.to_vec());
    }
    let announced = [(&b"hex:"[..], BadSecret::Hex), (b"base64:", BadSecret::Base64)];
    let bad = announced.into_iter().find(|(prefix, _)| text.starts_with(prefix));
    match bad {
        Some((_, bad)) => decoded(text).filter(|bytes| !bytes.is_empty()).ok_or(bad),
        None => Ok(parse(text)),
    }
}

/// Why a secret cannot be what it says it is. The secret itself is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// `hex:` and something else.
    #[error(
        "what follows `hex:` in the secret is no hexadecimal number of whole bytes; if the secret \
         is text that begins so, write `text:` before it"
    )]
    Hex,
    /// `base64:` and something else.
    #[error(
        "what follows `base64:` in the secret is no base64; if the secret is text that begins so, \
         write `text:` before it"
    )]
    Base64,
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
    fn a_given_secret_that_is_not_what_it_says_is_a_mistake() {
        assert_eq!(given(b"hex:zz"), Err(BadSecret::Hex));
        assert_eq!(given(b"hex:abc"), Err(BadSecret::Hex));
        assert_eq!(given(b"hex:"), Err(BadSecret::Hex));
        assert_eq!(given(b"base64:!"), Err(BadSecret::Base64));
        assert_eq!(given(b"text:hex:zz"), Ok(b"hex:zz".to_vec()));
        assert_eq!(given(b"hex:00ff"), Ok(b"\x00\xff".to_vec()));
        assert_eq!(given(b"b'open"), Ok(b"b'open".to_vec()));
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
