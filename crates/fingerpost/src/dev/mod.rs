//! The development cache: always right the moment a file is saved, for the price of one `stat`.

pub(crate) mod single_flight;
mod watch;

use std::{fs::File, io, path::PathBuf, sync::Arc, time::SystemTime};

use hashbrown::HashMap;
use parking_lot::RwLock;

use crate::{
    dev::{
        single_flight::SingleFlight,
        watch::{Checkpoint, Watch},
    },
    error::{Error, Missing, Problem},
    files::stable_read::{self, Reading},
    manifest::digest::{ContentHash, Digest},
    resolve::url_options::{AssetUrls, UrlOptions},
    sources::{
        Sources, Verdict,
        candidate::{Candidate, CandidateStamp},
    },
    url::asset_path::{AssetPath, is_nameable},
};

/// Resolves from the source dirs as they are now.
#[derive(Debug)]
pub(crate) struct Development {
    pub(crate) sources: Sources,
    files: FileCache,
    watch: Option<Watch>,
}

impl Development {
    pub(crate) fn new(sources: Sources) -> Self {
        Self::with_watch(sources, None)
    }

    /// The same with the feature `watch`, for whom every URL is asked of the source dirs.
    pub(crate) fn watched(sources: Sources) -> Self {
        let watch = Watch::start(&sources);
        Self::with_watch(sources, watch)
    }

    pub(crate) fn with_watch(sources: Sources, watch: Option<Watch>) -> Self {
        Self { sources, files: FileCache::default(), watch }
    }

    pub(crate) fn urls(&self, options: &UrlOptions, path: &str) -> Result<AssetUrls, Error> {
        Ok(self.files.get(self, options, path)?.urls)
    }

    /// What `take` takes of the URLs of an asset that has been looked at lately, if the source dirs are watched.
    pub(crate) fn confirmed<R>(&self, path: &str, take: impl FnOnce(&AssetUrls) -> R) -> Option<R> {
        self.files.confirmed(self.watch.as_ref(), path, |file| take(&file.urls))
    }

    pub(crate) fn digest(&self, options: &UrlOptions, path: &str) -> Result<Digest, Error> {
        Ok(self.files.get(self, options, path)?.digest)
    }

    /// Opens an asset as it is now, past every cache.
    pub(crate) fn open(&self, path: &AssetPath) -> Result<(PathBuf, File), Error> {
        let not_found = |reason| not_found(&self.sources, path, reason);
        if let Some(reason) = self.sources.rules().reason_to_ignore(path) {
            return Err(not_found(Some(reason.into_owned())));
        }
        let candidates = self.sources.candidates(path);
        let opened = open(&self.sources, path, &candidates)?;
        opened.map(|(candidate, file)| (candidate.file.clone(), file)).ok_or_else(|| not_found(None))
    }

    /// The names that a template can use, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let files = self.sources.list().files.into_iter();
        files.map(|file| file.path.into()).filter(|path: &String| is_nameable(path)).collect()
    }
}

/// The digest and URLs of each file, kept while the file's [`FileStamp`](crate::__private::FileStamp) is unchanged.
#[derive(Debug, Default)]
struct FileCache {
    entries: ByPath<Arc<Entry>>,
    /// What a look has confirmed, and how long that holds. Empty unless the source dirs are watched.
    confirmed: ByPath<(Checkpoint, HashedFile)>,
}

type ByPath<V> = RwLock<HashMap<Box<str>, V, foldhash::fast::RandomState>>;

#[derive(Debug)]
struct Entry {
    candidates: Vec<Candidate>,
    single_flight: SingleFlight<Result<Reading<HashedFile>, Error>>,
}

/// A file that was read.
#[derive(Debug, Clone)]
struct HashedFile {
    /// The index of its source directory.
    source: usize,
    digest: Digest,
    /// Made with the digest, so that a hit formats nothing.
    urls: AssetUrls,
}

impl FileCache {
    /// What has no answer leaves nothing behind: a symlink to a directory above it has names without end.
    fn get(&self, development: &Development, options: &UrlOptions, path: &str) -> Result<HashedFile, Error> {
        if let Some(file) = self.confirmed(development.watch.as_ref(), path, HashedFile::clone) {
            return Ok(file);
        }
        let result = self.resolve(development, options, path);
        if result.is_err() {
            self.entries.write().remove(path);
            self.confirmed.write().remove(path);
        }
        result
    }

