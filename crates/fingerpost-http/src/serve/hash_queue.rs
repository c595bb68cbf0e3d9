//! Computes the digests of large files on one background thread, so that no request waits for a hash.

use std::{
    fs::{self, File},
    io::{self, Read},
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc, Weak,
        mpsc::{self, Receiver, SendError, Sender},
    },
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant, SystemTime},
};

use fingerpost::{__private::FileStamp, Store, Stored, manifest::Digest};
use parking_lot::Mutex;

use crate::serve::verified_file::COARSEST_CLOCK;

/// A queue of files to be hashed by one background thread.
///
/// The thread starts with the first file, and ends when the queue is dropped, even in the middle of a file.
#[derive(Debug, Default)]
pub(crate) struct HashQueue {
    sender: Mutex<Option<Sender<HashJob>>>,
    /// The digests of files that changed during a response, by the stamp of each file at the time of opening.
    open_files: Mutex<Vec<(FileStamp, Weak<LargeDigest>)>>,
}

/// The digest of one large file, computed once for each stamp of the file.
#[derive(Debug, Default)]
pub(crate) struct LargeDigest(Mutex<DigestState>);

/// Must not be locked during logging or calls of a store: log subscribers and stores are user code.
#[derive(Debug, Default)]
struct DigestState {
    /// The last computed digest and the stamp of the file at that time. Bytes embedded in the program have no stamp.
    latest: Option<(Option<FileStamp>, Digest)>,
    /// `true` while a job of the file is in the queue.
    is_queued: bool,
    /// Stamp and time of the last failure. `None` after a success.
    failed: Option<(Option<FileStamp>, Instant)>,
    /// Tasks to wake when the job is done.
    waiting: Vec<Waker>,
}

/// The time after which a file that could not be hashed may be queued again.
const RETRY_AFTER: Duration = Duration::from_secs(60);

/// The location from which the background thread opens a file.
#[derive(Debug)]
pub(crate) enum FileLocation {
    /// A path on disk.
    Path(PathBuf),
    /// A name in a store.
    Stored(Arc<dyn Store>, String),
    /// An open file, which may be deleted or renamed.
    Open(Arc<File>),
    /// Bytes embedded in the program, which have no stamp.
    Static(&'static [u8]),
}

struct HashJob {
    digest: Weak<LargeDigest>,
    /// The stamp of the file when the job was queued.
    stamp: Option<FileStamp>,
    first_seen: Instant,
    location: FileLocation,
}

impl DigestState {
    fn get(&self, stamp: Option<FileStamp>) -> Option<Digest> {
        self.latest.filter(|(known, _)| *known == stamp).map(|(_, sha256)| sha256)
    }

    /// Returns `true` if hashing the file with this stamp failed within the last minute.
    fn has_just_failed(&self, stamp: Option<FileStamp>) -> bool {
        self.failed.is_some_and(|(failed, since)| failed == stamp && since.elapsed() < RETRY_AFTER)
    }
}

impl LargeDigest {
    /// Returns the last computed digest, even if the file has changed since.
    pub(crate) fn latest(&self) -> Option<Digest> {
        self.0.lock().latest.map(|(_, sha256)| sha256)
    }

    /// Returns the digest of the file with this stamp, if the digest is known.
    pub(crate) fn get(&self, stamp: FileStamp) -> Option<Digest> {
        self.0.lock().get(Some(stamp))
    }

