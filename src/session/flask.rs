//! Flask's session cookie, and Quart's, which is the same.
//!
//! The session is JSON with type tags, compressed where that is shorter, signed with itsdangerous
//! (Flask `sessions.py`, `SecureCookieSessionInterface`). Flask before 0.10 used another format,
//! see `werkzeug`. Cut and tampered values are read as far as they go.

use serde_json::Value;

use crate::session::epoch;
use crate::session::flask_tags;
use crate::session::format::{Format, VerifyOptions};
use crate::session::itsdangerous::{Body, Derivation, Fields, Scheme, signature_problem};
use crate::session::json;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::way::Way;
use crate::session::{Context, Cookie};

/// Flask's choices; the digest is SHA-1 unless an application changes it.
const SCHEME: Scheme = Scheme { salt: b"cookie-session", derivation: Derivation::Hmac };

/// Lengths of a timestamp field: four characters are dates in early 2011, six are today's, and
/// eight leave room beyond any date that can be meant.
const TIMESTAMP_LENGTHS: std::ops::RangeInclusive<usize> = 4..=8;

/// Flask's session cookie.
pub struct Flask;

impl Format for Flask {
    fn name(&self) -> &'static str {
        "flask"
    }

    fn surest(&self) -> Confidence {
        Confidence::High
    }

    fn recognise(&self, cookie: &Cookie<'_>, context: &Context) -> Option<Reading> {
        let fields = Fields::split(cookie.value)?;
        let body = Body::read(fields.payload);
        match json::parse(&body.bytes) {
            Some(payload @ Value::Object(_)) if !json::is_spaced(&body.bytes) => {
                readable(cookie, &fields, &body, payload, context)
            }
            Some(_) => None,
            None => unreadable(cookie, &fields, &body),
        }
    }

    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        SCHEME.ways(cookie.value, options)
    }
}

/// A value whose payload is a JSON object.
fn readable(
    cookie: &Cookie<'_>,
    fields: &Fields<'_>,
    body: &Body,
    payload: Value,
    context: &Context,
) -> Option<Reading> {
    let signed_at = match fields.timestamp {
        Some(field) => epoch::read(field),
        None => None,
    };
    let whole_time = fields.timestamp.is_some_and(|t| TIMESTAMP_LENGTHS.contains(&t.len()));
    let (confidence, problem) = match (fields.timestamp, fields.signature) {
        (Some(_), Some(signature)) => {
            let plausible = epoch::is_plausible(signed_at.filter(|_| whole_time)?, context);
            judge(plausible, signature)
        }
        (Some(_), None) => (Confidence::Medium, Some("the signature is missing".into())),
        (None, _) if cookie.may_be_a_session() && !cookie.value.ends_with(b"=") => {
            (Confidence::Low, Some("the timestamp and the signature are missing".into()))
        }
        (None, _) => return None,
    };
    let plain = flask_tags::plain(&payload);
    Some(Reading {
        plain: (plain != payload).then_some(plain),
        payload: Some(payload),
        signed_at: signed_at.filter(|_| whole_time),
        compressed: body.compressed,
        signature: signature_state(fields),
        problem,
        ..Reading::new(
            Flask.name(),
            confidence,
            Kind::SignedReadable,
            "compact JSON object, time and signature in base64, joined by dots",
        )
    })
}

/// How sure a complete value makes us, and what is odd about it.
fn judge(plausible_time: bool, signature: &[u8]) -> (Confidence, Option<String>) {
    match signature_problem(Some(signature)) {
        Some(problem) => (Confidence::Medium, Some(problem)),
        None if plausible_time => (Confidence::High, None),
        None => (
            Confidence::Medium,
            Some("signed at a time that cannot be: changed, or no time".into()),
        ),
    }
}

/// A value that begins like a Flask session whose payload does not parse: cut or changed.
fn unreadable(cookie: &Cookie<'_>, fields: &Fields<'_>, body: &Body) -> Option<Reading> {
    let looks_right = [&b"eyJ"[..], b".eJ"].iter().any(|start| cookie.value.starts_with(start));
    let whole = match fields.timestamp {
        Some(field) => TIMESTAMP_LENGTHS.contains(&field.len()) && epoch::read(field).is_some(),
        None => cookie.may_be_a_session(),
    };
    let spaced = !body.compressed && json::is_spaced(&body.bytes);
    if !looks_right || !whole || spaced {
        return None;
    }
    let problem = body.problem.unwrap_or("the payload is no JSON: cut or changed");
    Some(Reading {
        plain: json::cut_text(&body.bytes),
        signed_at: fields.timestamp.and_then(epoch::read),
        compressed: body.compressed,
        signature: signature_state(fields),
        problem: Some(problem.into()),
        ..Reading::new(
            Flask.name(),
            Confidence::Low,
            Kind::SignedReadable,
            "begins like a Flask session",
        )
    })
}

