//! The readers of what is inside a cookie, each through the format that uses it, so that the fuzzer
//! need not find base64 and signatures by itself.
//!
//! The first byte chooses the envelope, the rest is the content.

#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use cookietrail::session::{Context, Cookie, candidates, nested, peel};
use libfuzzer_sys::fuzz_target;
use std::fmt::Write as _;
use std::io::Write as _;

/// A MAC of 20 bytes in hexadecimal.
const MAC: &str = "0123456789abcdef0123456789abcdef01234567";

/// Longest text that a content may become: readers are capped, and so is what they give.
const CAP: usize = 64 << 20;

fuzz_target!(|data: &[u8]| {
    let Some((choice, content)) = data.split_first() else { return };
    let (name, value) = envelope(*choice, content);
    let cookie = Cookie::new(name.as_bytes(), value.as_bytes());
    let context = Context::default();
    for reading in candidates(&cookie, &context) {
        for shown in [&reading.payload, &reading.plain].into_iter().flatten() {
            assert!(shown.to_string().len() < CAP, "{}", reading.format);
            nested(shown, &context);
        }
    }
    peel(&cookie, &context);
});

fn envelope(choice: u8, content: &[u8]) -> (&'static str, String) {
    let (standard, url) = (STANDARD.encode(content), URL_SAFE_NO_PAD.encode(content));
    match choice % 20 {
        // Python: pickle.
        0 => ("session", format!("q1w2e3r4t5y6u7i8o9p0a1s2d3f=?key={standard}")),
        1 => ("account", format!("!q1w2e3r4t5y6u7i8o9p0aQ==?{standard}")),
        // Ruby: Marshal, JSON, zlib.
        2 => ("rack.session", format!("{standard}--{MAC}")),
        3 => ("_app_session", format!("{standard}--{MAC}")),
        // PHP: serialize, with CodeIgniter's hash after it, and bare.
        4 => ("ci_session", format!("{}{MAC}", percent(content))),
        5 => ("prefs", percent(content)),
        // Elixir: Erlang terms.
        6 => ("_app_key", format!("SFMyNTY.{url}.{}", URL_SAFE_NO_PAD.encode([7; 32]))),
        // Go: gob in gorilla's envelope.
        7 => {
            let mut inner = format!("1700000000|{}|", URL_SAFE.encode(content)).into_bytes();
            inner.extend([7; 32]);
            ("session", URL_SAFE.encode(inner))
        }
        // Python: JSON and zlib in itsdangerous' envelopes.
        8 => ("session", format!("{url}.ZVPxAA.{}", URL_SAFE_NO_PAD.encode([7; 20]))),
        9 => ("session", format!(".{url}.ZVPxAA.{}", URL_SAFE_NO_PAD.encode([7; 20]))),
        10 => ("session", format!(".{}.ZVPxAA.{}", zlib(content), URL_SAFE_NO_PAD.encode([7; 20]))),
        11 => ("sessionid", format!(".{url}:1rga7z:{}", URL_SAFE_NO_PAD.encode([7; 32]))),
        12 => ("session", format!("{standard}.ZVPxAA.{}", URL_SAFE_NO_PAD.encode([7; 20]))),
        // Tokens.
        13 => ("token", format!("eyJhbGciOiJIUzI1NiJ9.{url}.{}", URL_SAFE_NO_PAD.encode([7; 32]))),
        14 => ("token", format!("{url}.e30.{}", URL_SAFE_NO_PAD.encode([7; 32]))),
        // Node: JSON.
        15 => ("session", standard),
        16 => ("prefs", format!("j:{}", percent(content))),
        // Java, .NET and the rest: base64 of something with a shape of its own.
        17 => ("rememberMe", standard),
        18 => ("remember-me", url),
        // No format at all.
        _ => ("x", String::from_utf8_lossy(content).into_owned()),
    }
}

fn zlib(content: &[u8]) -> String {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let packed = encoder.write_all(content).and_then(|()| encoder.finish());
    URL_SAFE_NO_PAD.encode(packed.unwrap_or_default())
}

fn percent(content: &[u8]) -> String {
    content.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "%{byte:02X}");
        text
    })
}
