//! The lives of sessions: conversations in, turns out; and the turns of recorded walks, held
//! against what the servers said of their sessions.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use cookietrail::trail::{Certainty, Evidence, Stage, Story, Turn, TurnKind};
use serde_json::Value;
use support::talk::story;
use support::{captures, run_json, text};

const ALICE: &str = "eyJ1c2VybmFtZSI6ImFsaWNlIn0.awOrOA.LHENYVJNfFubwZvuCS2BiIL_pIo";
const PHP: [&str; 3] =
    ["PHPSESSID=0123456789abcdef0123456789", "PHPSESSID=aaaabbbbccccddddeeeeffff01", ""];

/// `login #2 alice, likely`: the turns of one cookie of the first browser that has it.
fn life(story: &Story, cookie: &str) -> Vec<String> {
    let session = story
        .sessions
        .iter()
        .find(|session| story.cookies[session.cookie].name == cookie.as_bytes())
        .unwrap();
    session.turns.iter().map(|turn| told(turn, story)).collect()
}

fn told(turn: &Turn, story: &Story) -> String {
    let id = story.visits[turn.seen[0].0].id;
    let who = turn.identity.as_ref().map(|who| format!(" {who}")).unwrap_or_default();
    format!("{} #{id}{who}, {}", turn.kind.word(), turn.certainty().word())
}

fn evidence(story: &Story, kind: TurnKind) -> Vec<Evidence> {
    let mut turns = story.sessions.iter().flat_map(|session| &session.turns);
    turns.find(|turn| turn.kind == kind).unwrap().evidence.clone()
}

#[test]
fn an_opaque_id_logs_in_is_used_and_logs_out() {
    let story = story(&[
        "> GET http://shop.test/",
        &format!("< 200 ;; Set-Cookie: {}; Path=/ ;; <p>Hello stranger</p>", PHP[0]),
        &format!("> GET http://shop.test/login ;; {}", PHP[0]),
        "< 200 ;; <form>Name <input name=user><input type=password name=password></form>",
        &format!("> POST http://shop.test/login ;; {} ;; user=alice&password=x", PHP[0]),
        &format!("< 302 / ;; Set-Cookie: {}; Path=/", PHP[1]),
        &format!("> GET http://shop.test/ ;; {}", PHP[1]),
        "< 200 ;; <p>Hello Alice</p>",
        &format!("> POST http://shop.test/logout ;; {}", PHP[1]),
        "< 302 / ;; Set-Cookie: PHPSESSID=deleted; Max-Age=0; Path=/",
        "> GET http://shop.test/",
        "< 200 ;; <p>Hello stranger</p>",
    ]);
    assert_eq!(
        life(&story, "PHPSESSID"),
        [
            "begin #1, certain",
            "use #2, certain",
            "login #3 alice, certain",
            "use #4 alice, certain",
            "logout #5 alice, certain",
        ]
    );
    let login = evidence(&story, TurnKind::Login);
    for sign in [Evidence::CredentialsPosted, Evidence::ValueChanged, Evidence::PageNamesUser] {
        assert!(login.contains(&sign), "{sign:?} is not in {login:?}");
    }
}

#[test]
fn an_id_that_stays_over_the_login_is_told_as_kept() {
    let story = story(&[
        "> GET http://shop.test/login",
        &format!("< 200 ;; Set-Cookie: {}; Path=/ ;; <input type=password>", PHP[0]),
        &format!("> POST http://shop.test/login ;; {} ;; user=alice&password=x", PHP[0]),
        "< 302 /home",
        &format!("> GET http://shop.test/home ;; {}", PHP[0]),
        "< 200 ;; <p>Your orders</p>",
    ]);
    assert_eq!(
        life(&story, "PHPSESSID"),
        ["begin #1, certain", "use #2, certain", "login #2 alice, likely", "use #3 alice, certain",]
    );
    assert!(evidence(&story, TurnKind::Login).contains(&Evidence::ValueKept));
}

#[test]
fn a_login_that_fails_leaves_the_session_anonymous() {
    for answer in [
        "< 200 ;; <p>Wrong password</p><input type=password>",
        "< 200 ;; <p>Try again</p>",
        "< 401 ;; <p>No</p>",
        "< 302 /login?failed=1",
    ] {
        let story = story(&[
            "> GET http://shop.test/login",
            &format!("< 200 ;; Set-Cookie: {}; Path=/ ;; <input type=password>", PHP[0]),
            &format!("> POST http://shop.test/login ;; {} ;; user=alice&password=x", PHP[0]),
            answer,
            &format!("> GET http://shop.test/login?failed=1 ;; {}", PHP[0]),
            "< 200 ;; <p>Wrong password</p><input type=password>",
        ]);
        let life = life(&story, "PHPSESSID");
        assert!(life.iter().any(|turn| turn.starts_with("login-failed #2 alice")), "{life:?}");
        let session = &story.sessions[0].turns;
        assert!(session.iter().all(|turn| turn.stage == Stage::Anonymous), "{answer}");
    }
}

