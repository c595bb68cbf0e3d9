use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use fingerpost::{
    __private::{FileStamp, Reading, quoted, read_stable},
    manifest::Digest,
};

use serde::{Deserialize, Serialize};

use crate::{
    diagnostics::problem::{ErrorKind, Problem},
    output::buffer::Buffer,
};

/// Larger files are read twice, once to be hashed and once to be copied, so that memory stays the same.
const LARGEST_IN_MEMORY: u64 = 8 * 1024 * 1024;

/// What will be served for one asset, and what is known of it.
pub(crate) struct Content {
    pub(crate) size: u64,
    pub(crate) sha256: Digest,
    bytes: Bytes,
}

enum Bytes {
    Here(Buffer),
    In(PathBuf),
}

impl Content {
    /// Reads a file; one that is large is hashed, and not kept.
    pub(crate) fn read(file: &Path) -> Result<Reading<Self>, Problem> {
        stable(file, |handle| {
            if handle.metadata()?.len() > LARGEST_IN_MEMORY {
                let (sha256, size) = Digest::from_reader(handle)?;
                return Ok(Self { size, sha256, bytes: Bytes::In(file.to_owned()) });
            }
            Ok(Self::from(whole(handle)?))
        })
    }

    /// Reads the same bytes once more.
    pub(crate) fn read_again(file: &Path, content_id: ContentId) -> Result<Self, Problem> {
        let content = Self::read(file)?.value;
        if content.content_id() == content_id { Ok(content) } else { Err(changed(file)) }
    }

    /// What identifies it.
    pub(crate) fn content_id(&self) -> ContentId {
        ContentId { size: self.size, sha256: self.sha256 }
    }

    /// The bytes of a file that has been read whole.
    pub(crate) fn new(content_id: ContentId, bytes: Buffer) -> Self {
        Self { size: content_id.size, sha256: content_id.sha256, bytes: Bytes::Here(bytes) }
    }

    /// The bytes, unless they are too many to be kept.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match &self.bytes {
            Bytes::Here(bytes) => Some(bytes),
            Bytes::In(_) => None,
        }
    }

    /// What should lie in a file. Whether it does will show when it is read.
    pub(crate) fn in_file(file: &Path, size: u64, sha256: Digest) -> Self {
        Self { size, sha256, bytes: Bytes::In(file.to_owned()) }
    }

    /// Writes all of it, and fails if a file that is read for it is not what it was.
    pub(crate) fn write_to(&self, target: &mut dyn Write) -> Result<(), WriteError> {
        match &self.bytes {
            Bytes::Here(bytes) => Ok(target.write_all(bytes)?),
            Bytes::In(file) if copy(file, target)? == (self.sha256, self.size) => Ok(()),
            Bytes::In(file) => Err(WriteError::Input(changed(file))),
        }
    }
}

impl From<Buffer> for Content {
    fn from(bytes: Buffer) -> Self {
        Self { size: bytes.len() as u64, sha256: Digest::from_content(&bytes), bytes: Bytes::Here(bytes) }
    }
}

/// What identifies the bytes of a file that are not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContentId {
    pub(crate) size: u64,
    pub(crate) sha256: Digest,
}

impl ContentId {
    /// Reads the whole of a file.
    pub(crate) fn read(file: &Path) -> Result<Reading<(Self, Buffer)>, Problem> {
        stable(file, |handle| {
            let bytes = whole(handle)?;
            Ok((Self::from_bytes(&bytes), bytes))
        })
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        Self { size: bytes.len() as u64, sha256: Digest::from_content(bytes) }
    }

    /// Reads the same bytes once more; a stamp that can be trusted spares their hash.
    pub(crate) fn read_again(self, file: &Path, trusted: Option<FileStamp>) -> Result<Buffer, Problem> {
        let Reading { value: bytes, stamp, .. } = stable(file, whole)?;
        if trusted == Some(stamp) || Self::from_bytes(&bytes) == self {
            Ok(bytes)
        } else {
            Err(changed(file))
        }
    }
}

/// Reads a file that does not change meanwhile.
fn stable<T>(file: &Path, read: impl FnMut(&mut File) -> io::Result<T>) -> Result<Reading<T>, Problem> {
    let reading = read_stable(file, read).map_err(|err| Problem::source(file, &err))?;
    if reading.is_stable { Ok(reading) } else { Err(changed(file)) }
}

/// Reads no further than the file was long; the stamp shows whether it grows.
fn whole(file: &mut File) -> io::Result<Buffer> {
    let length = file.metadata()?.len();
    let mut bytes = Buffer::with_capacity(length as usize);
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn changed(file: &Path) -> Problem {
    let file = quoted(file.display());
    Problem::new(ErrorKind::Source, format!("{file} changed during the run; run the command again"))
}

/// Why content did not get to where it should be written to.
pub(crate) enum WriteError {
    /// It could not be written.
    Output(io::Error),
    /// It could not be had.
    Input(Problem),
}

impl From<io::Error> for WriteError {
    fn from(err: io::Error) -> Self {
        Self::Output(err)
    }
}

/// Copies a file in constant memory and tells what went by.
fn copy(from: &Path, to: &mut dyn Write) -> Result<(Digest, u64), WriteError> {
    let unreadable = |err| WriteError::Input(Problem::source(from, &err));
    let mut tee = Tee { from: File::open(from).map_err(unreadable)?, to, write_error: None };
    let copied = Digest::from_reader(&mut tee);
    match tee.write_error {
        Some(err) => Err(WriteError::Output(err)),
        None => copied.map_err(unreadable),
    }
}

/// A reader that writes down what is read from it.
struct Tee<'a> {
    from: File,
    to: &'a mut dyn Write,
    write_error: Option<io::Error>,
}

impl Read for Tee<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.to.write_all(&buffer[..read]).map_err(|err| {
            self.write_error = Some(err);
            io::Error::other("cannot be written")
        })?;
        Ok(read)
    }
}
