//! Undoing what frameworks do to bytes before they put them into a cookie.
//!
//! Base64 comes in three strictnesses: [`python_base64`] accepts exactly what Python's
//! `urlsafe_b64decode` accepts after itsdangerous has padded the text, because that decides whether
//! Flask takes a signature; `base64` accepts either alphabet with or without padding and nothing
//! else; [`base64_prefix`] reads as far as it can, for values that were cut.

use std::borrow::Cow;
use std::io::Read;
use std::iter::repeat_n;

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

/// Most bytes that one payload may inflate to. A real session is below 4 KiB compressed and rarely
/// shrinks tenfold; a zlib bomb of a cookie's size gives about 4 MiB, and parsed JSON takes many
/// times its text.
pub const MAX_INFLATED: usize = 256 * 1024;

static ENGINE: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Base64 of either alphabet, padded or not. Spaces count as `+`, which some proxies and logs turn
/// into spaces.
pub fn base64(text: &[u8]) -> Option<Vec<u8>> {
    // What is tried is mostly something else, with a separator in it.
    if memchr::memchr3(b'.', b':', b'|', text).is_some() {
        return None;
    }
    if memchr::memchr3(b'+', b'/', b' ', text).is_none() {
        return ENGINE.decode(text).ok();
    }
    let text: Vec<u8> = text.iter().map(|&byte| url_safe(byte)).collect();
    ENGINE.decode(text).ok()
}

/// Base64 as Python reads it: both alphabets, foreign characters dropped, padding supplied, data
/// after the padding ignored, unused bits ignored (Python `binascii.a2b_base64`, non-strict).
pub fn python_base64(text: &[u8]) -> Option<Vec<u8>> {
    if is_base64url(text) {
        return ENGINE.decode(text).ok();
    }
    let ascii = text.iter().filter(|byte| byte.is_ascii());
    let missing = ascii.clone().count().wrapping_neg() % 4;
    let mut kept = Vec::with_capacity(text.len());
    let mut pads = 0;
    for &byte in ascii.chain(repeat_n(&b'=', missing)) {
        match url_safe(byte) {
            b'=' if kept.len() % 4 >= 2 => {
                pads += 1;
                if kept.len() % 4 + pads >= 4 {
                    return ENGINE.decode(kept).ok();
                }
            }
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') => {
                kept.push(byte);
                pads = 0;
            }
            _ => {}
        }
    }
    if kept.len().is_multiple_of(4) { ENGINE.decode(kept).ok() } else { None }
}

/// As much of base64 text as can be read, up to the first character that is none.
pub fn base64_prefix(text: &[u8]) -> Vec<u8> {
    let text: Vec<u8> = text
        .iter()
        .map(|&byte| url_safe(byte))
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        .collect();
    let whole = if text.len() % 4 == 1 { text.len() - 1 } else { text.len() };
    ENGINE.decode(&text[..whole]).unwrap_or_default()
}

/// Base64 text of `bytes` in the standard alphabet with padding.
pub fn to_base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Base64 text of `bytes` in the URL-safe alphabet without padding.
pub fn to_base64url(bytes: &[u8]) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether every byte belongs to URL-safe base64 without padding, and there is at least one.
pub fn is_base64url(text: &[u8]) -> bool {
    !text.is_empty()
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// One character of standard base64 in the URL-safe alphabet.
const fn url_safe(byte: u8) -> u8 {
    match byte {
        b'+' | b' ' => b'-',
        b'/' => b'_',
        other => other,
    }
}

/// Percent-decoded bytes; a lone `%` stays as it is.
pub fn percent(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'%', text).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::from(percent_encoding::percent_decode(text))
}

/// Decoded bytes of a form field: percent-decoding, and `+` for a space.
pub fn form(text: &[u8]) -> Vec<u8> {
    let text: Vec<u8> = text.iter().map(|&b| if b == b'+' { b' ' } else { b }).collect();
    percent(&text).into_owned()
}

/// A value without its surrounding double quotes, octal and backslash escapes undone, as Python's
/// `http.cookies` writes them. A value without quotes is returned as it is.
pub fn unquote(value: &[u8]) -> Cow<'_, [u8]> {
    let Some(inner) = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\"")) else {
        return Cow::Borrowed(value);
    };
    if !inner.contains(&b'\\') {
        return Cow::Borrowed(inner);
    }
    let mut plain = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((&byte, tail)) = rest.split_first() {
        let (byte, tail) = if byte == b'\\' { escaped(tail) } else { (byte, tail) };
        plain.push(byte);
        rest = tail;
    }
    Cow::Owned(plain)
}

/// The byte that a backslash before `text` stands for, and what follows it.
fn escaped(text: &[u8]) -> (u8, &[u8]) {
    match text {
        [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..] => {
            (((a - b'0') << 6) | ((b - b'0') << 3) | (c - b'0'), tail)
        }
        [byte, tail @ ..] => (*byte, tail),
        [] => (b'\\', text),
    }
}

/// The bytes of a string as Python prints it, in either kind of quotes.
pub fn python_quoted(text: &[u8]) -> Option<Vec<u8>> {
    let quote = text.first().filter(|byte| matches!(byte, b'\'' | b'"'))?;
    let mut rest = text[1..].strip_suffix(std::slice::from_ref(quote))?;
    let mut plain = Vec::with_capacity(rest.len());
    while let Some((&byte, tail)) = rest.split_first() {
        let (byte, tail) = if byte == b'\\' { python_escaped(tail)? } else { (byte, tail) };
        plain.push(byte);
        rest = tail;
    }
    Some(plain)
}

