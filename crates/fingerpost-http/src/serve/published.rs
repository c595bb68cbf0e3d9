//! Production with a manifest: what the current and the retained releases name, and nothing else.

use std::{
    borrow::Cow,
    fs,
    io::{self, Read as _},
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use fingerpost::{
    __private::FileStamp,
    Snapshot, Store, Stored,
    manifest::{Digest, Encoding},
};
use parking_lot::Mutex;

use crate::{
    rfc9110::{
        cache_control::CachePolicy,
        offer::{Offer, Representation},
    },
    serve::{
        content::{Content, FilePart, unsupported_content},
        hash_queue::{HashQueue, Location},
        memory_budget::MemoryBudget,
        options::ServeOptions,
        release_index::{File, ReleaseIndex, Slot},
        request_path::looks_hashed,
        servable::{Servable, Unavailable},
    },
};

/// How often the output dir is looked at because of names that are not there.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Finds collected files.
#[derive(Debug)]
pub(crate) struct Published {
    store: Arc<dyn Store>,
    shelf: ArcSwap<ReleaseIndex>,
    memory: Arc<MemoryBudget>,
    large_files: HashQueue,
    /// When the output dir was looked at.
    last_look: Mutex<Instant>,
}

/// A collected file, as it is answered under one URL.
pub(crate) struct PublishedFile<'a> {
    collected: &'a Published,
    file: Arc<File>,
    lifetime: CachePolicy,
    settings: &'a ServeOptions,
    may_wait: bool,
}

impl Published {
    pub(crate) fn new(store: Arc<dyn Store>, snapshot: Snapshot) -> Self {
        let shelf = ArcSwap::from_pointee(ReleaseIndex::new(&*store, snapshot));
        let last_look = Mutex::new(Instant::now());
        Self { store, shelf, memory: Arc::default(), large_files: HashQueue::default(), last_look }
    }

