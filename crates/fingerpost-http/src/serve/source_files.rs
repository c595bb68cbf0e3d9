//! Files of the source dirs: as they are now, and whether they still are what a URL stands for.

use std::{
    fs::{self, File},
    io,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use fingerpost::{
    __private::{BaselineFile, FileStamp},
    AppVersion, AssetPath, ErrorKind, Snapshot,
    manifest::{ContentHash, Digest, Encoding},
};
use hashbrown::HashMap;
use http::HeaderValue;
use parking_lot::Mutex;

use crate::{
    rfc9110::{
        cache_control::CachePolicy,
        media_type::media_type,
        offer::{Offer, Representation},
    },
    serve::{
        content::{Content, FilePart},
        hash_queue::{HashQueue, LargeDigest, Location},
        memory_budget::{CachedBytes, MemoryBudget},
        options::ServeOptions,
        servable::{Reported, Servable, Unavailable},
        verified_file::VerifiedFile,
    },
};

/// In development, larger files are streamed and not hashed.
const LARGEST_IN_DEVELOPMENT: u64 = 8 * 1024 * 1024;

/// Finds listed files of the source dirs.
#[derive(Debug, Default)]
pub(crate) struct SourceFiles {
    /// By asset path; no more than are listed.
    slots: Mutex<HashMap<Box<str>, Arc<Slot>, foldhash::fast::RandomState>>,
    memory: Arc<MemoryBudget>,
    large_files: HashQueue,
}

/// The state of one file.
#[derive(Debug, Default)]
struct Slot {
    /// Held while a small file is read, so that one request does it for all.
    known: Mutex<Option<Known>>,
    /// The digest of a large file.
    large: Arc<LargeDigest>,
    reported: Reported,
}

#[derive(Debug)]
struct Known {
    /// What the URL was made from.
    version: AppVersion,
    listed: FileStamp,
    /// The content of the URL, which the first request with the listed stamp pins.
    pinned: Option<Digest>,
    /// The identity of a small file at its last read, and its bytes.
    identity: Option<VerifiedFile>,
    kept: Option<CachedBytes>,
    /// Whether somebody has been told that the file is another one by now.
    is_told: bool,
}

/// A file of a source dir, as it is answered under one URL.
pub(crate) struct ServedSource {
    media_type: HeaderValue,
    representation: Representation,
    /// Whether it still is what was listed.
    pub(crate) is_proven: bool,
    /// `true` if its stamp is the listed one and its digest is still being computed.
    is_pending: bool,
    pub(crate) lifetime: CachePolicy,
    body: Body,
    slot: Arc<Slot>,
}

enum Body {
    Bytes(Bytes),
    File { path: PathBuf, file: File, stamp: FileStamp },
}

impl ServedSource {
    /// The file as it is now, in development.
    pub(crate) fn now(path: &AssetPath, snapshot: &Snapshot) -> Option<Self> {
        Self::unproven(path, snapshot, LARGEST_IN_DEVELOPMENT, &Arc::default())
    }

    /// The file as it is now. One of more than `largest` bytes is streamed, and has no hash.
    fn unproven(path: &AssetPath, snapshot: &Snapshot, largest: u64, slot: &Arc<Slot>) -> Option<Self> {
        let opened = snapshot.open_source(path);
        let opened = opened.inspect_err(|err| {
            if err.kind() != ErrorKind::NotFound {
                slot.reported.once(|| tracing::warn!("{err}; it is answered as not found"));
            }
        });
        let (place, mut file) = opened.ok()?;
        let read = || {
            let stamp = FileStamp::from_metadata(&file.metadata()?);
            if stamp.length() > largest {
                let body = Body::File { path: place.clone(), file, stamp };
                return Ok(Self::new(path, stamp.length(), None, body, slot));
            }
            let (identity, bytes) = VerifiedFile::read(&mut file, None)?;
            let size = bytes.len() as u64;
            Ok(Self::new(path, size, Some(identity.sha256), Body::Bytes(bytes.into()), slot))
        };
        slot.told(&place, read())
    }

    /// The content hash, if the file is not too large for one.
    pub(crate) fn hash(&self) -> Option<ContentHash> {
        self.representation.sha256.as_ref().map(ContentHash::from)
    }

    fn new(path: &AssetPath, size: u64, sha256: Option<Digest>, body: Body, slot: &Arc<Slot>) -> Self {
        Self {
            media_type: media_type(path),
            representation: Representation { size, sha256 },
            is_proven: false,
            is_pending: false,
            lifetime: CachePolicy::NoStore,
            body,
            slot: Arc::clone(slot),
        }
    }
}

impl SourceFiles {
    /// The file as it is now, and whether it is what was listed at start-up.
    ///
    /// The first request pins the content of the URL: later ones have to get the same, so that no two contents are ever
    /// kept under it.
    pub(crate) fn find(
        &self,
        path: &AssetPath,
        snapshot: &Snapshot,
        settings: &ServeOptions,
    ) -> Option<ServedSource> {
        let listed = snapshot.baseline_file(path)?;
        let slot = Arc::clone(self.slots.lock().entry(path.as_str().into()).or_default());
        let mut known = slot.known.lock();
        let version = snapshot.app_version();
        let known = match &mut *known {
            Some(known) if known.version == version && known.listed == listed.stamp => known,
            // The file may be the same in the next version, so it is not read again.
            other => {
                let (identity, kept) =
                    other.take().map_or((None, None), |known| (known.identity, known.kept));
                let listed = listed.stamp;
                other.insert(Known { version, listed, pinned: None, identity, kept, is_told: false })
            }
        };
        let file = self.same_file(path, listed, &slot, known, settings);
        if !file.as_ref().is_some_and(|file| file.is_proven || file.is_pending)
            && !std::mem::replace(&mut known.is_told, true)
        {
            tracing::warn!(
                "`{}` is not what it was at start-up: its URL is answered with `no-store` until the version changes",
                listed.file.display()
            );
        }
        file.or_else(|| {
            known.kept = None;
            // Another file by now, so all that is asked of one is asked again.
            ServedSource::unproven(path, snapshot, settings.max_cached_file, &slot)
        })
    }

    /// The file, if it is the one that was listed; its change time alone may be another one. Once it is known, that costs
    /// two looks at the file, and no reading.
    fn same_file(
        &self,
        path: &AssetPath,
        listed: &BaselineFile,
        slot: &Arc<Slot>,
        known: &mut Known,
        settings: &ServeOptions,
    ) -> Option<ServedSource> {
        let (file, stamp) = open(listed)?;
        let is_listed = |stamp: FileStamp| stamp == listed.stamp;
        if stamp.length() <= settings.max_cached_file {
            let (identity, bytes) = self.small(file, &stamp, &listed.file, slot, known, settings)?;
            // Compared before the bytes count: with another change time they may be others.
            let is_proven = known.is_proven(identity.sha256, is_listed(identity.stamp));
            let size = bytes.len() as u64;
            let file = ServedSource::new(path, size, Some(identity.sha256), Body::Bytes(bytes), slot);
            return Some(ServedSource { is_proven, ..file });
        }
        // Of a time when it was small.
        (known.identity, known.kept) = (None, None);
        let body = Body::File { path: listed.file.clone(), file, stamp };
        // The digest of the listed stamp may have been computed after the last request.
        known.pinned = known.pinned.or_else(|| slot.large.of(listed.stamp));
        if known.pinned.is_none() && !is_listed(stamp) {
            // No digest could prove it.
            return Some(ServedSource::new(path, stamp.length(), None, body, slot));
        }
        let sha256 = slot.large.at(stamp, &self.large_files, || Location::Path(listed.file.clone()));
        let is_proven = sha256.is_some_and(|sha256| known.is_proven(sha256, is_listed(stamp)));
        let file = ServedSource::new(path, stamp.length(), sha256, body, slot);
        Some(ServedSource { is_proven, is_pending: sha256.is_none(), ..file })
    }

    /// The bytes of a small file, which are read and hashed only if they are not known.
    fn small(
        &self,
        mut file: File,
        stamp: &FileStamp,
        place: &Path,
        slot: &Slot,
        known: &mut Known,
        settings: &ServeOptions,
    ) -> Option<(VerifiedFile, Bytes)> {
        if let (Some(identity), Some(kept)) = (&known.identity, &known.kept)
            && identity.holds_for(stamp)
        {
            return Some((*identity, kept.bytes.clone()));
        }
        let (identity, bytes) = slot.told(place, VerifiedFile::read(&mut file, known.identity.as_ref()))?;
        let bytes = Bytes::from(bytes);
        known.identity = Some(identity);
        known.kept = None;
        known.kept = self.memory.keep(&bytes, settings.cache_capacity);
        Some((identity, bytes))
    }
}

impl Slot {
    /// Logs an error of reading, once until the file is served again.
    fn told<T>(&self, file: &Path, read: io::Result<T>) -> Option<T> {
        let log = |err: &io::Error| {
            tracing::warn!("`{}` cannot be read: {err}; it is answered as not found", file.display());
        };
        read.inspect_err(|err| self.reported.once(|| log(err))).ok()
    }
}

impl Known {
    /// Returns `true` if bytes with this digest are the content of the URL. The first that were read while the file had the stamp
    /// with which it was listed become it.
    fn is_proven(&mut self, sha256: Digest, is_listed: bool) -> bool {
        match self.pinned {
            Some(pinned) => pinned == sha256,
            None if is_listed => {
                self.pinned = Some(sha256);
                true
            }
            None => false,
        }
    }
}

/// Opens a file that was listed, if it may still be the same. RequestedVersion first: opening a pipe would wait for a writer.
fn open(listed: &BaselineFile) -> Option<(File, FileStamp)> {
    let may_be =
        |stamp: &FileStamp| *stamp == listed.stamp || stamp.differs_in_change_time_alone(&listed.stamp);
    let before = fs::metadata(&listed.file).ok().filter(|metadata| metadata.is_file());
    before.map(|metadata| FileStamp::from_metadata(&metadata)).filter(may_be)?;
    let file = File::open(&listed.file).ok()?;
    let stamp = FileStamp::from_metadata(&file.metadata().ok()?);
    may_be(&stamp).then_some((file, stamp))
}

impl Servable for ServedSource {
    fn offer<'a>(&self, variants: &'a [(Encoding, Representation)]) -> Offer<'a> {
        let media_type = self.media_type.clone();
        Offer { media_type, lifetime: self.lifetime, identity: self.representation, variants }
    }

    fn is_pending(&self, _: &Representation) -> bool {
        self.is_pending
    }

    fn content(
        &self,
        _: Option<Encoding>,
        _: &Representation,
        range: &Range<u64>,
    ) -> Result<Content, Unavailable> {
        let content = match &self.body {
            Body::Bytes(bytes) => Content::slice(bytes, range),
            Body::File { path, file, stamp } => {
                let (sha256, large) = (self.representation.sha256, &self.slot.large);
                let part = file.try_clone();
                let part = part.and_then(|file| FilePart::new(file, range.clone(), *stamp, sha256, large));
                Content::File(self.slot.told(path, part).ok_or(Unavailable::Gone)?.into())
            }
        };
        self.slot.reported.reset();
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        thread,
        time::{Duration, Instant},
    };

    use fingerpost::{Assets, Mode, Strategy};
    use http::Request;

    use crate::{logged::logged, serve::server::AssetServer};

    use super::*;

    /// The files of a directory, by version query.
    fn by_version(source: &Path, version: &str) -> Assets {
        let assets = Assets::builder().source(source).mode(Mode::Production);
        assets.strategy(Strategy::VersionQuery).app_version(version).build().unwrap()
    }

    #[test]
    #[cfg(unix)]
    fn a_large_file_with_a_new_change_time_after_it_was_hashed_is_proven() {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("static");
        fs::create_dir(&source).unwrap();
        fs::write(source.join("a.bin"), [b'a'; 64]).unwrap();
        let assets = by_version(&source, "1");
        let settings = ServeOptions { max_cached_file: 10, ..ServeOptions::for_mode_of(&assets) };
        let (listed, path) = (SourceFiles::default(), AssetPath::parse("a.bin").unwrap());
        let find = || listed.find(&path, &assets.snapshot(), &settings).unwrap();
        assert!(find().is_pending);
        let slot = Arc::clone(&listed.slots.lock()["a.bin"]);
        let begin = Instant::now();
        while slot.large.latest().is_none() {
            assert!(begin.elapsed() < Duration::from_secs(60), "it is not hashed");
            thread::sleep(Duration::from_millis(20));
        }
        fs::hard_link(source.join("a.bin"), dir.path().join("backup")).unwrap();
        let mut file = find();
        while file.is_pending {
            assert!(begin.elapsed() < Duration::from_secs(60), "it is not hashed again");
            thread::sleep(Duration::from_millis(20));
            file = find();
        }
        assert!(file.is_proven);
    }

    #[test]
    #[cfg(unix)]
    fn a_large_file_with_a_new_change_time_before_its_first_request_is_never_hashed() {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("static");
        fs::create_dir(&source).unwrap();
        fs::write(source.join("a.bin"), [b'a'; 64]).unwrap();
        let assets = by_version(&source, "1");
        let settings = ServeOptions { max_cached_file: 10, ..ServeOptions::for_mode_of(&assets) };
        let (listed, path) = (SourceFiles::default(), AssetPath::parse("a.bin").unwrap());
        // The clock of a file system stands still for some milliseconds.
        thread::sleep(Duration::from_millis(20));
        fs::hard_link(source.join("a.bin"), dir.path().join("backup")).unwrap();
        for _ in 0..3 {
            let file = listed.find(&path, &assets.snapshot(), &settings).unwrap();
            assert!(!file.is_proven && !file.is_pending && file.hash().is_none());
        }
        assert!(!listed.large_files.is_started());
    }

    #[test]
    #[cfg(unix)]
    fn a_file_that_cannot_be_read_is_logged_once_until_it_is_served_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.css");
        fs::write(&file, "one").unwrap();
        let server = AssetServer::new(&by_version(dir.path(), "1"));
        let status = || {
            let (request, ()) = Request::get("/a.css").body(()).unwrap().into_parts();
            server.respond_blocking(&request).status().as_u16()
        };
        let break_file = || {
            fs::remove_file(&file).unwrap();
            std::os::unix::fs::symlink("a.css", &file).unwrap();
        };
        break_file();
        let messages = logged(|| assert_eq!([status(), status(), status()], [404; 3]));
        let [changed, unreadable] = &*messages else { panic!("{messages:?}") };
        assert!(changed.contains("is not what it was at start-up"), "{changed}");
        assert!(unreadable.ends_with("it is answered as not found"), "{unreadable}");

        fs::remove_file(&file).unwrap();
        fs::write(&file, "one").unwrap();
        let messages = logged(|| assert_eq!(status(), 200));
        assert!(messages.is_empty(), "{messages:?}");
        break_file();
        let messages = logged(|| assert_eq!([status(), status()], [404; 2]));
        assert_eq!(&messages, std::slice::from_ref(unreadable));
    }

    #[test]
    fn a_file_that_has_become_large_takes_no_memory() {
        let dir = tempfile::tempdir().unwrap();
        let (listed, path) = (SourceFiles::default(), AssetPath::parse("a.css").unwrap());
        for (version, length) in [("1", 10), ("2", 11)] {
            fs::write(dir.path().join("a.css"), vec![b'a'; length]).unwrap();
            let assets = by_version(dir.path(), version);
            let settings = ServeOptions {
                max_cached_file: 10,
                cache_capacity: 10,
                ..ServeOptions::for_mode_of(&assets)
            };
            assert!(listed.find(&path, &assets.snapshot(), &settings).is_some());
        }
        assert!(listed.memory.keep(&Bytes::from_static(&[0; 10]), 10).is_some());
    }

    #[test]
    #[cfg(unix)]
    fn a_small_file_with_a_new_change_time_is_read_once() {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("static");
        fs::create_dir(&source).unwrap();
        fs::write(source.join("a.css"), "one").unwrap();
        let assets = by_version(&source, "1");
        let settings = ServeOptions::for_mode_of(&assets);
        let (listed, path) = (SourceFiles::default(), AssetPath::parse("a.css").unwrap());
        thread::sleep(Duration::from_millis(20));
        fs::hard_link(source.join("a.css"), dir.path().join("backup")).unwrap();
        thread::sleep(Duration::from_millis(2100));
        let bytes = || {
            let file = listed.find(&path, &assets.snapshot(), &settings).unwrap();
            assert!(!file.is_proven && file.hash() == Some(ContentHash::from_content(b"one")));
            let Body::Bytes(bytes) = file.body else { panic!("it is small") };
            bytes.as_ptr()
        };
        assert_eq!(bytes(), bytes(), "the same memory");
    }
}
