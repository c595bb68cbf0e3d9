//! Imports the releases of an earlier output directory, so that pages from before the deploy can still load their files.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
};

use fingerpost::{
    __private::{KnownContent, delta_names, files_of, quoted, reserved, variant_name},
    manifest::{Manifest, Release},
};

use crate::{
    compression_settings::CompressionSettings,
    diagnostics::{Diagnostic, Diagnostics, Error, ErrorKind, Problem},
    output::{
        Output,
        earlier_site::EarlierSite,
        history::History,
        manifest_times::{Change, Edit},
        staging::Staged,
    },
    pipeline::{asset::Asset, run_context::Run},
};

#[derive(Default)]
pub(crate) struct ImportedReleases {
    /// The releases that this output directory lacks, with their numbers, in ascending order.
    pub(crate) releases: Vec<Release>,
    /// The current manifest of the earlier directory.
    pub(crate) current: Option<Manifest>,
    /// A change of the current manifest that is not recorded in a release.
    pub(crate) edit: Option<Edit>,
    /// The names of the files that this output directory lacks.
    pub(crate) names: Vec<String>,
    /// The files of `names`; empty in a dry run.
    pub(crate) staged: Vec<Staged>,
}

/// Imports the releases and files of `keep_from`, if the option is set.
pub(crate) fn import_releases(
    run: &Run<'_>,
    assets: &[Asset],
    diagnostics: &mut Diagnostics,
) -> Result<ImportedReleases, Error> {
    let Some(dir) = &run.options.keep_from else { return Ok(ImportedReleases::default()) };
    let site = EarlierSite::new(dir);
    let Some(earlier) = diagnostics.take(site.history()) else { return Ok(ImportedReleases::default()) };
    let releases: Vec<_> = earlier.releases(diagnostics).collect();
    // A site may serve the current manifest of the earlier directory until this directory has a new release.
    let newest = releases.first().filter(|release| earlier.numbers.last() == Some(&release.number));
    let is_restored =
        !earlier.numbers.is_empty() && earlier.manifest() != newest.map(|release| &release.manifest);
    let edit = Edit::from_earlier_dir(Change::read(dir).edit, is_restored);
    let current = earlier.current.map(|current| current.manifest);
    let manifests = releases.iter().map(|release| &release.manifest).chain(&current);
    let files = earlier_files(manifests, assets, &run.options.compress);
    let staged = diagnostics.take_all(files, |(name, known)| stage(&site, &name, known, &run.output))?;
    let new = releases.into_iter().rev().map(|release| new_or_combined(release, dir, &run.history));
    let releases = new.filter_map(|release| diagnostics.take(release)?).collect();
    let (names, staged): (Vec<_>, Vec<_>) = staged.into_iter().flatten().unzip();
    Ok(ImportedReleases { releases, current, edit, names, staged: staged.into_iter().flatten().collect() })
}

/// With `--verify`, reads the files of earlier releases, and warns about missing and damaged files. `collect` cannot write
/// these files again.
pub(crate) fn verify_releases(
    run: &Run<'_>,
    assets: &[Asset],
    kept: &ImportedReleases,
    diagnostics: &mut Diagnostics,
) -> Result<(), Error> {
    if !run.options.writing.verify {
        return Ok(());
    }
    let releases: Vec<_> = run.history.releases(diagnostics).collect();
    let manifests = releases.iter().map(|release| &release.manifest).chain(run.history.manifest());
    let mut files = earlier_files(manifests.clone(), assets, &run.options.compress);
    let taken_over: HashSet<_> = kept.names.iter().collect();
    let repairable = repairable_deltas(manifests, assets, run);
    files.retain(|(name, _)| {
        !taken_over.contains(name) && !repairable.contains(name) && reserved(name).is_none()
    });
    diagnostics.take_all(files, |(name, known)| verify_file(&name, known, run))?;
    Ok(())
}

/// Returns the deltas that this run makes again if they are damaged.
fn repairable_deltas<'a>(
    manifests: impl Iterator<Item = &'a Manifest>,
    assets: &[Asset],
    run: &Run<'_>,
) -> HashSet<String> {
    let has_deltas = |asset: &&Asset| run.options.compress.deltas_of(&asset.path, asset.info.size).is_some();
    let assets = assets.iter().filter(has_deltas);
    let assets: HashSet<_> = assets.map(|asset| (asset.hashed.as_str(), asset.info.sha256)).collect();
    let infos = manifests.flatten().filter_map(|(_, entry)| Some((&entry.hashed, entry.info.as_ref()?)));
    let infos = infos.filter(|(hashed, info)| assets.contains(&(hashed.as_str(), info.sha256)));
    infos.flat_map(|(hashed, info)| delta_names(hashed, info)).map(|(name, _)| name).collect()
}

