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
    time::{Instant, SystemTime},
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

#[derive(Debug, Default)]
struct State {
    /// The stamp that was queued last. A file that cannot be read is not queued again until its stamp changes.
    queued: Option<Stamp>,
    /// The digest of the file with that stamp.
    sha256: Option<Digest>,
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
    stamp: Stamp,
    first_seen: Instant,
    location: Location,
}

impl LargeDigest {
    /// The digest of the file as of the last look at it.
    pub(crate) fn latest(&self) -> Option<Digest> {
        self.0.lock().sha256
    }

    /// The digest of the file while it has this stamp, if it is known.
    pub(crate) fn of(&self, stamp: Stamp) -> Option<Digest> {
        let state = self.0.lock();
        state.sha256.filter(|_| state.queued == Some(stamp))
    }

    /// The digest of the file while it has this stamp. If it is not known yet, the file is queued once.
    pub(crate) fn at(
        self: &Arc<Self>,
        stamp: Stamp,
        queue: &HashQueue,
        location: impl FnOnce() -> Location,
    ) -> Option<Digest> {
        let mut state = self.0.lock();
        if state.queued == Some(stamp) {
            return state.sha256;
        }
        let job =
            Job { digest: Arc::downgrade(self), stamp, first_seen: Instant::now(), location: location() };
        let queued = queue.push(job).inspect_err(|err| {
            tracing::error!("the thread that hashes large files cannot be started: {err}");
        });
        *state = State { queued: queued.ok().map(|()| stamp), sha256: None };
        None
    }

    /// Records the digest of bytes that were hashed elsewhere and have no stamp.
    pub(crate) fn set(&self, sha256: Digest) {
        self.0.lock().sha256 = Some(sha256);
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
        self.wait_until_settled();
        // A `Store` is code of the user.
        let hashed = catch_unwind(AssertUnwindSafe(|| self.hash()));
        let hashed = hashed.unwrap_or_else(|_| Err(io::Error::other("the store panicked")));
        let Some(digest) = self.digest.upgrade() else { return };
        let mut state = digest.0.lock();
        if state.queued != Some(self.stamp) {
            return;
        }
        match hashed {
            Ok(Some(sha256)) => state.sha256 = Some(sha256),
            Ok(None) => *state = State::default(),
            Err(err) => {
                tracing::warn!("{} cannot be hashed and is served with `no-store`: {err}", self.location);
            }
        }
    }

    /// Waits until a later change of the bytes is sure to change the stamp as well.
    fn wait_until_settled(&self) {
        if self.digest.strong_count() > 0 && !self.stamp.is_settled_at(SystemTime::now()) {
            thread::sleep(COARSEST_CLOCK.saturating_sub(self.first_seen.elapsed()));
        }
    }

    /// `None` if the file has another stamp before or after it is read.
    fn hash(&self) -> io::Result<Option<Digest>> {
        if self.digest.strong_count() == 0 {
            return Ok(None);
        }
        let file = self.location.open()?;
        let has_stamp = || Ok::<_, io::Error>(Stamp::of(&file.metadata()?) == self.stamp);
        if !has_stamp()? {
            return Ok(None);
        }
        let (sha256, _) = Digest::of_reader(WhileWanted { file: &file, digest: &self.digest })?;
        Ok(has_stamp()?.then_some(sha256))
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
