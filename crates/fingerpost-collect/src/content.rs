use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use fingerpost::{Digest, Reading, integrity_of, integrity_of_reader, quoted, read_stable};

use crate::error::{ErrorKind, Problem};

/// Larger files are read twice, once to be hashed and once to be copied, so that memory stays the same.
const LARGEST_IN_MEMORY: u64 = 8 * 1024 * 1024;

/// What will be served for one asset, and what is known of it.
pub(crate) struct Content {
    pub(crate) size: u64,
    pub(crate) sha256: Digest,
    bytes: Bytes,
}

enum Bytes {
    Here(Vec<u8>),
    In(PathBuf),
}

impl Content {
    /// Reads a file of a source dir.
    pub(crate) fn read(file: &Path) -> Result<Self, Problem> {
        let Reading { value: content, stamp, is_stable, .. } =
            read_stable(file, |handle| read(file, handle)).map_err(|err| Problem::source(file, &err))?;
        if is_stable && content.size == stamp.length() { Ok(content) } else { Err(changed(file)) }
    }

    /// The value for `integrity` attributes.
    pub(crate) fn integrity(&self) -> Result<String, Problem> {
        match &self.bytes {
            Bytes::Here(bytes) => Ok(integrity_of(bytes)),
            Bytes::In(file) => {
                File::open(file).and_then(integrity_of_reader).map_err(|err| Problem::source(file, &err))
            }
        }
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

fn read(path: &Path, file: &mut File) -> io::Result<Content> {
    let length = file.metadata()?.len();
    if length > LARGEST_IN_MEMORY {
        let (sha256, size) = Digest::of_reader(file)?;
        return Ok(Content { size, sha256, bytes: Bytes::In(path.to_owned()) });
    }
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(length).read_to_end(&mut bytes)?;
    Ok(Content { size: bytes.len() as u64, sha256: Digest::of(&bytes), bytes: Bytes::Here(bytes) })
}

fn changed(file: &Path) -> Problem {
    let file = quoted(file.display());
    Problem::new(ErrorKind::Source, format!("{file} changed while it was collected; run it again"))
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
    let copied = Digest::of_reader(&mut tee);
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
