use std::{
    fs::{self, File, Metadata},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

use fingerpost::{Digest, integrity_of, integrity_of_reader, quoted};

use crate::error::{ErrorKind, Problem};

/// Larger files are read twice, once to be hashed and once to be copied, so that memory stays the same.
const LARGEST_IN_MEMORY: u64 = 8 * 1024 * 1024;

/// How often a file that keeps changing is read before that is an error.
const READINGS: usize = 3;

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
        read(file, LARGEST_IN_MEMORY)
    }

    /// What has been read before.
    pub(crate) fn of(seen: Seen, bytes: Vec<u8>) -> Self {
        Self { size: seen.size, sha256: seen.sha256, bytes: Bytes::Here(bytes) }
    }

    /// What should lie in a file. Whether it does will show when it is read.
    pub(crate) fn in_file(file: &Path, size: u64, sha256: Digest) -> Self {
        Self { size, sha256, bytes: Bytes::In(file.to_owned()) }
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

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self { size: bytes.len() as u64, sha256: Digest::of(&bytes), bytes: Bytes::Here(bytes) }
    }
}

/// What identifies the bytes of a file that are not kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    size: u64,
    sha256: Digest,
}

impl Seen {
    /// Reads the whole of a file.
    pub(crate) fn read(file: &Path) -> Result<(Self, Vec<u8>), Problem> {
        let content = read(file, u64::MAX)?;
        match content.bytes {
            Bytes::Here(bytes) => Ok((Self { size: content.size, sha256: content.sha256 }, bytes)),
            Bytes::In(_) => Err(changed(file)),
        }
    }

    /// Reads the same bytes once more.
    pub(crate) fn read_again(&self, file: &Path) -> Result<Vec<u8>, Problem> {
        let bytes = fs::read(file).map_err(|err| Problem::source(file, &err))?;
        if Digest::of(&bytes) == self.sha256 { Ok(bytes) } else { Err(changed(file)) }
    }
}

/// Reads a file; one that is longer than `longest` is hashed and not kept.
fn read(file: &Path, longest: u64) -> Result<Content, Problem> {
    for _ in 0..READINGS {
        if let Some(content) = read_once(file, longest).map_err(|err| Problem::source(file, &err))? {
            return Ok(content);
        }
    }
    Err(changed(file))
}

/// Nothing if the file changed while it was read.
fn read_once(path: &Path, longest: u64) -> io::Result<Option<Content>> {
    let before = fs::metadata(path)?;
    let mut file = File::open(path)?;
    let content = if before.len() > longest {
        let (sha256, size) = Digest::of_reader(&mut file)?;
        Content { size, sha256, bytes: Bytes::In(path.to_owned()) }
    } else {
        let mut bytes = vec![0; before.len() as usize];
        match file.read_exact(&mut bytes) {
            Err(err) if err.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        Content { size: before.len(), sha256: Digest::of(&bytes), bytes: Bytes::Here(bytes) }
    };
    let unchanged = content.size == before.len() && Stamp::of(&before) == Stamp::of(&fs::metadata(path)?);
    Ok(unchanged.then_some(content))
}

/// What tells of a file that it is still the same one, and that nobody has written to it.
#[derive(Debug, PartialEq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// Change time, device and inode: no program can set them back.
    #[cfg(unix)]
    kernel: (i64, i64, u64, u64),
    #[cfg(not(unix))]
    created: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt as _;
        Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            kernel: (metadata.ctime(), metadata.ctime_nsec(), metadata.dev(), metadata.ino()),
            #[cfg(not(unix))]
            created: metadata.created().ok(),
        }
    }
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

#[cfg(all(test, unix))]
mod tests {
    use std::{thread, time::Duration};

    use super::*;

    #[test]
    fn a_change_shows_even_if_length_and_time_are_put_back() {
        let dir = tempfile::tempdir().unwrap();
        let [file, other] = ["a", "b"].map(|name| dir.path().join(name));
        let stamp = || Stamp::of(&fs::metadata(&file).unwrap());
        let write = |path: &Path, text: &str| {
            fs::write(path, text).unwrap();
            File::options().write(true).open(path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        };
        write(&file, "a");
        let first = stamp();
        assert_eq!(stamp(), first);

        // The clock of a file system stands still for some milliseconds.
        thread::sleep(Duration::from_millis(50));
        write(&file, "b");
        let second = stamp();
        assert_ne!(second, first);

        write(&other, "c");
        fs::rename(&other, &file).unwrap();
        assert_ne!(stamp(), second);
    }
}
