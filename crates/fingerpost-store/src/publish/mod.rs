//! Publishes the current release of an output directory to a bucket.

pub(crate) mod adopt;
pub(crate) mod numbered;
pub(crate) mod originals;
pub(crate) mod publish_config;
pub(crate) mod report;
pub(crate) mod upload;

use std::time::Instant;

use fingerpost::{__private::files_of, manifest::Manifest};

use self::{
    adopt::adopt,
    numbered::{Numbered, publish_manifest},
    publish_config::PublishConfig,
    report::PublishReport,
    upload::Upload,
};
use crate::{
    error::Error,
    lease::Lease,
    local_release::LocalRelease,
    objects::{Listing, SharedObjects},
    progress::{Progress, Steps},
    remote::{self, Remote, has_file},
    write_options::{WriteOptions, acquire, release},
};

/// Publishes the current release of an output directory to a bucket.
///
/// Missing files are uploaded first, then the release file, and the manifest last. If the run is interrupted, the manifest in
/// the bucket still names only files that exist. The numbers of releases in the bucket are independent of the output
/// directory. If the bucket has the release already, nothing is written.
///
/// Unless [`Bucket::wait`](crate::Bucket::wait) is `false`, the run waits while another run writes to the bucket. A
/// published file is never overwritten: for files of earlier releases, the release uses the variants and deltas in the
/// bucket.
///
/// ```
/// # let dist = tempfile::tempdir()?;
/// # std::fs::write(dist.path().join("app.7c98040a5416.css"), "body{}")?;
/// # std::fs::write(dist.path().join("staticfiles.json"), br#"{"version": "1.1", "paths": {"app.css": "app.7c98040a5416.css"}}"#)?;
/// use fingerpost_store::{Bucket, PublishConfig, publish};
///
/// let config = PublishConfig::new(dist.path(), Bucket::in_memory());
/// let report = publish(&config)?;
/// assert_eq!((report.release, report.uploaded), (Some(1), 1));
/// assert_eq!(publish(&config)?.release, None); // nothing has changed
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Same as [`publish_with`].
pub fn publish(config: &PublishConfig) -> Result<PublishReport, Error> {
    publish_with(config, &())
}

/// Publishes like [`publish`], and reports to `progress`.
///
/// # Errors
///
/// - [`ErrorKind::Manifest`](crate::ErrorKind::Manifest) if a manifest is missing or damaged.
/// - [`ErrorKind::File`](crate::ErrorKind::File) if a file to upload is missing or damaged.
/// - [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if the bucket has other bytes under a published name.
/// - [`ErrorKind::Locked`](crate::ErrorKind::Locked) if another run has taken over the lock, or if another run holds the lock
///   and [`wait`](crate::Bucket::wait) is `false`.
/// - [`ErrorKind::Unconditional`](crate::ErrorKind::Unconditional) if the store ignores conditions on writes.
/// - [`ErrorKind::Credentials`](crate::ErrorKind::Credentials),
///   [`ErrorKind::BucketNotFound`](crate::ErrorKind::BucketNotFound),
///   [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) and [`ErrorKind::Store`](crate::ErrorKind::Store).
pub fn publish_with(config: &PublishConfig, progress: &dyn Progress) -> Result<PublishReport, Error> {
    let started = Instant::now();
    let local = LocalRelease::read(&config.out)?;
    let (objects, options) = (config.bucket.objects.clone(), config.write());
    let run = |steps| async move { run(&local, &objects, options, &steps).await };
    let report = config.bucket.runtime.run_with(run, progress)?;
    Ok(PublishReport { dry_run: options.dry_run, seconds: started.elapsed().as_secs_f64(), ..report })
}

async fn run(
    local: &LocalRelease,
    objects: &SharedObjects,
    options: WriteOptions,
    steps: &Steps,
) -> Result<PublishReport, Error> {
    if let Some(report) = unchanged(local, objects, options).await? {
        return Ok(report);
    }
    let lease = acquire(objects, "publish", options, steps).await?;
    let result = publish_files(local, objects, lease.as_ref(), options, steps).await;
    release(lease).await;
    result
}

