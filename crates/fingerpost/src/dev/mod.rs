//! The development cache: always right the moment a file is saved, for the price of one `stat`.

pub(crate) mod single_flight;
mod watch;

use std::{fmt, fs::File, io, path::PathBuf, sync::Arc, time::SystemTime};

use hashbrown::HashMap;
use parking_lot::RwLock;

use crate::{
    dev::{
        single_flight::SingleFlight,
        watch::{Checkpoint, Watch},
    },
    error::{Error, Missing, Problem},
    files::stable_read::{self, Reading},
    manifest::digest::{ContentHash, Digest, integrity_of_reader},
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
    urls: FileCache<AssetUrls>,
    integrities: FileCache<Arc<str>>,
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
        Self { sources, urls: FileCache::default(), integrities: FileCache::default(), watch }
    }

    pub(crate) fn urls(&self, options: &UrlOptions, path: &str) -> Result<AssetUrls, Error> {
        if !options.dev_version_query {
            self.urls.get(self, path, |_| Ok(options.urls(path, None)))
        } else {
            self.urls.get(self, path, |file| {
                let (digest, _) = Digest::from_reader(file)?;
                Ok(options.urls(path, Some(ContentHash::from(&digest).as_str())))
            })
        }
    }

    /// What `take` takes of the URLs of an asset that has been looked at lately, if the source dirs are watched.
    pub(crate) fn confirmed<R>(&self, path: &str, take: impl FnOnce(&AssetUrls) -> R) -> Option<R> {
        self.urls.confirmed(self.watch.as_ref(), path, take)
    }

    pub(crate) fn integrity(&self, path: &str) -> Result<Arc<str>, Error> {
        self.integrities.get(self, path, |file| Ok(integrity_of_reader(file)?.into()))
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

/// What was made of each file, kept for as long as the file's [`FileStamp`](crate::__private::FileStamp) stays what it was.
struct FileCache<T> {
    entries: ByPath<Arc<Entry<T>>>,
    /// What a look has confirmed, and how long that holds. Empty unless the source dirs are watched.
    confirmed: ByPath<(Checkpoint, T)>,
}

type ByPath<V> = RwLock<HashMap<Box<str>, V, foldhash::fast::RandomState>>;

struct Entry<T> {
    candidates: Vec<Candidate>,
    single_flight: SingleFlight<Result<Reading<Derived<T>>, Error>>,
}

/// What was made of a file, and in which source dir that lies.
#[derive(Debug, Clone)]
struct Derived<T> {
    source: usize,
    value: T,
}

impl<T: Clone> FileCache<T> {
    /// What has no answer leaves nothing behind: a symlink to a directory above it has names without end.
    fn get(
        &self,
        development: &Development,
        path: &str,
        make: impl Fn(&mut File) -> io::Result<T>,
    ) -> Result<T, Error> {
        if let Some(value) = self.confirmed(development.watch.as_ref(), path, T::clone) {
            return Ok(value);
        }
        let result = self.resolve(development, path, make);
        if result.is_err() {
            self.entries.write().remove(path);
            self.confirmed.write().remove(path);
        }
        result
    }

    fn resolve(
        &self,
        Development { sources, watch, .. }: &Development,
        path: &str,
        make: impl Fn(&mut File) -> io::Result<T>,
    ) -> Result<T, Error> {
        let existing = self.entries.read().get(path).cloned();
        let entry = match existing {
            Some(entry) => entry,
            None => self.insert_entry(sources, path)?,
        };
        let checkpoint = watch.as_ref().map(Watch::checkpoint);
        let current = current_stamp(&entry.candidates)?.ok_or_else(|| not_found(sources, path, None))?;
        let is_trusted = |reading: &Reading<Derived<T>>| {
            reading.is_trusted
                && CandidateStamp { source: reading.value.source, stamp: reading.stamp } == current
        };
        let is_last_usable = |last: &Result<_, _>| last.as_ref().is_ok_and(is_trusted);
        let reading =
            entry.single_flight.join(is_last_usable, || read(sources, path, &entry.candidates, &make))?;
        if let Some(checkpoint) = checkpoint.filter(|_| is_trusted(&reading)) {
            self.confirmed.write().insert(path.into(), (checkpoint, reading.value.value.clone()));
        }
        Ok(reading.value.value)
    }

    /// What `take` takes of a value that need not be looked at again.
    fn confirmed<R>(&self, watch: Option<&Watch>, path: &str, take: impl FnOnce(&T) -> R) -> Option<R> {
        let watch = watch?;
        let confirmed = self.confirmed.read();
        let (checkpoint, value) = confirmed.get(path)?;
        watch.is_unchanged_since(*checkpoint).then(|| take(value))
    }

    /// A slot for a file that is there.
    fn insert_entry(&self, sources: &Sources, path: &str) -> Result<Arc<Entry<T>>, Error> {
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

impl<T> Default for FileCache<T> {
    fn default() -> Self {
        Self { entries: RwLock::default(), confirmed: RwLock::default() }
    }
}

impl<T> fmt::Debug for FileCache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileCache").field("files", &self.entries.read().len()).finish_non_exhaustive()
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
fn read<T>(
    sources: &Sources,
    path: &str,
    candidates: &[Candidate],
    make: &impl Fn(&mut File) -> io::Result<T>,
) -> Result<Reading<Derived<T>>, Error> {
    stable_read::read_until_stable(|| {
        let Some((candidate, mut file)) = open(sources, path, candidates)? else {
            return Err(not_found(sources, path, None));
        };
        let source = candidate.source;
        Reading::once(&mut file, |file| Ok(Derived { source, value: make(file)? }))
            .map_err(|err| Error::unreadable(&candidate.file, err))
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
        let entry_count = || development.integrities.entries.read().len();
        for times in 1..9 {
            assert!(development.integrity(&format!("{}a.css", "l/".repeat(times))).is_err());
        }
        for path in ["out/b.css", "nope.css", "l"] {
            assert!(development.integrity(path).is_err(), "{path}");
        }
        assert_eq!(entry_count(), 0);
        assert!(development.integrity("a.css").is_ok());
        assert_eq!(entry_count(), 1);
        fs::remove_file(dir.path().join("a.css")).unwrap();
        assert!(development.integrity("a.css").is_err());
        assert_eq!(entry_count(), 0);
    }
}
