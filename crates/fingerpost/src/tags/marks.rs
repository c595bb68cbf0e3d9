//! Marks of assets, to visit each asset once without an allocation.

/// The marks of the assets in one walk.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// The number of the last walk that marked an asset, and its marks, by position.
    marks: Vec<u32>,
    walk: u32,
}

/// The imports of the script have been visited, or are being visited.
pub(super) const VISITED: u32 = 1;
/// The asset is an entry, which gets its own tag instead of a preload.
pub(super) const ENTRY: u32 = 2;
/// The asset is in the result, as a style sheet or as an entry.
pub(super) const LISTED: u32 = 4;

const BITS: u32 = 3;

impl Marks {
    /// Removes all marks, for `count` assets.
    pub(super) fn reset(&mut self, count: usize) {
        if self.marks.len() < count {
            self.marks.resize(count, 0);
        }
        self.walk += 1;
        if self.walk >> (u32::BITS - BITS) > 0 {
            self.marks.fill(0);
            self.walk = 1;
        }
    }

    pub(super) fn has(&self, position: u32, mark: u32) -> bool {
        let marks = self.marks[position as usize];
        marks >> BITS == self.walk && marks & mark != 0
    }

    /// Marks an asset. Returns `true` if the asset did not have the mark.
    pub(super) fn add(&mut self, position: u32, mark: u32) -> bool {
        let marks = &mut self.marks[position as usize];
        if *marks >> BITS != self.walk {
            *marks = self.walk << BITS;
        }
        let is_new = *marks & mark == 0;
        *marks |= mark;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_end_with_their_walk() {
        let mut marks = Marks::default();
        marks.reset(2);
        assert!(marks.add(1, VISITED) && !marks.add(1, VISITED) && marks.add(1, ENTRY));
        assert!(
            marks.has(1, VISITED) && marks.has(1, ENTRY) && !marks.has(1, LISTED) && !marks.has(0, VISITED)
        );
        marks.reset(3);
        assert!(!marks.has(1, VISITED) && marks.add(1, LISTED) && !marks.has(1, VISITED));
    }

    #[test]
    fn number_of_walks_may_overflow() {
        let mut marks = Marks { walk: (1 << (u32::BITS - BITS)) - 2, ..Marks::default() };
        for _ in 0..3 {
            marks.reset(1);
            assert!(!marks.has(0, VISITED) && marks.add(0, VISITED) && marks.has(0, VISITED), "{marks:?}");
        }
        assert_eq!(marks.walk, 2);
    }
}