    /// What a path leads to. `Err(Waiting)` if the output dir has to be looked at first.
    pub(crate) fn find<'a>(
        &'a self,
        path: &str,
        proof: impl Fn(Option<Digest>) -> CachePolicy,
        snapshot: impl Fn() -> Snapshot,
        settings: &'a ServeOptions,
        may_wait: bool,
    ) -> Result<PublishedFile<'a>, Unavailable> {
        let found = |file, lifetime| PublishedFile { collected: self, file, lifetime, settings, may_wait };
        self.follow_reload(may_wait)?;
        if let Some(file) = self.shelf.load().get(path).filter(|file| file.is_hashed) {
            return Ok(found(Arc::clone(file), CachePolicy::Immutable));
        }
        let snapshot = snapshot();
        let hashed = snapshot.hashed_path(path);
        if hashed.is_none() && !looks_hashed(path) {
            return Err(Unavailable::Gone);
        }
        let look_up = || self.shelf.load().get(hashed.unwrap_or(path)).cloned();
        let file = match look_up() {
            Some(file) => file,
            None => {
                self.look_now_and_then(may_wait)?;
                look_up().ok_or(Unavailable::Gone)?
            }
        };
        if hashed.is_some() {
            let sha256 = file.slot(None).and_then(|(slot, named)| slot.expected(named).sha256);
            Ok(found(file, proof(sha256)))
        } else if file.is_hashed {
            Ok(found(file, CachePolicy::Immutable))
        } else {
            Err(Unavailable::Gone)
        }
    }

    /// Looks at the output dir once after every reload: variants may have been added to files that are known. One request
    /// does that; the others are answered meanwhile.
    fn follow_reload(&self, may_wait: bool) -> Result<(), Unavailable> {
        if self.shelf.load().snapshot.is_current() {
            return Ok(());
        }
        let Some(mut last) = self.last_look.try_lock() else { return Ok(()) };
        if !may_wait {
            return Err(Unavailable::Waiting);
        }
        self.look(&mut last);
        Ok(())
    }

    /// Looks whether a release has been added, unless that was done a moment ago.
    fn look_now_and_then(&self, may_wait: bool) -> Result<(), Unavailable> {
        let mut last = if may_wait {
            self.last_look.lock()
        } else {
            self.last_look.try_lock().ok_or(Unavailable::Waiting)?
        };
        if last.elapsed() < LOOK_EVERY && self.shelf.load().snapshot.is_current() {
            return Ok(());
        }
        if !may_wait {
            return Err(Unavailable::Waiting);
        }
        self.look(&mut last);
        Ok(())
    }

    fn look(&self, last: &mut Instant) {
        let earlier = self.shelf.load();
        let snapshot = earlier.snapshot.assets().snapshot();
        self.shelf.store(Arc::new(earlier.refreshed(&*self.store, snapshot)));
        *last = Instant::now();
    }

    /// Reads the bytes under a name, if they are those of the release.
    fn read(&self, file: &Wanted<'_>, limits: CacheLimits) -> Result<Content, ReadFailure> {
        let Wanted { name, expected, slot, part, .. } = *file;
        let is_large = expected.size > limits.per_file;
        let bytes = match self.store.open(name)? {
            Stored::Bytes(bytes) => bytes,
            Stored::File(on_disk) => {
                if on_disk.metadata()?.len() != expected.size {
                    return Err(wrong().into());
                }
                if is_large {
                    return self.part_of(on_disk, file);
                }
                let mut bytes = Vec::with_capacity(expected.size as usize);
                // What grows meanwhile is not followed to its end.
                on_disk.take(expected.size + 1).read_to_end(&mut bytes)?;
                bytes
            }
            _ => return Err(unsupported_content().into()),
        };
        if bytes.len() as u64 != expected.size {
            return Err(wrong().into());
        }
        let bytes = Bytes::from(bytes);
        if !is_large {
            slot.verify(&bytes, expected).ok_or_else(wrong)?;
            if let Some(kept) = self.memory.keep(&bytes, limits.all) {
                slot.kept.set(kept).ok();
            }
        } else if !slot.is_verified(expected) {
            slot.large().set(slot.verify(&bytes, expected).ok_or_else(wrong)?);
        }
        Ok(Content::slice(&bytes, part))
    }

    /// A part of a large file. Until its digest has been computed, it is streamed to those who were promised none.
    fn part_of(&self, on_disk: fs::File, file: &Wanted<'_>) -> Result<Content, ReadFailure> {
        let stamp = FileStamp::from_metadata(&on_disk.metadata()?);
        let location = || Location::Stored(Arc::clone(&self.store), file.name.to_owned());
        let large = file.slot.large();
        match large.at(stamp, &self.large_files, location) {
            None if file.is_promised => return Err(ReadFailure::Changed),
            Some(sha256) if file.expected.sha256.is_some_and(|expected| expected != sha256) => {
                return Err(wrong().into());
            }
            _ => {}
        }
        let part = FilePart::new(on_disk, file.part.clone(), stamp, file.expected.sha256, large)?;
        Ok(Content::File(part.into()))
    }
}

/// The representation to read, and the slot that remembers it.
struct Wanted<'a> {
    name: &'a str,
    expected: &'a Representation,
    /// `true` if the response promises bytes with the expected digest.
    is_promised: bool,
    slot: &'a Slot,
    part: &'a Range<u64>,
}

/// Why nothing was read.
enum ReadFailure {
    Failed(io::Error),
    /// The digest of the file was promised and is unknown by now.
    Changed,
}

impl From<io::Error> for ReadFailure {
    fn from(err: io::Error) -> Self {
        Self::Failed(err)
    }
}

fn wrong() -> io::Error {
    io::Error::other("it is not the file that the release names; collect again")
}

/// How much memory may be used.
#[derive(Clone, Copy)]
struct CacheLimits {
    per_file: u64,
    all: u64,
}

impl PublishedFile<'_> {
    /// A representation, without its digest until that of the file on disk has been found to be the same.
    fn offered(&self, slot: &Slot, named: &Representation) -> Representation {
        let expected = slot.expected(named);
        let is_known = self.is_small(&expected) || slot.is_verified(&expected);
        Representation { sha256: expected.sha256.filter(|_| is_known), ..expected }
    }

    fn is_small(&self, expected: &Representation) -> bool {
        expected.size <= self.settings.max_cached_file
    }

    /// Logs once that a file cannot be served; again only if it was served in between.
    fn report(&self, name: &str, slot: &Slot, err: &io::Error) {
        slot.reported.once(|| {
            tracing::error!("`{name}` in `{}` cannot be served: {err}", self.collected.store.place());
        });
    }
}

