//! Which request a response answers, where responses or requests have been lost.
//!
//! In a whole capture responses answer requests in order. After a hole the acknowledgment numbers
//! tell: a client that waits for one response before it sends the next request acknowledges, with
//! that request, exactly the bytes before its response. Where none does, the pairing is a guess:
//! requests were pipelined, and sent with the same acknowledgment, or the request was lost as well as
//! the response before. It is then marked doubtful.

use super::open::Open;
use super::step::Origin;
use std::collections::VecDeque;

/// What has been lost of the responses since one was last read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Loss {
    /// Nothing.
    #[default]
    None,
    /// Nothing, but the last pair was a guess. So are those after it, until a response begins just where
    /// its client had read to.
    Doubt,
    /// Perhaps a response, perhaps only the rest of the one that was being read.
    Perhaps,
    /// At least one response.
    Surely,
}

/// The index of the exchange that a response beginning at `origin` answers, and whether that is
/// doubtful. `None` if no request is open that its server had received.
pub(super) fn answered(open: &VecDeque<Open>, loss: Loss, origin: Origin) -> Option<(usize, bool)> {
    let received = |open: &Open| origin.mark.acked.is_none_or(|acked| open.request_start < acked);
    // They are in the order of the stream: behind one that was not received none was.
    let mut waiting = (0..open.len())
        .take_while(|index| received(&open[*index]))
        .filter(|index| open[*index].is_waiting());
    let is_exact = |index: usize| open[index].is_asked_at(origin.offset);
    if loss <= Loss::Doubt {
        let first = waiting.next()?;
        let is_own = |index: &usize| is_exact(*index) && !open[*index].may_be_quoted;
        // Nobody answers what a body quotes. And once it is in doubt which one answers which, a response that
        // begins just where a client had read to when it asked is the answer to that.
        let may_be_another = open[first].may_be_quoted || (loss == Loss::Doubt && !is_exact(first));
        let own = if may_be_another { waiting.find(is_own) } else { None };
        let index = own.unwrap_or(first);
        return Some((index, loss == Loss::Doubt && !is_exact(index)));
    }
    let waiting: Vec<usize> = waiting.collect();
    if let Some(index) = waiting.iter().copied().find(|index| is_exact(*index)) {
        return Some((index, false));
    }
    // Requests that were sent together with the last one; the first of them has lost its response.
    let acked = open[*waiting.last()?].request_acked;
    let mut together = waiting.iter().filter(|index| open[**index].request_acked == acked);
    let first = together.next()?;
    let index = together.next().filter(|_| loss == Loss::Surely).unwrap_or(first);
    // What came since the client asked is another response, or part of this one's own beginning.
    let is_late = acked.is_some_and(|acked| acked < origin.offset);
    Some((*index, is_late || waiting.len() > 1))
}
