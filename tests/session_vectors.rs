//! Replays the vectors of the session-cookie reference: cookies that real libraries made, with what
//! is inside them and whether a given secret made them.
//!
//! Prints a table per format and fails if a number falls below the floor written here.

#![expect(clippy::disallowed_methods, reason = "a test reads its vectors from a file")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cookietrail::session::{
    self, Context, Cookie, Derivation, Digest, Reading, VerifyOptions, secret,
};
use serde_json::Value;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors.jsonl");

/// Vectors that another format may win, because nothing in the value tells the two apart. The
/// vector's own format must still be among the candidates.
const TIES: &[(&str, &str)] = &[
    ("quart", "signs exactly as Flask does"),
    ("go-scs", "43 random characters under the name Flask-Session uses too"),
];

/// Vectors whose stated expectation is not met, and why that is right.
const EXCEPTIONS: &[(&str, &str)] = &[];

/// Checks that were made when this was written, by column; fewer mean that the data or the test
/// lost some.
const FLOOR: [usize; 4] = [616, 547, 393, 544];

/// Checks passed out of checks made, for one column of one format.
#[derive(Default, Clone, Copy)]
struct Score {
    passed: usize,
    made: usize,
}

impl Score {
    fn add(&mut self, passed: bool) {
        self.made += 1;
        self.passed += usize::from(passed);
    }
}

#[derive(Default)]
struct Row {
    total: usize,
    /// Format, payload, time, valid.
    scores: [Score; 4],
}

const COLUMNS: [&str; 4] = ["format", "payload", "time", "valid"];

struct Vector(Value);

impl Vector {
    fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field).and_then(Value::as_str)
    }

    fn format(&self) -> &str {
        self.text("format").unwrap_or_default()
    }

    fn is(&self, feature: &str) -> bool {
        self.text("feature") == Some(feature)
    }

    fn secret(&self) -> Option<Vec<u8>> {
        match self.text("secret_hex") {
            Some(digits) => Some(secret::parse(format!("hex:{digits}").as_bytes())),
            None => self.text("secret").map(|text| secret::parse(text.as_bytes())),
        }
    }

    /// The salt as an application would give it: Phoenix's encryption salt is only in the note.
    fn salt(&self) -> Option<String> {
        let salt = self.text("salt")?;
        Some(if self.format() == "phoenix-encrypted" { format!("enc-{salt}") } else { salt.into() })
    }
}

#[test]
fn every_vector_is_read_as_the_reference_says() {
    let Ok(text) = std::fs::read_to_string(VECTORS) else {
        eprintln!("SKIPPED: ../shared is not here");
        return;
    };
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut failures = Vec::new();
    for line in text.lines() {
        let vector = Vector(serde_json::from_str(line).expect("a vector is JSON"));
        let row = rows.entry(vector.format().to_owned()).or_default();
        row.total += 1;
        for (column, passed) in check(&vector) {
            row.scores[column].add(passed);
            let id = vector.text("id").unwrap_or_default();
            if !passed && !EXCEPTIONS.iter().any(|(exempt, _)| *exempt == id) {
                failures.push(format!("{id} {} {}: {}", vector.format(), COLUMNS[column], line));
            }
        }
    }
    eprintln!("{}", table(&rows));
    for (id, reason) in EXCEPTIONS {
        eprintln!("exception {id}: {reason}");
    }
    let shown: String = failures.iter().take(40).fold(String::new(), |mut text, failure| {
        let _ = writeln!(text, "{failure:.700}");
        text
    });
    assert!(failures.is_empty(), "{} checks failed:\n{shown}", failures.len());
    let made = rows.values().fold([0; 4], |mut sum: [usize; 4], row| {
        sum.iter_mut().zip(row.scores).for_each(|(sum, score)| *sum += score.made);
        sum
    });
    assert!(made.iter().zip(FLOOR).all(|(made, floor)| *made >= floor), "checks made: {made:?}");
}

/// The checks that apply to one vector: the column, and whether it passed.
fn check(vector: &Vector) -> Vec<(usize, bool)> {
    let companion = vector.text("companion_name").zip(vector.text("companion_value"));
    let companions: Vec<_> =
        companion.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    let cookie = Cookie {
        name: vector.text("cookie_name").unwrap_or_default().as_bytes(),
        value: vector.text("cookie_value").unwrap_or_default().as_bytes(),
        companions: &companions,
    };
    if vector.is("deletion") {
        return vec![(0, session::deletion(cookie.value).is_some())];
    }
    let readings = session::candidates(&cookie, &Context::default());
    // Formats that cannot win are passed over there, and must not be missed.
    let best = session::decode(&cookie, &Context::default());
    assert_eq!(best.as_ref(), readings.first(), "{}", vector.format());
    if vector.format() == "negative" {
        return vec![(0, readings.first().is_none_or(|best| !best.kind.is_session()))];
    }
    let tie = TIES.iter().any(|(format, _)| *format == vector.format());
    let mut own = readings.iter().enumerate().filter(|(_, r)| r.format == vector.format());
    let (place, reading) = own.next().map_or((None, None), |(i, r)| (Some(i), Some(r)));
    let mut checks = vec![(0, place.is_some_and(|place| tie || place == 0))];
    checks.extend(content(vector, reading, &cookie));
    checks
}

