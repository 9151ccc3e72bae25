//! Steps of a browser: a page asked for, the redirects that followed, the parts of the page.

use super::address::Address;
use super::attempt::{is_logout, tries_login};
use super::chain::is_twin;
use super::steps::StepKind;
use super::story::Navigation;
use super::visit::{Purpose, Visit};
use crate::few;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::time::Duration;

/// How long after a redirect its next hop may come. Browsers follow at once; a slow name look-up
/// or a busy server may take its time.
const FOLLOWED_WITHIN: Duration = Duration::from_secs(30);

/// Hops after which clients give up (Chromium and curl 20, Firefox 20, python-requests 30), and how
/// soon they would have followed. What comes later is another try.
const GIVEN_UP_AFTER: usize = 20;
const AT_ONCE: Duration = Duration::from_millis(500);

/// A redirect that waits for the request that follows it.
struct Pending<'v> {
    navigation: usize,
    from: usize,
    to: &'v Address,
    is_part: bool,
}

/// Redirects that wait, by the host, path and query they lead to: those that may be followed by one
/// request. They are only asked, and never walked through.
#[derive(Default)]
struct Waiting<'v>(HashMap<Resource<'v>, Vec<Pending<'v>>, RandomState>);

/// Host, path and query.
type Resource<'v> = (Option<&'v str>, &'v str, Option<&'v str>);

fn resource(url: &Address) -> Resource<'_> {
    (url.host_str(), url.path(), url.query())
}

impl<'v> Waiting<'v> {
    fn add(&mut self, pending: Pending<'v>) {
        self.0.entry(resource(pending.to)).or_default().push(pending);
    }

    /// The redirect that a visit follows. The newest: an older one that still waits has been given
    /// up, or answered from a cache.
    fn take(
        &mut self,
        visit: &'v Visit,
        steps: &[Navigation],
        all: &[Visit],
    ) -> Option<Pending<'v>> {
        let url = visit.asked.as_deref()?.url.as_deref()?;
        let pending = self.0.get_mut(&resource(url))?;
        pending.retain(|one| !is_too_late(one, visit, all));
        let fitting = pending.iter().enumerate().filter(|(_, one)| {
            let hops = steps[one.navigation].hops.len();
            continues(one, visit, all) && !is_another_try(hops, &all[one.from], visit)
        });
        let answered = |one: &Pending<'_>| all[one.from].answered.as_deref().map(|one| one.packet);
        let newest = fitting.max_by_key(|(_, one)| answered(one)).map(|(at, _)| at)?;
        Some(pending.swap_remove(newest))
    }
}

/// The latest step that shows each address. It is only asked, and never walked through.
#[derive(Default)]
struct LatestSteps<'v>(HashMap<&'v str, usize, RandomState>);

impl<'v> LatestSteps<'v> {
    fn add(&mut self, visit: &'v Visit, step: usize) {
        if let Some(url) = visit.asked.as_deref().and_then(|asked| asked.url.as_deref()) {
            let latest = self.0.entry(url.as_str()).or_insert(step);
            *latest = step.max(*latest);
        }
    }

    /// The step whose page a part belongs to: the latest with the address in its Referer.
    fn of(&self, visit: &Visit) -> Option<usize> {
        let referer = visit.asked.as_deref()?.referer.as_deref()?;
        self.0.get(referer.as_str()).copied()
    }
}

/// Groups the visits of one browser into steps. Titles are given later.
pub(super) fn navigations(browser: usize, visits: &[usize], all: &[Visit]) -> Vec<Navigation> {
    let mut steps: Vec<Navigation> = Vec::new();
    let mut waiting = Waiting::default();
    let mut latest = LatestSteps::default();
    for &index in visits {
        let visit = &all[index];
        let (navigation, is_part) = if let Some(followed) = waiting.take(visit, &steps, all) {
            (followed.navigation, followed.is_part)
        } else if is_part(visit) && !steps.is_empty() {
            (latest.of(visit).unwrap_or(steps.len() - 1), true)
        } else {
            let kind = StepKind::Page;
            steps.push(Navigation {
                browser,
                hops: Vec::new(),
                parts: Vec::new(),
                kind,
                title: String::new(),
                chain: None,
            });
            (steps.len() - 1, false)
        };
        let step = &mut steps[navigation];
        let place = if is_part { &mut step.parts } else { &mut step.hops };
        few::push(place, index);
        if !is_part {
            latest.add(visit, navigation);
        }
        if let Some(to) = visit.redirects_to() {
            waiting.add(Pending { navigation, from: index, to, is_part });
        }
    }
    steps
}

/// Whether a visit belongs to a page. A script that logs its user in or out does something of its
/// own.
fn is_part(visit: &Visit) -> bool {
    visit.asked.as_deref().is_some_and(|asked| {
        asked.purpose == Purpose::Part && !tries_login(asked) && !is_logout(asked)
    })
}

/// Whether a client that was sent on so often begins anew.
fn is_another_try(hops: usize, from: &Visit, visit: &Visit) -> bool {
    let (Some(asked), Some(answered)) = (&visit.asked, &from.answered) else { return false };
    hops >= GIVEN_UP_AFTER && asked.time.since(answered.time) > AT_ONCE
}

/// Whether a redirect is not followed by a visit, nor by any that comes later.
fn is_too_late(pending: &Pending<'_>, visit: &Visit, all: &[Visit]) -> bool {
    let (Some(asked), Some(answered)) = (&visit.asked, &all[pending.from].answered) else {
        return false;
    };
    // A page that sends its reader on gives time to read it.
    let patience = if answered.is_redirect() { FOLLOWED_WITHIN } else { FOLLOWED_WITHIN * 4 };
    asked.time.since(answered.time) > patience
}

/// Whether a visit is what a redirect led to, if it is in time.
fn continues(pending: &Pending<'_>, visit: &Visit, all: &[Visit]) -> bool {
    let (Some(asked), Some(answered)) = (&visit.asked, &all[pending.from].answered) else {
        return false;
    };
    let is_later = asked.turn > answered.turn;
    let keeps_method = matches!(answered.status, 307 | 308);
    let before = all[pending.from].asked.as_deref().map(|asked| &asked.method);
    let method_fits = if keeps_method {
        before == Some(&asked.method)
    } else {
        before == Some(&asked.method) || *asked.method == *b"GET"
    };
    let is_target = asked.url.as_deref() == Some(pending.to) || is_twin(asked, pending.to);
    is_later && method_fits && is_target
}
