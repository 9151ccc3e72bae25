//! Chains of redirects: conversations in; steps, hops and their endings out.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use cookietrail::trail::{Border, Chain, ChainEnd, Navigation, SentOn, Story};
use support::talk::story;
use support::{captures, run, run_json, text};

fn only(story: &Story) -> (&Navigation, &Chain) {
    assert_eq!(story.navigations.len(), 1, "{:#?}", story.navigations);
    let step = &story.navigations[0];
    (step, step.chain.as_ref().unwrap())
}

/// The methods before and after each redirect of the only step.
fn methods(story: &Story) -> Vec<String> {
    let (step, _) = only(story);
    let asked = step.hops.iter().map(|hop| story.visits[*hop].asked.as_ref().unwrap());
    asked.map(|asked| String::from_utf8_lossy(&asked.method).into_owned()).collect()
}

#[test]
fn methods_change_as_each_status_has_it() {
    for (status, method, after) in [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "PUT", "GET"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
    ] {
        let body = if after == "POST" { " ;;  ;; a=1" } else { "" };
        let told = story(&[
            &format!("> {method} http://shop.test/one ;;  ;; a=1"),
            &format!("< {status} /two"),
            &format!("> {after} http://shop.test/two{body}"),
            "< 200 ;; <p>Done</p>",
        ]);
        assert_eq!(methods(&told), [method, after], "{status}");
        let (_, chain) = only(&told);
        assert_eq!(chain.end, ChainEnd::Arrived);
        let change = &chain.redirects[0].method_change;
        assert_eq!(change.is_some(), method != after, "{status}");
    }
}

#[test]
fn a_post_that_follows_a_302_is_no_hop() {
    let told = story(&[
        "> GET http://shop.test/one",
        "< 302 /two",
        "> POST http://shop.test/two ;;  ;; a=1",
        "< 200 ;; <p>Done</p>",
    ]);
    assert_eq!(told.navigations.len(), 2);
    assert_eq!(told.navigations[0].chain.as_ref().unwrap().end, ChainEnd::NotFollowed);
}

#[test]
fn borders_are_named() {
    let told = story(&[
        "> GET http://shop.test/a",
        "< 302 http://shop.test:8080/b",
        "> GET http://shop.test:8080/b",
        "< 302 //id.example/c",
        "> GET http://id.example/c",
        "< 302 https://id.example/d",
    ]);
    let (_, chain) = only(&told);
    let crosses: Vec<&[Border]> = chain.redirects.iter().map(|one| &*one.crosses).collect();
    assert_eq!(crosses, [&[Border::Port][..], &[Border::Host], &[Border::Scheme]]);
    assert_eq!(chain.end, ChainEnd::Encrypted);
}

#[test]
fn locations_are_read_as_browsers_read_them() {
    for (location, next) in [
        ("/next", "/next"),
        ("next?x=1", "/dir/next?x=1"),
        ("?x=1", "/dir/page?x=1"),
        ("//shop.test/next", "/next"),
        ("../next", "/next"),
        ("/next#part", "/next"),
        ("  /next", "/next"),
        ("/n\u{e9}xt", "/n%C3%A9xt"),
        ("\\next", "/next"),
        ("/ne\txt", "/next"),
    ] {
        let told = story(&[
            "> GET http://shop.test/dir/page",
            &format!("< 302 {location}"),
            &format!("> GET http://shop.test{next}"),
            "< 200 ;; <p>Done</p>",
        ]);
        assert_eq!(told.navigations.len(), 1, "{location:?} is not followed");
    }
}

#[test]
fn a_redirect_without_a_usable_location_is_none() {
    for answer in ["< 302 ;; <p>Where to?</p>", "< 302 ;; Location:  ;; <p>Where to?</p>"] {
        let told =
            story(&["> GET http://shop.test/a", answer, "> GET http://shop.test/a", "< 200 ;; x"]);
        assert!(told.navigations.iter().all(|step| step.chain.is_none()), "{answer}");
        assert_eq!(told.navigations.len(), 2);
    }
    for location in ["http://", "http://a b/", "mailto:a@b.test"] {
        let told = story(&["> GET http://shop.test/a", &format!("< 302 {location}")]);
        assert_eq!(only(&told).1.end, ChainEnd::NoPage, "{location}");
    }
}

#[test]
fn a_chain_that_the_capture_cuts_says_so() {
    let told = story(&["> GET http://shop.test/a", "< 302 /b"]);
    assert_eq!(only(&told).1.end, ChainEnd::Cut);
    let told =
        story(&["> GET http://shop.test/a", "< 302 /b", "> GET http://shop.test/c", "< 200 ;; x"]);
    assert_eq!(told.navigations[0].chain.as_ref().unwrap().end, ChainEnd::NotFollowed);
}

#[test]
fn pages_that_send_their_reader_on_are_redirects() {
    for (answer, by) in [
        ("< 200 ;; Refresh: 1; url=/b ;; <p>Wait</p>", SentOn::RefreshHeader),
        ("< 200 ;; <meta http-equiv=refresh content='0; url=/b'>", SentOn::MetaRefresh),
    ] {
        let told = story(&[
            "> GET http://shop.test/a",
            answer,
            "+1",
            "> GET http://shop.test/b",
            "< 200 ;; <p>Done</p>",
        ]);
        assert_eq!(only(&told).1.redirects[0].by, by);
    }
    let told = story(&[
        "> GET http://shop.test/a",
        "< 200 ;; Refresh: 5 ;; <p>Again and again</p>",
        "+5",
        "> GET http://shop.test/a",
        "< 200 ;; <p>x</p>",
    ]);
    assert!(told.navigations.iter().all(|step| step.chain.is_none()));
}

