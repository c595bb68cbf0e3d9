use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
};

use bytes::Bytes;
use fingerpost::Stamp;

/// The body of an answer.
#[derive(Debug)]
pub enum Content {
    /// All of it, which may be nothing.
    Bytes(Bytes),
    /// A file that is too large for memory.
    File(FilePart),
}

impl Content {
    /// No body.
    pub const EMPTY: Self = Self::Bytes(Bytes::new());

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

/// How much of a file is read at once.
const CHUNK: u64 = 256 * 1024;

/// Bytes of an open file, to be read piece by piece.
#[derive(Debug)]
pub struct FilePart {
    file: File,
    left: Range<u64>,
    /// What told of the file when it was opened.
    stamp: Stamp,
}

impl FilePart {
    pub(crate) fn new(mut file: File, part: Range<u64>, stamp: Stamp) -> io::Result<Self> {
        file.seek(SeekFrom::Start(part.start))?;
        Ok(Self { file, left: part, stamp })
    }

    /// The next bytes, 256 KiB at most, and `None` after the last. Blocks.
    ///
    /// # Errors
    ///
    /// Those of reading; and where the last bytes would be, if the file is not what it was when it was opened. They are
    /// withheld then: an answer that is not complete is kept by no cache (RFC 9111, §3.3).
    pub fn next_chunk(&mut self) -> io::Result<Option<Bytes>> {
        let length = CHUNK.min(self.left.end - self.left.start);
        if length == 0 {
            return Ok(None);
        }
        let mut chunk = vec![0; length as usize];
        self.file.read_exact(&mut chunk)?;
        self.left.start += length;
        if self.left.is_empty() && Stamp::of(&self.file.metadata()?) != self.stamp {
            return Err(io::Error::other("the file changed while it was sent"));
        }
        Ok(Some(chunk.into()))
    }
}
