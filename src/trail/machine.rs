//! The life of one session as a state machine: cookie events, and what requests were for, go in;
//! turns come out.
//!
//! The stages and the turns between them are those of [`super::stage`]. What a request was for is
//! decided beforehand, in [`super::lifetime`], since it shows only where its redirects lead.

use super::attempt::Outcome;
use super::inputs::{Answers, Attempt, Context, Moment, Sign};
use super::stage::{Evidence, Stage, Turn, TurnKind};
use super::story::{CookieEvent, CookieLife, EventKind};
use super::visit::Visit;
use crate::cookie::Reason;
use crate::few;
use crate::session::Kind;
use Evidence as E;

/// The state of one session.
pub(super) struct Machine<'a, P> {
    life: &'a CookieLife,
    visits: &'a [Visit],
    pages: P,
    stage: Stage,
    /// Who was logged in last.
    who: Option<String>,
    /// The value that the browser holds.
    version: Option<usize>,
    /// The last attempt to log in that made a turn.
    consumed: Option<usize>,
    pub turns: Vec<Turn>,
}

impl<'a, P: Answers> Machine<'a, P> {
    pub fn new(life: &'a CookieLife, visits: &'a [Visit], pages: P) -> Self {
        let (who, version, consumed, turns) = (None, None, None, Vec::new());
        Self { life, visits, pages, stage: Stage::None, who, version, consumed, turns }
    }

    /// Takes the next cookie event.
    pub fn event(&mut self, event: &CookieEvent, context: Context<'_>) {
        let Some(visit) = event.visit else { return };
        let moment = Moment { visit, packet: event.packet, time: event.time };
        match event.kind {
            EventKind::Set | EventKind::Replaced => {
                if let Some(version) = event.version {
                    self.given(version, moment, context);
                }
            }
            EventKind::Refreshed => self.refreshed(event, moment, context),
            EventKind::Deleted => self.deleted(event, moment, context),
            EventKind::Expired => {
                if !matches!(self.stage, Stage::None) && !self.stage.is_over() {
                    self.turn(
                        TurnKind::Expire,
                        Stage::Expired,
                        moment,
                        vec![E::CookieTimeOver, E::CookieNotSent],
                    );
                }
            }
            EventKind::Sent => self.sent(event.version, moment),
            EventKind::SentUnknown => self.sent_unknown(event, moment),
            EventKind::Refused => {
                let who = context.attempt.and_then(|attempt| attempt.user.clone());
                self.named(TurnKind::Lost, self.stage, moment, vec![E::CookieRefused], who);
            }
            EventKind::Withheld | EventKind::Missing => {
                let asked_again = context
                    .attempt
                    .filter(|attempt| attempt.outcome == Outcome::Rejected && !context.sent);
                if asked_again.is_some() && self.stage == Stage::LoggedIn {
                    let evidence = vec![E::CookieNotSent, E::LoginAgain];
                    self.turn(TurnKind::Lost, self.stage, moment, evidence);
                }
            }
        }
    }

    /// Takes what a visit shows beside its cookie events.
    pub fn sign(&mut self, sign: Sign<'_>, moment: Moment, context: Context<'_>) {
        match sign {
            Sign::Attempted(attempt) => self.attempted(attempt, moment, context),
            Sign::LoggedOut => {
                let is_open = matches!(self.stage, Stage::LoggedIn | Stage::Unknown);
                if is_open && context.sent {
                    self.turn(TurnKind::Logout, Stage::LoggedOut, moment, vec![E::LogoutUrl]);
                }
            }
            Sign::TurnedAway => {
                if self.stage == Stage::LoggedIn
                    && context.sent
                    && self.pages.was_shown(moment.visit)
                {
                    let evidence = vec![E::TurnedAway, E::CookieSent];
                    self.turn(TurnKind::Expire, Stage::Expired, moment, evidence);
                }
            }
        }
    }

