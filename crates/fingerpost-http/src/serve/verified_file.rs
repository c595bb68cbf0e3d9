//! Checks that a file on disk still has the bytes that were hashed.

use std::{
    fs::File,
    io::{self, Read as _},
    time::{Duration, Instant, SystemTime},
};

use fingerpost::{
    __private::{FileStamp, Reading},
    manifest::Digest,
};

/// Stamp and digest of a file at the time of hashing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VerifiedFile {
    pub(crate) stamp: FileStamp,
    pub(crate) sha256: Digest,
    /// `true` if the same stamp at a later time implies the same bytes.
    is_trusted: bool,
    /// The time when this stamp was first seen.
    since: Instant,
}

/// The resolution of the coarsest file system clock: after this time, every change of a file changes its stamp.
pub(crate) const COARSEST_CLOCK: Duration = Duration::from_secs(2);

impl VerifiedFile {
    /// Returns `true` if a file with this stamp has the hashed bytes.
    pub(crate) fn holds_for(&self, stamp: &FileStamp) -> bool {
        self.is_trusted && self.stamp == *stamp
    }

    /// Reads the whole file. Uses the digest of `known` if the stamp is unchanged and trusted.
    pub(crate) fn read(file: &mut File, known: Option<&Self>) -> io::Result<(Self, Vec<u8>)> {
        let (began, time) = (Instant::now(), SystemTime::now());
        let reading = Reading::new(file, |file| {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map(|_| bytes)
        })?;
        let is_settled = reading.is_trusted(time);
        let Reading { value, stamp, is_stable, .. } = reading;
        if let Some(known) = known.filter(|known| is_stable && known.holds_for(&stamp)) {
            return Ok((*known, value));
        }
        // A stamp that has not changed for two seconds is trusted too, because file times may be in the future if another
        // clock is ahead.
        let since = known.filter(|known| known.stamp == stamp).map_or(began, |known| known.since);
        let is_old_enough = began.duration_since(since) >= COARSEST_CLOCK;
        let is_trusted = is_settled || is_stable && is_old_enough;
        Ok((Self { stamp, sha256: Digest::from_content(&value), is_trusted, since }, value))
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Seek as _};

    use super::*;

    /// Creates a file with a modification time one hour in the future, as if another clock were ahead.
    fn file_with_future_time() -> (tempfile::NamedTempFile, File) {
        let named = tempfile::NamedTempFile::new().unwrap();
        fs::write(&named, "one").unwrap();
        let mut file = named.reopen().unwrap();
        file.set_modified(SystemTime::now() + Duration::from_secs(3600)).unwrap();
        file.rewind().unwrap();
        (named, file)
    }

    #[test]
    fn unchanged_stamp_becomes_trusted_even_with_a_future_time() {
        let (_named, mut file) = file_with_future_time();
        let mut read = |known| VerifiedFile::read(&mut file, known).unwrap().0;
        let first = read(None);
        assert!(!first.is_trusted);
        assert!(!read(Some(&first)).is_trusted, "the stamp is new");

        let long_ago = Instant::now().checked_sub(COARSEST_CLOCK).unwrap();
        let known = VerifiedFile { since: long_ago, ..first };
        assert!(read(Some(&known)).is_trusted);
    }

    #[test]
    fn changed_stamp_resets_trust() {
        let (named, mut file) = file_with_future_time();
        let long_ago = Instant::now().checked_sub(COARSEST_CLOCK).unwrap();
        let known = VerifiedFile { since: long_ago, ..VerifiedFile::read(&mut file, None).unwrap().0 };
        fs::write(&named, "other").unwrap();
        let now = VerifiedFile::read(&mut file, Some(&known)).unwrap().0;
        assert!(!now.is_trusted && now.sha256 == Digest::from_content(b"other"));
    }
}
