use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::Path,
    process,
    time::SystemTime,
};

use fingerpost::quoted;

use crate::{
    error::{ErrorKind, Problem},
    progress::Progress,
};

/// The right to write to an output dir. The system takes it back when the process ends, however it ends.
pub(crate) struct Lock(File);

impl Lock {
    pub(crate) fn acquire(path: &Path, wait: bool, progress: &dyn Progress) -> Result<Self, Problem> {
        let fail = |err| Problem::output("lock", path, &err);
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).open(path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => wait_for(&mut file, path, wait, progress)?,
            Err(TryLockError::Error(err)) => return Err(fail(err)),
        }
        let mut lock = Self(file);
        lock.sign(&process::id().to_string()).map_err(fail)?;
        Ok(lock)
    }

    /// Records the holder of the lock. Keeps the file's modification time, which is compared with the manifest's.
    fn sign(&mut self, holder: &str) -> io::Result<()> {
        let modified = self.0.metadata()?.modified();
        self.0.set_len(0)?;
        self.0.rewind()?;
        self.0.write_all(holder.as_bytes())?;
        // Only the owner of a file may set its time; for others the time then proves nothing.
        let _ = modified.and_then(|time| self.0.set_modified(time));
        Ok(())
    }

    /// Gives the lock file the time of modification of the manifest, so that a later write by anybody else shows.
    pub(crate) fn remember(&self, time: SystemTime) {
        let _ = self.0.set_modified(time);
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A name left behind would only mislead the reader of a message.
        let _ = self.sign("");
    }
}

fn wait_for(file: &mut File, path: &Path, wait: bool, progress: &dyn Progress) -> Result<(), Problem> {
    let holder = holder(file);
    let place = quoted(path.display());
    if !wait {
        let message = format!("{holder} holds {place}; wait until it has ended and run this again");
        return Err(Problem::new(ErrorKind::Locked, message));
    }
    let message = format!("waiting for {holder}, which holds {place}");
    tracing::info!("{message}");
    progress.waiting(&message);
    loop {
        match file.lock() {
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            locked => return locked.map_err(|err| Problem::output("lock", path, &err)),
        }
    }
}

/// Who holds the lock, as far as one can read it; Windows does not let others read a locked file.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() => {
            format!("the run of process {text}")
        }
        _ => "another run".to_owned(),
    }
}
