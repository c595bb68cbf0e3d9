//! A store in memory with delays, failures and counted requests.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread::{self, ThreadId},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream::BoxStream};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    memory::InMemory, path::Path,
};
use tokio::sync::Notify;

/// A store whose requests can be delayed, fail or ignore conditions.
#[derive(Debug, Default)]
pub(crate) struct FaultyStore {
    pub(crate) inner: InMemory,
    /// The maximum delay of a request, in microseconds.
    pub(crate) delay: u64,
    /// The number of requests before all requests fail.
    pub(crate) requests_before_failure: Option<usize>,
    /// `true` while all requests fail.
    pub(crate) is_gone: AtomicBool,
    /// `true` to perform the first failing request, and then return an error.
    pub(crate) applies_the_failed_request: bool,
    pub(crate) ignores_conditions: bool,
    /// `true` to refuse attributes, like a directory.
    pub(crate) refuses_attributes: bool,
    /// `true` to delay the response to the write of the manifest until the next renewal of the lock.
    pub(crate) renews_after_the_manifest: bool,
    pub(crate) is_manifest_written: AtomicBool,
    pub(crate) renewed: Notify,
    /// The time by which the clock of the store is slow.
    pub(crate) clock_delay: Duration,
    /// The number of requests before another run takes over the lock.
    pub(crate) requests_before_takeover: Option<usize>,
    /// The number of the only failing request, from 0.
    pub(crate) failing_request: Option<usize>,
    /// The number of requests before another run writes an object, and the name of the object.
    pub(crate) other_write: Option<(usize, &'static str)>,
    /// The object that another run writes during each upload in parts.
    pub(crate) other_write_in_parts: Option<&'static str>,
    pub(crate) requests: AtomicUsize,
    pub(crate) puts: AtomicUsize,
    /// The number of responses to conditional reads of an unchanged object, for the thread of each bucket.
    pub(crate) unchanged: Mutex<HashMap<ThreadId, usize>>,
}

enum Fault {
    None,
    Before,
    After,
}

impl FaultyStore {
    async fn request(&self) -> Fault {
        let number = self.requests.fetch_add(1, SeqCst);
        if self.requests_before_takeover == Some(number) {
            let lock = r#"{"holder": "clean, process 7", "id": "7", "milliseconds": 10}"#;
            self.inner.put(&Path::from(".fingerpost/lock"), lock.into()).await.unwrap();
        }
        if let Some((_, name)) = self.other_write.filter(|(before, _)| *before == number) {
            self.inner.put(&Path::from(name), "other".into()).await.unwrap();
        }
        if self.delay > 0 {
            let micros = random() % self.delay;
            tokio::time::sleep(Duration::from_micros(micros)).await;
        }
        self.fault(number)
    }

    fn fault(&self, number: usize) -> Fault {
        match self.requests_before_failure {
            _ if self.failing_request == Some(number) => Fault::Before,
            _ if self.is_gone.load(SeqCst) => Fault::Before,
            Some(before) if number == before && self.applies_the_failed_request => Fault::After,
            Some(before) if number >= before => Fault::Before,
            _ => Fault::None,
        }
    }

    pub(crate) fn put_count(&self) -> usize {
        self.puts.load(SeqCst)
    }
}

fn random() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    std::hash::RandomState::new().build_hasher().finish()
}

fn connection_closed() -> Error {
    Error::Generic { store: "test", source: "the connection was closed".into() }
}

fn fail_after_request<T>(fault: &Fault, result: Result<T>) -> Result<T> {
    if matches!(fault, Fault::After) { Err(connection_closed()) } else { result }
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaultyStore")
    }
}

#[async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(&self, path: &Path, payload: PutPayload, mut options: PutOptions) -> Result<PutResult> {
        self.puts.fetch_add(1, SeqCst);
        let fault = self.request().await;
        if matches!(fault, Fault::Before) {
            return Err(connection_closed());
        }
        if self.refuses_attributes && !options.attributes.is_empty() {
            let (operation, implementer) = ("attributes".to_owned(), self.to_string());
            return Err(Error::NotImplemented { operation, implementer });
        }
        if self.ignores_conditions {
            options.mode = PutMode::Overwrite;
        }
        let result = self.inner.put_opts(path, payload, options).await;
        match path.as_ref() {
            "staticfiles.json" if self.renews_after_the_manifest => {
                self.is_manifest_written.store(true, SeqCst);
                self.renewed.notified().await;
            }
            ".fingerpost/lock" if self.is_manifest_written.swap(false, SeqCst) => {
                self.renewed.notify_one();
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            _ => {}
        }
        fail_after_request(&fault, result)
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.puts.fetch_add(1, SeqCst);
        if let Some(name) = self.other_write_in_parts {
            self.inner.put(&Path::from(name), "other".into()).await.unwrap();
        }
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        let fault = self.request().await;
        if matches!(fault, Fault::Before) {
            return Err(connection_closed());
        }
        let mut result = self.inner.get_opts(path, options).await;
        result.iter_mut().for_each(|object| object.meta.last_modified -= self.clock_delay);
        if matches!(result, Err(Error::NotModified { .. })) {
            *self.unchanged.lock().unwrap().entry(thread::current().id()).or_default() += 1;
        }
        fail_after_request(&fault, result)
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let number = self.requests.fetch_add(1, SeqCst);
        match self.fault(number) {
            Fault::Before => paths.map(|_| Err(connection_closed())).boxed(),
            Fault::None | Fault::After => self.inner.delete_stream(paths),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let number = self.requests.fetch_add(1, SeqCst);
        match self.fault(number) {
            Fault::None => self.inner.list(prefix),
            Fault::Before | Fault::After => futures_util::stream::iter([Err(connection_closed())]).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
