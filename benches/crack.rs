//! Candidates per CPU-second, against the bare cost of as many compressions.
//!
//! `cargo bench --bench crack [-- VALUE]` measures on one thread, the value given or
//! the short Flask cookie of the documentation.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#![expect(clippy::print_stdout, reason = "a measurement prints its figures")]

use cookietrail::session::crack::{LANES, Target, rounds};
use cookietrail::session::{Context, Cookie, candidates};
use std::hint::black_box;
use std::time::Instant;

/// A session of 28 characters of payload, signed with the secret `key`.
const FLASK: &str = "eyJ1c2VybmFtZSI6ImFsaWNlIn0.Gbzbzw.vKkf1aSC_g-5hzLEnCTQC4t1L7k";

/// Candidates in a measurement.
const COUNT: usize = 2_000_000;

/// Measurements of each kind; the best counts, as the machine may have other work.
const REPEATS: usize = 5;

fn main() {
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let value = given.as_deref().unwrap_or(FLASK);
    let cookie = Cookie::new(b"session", value.as_bytes());
    let readings = candidates(&cookie, &Context::default());
    let Some(target) = Target::new(&cookie, &readings, &[]) else {
        println!("this value is not signed with a secret");
        return;
    };
    let cost = target.cost();
    println!("{}: {cost} compressions a candidate", target.format());
    let targets = [((), target)];
    let batch = rounds(&targets).remove(0).batch(&targets, |_| false);

    let words: Vec<Vec<u8>> =
        (0..COUNT).map(|number| format!("w{number:07x}").into_bytes()).collect();
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let mut hits = Vec::new();
    let engine = best(|| batch.try_candidates(black_box(&words), &mut hits));
    println!("engine             {:8.3} M candidates/s", rate(COUNT, engine));
    assert!(hits.is_empty());
    let compressions = COUNT * usize::try_from(cost).unwrap_or(1);
    let chained = best(|| {
        let mut state = [1, 2, 3, 4, 5];
        for _ in 0..compressions {
            sha1::block_api::compress(&mut state, black_box(&[[7; 64]]));
        }
        black_box(state);
    });
    println!("bare, one chain    {:8.3} M candidates/s of SHA-1", rate(COUNT, chained));
    let side_by_side = best(|| {
        let mut states = [[1, 2, 3, 4, 5]; LANES];
        for _ in 0..compressions / LANES {
            for state in &mut states {
                sha1::block_api::compress(state, black_box(&[[7; 64]]));
            }
        }
        black_box(states);
    });
    println!("bare, {LANES} in turn    {:8.3} M candidates/s of SHA-1", rate(COUNT, side_by_side));
    println!("engine / bare      {:8.2}", side_by_side / engine);
}

/// Seconds of the quickest of several runs.
fn best(mut run: impl FnMut()) -> f64 {
    let times = (0..REPEATS).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn rate(count: usize, seconds: f64) -> f64 {
    count as f64 / seconds / 1e6
}