/// The byte that a backslash before `text` stands for in Python, and what follows it.
fn python_escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    match text {
        [b'x', high, low, tail @ ..] => Some(((nibble(*high)? << 4) | nibble(*low)?, tail)),
        [b'n', tail @ ..] => Some((b'\n', tail)),
        [b'r', tail @ ..] => Some((b'\r', tail)),
        [b't', tail @ ..] => Some((b'\t', tail)),
        [byte, tail @ ..] => Some((*byte, tail)),
        [] => None,
    }
}

/// What came out of a zlib stream.
#[derive(Debug, PartialEq, Eq)]
pub struct Inflated {
    /// The bytes, as far as they could be read.
    pub bytes: Vec<u8>,
    /// Why they end early, if they do.
    pub problem: Option<&'static str>,
}

/// Inflates a zlib stream, up to [`MAX_INFLATED`] bytes. A damaged or cut stream gives what came
/// before the damage.
pub fn inflate(data: &[u8]) -> Inflated {
    let mut bytes = Vec::new();
    let mut decoder = flate2::read::ZlibDecoder::new(data).take(MAX_INFLATED as u64 + 1);
    let problem = match decoder.read_to_end(&mut bytes) {
        Ok(_) if bytes.len() > MAX_INFLATED => {
            Some("the compressed payload is larger than is read")
        }
        Ok(_) => None,
        Err(_) => Some("the compressed payload is damaged or cut"),
    };
    bytes.truncate(MAX_INFLATED);
    Inflated { bytes, problem }
}

/// Bytes of an even number of hexadecimal digits.
pub fn hex(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.chunks_exact(2).map(|pair| Some((nibble(pair[0])? << 4) | nibble(pair[1])?)).collect()
}

/// Bytes of lower-case hexadecimal digits, as frameworks write and compare signatures.
pub fn lower_hex(text: &[u8]) -> Option<Vec<u8>> {
    is_hex(text, text.len()).then(|| hex(text)).flatten()
}

/// Lower-case hexadecimal text of `bytes`.
pub fn to_hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// Whether `text` is exactly `length` lower-case hexadecimal digits.
pub fn is_hex(text: &[u8], length: usize) -> bool {
    text.len() == length && text.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether `text` is a UUID in its usual form: 8-4-4-4-12 hexadecimal digits.
pub fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// A whole number written in ASCII digits only: no sign, no spaces.
pub fn decimal(text: &[u8]) -> Option<i64> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The text before and after the last `separator`.
pub fn split_last(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memrchr(separator, text)?;
    Some((&text[..at], &text[at + 1..]))
}

/// The text before and after the first `separator`.
pub fn split_first(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(separator, text)?;
    Some((&text[..at], &text[at + 1..]))
}

/// The text before and after the last `--`, the separator of Rails and Rack.
pub fn split_dashes(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut dashes = memchr::memrchr_iter(b'-', text);
    let last = dashes.find(|at| *at > 0 && text[at - 1] == b'-')?;
    Some((&text[..last - 1], &text[last + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_accepts_sloppy_base64_and_refuses_what_python_refuses() {
        for (text, expected) in [
            ("aGVsbG8", Some("hello")),
            ("aGVsbG8=", Some("hello")),
            ("aGVsbG8==", Some("hello")),
            ("aGVs!!!!bG8", Some("hello")),
            ("aGVs!bG8", None),
            ("aGVsbG9", Some("hello")),
            ("aGVsb", None),
            ("", Some("")),
        ] {
            let decoded = python_base64(text.as_bytes());
            assert_eq!(decoded.as_deref(), expected.map(str::as_bytes), "{text}");
        }
    }

    #[test]
    fn either_alphabet_is_read() {
        assert_eq!(base64(b"-_-_"), base64(b"+/+/"));
        assert_eq!(base64(b" / /"), base64(b"+/+/"));
        assert_eq!(base64(b"a!b"), None);
    }

    #[test]
    fn a_cut_text_is_read_as_far_as_it_goes() {
        assert_eq!(base64_prefix(b"aGVsb"), b"hel");
        assert_eq!(base64_prefix(b"aGVsbG8.xyz"), b"hello");
        assert_eq!(base64_prefix(b"%"), b"");
    }

    #[test]
    fn quotes_and_octal_escapes_are_undone() {
        for (value, expected) in [
            (&br#""a\054b\073c""#[..], &b"a,b;c"[..]),
            (br#""\"x\"""#, b"\"x\""),
            (br#""\303\251""#, "é".as_bytes()),
            (br"a\054b", br"a\054b"),
            (br#"""#, br#"""#),
            (br#""\""#, b"\\"),
        ] {
            assert_eq!(&*unquote(value), expected);
        }
    }

    #[test]
    fn a_zlib_bomb_stops_at_the_cap() {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut encoder, &vec![b'0'; 4 * MAX_INFLATED]).unwrap();
        let inflated = inflate(&encoder.finish().unwrap());
        assert_eq!(inflated.bytes.len(), MAX_INFLATED);
        assert!(inflated.problem.is_some());
    }

    #[test]
    fn hex_goes_both_ways() {
        assert_eq!(hex(b"00ffA1"), Some(vec![0, 255, 0xa1]));
        assert_eq!(hex(b"0"), None);
        assert_eq!(hex(b"zz"), None);
        assert_eq!(to_hex(&[0, 255, 0xa1]), "00ffa1");
    }

    #[test]
    fn numbers_are_digits_only() {
        assert_eq!(decimal(b"42"), Some(42));
        assert_eq!(decimal(b"+42"), None);
        assert_eq!(decimal(b""), None);
        assert_eq!(decimal(b"99999999999999999999"), None);
    }
}
