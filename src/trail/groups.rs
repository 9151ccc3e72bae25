//! Things that turn out to belong together.

/// Things by their number, in groups that grow together.
#[derive(Debug, Default)]
pub(super) struct Groups(Vec<usize>);

impl Groups {
    /// So many things, each in a group of its own.
    pub fn of(count: usize) -> Self {
        Self((0..count).collect())
    }

    /// The group of a thing, which its least member names.
    pub fn find(&mut self, mut thing: usize) -> usize {
        while self.0[thing] != thing {
            self.0[thing] = self.0[self.0[thing]];
            thing = self.0[thing];
        }
        thing
    }

    /// Makes the groups of two things one.
    pub fn unite(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b)] = a.min(b);
    }

    /// The group of each.
    pub fn into_all(mut self) -> Vec<usize> {
        (0..self.0.len()).map(|thing| self.find(thing)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tied_by_way_of_others_is_one_group() {
        let mut groups = Groups::of(6);
        for (a, b) in [(4, 2), (5, 3), (4, 5), (3, 2)] {
            groups.unite(a, b);
        }
        assert_eq!(groups.find(5), 2);
        assert_eq!(groups.into_all(), [0, 1, 2, 2, 2, 2]);
    }
}
