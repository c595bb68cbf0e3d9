//! The objects under plain names, which correspond to the files of `collect --originals`. `publish` and `rollback`
//! replace these objects by the files of the release that they publish.

use std::{
    collections::HashSet,
    fs, iter,
    path::{Path, PathBuf},
};

use fingerpost::{
    __private::{files_of, quoted, reserved, variant_names},
    AssetPath,
    manifest::{Digest, Entry, FileInfo, Manifest},
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::PutMode;

use super::{
    adopt::published_files,
    upload::{PublishedFile, Source, Upload, digest_of, replace},
};
use crate::{
    attributes,
    error::{Error, ErrorKind},
    lease::Lease,
    local_release::LocalRelease,
    objects::{Comparison, Listing, Objects, SharedObjects, create, update},
    progress::Steps,
    provider::Provider,
    remote::{BATCH, CONCURRENCY, Remote},
};

/// The changes to the objects under plain names.
#[derive(Debug, Default)]
pub(crate) struct Originals {
    pub(crate) uploads: Vec<Upload>,
    /// Variants under plain names that do not belong to the published files. A server or proxy would send a stale variant
    /// instead of the file.
    stale: Vec<String>,
}

/// The files under the plain names of one asset, and the condition to write them.
struct Candidate {
    files: Vec<PublishedFile>,
    condition: Condition,
}

enum Condition {
    None,
    /// A local file must have this content. Another program may have written the file.
    File(PathBuf, (u64, Digest)),
    /// An object must have this content.
    Object(String, (u64, Digest)),
}

/// Returns the changes for the plain names of an output directory, except objects that have the right bytes already.
/// `manifest` is the manifest to publish, and `published` contains the manifests in the bucket.
pub(super) async fn plan<'a>(
    manifest: &'a Manifest,
    local: &LocalRelease,
    published: impl Iterator<Item = &'a Manifest>,
    listing: &Listing,
    objects: &Objects,
    single_writer: bool,
) -> Result<Originals, Error> {
    let candidates = manifest.iter().filter_map(|(path, entry)| {
        let (info, file) = (own_info(path, entry)?, local.dir.join(path.as_str()));
        let files =
            has_size(&file, info.size).then(|| plain_files(path, entry, Some(local), objects.provider()))?;
        Some(Candidate { files, condition: Condition::File(file, (info.size, info.sha256)) })
    });
    changes(candidates.collect(), published.chain([manifest]).collect(), listing, objects, single_writer)
        .await
}

/// Returns a warning if the bucket has objects under plain names, but the output directory has no files under plain names.
pub(super) fn outdated_warning(
    manifest: &Manifest,
    local: &LocalRelease,
    listing: &Listing,
) -> Option<String> {
    let mut own = manifest.iter().filter(|(path, entry)| own_info(path, entry).is_some());
    if own.clone().any(|(path, _)| local.dir.join(path.as_str()).is_file()) {
        return None;
    }
    let (path, _) = own.find(|(path, _)| listing.contains_key(path.as_str()))?;
    Some(format!(
        "the bucket has plain names such as {}, which are not updated, because the output directory has no plain names; run \
         `fingerpost collect --originals`, or delete the objects",
        quoted(path)
    ))
}

