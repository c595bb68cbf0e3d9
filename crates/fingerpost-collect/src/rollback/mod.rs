//! Publishes an earlier release again.

mod originals;
pub(crate) mod report;
pub(crate) mod rollback_config;
mod target;

use std::{path::Path, time::Instant};

use fingerpost::{
    __private::{Clock, KnownContent, Numbering, base_path_warning, files_of, now, quoted},
    DirStore,
    manifest::Release,
};

use self::{originals::Originals, report::RollbackReport, rollback_config::RollbackConfig, target::Target};
use crate::{
    diagnostics::{Diagnostic, Diagnostics, Error, ErrorKind, Problem},
    output::{Output, existing::open_existing, history::History, published_files::PublishedFiles},
    pipeline::publish::{StagedRecords, record_current},
    progress::Progress,
};

/// Publishes a retained release again, under a new number. The source files are not needed.
///
/// The default is the release that the current release replaced, so that a second call undoes the first call. If a file
/// of the release is missing or damaged, nothing is published. A killed run leaves the old manifest and all its files
/// intact. Running servers use the new release after a restart or [`Assets::reload`](fingerpost::Assets::reload).
///
/// By default, `rollback` waits while another run holds the lock of the output directory. [`rollback_with`] reports the
/// other run.
///
/// ```
/// # let site = tempfile::tempdir()?;
/// # let (source, out) = (site.path().join("static"), site.path().join("dist"));
/// # std::fs::create_dir(&source)?;
/// use fingerpost::Assets;
/// use fingerpost_collect::{CollectConfig, RollbackConfig, collect, rollback};
///
/// for content in ["body{}", "broken"] {
///     std::fs::write(source.join("app.css"), content)?;
///     collect(&CollectConfig::new(&out).source(&source))?;
/// }
/// let report = rollback(&RollbackConfig::new(&out))?;
/// assert_eq!((report.release, report.restored, report.replaced), (Some(3), 1, Some(2)));
/// assert_eq!(Assets::production(&out)?.url("app.css")?, "/static/app.7c98040a5416.css");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// - [`ErrorKind::Config`] for invalid settings.
/// - [`ErrorKind::Release`] if the release does not exist, or if the release that the current release replaced is not known.
///   The message lists the numbers of all releases.
/// - [`ErrorKind::File`] for each missing or damaged file of the release.
/// - [`ErrorKind::Clash`] if a plain name is the name of another file.
/// - [`ErrorKind::Manifest`] if `staticfiles.json` is damaged.
/// - [`ErrorKind::Output`] if the directory cannot be read or written.
/// - [`ErrorKind::Locked`] if another run holds the lock and [`wait`](RollbackConfig::wait) is `false`.
pub fn rollback(config: &RollbackConfig) -> Result<RollbackReport, Error> {
    rollback_with(config, &())
}

/// Rolls back like [`rollback`]. Reports to `progress` if the run has to wait for the lock.
///
/// # Errors
///
/// Same as [`rollback`].
pub fn rollback_with(config: &RollbackConfig, progress: &dyn Progress) -> Result<RollbackReport, Error> {
    let started = Instant::now();
    let out = config.output_dir()?;
    let mut output = open_existing(&out, !config.without_waiting, config.dry_run, progress)?;
    output.published = PublishedFiles::read(&out, false, Clock::default());
    let mut diagnostics = Diagnostics::default();
    match publish_again(config, &out, &output, &mut diagnostics) {
        Ok(report) => {
            let (warnings, seconds) = (diagnostics.remarks.warnings, started.elapsed().as_secs_f64());
            Ok(RollbackReport { warnings, seconds, ..report })
        }
        Err(err) => Err(err.with(diagnostics.remarks)),
    }
}

fn publish_again(
    config: &RollbackConfig,
    out: &Path,
    output: &Output,
    diagnostics: &mut Diagnostics,
) -> Result<RollbackReport, Error> {
    let store = DirStore::new(out);
    let history = History::read(&store, out)?;
    let Target { release, current } = Target::choose(&history, config.number, diagnostics)?;
    let Release { number, ref manifest, .. } = release;
    verify_files(&release, out, output, diagnostics)?;
    let warning = base_path_warning(&release, history.manifest());
    warning.into_iter().for_each(|warning| diagnostics.warn(ErrorKind::Manifest, warning));
    let originals = Originals::plan(&release, history.manifest(), output, config.wants_originals());
    let staged = originals.stage((out, number), output, diagnostics)?;

    let mut numbering = Numbering::new(&history.numbers, Vec::new(), now());
    record_current(&mut numbering, &history, diagnostics)?;
    let edit = output.change.edit;
    let releases = numbering.publish(manifest, release.references.clone(), edit.is_some())?;
    let edit = edit.filter(|_| releases.added.is_empty());
    let records = StagedRecords::stage(&releases, manifest, edit, &history, output)?;
    output.record_change(diagnostics);
    originals.remove_stale(output)?;
    output.publish(staged)?;
    records.publish(output, diagnostics)?;

    let new = releases.added.last().map(|release| release.number);
    Ok(RollbackReport {
        release: new,
        restored: number,
        replaced: new.and(releases.recorded.or(current)),
        recorded: releases.recorded,
        files: manifest.len(),
        originals: originals.len(),
        hash: manifest.hash().unwrap_or_default(),
        dry_run: config.dry_run,
        ..RollbackReport::default()
    })
}

/// Reports every missing or damaged file of the release.
fn verify_files(
    release: &Release,
    out: &Path,
    output: &Output,
    diagnostics: &mut Diagnostics,
) -> Result<(), Error> {
    let files = release.manifest.iter().flat_map(|(_, entry)| files_of(entry)).collect();
    diagnostics.take_all(files, |(name, known)| verify(&name, known, (out, release.number), output))?;
    diagnostics.check()
}

fn verify(
    name: &str,
    known: KnownContent,
    (out, number): (&Path, u64),
    output: &Output,
) -> Result<(), Diagnostic> {
    let is_there = match known {
        Some((size, sha256)) => output.has(name, size, &sha256),
        None => output.has_any(name),
    };
    if is_there {
        return Ok(());
    }
    let state = if output.has_any(name) { "damaged" } else { "missing" };
    let file = out.join(name);
    let message = format!("file {} of release {number} is {state}", quoted(file.display()));
    Err(Problem::new(ErrorKind::File, message).into())
}
