//! Numbering new releases.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    error::{Error, ErrorKind},
    manifest::{Manifest, Release},
};

type References = BTreeMap<String, Vec<String>>;

/// Numbers the releases that a publication adds.
#[derive(Debug)]
pub struct Numbering<'a> {
    imported: Vec<Release>,
    added: Vec<Release>,
    /// The newest release in the output directory.
    newest_known: Option<u64>,
    oldest: u64,
    last: u64,
    now: u64,
    current: Option<Current<'a>>,
}

/// The manifest that a publication replaces.
#[derive(Debug)]
struct Current<'a> {
    manifest: &'a Manifest,
    number: u64,
    /// `false` if the manifest is current only in the directory that releases are imported from.
    is_in_output_dir: bool,
    /// `true` if a release was added for the manifest, and the output directory had releases before.
    is_recorded: bool,
}

/// The releases that a publication writes.
#[derive(Debug)]
pub struct NumberedReleases {
    /// The imported releases, in ascending order.
    pub imported: Vec<Release>,
    /// The new releases, in ascending order. The last release contains the published manifest.
    pub added: Vec<Release>,
    /// The number of the new release that records the replaced manifest.
    pub recorded: Option<u64>,
    /// The number of the earlier release that contains the published manifest, if the manifest becomes current without a new
    /// release.
    pub adopted: Option<u64>,
}

impl<'a> Numbering<'a> {
    /// Creates a numbering that starts after the largest number in `known` and `imported`.
    ///
    /// `known` contains the numbers of the releases in the output directory. `imported` contains the releases that the
    /// publication copies from another directory. The numbers of imported releases may be in `known`. Both lists are in
    /// ascending order. `now` is the time since 1970.
    pub fn new(known: &[u64], imported: Vec<Release>, now: Duration) -> Self {
        let numbers = imported.iter().map(|release| release.number).chain(known.iter().copied());
        let (oldest, last) = (numbers.clone().min().unwrap_or(0), numbers.max().unwrap_or(0));
        let newest_known = known.last().copied();
        Self { imported, added: Vec::new(), newest_known, oldest, last, now: now.as_secs(), current: None }
    }

    /// Adds a release for the current manifest of the directory that releases are imported from, unless a release
    /// already contains the manifest.
    ///
    /// `holder` is the newest release in the output directory that contains `manifest`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidManifest`](crate::ErrorKind::InvalidManifest) if there is no next number.
    pub fn record_imported(&mut self, manifest: &'a Manifest, holder: Option<Release>) -> Result<(), Error> {
        let holder = holder.map(|release| release.number);
        let number = match holder.max(self.holder(manifest)) {
            Some(number) => number,
            None => self.add(manifest, References::new(), 0)?,
        };
        self.current = Some(Current { manifest, number, is_in_output_dir: false, is_recorded: false });
        Ok(())
    }

    /// Adds a release for the current manifest of the output directory, unless the newest release of the output
    /// directory contains the manifest. Call `record_current` after [`record_imported`](Self::record_imported).
    ///
    /// `holder` is the newest release in the output directory that contains `manifest`.
    ///
    /// # Errors
    ///
    /// Same as [`record_imported`](Self::record_imported).
    pub fn record_current(&mut self, manifest: &'a Manifest, holder: Option<Release>) -> Result<(), Error> {
        let held_by = holder.as_ref().map(|release| release.number);
        let is_newest = held_by == self.newest_known;
        let held_by = if is_newest { held_by.max(self.holder(manifest)) } else { None };
        let is_recorded = held_by.is_none() && self.newest_known.is_some();
        let number = match held_by {
            Some(number) => number,
            None => {
                let references = holder.map_or_else(References::new, |release| release.references);
                self.add(manifest, references, self.oldest)?
            }
        };
        self.current = Some(Current { manifest, number, is_in_output_dir: true, is_recorded });
        Ok(())
    }

    /// Returns the release that was added for the current manifest, if the output directory had releases before.
    pub fn into_recorded(mut self) -> Option<Release> {
        self.current.filter(|current| current.is_recorded).and_then(|_| self.added.pop())
    }