/// Returns a report if the bucket has the release and all files of the release. Needs no lock, because the function writes
/// nothing.
async fn unchanged(
    local: &LocalRelease,
    objects: &SharedObjects,
    options: WriteOptions,
) -> Result<Option<PublishReport>, Error> {
    let Some(current) = remote::current(objects).await? else { return Ok(None) };
    if !has_same_paths(&local.manifest, &current.manifest) {
        return Ok(None);
    }
    let listing = objects.list("").await?;
    let manifest = adopt(&local.manifest, [&current.manifest].into_iter(), &listing, &mut Vec::new())?;
    if manifest != current.manifest || !is_complete(&manifest, &listing) {
        return Ok(None);
    }
    let Some(&newest) = remote::numbers(&listing).last() else { return Ok(None) };
    let is_newest = remote::release(objects, newest).await?.is_ok_and(|release| release.manifest == manifest);
    let published = [&current.manifest].into_iter();
    let is_newest = is_newest
        && originals::plan(&manifest, local, published, &listing, objects, options.single_writer)
            .await?
            .is_empty();
    Ok(is_newest.then(|| report(&manifest, Numbered::default())))
}

fn has_same_paths(local: &Manifest, published: &Manifest) -> bool {
    local.len() == published.len()
        && local
            .iter()
            .zip(published)
            .all(|(local, published)| (local.0, &local.1.hashed) == (published.0, &published.1.hashed))
}

/// Returns `true` if the bucket has every file of the manifest with the right size.
fn is_complete(manifest: &Manifest, listing: &Listing) -> bool {
    let mut files = manifest.iter().flat_map(|(_, entry)| files_of(entry));
    files.all(|(name, content)| has_file(listing, &name, content))
}

async fn publish_files(
    local: &LocalRelease,
    objects: &SharedObjects,
    lease: Option<&Lease>,
    options: WriteOptions,
    steps: &Steps,
) -> Result<PublishReport, Error> {
    let remote = Remote::read(objects).await?;
    let mut warnings: Vec<_> =
        remote.unreadable.iter().map(|reason| format!("{reason}; this release is skipped")).collect();
    let manifest = adopt(&local.manifest, remote.manifests(), &remote.listing, &mut warnings)?;
    let files = upload::files(&manifest, &local.dir, objects).await?;
    let uploads = upload::plan(files, &remote, objects, options.single_writer).await?;
    let originals = originals::plan(
        &manifest,
        local,
        remote.manifests(),
        &remote.listing,
        objects,
        options.single_writer,
    )
    .await?;
    warnings.extend(originals::outdated_warning(&manifest, local, &remote.listing));
    originals::check_names(&originals, &manifest, &remote, "rename the asset")?;
    upload::check_files(uploads.iter().chain(&originals.uploads))?;
    let (uploaded, bytes, plain) = (uploads.len(), upload::bytes(&uploads), originals.uploads.len());
    if !options.dry_run {
        upload::announce(&[&uploads, &originals.uploads], steps);
        let (created, replaced): (Vec<_>, _) =
            uploads.into_iter().partition(|upload: &Upload| !upload.replaces);
        upload::upload(created, objects, steps).await?;
        upload::replace(replaced, objects, lease, steps).await?;
        originals.write(objects, lease, steps).await?;
    }
    let numbered = publish_manifest(&manifest, &local.references, remote, (objects, lease), options).await?;
    warnings.extend(numbered.superseded_by.map(superseded));
    let report = report(&manifest, numbered);
    let skipped = report.objects - uploaded;
    Ok(PublishReport { uploaded, bytes, skipped, originals: plain, warnings, ..report })
}

/// Returns the warning for a run whose release is not current, because release `later` superseded it.
pub(crate) fn superseded(later: u64) -> String {
    format!("another run published release {later} in the meantime, which is current")
}

fn report(manifest: &Manifest, numbered: Numbered) -> PublishReport {
    let objects = manifest.iter().flat_map(|(_, entry)| files_of(entry)).map(|(name, _)| name);
    let objects = objects.collect::<std::collections::HashSet<_>>().len();
    PublishReport {
        release: numbered.release,
        superseded_by: numbered.superseded_by,
        recorded: numbered.recorded,
        files: manifest.len(),
        objects,
        skipped: objects,
        hash: manifest.hash().unwrap_or_default(),
        ..PublishReport::default()
    }
}
