//! Publishes an earlier release of a bucket again.

pub(crate) mod report;
pub(crate) mod rollback_config;

use std::time::Instant;

use fingerpost::{
    __private::{RollbackChoice, base_path_warning, files_of, quoted},
    manifest::Release,
};

use self::{report::RollbackReport, rollback_config::RollbackConfig};
use crate::{
    error::{Error, ErrorKind},
    lease::Lease,
    objects::SharedObjects,
    progress::{Progress, Steps},
    publish::{adopt::names, numbered::publish_manifest, originals, superseded, upload::announce},
    remote::{Remote, has_file},
    write_options::{WriteOptions, acquire, release},
};

/// Publishes a retained release of a bucket again, under a new number.
///
/// The default is the release that the current release replaced, so that a second call undoes the first call. If a file
/// of the release is missing, nothing is published.
///
/// ```
/// # let dist = tempfile::tempdir()?;
/// # let collect = |hash: &str| {
/// #     std::fs::write(dist.path().join(format!("app.{hash}.css")), "")?;
/// #     let manifest = format!(r#"{{"version": "1.1", "paths": {{"app.css": "app.{hash}.css"}}}}"#);
/// #     std::fs::write(dist.path().join("staticfiles.json"), manifest)
/// # };
/// use fingerpost_store::{Bucket, PublishConfig, RollbackConfig, publish, rollback};
///
/// let bucket = Bucket::in_memory();
/// for hash in ["7c98040a5416", "5f546eb4606b"] {
///     collect(hash)?; // writes `app.<hash>.css` and the manifest
///     publish(&PublishConfig::new(dist.path(), bucket.clone()))?;
/// }
/// let report = rollback(&RollbackConfig::new(bucket))?;
/// assert_eq!((report.release, report.restored, report.replaced), (Some(3), 1, Some(2)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Same as [`rollback_with`].
pub fn rollback(config: &RollbackConfig) -> Result<RollbackReport, Error> {
    rollback_with(config, &())
}

/// Rolls back like [`rollback`], and reports to `progress` if the run waits for the lock.
///
/// # Errors
///
/// - [`ErrorKind::Release`] if the release does not exist or is damaged, or if the release that the current release replaced
///   is not known. The message lists the numbers of all releases.
/// - [`ErrorKind::File`] if a file of the release is missing or has another size.
/// - [`ErrorKind::Manifest`] if `staticfiles.json` is damaged.
/// - [`ErrorKind::Locked`], [`ErrorKind::Unconditional`], [`ErrorKind::Credentials`], [`ErrorKind::BucketNotFound`],
///   [`ErrorKind::Unavailable`] and [`ErrorKind::Store`].
pub fn rollback_with(config: &RollbackConfig, progress: &dyn Progress) -> Result<RollbackReport, Error> {
    let started = Instant::now();
    let (objects, options) = (config.bucket.objects.clone(), config.write());
    let choice = (config.number, config.originals);
    let run = |steps| async move { run(&objects, options, choice, &steps).await };
    let report = config.bucket.runtime.run_with(run, progress)?;
    Ok(RollbackReport { dry_run: options.dry_run, seconds: started.elapsed().as_secs_f64(), ..report })
}

async fn run(
    objects: &SharedObjects,
    options: WriteOptions,
    choice: (Option<u64>, Option<bool>),
    steps: &Steps,
) -> Result<RollbackReport, Error> {
    let lease = acquire(objects, "rollback", options, steps).await?;
    let result = publish_again(objects, lease.as_ref(), options, choice, steps).await;
    release(lease).await;
    result
}

async fn publish_again(
    objects: &SharedObjects,
    lease: Option<&Lease>,
    options: WriteOptions,
    (number, wants_originals): (Option<u64>, Option<bool>),
    steps: &Steps,
) -> Result<RollbackReport, Error> {
    let remote = Remote::read(objects).await?;
    let mut warnings = Vec::new();
    let target = target(&remote, number, objects, &mut warnings)?;
    check_files(&target, &remote, objects)?;
    warnings.extend(base_path_warning(&target, remote.manifest()));
    let originals =
        originals::plan_again(&target.manifest, &remote, wants_originals, objects, options.single_writer)
            .await?;
    let advice = "run with `--originals=false` to leave all plain names as they are";
    originals::check_names(&originals, &target.manifest, &remote, advice)?;
    let plain = originals.uploads.len();
    if !options.dry_run {
        announce(&[&originals.uploads], steps);
        originals.write(objects, lease, steps).await?;
    }
    let numbered =
        publish_manifest(&target.manifest, &target.references, remote, (objects, lease), options).await?;
    warnings.extend(numbered.superseded_by.map(superseded));
    Ok(RollbackReport {
        release: numbered.release,
        superseded_by: numbered.superseded_by,
        restored: target.number,
        replaced: numbered.replaced,
        recorded: numbered.recorded,
        files: target.manifest.len(),
        originals: plain,
        hash: target.manifest.hash().unwrap_or_default(),
        warnings,
        ..RollbackReport::default()
    })
}

/// Returns the release `number`. Without a number, returns the release that the current release replaced.
fn target(
    remote: &Remote,
    number: Option<u64>,
    objects: &SharedObjects,
    warnings: &mut Vec<String>,
) -> Result<Release, Error> {
    let place = quoted(objects.place());
    if remote.numbers.is_empty() {
        let message = format!("{place} has no releases; run `fingerpost publish` to publish one");
        return Err(Error::new(ErrorKind::Release, message));
    }
    let choice = RollbackChoice {
        place: &place,
        numbers: &remote.numbers,
        current: remote.current_release(),
        state_without_release: match remote.current {
            Some(_) => "is not the manifest of any release",
            None => "does not exist",
        },
    };
    let release = choice.choose(number, |warning| warnings.push(warning)).and_then(|number| {
        let release = remote.releases.iter().find(|release| release.number == number);
        release.cloned().ok_or_else(|| format!("release {number} is damaged; name another release"))
    });
    release.map_err(|reason| Error::new(ErrorKind::Release, choice.with_releases(&reason)))
}

/// Fails if a file of the release is missing or has another size.
fn check_files(release: &Release, remote: &Remote, objects: &SharedObjects) -> Result<(), Error> {
    let files = release.manifest.iter().flat_map(|(_, entry)| files_of(entry));
    let missing = files.filter(|(name, content)| !has_file(&remote.listing, name, *content));
    let missing: Vec<_> = missing.map(|(name, _)| quoted(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let (number, place, missing) = (release.number, quoted(objects.place()), names(missing));
    let message = format!("files of release {number} are missing or damaged in {place}: {missing}");
    Err(Error::new(ErrorKind::File, message))
}
