use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    sync::Arc,
};

use bytes::Bytes;
use fingerpost::{__private::FileStamp, manifest::Digest};

use crate::serve::hash_queue::LargeDigest;

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

/// The length up to which a file is hashed again before its last bytes are sent. That takes about 10 ms.
const LARGEST_HASHED_AGAIN: u64 = 4 * 1024 * 1024;

/// Bytes of an open file, to be read piece by piece.
#[derive(Debug)]
pub struct FilePart {
    file: File,
    left: Range<u64>,
    /// What told of the file when it was opened.
    stamp: FileStamp,
    /// The SHA-256 of all its bytes, if it is known.
    sha256: Option<Digest>,
    large: Arc<LargeDigest>,
}

impl FilePart {
    pub(crate) fn new(
        mut file: File,
        part: Range<u64>,
        stamp: FileStamp,
        sha256: Option<Digest>,
        large: &Arc<LargeDigest>,
    ) -> io::Result<Self> {
        file.seek(SeekFrom::Start(part.start))?;
        Ok(Self { file, left: part, stamp, sha256, large: Arc::clone(large) })
    }

    /// The next bytes, 256 KiB at most, and `None` after the last. Blocks.
    ///
    /// # Errors
    ///
    /// Those of reading; and where the last bytes would be, if the file is not what it was when it was opened. They are
    /// withheld then: an answer that is not complete is kept by no cache (RFC 9111, §3.3). A file that was deleted, linked or
    /// given another mode meanwhile still is what it was; one of more than 4 MiB only if its digest is known by then.
    pub fn next_chunk(&mut self) -> io::Result<Option<Bytes>> {
        let length = CHUNK.min(self.left.end - self.left.start);
        if length == 0 {
            return Ok(None);
        }
        let mut chunk = vec![0; length as usize];
        self.file.read_exact(&mut chunk)?;
        self.left.start += length;
        if self.left.is_empty() && !self.is_unchanged()? {
            return Err(io::Error::other("the file changed while it was sent"));
        }
        Ok(Some(chunk.into()))
    }

    /// Called after the last byte has been read. Where the change time alone is another one, the digest has to be the same.
    fn is_unchanged(&mut self) -> io::Result<bool> {
        let now = FileStamp::from_metadata(&self.file.metadata()?);
        if now == self.stamp {
            return Ok(true);
        }
        let Some(sha256) = self.sha256.filter(|_| now.differs_in_change_time_alone(&self.stamp)) else {
            return Ok(false);
        };
        if now.length() > LARGEST_HASHED_AGAIN {
            // The next request queues the file if nothing is known of this stamp.
            return Ok(self.large.get(now) == Some(sha256));
        }
        self.file.rewind()?;
        Ok(Digest::from_reader(&mut self.file)?.0 == sha256)
    }
}
