//! Writes a release and the manifest.

use std::{collections::BTreeMap, time::Duration};

use fingerpost::manifest::{MANIFEST_NAME, Manifest, Release};

use crate::{
    attributes,
    error::Error,
    lease::Lease,
    objects::{Objects, Put, create, update},
    remote::{CurrentManifest, Remote, release_name},
    write_options::{WriteOptions, time},
};

/// The release numbers of a publication.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Numbered {
    pub(crate) release: Option<u64>,
    pub(crate) replaced: Option<u64>,
    pub(crate) recorded: Option<u64>,
    pub(crate) superseded_by: Option<u64>,
}

/// Writes a new release, and then the manifest. All files of the manifest must be in the bucket.
///
/// If another run has used the number, tries the next number. If another run publishes a later release in the meantime, leaves
/// the manifest unchanged.
pub(crate) async fn publish_manifest(
    manifest: &Manifest,
    references: &BTreeMap<String, Vec<String>>,
    mut remote: Remote,
    (objects, lease): (&Objects, Option<&Lease>),
    options: WriteOptions,
) -> Result<Numbered, Error> {
    let numbered = loop {
        let (releases, numbered) = number(manifest, references, &remote, time(lease))?;
        if options.dry_run {
            return Ok(numbered);
        }
        if let Some(lease) = lease {
            lease.check().await?;
        }
        if write_releases(&releases, objects, options.single_writer).await? {
            break numbered;
        }
        remote = Remote::read(objects).await?;
    };
    if remote.manifest() == Some(manifest) {
        return Ok(numbered);
    }
    let superseded_by =
        write_manifest(manifest, numbered.release, remote.current, objects, lease, options).await?;
    Ok(Numbered { superseded_by, ..numbered })
}

/// Returns the releases to write: if necessary, a release that records the current manifest, and then the new release.
fn number(
    manifest: &Manifest,
    references: &BTreeMap<String, Vec<String>>,
    remote: &Remote,
    now: Duration,
) -> Result<(Vec<Release>, Numbered), Error> {
    let current = remote.current_release().map(|release| release.number);
    let numbered = remote.numbering(now)?.publish(manifest, references.clone(), false)?;
    let release = numbered.added.last().map(|release| release.number);
    let replaced = release.and(numbered.recorded.or(current));
    let numbers = Numbered { release, replaced, recorded: numbered.recorded, superseded_by: None };
    Ok((numbered.added, numbers))
}

/// Writes releases. Returns `false` if another run has already used one of the numbers.
pub(crate) async fn write_releases(
    releases: &[Release],
    objects: &Objects,
    single_writer: bool,
) -> Result<bool, Error> {
    for release in releases {
        let (name, json) = (release_name(release.number), release.to_json());
        let attributes = attributes::record(&json);
        let put = objects.put(&name, json.clone().into(), create(single_writer), attributes).await?;
        // An earlier attempt may have succeeded without a response.
        let is_own =
            async || Ok::<_, Error>(objects.get(&name).await?.is_some_and(|object| object.bytes == json));
        if matches!(put, Put::Refused) && !is_own().await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Replaces the manifest. If another run has published a later release in the meantime, returns the number of that release.
async fn write_manifest(
    manifest: &Manifest,
    release: Option<u64>,
    mut current: Option<CurrentManifest>,
    objects: &Objects,
    lease: Option<&Lease>,
    options: WriteOptions,
) -> Result<Option<u64>, Error> {
    let json = manifest.to_json();
    loop {
        if let Some(lease) = lease {
            lease.check().await?;
        }
        let mode = match current {
            None => create(options.single_writer),
            Some(current) => update(options.single_writer, current.version),
        };
        let put = objects.put(MANIFEST_NAME, json.clone().into(), mode, attributes::record(&json)).await?;
        if matches!(put, Put::Written(_)) {
            return Ok(None);
        }
        let remote = Remote::read(objects).await?;
        if remote.manifest() == Some(manifest) {
            return Ok(None);
        }
        let visible = remote.current_release().map(|release| release.number);
        if visible > release {
            return Ok(visible);
        }
        current = remote.current;
    }
}
