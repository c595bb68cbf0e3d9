use std::{
    collections::{BTreeMap, HashSet},
    mem::take,
};

use fingerpost::{
    __private::{ImportMap, NumberedReleases, Numbering, now},
    AssetPath,
    manifest::{FileInfo, MANIFEST_NAME, Manifest, Release},
};
use rayon::prelude::*;

use crate::{
    diagnostics::{Diagnostics, Problem},
    output::{Output, history::History, manifest_times::Edit, staging::Staged},
    pipeline::{
        asset::Asset,
        compress::Variants,
        deltas::Deltas,
        import_map,
        import_releases::ImportedReleases,
        run_context::{Components, Run},
    },
};

/// The asset paths that each asset path refers to.
pub(crate) type ReferenceMap = BTreeMap<String, Vec<String>>;

pub(crate) fn make_manifest(run: &Run<'_>, assets: &[Asset], components: Components) -> Manifest {
    let mut manifest = Manifest::new(run.options.base.path());
    manifest.set_dictionaries(run.options.compress.has_deltas());
    for (name, info) in components {
        manifest.insert_component(name, info);
    }
    for (name, path) in &run.options.prehashed.bundle.entries {
        manifest.insert_entry(name, path.clone());
    }
    let infos: Vec<_> = assets.par_iter().map(|asset| file_info(asset, assets, run)).collect();
    for (asset, info) in assets.iter().zip(infos) {
        manifest.insert(asset.path.clone(), asset.hashed.as_str(), info);
    }
    for (name, path) in import_map::entries(&run.options.import_map, assets) {
        manifest.insert_import(name, path);
    }
    manifest
}

/// Returns the info of an asset, with its imports and style sheets. `assets` are sorted by path.
fn file_info(asset: &Asset, assets: &[Asset], run: &Run<'_>) -> FileInfo {
    let mut info = asset.info.clone();
    let bundled = run.options.prehashed.bundle.files.get(&asset.path).cloned().unwrap_or_default();
    (info.imports, info.styles) = (bundled.imports, bundled.styles);
    info.chunk = bundled.chunk.filter(|_| asset.is_prehashed());
    // Flat manifests contain no imports.
    if info.imports.is_empty() {
        info.imports = imports(asset, assets, &run.options.import_map);
    }
    info
}

/// Returns the assets that a script imports statically, each once, in the order of the script. `assets` are sorted by path.
fn imports(asset: &Asset, assets: &[Asset], import_map: &ImportMap) -> Vec<AssetPath> {
    let mut seen = HashSet::new();
    let static_imports = asset.source_info.static_imports(import_map);
    let static_imports = static_imports.filter(|path| seen.insert(path.clone()));
    static_imports.filter_map(|path| Some(Asset::find(assets, &path)?.path.clone())).collect()
}

/// A manifest to publish, with the files and releases that are published first.
pub(crate) struct Publication {
    /// Files of imported releases.
    files: Vec<Staged>,
    pub(crate) releases: NumberedReleases,
    manifest: Manifest,
    /// A change of the current manifest that is not recorded in a new release.
    edit: Option<Edit>,
}

/// The assets that are staged and not published yet.
pub(crate) struct StagedFiles {
    hashed: Vec<Staged>,
    originals: Vec<Staged>,
}

impl StagedFiles {
    pub(crate) fn from_assets(assets: Vec<Asset>) -> Self {
        let (mut hashed, mut originals) = (Vec::new(), Vec::new());
        for Asset { staged, original, .. } in assets {
            hashed.extend(staged);
            originals.extend(original);
        }
        Self { hashed, originals }
    }
}

