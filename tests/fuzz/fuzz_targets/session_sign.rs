//! What is signed is read back: for every framework, content and secret. And two states of a session
//! are held against each other.
//!
//! The input is `secret LF content LF content`, each content as JSON.

#![no_main]

use cookietrail::session::sign::{Framework, Signing, companion, sign};
use cookietrail::session::{Context, Cookie, SignatureState, VerifyOptions, judge};
use cookietrail::trail::diff::changes;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const FRAMEWORKS: [Framework; 6] = [
    Framework::Flask,
    Framework::Django,
    Framework::Starlette,
    Framework::Express,
    Framework::CookieSession,
    Framework::Jwt,
];

/// Browsers keep no more, and readers look at no more than some of it.
const LONGEST: usize = 4096;

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let secret = parts.next().unwrap_or_default();
    let parse = |text: Option<&[u8]>| serde_json::from_slice::<Value>(text?).ok();
    let (before, after) = (parse(parts.next()), parse(parts.next()));
    let told = changes(before.as_ref(), after.as_ref());
    if before == after {
        assert!(told.is_empty());
    }
    for content in [before, after].into_iter().flatten() {
        read_back(secret, &content);
    }
});

fn read_back(secret: &[u8], content: &Value) {
    let signing = Signing { secret, salt: None, digest: None, now: 1_700_000_000 };
    for framework in FRAMEWORKS {
        let Ok(value) = sign(framework, content, &signing) else { continue };
        if value.len() > LONGEST {
            continue;
        }
        let beside = companion(framework, "session", &value, &signing);
        let beside: Vec<(&[u8], &[u8])> =
            beside.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let cookie = Cookie { name: b"session", value: value.as_bytes(), companions: &beside };
        let options = VerifyOptions::default();
        let judged = judge(&cookie, &Context::default(), secret, &options);
        let best = judged.first().map(|best| (best.signature, best.payload.as_ref()));
        assert_eq!(best, Some((SignatureState::Valid, Some(content))), "{framework:?}: {value}");
    }
}
