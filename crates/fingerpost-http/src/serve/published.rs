//! Serves collected files of the current release and the retained releases.

use std::{
    borrow::Cow,
    fs,
    io::{self, Read as _},
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use fingerpost::{
    __private::{FileStamp, delta_name, is_compressible},
    Snapshot, Store, Stored,
    manifest::{Digest, Encoding},
};
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, VARY},
};
use parking_lot::{Mutex, MutexGuard};

use crate::{
    rfc9110::{cache_control::CachePolicy, offer::Representation},
    rfc9842::{USE_AS_DICTIONARY, VARY_BY_DICTIONARY, choose_delta, use_as_dictionary},
    serve::{
        content::{Content, FilePart, PromisedDigest, unsupported_content},
        hash_queue::{FileLocation, HashQueue},
        memory_budget::{CachedBytes, MemoryBudget},
        options::ServeOptions,
        proof::Proof,
        release_index::{DiskState, IndexedFile, ReleaseIndex},
        request_path::looks_hashed,
        servable::{Servable, Unavailable},
        shared_headers::SharedHeaders,
    },
};

/// The minimum time between two reads of the output directory for unknown names.
const REFRESH_INTERVAL: Duration = Duration::from_secs(1);

/// Finds collected files.
#[derive(Debug)]
pub(crate) struct Published {
    store: Arc<dyn Store>,
    index: ArcSwap<ReleaseIndex>,
    memory_budget: Arc<MemoryBudget>,
    large_files: Arc<HashQueue>,
    /// The path of the base URL.
    base_path: String,
    /// The time of the last read of the output directory.
    last_refresh: Mutex<Instant>,
}

/// A collected file for one request.
pub(crate) struct PublishedFile<'a> {
    published: &'a Published,
    file: Arc<IndexedFile>,
    options: &'a ServeOptions,
    may_wait: bool,
    dictionaries: Dictionaries,
}

/// The use of compression dictionaries in one response (RFC 9842).
#[derive(Clone, Copy, Default, PartialEq)]
struct Dictionaries {
    /// `true` if the release has dictionaries. The client may then use the response as a dictionary, provided that the type of
    /// the file is compressible.
    is_dictionary: bool,
    /// `true` if other clients may get a delta.
    has_deltas: bool,
    /// The index of the delta for this client.
    delta: Option<usize>,
}

impl Dictionaries {
    /// Returns the use of dictionaries for a path that identifies the bytes of the file.
    fn for_hashed_path(file: &IndexedFile, index: &ReleaseIndex, headers: &HeaderMap) -> Self {
        Self {
            is_dictionary: index.has_dictionaries(),
            has_deltas: !file.deltas.is_empty(),
            delta: choose_delta(headers, file.deltas.iter().map(|(from, _)| *from)),
        }
    }
}

impl Published {
    pub(crate) fn new(store: Arc<dyn Store>, snapshot: Snapshot) -> Self {
        let base_path = snapshot.assets().base_url().path().to_owned();
        let index = ArcSwap::from_pointee(ReleaseIndex::new(&*store, snapshot));
        let last_refresh = Mutex::new(Instant::now());
        Self {
            store,
            index,
            memory_budget: Arc::default(),
            large_files: Arc::default(),
            base_path,
            last_refresh,
        }
    }

