//! Where a cookie comes from that a browser sends, and that its jar does not explain.

use super::happening::{Shown, event};
use super::lives::{Lives, Who};
use super::story::{CookieEvent, EventKind};
use crate::cookie::{self, CookiePair, Reason};

impl Lives {
    /// A cookie that the model took for refused, and that the browser sends: it was kept.
    pub(super) fn was_kept(
        &mut self,
        who: &mut Who<'_>,
        shown: Shown,
        pair: &CookiePair,
        host: &str,
    ) -> bool {
        let lines = self.refused.sent(who.browser, &pair.name, &pair.value).to_vec();
        if lines.is_empty() {
            return false;
        }
        let Some(life) = self.with_value(Some(who.browser), pair, host) else { return false };
        self.kept.extend(lines);
        let version = self.version(life, &pair.name, &pair.value, shown.time);
        who.profile.note_known(self.place(host, &pair.name, &pair.value));
        let event = CookieEvent { version: Some(version), ..event(EventKind::Sent, shown) };
        self.push(life, event);
        true
    }

    pub(super) fn why_unknown(&self, who: &Who<'_>, pair: &CookiePair, host: &str) -> Reason {
        let is_held = |held: &cookie::Cookie| held.name == pair.name && held.value == pair.value;
        if self.with_value(Some(who.browser), pair, host).is_some() {
            // One of that value is still there, out of reach: this is another, unseen.
            let is_there = who.profile.jar.iter().any(is_held);
            if is_there { Reason::NeverSet } else { Reason::SentAfterEnd }
        } else if self.with_value(None, pair, host).is_some() {
            Reason::GivenToAnother
        } else {
            Reason::NeverSet
        }
    }

    /// The life of a cookie that a server gave this value, to one browser or to any.
    pub(super) fn with_value(
        &self,
        browser: Option<usize>,
        pair: &CookiePair,
        host: &str,
    ) -> Option<usize> {
        let lives = self.having(&pair.name, &pair.value).iter().map(|(life, _)| *life);
        lives.into_iter().find(|index| {
            let life = &self.all[*index];
            let below = host
                .strip_suffix(&*life.domain)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
            browser.is_none_or(|browser| life.browser == browser)
                && below
                && life.events.iter().any(|event| event.kind.is_from_server())
        })
    }
}