fn content(vector: &Vector, reading: Option<&Reading>, cookie: &Cookie<'_>) -> Vec<(usize, bool)> {
    let mut checks = Vec::new();
    let secret = vector.secret();
    let salt = vector.salt();
    let options = VerifyOptions {
        salt: salt.as_deref().map(str::as_bytes),
        digest: vector.text("digest").and_then(Digest::named),
        derivation: vector.text("key_derivation").and_then(Derivation::named),
        client: vector.0["payload"]["ip"].as_str().and_then(|ip| ip.parse().ok()),
    };
    if let Some(expected) = vector.0.get("payload").filter(|payload| !payload.is_null()) {
        let encrypted = reading.is_some_and(|reading| reading.payload.is_none());
        let opened = secret
            .as_deref()
            .filter(|_| encrypted)
            .and_then(|secret| session::open(vector.format(), cookie, secret, &options));
        let shown = opened.as_ref().or(reading.and_then(|r| r.payload.as_ref()));
        checks.push((1, shown.is_some_and(|shown| matches(vector.format(), shown, expected))));
    }
    if let Some(seconds) = vector.0.get("timestamp").and_then(Value::as_i64) {
        let signed_at =
            reading.and_then(|r| r.signed_at).map(cookietrail::time::Timestamp::seconds);
        checks.push((2, signed_at == Some(seconds)));
    }
    if let (Some(secret), Some(valid)) = (secret, vector.0["valid"].as_bool()) {
        // Only what was cut so far that no signature is left cannot be judged at all.
        let verdict = session::verify(vector.format(), cookie, &secret, &options);
        checks.push((3, verdict.map_or(!valid && vector.is("truncated"), |v| v == valid)));
    }
    checks
}

/// Whether the content is the expected one. The vectors write whole floats as integers, and of
/// next-auth tokens they list only the members that do not depend on the run. The address of an
/// `auth_tkt` is signed, but not in the value.
fn matches(format: &str, shown: &Value, expected: &Value) -> bool {
    match (shown, expected) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| matches(format, a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let partial = matches!(format, "next-auth" | "authjs");
            let expected = |key: &str| !(format == "auth_tkt" && key == "ip");
            (partial || a.len() == b.keys().filter(|key| expected(key)).count())
                && b.iter()
                    .filter(|(key, _)| expected(key))
                    .all(|(key, b)| a.get(key).is_some_and(|a| matches(format, a, b)))
        }
        (a, b) => a == b,
    }
}

fn table(rows: &BTreeMap<String, Row>) -> String {
    let mut text = format!("{:30}{:>6}", "format", "total");
    for column in COLUMNS {
        let _ = write!(text, "{column:>12}");
    }
    for (format, row) in rows {
        let _ = write!(text, "\n{format:30}{:>6}", row.total);
        for score in row.scores {
            let _ = write!(text, "{:>12}", format!("{}/{}", score.passed, score.made));
        }
    }
    text
}

/// Formats that a value alone does not give away: they need the cookie's name, or another cookie.
const NEED_A_NAME: &[&str] = &[
    "aspnet-session",
    "bigip",
    "django-csrf",
    "django-messages",
    "django-session-id",
    "django-signing",
    "flask-session-id",
    "go-scs",
    "infrastructure",
    "jsessionid-tomcat",
    "php-session",
    "quart",
    "rack-session",
    "shiro-rememberme",
];

#[test]
fn most_values_are_told_without_their_names() {
    let Ok(text) = std::fs::read_to_string(VECTORS) else {
        eprintln!("SKIPPED: ../shared is not here");
        return;
    };
    let mut wrong = Vec::new();
    for line in text.lines() {
        let vector = Vector(serde_json::from_str(line).expect("a vector is JSON"));
        let value = vector.text("cookie_value").unwrap_or_default();
        if vector.is("deletion") || NEED_A_NAME.contains(&vector.format()) {
            continue;
        }
        let best = session::decode(&Cookie::new(b"", value.as_bytes()), &Context::default());
        let right = match &best {
            _ if vector.format() == "negative" => {
                best.as_ref().is_none_or(|b| !b.kind.is_session())
            }
            Some(best) => best.format == vector.format(),
            None => false,
        };
        if !right {
            let (id, format) = (vector.text("id").unwrap_or_default(), vector.format());
            let best = best.map(|best| best.format);
            wrong.push(format!("{id} {format} read as {best:?}: {value:.100}"));
        }
    }
    assert!(wrong.is_empty(), "{} values:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn damaged_values_never_panic() {
    let Ok(text) = std::fs::read_to_string(VECTORS) else {
        eprintln!("SKIPPED: ../shared is not here");
        return;
    };
    for line in text.lines() {
        let vector = Vector(serde_json::from_str(line).expect("a vector is JSON"));
        let name = vector.text("cookie_name").unwrap_or_default().as_bytes();
        let value = vector.text("cookie_value").unwrap_or_default().as_bytes();
        for step in 0..16 {
            let at = value.len() * step / 16;
            let mut changed = value.to_vec();
            if let Some(byte) = changed.get_mut(at) {
                *byte ^= 1 << (step % 8);
            }
            for damaged in [&value[..at], &value[at..], &changed] {
                let cookie = Cookie::new(name, damaged);
                for reading in session::candidates(&cookie, &Context::default()) {
                    assert!(!reading.format.is_empty());
                }
            }
        }
    }
}