    /// Returns the digest of the file with this stamp. If the digest is unknown, adds the file to the queue, unless a job of
    /// the file is already in the queue. Bytes embedded in the program have no stamp.
    pub(crate) fn get_or_queue(
        self: &Arc<Self>,
        stamp: impl Into<Option<FileStamp>>,
        queue: &HashQueue,
        location: impl FnOnce() -> FileLocation,
    ) -> Option<Digest> {
        let stamp = stamp.into();
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

    /// Records the digest of bytes without a stamp.
    pub(crate) fn set(&self, sha256: Digest) {
        self.0.lock().latest = Some((None, sha256));
    }

    /// Returns `true` if hashing the file with this stamp failed within the last minute.
    pub(crate) fn has_just_failed(&self, stamp: FileStamp) -> bool {
        self.0.lock().has_just_failed(Some(stamp))
    }

    /// Returns `Pending` while a job of the file is in the queue.
    pub(crate) fn poll_idle(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.0.lock();
        if !state.is_queued {
            return Poll::Ready(());
        }
        if !state.waiting.iter().any(|waiting| waiting.will_wake(cx.waker())) {
            state.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Records the failure of a job. Returns `true` for the first failure since the last success.
    fn fail(&self, stamp: Option<FileStamp>) -> bool {
        self.end_job(|state| state.failed.replace((stamp, Instant::now())).is_none())
    }

    fn end_job<T>(&self, update: impl FnOnce(&mut DigestState) -> T) -> T {
        let mut state = self.0.lock();
        state.is_queued = false;
        let updated = update(&mut state);
        let waiting = mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
        updated
    }
}

impl HashQueue {
    /// Adds a job to the queue. Fails only if no thread can be started.
    fn push(&self, job: HashJob) -> io::Result<()> {
        let mut sender = self.sender.lock();
        let unsent = match &*sender {
            Some(running) => running.send(job).err().map(|SendError(job)| job),
            None => Some(job),
        };
        // The thread has not started yet, or has ended.
        if let Some(job) = unsent {
            let (new, jobs) = mpsc::channel();
            let thread = thread::Builder::new().name("fingerpost-hash".into());
            thread.spawn(move || run_jobs(jobs))?;
            sender.insert(new).send(job).ok();
        }
        Ok(())
    }

    /// Returns the digest of an open file, shared by all responses that opened the file with this stamp.
    ///
    /// This digest is separate from the digest under the file's name, because the name may now refer to another file.
    pub(crate) fn open_file(&self, stamp: FileStamp) -> Arc<LargeDigest> {
        let mut open_files = self.open_files.lock();
        let known = open_files.iter().find(|(known, _)| *known == stamp);
        if let Some(digest) = known.and_then(|(_, digest)| digest.upgrade()) {
            return digest;
        }
        open_files.retain(|(_, digest)| digest.strong_count() > 0);
        let digest = Arc::default();
        open_files.push((stamp, Arc::downgrade(&digest)));
        digest
    }

    #[cfg(test)]
    pub(crate) fn is_started(&self) -> bool {
        self.sender.lock().is_some()
    }
}

fn run_jobs(jobs: Receiver<HashJob>) {
    for job in jobs {
        // Logging calls `Store::place` and the log subscriber, which are user code.
        catch_unwind(AssertUnwindSafe(|| job.run())).ok();
    }
}

impl HashJob {
    fn run(self) {
        // A `Store` is user code.
        let hashed = catch_unwind(AssertUnwindSafe(|| self.hash()));
        let hashed = hashed.unwrap_or_else(|_| Err(io::Error::other("the store panicked")));
        let Some(digest) = self.digest.upgrade() else { return };
        match hashed {
            Ok(Some((stamp, sha256))) => digest.end_job(|state| {
                state.latest = Some((stamp, sha256));
                state.failed = None;
            }),
            // The file changed during the job.
            Ok(None) => digest.end_job(|_| {}),
            Err(err) if digest.fail(self.stamp) => self.location.log_failure(&err),
            Err(_) => {}
        }
    }

    /// Computes the digest of the current file. Returns `None` if the file changes during the read, or if the digest is not
    /// needed.
    fn hash(&self) -> io::Result<Option<(Option<FileStamp>, Digest)>> {
        if self.digest.strong_count() == 0 {
            return Ok(None);
        }
        if let FileLocation::Static(bytes) = self.location {
            return Ok(Some((
                None,
                Digest::from_reader(Abortable { reader: bytes, digest: &self.digest })?.0,
            )));
        }
        let file = &*self.location.open()?;
        let stamp = || Ok::<_, io::Error>(FileStamp::from_metadata(&file.metadata()?));
        let before = stamp()?;
        // Wait until every later change of the bytes also changes the stamp.
        if !before.is_settled_at(SystemTime::now()) {
            let age = if self.stamp == Some(before) { self.first_seen.elapsed() } else { Duration::ZERO };
            thread::sleep(COARSEST_CLOCK.saturating_sub(age));
        }
        if stamp()? != before {
            return Ok(None);
        }
        let reader = FileReader { file, offset: 0 };
        let (sha256, _) = Digest::from_reader(Abortable { reader, digest: &self.digest })?;
        Ok((stamp()? == before).then_some((Some(before), sha256)))
    }
}

/// Reads a file. Fails if the digest of the file is no longer needed.
struct Abortable<'a, R> {
    reader: R,
    digest: &'a Weak<LargeDigest>,
}

impl<R: Read> Read for Abortable<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.digest.strong_count() == 0 {
            return Err(io::Error::other("the file is no longer served"));
        }
        self.reader.read(buffer)
    }
}

/// Reads an open file from its start.
struct FileReader<'a> {
    file: &'a File,
    offset: u64,
}

impl Read for FileReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = read_at(self.file, buffer, self.offset)?;
        self.offset += length as u64;
        Ok(length)
    }
}

/// Reads without moving the position of the file, because the same handle may be in use for a response.
#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

/// Open files are only queued on Unix, because other systems have no change time.
#[cfg(not(unix))]
fn read_at(mut file: &File, buffer: &mut [u8], _offset: u64) -> io::Result<usize> {
    file.read(buffer)
}

impl FileLocation {
    /// Opens only regular files: opening a pipe would block until there is a writer.
    fn open(&self) -> io::Result<Arc<File>> {
        match self {
            Self::Path(path) if fs::metadata(path)?.is_file() => File::open(path).map(Arc::new),
            Self::Path(_) => Err(io::Error::other("not a regular file")),
            Self::Stored(store, name) => match store.open(name)? {
                Stored::File(file) => Ok(Arc::new(file)),
                _ => Err(io::Error::other("no longer a regular file")),
            },
            Self::Open(file) => Ok(Arc::clone(file)),
            Self::Static(_) => Err(io::Error::other("not a regular file")),
        }
    }

