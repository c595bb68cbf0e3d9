use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use fingerpost::{__private::FileStamp, manifest::Digest};

use crate::serve::hash_queue::{FileLocation, HashQueue, LargeDigest};

/// The body of an answer.
#[derive(Debug)]
pub enum Content {
    /// All of it, which may be nothing.
    Bytes(Bytes),
    /// A file that is too large for memory. Boxed, so that those from memory stay small.
    File(Box<FilePart>),
}

impl Default for Content {
    /// [`EMPTY`](Self::EMPTY).
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Content {
    /// No body.
    pub const EMPTY: Self = Self::Bytes(Bytes::new());

    /// A part of what lies in memory.
    pub(crate) fn slice(bytes: &Bytes, part: &Range<u64>) -> Self {
        Self::Bytes(bytes.slice(part.start as usize..part.end as usize))
    }

    /// What lies in memory; nothing of a file.
    #[cfg(feature = "html")]
    pub(crate) fn into_bytes(self) -> Bytes {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::File(_) => Bytes::new(),
        }
    }

    /// How many bytes there are.
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(part) => part.left.end - part.left.start,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The error for a kind of [`Stored`](fingerpost::Stored) content that this crate does not know.
pub(crate) fn unsupported_content() -> io::Error {
    io::Error::other("the store returns it in a way that is not supported")
}

/// How much of a file is read at once.
const CHUNK: u64 = 256 * 1024;

/// The length up to which a file is hashed again on the thread that reads it. That takes about 10 ms.
const LARGEST_HASHED_AT_ONCE: u64 = 4 * 1024 * 1024;

/// Bytes of an open file, to be read piece by piece.
#[derive(Debug)]
pub struct FilePart {
    file: Arc<File>,
    left: Range<u64>,
    /// The stamp of the file when it was opened.
    stamp: FileStamp,
    promised: Option<PromisedDigest>,
    /// The digest of the open file, once it has another change time.
    rehashed: Option<Arc<LargeDigest>>,
    /// The last bytes, while they wait for that digest.
    withheld: Option<Bytes>,
}

/// The SHA-256 of a whole file, which a response promises with an ETag.
#[derive(Debug, Clone)]
pub(crate) struct PromisedDigest {
    pub(crate) sha256: Digest,
    /// Computes it again if the file changes while it is sent.
    pub(crate) queue: Arc<HashQueue>,
}

impl PromisedDigest {
    pub(crate) fn new(sha256: Option<Digest>, queue: &Arc<HashQueue>) -> Option<Self> {
        sha256.map(|sha256| Self { sha256, queue: Arc::clone(queue) })
    }
}

impl FilePart {
    pub(crate) fn new(
        mut file: File,
        part: Range<u64>,
        stamp: FileStamp,
        promised: Option<PromisedDigest>,
    ) -> io::Result<Self> {
        file.seek(SeekFrom::Start(part.start))?;
        Ok(Self { file: Arc::new(file), left: part, stamp, promised, rehashed: None, withheld: None })
    }

    /// Returns `Pending` while the last bytes wait for a hash of the file. [`next_chunk`](Self::next_chunk) returns
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) until this is `Ready`.
    pub fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        match &self.rehashed {
            Some(rehashed) if self.withheld.is_some() => rehashed.poll_idle(cx),
            _ => Poll::Ready(()),
        }
    }

    /// Reads the next bytes, 256 KiB at most. Returns `None` after the last. Blocks for the disk.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) while the last bytes wait for a hash of the file: call this again when
    /// [`poll_ready`](Self::poll_ready) is ready. Files that are deleted, replaced, linked or given another mode while they are
    /// sent are hashed again by a background thread.
    ///
    /// All other errors are final: those of reading, and one if the file changed after it was opened. The last bytes are
    /// withheld then, because no cache keeps an incomplete response (RFC 9111, §3.3).
    pub fn next_chunk(&mut self) -> io::Result<Option<Bytes>> {
        let left = self.left.end - self.left.start;
        let length = CHUNK.min(left);
        if length == 0 {
            return Ok(None);
        }
        let chunk = match self.withheld.take() {
            Some(chunk) => chunk,
            None => {
                let mut chunk = vec![0; length as usize];
                (&*self.file).read_exact(&mut chunk)?;
                chunk.into()
            }
        };
        // Compared at every chunk, so that a slow download need not wait for the hash at its end.
        match self.integrity(length == left)? {
            Integrity::Unchanged => {}
            Integrity::Changed => return Err(io::Error::other("the file changed while it was sent")),
            Integrity::Unknown if length < left => {}
            Integrity::Unknown => {
                self.withheld = Some(chunk);
                return Err(io::ErrorKind::WouldBlock.into());
            }
        }
        self.left.start += length;
        Ok(Some(chunk))
    }

    /// Compares the open file with what it was when it was opened.
    ///
    /// A deletion, a rename, a link and a new mode change nothing but the change time, and so does a program that writes other
    /// bytes of the same length and then sets the modification time back, as `cp -p` does between two builds that give all
    /// files one time. The metadata cannot tell these apart, a lower link count included, and wrong bytes that are cached as
    /// `immutable` for a year are worse than a late end of a download. So the file is hashed again, through the open handle
    /// because its name may be gone, unless the response promised no bytes.
    fn integrity(&mut self, is_last: bool) -> io::Result<Integrity> {
        let now = FileStamp::from_metadata(&self.file.metadata()?);
        if now == self.stamp {
            return Ok(Integrity::Unchanged);
        }
        if !now.differs_in_change_time_alone(&self.stamp) {
            return Ok(Integrity::Changed);
        }
        let Some(PromisedDigest { sha256, queue }) = &self.promised else { return Ok(Integrity::Unchanged) };
        if now.length() <= LARGEST_HASHED_AT_ONCE {
            if !is_last {
                return Ok(Integrity::Unknown);
            }
            let mut file = &*self.file;
            file.rewind()?;
            return Ok(Integrity::from_comparison(Digest::from_reader(&mut file)?.0 == *sha256));
        }
        let rehashed = self.rehashed.get_or_insert_with(|| queue.open_file(self.stamp));
        let file = || FileLocation::Open(Arc::clone(&self.file));
        Ok(match rehashed.get_or_queue(now, queue, file) {
            Some(digest) => Integrity::from_comparison(digest == *sha256),
            None if rehashed.has_just_failed(now) => Integrity::Changed,
            None => Integrity::Unknown,
        })
    }
}

/// The result of comparing an open file with what it was when it was opened.
enum Integrity {
    Unchanged,
    Changed,
    /// The digest of the file is being computed.
    Unknown,
}

impl Integrity {
    fn from_comparison(is_unchanged: bool) -> Self {
        if is_unchanged { Self::Unchanged } else { Self::Changed }
    }
}
