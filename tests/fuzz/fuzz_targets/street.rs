//! `street` of `targets.rs`, driven by libFuzzer.

#![no_main]

#[path = "../targets.rs"]
#[expect(dead_code, reason = "each target uses its own part")]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::street(data));
