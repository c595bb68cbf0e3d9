//! Production with a manifest: what the current and the retained releases name, and nothing else.

use std::{
    io,
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
    last_look: Mutex<Look>,
}

/// When the output dir was looked at, and which release was in force then.
#[derive(Debug)]
struct Look {
    at: Instant,
    snapshot: Snapshot,
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
        let shelf = Shelf::default();
        let shelf = shelf.look_again(&*store).unwrap_or(shelf);
        let last_look = Mutex::new(Look { at: Instant::now(), snapshot });
        Self { store, shelf: ArcSwap::from_pointee(shelf), memory: Arc::default(), last_look }
    }

    /// What a path leads to; `versions` are the `v` in the query. `Err(Waiting)` if the output dir has to be looked at first.
    pub(crate) fn find<'a>(
        &'a self,
        path: &str,
        proof: impl Fn(&Digest) -> Lifetime,
        snapshot: impl Fn() -> Snapshot,
        settings: &'a Settings,
        may_wait: bool,
    ) -> Result<CollectedFile<'a>, Obstacle> {
        let found = |file, lifetime| CollectedFile { collected: self, file, lifetime, settings, may_wait };
        if let Some(file) = self.shelf.load().get(path) {
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
                self.look_again(&snapshot, may_wait)?;
                look_up().ok_or(Obstacle::Gone)?
            }
        };
        let lifetime = match (hashed, &file.identity.sha256) {
            (Some(_), Some(sha256)) => proof(sha256),
            _ => Lifetime::Immutable,
        };
        Ok(found(file, lifetime))
    }

    /// Looks whether a release has been added, unless that was done a moment ago.
    fn look_again(&self, snapshot: &Snapshot, may_wait: bool) -> Result<(), Obstacle> {
        let mut last = if may_wait {
            self.last_look.lock()
        } else {
            self.last_look.try_lock().ok_or(Obstacle::Waiting)?
        };
        if last.at.elapsed() < LOOK_EVERY && last.snapshot.is_same_release(snapshot) {
            return Ok(());
        }
        if !may_wait {
            return Err(Obstacle::Waiting);
        }
        if let Some(next) = self.shelf.load().look_again(&*self.store) {
            self.shelf.store(Arc::new(next));
        }
        *last = Look { at: Instant::now(), snapshot: snapshot.clone() };
        Ok(())
    }

    /// Reads what lies under a name, if it is what it should be.
    fn read(
        &self,
        name: &str,
        expected: &Representation,
        slot: &Slot,
        part: Option<&Range<u64>>,
        settings: &Settings,
    ) -> io::Result<Content> {
        let wrong = || io::Error::other("it is not the file that the release names; collect again");
        let all = 0..expected.size;
        let part = part.unwrap_or(&all);
        if expected.size <= settings.memory_per_file {
            let bytes = Bytes::from(self.store.read(name)?);
            if Some(Digest::of(&bytes)) != expected.sha256 {
                return Err(wrong());
            }
            if let Some(kept) = self.memory.keep(&bytes, settings.memory) {
                slot.kept.set(kept).ok();
            }
            return Ok(slice(&bytes, part));
        }
        match self.store.open(name)? {
            Stored::Bytes(bytes) if Some(Digest::of(&bytes)) == expected.sha256 => {
                Ok(slice(&bytes.into(), part))
            }
            Stored::File(mut file)
                if file.metadata()?.is_file() && file.metadata()?.len() == expected.size =>
            {
                let known = slot.seen.lock().as_deref().copied();
                let identity = Identity::of(&mut file, known)?;
                *slot.seen.lock() = Some(identity.into());
                if Some(identity.sha256) != expected.sha256 {
                    return Err(wrong());
                }
                Ok(Content::File(FilePart::new(file, part.clone(), identity.stamp)?))
            }
            _ => Err(wrong()),
        }
    }
}

fn slice(bytes: &Bytes, part: &Range<u64>) -> Content {
    Content::Bytes(bytes.slice(part.start as usize..part.end as usize))
}

impl Found for CollectedFile<'_> {
    fn offer<'a>(&self, variants: &'a [(Encoding, Representation)]) -> Offer<'a> {
        let media_type = self.file.media_type.clone();
        Offer { media_type, lifetime: self.lifetime, identity: self.file.identity, variants }
    }

    fn variants(&self) -> &[(Encoding, Representation)] {
        &self.file.variants
    }

    fn content(&self, encoding: Option<Encoding>, part: Option<&Range<u64>>) -> Result<Content, Obstacle> {
        let (slot, expected) = self.file.slot(encoding).ok_or(Obstacle::Gone)?;
        if let Some(kept) = slot.kept.get() {
            return Ok(slice(&kept.bytes, part.unwrap_or(&(0..expected.size))));
        }
        if !self.may_wait {
            return Err(Obstacle::Waiting);
        }
        let name = self.file.name(encoding);
        self.collected.read(&name, expected, slot, part, self.settings).map_err(|err| {
            tracing::error!("`{name}` in `{}` cannot be served: {err}", self.collected.store.place());
            Obstacle::Gone
        })
    }
}