const fn signature_state(fields: &Fields<'_>) -> SignatureState {
    match fields.signature {
        Some(_) => SignatureState::Unverified,
        None => SignatureState::None,
    }
}

/// Quart's session cookie. Nothing in a value tells it from Flask's, so it only ever stands second.
pub struct Quart;

impl Format for Quart {
    fn name(&self) -> &'static str {
        "quart"
    }

    fn surest(&self) -> Confidence {
        Confidence::Low
    }

    fn recognise(&self, cookie: &Cookie<'_>, context: &Context) -> Option<Reading> {
        let flask = Flask.recognise(cookie, context)?;
        (flask.confidence > Confidence::Low).then(|| Reading {
            format: self.name(),
            confidence: Confidence::Low,
            why: "the same format as Flask's",
            ..flask
        })
    }

    fn ways(&self, cookie: &Cookie<'_>, options: &VerifyOptions<'_>) -> Option<Vec<Way>> {
        Flask.ways(cookie, options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::decode;
    use crate::time::Timestamp;
    use serde_json::json;

    const ALICE: &str = "eyJ1c2VybmFtZSI6ImFsaWNlIn0.Gbzbzw.vKkf1aSC_g-5hzLEnCTQC4t1L7k";

    fn read(name: &str, value: &str) -> Option<Reading> {
        let found = decode(&Cookie::new(name.as_bytes(), value.as_bytes()), &Context::default());
        found.filter(|reading| reading.format == "flask")
    }

    #[test]
    fn a_session_shows_its_content_and_its_time() {
        let reading = read("session", ALICE).unwrap();
        assert_eq!(reading.confidence, Confidence::High);
        assert_eq!(reading.payload, Some(json!({ "username": "alice" })));
        assert_eq!(reading.plain, None);
        assert_eq!(reading.signed_at, Some(Timestamp::from_seconds(1_725_647_439)));
        assert_eq!(reading.signature, SignatureState::Unverified);
        assert_eq!(reading.problem, None);
    }

    #[test]
    fn every_cut_of_a_session_is_still_told() {
        // A SHA-1 signature cut to 22 characters is as long as an MD5 signature, which is no fault.
        let as_long_as_md5 = ALICE.len() - 5;
        for length in (8..ALICE.len()).filter(|length| *length != as_long_as_md5) {
            let reading = read("session", &ALICE[..length]);
            let reading = reading.unwrap_or_else(|| panic!("not told at {length}"));
            assert!(reading.problem.is_some(), "no problem told at {length}");
        }
    }

    #[test]
    fn a_cut_payload_shows_what_is_left() {
        let reading = read("session", "eyJhZG1pbiI6ZmFsc2UsI").unwrap();
        assert_eq!(reading.payload, None);
        assert_eq!(reading.plain, Some(json!("{\"admin\":false,")));
    }

    #[test]
    fn look_alikes_are_refused() {
        for (name, value) in [
            ("v", "1.2.3"),
            ("domain", "www.example.com"),
            ("ip", "192.168.1.10"),
            ("sess", "eyJhIjoxfQ.kbdMsw4hkS8M.-ATJtqFOF0MMVl6MCm_RIfjRAR8"),
            ("session", "aGVsbG8gd29ybGQ.Zcmbwg.RfOyK9JYaqPUjy3IiqxDhYULBdk"),
            ("jwtlike", "eyJhbGciOiJIUzI1NiJ9.e30.8NdNyUm5DyUM_pOvl7w2kQIDyo8"),
            ("other", "eyJhZG1pbiI6ZmFsc2UsI"),
        ] {
            assert_eq!(read(name, value), None, "{name}={value}");
        }
    }

    #[test]
    fn a_time_that_cannot_be_is_doubted() {
        let context = Context { now_hint: Some(Timestamp::from_seconds(1_600_000_000)) };
        let reading =
            Flask.recognise(&Cookie::new(b"session", ALICE.as_bytes()), &context).unwrap();
        assert_eq!(reading.confidence, Confidence::Medium);
        assert!(reading.problem.is_some());
    }

    #[test]
    fn the_secret_decides_and_sloppy_base64_passes() {
        let verify = |value: &str, secret: &[u8]| {
            let cookie = Cookie::new(b"session", value.as_bytes());
            Flask.verify(&cookie, secret, &VerifyOptions::default())
        };
        assert_eq!(verify(ALICE, b"key"), Some(true));
        assert_eq!(verify(ALICE, b"wrong"), Some(false));
        assert_eq!(verify(&format!("{ALICE}="), b"key"), Some(true));
        assert_eq!(verify(&ALICE.replace("L7k", "L7l"), b"key"), Some(true));
        assert_eq!(verify(&ALICE.replace("L7k", "L7o"), b"key"), Some(false));
        assert_eq!(verify("eyJ1c2VybmFtZSI6ImFsaWNlIn0", b"key"), None);
    }
}
