//! Writing files in a way that shows nobody half of one: first beside their places, then by renaming.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use fingerpost::manifest::Digest;
use tempfile::{NamedTempFile, TempPath};

use crate::diagnostics::problem::Problem;

/// Lies in the output dir, so that a file can be renamed from here to its place.
pub(super) const STAGING: &str = ".fingerpost/tmp";

/// Writes files to an output dir; in a dry run it writes none.
pub(crate) struct Staging {
    pub(super) dir: PathBuf,
    pub(super) is_dry: bool,
}

/// A file that is written and not yet in its place. It is removed if it never gets there.
pub(crate) struct Staged {
    pub(super) file: TempPath,
    pub(super) target: PathBuf,
    /// Its name and digest, if the stamp is to be recorded.
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

    /// Writes or replaces one file, and waits until it has reached the disk.
    pub(crate) fn replace(&self, path: impl AsRef<Path>, bytes: &[u8]) -> Result<(), Problem> {
        let staged = self.stage_record(path.as_ref(), |file| file.write_all(bytes))?;
        staged.map_or(Ok(()), |record| self.publish_record(record))
    }

    /// Writes or replaces one file that can be made again.
    pub(crate) fn put(
        &self,
        path: &Path,
        write: impl FnOnce(&mut Buffered<'_>) -> io::Result<()>,
    ) -> Result<(), Problem> {
        self.stage_at(path, false, write)?.map_or(Ok(()), Staged::publish)
    }

    /// Writes one file to the staging directory, and waits until it has reached the disk. A dry run writes nothing.
    pub(crate) fn stage_record(
        &self,
        path: &Path,
        write: impl FnOnce(&mut Buffered<'_>) -> io::Result<()>,
    ) -> Result<Option<Staged>, Problem> {
        self.stage_at(path, true, write)
    }

    /// Puts it into its place, for good.
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

/// A file that takes many small pieces.
pub(crate) type Buffered<'a> = BufWriter<&'a mut File>;

const BUFFER: usize = 64 * 1024;

impl Staged {
    /// Where it lies until then.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn publish(self) -> Result<(), Problem> {
        self.file.persist(&self.target).map_err(|err| Problem::output("write", &self.target, &err.error))
    }
}

/// A new file of an unused name. Unlike other temporary files it is for all whom the umask allows: it will be served.
fn new_file(dir: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.prefix("").tempfile_in(dir)
}

pub(super) fn make_dir(dir: &Path) -> Result<(), Problem> {
    fs::create_dir_all(dir).map_err(|err| Problem::output("create the directory", dir, &err))
}

/// Makes the names in a directory survive a power cut. Windows has no call for it.
pub(super) fn sync_dir(dir: &Path) -> Result<(), Problem> {
    if cfg!(windows) {
        return Ok(());
    }
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|err| Problem::output("sync", dir, &err))
}