#[test]
fn another_user_takes_over_without_a_logout() {
    let bob = "session=eyJ1c2VybmFtZSI6ImJvYiJ9.awOrOA.LHENYVJNfFubwZvuCS2BiIL_pIo";
    let story = story(&[
        "> POST http://shop.test/login ;;  ;; username=alice",
        &format!("< 302 / ;; Set-Cookie: session={ALICE}; HttpOnly; Path=/"),
        &format!("> GET http://shop.test/ ;; session={ALICE}"),
        "< 200 ;; <p>alice</p>",
        &format!("> POST http://shop.test/login ;; session={ALICE} ;; username=bob"),
        &format!("< 302 / ;; Set-Cookie: {bob}; HttpOnly; Path=/"),
        &format!("> GET http://shop.test/ ;; {bob}"),
        "< 200 ;; <p>bob</p>",
    ]);
    assert_eq!(
        life(&story, "session"),
        [
            "login #1 alice, certain",
            "use #2 alice, certain",
            "user-change #3 bob, certain",
            "use #4 bob, certain",
        ]
    );
}

/// A login, a page, a logout that deletes nothing, and the page asked for again.
fn ignored_logout(again: &str, strangers: &str) -> Story {
    story(&[
        "B> GET http://shop.test/home",
        strangers,
        "> POST http://shop.test/login ;;  ;; user=alice&password=x",
        &format!("< 302 /home ;; Set-Cookie: {}; Path=/", PHP[0]),
        &format!("> GET http://shop.test/home ;; {}", PHP[0]),
        "< 200 ;; <p>Your orders</p>",
        &format!("> GET http://shop.test/logout ;; {}", PHP[0]),
        "< 200 ;; <p>Goodbye</p>",
        &format!("> GET http://shop.test/home ;; {}", PHP[0]),
        again,
    ])
}

#[test]
fn a_session_that_outlives_its_logout_is_told() {
    let told = ignored_logout("< 200 ;; <p>Your orders</p>", "< 302 /login");
    assert_eq!(
        life(&told, "PHPSESSID"),
        [
            "login #2 alice, likely",
            "use #3 alice, certain",
            "logout #4 alice, guess",
            "reuse #5 alice, certain",
        ]
    );
    assert_eq!(told.sessions[0].turns[3].stage, Stage::LoggedIn);
}

#[test]
fn a_page_for_everybody_does_not_say_that_a_session_still_works() {
    let told = ignored_logout("< 200 ;; <p>Your orders</p>", "< 200 ;; <p>Your orders</p>");
    assert_eq!(told.sessions[0].turns[3].stage, Stage::LoggedOut);
    let told = ignored_logout("< 302 /login", "< 302 /login");
    assert_eq!(told.sessions[0].turns[3].stage, Stage::LoggedOut);
    assert!(evidence(&told, TurnKind::Reuse).contains(&Evidence::PageDiffers));
}

#[test]
fn a_session_ends_when_its_cookie_is_too_old() {
    let story = story(&[
        "> POST http://shop.test/login ;;  ;; user=alice&password=x",
        &format!("< 302 / ;; Set-Cookie: {}; Max-Age=60; Path=/", PHP[0]),
        &format!("> GET http://shop.test/ ;; {}", PHP[0]),
        "< 200 ;; <p>Hello alice</p>",
        "+90",
        "> GET http://shop.test/",
        "< 200 ;; <p>Hello stranger</p>",
    ]);
    assert_eq!(
        life(&story, "PHPSESSID"),
        ["login #1 alice, certain", "use #2 alice, certain", "expire #3 alice, likely",]
    );
}

#[test]
fn a_session_ends_when_its_token_says_so() {
    // {"alg":"HS256"} . {"sub":"alice","iat":0,"exp":30}: a minute before the second request.
    let token = "token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSIsImlhdCI6MCwiZXhwIjozMH0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let story = story(&[
        "> POST http://shop.test/login ;;  ;; user=alice&password=x",
        &format!("< 302 / ;; Set-Cookie: {token}; Path=/"),
        &format!("> GET http://shop.test/ ;; {token}"),
        "< 200 ;; <p>Hello alice</p>",
        "+90",
        &format!("> GET http://shop.test/ ;; {token}"),
        "< 401 ;; <p>Too late</p>",
    ]);
    let session = story.sessions.iter().find(|one| story.cookies[one.cookie].name == b"token");
    let last = session.unwrap().turns.last().unwrap();
    assert_eq!((last.kind, last.certainty()), (TurnKind::Expire, Certainty::Certain));
}

