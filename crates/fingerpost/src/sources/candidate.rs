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
    passed_over: ArcSwapOption<Vec<FileStamp>>,
}

/// What a look at a candidate tells. Not every system can tell two files of the same age and length apart, so the source
/// dir is part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) source: usize,
    pub(crate) stamp: FileStamp,
}

impl Candidate {
    /// For the file at `path` in the source dir with the number `source`.
    pub(crate) fn new(source: usize, dir: &Path, path: &str) -> Self {
        let depth = path.split('/').count();
        Self { source, file: dir.join(path), depth, passed_over: ArcSwapOption::empty() }
    }

    /// The stamp of the file and its source dir, or `None` if there is no file.
    pub(crate) fn stat(&self) -> Result<Option<Seen>, Error> {
        match fs::metadata(&self.file) {
            Ok(metadata) if metadata.is_file() => {
                Ok(Some(Seen { source: self.source, stamp: FileStamp::from_metadata(&metadata) }))
            }
            Ok(_) => Ok(None),
            Err(err) if is_absent(&err) => Ok(None),
            Err(err) => Err(Error::unreadable(&self.file, err)),
        }
    }

    /// The same, and `None` also for a file that is known not to be the asset.
    pub(crate) fn look(&self) -> Result<Option<Seen>, Error> {
        Ok(self.stat()?.filter(|seen| !self.is_passed_over(seen)))
    }

    /// Remembers that this is not the asset by its name: `began` is the moment before that was found out.
    pub(crate) fn pass_over(&self, began: SystemTime) {
        let way = self
            .file
            .ancestors()
            .take(self.depth + 1)
            .map(|path| Ok(FileStamp::from_metadata(&fs::metadata(path)?)));
        let way = way.collect::<io::Result<Vec<_>>>().ok();
        let settled = way.filter(|way| way.iter().all(|stamp| stamp.is_settled_at(began)));
        self.passed_over.store(settled.map(Arc::new));
    }

    /// Whether nothing has changed since it was passed over: not the file, and no list of names on the way to it.
    fn is_passed_over(&self, seen: &Seen) -> bool {
        let known = self.passed_over.load();
        let Some([file, dirs @ ..]) = known.as_ref().map(|way| way.as_slice()) else { return false };
        let same = |(dir, stamp): (&Path, &FileStamp)| {
            fs::metadata(dir).is_ok_and(|now| FileStamp::from_metadata(&now) == *stamp)
        };
        *file == seen.stamp && self.file.ancestors().skip(1).zip(dirs).all(same)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn is_seen(candidate: &Candidate) -> bool {
        candidate.look().unwrap().is_some()
    }

    #[test]
    fn a_file_is_passed_over_until_it_or_a_directory_on_the_way_changes() {
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
            assert!(is_seen(&candidate));

            candidate.pass_over(SystemTime::now());
            assert!(is_seen(&candidate), "its times are too young to be believed");
            candidate.pass_over(SystemTime::now() + Duration::from_secs(3));
            assert!(!is_seen(&candidate) && candidate.stat().unwrap().is_some());

            // The clock of a file system stands still for some milliseconds.
            std::thread::sleep(Duration::from_millis(20));
            change(dir.path());
            fs::rename(dir.path().join("a/b/C.css"), dir.path().join("a/b/c.css")).ok();
            assert!(is_seen(&candidate));
        }
    }
}
