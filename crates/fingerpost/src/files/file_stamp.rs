use std::{
    fs::Metadata,
    time::{Duration, SystemTime},
};

use filetime::FileTime;
use serde::{Deserialize, Serialize};

/// The metadata of a file, limited to values that change when the file is replaced or written.
///
/// Consists of the length and the modification time, and of more fields on some systems:
///
/// - on Unix, the device, the inode and the change time; programs cannot set the change time back;
/// - on Windows, the creation time.
///
/// A stamp can be stored and compared later on the same machine.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let file = dir.path().join("a.css");
/// use std::fs;
/// use fingerpost::__private::FileStamp;
///
/// fs::write(&file, "a{}")?;
/// let stamp = FileStamp::from_metadata(&fs::metadata(&file)?);
/// assert_eq!(FileStamp::from_metadata(&fs::metadata(&file)?), stamp);
///
/// fs::write(&file, "a{color:red}")?;
/// assert_ne!(FileStamp::from_metadata(&fs::metadata(&file)?), stamp);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileStamp {
    length: u64,
    modified: Time,
    /// The change time on Unix, the creation time on Windows.
    other_time: Option<Time>,
    /// Device and inode.
    id: Option<(u64, u64)>,
}

/// Seconds since 1970, and nanoseconds.
type Time = (i64, u32);

/// The coarsest resolution of file times: 2 seconds on FAT. A change within 2 seconds may leave the file times
/// unchanged.
const COARSEST_CLOCK: Duration = Duration::from_secs(2);

impl FileStamp {
    /// Creates the stamp of the file with this `metadata`.
    pub fn from_metadata(metadata: &Metadata) -> Self {
        let modified = time(FileTime::from_last_modification_time(metadata));
        let (other_time, id) = other_time_and_id(metadata);
        Self { length: metadata.len(), modified, other_time, id }
    }

    /// Returns the length of the file in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Returns `true` if all times are at least 2 seconds before `moment`, so any later change also changes the times.
    /// The same stamp then implies the same bytes as at `moment`.
    ///
    /// Determine `moment` before the stamp and the file are read. The result is `false` for times in the future.
    ///
    /// ```
    /// # let file = tempfile::NamedTempFile::new()?;
    /// use std::time::{Duration, SystemTime};
    ///
    /// let stamp = fingerpost::__private::FileStamp::from_metadata(&file.as_file().metadata()?);
    /// assert!(!stamp.is_settled_at(SystemTime::now()));
    /// assert!(stamp.is_settled_at(SystemTime::now() + Duration::from_secs(3)));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn is_settled_at(&self, moment: SystemTime) -> bool {
        let Some(newest) = moment.checked_sub(COARSEST_CLOCK) else { return false };
        let newest = time(FileTime::from_system_time(newest));
        self.modified <= newest && self.other_time.is_none_or(|time| time <= newest)
    }

    /// Returns `true` if two stamps of one file differ only in the change time. The bytes may be the same, for example
    /// after `chmod` or a new hard link. Always `false` on Windows, which has no change time.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let file = dir.path().join("a.css");
    /// # std::fs::write(&file, "a{}")?;
    /// # let stamp = || Ok::<_, std::io::Error>(fingerpost::__private::FileStamp::from_metadata(&std::fs::metadata(&file)?));
    /// let before = stamp()?;
    /// std::fs::hard_link(&file, dir.path().join("b.css"))?;
    /// assert!(stamp()? == before || stamp()?.differs_in_change_time_alone(&before));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn differs_in_change_time_alone(&self, other: &Self) -> bool {
        cfg!(unix) && self != other && Self { other_time: other.other_time, ..*self } == *other
    }
}

fn time(time: FileTime) -> Time {
    (time.unix_seconds(), time.nanoseconds())
}

/// Returns the change time, and the device with the inode.
#[cfg(unix)]
fn other_time_and_id(metadata: &Metadata) -> (Option<Time>, Option<(u64, u64)>) {
    use std::os::unix::fs::MetadataExt as _;
    let changed = (metadata.ctime(), metadata.ctime_nsec() as u32);
    (Some(changed), Some((metadata.dev(), metadata.ino())))
}

/// Returns the creation time.
#[cfg(not(unix))]
fn other_time_and_id(metadata: &Metadata) -> (Option<Time>, Option<(u64, u64)>) {
    (FileTime::from_creation_time(metadata).map(time), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: FileStamp =
        FileStamp { length: 3, modified: (1000, 5), other_time: Some((2000, 5)), id: Some((7, 8)) };

    #[test]
    fn stamp_is_settled_when_its_latest_time_is_two_seconds_old() {
        let at = |seconds, nanoseconds| SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds);
        assert!(STAMP.is_settled_at(at(2002, 5)));
        for young in [at(2002, 4), at(2001, 999_999_999), at(1002, 5), at(0, 0)] {
            assert!(!STAMP.is_settled_at(young), "{young:?}");
        }
        let without = FileStamp { other_time: None, ..STAMP };
        assert!(without.is_settled_at(at(1002, 5)) && !without.is_settled_at(at(1002, 4)));
        let before_1970 = FileStamp { modified: (-1000, 5), other_time: None, ..STAMP };
        assert!(before_1970.is_settled_at(at(0, 0)));
        assert!(!FileStamp { modified: (i64::MAX, 0), ..STAMP }.is_settled_at(at(3000, 0)));
    }

    #[test]
    fn stamp_round_trips_through_json() {
        let json = serde_json::to_string(&STAMP).unwrap();
        assert_eq!(json, r#"{"length":3,"modified":[1000,5],"other_time":[2000,5],"id":[7,8]}"#);
        assert_eq!(serde_json::from_str::<FileStamp>(&json).unwrap(), STAMP);
    }

    #[cfg(unix)]
    #[test]
    fn stamps_that_differ_only_in_change_time_are_detected() {
        let changed = FileStamp { other_time: Some((2001, 0)), ..STAMP };
        assert!(changed.differs_in_change_time_alone(&STAMP));
        for other in [
            STAMP,
            FileStamp { length: 4, ..changed },
            FileStamp { modified: (1001, 5), ..changed },
            FileStamp { id: Some((7, 9)), ..changed },
        ] {
            assert!(!other.differs_in_change_time_alone(&STAMP), "{other:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn change_is_detected_even_if_length_and_modification_time_are_restored() {
        let dir = tempfile::tempdir().unwrap();
        let [file, other] = ["a", "b"].map(|name| dir.path().join(name));
        let stamp = || FileStamp::from_metadata(&std::fs::metadata(&file).unwrap());
        let write = |path: &std::path::Path, text: &str| {
            std::fs::write(path, text).unwrap();
            filetime::set_file_mtime(path, FileTime::zero()).unwrap();
        };
        write(&file, "a");
        let first = stamp();
        assert_eq!(stamp(), first);

        // The clock of a file system may not advance for some milliseconds.
        while stamp() == first {
            write(&file, "b");
        }
        let second = stamp();
        write(&other, "c");
        std::fs::rename(&other, &file).unwrap();
        assert_ne!(stamp(), second);
    }
}
