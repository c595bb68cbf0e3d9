//! Writes files atomically: first to a staging directory, then by a rename.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use fingerpost::manifest::Digest;
use tempfile::{NamedTempFile, TempPath};

use crate::diagnostics::Problem;

/// The staging directory. The directory is in the output directory, because a rename works only within one file system.
pub(super) const STAGING: &str = ".fingerpost/tmp";

/// The directory for the files of a new output directory, under their final names. Top-level directories are moved as a
/// whole.
const TREE: &str = ".fingerpost/tmp/tree";

/// Writes files to an output directory. A dry run writes no files.
pub(crate) struct Staging {
    pub(super) dir: PathBuf,
    pub(super) is_dry: bool,
}

/// A file in the staging directory. Dropping the value removes the file, unless the file was published or is in the tree.
pub(crate) struct Staged {
    /// The temporary file. `None` for a file in the tree.
    pub(super) file: Option<TempPath>,
    /// The final name in the output directory.
    pub(super) name: PathBuf,
    /// The digest, if the stamp is to be recorded.
    pub(super) sha256: Option<Digest>,
}

/// Removes the tree of a failed run.
impl Drop for Staging {
    fn drop(&mut self) {
        // Without the lock, the tree may belong to another run.
        if !self.is_dry {
            let _ = fs::remove_dir_all(self.dir.join(TREE));
        }
    }
}

impl Staging {
    pub(super) fn write<E: From<io::Error>>(
        &self,
        name: &Path,
        sync: bool,
        write: impl FnOnce(&mut File) -> Result<(), E>,
    ) -> Result<Staged, E> {
        let mut file = new_file(&self.dir.join(STAGING))?;
        write_file(file.as_file_mut(), sync, write)?;
        Ok(Staged { file: Some(file.into_temp_path()), name: name.to_owned(), sha256: None })
    }

    /// Creates a file in the tree. Fails if the path conflicts with another file. A later step reports the conflict.
    pub(super) fn new_in_tree(&self, name: &Path) -> io::Result<(File, Staged)> {
        let path = self.dir.join(TREE).join(name);
        let file = File::create_new(&path).or_else(|_| {
            fs::create_dir_all(path.parent().unwrap_or(&path))?;
            File::create_new(&path)
        });
        Ok((file?, Staged { file: None, name: name.to_owned(), sha256: None }))
    }

    /// Returns the path in the staging directory.
    pub(crate) fn path_of(&self, staged: &Staged) -> PathBuf {
        staged.file.as_ref().map_or_else(|| self.dir.join(TREE).join(&staged.name), |file| file.to_path_buf())
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
        self.stage_at(path, false, write)?.map_or(Ok(()), |staged| staged.publish(&self.dir))
    }

    /// Writes a file to the staging directory, and syncs it to disk. Returns `None` in a dry run.
    pub(crate) fn stage_record(
        &self,
        path: &Path,
        write: impl FnOnce(&mut Buffered<'_>) -> io::Result<()>,
    ) -> Result<Option<Staged>, Problem> {
        self.stage_at(path, true, write)
    }

    /// Moves a staged file to its final name, and syncs the directory.
    pub(crate) fn publish_record(&self, record: Staged) -> Result<(), Problem> {
        let target = self.dir.join(&record.name);
        record.publish(&self.dir)?;
        sync_dir(target.parent().unwrap_or(&self.dir))
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
        let staged = self.write(path, sync, buffered);
        staged.map(Some).map_err(|err| Problem::output("write", &target, &err))
    }
}

/// A buffered file, for many small writes.
pub(crate) type Buffered<'a> = BufWriter<&'a mut File>;

const BUFFER: usize = 64 * 1024;

impl Staged {
    /// Returns the final name in the output directory.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.to_str()
    }

    /// Moves the file to its name in `dir`.
    pub(super) fn publish(self, dir: &Path) -> Result<(), Problem> {
        let target = dir.join(&self.name);
        let moved = match self.file {
            Some(file) => file.persist(&target).map_err(|err| err.error),
            None => fs::rename(dir.join(TREE).join(&self.name), &target),
        };
        moved.map_err(|err| Problem::output("write", &target, &err))
    }

    /// Moves the top-level directory of a file in the tree, once per directory. Returns `false` if the file has to be moved
    /// separately.
    pub(super) fn is_published_with_dir(&self, dir: &Path, moved: &mut HashMap<OsString, bool>) -> bool {
        let mut parts = self.name.iter();
        let (None, Some(top), Some(_)) = (&self.file, parts.next(), parts.next()) else { return false };
        let rename = || fs::rename(dir.join(TREE).join(top), dir.join(top)).is_ok();
        *moved.entry(top.to_owned()).or_insert_with(rename)
    }
}

pub(super) fn write_file<E: From<io::Error>>(
    file: &mut File,
    sync: bool,
    write: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    write(file)?;
    if sync {
        file.sync_all()?;
    }
    Ok(())
}

/// Creates a file with an unused name. The umask determines the permissions, because the server may run as another user. By
/// default, only the owner can read a temporary file.
pub(crate) fn new_file(dir: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.prefix("").tempfile_in(dir)
}

pub(crate) fn make_dir(dir: &Path) -> Result<(), Problem> {
    fs::create_dir_all(dir).map_err(|err| Problem::output("create the directory", dir, &err))
}

/// Syncs the names in a directory to disk. Does nothing on Windows, which has no such system call.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), Problem> {
    if cfg!(windows) {
        return Ok(());
    }
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|err| Problem::output("sync", dir, &err))
}
