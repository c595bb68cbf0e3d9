//! Removes old releases of a bucket.

pub(crate) mod clean_config;
pub(crate) mod report;

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use fingerpost::{
    __private::{PublishedRelease, Retention, files_of, quoted, reserved},
    manifest::{MANIFEST_NAME, Release},
};

use self::{clean_config::CleanConfig, report::CleanReport};
use crate::{
    error::{Error, ErrorKind},
    lease::Lease,
    objects::SharedObjects,
    progress::{Progress, ProgressStep, Steps},
    publish::numbered::write_releases,
    remote::{BATCH, Remote, release_name},
    write_options::{WriteOptions, acquire, release, time},
};

/// Removes old releases from a bucket, and the files that only these releases use.
///
/// A release is retained if it is current, is among the newest [`keep`](CleanConfig::keep) releases, or was replaced less
/// than [`older_than`](CleanConfig::older_than) ago. Objects outside of releases are not removed.
///
/// If the newest release differs from `staticfiles.json`, the manifest is recorded as a new release, and all earlier
/// releases count as replaced now. Unless [`Bucket::wait`](crate::Bucket::wait) is `false`, `clean` waits while another run
/// writes to the bucket.
///
/// ```
/// # let dist = tempfile::tempdir()?;
/// # let collect = |hash: &str| {
/// #     std::fs::write(dist.path().join(format!("app.{hash}.css")), "")?;
/// #     let manifest = format!(r#"{{"version": "1.1", "paths": {{"app.css": "app.{hash}.css"}}}}"#);
/// #     std::fs::write(dist.path().join("staticfiles.json"), manifest)
/// # };
/// use std::time::Duration;
/// use fingerpost_store::{Bucket, CleanConfig, PublishConfig, clean, publish};
///
/// let bucket = Bucket::in_memory();
/// for hash in ["7c98040a5416", "5f546eb4606b"] {
///     collect(hash)?; // writes `app.<hash>.css` and the manifest
///     publish(&PublishConfig::new(dist.path(), bucket.clone()))?;
/// }
/// let report = clean(&CleanConfig::new(bucket).keep(1).older_than(Duration::ZERO))?;
/// assert_eq!((report.removed, report.kept), (vec![1], vec![2]));
/// assert_eq!(report.files, ["app.7c98040a5416.css"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Same as [`clean_with`].
pub fn clean(config: &CleanConfig) -> Result<CleanReport, Error> {
    clean_with(config, &())
}

/// Cleans like [`clean`], and reports to `progress`.
///
/// # Errors
///
/// - [`ErrorKind::Manifest`] if `staticfiles.json` is missing or damaged, or if a release file is damaged. Nothing is
///   removed.
/// - [`ErrorKind::Locked`], [`ErrorKind::Unconditional`], [`ErrorKind::Credentials`], [`ErrorKind::BucketNotFound`],
///   [`ErrorKind::Unavailable`] and [`ErrorKind::Store`]. Release files are removed last, so after one of these
///   errors the next run can remove the remaining files.
pub fn clean_with(config: &CleanConfig, progress: &dyn Progress) -> Result<CleanReport, Error> {
    let started = Instant::now();
    let (objects, options, settings) = (config.bucket.objects.clone(), config.write(), config.clone());
    let run = |steps| async move { run(&objects, options, &settings, &steps).await };
    let report = config.bucket.runtime.run_with(run, progress)?;
    Ok(CleanReport { dry_run: options.dry_run, seconds: started.elapsed().as_secs_f64(), ..report })
}

async fn run(
    objects: &SharedObjects,
    options: WriteOptions,
    config: &CleanConfig,
    steps: &Steps,
) -> Result<CleanReport, Error> {
    let lease = acquire(objects, "clean", options, steps).await?;
    let retention = config.retention(time(lease.as_ref()));
    let result = remove_old(objects, lease.as_ref(), options, retention, steps).await;
    release(lease).await;
    result
}

