//! Selecting the releases to retain.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The retention rule.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// The number of newest releases that are retained.
    pub keep: usize,
    /// The time for which a release is retained after it was replaced.
    pub age: Duration,
    /// The time since 1970.
    pub now: Duration,
}

/// The properties of a release that determine the retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishedRelease {
    /// See [`Release::number`](crate::manifest::Release::number).
    pub number: u64,
    /// See [`Release::published`](crate::manifest::Release::published).
    pub published: u64,
    /// See [`Release::replaces`](crate::manifest::Release::replaces).
    pub replaces: u64,
    /// `true` if `staticfiles.json` is the manifest of this release.
    pub is_current: bool,
}

/// The retained releases.
#[derive(Debug, Clone, Default)]
pub struct RetainedReleases {
    /// The numbers of the retained releases.
    pub numbers: BTreeSet<u64>,
    /// A warning, if a release has a time in the future.
    pub warning: Option<String>,
}

impl Retention {
    /// Returns the releases to retain. `releases` is in ascending order.
    pub fn retained(&self, releases: &[PublishedRelease]) -> RetainedReleases {
        let newest = releases.iter().rev().take(self.keep);
        let current = releases.iter().rfind(|release| release.is_current);
        let replacement_times = replacement_times(releases, &self.times(releases));
        let is_young = |release: &&PublishedRelease| {
            // A release that no other release replaced may have been current until now, if an older manifest was restored.
            self.is_young(
                replacement_times.get(&release.number).map_or(self.now, |&time| Duration::from_secs(time)),
            )
        };
        let young = releases.iter().filter(is_young);
        let numbers = newest.chain(current).chain(young).map(|release| release.number).collect();
        RetainedReleases { numbers, warning: self.warning(releases) }
    }

    /// Returns `true` if a release that was current until `last_current` is retained because of its age.
    pub fn is_young(&self, last_current: Duration) -> bool {
        self.now.saturating_sub(last_current) < self.age
    }

    /// Returns the publication time of each release. Corrects times that are in the future or before the time of an
    /// earlier release.
    fn times(&self, releases: &[PublishedRelease]) -> BTreeMap<u64, u64> {
        let now = self.now.as_secs();
        let mut latest = 0;
        let time = |release: &PublishedRelease| {
            let in_future = release.published > now;
            latest = if in_future { latest } else { latest.max(release.published) };
            (release.number, if in_future { now } else { latest })
        };
        releases.iter().map(time).collect()
    }

    fn warning(&self, releases: &[PublishedRelease]) -> Option<String> {
        let mut in_future = releases.iter().filter(|release| release.published > self.now.as_secs());
        let first = in_future.next()?.number;
        let others = match in_future.count() {
            0 => String::new(),
            others => format!(" (and {others} more)"),
        };
        Some(format!(
            "release {first}{others} was published in the future, according to the clock; the releases that it \
             replaced count as replaced now; correct the clock, or `published` in the release file"
        ))
    }
}