    fn log_failure(&self, err: &io::Error) {
        let file = match self {
            Self::Path(path) => format!("`{}`", path.display()),
            Self::Stored(store, name) => format!("`{name}` in `{}`", store.place()),
            Self::Static(_) => "a file of the embedded pack".to_owned(),
            Self::Open(_) => {
                tracing::warn!(
                    "a file that changed while it was sent cannot be hashed, so its responses end before their last \
                     bytes: {err}"
                );
                return;
            }
        };
        tracing::warn!("{file} cannot be hashed and is served with `no-store`: {err}");
    }
}

#[cfg(test)]
mod tests {
    use adapter_suite::capture_log;

    use super::*;

    /// A store without files. `place` returns whether the digest is locked.
    #[derive(Debug)]
    struct Empty(Arc<LargeDigest>);

    impl Store for Empty {
        fn place(&self) -> String {
            if self.0.0.is_locked() { "locked" } else { "unlocked" }.to_owned()
        }

        fn read(&self, _: &str) -> io::Result<Vec<u8>> {
            Err(io::Error::other("unreadable"))
        }

        fn releases(&self) -> io::Result<Vec<u64>> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn unhashable_file_is_queued_again_after_a_minute_and_logged_once() {
        let (sender, jobs) = mpsc::channel();
        let queue = HashQueue { sender: Mutex::new(Some(sender)), ..HashQueue::default() };
        let digest = Arc::<LargeDigest>::default();
        let store = Arc::new(Empty(Arc::clone(&digest)));
        let stamp = FileStamp::from_metadata(&tempfile::tempfile().unwrap().metadata().unwrap());
        let request = || {
            let location = || FileLocation::Stored(store.clone(), "a.bin".into());
            assert_eq!(digest.get_or_queue(stamp, &queue, location), None);
        };
        let wait = || {
            let failed = &mut digest.0.lock().failed;
            *failed = failed.map(|(stamp, since)| (stamp, since.checked_sub(RETRY_AFTER).unwrap()));
        };
        let messages = capture_log(|| {
            request();
            jobs.try_recv().unwrap().run();
            request();
            assert!(jobs.try_recv().is_err(), "retried only after a minute");
            wait();
            request();
            jobs.try_recv().unwrap().run();
        });
        assert_eq!(
            messages,
            ["`a.bin` in `unlocked` cannot be hashed and is served with `no-store`: unreadable"]
        );
    }

    #[test]
    fn responses_of_one_open_file_share_its_digest() {
        let queue = HashQueue::default();
        let [one, other] = [1, 2].map(|length| {
            let file = tempfile::tempfile().unwrap();
            file.set_len(length).unwrap();
            FileStamp::from_metadata(&file.metadata().unwrap())
        });
        let first = queue.open_file(one);
        assert!(Arc::ptr_eq(&first, &queue.open_file(one)));
        assert!(!Arc::ptr_eq(&first, &queue.open_file(other)));
        drop(first);
        queue.open_file(other);
        assert_eq!(queue.open_files.lock().len(), 1, "unused digests are removed");
    }

    /// A store whose methods panic.
    #[derive(Debug)]
    struct Panicking;

    impl Store for Panicking {
        fn place(&self) -> String {
            panic!("no place")
        }

        fn read(&self, _: &str) -> io::Result<Vec<u8>> {
            panic!("no file")
        }

        fn releases(&self) -> io::Result<Vec<u64>> {
            panic!("no releases")
        }
    }

    /// Queues a file and waits for its digest.
    #[track_caller]
    fn assert_is_hashed(queue: &HashQueue) {
        let file = tempfile::tempfile().unwrap();
        let stamp = FileStamp::from_metadata(&file.metadata().unwrap());
        let digest = Arc::<LargeDigest>::default();
        assert_eq!(digest.get_or_queue(stamp, queue, || FileLocation::Open(Arc::new(file))), None);
        let begin = Instant::now();
        while digest.get(stamp).is_none() {
            assert!(begin.elapsed() < Duration::from_secs(60), "{digest:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn thread_continues_after_a_store_panics_during_logging() {
        let (sender, jobs) = mpsc::channel();
        let queue = HashQueue { sender: Mutex::new(Some(sender)), ..HashQueue::default() };
        let file = Arc::new(tempfile::tempfile().unwrap());
        let stamp = FileStamp::from_metadata(&file.metadata().unwrap());
        let [panicking, healthy] = [(); 2].map(|()| Arc::<LargeDigest>::default());
        panicking.get_or_queue(stamp, &queue, || FileLocation::Stored(Arc::new(Panicking), "a.bin".into()));
        healthy.get_or_queue(stamp, &queue, || FileLocation::Open(file));
        drop(queue);
        capture_log(|| run_jobs(jobs));
        assert!(panicking.has_just_failed(stamp));
        assert_eq!(healthy.get(stamp), Some(Digest::from_content(b"")));
    }

    #[test]
    fn thread_that_ended_is_started_again() {
        let (sender, jobs) = mpsc::channel();
        drop(jobs);
        assert_is_hashed(&HashQueue { sender: Mutex::new(Some(sender)), ..HashQueue::default() });
    }
}
