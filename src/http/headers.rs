//! Header fields as captured: bytes, in order, with their case and their duplicates.

use std::ops::Range;

/// The header fields of one message.
#[derive(Debug, Clone, Default)]
pub struct Headers {
    /// The head that the fields came in, or the fields alone.
    text: Box<[u8]>,
    fields: Box<[Field]>,
    look: Look,
}

/// What is known of the text of some headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// Nothing: it may be the names and values alone.
    #[default]
    Any,
    /// It is a whole head. Line ends in it are no part of any name or value.
    Lines,
    /// It is a whole head of printable ASCII in lines.
    Printable,
    /// The same, without quotation marks and backslashes.
    Plain,
}

/// Where the name and the value of a field lie in the text: from, and up to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Field {
    name: (u32, u32),
    value: (u32, u32),
}

impl Field {
    /// A field whose name and value lie there, in a head that is no longer than a `u32` can tell.
    #[inline]
    pub fn at(name: (usize, usize), value: (usize, usize)) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the caller sees to it")]
        let place = |(from, to)| (from as u32, to as u32);
        Self { name: place(name), value: place(value) }
    }
}

impl Headers {
    /// Headers from name and value pairs, in the order given.
    pub fn from_pairs<N: AsRef<[u8]>, V: AsRef<[u8]>>(pairs: &[(N, V)]) -> Self {
        let mut text = Vec::new();
        let mut add = |part: &[u8]| {
            let from = position(text.len());
            text.extend_from_slice(part);
            (from, position(text.len()))
        };
        let fields = pairs.iter().map(|(name, value)| {
            let (name, value) = (add(name.as_ref()), add(value.as_ref()));
            Field { name, value }
        });
        let fields = fields.collect();
        Self { text: text.into_boxed_slice(), fields, look: Look::Any }
    }

    /// Headers whose names and values are parts of a head, none of them with a line end in it. The
    /// head is kept as it is: one copy is cheaper than one for each part.
    pub(super) fn within<'a>(
        head: &[u8],
        fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Self {
        let place = |part: &[u8]| {
            // An empty part may lie anywhere.
            let from = part.as_ptr().addr().wrapping_sub(head.as_ptr().addr());
            let from = if part.is_empty() { 0 } else { position(from) };
            debug_assert!(head[from as usize..].starts_with(part), "a part lies in the head");
            (from, from.saturating_add(position(part.len())))
        };
        let fields = fields.map(|(name, value)| Field { name: place(name), value: place(value) });
        Self { text: head.into(), fields: fields.collect(), look: Look::Lines }
    }

    /// Headers of a whole head, which looks like that.
    pub(super) fn scanned(head: &[u8], fields: &[Field], look: Look) -> Self {
        Self { text: head.into(), fields: fields.into(), look }
    }

    /// How many bytes they take.
    pub(super) fn weight(&self) -> usize {
        self.text.len() + size_of_val(&*self.fields)
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Bytes among which all names and values lie: the head that they came in, or themselves.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// What is known of the text.
    pub fn look(&self) -> Look {
        self.look
    }

    /// Where in the text the names and values lie, in order.
    pub fn places(&self) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
        let range = |(from, to): (u32, u32)| from as usize..to as usize;
        self.fields.iter().map(move |field| (range(field.name), range(field.value)))
    }

    /// All fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.places().map(|(name, value)| (&self.text[name], &self.text[value]))
    }

    /// The values of all fields of a name, compared without regard to case.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.of_lengths([name.len()])
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// The fields with names of these lengths.
    pub(super) fn of_lengths<const N: usize>(
        &self,
        lengths: [usize; N],
    ) -> impl Iterator<Item = (&[u8], &[u8])> {
        let part = |(from, to): (u32, u32)| &self.text[from as usize..to as usize];
        let is_meant = move |field: &&Field| {
            let length = (field.name.1 - field.name.0) as usize;
            lengths.contains(&length)
        };
        let fields = self.fields.iter().filter(is_meant);
        fields.map(move |field| (part(field.name), part(field.value)))
    }

    /// The value of the first field of a name, compared without regard to case.
    pub fn first<'a>(&'a self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// The members of a comma-separated list header, over all its fields, trimmed and not empty
    /// (RFC 9110 section 5.6.1).
    pub fn list<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.all(name).flat_map(members)
    }

    /// The media type of the content, without parameters, as written: its case says nothing.
    pub fn media_type(&self) -> Option<&[u8]> {
        let value = self.first("content-type")?;
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        Some(value[..end].trim_ascii())
    }
}

/// Without the white space that may stand around a value (RFC 9110 section 5.6.3): spaces and tabs, and no
/// other but a bare carriage return, which counts as a space (RFC 9112 section 2.2).
pub(super) fn trim_blanks(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r', rest @ ..] = text {
        text = rest;
    }
    while let [rest @ .., b' ' | b'\t' | b'\r'] = text {
        text = rest;
    }
    text
}

/// The members of a list in one field value (RFC 9110 section 5.6.1): trimmed, empty ones left out.
pub(super) fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let members = value.split(|byte| *byte == b',').map(trim_blanks);
    members.filter(|member| !member.is_empty())
}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Headers {}

/// Heads are capped far below 4 GiB; should that ever change, a field would be cut, not wrapped.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
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