/// Returns the time at which each release was replaced. Releases without a replacement are omitted.
///
/// A release is replaced by a later release whose `replaces` is at most the number of the earlier release. If there are
/// several such releases, the last release counts.
fn replacement_times(releases: &[PublishedRelease], times: &BTreeMap<u64, u64>) -> BTreeMap<u64, u64> {
    let mut replacement_times = BTreeMap::new();
    let mut not_replaced: BTreeSet<_> = releases.iter().map(|release| release.number).collect();
    for last in releases.iter().rev().filter(|release| release.replaces < release.number) {
        let replaced: Vec<_> = not_replaced.range(last.replaces..last.number).copied().collect();
        for number in replaced {
            not_replaced.remove(&number);
            replacement_times.insert(number, times[&last.number]);
        }
    }
    replacement_times
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000;

    fn release(current: u64, (number, published, replaces): (u64, u64, u64)) -> PublishedRelease {
        PublishedRelease { number, published, replaces, is_current: number == current }
    }

    /// Returns the numbers of the retained releases and the number of warnings. Each item of `releases` is a number, a
    /// publication time and the number of the replaced release. `current` is the number of the current release.
    fn retained(current: u64, releases: &[(u64, u64, u64)], keep: usize, age: u64) -> (Vec<u64>, usize) {
        let releases: Vec<_> = releases.iter().map(|&each| release(current, each)).collect();
        let retention = Retention { keep, age: Duration::from_secs(age), now: Duration::from_secs(NOW) };
        let retained = retention.retained(&releases);
        (retained.numbers.into_iter().collect(), retained.warning.iter().count())
    }

    #[track_caller]
    fn assert_retained(current: u64, releases: &[(u64, u64, u64)], keep: usize, age: u64, expected: &[u64]) {
        assert_eq!(retained(current, releases, keep, age), (expected.to_vec(), 0));
    }

    const CHAIN: [(u64, u64, u64); 4] = [(1, 100, 0), (2, 200, 1), (3, 300, 2), (4, 400, 3)];

    #[test]
    fn newest_releases_and_the_current_release_are_retained() {
        assert_retained(4, &CHAIN, 2, 0, &[3, 4]);
        assert_retained(4, &CHAIN, 1, 0, &[4]);
        assert_retained(4, &CHAIN, 0, 0, &[4]);
        assert_retained(4, &CHAIN, 9, 0, &[1, 2, 3, 4]);
        assert_retained(2, &CHAIN, 1, 0, &[2, 4]);
        assert_retained(2, &CHAIN, 0, 0, &[2]);
        assert_retained(0, &[], 3, 10, &[]);
    }

    #[test]
    fn age_of_a_release_counts_from_its_replacement() {
        let releases = [(1, 1, 0), (2, NOW - 60, 1)];
        assert_retained(2, &releases, 1, 61, &[1, 2]);
        assert_retained(2, &releases, 1, 60, &[2]);
        assert_retained(4, &CHAIN, 1, NOW - 299, &[2, 3, 4]);
    }

    #[test]
    fn release_of_a_killed_run_does_not_replace_the_previous_release() {
        // The run of release 2 was killed before writing the manifest. Release 1 was current until release 3.
        let killed = [(1, 100, 0), (2, 200, 1), (3, NOW - 10, 1)];
        assert_retained(3, &killed, 1, 60, &[1, 2, 3]);
        assert_retained(3, &killed, 1, 10, &[3]);
        // The state before the next run.
        assert_retained(1, &killed[..2], 1, 60, &[1, 2]);
        assert_retained(1, &killed[..2], 0, 0, &[1]);
    }

    #[test]
    fn manually_restored_manifest_does_not_shorten_the_retention() {
        // Release 1 was restored after release 3, at an unknown time, and was current until release 4.
        let restored = [(1, 100, 0), (2, 200, 1), (3, 300, 2), (4, NOW - 10, 1)];
        assert_retained(4, &restored, 1, 60, &[1, 2, 3, 4]);
        assert_retained(4, &restored, 1, 10, &[4]);
        // Before release 4 is published, release 3 may have been current until now.
        assert_retained(1, &restored[..3], 0, 60, &[1, 3]);
        assert_retained(1, &restored[..3], 0, 0, &[1]);
        // Later, release 2 was restored instead of release 5, and release 6 was published.
        let restored_twice =
            [(1, 100, 0), (2, 200, 1), (3, 300, 2), (4, 400, 1), (5, 500, 4), (6, NOW - 10, 2)];
        assert_retained(6, &restored_twice, 1, 60, &[2, 3, 4, 5, 6]);
    }

    #[test]
    fn release_after_a_removed_manifest_replaces_all_earlier_releases() {
        assert_retained(3, &[(1, 100, 0), (2, 200, 1), (3, NOW - 10, 0)], 1, 60, &[1, 2, 3]);
        assert_retained(3, &[(1, 100, 0), (2, 200, 1), (3, NOW - 10, 0)], 1, 5, &[3]);
    }

    #[test]
    fn newest_of_several_releases_with_the_same_manifest_is_current() {
        let published = |number, published, replaces| PublishedRelease {
            number,
            published,
            replaces,
            is_current: number != 2,
        };
        let releases = [published(1, 1, 0), published(2, 2, 1), published(3, 3, 2)];
        let retention = Retention { keep: 0, age: Duration::ZERO, now: Duration::from_secs(NOW) };
        assert_eq!(retention.retained(&releases).numbers, BTreeSet::from([3]));
    }

    #[test]
    fn wrong_clock_does_not_remove_releases_too_early() {
        // The clock was set to 1970 when release 3 was published. Release 2 was not replaced before its own publication.
        let clock_reset = [(1, 100, 0), (2, NOW - 10, 1), (3, 5, 2)];
        assert_retained(3, &clock_reset, 1, 60, &[1, 2, 3]);
        assert_retained(3, &clock_reset, 1, 10, &[3]);
        // The clock was ahead when release 2 was published. Release 1 counts as young until that time.
        let clock_ahead = [(1, 100, 0), (2, NOW + 9_000, 1), (3, NOW - 100, 2)];
        assert_eq!(retained(3, &clock_ahead, 1, 60), (vec![1, 3], 1));
        assert_eq!(retained(3, &clock_ahead, 1, 0), (vec![3], 1), "with the age 0, the clock has no effect");
    }

    #[test]
    fn releases_with_inconsistent_numbers_are_retained() {
        assert_retained(3, &[(1, 100, 0), (2, 200, 9), (3, 300, 3)], 1, 60, &[1, 2, 3]);
        // The release file 2 was removed.
        assert_retained(4, &[(1, 100, 0), (3, 300, 2), (4, 400, 3)], 1, 60, &[1, 4]);
        assert_retained(u64::MAX, &[(1, 100, 0), (u64::MAX, 200, 1)], 1, 60, &[u64::MAX]);
    }

    #[test]
    fn retention_of_100_000_releases_is_fast() {
        let chain: Vec<_> = (1..=100_000).map(|number| (number, number, number - 1)).collect();
        assert_retained(100_000, &chain, 1, NOW - 99_999, &[99_999, 100_000]);
        // Each release is from a killed run, and replaces all earlier releases.
        let killed: Vec<_> = (1..=100_000).map(|number| (number, number, 0)).collect();
        assert_retained(100_000, &killed, 1, 60, &[100_000]);
    }
}
