//! Production with a manifest: what the current and the retained releases name, and nothing else.

use std::{
    fs,
    io::{self, Read as _},
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use fingerpost::{Digest, Encoding, Snapshot, Store, Stored};
use parking_lot::Mutex;

use crate::{
    answer::{Offer, Representation},
    cache_control::Lifetime,
    content::{Content, FilePart},
    found::{Found, Obstacle},
    identity::Identity,
    memory::Memory,
    settings::Settings,
    shelf::{File, Shelf, Slot},
    target::looks_hashed,
};

/// How often the output dir is looked at because of names that are not there.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Finds collected files.
#[derive(Debug)]
pub(crate) struct Collected {
    store: Arc<dyn Store>,
    shelf: ArcSwap<Shelf>,
    memory: Arc<Memory>,
    /// When the output dir was looked at.
    last_look: Mutex<Instant>,
}

/// A collected file, as it is answered under one URL.
pub(crate) struct CollectedFile<'a> {
    collected: &'a Collected,
    file: Arc<File>,
    lifetime: Lifetime,
    settings: &'a Settings,
    may_wait: bool,
}

impl Collected {
    pub(crate) fn new(store: Arc<dyn Store>, snapshot: Snapshot) -> Self {
        let shelf = Shelf::empty(snapshot.clone()).look_again(&*store, snapshot);
        let last_look = Mutex::new(Instant::now());
        Self { store, shelf: ArcSwap::from_pointee(shelf), memory: Arc::default(), last_look }
    }

    /// What a path leads to. `Err(Waiting)` if the output dir has to be looked at first.
    pub(crate) fn find<'a>(
        &'a self,
        path: &str,
        proof: impl Fn(&Digest) -> Lifetime,
        snapshot: impl Fn() -> Snapshot,
        settings: &'a Settings,
        may_wait: bool,
    ) -> Result<CollectedFile<'a>, Obstacle> {
        let found = |file, lifetime| CollectedFile { collected: self, file, lifetime, settings, may_wait };
        self.follow_reload(may_wait)?;
        if let Some(file) = self.shelf.load().get(path).filter(|file| file.is_hashed) {
            return Ok(found(Arc::clone(file), Lifetime::Immutable));
        }
        let snapshot = snapshot();
        let hashed = snapshot.hashed_path(path);
        if hashed.is_none() && !looks_hashed(path) {
            return Err(Obstacle::Gone);
        }
        let look_up = || self.shelf.load().get(hashed.unwrap_or(path)).cloned();
        let file = match look_up() {
            Some(file) => file,
            None => {
                self.look_now_and_then(may_wait)?;
                look_up().ok_or(Obstacle::Gone)?
            }
        };
        match (hashed, &file.identity.sha256) {
            (Some(_), Some(sha256)) => Ok(found(Arc::clone(&file), proof(sha256))),
            _ if file.is_hashed => Ok(found(file, Lifetime::Immutable)),
            _ => Err(Obstacle::Gone),
        }
    }

    /// Looks at the output dir once after every reload: variants may have been added to files that are known. One request
    /// does that; the others are answered meanwhile.
    fn follow_reload(&self, may_wait: bool) -> Result<(), Obstacle> {
        if self.shelf.load().snapshot.is_current() {
            return Ok(());
        }
        let Some(mut last) = self.last_look.try_lock() else { return Ok(()) };
        if !may_wait {
            return Err(Obstacle::Waiting);
        }
        self.look(&mut last);
        Ok(())
    }

    /// Looks whether a release has been added, unless that was done a moment ago.
    fn look_now_and_then(&self, may_wait: bool) -> Result<(), Obstacle> {
        let mut last = if may_wait {
            self.last_look.lock()
        } else {
            self.last_look.try_lock().ok_or(Obstacle::Waiting)?
        };
        if last.elapsed() < LOOK_EVERY && self.shelf.load().snapshot.is_current() {
            return Ok(());
        }
        if !may_wait {
            return Err(Obstacle::Waiting);
        }
        self.look(&mut last);
        Ok(())
    }

    fn look(&self, last: &mut Instant) {
        let earlier = self.shelf.load();
        let snapshot = earlier.snapshot.assets().snapshot();
        self.shelf.store(Arc::new(earlier.look_again(&*self.store, snapshot)));
        *last = Instant::now();
    }

    /// Reads what lies under a name, if it is what it should be.
    fn read(
        &self,
        name: &str,
        expected: &Representation,
        (slot, part): (&Slot, &Range<u64>),
        limits: Limits,
    ) -> io::Result<Content> {
        let bytes = match self.store.open(name)? {
            Stored::Bytes(bytes) => bytes,
            Stored::File(file) => {
                if file.metadata()?.len() != expected.size {
                    return Err(wrong());
                }
                if expected.size > limits.per_file {
                    return part_of(file, expected, slot, part);
                }
                let mut bytes = Vec::with_capacity(expected.size as usize);
                // What grows meanwhile is not followed to its end.
                file.take(expected.size + 1).read_to_end(&mut bytes)?;
                bytes
            }
        };
        if bytes.len() as u64 != expected.size || Some(Digest::of(&bytes)) != expected.sha256 {
            return Err(wrong());
        }
        let bytes = Bytes::from(bytes);
        if expected.size <= limits.per_file
            && let Some(kept) = self.memory.keep(&bytes, limits.all)
        {
            slot.kept.set(kept).ok();
        }
        Ok(Content::slice(&bytes, part))
    }
}

/// A part of a file that is too large for memory. It is hashed when it is another file than the last time.
fn part_of(
    mut file: fs::File,
    expected: &Representation,
    slot: &Slot,
    part: &Range<u64>,
) -> io::Result<Content> {
    let mut seen = slot.seen.lock();
    let identity = Identity::of(&mut file, seen.as_deref())?;
    *seen = Some(identity.into());
    if Some(identity.sha256) != expected.sha256 {
        return Err(wrong());
    }
    let part = FilePart::new(file, part.clone(), identity.stamp, expected.sha256)?;
    Ok(Content::File(part.into()))
}

fn wrong() -> io::Error {
    io::Error::other("it is not the file that the release names; collect again")
}

/// How much memory may be used.
#[derive(Clone, Copy)]
struct Limits {
    per_file: u64,
    all: u64,
}

impl Found for CollectedFile<'_> {
    fn offer<'a>(&self, variants: &'a [(Encoding, Representation)]) -> Offer<'a> {
        let media_type = self.file.media_type.clone();
        Offer { media_type, lifetime: self.lifetime, identity: self.file.identity, variants }
    }

    fn variants(&self) -> &[(Encoding, Representation)] {
        &self.file.variants
    }

    fn content(&self, encoding: Option<Encoding>, part: &Range<u64>) -> Result<Content, Obstacle> {
        let (slot, expected) = self.file.slot(encoding).ok_or(Obstacle::Gone)?;
        if let Some(kept) = slot.kept.get() {
            return Ok(Content::slice(&kept.bytes, part));
        }
        if !self.may_wait {
            return Err(Obstacle::Waiting);
        }
        let (name, memory) = (self.file.name(encoding), self.settings.memory);
        // So that what nobody names any more never fills all of it.
        let all = if self.file.is_current { memory } else { memory / 2 };
        let limits = Limits { per_file: self.settings.memory_per_file, all };
        self.collected.read(&name, expected, (slot, part), limits).map_err(|err| {
            tracing::error!("`{name}` in `{}` cannot be served: {err}", self.collected.store.place());
            Obstacle::Gone
        })
    }
}
