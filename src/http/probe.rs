//! Whether bytes look like the start of an HTTP/1 message. Ports say nothing; this does.

/// What the first bytes of a message may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// A request line.
    Request,
    /// A status line.
    Response,
    /// Too short to tell.
    Maybe,
    /// Neither.
    Neither,
}

/// Methods that are believed without having seen the rest of the line: RFC 9110, PATCH,
/// `WebDAV`, and what `UPnP` and caches use.
const METHODS: [&str; 33] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "VERSION-CONTROL",
    "REPORT",
    "CHECKOUT",
    "CHECKIN",
    "UNCHECKOUT",
    "MKWORKSPACE",
    "UPDATE",
    "LABEL",
    "MERGE",
    "SEARCH",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "NOTIFY",
    "M-SEARCH",
    "PURGE",
    "QUERY",
    "ACL",
];

/// The longest method looked for.
const MAX_METHOD: usize = 24;

/// How much of a first line is read to judge an unknown method.
const MAX_LINE: usize = 8192;

/// Judges the first bytes of what may be a message.
pub fn probe(bytes: &[u8]) -> Looks {
    const STATUS: &[u8] = b"HTTP/";
    if bytes.starts_with(STATUS) {
        return match bytes.get(STATUS.len()) {
            None => Looks::Maybe,
            Some(byte) if byte.is_ascii_digit() => Looks::Response,
            Some(_) => Looks::Neither,
        };
    }
    if STATUS.starts_with(bytes) {
        return Looks::Maybe;
    }
    probe_request(bytes)
}

fn probe_request(bytes: &[u8]) -> Looks {
    let token = |byte: &u8| byte.is_ascii_uppercase() || matches!(byte, b'-' | b'_');
    let method_len = bytes.iter().take(MAX_METHOD + 1).take_while(|byte| token(byte)).count();
    if method_len == bytes.len() && method_len <= MAX_METHOD {
        return Looks::Maybe;
    }
    if !(2..=MAX_METHOD).contains(&method_len) || bytes[method_len] != b' ' {
        return Looks::Neither;
    }
    let known = METHODS.iter().any(|method| method.as_bytes() == &bytes[..method_len]);
    let rest = &bytes[method_len + 1..];
    match memchr::memchr(b'\n', rest) {
        Some(end) if ends_with_version(&rest[..end]) => Looks::Request,
        Some(_) => Looks::Neither,
        None if rest.len() > MAX_LINE => {
            if known {
                Looks::Request
            } else {
                Looks::Neither
            }
        }
        None if rest.iter().any(|byte| *byte < b' ' && *byte != b'\r') => Looks::Neither,
        None if known && rest.first().is_some_and(|byte| *byte > b' ') => Looks::Request,
        None => Looks::Maybe,
    }
}

fn ends_with_version(line: &[u8]) -> bool {
    memchr::memmem::rfind(line, b"HTTP/").is_some_and(|at| line.len() - at <= 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_lines_are_told_from_other_bytes() {
        for (bytes, looks) in [
            (&b"GET / HTTP/1.1\r\n"[..], Looks::Request),
            (b"GET /a b c HTTP/1.0\n", Looks::Request),
            (b"GET /long/target/without/end", Looks::Request),
            (b"FROBNICATE /x HTTP/1.1\r\n", Looks::Request),
            (b"FROBNICATE /x", Looks::Maybe),
            (b"GE", Looks::Maybe),
            (b"", Looks::Maybe),
            (b"HTT", Looks::Maybe),
            (b"HTTP/", Looks::Maybe),
            (b"HTTP/1.1 200 OK", Looks::Response),
            (b"HTTP/x", Looks::Neither),
            (b"HELO example.org\r\n", Looks::Neither),
            (b"USER anonymous\r\n", Looks::Neither),
            (b"\x16\x03\x01\x02\x00", Looks::Neither),
            (b"GET \x00\x01", Looks::Neither),
            (b"get / HTTP/1.1\r\n", Looks::Neither),
            (b"SSH-2.0-OpenSSH\r\n", Looks::Neither),
        ] {
            assert_eq!(probe(bytes), looks, "{}", bytes.escape_ascii());
        }
    }
}