    /// The server gave the session a value.
    fn given(&mut self, version: usize, moment: Moment, context: Context<'_>) {
        let before = self.version.replace(version);
        let was_there = before.is_some() && !self.stage.is_over() && self.stage != Stage::None;
        let how = if was_there { E::ValueChanged } else { E::CookieAppeared };
        let named = self.names(version);
        if let Some(name) = named {
            self.given_name(name, version, before, (moment, how), context);
        } else if self.is_readable(version)
            && self.stage == Stage::LoggedIn
            && self.was_named(before)
        {
            let mut evidence = vec![E::IdentityGone];
            evidence.extend(context.logout.then_some(E::LogoutUrl));
            self.turn(TurnKind::Logout, Stage::LoggedOut, moment, evidence);
        } else if let Some(attempt) = self.let_in(context) {
            let evidence = [&*attempt.signs, &[how]].concat();
            let user = attempt.user.clone();
            self.consumed = Some(attempt.visit);
            self.named(TurnKind::Login, Stage::LoggedIn, moment, evidence, user);
        } else if context.returns && self.stage != Stage::LoggedIn {
            self.turn(TurnKind::Login, Stage::LoggedIn, moment, vec![E::LoginElsewhere, how]);
        } else if context.logout && matches!(self.stage, Stage::LoggedIn | Stage::Unknown) {
            self.turn(TurnKind::Logout, Stage::LoggedOut, moment, vec![E::LogoutUrl, how]);
        } else if !was_there && context.remembers && !context.sent {
            self.turn(TurnKind::Revive, Stage::LoggedIn, moment, vec![E::RememberCookie, how]);
        } else if !was_there || !context.sent {
            self.who = None;
            self.turn(TurnKind::Begin, Stage::Anonymous, moment, vec![how]);
        } else {
            self.renewed(version, before, moment);
        }
    }

    /// The server gave it a value that names a user.
    fn given_name(
        &mut self,
        name: String,
        version: usize,
        before: Option<usize>,
        (moment, how): (Moment, Evidence),
        context: Context<'_>,
    ) {
        let is_logged_in = self.stage == Stage::LoggedIn;
        let attempt = self.let_in(context);
        let mut evidence = attempt.map(|attempt| attempt.signs.clone()).unwrap_or_default();
        if let Some(attempt) = context.attempt.filter(|one| self.consumed != Some(one.visit)) {
            // Whatever was shown afterwards, the server has let the user in.
            if attempt.outcome != Outcome::Accepted {
                evidence.push(E::CredentialsPosted);
            }
            self.consumed = Some(attempt.visit);
        }
        evidence.extend(context.returns.then_some(E::LoginElsewhere));
        let kind = match &self.who {
            Some(who) if is_logged_in && *who != name => {
                evidence.push(E::IdentityChanged);
                TurnKind::UserChange
            }
            Some(_) if is_logged_in && attempt.is_none() && self.was_named(before) => {
                return self.renewed(version, before, moment);
            }
            _ if is_logged_in && attempt.is_some() => {
                evidence.push(how);
                TurnKind::Login
            }
            _ => {
                let revives = context.remembers && attempt.is_none() && !context.returns;
                evidence.extend(revives.then_some(E::RememberCookie));
                evidence.push(E::IdentityAppeared);
                if revives { TurnKind::Revive } else { TurnKind::Login }
            }
        };
        self.named(kind, Stage::LoggedIn, moment, evidence, Some(name));
    }

    /// Another value for the same session.
    fn renewed(&mut self, version: usize, before: Option<usize>, moment: Moment) {
        let payload = |version: usize| {
            self.life.versions[version].reading.as_deref().and_then(|reading| reading.shown())
        };
        let (kind, evidence) = match (before.and_then(payload), payload(version)) {
            (Some(old), Some(new)) if old == new => (TurnKind::Refresh, E::SameContent),
            (_, Some(_)) => (TurnKind::Change, E::OtherContent),
            _ if self.is_encrypted(version) => (TurnKind::Refresh, E::HiddenContent),
            _ => (TurnKind::Rotate, E::OldValueSent),
        };
        let mut evidence = vec![evidence];
        if kind == TurnKind::Rotate {
            evidence.push(E::ValueChanged);
        }
        self.turn(kind, self.stage, moment, evidence);
    }

