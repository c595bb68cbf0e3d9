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

use fingerpost::{Digest, Stamp, Store, Stored};
use parking_lot::Mutex;

use crate::identity::COARSEST_CLOCK;

/// The files that wait to be hashed by one background thread.
///
/// The thread starts with the first file. It ends when the queue is dropped, also in the middle of a file.
#[derive(Debug, Default)]
pub(crate) struct HashQueue(Mutex<Option<Sender<Job>>>);

/// The digest of one large file, computed once for each of its stamps.
#[derive(Debug, Default)]
pub(crate) struct LargeDigest(Mutex<State>);

/// No log is written and no store is called while this is locked.
#[derive(Debug, Default)]
struct State {
    /// The digest that was computed last, and the stamp of the file that had it. Bytes that are no file have no stamp.
    latest: Option<(Option<Stamp>, Digest)>,
    /// `true` while a job of the file is in the queue.
    is_queued: bool,
    /// The stamp of the file when it could not be hashed.
    failed: Option<Stamp>,
}

/// The place from which the background thread opens a file.
#[derive(Debug)]
pub(crate) enum Location {
    /// A path on disk.
    Path(PathBuf),
    /// A name in a store.
    Stored(Arc<dyn Store>, String),
}

struct Job {
    digest: Weak<LargeDigest>,
    /// The stamp of the file when the job was queued.
    stamp: Stamp,
    first_seen: Instant,
    location: Location,
}

impl State {
    fn of(&self, stamp: Stamp) -> Option<Digest> {
        self.latest.filter(|(known, _)| *known == Some(stamp)).map(|(_, sha256)| sha256)
    }
}

impl LargeDigest {
    /// The digest of the file as of the last look at it.
    pub(crate) fn latest(&self) -> Option<Digest> {
        self.0.lock().latest.map(|(_, sha256)| sha256)
    }

    /// The digest of the file while it has this stamp, if it is known.
    pub(crate) fn of(&self, stamp: Stamp) -> Option<Digest> {
        self.0.lock().of(stamp)
    }

    /// The digest of the file while it has this stamp. If it is not known yet, the file is queued, unless it is in the queue.
    pub(crate) fn at(
        self: &Arc<Self>,
        stamp: Stamp,
        queue: &HashQueue,
        location: impl FnOnce() -> Location,
    ) -> Option<Digest> {
        let mut state = self.0.lock();
        if let Some(sha256) = state.of(stamp) {
            return Some(sha256);
        }
        state.latest = None;
        if state.is_queued || state.failed == Some(stamp) {
            return None;
        }
        state.is_queued = true;
        drop(state);
        let job =
            Job { digest: Arc::downgrade(self), stamp, first_seen: Instant::now(), location: location() };
        if let Err(err) = queue.push(job) {
            self.0.lock().is_queued = false;
            tracing::error!("the thread that hashes large files cannot be started: {err}");
        }
        None
    }

    /// Records the digest of bytes that were hashed elsewhere and have no stamp.
    pub(crate) fn set(&self, sha256: Digest) {
        self.0.lock().latest = Some((None, sha256));
    }
}

impl HashQueue {
    fn push(&self, job: Job) -> io::Result<()> {
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

fn start() -> io::Result<Sender<Job>> {
    let (sender, jobs) = mpsc::channel::<Job>();
    thread::Builder::new().name(THREAD.into()).spawn(move || jobs.into_iter().for_each(Job::run))?;
    Ok(sender)
}

impl Job {
    fn run(self) {
        // A `Store` is code of the user.
        let hashed = catch_unwind(AssertUnwindSafe(|| self.hash()));
        let hashed = hashed.unwrap_or_else(|_| Err(io::Error::other("the store panicked")));
        let Some(digest) = self.digest.upgrade() else { return };
        let mut state = digest.0.lock();
        state.is_queued = false;
        match hashed {
            Ok(Some((stamp, sha256))) => state.latest = Some((Some(stamp), sha256)),
            Ok(None) => {}
            Err(err) => {
                state.failed = Some(self.stamp);
                drop(state);
                tracing::warn!("{} cannot be hashed and is served with `no-store`: {err}", self.location);
            }
        }
    }

    /// The digest of the file as it is now. `None` if it changes meanwhile.
    fn hash(&self) -> io::Result<Option<(Stamp, Digest)>> {
        if self.digest.strong_count() == 0 {
            return Ok(None);
        }
        let file = self.location.open()?;
        let stamp = || Ok::<_, io::Error>(Stamp::of(&file.metadata()?));
        let before = stamp()?;
        self.wait_until_settled(before);
        if stamp()? != before {
            return Ok(None);
        }
        let (sha256, _) = Digest::of_reader(WhileWanted { file: &file, digest: &self.digest })?;
        Ok((stamp()? == before).then_some((before, sha256)))
    }

    /// Waits until a later change of the bytes is sure to change the stamp as well.
    fn wait_until_settled(&self, stamp: Stamp) {
        if !stamp.is_settled_at(SystemTime::now()) {
            let age = if stamp == self.stamp { self.first_seen.elapsed() } else { Duration::ZERO };
            thread::sleep(COARSEST_CLOCK.saturating_sub(age));
        }
    }
}

/// A file that ends in an error once its digest is of no use to anyone.
struct WhileWanted<'a> {
    file: &'a File,
    digest: &'a Weak<LargeDigest>,
}

impl Read for WhileWanted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.digest.strong_count() == 0 {
            return Err(io::Error::other("the file is not served any more"));
        }
        self.file.read(buffer)
    }
}

impl Location {
    /// Only a regular file is opened: opening a pipe would wait for a writer.
    fn open(&self) -> io::Result<File> {
        match self {
            Self::Path(path) if fs::metadata(path)?.is_file() => File::open(path),
            Self::Path(_) => Err(io::Error::other("it is not a file")),
            Self::Stored(store, name) => match store.open(name)? {
                Stored::File(file) => Ok(file),
                Stored::Bytes(_) => Err(io::Error::other("it is not a file any more")),
            },
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "`{}`", path.display()),
            Self::Stored(store, name) => write!(f, "`{name}` in `{}`", store.place()),
        }
    }
}
