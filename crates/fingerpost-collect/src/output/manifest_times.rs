//! Detects changes of the manifest by other programs. Compares the times of the manifest with the times recorded by the last
//! command.

use std::{
    fs::{self, Metadata},
    io,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use fingerpost::manifest::MANIFEST_NAME;
use serde::{Deserialize, Serialize};

use super::staging::Staging;
use crate::diagnostics::{Diagnostics, ErrorKind, Problem};

/// Without this file, any release may have been current until now.
pub(crate) const FILE: &str = ".fingerpost/manifest-times.json";

/// An empty file that is never written to. If the times of this file differ from the recorded times, the whole directory was
/// copied, or the attributes of all files were changed.
const REFERENCE: &str = ".fingerpost/manifest-times.ref";

/// Archives truncate times to whole seconds, or to multiples of two seconds.
const SHORTENED: Duration = Duration::from_secs(2);

#[derive(Serialize, Deserialize)]
struct Record {
    manifest: Times,
    reference: Times,
    /// A change since the last release, detected by an earlier command.
    edit: Option<Edit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Times {
    modified: SystemTime,
    /// The change time, which `mv` and `cp -p` update, unlike the modification time. `None` if the system has no change time.
    changed: Option<SystemTime>,
}

/// Changes of the manifest since the last release.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub(crate) edit: Option<Edit>,
    /// The times that were compared; `None` without a manifest.
    pub(super) manifest: Option<Times>,
    /// `false` if the record is missing, damaged or out of date.
    pub(super) is_recorded: bool,
}

/// A change of the manifest by anything other than a command of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Edit {
    /// The end of the period in which any release may have been current, in seconds since 1970.
    pub(crate) until: u64,
    pub(crate) cause: Cause,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Cause {
    /// The modification time differs.
    Written,
    /// Only the change time differs.
    Attributes,
    /// The record was missing or damaged.
    Unrecorded,
    /// The manifest changed in the directory of `keep_from`.
    KeptFrom,
}

/// The difference between the recorded times and the times of the manifest.
enum Difference {
    None,
    Edited(Cause),
    /// The directory was copied, or the attributes of all files were changed. The times prove nothing.
    Copied,
}

impl Change {
    /// Compares the times of the manifest with the record.
    pub(crate) fn read(dir: &Path) -> Self {
        let Some(manifest) = Times::of_manifest(dir) else {
            return Self { edit: None, manifest: None, is_recorded: true };
        };
        let Some(record) = Record::read(dir) else {
            // Without releases, no manifest can have been restored.
            let has_releases = dir.join(".fingerpost/releases").is_dir();
            let edit = Edit { until: seconds(SystemTime::now()), cause: Cause::Unrecorded };
            let edit = has_releases.then_some(edit);
            return Self { edit, manifest: Some(manifest), is_recorded: false };
        };
        let reference = Times::read(&dir.join(REFERENCE)).ok();
        let difference = record.compare(&manifest, reference.as_ref());
        let edit = match difference {
            Difference::Edited(cause) => {
                let edit = Edit { until: manifest.latest_change(&record.manifest), cause };
                Edit::last([record.edit, Some(edit)])
            }
            Difference::None | Difference::Copied => record.edit,
        };
        let is_recorded = matches!(difference, Difference::None) && reference.is_some();
        Self { edit, manifest: Some(manifest), is_recorded }
    }
}

impl Edit {
    /// Converts a change in the directory of `keep_from` to a change in this directory.
    pub(crate) fn from_earlier_dir(edit: Option<Self>, is_restored: bool) -> Option<Self> {
        let cause = Cause::KeptFrom;
        let restored = is_restored.then(|| Self { until: seconds(SystemTime::now()), cause });
        Self::last([edit.map(|edit| Self { cause, ..edit }), restored])
    }

    /// Returns the change with the later end.
    pub(crate) fn last(edits: [Option<Self>; 2]) -> Option<Self> {
        edits.into_iter().flatten().max_by_key(|edit| edit.until)
    }
}

impl Record {
    fn read(dir: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(dir.join(FILE)).ok()?).ok()
    }

    fn compare(&self, manifest: &Times, reference: Option<&Times>) -> Difference {
        let mut shortened_by = Duration::ZERO;
        if let Some(reference) = reference {
            let by = self.reference.modified.duration_since(reference.modified).ok();
            match by.filter(|by| *by < SHORTENED) {
                None => return Difference::Copied,
                Some(Duration::ZERO) => {}
                Some(_) => shortened_by = SHORTENED,
            }
        }
        let by = self.manifest.modified.duration_since(manifest.modified);
        if !by.is_ok_and(|by| by <= shortened_by) {
            return Difference::Edited(Cause::Written);
        }
        match reference {
            Some(reference) if *reference != self.reference => Difference::Copied,
            _ if manifest.changed != self.manifest.changed => Difference::Edited(Cause::Attributes),
            _ => Difference::None,
        }
    }
}

/// Returns the seconds since 1970, rounded up to the next full second.
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs() + 1)
}

impl Times {
    fn read(file: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(file)?;
        Ok(Self { modified: metadata.modified()?, changed: changed(&metadata) })
    }

    pub(super) fn of_manifest(dir: &Path) -> Option<Self> {
        Self::read(&dir.join(MANIFEST_NAME)).ok()
    }

    /// Returns the latest time at which the manifest may have been changed, in seconds since 1970.
    ///
    /// The result is the later of the modification time and the change time, because a move updates only the change time.
    /// If neither time is later than the recorded times, a time was set back. In that case, returns the current time.
    fn latest_change(&self, recorded: &Self) -> u64 {
        let is_later = self.latest() > recorded.latest();
        seconds(if is_later { self.latest() } else { SystemTime::now() })
    }

    fn latest(&self) -> SystemTime {
        self.changed.map_or(self.modified, |changed| changed.max(self.modified))
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

/// Records the times of the manifest, if the manifest exists.
pub(super) fn record(
    staging: &Staging,
    manifest: Option<Times>,
    edit: Option<Edit>,
    diagnostics: &mut Diagnostics,
) {
    let written = manifest.map_or(Ok(()), |manifest| write(staging, manifest, edit));
    if let Err(problem) = written {
        let effect =
            "until this file can be written, `clean` may retain releases for longer than `older-than`";
        diagnostics.warn(ErrorKind::Output, format!("{problem}; {effect}"));
    }
}

fn write(staging: &Staging, manifest: Times, edit: Option<Edit>) -> Result<(), Problem> {
    if staging.is_dry {
        return Ok(());
    }
    let file = staging.dir.join(REFERENCE);
    if !file.is_file() {
        staging.put(REFERENCE.as_ref(), |_| Ok(()))?;
    }
    let reference = Times::read(&file).map_err(|err| Problem::output("write", &file, &err))?;
    let record = Record { manifest, reference, edit };
    staging.put(FILE.as_ref(), |file| serde_json::to_writer(file, &record).map_err(Into::into))
}
