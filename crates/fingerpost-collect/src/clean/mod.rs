//! Removes old releases and the files that only these releases use.

pub(crate) mod clean_config;
mod release_files;
mod removal;
pub(crate) mod report;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use fingerpost::{
    __private::quoted,
    DirStore,
    manifest::{MANIFEST_NAME, Release},
};

use self::{clean_config::CleanConfig, release_files::ReleaseHistory, removal::Removal, report::CleanReport};
use crate::{
    diagnostics::{Diagnostics, Error, ErrorKind, Problem},
    output::{
        existing::open_existing,
        history::History,
        manifest_times::{self, Cause},
    },
    pipeline::publish,
    progress::Progress,
};

/// Removes old releases from an output directory, and the files that only these releases use.
///
/// A release is retained if it is current, is among the newest [`keep`](CleanConfig::keep) releases, or was replaced less
/// than [`older_than`](CleanConfig::older_than) ago. The current release is the release in `staticfiles.json`, even if an
/// older manifest was restored. Files that are in no release are never removed.
///
/// If the newest release differs from `staticfiles.json`, the manifest is recorded as a new release, and every release counts as
/// current until now. If another program wrote or moved the manifest since the last command, every release counts as current
/// until that change. A warning is reported if a release is retained only because of such a change. If the times of the
/// manifest are not recorded, every release counts as current until this run.
///
/// The files of the current release are never changed or removed, and a killed run can be repeated. `clean` and
/// [`collect`](crate::collect) wait for each other; [`clean_with`] reports the run that holds the lock.
///
/// ```
/// # let site = tempfile::tempdir()?;
/// # let (source, out) = (site.path().join("static"), site.path().join("dist"));
/// # std::fs::create_dir(&source)?;
/// use std::time::Duration;
/// use fingerpost_collect::{CleanConfig, CollectConfig, clean, collect};
///
/// for content in ["a{}", "b{}", "c{}"] {
///     std::fs::write(source.join("app.css"), content)?;
///     collect(&CollectConfig::new(&out).source(&source))?;
/// }
/// let report = clean(&CleanConfig::new(&out).keep(2).older_than(Duration::ZERO))?;
/// assert_eq!((report.removed, report.kept), (vec![1], vec![2, 3]));
/// assert_eq!(report.files, ["app.5f546eb4606b.css"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// - [`ErrorKind::Config`] for invalid settings.
/// - [`ErrorKind::Manifest`] if `staticfiles.json` is missing or damaged, or if a release file is damaged. Nothing is
///   removed.
/// - [`ErrorKind::Output`] if the directory cannot be read or a file cannot be removed. Release files are removed last,
///   so the next run can remove the remaining files.
/// - [`ErrorKind::Locked`] if another run holds the lock and [`wait`](CleanConfig::wait) is `false`.
pub fn clean(config: &CleanConfig) -> Result<CleanReport, Error> {
    clean_with(config, &())
}

/// Cleans like [`clean`]. Reports to `progress` if the run has to wait for the lock.
///
/// # Errors
///
/// Same as [`clean`].
pub fn clean_with(config: &CleanConfig, progress: &dyn Progress) -> Result<CleanReport, Error> {
    let started = Instant::now();
    let out = config.output_dir()?;
    let mut diagnostics = Diagnostics::default();

    let output = open_existing(&out, !config.without_waiting, config.dry_run, progress)?;
    let store = DirStore::new(&out);
    let history = History::read(&store, &out)?;
    if history.current.is_none() {
        return Err(no_manifest(&out).into());
    }
    let mut releases = ReleaseHistory::read(&history, &mut diagnostics)?;
    let recorded = publish::recorded(&history, &mut diagnostics)?;
    recorded.iter().for_each(|release| releases.add(release, true));
    let retention = config.retention();
    let retained = retention.retained(&releases.releases);
    retained.warning.into_iter().for_each(|warning| diagnostics.warn(ErrorKind::Manifest, warning));
    let mut kept = retained.numbers;
    if let Some(edit) = output.change.edit
        && retention.is_young(Duration::from_secs(edit.until))
    {
        keep_all(&releases, &mut kept, &out, edit.cause, &mut diagnostics);
    }
    let removal = Removal::plan(&out, &releases, &kept)?;

    let numbers = releases.releases.iter().map(|release| release.number);
    let (kept, removed): (Vec<_>, Vec<_>) = numbers.partition(|number| kept.contains(number));
    let mut report = CleanReport { kept, removed, dry_run: config.dry_run, ..CleanReport::default() };
    report.recorded = recorded.as_ref().map(|release| release.number);
    let release_file = |number: &u64| out.join(Release::file_name(*number));
    let release_files: Vec<_> = report.removed.iter().map(release_file).collect();
    report.bytes = removal.files.iter().map(|file| file.size).chain(sizes(&release_files)).sum();
    if !config.dry_run {
        output.record_change(&mut diagnostics);
        recorded.iter().try_for_each(|release| publish::record(release, &output, &mut diagnostics))?;
        removal.apply()?;
        // The oldest first: if the run is killed, the successor of each remaining release still exists.
        release_files.iter().try_for_each(|file| removal::remove(file))?;
    }
    report.files = removal.files.into_iter().map(|file| file.name).collect();
    report.warnings = diagnostics.remarks.warnings;
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// Retains all releases, because each release may have been current until another program changed the manifest.
fn keep_all(
    history: &ReleaseHistory,
    kept: &mut BTreeSet<u64>,
    out: &Path,
    cause: Cause,
    diagnostics: &mut Diagnostics,
) {
    let old = history.releases.len() - kept.len();
    if old > 0 {
        let (change, are) = (describe(cause, out), if old == 1 { "release is" } else { "releases are" });
        let message =
            format!("{change}; each release may have been current until then, so {old} old {are} kept");
        diagnostics.warn(ErrorKind::Manifest, message);
    }
    kept.extend(history.releases.iter().map(|release| release.number));
}

fn describe(cause: Cause, out: &Path) -> String {
    let [manifest, record] = [MANIFEST_NAME, manifest_times::FILE].map(|name| out.join(name));
    let [manifest, record] = [&manifest, &record].map(|file| quoted(file.display()));
    match cause {
        Cause::Written => {
            format!("{manifest} was written or moved by something other than `collect` and `clean`")
        }
        Cause::Attributes => format!("{manifest} was moved, or its owner, mode or links were changed"),
        Cause::Unrecorded => {
            format!("{record} was missing or damaged, so it is unknown whether {manifest} was changed")
        }
        Cause::KeptFrom => format!(
            "in the directory of `collect --keep-from`, an older release was restored, or \
             `{MANIFEST_NAME}` was changed by something other than `collect` and `clean`"
        ),
    }
}

fn no_manifest(out: &Path) -> Problem {
    let advice = "the current release is unknown, so nothing is removed; restore the file, or run `fingerpost collect` again";
    let file = out.join(MANIFEST_NAME);
    Problem::new(ErrorKind::Manifest, format!("{} does not exist; {advice}", quoted(file.display())))
}

fn sizes(files: &[PathBuf]) -> impl Iterator<Item = u64> {
    files.iter().filter_map(|file| Some(fs::symlink_metadata(file).ok()?.len()))
}
