//! Lists put together in the order of what first showed their items.

/// Puts lists together, each of which is in the order of its keys: the items in order, and where each has
/// come to stand, list by list. Of equal keys those of the earlier list come first.
pub(super) fn merge<K: Ord + Copy, T>(lists: Vec<Vec<(K, T)>>) -> (Vec<T>, Vec<usize>) {
    let items = lists.iter().enumerate();
    let keys = items.flat_map(|(list, items)| items.iter().map(move |(key, _)| (*key, list)));
    let mut order: Vec<(K, usize)> = keys.collect();
    order.sort_by_key(|(key, _)| *key);
    let first = |next: &mut usize, list: &Vec<(K, T)>| {
        *next += list.len();
        Some(*next - list.len())
    };
    let mut next: Vec<usize> = lists.iter().scan(0, first).collect();
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    let mut all = Vec::with_capacity(order.len());
    let mut places = vec![0; order.len()];
    for (_, list) in order {
        places[next[list]] = all.len();
        next[list] += 1;
        all.extend(lists[list].next().map(|(_, item)| item));
    }
    (all, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_in_order_and_their_places_are_known() {
        let lists =
            vec![vec![(2, 'b'), (2, 'c'), (7, 'f')], vec![], vec![(1, 'a'), (2, 'd'), (5, 'e')]];
        let (all, places) = merge(lists);
        assert_eq!(all, ['a', 'b', 'c', 'd', 'e', 'f']);
        assert_eq!(places, [1, 2, 5, 0, 3, 4]);
    }
}