/// Returns the changes for the plain names in a bucket when `target` is published again. `wanted` is the value of
/// `RollbackConfig::originals`:
///
/// - `Some(true)`: All plain names are replaced.
/// - `Some(false)`: No plain names are replaced.
/// - `None`: All plain names are replaced if every asset of the release that is current before the rollback has a plain name
///   in the bucket. Otherwise, only the plain names with the bytes of that release are replaced.
pub(crate) async fn plan_again(
    target: &Manifest,
    remote: &Remote,
    wanted: Option<bool>,
    objects: &Objects,
    single_writer: bool,
) -> Result<Originals, Error> {
    if wanted == Some(false) {
        return Ok(Originals::default());
    }
    let current = remote.manifest();
    let all = wanted.unwrap_or_else(|| current.is_some_and(|current| has_all(current, &remote.listing)));
    let candidates = target.iter().filter_map(|(path, entry)| {
        own_info(path, entry)?;
        let before = current.and_then(|current| current.get(path));
        if before.is_some_and(|before| before.hashed == path.as_str()) {
            return None;
        }
        let condition = if all {
            Condition::None
        } else {
            let info = before?.info.as_ref()?;
            Condition::Object(path.to_string(), (info.size, info.sha256))
        };
        Some(Candidate { files: plain_files(path, entry, None, objects.provider()), condition })
    });
    let manifests = remote.manifests().chain([target]).collect();
    changes(candidates.collect(), manifests, &remote.listing, objects, single_writer).await
}

/// Fails if a plain name is the name of a published file, because a published file must not change. `advice` is the end of
/// the message.
pub(crate) fn check_names(
    originals: &Originals,
    manifest: &Manifest,
    remote: &Remote,
    advice: &str,
) -> Result<(), Error> {
    let known = published_files(remote);
    let own: HashSet<_> =
        manifest.iter().flat_map(|(_, entry)| files_of(entry)).map(|(name, _)| name).collect();
    let mut names = originals.uploads.iter().map(|upload| &upload.file.name);
    match names.find(|name| known.contains_key(*name) || own.contains(*name)) {
        None => Ok(()),
        Some(name) => {
            let message = format!("plain name {} is the name of a published file; {advice}", quoted(name));
            Err(Error::new(ErrorKind::Conflict, message))
        }
    }
}

/// Returns the info of an asset, unless the plain name is also the hashed path, or is reserved.
fn own_info<'a>(path: &AssetPath, entry: &'a Entry) -> Option<&'a FileInfo> {
    let has_own_name = entry.hashed != path.as_str() && reserved(path).is_none();
    entry.info.as_ref().filter(|_| has_own_name)
}

/// Returns the files under the plain names of an asset and its variants.
fn plain_files(
    path: &AssetPath,
    entry: &Entry,
    local: Option<&LocalRelease>,
    provider: Provider,
) -> Vec<PublishedFile> {
    let Some(info) = &entry.info else { return Vec::new() };
    let names = variant_names(path, info).zip(variant_names(&entry.hashed, info));
    let variants = names.map(|((name, variant), (hashed, _))| (name, hashed, (variant.size, variant.sha256)));
    let asset = (path.to_string(), entry.hashed.clone(), (info.size, info.sha256));
    let in_dir = |hashed: &str, content| {
        let local = local.filter(|local| local.has(path, hashed, content))?;
        Some(Source::File(local.dir.join(hashed)))
    };
    let file = |(name, hashed, content): (String, String, (u64, Digest))| {
        let source = in_dir(&hashed, content).unwrap_or(Source::Object(hashed));
        let (size, sha256) = content;
        let attributes = attributes::plain(path, &name, &sha256, provider);
        PublishedFile { name, source, size, sha256, attributes }
    };
    iter::once(asset).chain(variants).map(file).collect()
}

