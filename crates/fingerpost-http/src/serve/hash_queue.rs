//! Computes the digests of large files on one background thread, so that no request waits for a hash.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc, Weak,
        mpsc::{self, Sender},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use fingerpost::{__private::FileStamp, Store, Stored, manifest::Digest};
use parking_lot::Mutex;

use crate::serve::verified_file::COARSEST_CLOCK;

/// The files that wait to be hashed by one background thread.
///
/// The thread starts with the first file. It ends when the queue is dropped, also in the middle of a file.
#[derive(Debug, Default)]
pub(crate) struct HashQueue(Mutex<Option<Sender<HashJob>>>);

/// The digest of one large file, computed once for each of its stamps.
#[derive(Debug, Default)]
pub(crate) struct LargeDigest(Mutex<DigestState>);

/// No log is written and no store is called while this is locked.
#[derive(Debug, Default)]
struct DigestState {
    /// The digest that was computed last, and the stamp of the file that had it. Bytes that are no file have no stamp.
    latest: Option<(Option<FileStamp>, Digest)>,
    /// `true` while a job of the file is in the queue.
    is_queued: bool,
    /// The stamp of the file when it could not be hashed, and the time; `None` once it has been hashed.
    failed: Option<(FileStamp, Instant)>,
}

/// The time after which a file that could not be hashed is queued again.
const RETRY_AFTER: Duration = Duration::from_secs(60);

/// The place from which the background thread opens a file.
#[derive(Debug)]
pub(crate) enum FileLocation {
    /// A path on disk.
    Path(PathBuf),
    /// A name in a store.
    Stored(Arc<dyn Store>, String),
}

struct HashJob {
    digest: Weak<LargeDigest>,
    /// The stamp of the file when the job was queued.
    stamp: FileStamp,
    first_seen: Instant,
    location: FileLocation,
}

impl DigestState {
    fn get(&self, stamp: FileStamp) -> Option<Digest> {
        self.latest.filter(|(known, _)| *known == Some(stamp)).map(|(_, sha256)| sha256)
    }

    /// Returns `true` if the file could not be hashed a moment ago, and still has this stamp.
    fn has_just_failed(&self, stamp: FileStamp) -> bool {
        self.failed.is_some_and(|(failed, since)| failed == stamp && since.elapsed() < RETRY_AFTER)
    }
}

impl LargeDigest {
    /// The digest of the file as of the last look at it.
    pub(crate) fn latest(&self) -> Option<Digest> {
        self.0.lock().latest.map(|(_, sha256)| sha256)
    }

    /// The digest of the file while it has this stamp, if it is known.
    pub(crate) fn get(&self, stamp: FileStamp) -> Option<Digest> {
        self.0.lock().get(stamp)
    }

    /// The digest of the file while it has this stamp. If it is not known yet, the file is queued, unless it is in the queue.
    pub(crate) fn get_or_queue(
        self: &Arc<Self>,
        stamp: FileStamp,
        queue: &HashQueue,
        location: impl FnOnce() -> FileLocation,
    ) -> Option<Digest> {
        let mut state = self.0.lock();
        if let Some(sha256) = state.get(stamp) {
            return Some(sha256);
        }
        state.latest = None;
        if state.is_queued || state.has_just_failed(stamp) {
            return None;
        }
        state.is_queued = true;
        drop(state);
        let job =
            HashJob { digest: Arc::downgrade(self), stamp, first_seen: Instant::now(), location: location() };
        if let Err(err) = queue.push(job)
            && self.fail(stamp)
        {
            tracing::error!("the thread that hashes large files cannot be started: {err}");
        }
        None
    }

    /// Records the digest of bytes that were hashed elsewhere and have no stamp.
    pub(crate) fn set(&self, sha256: Digest) {
        self.0.lock().latest = Some((None, sha256));
    }

    /// Takes the result of a job.
    fn finish(&self, result: Option<(FileStamp, Digest)>) {
        let mut state = self.0.lock();
        state.is_queued = false;
        if let Some((stamp, sha256)) = result {
            state.latest = Some((Some(stamp), sha256));
            state.failed = None;
        }
    }

    /// Takes the failure of a job. Returns `true` for the first one since the file was hashed.
    fn fail(&self, stamp: FileStamp) -> bool {
        let mut state = self.0.lock();
        state.is_queued = false;
        state.failed.replace((stamp, Instant::now())).is_none()
    }
}

impl HashQueue {
    fn push(&self, job: HashJob) -> io::Result<()> {
        let mut sender = self.0.lock();
        let sender = match &mut *sender {
            Some(sender) => sender,
            none => none.insert(start()?),
        };
        sender.send(job).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    #[cfg(test)]
    pub(crate) fn is_started(&self) -> bool {
        self.0.lock().is_some()
    }
}

/// The name of the background thread.
const THREAD: &str = "fingerpost-hash";

fn start() -> io::Result<Sender<HashJob>> {
    let (sender, jobs) = mpsc::channel::<HashJob>();
    thread::Builder::new().name(THREAD.into()).spawn(move || jobs.into_iter().for_each(HashJob::run))?;
    Ok(sender)
}

impl HashJob {
    fn run(self) {
        // A `Store` is code of the user.
        let hashed = catch_unwind(AssertUnwindSafe(|| self.hash()));
        let hashed = hashed.unwrap_or_else(|_| Err(io::Error::other("the store panicked")));
        let Some(digest) = self.digest.upgrade() else { return };
        match hashed {
            Ok(result) => digest.finish(result),
            Err(err) if digest.fail(self.stamp) => {
                tracing::warn!("{} cannot be hashed and is served with `no-store`: {err}", self.location);
            }
            Err(_) => {}
        }
    }

