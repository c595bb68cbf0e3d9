//! Uploads the files that are missing or damaged in the bucket.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use fingerpost::{
    __private::{files_of, quoted},
    manifest::{Digest, Manifest},
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{Attributes, PutMode};
use sha2::Digest as _;
use tokio::task::spawn_blocking;

use super::adopt::{names, published_files};
use crate::{
    attributes,
    error::{Error, ErrorKind},
    lease::Lease,
    objects::{Comparison, Objects, Put, SharedObjects, create, update},
    progress::{ProgressStep, Steps},
    remote::{CONCURRENCY, Remote},
};

/// Larger files are uploaded in parts of this size.
const PART: u64 = 8 * 1024 * 1024;

/// An object to publish, with its content.
#[derive(Debug, Clone)]
pub(super) struct PublishedFile {
    pub(super) name: String,
    pub(super) source: Source,
    pub(super) size: u64,
    pub(super) sha256: Digest,
    pub(super) attributes: Attributes,
}

/// The origin of the bytes of an object.
#[derive(Debug, Clone)]
pub(super) enum Source {
    File(PathBuf),
    /// Another object of the bucket, which has the same bytes.
    Object(String),
}

/// An upload, and the condition of the write.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(super) file: PublishedFile,
    pub(super) mode: PutMode,
    /// `true` if the upload replaces an object.
    pub(super) replaces: bool,
}

/// Returns all files of a manifest by name: the assets and their variants.
pub(super) async fn files(
    manifest: &Manifest,
    dir: &Path,
    objects: &Objects,
) -> Result<BTreeMap<String, PublishedFile>, Error> {
    let mut files = BTreeMap::new();
    for (_, entry) in manifest {
        for (name, content) in files_of(entry) {
            let file = dir.join(&name);
            // Manifests of other programs have no sizes.
            let (size, sha256) = match content {
                Some(content) => content,
                None => digest_of(&file).await?,
            };
            let attributes = attributes::hashed(&entry.hashed, &name, &sha256, objects.provider());
            let source = Source::File(file);
            files.insert(name.clone(), PublishedFile { name, source, size, sha256, attributes });
        }
    }
    Ok(files)
}

/// Returns the uploads of the files that are missing or damaged in the bucket.
pub(super) async fn plan(
    files: BTreeMap<String, PublishedFile>,
    remote: &Remote,
    objects: &Objects,
    single_writer: bool,
) -> Result<Vec<Upload>, Error> {
    let published = published_files(remote);
    let mut uploads = Vec::new();
    let mut doubtful = Vec::new();
    for (name, file) in files {
        let content = Some((file.size, file.sha256));
        match (remote.listing.get(&name), published.get(&name)) {
            (None, _) => uploads.push(Upload { file, mode: create(single_writer), replaces: false }),
            (Some(&size), Some(known)) if size == file.size && (*known == content || known.is_none()) => {}
            (Some(_), Some(known)) if *known != content && known.is_some() => {
                return Err(conflict(&name, "a release in the bucket lists", ""));
            }
            // An interrupted run wrote the object, or the object is damaged.
            (Some(_), known) => doubtful.push((file, known.is_some())),
        }
    }
    let checked = stream::iter(doubtful).map(async |(file, is_published)| {
        match objects.compare(&file.name, &file.sha256).await? {
            Comparison::Same => Ok(None),
            Comparison::Different(_) if !is_published && !remote.unreadable.is_empty() => {
                let reasons = remote.unreadable.join("; ");
                let advice = "restore the release file, or delete it if no page uses the release";
                Err(conflict(&file.name, "an unreadable release may list", &format!(": {reasons}; {advice}")))
            }
            Comparison::Different(version) => {
                Ok(Some(Upload { file, mode: update(single_writer, version), replaces: true }))
            }
            Comparison::Missing => Ok(Some(Upload { file, mode: create(single_writer), replaces: false })),
        }
    });
    let checked: Vec<_> = checked.buffer_unordered(CONCURRENCY).try_collect().await?;
    uploads.extend(checked.into_iter().flatten());
    Ok(uploads)
}

fn conflict(name: &str, owner: &str, details: &str) -> Error {
    let message = format!("the bucket has other bytes under {}, which {owner}{details}", quoted(name));
    Error::new(ErrorKind::Conflict, message)
}

/// Fails if a file to upload is missing or has another size.
pub(super) fn check_files<'a>(uploads: impl Iterator<Item = &'a Upload>) -> Result<(), Error> {
    let wrong = |Upload { file, .. }: &Upload| match &file.source {
        Source::File(path) if fs::metadata(path).is_ok_and(|metadata| metadata.len() == file.size) => None,
        Source::File(path) => Some(quoted(path.display())),
        Source::Object(_) => None,
    };
    let wrong: Vec<_> = uploads.filter_map(wrong).collect();
    if wrong.is_empty() { Ok(()) } else { Err(damaged(wrong)) }
}

/// Returns the total size of the uploads.
pub(super) fn bytes(uploads: &[Upload]) -> u64 {
    uploads.iter().map(|upload| upload.file.size).sum()
}

/// Reports the number and the total size of all uploads, if there are any.
pub(crate) fn announce(batches: &[&Vec<Upload>], steps: &Steps) {
    let count = batches.iter().map(|batch| batch.len()).sum();
    let bytes = batches.iter().map(|batch| bytes(batch)).sum();
    if count > 0 {
        steps.send(ProgressStep::Uploading(count, bytes));
    }
}