/// A browser that is sent between two pages, with what the first answer sets and what it then sends.
fn round_and_round(set: &str, back: &str) -> Story {
    let mut lines = Vec::new();
    let first = back;
    for round in 0..4 {
        let back = if round == 0 { "" } else { back };
        lines.push(format!("> GET http://shop.test/a ;; {back}"));
        lines.push(format!("< 302 /b{set}"));
        // From the second request on.
        let back = if round == 0 { first } else { back };
        lines.push(format!("> GET http://shop.test/b ;; {back}"));
        lines.push("< 302 /a".to_owned());
    }
    story(&lines.iter().map(|line| &**line).collect::<Vec<_>>())
}

#[test]
fn a_circle_names_the_cookie_that_does_not_come_back() {
    let told = round_and_round(" ;; Set-Cookie: sid=abc; Secure; Path=/", "");
    let (step, chain) = only(&told);
    assert_eq!(step.title, "Visits the site, and is redirected in a circle");
    assert_eq!((chain.end, chain.round), (ChainEnd::Circle, Some(2)));
    let cause = chain.cause.as_ref().unwrap();
    assert!(cause.contains("“sid” is set in exchange 1") && cause.contains("Secure"), "{cause}");
    let finding = told.findings.iter().find(|one| one.rule == "login-loop").unwrap();
    assert!(finding.text.contains("Secure was set"), "{}", finding.text);
}

#[test]
fn a_circle_whose_cookie_comes_back_does_not_blame_it() {
    let told = round_and_round(" ;; Set-Cookie: sid=abc; Path=/", "sid=abc");
    let cause = only(&told).1.cause.clone().unwrap();
    assert!(cause.contains("does come back"), "{cause}");
    let told = round_and_round("", "");
    let cause = only(&told).1.cause.clone().unwrap();
    assert!(cause.starts_with("No cookie is lost"), "{cause}");
}

#[test]
fn the_way_over_https_and_back_is_a_circle() {
    let mut lines = Vec::new();
    for _ in 0..4 {
        lines.extend(["> GET http://shop.test/a", "< 301 https://shop.test/a"]);
    }
    let told = story(&lines);
    let (_, chain) = only(&told);
    assert_eq!(chain.end, ChainEnd::Circle);
    assert!(chain.redirects[0].is_hidden);
    assert!(chain.cause.as_ref().unwrap().contains("https"));
}

#[test]
fn twice_is_no_circle() {
    let told = story(&[
        "> GET http://shop.test/a",
        "< 302 /b ;; Set-Cookie: sid=1; Path=/",
        "> GET http://shop.test/b ;; sid=1",
        "< 302 /a",
        "> GET http://shop.test/a ;; sid=1",
        "< 200 ;; <p>Welcome</p>",
    ]);
    assert_eq!(only(&told).1.end, ChainEnd::Arrived);
    assert!(told.findings.iter().all(|one| one.rule != "login-loop"));
}

/// Each redirect of a server's own log leads, in the report, to the request that its client made
/// next.
#[test]
fn the_redirects_of_recorded_walks_are_those_of_the_servers_log() {
    let mut followed = 0;
    for (capture, truth) in captures() {
        let stem = capture.file_stem().unwrap().to_string_lossy().into_owned();
        if truth["keylog"].is_string() || stem == "b-secure-over-http" {
            continue;
        }
        let report = run_json(&["analyze", "--format", "json", capture.to_str().unwrap()]);
        let log = truth["server_log"].as_array().unwrap();
        let said = log
            .iter()
            .filter(|entry| entry["location"].is_string() && entry["status"].as_u64() > Some(300))
            .count();
        let chains = report["navigations"].as_array().unwrap().iter();
        let told: Vec<_> = chains
            .filter_map(|step| step["chain"]["redirects"].as_array())
            .flatten()
            .filter(|redirect| redirect["by"] == "status")
            .collect();
        if truth["servers"].to_string().contains("\"nginx\"") {
            // nginx's own redirects are not in its backend's log.
            assert!(told.len() >= said, "{stem}");
        } else {
            assert_eq!(told.len(), said, "{stem}");
        }
        followed += told.iter().filter(|redirect| redirect["to"].is_u64()).count();
    }
    assert!(followed > 40, "only {followed} redirects were followed");
}

#[test]
fn a_circle_is_told_in_short() {
    let Some(shared) = support::shared() else { return };
    let capture = shared.join("captures/b-secure-over-http.pcap");
    let output = run(&["analyze", "--width", "80", capture.to_str().unwrap()]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("Opens /sso, and is redirected in a circle"));
    assert!(told.contains("hops more"));
    assert!(told.lines().count() < 400, "{}", told.lines().count());
    let report = run_json(&["analyze", "--format", "json", capture.to_str().unwrap()]);
    // Chromium stops after 20 requests and tries again twice; Firefox and curl after 21; requests
    // after 31.
    let mut lengths: Vec<usize> = report["navigations"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| text(&step["chain"]["end"]) == "circle")
        .map(|step| step["exchanges"].as_array().unwrap().len())
        .collect();
    lengths.sort_unstable();
    assert_eq!(lengths, [20, 20, 20, 21, 21, 31]);
}
