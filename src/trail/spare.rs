//! Connections that a browser opens together with one that it needs, and uses for a later request.

use super::links::named_client;
use super::visit::Visit;
use std::time::Duration;

/// Connections that open within this time of each other were opened for one purpose.
const TOGETHER: Duration = Duration::from_millis(50);

/// Pairs of first visits of their connections, which opened together, and of which the second waited:
/// the first may be the same client's. In the order of connections; `carried` has the connection of
/// each visit, in order.
pub(super) fn pairs(visits: &[Visit], carried: &[(u64, usize)]) -> Vec<(usize, usize)> {
    let is_web = |(_, visit): &&(u64, usize)| {
        visits[*visit].asked.as_deref().is_some_and(|asked| asked.target.is_some())
    };
    // By number, which counts connections in the order in which they opened.
    let mut first: Vec<(u64, usize)> = carried.iter().filter(is_web).copied().collect();
    first.dedup_by_key(|(connection, _)| *connection);
    let turn = |visit: usize| visits[visit].asked.as_deref().map(|asked| asked.turn);
    let soonest = soonest_from(first.iter().map(|(_, visit)| turn(*visit)));
    let pairs = first.windows(2).zip(soonest.iter().skip(2)).filter_map(|(pair, soonest)| {
        let [(number, before), (connection, visit)] = pair else { return None };
        let apart = visits[*visit].connected.since(visits[*before].connected);
        let may_be_one = number + 1 == *connection
            && apart <= TOGETHER
            && named_client(&visits[*before]) == named_client(&visits[*visit])
            && *soonest < turn(*visit);
        may_be_one.then_some((*before, *visit))
    });
    pairs.collect()
}

/// For each turn the first of it and all behind it.
fn soonest_from(turns: impl DoubleEndedIterator<Item = Option<u64>>) -> Vec<Option<u64>> {
    let soonest = turns.rev().scan(None, |soonest: &mut Option<Option<u64>>, turn| {
        *soonest = Some(soonest.map_or(turn, |soonest| soonest.min(turn)));
        *soonest
    });
    let mut soonest: Vec<_> = soonest.collect();
    soonest.reverse();
    soonest
}
