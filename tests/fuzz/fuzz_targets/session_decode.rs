//! Every format's recogniser, the readers of payloads, and the look below unknown encodings.
//!
//! The input is `name LF value`, then further `name LF value` pairs: the cookies beside it.

#![no_main]

use cookietrail::session::{Context, Cookie, candidates, decode, deletion, nested, peel};
use cookietrail::time::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let parts: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let (name, value) = match parts[..] {
        [value] => (&b""[..], value),
        _ => (parts[0], parts[1]),
    };
    let companions: Vec<(&[u8], &[u8])> =
        parts.get(2..).unwrap_or_default().chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    let cookie = Cookie { name, value, companions: &companions };
    for now_hint in [None, Some(Timestamp::from_seconds(1_700_000_000))] {
        let context = Context { now_hint };
        let readings = candidates(&cookie, &context);
        assert_eq!(decode(&cookie, &context).as_ref(), readings.first());
        for reading in &readings {
            if let Some(payload) = &reading.payload {
                assert!(serde_json_text(payload));
                nested(payload, &context);
            }
        }
        peel(&cookie, &context);
    }
    deletion(value);
});

fn serde_json_text(value: &impl std::fmt::Display) -> bool {
    !value.to_string().is_empty()
}