#[test]
fn a_server_that_forgets_a_session_ends_it() {
    let story = story(&[
        "> POST http://shop.test/login ;;  ;; user=alice&password=x",
        &format!("< 302 /home ;; Set-Cookie: {}; Path=/", PHP[0]),
        &format!("> GET http://shop.test/home ;; {}", PHP[0]),
        "< 200 ;; <p>Hello alice</p>",
        "+4000",
        &format!("> GET http://shop.test/home ;; {}", PHP[0]),
        "< 302 /login",
        &format!("> GET http://shop.test/login ;; {}", PHP[0]),
        "< 200 ;; <input type=password>",
    ]);
    let life = life(&story, "PHPSESSID");
    assert!(life.contains(&"expire #3 alice, likely".to_owned()), "{life:?}");
}

#[test]
fn a_remember_me_cookie_brings_a_session_back() {
    let story = story(&[
        "> POST http://shop.test/login ;;  ;; user=alice&password=x&remember=on",
        &format!(
            "< 302 / ;; Set-Cookie: {}; Max-Age=60; Path=/ ;; Set-Cookie: remember_me=Zm9vYmFyYmF6cXV4; Max-Age=999999; Path=/",
            PHP[0]
        ),
        &format!("> GET http://shop.test/ ;; {}; remember_me=Zm9vYmFyYmF6cXV4", PHP[0]),
        "< 200 ;; <p>Hello alice</p>",
        "+90",
        "> GET http://shop.test/ ;; remember_me=Zm9vYmFyYmF6cXV4",
        &format!("< 200 ;; Set-Cookie: {}; Max-Age=60; Path=/ ;; <p>Hello alice</p>", PHP[1]),
    ]);
    assert_eq!(
        life(&story, "PHPSESSID"),
        [
            "login #1 alice, certain",
            "use #2 alice, certain",
            "expire #3 alice, likely",
            "revive #3 alice, likely",
        ]
    );
}

#[test]
fn sessions_of_two_hosts_have_two_lives() {
    let story = story(&[
        "> POST http://shop.test/login ;;  ;; user=alice&password=x",
        &format!("< 302 / ;; Set-Cookie: {}; Path=/", PHP[0]),
        "> POST http://mail.example/login ;;  ;; user=bob&password=x",
        &format!("< 302 / ;; Set-Cookie: {}; Path=/", PHP[1]),
        &format!("> GET http://mail.example/logout ;; {}", PHP[1]),
        "< 302 / ;; Set-Cookie: PHPSESSID=; Max-Age=0; Path=/",
        &format!("> GET http://shop.test/orders ;; {}", PHP[0]),
        "< 200 ;; <p>Hello alice</p>",
    ]);
    let lives: Vec<(String, Vec<String>)> = story
        .sessions
        .iter()
        .map(|one| {
            let turns = one.turns.iter().map(|turn| told(turn, &story)).collect();
            (story.cookies[one.cookie].domain.clone(), turns)
        })
        .collect();
    let words = |turns: &[&str]| turns.iter().map(|turn| (*turn).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        lives,
        [
            ("shop.test".to_owned(), words(&["login #1 alice, likely", "use #4 alice, certain"])),
            (
                "mail.example".to_owned(),
                words(&["login #2 bob, likely", "use #3 bob, certain", "logout #3 bob, certain",])
            ),
        ]
    );
}

#[test]
fn a_login_by_script_with_json_is_a_login() {
    let story = story(&[
        "> GET http://shop.test/login",
        "< 200 ;; <p>Log in</p><input type=password>",
        r#"f> POST http://shop.test/api/login ;;  ;; {"email": "alice@shop.test", "password": "x"}"#,
        &format!(
            r#"< 200 ;; Content-Type: application/json ;; Set-Cookie: {}; Path=/; HttpOnly ;; {{"ok": true}}"#,
            PHP[0]
        ),
        &format!("f> GET http://shop.test/api/me ;; {}", PHP[0]),
        r#"< 200 ;; Content-Type: application/json ;; {"name": "alice"}"#,
        &format!("f> POST http://shop.test/api/logout ;; {}", PHP[0]),
        "< 200 ;; Content-Type: application/json ;; Set-Cookie: PHPSESSID=; Max-Age=0; Path=/ ;; {}",
    ]);
    assert_eq!(
        life(&story, "PHPSESSID"),
        [
            "login #2 alice@shop.test, likely",
            "use #3 alice@shop.test, certain",
            "logout #4 alice@shop.test, certain",
        ]
    );
    let titles: Vec<&str> = story.navigations.iter().map(|step| &*step.title).collect();
    assert_eq!(titles, ["Opens the login form", "Logs in as alice@shop.test", "Logs out"]);
}

