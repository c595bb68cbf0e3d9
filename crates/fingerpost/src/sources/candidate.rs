use std::{fs, path::PathBuf};

use crate::{
    error::Error,
    files::{file_stamp::FileStamp, is_absent},
};

/// The place where one source dir would have a file.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) source: usize,
    pub(crate) file: PathBuf,
}

impl Candidate {
    /// The stamp of the file, or `None` if there is no file. The number of the source dir is part of it, because not every
    /// system can tell two files of the same age and length apart.
    pub(crate) fn stat(&self) -> Result<Option<(usize, FileStamp)>, Error> {
        match fs::metadata(&self.file) {
            Ok(metadata) if metadata.is_file() => {
                Ok(Some((self.source, FileStamp::from_metadata(&metadata))))
            }
            Ok(_) => Ok(None),
            Err(err) if is_absent(&err) => Ok(None),
            Err(err) => Err(Error::unreadable(&self.file, err)),
        }
    }
}
