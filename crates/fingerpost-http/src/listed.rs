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
    AppVersion, AssetPath, ContentHash, Digest, Encoding, ErrorKind, ListedFile, Snapshot, Stamp,
};
use hashbrown::HashMap;
use http::HeaderValue;
use parking_lot::Mutex;

use crate::{
    answer::{Offer, Representation},
    cache_control::Lifetime,
    content::{Content, FilePart},
    found::{Found, Obstacle},
    identity::Identity,
    media_type::media_type,
    memory::{Kept, Memory},
    settings::Settings,
};

/// In development, larger files are streamed and not hashed.
const LARGEST_IN_DEVELOPMENT: u64 = 8 * 1024 * 1024;

/// Finds listed files of the source dirs.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// By asset path; no more than are listed.
    slots: Mutex<HashMap<Box<str>, Arc<Slot>, foldhash::fast::RandomState>>,
    memory: Arc<Memory>,
}

/// What is known of one file. Held while it is read, so that one request does it for all.
type Slot = Mutex<Option<Known>>;

#[derive(Debug)]
struct Known {
    /// What the URL was made from.
    version: AppVersion,
    listed: Stamp,
    /// What the URL came to stand for when it was asked for first.
    identity: Option<Identity>,
    kept: Option<Kept>,
    /// Whether somebody has been told that the file is another one by now.
    is_told: bool,
}

/// A file of a source dir, as it is answered under one URL.
pub(crate) struct SourceFile {
    media_type: HeaderValue,
    representation: Representation,
    /// Whether it still is what was listed.
    pub(crate) is_proven: bool,
    pub(crate) lifetime: Lifetime,
    body: Body,
}

enum Body {
    Bytes(Bytes),
    File { path: PathBuf, file: File, stamp: Stamp },
}

impl SourceFile {
    /// The file as it is now, in development.
    pub(crate) fn now(path: &AssetPath, snapshot: &Snapshot) -> Option<Self> {
        Self::unproven(path, snapshot, LARGEST_IN_DEVELOPMENT)
    }

    /// The file as it is now. One of more than `largest` bytes is streamed, and has no hash.
    fn unproven(path: &AssetPath, snapshot: &Snapshot, largest: u64) -> Option<Self> {
        let opened = snapshot.open_source(path);
        let opened = opened.inspect_err(|err| {
            if err.kind() != ErrorKind::NotFound {
                tracing::warn!("{err}; it is answered as not found");
            }
        });
        let (place, mut file) = opened.ok()?;
        let read = || {
            let stamp = Stamp::of(&file.metadata()?);
            if stamp.length() > largest {
                let body = Body::File { path: place.clone(), file, stamp };
                return Ok(Self::new(path, stamp.length(), None, body));
            }
            let (identity, bytes) = Identity::read(&mut file, None)?;
            let size = bytes.len() as u64;
            Ok(Self::new(path, size, Some(identity.sha256), Body::Bytes(bytes.into())))
        };
        told(&place, read())
    }

    /// The content hash, if the file is not too large for one.
    pub(crate) fn hash(&self) -> Option<ContentHash> {
        self.representation.sha256.as_ref().map(ContentHash::from)
    }

    fn proven(path: &AssetPath, identity: &Identity, body: Body) -> Self {
        let size = identity.stamp.length();
        Self { is_proven: true, ..Self::new(path, size, Some(identity.sha256), body) }
    }

    fn new(path: &AssetPath, size: u64, sha256: Option<Digest>, body: Body) -> Self {
        Self {
            media_type: media_type(path),
            representation: Representation { size, sha256 },
            is_proven: false,
            lifetime: Lifetime::NoStore,
            body,
        }
    }
}