    /// Finds the file of a path, and the proof that the path identifies the bytes of the file. Returns `Err(Waiting)` if the
    /// output directory must be read first and `may_wait` is `false`.
    pub(crate) fn find<'a>(
        &'a self,
        path: &str,
        headers: &HeaderMap,
        snapshot: impl Fn() -> Snapshot,
        options: &'a ServeOptions,
        may_wait: bool,
    ) -> Result<(PublishedFile<'a>, Proof<'static>), Unavailable> {
        let served =
            |file, dictionaries| PublishedFile { published: self, file, options, may_wait, dictionaries };
        let with_hashed_path = |file: &Arc<IndexedFile>, index: &ReleaseIndex| {
            let dictionaries = Dictionaries::for_hashed_path(file, index, headers);
            (served(Arc::clone(file), dictionaries), Proof::Path)
        };
        self.refresh_after_reload(may_wait)?;
        let index = self.index.load();
        if let Some(file) = index.get(path).filter(|file| file.is_hashed) {
            return Ok(with_hashed_path(file, &index));
        }
        let snapshot = snapshot();
        let hashed = snapshot.hashed_path(path);
        if hashed.is_none() && !looks_hashed(path) && !index.has_unusual_names() {
            return Err(Unavailable::Gone);
        }
        let indexed_file = || self.index.load().get(hashed.unwrap_or(path)).cloned();
        let file = match indexed_file() {
            Some(file) => file,
            None => {
                self.refresh_if_due(may_wait)?;
                indexed_file().ok_or(Unavailable::Gone)?
            }
        };
        // The asset path of a prehashed file is also its hashed path.
        if file.is_hashed && hashed.is_none_or(|hashed| hashed == path) {
            Ok(with_hashed_path(&file, &self.index.load()))
        } else if hashed.is_some() {
            let sha256 = file.state(None).and_then(|(state, recorded)| state.expected(recorded).sha256);
            Ok((served(file, Dictionaries::default()), Proof::Query { sha256, version: None }))
        } else {
            Err(Unavailable::Gone)
        }
    }

    /// Finds the file of a [`SingleAssetStore`](super::single_asset_store::SingleAssetStore). The file belongs to the
    /// manifest of the last reload, so that no request gets a 404 while releases change.
    pub(crate) fn only_file<'a>(
        &'a self,
        options: &'a ServeOptions,
        may_wait: bool,
    ) -> Result<PublishedFile<'a>, Unavailable> {
        self.refresh_after_reload(may_wait)?;
        let file = self.index.load().only_file().cloned().ok_or(Unavailable::Gone)?;
        Ok(PublishedFile { published: self, file, options, may_wait, dictionaries: Dictionaries::default() })
    }

    /// Reads the output directory once after each reload, because variants may have been added to known files. One thread
    /// reads the directory. Until the read ends, other threads use the old index.
    fn refresh_after_reload(&self, may_wait: bool) -> Result<(), Unavailable> {
        if self.index.load().snapshot.is_current() {
            return Ok(());
        }
        self.last_refresh.try_lock().map_or(Ok(()), |last| self.refresh(last, may_wait))
    }

    /// Reads the output directory for new releases, unless the last read was within [`REFRESH_INTERVAL`].
    fn refresh_if_due(&self, may_wait: bool) -> Result<(), Unavailable> {
        let last = if may_wait {
            self.last_refresh.lock()
        } else {
            self.last_refresh.try_lock().ok_or(Unavailable::Waiting)?
        };
        if last.elapsed() < REFRESH_INTERVAL && self.index.load().snapshot.is_current() {
            return Ok(());
        }
        self.refresh(last, may_wait)
    }

    fn refresh(&self, mut last: MutexGuard<'_, Instant>, may_wait: bool) -> Result<(), Unavailable> {
        if !may_wait {
            return Err(Unavailable::Waiting);
        }
        let earlier = self.index.load();
        let snapshot = earlier.snapshot.assets().snapshot();
        self.index.store(Arc::new(earlier.refreshed(&*self.store, snapshot)));
        *last = Instant::now();
        Ok(())
    }

    /// Returns a part of a file embedded in the program, without a copy. A large file is hashed like a large file on disk.
    fn static_part(
        &self,
        bytes: &'static [u8],
        (state, expected): (&DiskState, &Representation),
        is_small: bool,
        promised: Option<Digest>,
        part: &Range<u64>,
    ) -> io::Result<Option<Content>> {
        if bytes.len() as u64 != expected.size {
            return Err(mismatch());
        }
        let digest = if is_small {
            Some(state.verify(bytes, expected).ok_or_else(mismatch)?)
        } else {
            state.large().get_or_queue(None, &self.large_files, || FileLocation::Static(bytes))
        };
        if !is_etag_known(digest, expected, promised)? {
            return Ok(None);
        }
        if digest.is_some() {
            state.cached.set(self.memory_budget.cache_static(bytes)).ok();
        }
        Ok(Some(Content::slice(&Bytes::from_static(bytes), part)))
    }

    /// Returns a part of a large file. While the digest of the file is unknown, only responses without an ETag are streamed.
    fn open_part(
        &self,
        name: &str,
        on_disk: fs::File,
        (state, expected): (&DiskState, &Representation),
        promised: Option<Digest>,
        part: &Range<u64>,
    ) -> io::Result<Option<Content>> {
        let stamp = FileStamp::from_metadata(&on_disk.metadata()?);
        let location = || FileLocation::Stored(Arc::clone(&self.store), name.to_owned());
        let digest = state.large().get_or_queue(stamp, &self.large_files, location);
        if !is_etag_known(digest, expected, promised)? {
            return Ok(None);
        }
        let promised = PromisedDigest::new(promised, &self.large_files);
        Ok(Some(Content::File(FilePart::new(on_disk, part.clone(), stamp, promised)?.into())))
    }
}

