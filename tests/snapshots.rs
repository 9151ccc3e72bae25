//! Every format of the report, of a capture that ships and of one that is out to do harm.
//!
//! Snapshots are in `tests/snapshots`; `INSTA_UPDATE=always cargo test --test snapshots` writes
//! them anew.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use assert_cmd::Command;
use etherparse::PacketBuilder;
use std::fs;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const WALKTHROUGH: &str = "captures/walkthrough.pcapng";

/// What `cookietrail analyze` prints, run in a folder so that no path of this machine is shown.
fn analyze(folder: impl AsRef<Path>, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cookietrail"));
    command.current_dir(folder).env_clear().arg("analyze").args(arguments);
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

#[test]
fn the_walkthrough_on_a_terminal() {
    for (name, arguments) in [
        ("terminal_80", &["--width", "80"][..]),
        ("terminal_140", &["--width", "140"]),
        ("terminal_colour", &["--width", "80", "--color", "always"]),
        ("terminal_explain", &["--width", "80", "--explain"]),
    ] {
        let shown = analyze(ROOT, &[&[WALKTHROUGH], arguments].concat());
        insta::assert_snapshot!(name, shown);
    }
}

#[test]
fn the_walkthrough_as_markdown() {
    insta::assert_snapshot!(analyze(ROOT, &[WALKTHROUGH, "--format", "markdown"]));
}

#[test]
fn the_walkthrough_as_a_page() {
    insta::assert_snapshot!(analyze(ROOT, &[WALKTHROUGH, "--format", "html"]));
}

#[test]
fn the_walkthrough_as_json() {
    insta::assert_snapshot!(analyze(ROOT, &[WALKTHROUGH, "--format", "json"]));
}

#[test]
fn a_lost_login_as_json() {
    let capture = "captures/secure-over-http.pcap";
    insta::assert_snapshot!(analyze(ROOT, &[capture, "--format", "json"]));
}

#[test]
fn hostile_text_is_shown_and_does_nothing() {
    let folder = hostile_folder();
    for format in ["terminal", "markdown", "html", "json"] {
        let arguments = [HOSTILE_NAME, "--width", "80", "--color", "never", "--format", format];
        let shown = analyze(&folder, &arguments);
        insta::assert_snapshot!(format!("hostile_{format}"), shown);
    }
}

#[test]
fn no_format_passes_on_what_hides_or_reorders_text() {
    let folder = hostile_folder();
    for format in ["terminal", "markdown", "html", "json"] {
        for color in ["never", "auto"] {
            let shown = analyze(
                &folder,
                &[HOSTILE_NAME, "--explain", "--color", color, "--format", format],
            );
            let harm = |c: char| {
                c.is_control() && c != '\n'
                    || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            };
            assert_eq!(shown.find(harm), None, "{format}, {color}");
        }
    }
}

#[test]
fn a_password_is_shown_only_to_those_who_ask() {
    let folder = hostile_folder();
    for format in ["terminal", "markdown", "html"] {
        let masked = analyze(&folder, &[HOSTILE_NAME, "--format", format]);
        assert!(masked.contains("password=••••••") && !masked.contains("0;secret"), "{format}");
        let shown = analyze(&folder, &[HOSTILE_NAME, "--format", format, "--show-secrets"]);
        assert!(shown.contains("0;secret"), "{format}: {shown}");
    }
    assert!(!analyze(&folder, &[HOSTILE_NAME, "--format", "json"]).contains("0;secret"));
}

#[test]
fn colour_adds_nothing_but_colour() {
    let folder = hostile_folder();
    let plain = analyze(&folder, &[HOSTILE_NAME, "--color", "never"]);
    let coloured = analyze(&folder, &[HOSTILE_NAME, "--color", "always"]);
    let without: String = coloured
        .split('\x1b')
        .enumerate()
        .map(|(index, part)| match part.find('m') {
            Some(end) if index > 0 => {
                let is_colour = |byte: u8| byte.is_ascii_digit() || byte == b';';
                assert!(part.starts_with('[') && part[1..end].bytes().all(is_colour), "{part:?}");
                &part[end + 1..]
            }
            _ => part,
        })
        .collect();
    assert_eq!(without, plain);
    assert_ne!(coloured, plain);
}

/// What the page is made of.
const ELEMENTS: [&str; 27] = [
    "body", "html", "header", "main", "section", "h1", "h2", "h3", "h4", "p", "ul", "ol", "li",
    "div", "span", "code", "q", "a", "details", "summary", "table", "thead", "tbody", "tr", "th",
    "td", "head",
];

#[test]
fn no_page_holds_foreign_elements() {
    let folder = hostile_folder();
    let page = analyze(&folder, &[HOSTILE_NAME, "--format", "html"]);
    assert!(page.contains("&lt;script&gt;"), "the capture's own text is still there to be read");
    let (_, body) = page.split_once("</style>").unwrap();
    for tag in body.split('<').skip(1) {
        let tag = &tag[..tag.find('>').unwrap()];
        let name = tag.trim_start_matches('/').split(' ').next().unwrap();
        assert!(ELEMENTS.contains(&name), "<{tag}>");
        assert!(!tag.contains(" on") && !tag.contains("://"), "<{tag}>");
    }
}

#[test]
fn a_page_fetches_nothing() {
    let page = analyze(ROOT, &[WALKTHROUGH, "--format", "html", "--explain"]);
    let policy = r#"content="default-src 'none'; style-src 'unsafe-inline'""#;
    assert!(page.contains(policy));
    for fetching in ["<script", "<link", "<img", "src=", "@import", "url(", "href=\"http"] {
        assert!(!page.contains(fetching), "{fetching}");
    }
}

/// What a file may be called: markup for every kind of output.
const HOSTILE_NAME: &str = "a<script>`|\x1b[31m\u{202e}.pcap";

/// A folder with nothing but the hostile capture.
fn hostile_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(HOSTILE_NAME), hostile_capture()).unwrap();
    folder
}

