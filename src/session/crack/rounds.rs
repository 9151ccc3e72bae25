//! What is tried first: the cheapest cookie of each server as its framework signs it, then
//! everything else, then what its framework made slow on purpose.

use crate::session::crack::batch::Batch;
use crate::session::crack::cost;
use crate::session::crack::target::Target;
use std::collections::BTreeMap;

/// One pass over the candidates: which jobs of which targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// From 1; rounds with nothing to do are left out.
    pub number: usize,
    /// Target and place among its jobs.
    jobs: Vec<(usize, usize)>,
}

/// The rounds for targets with the server that each belongs to.
pub fn rounds<S: Ord>(targets: &[(S, Target)]) -> Vec<Round> {
    let mut cheapest: BTreeMap<&S, (u64, usize)> = BTreeMap::new();
    for (number, (server, target)) in targets.iter().enumerate() {
        let this = (target.cost(), number);
        let best = cheapest.entry(server).or_insert(this);
        *best = this.min(*best);
    }
    let mut rounds: Vec<Round> = (1..=3).map(|number| Round { number, jobs: Vec::new() }).collect();
    for (number, (server, target)) in targets.iter().enumerate() {
        let is_first = cheapest.get(server).is_some_and(|(_, first)| *first == number);
        for (place, job) in target.jobs().iter().enumerate() {
            let round = match (job.cost() > cost::SLOW, is_first && job.is_usual()) {
                (true, _) => 2,
                (false, true) => 0,
                (false, false) => 1,
            };
            rounds[round].jobs.push((number, place));
        }
    }
    rounds.retain(|round| !round.jobs.is_empty());
    rounds
}

impl Round {
    /// Several rounds in one, for candidates that can be read only once.
    pub fn merged(rounds: Vec<Self>) -> Self {
        let number = rounds.first().map_or(1, |round| round.number);
        Self { number, jobs: rounds.into_iter().flat_map(|round| round.jobs).collect() }
    }

    /// The batch of this round, without the targets that `is_solved` names.
    pub fn batch<S>(&self, targets: &[(S, Target)], is_solved: impl Fn(usize) -> bool) -> Batch {
        let mut batch = Batch::default();
        for (number, place) in self.jobs.iter().filter(|(number, _)| !is_solved(*number)) {
            let target = &targets[*number].1;
            batch.add_job(target, &target.jobs()[*place], *number);
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Context, Cookie, candidates};

    fn target(name: &str, value: &str) -> Target {
        let cookie = Cookie::new(name.as_bytes(), value.as_bytes());
        Target::new(&cookie, &candidates(&cookie, &Context::default()), &[]).unwrap()
    }

    const SHORT: &str = "eyJ1c2VybmFtZSI6ImFsaWNlIn0.Gbzbzw.vKkf1aSC_g-5hzLEnCTQC4t1L7k";
    const LONG: &str = "eyJ1c2VybmFtZSI6ImFsaWNlIiwiY2FydCI6WzEsMiwzLDQsNSw2LDcsOCw5LDEwLDExLDEyLDEzLDE0XX0\
                        .Gbzbzw.vKkf1aSC_g-5hzLEnCTQC4t1L7k";

    #[test]
    fn the_cheapest_cookie_of_a_server_is_tried_first_as_its_framework_signs_it() {
        let targets = [
            ("a", target("session", LONG)),
            ("a", target("session", SHORT)),
            ("b", target("session", LONG)),
        ];
        let rounds = rounds(&targets);
        assert_eq!(rounds.iter().map(|round| round.number).collect::<Vec<_>>(), [1, 2]);
        let first: Vec<usize> = rounds[0].jobs.iter().map(|(number, _)| *number).collect();
        assert_eq!(first, [1, 2]);
        let batch = rounds[0].batch(&targets, |_| false);
        assert_eq!(batch.cost(), 8 + 9);
        assert!(rounds[0].batch(&targets, |_| true).is_empty());
    }

    #[test]
    fn nothing_is_tried_twice_and_nothing_is_left_out() {
        let targets = [("a", target("session", LONG)), ("a", target("session", SHORT))];
        let all = Round::merged(rounds(&targets));
        let mut jobs = all.jobs.clone();
        jobs.sort_unstable();
        jobs.dedup();
        assert_eq!(jobs.len(), all.jobs.len());
        let total: usize = targets.iter().map(|(_, target)| target.jobs().len()).sum();
        assert_eq!(jobs.len(), total);
    }
}