async fn remove_old(
    objects: &SharedObjects,
    lease: Option<&Lease>,
    options: WriteOptions,
    retention: Retention,
    steps: &Steps,
) -> Result<CleanReport, Error> {
    let mut remote = Remote::read(objects).await?;
    if let Some(reason) = remote.unreadable.first() {
        let advice = "the files of this release are unknown, so nothing is removed; restore the object, or delete the object: \
                      `clean` then ignores the release and never removes the files that only this release contains";
        return Err(Error::new(ErrorKind::Manifest, format!("{reason}; {advice}")));
    }
    let recorded = recorded(&remote, objects, retention.now)?;
    let report =
        CleanReport { recorded: recorded.as_ref().map(|release| release.number), ..CleanReport::default() };
    if let Some(recorded) = &recorded
        && !options.dry_run
        && !write_releases(std::slice::from_ref(recorded), objects, options.single_writer).await?
    {
        let message = format!("another run published to {}; run the command again", quoted(objects.place()));
        return Err(Error::new(ErrorKind::Locked, message));
    }
    remote.releases.extend(recorded);
    let retained = retention.retained(&published(&remote));
    let is_kept = |release: &&Release| retained.numbers.contains(&release.number);
    let (kept, removed): (Vec<_>, Vec<_>) = remote.releases.iter().partition(is_kept);
    let files = files_to_remove(&kept, &removed, &remote);
    let numbers = |releases: &[&Release]| releases.iter().map(|release| release.number).collect::<Vec<_>>();
    let release_files: Vec<_> = removed.iter().map(|release| release_name(release.number)).collect();
    let size = |name: &String| remote.listing.get(name).copied().unwrap_or_default();
    let bytes = files.iter().chain(&release_files).map(size).sum();
    if !options.dry_run {
        delete(&files, &release_files, objects, lease, steps).await?;
    }
    let warnings = retained.warning.into_iter().collect();
    Ok(CleanReport { removed: numbers(&removed), kept: numbers(&kept), files, bytes, warnings, ..report })
}

/// Returns the release that records the current manifest, if the newest release has another manifest.
fn recorded(remote: &Remote, objects: &SharedObjects, now: Duration) -> Result<Option<Release>, Error> {
    if remote.current.is_none() {
        let file = quoted(objects.url_of(MANIFEST_NAME));
        let advice =
            "the current release is unknown, so nothing is removed; restore the object, or publish again";
        return Err(Error::new(ErrorKind::Manifest, format!("{file} does not exist; {advice}")));
    }
    Ok(remote.numbering(now)?.into_recorded())
}

fn published(remote: &Remote) -> Vec<PublishedRelease> {
    let current = remote.manifest();
    let published = |release: &Release| {
        let &Release { number, published, replaces, ref manifest, .. } = release;
        PublishedRelease { number, published, replaces, is_current: current == Some(manifest) }
    };
    remote.releases.iter().map(published).collect()
}

/// Returns the names of the existing files that only removed releases contain, sorted.
fn files_to_remove(kept: &[&Release], removed: &[&Release], remote: &Remote) -> Vec<String> {
    let names = |releases: &[&Release]| {
        let entries = releases.iter().flat_map(|release| &release.manifest);
        entries.flat_map(|(_, entry)| files_of(entry)).map(|(name, _)| name).collect::<HashSet<_>>()
    };
    let kept = names(kept);
    let is_removable =
        |name: &String| reserved(name).is_none() && !kept.contains(name) && remote.listing.contains_key(name);
    let mut files: Vec<_> = names(removed).into_iter().filter(is_removable).collect();
    files.sort_unstable();
    files
}

/// Deletes the files, and then the releases.
async fn delete(
    files: &[String],
    release_files: &[String],
    objects: &SharedObjects,
    lease: Option<&Lease>,
    steps: &Steps,
) -> Result<(), Error> {
    if !files.is_empty() || !release_files.is_empty() {
        steps.send(ProgressStep::Deleting(files.len() + release_files.len()));
    }
    // The oldest release is deleted first, so after a killed run the successor of each remaining release still exists.
    for batch in files.chunks(BATCH).chain(release_files.chunks(1)) {
        if let Some(lease) = lease {
            lease.check().await?;
        }
        objects.delete(batch).await?;
        steps.send(ProgressStep::Deleted(batch.len()));
    }
    Ok(())
}
