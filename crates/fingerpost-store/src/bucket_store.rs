use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use fingerpost::{Store, manifest::MANIFEST_NAME};

use crate::{
    bucket::Bucket,
    error::Error,
    objects::Changed,
    remote::{RELEASES, numbers},
};

/// A bucket as a [`Store`], for servers that read the manifest from the bucket.
///
/// The manifest is requested with `If-None-Match`, so an unchanged manifest is not downloaded again. A clone is cheap and
/// shares the manifest. [`ReleasePoller`](crate::ReleasePoller) reloads the assets after each new release.
///
/// The methods block the calling thread until the response has arrived. Call
/// [`AssetsBuilder::build`](fingerpost::AssetsBuilder::build) before the server starts, or on a thread that may block.
///
/// ```
/// # let dist = tempfile::tempdir()?;
/// # std::fs::write(dist.path().join("app.7c98040a5416.css"), "body{}")?;
/// # std::fs::write(dist.path().join("staticfiles.json"), br#"{"version": "1.1", "paths": {"css/app.css": "app.7c98040a5416.css"}}"#)?;
/// # let publish = |bucket: &Bucket| publish(&PublishConfig::new(dist.path(), bucket.clone()));
/// use fingerpost::{Assets, Mode};
/// use fingerpost_store::{Bucket, BucketStore, PublishConfig, publish};
///
/// let bucket = Bucket::in_memory(); // or Bucket::open("s3://assets.example.com/static")?
/// # publish(&bucket)?;
/// let assets = Assets::builder()
///     .store(BucketStore::new(&bucket))
///     .base_url("https://assets.example.com/static/")
///     .mode(Mode::Production)
///     .build()?;
/// assert_eq!(assets.url("css/app.css")?, "https://assets.example.com/static/app.7c98040a5416.css");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct BucketStore {
    bucket: Bucket,
    manifest: Arc<Mutex<Option<CachedManifest>>>,
}

#[derive(Debug, Clone)]
struct CachedManifest {
    bytes: Bytes,
    e_tag: Option<String>,
}

impl BucketStore {
    /// Creates a store for a bucket. Sends no request.
    pub fn new(bucket: &Bucket) -> Self {
        Self { bucket: bucket.clone(), manifest: Arc::default() }
    }

    /// Requests the manifest, and returns its bytes. Returns `None` if there is no manifest.
    pub(crate) fn manifest(&self) -> Result<Option<Bytes>, Error> {
        let cached = self.cached();
        let known = cached.as_ref().and_then(|cached| cached.e_tag.clone());
        match self.get(MANIFEST_NAME, known)? {
            Changed::Unchanged => Ok(cached.map(|cached| cached.bytes)),
            Changed::Missing => Ok(None),
            Changed::Object(object) => {
                let new = CachedManifest { bytes: object.bytes.clone(), e_tag: object.version.e_tag };
                *self.manifest.lock().unwrap_or_else(PoisonError::into_inner) = Some(new);
                Ok(Some(object.bytes))
            }
        }
    }

    fn cached(&self) -> Option<CachedManifest> {
        self.manifest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn get(&self, name: &str, known: Option<String>) -> Result<Changed, Error> {
        let (objects, name) = (self.bucket.objects.clone(), name.to_owned());
        self.bucket.runtime.run(async move { objects.get_if_changed(&name, known).await })
    }
}

impl Store for BucketStore {
    fn place(&self) -> String {
        self.bucket.url().to_owned()
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let bytes = match path {
            MANIFEST_NAME => self.manifest(),
            path => self.get(path, None).map(|object| match object {
                Changed::Object(object) => Some(object.bytes),
                Changed::Missing | Changed::Unchanged => None,
            }),
        };
        let bytes = bytes.map_err(io::Error::other)?;
        bytes.map(Vec::from).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        let objects = self.bucket.objects.clone();
        let listing = self.bucket.runtime.run(async move { objects.list(RELEASES).await });
        listing.map(|listing| numbers(&listing)).map_err(io::Error::other)
    }
}
