use std::collections::HashMap;

use fingerpost::{
    __private::{KnownContent, PublishedRelease, files_of},
    AssetPath,
    manifest::{Entry, Release},
};

use crate::{
    diagnostics::{Diagnostics, Error, ErrorKind},
    output::history::History,
};

/// The releases of an output directory and the files in their manifests.
#[derive(Default)]
pub(super) struct ReleaseHistory {
    /// All releases, in ascending order.
    pub(super) releases: Vec<PublishedRelease>,
    /// The numbers of the releases that contain each file.
    pub(super) files: HashMap<NamedFile, Vec<u64>>,
}

/// A file in a manifest. Most files are the same in many releases.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct NamedFile {
    pub(super) asset: AssetPath,
    /// The names of the compressed variants and the deltas, and the hashed path.
    pub(super) names: Vec<String>,
    pub(super) content: KnownContent,
}

impl ReleaseHistory {
    /// Reads every release. A damaged release is an error, because it could contain any file.
    pub(super) fn read(history: &History<'_>, diagnostics: &mut Diagnostics) -> Result<Self, Error> {
        let mut all = Self::default();
        for &number in &history.numbers {
            match history.release(number) {
                Ok(release) => all.add(&release, history.manifest() == Some(&release.manifest)),
                Err(reason) => diagnostics.problem(ErrorKind::Manifest, format!("{reason}; {UNREADABLE}")),
            }
        }
        diagnostics.check()?;
        Ok(all)
    }

    /// Adds a release. `is_current` means that `staticfiles.json` has the same manifest.
    pub(super) fn add(&mut self, release: &Release, is_current: bool) {
        let &Release { number, published, replaces, ref manifest, .. } = release;
        self.releases.push(PublishedRelease { number, published, replaces, is_current });
        for (path, entry) in manifest {
            self.files.entry(NamedFile::new(path, entry)).or_default().push(number);
        }
    }
}

impl NamedFile {
    fn new(path: &AssetPath, entry: &Entry) -> Self {
        Self {
            asset: path.clone(),
            names: files_of(entry).map(|(name, _)| name).collect(),
            content: entry.info.as_ref().map(|info| (info.size, info.sha256)),
        }
    }
}

/// The advice for an unreadable release.
const UNREADABLE: &str = "the files of this release are unknown, so nothing is removed; restore the release file, or delete \
                          the release file: `clean` then ignores the release and never removes the files that only this \
                          release contains";
