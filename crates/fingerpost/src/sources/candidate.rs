//! Where one source dir would have a file, and what a look there tells.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use arc_swap::ArcSwapOption;

use crate::{
    error::Error,
    files::{file_stamp::FileStamp, is_absent},
};

/// Where one source dir would have a file.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) source: usize,
    pub(crate) file: PathBuf,
    /// How many directories lie on the way to it, the source dir included.
    depth: usize,
    /// The stamps of the file and of these directories when it turned out not to be the asset.
    ruled_out: ArcSwapOption<Vec<FileStamp>>,
}

/// What a look at a candidate tells. Not every system can tell two files of the same age and length apart, so the source
/// dir is part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CandidateStamp {
    pub(crate) source: usize,
    pub(crate) stamp: FileStamp,
}

impl Candidate {
    /// For the file at `path` in the source dir with the number `source`.
    pub(crate) fn new(source: usize, dir: &Path, path: &str) -> Self {
        let depth = path.split('/').count();
        Self { source, file: dir.join(path), depth, ruled_out: ArcSwapOption::empty() }
    }

    /// The stamp of the file and its source dir, or `None` if there is no file.
    pub(crate) fn stat(&self) -> Result<Option<CandidateStamp>, Error> {
        match fs::metadata(&self.file) {
            Ok(metadata) if metadata.is_file() => {
                Ok(Some(CandidateStamp { source: self.source, stamp: FileStamp::from_metadata(&metadata) }))
            }
            Ok(_) => Ok(None),
            Err(err) if is_absent(&err) => Ok(None),
            Err(err) => Err(Error::unreadable(&self.file, err)),
        }
    }

    /// The same, and `None` also for a file that is known not to be the asset.
    pub(crate) fn stat_unless_ruled_out(&self) -> Result<Option<CandidateStamp>, Error> {
        Ok(self.stat()?.filter(|found| !self.is_ruled_out(found)))
    }

    /// Remembers that this is not the asset by its name: `began` is the moment before that was found out.
    pub(crate) fn rule_out(&self, began: SystemTime) {
        let stamps = self
            .file
            .ancestors()
            .take(self.depth + 1)
            .map(|path| Ok(FileStamp::from_metadata(&fs::metadata(path)?)));
        let stamps = stamps.collect::<io::Result<Vec<_>>>().ok();
        let settled = stamps.filter(|stamps| stamps.iter().all(|stamp| stamp.is_settled_at(began)));
        self.ruled_out.store(settled.map(Arc::new));
    }

    /// Whether nothing has changed since it was passed over: not the file, and no list of names on the way to it.
    fn is_ruled_out(&self, found: &CandidateStamp) -> bool {
        let stamps_when_ruled_out = self.ruled_out.load();
        let Some([file, dirs @ ..]) = stamps_when_ruled_out.as_ref().map(|stamps| stamps.as_slice()) else {
            return false;
        };
        let same = |(dir, stamp): (&Path, &FileStamp)| {
            fs::metadata(dir).is_ok_and(|now| FileStamp::from_metadata(&now) == *stamp)
        };
        *file == found.stamp && self.file.ancestors().skip(1).zip(dirs).all(same)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn is_candidate(candidate: &Candidate) -> bool {
        candidate.stat_unless_ruled_out().unwrap().is_some()
    }

    #[test]
    fn rejected_file_is_skipped_until_it_or_a_parent_directory_changes() {
        let changes: [fn(&Path); 5] = [
            |dir| fs::rename(dir.join("a/b/c.css"), dir.join("a/b/C.css")).unwrap(),
            |dir| fs::write(dir.join("a/b/c.css"), "changed").unwrap(),
            |dir| fs::write(dir.join("a/b/d.css"), "").unwrap(),
            |dir| fs::create_dir(dir.join("a/d")).unwrap(),
            |dir| fs::create_dir(dir.join("d")).unwrap(),
        ];
        for change in changes {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir_all(dir.path().join("a/b")).unwrap();
            fs::write(dir.path().join("a/b/c.css"), "c").unwrap();
            let candidate = Candidate::new(0, dir.path(), "a/b/c.css");
            assert!(is_candidate(&candidate));

            candidate.rule_out(SystemTime::now());
            assert!(is_candidate(&candidate), "its times are too young to be believed");
            candidate.rule_out(SystemTime::now() + Duration::from_secs(3));
            assert!(!is_candidate(&candidate) && candidate.stat().unwrap().is_some());

            // The clock of a file system stands still for some milliseconds.
            std::thread::sleep(Duration::from_millis(20));
            change(dir.path());
            fs::rename(dir.path().join("a/b/C.css"), dir.path().join("a/b/c.css")).ok();
            assert!(is_candidate(&candidate));
        }
    }
}
