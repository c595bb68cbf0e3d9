use std::{fs, path::PathBuf};

use crate::{
    error::Error,
    files::{file_stamp::FileStamp, is_absent},
};

/// The path that a file would have in one source directory.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) source: usize,
    pub(crate) file: PathBuf,
}

impl Candidate {
    /// Returns the stamp of the file, or `None` if there is no file. Includes the index of the source directory,
    /// because some systems cannot distinguish two files of the same time and length.
    pub(crate) fn stat(&self) -> Result<Option<(usize, FileStamp)>, Error> {
        match fs::metadata(&self.file) {
            Ok(metadata) if metadata.is_file() => {
                Ok(Some((self.source, FileStamp::from_metadata(&metadata))))
            }
            Ok(_) => Ok(None),
            Err(err) if is_absent(&err) => Ok(None),
            Err(err) => Err(Error::unreadable(&self.file, &err)),
        }
    }
}
