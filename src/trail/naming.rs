//! What browsers are called: their letters, in the order in which they appeared.

use super::story::Browser;
use super::{label, who, whole};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::net::IpAddr;

/// A browser of which the rest of the capture is not known yet: its letter, which other it is not, and
/// whether others have its name.
pub(super) fn browser(profile: who::Profile) -> Browser {
    let mut visits: Vec<usize> = profile.evidence.iter().map(|one| one.visit).collect();
    visits.sort_unstable();
    Browser {
        id: String::new(),
        label: label::label(&profile.user_agent),
        agent: profile.jar.agent(),
        confidence: profile.confidence(),
        user_agent: profile.user_agent,
        addresses: profile.addresses,
        visits,
        told_apart: None,
        evidence: profile.evidence,
    }
}

/// The browsers, with what only all of them together show.
pub(super) fn browsers(clients: Vec<whole::Client<Browser>>) -> Vec<Browser> {
    let twins = twins(clients.iter().map(|client| &client.kept));
    let name = |((index, client), has_twins): ((usize, whole::Client<Browser>), bool)| {
        let whole::Client { mut kept, told_apart } = client;
        kept.id = letter(index);
        kept.told_apart =
            told_apart.map(|(other, reason)| format!("as browser {} {reason}", letter(other)));
        if has_twins {
            kept.confidence = kept.confidence.among_twins();
        }
        kept
    };
    clients.into_iter().enumerate().zip(twins).map(name).collect()
}

/// Of each browser, whether another of its name was seen at one of its addresses.
fn twins<'a>(browsers: impl Iterator<Item = &'a Browser> + Clone) -> Vec<bool> {
    fn keys(browser: &Browser) -> impl Iterator<Item = (IpAddr, &[u8])> {
        browser.addresses.iter().map(|address| (*address, browser.user_agent.as_slice()))
    }
    let mut names: HashMap<(IpAddr, &[u8]), usize, RandomState> = HashMap::default();
    browsers.clone().flat_map(keys).for_each(|key| *names.entry(key).or_default() += 1);
    let is_shared = |key| names.get(&key).is_some_and(|count| *count > 1);
    browsers.map(|browser| keys(browser).any(is_shared)).collect()
}

/// `A` to `Z`, then `AA` and so on.
pub(super) fn letter(mut index: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(b'A' + u8::try_from(index % 26).unwrap_or(0));
        if index < 26 {
            break;
        }
        index = index / 26 - 1;
    }
    letters.reverse();
    String::from_utf8(letters).unwrap_or_default()
}
