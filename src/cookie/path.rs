//! Cookie paths (RFC 6265bis section 5.1.4).

use super::bytes::split_once;

/// The path of a request target: without query and fragment, and `/` where it names none.
pub fn path_of(request_target: &[u8]) -> &[u8] {
    let path = split_once(request_target, b'?').map_or(request_target, |(path, _)| path);
    let path = split_once(path, b'#').map_or(path, |(path, _)| path);
    if path.first() == Some(&b'/') { path } else { b"/" }
}

/// The path that a cookie without a usable `Path` gets: the directory of the request's path.
pub fn default_path(request_path: &[u8]) -> &[u8] {
    match memchr::memrchr(b'/', path_of(request_path)) {
        None | Some(0) => b"/",
        Some(last) => &request_path[..last],
    }
}

/// Whether a cookie with `cookie_path` belongs to a request for `request_path`.
pub fn path_matches(request_path: &[u8], cookie_path: &[u8]) -> bool {
    match request_path.strip_prefix(cookie_path) {
        None => false,
        Some(rest) => rest.is_empty() || cookie_path.ends_with(b"/") || rest.starts_with(b"/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_path_is_the_directory_of_the_request() {
        let cases: [(&[u8], &[u8]); 8] = [
            (b"/", b"/"),
            (b"/login", b"/"),
            (b"/app/deep/set", b"/app/deep"),
            (b"/app/", b"/app"),
            (b"", b"/"),
            (b"relative", b"/"),
            (b"/a/b?x=/c/d", b"/a"),
            (b"?x=/c/d", b"/"),
        ];
        for (request, path) in cases {
            assert_eq!(default_path(request), path);
        }
    }

    #[test]
    fn a_path_covers_itself_and_what_lies_below_it() {
        let cases: [(&[u8], &[u8], bool); 9] = [
            (b"/app", b"/app", true),
            (b"/app/", b"/app", true),
            (b"/app/deep", b"/app", true),
            (b"/application", b"/app", false),
            (b"/App", b"/app", false),
            (b"/app", b"/app/", false),
            (b"/app/deep", b"/app/", true),
            (b"/", b"/app", false),
            (b"/anything", b"/", true),
        ];
        for (request, cookie, matches) in cases {
            assert_eq!(path_matches(request, cookie), matches, "{request:?} {cookie:?}");
        }
    }
}
