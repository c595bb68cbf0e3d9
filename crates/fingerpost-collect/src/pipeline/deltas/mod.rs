//! Deltas from earlier versions of the collected files.

mod encode;
mod memory_limit;
mod release_paths;
mod earlier_versions;
mod delta_task;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use fingerpost::{
    __private::{delta_name, quoted},
    manifest::{DeltaInfo, Manifest},
};
use rayon::prelude::*;

use self::{
    delta_task::{DeltaResult, DeltaTask, Target},
    earlier_versions::{EarlierVersion, Search, search_releases},
    encode::is_decodable,
    memory_limit::MemoryLimit,
};
use crate::{
    compression::Compression,
    diagnostics::{Diagnostics, Error, ErrorKind},
    output::staging::Staged,
    pipeline::{asset::Asset, conflicts::is_too_long, import_releases::ImportedReleases, run_context::Run},
};

/// The deltas of one run.
#[derive(Default)]
pub(crate) struct Deltas {
    /// The new deltas.
    pub(crate) staged: Vec<Staged>,
    /// The number of encoded deltas, including deltas that are too large to publish.
    pub(crate) encoded: usize,
}

/// The maximum memory for deltas of all threads together, in bytes.
const MEMORY: u64 = 384 * 1024 * 1024;

impl Deltas {
    /// Makes the deltas of new files, and adds all deltas to their assets.
    ///
    /// The deltas of a hashed path never change: if a release contains the file, the deltas in the release are used. Missing
    /// and damaged deltas are made again, or dropped if the earlier version no longer exists. A dry run makes no deltas.
    pub(crate) fn make(
        assets: &mut [Asset],
        imported: &ImportedReleases,
        run: &Run<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Result<Self, Error> {
        let mut deltas = Self::default();
        let unsettled = reuse_published(assets, imported, run);
        if unsettled.is_empty() {
            return Ok(deltas);
        }
        let files = ImportedFiles::new(imported, run);
        let plan = Plan::new(assets, unsettled, (imported, &files), run, diagnostics);
        warn_about_lost(&plan.lost, diagnostics);
        for (asset, delta) in plan.published {
            assets[asset].info.deltas.push(delta);
        }
        deltas.encode(plan.tasks, assets, run, diagnostics)?;
        Ok(deltas)
    }

    fn encode(
        &mut self,
        tasks: Vec<DeltaTask>,
        assets: &mut [Asset],
        run: &Run<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), Error> {
        if tasks.is_empty() {
            return Ok(());
        }
        self.encoded = tasks.len();
        run.progress.compressing(tasks.len());
        let memory = MemoryLimit::new(MEMORY);
        let size = |task: &DeltaTask| task.size(assets);
        let results = diagnostics.take_by_size(tasks, size, false, |task| task.run(assets, &memory, run))?;
        let mut without_version = Vec::new();
        for result in results {
            match result {
                DeltaResult::Made { asset, delta, staged } => {
                    assets[asset].info.deltas.push(delta);
                    self.staged.extend(staged);
                }
                DeltaResult::NoGain => {}
                DeltaResult::WithoutVersion(file) => without_version.push(file),
            }
        }
        assets.iter_mut().for_each(|asset| sort(&mut asset.info.deltas));
        warn_without_version(&without_version, diagnostics);
        Ok(())
    }
}

/// An asset whose deltas are unknown or incomplete.
struct Unsettled {
    asset: usize,
    compression: Compression,
    /// The deltas in the current manifest, if the manifest contains the file and has deltas.
    published: Option<Vec<DeltaInfo>>,
}

/// Adds the complete deltas of the current manifest to their assets, and returns all other assets that can have deltas.
fn reuse_published(assets: &mut [Asset], imported: &ImportedReleases, run: &Run<'_>) -> Vec<Unsettled> {
    // A run without deltas removes the deltas from the manifest. The earlier releases still contain the deltas.
    let has_deltas = run.history.manifest().is_some_and(Manifest::dictionaries);
    let reuse = |(number, asset): (usize, &mut Asset)| {
        let compression = run.options.compress.deltas_of(&asset.path, asset.info.size)?;
        let published = asset.unchanged_info(run).filter(|_| has_deltas).map(|info| info.deltas.clone());
        let is_there = |delta: &DeltaInfo| is_published(asset, delta, run);
        match published {
            Some(deltas) if run.options.writing.dry_run || deltas.iter().all(is_there) => {
                asset.info.deltas = deltas;
                None
            }
            None if run.options.writing.dry_run => {
                asset.info.deltas = imported_deltas(asset, imported).unwrap_or_default();
                None
            }
            published => Some(Unsettled { asset: number, compression, published }),
        }
    };
    assets.par_iter_mut().enumerate().filter_map(reuse).collect()
}

/// Returns the deltas of the same file in the imported releases.
fn imported_deltas(asset: &Asset, imported: &ImportedReleases) -> Option<Vec<DeltaInfo>> {
    let releases = imported.releases.iter().rev().map(|release| &release.manifest);
    let mut manifests = imported.current.iter().chain(releases).filter(|manifest| manifest.dictionaries());
    let info = manifests.find_map(|manifest| asset.info_in(manifest))?;
    Some(info.deltas.clone())
}

fn is_published(asset: &Asset, delta: &DeltaInfo, run: &Run<'_>) -> bool {
    run.output.has(&delta_name(&asset.hashed, &delta.from), delta.size, &delta.sha256)
}

/// The files of imported releases, which are staged and not published yet.
struct ImportedFiles<'a> {
    staged: HashMap<&'a str, PathBuf>,
    out: &'a Path,
}