/// Replaces objects. Fails if another run has taken over the lock.
pub(crate) async fn replace(
    uploads: Vec<Upload>,
    objects: &SharedObjects,
    lease: Option<&Lease>,
    steps: &Steps,
) -> Result<(), Error> {
    if let Some(lease) = lease.filter(|_| !uploads.is_empty()) {
        lease.check().await?;
    }
    upload(uploads, objects, steps).await
}

/// Uploads all files, several at the same time.
pub(super) async fn upload(
    uploads: Vec<Upload>,
    objects: &SharedObjects,
    steps: &Steps,
) -> Result<(), Error> {
    let uploads = stream::iter(uploads).map(async |upload: Upload| {
        let size = upload.file.size;
        upload_file(upload, objects).await?;
        steps.send(ProgressStep::Uploaded(size));
        Ok(())
    });
    uploads.buffer_unordered(CONCURRENCY).try_collect().await
}

async fn upload_file(Upload { file, mode, .. }: Upload, objects: &SharedObjects) -> Result<(), Error> {
    let is_written = match &file.source {
        Source::File(path) if file.size > PART => upload_parts(&file, path, &mode, objects).await?,
        source => {
            let bytes = match source {
                Source::File(path) => read(path, &file).await?,
                Source::Object(name) => objects.get_intact(name, Some((file.size, file.sha256))).await?,
            };
            let put = objects.put(&file.name, bytes, mode, file.attributes.clone()).await?;
            matches!(put, Put::Written(_))
        }
    };
    // An earlier attempt may have succeeded without a response, or another run may have uploaded the same file.
    if is_written || objects.has_digest(&file.name, &file.sha256).await? {
        return Ok(());
    }
    let message = format!("another run wrote other bytes to {}", quoted(objects.url_of(&file.name)));
    Err(Error::new(ErrorKind::Conflict, message))
}

async fn read(path: &Path, file: &PublishedFile) -> Result<Bytes, Error> {
    let opened = path.to_owned();
    let bytes = blocking(move || fs::read(opened)).await.map_err(|err| unreadable(path, &err))?;
    let is_intact = (bytes.len() as u64, Digest::from_content(&bytes)) == (file.size, file.sha256);
    if is_intact { Ok(bytes.into()) } else { Err(damaged(vec![quoted(path.display())])) }
}

/// Uploads a large file in parts. The object appears after the last part. Returns `false` and writes no object if the condition
/// is false.
async fn upload_parts(
    file: &PublishedFile,
    path: &Path,
    mode: &PutMode,
    objects: &SharedObjects,
) -> Result<bool, Error> {
    let opened = path.to_owned();
    let mut source = blocking(move || File::open(opened)).await.map_err(|err| unreadable(path, &err))?;
    let mut upload = objects.start_upload(&file.name, file.attributes.clone()).await?;
    let (mut hasher, mut size) = (sha2::Sha256::new(), 0);
    let result = loop {
        let (handle, part) = match blocking(move || read_part(source)).await {
            Ok(read) => read,
            Err(err) => break Err(unreadable(path, &err)),
        };
        source = handle;
        if part.is_empty() {
            let sha256 = Digest::from(<[u8; 32]>::from(hasher.finalize()));
            break if (size, sha256) == (file.size, file.sha256) {
                Ok(())
            } else {
                Err(damaged(vec![quoted(path.display())]))
            };
        }
        hasher.update(&part);
        size += part.len() as u64;
        let length = part.len() as u64;
        let sent = objects.timed("write", &file.name, length, upload.put_part(part.into())).await;
        if let Err(err) = sent {
            break Err(err);
        }
    };
    let result = match result {
        Ok(()) => objects.is_true(mode, &file.name).await,
        Err(err) => Err(err),
    };
    match result {
        Ok(true) => {
            let completed = objects.timed("write", &file.name, file.size, upload.complete()).await;
            completed.map(|_| true)
        }
        result => {
            // After a failed deletion, a lifecycle rule of the bucket can delete the incomplete upload.
            let _ = objects.timed("delete", &file.name, 0, upload.abort()).await;
            result
        }
    }
}

fn read_part(mut source: File) -> io::Result<(File, Bytes)> {
    let mut part = Vec::with_capacity(PART as usize);
    Read::by_ref(&mut source).take(PART).read_to_end(&mut part)?;
    Ok((source, part.into()))
}

async fn blocking<T: Send + 'static>(task: impl FnOnce() -> T + Send + 'static) -> T {
    spawn_blocking(task).await.expect("reading a file does not panic")
}

pub(super) async fn digest_of(file: &Path) -> Result<(u64, Digest), Error> {
    let path = file.to_owned();
    let read = blocking(move || File::open(path).and_then(Digest::from_reader)).await;
    read.map(|(sha256, size)| (size, sha256)).map_err(|err| unreadable(file, &err))
}

fn unreadable(file: &Path, err: &io::Error) -> Error {
    Error::new(ErrorKind::File, format!("cannot read {}: {err}", quoted(file.display())))
}

fn damaged(files: Vec<String>) -> Error {
    let advice = "run `fingerpost collect --verify` to write the files again";
    Error::new(ErrorKind::File, format!("missing or damaged: {}; {advice}", names(files)))
}
