//! Serves files of the source directories, and compares each file with its state at start-up.

use std::{
    fs::{self, File},
    io,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use fingerpost::{
    __private::{BaselineFile, FileStamp},
    AppVersion, AssetPath, ErrorKind, Snapshot,
    manifest::{Digest, Encoding},
};
use hashbrown::HashMap;
use http::HeaderValue;
use parking_lot::Mutex;

use crate::{
    report_once::ReportOnce,
    rfc9110::{media_type::media_type, offer::Representation},
    serve::{
        content::{Content, FilePart, PromisedDigest},
        hash_queue::{FileLocation, HashQueue, LargeDigest},
        memory_budget::{CachedBytes, MemoryBudget},
        options::ServeOptions,
        servable::{Servable, Unavailable},
        verified_file::VerifiedFile,
    },
};

/// In development, files above this size in bytes are streamed without a digest.
const MAX_HASHED_IN_DEVELOPMENT: u64 = 8 * 1024 * 1024;

/// Finds files of the source directories that were listed at start-up.
#[derive(Debug, Default)]
pub(crate) struct SourceFiles {
    /// The state of each requested file, by asset path. Only listed files have an entry.
    states: Mutex<HashMap<Box<str>, Arc<FileState>, foldhash::fast::RandomState>>,
    memory_budget: Arc<MemoryBudget>,
    large_files: Arc<HashQueue>,
}

/// The state of one file.
#[derive(Debug, Default)]
struct FileState {
    /// Locked while a small file is read, so that concurrent requests share one read.
    content: Mutex<ContentState>,
    /// The digest of a large file.
    large: Arc<LargeDigest>,
    errors: ReportOnce,
}

#[derive(Debug, Default)]
struct ContentState {
    /// The app version, and the stamp of the listed file.
    listed: Option<(AppVersion, FileStamp)>,
    /// The digest of the content of the asset URL, set at the first request while the file has its listed stamp.
    pinned: Option<Digest>,
    /// Stamp and digest of a small file at the last read.
    verified: Option<VerifiedFile>,
    /// The bytes of a small file.
    cached: Option<CachedBytes>,
    /// Limits the number of warnings about a change of the file.
    changed: ReportOnce,
}

/// A source file for one request.
pub(crate) struct ServedSource {
    media_type: HeaderValue,
    representation: Representation,
    /// `true` if the file has the content of the requested URL.
    pub(crate) is_proven: bool,
    /// `true` while the digest of the file is being computed.
    is_pending: bool,
    body: Body,
    state: Arc<FileState>,
}

enum Body {
    Bytes(Bytes),
    File { path: PathBuf, file: File, stamp: FileStamp, promised: Option<PromisedDigest> },
}

impl ServedSource {
    /// Opens the current file in development.
    pub(crate) fn in_development(path: &AssetPath, snapshot: &Snapshot) -> Option<Self> {
        Self::read_current(path, snapshot, MAX_HASHED_IN_DEVELOPMENT, &Arc::default())
    }

    /// Opens the current file. Files of more than `largest` bytes are streamed without a digest.
    fn read_current(
        path: &AssetPath,
        snapshot: &Snapshot,
        largest: u64,
        state: &Arc<FileState>,
    ) -> Option<Self> {
        let opened = snapshot.open_source(path);
        let opened = opened.inspect_err(|err| {
            if err.kind() != ErrorKind::NotFound {
                state.errors.report(|| tracing::warn!("{err}; the response is 404"));
            }
        });
        let (file_path, mut file) = opened.ok()?;
        let read = || {
            let stamp = FileStamp::from_metadata(&file.metadata()?);
            if stamp.length() > largest {
                let body = Body::File { path: file_path.clone(), file, stamp, promised: None };
                return Ok(Self::new(path, stamp.length(), None, body, state));
            }
            let (verified, bytes) = VerifiedFile::read(&mut file, None)?;
            let size = bytes.len() as u64;
            Ok(Self::new(path, size, Some(verified.sha256), Body::Bytes(bytes.into()), state))
        };
        state.or_log(&file_path, read())
    }

    /// Returns the digest. `None` if the file is too large or not hashed yet.
    pub(crate) fn sha256(&self) -> Option<Digest> {
        self.representation.sha256
    }

    fn new(path: &AssetPath, size: u64, sha256: Option<Digest>, body: Body, state: &Arc<FileState>) -> Self {
        Self {
            media_type: media_type(path),
            representation: Representation { size, sha256 },
            is_proven: false,
            is_pending: false,
            body,
            state: Arc::clone(state),
        }
    }
}

impl SourceFiles {
    /// Finds the current file, and compares the file with the listed file.
    ///
    /// The first request pins the content of the URL. Later requests must get the same content, so that caches never have two
    /// contents of one URL.
    pub(crate) fn find(
        &self,
        path: &AssetPath,
        snapshot: &Snapshot,
        options: &ServeOptions,
    ) -> Option<ServedSource> {
        let baseline = snapshot.baseline_file(path)?;
        let state = Arc::clone(self.states.lock().entry(path.as_str().into()).or_default());
        let content = &mut *state.content.lock();
        let listed = Some((snapshot.app_version(), baseline.stamp));
        if content.listed != listed {
            // The file is often unchanged in the next version, so the cached bytes are retained.
            (content.listed, content.pinned) = (listed, None);
            content.changed.reset();
        }
        let file = self.find_unchanged(path, baseline, &state, content, options);
        if !file.as_ref().is_some_and(|file| file.is_proven || file.is_pending) {
            content.changed.report(|| {
                tracing::warn!(
                    "`{}` may have changed since start-up: its URL is served with `no-store` until the version changes",
                    baseline.file.display()
                );
            });
        }
        file.or_else(|| {
            content.cached = None;
            // The file changed, so `open_source` checks its path again.
            ServedSource::read_current(path, snapshot, options.max_cached_file, &state)
        })
    }

    /// Returns the file if its stamp equals the listed stamp, except for the change time. A known file costs two `stat`
    /// calls and no read.
    fn find_unchanged(
        &self,
        path: &AssetPath,
        baseline: &BaselineFile,
        state: &Arc<FileState>,
        content: &mut ContentState,
        options: &ServeOptions,
    ) -> Option<ServedSource> {
        let (file, stamp) = open(baseline)?;
        let is_baseline = |stamp: FileStamp| stamp == baseline.stamp;
        if stamp.length() <= options.max_cached_file {
            let (verified, bytes) = self.read_small(file, &stamp, &baseline.file, state, content, options)?;
            // Compares the stamp at the time of the read, because a different change time may mean different bytes.
            let is_proven = content.is_proven(verified.sha256, is_baseline(verified.stamp));
            let size = bytes.len() as u64;
            let file = ServedSource::new(path, size, Some(verified.sha256), Body::Bytes(bytes), state);
            return Some(ServedSource { is_proven, ..file });
        }
        // The file is now large: drop the cached bytes of the small file.
        (content.verified, content.cached) = (None, None);
        let body = |promised| Body::File { path: baseline.file.clone(), file, stamp, promised };
        // The digest of the listed stamp may have been computed after the last request.
        content.pinned = content.pinned.or_else(|| state.large.get(baseline.stamp));
        if content.pinned.is_none() && !is_baseline(stamp) {
            // The digest of the listed file is unknown, so no digest can prove that this file is the listed file.
            return Some(ServedSource::new(path, stamp.length(), None, body(None), state));
        }
        let sha256 =
            state.large.get_or_queue(stamp, &self.large_files, || FileLocation::Path(baseline.file.clone()));
        let is_proven = sha256.is_some_and(|sha256| content.is_proven(sha256, is_baseline(stamp)));
        let promised = PromisedDigest::new(sha256, &self.large_files);
        let file = ServedSource::new(path, stamp.length(), sha256, body(promised), state);
        Some(ServedSource { is_proven, is_pending: sha256.is_none(), ..file })
    }

    /// Returns the bytes of a small file. Reads and hashes the file only if the bytes are not cached.
    fn read_small(
        &self,
        mut file: File,
        stamp: &FileStamp,
        file_path: &Path,
        state: &FileState,
        content: &mut ContentState,
        options: &ServeOptions,
    ) -> Option<(VerifiedFile, Bytes)> {
        if let (Some(verified), Some(cached)) = (&content.verified, &content.cached)
            && verified.holds_for(stamp)
        {
            return Some((*verified, cached.bytes.clone()));
        }
        let (verified, bytes) =
            state.or_log(file_path, VerifiedFile::read(&mut file, content.verified.as_ref()))?;
        let bytes = Bytes::from(bytes);
        content.verified = Some(verified);
        content.cached = None;
        content.cached = self.memory_budget.cache(&bytes, options.cache_capacity);
        Some((verified, bytes))
    }
}

impl FileState {
    /// Logs a read error once until the file is served again.
    fn or_log<T>(&self, file: &Path, read: io::Result<T>) -> Option<T> {
        let log = |err: &io::Error| {
            tracing::warn!("`{}` cannot be read: {err}; the response is 404", file.display());
        };
        read.inspect_err(|err| self.errors.report(|| log(err))).ok()
    }
}

impl ContentState {
    /// Returns `true` if bytes with this digest are the content of the URL. Pins this digest if no digest is pinned and the
    /// file had its listed stamp (`is_baseline`).
    fn is_proven(&mut self, sha256: Digest, is_baseline: bool) -> bool {
        if is_baseline {
            self.pinned.get_or_insert(sha256);
        }
        self.pinned == Some(sha256)
    }
}

/// Opens a listed file if its stamp is unchanged except for the change time. The metadata is checked before opening, because
/// opening a pipe would block until there is a writer.
fn open(baseline: &BaselineFile) -> Option<(File, FileStamp)> {
    let may_be_unchanged =
        |stamp: &FileStamp| *stamp == baseline.stamp || stamp.differs_in_change_time_alone(&baseline.stamp);
    let before = fs::metadata(&baseline.file).ok().filter(|metadata| metadata.is_file());
    before.map(|metadata| FileStamp::from_metadata(&metadata)).filter(may_be_unchanged)?;
    let file = File::open(&baseline.file).ok()?;
    let stamp = FileStamp::from_metadata(&file.metadata().ok()?);
    may_be_unchanged(&stamp).then_some((file, stamp))
}

impl Servable for ServedSource {
    fn media_type(&self) -> HeaderValue {
        self.media_type.clone()
    }

    fn identity(&self) -> Representation {
        self.representation
    }

    fn is_pending(&self, _: &Representation) -> bool {
        self.is_pending
    }

    fn content(
        &self,
        _: Option<Encoding>,
        _: &Representation,
        range: &Range<u64>,
    ) -> Result<Content, Unavailable> {
        let content = match &self.body {
            Body::Bytes(bytes) => Content::slice(bytes, range),
            Body::File { path, file, stamp, promised } => {
                let part = file.try_clone();
                let part = part.and_then(|file| FilePart::new(file, range.clone(), *stamp, promised.clone()));
                Content::File(self.state.or_log(path, part).ok_or(Unavailable::Gone)?.into())
            }
        };
        self.state.errors.reset();
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        thread,
        time::{Duration, Instant},
    };

    use adapter_suite::capture_log;
    use fingerpost::{Assets, Mode, Strategy};
    use http::Request;

    use crate::serve::server::AssetServer;

    use super::*;

    /// Returns the assets of a directory with [`Strategy::VersionQuery`].
    fn by_version(source: &Path, version: &str) -> Assets {
        let assets = Assets::builder().source(source).mode(Mode::Production);
        assets.strategy(Strategy::VersionQuery).app_version(version).build().unwrap()
    }

    /// Creates a source directory with one file. Tests create links to the file in the parent directory.
    #[cfg(unix)]
    fn site(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, std::path::PathBuf, Assets) {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("static");
        fs::create_dir(&source).unwrap();
        fs::write(source.join(name), content).unwrap();
        let assets = by_version(&source, "1");
        (dir, source, assets)
    }

    #[test]
    #[cfg(unix)]
    fn large_file_whose_change_time_changes_after_hashing_is_hashed_again() {
        let (dir, source, assets) = site("a.bin", [b'a'; 64]);
        let options = ServeOptions { max_cached_file: 10, ..ServeOptions::for_mode_of(&assets) };
        let (source_files, path) = (SourceFiles::default(), AssetPath::parse("a.bin").unwrap());
        let find = || source_files.find(&path, &assets.snapshot(), &options).unwrap();
        assert!(find().is_pending);
        let state = Arc::clone(&source_files.states.lock()["a.bin"]);
        let begin = Instant::now();
        while state.large.latest().is_none() {
            assert!(begin.elapsed() < Duration::from_secs(60), "the file is not hashed");
            thread::sleep(Duration::from_millis(20));
        }
        fs::hard_link(source.join("a.bin"), dir.path().join("backup")).unwrap();
        let mut file = find();
        while file.is_pending {
            assert!(begin.elapsed() < Duration::from_secs(60), "the file is not hashed again");
            thread::sleep(Duration::from_millis(20));
            file = find();
        }
        assert!(file.is_proven);
    }

    #[test]
    #[cfg(unix)]
    fn large_file_whose_change_time_changes_before_the_first_request_is_not_hashed() {
        let (dir, source, assets) = site("a.bin", [b'a'; 64]);
        let options = ServeOptions { max_cached_file: 10, ..ServeOptions::for_mode_of(&assets) };
        let (source_files, path) = (SourceFiles::default(), AssetPath::parse("a.bin").unwrap());
        // The clock of a file system advances in steps of some milliseconds.
        thread::sleep(Duration::from_millis(20));
        fs::hard_link(source.join("a.bin"), dir.path().join("backup")).unwrap();
        for _ in 0..3 {
            let file = source_files.find(&path, &assets.snapshot(), &options).unwrap();
            assert!(!file.is_proven && !file.is_pending && file.sha256().is_none());
        }
        assert!(!source_files.large_files.is_started());
    }

    #[test]
    #[cfg(unix)]
    fn read_error_is_logged_once_until_the_file_is_served_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.css");
        fs::write(&file, "one").unwrap();
        let server = AssetServer::new(&by_version(dir.path(), "1"));
        let status = || {
            let (request, ()) = Request::get("/a.css").body(()).unwrap().into_parts();
            server.respond_blocking(&request).status().as_u16()
        };
        let break_file = || {
            fs::remove_file(&file).unwrap();
            std::os::unix::fs::symlink("a.css", &file).unwrap();
        };
        break_file();
        let messages = capture_log(|| assert_eq!([status(), status(), status()], [404; 3]));
        let [changed, unreadable] = &*messages else { panic!("{messages:?}") };
        assert!(changed.contains("may have changed since start-up"), "{changed}");
        assert!(unreadable.ends_with("the response is 404"), "{unreadable}");

        fs::remove_file(&file).unwrap();
        fs::write(&file, "one").unwrap();
        let messages = capture_log(|| assert_eq!(status(), 200));
        assert!(messages.is_empty(), "{messages:?}");
        break_file();
        let messages = capture_log(|| assert_eq!([status(), status()], [404; 2]));
        assert_eq!(&messages, std::slice::from_ref(unreadable));
    }

    #[test]
    fn file_that_grew_beyond_the_limit_is_not_cached() {
        let dir = tempfile::tempdir().unwrap();
        let (source_files, path) = (SourceFiles::default(), AssetPath::parse("a.css").unwrap());
        for (version, length) in [("1", 10), ("2", 11)] {
            fs::write(dir.path().join("a.css"), vec![b'a'; length]).unwrap();
            let assets = by_version(dir.path(), version);
            let options = ServeOptions {
                max_cached_file: 10,
                cache_capacity: 10,
                ..ServeOptions::for_mode_of(&assets)
            };
            assert!(source_files.find(&path, &assets.snapshot(), &options).is_some());
        }
        assert!(source_files.memory_budget.cache(&Bytes::from_static(&[0; 10]), 10).is_some());
    }

    #[test]
    #[cfg(unix)]
    fn small_file_with_a_changed_change_time_is_read_once() {
        let (dir, source, assets) = site("a.css", "one");
        let options = ServeOptions::for_mode_of(&assets);
        let (source_files, path) = (SourceFiles::default(), AssetPath::parse("a.css").unwrap());
        thread::sleep(Duration::from_millis(20));
        fs::hard_link(source.join("a.css"), dir.path().join("backup")).unwrap();
        thread::sleep(Duration::from_millis(2100));
        let bytes = || {
            let file = source_files.find(&path, &assets.snapshot(), &options).unwrap();
            assert!(!file.is_proven && file.sha256() == Some(Digest::from_content(b"one")));
            let Body::Bytes(bytes) = file.body else { panic!("the file is not in memory") };
            bytes.as_ptr()
        };
        assert_eq!(bytes(), bytes(), "the cached bytes are reused");
    }
}
