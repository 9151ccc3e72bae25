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

/// How many of [`METHODS`] are those of RFC 9110 and PATCH. With one of these, a request line is
/// believed that names no version, or one that cannot be read: servers answer it, if only with 400.
pub(super) const STANDARD: usize = 9;

/// Methods that are believed without having seen the rest of the line: RFC 9110, PATCH,
/// `WebDAV`, and what `UPnP` and caches use.
pub(super) const METHODS: [&str; 33] = [
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
pub(super) const MAX_METHOD: usize = 24;

/// The longest version looked for, as in `HTTP/1.0.8`, with its line end.
const MAX_VERSION: usize = 12;

/// How much of a first line is read to judge an unknown method.
pub(super) const MAX_LINE: usize = 8192;

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
    // With this, old streaming servers (SHOUTcast) begin a status line, in place of a version.
    if bytes.strip_prefix(b"ICY ").and_then(<[u8]>::first).is_some_and(u8::is_ascii_digit) {
        return Looks::Response;
    }
    match probe_request(bytes) {
        Looks::Neither => probe_line(bytes, false),
        looks => looks,
    }
}

/// Judges the same where nothing is missing before: a line that may be that of a request with whatever
/// method is awaited, too.
pub(super) fn probe_next(bytes: &[u8]) -> Looks {
    match probe(bytes) {
        Looks::Neither => probe_line(bytes, true),
        looks => looks,
    }
}

/// Judges the same where nothing is missing before, of a side that sends responses: nothing else is
/// awaited.
pub(super) fn probe_answer(bytes: &[u8]) -> Looks {
    match probe(bytes) {
        Looks::Maybe if !may_be_response(bytes) => Looks::Neither,
        looks => looks,
    }
}

/// Whether bytes can hardly be anything but a status line: `HTTP/1.1 200 OK`.
pub(super) fn is_status_line(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0' | b'1', b' ', b'1'..=b'5', tens, ones, end, ..]
            if tens.is_ascii_digit() && ones.is_ascii_digit() && matches!(end, b' ' | b'\r' | b'\n')
    )
}

/// Whether bytes are no more than the beginning of such a line.
pub(super) fn begins_status_line(bytes: &[u8]) -> bool {
    const LINE: &[u8] = b"HTTP/1.1 200 ";
    let fits = |(at, byte): (usize, &u8)| match at {
        7 => matches!(byte, b'0' | b'1'),
        9 => matches!(byte, b'1'..=b'5'),
        10 | 11 => byte.is_ascii_digit(),
        _ => *byte == LINE[at],
    };
    (1..LINE.len()).contains(&bytes.len()) && bytes.iter().enumerate().all(fits)
}

/// Whether bytes begin with a whole line that can hardly be anything but the first of a message.
pub(super) fn is_first_line(bytes: &[u8]) -> bool {
    // Most lines that are asked about are blank ones.
    if !bytes.first().is_some_and(u8::is_ascii_alphabetic) {
        return false;
    }
    if is_status_line(bytes) {
        return true;
    }
    let Some(end) = memchr::memchr(b'\n', bytes) else { return false };
    let line = bytes[..end].trim_ascii_end();
    let start = line.strip_suffix(b" HTTP/1.1").or(line.strip_suffix(b" HTTP/1.0"));
    let words = start.map(|start| start.split(|byte| *byte == b' ').collect::<Vec<_>>());
    matches!(words.as_deref(), Some([_, target]) if !target.starts_with(b":"))
        && probe(bytes) == Looks::Request
}

/// Whether bytes may be the beginning of such a line, of which the end has not come yet.
pub(super) fn begins_first_line(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && memchr::memchr(b'\n', bytes).is_none()
        && probe(bytes) != Looks::Neither
}