    fn refreshed(&mut self, event: &CookieEvent, moment: Moment, context: Context<'_>) {
        if self.stage == Stage::None
            && let Some(version) = event.version
        {
            return self.given(version, moment, context);
        }
        let has_end = event.attributes.iter().any(|(name, _)| {
            name.eq_ignore_ascii_case(b"max-age") || name.eq_ignore_ascii_case(b"expires")
        });
        self.version = event.version.or(self.version);
        if self.stage.is_over() {
            return;
        }
        let evidence = if has_end { E::LaterEnd } else { E::ValueKept };
        self.turn(TurnKind::Refresh, self.stage, moment, vec![evidence]);
    }

    fn deleted(&mut self, event: &CookieEvent, moment: Moment, context: Context<'_>) {
        if event.verdict.is_some_and(|verdict| verdict.reason == Reason::DeletionMisses) {
            if !self.stage.is_over() && self.stage != Stage::None {
                let mut evidence = vec![E::DeletionMissed];
                evidence.extend(context.logout.then_some(E::LogoutUrl));
                self.turn(TurnKind::LogoutMissed, self.stage, moment, evidence);
            }
            return;
        }
        let clears = self.visits[moment.visit].answered.as_deref();
        let clears = clears.is_some_and(|answered| answered.clear_site_data.is_some())
            && event.attributes.is_empty();
        let how = if clears { E::SiteDataCleared } else { E::CookieDeleted };
        let last_step = self.turns.last_mut().filter(|turn| turn.kind == TurnKind::Logout);
        match self.stage {
            // There was nothing to delete, or the logout has been told already.
            Stage::None | Stage::Expired => {}
            Stage::LoggedOut => {
                if let Some(turn) = last_step.filter(|turn| !turn.evidence.contains(&how)) {
                    turn.evidence.push(how);
                }
            }
            Stage::Anonymous if !context.logout => {
                self.turn(TurnKind::Dropped, Stage::LoggedOut, moment, vec![how]);
            }
            _ => {
                let mut evidence = vec![how];
                evidence.extend(context.logout.then_some(E::LogoutUrl));
                self.turn(TurnKind::Logout, Stage::LoggedOut, moment, evidence);
            }
        }
    }

    fn sent(&mut self, version: Option<usize>, moment: Moment) {
        if self.stage.is_over() {
            return self.sent_after_end(version, moment);
        }
        let end = version
            .and_then(|version| self.life.versions[version].reading.as_deref())
            .and_then(|reading| reading.expires);
        if end.is_some_and(|end| end < moment.time) {
            self.turn(TurnKind::Expire, Stage::Expired, moment, vec![E::ValueTimeOver]);
            return;
        }
        if matches!(self.stage, Stage::LoggedIn | Stage::Unknown) {
            self.pages.note(moment.visit);
        }
        self.turn(TurnKind::Use, self.stage, moment, vec![E::CookieSent]);
    }

    fn sent_after_end(&mut self, version: Option<usize>, moment: Moment) {
        let named = version.and_then(|version| self.names(version));
        let who = named.or_else(|| self.who.clone());
        let works = self.pages.is_as_before(moment.visit, who.as_deref());
        let (stage, sign) = match works {
            Some(true) => (Stage::LoggedIn, Some(E::PageAsBefore)),
            Some(false) => (self.stage, Some(E::PageDiffers)),
            None => (self.stage, None),
        };
        let evidence = [E::CookieSent].into_iter().chain(sign).collect();
        self.version = version.or(self.version);
        self.named(TurnKind::Reuse, stage, moment, evidence, who);
    }

    fn sent_unknown(&mut self, event: &CookieEvent, moment: Moment) {
        let reason = event.verdict.map(|verdict| verdict.reason);
        if reason == Some(Reason::SentAfterEnd) && self.stage.is_over() {
            return self.sent_after_end(event.version, moment);
        }
        // Also one that the jar would not have sent: the session lives all the same.
        let is_known = event.version == self.version || reason == Some(Reason::SentAfterEnd);
        if is_known && self.stage != Stage::None && !self.stage.is_over() {
            return self.sent(event.version, moment);
        }
        self.version = event.version;
        let named = event.version.and_then(|version| self.names(version));
        let is_open = event.version.is_some_and(|version| self.is_readable(version));
        let stage = match (&named, is_open) {
            (Some(_), _) => Stage::LoggedIn,
            (None, true) => Stage::Anonymous,
            (None, false) => Stage::Unknown,
        };
        let (kind, sign) = if reason == Some(Reason::GivenToAnother) {
            (TurnKind::Taken, E::GivenToAnother)
        } else {
            (TurnKind::Brought, E::NeverSet)
        };
        self.pages.note(moment.visit);
        self.named(kind, stage, moment, vec![E::CookieSent, sign], named);
    }