    /// Adds a release for `manifest`, unless `manifest` is current and the last release contains `manifest`.
    ///
    /// `is_edited` is `true` if something other than a command changed the current manifest of the output directory, or of
    /// the directory that releases are imported from.
    ///
    /// # Errors
    ///
    /// Same as [`record_imported`](Self::record_imported).
    pub fn publish(
        mut self,
        manifest: &Manifest,
        references: References,
        is_edited: bool,
    ) -> Result<NumberedReleases, Error> {
        let current = self.current.take();
        let number = current.as_ref().map_or(0, |current| current.number);
        let is_changed = current.as_ref().is_none_or(|current| current.manifest != manifest);
        let is_recorded = current.as_ref().is_some_and(|current| current.is_recorded);
        let is_in_output_dir = current.is_some_and(|current| current.is_in_output_dir);
        let is_newest = number == self.last;
        // The recorded release replaces all earlier releases.
        let is_uncertain = (is_edited && !is_recorded) || (!is_in_output_dir && !is_newest);
        let replaces = if is_uncertain { number.min(self.oldest) } else { number };
        // Without a new release, the next run would consider the manifest restored, or an edit in the other directory
        // would be lost.
        if is_changed || !is_newest || (!is_in_output_dir && is_edited) {
            self.add(manifest, references, replaces)?;
        }
        let recorded = (is_recorded && is_changed).then_some(number);
        let adopted = (!is_in_output_dir && self.added.is_empty()).then_some(number);
        Ok(NumberedReleases { imported: self.imported, added: self.added, recorded, adopted })
    }

    /// Returns the newest imported or added release that contains a manifest.
    fn holder(&self, manifest: &Manifest) -> Option<u64> {
        let mut releases = self.imported.iter().chain(&self.added);
        releases.rfind(|release| release.manifest == *manifest).map(|release| release.number)
    }