    fn resolve(
        &self,
        Development { sources, watch, .. }: &Development,
        options: &UrlOptions,
        path: &str,
    ) -> Result<HashedFile, Error> {
        let existing = self.entries.read().get(path).cloned();
        let entry = match existing {
            Some(entry) => entry,
            None => self.insert_entry(sources, path)?,
        };
        let checkpoint = watch.as_ref().map(Watch::checkpoint);
        let current = current_stamp(&entry.candidates)?.ok_or_else(|| not_found(sources, path, None))?;
        let is_trusted = |reading: &Reading<HashedFile>| {
            reading.is_trusted
                && CandidateStamp { source: reading.value.source, stamp: reading.stamp } == current
        };
        let is_last_usable = |last: &Result<_, _>| last.as_ref().is_ok_and(is_trusted);
        let reading =
            entry.single_flight.join(is_last_usable, || read(sources, options, path, &entry.candidates))?;
        if let Some(checkpoint) = checkpoint.filter(|_| is_trusted(&reading)) {
            self.confirmed.write().insert(path.into(), (checkpoint, reading.value.clone()));
        }
        Ok(reading.value)
    }

    /// Applies `take` to a cached file that the watcher vouches for.
    fn confirmed<R>(
        &self,
        watch: Option<&Watch>,
        path: &str,
        take: impl FnOnce(&HashedFile) -> R,
    ) -> Option<R> {
        let watch = watch?;
        let confirmed = self.confirmed.read();
        let (checkpoint, file) = confirmed.get(path)?;
        watch.is_unchanged_since(*checkpoint).then(|| take(file))
    }

    /// A slot for a file that is there.
    fn insert_entry(&self, sources: &Sources, path: &str) -> Result<Arc<Entry>, Error> {
        if let Some(reason) = sources.rules().reason_to_ignore(path) {
            return Err(not_found(sources, path, Some(reason.into_owned())));
        }
        let candidates = sources.candidates(path);
        if first(&candidates, Candidate::stat)?.is_none() {
            return Err(not_found(sources, path, None));
        }
        let entry = Arc::new(Entry { candidates, single_flight: SingleFlight::default() });
        Ok(self.entries.write().entry(path.into()).or_insert(entry).clone())
    }
}

/// The answer of the first candidate that has one.
fn first<A>(
    candidates: &[Candidate],
    ask: impl Fn(&Candidate) -> Result<Option<A>, Error>,
) -> Result<Option<A>, Error> {
    candidates.iter().find_map(|candidate| ask(candidate).transpose()).transpose()
}

/// What is seen of the file that answers. Of one that is passed over if there is no other: then a reading tells why.
fn current_stamp(candidates: &[Candidate]) -> Result<Option<CandidateStamp>, Error> {
    match first(candidates, Candidate::stat_unless_ruled_out)? {
        None => first(candidates, Candidate::stat),
        current => Ok(current),
    }
}

/// Reads the first candidate that is the asset; a file that changed meanwhile is read again, from the start.
fn read(
    sources: &Sources,
    options: &UrlOptions,
    path: &str,
    candidates: &[Candidate],
) -> Result<Reading<HashedFile>, Error> {
    stable_read::read_until_stable(|| {
        let Some((candidate, mut file)) = open(sources, path, candidates)? else {
            return Err(not_found(sources, path, None));
        };
        let source = candidate.source;
        let hash = |file: &mut File| {
            let (digest, _) = Digest::from_reader(file)?;
            let version = options.dev_version_query.then(|| ContentHash::from(&digest));
            let urls = options.urls(path, version.as_ref().map(ContentHash::as_str));
            Ok(HashedFile { source, digest, urls })
        };
        Reading::once(&mut file, hash).map_err(|err| Error::unreadable(&candidate.file, err))
    })
}

/// Opens the asset.
fn open<'c>(
    sources: &Sources,
    path: &str,
    candidates: &'c [Candidate],
) -> Result<Option<(&'c Candidate, File)>, Error> {
    let mut reason = None;
    for candidate in candidates {
        // Asked before it is opened: opening a pipe would wait for a writer.
        if candidate.stat()?.is_none() {
            continue;
        }
        let began = SystemTime::now();
        let opened =
            File::open(&candidate.file).and_then(|file| Ok((sources.verdict(path, candidate)?, file)));
        match opened {
            Ok((Verdict::Asset, file)) => return Ok(Some((candidate, file))),
            Ok((Verdict::NotThisFile(why), _)) => {
                candidate.rule_out(began);
                reason = Some(why);
            }
            Ok((Verdict::Output, _)) => reason = Some("it lies in the output dir".to_owned()),
            Ok((Verdict::Refused(why), _)) => return Err(not_found(sources, path, Some(why))),
            Err(err) if err.kind() == io::ErrorKind::NotFound => {}
            Err(err) => return Err(Error::unreadable(&candidate.file, err)),
        }
    }
    reason.map_or(Ok(None), |reason| Err(not_found(sources, path, Some(reason))))
}

fn not_found(sources: &Sources, path: &str, reason: Option<String>) -> Error {
    let (path, searched) = (path.to_owned(), sources.dir_labels());
    Problem::NotFound(Missing { path, searched, reason, nearest: Vec::new() }).into()
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
        let development = Development::new(sources);
        let options = UrlOptions::development();
        let digest = |path: &str| development.digest(&options, path);
        let entry_count = || development.files.entries.read().len();
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
