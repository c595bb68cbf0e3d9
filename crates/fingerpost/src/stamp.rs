use std::{fs::Metadata, time::SystemTime};

use filetime::FileTime;

/// What a `stat` tells of a file's identity and age: equal stamps, once settled, mean equal bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    length: u64,
    modified: FileTime,
    /// The change time on Unix, which no program can set back; the creation time on Windows.
    other_time: Option<FileTime>,
    /// Device and inode.
    #[cfg(unix)]
    id: (u64, u64),
}

/// File systems keep times as coarse as this (FAT: two seconds), so a younger file may change unseen.
const COARSEST_CLOCK_SECONDS: i64 = 2;

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt as _;
        Self {
            length: metadata.len(),
            modified: FileTime::from_last_modification_time(metadata),
            #[cfg(unix)]
            other_time: Some(FileTime::from_unix_time(metadata.ctime(), metadata.ctime_nsec() as u32)),
            #[cfg(not(unix))]
            other_time: FileTime::from_creation_time(metadata),
            #[cfg(unix)]
            id: (metadata.dev(), metadata.ino()),
        }
    }

    /// Whether all times are so much older than `began` that a change since then must show in them. A time in the future
    /// never is.
    pub(crate) fn is_settled(&self, began: SystemTime) -> bool {
        let began = FileTime::from_system_time(began);
        let settled = |time: FileTime| {
            let aged = (time.unix_seconds().saturating_add(COARSEST_CLOCK_SECONDS), time.nanoseconds());
            aged <= (began.unix_seconds(), began.nanoseconds())
        };
        settled(self.modified) && self.other_time.is_none_or(settled)
    }
}