/// Returns `false` if the `ETag` of the response contains a digest (`promised`), and the digest of the file is no longer known.
/// Fails if the digest of the file differs from the expected digest.
fn is_etag_known(
    digest: Option<Digest>,
    expected: &Representation,
    promised: Option<Digest>,
) -> io::Result<bool> {
    match digest {
        Some(sha256) if expected.sha256.is_some_and(|expected| expected != sha256) => Err(mismatch()),
        _ => Ok(digest.is_some() || promised.is_none()),
    }
}

fn mismatch() -> io::Error {
    io::Error::other("the content differs from the release; run `fingerpost collect` again")
}

impl PublishedFile<'_> {
    /// Adds the headers for compression dictionaries to a response. `encoded_path` is the path below the mount path, as in the
    /// request.
    pub(crate) fn add_dictionary_headers(&self, response: &mut Response<Content>, encoded_path: &str) {
        let Dictionaries { is_dictionary, has_deltas, .. } = self.dictionaries;
        if has_deltas {
            response.headers_mut().insert(VARY, VARY_BY_DICTIONARY);
        }
        // RFC 9842, section 2.2.1: clients use a response as a dictionary only while the response is fresh.
        let is_fresh = |response: &Response<Content>| {
            response.headers().get(CACHE_CONTROL) == Some(&CachePolicy::Immutable.header())
        };
        if is_dictionary && response.status() == StatusCode::OK && is_fresh(response) {
            let value = self.use_as_dictionary(encoded_path);
            value.map(|value| response.headers_mut().insert(USE_AS_DICTIONARY, value));
        }
    }

    /// Returns the value of `Use-As-Dictionary`. Only the value for the first spelling of the path is cached, because nearly
    /// all clients use the same spelling.
    fn use_as_dictionary(&self, encoded_path: &str) -> Option<HeaderValue> {
        let (base, chunk) = (&self.published.base_path, self.file.chunk.as_deref());
        let make = || use_as_dictionary(base, encoded_path, &self.file.hashed, chunk);
        let make = || make().filter(|_| is_compressible(&self.file.hashed));
        let (first, value) = self.file.use_as_dictionary.get_or_init(|| (encoded_path.into(), make()));
        if **first == *encoded_path { value.clone() } else { make() }
    }

    /// Returns the state of a representation, and its size and digest in the manifest.
    fn state(&self, encoding: Option<Encoding>) -> Option<(&DiskState, &Representation)> {
        match encoding {
            Some(Encoding::Dcz) => self.file.delta_state(self.dictionaries.delta?),
            encoding => self.file.state(encoding),
        }
    }

    /// Returns the cache for the headers of a representation. Headers for compression dictionaries are not cached, and neither
    /// are headers without `Access-Control-Allow-Origin`.
    fn header_cache(&self, encoding: Option<Encoding>) -> Option<&CachedBytes> {
        let is_cacheable = self.options.allow_any_origin && self.dictionaries == Dictionaries::default();
        self.state(encoding).filter(|_| is_cacheable)?.0.cached.get()
    }

    /// Returns the name of a representation in the output directory.
    fn name(&self, encoding: Option<Encoding>) -> String {
        match self.dictionaries.delta.filter(|_| encoding == Some(Encoding::Dcz)) {
            Some(delta) => delta_name(&self.file.hashed, &self.file.deltas[delta].0),
            None => self.file.name(encoding),
        }
    }

    /// Returns a representation. The digest of a large file is `None` until the file has been verified. A small file is
    /// verified before the response is sent.
    fn offered(&self, state: &DiskState, recorded: &Representation) -> Representation {
        let expected = state.expected(recorded);
        let is_known = self.is_small(&expected) || state.is_verified(&expected);
        Representation { sha256: expected.sha256.filter(|_| is_known), ..expected }
    }

    fn is_small(&self, expected: &Representation) -> bool {
        expected.size <= self.options.max_cached_file
    }

    /// Reads a part of a file, and checks that the file matches the release.
    ///
    /// `promised` is the digest that determines the ETag of the response. Returns `None` if the digest of the file is no
    /// longer known.
    fn read(
        &self,
        name: &str,
        (state, recorded): (&DiskState, &Representation),
        promised: Option<Digest>,
        part: &Range<u64>,
    ) -> io::Result<Option<Content>> {
        let expected = state.expected(recorded);
        let is_small = self.is_small(&expected);
        let bytes = match self.published.store.open(name)? {
            Stored::Bytes(bytes) => bytes,
            Stored::Static(bytes) => {
                return self.published.static_part(bytes, (state, &expected), is_small, promised, part);
            }
            Stored::File(on_disk) if on_disk.metadata()?.len() != expected.size => return Err(mismatch()),
            Stored::File(on_disk) if is_small => {
                let mut bytes = Vec::with_capacity(expected.size as usize);
                // One byte more than expected, to detect growth.
                on_disk.take(expected.size + 1).read_to_end(&mut bytes)?;
                bytes
            }
            Stored::File(on_disk) => {
                return self.published.open_part(name, on_disk, (state, &expected), promised, part);
            }
            _ => return Err(unsupported_content()),
        };
        if bytes.len() as u64 != expected.size {
            return Err(mismatch());
        }
        let bytes = Bytes::from(bytes);
        if is_small {
            state.verify(&bytes, &expected).ok_or_else(mismatch)?;
            let capacity = self.options.cache_capacity;
            // Files that are only in retained releases use at most half of the budget.
            let capacity = if self.file.is_current { capacity } else { capacity / 2 };
            if let Some(cached) = self.published.memory_budget.cache(&bytes, capacity) {
                state.cached.set(cached).ok();
            }
        } else if !state.is_verified(&expected) {
            state.large().set(state.verify(&bytes, &expected).ok_or_else(mismatch)?);
        }
        Ok(Some(Content::slice(&bytes, part)))
    }
}

