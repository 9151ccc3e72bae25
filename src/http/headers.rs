//! Header fields as captured: bytes, in order, with their case and their duplicates.

/// The header fields of one message. All names and values lie in one allocation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers {
    text: Box<[u8]>,
    /// Where each name and each value ends in `text`; they follow each other without a gap.
    ends: Box<[(u32, u32)]>,
}

impl Headers {
    /// Headers from name and value pairs, in the order given.
    pub fn from_pairs<N: AsRef<[u8]>, V: AsRef<[u8]>>(pairs: &[(N, V)]) -> Self {
        Self::from_fields(pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())))
    }

    /// Headers from names and values, in the order given. They are walked twice.
    pub(super) fn from_fields<'a, I>(fields: I) -> Self
    where
        I: ExactSizeIterator<Item = (&'a [u8], &'a [u8])> + Clone,
    {
        let len = fields.clone().map(|(name, value)| name.len() + value.len()).sum();
        let mut text = Vec::with_capacity(len);
        let mut ends = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            text.extend_from_slice(name);
            let name_end = position(&text);
            text.extend_from_slice(value);
            ends.push((name_end, position(&text)));
        }
        Self { text: text.into_boxed_slice(), ends: ends.into_boxed_slice() }
    }

    /// How many bytes they take.
    pub(super) fn weight(&self) -> usize {
        self.text.len() + size_of_val(&*self.ends)
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All names and values, one behind the other and with nothing between them.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// All fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut start = 0;
        self.ends.iter().map(move |&(name_end, value_end)| {
            let (name_end, value_end) = (name_end as usize, value_end as usize);
            let field = (&self.text[start..name_end], &self.text[name_end..value_end]);
            start = value_end;
            field
        })
    }

    /// The values of all fields of a name, compared without regard to case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter()
            .filter(move |(n, _)| n.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// The value of the first field of a name, compared without regard to case.
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// The members of a comma-separated list header, over all its fields, trimmed and not empty
    /// (RFC 9110 section 5.6.1).
    pub fn list<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.all(name).flat_map(members)
    }

    /// The media type of the content, without parameters, in lower case.
    pub fn media_type(&self) -> Option<Vec<u8>> {
        let value = self.first("content-type")?;
        let end = value.iter().position(|byte| *byte == b';').unwrap_or(value.len());
        Some(value[..end].trim_ascii().to_ascii_lowercase())
    }
}

/// The members of a list in one field value (RFC 9110 section 5.6.1): trimmed, empty ones left out.
pub(super) fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let members = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    members.filter(|member| !member.is_empty())
}

/// Heads are capped far below 4 GiB; should that ever change, a field would be cut, not wrapped.
fn position(text: &[u8]) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_case_and_duplicates_are_kept() {
        let pairs = [("Set-Cookie", "a=1"), ("X", ""), ("set-cookie", "b=2")];
        let headers = Headers::from_pairs(&pairs);
        let seen: Vec<_> = headers.iter().collect();
        assert_eq!(seen[2], (&b"set-cookie"[..], &b"b=2"[..]));
        assert_eq!(headers.all("SET-COOKIE").collect::<Vec<_>>(), [&b"a=1"[..], b"b=2"]);
        assert_eq!(headers.first("x"), Some(&b""[..]));
        assert_eq!(headers.first("y"), None);
    }

    #[test]
    fn lists_run_over_fields_and_commas() {
        let headers = Headers::from_pairs(&[("TE", "a, b ,,"), ("te", "c")]);
        assert_eq!(headers.list("te").collect::<Vec<_>>(), [&b"a"[..], b"b", b"c"]);
    }
}