    /// An attempt is over. Where it has changed the cookie, that is told already.
    fn attempted(&mut self, attempt: &Attempt, moment: Moment, context: Context<'_>) {
        if self.consumed == Some(attempt.visit) || self.stage == Stage::None {
            return;
        }
        let user = attempt.user.clone();
        let is_bare = self.version.is_some_and(|version| !self.is_readable(version));
        match attempt.outcome {
            Outcome::Accepted if context.sent && is_bare && self.stage != Stage::LoggedIn => {
                let evidence = [&*attempt.signs, &[E::ValueKept]].concat();
                self.named(TurnKind::Login, Stage::LoggedIn, moment, evidence, user);
            }
            Outcome::Rejected => {
                let who = self.who.clone();
                self.named(TurnKind::LoginFailed, self.stage, moment, attempt.signs.clone(), user);
                self.who = who;
            }
            _ => {}
        }
        self.consumed = Some(attempt.visit);
    }

    /// The attempt that a value given now is the answer to.
    fn let_in<'c>(&self, context: Context<'c>) -> Option<&'c Attempt> {
        context.attempt.filter(|attempt| {
            attempt.outcome == Outcome::Accepted && self.consumed != Some(attempt.visit)
        })
    }

    fn names(&self, version: usize) -> Option<String> {
        let reading = self.life.versions[version].reading.as_deref()?;
        super::sessions::identity(reading.shown()?)
    }

    fn was_named(&self, version: Option<usize>) -> bool {
        version.is_some_and(|version| self.names(version).is_some())
    }

    /// Whether who is logged in could be read from it.
    fn is_readable(&self, version: usize) -> bool {
        let reading = self.life.versions[version].reading.as_deref();
        reading.is_some_and(|reading| reading.kind != Kind::OpaqueId && reading.shown().is_some())
    }

    fn is_encrypted(&self, version: usize) -> bool {
        let reading = self.life.versions[version].reading.as_deref();
        reading.is_some_and(|reading| reading.kind == Kind::Encrypted)
    }

    fn turn(&mut self, kind: TurnKind, stage: Stage, moment: Moment, evidence: Vec<Evidence>) {
        let who = self.who.clone().filter(|_| !matches!(stage, Stage::Anonymous));
        self.named(kind, stage, moment, evidence, who);
    }

    fn named(
        &mut self,
        kind: TurnKind,
        stage: Stage,
        moment: Moment,
        evidence: Vec<Evidence>,
        who: Option<String>,
    ) {
        self.stage = stage;
        if who.is_some() || kind == TurnKind::Begin {
            self.who.clone_from(&who);
        }
        let seen = (moment.visit, moment.packet);
        if kind.gathers() && self.gather(kind, stage, seen, &evidence) {
            return;
        }
        let (time, version) = (moment.time, self.version);
        let seen = vec![seen];
        few::push(
            &mut self.turns,
            Turn { kind, stage, seen, time, version, identity: who, evidence },
        );
    }

    /// Adds to an earlier turn of the same kind, if nothing but such turns came since.
    fn gather(
        &mut self,
        kind: TurnKind,
        stage: Stage,
        seen: (usize, Option<u64>),
        evidence: &[Evidence],
    ) -> bool {
        let recent = self.turns.iter_mut().rev().take_while(|turn| turn.kind.gathers());
        let same = recent.into_iter().find(|turn| turn.kind == kind);
        let Some(same) = same.filter(|turn| turn.stage == stage && turn.evidence == evidence)
        else {
            return false;
        };
        same.seen.push(seen);
        true
    }
}
