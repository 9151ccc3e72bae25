//! `Set-Cookie` and `Cookie` headers, and a jar that takes in what they say.

#![no_main]

use cookietrail::cookie::{CookieHeader, SetCookie};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for line in data.split(|byte| *byte == b'\n') {
        let cookie = match SetCookie::parse(line) {
            Ok(cookie) => cookie,
            Err(refusal) => *refusal.cookie,
        };
        assert!(cookie.name.len() + cookie.value.len() <= line.len());
    }
    let header = CookieHeader::parse(data.split(|byte| *byte == b'\n'));
    for pair in &header.pairs {
        assert!(pair.written().len() <= data.len() + 1);
        assert_eq!(header.first(&pair.name).is_some(), true);
    }
    let again = CookieHeader::parse([header.joined().as_slice()]);
    assert_eq!(again.joined(), header.joined());
});
