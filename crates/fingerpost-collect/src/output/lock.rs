use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::Path,
};

use fingerpost::__private::quoted;

use crate::{
    diagnostics::{ErrorKind, Problem},
    progress::Progress,
};

pub(super) const LOCK: &str = ".fingerpost/lock";

/// The exclusive lock of an output directory. The system releases the lock when the process ends, even if the process is
/// killed.
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
        Ok(Self(file))
    }

    /// Writes the process id of the holder to the lock file.
    pub(crate) fn sign(&mut self, holder: &str) -> io::Result<()> {
        self.0.set_len(0)?;
        self.0.rewind()?;
        self.0.write_all(holder.as_bytes())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A remaining process id would be wrong in the messages of later runs.
        let _ = self.sign("");
    }
}

fn wait_for(file: &mut File, path: &Path, wait: bool, progress: &dyn Progress) -> Result<(), Problem> {
    let holder = holder(file);
    let place = quoted(path.display());
    if !wait {
        let message = format!("{holder} holds {place}; run the command again when that run has ended");
        return Err(Problem::new(ErrorKind::Locked, message));
    }
    let message = format!("waiting for {holder}, which holds {place}");
    tracing::info!("{message}");
    progress.waiting(&message);
    file.lock().map_err(|err| Problem::output("lock", path, &err))
}

/// Describes the run that holds the lock. On Windows, other processes cannot read a locked file, so the process id is
/// unknown.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() => {
            format!("the run of process {text}")
        }
        _ => "another run".to_owned(),
    }
}
