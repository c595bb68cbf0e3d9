//! Changes of the manifest that no command made: its times differ from those that the last command recorded.

use std::{
    fs::{self, Metadata},
    io::Write as _,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use fingerpost::manifest::MANIFEST_NAME;
use serde::{Deserialize, Serialize};

use super::{lock::LOCK, staging::Staging};

/// Its modification time is the manifest's. Losing it is like a copy of the directory without times.
const FILE: &str = ".fingerpost/manifest-times.json";

#[derive(PartialEq, Serialize, Deserialize)]
struct Times {
    modified: SystemTime,
    /// `mv` and `cp -p` set it, unlike the modification time. `None` where the system has no change time.
    changed: Option<SystemTime>,
}

/// The difference between the recorded times and those of the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// None, or nothing was recorded.
    None,
    /// The manifest was changed.
    Edited(Edit),
    /// The directory was copied, or the attributes of all files were changed, so that the times prove nothing.
    Copied,
}

/// A change of the manifest that no command made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edit {
    /// Any release may have been current until then, in seconds since 1970.
    pub(crate) until: u64,
    pub(crate) cause: Cause,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The modification time differs.
    Written,
    /// Only the change time differs.
    Attributes,
}

impl Change {
    /// Compares the times. In a directory with a lock file, to be called before that is written.
    pub(crate) fn read(dir: &Path) -> Self {
        let [manifest, record, lock] = [MANIFEST_NAME, FILE, LOCK].map(|name| Times::read(&dir.join(name)));
        let recorded = fs::read(dir.join(FILE)).ok();
        let recorded = recorded.and_then(|json| serde_json::from_slice::<Times>(&json).ok());
        let (Some(manifest), Some(record), Some(recorded)) = (manifest, record, recorded) else {
            return Self::None;
        };
        if !recorded.is_time_of(&record) {
            return Self::Copied;
        }
        if manifest.modified != record.modified {
            return Self::Edited(Edit { until: manifest.bound(&recorded), cause: Cause::Written });
        }
        match (manifest.changed, recorded.changed) {
            (Some(changed), Some(recorded_change)) if changed != recorded_change => {
                // A command writes the lock file last. Copying with times, `chown -R` and `chmod -R` only set its change time.
                let is_alone = lock.is_some_and(|lock| lock.changed == Some(lock.modified));
                let edit = Edit { until: manifest.bound(&recorded), cause: Cause::Attributes };
                if is_alone { Self::Edited(edit) } else { Self::Copied }
            }
            _ => Self::None,
        }
    }

    pub(crate) fn edited(self) -> Option<Edit> {
        match self {
            Self::Edited(edit) => Some(edit),
            Self::None | Self::Copied => None,
        }
    }
}

/// The next full second.
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs() + 1)
}

impl Times {
    fn read(file: &Path) -> Option<Self> {
        let metadata = fs::metadata(file).ok()?;
        Some(Self { modified: metadata.modified().ok()?, changed: changed(&metadata) })
    }

    /// The second until which something may have written or moved the manifest. A copy that was moved into its place has a
    /// modification time of before. If no time is later than the recorded ones, one was set back, and the bound is now.
    fn bound(&self, recorded: &Self) -> u64 {
        let is_later = self.latest() > recorded.latest();
        seconds(if is_later { self.latest() } else { SystemTime::now() })
    }

    fn latest(&self) -> SystemTime {
        self.changed.map_or(self.modified, |changed| changed.max(self.modified))
    }

    /// Returns `true` unless the record was copied without its time. Archives shorten times to whole or even seconds.
    fn is_time_of(&self, record: &Self) -> bool {
        let shortened_by = self.modified.duration_since(record.modified);
        shortened_by.is_ok_and(|time| time < Duration::from_secs(2))
    }
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt as _;
    let seconds = u64::try_from(metadata.ctime()).ok()?;
    Some(UNIX_EPOCH + Duration::new(seconds, metadata.ctime_nsec() as u32))
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> Option<SystemTime> {
    None
}

/// Records the times of the manifest as they are now.
pub(crate) fn record(staging: &Staging) {
    let Some(times) = Times::read(&staging.dir.join(MANIFEST_NAME)) else { return };
    let recorded = staging.put(FILE.as_ref(), |file| {
        serde_json::to_writer(&mut *file, &times)?;
        file.flush()?;
        // Without this time, the record counts as copied.
        let _ = file.get_ref().set_modified(times.modified);
        Ok(())
    });
    if let Err(problem) = recorded {
        tracing::warn!("`clean` may keep old releases for longer: {problem}");
    }
}