impl Servable for PublishedFile<'_> {
    fn media_type(&self) -> HeaderValue {
        self.file.media_type.clone()
    }

    fn identity(&self) -> Representation {
        let identity = self.file.state(None).map(|(state, expected)| self.offered(state, expected));
        identity.unwrap_or(self.file.identity)
    }

    fn variants(&self) -> Cow<'_, [(Encoding, Representation)]> {
        let delta = self.dictionaries.delta.and_then(|delta| self.file.delta_state(delta));
        if delta.is_none() && self.file.variants.iter().all(|(_, expected)| self.is_small(expected)) {
            return Cow::Borrowed(&self.file.variants);
        }
        let variants = self.file.variant_states().zip(&self.file.variants);
        let variants =
            variants.map(|(state, (encoding, expected))| (*encoding, self.offered(state, expected)));
        let delta = delta.map(|(state, expected)| (Encoding::Dcz, self.offered(state, expected)));
        variants.chain(delta).collect()
    }

    fn is_pending(&self, representation: &Representation) -> bool {
        representation.sha256.is_none()
    }

    fn content(
        &self,
        encoding: Option<Encoding>,
        representation: &Representation,
        part: &Range<u64>,
    ) -> Result<Content, Unavailable> {
        let (state, recorded) = self.state(encoding).ok_or(Unavailable::Gone)?;
        if let Some(cached) = state.cached.get() {
            return Ok(Content::slice(&cached.bytes, part));
        }
        if !self.may_wait {
            return Err(Unavailable::Waiting);
        }
        let name = self.name(encoding);
        let read = self.read(&name, (state, recorded), representation.sha256, part);
        // Logs the first error, and no further error until the file is served again.
        let log = |err: &io::Error| {
            tracing::error!("`{name}` in `{}` cannot be served: {err}", self.published.store.place());
        };
        match read.inspect_err(|err| state.errors.report(|| log(err))) {
            Ok(Some(content)) => {
                state.errors.reset();
                Ok(content)
            }
            Ok(None) => Err(Unavailable::Changed),
            Err(_) => Err(Unavailable::Gone),
        }
    }

    fn cached_headers(
        &self,
        encoding: Option<Encoding>,
        is_not_modified: bool,
    ) -> Option<&Arc<SharedHeaders>> {
        self.header_cache(encoding)?.headers(is_not_modified)
    }

    fn cache_headers(&self, encoding: Option<Encoding>, is_not_modified: bool, headers: &HeaderMap) {
        if let Some(cached) = self.header_cache(encoding) {
            let mut headers = headers.clone();
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            cached.cache_headers(is_not_modified, headers, self.options.cache_capacity);
        }
    }
}

