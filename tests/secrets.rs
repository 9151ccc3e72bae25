//! Secrets in reports: an encrypted session that one of them opens is told like a readable one, and
//! what they say of a signature stands beside each value.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod support;

use aes_gcm::aead::Aead;
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::path::Path;
use support::wire::{self, Wire};
use support::{run, run_json};

const SECRET: &str = "0123456789abcdef";

/// A session as Rails 5.2 to 6.1 seal it (`ActiveSupport::MessageEncryptor`, AES-256-GCM).
fn sealed(content: &Value, nonce: u8) -> String {
    let salt = b"authenticated encrypted cookie";
    let mut key = [0; 32];
    pbkdf2::pbkdf2_hmac::<sha1::Sha1>(SECRET.as_bytes(), salt, 1000, &mut key);
    let nonce = [nonce; 12];
    let text = content.to_string();
    let both = Aes256Gcm::new(&key.into()).encrypt(&nonce.into(), text.as_bytes()).unwrap();
    let (text, tag) = both.split_at(both.len() - 16);
    [text, &nonce[..], tag].map(|part| STANDARD.encode(part).replace('=', "%3D")).join("--")
}

/// Somebody logs in, and the session is sealed anew with the same content, and with a new token.
fn capture(folder: &Path) -> String {
    let alice = |token: &str| json!({"username": "小明", "csrf_token": token});
    let values = [sealed(&alice("a"), 1), sealed(&alice("a"), 2), sealed(&alice("b"), 3)];
    let set = |value: &str| format!("Set-Cookie: _shop_session={value}; Path=/; HttpOnly\r\n");
    let with = |value: &str| format!("Cookie: _shop_session={value}\r\n");
    let head = "Host: shop.test\r\nUser-Agent: Firefox\r\nAccept: text/html\r\n";
    let form = "username=alice&password=x";
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let found = "HTTP/1.1 302 Found\r\nLocation: /\r\n";
    let ok = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";
    let end = "Content-Length: 0\r\n\r\n";
    let wire = Wire::open()
        .c(format!(
            "POST /login HTTP/1.1\r\n{head}{kind}Content-Length: {}\r\n\r\n{form}",
            form.len()
        ))
        .s(format!("{found}{}{end}", set(&values[0])))
        .c(format!("GET / HTTP/1.1\r\n{head}{}\r\n", with(&values[0])))
        .s(format!("{ok}{}{end}", set(&values[1])))
        .c(format!("GET /shop HTTP/1.1\r\n{head}{}\r\n", with(&values[1])))
        .s(format!("{ok}{}{end}", set(&values[2])));
    let file = folder.join("sealed.pcap");
    std::fs::write(&file, wire::pcap(&wire.close().frames(), 0)).unwrap();
    file.display().to_string()
}

fn told(options: &[&str], capture: &str) -> String {
    let output = run(&[&["analyze", "--width", "200"], options, &[capture]].concat());
    // Lines may be broken anywhere.
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_encrypted_session_is_told_like_a_readable_one_once_it_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let capture = capture(folder.path());
    let closed = told(&[], &capture);
    assert!(closed.contains("only the server can read it") && !closed.contains("小明"), "{closed}");
    let open = told(&["--secret", "wrong", "--secret", SECRET], &capture);
    for words in [
        "Logs in as 小明",
        "says {\"username\": \"小明\", \"csrf_token\": \"a\"} rails-encrypted-gcm, opened with secret 2",
        "· a refresh: the same content, written anew",
        "· new token against forged requests in csrf_token",
    ] {
        assert!(open.contains(words), "{words}\n{open}");
    }
    assert!(!open.contains("only the server can read it") && !open.contains(SECRET), "{open}");
    let wrong = told(&["--secret", "wrong"], &capture);
    assert!(wrong.contains("NOT OPENED by any secret given") && !wrong.contains("小明"), "{wrong}");
}

#[test]
fn the_states_of_an_opened_session_say_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let capture = capture(folder.path());
    let secret = ["--secret-for", "_shop_session@shop.test", SECRET];
    let report = run_json(&[&["analyze", "--format", "json"], &secret[..], &[&*capture]].concat());
    let session = &report["sessions"][0];
    let states = session["states"].as_array().unwrap();
    let refresh: Vec<&Value> = states.iter().map(|state| &state["refresh"]).collect();
    assert_eq!(refresh, [&json!(false), &json!(true), &json!(false)]);
    assert_eq!(states[2]["rotated"], json!(["csrf_token"]));
    let change = json!({"kind": "rotated", "path": "csrf_token", "before": "a", "after": "b"});
    assert_eq!(states[2]["changes"], json!([change]));
    assert!(states.iter().all(|state| state["identity"] == "小明" && state["key"] == 1));
}

#[test]
fn the_environment_keeps_a_secret_out_of_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let capture = capture(folder.path());
    let output = support::program()
        .args(["analyze", "--width", "200", &capture])
        .env("COOKIETRAIL_SECRET", SECRET)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("opened with secret 1") && !text.contains(SECRET), "{text}");
}

#[test]
fn a_timeline_says_what_secrets_say() {
    let folder = tempfile::tempdir().unwrap();
    let capture = capture(folder.path());
    let output = run(&["timeline", "--width", "200", "--secret", SECRET, &capture]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("rails-encrypted-gcm: an encrypted session, opened with its secret"),
        "{text}"
    );
    assert!(text.contains("\"csrf_token\": \"b\"}  (opened with secret 1)"), "{text}");
}
