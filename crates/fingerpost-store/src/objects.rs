//! The requests to a bucket. Each request has a time limit. Error messages contain no credentials.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use fingerpost::{
    __private::{KnownContent, quoted},
    manifest::Digest,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{
    Attribute, Attributes, GetOptions, GetResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMode, PutOptions, PutPayload, UpdateVersion, path::Path,
};

use crate::{
    attributes::DIGEST,
    bucket_url::Location,
    error::{Error, ErrorKind},
    provider::Provider,
    store_error,
};

/// The minimum speed of a transfer in bytes per second. The minimum is low, because several transfers share one connection
/// to the internet.
const SLOWEST: f64 = 8. * 1024.;

/// The pause before the first repetition of a write. Each later pause is twice as long as the previous pause.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The names of all objects, with their sizes.
pub(crate) type Listing = BTreeMap<String, u64>;

#[derive(Debug)]
pub(crate) struct Objects {
    location: Location,
    time_limit: Duration,
    /// `true` after the store has refused attributes, such as the content type. A directory does not support attributes.
    without_attributes: AtomicBool,
}

/// An object with its content.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) bytes: Bytes,
    pub(crate) version: UpdateVersion,
    /// The time of the last write by the clock of the store, in milliseconds since 1970.
    pub(crate) written: i64,
}

/// The result of a conditional read.
#[derive(Debug)]
pub(crate) enum Changed {
    Unchanged,
    Object(Object),
    Missing,
}

/// The result of a comparison of an object with a digest.
#[derive(Debug)]
pub(crate) enum Comparison {
    Same,
    Different(UpdateVersion),
    Missing,
}

/// The result of a conditional write.
#[derive(Debug)]
pub(crate) enum Put {
    Written(UpdateVersion),
    /// The condition is false: the object exists already, or was changed or deleted.
    Refused,
}

impl Objects {
    pub(crate) fn new(location: Location, time_limit: Duration) -> Self {
        Self { location, time_limit, without_attributes: AtomicBool::new(false) }
    }

    pub(crate) fn place(&self) -> &str {
        &self.location.place
    }

    pub(crate) fn provider(&self) -> Provider {
        self.location.provider
    }

    /// Returns the URL of an object, for messages.
    pub(crate) fn url_of(&self, name: &str) -> String {
        format!("{}/{name}", self.location.place.trim_end_matches('/'))
    }

    /// Lists the objects in `dir`, with names relative to the prefix of the bucket.
    pub(crate) async fn list(&self, dir: &str) -> Result<Listing, Error> {
        let prefix = self.path(dir)?;
        let prefix = (!prefix.as_ref().is_empty()).then_some(prefix);
        let mut objects = self.location.store.list(prefix.as_ref());
        let mut listing = Listing::new();
        // The time limit applies to each page of the listing.
        while let Some(object) = self.timed("list", dir, 0, objects.try_next()).await? {
            let name = object.location.as_ref();
            let name = match self.location.prefix.as_ref() {
                "" => Some(name),
                prefix => name.strip_prefix(prefix).and_then(|name| name.strip_prefix('/')),
            };
            listing.extend(name.map(|name| (name.to_owned(), object.size)));
        }
        Ok(listing)
    }

    /// Reads an object. Returns `None` if the object does not exist.
    pub(crate) async fn get(&self, name: &str) -> Result<Option<Object>, Error> {
        match self.get_if_changed(name, None).await? {
            Changed::Object(object) => Ok(Some(object)),
            Changed::Missing | Changed::Unchanged => Ok(None),
        }
    }

    /// Reads an object. Returns `Changed::Unchanged` if the entity tag of the object is `known`.
    pub(crate) async fn get_if_changed(&self, name: &str, known: Option<String>) -> Result<Changed, Error> {
        let path = self.path(name)?;
        let options = GetOptions { if_none_match: known, ..GetOptions::default() };
        let response =
            self.within(self.time_limit, "read", name, self.location.store.get_opts(&path, options));
        let result = match response.await? {
            Err(object_store::Error::NotModified { .. }) => return Ok(Changed::Unchanged),
            Err(err) if self.is_missing_object(&err) => return Ok(Changed::Missing),
            result => result.map_err(|err| self.describe(&err, "read", name))?,
        };
        let version = version_of(&result.meta);
        let (written, size) = (result.meta.last_modified.timestamp_millis(), result.meta.size);
        let limit = self.limit_for(size);
        let bytes = self.within(limit, "read", name, self.body(name, result)).await??;
        Ok(Changed::Object(Object { bytes, version, written }))
    }

