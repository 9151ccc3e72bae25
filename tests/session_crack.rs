//! The search engine against `verify`: on the vectors of the session-cookie reference it finds what
//! `verify` accepts, and nothing else.

#![expect(clippy::disallowed_methods, reason = "a test reads its vectors from a file")]
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests are tests")]

use cookietrail::session::crack::{Batch, Round, Target, rounds};
use cookietrail::session::{self, Context, Cookie, secret};
use serde_json::Value;
use std::collections::BTreeSet;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors.jsonl");

/// Valid vectors whose secret the engine found when this was written; fewer mean that the data or
/// the engine lost some.
const FLOOR: usize = 380;

struct Vector {
    id: String,
    target: Target,
    secret: Vec<u8>,
    is_valid: bool,
}

fn text<'a>(vector: &'a Value, field: &str) -> Option<&'a str> {
    vector.get(field).and_then(Value::as_str)
}

fn vectors() -> Option<Vec<Vector>> {
    let Ok(text) = std::fs::read_to_string(VECTORS) else {
        eprintln!("SKIPPED: ../shared is not here");
        return None;
    };
    Some(text.lines().filter_map(|line| vector(&serde_json::from_str(line).unwrap())).collect())
}

/// A vector as a target, where it is signed with a secret.
fn vector(vector: &Value) -> Option<Vector> {
    let secret = match text(vector, "secret_hex") {
        Some(digits) => secret::parse(format!("hex:{digits}").as_bytes()),
        None => secret::parse(text(vector, "secret")?.as_bytes()),
    };
    let companion = text(vector, "companion_name").zip(text(vector, "companion_value"));
    let companions: Vec<_> =
        companion.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    let cookie = Cookie {
        name: text(vector, "cookie_name").unwrap_or_default().as_bytes(),
        value: text(vector, "cookie_value").unwrap_or_default().as_bytes(),
        companions: &companions,
    };
    let readings = session::candidates(&cookie, &Context::default());
    let salts: Vec<Vec<u8>> = text(vector, "salt").iter().map(|s| s.as_bytes().to_vec()).collect();
    let target = Target::new(&cookie, &readings, &salts)?;
    let id = text(vector, "id").unwrap_or_default().to_owned();
    Some(Vector { id, target, secret, is_valid: vector["valid"] == true })
}

#[test]
fn every_valid_vector_falls_to_its_secret_and_to_no_other() {
    let Some(vectors) = vectors() else { return };
    let mut found = 0;
    for vector in &vectors {
        let mut batch = Batch::default();
        batch.add(&vector.target, 7);
        let mut hits = Vec::new();
        batch.try_candidates(&[b"wrong", &vector.secret, b"", b"wrong too"], &mut hits);
        let hit: BTreeSet<_> = hits.iter().map(|hit| (hit.candidate, hit.target)).collect();
        let verified = vector.target.signed_as(&vector.secret).is_some();
        let expected: &[(usize, usize)] = if verified { &[(1, 7)] } else { &[] };
        assert!(hit.iter().eq(expected), "{}: {hit:?}, verified {verified}", vector.id);
        found += usize::from(verified && vector.is_valid);
    }
    eprintln!("{found} valid vectors found by their secret, of {} targets", vectors.len());
    assert!(found >= FLOOR, "{found}");
}

#[test]
fn all_cookies_together_give_what_each_gives_alone() {
    let Some(vectors) = vectors() else { return };
    let words: BTreeSet<&[u8]> = vectors.iter().map(|vector| &*vector.secret).collect();
    let words: Vec<&[u8]> = words.into_iter().collect();
    let targets: Vec<(&str, Target)> =
        vectors.iter().map(|vector| (&*vector.id, vector.target.clone())).collect();
    // What is slow on purpose is left to the test of each vector.
    let fast: Vec<Round> = rounds(&targets).into_iter().filter(|r| r.number < 3).collect();
    let batch = Round::merged(fast).batch(&targets, |_| false);
    let mut hits = Vec::new();
    batch.try_candidates(&words, &mut hits);
    let hits: BTreeSet<_> = hits.iter().map(|hit| (hit.target, hit.candidate)).collect();
    for (number, (id, target)) in targets.iter().enumerate() {
        if target.cost() > 200 {
            continue;
        }
        for (place, word) in words.iter().enumerate() {
            let hit = hits.contains(&(number, place));
            assert_eq!(hit, target.signed_as(word).is_some(), "{id} {}", word.escape_ascii());
        }
    }
}
