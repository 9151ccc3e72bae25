//! Steps of a browser: a page asked for, the redirects that followed, the parts of the page.

use super::address::Address;
use super::attempt::{is_logout, tries_login};
use super::chain::is_twin;
use super::steps::StepKind;
use super::story::Navigation;
use super::visit::{Purpose, Visit};
use std::sync::Arc;
use std::time::Duration;

/// How long after a redirect its next hop may come. Browsers follow at once; a slow name look-up
/// or a busy server may take its time.
const FOLLOWED_WITHIN: Duration = Duration::from_secs(30);

/// Hops after which clients give up (Chromium and curl 20, Firefox 20, python-requests 30), and how
/// soon they would have followed. What comes later is another try.
const GIVEN_UP_AFTER: usize = 20;
const AT_ONCE: Duration = Duration::from_millis(500);

/// A redirect that waits for the request that follows it.
struct Pending {
    navigation: usize,
    from: usize,
    to: Arc<Address>,
    is_part: bool,
}

/// Groups the visits of one browser into steps. Titles are given later.
pub(super) fn navigations(browser: usize, visits: &[usize], all: &[Visit]) -> Vec<Navigation> {
    let mut steps: Vec<Navigation> = Vec::new();
    let mut pending: Vec<Pending> = Vec::new();
    for &index in visits {
        let visit = &all[index];
        // The newest: an older one that still waits has been given up, or answered from a cache.
        let fitting = pending.iter().enumerate().filter(|(_, one)| {
            let hops = steps[one.navigation].hops.len();
            continues(one, visit, all) && !is_another_try(hops, &all[one.from], visit)
        });
        let answered = |one: &Pending| all[one.from].answered.as_deref().map(|one| one.packet);
        let followed = fitting.max_by_key(|(_, one)| answered(one)).map(|(at, _)| at);
        let (navigation, is_part) = if let Some(at) = followed {
            let Pending { navigation, is_part, .. } = pending.swap_remove(at);
            (navigation, is_part)
        } else if is_part(visit) && !steps.is_empty() {
            (page_of(visit, &steps, all), true)
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
        place.push(index);
        if let Some(to) = visit.redirects_to() {
            pending.push(Pending { navigation, from: index, to: to.clone(), is_part });
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

/// Whether a visit is what a redirect led to.
fn continues(pending: &Pending, visit: &Visit, all: &[Visit]) -> bool {
    let (Some(asked), Some(answered)) = (&visit.asked, &all[pending.from].answered) else {
        return false;
    };
    // A page that sends its reader on gives time to read it.
    let patience = if answered.is_redirect() { FOLLOWED_WITHIN } else { FOLLOWED_WITHIN * 4 };
    let in_time = asked.turn > answered.turn && asked.time.since(answered.time) <= patience;
    let keeps_method = matches!(answered.status, 307 | 308);
    let before = all[pending.from].asked.as_deref().map(|asked| &asked.method);
    let method_fits = if keeps_method {
        before == Some(&asked.method)
    } else {
        before == Some(&asked.method) || *asked.method == *b"GET"
    };
    let is_target = asked.url.as_deref() == Some(&pending.to) || is_twin(asked, &pending.to);
    in_time && method_fits && is_target
}

/// The step whose page a part belongs to: the latest with the address in its Referer, else the
/// latest there is.
fn page_of(visit: &Visit, steps: &[Navigation], all: &[Visit]) -> usize {
    let last = steps.len() - 1;
    let Some(referer) = visit.asked.as_deref().and_then(|asked| asked.referer.as_ref()) else {
        return last;
    };
    let shows = |step: &Navigation| {
        step.hops.iter().any(|hop| {
            all[*hop].asked.as_deref().is_some_and(|asked| asked.url.as_ref() == Some(referer))
        })
    };
    steps.iter().rposition(shows).unwrap_or(last)
}