/// Whether a server that says this may be about to send a response with a head.
pub(super) fn may_be_response(bytes: &[u8]) -> bool {
    probe(bytes) == Looks::Response
        || [&b"HTTP/"[..], b"ICY "].iter().any(|line| line.starts_with(bytes))
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
    let method = METHODS.iter().position(|method| method.as_bytes() == &bytes[..method_len]);
    let known = method.is_some();
    let rest = &bytes[method_len + 1..];
    let end = memchr::memchr(b'\n', rest);
    let line = &rest[..end.unwrap_or(rest.len())];
    // Behind the beginning of a target a method that is known may have anything; whether it is a line shows
    // at its end.
    let odd = |byte: &u8| *byte < b' ' && *byte != b'\r';
    let is_odd = if known { line.first().is_some_and(odd) } else { line.iter().any(odd) };
    match end {
        _ if is_odd => Looks::Neither,
        Some(end) if ends_with_version(&rest[..end]) => Looks::Request,
        Some(end) if method.is_some_and(|at| at < STANDARD) && is_target(&rest[..end]) => {
            Looks::Request
        }
        Some(_) => Looks::Neither,
        None if rest.len() > MAX_LINE => {
            if known {
                Looks::Request
            } else {
                Looks::Neither
            }
        }
        None if known && rest.first().is_some_and(|byte| *byte > b' ') => Looks::Request,
        None => Looks::Maybe,
    }
}

/// Whether bytes begin with a line that can hardly be anything but a request line, whatever its
/// method: scripts send `patch` as it was written, and any token is one (RFC 9110 section 9.1). Those
/// with other signs than these, or that begin with no letter, are tricks that no server knows. Of a line that is not whole only those
/// are awaited that may have a method that is known, unless `waits`.
fn probe_line(bytes: &[u8], waits: bool) -> Looks {
    if !bytes.first().is_some_and(u8::is_ascii_alphabetic) {
        return Looks::Neither;
    }
    let is_usual = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let method = bytes.iter().take(MAX_METHOD + 1).take_while(|byte| is_usual(byte)).count();
    let is_method =
        || METHODS.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(&bytes[..method]));
    // Anything else may be the end of a body.
    let is_known =
        waits || METHODS.iter().any(|known| begins_as(known.as_bytes(), &bytes[..method]));
    if method == bytes.len() {
        return if is_known && method <= MAX_METHOD { Looks::Maybe } else { Looks::Neither };
    }
    if !(1..=MAX_METHOD).contains(&method) || bytes[method] != b' ' {
        return Looks::Neither;
    }
    let rest = &bytes[method + 1..bytes.len().min(MAX_LINE)];
    let is_target = |target: &[u8]| {
        let begins = |with: &[u8]| target.starts_with(with) || with.starts_with(target);
        begins(b"*") || begins(b"/") || begins(b"http")
    };
    let Some(end) = memchr::memchr(b'\n', rest) else {
        let may_go_on = is_known && bytes.len() < MAX_LINE && is_target(rest);
        let is_plain = !rest.iter().any(|byte| *byte < b' ' && *byte != b'\r');
        return if may_go_on && is_plain { Looks::Maybe } else { Looks::Neither };
    };
    let line = rest[..end].trim_ascii_end();
    let target = line.strip_suffix(b" HTTP/1.1").or(line.strip_suffix(b" HTTP/1.0"));
    let is_whole = |target: &[u8]| {
        !target.is_empty()
            && (target.starts_with(b"*") == (target == b"*"))
            && (is_method() || !target.contains(&b' '))
    };
    match target {
        Some(target) if is_target(target) && is_whole(target) => Looks::Request,
        _ => Looks::Neither,
    }
}

fn begins_as(whole: &[u8], begin: &[u8]) -> bool {
    whole.get(..begin.len()).is_some_and(|part| part.eq_ignore_ascii_case(begin))
}

