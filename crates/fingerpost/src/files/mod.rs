//! Reading files that may change during reading.

pub(crate) mod clock;
pub(crate) mod file_stamp;
pub(crate) mod stable_read;

use std::{
    io,
    path::{Path, PathBuf},
};

/// Returns `true` for the error of a missing file, and `false` for the error of an unreadable file.
pub(crate) fn is_absent(err: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    matches!(err.kind(), NotFound | NotADirectory | InvalidFilename | InvalidInput)
}

pub(crate) fn absolute(path: impl AsRef<Path>) -> PathBuf {
    std::path::absolute(path.as_ref()).unwrap_or_else(|_| path.as_ref().to_owned())
}
