use std::{fmt, path::Path, sync::Arc, time::Duration};

use fingerpost::__private::quoted;
use object_store::{ObjectStore, memory::InMemory};

use crate::{
    bucket_url::{self, Location},
    error::{Error, ErrorKind},
    objects::Objects,
    provider::Provider,
    runtime::Runtime,
    write_options::WriteOptions,
};

/// The default time limit of a request.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(30);

/// A bucket of an object store, or a prefix in a bucket, which contains the published files.
///
/// A clone is cheap and refers to the same bucket. Requests run on a separate thread, so any thread can use a bucket.
///
/// ```
/// use fingerpost_store::Bucket;
///
/// let bucket = Bucket::open("s3://assets.example.com/static")?; // sends no request
/// assert_eq!(bucket.url(), "s3://assets.example.com/static");
/// # Ok::<(), fingerpost_store::Error>(())
/// ```
#[derive(Clone)]
pub struct Bucket {
    pub(crate) objects: Arc<Objects>,
    pub(crate) runtime: Runtime,
    pub(crate) write: WriteOptions,
}

impl Bucket {
    /// Opens the bucket at a URL: `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX`, `az://CONTAINER/PREFIX`, or `file:///DIR`.
    /// The prefix is optional. Sends no request.
    ///
    /// Credentials come from the environment, by the conventions of the store: variables that start with `AWS_`, `GOOGLE_`
    /// or `AZURE_`. If the process has no default cryptography provider of rustls, the function installs `ring`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] for a URL that is not the URL of a bucket, or that contains credentials.
    /// [`ErrorKind::Credentials`] for incomplete credentials.
    pub fn open(url: &str) -> Result<Self, Error> {
        Self::open_with_time_limit(url, TIME_LIMIT)
    }

    /// Opens a bucket like [`open`](Self::open), with `time_limit` instead of 30 seconds for each request.
    ///
    /// A request that fails is repeated up to six times within the time limit. For an upload or a download, the time
    /// limit grows by one second for each 8 KiB. A download fails if no bytes arrive within the time limit.
    ///
    /// # Errors
    ///
    /// Same as [`open`](Self::open), and [`ErrorKind::Config`] for a time limit of 0.
    pub fn open_with_time_limit(url: &str, time_limit: Duration) -> Result<Self, Error> {
        if time_limit.is_zero() {
            let message = "the time limit of a request is 0, so every request would fail; set a longer time, such as `30s`";
            return Err(Error::new(ErrorKind::Config, message.to_owned()));
        }
        Self::new(bucket_url::open(url, time_limit)?, time_limit)
    }

    /// Creates an empty bucket in memory, for tests.
    pub fn in_memory() -> Self {
        Self::from_object_store(Arc::new(InMemory::new()), "memory:///")
    }

    /// Opens a directory as a bucket, for tests and for sites on one machine. Creates the directory.
    ///
    /// A directory has no conditional writes, so [`single_writer`](Self::single_writer) is required.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Store`] if the directory cannot be created.
    pub fn in_dir(dir: impl AsRef<Path>) -> Result<Self, Error> {
        let dir = dir.as_ref();
        let url = bucket_url::of_dir(dir).ok_or_else(|| {
            Error::new(ErrorKind::Config, format!("{} is not the path of a directory", quoted(dir.display())))
        })?;
        Self::open(&url)
    }

    /// Creates a bucket from another store. `place` is the name of the store in messages.
    ///
    /// The type comes from `object_store` 0.14. A new minor version of `object_store` is a breaking change of this
    /// function.
    ///
    /// # Panics
    ///
    /// Panics if the system cannot start a thread.
    pub fn from_object_store(store: Arc<dyn ObjectStore>, place: impl Into<String>) -> Self {
        let (prefix, place) = (object_store::path::Path::default(), place.into());
        let location = Location { store, prefix, place, provider: Provider::Other };
        Self::new(location, TIME_LIMIT).expect("the system can start a thread")
    }

    fn new(location: Location, time_limit: Duration) -> Result<Self, Error> {
        let runtime = Runtime::start()
            .map_err(|err| Error::new(ErrorKind::Store, format!("cannot start a thread: {err}")))?;
        let objects = Arc::new(Objects::new(location, time_limit));
        Ok(Self { objects, runtime, write: WriteOptions::default() })
    }

    /// Sets whether the store may ignore conditions on writes, such as the condition that an object does not exist yet. With
    /// `true`, runs take no lock, and two runs must not write to the bucket at the same time.
    ///
    /// Defaults to `false`: a store that ignores conditions is an error of kind [`ErrorKind::Unconditional`].
    pub fn single_writer(mut self, yes: bool) -> Self {
        self.write.single_writer = yes;
        self
    }

    /// Sets whether runs wait while another run holds the lock of the bucket.
    ///
    /// Defaults to `true`. With `false`, a held lock is an error of kind [`ErrorKind::Locked`].
    pub fn wait(mut self, yes: bool) -> Self {
        self.write.lease.wait = yes;
        self
    }

    /// Sets the time after which the lock of a killed run expires. A run renews its lock whenever a third of this time has
    /// passed.
    ///
    /// Defaults to 60 seconds.
    pub fn lease(mut self, length: Duration) -> Self {
        self.write.lease.length = length;
        self
    }

    /// Returns the URL of the bucket.
    pub fn url(&self) -> &str {
        self.objects.place()
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("url", &self.url()).finish_non_exhaustive()
    }
}