/// The length of what a proxy writes before the first byte of its client (the PROXY protocol of
/// `HAProxy`, sections 2.1 and 2.2): a line, or a signature with a length.
pub(super) fn proxy_header(bytes: &[u8]) -> Option<usize> {
    const LONGEST_LINE: usize = 107;
    const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
    if let Some(rest) = bytes.strip_prefix(SIGNATURE) {
        let [_, _, high, low, ..] = rest else { return None };
        let length = SIGNATURE.len() + 4 + usize::from(u16::from_be_bytes([*high, *low]));
        return (length <= bytes.len()).then_some(length);
    }
    let rest = bytes.strip_prefix(b"PROXY ")?;
    let is_known = [&b"TCP4 "[..], b"TCP6 ", b"UNKNOWN"].iter().any(|kind| rest.starts_with(kind));
    let line = bytes.iter().take(LONGEST_LINE).position(|byte| *byte == b'\n')?;
    is_known.then_some(line + 1)
}

fn ends_with_version(line: &[u8]) -> bool {
    const NAME: &[u8] = b"HTTP/";
    line[line.len().saturating_sub(MAX_VERSION)..].windows(NAME.len()).any(|part| part == NAME)
}

/// Whether the rest of a request line is a target, and not that of RTSP, SIP or ICAP, which share
/// methods with HTTP.
fn is_target(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_end();
    let last = rest.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    let other = [&b"RTSP/"[..], b"SIP/", b"ICAP/"].iter().any(|name| last.starts_with(name));
    let begins = matches!(rest.first(), Some(b'/' | b'*')) || rest.starts_with(b"http://");
    begins && !other && rest.iter().all(|byte| *byte >= b' ')
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
            (b"GET HTTP/1.1\r\n", Looks::Request),
            (b"GET /\r\n", Looks::Request),
            (b"GET / HTTP/1.\r\n", Looks::Request),
            (b"FROBNICATE /x\r\n", Looks::Neither),
            (b"OPTIONS * RTSP/1.0\r\n", Looks::Neither),
            (b"OPTIONS sip:a@b SIP/2.0\r\n", Looks::Neither),
            (b"OPTIONS * ICAP/1.0\r\n", Looks::Neither),
            (b"HELO example.org\r\n", Looks::Neither),
            (b"USER anonymous\r\n", Looks::Neither),
            (b"\x16\x03\x01\x02\x00", Looks::Neither),
            (b"GET \x00\x01", Looks::Neither),
            (b"get / HTTP/1.1\r\n", Looks::Request),
            (b"X /a HTTP/1.0\r\n", Looks::Request),
            (b"foo.bar1 http://a/ HTTP/1.1\r\n", Looks::Request),
            (b"get / HTTP/1.1", Looks::Maybe),
            (b"get", Looks::Maybe),
            (b"xxxx", Looks::Neither),
            (b"xxxx /", Looks::Neither),
            (b"prop", Looks::Maybe),
            (b"get h", Looks::Maybe),
            (b"get here", Looks::Neither),
            (b"get *x HTTP/1.1\r\n", Looks::Neither),
            (b"ICY 200 OK\r\n", Looks::Response),
            (b"ICY", Looks::Maybe),
            (b"ICY cold\r\n", Looks::Neither),
            (b"speaks HTTP/1.1\r\n", Looks::Neither),
            (b"so he said HTTP/1.1\r\n", Looks::Neither),
            (b"SSH-2.0-OpenSSH\r\n", Looks::Neither),
        ] {
            assert_eq!(probe(bytes), looks, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_a_proxy_writes_first_is_measured() {
        let second = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\x0a\0\0\x01\x0a\0\0\x02\x9c\x40\0\x50";
        let whole = [&second[..], b"GET / HTTP/1.1\r\n"].concat();
        for (bytes, length) in [
            (&b"PROXY TCP4 10.0.0.1 10.0.0.2 40000 80\r\nGET / HTTP/1.1\r\n"[..], Some(39)),
            (b"PROXY UNKNOWN\r\n", Some(15)),
            (b"PROXY TCP4 10.0.0.1 10.0.0.2 40000 80", None),
            (b"PROXY /x HTTP/1.1\r\n", None),
            (&whole, Some(28)),
            (second, Some(28)),
            (&second[..27], None),
            (&second[..14], None),
            (b"GET / HTTP/1.1\r\n", None),
        ] {
            assert_eq!(proxy_header(bytes), length, "{}", bytes.escape_ascii());
        }
    }
}