    fn add(&mut self, manifest: &Manifest, references: References, replaces: u64) -> Result<u64, Error> {
        let full = || {
            let message = format_args!("there is no number after release {}", self.last);
            Error::new(ErrorKind::InvalidManifest, message)
        };
        let number = self.last.checked_add(1).ok_or_else(full)?;
        self.last = number;
        let manifest = manifest.clone();
        self.added.push(Release { number, published: self.now, replaces, references, manifest });
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000;

    /// Creates a manifest that differs from manifests with other names.
    fn manifest(name: &str) -> Manifest {
        Manifest::new(name)
    }

    /// Creates a release that contains the manifest of this name.
    fn release((number, name): (u64, &str)) -> Release {
        Release { number, ..Release::new(manifest(name)) }
    }

    /// Returns the newest of `releases` that contains the manifest of this name.
    fn holder(releases: &[(u64, &str)], name: &str) -> Option<Release> {
        releases.iter().rfind(|release| release.1 == name).copied().map(release)
    }

    /// The releases of a directory by number and manifest, and the current manifest of the directory.
    struct Dir<'a> {
        releases: &'a [(u64, &'a str)],
        current: Option<&'a str>,
        is_edited: bool,
    }

    impl<'a> Dir<'a> {
        fn new(releases: &'a [(u64, &'a str)], current: impl Into<Option<&'a str>>) -> Self {
            Self { releases, current: current.into(), is_edited: false }
        }

        fn edited(self) -> Self {
            Self { is_edited: true, ..self }
        }
    }

    const EMPTY: Dir<'_> = Dir { releases: &[], current: None, is_edited: false };

    /// Publishes the manifest `new`, and returns `recorded` and `adopted`. `expected` contains the number, manifest and
    /// `replaces` of each added release.
    #[track_caller]
    fn assert_added(
        output_dir: &Dir<'_>,
        import_dir: &Dir<'_>,
        expected: &[(u64, &str, u64)],
    ) -> [Option<u64>; 2] {
        let known: Vec<_> = output_dir.releases.iter().map(|release| release.0).collect();
        let imported = import_dir.releases.iter().filter(|release| !known.contains(&release.0));
        let imported = imported.copied().map(release).collect();
        let [current, imported_current] = [output_dir, import_dir].map(|dir| dir.current.map(manifest));
        let mut numbering = Numbering::new(&known, imported, Duration::from_secs(NOW));
        if let (Some(manifest), Some(name)) = (&imported_current, import_dir.current) {
            numbering.record_imported(manifest, holder(output_dir.releases, name)).unwrap();
        }
        if let (Some(manifest), Some(name)) = (&current, output_dir.current) {
            numbering.record_current(manifest, holder(output_dir.releases, name)).unwrap();
        }
        let is_edited = if current.is_some() { output_dir.is_edited } else { import_dir.is_edited };
        let numbered = numbering.publish(&manifest("new"), References::new(), is_edited).unwrap();
        let added = numbered.added.iter().map(|release| {
            assert_eq!(release.published, NOW);
            (release.number, release.manifest.base_path().unwrap(), release.replaces)
        });
        assert_eq!(added.collect::<Vec<_>>(), expected);
        [numbered.recorded, numbered.adopted]
    }

    #[test]
    fn new_release_follows_the_last_release_and_replaces_the_current_release() {
        assert_added(&EMPTY, &EMPTY, &[(1, "new", 0)]);
        assert_added(&Dir::new(&[(1, "a"), (2, "b")], "b"), &EMPTY, &[(3, "new", 2)]);
        assert_added(&Dir::new(&[(3, "a"), (7, "b")], "b"), &EMPTY, &[(8, "new", 7)]);
        assert_added(&Dir::new(&[(1, "a"), (2, "b")], None), &EMPTY, &[(3, "new", 0)]);
    }

    #[test]
    fn current_manifest_is_not_published_again() {
        assert_eq!(assert_added(&Dir::new(&[(1, "a"), (2, "new")], "new"), &EMPTY, &[]), [None, None]);
        assert_eq!(assert_added(&Dir::new(&[(1, "new")], "new").edited(), &EMPTY, &[]), [None, None]);
    }

    #[test]
    fn current_manifest_that_the_newest_release_lacks_is_recorded() {
        let restored = Dir::new(&[(3, "a"), (4, "b")], "a");
        assert_eq!(assert_added(&restored, &EMPTY, &[(5, "a", 3), (6, "new", 5)]), [Some(5), None]);
        let restored = Dir::new(&[(3, "new"), (4, "b")], "new");
        assert_eq!(assert_added(&restored, &EMPTY, &[(5, "new", 3)]), [None, None]);
        let unknown = Dir::new(&[(3, "a")], "x");
        assert_eq!(assert_added(&unknown, &EMPTY, &[(4, "x", 3), (5, "new", 4)]), [Some(4), None]);
        let without_releases = Dir::new(&[], "x");
        assert_eq!(assert_added(&without_releases, &EMPTY, &[(1, "x", 0), (2, "new", 1)]), [None, None]);
    }

    #[test]
    fn references_of_a_recorded_release_are_preserved() {
        let (current, references) =
            (manifest("a"), References::from([("a.css".into(), vec!["b.png".into()])]));
        let holder = Release { references: references.clone(), ..release((1, "a")) };
        let mut numbering = Numbering::new(&[1, 2], Vec::new(), Duration::ZERO);
        numbering.record_current(&current, Some(holder)).unwrap();
        let recorded = numbering.into_recorded().unwrap();
        assert_eq!((recorded.number, recorded.replaces, recorded.references), (3, 1, references));
    }

    #[test]
    fn nothing_is_recorded_if_the_newest_release_is_current_or_no_release_exists() {
        let current = manifest("a");
        let recorded = |known: &[u64], holder| {
            let mut numbering = Numbering::new(known, Vec::new(), Duration::ZERO);
            numbering.record_current(&current, holder).unwrap();
            numbering.into_recorded()
        };
        assert_eq!(recorded(&[1, 2], Some(release((2, "a")))), None);
        assert_eq!(recorded(&[], None), None);
    }

    #[test]
    fn release_after_an_edit_replaces_all_earlier_releases() {
        let edited = Dir::new(&[(3, "a"), (4, "b")], "b").edited();
        assert_added(&edited, &EMPTY, &[(5, "new", 3)]);
        let recorded = Dir::new(&[(3, "a"), (4, "b")], "a").edited();
        assert_added(&recorded, &EMPTY, &[(5, "a", 3), (6, "new", 5)]);
    }

    #[test]
    fn imported_current_manifest_is_replaced_or_adopted() {
        let import_dir = Dir::new(&[(3, "a"), (4, "b")], "b");
        assert_eq!(assert_added(&EMPTY, &import_dir, &[(5, "new", 4)]), [None, None]);
        let import_dir = Dir::new(&[(3, "a"), (4, "new")], "new");
        assert_eq!(assert_added(&EMPTY, &import_dir, &[]), [None, Some(4)]);
        assert_eq!(assert_added(&EMPTY, &import_dir.edited(), &[(5, "new", 3)]), [None, None]);
        let restored = Dir::new(&[(3, "new"), (4, "b")], "new");
        assert_eq!(assert_added(&EMPTY, &restored, &[(5, "new", 3)]), [None, None]);
        let without_releases = Dir::new(&[], "x");
        assert_eq!(assert_added(&EMPTY, &without_releases, &[(1, "x", 0), (2, "new", 1)]), [None, None]);
    }

    #[test]
    fn release_after_an_import_replaces_the_current_manifest_of_the_output_directory() {
        let output_dir = Dir::new(&[(1, "a")], "a");
        let import_dir = Dir::new(&[(1, "a"), (2, "b")], "b");
        assert_added(&output_dir, &import_dir, &[(3, "new", 1)]);
        let unknown_import = Dir::new(&[(1, "a"), (2, "b")], "x");
        assert_added(&output_dir, &unknown_import, &[(3, "x", 0), (4, "new", 1)]);
    }

    #[test]
    fn numbering_fails_after_the_largest_number() {
        let numbering = Numbering::new(&[u64::MAX], Vec::new(), Duration::ZERO);
        let err = numbering.publish(&manifest("new"), References::new(), false).unwrap_err();
        assert_eq!(err.to_string(), format!("there is no number after release {}", u64::MAX));
    }
}
