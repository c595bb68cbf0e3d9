//! Finds the earlier versions of assets in the current manifest and in the retained releases.

use std::collections::BTreeMap;

use fingerpost::manifest::{DeltaInfo, Digest, Manifest};

use crate::{
    diagnostics::Diagnostics,
    pipeline::{asset::Asset, import_releases::ImportedReleases, run_context::Run},
};

/// An earlier file of an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EarlierVersion {
    pub(super) hashed: String,
    pub(super) size: u64,
    pub(super) sha256: Digest,
}

/// A search for the earlier versions of one asset.
pub(super) struct Search<'a> {
    pub(super) asset: &'a Asset,
    /// The deltas that a release names for the same hashed path.
    pub(super) published: Option<Vec<DeltaInfo>>,
    /// The distinct earlier versions, the newest first.
    pub(super) versions: Vec<EarlierVersion>,
}

impl<'a> Search<'a> {
    pub(super) fn new(asset: &'a Asset, published: Option<Vec<DeltaInfo>>) -> Self {
        Self { asset, published, versions: Vec::new() }
    }

    fn add(&mut self, manifest: &Manifest) {
        let Some(entry) = manifest.get(&self.asset.path) else { return };
        let Some(info) = &entry.info else { return };
        if info.sha256 == self.asset.info.sha256 {
            if self.published.is_none() && entry.hashed == self.asset.hashed {
                self.published = Some(info.deltas.clone());
            }
        } else if self.versions.iter().all(|version| version.sha256 != info.sha256) {
            let (hashed, size, sha256) = (entry.hashed.clone(), info.size, info.sha256);
            self.versions.push(EarlierVersion { hashed, size, sha256 });
        }
    }

    /// Returns `true` if older manifests cannot change the deltas of the asset.
    fn is_done(&self, wanted: usize) -> bool {
        match &self.published {
            Some(deltas) => deltas.iter().all(|delta| self.version(&delta.from).is_some()),
            // An older release may name a file that this run does not write.
            None => self.asset.staged.is_some() && self.versions.len() >= wanted,
        }
    }

    pub(super) fn version(&self, sha256: &Digest) -> Option<&EarlierVersion> {
        self.versions.iter().find(|version| version.sha256 == *sha256)
    }
}

/// Reads the manifests from the newest to the oldest, until all searches are done.
pub(super) fn search_releases(
    searches: &mut [Search<'_>],
    imported: &ImportedReleases,
    run: &Run<'_>,
    diagnostics: &mut Diagnostics,
) {
    let mut add = |manifest: &Manifest| {
        searches.iter_mut().for_each(|search| search.add(manifest));
        searches.iter().all(|search| search.is_done(run.options.delta_versions))
    };
    if run.history.manifest().into_iter().chain(&imported.current).any(&mut add) {
        return;
    }
    let imported: BTreeMap<_, _> =
        imported.releases.iter().map(|release| (release.number, &release.manifest)).collect();
    let mut numbers: Vec<_> = run.history.numbers.iter().chain(imported.keys()).copied().collect();
    numbers.sort_unstable();
    numbers.dedup();
    for number in numbers.into_iter().rev() {
        let is_done = match imported.get(&number) {
            Some(manifest) => add(manifest),
            None => {
                run.history.try_release(number, diagnostics).is_some_and(|release| add(&release.manifest))
            }
        };
        if is_done {
            return;
        }
    }
}
