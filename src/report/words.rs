//! Small pieces of wording that every text format shares.

use crate::session::{Kind, Reading, SignatureState};
use crate::time::Timestamp;
use crate::trail::Version;
use serde_json::Value;

/// Captured bytes as text; what is not UTF-8 is shown as escapes.
pub fn lossy(bytes: &[u8]) -> String {
    bytes.utf8_chunks().fold(String::new(), |mut text, chunk| {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().escape_ascii().map(char::from));
        text
    })
}

/// The first `most` of many, and how many more there are: `#1, #2 and 5 more`.
pub fn first_few(all: impl ExactSizeIterator<Item = String>, most: usize) -> String {
    let more = all.len().saturating_sub(most);
    let named: Vec<String> = all.take(most).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    named.join(", ") + &more
}

/// ①, ②, … ㊿, then `#51`.
pub fn circled(number: usize) -> String {
    let code = match number {
        1..=20 => 0x2460 + number - 1,
        21..=35 => 0x3251 + number - 21,
        36..=50 => 0x32b1 + number - 36,
        _ => return format!("#{number}"),
    };
    u32::try_from(code).ok().and_then(char::from_u32).map_or_else(String::new, String::from)
}

/// Seconds since the capture began: `+10.2 s`.
pub fn clock(time: Option<Timestamp>, start: Option<Timestamp>) -> String {
    match (time, start) {
        (Some(time), Some(start)) => duration(time.since(start)),
        _ => String::new(),
    }
}

fn duration(elapsed: std::time::Duration) -> String {
    let seconds = elapsed.as_secs();
    let tenths = elapsed.subsec_millis() / 100;
    match seconds {
        0..60 => format!("+{seconds}.{tenths} s"),
        60..3600 => format!("+{}:{:02} min", seconds / 60, seconds % 60),
        _ => format!("+{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

/// JSON on one line, with a space after colons and commas, as people write it.
pub fn compact_json(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let members: Vec<String> = map
                .iter()
                .map(|(key, value)| {
                    format!("{}: {}", Value::from(key.as_str()), compact_json(value))
                })
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(list) => {
            let items: Vec<String> = list.iter().map(compact_json).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// Format, time of signing, state of the signature, and which of the given secrets made it.
pub fn signed(version: &Version) -> String {
    let Some(reading) = &version.reading else { return String::new() };
    let mut parts = vec![reading.format.to_owned()];
    if reading.compressed {
        parts.push("compressed".to_owned());
    }
    parts.extend(reading.signed_at.map(|time| format!("signed {time}")));
    parts.extend(judged(version));
    parts.extend(reading.problem.clone());
    parts.join(", ")
}

/// What secrets say about a value, where any were tried. Secrets are called by their number.
pub fn judged(version: &Version) -> Option<String> {
    let reading = version.reading.as_deref()?;
    let number = version.key.map(|key| format!(" with secret {key}")).unwrap_or_default();
    match (reading.signature, reading.kind) {
        (SignatureState::Valid, Kind::Encrypted) => Some(format!("opened{number}")),
        (SignatureState::Valid, _) => Some(format!("signature valid{number}")),
        (SignatureState::Invalid, Kind::Encrypted) => {
            Some("NOT OPENED by any secret given".to_owned())
        }
        (SignatureState::Invalid, _) => Some("signature INVALID".to_owned()),
        (SignatureState::None | SignatureState::Unverified, _) => None,
    }
}

/// What a value is, in words: its kind, and whether a secret has opened it.
pub fn what(reading: &Reading) -> &'static str {
    if reading.kind == Kind::Encrypted && reading.shown().is_some() {
        return "an encrypted session, opened with its secret";
    }
    kind(reading.kind)
}

/// What a value without readable content is.
pub const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::SignedReadable => "a signed session",
        Kind::EncodedOnly => "an encoded session",
        Kind::Encrypted => "an encrypted session: only the server can read it",
        Kind::OpaqueId => "a bare id: the session is on the server",
        Kind::Infrastructure => {
            "no session: set by a load balancer, a proxy or a measuring service"
        }
        Kind::Csrf => "a token against forged requests",
        Kind::Token => "a token",
        Kind::Unknown => "readable data: a session, or anything else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_the_first_are_named_and_the_rest_counted() {
        let told = |count: u8| first_few((1..=count).map(|id| format!("#{id}")), 2);
        assert_eq!(
            [0, 1, 2, 3, 12].map(told),
            ["", "#1", "#1, #2", "#1, #2 and 1 more", "#1, #2 and 10 more"]
        );
    }

    #[test]
    fn numbers_are_circled_as_far_as_there_are_circles() {
        let shown: Vec<_> = [1, 20, 21, 35, 36, 50, 51].into_iter().map(circled).collect();
        assert_eq!(shown, ["①", "⑳", "㉑", "㉟", "㊱", "㊿", "#51"]);
    }

    #[test]
    fn times_are_told_in_the_unit_that_fits() {
        let start = Timestamp::from_seconds(100);
        let shown = |seconds| clock(Some(start.plus_seconds(seconds)), Some(start));
        assert_eq!(
            [shown(0), shown(59), shown(61), shown(3661)],
            ["+0.0 s", "+59.0 s", "+1:01 min", "+1:01:01"]
        );
    }

    #[test]
    fn json_reads_like_prose() {
        let value = serde_json::json!({"user": "a\"b", "cart": [1, {"x": null}]});
        assert_eq!(compact_json(&value), r#"{"user": "a\"b", "cart": [1, {"x": null}]}"#);
    }
}