    /// Reads a body. Fails if no bytes arrive within the time limit.
    async fn body(&self, name: &str, result: GetResult) -> Result<Bytes, Error> {
        let mut bytes = BytesMut::with_capacity(result.meta.size.try_into().unwrap_or_default());
        let mut chunks = result.into_stream();
        while let Some(chunk) = self.timed("read", name, 0, chunks.try_next()).await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    /// Reads an object. Fails if the object is missing, or differs from the known content.
    pub(crate) async fn get_intact(&self, name: &str, known: KnownContent) -> Result<Bytes, Error> {
        let error =
            |state: &str| Error::new(ErrorKind::File, format!("{} {state}", quoted(self.url_of(name))));
        let bytes = self.get(name).await?.ok_or_else(|| error("was deleted"))?.bytes;
        let is_intact = known.is_none_or(|known| known == (bytes.len() as u64, Digest::from_content(&bytes)));
        if is_intact { Ok(bytes) } else { Err(error("is damaged")) }
    }

    /// Returns `true` if an object has this digest.
    pub(crate) async fn has_digest(&self, name: &str, sha256: &Digest) -> Result<bool, Error> {
        Ok(matches!(self.compare(name, sha256).await?, Comparison::Same))
    }

    /// Compares an object with a digest. If the object has no digest in the metadata, hashes the bytes of the object.
    pub(crate) async fn compare(&self, name: &str, sha256: &Digest) -> Result<Comparison, Error> {
        let (is_same, version) = match self.head(name).await? {
            None => return Ok(Comparison::Missing),
            Some((Some(digest), version)) => (digest == sha256.to_string(), version),
            Some((None, _)) => match self.get(name).await? {
                None => return Ok(Comparison::Missing),
                Some(object) => (Digest::from_content(&object.bytes) == *sha256, object.version),
            },
        };
        Ok(if is_same { Comparison::Same } else { Comparison::Different(version) })
    }

    /// Returns the digest in the metadata of an object, in hex, and the version of the object.
    async fn head(&self, name: &str) -> Result<Option<(Option<String>, UpdateVersion)>, Error> {
        let path = self.path(name)?;
        let options = GetOptions { head: true, ..GetOptions::default() };
        let response =
            self.within(self.time_limit, "read", name, self.location.store.get_opts(&path, options));
        match response.await? {
            Err(err) if self.is_missing_object(&err) => Ok(None),
            Err(err) => Err(self.describe(&err, "read", name)),
            Ok(result) => {
                let digest = result.attributes.get(&Attribute::Metadata(DIGEST.into()));
                Ok(Some((digest.map(|digest| digest.to_string()), version_of(&result.meta))))
            }
        }
    }

    /// Writes an object. Repeats the write after a broken connection, because `object_store` repeats only writes without
    /// conditions. After a repetition, the result may be `Refused` although the first attempt has written the object.
    pub(crate) async fn put(
        &self,
        name: &str,
        bytes: Bytes,
        mode: PutMode,
        attributes: Attributes,
    ) -> Result<Put, Error> {
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let attributes = self.supported(attributes.clone());
            let has_attributes = !attributes.is_empty();
            match self.try_put(name, &bytes, mode.clone(), attributes).await? {
                Err(object_store::Error::NotImplemented { .. }) if has_attributes => {
                    self.without_attributes.store(true, Relaxed);
                }
                Err(err)
                    if store_error::is_broken_connection(&err)
                        && started.elapsed() + pause < self.time_limit / 2 =>
                {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                result => return self.put_result(result, name),
            }
        }
    }

    /// Returns no attributes if the store has refused attributes.
    fn supported(&self, attributes: Attributes) -> Attributes {
        if self.without_attributes.load(Relaxed) { Attributes::new() } else { attributes }
    }

    async fn try_put(
        &self,
        name: &str,
        bytes: &Bytes,
        mode: PutMode,
        attributes: Attributes,
    ) -> Result<object_store::Result<UpdateVersion>, Error> {
        let path = self.path(name)?;
        let options = PutOptions { mode, attributes, ..PutOptions::default() };
        let payload = PutPayload::from(bytes.clone());
        let write = self.location.store.put_opts(&path, payload, options);
        let result = self.within(self.limit_for(bytes.len() as u64), "write", name, write).await?;
        Ok(result.map(UpdateVersion::from))
    }

    fn put_result(&self, result: object_store::Result<UpdateVersion>, name: &str) -> Result<Put, Error> {
        use object_store::Error::{AlreadyExists, NotFound, NotImplemented, NotSupported, Precondition};
        match result {
            Ok(version) => Ok(Put::Written(version)),
            Err(AlreadyExists { .. } | Precondition { .. }) => Ok(Put::Refused),
            // The object to update was deleted.
            Err(err @ NotFound { .. }) if !store_error::is_missing_bucket(&err) => Ok(Put::Refused),
            Err(NotImplemented { .. } | NotSupported { .. }) => Err(self.unconditional()),
            Err(err) => Err(self.describe(&err, "write", name)),
        }
    }

    /// Returns `true` if the condition of a write is true. `object_store` has no conditions for uploads in parts.
    pub(crate) async fn is_true(&self, condition: &PutMode, name: &str) -> Result<bool, Error> {
        Ok(match condition {
            PutMode::Overwrite => true,
            PutMode::Create => self.head(name).await?.is_none(),
            PutMode::Update(known) => self.head(name).await?.is_some_and(|(_, version)| version == *known),
        })
    }

    /// Starts the upload of a large object in parts.
    pub(crate) async fn start_upload(
        &self,
        name: &str,
        attributes: Attributes,
    ) -> Result<Box<dyn MultipartUpload>, Error> {
        let path = self.path(name)?;
        let attributes = self.supported(attributes);
        let start = |attributes: Attributes| self.location.store.put_multipart_opts(&path, attributes.into());
        match self.within(self.time_limit, "write", name, start(attributes.clone())).await? {
            Err(object_store::Error::NotImplemented { .. }) if !attributes.is_empty() => {
                self.without_attributes.store(true, Relaxed);
                self.timed("write", name, 0, start(Attributes::new())).await
            }
            result => result.map_err(|err| self.describe(&err, "write", name)),
        }
    }

    /// Deletes objects. An object that does not exist is not an error.
    pub(crate) async fn delete(&self, names: &[String]) -> Result<(), Error> {
        let paths: Vec<_> = names.iter().map(|name| self.path(name)).collect::<Result<_, _>>()?;
        let paths = stream::iter(paths).map(Ok).boxed();
        let mut deleted = self.location.store.delete_stream(paths);
        let all = async {
            while let Some(result) = deleted.next().await {
                match result {
                    Err(err) if self.is_missing_object(&err) => {}
                    result => drop(result?),
                }
            }
            Ok(())
        };
        let first = names.first().map(String::as_str).unwrap_or_default();
        self.timed("delete", first, 0, all).await
    }

    /// Deletes an object. An object that does not exist is not an error.
    pub(crate) async fn delete_one(&self, name: &str) -> Result<(), Error> {
        let path = self.path(name)?;
        match self.within(self.time_limit, "delete", name, self.location.store.delete(&path)).await? {
            Err(err) if !self.is_missing_object(&err) => Err(self.describe(&err, "delete", name)),
            _ => Ok(()),
        }
    }

    /// Returns the error for a store that ignores conditions.
    pub(crate) fn unconditional(&self) -> Error {
        let message = format!(
            "`{}` ignores conditions on writes, so two runs could overwrite each other; if no other run writes to the bucket at the \
             same time, run with `--single-writer`",
            self.place()
        );
        Error::new(ErrorKind::Unconditional, message)
    }

    /// Runs a request with the time limit for an object of this size.
    pub(crate) async fn timed<T>(
        &self,
        action: &str,
        name: &str,
        size: u64,
        request: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, Error> {
        let result = self.within(self.limit_for(size), action, name, request).await?;
        result.map_err(|err| self.describe(&err, action, name))
    }

    fn limit_for(&self, size: u64) -> Duration {
        self.time_limit.saturating_add(Duration::from_secs_f64(size as f64 / SLOWEST))
    }

    async fn within<T>(
        &self,
        limit: Duration,
        action: &str,
        name: &str,
        request: impl Future<Output = T>,
    ) -> Result<T, Error> {
        let started = Instant::now();
        tokio::time::timeout(limit, request)
            .await
            .map_err(|_| store_error::timed_out(action, self.url_of(name), started.elapsed().as_secs_f64()))
    }

    fn is_missing_object(&self, err: &object_store::Error) -> bool {
        matches!(err, object_store::Error::NotFound { .. }) && !store_error::is_missing_bucket(err)
    }

    fn describe(&self, err: &object_store::Error, action: &str, name: &str) -> Error {
        store_error::describe(err, action, self.url_of(name), self.place(), self.provider())
    }

    fn path(&self, name: &str) -> Result<Path, Error> {
        let prefix = self.location.prefix.as_ref();
        let path = if prefix.is_empty() || name.is_empty() {
            format!("{prefix}{name}")
        } else {
            format!("{prefix}/{name}")
        };
        Path::parse(path).map_err(|err| Error::new(ErrorKind::Config, format!("unusable object name: {err}")))
    }
}

fn version_of(meta: &ObjectMeta) -> UpdateVersion {
    UpdateVersion { e_tag: meta.e_tag.clone(), version: meta.version.clone() }
}

/// Returns the write mode for an object that must not exist yet. A single writer replaces an existing object.
pub(crate) fn create(single_writer: bool) -> PutMode {
    if single_writer { PutMode::Overwrite } else { PutMode::Create }
}

/// Returns the write mode for an object that must still have this version. A single writer replaces any version.
pub(crate) fn update(single_writer: bool, version: UpdateVersion) -> PutMode {
    if single_writer { PutMode::Overwrite } else { PutMode::Update(version) }
}

/// The objects, shared with spawned tasks.
pub(crate) type SharedObjects = Arc<Objects>;
