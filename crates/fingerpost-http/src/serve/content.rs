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

/// The body of a response.
#[derive(Debug)]
pub enum Content {
    /// The whole body, which may be empty.
    Bytes(Bytes),
    /// A file that is streamed. Boxed, because a `FilePart` is much larger than `Bytes`.
    File(Box<FilePart>),
}

impl Default for Content {
    /// Returns [`EMPTY`](Self::EMPTY).
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Content {
    /// No body.
    pub const EMPTY: Self = Self::Bytes(Bytes::new());

    /// Returns a part of bytes in memory.
    pub(crate) fn slice(bytes: &Bytes, part: &Range<u64>) -> Self {
        Self::Bytes(bytes.slice(part.start as usize..part.end as usize))
    }

    /// Returns the bytes in memory. Returns no bytes for a file.
    #[cfg(feature = "html")]
    pub(crate) fn into_bytes(self) -> Bytes {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::File(_) => Bytes::new(),
        }
    }

    /// Returns the number of bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(part) => part.left.end - part.left.start,
        }
    }

    /// Returns `true` if there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The error for a kind of [`Stored`](fingerpost::Stored) content that this crate does not support.
pub(crate) fn unsupported_content() -> io::Error {
    io::Error::other("the store returned an unsupported kind of content")
}

/// The maximum number of bytes of a file per read.
const CHUNK: u64 = 256 * 1024;

/// Files up to this length are hashed again on the reading thread, which takes about 10 ms.
const LARGEST_HASHED_AT_ONCE: u64 = 4 * 1024 * 1024;

/// A part of an open file that is read in chunks.
#[derive(Debug)]
pub struct FilePart {
    file: Arc<File>,
    left: Range<u64>,
    /// The stamp of the file when the file was opened.
    stamp: FileStamp,
    promised: Option<PromisedDigest>,
    /// The digest of the open file, computed again after a change of the change time.
    rehashed: Option<Arc<LargeDigest>>,
    /// The last bytes of the response, withheld until `rehashed` has a digest.
    withheld: Option<Bytes>,
}

/// The SHA-256 of a whole file. The digest determines the ETag of the response.
#[derive(Debug, Clone)]
pub(crate) struct PromisedDigest {
    pub(crate) sha256: Digest,
    /// Hashes the file again if the file changes while the response is being sent.
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

    /// Returns `Pending` while the last bytes are withheld because the file is not hashed yet. Until this method returns
    /// `Ready`, [`next_chunk`](Self::next_chunk) fails with [`WouldBlock`](io::ErrorKind::WouldBlock).
    pub fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        match &self.rehashed {
            Some(rehashed) if self.withheld.is_some() => rehashed.poll_idle(cx),
            _ => Poll::Ready(()),
        }
    }

    /// Reads the next bytes, at most 256 KiB. Returns `None` at the end. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) while the last bytes are withheld because the file is not hashed yet: call
    /// `next_chunk` again when [`poll_ready`](Self::poll_ready) returns `Ready`. If a file is deleted, replaced, linked or
    /// given another mode during the response, the file is hashed again. Files of more than 4 MiB are hashed on a background
    /// thread.
    ///
    /// All other errors are final: read errors, and changes of the file after opening. After a final error, the last bytes are
    /// not returned: caches do not reuse incomplete responses (RFC 9111, §3.3).
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
        // The check runs for each chunk, so that the hash of the file is usually known when the last chunk is read.
        match self.is_unchanged(length == left)? {
            Some(false) => return Err(io::Error::other("the file changed while it was sent")),
            None if length == left => {
                self.withheld = Some(chunk);
                return Err(io::ErrorKind::WouldBlock.into());
            }
            _ => {}
        }
        self.left.start += length;
        Ok(Some(chunk))
    }

    /// Compares the open file with the state of the file at the time of opening. Returns `None` while the digest of the file is
    /// being computed.
    ///
    /// If only the change time differs, the file is hashed again, unless the response has no ETag. Deletion, rename, link and
    /// chmod change only the change time. A program such as `cp -p` also changes only the change time if the program writes
    /// other bytes of the same length and restores the modification time. Metadata cannot distinguish these cases. Delaying the
    /// end of a download is better than caching wrong bytes as `immutable` for a year. The open handle is hashed, because the
    /// file may be deleted.
    fn is_unchanged(&mut self, is_last: bool) -> io::Result<Option<bool>> {
        let now = FileStamp::from_metadata(&self.file.metadata()?);
        if now == self.stamp {
            return Ok(Some(true));
        }
        if !now.differs_in_change_time_alone(&self.stamp) {
            return Ok(Some(false));
        }
        let Some(PromisedDigest { sha256, queue }) = &self.promised else { return Ok(Some(true)) };
        if now.length() <= LARGEST_HASHED_AT_ONCE {
            if !is_last {
                return Ok(None);
            }
            let mut file = &*self.file;
            file.rewind()?;
            return Ok(Some(Digest::from_reader(&mut file)?.0 == *sha256));
        }
        let rehashed = self.rehashed.get_or_insert_with(|| queue.open_file(self.stamp));
        let file = || FileLocation::Open(Arc::clone(&self.file));
        Ok(match rehashed.get_or_queue(now, queue, file) {
            Some(digest) => Some(digest == *sha256),
            None if rehashed.has_just_failed(now) => Some(false),
            None => None,
        })
    }
}