#[cfg(test)]
mod tests {
    use adapter_suite::capture_log;
    use fingerpost::Assets;
    use http::Request;

    use crate::serve::server::AssetServer;

    use super::*;

    #[test]
    fn cached_headers_equal_the_first_headers_and_respect_the_options() {
        let dist = tempfile::tempdir().unwrap();
        let manifest = r#"{"version": "1.1", "paths": {"a.css": "a.7c98040a5416.css"}}"#;
        fs::write(dist.path().join("staticfiles.json"), manifest).unwrap();
        fs::write(dist.path().join("a.7c98040a5416.css"), "body{}").unwrap();
        let server = AssetServer::new(&Assets::production(dist.path()).unwrap());
        let respond = |server: &AssetServer, condition: &'static str| {
            let request = Request::get("/a.7c98040a5416.css").header("if-none-match", condition);
            let response = server.respond_blocking(&request.body(()).unwrap().into_parts().0);
            let headers = response.headers().iter();
            let headers = headers.map(|(name, value)| (name.clone(), value.clone())).collect::<Vec<_>>();
            (response.status().as_u16(), headers)
        };
        for (condition, status) in [("\"x\"", 200), ("*", 304)] {
            // Without a cache, no headers are cached.
            let expected = respond(&server.clone().cache_capacity(0), condition);
            assert_eq!(expected.0, status);
            for _ in 0..3 {
                assert_eq!(respond(&server, condition), expected);
            }
            let (_, headers) = respond(&server.clone().allow_any_origin(false), condition);
            assert_eq!(headers.len(), expected.1.len() - 1);
            assert!(headers.iter().all(|(name, _)| *name != ACCESS_CONTROL_ALLOW_ORIGIN));
        }
    }

    #[test]
    fn read_error_is_logged_once_until_the_file_is_served_again() {
        let dist = tempfile::tempdir().unwrap();
        let file = dist.path().join("a.7c98040a5416.css");
        let manifest = format!(
            r#"{{"version": "1.1", "paths": {{"a.css": "a.7c98040a5416.css"}}, "fingerpost": {{"schema": 1,
                "files": {{"a.css": {{"size": 6, "sha256": "{}"}}}}}}}}"#,
            Digest::from_content(b"body{}")
        );
        fs::write(dist.path().join("staticfiles.json"), manifest).unwrap();
        // Without a cache, the file is read for each request.
        let server = AssetServer::new(&Assets::production(dist.path()).unwrap()).cache_capacity(0);
        let status = || {
            let (request, ()) = Request::get("/a.css").body(()).unwrap().into_parts();
            server.respond_blocking(&request).status().as_u16()
        };
        let messages =
            capture_log(|| assert_eq!([status(), status(), status()], [404; 3], "the file is missing"));
        assert_eq!(messages.len(), 1, "{messages:?}");
        let messages = capture_log(|| {
            fs::write(&file, "damage").unwrap();
            assert_eq!(status(), 404);
            fs::write(&file, "body{}").unwrap();
            assert_eq!(status(), 200);
        });
        assert!(messages.is_empty(), "{messages:?}");
        fs::remove_file(&file).unwrap();
        let messages = capture_log(|| assert_eq!([status(), status()], [404; 2]));
        assert_eq!(messages.len(), 1, "{messages:?}");
    }
}
