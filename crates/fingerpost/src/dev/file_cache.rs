//! A cache of the digests of source files. A file is hashed again only after a change.

use std::{fs::File, io, path::PathBuf, sync::Arc};

use hashbrown::HashMap;
use parking_lot::RwLock;

use crate::{
    dev::single_flight::SingleFlight,
    error::{Error, Miss},
    files::{
        clock::Clock,
        file_stamp::FileStamp,
        stable_read::{Reading, read_until_stable},
    },
    manifest::digest::Digest,
    sources::{Sources, Verdict, candidate::Candidate},
    url::asset_path::{AssetPath, is_nameable},
};

/// Values made from the digests of files, valid while the file's [`FileStamp`](crate::__private::FileStamp) is
/// unchanged.
#[derive(Debug)]
pub(crate) struct FileCache<V> {
    pub(crate) sources: Sources,
    clock: Clock,
    entries: ByPath<Arc<Entry<V>>>,
}

pub(crate) type ByPath<V> = RwLock<HashMap<Box<str>, V, foldhash::fast::RandomState>>;

#[derive(Debug)]
struct Entry<V> {
    candidates: Vec<Candidate>,
    single_flight: SingleFlight<Result<(Version, Cached<V>), Miss>>,
}

/// The index of a source directory, and the stamp of the file in this directory.
type Version = (usize, FileStamp);

/// A cached value.
#[derive(Debug, Clone)]
pub(crate) struct Cached<V> {
    pub(crate) value: V,
    /// `true` if the same stamp implies the same value later.
    pub(crate) is_trusted: bool,
}

impl<V: Clone> FileCache<V> {
    pub(crate) fn new(sources: Sources, clock: Clock) -> Self {
        Self { sources, clock, entries: ByPath::default() }
    }

    /// Returns the value of the current file. `make` computes the value from the digest.
    ///
    /// Failures are not cached: a symlink loop yields unlimited names.
    pub(crate) fn get(&self, path: &str, make: impl Fn(Digest) -> V) -> Result<Cached<V>, Miss> {
        let result = self.entry(path).and_then(|entry| self.current(&entry, path, make));
        if result.is_err() {
            self.entries.write().remove(path);
        }
        result
    }

    fn entry(&self, path: &str) -> Result<Arc<Entry<V>>, Miss> {
        if let Some(entry) = self.entries.read().get(path) {
            return Ok(Arc::clone(entry));
        }
        let candidates = self.candidates(path)?;
        let entry = Arc::new(Entry { candidates, single_flight: SingleFlight::default() });
        Ok(Arc::clone(self.entries.write().entry(path.into()).or_insert(entry)))
    }

    fn current(&self, entry: &Entry<V>, path: &str, make: impl Fn(Digest) -> V) -> Result<Cached<V>, Miss> {
        let current = entry.candidates.iter().find_map(|candidate| candidate.stat().transpose());
        let current = current.transpose()?.ok_or(Miss::NotFound(None))?;
        let is_trusted = |(version, cached): &(_, Cached<V>)| cached.is_trusted && *version == current;
        let is_last_usable = |last: &Result<_, _>| last.as_ref().is_ok_and(is_trusted);
        let read = || self.read(path, &entry.candidates, &make);
        let read = entry.single_flight.join(is_last_usable, read)?;
        Ok(Cached { is_trusted: is_trusted(&read), ..read.1 })
    }

    /// Reads the first candidate that is the asset. A file that changes during reading is opened and read again.
    fn read(
        &self,
        path: &str,
        candidates: &[Candidate],
        make: &impl Fn(Digest) -> V,
    ) -> Result<(Version, Cached<V>), Miss> {
        let began = (self.clock.now)();
        let reading = read_until_stable(|| {
            let (candidate, mut file) = self.open_candidate(path, candidates)?;
            let hash = |file: &mut File| Ok((candidate.source, make(Digest::from_reader(file)?.0)));
            Reading::once(&mut file, hash).map_err(|err| Miss::from(Error::unreadable(&candidate.file, &err)))
        })?;
        let is_trusted = reading.is_trusted(began);
        let (source, value) = reading.value;
        Ok(((source, reading.stamp), Cached { value, is_trusted }))
    }

    /// Opens the current file of an asset, without the cache.
    pub(crate) fn open(&self, path: &AssetPath) -> Result<(PathBuf, File), Miss> {
        let candidates = self.candidates(path)?;
        let (candidate, file) = self.open_candidate(path, &candidates)?;
        Ok((candidate.file.clone(), file))
    }

    fn candidates(&self, path: &str) -> Result<Vec<Candidate>, Miss> {
        match self.sources.rules().reason_to_ignore(path) {
            Some(reason) => Err(Miss::NotFound(Some(reason.into_owned()))),
            None => Ok(self.sources.candidates(path)),
        }
    }

    /// Opens the first candidate that is the asset.
    fn open_candidate<'c>(
        &self,
        path: &str,
        candidates: &'c [Candidate],
    ) -> Result<(&'c Candidate, File), Miss> {
        let mut reason = None;
        for candidate in candidates {
            // The file type is checked first, because opening a pipe would wait for a writer.
            if candidate.stat()?.is_none() {
                continue;
            }
            let opened = File::open(&candidate.file)
                .and_then(|file| Ok((self.sources.verdict(path, candidate)?, file)));
            match opened {
                Ok((Verdict::Asset, file)) => return Ok((candidate, file)),
                Ok((Verdict::NotThisFile(why), _)) => reason = Some(why),
                Ok((Verdict::Refused(why), _)) => return Err(Miss::NotFound(Some(why))),
                Err(err) if err.kind() == io::ErrorKind::NotFound => {}
                Err(err) => return Err(Error::unreadable(&candidate.file, &err).into()),
            }
        }
        Err(Miss::NotFound(reason))
    }

    /// Returns the asset paths that templates can refer to, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let files = self.sources.list().files.into_iter();
        files.map(|file| file.path.into()).filter(|path: &String| is_nameable(path)).collect()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;
    use crate::sources::{SourceDir, ignore_rules::IgnoreRules};

    #[test]
    fn failed_lookups_are_not_cached() {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(dir.path().join("a.css"), "a{}").unwrap();
        fs::write(outside.path().join("b.css"), "b{}").unwrap();
        symlink(".", dir.path().join("l")).unwrap();
        symlink(outside.path(), dir.path().join("out")).unwrap();
        let sources = Sources::open(vec![SourceDir::new(dir.path())], IgnoreRules::default(), None).unwrap();
        let files = FileCache::new(sources, Clock::default());
        let digest = |path: &str| files.get(path, |digest| digest);
        let entry_count = || files.entries.read().len();
        for times in 1..9 {
            assert!(digest(&format!("{}a.css", "l/".repeat(times))).is_err());
        }
        for path in ["out/b.css", "nope.css", "l"] {
            assert!(digest(path).is_err(), "{path}");
        }
        assert_eq!(entry_count(), 0);
        assert!(digest("a.css").is_ok());
        assert_eq!(entry_count(), 1);
        fs::remove_file(dir.path().join("a.css")).unwrap();
        assert!(digest("a.css").is_err());
        assert_eq!(entry_count(), 0);
    }
}