/// What a server and a client may put into every place that a report quotes.
fn dialogue() -> Vec<(Vec<u8>, Vec<u8>)> {
    let agent =
        "User-Agent: \x1b]0;title\x07<script>alert(0)</script> `|` \u{202e}Chrome\u{9b}31m/1.0\r\n";
    let host = "Host: shop.test\r\n";
    let long = "A".repeat(3000);
    let flask = "eyJ1c2VybmFtZSI6IjxzY3JpcHQ-YWxlcnQoMSk8L3NjcmlwdD5cdTAwMWJbMzFtfGBAZXZlcnlvbmVcdTIwMmUifQ.awOrOA.LHENYVJNfFubwZvuCS2BiIL_pIo";
    let page = "<html><body>Hello &lt;script&gt;alert(3)&lt;/script&gt; \x1b[2J `x` | [a](http://evil.test) @you \u{202e}</body></html>";
    let login = "username=%3Cscript%3E%1b%5B31m|`&password=%1b]0;secret%07";
    vec![
        (
            format!("GET /<script>|`\x1b[31m`{long} HTTP/1.1\r\n{host}{agent}Cookie: old=\x1b[31m<script>\r\n\r\n").into_bytes(),
            [
                "HTTP/1.1 302 F\x1bOUND<script>|`\r\n".as_bytes(),
                "Location: /login?<script>`|`\u{202e}@you\x1b[2J\r\n".as_bytes(),
                format!("Set-Cookie: s<b>`|`\u{202e}={long}; Path=/; X=<script>\x1b|`; HttpOnly\r\n").as_bytes(),
                b"Set-Cookie: bad=\xff\xfe\x9b31m; Path=/<script>\r\n",
                b"Set-Cookie: far=1; Domain=<script>`|`.test\r\n",
                b"Content-Length: 0\r\n\r\n",
            ].concat(),
        ),
        (
            format!("POST /login HTTP/1.1\r\n{host}{agent}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{login}", login.len()).into_bytes(),
            format!("HTTP/1.1 303 SEE OTHER\r\nLocation: /\r\nSet-Cookie: session={flask}; HttpOnly; Path=/\r\nContent-Length: 0\r\n\r\n").into_bytes(),
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}{agent}Cookie: session={flask}\r\n\r\n").into_bytes(),
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\r\n{page}", page.len()).into_bytes(),
        ),
    ]
}

/// The dialogue as a pcap file: one connection, a packet for each message.
fn hostile_capture() -> Vec<u8> {
    const ETHERNET: u32 = 1;
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65535, ETHERNET] {
        file.extend(u32::to_le_bytes(word));
    }
    let (mut client, mut server) = (1000, 5000);
    let mut second = 1_800_000_000;
    let mut add = |packet: &[u8]| {
        let length = u32::try_from(packet.len()).unwrap();
        for word in [second, 0, length, length] {
            file.extend(u32::to_le_bytes(word));
        }
        file.extend(packet);
        second += 1;
    };
    add(&packet(true, client, None, b""));
    add(&packet(false, server, Some(client + 1), b""));
    (client, server) = (client + 1, server + 1);
    add(&packet(true, client, Some(server), b""));
    for (request, response) in dialogue() {
        add(&packet(true, client, Some(server), &request));
        client += u32::try_from(request.len()).unwrap();
        add(&packet(false, server, Some(client), &response));
        server += u32::try_from(response.len()).unwrap();
    }
    file
}

/// One packet of the connection. Those with the first sequence number of a side begin it.
fn packet(from_client: bool, sequence: u32, acknowledged: Option<u32>, payload: &[u8]) -> Vec<u8> {
    let ends = [([192, 0, 2, 1], 50_000), ([192, 0, 2, 2], 80)];
    let (from, to) = if from_client { (ends[0], ends[1]) } else { (ends[1], ends[0]) };
    let builder = PacketBuilder::ethernet2([2; 6], [4; 6])
        .ipv4(from.0, to.0, 64)
        .tcp(from.1, to.1, sequence, 65535);
    let builder = if matches!(sequence, 1000 | 5000) { builder.syn() } else { builder };
    let builder = match acknowledged {
        Some(number) => builder.ack(number),
        None => builder,
    };
    let mut packet = Vec::with_capacity(builder.size(payload.len()));
    builder.write(&mut packet, payload).unwrap();
    packet
}
