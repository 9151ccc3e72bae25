//! What to call a client: "Chrome 156 on Linux", from its User-Agent.

/// Browsers by their mark in the User-Agent. The first that is found counts, since most name the
/// ones they descend from as well.
const BROWSERS: [(&str, &str); 14] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex Browser"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("HeadlessChrome/", "Headless Chrome"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
    ("MSIE ", "Internet Explorer"),
    ("Trident/", "Internet Explorer"),
];

const SYSTEMS: [(&str, &str); 9] = [
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
    ("X11", "Unix"),
    ("FreeBSD", "FreeBSD"),
];

/// A short name for a client, in characters that are safe anywhere.
pub fn label(user_agent: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(user_agent) else {
        return "a client with an unreadable name".to_owned();
    };
    if text.trim().is_empty() {
        return "a client without a name".to_owned();
    }
    let system =
        SYSTEMS.iter().find(|(mark, _)| place(text, mark).is_some()).map(|(_, name)| *name);
    for (mark, name) in BROWSERS {
        if let Some(at) = place(text, mark) {
            let version = &text[at + mark.len()..];
            let digits = version.bytes().take_while(u8::is_ascii_digit).count();
            let major = &version[..digits];
            let space = if major.is_empty() { "" } else { " " };
            let on = if system.is_some() { " on " } else { "" };
            return [name, space, major, on, system.unwrap_or_default()].concat();
        }
    }
    product(text)
}

/// Where a mark first stands. Marks are short and few are there, so what begins like one is compared.
fn place(text: &str, mark: &str) -> Option<usize> {
    let first = *mark.as_bytes().first()?;
    let mut places = memchr::memchr_iter(first, text.as_bytes());
    places.find(|at| text.as_bytes()[*at..].starts_with(mark.as_bytes()))
}

/// The first product of the User-Agent, `curl/7.88.1` as "curl 7.88.1".
fn product(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    let safe = |c: &char| c.is_ascii_graphic();
    let shown: String = first.chars().filter(safe).take(40).collect();
    shown.replacen('/', " ", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_get_the_names_that_people_use() {
        for (user_agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36",
                "Headless Chrome 156 on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
                "Edge 140 on Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
                "Firefox 153 on Linux",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
                "Safari 17 on iOS",
            ),
            ("curl/7.88.1", "curl 7.88.1"),
            ("python-requests/2.34.0", "python-requests 2.34.0"),
            ("\x1b[31mevil", "[31mevil"),
            ("", "a client without a name"),
        ] {
            assert_eq!(label(user_agent.as_bytes()), name);
        }
    }
}