#[test]
fn coming_back_from_another_host_with_a_code_is_a_login() {
    let story = story(&[
        "> GET http://app.test/",
        &format!("< 302 http://id.example/authorize?state=1 ;; Set-Cookie: {}; Path=/", PHP[0]),
        "> GET http://id.example/authorize?state=1",
        "< 302 http://app.test/callback?code=abc&state=1",
        &format!("> GET http://app.test/callback?code=abc&state=1 ;; {}", PHP[0]),
        &format!("< 302 / ;; Set-Cookie: {}; Path=/", PHP[1]),
        &format!("> GET http://app.test/ ;; {}", PHP[1]),
        "< 200 ;; <p>Welcome</p>",
    ]);
    assert_eq!(
        life(&story, "PHPSESSID"),
        ["begin #1, certain", "use #3, certain", "login #3, likely", "use #4, certain",]
    );
}

#[test]
fn basic_authentication_makes_no_session() {
    let story = story(&[
        "> GET http://shop.test/admin",
        "< 401 ;; WWW-Authenticate: Basic ;; <p>No</p>",
        "> GET http://shop.test/admin ;; Authorization: Basic YWxpY2U6eA==",
        "< 200 ;; <p>Hello alice</p>",
    ]);
    assert!(story.sessions.is_empty());
}

#[test]
fn clear_site_data_ends_a_session() {
    let story = story(&[
        "> POST http://localhost/login ;;  ;; user=alice&password=x",
        &format!("< 302 / ;; Set-Cookie: {}; Path=/", PHP[0]),
        &format!("> GET http://localhost/bye ;; {}", PHP[0]),
        "< 200 ;; Clear-Site-Data: \"cookies\" ;; <p>Bye</p>",
    ]);
    let evidence = evidence(&story, TurnKind::Logout);
    assert_eq!(evidence, [Evidence::SiteDataCleared]);
}

/// Who the server had in a session, before a request and after it.
fn users(entry: &Value) -> Option<(Option<String>, Option<String>)> {
    let who = |session: &Value| {
        let session = session.as_object()?;
        let keys = ["username", "user", "name"];
        keys.iter().find_map(|key| session.get(*key)?.as_str().map(str::to_owned))
    };
    let is_told = entry.get("session_in").is_some() && entry.get("session_out").is_some();
    is_told.then(|| (who(&entry["session_in"]), who(&entry["session_out"])))
}

/// Every login and logout that a server's own log shows is a turn of the same exchange, and there
/// is no other.
#[test]
fn logins_and_logouts_are_those_of_the_servers_own_sessions() {
    let mut compared = 0;
    for (capture, truth) in captures() {
        let stem = capture.file_stem().unwrap().to_string_lossy().into_owned();
        // Encrypted; or its clients lend each other cookies, or keep none.
        if truth["keylog"].is_string() || stem == "e-hijack" || stem.contains("secure-over-http") {
            continue;
        }
        let report = run_json(&["analyze", "--format", "json", capture.to_str().unwrap()]);
        let mut told: Vec<(String, String)> = Vec::new();
        for turn in report["sessions"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|session| session["life"].as_array().unwrap().iter())
        {
            let kind = text(&turn["kind"]);
            if ["login", "logout", "user-change"].contains(&&*kind) {
                told.push((kind, text(&turn["identity"])));
            }
        }
        let mut said: Vec<(String, String)> = Vec::new();
        for entry in truth["server_log"].as_array().unwrap() {
            match users(entry) {
                Some((None, Some(who))) => said.push(("login".to_owned(), who)),
                Some((Some(who), None)) => said.push(("logout".to_owned(), who)),
                _ => {}
            }
        }
        if said.is_empty() {
            continue;
        }
        told.sort();
        said.sort();
        assert_eq!(told, said, "{}", capture.display());
        compared += 1;
    }
    assert!(compared >= 3, "only {compared} recordings were compared");
}

#[test]
fn a_logout_that_misses_the_cookie_is_told_in_its_life() {
    let story = story(&[
        "> POST http://shop.test/app/login ;;  ;; user=alice&password=x",
        &format!("< 302 /app/ ;; Set-Cookie: {}; Path=/app", PHP[0]),
        &format!("> GET http://shop.test/app/ ;; {}", PHP[0]),
        "< 200 ;; <p>Hello alice</p>",
        &format!("> GET http://shop.test/app/logout ;; {}", PHP[0]),
        "< 302 /app/ ;; Set-Cookie: PHPSESSID=; Max-Age=0; Path=/",
        &format!("> GET http://shop.test/app/ ;; {}", PHP[0]),
        "< 200 ;; <p>Hello alice</p>",
    ]);
    let life = life(&story, "PHPSESSID");
    assert!(life.contains(&"logout-missed #3 alice, certain".to_owned()), "{life:?}");
    assert!(life.last().unwrap().starts_with("reuse #4 alice"), "{life:?}");
}
