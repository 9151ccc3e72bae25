//! What is told while a capture goes on agrees with what its report says in the end.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use cookietrail::capture::Files;
use cookietrail::http::{KeepBodies, Reading};
use cookietrail::pipeline::Pipeline;
use cookietrail::time::Timestamp;
use cookietrail::trail::{EventKind, Happening, Live, Story, Trail};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Of each exchange, by its first packet: the browser, and the cookie events in order.
type Told = BTreeMap<u64, (Option<String>, Vec<String>)>;

/// Runs a capture through both, as a live capture does.
fn both(path: &PathBuf) -> (Told, Story) {
    let mut files = Files::open([path]).unwrap();
    let mut pipeline = Pipeline::new(Reading { keep: KeepBodies::Readable, ..Reading::default() });
    pipeline.watch_finished();
    let (mut live, mut trail, mut told) = (Live::default(), Trail::default(), Told::new());
    let mut step = |pipeline: &mut Pipeline, now: Option<Timestamp>| {
        while let Some(exchange) = pipeline.peek_finished() {
            live.push(exchange);
        }
        let known = pipeline.oldest_open().unwrap_or(u64::MAX);
        match now {
            Some(now) => live.settle(known, now),
            None => live.settle_all(known),
        }
        told.extend(std::iter::from_fn(|| live.pop()).map(|happening| of_live(&happening)));
        while let Some(numbered) = pipeline.pop() {
            trail.push(numbered);
        }
    };
    while let Some(packet) = files.next_packet() {
        pipeline.push(&packet);
        step(&mut pipeline, Some(packet.time));
    }
    pipeline.finish();
    step(&mut pipeline, None);
    (told, trail.finish())
}

fn event(name: &[u8], kind: EventKind, number: Option<usize>) -> String {
    // Once told, an unknown origin is not told again.
    let kind = if kind == EventKind::SentUnknown { EventKind::Sent } else { kind };
    format!("{} {} {number:?}", kind.word(), String::from_utf8_lossy(name))
}

fn of_live(happening: &Happening) -> (u64, (Option<String>, Vec<String>)) {
    let packet = happening.visit.asked.as_ref().unwrap().packet;
    let events = happening.cookies.iter().map(|news| {
        let number = news.value.as_ref().map(|value| value.number);
        event(&news.name, news.event.kind, number)
    });
    let mut events: Vec<String> = events.collect();
    events.sort_unstable();
    (packet, (happening.browser.clone(), events))
}

fn of_story(story: &Story) -> Told {
    let one = |index: usize| {
        let browser = story.browsers.iter().find(|browser| browser.visits.contains(&index));
        let events = story.events_of(index).map(|(life, told)| {
            let life = &story.cookies[life];
            event(&life.name, told.kind, told.version.map(|version| life.versions[version].number))
        });
        let mut events: Vec<String> = events.collect();
        events.sort_unstable();
        let packet = story.visits[index].asked.as_ref().unwrap().packet;
        (packet, (browser.map(|browser| browser.id.clone()), events))
    };
    (0..story.visits.len()).map(one).collect()
}

#[test]
fn the_recorded_captures_are_told_live_as_in_their_reports() {
    for name in
        ["walkthrough.pcapng", "redirects.pcap", "secure-over-http.pcap", "two-profiles.pcap"]
    {
        let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/captures")).join(name);
        let (mut told, story) = both(&path);
        assert!(told.len() >= 19, "{name}");
        let wanted = of_story(&story);
        // The report knows what came later: the second profile's login shows whose form it was.
        let hindsight: &[(usize, &str)] = if name.starts_with("two") { &[(6, "B")] } else { &[] };
        for (id, letter) in hindsight {
            let packet = story.visits[id - 1].asked.as_ref().unwrap().packet;
            let (browser, _) = told.get_mut(&packet).unwrap();
            assert_eq!(browser.as_deref(), Some("A"), "{name}");
            *browser = Some((*letter).to_owned());
        }
        assert_eq!(told, wanted, "{name}");
    }
}