impl Listed {
    /// The file as it is now, and whether it is what was listed at start-up.
    ///
    /// What the bytes were at the first request is what the URL stands for: later ones have to be the same, so that no two
    /// contents are ever kept under it.
    pub(crate) fn find(
        &self,
        path: &AssetPath,
        snapshot: &Snapshot,
        settings: &Settings,
    ) -> Option<SourceFile> {
        let listed = snapshot.listed_file(path)?;
        let slot = Arc::clone(self.slots.lock().entry(path.as_str().into()).or_default());
        let mut known = slot.lock();
        let version = snapshot.app_version();
        let known = match &mut *known {
            Some(known) if known.version == version && known.listed == listed.stamp => known,
            other => other.insert(Known {
                version,
                listed: listed.stamp,
                identity: None,
                kept: None,
                is_told: false,
            }),
        };
        self.proven(path, listed, known, settings).or_else(|| {
            known.kept = None;
            if !std::mem::replace(&mut known.is_told, true) {
                tracing::warn!(
                    "`{}` is not what it was at start-up: its URL is answered with `no-store` until the version changes",
                    listed.file.display()
                );
            }
            // Another file by now, so all that is asked of one is asked again.
            SourceFile::unproven(path, snapshot, settings.memory_per_file)
        })
    }

    /// The file, if it still is what its URL stands for. Costs two looks at the file once it is known, and no reading.
    fn proven(
        &self,
        path: &AssetPath,
        listed: &ListedFile,
        known: &mut Known,
        settings: &Settings,
    ) -> Option<SourceFile> {
        let (mut file, stamp) = open(listed)?;
        if let (Some(identity), Some(kept)) = (&known.identity, &known.kept)
            && identity.holds_for(&stamp)
        {
            return Some(SourceFile::proven(path, identity, Body::Bytes(kept.bytes.clone())));
        }
        let (identity, bytes) = if stamp.length() <= settings.memory_per_file {
            let (identity, bytes) = told(&listed.file, Identity::read(&mut file, known.identity.as_ref()))?;
            (identity, Some(Bytes::from(bytes)))
        } else {
            (told(&listed.file, Identity::of(&mut file, known.identity.as_ref()))?, None)
        };
        let is_same = match &known.identity {
            Some(first) => identity.sha256 == first.sha256,
            None => identity.stamp == listed.stamp,
        };
        if !is_same {
            return None;
        }
        known.identity = Some(identity);
        known.kept = bytes.as_ref().and_then(|bytes| self.memory.keep(bytes, settings.memory));
        let body = bytes.map_or_else(
            || Body::File { path: listed.file.clone(), file, stamp: identity.stamp },
            Body::Bytes,
        );
        Some(SourceFile::proven(path, &identity, body))
    }
}

/// Opens a file that was listed, if it may still be the same. Asked first: opening a pipe would wait for a writer.
fn open(listed: &ListedFile) -> Option<(File, Stamp)> {
    let may_be = |stamp: &Stamp| *stamp == listed.stamp || stamp.differs_in_change_time_alone(&listed.stamp);
    let before = fs::metadata(&listed.file).ok().filter(|metadata| metadata.is_file());
    before.map(|metadata| Stamp::of(&metadata)).filter(may_be)?;
    let file = File::open(&listed.file).ok()?;
    let stamp = Stamp::of(&file.metadata().ok()?);
    may_be(&stamp).then_some((file, stamp))
}

/// Tells of what could not be read.
fn told<T>(file: &Path, read: io::Result<T>) -> Option<T> {
    let tell = |err: &io::Error| {
        tracing::warn!("`{}` cannot be read: {err}; it is answered as not found", file.display());
    };
    read.inspect_err(tell).ok()
}

impl Found for SourceFile {
    fn offer<'a>(&self, variants: &'a [(Encoding, Representation)]) -> Offer<'a> {
        let media_type = self.media_type.clone();
        Offer { media_type, lifetime: self.lifetime, identity: self.representation, variants }
    }

    fn content(&self, _: Option<Encoding>, part: &Range<u64>) -> Result<Content, Obstacle> {
        match &self.body {
            Body::Bytes(bytes) => Ok(Content::slice(bytes, part)),
            Body::File { path, file, stamp } => {
                let sha256 = self.representation.sha256;
                let part =
                    file.try_clone().and_then(|file| FilePart::new(file, part.clone(), *stamp, sha256));
                told(path, part).map(|part| Content::File(part.into())).ok_or(Obstacle::Gone)
            }
        }
    }
}
