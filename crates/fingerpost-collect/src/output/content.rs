use std::{
    fs::File,
    io::{self, Read, Seek as _, SeekFrom, Write},
    ops::Range,
    path::{Path, PathBuf},
};

use fingerpost::{
    __private::{FileStamp, Reading, quoted, read_stable},
    manifest::Digest,
};

use serde::{Deserialize, Serialize};

use crate::{
    diagnostics::{ErrorKind, Problem},
    output::{buffer::Buffer, hash_writer::HashWriter},
};

/// The maximum length of a file in memory. A larger file is read once for hashing and once for copying, so that memory use
/// is constant.
pub(crate) const LARGEST_IN_MEMORY: u64 = 8 * 1024 * 1024;

/// The maximum number of bytes per read and write. With `gzip:1`, the output depends on the size of the writes.
pub(crate) const BLOCK: usize = 256 * 1024;

/// The bytes to publish for one asset, with their length and digest.
pub(crate) struct Content {
    pub(crate) size: u64,
    pub(crate) sha256: Digest,
    bytes: Bytes,
}

enum Bytes {
    InMemory(Buffer),
    InFile(FilePart),
}

/// A file, or a part of a file.
struct FilePart {
    file: PathBuf,
    start: u64,
    length: Option<u64>,
}

impl FilePart {
    fn whole(file: &Path) -> Self {
        Self { file: file.to_owned(), start: 0, length: None }
    }

    fn open(&self) -> io::Result<impl Read> {
        let mut file = File::open(&self.file)?;
        file.seek(SeekFrom::Start(self.start))?;
        Ok(file.take(self.length.unwrap_or(u64::MAX)))
    }
}

impl Content {
    /// Reads a file. A file larger than `largest` bytes is hashed, and not stored in memory.
    pub(crate) fn read(file: &Path, largest: u64) -> Result<Reading<Self>, Problem> {
        stable(file, |handle| {
            let length = handle.metadata()?.len();
            if length > largest {
                let (sha256, size) = Digest::from_reader(handle)?;
                return Ok(Self { size, sha256, bytes: Bytes::InFile(FilePart::whole(file)) });
            }
            Ok(Self::from(read_up_to(length, handle)?))
        })
    }

    /// Reads a file in a pack. A file larger than `largest` bytes is hashed, and not stored in memory.
    pub(crate) fn read_packed(pack: &Path, part: Range<u64>, largest: u64) -> Result<Self, Problem> {
        let length = part.end - part.start;
        let file_part = FilePart { file: pack.to_owned(), start: part.start, length: Some(length) };
        let read = || {
            let mut reader = file_part.open()?;
            if length > largest {
                return Digest::from_reader(reader).map(|(sha256, size)| Err((sha256, size)));
            }
            let mut bytes = Buffer::with_capacity(length as usize);
            reader.read_to_end(&mut bytes)?;
            Ok(Ok(bytes))
        };
        match read().map_err(|err| Problem::output("read", pack, &err))? {
            Ok(bytes) => Ok(bytes.into()),
            Err((sha256, size)) => Ok(Self { size, sha256, bytes: Bytes::InFile(file_part) }),
        }
    }

    /// Reads a file again. Fails if the bytes have changed.
    pub(crate) fn read_again(file: &Path, content_id: ContentId) -> Result<Self, Problem> {
        let content = Self::read(file, LARGEST_IN_MEMORY)?.value;
        if content.content_id() == content_id { Ok(content) } else { Err(changed(file)) }
    }

    /// Returns the length and the digest.
    pub(crate) fn content_id(&self) -> ContentId {
        ContentId { size: self.size, sha256: self.sha256 }
    }

    /// Returns the bytes, if they are in memory.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match &self.bytes {
            Bytes::InMemory(bytes) => Some(bytes),
            Bytes::InFile(_) => None,
        }
    }

    /// Creates content from a file that should have this length and digest. [`write_to`](Self::write_to) checks the length
    /// and the digest.
    pub(crate) fn in_file(file: &Path, size: u64, sha256: Digest) -> Self {
        Self { size, sha256, bytes: Bytes::InFile(FilePart::whole(file)) }
    }

    /// Writes the bytes. Fails if the bytes come from a file that has changed.
    pub(crate) fn write_to(&self, target: &mut dyn Write) -> Result<(), WriteError> {
        match &self.bytes {
            Bytes::InMemory(bytes) => Ok(target.write_all(bytes)?),
            Bytes::InFile(file_part) if copy(file_part, target)? == (self.sha256, self.size) => Ok(()),
            Bytes::InFile(file_part) => Err(WriteError::Input(changed(&file_part.file))),
        }
    }
}

impl From<Buffer> for Content {
    fn from(bytes: Buffer) -> Self {
        Self { size: bytes.len() as u64, sha256: Digest::from_content(&bytes), bytes: Bytes::InMemory(bytes) }
    }
}

/// The length and the digest of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContentId {
    pub(crate) size: u64,
    pub(crate) sha256: Digest,
}

impl ContentId {
    /// Reads the file again. Fails if the bytes have changed. If the file has the stamp `trusted`, the bytes are not hashed.
    pub(crate) fn read_again(self, file: &Path, trusted: Option<FileStamp>) -> Result<Buffer, Problem> {
        let Reading { value: bytes, stamp, .. } =
            stable(file, |handle| read_up_to(handle.metadata()?.len(), handle))?;
        let is_same = trusted == Some(stamp) || Digest::from_content(&bytes) == self.sha256;
        if is_same { Ok(bytes) } else { Err(changed(file)) }
    }
}

/// Reads a file. Fails if the file changes during every attempt.
fn stable<T>(file: &Path, read: impl FnMut(&mut File) -> io::Result<T>) -> Result<Reading<T>, Problem> {
    let reading = read_stable(file, read).map_err(|err| Problem::source(file, &err))?;
    if reading.is_stable { Ok(reading) } else { Err(changed(file)) }
}

/// Reads at most `length` bytes, the length of the file at the start. If the file grows, the stamp of the file changes.
fn read_up_to(length: u64, file: &mut File) -> io::Result<Buffer> {
    let mut bytes = Buffer::with_capacity(length as usize);
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn changed(file: &Path) -> Problem {
    let file = quoted(file.display());
    Problem::new(ErrorKind::Source, format!("{file} changed during the run; run the command again"))
}

/// The reason why content was not written.
pub(crate) enum WriteError {
    /// Writing to the target failed.
    Output(io::Error),
    /// Reading the source failed, or the source has changed.
    Input(Problem),
}

impl From<io::Error> for WriteError {
    fn from(err: io::Error) -> Self {
        Self::Output(err)
    }
}

/// Copies a file in constant memory. Returns the digest and the length of the copied bytes.
fn copy(from: &FilePart, to: &mut dyn Write) -> Result<(Digest, u64), WriteError> {
    let unreadable = |err| WriteError::Input(Problem::source(&from.file, &err));
    let mut file = from.open().map_err(unreadable)?;
    let (mut to, mut block, mut size) = (HashWriter::new(to), vec![0; BLOCK], 0);
    loop {
        let length = file.read(&mut block).map_err(unreadable)?;
        if length == 0 {
            return Ok((to.finish().1, size));
        }
        to.write_all(&block[..length])?;
        size += length as u64;
    }
}