impl Servable for PublishedFile<'_> {
    fn offer<'a>(&self, variants: &'a [(Encoding, Representation)]) -> Offer<'a> {
        let (media_type, lifetime) = (self.file.media_type.clone(), self.lifetime);
        let identity = self.file.slot(None).map(|(slot, expected)| self.offered(slot, expected));
        Offer { media_type, lifetime, identity: identity.unwrap_or(self.file.identity), variants }
    }

    fn variants(&self) -> Cow<'_, [(Encoding, Representation)]> {
        if self.file.variants.iter().all(|(_, expected)| self.is_small(expected)) {
            return Cow::Borrowed(&self.file.variants);
        }
        let offered = |(slot, (encoding, expected)): (&Slot, &(Encoding, Representation))| {
            (*encoding, self.offered(slot, expected))
        };
        self.file.variant_slots().zip(&self.file.variants).map(offered).collect()
    }

    fn is_pending(&self, representation: &Representation) -> bool {
        representation.sha256.is_none()
    }

    fn content(
        &self,
        encoding: Option<Encoding>,
        representation: &Representation,
        part: &Range<u64>,
    ) -> Result<Content, Unavailable> {
        let (slot, named) = self.file.slot(encoding).ok_or(Unavailable::Gone)?;
        if let Some(kept) = slot.kept.get() {
            return Ok(Content::slice(&kept.bytes, part));
        }
        if !self.may_wait {
            return Err(Unavailable::Waiting);
        }
        let (name, memory) = (self.file.name(encoding), self.settings.cache_capacity);
        // So that what nobody names any more never fills all of it.
        let all = if self.file.is_current { memory } else { memory / 2 };
        let limits = CacheLimits { per_file: self.settings.max_cached_file, all };
        let is_promised = representation.sha256.is_some();
        let expected = &slot.expected(named);
        let read = self.collected.read(&Wanted { name: &name, expected, is_promised, slot, part }, limits);
        match read {
            Ok(content) => {
                slot.reported.reset();
                Ok(content)
            }
            Err(ReadFailure::Changed) => Err(Unavailable::Changed),
            Err(ReadFailure::Failed(err)) => {
                self.report(&name, slot, &err);
                Err(Unavailable::Gone)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use fingerpost::Assets;
    use http::Request;

    use crate::{logged::logged, serve::server::AssetServer};

    use super::*;

    #[test]
    fn a_damaged_file_is_logged_once_until_it_is_served_again() {
        let dist = tempfile::tempdir().unwrap();
        let file = dist.path().join("a.7c98040a5416.css");
        let manifest = format!(
            r#"{{"version": "1.1", "paths": {{"a.css": "a.7c98040a5416.css"}}, "fingerpost": {{"schema": 1,
                "files": {{"a.css": {{"size": 6, "sha256": "{}"}}}}}}}}"#,
            Digest::from_content(b"body{}")
        );
        fs::write(dist.path().join("staticfiles.json"), manifest).unwrap();
        // Without memory for it, the file is read at each request.
        let server = AssetServer::new(&Assets::production(dist.path()).unwrap()).cache_capacity(0);
        let status = || {
            let (request, ()) = Request::get("/a.css").body(()).unwrap().into_parts();
            server.respond_blocking(&request).status().as_u16()
        };
        let messages = logged(|| assert_eq!([status(), status(), status()], [404; 3], "it is missing"));
        assert_eq!(messages.len(), 1, "{messages:?}");
        let messages = logged(|| {
            fs::write(&file, "damage").unwrap();
            assert_eq!(status(), 404);
            fs::write(&file, "body{}").unwrap();
            assert_eq!(status(), 200);
        });
        assert!(messages.is_empty(), "{messages:?}");
        fs::remove_file(&file).unwrap();
        let messages = logged(|| assert_eq!([status(), status()], [404; 2]));
        assert_eq!(messages.len(), 1, "{messages:?}");
    }
}
