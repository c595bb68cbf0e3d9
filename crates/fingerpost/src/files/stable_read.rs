use std::{
    fs::File,
    io::{self, Seek},
    path::Path,
    time::SystemTime,
};

use crate::files::file_stamp::FileStamp;

/// The maximum number of times that a changing file is read.
const MAX_READINGS: usize = 3;

/// The result of reading a file that may change during reading.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Reading<T> {
    /// The result of the read function.
    pub value: T,
    /// The stamp of the file after reading.
    pub stamp: FileStamp,
    /// `true` if the stamp was the same before and after reading, so all bytes are from one version of the file.
    pub is_stable: bool,
}

/// Reads the file at `path` with `read`. If the file changes during reading, reads the file again, up to three times in
/// total.
///
/// The stamps are read from the open handle. If the file is never stable, the last result is returned with
/// [`Reading::is_stable`] `false`.
///
/// ```
/// # let file = tempfile::NamedTempFile::new()?;
/// # let path = file.path();
/// # std::fs::write(path, "body{}")?;
/// use fingerpost::__private::read_stable;
/// use fingerpost::manifest::{ContentHash, Digest};
///
/// let began = std::time::SystemTime::now();
/// let reading = read_stable(path, |file| Digest::from_reader(file))?;
/// let (digest, size) = reading.value;
/// assert_eq!(ContentHash::from(&digest).as_str(), "7c98040a5416");
/// assert!(reading.is_stable && reading.stamp.length() == size);
/// // The file was just written. Another write might not change the file time.
/// assert!(!reading.is_trusted(began));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// Errors of opening the file and of `read`.
pub fn read_stable<T>(
    path: impl AsRef<Path>,
    mut read: impl FnMut(&mut File) -> io::Result<T>,
) -> io::Result<Reading<T>> {
    read_until_stable(|| Reading::once(&mut File::open(&path)?, &mut read))
}

/// Reads until the file is stable, at most three times; returns the last result.
pub(crate) fn read_until_stable<T, E>(
    mut read_once: impl FnMut() -> Result<Reading<T>, E>,
) -> Result<Reading<T>, E> {
    for _ in 1..MAX_READINGS {
        let reading = read_once()?;
        if reading.is_stable {
            return Ok(reading);
        }
    }
    read_once()
}

impl<T> Reading<T> {
    /// Reads an open file from the start with `read`. If the file changes, reads the file again, like [`read_stable`].
    ///
    /// # Errors
    ///
    /// Errors of `read` and of seeking.
    pub fn new(file: &mut File, mut read: impl FnMut(&mut File) -> io::Result<T>) -> io::Result<Self> {
        read_until_stable(|| {
            file.rewind()?;
            Self::once(file, &mut read)
        })
    }

    /// Reads a newly opened file once.
    pub(crate) fn once(file: &mut File, read: impl FnOnce(&mut File) -> io::Result<T>) -> io::Result<Self> {
        let before = FileStamp::from_metadata(&file.metadata()?);
        let value = read(file)?;
        let stamp = FileStamp::from_metadata(&file.metadata()?);
        Ok(Self { value, stamp, is_stable: stamp == before })
    }

    /// Returns `true` if the same stamp implies the same bytes later: the file was stable, and its times had
    /// [settled](FileStamp::is_settled_at) at `began`, a time before reading began.
    pub fn is_trusted(&self, began: SystemTime) -> bool {
        self.is_stable && self.stamp.is_settled_at(began)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn file_that_keeps_changing_is_read_three_times_and_is_not_stable() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.css");
        for (changes, readings, is_stable) in [(0, 1, true), (1, 2, true), (2, 3, true), (9, 3, false)] {
            fs::write(&path, "").unwrap();
            let mut count = 0;
            let began = SystemTime::now();
            let reading = read_stable(&path, |_| {
                count += 1;
                if count <= changes {
                    fs::write(&path, "x".repeat(count))?;
                }
                Ok(count)
            });
            let reading = reading.unwrap();
            assert_eq!((reading.value, reading.is_stable), (readings, is_stable));
            assert_eq!(reading.stamp.length(), changes.min(readings) as u64);
            assert!(!reading.is_trusted(began));
        }
        assert_eq!(
            read_stable(dir.path().join("b.css"), |_| Ok(())).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}
