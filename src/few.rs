//! Lists of which there are many, most with one item. A list that grows by itself makes room for four.

use std::collections::VecDeque;

/// Adds an item at the end.
pub(crate) fn push<T>(list: &mut Vec<T>, item: T) {
    insert(list, list.len(), item);
}

/// Adds an item at a place, which is at most the list's length.
pub(crate) fn insert<T>(list: &mut Vec<T>, at: usize, item: T) {
    if list.is_empty() {
        list.reserve_exact(1);
    }
    list.insert(at, item);
}

/// Adds an item at the end of a queue.
pub(crate) fn push_back<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.capacity() == 0 {
        queue.reserve_exact(1);
    }
    queue.push_back(item);
}
