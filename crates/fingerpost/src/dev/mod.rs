//! The development cache: always right the moment a file is saved, for the price of one `stat`.

pub(crate) mod single_flight;
mod watch;

use std::{fmt, fs::File, io, path::PathBuf, sync::Arc, time::SystemTime};

use hashbrown::HashMap;
use parking_lot::RwLock;

use crate::{
    dev::{
        single_flight::SingleFlight,
        watch::{Moment, Watch},
    },
    error::{Error, Missing, Problem},
    files::stable_read::{self, Reading},
    manifest::digest::{ContentHash, Digest, integrity_of_reader},
    resolve::url_options::{AssetUrls, UrlOptions},
    sources::{
        Sources, Verdict,
        candidate::{Candidate, Seen},
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

    pub(crate) fn urls(&self, site: &UrlOptions, path: &str) -> Result<AssetUrls, Error> {
        if !site.dev_version_query {
            self.urls.get(self, path, |_| Ok(site.urls(path, None)))
        } else {
            self.urls.get(self, path, |file| {
                let (digest, _) = Digest::from_reader(file)?;
                Ok(site.urls(path, Some(ContentHash::from(&digest).as_str())))
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
        let missing = |reason| missing(&self.sources, path, reason);
        if let Some(reason) = self.sources.rules().reason_to_ignore(path) {
            return Err(missing(Some(reason.into_owned())));
        }
        let candidates = self.sources.candidates(path);
        let opened = open(&self.sources, path, &candidates)?;
        opened.map(|(candidate, file)| (candidate.file.clone(), file)).ok_or_else(|| missing(None))
    }

    /// The names that a template can use, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let files = self.sources.list().files.into_iter();
        files.map(|file| file.path.into()).filter(|path: &String| is_nameable(path)).collect()
    }
}

/// What was made of each file, kept for as long as the file's [`FileStamp`](crate::__private::FileStamp) stays what it was.
struct FileCache<T> {
    slots: ByPath<Arc<Slot<T>>>,
    /// What a look has confirmed, and how long that holds. Empty unless the source dirs are watched.
    confirmed: ByPath<(Moment, T)>,
}

type ByPath<V> = RwLock<HashMap<Box<str>, V, foldhash::fast::RandomState>>;

struct Slot<T> {
    candidates: Vec<Candidate>,
    flight: SingleFlight<Result<Reading<Made<T>>, Error>>,
}

/// What was made of a file, and in which source dir that lies.
#[derive(Debug, Clone)]
struct Made<T> {
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
        let answer = self.look_up(development, path, make);
        if answer.is_err() {
            self.slots.write().remove(path);
            self.confirmed.write().remove(path);
        }
        answer
    }

    fn look_up(
        &self,
        Development { sources, watch, .. }: &Development,
        path: &str,
        make: impl Fn(&mut File) -> io::Result<T>,
    ) -> Result<T, Error> {
        let known = self.slots.read().get(path).cloned();
        let slot = match known {
            Some(slot) => slot,
            None => self.open_slot(sources, path)?,
        };
        let moment = watch.as_ref().map(Watch::now);
        let seen = look(&slot.candidates)?.ok_or_else(|| missing(sources, path, None))?;
        let is_trusted = |reading: &Reading<Made<T>>| {
            reading.is_trusted && Seen { source: reading.value.source, stamp: reading.stamp } == seen
        };
        let fits = |last: &Result<_, _>| last.as_ref().is_ok_and(is_trusted);
        let reading = slot.flight.join(fits, || read(sources, path, &slot.candidates, &make))?;
        if let Some(moment) = moment.filter(|_| is_trusted(&reading)) {
            self.confirmed.write().insert(path.into(), (moment, reading.value.value.clone()));
        }
        Ok(reading.value.value)
    }

    /// What `take` takes of a value that need not be looked at again.
    fn confirmed<R>(&self, watch: Option<&Watch>, path: &str, take: impl FnOnce(&T) -> R) -> Option<R> {
        let watch = watch?;
        let confirmed = self.confirmed.read();
        let (moment, value) = confirmed.get(path)?;
        watch.holds_since(*moment).then(|| take(value))
    }

    /// A slot for a file that is there.
    fn open_slot(&self, sources: &Sources, path: &str) -> Result<Arc<Slot<T>>, Error> {
        if let Some(reason) = sources.rules().reason_to_ignore(path) {
            return Err(missing(sources, path, Some(reason.into_owned())));
        }
        let candidates = sources.candidates(path);
        if first(&candidates, Candidate::stat)?.is_none() {
            return Err(missing(sources, path, None));
        }
        let slot = Arc::new(Slot { candidates, flight: SingleFlight::default() });
        Ok(self.slots.write().entry(path.into()).or_insert(slot).clone())
    }
}

impl<T> Default for FileCache<T> {
    fn default() -> Self {
        Self { slots: RwLock::default(), confirmed: RwLock::default() }
    }
}

impl<T> fmt::Debug for FileCache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileCache").field("files", &self.slots.read().len()).finish_non_exhaustive()
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
fn look(candidates: &[Candidate]) -> Result<Option<Seen>, Error> {
    match first(candidates, Candidate::look)? {
        None => first(candidates, Candidate::stat),
        seen => Ok(seen),
    }
}

/// Reads the first candidate that is the asset; a file that changed meanwhile is read again, from the start.
fn read<T>(
    sources: &Sources,
    path: &str,
    candidates: &[Candidate],
    make: &impl Fn(&mut File) -> io::Result<T>,
) -> Result<Reading<Made<T>>, Error> {
    stable_read::repeat(|| {
        let Some((candidate, mut file)) = open(sources, path, candidates)? else {
            return Err(missing(sources, path, None));
        };
        let source = candidate.source;
        Reading::once(&mut file, |file| Ok(Made { source, value: make(file)? }))
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
            Ok((Verdict::NotHere(why), _)) => {
                candidate.pass_over(began);
                reason = Some(why);
            }
            Ok((Verdict::Output, _)) => reason = Some("it lies in the output dir".to_owned()),
            Ok((Verdict::Refused(why), _)) => return Err(missing(sources, path, Some(why))),
            Err(err) if err.kind() == io::ErrorKind::NotFound => {}
            Err(err) => return Err(Error::unreadable(&candidate.file, err)),
        }
    }
    reason.map_or(Ok(None), |reason| Err(missing(sources, path, Some(reason))))
}

fn missing(sources: &Sources, path: &str, reason: Option<String>) -> Error {
    let (path, searched) = (path.to_owned(), sources.places());
    Problem::NotFound(Missing { path, searched, reason, nearest: Vec::new() }).into()
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;
    use crate::sources::{SourceDir, ignore_rules::IgnoreRules};

    #[test]
    fn what_has_no_answer_leaves_nothing_behind() {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(dir.path().join("a.css"), "a{}").unwrap();
        fs::write(outside.path().join("b.css"), "b{}").unwrap();
        symlink(".", dir.path().join("l")).unwrap();
        symlink(outside.path(), dir.path().join("out")).unwrap();
        let sources = Sources::open(vec![SourceDir::new(dir.path())], IgnoreRules::default(), None).unwrap();
        let development = Development::new(sources);
        let remembered = || development.integrities.slots.read().len();
        for times in 1..9 {
            assert!(development.integrity(&format!("{}a.css", "l/".repeat(times))).is_err());
        }
        for path in ["out/b.css", "nope.css", "l"] {
            assert!(development.integrity(path).is_err(), "{path}");
        }
        assert_eq!(remembered(), 0);
        assert!(development.integrity("a.css").is_ok());
        assert_eq!(remembered(), 1);
        fs::remove_file(dir.path().join("a.css")).unwrap();
        assert!(development.integrity("a.css").is_err());
        assert_eq!(remembered(), 0);
    }
}