    /// The digest of the file as it is now. `None` if it changes meanwhile.
    fn hash(&self) -> io::Result<Option<(FileStamp, Digest)>> {
        if self.digest.strong_count() == 0 {
            return Ok(None);
        }
        let file = self.location.open()?;
        let stamp = || Ok::<_, io::Error>(FileStamp::from_metadata(&file.metadata()?));
        let before = stamp()?;
        self.wait_until_settled(before);
        if stamp()? != before {
            return Ok(None);
        }
        let (sha256, _) = Digest::from_reader(AbortableFile { file: &file, digest: &self.digest })?;
        Ok((stamp()? == before).then_some((before, sha256)))
    }

    /// Waits until a later change of the bytes is sure to change the stamp as well.
    fn wait_until_settled(&self, stamp: FileStamp) {
        if !stamp.is_settled_at(SystemTime::now()) {
            let age = if stamp == self.stamp { self.first_seen.elapsed() } else { Duration::ZERO };
            thread::sleep(COARSEST_CLOCK.saturating_sub(age));
        }
    }
}

/// A file that ends in an error once its digest is of no use to anyone.
struct AbortableFile<'a> {
    file: &'a File,
    digest: &'a Weak<LargeDigest>,
}

impl Read for AbortableFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.digest.strong_count() == 0 {
            return Err(io::Error::other("the file is not served any more"));
        }
        self.file.read(buffer)
    }
}

impl FileLocation {
    /// Only a regular file is opened: opening a pipe would wait for a writer.
    fn open(&self) -> io::Result<File> {
        match self {
            Self::Path(path) if fs::metadata(path)?.is_file() => File::open(path),
            Self::Path(_) => Err(io::Error::other("it is not a file")),
            Self::Stored(store, name) => match store.open(name)? {
                Stored::File(file) => Ok(file),
                _ => Err(io::Error::other("it is not a file any more")),
            },
        }
    }
}

impl fmt::Display for FileLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "`{}`", path.display()),
            Self::Stored(store, name) => write!(f, "`{name}` in `{}`", store.place()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::log_capture::capture_log;

    use super::*;

    /// A store without files. Its name tells whether the digest is locked.
    #[derive(Debug)]
    struct Empty(Arc<LargeDigest>);

    impl Store for Empty {
        fn place(&self) -> String {
            if self.0.0.is_locked() { "locked" } else { "unlocked" }.to_owned()
        }

        fn read(&self, _: &str) -> io::Result<Vec<u8>> {
            Err(io::Error::other("no luck"))
        }

        fn releases(&self) -> io::Result<Vec<u64>> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn unhashable_file_is_queued_again_after_a_minute_and_logged_once() {
        let (sender, jobs) = mpsc::channel();
        let queue = HashQueue(Mutex::new(Some(sender)));
        let digest = Arc::<LargeDigest>::default();
        let store = Arc::new(Empty(Arc::clone(&digest)));
        let stamp = FileStamp::from_metadata(&tempfile::tempfile().unwrap().metadata().unwrap());
        let ask = || {
            let location = || FileLocation::Stored(store.clone(), "a.bin".into());
            assert_eq!(digest.get_or_queue(stamp, &queue, location), None);
        };
        let wait = || {
            let failed = &mut digest.0.lock().failed;
            *failed = failed.map(|(stamp, since)| (stamp, since.checked_sub(RETRY_AFTER).unwrap()));
        };
        let messages = capture_log(|| {
            ask();
            jobs.try_recv().unwrap().run();
            ask();
            assert!(jobs.try_recv().is_err(), "it has just failed");
            wait();
            ask();
            jobs.try_recv().unwrap().run();
        });
        assert_eq!(
            messages,
            ["`a.bin` in `unlocked` cannot be hashed and is served with `no-store`: no luck"]
        );
    }

    #[test]
    fn failed_thread_start_is_logged_once_per_file() {
        let (sender, jobs) = mpsc::channel();
        drop(jobs);
        let queue = HashQueue(Mutex::new(Some(sender)));
        let digest = Arc::<LargeDigest>::default();
        let stamp = FileStamp::from_metadata(&tempfile::tempfile().unwrap().metadata().unwrap());
        let messages = capture_log(|| {
            for _ in 0..3 {
                assert_eq!(digest.get_or_queue(stamp, &queue, || FileLocation::Path("a.bin".into())), None);
            }
        });
        assert_eq!(messages.len(), 1, "{messages:?}");
    }
}