/// Returns the changes of the candidates whose conditions are true. `manifests` contains the manifests in the bucket
/// and the manifest to publish.
async fn changes(
    candidates: Vec<Candidate>,
    manifests: Vec<&Manifest>,
    listing: &Listing,
    objects: &Objects,
    single_writer: bool,
) -> Result<Originals, Error> {
    let wanted = stream::iter(candidates).map(|candidate| candidate.changed(listing, objects, single_writer));
    let wanted: Vec<_> = wanted.buffered(CONCURRENCY).try_collect().await?;
    let (mut names, mut uploads) = (HashSet::new(), Vec::new());
    for (candidate_names, changed) in wanted.into_iter().flatten() {
        names.extend(candidate_names);
        uploads.extend(changed);
    }
    let mut variants = HashSet::new();
    for (path, entry) in manifests.iter().copied().flatten().filter(|(path, _)| names.contains(path.as_str()))
    {
        let earlier = entry.info.iter().flat_map(|info| variant_names(path, info));
        let stale = earlier.filter(|(name, variant)| {
            !names.contains(name.as_str()) && listing.get(name) == Some(&variant.size)
        });
        variants.extend(stale.map(|(name, variant)| (name, variant.size, variant.sha256)));
    }
    if !variants.is_empty() {
        let entries = manifests.iter().copied().flatten();
        let other = entries.flat_map(|(path, entry)| {
            files_of(entry).map(|(name, _)| name).chain([path.to_string()]).collect::<Vec<_>>()
        });
        let other: HashSet<_> = other.collect();
        variants.retain(|(name, ..)| !other.contains(name));
    }
    let stale = stream::iter(variants).map(async |(name, size, sha256)| {
        Ok::<_, Error>(has_content(&name, (size, sha256), listing, objects).await?.then_some(name))
    });
    let stale: Vec<_> = stale.buffered(CONCURRENCY).try_collect().await?;
    let mut stale: Vec<_> = stale.into_iter().flatten().collect();
    stale.sort_unstable();
    Ok(Originals { uploads, stale })
}

impl Originals {
    pub(super) fn is_empty(&self) -> bool {
        self.uploads.is_empty() && self.stale.is_empty()
    }

    /// Replaces the objects under plain names, and then deletes the stale variants.
    pub(crate) async fn write(
        self,
        objects: &SharedObjects,
        lease: Option<&Lease>,
        steps: &Steps,
    ) -> Result<(), Error> {
        replace(self.uploads, objects, lease, steps).await?;
        for batch in self.stale.chunks(BATCH) {
            if let Some(lease) = lease {
                lease.check().await?;
            }
            objects.delete(batch).await?;
        }
        Ok(())
    }
}

impl Candidate {
    /// Returns the names of all files, and the uploads of the files whose objects are missing or have other bytes. Returns
    /// `None` if the condition is false.
    async fn changed(
        self,
        listing: &Listing,
        objects: &Objects,
        single_writer: bool,
    ) -> Result<Option<(Vec<String>, Vec<Upload>)>, Error> {
        let (mut names, mut changed) = (Vec::new(), Vec::new());
        for file in self.files {
            names.push(file.name.clone());
            let mode = match listing.get(&file.name) {
                None => create(single_writer),
                // A single writer needs no version, so the object is not requested.
                Some(&size) if single_writer && size != file.size => PutMode::Overwrite,
                Some(_) => match objects.compare(&file.name, &file.sha256).await? {
                    Comparison::Same => continue,
                    Comparison::Different(version) => update(single_writer, version),
                    Comparison::Missing => create(single_writer),
                },
            };
            changed.push(Upload { file, mode, replaces: true });
        }
        let is_wanted = changed.is_empty()
            || match self.condition {
                Condition::None => true,
                Condition::File(file, content) => digest_of(&file).await? == content,
                Condition::Object(name, content) => has_content(&name, content, listing, objects).await?,
            };
        Ok(is_wanted.then_some((names, changed)))
    }
}

async fn has_content(
    name: &str,
    (size, sha256): (u64, Digest),
    listing: &Listing,
    objects: &Objects,
) -> Result<bool, Error> {
    Ok(listing.get(name) == Some(&size) && objects.has_digest(name, &sha256).await?)
}

/// Returns `true` if every asset has an object under its plain name.
fn has_all(manifest: &Manifest, listing: &Listing) -> bool {
    let mut own = manifest.iter().filter(|(path, entry)| own_info(path, entry).is_some()).peekable();
    own.peek().is_some() && own.all(|(path, _)| listing.contains_key(path.as_str()))
}

fn has_size(file: &Path, size: u64) -> bool {
    fs::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.len() == size)
}
