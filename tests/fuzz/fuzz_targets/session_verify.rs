//! Signatures judged and contents opened, and the search engine against the judge.
//!
//! The input is `secret LF salt LF name LF value`, then pairs `name LF value`: the cookies beside it.

#![no_main]

use cookietrail::session::crack::{Batch, Target};
use cookietrail::session::{
    Context, Cookie, SignatureState, VerifyOptions, candidates, judge, open, secret, verify,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let parts: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let [secret, salt, name, value, ref beside @ ..] = parts[..] else { return };
    let companions: Vec<(&[u8], &[u8])> =
        beside.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    let cookie = Cookie { name, value, companions: &companions };
    let key = secret::parse(secret);
    secret::decoded(secret);
    let salt = (!salt.is_empty()).then_some(salt);
    let options = VerifyOptions { salt, ..VerifyOptions::default() };
    let readings = candidates(&cookie, &Context::default());
    for reading in &readings {
        let verdict = verify(reading.format, &cookie, &key, &options);
        let opened = open(reading.format, &cookie, &key, &options);
        assert!(opened.is_none() || verdict != Some(false), "{} opens unverified", reading.format);
    }
    let judged = judge(&cookie, &Context::default(), &key, &options);
    assert_eq!(judged.len(), readings.len());
    let salts: Vec<Vec<u8>> = salt.iter().map(|salt| salt.to_vec()).collect();
    if let Some(target) = Target::new(&cookie, &readings, &salts) {
        // Stretched keys make a run slow and are tested elsewhere.
        if target.cost() < 200 {
            let mut batch = Batch::default();
            batch.add(&target, 0);
            let mut hits = Vec::new();
            batch.try_candidate(&key, &mut hits);
            assert_eq!(!hits.is_empty(), target.signed_as(&key).is_some());
        }
    } else {
        assert!(judged.iter().all(|one| one.signature != SignatureState::Valid));
    }
});