impl<'a> ImportedFiles<'a> {
    fn new(imported: &'a ImportedReleases, run: &'a Run<'_>) -> Self {
        let staged = imported.staged.iter();
        let staged = staged.filter_map(|file| Some((file.name()?, run.output.staging.path_of(file))));
        Self { staged: staged.collect(), out: &run.options.out }
    }

    fn has(&self, name: &str) -> bool {
        self.staged.contains_key(name)
    }

    /// Returns the path of a published file.
    fn path(&self, name: &str) -> PathBuf {
        self.staged.get(name).cloned().unwrap_or_else(|| self.out.join(name))
    }
}

/// The deltas to make, and the deltas that exist already.
struct Plan<'a> {
    files: &'a ImportedFiles<'a>,
    run: &'a Run<'a>,
    tasks: Vec<DeltaTask>,
    /// Existing deltas, with the indices of their assets.
    published: Vec<(usize, DeltaInfo)>,
    /// Missing and damaged deltas whose earlier version is unknown.
    lost: Vec<PathBuf>,
}

impl<'a> Plan<'a> {
    /// Searches the releases for the earlier versions of all assets.
    fn new(
        assets: &[Asset],
        unsettled: Vec<Unsettled>,
        (imported, files): (&ImportedReleases, &'a ImportedFiles<'a>),
        run: &'a Run<'a>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let (mut targets, mut searches) = (Vec::new(), Vec::new());
        for Unsettled { asset, compression, published } in unsettled {
            targets.push(Target { asset, compression });
            searches.push(Search::new(&assets[asset], published, run));
        }
        search_releases(&mut searches, imported, run, diagnostics);
        let mut plan = Self { files, run, tasks: Vec::new(), published: Vec::new(), lost: Vec::new() };
        for (target, search) in targets.into_iter().zip(&searches) {
            match search.published() {
                Some(deltas) => plan.add_published(deltas, target, search),
                None => plan.add_new(target, search),
            }
        }
        plan
    }

    /// Adds tasks for the deltas of a new file.
    fn add_new(&mut self, target: Target, search: &Search<'_>) {
        let Asset { hashed, info, .. } = search.asset;
        let wanted = search.versions.iter().take(self.run.options.delta_versions);
        let wanted = wanted.filter(|from| is_decodable(from.size, info.size));
        for from in wanted.filter(|from| !is_too_long(&delta_name(hashed, &from.sha256))) {
            self.add_task(target, from, false);
        }
    }

    /// Adds the published deltas of a file, and tasks for missing and damaged deltas.
    fn add_published(&mut self, deltas: &[DeltaInfo], target: Target, search: &Search<'_>) {
        for delta in deltas {
            let name = delta_name(&search.asset.hashed, &delta.from);
            if self.files.has(&name) || is_published(search.asset, delta, self.run) {
                self.published.push((target.asset, *delta));
            } else if let Some(from) = search.version(&delta.from) {
                self.add_task(target, from, true);
            } else {
                self.lost.push(self.run.options.out.join(name));
            }
        }
    }

    fn add_task(&mut self, target: Target, from: &EarlierVersion, is_repair: bool) {
        let (file, from) = (self.files.path(&from.hashed), from.clone());
        self.tasks.push(DeltaTask { target, from, file, is_repair });
    }
}

/// Sorts deltas by the digest of the earlier version, so that equal deltas result in equal manifests.
fn sort(deltas: &mut [DeltaInfo]) {
    deltas.sort_unstable_by_key(|delta| *delta.from.as_bytes());
}

fn warn_without_version(files: &[PathBuf], diagnostics: &mut Diagnostics) {
    let Some(first) = files.first() else { return };
    let (file, others) = (quoted(first.display()), and_others(files.len() - 1, "earlier file"));
    let effect = "visitors who have this version download the whole new file";
    diagnostics.warn(
        ErrorKind::Output,
        format!("{file}{others} is missing or damaged, so no delta is made from it; {effect}"),
    );
}

fn warn_about_lost(files: &[PathBuf], diagnostics: &mut Diagnostics) {
    let Some(first) = files.first() else { return };
    let (file, others) = (quoted(first.display()), and_others(files.len() - 1, "delta"));
    let cause = "is missing or damaged, and no release has the earlier version to make it again";
    diagnostics.warn(ErrorKind::Output, format!("{file}{others} {cause}; visitors download the whole file"));
}

fn and_others(count: usize, what: &str) -> String {
    match count {
        0 => String::new(),
        1 => format!(" and 1 other {what}"),
        _ => format!(" and {count} other {what}s"),
    }
}
