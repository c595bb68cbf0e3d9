//! The objects under plain names, such as `collect --originals` writes. They have the bytes of the current release.

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
    upload::{PublishedFile, Source, Upload, digest_of},
};
use crate::{
    attributes,
    error::{Error, ErrorKind},
    local_release::LocalRelease,
    objects::{Listing, Objects},
    provider::Provider,
    remote::{CONCURRENCY, Remote},
};

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

/// Returns the uploads for the plain names of an output directory, except objects that have the right bytes already.
/// `manifest` is the manifest to publish.
pub(super) async fn plan(
    manifest: &Manifest,
    local: &LocalRelease,
    listing: &Listing,
    objects: &Objects,
) -> Result<Vec<Upload>, Error> {
    let candidates = manifest.iter().filter_map(|(path, entry)| {
        let (info, file) = (own_info(path, entry)?, local.dir.join(path.as_str()));
        let files =
            has_size(&file, info.size).then(|| plain_files(path, entry, Some(local), objects.provider()))?;
        Some(Candidate { files, condition: Condition::File(file, (info.size, info.sha256)) })
    });
    uploads(candidates.collect(), listing, objects).await
}

/// Returns the uploads for the plain names in a bucket when `target` is published again. `wanted` is the setting, or `None` if
/// unset: then, the plain names with the bytes of the current release get the bytes of `target`, or all plain names if every
/// asset of the current release has a plain name.
pub(crate) async fn plan_again(
    target: &Manifest,
    remote: &Remote,
    wanted: Option<bool>,
    objects: &Objects,
) -> Result<Vec<Upload>, Error> {
    if wanted == Some(false) {
        return Ok(Vec::new());
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
    uploads(candidates.collect(), &remote.listing, objects).await
}

/// Fails if a plain name is the name of a published file, which must not change.
pub(crate) fn check_names(originals: &[Upload], manifest: &Manifest, remote: &Remote) -> Result<(), Error> {
    let known = published_files(remote);
    let own: HashSet<_> =
        manifest.iter().flat_map(|(_, entry)| files_of(entry)).map(|(name, _)| name).collect();
    let mut names = originals.iter().map(|upload| &upload.file.name);
    match names.find(|name| known.contains_key(*name) || own.contains(*name)) {
        None => Ok(()),
        Some(name) => {
            let message =
                format!("plain name {} is the name of a published file; rename the asset", quoted(name));
            Err(Error::new(ErrorKind::Conflict, message))
        }
    }
}

/// Returns the info of an asset whose plain name is no published or reserved name.
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

async fn uploads(
    candidates: Vec<Candidate>,
    listing: &Listing,
    objects: &Objects,
) -> Result<Vec<Upload>, Error> {
    let uploads = stream::iter(candidates).map(|candidate| candidate.uploads(listing, objects));
    let uploads: Vec<_> = uploads.buffered(CONCURRENCY).try_collect().await?;
    Ok(uploads.concat())
}

impl Candidate {
    /// Returns the uploads of the files whose objects are missing or have other bytes.
    async fn uploads(self, listing: &Listing, objects: &Objects) -> Result<Vec<Upload>, Error> {
        let mut changed = Vec::new();
        for file in self.files {
            if !has_content(&file.name, (file.size, file.sha256), listing, objects).await? {
                changed.push(Upload { file, mode: PutMode::Overwrite, replaces: true });
            }
        }
        let is_wanted = changed.is_empty()
            || match self.condition {
                Condition::None => true,
                Condition::File(file, content) => digest_of(&file).await? == content,
                Condition::Object(name, content) => has_content(&name, content, listing, objects).await?,
            };
        Ok(if is_wanted { changed } else { Vec::new() })
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
