//! Finds the earlier versions of assets in the current manifest and in the retained releases.

use std::collections::{BTreeMap, HashMap};

use fingerpost::{
    __private::around_chunk_hash,
    manifest::{DeltaInfo, Digest, Entry, Manifest},
};

use super::release_paths::{Paths, paths_of_release};
use crate::{
    diagnostics::Diagnostics,
    pipeline::{asset::Asset, import_releases::ImportedReleases, run_context::Run},
};

/// An earlier version of an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EarlierVersion {
    pub(super) hashed: String,
    pub(super) size: u64,
    pub(super) sha256: Digest,
}

/// A search for the earlier versions of one asset.
pub(super) struct Search<'a> {
    pub(super) asset: &'a Asset,
    /// The chunk of a prehashed file. The asset path of the file differs in each release.
    chunk: Option<ChunkKey<'a>>,
    /// The deltas in a release for the same hashed path.
    published: Option<Vec<DeltaInfo>>,
    /// `true` if a release without deltas has the same hashed path.
    is_published_without: bool,
    /// The distinct earlier versions, the newest first.
    pub(super) versions: Vec<EarlierVersion>,
}

impl<'a> Search<'a> {
    pub(super) fn new(asset: &'a Asset, published: Option<Vec<DeltaInfo>>, run: &'a Run<'_>) -> Self {
        let chunk = run.options.prehashed.chunk(&asset.path);
        let chunk =
            chunk.filter(|_| asset.is_prehashed()).and_then(|chunk| around_chunk_hash(&asset.path, chunk));
        Self { asset, chunk, published, is_published_without: false, versions: Vec::new() }
    }

    fn add(&mut self, manifest: &Manifest, chunks: &Chunks<'_>, wanted: usize) {
        if self.is_done(wanted) {
            return;
        }
        let in_chunk = || chunks.get(self.chunk.as_ref()?).copied();
        let Some(entry) = manifest.get(&self.asset.path).or_else(in_chunk) else { return };
        let Some(info) = &entry.info else { return };
        if info.sha256 == self.asset.info.sha256 {
            if entry.hashed == self.asset.hashed && self.published.is_none() {
                self.published = manifest.dictionaries().then(|| info.deltas.clone());
                self.is_published_without |= self.published.is_none();
            }
        } else if self.versions.iter().all(|version| version.sha256 != info.sha256) {
            let (hashed, size, sha256) = (entry.hashed.clone(), info.size, info.sha256);
            self.versions.push(EarlierVersion { hashed, size, sha256 });
        }
    }

    /// Returns `true` if a release with these paths may have an unknown version of the asset. `hashed_paths` are the hashed
    /// paths, sorted.
    fn may_gain(&self, paths: &Paths<'_>, hashed_paths: &[&str], wanted: usize) -> bool {
        let is_known = |hashed: &str| {
            self.published.is_some() && hashed == self.asset.hashed
                || self.versions.iter().any(|version| version.hashed == hashed)
        };
        let is_gain = |hashed: &&str| !is_known(hashed);
        let in_chunk = |(start, end): &ChunkKey<'_>| {
            let from = hashed_paths.partition_point(|path| path < start);
            let mut paths = hashed_paths[from..].iter().take_while(|path| path.starts_with(start));
            paths.any(|path| path.ends_with(end) && is_gain(path))
        };
        !self.is_done(wanted)
            && match paths.get(&*self.asset.path) {
                Some(hashed) => is_gain(hashed),
                None => self.chunk.as_ref().is_some_and(in_chunk),
            }
    }

    /// Returns the deltas of the asset in the releases. Returns `None` if no release has the same file.
    pub(super) fn published(&self) -> Option<&[DeltaInfo]> {
        self.published.as_deref().or(self.is_published_without.then_some(&[]))
    }

    /// Returns `true` if older manifests cannot change the deltas of the asset.
    fn is_done(&self, wanted: usize) -> bool {
        match &self.published {
            Some(deltas) => deltas.iter().all(|delta| self.version(&delta.from).is_some()),
            // If this run does not write the file, an older release may have the same file with deltas.
            None => self.asset.staged.is_some() && self.versions.len() >= wanted,
        }
    }

    pub(super) fn version(&self, sha256: &Digest) -> Option<&EarlierVersion> {
        self.versions.iter().find(|version| version.sha256 == *sha256)
    }
}

/// The parts of the path of a prehashed file that are the same in every build.
type ChunkKey<'a> = (&'a str, &'a str);

/// The files of one release, by chunk.
type Chunks<'a> = HashMap<ChunkKey<'a>, &'a Entry>;

fn chunks(manifest: &Manifest) -> Chunks<'_> {
    manifest.iter().filter_map(|(_, entry)| Some((chunk_key(entry)?, entry))).collect()
}

fn chunk_key(entry: &Entry) -> Option<ChunkKey<'_>> {
    around_chunk_hash(&entry.hashed, entry.info.as_ref()?.chunk.as_ref()?)
}

/// Reads the manifests from the newest to the oldest, until all searches are done.
pub(super) fn search_releases(
    searches: &mut [Search<'_>],
    imported: &ImportedReleases,
    run: &Run<'_>,
    diagnostics: &mut Diagnostics,
) {
    let wanted = run.options.delta_versions;
    let needs_chunks = |searches: &[Search<'_>]| {
        searches.iter().any(|search| search.chunk.is_some() && !search.is_done(wanted))
    };
    let add = |searches: &mut [Search<'_>], manifest: &Manifest| {
        let chunks = if needs_chunks(searches) { chunks(manifest) } else { Chunks::default() };
        searches.iter_mut().for_each(|search| search.add(manifest, &chunks, wanted));
    };
    let is_done = |searches: &[Search<'_>]| searches.iter().all(|search| search.is_done(wanted));
    run.history.manifest().into_iter().chain(&imported.current).for_each(|manifest| add(searches, manifest));
    let imported: BTreeMap<_, _> =
        imported.releases.iter().map(|release| (release.number, &release.manifest)).collect();
    let mut numbers: Vec<_> = run.history.numbers.iter().chain(imported.keys()).copied().collect();
    numbers.sort_unstable();
    numbers.dedup();
    for number in numbers.into_iter().rev() {
        if is_done(searches) {
            return;
        }
        if let Some(manifest) = imported.get(&number) {
            add(searches, manifest);
            continue;
        }
        let may_gain = |paths: Paths<'_>| {
            let mut hashed: Vec<_> =
                if needs_chunks(searches) { paths.values().copied().collect() } else { Vec::new() };
            hashed.sort_unstable();
            searches.iter().any(|search| search.may_gain(&paths, &hashed, wanted))
        };
        let json = run.history.release_json(number);
        if json.as_ref().ok().and_then(|json| paths_of_release(json)).is_none_or(may_gain)
            && let Some(release) = run.history.try_parse(number, json, diagnostics)
        {
            add(searches, &release.manifest);
        }
    }
}
