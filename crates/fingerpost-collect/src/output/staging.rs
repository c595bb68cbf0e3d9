//! Writing files atomically: first to a staging directory, then by renaming.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use fingerpost::manifest::Digest;
use tempfile::{NamedTempFile, TempPath};

use crate::diagnostics::problem::Problem;

/// In the output directory, because renaming needs the same file system.
pub(super) const STAGING: &str = ".fingerpost/tmp";

/// Writes files to an output directory. A dry run writes none.
pub(crate) struct Staging {
    pub(super) dir: PathBuf,
    pub(super) is_dry: bool,
}

/// A file in the staging directory. Dropping it removes the file, unless it was published.
pub(crate) struct Staged {
    pub(super) file: TempPath,
    pub(super) target: PathBuf,
    /// The name and the digest, if the stamp is to be recorded.
    pub(super) asset: Option<(String, Digest)>,
}

impl Staging {
    pub(super) fn write<E: From<io::Error>>(
        &self,
        sync: bool,
        write: impl FnOnce(&mut File) -> Result<(), E>,
    ) -> Result<TempPath, E> {
        let mut file = new_file(&self.dir.join(STAGING))?;
        write(file.as_file_mut())?;
        if sync {
            file.as_file().sync_all()?;
        }
        Ok(file.into_temp_path())
    }

    /// Writes or replaces a file, and syncs it to disk.
    pub(crate) fn replace(&self, path: impl AsRef<Path>, bytes: &[u8]) -> Result<(), Problem> {
        let staged = self.stage_record(path.as_ref(), |file| file.write_all(bytes))?;
        staged.map_or(Ok(()), |record| self.publish_record(record))
    }

    /// Writes or replaces a file that can be recreated, without syncing it.
    pub(crate) fn put(
        &self,
        path: &Path,
        write: impl FnOnce(&mut Buffered<'_>) -> io::Result<()>,
    ) -> Result<(), Problem> {
        self.stage_at(path, false, write)?.map_or(Ok(()), Staged::publish)
    }

    /// Writes a file to the staging directory, and syncs it to disk. Returns `None` in a dry run.
    pub(crate) fn stage_record(
        &self,
        path: &Path,
        write: impl FnOnce(&mut Buffered<'_>) -> io::Result<()>,
    ) -> Result<Option<Staged>, Problem> {
        self.stage_at(path, true, write)
    }

    /// Moves a staged file to its place, and syncs the directory.
    pub(crate) fn publish_record(&self, record: Staged) -> Result<(), Problem> {
        let dir = record.target.parent().unwrap_or(&self.dir).to_owned();
        record.publish()?;
        sync_dir(&dir)
    }

    fn stage_at(
        &self,
        path: &Path,
        sync: bool,
        write: impl FnOnce(&mut Buffered<'_>) -> io::Result<()>,
    ) -> Result<Option<Staged>, Problem> {
        if self.is_dry {
            return Ok(None);
        }
        let target = self.dir.join(path);
        make_dir(target.parent().unwrap_or(&self.dir))?;
        let buffered = |file: &mut File| {
            let mut buffered = BufWriter::with_capacity(BUFFER, file);
            write(&mut buffered)?;
            buffered.flush()
        };
        let file = self.write(sync, buffered).map_err(|err| Problem::output("write", &target, &err))?;
        Ok(Some(Staged { file, target, asset: None }))
    }
}

/// A buffered file, for many small writes.
pub(crate) type Buffered<'a> = BufWriter<&'a mut File>;

const BUFFER: usize = 64 * 1024;

impl Staged {
    /// Returns the path in the staging directory.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn publish(self) -> Result<(), Problem> {
        self.file.persist(&self.target).map_err(|err| Problem::output("write", &self.target, &err.error))
    }
}

/// Creates a file with an unused name. Its permissions follow the umask, because the file will be served. Other temporary
/// files are private.
pub(crate) fn new_file(dir: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.prefix("").tempfile_in(dir)
}

pub(crate) fn make_dir(dir: &Path) -> Result<(), Problem> {
    fs::create_dir_all(dir).map_err(|err| Problem::output("create the directory", dir, &err))
}

/// Syncs the names in a directory to disk. Windows has no call for this.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), Problem> {
    if cfg!(windows) {
        return Ok(());
    }
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|err| Problem::output("sync", dir, &err))
}