impl Publication {
    /// Numbers the new releases, in this order:
    ///
    /// - the current manifest of the earlier output directory, unless a release contains that manifest,
    /// - the current manifest of this output directory, unless the newest release contains that manifest,
    /// - `manifest`, unless `manifest` is current.
    pub(crate) fn plan(
        manifest: Manifest,
        references: ReferenceMap,
        kept: ImportedReleases,
        run: &Run<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Result<Self, Problem> {
        let edit = Edit::last([run.output.change.edit, kept.edit]);
        let mut numbering = Numbering::new(&run.history.numbers, kept.releases, now());
        if let Some(manifest) = &kept.current {
            numbering.record_imported(manifest, run.history.newest_with(manifest, diagnostics))?;
        }
        record_current(&mut numbering, &run.history, diagnostics)?;
        let releases = numbering.publish(&manifest, references, edit.is_some())?;
        let edit = edit.filter(|_| releases.added.is_empty());
        Ok(Self { files: kept.staged, releases, manifest, edit })
    }

    /// Publishes the files, then the releases that contain the files, and finally the manifest, if the manifest has changed.
    pub(crate) fn write(
        self,
        files: StagedFiles,
        mut variants: Variants,
        deltas: Deltas,
        run: &Run<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), Problem> {
        let records =
            StagedRecords::stage(&self.releases, &self.manifest, self.edit, &run.history, &run.output)?;
        variants.remove_stale_cache(run)?;
        let hashed = files.hashed.into_iter().chain(take(&mut variants.hashed)).chain(deltas.staged);
        run.output.publish(self.files.into_iter().chain(hashed).collect())?;
        variants.remove_leftovers(run)?;
        let originals = files.originals.into_iter().chain(take(&mut variants.plain));
        run.output.publish(originals.collect())?;
        variants.save_cache(run)?;
        records.publish(&run.output, diagnostics)
    }
}

/// The release files and the manifest of a publication, staged.
pub(crate) struct StagedRecords {
    releases: Vec<Staged>,
    /// `Some` if the manifest has a new release, or if `staticfiles.json` changes.
    manifest: Option<Staged>,
    edit: Option<Edit>,
}

impl StagedRecords {
    pub(crate) fn stage(
        releases: &NumberedReleases,
        manifest: &Manifest,
        edit: Option<Edit>,
        history: &History<'_>,
        output: &Output,
    ) -> Result<Self, Problem> {
        let NumberedReleases { imported, added, .. } = releases;
        let releases = imported.iter().chain(added).map(|release| stage_release(release, output));
        let releases: Vec<_> = releases.collect::<Result<_, _>>()?;
        let is_there = history.current.as_ref().is_some_and(|current| current.has_bytes_of(manifest));
        let manifest = if is_there && added.is_empty() { None } else { stage_manifest(manifest, output)? };
        Ok(Self { releases: releases.into_iter().flatten().collect(), manifest, edit })
    }

    /// Publishes the release files, then the manifest.
    pub(crate) fn publish(self, output: &Output, diagnostics: &mut Diagnostics) -> Result<(), Problem> {
        self.releases.into_iter().try_for_each(|record| output.staging.publish_record(record))?;
        match self.manifest {
            Some(manifest) => output.publish_manifest(manifest, self.edit, diagnostics)?,
            None => output.record_edit(self.edit, diagnostics),
        }
        Ok(())
    }
}

fn stage_release(release: &Release, output: &Output) -> Result<Option<Staged>, Problem> {
    output.staging.stage_record(&Release::file_name(release.number), |file| release.write_to(file))
}

fn stage_manifest(manifest: &Manifest, output: &Output) -> Result<Option<Staged>, Problem> {
    output.staging.stage_record(MANIFEST_NAME.as_ref(), |file| manifest.write_to(file))
}

/// Returns a release that records the current manifest for later commands. `None` if the newest release contains the
/// current manifest.
pub(crate) fn recorded(
    history: &History<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<Option<Release>, Problem> {
    let mut numbering = Numbering::new(&history.numbers, Vec::new(), now());
    record_current(&mut numbering, history, diagnostics)?;
    Ok(numbering.into_recorded())
}

/// Adds a release for the current manifest, unless the newest release contains this manifest.
pub(crate) fn record_current<'a>(
    numbering: &mut Numbering<'a>,
    history: &'a History<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<(), Problem> {
    let Some(manifest) = history.manifest() else { return Ok(()) };
    let holder = history.newest_with(manifest, diagnostics);
    Ok(numbering.record_current(manifest, holder)?)
}

/// Writes a release from [`recorded`].
pub(crate) fn record(
    release: &Release,
    output: &Output,
    diagnostics: &mut Diagnostics,
) -> Result<(), Problem> {
    let (staged, manifest) = (stage_release(release, output)?, stage_manifest(&release.manifest, output)?);
    staged.map_or(Ok(()), |staged| output.staging.publish_record(staged))?;
    manifest.map_or(Ok(()), |manifest| output.publish_manifest(manifest, None, diagnostics))
}
