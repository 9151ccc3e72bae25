//! Form fields of a request, with the ones that look like secrets marked.

use crate::http::Headers;

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

/// The fields of a URL-encoded form (URL standard section 5.1). Other encodings give none. The
/// content is that after its codings have been undone.
pub fn fields(headers: &Headers, content: &[u8]) -> Vec<Field> {
    if headers.media_type().as_deref() != Some(b"application/x-www-form-urlencoded") {
        return Vec::new();
    }
    let pairs = url::form_urlencoded::parse(content).take(MAX_FIELDS);
    pairs.map(|(name, value)| field(name.into_owned(), value.into_owned())).collect()
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

/// Whether a form asks who the user is.
pub fn has_credentials(form: &[Field]) -> bool {
    const WHO: [&str; 8] = ["user", "login", "email", "mail", "name", "username", "userid", "uid"];
    let names = || form.iter().map(|field| field.name.to_ascii_lowercase());
    names().any(|name| name.contains("pass") || name.contains("pwd"))
        || names().any(|name| WHO.contains(&name.replace(['_', '-'], "").as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_and_secrets_marked() {
        let headers = Headers::from_pairs(&[(
            "Content-Type",
            "application/x-www-form-urlencoded; charset=utf-8",
        )]);
        let kept = b"username=al%20ice+x&Password=p%26w&shipping=1&pin=2".to_vec();
        let fields = fields(&headers, &kept);
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
        assert!(has_credentials(&fields));
        assert!(!has_credentials(&fields[2..3]));
    }
}
