//! Form fields of a request, with the ones that look like secrets marked.

use super::fields::Media;
use serde_json::Value;

/// How many fields of a form are kept.
const MAX_FIELDS: usize = 64;

/// One submitted field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name, decoded.
    pub name: String,
    /// Its value, decoded.
    pub value: String,
    /// Whether it looks like a password or another secret; reports mask it.
    pub secret: bool,
}

/// The fields of a URL-encoded form (URL standard section 5.1), or of a JSON object. Other
/// encodings give none. The content is that after its codings have been undone.
pub(super) fn fields(media: Media, content: &[u8]) -> Vec<Field> {
    match media {
        Media::Json => json_fields(content),
        Media::Form => {
            let pairs = url::form_urlencoded::parse(content).take(MAX_FIELDS);
            pairs.map(|(name, value)| field(name.into_owned(), value.into_owned())).collect()
        }
        _ => Vec::new(),
    }
}

fn field(name: String, value: String) -> Field {
    const SECRETS: [&str; 11] =
        ["pass", "pwd", "secret", "token", "otp", "pin", "cvv", "cvc", "csrf", "card", "api_key"];
    let lower = name.to_ascii_lowercase();
    let secret = SECRETS.iter().any(|word| match *word {
        // Short words are only believed alone: "pin" also lies in "shipping".
        "otp" | "pin" | "cvv" | "cvc" => lower == *word,
        word => lower.contains(word),
    });
    Field { name, value, secret }
}

/// The members of a JSON object as fields, those of objects in it too, by their last names.
fn json_fields(bytes: &[u8]) -> Vec<Field> {
    const DEPTH: usize = 3;
    fn gather(value: &Value, depth: usize, fields: &mut Vec<Field>) {
        let Value::Object(members) = value else { return };
        for (name, value) in members {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Bool(flag) => flag.to_string(),
                Value::Object(_) if depth < DEPTH => {
                    gather(value, depth + 1, fields);
                    continue;
                }
                _ => continue,
            };
            if fields.len() < MAX_FIELDS {
                fields.push(field(name.clone(), text));
            }
        }
    }
    let mut fields = Vec::new();
    if let Ok(value) = serde_json::from_slice(bytes) {
        gather(&value, 0, &mut fields);
    }
    fields
}

/// Whether a form has a password.
pub fn has_password(form: &[Field]) -> bool {
    let mut names = form.iter().map(|field| field.name.to_ascii_lowercase());
    names.any(|name| name.contains("pass") || name.contains("pwd"))
}

/// Whether a form says who its sender is.
pub fn has_name(form: &[Field]) -> bool {
    const WHO: [&str; 11] = [
        "user",
        "login",
        "email",
        "mail",
        "name",
        "username",
        "userid",
        "uid",
        "log",
        "account",
        "identifier",
    ];
    let mut names = form.iter().map(|field| field.name.to_ascii_lowercase());
    names.any(|name| {
        let last = name.trim_end_matches(']').rsplit(['[', '.']).next().unwrap_or_default();
        WHO.contains(&last.replace(['_', '-'], "").as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_and_secrets_marked() {
        let kept = b"username=al%20ice+x&Password=p%26w&shipping=1&pin=2".to_vec();
        let fields = fields(Media::Form, &kept);
        let seen: Vec<_> = fields.iter().map(|f| (&*f.name, &*f.value, f.secret)).collect();
        assert_eq!(
            seen,
            [
                ("username", "al ice x", false),
                ("Password", "p&w", true),
                ("shipping", "1", false),
                ("pin", "2", true)
            ]
        );
        assert!(has_password(&fields) && has_name(&fields));
        assert!(!has_password(&fields[2..3]) && !has_name(&fields[2..3]));
    }

    #[test]
    fn the_members_of_a_json_object_are_fields() {
        let kept = br#"{"user": {"email": "a@b.test", "password": "x"}, "keep": true, "l": [1]}"#;
        let fields = fields(Media::Json, kept);
        let seen: Vec<_> = fields.iter().map(|f| (&*f.name, &*f.value, f.secret)).collect();
        let expected =
            [("email", "a@b.test", false), ("password", "x", true), ("keep", "true", false)];
        assert_eq!(seen, expected);
        assert!(has_password(&fields) && has_name(&fields));
    }
}
