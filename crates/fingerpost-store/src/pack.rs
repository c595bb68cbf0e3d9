//! Downloads the releases of a bucket as a pack.

use std::{
    collections::{BTreeMap, HashSet},
    fs::File,
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use fingerpost::{
    __private::{KnownContent, files_of, quoted},
    manifest::MANIFEST_NAME,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tar::{Builder, EntryType, Header};

use crate::{
    bucket::Bucket,
    error::{Error, ErrorKind},
    objects::{Objects, SharedObjects},
    remote::{CONCURRENCY, Remote, release_name},
};

/// Downloads the manifest, the releases and their files as one tar file, `pack`. Returns `false` and writes no file if the
/// bucket has no manifest, because the bucket is empty or the first publication was interrupted.
///
/// `fingerpost_collect::CollectConfig::keep_from` reads the pack, and `TarStore` of the core serves the pack. Missing and
/// damaged files of earlier releases are omitted.
///
/// ```
/// # let dist = tempfile::tempdir()?;
/// # std::fs::write(dist.path().join("app.7c98040a5416.css"), "body{}")?;
/// # std::fs::write(dist.path().join("staticfiles.json"), br#"{"version": "1.1", "paths": {"app.css": "app.7c98040a5416.css"}}"#)?;
/// use fingerpost_store::{Bucket, PublishConfig, download_pack, publish};
///
/// let bucket = Bucket::in_memory();
/// publish(&PublishConfig::new(dist.path(), bucket.clone()))?;
/// let pack = dist.path().join("previous.tar");
/// assert!(download_pack(&bucket, &pack)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// - [`ErrorKind::Manifest`] if `staticfiles.json` is damaged. Damaged releases are omitted.
/// - [`ErrorKind::File`] if a file of the current release is missing or damaged, or if the pack cannot be written.
/// - [`ErrorKind::Credentials`], [`ErrorKind::BucketNotFound`], [`ErrorKind::Unavailable`] and [`ErrorKind::Store`].
pub fn download_pack(bucket: &Bucket, pack: impl AsRef<Path>) -> Result<bool, Error> {
    let (objects, pack) = (bucket.objects.clone(), pack.as_ref().to_owned());
    bucket.runtime.run(async move { download(&objects, &pack).await })
}

async fn download(objects: &SharedObjects, pack: &Path) -> Result<bool, Error> {
    let remote = Remote::read(objects).await?;
    let Some(manifest) = &remote.current else { return Ok(false) };
    let current: HashSet<_> = manifest.manifest.iter().flat_map(|(_, entry)| files_of(entry)).collect();
    let mut tar = PackWriter::create(pack)?;
    let contents = stream::iter(files(&remote)).map(|(name, known)| {
        let is_required = current.contains(&(name.clone(), known));
        read(objects, name, known, is_required)
    });
    let mut contents = contents.buffered(CONCURRENCY);
    while let Some((name, bytes)) = contents.try_next().await? {
        if let Some(bytes) = bytes {
            tar.add(&name, &bytes)?;
        }
    }
    // Another run may have replaced the manifest in the bucket during the download.
    tar.add(MANIFEST_NAME, &manifest.bytes)?;
    tar.finish()?;
    Ok(true)
}

/// Returns the files of all releases by name, and the release files.
fn files(remote: &Remote) -> BTreeMap<String, KnownContent> {
    let files = remote.manifests().flatten().flat_map(|(_, entry)| files_of(entry));
    let records = remote.releases.iter().map(|release| (release_name(release.number), None));
    files.chain(records).collect()
}

async fn read(
    objects: &Objects,
    name: String,
    known: KnownContent,
    is_required: bool,
) -> Result<(String, Option<Bytes>), Error> {
    match objects.get_intact(&name, known).await {
        Ok(bytes) => Ok((name, Some(bytes))),
        Err(err) if err.kind() == ErrorKind::File && !is_required => Ok((name, None)),
        Err(err) if err.kind() == ErrorKind::File => {
            let advice = "run the command again, or publish again to upload the file";
            Err(Error::new(ErrorKind::File, format!("{err}, which the current release lists; {advice}")))
        }
        Err(err) => Err(err),
    }
}

struct PackWriter {
    tar: Builder<BufWriter<File>>,
    path: PathBuf,
}

impl PackWriter {
    fn create(path: &Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(|err| unwritable(path, &err))?;
        Ok(Self { tar: Builder::new(BufWriter::new(file)), path: path.to_owned() })
    }

    fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        self.tar.append_data(&mut header, name, bytes).map_err(|err| unwritable(&self.path, &err))
    }

    fn finish(self) -> Result<(), Error> {
        let written = self.tar.into_inner().and_then(|mut file| file.flush());
        written.map_err(|err| unwritable(&self.path, &err))
    }
}

fn unwritable(path: &Path, err: &io::Error) -> Error {
    Error::new(ErrorKind::File, format!("cannot write {}: {err}", quoted(path.display())))
}