fn verify_file(name: &str, known: KnownContent, run: &Run<'_>) -> Result<(), Diagnostic> {
    let Some((size, sha256)) = known else { return Ok(()) };
    if run.output.has(name, size, &sha256) {
        return Ok(());
    }
    let file = run.options.out.join(name);
    let state = if run.output.has_any(name) { "damaged" } else { "missing" };
    let advice = "files of earlier releases cannot be collected again: restore the file, or pass a directory that has the file to \
                  `--keep-from`";
    Err(Diagnostic::Warning(Problem::new(
        ErrorKind::Output,
        format!("{} is {state}; {advice}", quoted(file.display())),
    )))
}

/// Returns all files of the manifests, with their variants, except the files that this run writes.
fn earlier_files<'a>(
    manifests: impl Iterator<Item = &'a Manifest>,
    assets: &[Asset],
    wanted: &CompressionSettings,
) -> Vec<(String, KnownContent)> {
    let mut files: BTreeMap<_, _> = manifests.flatten().flat_map(|(_, entry)| files_of(entry)).collect();
    for asset in assets {
        files.remove(&asset.hashed);
        for compression in wanted.for_asset(&asset.path, asset.info.size) {
            files.remove(&variant_name(&asset.hashed, compression.encoding()));
        }
    }
    files.into_iter().collect()
}

/// Stages a file that the output directory lacks. For manifests of other programs, which have no sizes, any file with the
/// name is accepted.
fn stage(
    site: &EarlierSite,
    hashed: &str,
    known: KnownContent,
    output: &Output,
) -> Result<Option<(String, Option<Staged>)>, Diagnostic> {
    if let Some(owner) = reserved(hashed) {
        let (hashed, dir) = (quoted(hashed), quoted(site.path().display()));
        let message = format!("a manifest in {dir} has an asset under {hashed}, the name of {owner}");
        let advice = "correct the manifest, or leave out `--keep-from`";
        return Err(Problem::new(ErrorKind::KeepFrom, format!("{message}; {advice}")).into());
    }
    let is_here = match known {
        Some((size, sha256)) => output.has(hashed, size, &sha256),
        None => output.has_any(hashed),
    };
    if is_here {
        return Ok(None);
    }
    let file = site.path().join(hashed);
    let not_imported = |reason| {
        let message = format!("{} {reason}; it is not imported", quoted(file.display()));
        Diagnostic::Warning(Problem::new(ErrorKind::KeepFrom, message))
    };
    let Some(content) = site.read(hashed)? else { return Err(not_imported("is missing")) };
    if known.is_some_and(|known| known != (content.size, content.sha256)) {
        return Err(not_imported("is damaged"));
    }
    Ok(Some((hashed.to_owned(), output.stage(hashed, &content, false)?)))
}

/// Returns `None` if the output directory has the release. Two builds of the same content may differ in `published` and
/// `replaces`. In that case, returns a combination of both releases, so that `clean` removes no release earlier than either
/// build would allow.
fn new_or_combined(release: Release, dir: &Path, history: &History<'_>) -> Result<Option<Release>, Problem> {
    let number = release.number;
    if !history.numbers.contains(&number) {
        return Ok(Some(release));
    }
    let message = match history.release(number) {
        Ok(here) if here.manifest == release.manifest => {
            let mut joined = here.clone();
            joined.published = here.published.max(release.published);
            joined.replaces = here.replaces.min(release.replaces);
            return Ok((joined != here).then_some(joined));
        }
        Ok(_) => {
            let [dir, here] = [dir, &history.place].map(|dir| quoted(dir.display()));
            let advice =
                "the two directories have different histories; collect into an empty output directory";
            format!("release {number} in {dir} differs from release {number} in {here}: {advice}")
        }
        Err(reason) => {
            format!("{reason}; remove the file to import the release from {}", quoted(dir.display()))
        }
    };
    Err(Problem::new(ErrorKind::KeepFrom, message))
}
